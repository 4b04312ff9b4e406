#!/bin/bash
# What else can go wrong outside: sources that fail or change, signals, too little memory. All or nothing, said
# aloud, with nothing left behind.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"
# shellcheck source=tests/e2e/failures/failures.lib.sh
. "$(dirname "$0")/failures.lib.sh"

# ---- Sources -------------------------------------------------------------------------------------

# As a user who may be refused something: root becomes nobody, with programs and keys of its own.
scenario "what may not be read"
as_user=()
if [ "$(id -u)" -eq 0 ]; then
    mkdir "$scratch/bin"
    cp "$BIN/seal" "$BIN/unseal" "$scratch/bin"
    chmod 711 "$scratch"
    chmod 755 "$keys"
    as_user=(setpriv --reuid=65534 --regid=65534 --clear-groups env "PATH=$scratch/bin:$PATH")
    chmod 777 .
fi
if [ ${#as_user[@]} -gt 0 ] && ! "${as_user[@]}" seal --version >/dev/null 2>&1; then
    skip "another user cannot run programs in $scratch"
else
    mkdir -p tree/closed/deep tree/blind tree/open
    for file in tree/a tree/closed/deep/b tree/blind/c tree/open/d tree/open/secret tree/z; do
        echo "$file" >"$file"
    done
    chmod 000 tree/open/secret tree/closed
    chmod 444 tree/blind # its names can be read, and nothing else of it
    [ "$(id -u)" -ne 0 ] || chown -R 65534 tree
    run "${as_user[@]}" seal -q "${to[@]}" -o sealed.bin tree
    expect_exit 3
    expect_err 'tree/closed could not be read and is left out \(Permission denied\)\.$'
    expect_err 'tree/blind(/c)? could not be read and is left out \(Permission denied\)\.$'
    expect_err 'tree/open/secret could not be read and is left out \(Permission denied\)\.$'
    expect_out '^receipt '
    check "three complaints, and the sum" test "$(wc -l <"$err")" -eq 4
    [ "$(id -u)" -ne 0 ] || chown 0 sealed.bin
    run unseal -q "${with[@]}" -o bag sealed.bin
    expect_exit 3
    expect_err 'the sender recorded that something is missing'
    expect_err 'missing \./data/tree/open/secret Permission denied'
    for file in a open/d z; do expect_same tree/$file bag/data/tree/$file; done
    check "nothing else" test "$(find bag/data -type f | wc -l)" -eq 3
    check "all on record" test "$(grep -cE '^# missing \./data/tree/(closed|blind(/c)?|open/secret) Permission denied$' bag/metadata.mtree)" -eq 3
    check "the count is right" grep -q '^Payload-Oxum: [0-9]*\.3$' bag/bag-info.txt
    (cd bag && sha256sum --quiet -c manifest-sha256.txt) >/dev/null 2>&1
    judge "the manifest should hold" $?
    # Given by name, and nothing of it can be read.
    run "${as_user[@]}" seal -q "${to[@]}" -o closed.bin tree/closed
    expect_exit 1
    expect_err 'closed could not be read'
    expect_err 'tree/closed: nothing that was to be sealed could be read'
    run "${as_user[@]}" seal -q "${to[@]}" -o secret.bin tree/open/secret
    expect_exit 1
    expect_err 'secret could not be read'
    mkdir locked
    chmod 555 locked
    run "${as_user[@]}" seal -q "${to[@]}" -o locked/out tree/open/d
    expect_exit 1
    expect_message 'locked/out: could not be created: Permission denied\. This user has no right to do that \(not even root has where another user mounted it with FUSE\): ask the owner'
    run "${as_user[@]}" seal -nq "${to[@]}" -o locked/out tree/open/d
    expect_exit 1
    expect_message 'locked/out: could not be created: Permission denied\. This user has no right'
    run "${as_user[@]}" seal -nq "${to[@]}" -o locked tree/open/d
    expect_exit 1
    expect_message 'locked: no file can be made in this folder: Permission denied\. This user has no right'
    [ "$(id -u)" -ne 0 ] || { chmod 644 "$good"/*.bin && chmod 711 "$good" && chown 65534 "$keys/alice.key"; }
    run "${as_user[@]}" unseal -q "${with[@]}" -o locked/out "$good/bag.bin"
    expect_exit 1
    expect_message 'locked/out: could not be created: Permission denied'
    run "${as_user[@]}" unseal -q "${with[@]}" -o locked/out "$good/stream.bin"
    expect_exit 1
    expect_message 'locked/out: could not be created: Permission denied'
    expect_names locked
    [ "$(id -u)" -ne 0 ] || chown 0 "$keys/alice.key"
    chmod 755 tree/closed tree/blind
fi

# changes WHAT REASON: the source changes when the middle of tree/noise is read. It is too large to be
# read before its header is written, so it is only compared with what it is afterwards.
changes() {
    cp -r "$good/tree" tree
    hit "FAULT_READ=noise 1000000 1000000 run:$1" -- seal -q "${to[@]}" -o sealed.bin tree
    expect_exit 3
    expect_remark "tree/noise changed while it was read \($2\)"
    expect_out '^receipt '
    run unseal -q "${with[@]}" -o bag sealed.bin
    expect_exit 3
    expect_err 'changed \./data/tree/noise'
    check "on record" grep -qE "^# changed \./data/tree/noise $2\$" bag/metadata.mtree
    expect_same "$good/tree/a" bag/data/tree/a
    expect_same "$good/tree/z" bag/data/tree/z
    check "its size is what was listed" test "$(stat -c %s bag/data/tree/noise)" -eq 3000000
    (cd bag && sha256sum --quiet -c manifest-sha256.txt) >/dev/null 2>&1
    judge "the manifest should hold" $?
}

# What the file is now, as the record says.
expect_digest() {
    check "the digest of what it is now" grep -q "SHA-256 $(sha256sum <tree/noise | cut -c -64)\$" bag/metadata.mtree
}

scenario "a source that shrinks while it is read"
changes 'truncate -s 1500000 tree/noise' 'it ended after 1500000 of 3000000 bytes; zeros follow; read again, it has 1500000 bytes and SHA-256 [0-9a-f]{64}'
expect_digest
check "what was there" cmp -s -n 1500000 "$good/tree/noise" bag/data/tree/noise
check "zeros behind" cmp -s <(tail -c 1500000 bag/data/tree/noise) <(head -c 1500000 /dev/zero)

scenario "a source that grows while it is read"
changes 'echo more >>tree/noise' 'it is longer than it was said to be; the rest is not here; read again, it has 3000005 bytes and SHA-256 [0-9a-f]{64}'
expect_digest
expect_same "$good/tree/noise" bag/data/tree/noise

scenario "a source that is rewritten while it is read"
changes 'printf x | dd of=tree/noise bs=1 conv=notrunc status=none' 'its size or time is another now; read again, it has 3000000 bytes and SHA-256 [0-9a-f]{64}'
expect_digest

scenario "a file that vanishes or is replaced between listing and reading"
cp -r "$good/tree" tree
mkfifo fifo
hit "FAULT_READ=noise 0 0 run:rm tree/z; ln -s /etc/passwd tree/z" -- seal -q "${to[@]}" -o sealed.bin tree
expect_exit 3
expect_remark 'tree/z could not be read and is left out \(Too many levels of symbolic links\)'
run unseal -q "${with[@]}" -o bag sealed.bin
expect_exit 3
expect_absent bag/data/tree/z
expect_same "$good/tree/noise" bag/data/tree/noise
check "counts" grep -q '^Payload-Oxum: 3000006\.2$' bag/bag-info.txt
remove tree sealed.bin bag
cp -r "$good/tree" tree
hit "FAULT_READ=noise 0 0 run:rm tree/z" -- seal -q "${to[@]}" -o sealed.bin tree
expect_exit 3
expect_remark 'tree/z could not be read and is left out \(No such file or directory\)'
remove tree sealed.bin
cp -r "$good/tree" tree
hit "FAULT_READ=noise 0 0 run:rm tree/z; mkfifo tree/z" -- timeout 20 env LD_PRELOAD="$interpose" seal -q "${to[@]}" -o sealed.bin tree
expect_exit 3
expect_remark 'tree/z could not be read and is left out \(it is no longer a file\)'
remove tree sealed.bin
cp -r "$good/tree" tree
hit "FAULT_READ=noise 0 0 run:echo other and longer >tree/z" -- seal -q "${to[@]}" -o sealed.bin tree
expect_exit 0
run unseal -q "${with[@]}" -o bag sealed.bin
expect_exit 0
expect_same tree/z bag/data/tree/z
remove tree sealed.bin bag
mkdir -p tree/sub && maketree noise tree/noise 100000 && echo 1 >tree/sub/one
ln -s /etc elsewhere
hit "FAULT_READ=noise 0 0 run:mv tree/sub old; ln -s ../old tree/sub" -- seal -q "${to[@]}" -o sealed.bin tree
expect_exit 3
expect_err 'tree/sub/one could not be read'

# fails FIRST LAST RANGE [SIZE]: reads of that range of tree/noise fail; RANGE becomes zeros, and no more.
# FIRST-LAST may be all of it.
fails() {
    remove tree sealed.bin bag
    cp -r "$good/tree" tree
    [ -z "${4-}" ] || head -c "$4" "$good/tree/noise" >tree/noise
    hit "FAULT_READ=noise $1 $2 errno:$EIO" -- seal -q "${to[@]}" -o sealed.bin tree
    expect_exit 3
    if [ "$3" = "0-$((${4-3000000} - 1))" ]; then
        expect_remark "nothing of tree/noise could be read; zeros stand for all of it \($3\)"
    else
        expect_remark "tree/noise could be read only in part; zeros stand for the rest \($3\)"
    fi
    expect_out '^receipt '
    run unseal -q "${with[@]}" -o bag sealed.bin
    expect_exit 3
    expect_err "damaged \./data/tree/noise $3\$"
    check "on record" grep -qx "# damaged ./data/tree/noise $3" bag/metadata.mtree
    cp tree/noise want
    local first=${3%-*} last=${3#*-}
    head -c $((last - first + 1)) /dev/zero |
        dd of=want bs=64K oflag=seek_bytes seek="$first" conv=notrunc iflag=fullblock status=none
    expect_same want bag/data/tree/noise
    expect_same "$good/tree/z" bag/data/tree/z
    check "time" test "$(stat -c %.9Y tree/noise)" = "$(stat -c %.9Y bag/data/tree/noise)"
}

scenario "a medium that fails while it is read"
fails 0 0 0-4095
fails 1000000 1000000 999424-1003519
fails 1000000 1010000 999424-1011711
fails 262143 262144 258048-266239
fails 2999999 2999999 2998272-2999999
fails 0 2999999 0-2999999
# From long runs the good sectors are taken out as well.
fails 100000 2000000 98304-2002943
fails 5000 5000 4096-5999 6000
fails 0 5999 0-5999 6000
fails 100000 100000 98304-102399 200000
hit "FAULT_OPEN=noise errno:$EIO" -- seal -q "${to[@]}" -o open.bin tree
expect_exit 3
expect_remark 'tree/noise could not be read and is left out \(Input/output error\)'
hit "FAULT_CALL=readdir errno:$EIO" -- seal -q "${to[@]}" -o dir.bin tree
expect_exit 1
expect_err 'tree: nothing that was to be sealed could be read'
expect_absent dir.bin
hit "FAULT_CALL=readdir errno:$EIO" -- seal -q --allow-empty "${to[@]}" -o dir.bin tree
expect_exit 3
expect_remark 'tree could not be read and is left out \(Input/output error\)'

scenario "a source of which nothing can be read"
mkdir tree
echo 1 >tree/one
for option in -q -n; do
    for source in tree tree/one; do
        hit "FAULT_OPEN=one errno:$EACCES" -- seal $option "${to[@]}" -o sealed.bin $source
        expect_exit 1
        expect_err 'one could not be read and is left out \(Permission denied\)\.$'
        expect_err "^seal: $source: nothing that was to be sealed could be read, as was said above\. With --allow-empty"
        expect_names . tree
    done
done
hit "FAULT_OPEN=one errno:$EACCES" -- seal -q --allow-empty "${to[@]}" -o sealed.bin tree
expect_exit 3
expect_remark 'tree/one could not be read'
ln -s one tree/link
hit "FAULT_OPEN=one errno:$EACCES" -- seal -q "${to[@]}" -o link.bin tree
expect_exit 1
expect_absent link.bin
rm tree/link
for size in 2 3000000; do
    cp "$good/tree/noise" tree/one
    truncate -s $size tree/one
    hit "FAULT_READ=one 0 $size errno:$EIO" -- seal -q "${to[@]}" -o zeros.bin tree
    expect_exit 1
    expect_err "nothing of tree/one could be read; zeros stand for all of it \(0-$((size - 1))\)\.\$"
    expect_err 'tree: nothing that was to be sealed could be read'
    expect_absent zeros.bin
    hit "FAULT_READ=one 0 $size errno:$EIO" -- seal -q --allow-empty "${to[@]}" -o zeros.bin tree
    expect_exit 3
    rm zeros.bin
done
scenario "a folder of which the list ends early"
mkdir -p to tree
for i in {1..5}; do echo "$i" >"tree/$i"; done
hit "FAULT_CALL=readdir errno:$EIO" FAULT_NTH=8 -- seal -q "${to[@]}" -o to/sealed.bin tree
expect_exit 3
expect_remark 'tree: only a part of what is in it could be listed, and the rest is left out \(Input/output error\)\.$'
run unseal -q "${with[@]}" -o bag to/sealed.bin
expect_exit 3
expect_err 'missing \./data/tree only a part of what is in it could be listed: Input/output error$'
count=$(find bag/data/tree -type f | wc -l)
check "that part is there" test "$count" -ge 2 -a "$count" -le 4

scenario "two places of a medium fail"
cp -r "$good/tree" tree
cp tree/noise tree/noise2
hit "FAULT_READ=noise 5000 5000 errno:$EIO" "FAULT_OPEN=z errno:$EIO" -- seal -q "${to[@]}" -o sealed.bin tree
expect_exit 3
check "two messages, and the sum" test "$(wc -l <"$err")" -eq 3
expect_err '^seal: INCOMPLETE\. Left out: 1; read only in part: 1; changed meanwhile: 0\. '
run unseal -q "${with[@]}" -o bag sealed.bin
expect_exit 3
expect_same tree/noise2 bag/data/tree/noise2
check "three lines" test "$(wc -l <"$err")" -eq 3

scenario "standard input that fails"
hit "FAULT_IN=500000 errno:$EIO" -- seal -q "${to[@]}" -o out - <"$good/tree/noise"
expect_exit 1
expect_message 'standard input: could not be read: Input/output error'
expect_names .
hit "FAULT_IN=0 errno:$EIO" -- unseal -q "${with[@]}" -o out - < <(cat "$good/bag.bin")
expect_exit 1
expect_message 'standard input: could not be read: Input/output error'
expect_names .
hit "FAULT_READ=stream.bin 500000 500000 errno:$EIO" -- unseal -q "${with[@]}" -o out - <"$good/stream.bin"
expect_exit 1
expect_message 'standard input: could not be read: Input/output error'
expect_names .

scenario "a medium with bad spots, and repair data"
for name in "$good/bag.bin" -; do
    hit "FAULT_READ=bag.bin 500000 500000 errno:$EIO" -- unseal -q "${with[@]}" -o out "$name" <"$good/bag.bin"
    expect_exit 0
    expect_message '1 block of 64 KiB is damaged or cannot be read\. Its repair data mended that'
    expect_made . out
    check "that is on record" grep -q '^    Unreadable blocks   1$' out.custody.txt
    check "and the bytes are" grep -q '^    Mended bytes        458752-524287$' out.custody.txt
    remove out
done
hit "FAULT_READ=bag.bin 200000 2900000 errno:$EIO" -- unseal -q "${with[@]}" -o out "$good/bag.bin"
expect_exit 1
expect_message 'bag.bin: could not be read: Input/output error'
expect_names .

# The worker then sees a file that ends there; nobody made it shorter.
scenario "a system without memory for reading"
for way in "-o out $good/bag.bin" "--verify -o out $good/bag.bin" "--raw -o out $good/bag.bin" "-o - $good/stream.bin"; do
    # shellcheck disable=SC2086 # several arguments
    hit FAULT_IN_PROCESS=main "FAULT_READ=${way##*/} 500000 500000 errno:$ENOMEM" -- unseal -q "${with[@]}" $way
    expect_exit 1
    expect_message "${way##*/}: could not be read\. Close other programs and try again\.\$"
    expect_names .
done

# ---- Signals -------------------------------------------------------------------------------------

# On writing in the middle: seal, and unseal of a bag and of a stream.
scenario "signals half way"
for signal in 2 15 1; do
    for bytes in 0 70000 1500000; do
        for command in "seal -q --to $keys/alice.pub -o out $good/tree" \
            "unseal -q --key $keys/alice.key -o out $good/bag.bin" \
            "unseal -q --key $keys/alice.key -o out $good/stream.bin" \
            "unseal -q --raw --key $keys/alice.key -o out $good/bag.bin"; do
            # shellcheck disable=SC2086 # a command line
            hit "FAULT_WRITE=$bytes signal:$signal" -- $command
            expect_exit $((128 + signal))
            expect_no_out
            expect_message 'stopped before the end\. Nothing unfinished was left behind'
            expect_names .
        done
    done
done

scenario "a signal while reading or waiting for standard input"
hit "FAULT_READ=noise 1000000 1000000 signal:15" -- seal -q "${to[@]}" -o out "$good/tree"
expect_exit 143
expect_names .
mkfifo fifo
sleep 1000 >fifo & # keeps it open and silent
silent=$!
for command in "seal -q --to $keys/alice.pub -o out -" "unseal -q --key $keys/alice.key -o out -"; do
    # shellcheck disable=SC2086 # a command line
    $command <fifo >"$out" 2>"$err" &
    await_handlers $! "${command%% *}"
    kill -TERM $!
    wait $! 2>/dev/null
    status=$?
    expect_exit 143
    expect_message 'stopped before the end'
    expect_names . fifo
done
{ kill $silent && wait $silent; } 2>/dev/null

scenario "a signal that is ignored from the start stays so"
hit "FAULT_WRITE=70000 signal:1" -- bash -c 'trap "" HUP; exec "$@"' - seal -q "${to[@]}" -o out "$good/tree"
expect_exit 0
expect_names . out

scenario "killed half way"
for command in "seal -q --to $keys/alice.pub -o out $good/tree" \
    "unseal -q --key $keys/alice.key -o out $good/bag.bin" \
    "unseal -q --key $keys/alice.key -o out $good/stream.bin"; do
    # shellcheck disable=SC2086 # a command line
    hit "FAULT_WRITE=1500000 signal:9" -- $command
    expect_exit 137
    expect_no_out
    expect_absent out
    check "one unfinished thing, named so" test "$(find . -mindepth 1 -maxdepth 1 | grep -cE '^\./out\.[0-9a-f]{8}\.partial$')" -eq 1
    check "for its owner alone" test "$(find . -mindepth 1 -maxdepth 1 -perm /077 | wc -l)" -eq 0
    # It does not hinder the next try.
    # shellcheck disable=SC2086 # a command line
    run $command
    expect_exit 0
    remove out ./*.partial
done

scenario "two at once to the same name"
maketree noise big 30000000
seal -q "${to[@]}" -o out big >"$scratch/one" 2>&1 &
run seal -q "${to[@]}" -o out big
second=$status
wait $!
first=$?
[ $((first + second)) -eq 1 ]
judge "one should get the name, and one not" $? "$first $second"
expect_names . big out
run unseal -q "${with[@]}" -o bag out
expect_exit 0
expect_same big bag/data/big
hit "FAULT_WRITE=1000000 run:mkdir target" -- unseal -q "${with[@]}" -o target "$good/bag.bin"
expect_exit 1
expect_message 'target: is there already'
expect_empty_dir target
hit "FAULT_WRITE=1000000 run:echo mine >target2" -- seal -q "${to[@]}" -o target2 "$good/tree"
expect_exit 1
expect_message 'target2: is there already'
check "untouched" test "$(cat target2)" = mine

# ---- Memory --------------------------------------------------------------------------------------

# Below 64 MiB whatever the size; sanitizers keep memory of their own.
peak() {
    run measure "$scratch/peak" "$@"
    peak=$(cat "$scratch/peak")
}

scenario "constant memory"
if ! needs_time; then
    : # it is left out
elif [ "$(df --output=avail -k . | tail -n 1)" -lt $((4 * 1024 * 1024)) ]; then
    skip "it takes 3 GiB of disk, and there is less than 4 GiB free in $scratch"
else
    mkdir tree
    truncate -s 2G tree/zeros
    maketree noise tree/noise 300000000
    peak seal -q "${to[@]}" -o sealed.bin tree
    expect_exit 0
    check "seal of 2.3 GB, with repair data: $peak KiB" test "$peak" -lt $((65536 + 16384))
    peak unseal -q "${with[@]}" -o bag sealed.bin
    expect_exit 0
    check "unseal of it: $peak KiB" test "$peak" -lt 65536
    remove bag
    peak unseal -q "${with[@]}" --raw -o raw sealed.bin
    expect_exit 0
    check "raw: $peak KiB" test "$peak" -lt 65536
    remove raw tree sealed.bin
    # shellcheck disable=SC2016 # for the other shell
    run bash -c 'maketree noise - 2147483648 | measure sealing seal -q "$1" "$2" -o - - 2>/dev/null |
        measure opening unseal -q "$3" "$4" -o out -' - "${to[@]}" "${with[@]}"
    expect_exit 0
    check "size" test "$(stat -c %s out)" -eq 2147483648
    check "seal of a stream: $(cat sealing) KiB" test "$(cat sealing)" -lt 65536
    check "unseal of it: $(cat opening) KiB" test "$(cat opening)" -lt 65536
    rm -f out
    peak seal -q "${to[@]}" --level 19 -o nineteen.bin "$good/tree"
    # libarchive is shared here, and comes with libxml2 and ICU.
    check "level 19, with repair data: $peak KiB" test "$peak" -lt $((65536 + 16384 + 3 * 1024))
fi

# What the program itself has not enough of is no fault of the source.
scenario "too few descriptors"
mkdir -p tree/sub
echo one >tree/1
echo two >tree/sub/2
for few in 4 5 6 7; do
    run bash -c 'ulimit -n '$few'; exec "$@"' - seal -q "${to[@]}" -o out tree
    expect_exit 1
    expect_message '(Too many open files|No file descriptors available)\. This computer lets no more files be open at once: close other programs'
    expect_names . tree
done
for error in "$EMFILE" "$ENFILE"; do
    for dry in '' -n; do
        # shellcheck disable=SC2086 # an option or none
        hit "FAULT_OPEN=2 errno:$error" -- seal -q $dry "${to[@]}" -o out tree
        expect_exit 1
        expect_message '^seal: tree/sub/2: could not be opened: .*: close other programs'
        expect_names . tree
    done
done

scenario "memory for each name"
if needs_time; then
    sealing=() opening=()
    maketree many few 1000
    maketree many many 100000
    for tree in few many; do
        peak seal -q "${to[@]}" -o $tree.bin $tree
        expect_exit 0
        sealing+=("$peak")
        peak unseal -q "${with[@]}" -o bag-$tree $tree.bin
        expect_exit 0
        opening+=("$peak")
    done
    each=$(((sealing[1] - sealing[0]) * 1024 / 99000))
    check "seal: $each bytes a file" test $each -lt 400
    each=$(((opening[1] - opening[0]) * 1024 / 99000))
    check "unseal: $each bytes a file" test $each -lt 400
fi

finish
