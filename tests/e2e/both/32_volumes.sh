#!/bin/bash
# Sets of volumes: what seal cuts, unseal puts together, in any order, out of any heap; what is missing,
# doubled or damaged is named.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"

given=$scratch/given
mkdir "$given" && cd "$given" || exit 1
take_keys alice.pub alice.key carol.pub carol.key
to=(--to "$given/alice.pub")
with=(--key "$given/alice.key")
FAT=0x4d44 ENOSPC=28 EIO=5
mkdir tree tree/sub
maketree noise tree/noise 700000
echo one >tree/sub/one
seq 20000 >'tree/sub/числа'

count_in() { find "$1" -mindepth 1 | wc -l; }

# The volumes that seal says it made, in their order, are in ${volumes[@]}.
cut_up() {
    run seal -q "${to[@]}" "$@"
    mapfile -t volumes < <(sed -n 's/^sealed  \(.*\)  (.*/\1/p' "$out")
    receipt=$(sed -n 's/^receipt //p' "$out")
}

mkdir set
cut_up --split 128K --no-compress -o set tree
set=("${volumes[@]}") set_receipt=$receipt

scenario "a set"
mkdir out
cut_up --split 128K --no-compress -o out "$given/tree"
expect_exit 0
count=${#volumes[@]}
check "eight volumes" test "$count" -eq 8
expect_out '^volumes 8; all of them are needed to open it$'
check "nothing else" test "$(count_in out)" -eq 8
for file in "${volumes[@]}"; do
    [[ $file =~ ^out/[a-z0-9]{10}\.bin$ ]]
    judge "a name that says nothing" $? "$file"
    expect_mode "$file" 600
done
for file in "${volumes[@]:0:7}"; do
    check "all but the last of one size" test "$(stat -c %s "$file")" -eq 131072
done
last=$(stat -c %s "${volumes[7]}")
check "the last is smaller" test "$last" -lt 131072
check "and of an allowed length" test $((last % 2048)) -eq 0
# Nothing that one has is in another: no head, no slot, no bytes at all.
check "no 16 bytes twice" test -z "$(cat "${volumes[@]}" | xxd -p -c 16 | sort | uniq -d)"
run unseal "${with[@]}" -o bag "${volumes[@]}"
expect_exit 0
expect_out "^receipt  $receipt\$"
expect_same_tree "$given/tree" bag/data/tree
check "the record has all of them" test "$(grep -c 'Name as given' bag.custody.txt)" -eq 8
expect_err '^3 files and 2 folders, .*, all checked$'
for file in "${volumes[@]}"; do
    check "with its digest" grep -q "$(sha256sum <"$file" | cut -d' ' -f1)" bag.custody.txt
    check "in the other record too" grep -q "$(sha256sum <"$file" | cut -d' ' -f1)" bag.custody.json
done

scenario "in any order, and as a folder"
sorted=("$given"/set/*)
for order in "${set[*]/#/$given/}" "$(printf '%s\n' "${sorted[@]}" | tac | tr '\n' ' ')" "${sorted[*]}" "$given/set" "$given/set/"; do
    # shellcheck disable=SC2086 # a list of names
    run unseal -q "${with[@]}" -o bag $order
    expect_exit 0
    expect_out "^receipt  $set_receipt\$"
    expect_same_tree "$given/tree" bag/data/tree
    expect_made . bag
    remove bag
done
run unseal -q "${with[@]}" "$given/set"
expect_exit 0
name=$(basename "${set[0]}" .bin)
expect_out "^unsealed $name\$"
expect_names . "$name" "$name.custody.json" "$name.custody.txt"

scenario "the same bytes, however many threads"
for threads in 1 2 3 7; do
    mkdir $threads
    SEAL_TEST_SEED=volumes run seal -q --threads $threads "${to[@]}" --split 128K -o $threads "$given/tree"
    expect_exit 0
    diff -r 1 $threads >/dev/null
    judge "the same files with $threads threads" $?
done

scenario "a heap: two sets, a copy, strangers and what is no sealed file"
mkdir heap out
cp "$given"/set/* heap
cp "$given/${set[2]}" heap/copy.bin
cut_up --split 128K -o out "$given/tree/noise"
cp out/* heap
run seal -q --to "$given/carol.pub" -o heap/hers.bin "$given/tree"
run seal -q "${to[@]}" -o heap/alone.bin "$given/tree/sub"
echo 'READ ME' >heap/README.txt
mkdir heap/folder
: >heap/.hidden
run unseal "${with[@]}" -o bags heap
expect_exit 4
expect_err "^heap: 1 folder in it was skipped\$"
expect_err "^heap/(copy|$(basename "${set[2]}" .bin)).bin: a copy of heap/(copy|$(basename "${set[2]}" .bin)).bin; skipped\$"
expect_err '^unseal: heap/README.txt: too short for a sealed file; skipped\.$'
expect_err '^unseal: heap/hers\.bin: no key here opens this file'
expect_out "^accepted +$set_receipt  heap/.*\.bin and 7 more\$"
expect_out "^accepted +$receipt  heap/.*\.bin and 5 more\$"
expect_out '^accepted     .*  heap/alone\.bin$'
expect_out '^no-key +- +heap/hers\.bin$'
expect_same_tree "$given/tree" "bags/$(basename "${set[0]}" .bin)/data/tree" 2>/dev/null ||
    expect_same_tree "$given/tree" bags/copy/data/tree
expect_same "$given/tree/noise" "bags/$(basename "${volumes[0]}" .bin)/data/noise"
expect_same "$given/tree/sub/one" bags/alone/data/sub/one
check "three bags" test "$(find bags -maxdepth 1 -mindepth 1 -type d | wc -l)" -eq 3

scenario "what lies in folders"
mkdir empty inbox
cp "$given/${set[0]}" inbox/part.bin
run unseal -q "${with[@]}" -o out/ empty "$vectors/files/bag-one.seal"
expect_exit 0
expect_err '^unseal: empty: this folder contains no files\.$'
expect_file out/bag-one.custody.txt
run unseal -q "${with[@]}" empty
expect_exit 2
expect_err 'there is nothing to open'
# What was cut short is not taken for something else; what is no sealed file is.
mkdir cut
head -c 60000 "$vectors/files/bag-one.seal" >cut/short.bin
cp "$vectors/files/bag-one.seal" "$root/README.md" "$BIN/seal" cut
run unseal -q "${with[@]}" --log log -o two cut
expect_exit 4
expect_out '^no-key .* cut/short\.bin$'
expect_err '^unseal: cut/README\.md: not a Seal file; skipped\.$'
check "one is on the log" grep -q 'no-key' log
check "others are not" test "$(grep -c 'no-key' log)" -eq 1
# Many others beside it.
mkdir many
# More than there may be pieces of guarded memory; ASan has its own, and takes its time.
many=20000
[[ $BIN != */asan ]] || many=1000
(cd many && seq -f '%g.txt' "$many" | xargs touch)
cp "$given"/set/* many
run unseal -q "${with[@]}" -o three many
expect_exit 0
expect_out "^receipt  $set_receipt\$"

scenario "a copy that is damaged"
cp -r "$given/set" set
(head -c 90000 "${set[3]}" && printf 'other bytes' && tail -c +90012 "${set[3]}") >set/00000000000.bin
run unseal -q "${with[@]}" --list set
expect_exit 2
expect_message 'is volume 4, like .*, and the two differ; give only one of them'

scenario "a copy that cannot be read"
mkdir set
cp "$given"/set/* set
cp "set/$(basename "${set[3]}")" set/zzz.bin
for way in '-o bag' '--log log -o bag' --list; do
    # shellcheck disable=SC2086 # several arguments
    hit FAULT_IN_PROCESS=main "FAULT_READ=zzz.bin 100000 100000 errno:$EIO" -- unseal -q "${with[@]}" $way set
    expect_exit 1
    expect_message 'set/zzz\.bin: could not be read: Input/output error'
    # shellcheck disable=SC2086
    hit FAULT_IN_PROCESS=main 'FAULT_READ=zzz.bin 100000 100000 signal:15' -- unseal -q "${with[@]}" $way set
    expect_exit 143
    expect_message 'stopped before the end\. Nothing unfinished was left behind\.$'
    rm -f log
    expect_names . set
done

scenario "where to"
mkdir there
run unseal -q "${with[@]}" -o there "$given/set"
expect_exit 0
expect_dir "there/$name"
run unseal -q "${with[@]}" -o new/ "$given/set"
expect_exit 0
expect_dir "new/$name"
run unseal -q "${with[@]}" -o bag "$given/set"
expect_exit 0
expect_dir bag/data
run unseal -q "${with[@]}" -o bag "$given/set"
expect_exit 2
expect_message 'bag: is a bag, to which nothing may be added'
run unseal -q "${with[@]}" -o - "$given/set" "$vectors/files/bag-one.seal"
expect_exit 2
expect_message '-o - takes one sealed file at a time'

scenario "what is missing"
missing() {
    local words=$1 left=() i
    shift
    for i in 1 2 3 4 5 6 7 8; do
        [[ " $* " == *" $i "* ]] || left+=("$given/${set[i - 1]}")
    done
    run unseal -q "${with[@]}" -o bag "${left[@]}"
    expect_exit 2
    expect_message "$words; give all of them together\\.\$"
    run unseal -q "${with[@]}" --list "${left[@]}"
    expect_exit 2
    expect_message "$words; give all of them together\\.\$"
    expect_no_out
    run unseal -q "${with[@]}" --extract tree/noise -o bag "${left[@]}"
    expect_exit 2
    expect_message "$words; give all of them together\\.\$"
    run unseal -q "${with[@]}" --raw -o raw "${left[@]}"
    expect_exit 2
    expect_message "$words; give all of them together\\.\$"
    expect_no_out
    expect_names .
}
missing 'volume 1 of 8 is missing' 1
missing 'volume 4 of 8 is missing' 4
missing 'volumes 2, 4-6 of 8 are missing' 2 4 5 6
missing 'volumes 1-2 of 8 are missing' 1 2
missing 'volumes 1-7 of 8 are missing' 1 2 3 4 5 6 7
missing 'everything after volume 7 is missing' 8
missing 'everything after volume 1 is missing' 2 3 4 5 6 7 8
missing 'volume 3 and everything after volume 5 are missing' 3 6 7 8

scenario "each by itself"
cp -r "$given/set" set
(head -c 90000 "${set[4]}" && printf x && tail -c +90002 "${set[4]}") >changed
if cmp -s changed "${set[4]}"; then (head -c 90000 "${set[4]}" && printf y && tail -c +90002 "${set[4]}") >changed; fi
mv changed "${set[4]}"
chmod 600 "${set[4]}"
run unseal "${with[@]}" -o bag "${set[@]}"
expect_exit 5
expect_message "${set[4]}: a key opens it, but it was altered or cut short"
for i in 1 2 3 4 6 7 8; do expect_out "^volume   $i  intact        ${set[i - 1]}\$"; done
expect_out "^volume   5  damaged       ${set[4]}\$"
expect_names . set
# One is missing as well; what is there can be checked all the same.
run unseal -q "${with[@]}" --verify "${set[@]:0:2}" "${set[@]:3}"
expect_exit 2
expect_message 'volume 3 of 8 is missing; give all of them together\.$'
expect_out "^volume   2  intact        ${set[1]}\$"
expect_out "^volume   4  intact        ${set[3]}\$"
expect_out "^volume   5  damaged       ${set[4]}\$"
check "and no other" test "$(grep -c '^volume ' "$out")" -eq 7
expect_names . set
# With the whole set that is put on record.
run unseal -q "${with[@]}" --verify -o checked "${set[@]}"
expect_exit 5
expect_names . checked.custody.json checked.custody.txt set
check "the verdict" grep -q '"verdict": "damaged"' checked.custody.json
# Cut short, too, and its head gone: then nobody knows where it belongs.
truncate -s 100000 "${set[4]}"
run unseal -q "${with[@]}" -o bag "${set[@]}"
expect_exit 5
expect_message "${set[4]}: a key opens it, but it was altered or cut short"
head -c 65536 /dev/urandom >"${set[4]}"
run unseal -q "${with[@]}" -o bag "${set[@]}"
expect_exit 4
expect_err "^unseal: ${set[4]}: no key here opens this file, or its beginning is damaged"
expect_err 'volume 5 of 8 is missing; give all of them together\.$'
check "no bag" test -z "$(find . -name data)"

scenario "two that say they are the same volume"
cp -r "$given/set" set
cp "${set[3]}" other.bin
(head -c 90000 "${set[3]}" && printf x && tail -c +90002 "${set[3]}") >changed
cmp -s changed other.bin && (head -c 90000 other.bin && printf y && tail -c +90002 other.bin) >changed
mv changed other.bin
run unseal -q "${with[@]}" -o bag set other.bin
expect_exit 2
expect_message "(other.bin|${set[3]}): is volume 4, like (other.bin|${set[3]}), and the two differ; give only one of them"
expect_names . other.bin set

# Somebody sends one set to two organizations, and wants each of them to accept other content from the same files.
scenario "volumes for different people"
mkdir set
cp "$vectors/negative/set-key-opens.1.seal" set/1.bin
cp "$vectors/negative/set-key-opens-first.2.seal" set/2.bin
cp "$vectors/negative/set-key-double.3.seal" set/3.bin
for who in alice carol; do # 1 and 2 are hers, 3 is carol's second volume 2
    twin=3 other=2
    [ $who = alice ] || twin=2 other=3
    for way in '-o bag' '--list' '--raw -o bag'; do
        # shellcheck disable=SC2086 # several arguments
        run unseal -q --key "$given/$who.key" $way set
        expect_exit 2
        expect_no_out
        expect_err "^unseal: set/$twin\.bin: no key here opens this volume; set/.\.bin, which is of the same set, does\."
        expect_err "^unseal: set/$twin\.bin: is volume 2, like set/$other\.bin, but was not sealed for your keys, and holds something else;"
        expect_names . set
    done
done
run unseal -q --key "$given/carol.key" --log log set/3.bin set/1.bin # hers gives the set key
expect_err 'set/1\.bin: no key here opens this volume; set/3\.bin, which is of the same set, does\.'
# The same with another set key in each volume 2: then one of the two does not fit what both can open.
mkdir two
cat "$given/alice.pub" "$given/carol.pub" >both.pub
D=$(printf '%064d' 0)
make_volume() { head -c 3000 /dev/urandom | env BUNDLE_ID=7 VOLUME="$1" SET_KEY="$2" "$tools/enclose" "$3" "$D" "$4"; }
make_volume 1 1 both.pub two/1.bin
make_volume 2 1 "$given/alice.pub" two/2.bin
make_volume 2 2 "$given/carol.pub" two/3.bin
run unseal -q --key "$given/carol.key" -o bag two
expect_exit 6
expect_err 'two/3\.bin.*\(its volumes do not agree'
run unseal -q --key "$given/alice.key" -o bag two
expect_err '^unseal: two/3\.bin: no key here opens this file'
check "no bag" test -z "$(find . -name data)"

scenario "volumes for different people, the same content"
mkdir set
seal_volume() { env BUNDLE_ID=7 VOLUME="$1" "$tools/enclose" "$2" "$D" "$3"; }
head -c 3000 /dev/urandom >content
seal_volume 1 "$given/alice.pub" set/1.bin <content
seal_volume 1 "$given/carol.pub" set/2.bin <content
seal_volume 1 "$given/alice.pub" set/3.bin <content
run unseal -q --key "$given/alice.key" -o bag set/1.bin set/2.bin
expect_exit 2
expect_err '^unseal: set/2\.bin: is volume 1, like set/1\.bin, with the same content, but was not sealed for your keys'
run unseal -q --key "$given/alice.key" -o bag set/1.bin set/3.bin
expect_exit 2
expect_message 'is volume 1, like set/[13]\.bin, sealed another time with the same content; give only one of them'
head -c 3000 /dev/urandom | seal_volume 1 "$given/alice.pub" set/4.bin
run unseal -q --key "$given/alice.key" -o bag set/1.bin set/4.bin
expect_exit 2
expect_message 'is volume 1, like set/[14]\.bin, and holds something else; both are of this set'
expect_names . content set

scenario "list and take out"
run unseal -q "${with[@]}" --list --long "$given/set"
expect_exit 0
expect_out "^file +700000 .* $(sha256sum <"$given/tree/noise" | cut -d' ' -f1) data/tree/noise\$"
expect_out 'tree/sub/числа$'
run unseal -q "${with[@]}" --extract tree/noise --extract tree/sub "$given/set"
expect_exit 0
expect_same "$given/tree/noise" "$name.extract/data/tree/noise"
expect_same "$given/tree/sub/one" "$name.extract/data/tree/sub/one"
run unseal -q "${with[@]}" --extract nothing -o x "$given/set"
expect_exit 2
expect_message 'nothing'
expect_absent x

scenario "streams, raw content and one volume alone"
mkdir out
run seal -q "${to[@]}" --split 128K --no-compress -o out - <"$given/tree/noise"
expect_exit 0
check "several" test "$(count_in out)" -eq 6
unseal -q "${with[@]}" -o - out >stream 2>"$err"
expect_same "$given/tree/noise" stream
run unseal -q "${with[@]}" -o again out
expect_exit 0
expect_same "$given/tree/noise" again
run unseal -q "${with[@]}" --raw -o raw "$given/set"
expect_exit 0
check "an archive" tar --zstd -tf raw
mkdir one
cut_up --split 1G -o one "$given/tree"
expect_exit 0
check "one volume" test "${#volumes[@]}" -eq 1
expect_out '^sealed  '
run unseal -q "${with[@]}" -o bag one
expect_exit 0
expect_same_tree "$given/tree" bag/data/tree
unseal -q "${with[@]}" -o piped - <"${volumes[0]}" >"$out" 2>"$err"
expect_same_tree "$given/tree" piped/data/tree

scenario "as many as there may be"
mkdir out
maketree noise much 20600000
cut_up --split 64K --no-compress -o out much
expect_exit 0
check "nearly four hundred" test "${#volumes[@]}" -gt 390
run unseal -q "${with[@]}" -o bag out
expect_exit 0
expect_same much bag/data/much
remove bag
rm -r out
mkdir out
cat much much >larger
run seal -q "${to[@]}" --split 64K --no-compress -o out larger
expect_exit 1
expect_message 'it would be more volumes than unseal opens; give --split a larger size'
expect_empty_dir out

scenario "a log, and doubles in it"
run unseal -q "${with[@]}" --log log -o bag "$given/set"
expect_exit 0
check "a line" test "$(grep -vc '^#\|^time' log)" -eq 1
run unseal -q "${with[@]}" --log log -o again "${set[@]/#/$given/}"
expect_exit 0
expect_err 'It is in the log at '

# ---- seal's side ---------------------------------------------------------------------------------

scenario "a dry run"
run seal -n "${to[@]}" --split 128K --no-compress "$given/tree"
expect_exit 0
expect_out '^in 8 volumes of at most 131\.1 kB$'
maketree noise much 26000000
run seal -n "${to[@]}" --split 64K --no-compress much
expect_exit 1
expect_out '^unseal opens no more than 400 volumes: give --split a larger size$'

scenario "wrong use"
for size in 0 1 65535 65537 100000 x 64T; do
    run seal "${to[@]}" --split "$size" "$given/tree"
    expect_exit 2
    expect_message "--split takes fat32 or a size .*, not $size"
done
run seal -q "${to[@]}" --split 128K -o name.bin "$given/tree"
expect_exit 2
expect_message 'name\.bin: with --split, -o must name a folder that exists'
run seal "${to[@]}" --split 128K -o - "$given/tree"
expect_exit 2
expect_message '--split does not go with -o -'
run seal "${to[@]}" --split 128K --pad 1M "$given/tree"
expect_exit 2
expect_message '--split and --pad SIZE contradict each other'
expect_names .

scenario "files on FAT end at 4 GiB"
mkdir out
truncate -s 4200M zeros
hit "SYSTEM_ROOM=$FAT 500000000000" -- seal "${to[@]}" -o out zeros
expect_exit 0
expect_err '^files on FAT end at 4 GiB: what becomes larger is split into volumes$'
check "one was enough" test "$(count_in out)" -eq 1
rm -r out && mkdir out
hit "SYSTEM_ROOM=$FAT 500000000000" -- seal -q "${to[@]}" -o named.bin zeros
expect_exit 2
expect_message 'named\.bin: it would lie on FAT, .* Add --split fat32'
hit "SYSTEM_ROOM=$FAT 500000000000" -- seal -q "${to[@]}" --pad 6G -o out zeros
expect_exit 2
expect_message 'it would lie on FAT, .* --pad asks for more'
hit "SYSTEM_ROOM=$FAT 500000000000" -- seal "${to[@]}" -o out "$given/tree"
expect_exit 0
check "what is small is not cut" test -z "$(grep -i volume "$out" "$err")"
expect_names . out zeros

scenario "the disk is full in the third volume"
mkdir out
hit "FAULT_WRITE=300000 errno:$ENOSPC" -- seal -q "${to[@]}" --split 128K --no-compress -o out "$given/tree"
expect_exit 1
expect_message 'No space left on device'
expect_empty_dir out

scenario "the medium fails when volumes are brought to it"
mkdir out
for nth in 1 2 3 7; do
    hit "FAULT_CALL=fsync errno:$EIO" FAULT_NTH=$nth -- seal -q "${to[@]}" --split 128K --no-compress -o out "$given/tree"
    expect_exit 1
    expect_empty_dir out
    hit "FAULT_CALL=rename errno:$EIO" FAULT_NTH=$nth -- seal -q "${to[@]}" --split 128K --no-compress -o out "$given/tree"
    expect_exit 1
    expect_empty_dir out
done

scenario "stopped and killed in between"
mkdir out
hit "FAULT_WRITE=300000 signal:2" -- seal -q "${to[@]}" --split 128K --no-compress -o out "$given/tree"
check "as by the signal" test "$status" -eq 130
expect_empty_dir out
hit "FAULT_WRITE=300000 signal:9" -- seal -q "${to[@]}" --split 128K --no-compress -o out "$given/tree"
check "killed" test "$status" -eq 137
check "nothing with a name" test -z "$(find out -name '*.bin')"
check "something without" test -n "$(ls -A out)"
run seal "${to[@]}" --split 128K --no-compress -o out "$given/tree"
expect_exit 0
expect_err 'unfinished'
check "all of it is gone" test "$(count_in out)" -eq 8

scenario "a volume changes while the set is opened"
cp -r "$given/set" set
hit "SYSTEM_CHANGES=$(basename "${set[3]}") 9 touch ${set[3]}" -- unseal -q "${with[@]}" -o bag "${set[@]}"
expect_exit 1
expect_message "${set[3]}: it changed while it was read; try again"
expect_names . set

scenario "a volume that cannot be read"
cp -r "$given/set" set
hit "FAULT_READ=$(basename "${set[3]}") 65536 65536 errno:$EIO" -- unseal -q "${with[@]}" -o bag "${set[@]}"
expect_exit 1
expect_err "^unseal: ${set[3]}: .*Input/output error"
check "no bag" test -z "$(find . -name data)"

scenario "medium after medium"
asks=(--split 128K --ask-media --no-compress)
run seal "${to[@]}" --ask-media "$given/tree"
expect_exit 2
expect_message '--ask-media goes only with --split'
mkdir one two three
media() { # sizes of the two file systems that one and two are
    umount one two 2>/dev/null
    mount -t tmpfs -o "size=$1" none one && mount -t tmpfs -o "size=$2" none two
}
if [ "$(id -u)" -ne 0 ] || ! media 1600k 1400k 2>/dev/null; then
    skip "small file systems take root, and a container that lets it mount"
elif needs expect; then
    # Four fit onto the first, two onto the second; what is left goes into the third.
    run_tty seal "${to[@]}" "${asks[@]}" -o one "$given/tree" <<END
volume 5 needs .*folder first|
volume 5 needs .*folder first|none
volume 5 needs .*folder first|two
volume 7 needs .*folder first|three
END
    expect_exit 0
    expect_out '^seal: none: there is no such folder\.'
    check "as many as fit on the first" test "$(count_in one)" -eq 4
    check "on the second" test "$(count_in two)" -eq 2
    check "and the rest" test "$(count_in three)" -eq 2
    run unseal -q "${with[@]}" -o bag three two one
    expect_exit 0
    expect_same_tree "$given/tree" bag/data/tree
    rm three/*
    # A medium taken out, whose folder is still there: that is not to be written to.
    media 1600k 1400k
    run_tty bash -c 'trap "" INT; (until [ "$(find one -name "*.bin" | wc -l)" -ge 4 ]; do sleep 0.1; done; umount one; echo unmounted) & exec "$@"' - \
        seal "${to[@]}" "${asks[@]}" -o one "$given/tree" <<END
volume 5 needs .*folder first.*unmounted|
There is room for 0 bytes.*folder first|/proc
There is room for 0 bytes.*folder first|two
volume 7 needs .*folder first|three
END
    expect_exit 0
    check "nothing on this computer's disk" test -z "$(ls -A one)"
    check "but on the others" test "$(count_in two) $(count_in three)" = "2 2"
    rm three/*
    # Whoever stops is told which volumes are of no use.
    media 1600k 1400k
    run_tty seal "${to[@]}" "${asks[@]}" -o one "$given/tree" <<END
folder first|two
folder first|^C
END
    expect_exit 130
    check "those on the first" test "$(grep -c '^seal: one/.*: this volume is complete, but useless' "$out")" -eq 4
    check "those on the second" test "$(grep -c '^seal: two/.*: this volume' "$out")" -eq 2
    # The first has no room from the start.
    media 1m 1600k
    run_tty seal -q "${to[@]}" "${asks[@]}" --threads 1 -o one "$given/tree/sub" <<END
volume 1 needs .*folder first|two
END
    expect_exit 0
    check "nothing on the first" test -z "$(ls -A one)"
    check "all of it on the second" test "$(count_in two)" -eq 2
    media 1600k 1400k
    run seal -q "${to[@]}" "${asks[@]}" -o one "$given/tree"
    expect_exit 2
    expect_message 'there is no terminal on which --ask-media could ask'
    check "nothing was begun" test -z "$(ls -A one)"
fi
umount one two 2>/dev/null

finish
