#!/bin/bash
# What else can go wrong outside: sources that fail or change, signals, too little memory. All or nothing, said
# aloud, with nothing left behind.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"

keys=$scratch/keys
mkdir "$keys" && (cd "$keys" && take_keys alice.pub alice.key bob.pub carol.pub && chmod 644 ./*.pub)
to=(--to "$keys/alice.pub")
with=(--key "$keys/alice.key")
EIO=5 ENOSPC=28 EDQUOT=122 EACCES=13 EFBIG=27 EINVAL=22

# Three files, 3 MB that do not compress; and what comes of sealing them.
mkdir "$scratch/good"
cd "$scratch/good" || exit 1
mkdir tree
echo first >tree/a
maketree noise tree/noise 3000000
echo last >tree/z
seal -q "${to[@]}" -o bag.bin tree >/dev/null
seal -q "${to[@]}" -o stream.bin - <tree/noise >/dev/null
good=$scratch/good

# ---- Damage on the way ---------------------------------------------------------------------------

scenario "every byte, block and border"
maketree noise noise 150000
seal -q "${to[@]}" --to "$keys/bob.pub" --to "$keys/carol.pub" --no-compress -o few.bin - <noise >/dev/null
head_step=1 payload_step=512 least=500
[ -n "$quick" ] && head_step=97 payload_step=4096 least=100
check "three blocks" test "$(($(stat -c %s few.bin) / 65536))" -ge 2
recipients=()
for name in carol emil fritz gerda hans ida dora mallory bob; do
    recipients+=(--to "$vectors/keys/$name.pub")
done
seal -q "${to[@]}" "${recipients[@]}" --no-compress -o many.bin - <noise >/dev/null
# In the head for 39 every 13th byte: it meets each of the 39 slots over a hundred times.
flips "$keys/alice.key" many.bin $((head_step * 13)) $payload_step >many.txt 2>&1 &
flips "$keys/alice.key" few.bin $head_step $payload_step >few.txt 2>&1
wait
for list in few many; do
    cp $list.txt "$out"
    : >"$err"
    counts=$(tail -n 1 $list.txt)
    [[ $counts =~ ^([0-9]+)\ passed,\ 0\ failed$ ]] && [ "${BASH_REMATCH[1]}" -ge $least ]
    judge "all damage to $list.bin should be refused" $? "$counts"
    [[ $counts =~ ^([0-9]+)\ passed ]] && passed=$((passed + BASH_REMATCH[1]))
    [[ $counts =~ \ ([0-9]+)\ failed ]] && failed=$((failed + BASH_REMATCH[1]))
done

# The same by the program itself, in places.
scenario "damage and the program"
damaged() {
    for arguments in "-o out" "--raw -o out" "-o -"; do
        # shellcheck disable=SC2086 # several arguments
        run unseal -q "${with[@]}" $arguments damaged.bin
        expect_exit "$1"
        expect_no_out
        expect_message "$2"
        expect_names . damaged.bin
    done
    run unseal -q "${with[@]}" -o out - <damaged.bin
    expect_exit "$1"
    expect_names . damaged.bin
}
flip() {
    local byte
    byte=$(od -An -tu1 -j "$1" -N 1 "$good/stream.bin")
    cp "$good/stream.bin" damaged.bin
    printf '%b' "\\x$(printf %02x $((byte ^ 1)))" | dd of=damaged.bin bs=1 seek="$1" conv=notrunc status=none
}
length=$(stat -c %s "$good/stream.bin")
no_key='no key here opens this file, or its beginning is damaged'
for at in 0 31; do
    flip $at
    damaged 4 "$no_key"
done
for at in 32 63 20000 65535 65536 1000000 $((length - 1)); do
    flip $at
    damaged 5 'altered or cut short'
done
for size in 0 1 65535; do
    head -c $size "$good/stream.bin" >damaged.bin
    damaged 4 "$no_key"
done
for size in 65536 65537 131072 $((length - 2048)) $((length - 1)); do
    head -c "$size" "$good/stream.bin" >damaged.bin
    damaged 5 'altered or cut short'
done
for more in 1 2048 65536; do
    (cat "$good/stream.bin" && head -c $more /dev/zero) >damaged.bin
    damaged 5 'altered or cut short'
done
cat "$good/stream.bin" "$good/stream.bin" >damaged.bin
damaged 5 'altered or cut short'

# ---- Full disks ----------------------------------------------------------------------------------

# both VARIABLE=FAULT MESSAGE: a fault met by seal, by unseal of a bag, a stream and raw content.
both() {
    hit "$1" -- seal -q "${to[@]}" -o out "$good/tree"
    expect_exit 1
    expect_no_out
    expect_message "$2"
    expect_names .
    for command in "$good/bag.bin" "--raw $good/bag.bin" "$good/stream.bin"; do
        # shellcheck disable=SC2086 # several arguments
        hit "$1" -- unseal -q "${with[@]}" -o out $command
        expect_exit 1
        expect_no_out
        expect_message "$2"
        expect_names .
    done
}

scenario "the disk is full at any moment"
for bytes in 0 1000 65536 500000 2000000 2999000; do
    both "FAULT_WRITE=$bytes errno:$ENOSPC" 'No space left on device\. Make room there'
done
both "FAULT_WRITE=70000 errno:$EDQUOT" 'quota exceeded\. Make room there'
both "FAULT_WRITE=70000 errno:$EIO" 'Input/output error\. The medium may be failing'
both "FAULT_WRITE=70000 errno:$EFBIG" 'File too large\. .*FAT32'

scenario "a flush, close or rename that fails"
for call in fsync close rename; do
    hit "FAULT_CALL=$call errno:$ENOSPC" -- seal -q "${to[@]}" -o out "$good/tree"
    expect_exit 1
    expect_no_out
    expect_message 'out: .*No space left on device'
    expect_names .
    hit "FAULT_CALL=$call errno:$ENOSPC" -- unseal -q "${with[@]}" -o out "$good/stream.bin"
    expect_exit 1
    expect_no_out
    expect_message 'No space left on device'
    expect_names .
done
for call in syncfs close rename mkdir futimens fsync-folder; do
    hit "FAULT_CALL=$call errno:$EIO" -- unseal -q "${with[@]}" -o out "$good/bag.bin"
    expect_exit 1
    expect_no_out
    expect_message 'Input/output error'
    expect_names .
    remove out
done
maketree noise noise 20000000
for error in $EIO $ENOSPC; do # what fsync would not say again
    hit "FAULT_CALL=write-behind errno:$error" -- seal -q "${to[@]}" -o out noise
    expect_exit 1
    expect_message 'out: could not be written: (Input/output error|No space left on device)'
    expect_names . noise
done
hit "FAULT_CALL=write-behind errno:$EINVAL" -- seal -q "${to[@]}" -o out noise
expect_exit 0
rm -f noise out
hit "FAULT_CALL=fsync-folder errno:$EIO" -- seal -q "${to[@]}" -o out "$good/tree"
expect_exit 1
expect_no_out
expect_message 'its folder could not be written'
expect_names .
remove out
# What cannot be removed is at least named.
hit "FAULT_CALL=unlink errno:$EACCES" "FAULT_WRITE=70000 errno:$ENOSPC" -- \
    unseal -q "${with[@]}" -o out "$good/bag.bin"
expect_exit 1
expect_err 'out\.[0-9a-f]{8}\.partial: this folder is unfinished and could not be removed'
expect_err 'No space left on device'
expect_absent out

scenario "a small file system"
mkdir small
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=1m none small 2>/dev/null; then
    run seal -q "${to[@]}" -o small/out "$good/tree"
    expect_exit 1
    expect_no_out
    expect_message 'small/out: could not be written: No space left on device\. Make room'
    expect_names small
    for file in bag stream; do
        run unseal -q "${with[@]}" -o small/out "$good/$file.bin"
        expect_exit 1
        expect_message "$file\\.bin: its content does not fit in the free space \\(.* kB, not counting 5% that stays free\\)"
        expect_names small
    done
    # Likewise where standard output is a file there.
    unseal -q "${with[@]}" -o - "$good/stream.bin" >small/out 2>"$err"
    check "it should end with 1" test $? -eq 1
    expect_message 'stream\.bin: its content does not fit in the free space \(.* kB, not counting 5% that stays free\)'
    check "nothing is in it" test ! -s small/out
    rm small/out
    # A disk that has less than it says.
    hit SYSTEM_ROOM='0x01021994 1000000000' -- unseal -q "${with[@]}" -o small/out "$good/bag.bin"
    expect_exit 1
    expect_message 'No space left on device\. Make room'
    expect_names small
    hit SYSTEM_ROOM='0x01021994 1000000000' -- unseal -q "${with[@]}" -o small/out "$good/stream.bin"
    expect_exit 1
    expect_message 'small/out: could not be written: No space left on device'
    expect_names small
    # Landlock lets go of a folder some time after the worker that was bound to it has ended.
    for _ in {1..100}; do
        mount -o remount,ro small 2>/dev/null && break
        sleep 0.1
    done
    run seal -q "${to[@]}" -o small/out "$good/tree"
    expect_exit 1
    expect_message 'small/out: could not be created: Read-only file system'
    run unseal -q "${with[@]}" -o small/out "$good/bag.bin"
    expect_exit 1
    expect_message 'small/out: could not be created: Read-only file system'
    umount small
else
    skip "mounting a tmpfs takes root, and a container that lets it"
fi

scenario "a limit on file sizes"
run bash -c 'ulimit -f 100; trap "" XFSZ; exec "$@"' - seal -q "${to[@]}" -o out "$good/tree"
expect_exit 1
expect_message 'File too large'
expect_names .

scenario "standard output is full"
run bash -c 'exec "$@" >/dev/full' - seal -q "${to[@]}" -o - "$good/tree"
expect_exit 1
expect_message 'standard output: could not be written: No space left on device'
run bash -c 'exec "$@" >/dev/full' - unseal -q "${with[@]}" -o - "$good/stream.bin"
expect_exit 1
expect_message 'No space left on device'
run bash -c 'exec "$@" >/dev/full' - unseal -q "${with[@]}" --raw -o - "$good/bag.bin"
expect_exit 1
expect_message 'No space left on device'
for program in seal unseal; do
    for option in --help --version; do
        run bash -c 'exec "$@" >/dev/full' - $program $option
        expect_exit 1
        check "one message" test "$(wc -l <"$err")" -eq 1
        expect_err "^$program: standard output could not be written: No space left"
    done
done

# ---- Standard input, output and error ------------------------------------------------------------

# The receipt cannot be shown: said, and no success; but what is on disk by then is whole.
scenario "nobody hears the receipt"
for to_where in '>/dev/full' '>&-'; do
    run bash -c 'exec "$@" '"$to_where" - seal -q "${to[@]}" -o out "$good/tree"
    expect_exit 1
    expect_message 'standard output could not be written'
    if [ -e out ]; then
        run unseal -q "${with[@]}" -o bag out
        expect_exit 0
        expect_same_tree "$good/tree" bag/data/tree
    fi
    remove out bag
    run bash -c 'exec "$@" '"$to_where" - unseal -q "${with[@]}" -o bag "$good/bag.bin"
    expect_exit 1
    expect_message 'standard output could not be written'
    [ ! -e bag ] || expect_same_tree "$good/tree" bag/data/tree
    remove bag
done

scenario "closed descriptors land in no file of ours"
run bash -c 'exec "$@" <&- 2>&-' - seal "${to[@]}" -o out "$good/tree"
expect_exit 0
run bash -c 'exec "$@" <&- 2>&-' - unseal "${with[@]}" -o bag out
expect_exit 0
expect_same_tree "$good/tree" bag/data/tree
run bash -c 'exec "$@" <&- >&- 2>&-' - seal "${to[@]}" -o out2 "$good/tree"
expect_exit 1
run bash -c 'exec "$@" <&- >&- 2>&-' - unseal "${with[@]}" -o bag2 out
expect_exit 1
[ ! -e bag2 ] || expect_same_tree "$good/tree" bag2/data/tree
run bash -c 'exec "$@" <&-' - seal -q "${to[@]}" -o out3 -
expect_exit 1
expect_message 'standard input: could not be read: Bad file descriptor'
expect_absent out3
run bash -c 'exec "$@" <&-' - unseal -q "${with[@]}" -o out3 -
expect_exit 1
expect_message 'standard input: could not be read: Bad file descriptor'
expect_absent out3
run bash -c 'exec "$@" >&-' - seal -q "${to[@]}" -o - "$good/tree"
expect_exit 1
expect_message 'standard output: could not be written: Bad file descriptor'
run bash -c 'exec "$@" 2>/dev/full' - seal "${to[@]}" -o out4 "$good/tree"
expect_exit 0
for nowhere in '2>/dev/full' '2>&-'; do
    run bash -c 'exec "$@" >content '"$nowhere" - seal "${to[@]}" -o - "$good/tree"
    expect_exit 0
    run bash -c 'exec "$@" >content2 '"$nowhere" - unseal "${with[@]}" --raw -o - content
    expect_exit 0
    check "whole" test -s content2
done
run seal -q "${to[@]}" -o out5 - </proc/self/mem
expect_exit 1
expect_message 'standard input: could not be read'
expect_absent out5
check "nothing unfinished" test -z "$(find . -name '*.partial')"

scenario "a reader that goes away"
for command in "seal -q --to $keys/alice.pub -o - $good/tree" "unseal -q --key $keys/alice.key -o - $good/stream.bin" \
    "unseal -q --key $keys/alice.key --raw -o - $good/bag.bin"; do
    # shellcheck disable=SC2016 # for the other shell
    run bash -c '$1 2>message | head -c 1000 >/dev/null; exit ${PIPESTATUS[0]}' - "$command"
    cp message "$err"
    expect_exit 1
    expect_message 'standard output: could not be written: Broken pipe'
    rm message
    expect_names .
done

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
    check "three complaints" test "$(wc -l <"$err")" -eq 3
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
    expect_exit 3
    expect_err 'closed could not be read'
    run "${as_user[@]}" seal -q "${to[@]}" -o secret.bin tree/open/secret
    expect_exit 3
    expect_err 'secret could not be read'
    mkdir locked
    chmod 555 locked
    run "${as_user[@]}" seal -q "${to[@]}" -o locked/out tree/open/d
    expect_exit 1
    expect_message 'locked/out: could not be created: Permission denied'
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
    expect_message "tree/noise changed while it was read \($2\)"
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
expect_message 'tree/z could not be read and is left out \(Too many levels of symbolic links\)'
run unseal -q "${with[@]}" -o bag sealed.bin
expect_exit 3
expect_absent bag/data/tree/z
expect_same "$good/tree/noise" bag/data/tree/noise
check "counts" grep -q '^Payload-Oxum: 3000006\.2$' bag/bag-info.txt
remove tree sealed.bin bag
cp -r "$good/tree" tree
hit "FAULT_READ=noise 0 0 run:rm tree/z" -- seal -q "${to[@]}" -o sealed.bin tree
expect_exit 3
expect_message 'tree/z could not be read and is left out \(No such file or directory\)'
remove tree sealed.bin
cp -r "$good/tree" tree
hit "FAULT_READ=noise 0 0 run:rm tree/z; mkfifo tree/z" -- timeout 20 env LD_PRELOAD="$interpose" seal -q "${to[@]}" -o sealed.bin tree
expect_exit 3
expect_message 'tree/z could not be read and is left out \(it is no longer a file\)'
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
fails() {
    remove tree sealed.bin bag
    cp -r "$good/tree" tree
    [ -z "${4-}" ] || head -c "$4" "$good/tree/noise" >tree/noise
    hit "FAULT_READ=noise $1 $2 errno:$EIO" -- seal -q "${to[@]}" -o sealed.bin tree
    expect_exit 3
    expect_message "tree/noise could be read only in part; zeros stand for the rest \($3\)"
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
fails 5000 5000 4096-5999 6000
fails 0 5999 0-5999 6000
fails 100000 100000 98304-102399 200000
hit "FAULT_OPEN=noise errno:$EIO" -- seal -q "${to[@]}" -o open.bin tree
expect_exit 3
expect_message 'tree/noise could not be read and is left out \(Input/output error\)'
hit "FAULT_CALL=readdir errno:$EIO" -- seal -q "${to[@]}" -o dir.bin tree
expect_exit 3
expect_message 'tree could not be read and is left out \(Input/output error\)'

scenario "two places of a medium fail"
cp -r "$good/tree" tree
cp tree/noise tree/noise2
hit "FAULT_READ=noise 5000 5000 errno:$EIO" "FAULT_OPEN=z errno:$EIO" -- seal -q "${to[@]}" -o sealed.bin tree
expect_exit 3
check "two messages" test "$(wc -l <"$err")" -eq 2
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
hit "FAULT_READ=bag.bin 500000 500000 errno:$EIO" -- unseal -q "${with[@]}" -o out - <"$good/bag.bin"
expect_exit 1
expect_message 'standard input: could not be read: Input/output error'
expect_names .

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
sleep 100 >fifo & # keeps it open and silent
for command in "seal -q --to $keys/alice.pub -o out -" "unseal -q --key $keys/alice.key -o out -"; do
    # shellcheck disable=SC2086,SC2016 # a command line; for the other shell
    run bash -c '$1 <fifo & sleep 0.5; kill -TERM $!; wait $!' - "$command"
    expect_exit 143
    expect_message 'stopped before the end'
    expect_names . fifo
done
{ kill $! && wait $!; } 2>/dev/null

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
    check "seal of 2.3 GB: $peak KiB" test "$peak" -lt 65536
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
    check "level 19: $peak KiB" test "$peak" -lt 65536
fi

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
