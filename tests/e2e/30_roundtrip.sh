#!/bin/bash
# Real trees to sealed files and back: every name, time, size and kind of item; what other tools make
# of the bag; streams, pipes, padding, determinism; and that the source is only read.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"

keys=$scratch/keys
mkdir "$keys" && (cd "$keys" && take_keys alice.pub alice.key bob.pub carol.pub carol.key)
to=(--to "$keys/alice.pub")
with=(--key "$keys/alice.key")

seal_ok() {
    run seal -q "${to[@]}" -o sealed.bin "$@"
    expect_exit 0
    expect_no_err
}

# Warnings about so many names, and nothing else.
seal_names() {
    local count=$1
    run seal -q "${to[@]}" -o sealed.bin "${@:2}"
    expect_exit 0
    check "$count warnings" test "$(grep -cE '^seal: .* (has a name that not every system can hold, show or tell from others \(.*\)|stands for a name that is not UTF-8; the record has both)\.$' "$err")" -eq "$count"
    check "nothing else" test "$(wc -l <"$err")" -eq "$count"
}

unseal_ok() {
    run unseal -q "${with[@]}" "$@" -o bag sealed.bin
    expect_exit 0
    expect_no_err
}

# There and back, and the same tree: round SOURCE [NAME-IN-DATA].
round() {
    seal_ok "$1"
    back "$@"
}

back() {
    unseal_ok
    expect_same_tree "$1" "bag/data/${2-$(basename "$1")}"
}

# The same, with names that not every system can hold: as they were; and as they are by default, where
# only names differ.
back_exact() {
    local digest
    unseal_ok
    digest=$(sed -n 's/^digest *//p' "$out")
    expect_dir bag/as-sealed
    expect_manifests
    expect_mtree
    listing -f bag/data | cut -d' ' -f1-5 | LC_ALL=C sort >"$scratch/default"
    check "D is in as-sealed" test "$(sha256sum <bag/as-sealed/tagmanifest-sha256.txt)" = "$digest  -"
    remove bag
    unseal_ok --exact-names
    expect_same_tree "$1" "bag/data/$1"
    expect_absent bag/as-sealed
    listing -f bag/data | cut -d' ' -f1-5 | LC_ALL=C sort >"$scratch/exact"
    cmp -s "$scratch/default" "$scratch/exact"
    judge "both should have the same items, sizes and times" $?
}

# sha256sum's own check, for names without the three characters that BagIt escapes.
expect_manifests() {
    (cd bag && sha256sum -c --quiet manifest-sha256.txt tagmanifest-sha256.txt) >"$out" 2>"$err"
    judge "sha256sum -c should hold" $?
}

# NetBSD's mtree agrees with the record: besides the tag files, which are not in it, and links, which
# are not in the bag, nothing is said.
expect_mtree() {
    needs mtree || return
    mtree -p bag -f bag/metadata.mtree -k type,size,time,sha256 >"$out" 2>"$err"
    grep -cE '^missing: ' "$out" >"$scratch/missing"
    grep -vE '^missing: |^extra: (as-sealed|bag-info.txt|bagit.txt|(tag)?manifest-sha256.txt|metadata.mtree)$' \
        "$out" >"$scratch/mtree"
    [ ! -s "$scratch/mtree" ] && [ ! -s "$err" ] && [ "$(wc -l <"$out")" -ge 5 ] &&
        [ "$(cat "$scratch/missing")" -eq "$(grep -c ' type=link ' bag/metadata.mtree)" ]
    judge "mtree should find nothing" $? "$(head -n 3 "$scratch/mtree")"
}

# ---- Names and kinds -----------------------------------------------------------------------------

scenario "names in many scripts"
mkdir -p tree/empty-folder tree/Документы/Папка tree/وثائق tree/文件
printf 'й' >'tree/Документы/Письмо.txt'
printf 'a' >'tree/وثائق/شهادة.pdf'
printf 'b' >'tree/文件/证据.jpg'
printf 'composed' >"$(printf 'tree/caf\303\251.txt')"
printf 'decomposed' >"$(printf 'tree/cafe\314\201.txt')"
: >tree/empty-file
long=$(printf '%0255d' 0)
printf long >"tree/$long"
long=$(printf 'ж%.0s' {1..127})x
mkdir "tree/$long" && printf longer >"tree/$long/$long"
seal_names 2 tree
back_exact tree
check "all items" test "$(find bag/data | wc -l)" -eq 16
expect_manifests
expect_mtree

scenario "names with everything a name may hold"
mkdir -p tree/$'new\nline' 'tree/100%' 'tree/ blank' tree/-dash 'tree/back\slash' tree/$'\e[31m' 'tree/a b'
echo 1 >tree/$'new\nline/carriage\rreturn'
echo 2 >'tree/100%/50%25 %0A %'
echo 3 >'tree/ blank/ '
echo 4 >tree/-dash/-rf
echo 5 >'tree/back\slash/\n\\.'
echo 6 >tree/$'\e[31m/\001\177\t'
echo 7 >"tree/quotes\"'\`\$HOME#~*?"
echo 8 >'tree/a b/trailing. '
echo 9 >tree/...
echo 10 >'tree/a b!'
echo 11 >'tree/a b.txt'
seal_names 10 tree
back_exact tree
expect_mtree
check "LF in a manifest" grep -q 'data/tree/new%0Aline/carriage%0Dreturn$' bag/manifest-sha256.txt
check "percent in a manifest" grep -q 'data/tree/100%25/50%2525 %250A %25$' bag/manifest-sha256.txt
check "as many lines as files" test "$(wc -l <bag/manifest-sha256.txt)" -eq 11

scenario "paths far beyond 4096 bytes"
maketree deep tree 40
round tree
listing -f bag/data >"$scratch/deep"
check "the deepest" grep -q 'nnn/file$' "$scratch/deep"
check "82 items" test "$(wc -l <"$scratch/deep")" -eq 82
check "a path over 8000 bytes" test "$(awk '{ print length }' "$scratch/deep" | sort -n | tail -n 1)" -gt 8000

scenario "a path beyond what the format holds is left out and recorded"
maketree deep tree 165
run seal -q "${to[@]}" -o sealed.bin tree
expect_exit 3
expect_err 'too long'
run unseal -q "${with[@]}" -o bag sealed.bin
expect_exit 3
check "it is on record" grep -q '^# missing ./data/tree/.* its path is too long$' bag/metadata.mtree
listing -f bag/data >"$scratch/deep"
check "the rest is there" test "$(wc -l <"$scratch/deep")" -gt 320

scenario "names that are not UTF-8"
mkdir -p tree/$'caf\xe9/sub'
printf 1 >tree/$'caf\xe9/sub/plain.txt'
printf 2 >tree/$'caf\xe9/\xff\xfe'
printf 3 >tree/$'100% caf\xe9'
printf 4 >'tree/100% plain'
printf 5 >tree/$'x\xe9'
printf 6 >tree/x%E9
printf 7 >tree/$'y\xe9'
printf 8 >tree/y%E9
printf 9 >tree/y%E9%00
printf s >tree/$'surrogate\xed\xa0\x80'
touch -d @1000000000.123456789 tree/$'caf\xe9'
seal_names 6 tree
unseal_ok --exact-names
same() { check "$2 should be $1" test "$(cat "bag/data/tree/$2")" = "$1"; }
same 1 caf%E9/sub/plain.txt
same 2 caf%E9/%FF%FE
same 3 100%25\ caf%E9
same 4 '100% plain'
same 5 x%E9%00
same 6 x%E9
same 7 y%E9%00%00
same 8 y%E9
same 9 y%E9%00
same s surrogate%ED%A0%80
check "a folder's time" test "$(stat -c %.9Y bag/data/tree/caf%E9)" = 1000000000.123456789
check "nothing else" test "$(find bag/data -type f | wc -l)" -eq 10
renamed() { check "on record: $1" grep -qxF "# renamed ./data/tree/$1 ./data/tree/$2" bag/metadata.mtree; }
renamed caf%E9 'caf\351'
renamed caf%E9/sub 'caf\351/sub'
renamed caf%E9/sub/plain.txt 'caf\351/sub/plain.txt'
renamed '100%25\040caf%E9' '100%\040caf\351'
renamed x%E9%00 'x\351'
renamed y%E9%00%00 'y\351'
check "eight of them" test "$(grep -c '^# renamed' bag/metadata.mtree)" -eq 8
# A BagIt tool decodes; here by hand.
sed 's/%25/%/g' bag/manifest-sha256.txt >decoded
check "the manifest, decoded" sh -c 'cd bag && sha256sum -c --quiet ../decoded'

scenario "a name given that is not UTF-8"
printf 1 >$'\xe9t\xe9'
mkdir $'d\xff' && printf 2 >$'d\xff/f'
seal_names 2 $'\xe9t\xe9' $'d\xff'
unseal_ok --exact-names
expect_file bag/data/%E9t%E9
expect_file bag/data/d%FF/f

scenario "links are recorded and not followed"
mkdir -p tree/sub outside
echo secret >outside/secret
echo x >tree/file
ln -s file tree/to-file
ln -s sub tree/to-folder
ln -s ../outside tree/to-outside
ln -s /etc/passwd tree/absolute
ln -s 'no such # thing' tree/dangling
ln -s "$(printf '\377\001%%')" tree/sub/odd
ln -s to-self tree/to-self
touch -h -d @1500000000.000000007 tree/to-file
run seal "${to[@]}" -o sealed.bin tree
expect_exit 0
expect_err '^7 symbolic links recorded, not followed$'
unseal_ok
check "only what is no link" test "$(find bag/data | sort | tr '\n' ' ')" = 'bag/data bag/data/tree bag/data/tree/file bag/data/tree/sub '
link() { check "on record: $1" grep -qE "^\./data/tree/$1 type=link time=[0-9]+\.[0-9]{9} link=$2\$" bag/metadata.mtree; }
link to-file file
link to-folder sub
link to-outside ../outside
link absolute /etc/passwd
link dangling 'no\\040such\\040\\043\\040thing'
link sub/odd '\\377\\001%'
link to-self to-self
check "a link's own time" grep -q 'to-file type=link time=1500000000.000000007 ' bag/metadata.mtree
check "nothing from outside" test -z "$(grep -r secret bag)"
expect_mtree

scenario "links with -v are named"
ln -s nowhere link
mkdir d && mv link d
run seal -v "${to[@]}" -o sealed.bin d
expect_exit 0
expect_err 'd/link is a link'

scenario "a link given is refused, with a slash it is followed"
mkdir real && echo 1 >real/one
ln -s real link
run seal -q "${to[@]}" -o sealed.bin link
expect_exit 2
expect_message 'link: it is a symbolic link'
expect_names . link real
run seal -q "${to[@]}" -o sealed.bin link/
expect_exit 0
unseal_ok
expect_file bag/data/link/one

scenario "hard links are stored as files"
mkdir tree
echo same >tree/a
ln tree/a tree/b
round tree

scenario "special files are skipped, recorded and told"
mkdir tree
echo x >tree/file
mkfifo tree/pipe
maketree socket tree/socket
kinds='pipe:fifo socket:socket'
if [ "$(id -u)" -eq 0 ] && mknod tree/null c 1 3 2>/dev/null; then
    kinds="$kinds null:device"
fi
run seal -q "${to[@]}" -o sealed.bin tree
expect_exit 3
expect_err 'tree/pipe is no file and is left out \(fifo\)\.$'
expect_err 'tree/socket is no file and is left out \(socket\)\.$'
expect_out '^receipt '
run unseal -q "${with[@]}" -o bag sealed.bin
expect_exit 3
expect_err 'skipped ./data/tree/pipe fifo'
check "just the file" test "$(find bag/data -type f)" = bag/data/tree/file
check "nothing special" test -z "$(find bag/data ! -type f ! -type d)"
for kind in $kinds; do
    check "$kind on record" grep -qx "# skipped ./data/tree/${kind%:*} ${kind#*:}" bag/metadata.mtree
done

scenario "a special file given is refused"
mkfifo pipe
run seal -q "${to[@]}" -o sealed.bin pipe
expect_exit 2
expect_message 'pipe: it is neither a file nor a folder'
run seal -q "${to[@]}" -o sealed.bin /dev/null
expect_exit 2
expect_names . pipe

# ---- Times, modes, sizes -------------------------------------------------------------------------

scenario "times to the nanosecond, before 1970 and far ahead"
mkdir -p tree/folder
n=0
for time in 0 -1 -1.5 -0.000000001 -86400 1.000000001 999999999.999999999 2147483647.5 2147483648 \
    4294967296.25 8589934592.000000001; do
    n=$((n + 1))
    echo $n >tree/$n
    touch -d "@$time" tree/$n
done
touch -d @-2000000000.75 tree/folder
touch -d @1234567890.123456789 tree
round tree
check "before 1970, as mtree writes it" grep -q '/3 type=file size=2 time=-2.500000000 ' bag/metadata.mtree
check "a nanosecond before" grep -q '/4 type=file size=2 time=-1.999999999 ' bag/metadata.mtree
expect_mtree

scenario "the time of data is that of the folder given as ."
mkdir tree && echo 1 >tree/one
touch -d @1234567890.123456789 tree
cd tree || exit 1
run seal -q "${to[@]}" -o ../sealed.bin .
cd .. || exit 1
expect_exit 0
unseal_ok
expect_same_tree tree bag/data

scenario "the right to execute"
mkdir tree
for mode in 644 755 600 700 555 400 711 640; do
    echo $mode >tree/$mode
    chmod $mode tree/$mode
done
round tree
expect_mode bag/data/tree/700 555
expect_mode bag/data/tree/400 444
expect_mode bag/data 555
expect_mode bag 555
(umask 077 && unseal -q "${with[@]}" -o private sealed.bin >/dev/null)
expect_mode private 500
expect_mode private/data/tree/700 500
expect_mode private/data/tree/644 400
expect_mode private.custody.txt 600
expect_mode private.custody.json 600
(umask 077 && unseal -q "${with[@]}" --writable -o writable sealed.bin >/dev/null)
expect_mode writable 700
expect_mode writable/data/tree/700 700
expect_mode writable/data/tree/644 600
expect_mode sealed.bin 600

scenario "sizes around blocks, frames and tar blocks"
mkdir tree
for size in 0 1 511 512 513 10239 10240 52143 52144 65519 65520 65536 131072 4194303 4194304 4194305 8388608 9437184; do
    maketree noise tree/$size $size
done
round tree
expect_manifests

scenario "a sparse file of over 8 GiB"
if [ -n "$quick" ]; then
    : # left out
elif [ "$(df --output=avail -k . | tail -n 1)" -lt $((11 * 1024 * 1024)) ]; then
    skip "it takes 9 GiB of disk, and there is less than 11 GiB free in $scratch"
else
    size=8800000000
    mkdir tree
    truncate -s $size tree/big
    # Something on both sides of 4 GiB and of 8 GiB, and at the end.
    places='0 4294967290 8589934590 8799999990'
    for place in $places; do
        printf 'here %05d' "${place%%?????}" | dd of=tree/big bs=10 oflag=seek_bytes seek="$place" conv=notrunc status=none
    done
    touch -d @1600000000.000000001 tree/big
    # So much out of so little is what a bomb does.
    for arguments in --dry-run "-o sealed.bin"; do
        # shellcheck disable=SC2086 # several arguments
        run seal -q "${to[@]}" $arguments tree
        expect_exit 0
        expect_message 'unseal will take it for a trap: whoever opens it needs --max-size 10G\.'
    done
    check "holes take no room" test "$(stat -c %s sealed.bin)" -lt 1000000
    run unseal -q "${with[@]}" -o bag sealed.bin
    expect_exit 1
    expect_err 'it holds more than 4\.3 GB, the most for its size without --max-size'
    expect_absent bag
    unseal_ok --max-size 10G
    check "size" test "$(stat -c %s bag/data/tree/big)" -eq $size
    check "time" test "$(stat -c %.9Y bag/data/tree/big)" = 1600000000.000000001
    check "oxum" grep -qx "Payload-Oxum: $size.1" bag/bag-info.txt
    # That what came out is what the manifest says, unseal has checked; here that it was the source's.
    check "digest" test "$(sha256sum <tree/big | cut -c1-64)" = "$(cut -c1-64 bag/manifest-sha256.txt)"
    for place in $places; do
        check "at $place" cmp -s -i "$((place > 1000 ? place - 1000 : 0))" -n 2000 tree/big bag/data/tree/big
    done
    remove bag
fi

scenario "many small files"
count=100000
[ -n "$quick" ] && count=2000
maketree many tree $count
started=$SECONDS
seal_ok tree
check "seals $count files in a minute" test $((SECONDS - started)) -le 60
started=$SECONDS
unseal_ok
check "unseals $count files in a minute" test $((SECONDS - started)) -le 60
expect_same_tree tree bag/data/tree
check "as many lines" test "$(wc -l <bag/manifest-sha256.txt)" -eq $count
check "count on record" grep -q "^Payload-Oxum: [0-9]*\.$count\$" bag/bag-info.txt
remove tree bag

# ---- What is given -------------------------------------------------------------------------------

scenario "several paths, files and folders"
mkdir -p a/x b/y c
echo 1 >a/x/1
echo 2 >b/y/2
echo 3 >c/3
echo 4 >four
run seal -q "${to[@]}" -o sealed.bin a/x ./b/y/ four "$PWD/c/3" -- -dash 2>/dev/null
expect_exit 1
expect_absent sealed.bin
echo dash >-dash
run seal -q "${to[@]}" -o sealed.bin a/x ./b/y/ four "$PWD/c/3" -- -dash
expect_exit 0
unseal_ok
check "what is there" test "$(cd bag/data && find . | LC_ALL=C sort | tr '\n' ' ')" = '. ./-dash ./3 ./four ./x ./x/1 ./y ./y/2 '

scenario "dot, dot-dot and slashes at the end"
mkdir -p tree/sub/deep
echo 1 >tree/one
echo 2 >tree/sub/two
echo 3 >tree/sub/deep/three
for path in tree/. tree/sub/..; do
    remove sealed.bin bag
    round "$path" .
done
cd tree/sub || exit 1
run seal -q "${to[@]}" -o ../../dots.bin ..
cd ../.. || exit 1
expect_exit 0
run unseal -q "${with[@]}" -o dots dots.bin
expect_same_tree tree dots/data
for path in tree/ tree// ./tree "$PWD/tree"; do
    remove sealed.bin bag
    round "$path" tree
done

scenario "two with the same name are refused"
mkdir a b
echo 1 >a/same
echo 2 >b/same
run seal -q "${to[@]}" -o sealed.bin a/same b/same
expect_exit 2
expect_message 'same: two of the things to seal have this name'
run seal -q "${to[@]}" -o sealed.bin a a/
expect_exit 2
run seal -q "${to[@]}" -o sealed.bin a/. b/.
expect_exit 2
expect_names . a b

scenario "the output lies in the source"
mkdir tree
echo 1 >tree/one
cd tree || exit 1
run seal -q "${to[@]}" -o out.bin .
expect_exit 0
expect_names . one out.bin
run unseal -q "${with[@]}" -o ../bag out.bin
expect_exit 0
check "it is not in itself" test "$(find ../bag/data -type f)" = ../bag/data/one
run seal -q "${to[@]}" .
expect_exit 0
cd .. || exit 1

scenario "neutral names by default, and a folder as output"
echo 1 >one
mkdir folder
run seal -q "${to[@]}" one
expect_exit 0
run seal -q "${to[@]}" -o folder one
expect_exit 0
check "a neutral name" test "$(find . -name '*.bin' | grep -cE '/[a-z0-9]{10}\.bin$')" -eq 2
name=$(basename folder/*.bin .bin)
run unseal -q "${with[@]}" "folder/$name.bin"
expect_exit 0
expect_dir "$name"
expect_same one "$name/data/one"

# ---- The source is only read ---------------------------------------------------------------------

scenario "sealing changes nothing at the source, and writes nowhere else"
mkdir -p tree/sub
echo 1 >tree/one
echo 2 >tree/sub/two
ln -s one tree/link
touch -d @1000000000 tree/one tree/sub tree
facts() { find tree -printf '%p %T@ %C@ %m %n %s %i\n' | LC_ALL=C sort; }
facts >before
seal_ok tree
facts >after
expect_same before after
if needs strace && strace -o /dev/null true 2>/dev/null; then
    # Test builds under sanitizers open more of their own.
    strace -f -o trace "$root/build/test/seal" -q "${to[@]}" -o traced.bin tree >/dev/null
    check "traced" test -s traced.bin
    grep -E '(open|openat|openat2|creat)\(' trace | grep -E 'O_WRONLY|O_RDWR|O_CREAT|creat\(' >writes
    check "one file is opened for writing" test "$(wc -l <writes)" -eq 1
    # Who is not root does not see what names are: the program hides its memory.
    check "and it is the output" grep -qE '("traced\.bin\.[0-9a-f]*\.partial"|0x[0-9a-f]+), O_WRONLY\|O_CREAT\|O_EXCL' writes
    check "no network" test -z "$(grep -E '^[0-9 ]*(socket|connect|bind|sendto)\(' trace)"
    check "nothing is changed" test -z "$(grep -E '(chmod|chown|utimens|truncate|setxattr|mkdir)[a-z0-9]*\(' trace)"
    check "no program is run" test "$(grep -c 'execve(' trace)" -eq 1
    strace -f -o trace "$root/build/test/unseal" -q "${with[@]}" -o traced traced.bin >/dev/null
    check "traced" test -d traced
    grep -E '(open|openat|openat2|creat)\(' trace | grep -E 'O_WRONLY|O_RDWR|O_CREAT|creat\(' >all
    # The worker begins with nothing as its input and output.
    grep O_CREAT all >writes
    check "else only /dev/null" test -z "$(grep -v O_CREAT all | grep -vE '("/dev/null"|0x[0-9a-f]+), O_RDWR\|O_CLOEXEC')"
    check "two files, five tag files and the record's two are written" test "$(wc -l <writes)" -eq 9
    check "by new names alone" test -z "$(grep -v 'O_WRONLY|O_CREAT|O_EXCL|O_NOCTTY|O_NOFOLLOW|O_CLOEXEC' writes)"
    check "below open folders alone" test -z "$(grep -E 'AT_FDCWD|"/' writes)"
    check "no network" test -z "$(grep -E '^[0-9 ]*(socket|connect|bind|sendto)\(' trace)"
    check "no program is run but itself" test "$(grep -c 'execve(' trace)" -eq 1 -a "$(grep -c 'execveat(.*AT_EMPTY_PATH' trace)" -eq 1
elif command -v strace >/dev/null 2>&1; then
    skip "strace may not trace here"
fi

# ---- What others make of it ----------------------------------------------------------------------

scenario "raw content is a .tar.zst that others read"
mkdir -p tree/sub
maketree noise tree/noise 5000000
echo text >tree/sub/текст
printf x >"tree/$(printf '%0200d' 7)"
touch -d @-1.5 tree/sub/текст
touch -d @1700000000.123456789 tree/sub
chmod +x tree/noise
seal_ok tree
unseal_ok
run unseal -q "${with[@]}" --raw -o raw.tar.zst sealed.bin
expect_exit 0
expect_out '^receipt '
run zstd -t -q raw.tar.zst
expect_exit 0
mkdir gnu bsd
check "GNU tar reads it" sh -c 'zstd -dcq raw.tar.zst | tar x -C gnu'
expect_same_tree tree gnu/data/tree
check "tag files" diff -r bag gnu
check "members in byte order" sh -c "zstd -dcq raw.tar.zst | tar t | grep ^data >names && LC_ALL=C sort -c names"
if needs bsdtar; then
    check "bsdtar reads it" bsdtar xf raw.tar.zst -C bsd
    # libarchive (3.7 at least) reads a pax time of -1.5 as -0.5.
    touch -d @1 tree/sub/текст bsd/data/tree/sub/текст
    touch -d @1700000000.123456789 tree/sub bsd/data/tree/sub
    expect_same_tree tree bsd/data/tree
fi
run unseal -q "${with[@]}" --raw sealed.bin
expect_exit 0
expect_same sealed.tar.zst raw.tar.zst
run unseal -q "${with[@]}" --raw -o - sealed.bin
expect_exit 0
expect_same "$out" raw.tar.zst

# ---- Streams -------------------------------------------------------------------------------------

scenario "streams, pipes and standard input and output"
maketree noise data 300000
seal -q "${to[@]}" -o - - <data >a.bin 2>"$err"
judge "seal - to -" $?
expect_err '^receipt [0-9 ]{24}$'
receipt=$(sed 's/^receipt //' "$err")
run unseal -q "${with[@]}" -o out a.bin
expect_exit 0
expect_out "^receipt  $receipt\$"
expect_same data out
expect_mode out 600
run unseal -q "${with[@]}" -o - a.bin
expect_exit 0
expect_same data "$out"
expect_err "^receipt  $receipt\$"
run unseal -q "${with[@]}" -o from-stdin - <a.bin
expect_exit 0
expect_same data from-stdin
check "from pipe to pipe" sh -c 'cat "$1" | seal -q --to "$2" -o - - 2>/dev/null | cat >b.bin' - data "$keys/alice.pub"
check "from a pipe to a file" sh -c 'cat b.bin | unseal -q --key "$1" -o piped - >/dev/null' - "$keys/alice.key"
expect_same data piped
check "to a pipe" sh -c 'unseal -q --key "$1" -o - b.bin 2>/dev/null | cat >to-pipe' - "$keys/alice.key"
expect_same data to-pipe
run unseal -q "${with[@]}" sealed.bin </dev/null
expect_exit 1
cp a.bin evidence.bin
run unseal -q "${with[@]}" evidence.bin
expect_exit 0
expect_same data evidence

scenario "a bag from standard input"
mkdir tree && echo 1 >tree/one
seal_ok tree
run unseal -q "${with[@]}" -o bag - <sealed.bin
expect_exit 0
expect_same_tree tree bag/data/tree
check "from a pipe" sh -c 'cat sealed.bin | unseal -q --key "$1" -o piped -' - "$keys/alice.key"
expect_same_tree tree piped/data/tree

scenario "what cannot be read twice does not go to standard output"
echo x | seal -q "${to[@]}" -o a.bin - >/dev/null
mkfifo pipe
cat a.bin >pipe &
run unseal -q "${with[@]}" -o - - <pipe
wait
expect_exit 2
expect_no_out
expect_message 'cannot be read twice'

scenario "a pipe by name that is written to later"
maketree noise data 200000
seal -q "${to[@]}" -o a.bin - <data >/dev/null
mkfifo pipe
(sleep 0.5 && cat a.bin >pipe) &
run timeout 20 unseal -q "${with[@]}" -o out pipe
expect_exit 0
expect_same data out
kill $! 2>/dev/null
wait

scenario "an empty stream"
seal -q "${to[@]}" -o a.bin - </dev/null >/dev/null
run unseal -q "${with[@]}" -o out a.bin
expect_exit 0
check "empty" test -f out -a ! -s out

# ---- Compression and padding ---------------------------------------------------------------------

scenario "levels"
cat "$root"/docs/*.md "$root"/src/*/*.c >text
last=999999999
for level in 1 3 9 19; do
    run seal -q "${to[@]}" --level $level -o $level.bin text
    expect_exit 0
    size=$(stat -c %s $level.bin)
    check "level $level is no larger than the one before" test "$size" -le "$last"
    last=$size
    run unseal -q "${with[@]}" -o $level $level.bin
    expect_exit 0
    expect_same text $level/data/text
done
run seal -q "${to[@]}" --no-compress -o none.bin text
expect_exit 0
check "not compressed" test "$(stat -c %s none.bin)" -gt "$(stat -c %s text)"
run unseal -q "${with[@]}" -o none none.bin
expect_exit 0
expect_same text none/data/text
run unseal -q "${with[@]}" --raw -o none.tar.zst none.bin
run zstd -tq none.tar.zst
expect_exit 0
check "19 is smaller than 1" test "$(stat -c %s 19.bin)" -lt "$(stat -c %s 1.bin)"

# Padmé by the book, with awk's whole numbers: 0 if it is such a length.
padme_rest() {
    awk -v L="$1" 'BEGIN { x = 0; while (2 ^ (x + 1) <= L) x++; s = 0; while (2 ^ (s + 1) <= x) s++
        print L % 2 ^ (x - s - 1) }'
}

scenario "padding"
for size in 0 1000 52000 60000 66000 120000 131000 262144 1000000 3333333; do
    maketree noise noise $size
    seal -q "${to[@]}" -o padme.bin - <noise >/dev/null
    length=$(stat -c %s padme.bin)
    check "padme for $size: $length" test "$(padme_rest "$length")" -eq 0
    check "at least a block" test "$length" -ge 65536
    check "a multiple of 2048" test $((length % 2048)) -eq 0
    check "little more than needed" test "$length" -le $(((size + 70000) * 115 / 100))
    seal -q "${to[@]}" --pad pow2 -o pow2.bin - <noise >/dev/null
    length=$(stat -c %s pow2.bin)
    check "a power of two: $length" test $((length & (length - 1))) -eq 0
    check "the next one" test "$length" -ge "$(stat -c %s padme.bin)"
    run unseal -q "${with[@]}" -o out pow2.bin
    expect_exit 0
    expect_same noise out
    remove noise padme.bin pow2.bin out
done
check "other lengths are none" test "$(padme_rest 69632000)" -ne 0

scenario "padding to a fixed size"
maketree noise noise 100000
for size in 131072 128K 141312 1M 200K; do
    bytes=${size/K/*1024} bytes=$((${bytes/M/*1048576}))
    run seal -q "${to[@]}" --pad $size -o $size.bin noise
    expect_exit 0
    check "$size" test "$(stat -c %s $size.bin)" -eq $bytes
    run unseal -q "${with[@]}" -o $size $size.bin
    expect_exit 0
    expect_same noise $size/data/noise
done
run seal -q "${to[@]}" --pad 65536 -o small.bin noise
expect_exit 1
expect_message 'does not fit the size asked for'
expect_absent small.bin
expect_names . {128K,131072,141312,1M,200K}{,.bin,.custody.json,.custody.txt} noise
maketree noise - 52107 >fits
seal -q --to "$keys/carol.pub" --no-compress --pad 64K -o - - <fits >full.bin 2>/dev/null
check "a full block" test "$(stat -c %s full.bin)" -eq 65536
run unseal -q --key "$keys/carol.key" -o full full.bin
expect_exit 0
expect_same fits full

# ---- Randomness ----------------------------------------------------------------------------------

scenario "the same seed gives the same bytes, another gives others"
mkdir tree
maketree noise tree/noise 100000
seq 1000 >tree/text
for n in 1 2; do
    SEAL_TEST_SEED=one run seal -q "${to[@]}" -o seeded$n.bin tree
    expect_exit 0
done
expect_same seeded1.bin seeded2.bin
SEAL_TEST_SEED=two run seal -q "${to[@]}" -o other.bin tree
expect_different seeded1.bin other.bin
SEAL_TEST_SEED=one run seal -q "${to[@]}" --to "$keys/bob.pub" -o more.bin tree
expect_different seeded1.bin more.bin
check "nothing of it alike" test "$(cmp -l seeded1.bin more.bin | wc -l)" -gt $(($(stat -c %s seeded1.bin) * 98 / 100))
run unseal -q "${with[@]}" -o bag seeded1.bin
expect_exit 0
expect_same_tree tree bag/data/tree
run seal -q "${to[@]}" -o fresh1.bin tree
run seal -q "${to[@]}" -o fresh2.bin tree
expect_different fresh1.bin fresh2.bin

scenario "the programs that are installed know no seed"
if [ -x "$root/build/seal" ]; then
    echo x >x
    for n in 1 2; do
        SEAL_TEST_SEED=one run "$root/build/seal" -q "${to[@]}" -o seeded$n.bin x
        expect_exit 0
    done
    expect_different seeded1.bin seeded2.bin
    check "not a word of it" sh -c '! grep -q SEAL_TEST_SEED "$1"' - "$root/build/seal"
    check "but in the test build" grep -q SEAL_TEST_SEED "$root/build/test/seal"
else
    skip "build/seal is not there (make)"
fi

scenario "what it wrote does not stay in memory"
if ! command -v fincore >/dev/null || [[ $(stat -f -c %T .) =~ ^(tmpfs|ramfs)$ ]]; then
    skip "nothing tells what is in memory, or all of this file system is"
else
    maketree noise noise 100000000
    run seal -q "${to[@]}" -o out noise
    expect_exit 0
    stays=$(fincore -b -n -o RES out)
    check "less than half: $stays" test "$stays" -lt 50000000
    rm -f noise out
fi

finish
