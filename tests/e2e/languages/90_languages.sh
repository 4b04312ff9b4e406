#!/bin/bash
# The languages that the programs speak: what a sender meets is in one language, and nothing that programs read changes.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"

given=$scratch/given
mkdir "$given" && cd "$given" || exit 1
take_keys alice.pub alice.key bob.pub
mkdir tree
echo one >tree/one
ln -s one tree/link
mkfifo tree/fifo
maketree noise large 3000000
sed 's/[0-9]/x/g' alice.pub >bad.pub
mkdir empty
ENOSPC=28 EIO=5

# What a sender runs into, from the folder with the above: a name, the exit code, and the command.
cases='
incomplete 3 seal --to alice.pub -o {} tree
verbose 3 seal -v --to alice.pub --to bob.pub --split 1M -o parts tree large
dry 0 seal --dry-run --to alice.pub -o {} large
no-key 2 seal tree
no-such-key 1 seal --to none.pub tree
bad-key 2 seal --to bad.pub tree
secret-key 2 seal --to alice.key tree
nothing 2 seal --to alice.pub
no-such-path 1 seal --to alice.pub -o {} none
empty 2 seal --to alice.pub -o {} empty
wrong-option 2 seal --too alice.pub tree
wrong-size 2 seal --to alice.pub --pad 7 -o {} tree
contradiction 2 seal --to alice.pub --level 3 --no-compress -o {} tree
there-already 1 seal --to alice.pub -o large tree
no-folder 1 seal --to alice.pub -o none/{} large
help 0 seal --help
'
latin=' ru uk ar fa zh '

# foreign FILES...: words in Latin letters that are no names, options or units.
foreign() {
    sed -E "s#($given|$scratch)[^ ]*##g; s/--?[A-Za-z][A-Za-z-]*//g; s/\b[A-Z][A-Z_]{1,}(=[A-Z]+)?\b//g; s/[A-Za-z0-9_.-]*(\.(pub|key|bin|d|txt|md))\b//g" "$@" |
        grep -oE '\b[A-Za-z]{3,}\b' |
        grep -vxE 'seal|unseal|sealkey|tree|large|link|fifo|one|empty|none|alice|bob|bad|BagIt|Payload|Oxum|GiB|MiB|KiB|Enter|Ctrl|padme|pow|round|mib|auto|Windows|Linux|Debian|Source|Organization|fdatasync|Seal|Padmé|Padm|Unicode|qps|pub|key|parts|verbose|incomplete|dry|eio|full' |
        sort -u | head -n 5
}

for language in ru uk es fr ar fa zh; do
    scenario "$language"
    cp -R "$given/." . 2>/dev/null || cp -r "$given"/{alice.pub,alice.key,bob.pub,bad.pub,large,empty} .
    [ -p tree/fifo ] || { mkdir -p tree && echo one >tree/one && ln -sf one tree/link && mkfifo tree/fifo; }
    while read -r name code command; do
        [ -n "$name" ] || continue
        rm -rf parts
        mkdir parts
        # shellcheck disable=SC2086 # a command and its arguments
        run ${command//'{}'/$name.bin} --lang "$language"
        expect_exit "$code"
        [[ $latin != *" $language "* ]] || check "$name: nothing in another language" test -z "$(foreign "$out" "$err")"
        check "$name: no field is left" test -z "$(grep -oE '\{[a-z]+\}' "$out" "$err")"
        [ "$name" != help ] || check "help fits 80 columns" test "$(wc -L <"$out")" -le 80
    done <<<"$cases"
    check "the receipt is 20 digits" grep -qE '(^| )([0-9]{4} ){4}[0-9]{4}$' <(seal -q --lang "$language" --to alice.pub -o r.bin tree 2>/dev/null)
    hit "FAULT_WRITE=100000 errno:$ENOSPC" -- seal -q --lang "$language" --to alice.pub -o full.bin large
    expect_exit 1
    [[ $latin != *" $language "* ]] || check "a full disk, too" test -z "$(foreign "$err")"
    hit "FAULT_READ=large 0 3000000 errno:$EIO" -- seal -q --lang "$language" --to alice.pub -o eio.bin large tree
    [[ $latin != *" $language "* ]] || check "a bad source, too" test -z "$(foreign "$out" "$err")"
    run unseal --lang "$language" -q --key alice.key --list --json incomplete.bin
    cp "$out" listed
    run unseal --lang en -q --key alice.key --list --json incomplete.bin
    expect_same listed "$out"
    run unseal --lang "$language" -q --key alice.key -o bag incomplete.bin
    expect_exit 3
    check "the record is in English" grep -q '^CUSTODY RECORD\|^Custody record' bag.custody.txt
    check "names are as they were" grep -qx 'one' bag/data/tree/one
done

finish
