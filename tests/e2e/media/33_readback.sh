#!/bin/bash
# Whether the medium has what was written to it: seal reads it back. Media that lose what they take, that
# fail, that are taken out or full; and nothing is trusted that should not be.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"

given=$scratch/given
mkdir "$given" && cd "$given" || exit 1
take_keys alice.pub alice.key
to=(--to "$given/alice.pub")
EIO=5 ENODEV=19 ENOSPC=28 EROFS=30
maketree noise noise 3000000
different='^seal: out.bin: what was written to the medium reads back different: it is failing, or smaller than it says\. Nothing was kept, and nothing on it can be trusted: take another medium\.$'

scenario "all is as it was written"
run seal "${to[@]}" --verify -o out.bin "$given/noise"
expect_exit 0
expect_err '^reading back what was written$'
expect_err '(read back from the medium: identical to what was written$|what was read back is identical to what was written; but the system read it, .* from memory)'
run unseal -q --key "$given/alice.key" -o bag out.bin
expect_exit 0
expect_same "$given/noise" bag/data/noise
SEAL_TEST_SEED=same run seal -q "${to[@]}" --verify -o one.bin "$given/noise"
SEAL_TEST_SEED=same run seal -q "${to[@]}" --no-verify -o two.bin "$given/noise"
expect_same one.bin two.bin
mkdir set
run seal "${to[@]}" --verify --split 1M -o set "$given/noise"
expect_exit 0
check "once for all" test "$(grep -c '^reading back' "$err")" -eq 1
run seal -q "${to[@]}" --verify --pad 65536 --allow-empty -o small.bin - </dev/null
expect_exit 0

# So much that it takes longer than the line waits before it is drawn.
scenario "a terminal is told how far it is"
if needs expect; then
    maketree noise large 500000000
    run_tty seal "${to[@]}" --verify -o out.bin large
    expect_exit 0
    check "percents behind the words" test -n "$(sed '1,/reading back/d' "$out" | grep -E '[0-9] %')"
    remove large out.bin
fi

scenario "by itself where it can be taken out"
run seal "${to[@]}" -o fixed.bin "$given/noise"
expect_exit 0
check "not elsewhere" test -z "$(grep -E 'reading|read back' "$err")"
hit SYSTEM_REMOVABLE=1 -- seal "${to[@]}" -o out.bin "$given/noise"
expect_exit 0
expect_err '^reading back what was written$'
hit SYSTEM_REMOVABLE=1 -- seal "${to[@]}" --no-verify -o not.bin "$given/noise"
expect_exit 0
check "unless told not to" test -z "$(grep -E 'reading|read back' "$err")"
hit SYSTEM_REMOVABLE=1 SYSTEM_LOSES=1000000 -- seal -q "${to[@]}" -o lost.bin "$given/noise"
expect_exit 1
expect_message 'lost.bin: what was written to the medium reads back different'
expect_names . fixed.bin not.bin out.bin

scenario "it is smaller than it says"
for from in 0 1000 20000 65536 1000000 2990000; do
    hit SYSTEM_LOSES=$from -- seal -q "${to[@]}" --verify -o out.bin "$given/noise"
    expect_exit 1
    expect_message "${different#^seal: }"
    expect_no_out
    expect_names .
done
# A single byte: it was zero before with one chance in 256, so several.
for from in 1500000 3100000; do # in what is sealed, and in its repair data
    hit SYSTEM_LOSES="$from $((from + 7))" -- seal -q "${to[@]}" --verify -o out.bin "$given/noise"
    expect_exit 1
    expect_message "out.bin: what was written to the medium reads back different \(blocks of 64 KiB: 1, the first at byte $((from / 65536 * 65536))\); its repair data would mend that today, but the medium is failing\. Nothing was kept"
    expect_names .
done
hit SYSTEM_LOSES="1500000 1500007" -- seal -q --repair none "${to[@]}" --verify -o out.bin "$given/noise"
expect_exit 1
expect_message "${different#^seal: }"
expect_names .
mkdir set
hit SYSTEM_LOSES=900000 -- seal -q "${to[@]}" --verify --split 1M -o set "$given/noise"
expect_exit 1
expect_message 'reads back different'
expect_empty_dir set

scenario "it cannot be read back"
hit "FAULT_READ=*.partial 700000 700000 errno:$EIO" -- seal -q "${to[@]}" --verify -o out.bin "$given/noise"
expect_exit 1
expect_message 'out\.bin: could not be read: Input/output error\. The medium may be failing'
expect_names .
hit "FAULT_READ=*.partial 700000 700000 signal:2" -- seal -q "${to[@]}" --verify -o out.bin "$given/noise"
check "as by the signal" test "$status" -eq 130
expect_names .

scenario "it is taken out, full, or protected"
for code in $EIO $ENODEV; do
    hit "FAULT_WRITE=1000000 errno:$code" -- seal -q "${to[@]}" --verify -o out.bin "$given/noise"
    expect_exit 1
    expect_message 'out\.bin: could not be written: '
    hit "FAULT_CALL=fsync errno:$code" -- seal -q "${to[@]}" --verify -o out.bin "$given/noise"
    expect_exit 1
    expect_message 'out\.bin: could not be written: '
    hit "FAULT_READ=*.partial 700000 700000 errno:$code" -- seal -q "${to[@]}" --verify -o out.bin "$given/noise"
    expect_exit 1
done
expect_message 'out\.bin: could not be read: No such device\. The medium is not there any more: put it in again\.$'
hit "FAULT_WRITE=1000000 errno:$ENOSPC" -- seal -q "${to[@]}" --verify -o out.bin "$given/noise"
expect_exit 1
expect_message 'out\.bin: could not be written: No space left on device\. Make room'
hit "FAULT_WRITE=1 errno:$EROFS" -- seal -q "${to[@]}" --verify -o out.bin "$given/noise"
expect_exit 1
expect_message 'Read-only file system\. It is write-protected: leave it so, and write to another place\.$'
expect_names .

# Where nobody knows how long the system takes, what is shown is that the program is alive.
scenario "a terminal is told not to pull the medium out"
if ! needs_no_sanitizer || ! needs expect || ! needs strace; then
    : # said
elif ! strace -o /dev/null true 2>/dev/null; then
    skip "strace may not trace here"
else
    slow=(strace -f -qq -o /dev/null -e "trace=fsync,syncfs" -e "inject=fsync,syncfs:delay_enter=2500000")
    run_tty "${slow[@]}" seal "${to[@]}" -o out.bin "$given/noise" </dev/null
    expect_exit 0
    expect_out 'writing to the medium, do not pull it out, 0:01.*writing to the medium, do not pull it out, 0:02'
    expect_out '^sealed  out\.bin '
    # It goes by no clock that somebody may set meanwhile.
    run_tty "${slow[@]}" -E CLOCK_SECONDS=$(($(date +%s) + 3600)) -E LD_PRELOAD="$clock" seal "${to[@]}" -o ahead.bin "$given/noise" \
        </dev/null
    expect_exit 0
    expect_out 'writing to the medium, do not pull it out, 0:01'
    run_tty "${slow[@]}" seal "${to[@]}" -q -o quiet.bin "$given/noise" </dev/null
    expect_exit 0
    check "not with --quiet" test -z "$(grep 'pull it out' "$out")"
    run "${slow[@]}" seal "${to[@]}" -o plain.bin "$given/noise"
    expect_exit 0
    check "nor without a terminal" test -z "$(cat "$out" "$err" | grep 'pull it out')"
    run_tty "${slow[@]}" unseal --key "$given/alice.key" -o bag out.bin </dev/null
    expect_exit 0
    expect_out 'writing to the medium, do not pull it out, 0:01.*writing to the medium, do not pull it out, 0:02'
    expect_out '^unsealed  *bag'
    run_tty "${slow[@]}" unseal --key "$given/alice.key" -o one --extract noise out.bin </dev/null
    expect_exit 0
    expect_out 'writing to the medium, do not pull it out, 0:01'
fi

scenario "wrong use"
run seal "${to[@]}" --verify --no-verify "$given/noise"
expect_exit 2
expect_message '--verify and --no-verify contradict each other'
run seal "${to[@]}" --verify -o - "$given/noise"
expect_exit 2
expect_message '--verify does not go with -o -'
expect_names .

finish
