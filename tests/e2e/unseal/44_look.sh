#!/bin/bash
# Looking without unsealing: --list, --extract; and a bag on disk checked again, --recheck.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"

keys=$scratch/keys
mkdir "$keys" && (cd "$keys" && take_keys alice.pub alice.key carol.key)
to=(--to "$keys/alice.pub")
with=(--key "$keys/alice.key")

# A tree of which each large file takes several frames of 4 MiB, which are what can be read alone; links, odd names, an empty folder.
good=$scratch/good
mkdir "$good"
cd "$good" || exit 1
mkdir -p tree/sub/deep tree/empty $'tree/odd\e[31m\n'
echo first >tree/a
maketree noise tree/early 9000000
maketree noise tree/late 9000001
echo deep >tree/sub/deep/file
echo sub >tree/sub/file
: >tree/sub/nothing
ln -s ../a tree/sub/link
ln -s "$(printf 'x\033[2J\377')" tree/sub/nasty
echo odd >$'tree/odd\e[31m\n/\xe2\x80\xae'
chmod +x tree/sub/file
touch -d @1234567890.123456789 tree/sub/file
seal -q --repair none "${to[@]}" --no-compress -o bag.bin tree >/dev/null 2>&1
seal -q "${to[@]}" -o stream.bin - <tree/a >/dev/null
cd ..
unseal -q "${with[@]}" --exact-names -o "$scratch/bag" "$good/bag.bin" >/dev/null 2>&1
full=$scratch/bag

# No byte on the screen that does anything there.
expect_plain() {
    ! LC_ALL=C tr -d '\n\200-\377' <"$out" | LC_ALL=C grep -q '[^[:print:]]' && ! grep -q $'\xe2\x80\xae' "$out" &&
        iconv -f UTF-8 -t UTF-8 "$out" >/dev/null
    judge "standard output should have no raw control characters" $?
    expect_no_controls
}

# damage PERCENT: damaged.bin is the sealed file with a byte altered, at that part of its length or near its end.
damage() {
    local size at
    size=$(stat -c %s "$good/bag.bin")
    [ "$1" = end ] && at=$((size - 100)) || at=$((size * $1 / 100))
    cp "$good/bag.bin" damaged.bin
    printf '%b' "\\x$(printf %02x $(($(od -An -tu1 -j $at -N 1 damaged.bin) ^ 1)))" |
        dd of=damaged.bin bs=1 seek=$at conv=notrunc status=none
}

# ---- --list --------------------------------------------------------------------------------------

scenario "a list of what is inside"
run unseal "${with[@]}" --list "$good/bag.bin"
expect_exit 0
expect_err '6 files and 5 folders|[0-9]+ files and [0-9]+ folders, .*the files themselves were not checked'
expect_plain
expect_names .
# Sorted, with folders ending in a slash; what is odd is escaped.
(cd "$full" && find data -type d -printf '%p/\n' -o -printf '%p\n'; printf '%s\n' 'data/tree/sub/link -> ../a' 'data/tree/sub/nasty -> x\x1B[2J\xFF') |
    LC_ALL=C grep -v odd | grep -v '^$' | LC_ALL=C grep -av $'^[/\xe2]' | LC_ALL=C sort >want
LC_ALL=C sort "$out" | grep -v odd >have
expect_same want have
check "odd names" grep -qxF 'data/tree/odd\x1B[31m\x0A/' "$out"
check "odd names in odd folders" grep -qxF 'data/tree/odd\x1B[31m\x0A/\u{202E}' "$out"
run unseal -q "${with[@]}" -l "$good/bag.bin"
expect_exit 0
expect_no_err
run unseal -q "${with[@]}" --list - <"$good/bag.bin"
expect_exit 0

scenario "a long list"
run unseal -q "${with[@]}" --list --long "$good/bag.bin"
expect_exit 0
expect_plain
expect_out "^file +4 2009-02-13T23:31:30Z $(sha256sum <"$full/data/tree/sub/file" | cut -c1-64) data/tree/sub/file\$"
expect_out '^dir +0 20[0-9-]+T[0-9:]+Z - +data/tree/empty/$'
expect_out '^link +[0-9]+ 20[0-9-]+T[0-9:]+Z - +data/tree/sub/link -> \.\./a$'
expect_out '^link .* data/tree/sub/nasty -> x\\x1B\[2J\\xFF$'
check "all digests are those on disk" test "$(grep ^file "$out" | awk '{print $4}' | sort)" = "$(cut -c1-64 "$full/manifest-sha256.txt" | sort)"

scenario "a list for programs"
run unseal -q "${with[@]}" --list --json "$good/bag.bin"
expect_exit 0
check "well-formed" python3 -m json.tool "$out"
check "ASCII" sh -c '! LC_ALL=C tr -d "\n -~" <"$1" | grep -q .' - "$out"
python3 - "$out" "$full" >difference 2>&1 <<'P'
import hashlib, json, os, sys
listed = json.load(open(sys.argv[1]))
assert listed["schema"] == "seal-list-1"
have = {}
for i in listed["items"]:
    assert i["path"] not in have, i
    have[i["path"]] = i
bag = os.fsencode(sys.argv[2])
seen = set()
for top, dirs, files in os.walk(os.path.join(bag, b"data")):
    for path, kind in [(top, "dir")] + [(os.path.join(top, f), "file") for f in files]:
        name = os.path.relpath(path, bag).decode()
        i = have[name]
        seen.add(name)
        st = os.stat(path)
        assert i["type"] == kind, i
        if "." in i["mtime"]:
            assert i["mtime"].split(".")[1][:9] == "%09d" % (st.st_mtime_ns % 10**9), (i, st.st_mtime_ns)
        if kind == "file":
            assert i["size"] == st.st_size, i
            assert i["sha256"] == hashlib.sha256(open(path, "rb").read()).hexdigest(), i
links = {n: i for n, i in have.items() if n not in seen}
assert sorted(links) == ["data/tree/sub/link", "data/tree/sub/nasty"], sorted(links)
assert all(i["type"] == "link" for i in links.values())
assert links["data/tree/sub/link"]["target"] == "../a"
P
judge "it should be what a full unseal has" $? "$(tail -n 1 difference)"

scenario "lists that cannot be"
run unseal -q "${with[@]}" --list "$good/stream.bin"
expect_exit 2
expect_no_out
expect_message 'it contains a stream, not files'
cp "$good/bag.bin" .
run timeout 20 bash -c 'cat bag.bin | unseal -q "$@" --list -' - "${with[@]}"
expect_exit 2
expect_no_out
run unseal -q --key "$keys/carol.key" --list bag.bin
expect_exit 4
expect_no_out
expect_message 'no key here'
run bash -c 'exec "$@" >/dev/full' - unseal -q "${with[@]}" --list bag.bin
expect_exit 1
expect_err 'standard output'
damage end
head -c -3000 bag.bin >cut.bin
for file in damaged.bin cut.bin; do
    for how in --list '--list --json' '--extract tree/a'; do
        # shellcheck disable=SC2086 # options
        run unseal -q "${with[@]}" $how $file
        expect_exit 5
        expect_message 'altered or cut short'
        expect_names . bag.bin damaged.bin cut.bin
    done
done
# Lists and takes nothing out of what breaks the rules.
for vector in D-bag tar-climbs offsets-wrong mtree-time; do
    run unseal -q "${with[@]}" --list "$vectors/negative/$vector.seal"
    [ "$status" -eq 6 ] || [ "$status" -eq 0 ]
    judge "$vector should be refused, or not met" $?
done

# ---- --extract -----------------------------------------------------------------------------------

# extract PATH...: into out.
extract() {
    local options=() path
    for path in "$@"; do options+=(--extract "$path"); done
    run unseal -q "${with[@]}" "${options[@]}" -o out "$good/bag.bin"
}

scenario "what --list shows can be given to --extract"
mkdir 'two  blanks'
echo one >'two  blanks/back\slash'
seal -q "${to[@]}" -o sealed.bin 'two  blanks' >/dev/null 2>&1
run unseal -q "${with[@]}" --list sealed.bin
expect_exit 0
check "blanks and backslash are escaped" grep -qxF 'data/two \x20blanks/back\x5Cslash' "$out"
run unseal -q "${with[@]}" --extract "$(grep slash "$out")" -o shown sealed.bin
expect_exit 0
check "as it is shown" cmp 'two  blanks/back\slash' 'shown/data/two  blanks/back{5C}slash'
run unseal -q "${with[@]}" --extract 'two  blanks/back\slash' -o named sealed.bin
expect_exit 0
check "as it is called" cmp 'two  blanks/back\slash' 'named/data/two  blanks/back{5C}slash'
run unseal -q "${with[@]}" --extract 'two \x20blanks/none' -o none sealed.bin
expect_exit 2
expect_absent none

# Both forms look the same on the screen.
scenario "a path in another form"
apart=$'\u0438\u0306' composed=$'\u0439'
mkdir -p "Case/$apart" && echo one >"Case/$apart/a.txt" && echo two >'Case/two  blanks'
seal -q "${to[@]}" -o sealed.bin Case >/dev/null 2>&1
for path in "Case/$composed/a.txt" "Case/$composed" "data/Case/$composed/" "Case/$apart/A.TXT" case "./case/$apart" \
    'case/TWO  blanks' 'CASE/two \x20blanks'; do
    run unseal -q "${with[@]}" --extract "$path" -o out sealed.bin
    expect_exit 2
    expect_no_out
    expect_message 'has just this path, but one seems to have it in another form: .*\. Use --list, and copy it from there\.$'
    expect_absent out
done
run unseal -q "${with[@]}" --extract "$(grep 'a.txt' <(unseal -q "${with[@]}" --list sealed.bin))" -o copied sealed.bin
expect_exit 0
check "it can be copied" cmp "Case/$apart/a.txt" "copied/data/Case/$apart/a.txt"
for path in ./Case "././Case/$apart/" "./data/Case/$apart/a.txt"; do
    run unseal -q "${with[@]}" --extract "$path" -o out sealed.bin
    expect_exit 0
    check "as it is without ./" cmp "Case/$apart/a.txt" "out/data/Case/$apart/a.txt"
    remove out
done
for path in case/none ./ "Case/$composed/b.txt" Cas; do
    run unseal -q "${with[@]}" --extract "$path" -o out sealed.bin
    expect_exit 2
    expect_message 'no file or folder in it has this path\. To see the paths in it, use --list\.$'
done

scenario "lines that sha256sum takes"
mkdir names
echo one >"names/$(printf 'a\342\200\214b')"
echo two >'names/two  blanks'
echo three >'names/back\slash'
seal -q "${to[@]}" -o sealed.bin names >/dev/null 2>&1
for exact in "" --exact-names; do
    # shellcheck disable=SC2086 # an option
    run unseal -q "${with[@]}" $exact --extract names -o out sealed.bin
    expect_exit 0
    cp "$out" lines
    check "three files" test "$(cd out && grep data/ ../lines | grep -v '^#' | sha256sum -c --strict - | grep -c ': OK$')" -eq 3
    remove out
done
if command -v expect >/dev/null; then
    run_tty unseal -q "${with[@]}" --exact-names --extract names -o out sealed.bin </dev/null
    expect_out 'a.u\{200C\}b'
fi

scenario "files and folders taken out"
for path in tree/sub/file data/tree/sub/file; do
    extract $path
    expect_exit 0
    expect_names . out
    expect_out "^$(sha256sum <"$good/tree/sub/file" | cut -c1-64)  data/tree/sub/file\$"
    expect_out '^extracted to out$'
    check "just that" test "$(cd out && find . -type f)" = ./data/tree/sub/file
    expect_same "$good/tree/sub/file" out/data/tree/sub/file
    check "its time" test "$(stat -c %.9Y out/data/tree/sub/file)" = 1234567890.123456789
    expect_mode out/data/tree/sub/file 444
    expect_mode out 555
    remove out
done
for path in tree/sub tree/sub/ data/tree/sub; do
    extract $path
    expect_exit 0
    diff -r --no-dereference "$full/data/tree/sub" out/data/tree/sub >difference 2>&1
    judge "$path should be what a full unseal has" $? "$(head -n 3 difference)"
    check "nothing else" test "$(cd out/data/tree && ls -A)" = sub
    remove out
done
extract tree/late tree/a tree/empty
expect_exit 0
expect_same "$good/tree/late" out/data/tree/late
expect_same "$good/tree/a" out/data/tree/a
expect_empty_dir out/data/tree/empty
check "nothing else" test "$(cd out && find . | wc -l)" -eq 6
remove out
extract data
expect_exit 0
run sh -c 'cd out && find . -type f ! -path "*odd*" -exec sha256sum {} + | sort -k2'
cp "$out" have
(cd "$full" && find ./data -type f ! -path '*odd*' -exec sha256sum {} + | sort -k2) >want
expect_same want have
check "odd names are spelled" test -f 'out/data/tree/odd{1B}[31m{0A}/{E280AE}'
remove out
run unseal -q "${with[@]}" --exact-names --writable --extract tree -o out "$good/bag.bin"
expect_exit 0
expect_plain
expect_same_tree "$full/data/tree" out/data/tree
expect_mode out 755
expect_mode out/data/tree/a 644
remove out
cp "$good/bag.bin" here.bin
run unseal -q "${with[@]}" --extract tree/a here.bin
expect_exit 0
expect_names here.extract data
expect_absent here.extract.custody.txt

scenario "what cannot be taken out"
cp "$good"/*.bin .
nothing() {
    expect_exit "$1"
    expect_no_out
    expect_message "$2"
    expect_names . bag.bin stream.bin
}
extract tree/missing
nothing 2 'tree/missing: no file or folder in it has this path'
extract tree/a tree/missing
nothing 2 'tree/missing'
extract tree/su
nothing 2 'no file or folder in it has this path'
extract /
nothing 2 'no file or folder in it has this path'
extract ../tree
nothing 2 'no file or folder in it has this path'
extract $'x\e[2J'
nothing 2 'x\\x1B\[2J'
extract tree/sub/link
nothing 2 'links'
run unseal -q "${with[@]}" --extract a stream.bin
nothing 2 'it contains a stream'
run bash -c 'cat bag.bin | unseal -q "$@" --extract tree/a -o out -' - "${with[@]}"
nothing 2 '.'
mkdir out
run unseal -q "${with[@]}" --extract tree/a -o out bag.bin
expect_exit 1
expect_message 'out: is there already'
expect_empty_dir out

# The blocks of tree/early are before the middle, those of tree/late behind it.
scenario "damage inside and elsewhere"
damage 30
extract_damaged() { run unseal -q "${with[@]}" --extract "$1" -o out damaged.bin; }
extract_damaged tree/early
expect_exit 5
expect_no_out
expect_message 'altered or cut short'
expect_names . damaged.bin
extract_damaged tree
expect_exit 5
expect_names . damaged.bin
extract_damaged tree/late
expect_exit 0
expect_same "$good/tree/late" out/data/tree/late
remove out
run unseal -q "${with[@]}" --list damaged.bin
expect_exit 0
run unseal -q "${with[@]}" -o out damaged.bin
expect_exit 5
damage 70
extract_damaged tree/late
expect_exit 5
expect_names . damaged.bin
extract_damaged tree/early
expect_exit 0
expect_same "$good/tree/early" out/data/tree/early
remove out
run measure "$scratch/peak" env "FAULT_WRITE=100000 signal:15" LD_PRELOAD="$interpose" \
    unseal -q "${with[@]}" --extract tree -o out "$good/bag.bin"
expect_exit 143
expect_names . damaged.bin
run measure "$scratch/peak" env "FAULT_WRITE=100000 errno:28" LD_PRELOAD="$interpose" \
    unseal -q "${with[@]}" --extract tree -o out "$good/bag.bin"
expect_exit 1
expect_message 'No space left on device'
expect_names . damaged.bin

scenario "what repair data mend on the way"
seal -q "${to[@]}" --repair 6 -o mended.bin "$good/tree" >/dev/null
blocks=$(($(stat -c %s mended.bin) / 65536))
told=0
for ((b = 1; b < blocks; b++)); do
    cp mended.bin one.bin
    dd if=/dev/zero of=one.bin bs=65536 seek=$b count=1 conv=notrunc status=none
    run unseal -q "${with[@]}" --list one.bin
    expect_exit 0
    ! grep -q '1 block of 64 KiB is damaged .* Its repair data mended that' "$err" || told=$((told + 1))
    run unseal -q "${with[@]}" --extract tree/late -o out one.bin
    expect_exit 0
    expect_same "$good/tree/late" out/data/tree/late
    remove out
done
check "where it was needed, it is said" test "$told" -ge 1
check "and nowhere else" test "$told" -lt $((blocks / 2))
cp mended.bin one.bin
dd if=/dev/zero of=one.bin bs=65536 count=1 conv=notrunc status=none
run unseal -q "${with[@]}" --list one.bin
expect_exit 0
expect_err 'the one at its end opened it'

# ---- --recheck -----------------------------------------------------------------------------------

# fresh [OPTION...]: a bag that may be altered.
fresh() {
    remove bag
    unseal -q "${with[@]}" "$@" --writable -o bag "$good/bag.bin" >/dev/null 2>&1
}

# changed REGEX: the bag has changed, in that way.
changed() {
    run unseal --recheck bag
    expect_exit 5
    expect_out "$1"
    expect_out '^CHANGED    bag: '
    expect_plain
}

scenario "a bag that is as it was"
unseal -q "${with[@]}" -o readonly "$good/bag.bin" >/dev/null
for kind in '' --exact-names; do
    # shellcheck disable=SC2086 # an option or none
    fresh $kind
    run unseal --recheck bag
    expect_exit 0
    expect_out '^unchanged  bag$'
    expect_out "^digest     $(sed -n 's/.*"digest": "\([0-9a-f]*\)".*/\1/p' bag.custody.json)\$"
    expect_out '^custody    the manifests match the record of 20.*, receipt ([0-9]{4} ){4}[0-9]{4}$'
    expect_plain
done
run unseal --recheck bag/ --recheck readonly
expect_exit 0
check "both" test "$(grep -c ^unchanged "$out")" -eq 2
rm bag.custody.*
run unseal --recheck bag
expect_exit 0
expect_out '^custody    no record beside the bag$'
run unseal -q --recheck .
expect_exit 2

scenario "a bag that has changed"
fresh
touch -r bag/data/tree/a stamp
echo First >bag/data/tree/a
touch -r stamp bag/data/tree/a
changed '^altered +data/tree/a'
fresh
rm bag/data/tree/sub/file
changed '^missing +data/tree/sub/file'
fresh
echo more >bag/data/tree/more
changed '^added +data/tree/more'
fresh
touch -d @1 bag/data/tree/sub/file
run unseal --recheck bag
expect_exit 3
expect_out '^time +data/tree/sub/file'
expect_out '^TIMES      bag: 1 time differs; the content matches the record$'
fresh
rmdir bag/data/tree/empty
changed '^missing +data/tree/empty'
fresh
echo more >$'bag/data/tree/x\e[31m\n'
changed '^added +data/tree/x\\x1B\[31m\\x0A'
fresh
echo 'Contact-Name: me' >>bag/bag-info.txt
changed '^record|^altered'
fresh
sed -i '1s/^./0/' bag/manifest-sha256.txt
changed '^record|^altered'
fresh --exact-names
rm bag/tagmanifest-sha256.txt
run unseal --recheck bag
expect_exit 5
fresh
rm bag/as-sealed/tagmanifest-sha256.txt
run unseal --recheck bag
expect_exit 5
fresh
echo x >>bag/as-sealed/manifest-sha256.txt
changed 'as-sealed'
fresh
rm bag/data/tree/a && ln -s /etc/hostname bag/data/tree/a
changed 'data/tree/a'
run unseal -q --recheck bag --recheck missing
check "the worst of both" test "$status" -eq 1

scenario "the record of another bag"
fresh
unseal -q "${with[@]}" -o other "$vectors/files/bag-one.seal" >/dev/null
cp other.custody.json bag.custody.json
changed '^custody    the manifests do NOT match the record of 20'
echo '{"schema": "seal-custody-1"}' >bag.custody.json
run unseal --recheck bag
expect_exit 1
expect_err 'bag\.custody\.json: is not a readable custody record'
# All of it made anew after a change: only the custody record tells.
fresh
echo First >bag/data/tree/a
(cd bag && find data -type f ! -path '*odd*' -exec sha256sum {} + >new; grep odd manifest-sha256.txt >>new; mv new manifest-sha256.txt
    rm -rf as-sealed metadata.mtree
    sha256sum bagit.txt bag-info.txt manifest-sha256.txt >tagmanifest-sha256.txt)
run unseal --recheck bag
expect_exit 5
expect_out '^custody    the manifests do NOT match the record of 20'

# With as-sealed/, the lists beside data/ are none of those that D covers.
fresh
old=$(sha256sum <bag/data/tree/a | cut -c1-64)
echo First >bag/data/tree/a
touch -r "$good/tree/a" bag/data/tree/a
new=$(sha256sum <bag/data/tree/a | cut -c1-64)
sed -i "s/$old/$new/" bag/manifest-sha256.txt bag/metadata.mtree
(cd bag && cut -c67- tagmanifest-sha256.txt | xargs sha256sum >tags; mv tags tagmanifest-sha256.txt)
run unseal --recheck bag
expect_exit 5
expect_out '^CHANGED    bag: '
rm bag/tagmanifest-sha256.txt
run unseal --recheck bag
expect_exit 5

scenario "no bag"
mkdir folder
echo text >file
for what in folder file; do
    run unseal -q --recheck $what
    check "$what is refused" test "$status" -eq 2
    expect_no_out
    expect_message "$what"
done
run unseal -q --recheck missing
expect_exit 1
expect_message 'missing: could not be opened: No such file'

scenario "a bag that somebody else's program made"
mkdir -p foreign/data/sub
echo one >foreign/data/one
echo two >foreign/data/sub/two
printf 'BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n' >foreign/bagit.txt
(cd foreign && find data -type f -exec sha512sum {} + >manifest-sha512.txt)
run unseal --recheck foreign
expect_exit 0
expect_out '^unchanged  foreign$'
echo Two >foreign/data/sub/two
run unseal --recheck foreign
expect_exit 5
expect_out '^altered +data/sub/two'

scenario "a bag that may only be read"
unseal -q "${with[@]}" -o bag "$good/bag.bin" >/dev/null
find . -printf '%p %T@ %C@ %m\n' | sort >before
run unseal -q --recheck bag
expect_exit 0
find . -printf '%p %T@ %C@ %m\n' | sort >after
sed -i '/ \. \|^\.\/before\|^\.\/after\|^\. /d' before after
expect_same before after

finish
