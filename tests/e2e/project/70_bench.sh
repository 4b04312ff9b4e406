#!/bin/bash
# The benchmark, with so little data that its figures mean nothing: does it run, compare what came back,
# write all that it should, clean up; and does it notice what fails?
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"

bench=$root/tests/bench/run
# With sanitizers, which take their time, one data set alone.
few=()
[ -z "${QUICK-}" ] || few=(--set mixed)
export TMPDIR=$scratch
unset BENCH_DATA BENCH_ROUNDS BENCH_CORES BENCH_QUICK BENCH_FULL BENCH_MEMORY

scenario "there is all it needs"
needs python3 || finish
for tool in age zstd gpg; do needs $tool; done
[ -n "$(command -v 7zz)" ] || [ -n "$(command -v 7z)" ] || skip "7zz is not installed (Debian: 7zip)"
check "mkdata is built" test -x "$BIN/bench/mkdata"
check "primitives is built" test -x "$BIN/bench/primitives"

# A file of values: as many fields in every line as in the first, and at least so many lines.
expect_csv() {
    local lines
    lines=$(python3 - "$1" <<'END'
import csv, sys
rows = list(csv.reader(line for line in open(sys.argv[1], encoding="utf-8") if not line.startswith("#")))
ok = len({len(row) for row in rows}) == 1 and all(float(row[rows[0].index("round")]) >= 0 for row in rows[1:])
print(len(rows) - 1 if ok else 0)
END
    )
    [ "${lines:-0}" -ge "$2" ]
    judge "$1 should have $2 lines or more, all alike" $? "$lines"
}

expect_svg() {
    check "$1 is XML" python3 -c 'import sys, xml.dom.minidom as m; m.parse(sys.argv[1])' "$1"
    check "$1 is SVG" grep -q '<svg xmlns' "$1"
}

# How often the table and the runs have this.
expect_compared() {
    local compared opened
    compared=$(sed -n 's/^compared *\([0-9]*\) trees that came back, all the same$/\1/p' "$1/table.txt")
    opened=$(grep -c '^[a-z]*,[a-z]*,open,.*,0,[0-9]*,' "$1/results.csv")
    [ -n "$compared" ] && [ "$compared" -gt 0 ] && [ "$compared" -eq "$opened" ]
    judge "each tree that came back in round 0 should have been compared" $? "$compared, $opened"
}

scenario "all of it, quickly"
run "$bench" --quick --bin "$BIN" --out results "${few[@]}"
expect_exit 0
expect_names results growth.csv growth.svg primitives.csv results.csv table.svg table.txt
expect_same results/table.txt "$out"
expect_csv results/results.csv 4
expect_csv results/growth.csv 20
expect_csv results/primitives.csv 8
expect_svg results/table.svg
expect_svg results/growth.svg
expect_compared results
expect_out '^mixed: .* in memory$|^Not measured: mixed in memory'
expect_out '^mixed: .* on disk$'
expect_out '^  seal +[0-9.]+ +[0-9.]+-[0-9.]+ '
expect_out '^  unseal +[0-9.]+ '
expect_out '^  limit, 1 core +[0-9.]+ '
expect_out '^  seal, mixed, of the primitives. limit .* (yes|no)$'
expect_out '^  seal, 10 KB from start to end, CPU +at most 10.0 ms +[0-9.]+ ms +(yes|no)$'
for curve in bytes files recipients keys; do
    check "growth has $curve" grep -q "^$curve,[0-9]*,unseal," results/growth.csv
done
# Nothing about the place where it was measured.
check "no folder is named" test -z "$(grep -lF -e "$PWD" -e "$scratch" results/*)"
check "no work is left behind" test -z "$(find "$scratch" -name 'seal-bench-*')"

scenario "the same seed, the same data"
for folder in a b; do run "$BIN/bench/mkdata" 7 mixed $folder 400; done
expect_exit 0
run diff -r a b
expect_exit 0
check "times are the same" cmp <(cd a && find . -type f -printf '%p %T@\n' | sort) \
    <(cd b && find . -type f -printf '%p %T@\n' | sort)
run "$BIN/bench/mkdata" 8 mixed c 400
run diff -rq a c
expect_exit 1

scenario "a folder of real files, with what is not stored"
mkdir -p 'case/sub folder' case/empty
cp -p "$root"/docs/*.md case
cp -p "$root/README.md" 'case/sub folder/Ünïcode.md'
ln -s ../README.md case/link
run env BENCH_DATA=case "$bench" --quick --bin "$BIN" --out results --no-growth
expect_exit 0
expect_out '^given: .*: [0-9]+ files, '
expect_out '^Not measured: 1 links and special files'
expect_compared results
check "the folder is as it was" test -L case/link

scenario "without the others, and without tmpfs"
mkdir tools
for tool in chmod diff rm sh stat sync tar; do ln -s "$(command -v $tool)" tools/; done
python=$(python3 -c 'import sys; print(sys.executable)')
run env PATH="$PWD/tools" "$python" "$bench" --quick --bin "$BIN" --out results --set media \
    --memory none --no-growth
expect_exit 0
for tool in age:age gpg:gnupg 7zz:7zip; do
    expect_out "^Not measured: ${tool%:*} is not installed \(Debian: ${tool#*:}; make deps-bench\)$"
done
expect_out '^Not measured: media in memory: no room$'
expect_out '^media: .* on disk$'
expect_out '^  seal +[0-9.]+ +[0-9.]+-[0-9.]+ '
expect_out '^  seal, media, without SHA instructions, against tar . zstd -1 . age .* not measured +-$'
expect_compared results

scenario "what fails ends it"
mkdir bin
cp -r "$BIN/bench" "$BIN/sealkey" "$BIN/unseal" bin
printf '#!/bin/sh\necho no room >&2\nexit 1\n' >bin/seal
chmod +x bin/seal
run "$bench" --quick --bin bin --out results --set mixed --no-growth
expect_exit 1
expect_err '^ended with 1: no room$'
expect_empty_dir results

scenario "a tree that comes back changed ends it"
mkdir bin
cp -r "$BIN/bench" "$BIN/sealkey" "$BIN/seal" bin
cp "$BIN/unseal" bin/real-unseal
cat >bin/unseal <<'EOF2'
#!/bin/bash
real=$(dirname "$0")/real-unseal
"$real" --writable "$@" || exit
for word in "$@"; do
    case $word in */bag) find "$word/data" -name '*.csv' -exec sh -c 'echo x >>"$1"' - {} \; ;; esac
done
EOF2
chmod +x bin/unseal
run "$bench" --quick --bin bin --out results --set mixed --no-growth
expect_exit 1
expect_err '^bench: seal: what came out is not what went in'
expect_empty_dir results

scenario "wrong use"
run "$bench" --set unknown
expect_exit 2
run "$bench" --rounds 0
expect_exit 2
run "$bench" --data there-is-none
expect_exit 2

finish
