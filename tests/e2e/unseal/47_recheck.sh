#!/bin/bash
# unseal --recheck: what is told of a bag, its verdicts, and the custody record beside it, however
# the bag is named.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"

# Two bags, each with its record: plain, and odd, where a name is spelled differently.
home=$scratch/home
mkdir "$home" && cd "$home" || exit 1
sealkey new -q -o org --no-passphrase >/dev/null 2>&1
mkdir -p case/sub
echo alpha >case/a
echo beta >case/sub/b
seal -q --to org.pub -o plain.bin case >/dev/null 2>&1
echo gamma >'case/c:d'
ln -s a case/link
ln -s gone case/sub/link
seal -q --to org.pub -o odd.bin case >/dev/null 2>&1
for bag in plain odd; do
    unseal -q --writable --key org.key -o $bag $bag.bin >/dev/null 2>&1
done

# A copy of both to work on.
bags() {
    scenario "$1"
    cp -a "$home/plain" "$home/odd" "$home"/*.custody.json .
}

# The tag manifest made to suit what is there, as by somebody who changed it: redo BAG.
redo() {
    (
        cd "$1" || exit 1
        set -- manifest-sha256.txt metadata.mtree bag-info.txt bagit.txt
        [ ! -d as-sealed ] || set -- "$@" as-sealed/*
        for name; do [ ! -f "$name" ] || sha256sum "$name"; done >tagmanifest-sha256.txt
    )
}

# expect_verdict STATUS REGEX: the exit status and the last line.
expect_verdict() {
    expect_exit "$1"
    tail -n 1 "$out" | grep -Eq -- "$2"
    judge "the verdict should match" $? "$2"
}

ours='^custody    the manifests match the record of '
other='^custody    the manifests do NOT match the record of '

# ---- Verdicts ------------------------------------------------------------------------------------

bags "nothing differs"
for bag in plain odd; do
    run unseal --recheck $bag
    expect_verdict 0 "^unchanged  $bag$"
    expect_out '^digest     [0-9a-f]{64}$'
    expect_out "$ours"
    check "there should be three lines" test "$(wc -l <"$out")" -eq 3
done
run unseal -q --recheck plain --recheck odd
expect_exit 0
expect_no_err

scenario "bags of another writer"
take_keys alice.key
for name in bag-one links names names-posix times habits; do
    unseal -q --key alice.key -o $name "$vectors/files/$name.seal" >/dev/null 2>&1
    run unseal --recheck $name
    expect_verdict 0 "^unchanged  $name$"
    expect_out "$ours"
done
check "some should be spelled differently" test -d names/as-sealed -a -d links/as-sealed

bags "only times differ"
touch plain/data/case/a
run unseal --recheck plain
expect_verdict 3 '^TIMES      plain: 1 time differs; the content matches the record$'
expect_out '^time       data/case/a \([-0-9T:.]+Z -> [-0-9T:.]+Z\)$'
touch plain/data/case/sub/b
run unseal --recheck plain
expect_verdict 3 '^TIMES      plain: 2 times differ; the content matches the record$'

bags "what could not be read"
FAULT_READ="a 0 0 errno:5" LD_PRELOAD=$interpose run unseal --recheck plain
expect_verdict 1 '^UNCHECKED  plain: 1 file could not be read; everything else matches the manifests$'
expect_out '^unreadable data/case/a \(Input/output error\)$'
touch plain/data/case/sub/b
FAULT_READ="a 0 0 errno:5" LD_PRELOAD=$interpose run unseal --recheck plain
expect_verdict 1 '^UNCHECKED  plain: 1 file could not be read; everything else matches the manifests$'
FAULT_READ="tagmanifest-sha256.txt 0 0 errno:5" LD_PRELOAD=$interpose run unseal --recheck odd
expect_verdict 1 '^UNCHECKED  odd: 2 files could not be read; everything else matches the manifests$'
expect_out '^custody    the manifests could not be compared with a record$'
for name in metadata.mtree bag-info.txt; do
    FAULT_OPEN="$name errno:5" LD_PRELOAD=$interpose run unseal --recheck odd
    expect_exit 1
    expect_out '^unreadable as-sealed/'
    check "$name: nothing should be called wrong" \
        test -z "$(grep -E '^(record|missing|altered|CHANGED)' "$out")"
done

bags "bytes differ"
echo ALPHA >plain/data/case/a
run unseal --recheck plain
expect_verdict 5 '^CHANGED    plain: 2 differences$'
expect_out '^altered    data/case/a'
expect_out "$ours"

bags "bytes and lists differ together: only the record knows"
echo ALPHA >plain/data/case/a
touch -r odd/data/case/a plain/data/case/a
sum=$(sha256sum <plain/data/case/a) old=$(sha256sum <odd/data/case/a)
sed -i "s/${old%% *}/${sum%% *}/" plain/manifest-sha256.txt plain/metadata.mtree
redo plain
run unseal --recheck plain
expect_verdict 5 '^CHANGED    plain: it is not the bag on record$'
expect_out "$other"
rm plain.custody.json
run unseal --recheck plain
expect_verdict 0 '^unchanged  plain$'
expect_out '^custody    no record beside the bag$'

bags "several bags: the worst counts"
touch plain/data/case/a
run unseal --recheck odd --recheck plain
expect_exit 3
rm odd/data/case/a
run unseal --recheck odd --recheck plain
expect_exit 5

# ---- The custody record --------------------------------------------------------------------------

bags "the record is found, however the bag is named"
ln -s plain link
for name in plain plain/ plain/// ./plain plain/. plain/data/.. "$PWD/plain" odd/../plain link link/; do
    run unseal --recheck "$name"
    expect_exit 0
    expect_out "$ours"
done
cd plain || exit 1
for name in . ./ "$PWD/." data/.. ../plain; do
    run unseal --recheck "$name"
    expect_exit 0
    expect_out "$ours"
done
cd ..
mv plain.custody.json elsewhere
ln -s elsewhere plain.custody.json
run unseal --recheck plain
expect_exit 0
expect_out "$ours"
cp odd.custody.json elsewhere
run unseal --recheck plain/.
expect_verdict 5 '^CHANGED    plain/\.: it is not the bag on record$'
expect_out "$other"

bags "no record"
rm -- *.json
run unseal -q --recheck plain
expect_verdict 0 '^unchanged  plain$'
expect_out '^custody    no record beside the bag$'
expect_no_err

# unusable WHAT MESSAGE: what stands there cannot be used, and that is no silence.
unusable() {
    run timeout 20 unseal -q --recheck plain
    expect_verdict 1 '^UNCHECKED  plain: the content matches the manifests; the custody record could not be used$'
    expect_message "plain\.custody\.json: $1"
    expect_out '^custody    the manifests could not be compared with a record$'
}

bags "a record that cannot be used"
echo '{}' >plain.custody.json
unusable 'is not a readable custody record'
: >plain.custody.json
unusable 'is not a readable custody record'
sed 's/"digest": "[0-9a-f]*"/"digest": null/' "$home/plain.custody.json" >plain.custody.json
unusable 'is not a readable custody record'
head -c 300 "$home/plain.custody.json" >plain.custody.json
unusable 'is not a readable custody record'
touch plain/data/case/a
unusable 'is not a readable custody record'
touch -r odd/data/case/a plain/data/case/a
rm plain.custody.json
mkdir plain.custody.json
unusable 'is in the place of the custody record, but is not a file'
rmdir plain.custody.json
mkfifo plain.custody.json
unusable 'is in the place of the custody record, but is not a file'
mv plain.custody.json fifo
ln -s fifo plain.custody.json
unusable 'is in the place of the custody record, but is not a file'
ln -sf nowhere plain.custody.json
unusable 'could not be looked at: No such file'
ln -sf plain.custody.json plain.custody.json
unusable 'could not be looked at: Too many levels'
rm plain.custody.json
cp "$home/plain.custody.json" .
FAULT_OPEN="plain.custody.json errno:5" LD_PRELOAD=$interpose unusable 'could not be opened: '
echo ALPHA >plain/data/case/a
echo '{}' >plain.custody.json
run unseal -q --recheck plain
expect_verdict 1 '^CHANGED    plain: 2 differences$'
expect_message 'is not a readable custody record'

# ---- Whoever changes what stands beside the evidence ---------------------------------------------

# told REGEX [BAG]: it is a difference, though D is the one on record.
told() {
    run unseal --recheck "${2-odd}"
    expect_verdict 5 '^CHANGED '
    expect_out "$1"
    expect_out '^custody    the (manifests match the record of |lists on disk are NOT those .*; D is the same$)'
}

bags "beside as-sealed/: bag-info.txt"
echo 'Contact-Name: somebody else' >>odd/bag-info.txt
redo odd
told '^record     bag-info\.txt \(it differs from the one in as-sealed/\)$'
bags "beside as-sealed/: bagit.txt"
echo 'Note: x' >>odd/bagit.txt
redo odd
told '^record     bagit\.txt \(it differs from the one in as-sealed/\)$'
bags "beside as-sealed/: a link"
sed -i 's/link=gone/link=a/' odd/metadata.mtree
redo odd
told '^record     metadata\.mtree \(its links differ from those in as-sealed/\)$'
bags "beside as-sealed/: a link more"
sed -n 's,^\./data/case/link ,./data/case/link2 ,p' odd/metadata.mtree >lines
check "there should be a link" test -s lines
cat lines >>odd/metadata.mtree
redo odd
told '^record     metadata\.mtree \(its links differ from those in as-sealed/\)$'
bags "beside as-sealed/: a gap that was none"
echo '# missing ./data/x it was refused' >>odd/metadata.mtree
redo odd
told '^record     metadata\.mtree \(it has comments other than those on spelled names\)$'
for name in tagmanifest-sha256.txt bag-info.txt metadata.mtree; do
    bags "beside as-sealed/: no $name"
    rm "odd/$name"
    told "^missing    $name\$"
    [ "$name" = tagmanifest-sha256.txt ] || redo odd
    told "^missing    $name\$"
done

bags "a forged as-sealed/"
mkdir plain/as-sealed
cp plain/*.txt plain/metadata.mtree plain/as-sealed
redo plain
told '^record     metadata\.mtree \(it has no name that is spelled differently, although' plain
echo ALPHA >plain/data/case/a
touch -r odd/data/case/a plain/data/case/a
sed -i "s/${old%% *}/${sum%% *}/" plain/manifest-sha256.txt plain/metadata.mtree
echo '# spelled ./data/{7A} ./data/z' >>plain/metadata.mtree
redo plain
told '^record     data/case/a \(as-sealed/manifest-sha256\.txt has another digest' plain

bags "what is beside data/ in a bag of ours"
echo 'read me first' >plain/note.txt
mkdir plain/as-sealed plain/.git
told '^added      note\.txt$' plain
expect_out '^added      as-sealed \(a folder\)$'
expect_out '^added      \.git \(a folder\)$'
echo x >odd/as-sealed/note.txt
told '^added      as-sealed/note\.txt$'

bags "what is beside data/ in a bag of others"
mkdir -p foreign/data foreign/notes
echo alpha >foreign/data/a
printf 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n' >foreign/bagit.txt
(cd foreign && sha256sum data/a >manifest-sha256.txt && sha256sum bagit.txt >tagmanifest-sha256.txt)
echo x >foreign/notes/x
run unseal --recheck foreign
expect_verdict 0 '^unchanged  foreign$'
echo x >foreign/manifest-sha3256.txt
run unseal --recheck foreign
expect_verdict 0 '^unchanged  foreign$'
expect_err '^manifest-sha3256\.txt: a manifest of an unknown algorithm; not checked$'
rm foreign/manifest-sha256.txt
run unseal -q --recheck foreign
expect_exit 2
expect_no_out
expect_message 'foreign: it has no manifest that this program can check'

# It lies beside the bag, where anybody may have changed it; the worker reads it.
scenario "a custody record that is made to exhaust memory"
mkdir evidence && echo 1 >evidence/a
seal -q --to "$home/org.pub" -o sealed.bin evidence >/dev/null
unseal -q --key "$home/org.key" -o bag sealed.bin >/dev/null
for value in '[]' '{}' '""' '{"a":[]}'; do
    { printf '['; head -c 15000000 <(yes "$value," | tr -d '\n'); printf '[]]'; } >bag.custody.json
    run measure "$scratch/peak" unseal --recheck bag
    expect_exit 1
    expect_err 'bag.custody.json: is not a readable custody record'
    check "memory with $value: $(cat "$scratch/peak") KiB" test "$(cat "$scratch/peak")" -lt 200000
done
head -c 20000000 /dev/zero >bag.custody.json
run unseal --recheck bag
expect_exit 1
expect_err 'bag.custody.json: it is too large for a custody record'

# repeat TEXT NUMBER
repeat() { printf "%.0s$1" $(seq "$2"); }

# Each line can be read in two ways, and each way leads through 250 folders: to look for each takes minutes.
scenario "many lines that lead deep down"
deep=$(repeat d/ 250)
mkdir -p "bag/data/$deep"
printf 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n' >bag/bagit.txt
zeros=$(repeat 0 64)
awk -v line="$zeros  data/$deep" 'BEGIN { for (i = 0; i < 20000; i++) print line i "%25" }' >bag/manifest-sha256.txt
run timeout 60 unseal -q --recheck bag
expect_exit 5
expect_out '^CHANGED    bag: 20000 differences$'

scenario "what is told in detail"
mkdir -p foreign/data
echo alpha >foreign/data/a
printf 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n' >foreign/bagit.txt
echo 'Payload-Oxum: 9.2' >foreign/bag-info.txt
(cd foreign && sha256sum data/a && printf '%064d  ../x\nnonsense\n' 0) >foreign/manifest-sha256.txt
printf '%032d  data/a\n' 0 >foreign/manifest-md5.txt
mkfifo foreign/data/pipe
run unseal --recheck foreign
expect_verdict 5 '^CHANGED    foreign: 5 differences$'
expect_out '^record     \.\./x \(manifest-sha256\.txt must not list this path, as it does in line 2\)$'
expect_out '^record     manifest-sha256\.txt \(line 3 is malformed\)$'
expect_out '^record     data/a \(its digest is the one in manifest-sha256\.txt, but not the one in manifest-md5\.txt\)$'
expect_out '^added      data/pipe \(a named pipe\)$'
expect_out '^record     bag-info\.txt \(its Payload-Oxum is 9\.2, but that of the files is 6\.1\)$'
expect_err '^1 file, 6 bytes, read and compared \(md5, sha256\)$'

bags "a size that differs"
echo 'alpha and more' >plain/data/case/a
touch -r odd/data/case/a plain/data/case/a
told '^altered    data/case/a \(size 6 -> 15\)$' plain

bags "files of many terabytes that have nothing in them"
for name in data/case/a manifest-sha256.txt metadata.mtree bag-info.txt; do
    cp -a plain sparse
    if truncate -s 8T sparse/$name 2>/dev/null || truncate -s 4T sparse/$name; then
        run timeout 60 unseal --recheck sparse
        judge "$name: an end, and not the best one" $((status != 124 && status != 0 ? 0 : 1)) "status $status"
        expect_out '^(altered +data/case/a |unreadable +[a-z0-9.-]+ \(File too large\))'
        [ $name != data/case/a ] || expect_out '^altered +data/case/a \(size 6 -> [0-9]+\)$'
    fi
    rm -r sparse
done

finish
