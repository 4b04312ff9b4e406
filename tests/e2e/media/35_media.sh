#!/bin/bash
# The faults of media, below the system: what seal writes onto a file system that loses it, goes away, is full
# or protected (tests/tools/badstick). 33_readback.sh has the same faults laid in between seal and the system.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"
# shellcheck source=tests/e2e/media/media.lib.sh
. "$(dirname "$0")/media.lib.sh"

to=(--to "$given/alice.pub" --verify)
maketree noise noise 3000000
mkdir tree
cp noise tree/шум
echo one >tree/one
EIO=5 ENODEV=19

# The numbers of receipts and all other words of success are for what is whole.
expect_no_trust() {
    expect_no_out
    check "nothing is said to be as written" test -z "$(grep -E 'identical to what was written|receipt' "$err")"
}

# What is left on a medium that went away has no name of a sealed file's.
expect_unnamed() {
    check "nothing got its name" test -z "$(find "$truth" -mindepth 1 ! -name '*.partial')"
}

# expect_not_kept NAME: of what did not read back as it was written nothing stays.
expect_not_kept() {
    expect_exit 1
    expect_message "$1: what was written to the medium $different"
    expect_no_trust
    expect_empty_dir "$truth"
}

different='reads back different: it is failing, or smaller than it says\. Nothing was kept, and nothing on it can be trusted: take another medium\.$'

need_medium

scenario "a sound medium"
bad sound
run seal "${to[@]}" -o "$stick/out.bin" "$given/tree"
expect_exit 0
# It is read past all memory; but what serves a file system may have some, and nobody can tell.
expect_err 'read back is identical to what was written; but the system read it, at least in part, from memory'
run seal "${to[@]}" -q --split 1M -o "$stick" "$given/tree"
expect_exit 0
run unseal -q --key "$given/alice.key" -o bag "$stick/out.bin"
expect_exit 0
expect_same_tree "$given/tree" bag/data/tree
rm "$stick/out.bin"
run unseal -q --key "$given/alice.key" -o set "$stick"
expect_exit 0
expect_same_tree "$given/tree" set/data/tree
bad -c sound
run seal "${to[@]}" -q -o "$stick/out.bin" "$given/tree"
expect_exit 0
run unseal -q --key "$given/alice.key" -o again "$stick/out.bin"
expect_exit 0
expect_same_tree "$given/tree" again/data/tree

scenario "the system's memory hides what is lost, until it is told to forget"
head -c $((700 * 4096)) "$given/noise" >pages
bad -c loses 1000000
cp pages "$stick/noise"
expect_same pages "$stick/noise"
expect_different pages "$truth/noise"
bad loses 1000000
cp pages "$stick/noise"
expect_different pages "$stick/noise"

scenario "smaller than it says"
for from in 0 1000 65536 2000000 2990000; do
    for memory in '' -c; do
        # shellcheck disable=SC2086 # an option, or none
        bad $memory loses $from
        run seal "${to[@]}" -q -o "$stick/out.bin" "$given/noise"
        expect_not_kept 'out\.bin'
    done
done
for from in 900000 1500000 2990000; do
    for memory in '' -c; do
        # shellcheck disable=SC2086 # an option, or none
        bad $memory loses $from
        run seal "${to[@]}" -q --repair none --split 1M -o "$stick" "$given/noise"
        expect_not_kept '\.bin'
    done
done
# What is there is no proof for what comes later.
bad loses 4000000
run seal "${to[@]}" -q -o "$stick/first.bin" "$given/noise"
expect_exit 0
run seal "${to[@]}" -q -o "$stick/second.bin" "$given/noise"
expect_exit 1
expect_message "second\.bin: what was written to the medium $different"
expect_names "$truth" first.bin

scenario "smaller than it says, and begins again where it ends"
for size in 100000 1000000 2990000; do
    bad wraps $size
    run seal "${to[@]}" -q -o "$stick/out.bin" "$given/noise"
    expect_not_kept 'out\.bin'
done
bad wraps 900000
run seal "${to[@]}" -q --split 1M -o "$stick" "$given/noise"
expect_not_kept '\.bin'
# The first is as it was written until a later one goes over it.
bad wraps 2500000
run seal "${to[@]}" -q --split 1M -o "$stick" "$given/noise"
expect_not_kept '\.bin'

scenario "not looked at where told so"
bad loses 1000000
run seal --to "$given/alice.pub" --no-verify -o "$stick/out.bin" "$given/noise"
expect_exit 0
check "and not said to be looked at" test -z "$(grep -E 'reading|read back' "$err")"
run unseal -q --key "$given/alice.key" -o bag "$stick/out.bin"
expect_exit 5
expect_names .

scenario "pulled out while it is written"
for code in $EIO $ENODEV; do
    for from in 1 1000000 2999999; do
        bad pulled $from "$code"
        run seal "${to[@]}" -q -o "$stick/out.bin" "$given/noise"
        expect_exit 1
        expect_message 'out\.bin: could not be written: '
        expect_no_trust
        expect_unnamed
    done
    bad pulled 2500000 "$code"
    run seal "${to[@]}" -q --repair none --split 1M -o "$stick" "$given/noise"
    expect_exit 1
    expect_message 'could not be (written|read): '
    expect_no_trust
    expect_unnamed
done
expect_message 'No such device\. The medium is not there any more: put it in again\.$'

scenario "and put in again"
bad pulled 1000000 "$ENODEV"
run seal "${to[@]}" -q -o "$stick/out.bin" "$given/noise"
expect_exit 1
unplug
left=$(ls "$truth")
[[ $left =~ ^out\.bin\.[0-9a-f]{8}\.partial$ ]]
judge "what was begun is there" $? "$left"
plug sound
run unseal -q --key "$given/alice.key" -o bag "$stick/$left"
expect_exit 5
run seal "${to[@]}" -o "$stick/out.bin" "$given/noise"
expect_exit 0
expect_err "$left: "
expect_file "$truth/out.bin"
run unseal -q --key "$given/alice.key" -o bag "$stick/out.bin"
expect_exit 0

scenario "pulled out while it is read back"
for code in $EIO $ENODEV; do
    bad pulled 4000000 "$code"
    run seal "${to[@]}" -q -o "$stick/out.bin" "$given/noise"
    expect_exit 1
    expect_message 'out\.bin: could not be read: '
    expect_no_trust
    expect_unnamed
    # The first volume is read back by then, and the second, perhaps.
    bad pulled 4500000 "$code"
    run seal "${to[@]}" -q --repair none --split 1M -o "$stick" "$given/noise"
    expect_exit 1
    expect_message 'could not be read: '
    expect_no_trust
    expect_unnamed
done
expect_message 'No such device\. The medium is not there any more: put it in again\.$'

scenario "pulled out when all has been read back"
bad unnamed 1 "$ENODEV"
run seal "${to[@]}" -q -o "$stick/out.bin" "$given/noise"
expect_exit 1
expect_message 'out\.bin: its folder could not be written, and the file could not be removed from there; do not trust what has that name: No such device\. The medium is not there any more'
expect_no_trust
for names in 1 2; do
    bad unnamed $names "$ENODEV"
    run seal "${to[@]}" -q --repair none --split 1M -o "$stick" "$given/noise"
    expect_exit 1
    check "the failure is the last word" \
        eval "tail -n 1 '$err' | grep -q 'No such device\. The medium is not there any more: put it in again\.\$'"
    check "and the only failure" test "$(grep -c 'No such device' "$err")" -eq 1
    expect_no_trust
done
# One that has its name already, and that nobody can take it from any more.
expect_err '^seal: .*\.bin: this volume could not be removed; remove it by hand\.$'

# Before it begins where that is sure, and else when it is: then a warning comes before.
expect_full() {
    expect_exit 1
    check "the failure is the last word" \
        eval "tail -n 1 '$err' | grep -Eq '(No space left on device|are needed)\. Make room there, or write to another place\.\$'"
    check "and the only failure" test "$(grep -c 'Make room' "$err")" -eq 1
}

scenario "full"
for room in 0 1 65536 1000000 2999999; do
    bad full $room
    run seal "${to[@]}" -q -o "$stick/out.bin" "$given/noise"
    expect_full
    expect_no_trust
    expect_empty_dir "$truth"
done
bad full 2500000
run seal "${to[@]}" -q --split 1M -o "$stick" "$given/noise"
expect_full
expect_no_trust
expect_empty_dir "$truth"
# What was in its way is gone, and what is smaller has room.
run seal "${to[@]}" -q -o "$stick/out.bin" "$given/tree/one"
expect_exit 0

scenario "protected against writing"
for split in '' '--split 1M'; do
    bad protected
    # shellcheck disable=SC2086 # an option and its value, or none
    run seal "${to[@]}" -q $split -o "$stick" "$given/noise"
    expect_exit 1
    expect_message 'Read-only file system\. It is write-protected: leave it so, and write to another place\.$'
    expect_no_trust
    expect_empty_dir "$truth"
done

# ---- File systems that answer as few do ----------------------------------------------------------

scenario "a source is pulled out while it is read"
for code in $EIO $ENODEV 107 108 116; do # and ENOTCONN, ESHUTDOWN, ESTALE: what served a mount has ended
    bad pulled 500000 "$code"
    mkdir "$truth/tree"
    for i in {1..60}; do head -c 40000 "$given/noise" >"$truth/tree/$i"; done
    rm -f out.bin
    run seal -q --to "$given/alice.pub" -o out.bin "$stick/tree"
    expect_exit 3
    check "not a line for each" test "$(grep -c 'is left out' "$err")" -le 40
    expect_err '^seal: INCOMPLETE\. Left out: [1-9][0-9]*; '
    check "the reason is the last word" eval "tail -n 1 '$err' | grep -Eq '^seal: .*/tree: it is not there any more \(.+\)\. If its medium was taken out, put it in again, and seal again\.\$'"
    run seal -q --to "$given/alice.pub" -o none.bin "$stick/tree"
    expect_exit 1
    [ "$code" = $EIO ] || expect_message 'stick/tree: could not be read: .*\. The medium is not there any more: put it in again\.$'
done

scenario "a folder whose files are listed twice"
bad twice
mkdir "$stick/tree"
cp -p "$given"/tree/* "$stick/tree"
touch -r "$given/tree" "$stick/tree"
run seal --to "$given/alice.pub" -q -o out.bin "$stick/tree"
expect_exit 0
expect_no_err
run unseal -q --key "$given/alice.key" -o bag out.bin
expect_exit 0
expect_same_tree "$given/tree" bag/data/tree

scenario "a file with another number each time it is looked up"
bad numbers
run seal "${to[@]}" -q -o "$stick/out.bin" "$given/tree"
expect_exit 0
run seal "${to[@]}" -q -o "$stick/out.bin" "$given/tree"
expect_exit 1
expect_message 'out\.bin: is there already'
run unseal -q --key "$given/alice.key" -o bag "$stick/out.bin"
expect_exit 0
expect_same_tree "$given/tree" bag/data/tree

scenario "what is best to read at once is no measure of the room"
bad blocks
room=$(($(df --output=avail -B1 "$stick" | tail -1) + 0))
run seal --dry-run -q -o "$stick/out.bin" "$given/tree"
expect_exit 0
[[ $(tr -d '\n' <"$out") =~ free\ in\ [^:]*:\ ([0-9.]+)\ GB ]]
check "as df says: $room" test "${BASH_REMATCH[1]%.*}" = $((room / 1000000000))

finish
