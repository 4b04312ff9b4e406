#!/bin/bash
# What unseal writes onto file systems that say that all is well, and it is not: times that they do not keep, and a
# folder that is empty once it has its name (tests/tools/badstick).
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"
# shellcheck source=tests/e2e/media/media.lib.sh
. "$(dirname "$0")/media.lib.sh"

mkdir tree tree/sub
echo one >tree/one
echo two >tree/sub/two
touch -d '2019-05-04 10:11:13.123456789Z' tree/one tree/sub/two tree/sub tree
seal -q --to alice.pub -o bag.bin tree >/dev/null
with=(--key "$given/alice.key")

# expect_rechecked STATUS REGEX: checking right afterwards tells the same, of each of the four items below data (whose
# own time is that of sealing).
expect_rechecked() {
    run unseal --recheck "$stick/bag"
    expect_exit "$1"
    check "it should name four items" test "$(grep -Ec -- "$2" "$out")" -eq 4
}

need_medium

# ---- Times ---------------------------------------------------------------------------------------

for fault in sound fuse2; do
    scenario "times are kept: $fault"
    bad $fault
    run unseal "${with[@]}" -o "$stick/bag" "$given/bag.bin"
    expect_exit 0
    check "nothing about times" test -z "$(grep -Ei ' (time|times) of ' "$err")"
    run unseal --recheck "$stick/bag"
    expect_exit 0
    check "nor in the record" test -z "$(grep -i '^    times' "$stick/bag.custody.txt")"
done

scenario "times are not kept"
bad timeless
run unseal -q "${with[@]}" -o "$stick/bag" "$given/bag.bin"
expect_exit 0
expect_message 'this file system did not keep the times of 5 items\. metadata\.mtree has them as they were sealed; unseal --recheck names the items\.'
check "the record has it" grep -Eq '^ +Times not kept here +5$' "$stick/bag.custody.txt"
check "for programs, too" python3 -c '
import json, sys
times = json.load(open(sys.argv[1]))["times_on_disk"]
sys.exit(times != {"same": 0, "rounded": 0, "shifted": 0, "other": 5})' "$stick/bag.custody.json"
expect_rechecked 3 '^time +data/\S* \(2019-05-04T10:11:13\.123456789Z -> [-0-9T:.]+Z\)$'
run unseal "${with[@]}" --extract tree/one -o "$stick/one" "$given/bag.bin"
expect_exit 0
expect_err 'this file system did not keep the time of 1 item\.'

scenario "times are rounded"
bad rounds 2
run unseal "${with[@]}" -o "$stick/bag" "$given/bag.bin"
expect_exit 0
expect_err 'this file system has rounded the times of [45] items; metadata\.mtree has them'
check "the record has it" grep -Eq '^ +Times rounded here +[45]$' "$stick/bag.custody.txt"
expect_rechecked 3 '^time +data/\S* \(.* -> 2019-05-04T10:11:12\.0+Z; this file system may have rounded it\)$'

scenario "times are whole hours off"
bad shifts -10800
run unseal "${with[@]}" -o "$stick/bag" "$given/bag.bin"
expect_exit 0
expect_err 'the times of 5 items are whole hours away on this medium, which keeps local time \(FAT\)'
check "the record has it" grep -Eq '^ +Times whole hours off +5$' "$stick/bag.custody.txt"
expect_rechecked 3 '^time +data/\S* \(.* -> 2019-05-04T07:11:13\.123456789Z; whole hours away, as on a medium that keeps local time'

scenario "times are off, but not by hours"
bad shifts 1800 # an hour less a second may be rounding
run unseal "${with[@]}" -o "$stick/bag" "$given/bag.bin"
expect_err 'did not keep the times of 5 items'

# ---- Rights ---------------------------------------------------------------------------------------

scenario "no rights can be taken away"
bad rightless 0
run unseal "${with[@]}" -o "$stick/bag" "$given/bag.bin"
expect_exit 0
expect_err 'this file system cannot make the bag read-only'
check "the record does not say so" test -z "$(grep 'made read-only' "$stick/bag.custody.txt")"

# ---- Names ---------------------------------------------------------------------------------------

lost='when it got its name, this file system lost what was in it, and said that all was well\. Nothing was kept: write to a file system of another kind\.'

scenario "what is in a folder is lost when it gets its name"
bad empties
run unseal -q "${with[@]}" --log log -o "$stick/bag" "$given/bag.bin"
expect_exit 1
expect_err "^unseal: .*$lost$"
expect_no_out
check "nothing has a name" test -z "$(find "$truth" -mindepth 1)"
check "the log has no line for it" test -z "$(grep accepted log)"
run unseal -q "${with[@]}" --extract tree/one -o "$stick/bag" "$given/bag.bin"
expect_exit 1
expect_err "$lost"

finish
