#!/bin/bash
# --repair-to: a copy of a damaged file as it was sealed, bit for bit, or nothing.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"

given=$scratch/given
mkdir "$given" && cd "$given" || exit 1
take_keys alice.key bob.key carol.key hans.key ida.key
cp "$vectors/files/parity-two-groups.seal" whole.bin
key=$given/alice.key
whole=$given/whole.bin
EIO=5 ENOSPC=28

# mend KEY FILE: a copy of it, as copy.bin.
mend() {
    rm -f copy.bin
    run unseal -q --key "$given/$1.key" --repair-to copy.bin "$2"
}

# nothing_left: not even something unfinished.
nothing_left() {
    expect_absent copy.bin
    check "nothing unfinished" test -z "$(find . -name '*.partial')"
}

# expect_copy ORIGINAL HEAD: all but the headers is the same; if the status says so, those too.
expect_copy() {
    local size
    size=$(stat -c %s "$1")
    check "as long as $1" test "$(stat -c %s copy.bin)" -eq "$size"
    cmp -s -i "$2" -n $((size - $2 - 65536)) "$1" copy.bin
    judge "all but the headers should be that of $1" $?
    if [ "$status" -eq 0 ]; then
        expect_same "$1" copy.bin
        expect_no_err
    else
        expect_exit 3
        expect_message 'cannot be made again\. The copy opens by the (first one|one at its end)'
    fi
}

while IFS=$'\t' read -r id keys classes _ files; do
    [[ $id == mend-* ]] || continue
    scenario "$id: $classes"
    vectors make "$vectors" "$id" file.bin
    [ "$keys" != bob ] || keys=alice # who has no passphrase
    mend "$keys" file.bin
    case $classes in
    opens | opens,damaged)
        head=$([[ $files == *-39* ]] && echo 63712 || echo 13120)
        expect_copy "$vectors/${files%%,*}" "$head"
        mv copy.bin file.bin
        mend "$keys" file.bin
        expect_copy "$vectors/${files%%,*}" "$head"
        ;;
    damaged)
        expect_exit 5
        expect_message 'unseal --salvage takes out what is left of it'
        nothing_left
        ;;
    no-key)
        expect_exit 4
        nothing_left
        ;;
    *) judge "$classes is a class that is known here" 1 ;;
    esac
done < <(vectors negative "$vectors")

scenario "how much was mended, and of which bytes"
vectors make "$vectors" mend-four file.bin
run unseal --key "$key" --repair-to copy.bin file.bin
expect_exit 0
expect_err '^4 blocks of 64 KiB were damaged or could not be read\.$'
expect_err 'the same bytes as when it was sealed\. What is in it was not checked\.'
expect_out "^ +SHA-256 $(sha256sum <file.bin | cut -c -64)$"
expect_out "^ +SHA-256 $(sha256sum <copy.bin | cut -c -64)$"
expect_mode copy.bin 600
cp "$whole" .
rm copy.bin
run unseal --key "$key" --repair-to copy.bin whole.bin
expect_exit 0
expect_err '^Nothing of whole\.bin had to be mended\.$'
expect_same whole.bin copy.bin

scenario "a medium that does not give all"
cp "$whole" .
hit "FAULT_READ=whole.bin 1000000 1300000 errno:$EIO" -- \
    unseal -q --key "$key" --repair-to copy.bin whole.bin
expect_exit 1
expect_message 'could not be read: Input/output error'
nothing_left
hit "FAULT_READ=whole.bin 1000000 1100000 errno:$EIO" -- \
    unseal -q --key "$key" --repair-to copy.bin whole.bin
expect_exit 0
expect_same whole.bin copy.bin

scenario "a disk that is full"
cp "$whole" .
hit "FAULT_WRITE=3000000 errno:$ENOSPC" -- unseal -q --key "$key" --repair-to copy.bin whole.bin
expect_exit 1
expect_message 'No space left on device'
nothing_left

scenario "a medium with less room"
cp "$whole" .
hit "SYSTEM_ROOM=0xef53 3000000" -- unseal -q --key "$key" --repair-to copy.bin whole.bin
expect_exit 1
expect_message 'does not fit|free space'
nothing_left

scenario "one volume of a set, by itself"
for i in 1 2 3; do cp "$vectors/files/parity-volumes.$i.seal" $i.bin; done
dd if=/dev/zero of=2.bin bs=65536 seek=1 count=1 conv=notrunc status=none
mend alice 2.bin
expect_exit 0
expect_same "$vectors/files/parity-volumes.2.seal" copy.bin
mend alice 1.bin
expect_exit 0
run unseal -q --key "$key" --repair-to both.bin 1.bin 2.bin
expect_exit 2
expect_message '--repair-to makes one copy: give one sealed file, or one volume, at a time'
expect_absent both.bin

scenario "what cannot be asked for"
cp "$vectors/files/bag-one.seal" one.bin
cp "$whole" .
mend alice one.bin
expect_exit 2
expect_message 'one\.bin: it was sealed without repair data, so no copy of it can be mended'
nothing_left
mend carol whole.bin
expect_exit 4
nothing_left
for arguments in '--repair-to - whole.bin' '--repair-to copy.bin -' '--repair-to copy.bin --list whole.bin' \
    '--repair-to copy.bin -o bag whole.bin' '--repair-to copy.bin'; do
    # shellcheck disable=SC2086 # several arguments
    run unseal -q --key "$key" $arguments <whole.bin
    expect_exit 2
    expect_message 'Try: unseal --help'
    nothing_left
done
echo taken >copy.bin
run unseal -q --key "$key" --repair-to copy.bin whole.bin
expect_exit 1
expect_message 'copy\.bin: is there already, and is left as it is'
check "it stays" test "$(cat copy.bin)" = taken
rm copy.bin
mkfifo pipe
cat whole.bin >pipe &
cat=$!
mend alice pipe
kill $cat 2>/dev/null
wait
expect_exit 2
nothing_left

finish
