#!/bin/bash
# Names that not every system can hold or show: how they are spelled on disk, and that the bag is whole
# for any tool all the same; --exact-names.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"

keys=$scratch/keys
mkdir "$keys" && (cd "$keys" && take_keys alice.pub alice.key)
to=(--to "$keys/alice.pub")
with=(--key "$keys/alice.key")

# pack: seals tree, whatever is said of its names, and unseals it to bag.
pack() {
    remove bag sealed.bin
    seal -q "${to[@]}" -o sealed.bin tree >/dev/null 2>&1
    run unseal -q "${with[@]}" "$@" -o bag sealed.bin
    expect_exit 0
}

# All that a bag with spelled names must be: expect_spelled COUNT names in it.
expect_spelled() {
    local digest
    digest=$(sed -n 's/^digest *//p' "$out")
    check "D is in as-sealed" test "$(sha256sum <bag/as-sealed/tagmanifest-sha256.txt)" = "$digest  -"
    check "the record says so" grep -q "\"digest\": \"$digest\"" bag.custody.json
    (cd bag && sha256sum --quiet -c manifest-sha256.txt tagmanifest-sha256.txt) >/dev/null 2>"$scratch/sums"
    judge "sha256sum -c should hold" $? "$(head -n 2 "$scratch/sums")"
    (cd bag/as-sealed && sha256sum --quiet -c tagmanifest-sha256.txt) >/dev/null 2>"$scratch/sums"
    judge "sha256sum -c should hold in as-sealed" $? "$(head -n 2 "$scratch/sums")"
    expect_names bag as-sealed bag-info.txt bagit.txt data manifest-sha256.txt metadata.mtree tagmanifest-sha256.txt
    expect_names bag/as-sealed bag-info.txt bagit.txt manifest-sha256.txt metadata.mtree tagmanifest-sha256.txt
    expect_same bag/bag-info.txt bag/as-sealed/bag-info.txt
    expect_same bag/bagit.txt bag/as-sealed/bagit.txt
    check "the same digests in both manifests" test "$(cut -c1-64 bag/manifest-sha256.txt | sort)" = "$(cut -c1-64 bag/as-sealed/manifest-sha256.txt | sort)"
    check "every file is in the manifest" test "$(find bag/data -type f | wc -l)" -eq "$(wc -l <bag/manifest-sha256.txt)"
    check "$1 are told in the listing" test "$(grep -c '^# spelled ' bag/metadata.mtree)" -eq "$1"
    check "and in the record" test "$(grep -c '"kind": "spelled"' bag.custody.json)" -eq "$1"
    check "nothing on disk that is odd" test -z "$(find bag | LC_ALL=C grep -aE '[%"*:<>?|\\[:cntrl:]]|[. ](/|$)')"
    expect_mode bag 555
    expect_mode bag/as-sealed 555
    expect_mode bag/as-sealed/manifest-sha256.txt 444
    run unseal -q --recheck bag
    expect_exit 0
    expect_out '^custody    the manifests match the record of '
    # Contents and times are those that were sealed, whatever the name.
    listing -f tree | cut -d' ' -f1-5 | LC_ALL=C sort >"$scratch/want"
    listing -f bag/data/tree | cut -d' ' -f1-5 | LC_ALL=C sort >"$scratch/have"
    cmp -s "$scratch/want" "$scratch/have"
    judge "contents and times should be those that were sealed" $? "$(diff "$scratch/want" "$scratch/have" | head -n 3)"
    expect_mtree
}

# NetBSD's mtree names the lists and as-sealed as extra, links as missing, and nothing else.
expect_mtree() {
    needs mtree || return
    mtree -p bag -f bag/metadata.mtree -k type,size,time,sha256 >"$scratch/mtree" 2>&1
    grep -vE '^missing: |^extra: (as-sealed|bag-info.txt|bagit.txt|(tag)?manifest-sha256.txt|metadata.mtree)$' "$scratch/mtree" >"$scratch/other"
    [ ! -s "$scratch/other" ] && [ "$(grep -c '^missing: ' "$scratch/mtree")" -eq "$(grep -c ' type=link ' bag/metadata.mtree)" ]
    judge "mtree should find nothing" $? "$(head -n 3 "$scratch/other")"
}

# A name and what it becomes.
odd=(
    $'a\nb' 'a{0A}b'
    $'a\tb\r' 'a{09}b{0D}'
    $'\e[31m' '{1B}[31m'
    $'\x7f' '{7F}'
    $'a\xe2\x80\xaeb' 'a{E280AE}b'
    $'\xe2\x81\xa6x' '{E281A6}x'
    $'a\xc2\x9bb' 'a{C29B}b'
    'a:b' 'a{3A}b'
    'a?*b' 'a{3F2A}b'
    '<>|"' '{3C3E7C22}'
    'a\b' 'a{5C}b'
    'con' '{63}on'
    'NUL.txt' '{4E}UL.txt'
    'lpt1.a.b' '{6C}pt1.a.b'
    'dot.' 'dot{2E}'
    'blank ' 'blank{20}'
    '...' '..{2E}'
    '100%' '100{25}'
    'a????' 'a{3Fx4}'
    '????*<<<<<' '{3Fx4}{2A}{3Cx5}'
    '%2F%00' '{25}2F{25}00'
    '{3A}%' '{7B}3A{7D25}'
)
plain=('console' 'com' 'com10' '.hidden' 'a b' "it's" '{3A}' 'Жук' 'a{b' '~' '-x' '#' '&;$x`')

scenario "each kind of odd name"
for ((i = 0; i < ${#odd[@]}; i += 2)); do
    remove tree
    mkdir tree
    echo $i >"tree/${odd[i]}"
    pack
    expect_names bag/data/tree "${odd[i + 1]}"
    (cd bag && sha256sum --quiet -c manifest-sha256.txt tagmanifest-sha256.txt &&
        cd as-sealed && sha256sum --quiet -c tagmanifest-sha256.txt) >/dev/null 2>&1
    judge "the manifests should hold" $?
    check "content" test "$(cat "bag/data/tree/${odd[i + 1]}")" = $i
done

scenario "names that are as good as any"
mkdir tree
for name in "${plain[@]}"; do echo "$name" >"tree/$name"; done
pack
expect_names bag/data/tree "${plain[@]}"
expect_absent bag/as-sealed
expect_same_tree tree bag/data/tree
check "D is the tagmanifest's" test "$(sha256sum <bag/tagmanifest-sha256.txt | cut -c1-64)" = "$(sed -n 's/^digest *//p' "$out")"
check "no word of spelling" sh -c '! grep -qi spelled bag.custody.txt bag/metadata.mtree'

scenario "all of them at once, in folders as well"
mkdir tree
for ((i = 0; i < ${#odd[@]}; i += 2)); do
    mkdir "tree/${odd[i]}"
    echo $i >"tree/${odd[i]}/${odd[i]}"
    echo plain $i >"tree/${odd[i]}/plain"
    touch -d @$((1000000000 + i)).5 "tree/${odd[i]}"
done
for name in "${plain[@]}"; do echo "$name" >"tree/$name"; done
ln -s $'to\nanywhere' 'tree/li:nk'
pack
check "the folders" test "$(find bag/data/tree -mindepth 1 -maxdepth 1 -type d | wc -l)" -eq $((${#odd[@]} / 2))
for ((i = 0; i < ${#odd[@]}; i += 2)); do
    check "${odd[i + 1]}" test "$(cat "bag/data/tree/${odd[i + 1]}/${odd[i + 1]}")" = $i
done
cp -r bag.custody.txt bag.custody.json "$scratch"
# Each folder and each file that is odd itself, and the link; plain files in odd folders are told by those.
expect_spelled $((${#odd[@]} / 2 * 2 + 1))
check "no raw control in the record" sh -c '! LC_ALL=C tr -d "\n\200-\377" <bag.custody.txt | LC_ALL=C grep -q "[^[:print:]]"'
check "it is said" grep -q '^Names spelled differently on this disk$' bag.custody.txt
check "each of them" grep -qxF '    | data/tree/a{0A}b/a{0A}b' bag.custody.txt
check "and what it was" grep -qxF '    |     as sealed: data/tree/a\x0Ab/a\x0Ab' bag.custody.txt
check "for programs" python3 -m json.tool bag.custody.json

scenario "twins"
mkdir -p tree/DCIM tree/dcim/sub tree/Dcim
echo 1 >tree/DCIM/a
echo 2 >tree/dcim/A
echo 3 >tree/dcim/a
echo 4 >tree/Dcim/A
echo 5 >tree/dcim/sub/x
echo 6 >tree/readme
echo 7 >tree/README
echo 8 >"tree/caf$(printf '\303\251')"
echo 9 >"tree/cafe$(printf '\314\201')"
echo 10 >"tree/CAF$(printf '\303\211')"
echo 11 >'tree/{52}EADME'
echo 12 >"tree/in$(printf '\342\200\213')visible"
echo 13 >tree/invisible
pack
check "all of them are there" test "$(find bag/data/tree -type f | wc -l)" -eq 13
check "no two that differ in case alone" test -z "$(find bag/data | tr '[:upper:]' '[:lower:]' | sort | uniq -d)"
check "none that differ in composition alone" python3 - <<'P'
import os, unicodedata
for top, dirs, files in os.walk("bag/data"):
    names = [unicodedata.normalize("NFD", n).casefold() for n in dirs + files]
    assert len(names) == len(set(names)), names
P
expect_spelled "$(grep -c '^# spelled' bag/metadata.mtree)"
check "some are told" test "$(grep -c '^# spelled' bag/metadata.mtree)" -ge 6
# The first of each keeps its name: bytes come in order.
check "the first is as it was" test "$(cat bag/data/tree/README)" = 7
check "the same for a folder" test "$(cat bag/data/tree/DCIM/a)" = 1

scenario "a link that has the spelling of a file as its name"
mkdir -p tree/q?
echo 1 >tree/:
ln -s x 'tree/{3A}'
ln -s y 'tree/q?/l:'
pack
expect_spelled 4
check "the link is another path" grep -q '^\./data/tree/{7B}3A{7D} type=link' bag/metadata.mtree
check "and below a folder" grep -q '^\./data/tree/q{3F}/l{3A} type=link' bag/metadata.mtree

run unseal -q "${with[@]}" --extract tree/: -o some sealed.bin
expect_exit 0
expect_out '^# as sealed: data/tree/:$'
(cd some && grep -E '^[0-9a-f]{64}' "$out" | sha256sum --quiet -c) >/dev/null 2>&1
judge "what is printed is what sha256sum takes" $? ''

scenario "names with no room for another spelling"
mkdir tree
long=$(printf 'x%.0s' {1..252})
echo 1 >"tree/$long:y"
echo 2 >"tree/$long%z"
echo 3 >"tree/${long}Aaa"
echo 4 >"tree/${long}aaa"
pack
check "they stay as they are" test "$(find bag/data/tree -type f -name "$long*" | wc -l)" -eq 4
check "no other record" test ! -e bag/as-sealed
run unseal -q --recheck bag
expect_exit 0

# Its spelling has more than 255 bytes: the name stays as it is.
scenario "a long name with a blank at its end"
mkdir tree
echo 1 >"tree/$(printf 'a%.0s' {1..252}) "
pack
expect_file "bag/data/tree/$(printf 'a%.0s' {1..252}) "
remove tree

# The ending of the first does not show, nor do the others look like what they are.
scenario "names that deceive"
filler=$(printf '\343\205\244%.0s' {1..40})
mkdir tree
echo 1 >"tree/invoice.pdf$filler.exe"
echo 2 >"tree/$(printf 'a\342\240\200b')"
echo 3 >"tree/$(printf 'x\363\240\201\241y')"
echo 4 >'tree/ led'
echo 5 >'tree/longname file.txt'
echo 9 >"tree/scan.jpg$(printf '%90s' '').exe"
echo 6 >tree/LONGNA~1.TXT
echo 7 >'tree/ДЛИННО~1.ТХТ'
echo 8 >'tree/ДЛИННОЕ~1.ТХТ'
printf '[Desktop Entry]\nExec=true\n' >tree/photo.desktop
chmod +x tree/photo.desktop
pack
expect_file 'bag/data/tree/invoice.pdf{E385A4x40}.exe'
expect_file 'bag/data/tree/ДЛИННО{7E}1.ТХТ'
expect_file 'bag/data/tree/scan.jpg{20x90}.exe'
expect_file 'bag/data/tree/ДЛИННОЕ~1.ТХТ'
sed -zE 's/\n +> +//g' bag.custody.txt >joined # a long value goes on behind a mark
check "what it was is shown" grep -qxF "    |     as sealed: data/tree/invoice.pdf${filler//?/\\u\{3164\}}.exe" joined
expect_file 'bag/data/tree/a{E2A080}b'
expect_file 'bag/data/tree/x{F3A081A1}y'
expect_file 'bag/data/tree/{20}led'
expect_file 'bag/data/tree/longname file.txt'
expect_file 'bag/data/tree/LONGNA{7E}1.TXT'
check "nothing may be executed" test -z "$(find bag -type f -perm /111)"
check "recorded" test "$(grep -c '^# name ./data/tree/' bag/as-sealed/metadata.mtree)" -eq 7
chmod -x tree/photo.desktop # as it came out
expect_spelled 7
# A comment that tells another number is no spelling of that name.
chmod u+w bag bag/metadata.mtree
sed -i '/^# spelled/s/{E385A4x40}/{E385A4x39}/' bag/metadata.mtree
run unseal --recheck bag
expect_exit 5
expect_out 'E385A4x39}\.exe \(metadata\.mtree calls it the spelling of a name that it is not a spelling of\)$'
remove tree

# The lists on disk can be written anew for other names of the same files. The record knows those that it was written
# for, whatever the lists say.
scenario "names that are changed after it was unsealed"
cat >rename.py <<'END'
import hashlib, os, shutil, sys
os.chdir("bag")
tags = ["manifest-sha256.txt", "metadata.mtree", "bag-info.txt", "bagit.txt", "tagmanifest-sha256.txt"]
digest = lambda name: hashlib.sha256(open(name, "rb").read()).hexdigest()
listing, manifest = open("metadata.mtree").read(), open("manifest-sha256.txt").read()
times = os.stat("data/tree")
if not os.path.exists("as-sealed"):
    os.mkdir("as-sealed")
    for name in tags:
        shutil.copy2(name, "as-sealed/" + name)
    listing = "".join(line for line in listing.splitlines(True) if not line.startswith("# "))
for before, after in [pair.split("=") for pair in sys.argv[1:]]:
    before, after, sealed = "tree/" + before, "tree/" + after, "tree/" + before
    for line in listing.splitlines():
        if line.startswith("# spelled ./data/" + before + " "):
            sealed = line.split(" ./data/")[2]
            listing = listing.replace(line + "\n", "")
    os.rename("data/" + before, "data/" + after)
    listing = listing.replace("./data/" + before + " ", "./data/" + after + " ")
    manifest = manifest.replace("  data/" + before + "\n", "  data/" + after + "\n")
    listing += "# spelled ./data/%s ./data/%s\n" % (after, sealed)
os.utime("data/tree", ns=(times.st_atime_ns, times.st_mtime_ns))
open("metadata.mtree", "w").write(listing)
open("manifest-sha256.txt", "w").write(manifest)
with open("tagmanifest-sha256.txt", "w") as out:
    for name in tags:
        out.write("%s  as-sealed/%s\n" % (digest("as-sealed/" + name), name))
        if name != tags[-1]:
            out.write("%s  %s\n" % (digest(name), name))
END
# renamed OLD=NEW...: of a bag that is as it was.
renamed() {
    run unseal -q "${with[@]}" --writable sealed.bin
    expect_exit 0
    mv sealed bag
    mv sealed.custody.txt bag.custody.txt
    mv sealed.custody.json bag.custody.json
    run unseal --recheck bag
    expect_exit 0
    python3 rename.py "$@"
    run unseal --recheck bag
    expect_exit 5
    expect_out '^custody    the lists on disk are NOT those that the record of [^ ]* has; D is the same$'
    expect_out '^CHANGED    bag: it is not the bag on record$'
    remove bag bag.custody.txt bag.custody.json
}
mkdir tree
echo report >tree/report.pdf
run seal -q "${to[@]}" -o sealed.bin tree
renamed 'report.pdf={7265706F}rt.pdf'
rm sealed.bin
echo literal >'tree/{46}ace.txt'
echo 1 >tree/FACE.txt
echo 2 >tree/Face.txt
run seal -q "${to[@]}" -o sealed.bin tree
expect_exit 0
renamed '{46}ace.txt={4661}ce.txt' '{7B}46{7D}ace.txt={46}ace.txt'
# What was spelled is put back, and as-sealed/ goes.
run unseal -q "${with[@]}" --writable sealed.bin
(cd sealed && cp -p --remove-destination as-sealed/* . && rm -r as-sealed && mv 'data/tree/{46}ace.txt' data/tree/Face.txt &&
    mv 'data/tree/{7B}46{7D}ace.txt' 'data/tree/{46}ace.txt')
run unseal --recheck sealed
expect_exit 5
expect_out '^custody    the lists on disk are NOT those'
remove sealed sealed.bin sealed.custody.txt sealed.custody.json rename.py tree

# Codes that differ have no shorter spelling. The other files still come out.
scenario "a name that deceives and has no room for its spelling"
mkdir tree
hidden=$(printf '\343\205\244\342\240\200%.0s' {1..20})
echo 1 >"tree/invoice.pdf$hidden.exe"
echo 2 >tree/letter
seal -q "${to[@]}" -o sealed.bin tree >/dev/null 2>&1
run unseal -q "${with[@]}" -o bag sealed.bin
expect_exit 1
expect_message 'spelled as every system can hold and show it, it is too long\). The sealed file is in order: take out its other files with --extract'
expect_names . sealed.bin tree
run unseal -q "${with[@]}" --extract tree/letter -o some sealed.bin
expect_exit 0
expect_same tree/letter some/data/tree/letter
run unseal -q "${with[@]}" --exact-names -o bag sealed.bin
expect_exit 0
expect_file "bag/data/tree/invoice.pdf$hidden.exe"
remove tree

scenario "deep down"
mkdir -p $'tree/a:1/b\n2/c%3/plain/d?4'
echo deep >$'tree/a:1/b\n2/c%3/plain/d?4/con'
echo flat >$'tree/a:1/b\n2/c%3/plain/file'
pack
expect_file 'bag/data/tree/a{3A}1/b{0A}2/c{25}3/plain/d{3F}4/{63}on'
expect_file 'bag/data/tree/a{3A}1/b{0A}2/c{25}3/plain/file'
expect_spelled 5
remove tree
maketree chain tree 250
mkdir 'tree/z/z/z/z/x:'
echo 1 >'tree/z/z/z/z/x:/y'
pack
expect_spelled 1

# What a name is on disk is the same wherever, and whenever.
scenario "the same bag becomes the same folder"
mkdir -p tree/X: tree/x:
for name in b B 'c|' 'C|' '%' con CON $'\e'; do echo "$name" >"tree/$name"; done
echo 1 >tree/X:/1
echo 2 >tree/x:/2
pack
mv bag first
remove bag
run unseal -q "${with[@]}" -o bag sealed.bin
(cd first && find . -type f ! -name 'tagmanifest*' ! -path ./metadata.mtree -exec sha256sum {} + | sort) >want
(cd bag && find . -type f ! -name 'tagmanifest*' ! -path ./metadata.mtree -exec sha256sum {} + | sort) >have
expect_same want have
expect_same first/metadata.mtree bag/metadata.mtree
expect_same first/tagmanifest-sha256.txt bag/tagmanifest-sha256.txt
run measure "$scratch/peak" env SYSTEM_FOLDS=1 LD_PRELOAD="$interpose" unseal -q "${with[@]}" -o folded sealed.bin
expect_exit 0
check "on a system that folds as well" test "$(cd folded && find data | wc -l)" -eq "$(cd bag && find data | wc -l)"
run unseal -q "${with[@]}" --extract tree -o out sealed.bin
expect_exit 0
check "taken out alone likewise" test "$(cd out && find data | sort)" = "$(cd bag && find data | sort)"

scenario "names as they were"
mkdir tree
for ((i = 0; i < ${#odd[@]}; i += 2)); do echo $i >"tree/${odd[i]}"; done
echo 1 >tree/x
echo 2 >tree/X
pack --exact-names
expect_same_tree tree bag/data/tree
expect_absent bag/as-sealed
check "D is the tagmanifest's" test "$(sha256sum <bag/tagmanifest-sha256.txt | cut -c1-64)" = "$(sed -n 's/^digest *//p' "$out")"
check "no word of spelling" sh -c '! grep -q "^# spelled" bag/metadata.mtree'
# (mtree takes ? and * in these names for patterns.)
run unseal -q --recheck bag
expect_exit 0
digest=$(sed -n 's/.*"digest": "\([0-9a-f]*\)".*/\1/p' bag.custody.json)
remove bag
run unseal -q "${with[@]}" -o bag sealed.bin
expect_out "^digest   $digest\$"

scenario "raw content and checks have no names on disk"
mkdir tree
echo 1 >'tree/a:b'
seal -q "${to[@]}" -o sealed.bin tree >/dev/null 2>&1
run unseal -q "${with[@]}" --verify sealed.bin
expect_exit 0
check "no word of spelling" sh -c '! grep -q spelled sealed.bin.custody.json'
check "the odd name is told" grep -q '"odd_names": 1' sealed.bin.custody.json
check "D" grep -q '^D is\|tagmanifest-sha256.txt' sealed.bin.custody.txt
check "nothing of as-sealed" sh -c '! grep -q as-sealed sealed.bin.custody.txt'

finish
