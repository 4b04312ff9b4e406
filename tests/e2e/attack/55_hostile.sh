#!/bin/bash
# What an attack on the code found, seen from outside: media with thousands of bad sectors, links and
# files that lie about themselves, systems that fold names, very deep trees, every signal.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"

keys=$scratch/keys
mkdir "$keys" && (cd "$keys" && take_keys alice.pub alice.key)
to=(--to "$keys/alice.pub")
with=(--key "$keys/alice.key")
EIO=5

# incomplete TREE LINE: sealing ended with status 3; and so does unsealing, with that line on record.
incomplete() {
    expect_exit 3
    expect_out '^receipt '
    run unseal -q "${with[@]}" -o bag sealed.bin
    expect_exit 3
    expect_err 'the sender recorded that something is missing'
    grep -Eqx -- "$1" bag/metadata.mtree
    judge "the listing should have a line" $? "$1"
    (cd bag && sha256sum --quiet -c manifest-sha256.txt tagmanifest-sha256.txt) >/dev/null 2>&1
    judge "the manifests should hold" $?
}

# ---- Sources that fail or lie --------------------------------------------------------------------

# Every second sector is bad, so is the last, which is short.
scenario "a card with thousands of bad sectors"
sectors=16386
[ -z "$quick" ] || sectors=2050
mkdir tree
echo good >tree/good
maketree noise tree/card $(((sectors - 1) * 4096 + 100))
hit SYSTEM_SECTORS=card -- seal -q "${to[@]}" -o sealed.bin tree
expect_err 'tree/card could be read only in part; zeros stand for the rest'
incomplete '# damaged \./data/tree/card 4096-8191,12288-16383,.*[0-9]'
grep '^# damaged ' bag/metadata.mtree >damaged
check "several lines" test "$(wc -l <damaged)" -ge 3
check "all of that file" test "$(grep -c '^# damaged \./data/tree/card [0-9,-]*[0-9]$' damaged)" -eq "$(wc -l <damaged)"
check "none over 8 KB" test "$(wc -L <damaged)" -lt 8192
for ((i = 1; i < sectors; i += 2)); do
    echo "$((i * 4096))-$((i == sectors - 1 ? i * 4096 + 99 : i * 4096 + 4095))"
done >want
cut -d' ' -f4 damaged | tr , '\n' >ranges
expect_same want ranges
# Sector by sector, what was read and zeros.
sectors_of() { od -An -v -tx8 -w4096 "$1"; }
sectors_of tree/card | awk 'NR % 2 == 0 { gsub(/[0-9a-f]/, "0") } { print }' >want
sectors_of bag/data/tree/card >have
expect_same want have
check "as long as it was" test "$(stat -c %s bag/data/tree/card)" -eq "$(stat -c %s tree/card)"
expect_same tree/good bag/data/tree/good
rm -f want have

scenario "a link whose target cannot be read"
mkdir tree
ln -s elsewhere tree/link
echo here >tree/file
hit "FAULT_CALL=readlink errno:$EIO" -- seal -q "${to[@]}" -o sealed.bin tree
expect_remark 'tree/link could not be read and is left out \(Input/output error\)'
incomplete '# missing \./data/tree/link Input/output error'
check "not as a link" test "$(grep -c 'type=link' bag/metadata.mtree)" -eq 0
expect_same_tree tree bag/data/tree

scenario "a file that grows while it is read"
mkdir tree
maketree noise tree/noise 3000000
cp tree/noise before
# The last is within its last byte; with another time or the old one.
for growth in 'echo more >>tree/noise' 'echo more >>tree/noise; touch -d @0 tree/noise' \
    'touch -r tree/noise stamp; echo more >>tree/noise; touch -r stamp tree/noise'; do
    for at in 0 1500000 2999999; do
        remove bag sealed.bin
        cp before tree/noise
        hit "FAULT_READ=noise $at $at run:$growth" -- seal -q "${to[@]}" -o sealed.bin tree
        if [ $at -eq 0 ] && [ "$status" -eq 0 ]; then # it may have grown before it was looked at
            run unseal -q "${with[@]}" -o bag sealed.bin
            expect_same tree/noise bag/data/tree/noise
            continue
        fi
        expect_remark 'tree/noise changed while it was read \('
        incomplete '# changed \./data/tree/noise .+'
        expect_same before bag/data/tree/noise
    done
done

# ---- Names ---------------------------------------------------------------------------------------

# folded NAME: what was sealed has two names that are one to this system; NAME is told, if names are to
# stay as they are. By default one is spelled differently, on any system.
folded() {
    run seal -q "${to[@]}" -o sealed.bin tree
    expect_exit 0
    run unseal -q "${with[@]}" --exact-names -o bag sealed.bin
    expect_exit 0
    expect_same_tree tree bag/data/tree
    remove bag
    run unseal -q "${with[@]}" -o bag sealed.bin
    expect_exit 0
    (cd bag && sha256sum --quiet -c manifest-sha256.txt tagmanifest-sha256.txt) >/dev/null 2>&1
    judge "the manifests should hold" $?
    (cd bag/as-sealed && sha256sum --quiet -c tagmanifest-sha256.txt) >/dev/null 2>&1
    judge "as-sealed should hold what D covers" $?
    hit SYSTEM_FOLDS=1 -- unseal -q "${with[@]}" -o folded sealed.bin
    expect_exit 0
    listing -f bag/data | cut -d' ' -f1-5 | LC_ALL=C sort >want
    listing -f folded/data | cut -d' ' -f1-5 | LC_ALL=C sort >have
    expect_same want have
    remove bag folded want have
    hit SYSTEM_FOLDS=1 -- unseal -q "${with[@]}" --exact-names -o bag sealed.bin
    expect_exit 1
    expect_no_out
    expect_message "data/tree/$1"
    check "what to do" grep -q 'Leave out --exact-names if you gave it' "$err"
    expect_names . sealed.bin tree
}

scenario "two folders that are one here"
mkdir -p tree/DCIM tree/dcim
echo 1 >tree/DCIM/one
echo 2 >tree/dcim/two
folded '(DCIM|dcim)'

scenario "two files that are one here"
mkdir tree
echo 1 >tree/A
echo 2 >tree/a
folded '[Aa]'

scenario "a file and a folder that are one here"
mkdir -p tree/X
echo 1 >tree/x
echo 2 >tree/X/y
folded '[Xx]'

scenario "two folders that are one here, deep down"
mkdir -p tree/a/b/C/d tree/a/b/c/d
echo 1 >tree/a/b/C/d/one
echo 2 >tree/a/b/c/d/two
folded 'a/b/[Cc]'

scenario "names are folded, but none meets another"
mkdir -p tree/DCIM/Sub tree/dcim2
echo 1 >tree/DCIM/Sub/One
echo 2 >tree/dcim2/Sub
run seal -q "${to[@]}" -o sealed.bin tree
hit SYSTEM_FOLDS=1 -- unseal -q "${with[@]}" -o bag sealed.bin
expect_exit 0
expect_same tree/DCIM/Sub/One bag/data/tree/dcim/sub/one
expect_same tree/dcim2/Sub bag/data/tree/dcim2/sub

# Nothing hidden and no option comes of the name of a file that somebody sent.
scenario "no default name that begins with a dot or a dash"
echo evidence >file
seal -q "${to[@]}" -o bag.sealed file >/dev/null
seal -q "${to[@]}" -o stream.sealed - <file >/dev/null
for kind in bag stream; do
    for name in .bashrc.bin .bin .x -.bin -o.bin --help.bin ..bin .-.bin -; do
        mkdir empty && cp $kind.sealed "empty/$name" && cd empty || exit 1
        for path in "./$name" "../empty/$name" "$PWD/$name"; do
            run unseal -q "${with[@]}" "$path"
            expect_exit 2
            expect_no_out
            expect_message 'give -o a name|begins with a dot'
            run unseal -q "${with[@]}" --raw "$path"
            expect_exit 2
            expect_names . "$name"
        done
        run unseal -q "${with[@]}" -o given "./$name"
        expect_exit 0
        expect_made . given "$name"
        cd .. && remove empty
    done
done

# ---- Depth ---------------------------------------------------------------------------------------

# Each folder is opened a few times, not once for each below it.
scenario "a very deep tree"
levels=250
counts=()
for depth in $((levels / 2)) $levels; do
    maketree chain "tree$depth" "$depth"
    hit SYSTEM_COUNT="$PWD/count" -- seal -q "${to[@]}" -o "sealed$depth.bin" "tree$depth"
    expect_exit 0
    counts+=("$(cat count)")
    hit SYSTEM_COUNT="$PWD/count" -- unseal -q "${with[@]}" -o "bag$depth" "sealed$depth.bin"
    expect_exit 0
    expect_same_tree "tree$depth" "bag$depth/data/tree$depth"
    counts+=("$(cat count)")
done
echo "opened: ${counts[*]}" >"$out"
check "seal opens few folders: ${counts[2]}" test "${counts[2]}" -lt $((10 * levels))
check "unseal opens few folders: ${counts[3]}" test "${counts[3]}" -lt $((10 * levels))
check "twice as deep is twice the work to seal" test "${counts[2]}" -lt $((3 * counts[0]))
check "twice as deep is twice the work to unseal" test "${counts[3]}" -lt $((3 * counts[1]))
remove tree* bag*

# ---- Signals -------------------------------------------------------------------------------------

scenario "all signals that end a process, half way"
mkdir "$scratch/good"
maketree noise "$scratch/good/noise" 3000000
seal -q "${to[@]}" -o "$scratch/bag.bin" "$scratch/good" >/dev/null
seal -q "${to[@]}" -o "$scratch/stream.bin" - <"$scratch/good/noise" >/dev/null
for signal in QUIT ALRM USR1 USR2 XCPU; do
    number=$(kill -l $signal)
    for bytes in 0 70000 1500000; do
        for command in "seal -q --to $keys/alice.pub -o out $scratch/good" \
            "unseal -q --key $keys/alice.key -o out $scratch/bag.bin" \
            "unseal -q --key $keys/alice.key -o out $scratch/stream.bin" \
            "unseal -q --raw --key $keys/alice.key -o out $scratch/bag.bin"; do
            # shellcheck disable=SC2086 # a command line
            hit "FAULT_WRITE=$bytes signal:$number" -- $command
            expect_exit $((128 + number))
            expect_no_out
            expect_message 'stopped before the end\. Nothing unfinished was left behind'
            expect_names .
        done
    done
done

finish
