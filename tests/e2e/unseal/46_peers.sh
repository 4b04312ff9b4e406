#!/bin/bash
# What other people's tools say of our bags: that they are in order, and, when something is altered, that
# they are not. Then what programs of ours read, and how much memory they take, as the bag grows.
#
# Beside sha256sum, mtree, tar, zstd and Python's json there are two readers of our own, which were
# written from the published formats alone: tools/bagcheck.py (it says which BagIt validators were tried)
# and tools/seektable.py. With BAGIT_PY=/path/to/bagit.py the validator of the Library of Congress is
# asked as well. It cannot tell %25, nor a blank at the end of a name, so not for --exact-names.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"

keys=$scratch/keys
mkdir "$keys"
cp "$vectors"/keys/* "$keys"
chmod 600 "$keys"/*
to=(--to "$keys/alice.pub")
with=(--key "$keys/alice.key")

for tool in python3 mtree zstd; do
    needs $tool || finish
done
# What one scenario leaves, others begin with.
ground=$scratch/ground
mkdir "$ground"

bagcheck() { python3 "$root/tests/tools/bagcheck.py" "$@"; }

# What mtree says that is not about the tag files, which it knows nothing of, or about links, which are
# on record and not made: mtree_finds BAG [LISTING].
mtree_finds() {
    local links
    links=$(grep -c ' type=link ' "$1/metadata.mtree")
    (cd "$1" && mtree -f "${2-metadata.mtree}" -p .) 2>&1 |
        grep -vxE 'extra: (bag-info.txt|bagit.txt|(tag)?manifest-sha256.txt|metadata.mtree|as-sealed)' \
            >"$scratch/mtree"
    if [ "$(grep -c '^missing: ' "$scratch/mtree")" -eq "$links" ]; then
        grep -v '^missing: ' "$scratch/mtree"
    else
        cat "$scratch/mtree"
    fi
}

# The listing as mtree wants it: another writer may leave out the line for "." and folders that hold
# something, put things in another order, use other keywords and capitals (FORMAT.md, 5.3).
ordered_listing() {
    printf '#mtree\n. type=dir\n'
    sed -n 's/^\(\.\/[^ ]*\).*/\1/p' "$1" | awk -F/ '{
        path = "."
        for (i = 2; i < NF; i++) { path = path "/" $i; print path " type=dir" } }' |
        LC_ALL=C sort -u - <(grep '^\./' "$1" | awk '{
            for (i = 2; i <= NF; i++) {
                if ($i !~ /^(type|size|time|sha256digest|link)=/) $i = ""
                if ($i ~ /^sha256/) $i = tolower($i) }
            $0 = $0; $1 = $1; print }')
}

# sha256_check BAG default|exact: the latter with the command of docs/CUSTODY.md for names that RFC 8493
# wants written otherwise in a manifest.
# shellcheck disable=SC2317 # it is called by run
sha256_check() (
    cd "$1" || exit
    if [ "$2" = exact ]; then
        sed '/%0[AD]/{s/\\/\\\\/g;s/%0A/\\n/g;s/%0D/\\r/g;s/^/\\/}
        s/%25/%/g' manifest-sha256.txt | sha256sum -c --quiet --strict
    else
        sha256sum -c --quiet --strict manifest-sha256.txt
    fi
)

# accepted BAG default|exact [LISTING]: by all of them.
accepted() {
    run bagcheck "$1"
    judge "bagcheck.py should accept $1" "$status"
    check "no errors, one verdict" test "$(grep -c -e '^error' -e '^valid$' "$out")" -eq 1
    if [ -s "$1/manifest-sha256.txt" ]; then
        run sha256_check "$1" "$2"
        expect_exit 0
    else # sha256sum wants a line at least
        check "no file, no line" test -z "$(find "$1/data" -type f)"
    fi
    run sh -c 'cd "$1" && sha256sum -c --quiet --strict tagmanifest-sha256.txt' - "$1"
    expect_exit 0
    if [ -d "$1/as-sealed" ]; then
        check "only where names differ" test "$2" = default
        run sh -c 'cd "$1/as-sealed" && sha256sum -c --quiet --strict tagmanifest-sha256.txt' - "$1"
        expect_exit 0
        check "the same digests" cmp -s <(cut -c1-64 "$1/manifest-sha256.txt" | sort) \
            <(cut -c1-64 "$1/as-sealed/manifest-sha256.txt" | sort)
    fi
    mtree_finds "$1" ${3+"$3"} >"$out"
    [ ! -s "$out" ]
    judge "mtree should find nothing" $?
    run unseal --recheck "$1"
    expect_exit 0
    if [ "$2" = default ] && [ -n "${BAGIT_PY-}" ]; then
        run python3 "$BAGIT_PY" --validate "$1"
        expect_exit 0
    fi
}

json() { check "JSON: $1" python3 -m json.tool "$1"; }

# ---- Bags of a second implementation --------------------------------------------------------------

while IFS=$'\t' read -r name type who file _; do
    case $type,$file in bag,*[,v]olume* | bag,volume* | stream,*) continue ;; esac
    scenario "vector $name"
    key=${who%%,*}
    passphrase=$(vectors passphrase "$vectors" "$key" 2>/dev/null)
    for mode in default exact; do
        options=()
        [ $mode = default ] || options=(--exact-names)
        run unseal -q --key "$keys/$key.key" --passphrase-fd 0 "${options[@]}" -o $mode \
            "$vectors/files/$file" <<<"$passphrase"
        check "opens: $status" test "$status" -eq 0 -o "$status" -eq 3
        ordered_listing $mode/metadata.mtree >$mode.mtree
        accepted $mode $mode ../$mode.mtree
        json $mode.custody.json
    done
done < <(vectors samples "$vectors")
check "not a few" test "$scenario_count" -ge 12

# ---- Bags of ours --------------------------------------------------------------------------------

scenario "a bag with all that is odd"
mkdir -p tree/{Документы/пустая,empty,sub/deeper} tree/$'bidi\u202e'
printf 'Протокол\n' >'tree/Документы/допрос № 1.txt'
printf 1 >tree/$'caf\u00e9'
printf 2 >tree/$'cafe\u0301'
printf 3 >tree/README
printf 4 >tree/readme
printf 5 >tree/Отчёт
printf 6 >tree/отчёт
printf 7 >'tree/100% sure'
printf 8 >tree/%41%25
printf 9 >tree/$'two\nlines'
printf 10 >tree/$'carriage\rreturn'
printf 11 >tree/CON
printf 12 >tree/12:30
printf 13 >tree/$'bidi\u202e'/$'\u202egpj.exe'
printf 14 >tree/'back\slash'
printf 15 >tree/' blanks '
printf 16 >tree/'#hash'
printf 17 >tree/$'latin-\xe9'
: >tree/empty/file
: >tree/nothing
printf '#!/bin/sh\n' >tree/run.sh
chmod 755 tree/run.sh
maketree noise tree/sub/noise 300000
touch -d @-1.5 tree/README tree/empty
touch -d @-2000000000.123456789 tree/readme
touch -d @0 tree/run.sh
touch -d @4102444800.000000001 tree/sub/noise
ln -s ../README tree/sub/link
ln -s nowhere tree/sub/'broken: 100%'
printf 'Первая строка\n\n  indented: with a colon\n' >"$ground/note"
seal_it() {
    local want=$1
    shift
    run seal -q "${to[@]}" --note 'Осторожно: one' --note-file "$ground/note" --local-offset \
        --info 'Source-Organization=ACME: a=b' --info 'Contact-Name=100%' "$@"
    expect_exit "$want"
}
seal_it 0 -o sealed.bin tree
cp sealed.bin "$ground"
run unseal -q "${with[@]}" --writable -o bag sealed.bin
expect_exit 0
expect_dir bag/as-sealed
check "a link spelled" grep -q ' type=link ' bag/metadata.mtree
accepted bag default
check "no percent sign in a manifest" sh -c '! grep -q % bag/manifest-sha256.txt'
cp -a bag "$ground"
run unseal -q "${with[@]}" --exact-names -o exact sealed.bin
expect_exit 0
expect_absent exact/as-sealed
accepted exact exact
check "twins are noticed" test "$(bagcheck exact | grep -c '^warning: two paths that differ in')" -eq 3
check "sha256sum alone finds not all" sh -c 'cd exact && ! sha256sum -c --quiet manifest-sha256.txt'
check "the page has the command" grep -qF "s/%25/%/g' manifest-sha256.txt | sha256sum -c" \
    "$root/docs/CUSTODY.md"
run unseal -q "${with[@]}" --list --json sealed.bin
expect_exit 0
cp "$out" list.json
json list.json
json bag.custody.json
json exact.custody.json
# What the record says, read by another, is what is on the disk.
python3 - list.json exact >"$out" 2>"$err" <<'END'
import hashlib, json, os, sys
items = json.load(open(sys.argv[1], encoding="ascii"))["items"]
want = {i["path"]: i for i in items if i["type"] != "link"}
have = set()
for folder, folders, files in os.walk(os.path.join(sys.argv[2], "data")):
    have |= {os.path.relpath(os.path.join(folder, n), sys.argv[2]) for n in folders + files}
assert have | {"data"} == set(want), have ^ set(want)
for path, item in want.items():
    if item["type"] == "file":
        data = open(os.path.join(sys.argv[2], path), "rb").read()
        assert len(data) == item["size"] and hashlib.sha256(data).hexdigest() == item["sha256"], path
assert sum(i["type"] == "link" for i in items) == 2
END
judge "the listing should be what is on the disk" $?

scenario "a bag with gaps"
cp -a "$ground/bag/data/tree" tree
mkfifo tree/fifo
printf x >tree/plain
seal_it 3 -o sealed.bin tree 2>/dev/null
for mode in default exact; do
    options=()
    [ $mode = default ] || options=(--exact-names)
    run unseal -q "${with[@]}" "${options[@]}" -o $mode sealed.bin
    expect_exit 3
    accepted $mode $mode
    json $mode.custody.json
done

scenario "a file alone, and nothing"
: >empty
mkdir none
seal_it 0 -o sealed.bin empty none
run unseal -q "${with[@]}" -o bag sealed.bin
accepted bag default

# ---- Each of them notices ------------------------------------------------------------------------

scenario "what is altered is noticed"
# altered WHO COMMAND...: a fresh bag, in which the command runs; then those must notice, and those alone:
# b bagcheck.py, s sha256sum with the manifest, t sha256sum with the tag manifest, m mtree, r --recheck
# (which takes any bag that the RFC allows: with tag files in no list, too, or without a tag manifest).
altered() {
    local want=$1 found=''
    shift
    rm -rf bag
    cp -a "$ground/bag" bag
    (cd bag && eval "$*") || judge "$*" 1
    bagcheck bag >"$out" 2>"$err" || found+=b
    (cd bag && sha256sum -c --quiet --strict manifest-sha256.txt) >>"$out" 2>>"$err" || found+=s
    (cd bag && sha256sum -c --quiet --strict tagmanifest-sha256.txt) >>"$out" 2>>"$err" || found+=t
    [ -z "$(mtree_finds bag)" ] || found+=m
    unseal -q --recheck bag >/dev/null 2>&1 || found+=r
    [ "$found" = "$want" ]
    judge "$* should be noticed by $want" $? "$found"
    [ -z "${BAGIT_PY-}" ] ||
        printf '%s: bagit.py says %s to: %s\n' "$test_name" \
            "$(python3 "$BAGIT_PY" --quiet --validate bag >/dev/null 2>&1 && echo valid || echo invalid)" "$*"
}
# shellcheck disable=SC2317 # it is called by eval
# retag: digests of the lists as they are now, so that only what the lists say is wrong.
retag() {
    local name
    cut -c67- tagmanifest-sha256.txt >names
    while read -r name; do sha256sum "$name"; done <names >tagmanifest-sha256.txt
    rm names
}
noise=data/tree/sub/noise run=data/tree/run.sh again="touch -d @4102444800.000000001 data/tree/sub/noise"
altered '' :
altered bsmr "printf X | dd of=$noise bs=1 seek=150000 conv=notrunc status=none; $again"
altered bsmr "printf X >>$noise; $again"
altered bsmr "truncate -s 299999 $noise; $again"
altered bsmr "rm data/tree/nothing"
altered bsmr "mv data/tree/nothing data/tree/nowhere"
altered bmr 'printf x >data/tree/extra'
altered bmr 'printf x >data/extra'
altered mr "touch -d @1 $run"
altered mr "touch -d @0.000001 $run"
altered r "touch -d @0.000000001 $run" # NetBSD's mtree compares microseconds
altered mr "touch -d @1 data/tree/empty"
altered mr 'rmdir data/tree/Документы/пустая'
altered mr 'mkdir data/tree/more'
altered bsmr "rm $run; ln -s ../../bagit.txt $run"
altered bmr 'printf x >extra.txt'
altered btr "printf x >>bag-info.txt"
altered btr "printf '# x\n' >>metadata.mtree"
altered btr "rm bag-info.txt"
altered btr "printf x >>as-sealed/manifest-sha256.txt"
altered btr "rm as-sealed/bag-info.txt"
altered btr "printf 'BagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n' >bagit.txt"
altered br "sed -i 's/^\(Payload-Oxum: .*\)/\11/' bag-info.txt; retag"
altered br "sed -i 's,1.0,2.0,' bagit.txt; retag"
altered br "sed -i 1d manifest-sha256.txt; retag"
altered b "sed -i '1{p;}' manifest-sha256.txt; retag"
altered bsr "sed -i '1s/^./g/' manifest-sha256.txt; retag"
altered bsr "sed -i 's/run.sh/run.sh%00/' manifest-sha256.txt; retag"
altered btr "sed -i 1s/^./g/ tagmanifest-sha256.txt"
altered br "sed -i 1d tagmanifest-sha256.txt"
altered btr "rm tagmanifest-sha256.txt"

# ---- The content as it is: tar and zstd ----------------------------------------------------------

scenario "zstd and tar read --raw, and name what --list names"
run unseal -q "${with[@]}" --raw -o raw.tar.zst "$ground/sealed.bin"
expect_exit 0
run unseal -q "${with[@]}" --list --json "$ground/sealed.bin"
cp "$out" list.json
check "names, in this order, to the byte" python3 -c '
import json, subprocess, sys
items = [i for i in json.load(open("list.json"))["items"] if i["type"] != "link"]
want = "".join(i["path"] + "/" * (i["type"] == "dir") + "\n" for i in items)
tags = ["manifest-sha256.txt", "metadata.mtree", "bag-info.txt", "bagit.txt", "tagmanifest-sha256.txt"]
have = subprocess.run("zstd -dcq raw.tar.zst | tar t --quoting-style=literal", shell=True,
    stdout=subprocess.PIPE, check=True).stdout
sys.exit(have != (want + "".join(t + "\n" for t in tags)).encode())'
mkdir tree && cp -r "$root/docs" tree/документы && maketree noise tree/noise 9000000
run seal -q "${to[@]}" -o plain.bin tree
run unseal -q "${with[@]}" --list plain.bin
cp "$out" list
run unseal -q "${with[@]}" --raw -o plain.tar.zst plain.bin
zstd -dcq plain.tar.zst >plain.tar
check "the listing is what tar lists" cmp -s list <(tar tf plain.tar --quoting-style=literal | grep '^data/')

scenario "the seek table leads to every frame"
for file in ../*/plain.tar.zst ../*/raw.tar.zst; do
    cp "$file" raw.zst
    zstd -dcqf raw.zst >raw
    run python3 "$root/tests/tools/seektable.py" raw.zst raw
    expect_exit 0
done
expect_out '^[2-9]$'
run unseal -q "${with[@]}" --raw -o stream.zst "$vectors/files/stream.seal"
zstd -dcq stream.zst >stream
run python3 "$root/tests/tools/seektable.py" stream.zst stream
expect_exit 0
run unseal -q "${with[@]}" --raw -o two.zst "$vectors/files/two-frames.seal"
zstd -dcq two.zst >two
run python3 "$root/tests/tools/seektable.py" two.zst two
expect_exit 0
expect_out '^3$'
# That the check can fail: a row that lies, and no table.
size=$(stat -c %s two.zst)
cp two.zst lies.zst
printf '\001' | dd of=lies.zst bs=1 seek=$((size - 9 - 24 + 4)) conv=notrunc status=none
run python3 "$root/tests/tools/seektable.py" lies.zst two
expect_exit 1
head -c -1 two.zst >short.zst
run python3 "$root/tests/tools/seektable.py" short.zst two
expect_exit 1

# ---- What is read, and what is held in memory ----------------------------------------------------

# bytes_read COMMAND...: how much it read, all in all; this shell's own count, which takes in that of
# children it has waited for.
rchar() { sed -n 's/^rchar: //p' "/proc/$$/io"; }
bytes_read() {
    local before
    before=$(rchar)
    run "$@"
    bytes=$(($(rchar) - before))
}

scenario "a listing reads less than a hundredth of a large bag"
large=600000000
if ! needs_time; then
    : # it is left out
elif [ ! -r "/proc/$$/io" ]; then
    skip "this system does not count what is read"
elif [ "$(df --output=avail -k . | tail -n 1)" -lt $((2 * 1024 * 1024)) ]; then
    skip "it takes 1.2 GB of disk, and there is less than 2 GiB free in $scratch"
else
    mkdir -p tree/m tree/z
    maketree noise tree/m/noise $large
    for n in $(seq 1000); do echo "$n" >"tree/z/$n"; done
    run seal -q "${to[@]}" --no-compress -o sealed.bin tree
    expect_exit 0
    rm tree/m/noise
    bytes_read cat sealed.bin
    check "the count counts: $bytes" test "$bytes" -ge "$(stat -c %s sealed.bin)"
    for how in --list '--list --long' '--list --json'; do
        # shellcheck disable=SC2086 # options
        bytes_read unseal -q "${with[@]}" $how sealed.bin
        expect_exit 0
        expect_out 'data/tree/z/1000'
        check "$how reads $bytes bytes" test "$bytes" -lt $((large / 100))
    done
    for path in z/1 z/1000; do
        bytes_read unseal -q "${with[@]}" --extract "data/tree/$path" -o "${path#*/}" sealed.bin
        expect_exit 0
        expect_same tree/$path "${path#*/}/data/tree/$path"
        check "--extract of $path reads $bytes bytes" test "$bytes" -lt $((large / 50))
    done
    rm -f sealed.bin
fi

scenario "each file takes less than 400 bytes of memory"
few=1000 many=100000
if ! needs_time; then
    : # it is left out
elif needs_no_sanitizer; then
    for count in $few $many; do
        maketree many "$count" "$count"
        for what in dry-run seal verify list long json unseal recheck; do
            case $what in
            dry-run) command=(seal -q --dry-run "$count") ;;
            seal) command=(seal -q "${to[@]}" -o "$count.bin" "$count") ;;
            verify) command=(unseal -q "${with[@]}" --verify "$count.bin") ;;
            list) command=(unseal -q "${with[@]}" --list "$count.bin") ;;
            long) command=(unseal -q "${with[@]}" --list --long "$count.bin") ;;
            json) command=(unseal -q "${with[@]}" --list --json "$count.bin") ;;
            unseal) command=(unseal -q "${with[@]}" -o "$count.bag" "$count.bin") ;;
            recheck) command=(unseal -q --recheck "$count.bag") ;;
            esac
            run measure "$count.$what" "${command[@]}"
            expect_exit 0
            [ $what != list ] || check "all are listed" test "$(grep -c 'txt$' "$out")" -eq "$count"
            [ "$count" -eq $many ] || continue
            each=$((($(cat $many.$what) - $(cat $few.$what)) * 1024 / (many - few)))
            check "$what: $each bytes a file" test $each -lt 400
        done
    done
    chmod -R u+w $few.bag $many.bag
    rm -rf $few.bag $many.bag $few $many
fi

finish
