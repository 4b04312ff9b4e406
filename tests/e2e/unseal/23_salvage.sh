#!/bin/bash
# unseal --salvage: what is left of a damaged file comes out, nothing false does, and nothing of it looks like a bag that
# was accepted.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"

needs python3 || finish

given=$scratch/given
mkdir "$given" && cd "$given" || exit 1
take_keys alice.pub alice.key
to=(--to "$given/alice.pub")
with=(--key "$given/alice.key")

# Photos that do not shrink, texts that do, names that not every system has, times without a fraction, which need no pax
# header, and an archive of the same kind in it.
mkdir -p tree/photos tree/texts tree/empty 'tree/имя %'
for i in 1 2 3 4 5 6; do maketree noise tree/photos/$i.jpg $((700000 + i * 4096)); done
for i in $(seq 60); do seq "$i" $((i + 400)) >"tree/texts/$i.txt"; done
touch -d @1500000000 tree/texts/1*.txt tree/photos/3.jpg
echo odd >'tree/имя %/a:b'
: >tree/nothing
mkdir nested
for i in 1 2 3 4 5; do maketree noise nested/false$i 50000; done
seal -q "${to[@]}" -o nested.bin nested >/dev/null
unseal -q "${with[@]}" --raw nested.bin >/dev/null
if needs zstd; then zstd -q -d nested.tar.zst -o tree/nested.tar; fi
cp nested.tar.zst tree/photos/nested.tar.zst
seal -q "${to[@]}" --repair none --no-compress -o bag.bin tree >/dev/null
seal -q "${to[@]}" --repair none -o packed.bin tree >/dev/null
seal -q "${to[@]}" --repair 6 --no-compress -o repair.bin tree >/dev/null

# zeros FILE FIRST COUNT: those blocks are zeros.
zeros() { dd if=/dev/zero of="$1" bs=65536 seek="$2" count="$3" conv=notrunc status=none; }
blocks() { echo $(($(stat -c %s "$1") / 65536)); }

salvage() { run unseal "${with[@]}" --salvage "$@"; }

# expect_true FOLDER: nothing false is in it. Leaves the number of whole files and of parts in $whole and $parts.
expect_true() {
    python3 "$root/tests/tools/salvaged.py" "$given/tree" "$1" >"$scratch/true" 2>&1
    judge "nothing false should be in $1" $? "$(cat "$scratch/true")"
    read -r whole parts <"$scratch/true"
    (cd "$1" && sha256sum --quiet -c whole-sha256.txt) >"$scratch/true" 2>&1
    judge "sha256sum should agree" $? "$(cat "$scratch/true")"
    expect_absent "$1/bagit.txt"
    run unseal --recheck "$1"
    expect_exit 2
}

scenario "a hole in the middle"
cp "$given/bag.bin" hole.bin
zeros hole.bin 20 2
salvage hole.bin
expect_exit 5
expect_err 'Make an image of the medium first, with ddrescue'
expect_err '2 of [0-9]+ blocks .* are lost'
expect_err 'Ask the sender for the file again'
expect_out '^salvaged hole\.salvaged$'
expect_out '^whole    [0-9]+ files, '
expect_out '^parts    [12] files?, '
expect_out '^record   hole\.salvaged\.custody\.txt$'
check "no receipt" test -z "$(grep -i receipt "$out")"
expect_made . hole.salvaged hole.bin
expect_true hole.salvaged
check "the rest is whole" test "$whole" -ge 65
check "parts" test "$parts" -ge 1
# Each file that the record knows is somewhere, though all of some is lost.
cp "$given/bag.bin" large.bin
zeros large.bin 10 36
salvage -o large large.bin
expect_exit 5
expect_true large
names=$(python3 -c 'import json; s = json.load(open("large.custody.json"))["salvage"]["files"]; print(s["name-only"])')
check "some have only a name" test "$names" -ge 1
check "none is forgotten" test $((whole + parts + names)) -eq "$(find "$given/tree" -type f | wc -l)"
check "few bytes are lost" test "$(sed 1d hole.salvaged/parts.txt | awk '{sum += $1 * 0 + $2} END {print sum}')" -le 400000
expect_absent hole.salvaged/whole-unverified.txt
expect_file hole.salvaged/record/manifest-sha256.txt
check "the verdict" grep -q '"verdict": "salvaged"' hole.salvaged.custody.json
check "for people" grep -q '^Salvaged: ' hole.salvaged.custody.txt
check "no receipt there" grep -q '"receipt": null' hole.salvaged.custody.json
check "ranges" grep -Eq 'lost: [0-9]+ \+ [0-9]+' hole.salvaged.custody.txt
check "the digest of the damaged file" grep -q "$(sha256sum <hole.bin | cut -d' ' -f1)" hole.salvaged.custody.txt
check "JSON" python3 -m json.tool hole.salvaged.custody.json

scenario "under a name that is given, and logged"
cp "$given/bag.bin" hole.bin
zeros hole.bin 20 1
salvage --log log --case 7 --operator Ada -o what-is-left hole.bin
expect_exit 5
expect_out '^salvaged what-is-left$'
expect_true what-is-left
check "in the log" grep -q $'\tsalvaged\thole.bin$' log
check "without a receipt" grep -q $'\t-\tsalvaged\t' log
check "by whom" grep -q 'Ada' what-is-left.custody.txt
# It is not known as one that was received.
salvage --log log -o again hole.bin
check "no double" test -z "$(grep 'received before' "$err")"
salvage -o what-is-left hole.bin
expect_exit 1
expect_err 'what-is-left'

scenario "a lost end: the record is gone, and the tables"
head -c 3000000 "$given/bag.bin" >cut.bin
salvage cut.bin
expect_exit 5
expect_err 'The record of digests is lost, so [0-9]+ files'
expect_true cut.salvaged
check "some are whole" test "$whole" -ge 3
check "and all said to be unverified" test "$(wc -l <cut.salvaged/whole-unverified.txt)" -eq "$whole"
check "in the record" grep -q 'Whole, unverified' cut.salvaged.custody.txt

scenario "a lost end, and a hole: looked for behind it"
for from in bag packed; do
    head -c 4500000 "$given/$from.bin" >$from.bin
    zeros $from.bin 12 3
    salvage $from.bin
    expect_exit 5
    expect_true $from.salvaged
    check "some are whole" test "$whole" -ge 1
done

scenario "a lost beginning, with repair data beyond what they mend"
cp "$given/repair.bin" begin.bin
zeros begin.bin 0 9
salvage begin.bin
expect_exit 5
expect_true begin.salvaged
check "most of it is there" test "$whole" -ge 60
scenario "with repair data, within what they mend"
cp "$given/repair.bin" mend.bin
zeros mend.bin 30 3
salvage mend.bin
expect_exit 2
expect_err 'nothing is lost of what it holds'
expect_names . mend.bin

# The list says of each file what the salvage takes out.
scenario "looked at first"
for damage in 'bag 20 2' 'packed 3 1' 'repair 20 12'; do
    read -r from first count <<<"$damage"
    cp "$given/$from.bin" hole.bin
    zeros hole.bin "$first" "$count"
    run unseal "${with[@]}" --salvage --list hole.bin
    expect_exit 5
    expect_err 'Make an image of the medium first, with ddrescue'
    expect_err "$count of [0-9]+ blocks .* are lost"
    expect_err 'Nothing was written: without --list it is taken out'
    expect_names . hole.bin
    grep '^whole ' "$out" | sed 's/^[a-z]* *data/whole\/data/' | sort >listed
    cp "$out" states
    salvage -o out hole.bin
    (cd out && sort -k 2 whole-sha256.txt | cut -c 67- | sort) >taken
    # The names on disk may be others than those that were sealed.
    check "as many whole files as come out" test "$(wc -l <listed)" -eq "$(wc -l <taken)"
    check "the same but for odd names" test -z "$(comm -3 listed taken | grep -v имя)"
    check "what is in part is said to be" grep -q '^partial ' states
    run unseal "${with[@]}" --salvage --list --long hole.bin
    expect_exit 5
    expect_out '^partial +[0-9]+ +[0-9]+ data/'
    remove out listed states taken
done

scenario "something behind the end"
for from in bag packed; do
    for more in 1 2047 65536 200000; do
        { cat "$given/$from.bin" && head -c "$more" "$given/nested.bin"; } >longer.bin
        run unseal -q "${with[@]}" -o x longer.bin
        expect_exit 5
        salvage -o x longer.bin
        expect_exit 5
        expect_true x
        check "all of it comes out: $from, $more bytes" test "$parts" -eq 0
        remove x
    done
    salvage -o x longer.bin
    expect_err 'All that was sealed is here\. But something stands behind the end'
    remove x
done
# With repair data such a file opens.
{ cat "$given/repair.bin" && echo; } >longer.bin
salvage -o x longer.bin
expect_exit 2
expect_absent x
run unseal -q "${with[@]}" -o x longer.bin
expect_exit 0
remove x

scenario "nothing is damaged"
salvage "$given/bag.bin"
expect_exit 2
expect_err 'open it without --salvage'
expect_names .

scenario "nothing can be read"
cp "$given/bag.bin" none.bin
zeros none.bin 1 $(($(blocks none.bin) + 1))
printf x | dd of=none.bin bs=1 seek=65000 conv=notrunc status=none
salvage none.bin
expect_exit 5
expect_err 'nothing of what it held can be read any more\)\. Ask for the file again\.$'
expect_names . none.bin

scenario "a volume is missing"
mkdir set
run seal -q "${to[@]}" --repair none --no-compress --split 1M -o set "$given/tree"
mapfile -t volumes < <(sed -n 's/^sealed  \(.*\)  (.*/\1/p' "$out")
check "several" test ${#volumes[@]} -ge 4
run unseal -q "${with[@]}" -o bag "${volumes[0]}" "${volumes[@]:2}"
expect_exit 2
salvage -o second "${volumes[0]}" "${volumes[@]:2}"
expect_exit 5
expect_err '1 volume in front of the last one given is missing'
expect_true second
check "others are whole" test "$whole" -ge 60
salvage -o last "${volumes[@]: -1}"
expect_exit 5
expect_true last
check "the tables tell where the last one stands" test "$whole" -ge 1
check "and the record what was there" grep -q 'Only a name' last.custody.txt
salvage -o first "${volumes[0]}"
expect_exit 5
expect_err 'Volumes behind the last one given are missing'
expect_true first
salvage -o all "${volumes[@]}"
expect_exit 2

scenario "a stream"
maketree noise plain 3000000
seal -q "${to[@]}" --repair none -o stream.bin - <plain >/dev/null
zeros stream.bin 10 2
salvage stream.bin
expect_exit 5
expect_file stream.salvaged/parts/stream
check "as long" test "$(stat -c %s stream.salvaged/parts/stream)" -eq 3000000
python3 - stream.salvaged plain >"$scratch/true" 2>&1 <<'END'
import sys
out, true = open(sys.argv[1] + "/parts/stream", "rb").read(), open(sys.argv[2], "rb").read()
lost = [tuple(map(int, l.split("\t")[:2])) for l in open(sys.argv[1] + "/parts.txt").read().splitlines()[1:]]
at = 0
for off, n in lost + [(len(true), 0)]:
    assert out[at:off] == true[at:off] and not any(out[off:off + n]), off
    at = off + n
assert 0 < sum(n for _, n in lost) < 600000, lost
END
judge "zeros in the holes, and nowhere else" $? "$(cat "$scratch/true")"

scenario "what makes no sense"
cp "$given/bag.bin" hole.bin
zeros hole.bin 20 1
for option in --verify '--list --json' '--list --csv' --raw '--extract a' '--recheck a' '--repair-to a'; do
    # shellcheck disable=SC2086 # an option and its value
    salvage $option hole.bin
    expect_exit 2
done
salvage -o - hole.bin
expect_exit 2
run unseal "${with[@]}" --salvage -o x - <hole.bin
expect_exit 2
expect_err 'write what comes in to a disk first'
mkfifo pipe
cat hole.bin >pipe &
salvage -o x pipe
expect_exit 2
wait
expect_absent x

scenario "limits hold"
cp "$given/bag.bin" hole.bin
zeros hole.bin 20 1
salvage --max-files 10 hole.bin
expect_exit 1
salvage --max-size 1M hole.bin
expect_exit 1
run unseal "${with[@]}" --salvage --list --max-size 1M hole.bin
expect_exit 1
expect_names . hole.bin

# Fixed seeds: nothing false ever comes out, whatever is damaged. SALVAGE_SEEDS=1000 takes a quarter of an hour.
scenario "any damage"
cat >damage.py <<'END'
import random, sys
data, r = bytearray(open(sys.argv[1], "rb").read()), random.Random(sys.argv[3])
blocks = len(data) // 65536
for _ in range(r.choice([1, 1, 2, 5, blocks // 3])):
    at = r.randrange(1, blocks) * 65536
    end = min(len(data), at + 65536 * r.choice([1, 1, 2, 8]))
    data[at:end] = bytes(end - at)
if r.random() < 0.4:
    del data[r.randrange(2 * 65536, len(data)):]
open(sys.argv[2], "wb").write(data)
END
for seed in $(seq "${SALVAGE_SEEDS:-$([ -n "${QUICK-}" ] && echo 24 || echo 80)}"); do
    for from in bag packed repair; do
        [ $((seed % 3)) = 0 ] || [ $from != repair ] || continue
        python3 damage.py "$given/$from.bin" x.bin "$seed $from"
        run unseal -q "${with[@]}" --salvage -o x x.bin
        [ "$status" = 5 ] || [ "$status" = 2 ]
        judge "5, or 2 where all is mended: seed $seed, $from" $? "$status"
        [ -d x ] || continue
        python3 "$root/tests/tools/salvaged.py" "$given/tree" x >"$scratch/true" 2>&1
        judge "nothing false: seed $seed, $from" $? "$(cat "$scratch/true")"
        remove x
    done
done

finish
