#!/bin/bash
# Real trees to sealed files and back: every name, time, size and kind of item, and what may be given.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"
# shellcheck source=tests/e2e/both/roundtrip.lib.sh
. "$(dirname "$0")/roundtrip.lib.sh"

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
back_exact tree names
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
seal_names 11 tree
back_exact tree
expect_mtree
check "LF in a manifest" grep -q 'data/tree/new%0Aline/carriage%0Dreturn$' bag/manifest-sha256.txt
check "percent in a manifest" grep -q 'data/tree/100%25/50%2525 %250A %25$' bag/manifest-sha256.txt
check "as many lines as files" test "$(wc -l <bag/manifest-sha256.txt)" -eq 11

scenario "paths far beyond 4096 bytes"
maketree deep tree 40
seal_ok tree
unseal_ok
expect_same_tree tree bag/data/tree
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
mkdir d && mv link d && echo 1 >d/file
run seal -v "${to[@]}" -o sealed.bin d
expect_exit 0
expect_err 'd/link is a symbolic link'

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
expect_err 'tree/pipe is a named pipe; skipped\.$'
expect_err 'tree/socket is a socket; skipped\.$'
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
expect_message 'pipe: it is neither a file nor a folder\. To seal what a device or a pipe holds, give - instead'
run seal -q "${to[@]}" -o sealed.bin /dev/null
expect_exit 2
expect_names . pipe

scenario "files that seal itself writes into are left out"
mkdir tree
echo content >tree/file
seal "${to[@]}" -o - tree >tree/sealed.bin 2>tree/messages
check "sealed, and something is left out" test $? -eq 3
for file in sealed.bin messages; do
    check "$file is named" grep -q "tree/$file is where the output or the messages of seal go; left out\.\$" tree/messages
done
run unseal -q "${with[@]}" -o bag tree/sealed.bin
expect_exit 3
check "just the file" test "$(find bag/data -type f)" = bag/data/tree/file
check "on record" grep -qx '# skipped ./data/tree/sealed.bin the sealing program wrote into it' bag/metadata.mtree

# ---- Times, modes, sizes -------------------------------------------------------------------------

scenario "times to the nanosecond, before 1970 and far ahead"
mkdir -p tree/folder
n=0
for time in 0 -1 -1.5 -1.000000001 -86400 1.000000001 999999999.999999999 2147483647.5 2147483648 \
    4294967296.25 8589934592.000000001; do
    n=$((n + 1))
    echo $n >tree/$n
    touch -d "@$time" tree/$n
done
touch -d @-2000000000.75 tree/folder
touch -d @1234567890.123456789 tree
round tree
check "before 1970, as mtree writes it" grep -q '/3 type=file size=2 time=-2.500000000 ' bag/metadata.mtree
check "a nanosecond before" grep -q '/4 type=file size=2 time=-2.999999999 ' bag/metadata.mtree
expect_mtree

scenario "a time that no tar written by libarchive can hold"
mkdir -p tree/folder
echo 1 >tree/a
echo 2 >tree/b
touch -d @-0.000000001 tree/a
touch -d @-0.999999999 tree/b
touch -d @-0.5 tree/folder
run seal -q "${to[@]}" -o sealed.bin tree
expect_exit 0
expect_err '^seal: tree/a has a time within the last second before 1970; it is rounded down'
check "three warnings" test "$(wc -l <"$err")" -eq 3
unseal_ok
for name in a b folder; do check "$name" test "$(stat -c %.9Y bag/data/tree/$name)" = -1.000000000; done
check "in the listing" grep -qF '# rounded ./data/tree/b its time is -0.999999999 s' bag/metadata.mtree
check "the listing has the rounded time" grep -q '/a type=file size=2 time=-1.000000000 ' bag/metadata.mtree
check "in bag-info.txt" grep -qx 'Seal-Rounded-Times: 3' bag/bag-info.txt
check "in the record" grep -qE '^ +Rounded times +3$' bag.custody.txt
check "in its JSON" grep -q '"rounded_times": 3' bag.custody.json
expect_mtree
run unseal --recheck bag
expect_exit 0

scenario "256 parts of a path, and no more"
deep=tree
for _ in {1..253}; do deep=$deep/d; done
mkdir -p "$deep/e/f" && echo 1 >"$deep/file" && echo 2 >"$deep/e/file" # data/tree/..., 255 and 256 parts, and 257
run seal -q "${to[@]}" -o sealed.bin tree
expect_exit 3
expect_err '^seal: tree/.*/e/(f|file) is left out: a path may have at most 256 parts\. Move it up'
check "two warnings, and the sum" test "$(wc -l <"$err")" -eq 3
run unseal -q "${with[@]}" -o bag sealed.bin
expect_exit 3
check "the deepest" test -f "bag/data/$deep/file" -a -d "bag/data/$deep/e"
check "no deeper" test -z "$(ls -A "bag/data/$deep/e")"
check "on record" test "$(grep -c '^# missing ./data/tree/.* it is nested too deeply$' bag/metadata.mtree)" -eq 2

scenario "the time of data is that of the folder given as ."
mkdir tree && echo 1 >tree/one
touch -d @1234567890.123456789 tree
cd tree || exit 1
run seal -q "${to[@]}" -o ../sealed.bin .
cd .. || exit 1
expect_exit 0
unseal_ok
expect_same_tree tree bag/data

# A photo.desktop that may be executed could run with a click; the tar keeps the right.
scenario "nothing that comes out may be executed"
mkdir tree
for mode in 644 755 600 700 555 400 711 640; do
    echo $mode >tree/$mode
    chmod $mode tree/$mode
done
round tree
expect_mode bag/data/tree/700 444
check "no file" test -z "$(find bag -type f -perm /111)"
expect_mode bag/data/tree/400 444
expect_mode bag/data 555
expect_mode bag 555
(umask 077 && unseal -q "${with[@]}" -o private sealed.bin >/dev/null)
expect_mode private 500
expect_mode private/data/tree/700 400
expect_mode private/data/tree/644 400
expect_mode private.custody.txt 600
expect_mode private.custody.json 600
(umask 077 && unseal -q "${with[@]}" --writable -o writable sealed.bin >/dev/null)
expect_mode writable 700
expect_mode writable/data/tree/700 600
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
if ! needs_time; then
    : # it is left out
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
        expect_message 'the content compresses so far that the recipient needs --max-size 10G\.'
    done
    check "holes take no room" test "$(stat -c %s sealed.bin)" -lt 1000000
    run unseal -q "${with[@]}" -o bag sealed.bin
    expect_exit 1
    expect_err 'it holds more than 1\.1 GB, the most for its size without --max-size'
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
expect_message 'a: this is given twice; name it only once'
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

finish
