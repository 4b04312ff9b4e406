#!/bin/bash
# What can go wrong outside: damage on the way, full disks, standard input and output, readers that go away.
# All or nothing, said aloud, with nothing left behind.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"
# shellcheck source=tests/e2e/failures/failures.lib.sh
. "$(dirname "$0")/failures.lib.sh"

# ---- Damage on the way ---------------------------------------------------------------------------

scenario "every byte, block and border"
maketree noise noise 150000
seal -q "${to[@]}" --to "$keys/bob.pub" --to "$keys/carol.pub" --no-compress -o few.bin - <noise >/dev/null
head_step=1 payload_step=512 least=500
[ -n "$quick" ] && head_step=97 payload_step=4096 least=100
check "three blocks" test "$(($(stat -c %s few.bin) / 65536))" -ge 2
recipients=()
for name in carol emil fritz gerda hans ida dora mallory bob; do
    recipients+=(--to "$vectors/keys/$name.pub")
done
seal -q "${to[@]}" "${recipients[@]}" --no-compress -o many.bin - <noise >/dev/null
# In the head for 39 every 13th byte: it meets each of the 39 slots over a hundred times.
flips "$keys/alice.key" many.bin $((head_step * 13)) $payload_step >many.txt 2>&1 &
flips "$keys/alice.key" few.bin $head_step $payload_step >few.txt 2>&1
wait
for list in few many; do
    cp $list.txt "$out"
    : >"$err"
    counts=$(tail -n 1 $list.txt)
    [[ $counts =~ ^([0-9]+)\ passed,\ 0\ failed$ ]] && [ "${BASH_REMATCH[1]}" -ge $least ]
    judge "all damage to $list.bin should be refused" $? "$counts"
done

# The same by the program itself, in places.
scenario "damage and the program"
damaged() {
    for arguments in "-o out" "--raw -o out" "-o -"; do
        # shellcheck disable=SC2086 # several arguments
        run unseal -q "${with[@]}" $arguments damaged.bin
        expect_exit "$1"
        expect_no_out
        expect_message "$2"
        expect_names . damaged.bin
    done
    run unseal -q "${with[@]}" -o out - <damaged.bin
    expect_exit "$1"
    expect_names . damaged.bin
}
flip() {
    local byte
    byte=$(od -An -tu1 -j "$1" -N 1 "$good/stream.bin")
    cp "$good/stream.bin" damaged.bin
    printf '%b' "\\x$(printf %02x $((byte ^ 1)))" | dd of=damaged.bin bs=1 seek="$1" conv=notrunc status=none
}
length=$(stat -c %s "$good/stream.bin")
no_key='no key here opens this file, or its beginning is damaged'
for at in 0 31; do
    flip $at
    damaged 4 "$no_key"
done
for at in 32 63 20000 65535 65536 1000000 $((length - 1)); do
    flip $at
    damaged 5 'altered or cut short'
done
for size in 1 65535; do
    head -c $size "$good/stream.bin" >damaged.bin
    damaged 4 'and no sealed file is shorter than 65\.5 kB'
done
: >damaged.bin
damaged 4 'it is empty: nothing of it arrived'
for size in 65536 65537 131072 $((length - 2048)) $((length - 1)); do
    head -c "$size" "$good/stream.bin" >damaged.bin
    damaged 5 'altered or cut short'
done
for more in 1 2048 65536; do
    (cat "$good/stream.bin" && head -c $more /dev/zero) >damaged.bin
    damaged 5 'altered or cut short'
done
cat "$good/stream.bin" "$good/stream.bin" >damaged.bin
damaged 5 'altered or cut short'

# ---- Full disks ----------------------------------------------------------------------------------

# both VARIABLE=FAULT MESSAGE: a fault met by seal, by unseal of a bag, a stream and raw content.
both() {
    hit "$1" -- seal -q "${to[@]}" -o out "$good/tree"
    expect_exit 1
    expect_no_out
    expect_message "$2"
    expect_names .
    for command in "$good/bag.bin" "--raw $good/bag.bin" "$good/stream.bin"; do
        # shellcheck disable=SC2086 # several arguments
        hit "$1" -- unseal -q "${with[@]}" -o out $command
        expect_exit 1
        expect_no_out
        expect_message "$2"
        expect_names .
    done
}

scenario "the disk is full at any moment"
for bytes in 0 1000 65536 500000 2000000 2999000; do
    both "FAULT_WRITE=$bytes errno:$ENOSPC" 'No space left on device\. Make room there'
done
both "FAULT_WRITE=70000 errno:$EDQUOT" 'quota exceeded\. Make room there'
both "FAULT_WRITE=70000 errno:$EIO" 'Input/output error\. The medium may be failing'
both "FAULT_WRITE=70000 errno:$EFBIG" 'File too large\. .*FAT32'

scenario "a flush, close or rename that fails"
for call in fsync close rename; do
    hit "FAULT_CALL=$call errno:$ENOSPC" -- seal -q "${to[@]}" -o out "$good/tree"
    expect_exit 1
    expect_no_out
    expect_message 'out: .*No space left on device'
    expect_names .
    hit "FAULT_CALL=$call errno:$ENOSPC" -- unseal -q "${with[@]}" -o out "$good/stream.bin"
    expect_exit 1
    expect_no_out
    expect_message 'No space left on device'
    expect_names .
done
for call in syncfs close rename mkdir futimens fsync-folder; do
    hit "FAULT_CALL=$call errno:$EIO" -- unseal -q "${with[@]}" -o out "$good/bag.bin"
    expect_exit 1
    expect_no_out
    expect_message 'Input/output error'
    expect_names .
    remove out
done
maketree noise noise 20000000
for error in $EIO $ENOSPC; do # what fsync would not say again
    hit "FAULT_CALL=write-behind errno:$error" -- seal -q "${to[@]}" -o out noise
    expect_exit 1
    expect_message 'out: could not be written: (Input/output error|No space left on device)'
    expect_names . noise
done
hit "FAULT_CALL=write-behind errno:$EINVAL" -- seal -q "${to[@]}" -o out noise
expect_exit 0
rm -f noise out
hit "FAULT_CALL=fsync-folder errno:$EIO" -- seal -q "${to[@]}" -o out "$good/tree"
expect_exit 1
expect_no_out
expect_message 'its folder could not be written'
expect_names .
remove out
# File systems that cannot do it.
for error in $EINVAL $ENOTSUP $ENOTTY; do
    for call in fsync-folder fsync; do
        hit "FAULT_CALL=$call errno:$error" -- seal -q "${to[@]}" -o out "$good/tree"
        expect_exit 0
        rm -f out
    done
    hit "FAULT_CALL=fsync-folder errno:$error" -- unseal -q "${with[@]}" -o out "$good/bag.bin"
    expect_exit 0
    expect_made . out
    remove out
done
# What cannot be removed is at least named.
hit "FAULT_CALL=unlink errno:$EACCES" "FAULT_WRITE=70000 errno:$ENOSPC" -- \
    unseal -q "${with[@]}" -o out "$good/bag.bin"
expect_exit 1
expect_err 'out\.[0-9a-f]{8}\.partial: unfinished, and could not be removed: Permission denied\. Remove it by hand'
expect_err 'No space left on device'
expect_absent out

# Another user can do that where the folder is writable to all.
scenario "somebody exchanges what is being written"
exchange='set -- out.????????.partial; mv "$1" taken; mv evil "$1"'
mkdir -p evil/data && echo forged >evil/data/a
hit FAULT_CALL="rename run:$exchange" -- unseal -q "${with[@]}" -o out "$good/bag.bin"
expect_exit 1
expect_no_out
expect_message 'out: somebody put something else in its place while it was written\. Do not use what is there now'
expect_absent out.custody.txt
check "nothing of the evidence stays" test -z "$(find taken -type f)"
rm -rf out taken evil
echo forged >evil
hit FAULT_CALL="rename run:$exchange" -- unseal -q "${with[@]}" -o out "$good/stream.bin"
expect_exit 1
expect_message 'out: somebody put something else in its place while it was written'
expect_absent out.custody.txt
rm -rf out taken evil
echo forged >evil
hit FAULT_CALL="rename run:$exchange" -- seal -q "${to[@]}" -o out "$good/tree"
expect_exit 1
expect_no_out
expect_message 'out: somebody put something else in its place while it was written'

# Another user can do that where a folder above it is writable to all. (Confined, as it is but for tests, the program could
# not write to the other folder, either.)
scenario "somebody exchanges the folder of the output"
mkfifo fifo
head -c 1000000 /dev/urandom >noise
seal -q "${to[@]}" -o stream.bin - <noise >/dev/null
mkdir own other
echo precious >other/out
unseal -q "${with[@]}" -o own/out - <fifo >"$out" 2>"$err" &
exec 8>fifo
head -c 500000 stream.bin >&8
until [ -n "$(ls own)" ] || ! kill -0 $! 2>/dev/null; do sleep 0.1; done
mv own moved && ln -s other own
tail -c +500001 stream.bin >&8
exec 8>&-
wait $!
status=$?
expect_exit 1
expect_message 'own/out\.custody\.txt: somebody put something else in its place while it was written'
expect_names moved
expect_names other out
check "what is there is left alone" grep -q precious other/out

scenario "a small file system"
mkdir small
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=1m none small 2>/dev/null; then
    run seal -q "${to[@]}" -o small/out "$good/tree"
    expect_exit 1
    expect_no_out
    expect_message 'small/out: there is room for .*, and .* are needed\. Make room'
    expect_names small
    run seal -q "${to[@]}" -o small/out - <"$good/tree/noise"
    expect_exit 1
    expect_no_out
    expect_message 'small/out: could not be written: No space left on device\. Make room'
    expect_names small
    for file in bag stream; do
        run unseal -q "${with[@]}" -o small/out "$good/$file.bin"
        expect_exit 1
        expect_message "$file\\.bin: its content does not fit in the free space \\(.* kB, not counting 5% that stays free\\)"
        expect_names small
    done
    # Likewise where standard output is a file there.
    unseal -q "${with[@]}" -o - "$good/stream.bin" >small/out 2>"$err"
    check "it should end with 1" test $? -eq 1
    expect_message 'stream\.bin: its content does not fit in the free space \(.* kB, not counting 5% that stays free\)'
    check "nothing is in it" test ! -s small/out
    rm small/out
    # A disk that has less than it says.
    hit SYSTEM_ROOM='0x01021994 1000000000' -- unseal -q "${with[@]}" -o small/out "$good/bag.bin"
    expect_exit 1
    expect_message 'No space left on device\. Make room'
    expect_names small
    hit SYSTEM_ROOM='0x01021994 1000000000' -- unseal -q "${with[@]}" -o small/out "$good/stream.bin"
    expect_exit 1
    expect_message 'small/out: could not be written: No space left on device'
    expect_names small
    # Landlock lets go of a folder some time after the worker that was bound to it has ended.
    for _ in {1..100}; do
        mount -o remount,ro small 2>/dev/null && break
        sleep 0.1
    done
    run seal -q "${to[@]}" -o small/out "$good/tree"
    expect_exit 1
    expect_message 'small/out: could not be created: Read-only file system'
    run unseal -q "${with[@]}" -o small/out "$good/bag.bin"
    expect_exit 1
    expect_message 'small/out: could not be created: Read-only file system'
    umount small
else
    skip "mounting a tmpfs takes root, and a container that lets it"
fi

scenario "a limit on file sizes"
run bash -c 'ulimit -f 100; trap "" XFSZ; exec "$@"' - seal -q "${to[@]}" -o out "$good/tree"
expect_exit 1
expect_message 'File too large'
expect_names .

scenario "standard output is full"
run bash -c 'exec "$@" >/dev/full' - seal -q "${to[@]}" -o - "$good/tree"
expect_exit 1
expect_message 'standard output: could not be written: No space left on device'
run bash -c 'exec "$@" >/dev/full' - unseal -q "${with[@]}" -o - "$good/stream.bin"
expect_exit 1
expect_message 'No space left on device'
run bash -c 'exec "$@" >/dev/full' - unseal -q "${with[@]}" --raw -o - "$good/bag.bin"
expect_exit 1
expect_message 'No space left on device'
for program in seal unseal; do
    for option in --help --version; do
        run bash -c 'exec "$@" >/dev/full' - $program $option
        expect_exit 1
        check "one message" test "$(wc -l <"$err")" -eq 1
        expect_err "^$program: standard output could not be written: No space left"
    done
done

# ---- Standard input, output and error ------------------------------------------------------------

# The receipt cannot be shown: said, and no success; but what is on disk by then is whole.
scenario "nobody hears the receipt"
for to_where in '>/dev/full' '>&-'; do
    run bash -c 'exec "$@" '"$to_where" - seal -q "${to[@]}" -o out "$good/tree"
    expect_exit 1
    expect_message 'standard output could not be written'
    if [ -e out ]; then
        run unseal -q "${with[@]}" -o bag out
        expect_exit 0
        expect_same_tree "$good/tree" bag/data/tree
    fi
    remove out bag
    run bash -c 'exec "$@" '"$to_where" - unseal -q "${with[@]}" -o bag "$good/bag.bin"
    expect_exit 1
    expect_message 'standard output could not be written'
    [ ! -e bag ] || expect_same_tree "$good/tree" bag/data/tree
    remove bag
done

# Nor does it count less than that something is missing; what is there stays.
scenario "nobody hears that something is missing"
mkdir some
mkfifo some/fifo
echo one >some/one
run seal -q "${to[@]}" -o some.bin some
expect_exit 3
for to_where in '>/dev/full' '>&-'; do
    run bash -c 'exec "$@" '"$to_where" - seal -q "${to[@]}" -o out some
    expect_exit 1
    expect_err '^seal: standard output could not be written: '
    expect_file out
    run bash -c 'exec "$@" '"$to_where" - seal -q -n some
    expect_exit 1
    for command in '--list' '--list --json' '--list --csv' '--list --long' '--verify -o v' '-o bag' '--extract some/one -o one'; do
        # shellcheck disable=SC2086 # an option and its value
        run bash -c 'exec "$@" '"$to_where" - unseal -q "${with[@]}" $command out
        expect_exit 1
        expect_err '^unseal: standard output could not be written: '
    done
    run cat bag/data/some/one
    expect_out '^one$'
    remove bag out v one v.custody.txt v.custody.json
done

scenario "closed descriptors land in no file of ours"
run bash -c 'exec "$@" <&- 2>&-' - seal "${to[@]}" -o out "$good/tree"
expect_exit 0
run bash -c 'exec "$@" <&- 2>&-' - unseal "${with[@]}" -o bag out
expect_exit 0
expect_same_tree "$good/tree" bag/data/tree
run bash -c 'exec "$@" <&- >&- 2>&-' - seal "${to[@]}" -o out2 "$good/tree"
expect_exit 1
run bash -c 'exec "$@" <&- >&- 2>&-' - unseal "${with[@]}" -o bag2 out
expect_exit 1
[ ! -e bag2 ] || expect_same_tree "$good/tree" bag2/data/tree
run bash -c 'exec "$@" <&-' - seal -q "${to[@]}" -o out3 -
expect_exit 1
expect_message 'standard input: could not be read: Bad file descriptor'
expect_absent out3
run bash -c 'exec "$@" <&-' - unseal -q "${with[@]}" -o out3 -
expect_exit 1
expect_message 'standard input: could not be read: Bad file descriptor'
expect_absent out3
run bash -c 'exec "$@" >&-' - seal -q "${to[@]}" -o - "$good/tree"
expect_exit 1
expect_message 'standard output: could not be written: Bad file descriptor'
run bash -c 'exec "$@" 2>/dev/full' - seal "${to[@]}" -o out4 "$good/tree"
expect_exit 0
for nowhere in '2>/dev/full' '2>&-'; do
    run bash -c 'exec "$@" >content '"$nowhere" - seal "${to[@]}" -o - "$good/tree"
    expect_exit 0
    run bash -c 'exec "$@" >content2 '"$nowhere" - unseal "${with[@]}" --raw -o - content
    expect_exit 0
    check "whole" test -s content2
done
run seal -q "${to[@]}" -o out5 - </proc/self/mem
expect_exit 1
expect_message 'standard input: could not be read'
expect_absent out5
check "nothing unfinished" test -z "$(find . -name '*.partial')"

scenario "a reader that goes away"
for command in "seal -q --to $keys/alice.pub -o - $good/tree" "unseal -q --key $keys/alice.key -o - $good/stream.bin" \
    "unseal -q --key $keys/alice.key --raw -o - $good/bag.bin"; do
    # shellcheck disable=SC2016 # for the other shell
    run bash -c '$1 2>message | head -c 1000 >/dev/null; exit ${PIPESTATUS[0]}' - "$command"
    cp message "$err"
    expect_exit 1
    expect_message 'standard output: could not be written: Broken pipe'
    rm message
    expect_names .
done

finish
