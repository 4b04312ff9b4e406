#!/bin/bash
# The sender's side: what a bag cannot hold, files of untrue size, and where nothing can be sealed to; what seal says
# at the end.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"
# shellcheck source=tests/e2e/seal/field.lib.sh
. "$(dirname "$0")/field.lib.sh"

# ---- What is sealed ------------------------------------------------------------------------------

# 0 bytes in /proc, 4096 in /sys: they are read to their end, and nothing is said to have changed.
scenario "files that do not say how long they are"
if on_windows || [ ! -r /proc/version ] || [ -s /proc/version ]; then
    skip "there is no /proc here that says 0 bytes"
else
    sealed 0 /proc/version /proc/kallsyms
    expect_no_err
    cat /proc/version >version
    expect_same version bag/data/version
    cat /proc/kallsyms >symbols
    expect_same symbols bag/data/kallsyms
    check "more than one piece" test "$(wc -c <symbols)" -gt 300000
    recorded "$(printf './data/version type=file size=%s' "$(wc -c <version)")$(grep '^./data/version' bag/metadata.mtree | sed 's/.* size=[0-9]*//')"
    check "no remark" test "$(grep -c '^#' bag/metadata.mtree)" -eq 1
fi
if [ -r /sys/kernel/mm/transparent_hugepage/enabled ]; then
    sealed 0 /sys/kernel/mm/transparent_hugepage/enabled
    cat /sys/kernel/mm/transparent_hugepage/enabled >enabled
    expect_same enabled bag/data/enabled
fi
: >empty
hit "FAULT_READ=empty 0 0 errno:5" -- seal -q "${to[@]}" -o failing.bin empty
expect_exit 3
expect_remark 'empty changed while it was read \(it is longer than it was said to be; the rest is not here\)'

scenario "what a bag cannot hold is named"
mkdir -p tree/folder
echo one >tree/one
echo two >tree/two
if needs setfattr && setfattr -n user.xdg.origin.url -v https://example.org/ tree/one 2>/dev/null; then
    setfattr -n user.note tree/one
    setfattr -n user.tag -v x tree/folder
    maketree noise tree/large 3000000
    setfattr -n user.large -v secret tree/large
    run seal "${to[@]}" -o sealed.bin tree
    expect_exit 0
    expect_err '^3 notes in the record on what cannot be sealed \(extended attributes, access lists, holes of files\); -v shows them$'
    take_back 0
    label 'Seal-Unkept: 3'
    recorded '# unkept ./data/tree/folder user.tag (1 bytes)'
    recorded '# unkept ./data/tree/large user.large (6 bytes)'
    check "both" grep -qE '^# unkept \./data/tree/one (user\.xdg\.origin\.url \(20 bytes\), user\.note \(0 bytes\)|user\.note \(0 bytes\), user\.xdg\.origin\.url \(20 bytes\))$' bag/metadata.mtree
    check "no value" test -z "$(grep -r -e example.org -e secret bag)"
    check "counted in the custody record" grep -q '^    Not kept  *3$' bag.custody.txt
    check "and its JSON" grep -q '"unkept": 3' bag.custody.json
    run seal -nqv tree
    expect_exit 0
    expect_err '^seal: tree/folder has extended attributes; names and sizes are recorded, values are not sealed \(user\.tag \(1 bytes\)\)\.$'
else
    skip "extended attributes take a file system that has them"
fi
truncate -s 3M sparse
if [ "$(stat -c %b sparse)" -eq 0 ] && ! on_windows; then
    sealed 0 -v sparse
    expect_err '^seal: sparse is a sparse file; it is sealed with zeros in its holes\.$'
    recorded '# unkept ./data/sparse holes; zeros stand there'
    expect_same sparse bag/data/sparse
else
    skip "this file system has no sparse files"
fi
sealed 0 tree/two
check "no label where there is nothing" test -z "$(grep Unkept bag/bag-info.txt)"

# ---- Where to ------------------------------------------------------------------------------------

# Sealing and its dry run end in the same way, before anything is written.
both_fail() {
    local want=$1 message=$2 dry
    shift 2
    for dry in '' -n; do
        # shellcheck disable=SC2086 # an option or none
        run seal -q $dry --to "$keys/alice.pub" "$@"
        expect_exit "$want"
        expect_message "$message"
        [ -n "$dry" ] || expect_no_out
    done
}

scenario "what has no place where it is to go"
mkdir tree
maketree noise tree/noise 1000000
mkdir -p bag/data
echo >bag/bagit.txt
both_fail 2 'bag/: is inside a bag, to which nothing may be added' -o bag tree
both_fail 2 'bag/data/x\.bin: is inside a bag' -o bag/data/x.bin tree
both_fail 1 'missing/: its folder could not be opened: No such file' -o missing/ tree
expect_names . bag tree
mkdir full
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o nr_inodes=2,mode=700 none full 2>/dev/null; then
    echo 1 >full/1
    both_fail 1 'full: could not be created: there is room for bytes, but not for one more file \(no inodes are left\)\. Remove files' -o full tree
    both_fail 1 'full/x: could not be created: there is room for bytes' -o full/x tree
    mount -o remount,ro full
    both_fail 1 'full: no file can be made in this folder: Read-only file system\. It is write-protected: leave it so' -o full tree
    both_fail 1 'full/x: could not be created: Read-only file system' -o full/x tree
    expect_names full 1
    umount full
else
    skip "a file system without inodes takes root, and a container that lets it mount"
fi

scenario "folders without a file in them"
mkdir -p tree/sub
both_fail 2 'tree: there is no file in it, so there is nothing to seal\. Is it the right folder\? With --allow-empty' tree
expect_names . tree
sealed 0 --allow-empty tree
check "the folders" test -d bag/data/tree/sub
run seal -nq --allow-empty tree
expect_exit 0
mkfifo tree/sub/fifo
run seal -q "${to[@]}" -o fifo.bin tree
expect_exit 3
rm tree/sub/fifo
ln -s nowhere tree/sub/link
both_fail 2 'tree: there are only symbolic links in it, .*Name what they point to\. With --allow-empty' tree
run seal -q "${to[@]}" --allow-empty -o link.bin tree
expect_exit 0

# As a shell makes it of --to *.pub: the second would be evidence, and its owner could open nothing.
scenario "keys behind the one for --to"
mkdir tree other
echo one >tree/one
cp "$keys/alice.pub" a.pub
cp "$vectors/keys/bob.pub" b.pub
run seal -q --to ./*.pub -o out.bin tree
expect_exit 2
expect_message '^seal: \./b\.pub: this is a public key\. To seal to it, write --to in front of it; to seal it as a file, put it into a folder'
both_fail 2 'b\.pub: this is a public key' tree b.pub
expect_names . a.pub b.pub other tree
mv b.pub other
sealed 0 tree other
expect_same other/b.pub bag/data/other/b.pub
remove bag sealed.bin
echo "a publication" >b.pub
mkdir c.pub
echo two >c.pub/two
sealed 0 b.pub c.pub
expect_same b.pub bag/data/b.pub

scenario "one of several is a folder without a file in it"
mkdir -p tree/sub away other/sub
echo one >tree/one
ln -s ../tree other/sub/link
bare='^seal: away: there is no file in it\. Is it the right folder, and is its medium there\?$'
for option in -q -nq; do
    rm -f sealed.bin
    run seal $option "${to[@]}" -o sealed.bin away tree other/.
    expect_exit 0
    expect_err "$bare"
    expect_err '^seal: other/\.: there is no file in it'
    check "and no other" test "$(wc -l <"$err")" -eq 2
done
mkfifo other/sub/fifo
run seal -q "${to[@]}" -o fifo.bin tree away other/.
expect_exit 3
expect_err "$bare"
check "a special file is something" test -z "$(grep 'other/\.' "$err")"
run seal -q --allow-empty "${to[@]}" -o allowed.bin away tree
expect_exit 0
expect_no_err

scenario "what to do now"
echo one >one
run seal "${to[@]}" -o out.bin one
expect_exit 0
expect_err '^Now give away out\.bin, and nothing else: copy it alone to an empty medium, never with the key or the programs\. .*then it has arrived\.$'
mkdir set
maketree noise noise 200000
run seal "${to[@]}" --split 128K -o set noise
expect_exit 0
expect_err '^Now give away these files, and nothing else'
run seal "${to[@]}" -o - one
expect_exit 0
check "not where a program reads" test -z "$(grep -a 'give away' "$out" "$err")"
run seal -q "${to[@]}" -o quiet.bin one
expect_no_err

scenario "the end says that something is missing, and 40 lines of a kind are enough"
mkdir tree
for i in {1..45}; do mkfifo "tree/fifo$i"; done
echo one >tree/one
echo two >tree/two
for options in '' -q -n -nq -v; do
    rm -f sealed.bin
    # shellcheck disable=SC2086 # options
    hit "FAULT_OPEN=two errno:5" -- seal $options "${to[@]}" -o sealed.bin tree
    expect_exit 3
    [[ $options = -v ]] && told=45 || told=40
    check "$told lines: $options" test "$(grep -c 'is a named pipe; skipped\.$' "$err")" -eq "$told"
    expect_err '^seal: tree/two could not be read and is left out'
    [[ $options = -v ]] || expect_err '^seal: 5 more such lines are not shown; the record in the sealed file has all, and -v shows them\.$'
    check "and no others" test "$(grep -c 'more such' "$err")" -eq $(((45 - told) / 5))
    expect_err '^seal: INCOMPLETE\. Left out: 46; read only in part: 0; changed meanwhile: 0\. Look at what is named above, and seal again'
    check "no word of success: $options" test -z "$(grep 'Now give' "$err")"
    [[ $options = *q* ]] && last='^seal: INCOMPLETE' || last='^If nothing is missing that matters, give away what is sealed'
    [[ $options = *n* ]] || check "the last word: $options" eval "tail -n 1 '$err' | grep -q '$last'"
done
run unseal -q "${with[@]}" -o bag sealed.bin
check "all on record" test "$(grep -c '^# skipped ' bag/metadata.mtree)" -eq 45

scenario "seal looks at the room before it begins"
mkdir tree
maketree noise tree/noise 1000000
hit "SYSTEM_ROOM=$EXT4 400000" -- seal -q --to "$keys/alice.pub" tree
expect_exit 1
expect_no_out
expect_message '\.: there is room for 400\.0 kB, and 1\.0 MB are needed\. Make room there, or write to another place\.'
hit "SYSTEM_ROOM=$EXT4 900000" -- seal -q --to "$keys/alice.pub" --no-compress tree
expect_exit 1
expect_message '\.: there is room for 900\.0 kB, and 1\.0 MB are needed'
expect_names . tree
# Judged from samples, it may fit all the same; here it does, since the system only says that it is full.
hit "SYSTEM_ROOM=$EXT4 900000" -- seal -q --to "$keys/alice.pub" tree
expect_exit 0
expect_message '\.: there is room for 900\.0 kB, and the sealed file will probably take 1\.0 MB'
expect_out '^sealed '

finish
