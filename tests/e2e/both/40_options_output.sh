#!/bin/bash
# Where seal and unseal write to, under which names, and what they say; and every mistake with that.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"
# shellcheck source=tests/e2e/both/options.lib.sh
. "$(dirname "$0")/options.lib.sh"

# ---- Output --------------------------------------------------------------------------------------

ground "what is there already is left as it is"
cp file before
everything=$(find . | LC_ALL=C sort)
refused 1 'file: is there already, and is left as it is' seal -q --to "$alice" -o file folder
refused 1 'is there already' unseal -q --key "$keys/alice.key" -o file one.bin
refused 1 'is there already' unseal -q --key "$keys/alice.key" -o folder one.bin
refused 1 'is there already' unseal -q --key "$keys/alice.key" -o file stream.bin
refused 1 'is there already' unseal -q --key "$keys/alice.key" -o folder stream.bin
refused 1 'is there already' unseal -q --key "$keys/alice.key" --raw -o file one.bin
expect_same file before
check "untouched" test "$(cat folder/more)" = more
for name in /dev/null /dev/zero; do
    refused 1 "$name: is a device or a pipe, and no file\\. Give another name, or -o - for standard output\\.$" \
        seal -q --to "$alice" -o $name folder
    refused 1 'is a device or a pipe' unseal -q --key "$keys/alice.key" -o $name stream.bin
done
# What is read from standard input is gone: nothing of it is, before that is known.
check "nothing should have been read" test "$({ seal -q --to "$alice" -o file - || cat; } <before 2>/dev/null)" = \
    "$(cat file)"
ln -s nowhere link
everything=$(find . | LC_ALL=C sort)
refused 1 'is there already' seal -q --to "$alice" -o link folder
refused 1 'is there already' unseal -q --key "$keys/alice.key" -o link one.bin
refused 1 'is there already' unseal -q --key "$keys/alice.key" -o link stream.bin
check "the link" test "$(readlink link)" = nowhere
mkdir folder/one
everything=$(find . | LC_ALL=C sort)
refused 1 'is there already' unseal -q --key "$keys/alice.key" folder/../one.bin -o folder/one
# With a slash behind it, it is the folder that the bag goes into.
refused 1 'folder/one: is there already' unseal -q --key "$keys/alice.key" -o folder/ one.bin
refused 1 'file/?: could not be' unseal -q --key "$keys/alice.key" -o file/ one.bin
mkdir -p folder/bag/data && : >folder/bag/bagit.txt
everything=$(find . | LC_ALL=C sort)
refused 2 'folder/bag/inner: is inside a bag' unseal -q --key "$keys/alice.key" -o folder/bag/inner one.bin
refused 2 'folder/bag/record.custody.txt: is inside a bag' unseal -q --key "$keys/alice.key" --verify -o folder/bag/record one.bin
refused 2 'folder/bag/data/log: is inside a bag' unseal -q --key "$keys/alice.key" --log folder/bag/data/log -o new one.bin
refused 2 'folder/bag/inner: is inside a bag' seal -q --to "$alice" -o folder/bag/inner file
refused 2 'folder/bag/: is inside a bag' seal -q --to "$alice" -o folder/bag/ file
refused 2 'folder/bag/: is inside a bag' unseal -q --key "$keys/alice.key" -o folder/bag/ one.bin
refused 2 'folder/bag: is a bag, to which nothing may be added' unseal -q --key "$keys/alice.key" -o folder/bag one.bin stream.bin

ground "targets that cannot be"
refused 1 'folder could not be opened.*No such file' seal -q --to "$alice" -o no/such/x file
refused 1 'folder could not be opened.*Not a directory' seal -q --to "$alice" -o file/x file
refused 1 'folder could not be opened.*No such file' unseal -q --key "$keys/alice.key" -o no/such/x one.bin
refused 1 'folder could not be opened.*Not a directory' unseal -q --key "$keys/alice.key" -o file/x one.bin
refused 1 'folder could not be opened.*No such file' unseal -q --key "$keys/alice.key" -o no/such/x stream.bin
refused 1 'File name too long' seal -q --to "$alice" -o "$(printf '%0300d' 0)" file
refused 1 'File name too long' unseal -q --key "$keys/alice.key" -o "$(printf '%0300d' 0)" one.bin
refused 1 'No such file' seal -q --to "$alice" -o x nothing
refused 1 'No such file' seal -q --to "$alice" -o x file nothing
# 255 bytes are a good name; that it is not called so from the start is no excuse.
# Of what is unsealed only 242, for that is the name of its record, too.
name=$(printf 'ж%.0s' {1..127})x
run seal -q --to "$alice" -o "$name" file
expect_exit 0
expect_file "$name"
mv "$name" long.bin
everything=$(find . | LC_ALL=C sort)
for what in "${name%???????}" "--raw -o ${name%??????}x"; do
    # shellcheck disable=SC2086 # several arguments
    [[ $what == --raw* ]] || what="-o ${what}xy"
    # shellcheck disable=SC2086 # several arguments
    refused 1 'File name too long' unseal -q --key "$keys/alice.key" $what long.bin
done
name=${name%???????}
run unseal -q --key "$keys/alice.key" -o "$name" long.bin
expect_exit 0
expect_dir "$name"
run unseal -q --key "$keys/alice.key" --raw -o "${name%??}yz" long.bin
expect_exit 0
remove "$name" "${name%??}yz" long.bin
everything=$(find . | LC_ALL=C sort)
# A name without an ending was meant as a folder, perhaps.
run seal --to "$alice" -o outbox file
expect_exit 0
expect_err '^There is no folder outbox, so the file itself has this name\.'
run seal --to "$alice" -o named.bin file
expect_exit 0
check "a name with an ending is a name" sh -c '! grep -q "There is no folder" "$1"' - "$err"
remove outbox named.bin
everything=$(find . | LC_ALL=C sort)
run seal -q --to "$alice" -o new/ file
expect_exit 1
expect_message '.'
expect_nothing_new
run unseal -q --key "$keys/alice.key" -o new/ one.bin
expect_exit 0
expect_made new one

# ---- Names ---------------------------------------------------------------------------------------

ground "names that begin with a dash, and --"
echo dash >-dash
echo dash >--to
refused_dash() {
    everything=$(find . | LC_ALL=C sort)
    refused "$@"
}
refused_dash 2 'unknown option -d' seal --to "$alice" -o x -dash
run seal -q --to "$alice" -o -out.bin -- -dash --to
expect_exit 0
expect_file ./-out.bin
run unseal -q --key "$keys/alice.key" -o -bag -- -out.bin
expect_exit 0
expect_same ./-dash ./-bag/data/-dash
expect_same ./--to ./-bag/data/--to
run seal -q -t"$alice" -oglued.bin file
expect_exit 0
run unseal -qk"$keys/alice.key" -oglued glued.bin
expect_exit 0
run seal file --to="$alice" folder --output=mixed.bin -q
expect_exit 0
run unseal mixed.bin -q --key="$keys/alice.key"
expect_exit 0
expect_same file mixed/data/file
expect_same folder/more mixed/data/folder/more

ground "default names of what is unsealed"
default() {
    cp "$2" "$1"
    run unseal -q --key "$keys/alice.key" "${@:4}" "$1"
    expect_exit 0
    check "$1 should become $3" test -e "$3"
    remove "$1" "$3"
}
default abc.bin one.bin abc
default a.b.c one.bin a.b
default abc one.bin abc.bag
default abc. one.bin abc..bag
cp one.bin .hidden
run unseal -q --key "$keys/alice.key" .hidden
expect_exit 2
expect_message 'begins with a dot'
rm .hidden
default abc.bin stream.bin abc
default abc.bin one.bin abc.tar.zst --raw
default abc.bin stream.bin abc.zst --raw
default abc stream.bin abc.zst --raw
mkdir elsewhere && cp one.bin elsewhere
run unseal -q --key "$keys/alice.key" elsewhere/one.bin
expect_exit 0
expect_dir one
expect_names elsewhere one.bin

ground "no control character of a name reaches the terminal"
nasty=$'a\e[31m\001\r\nb\x7f\xc2\x9b\xe2\x80\xae\xff'
refused 1 'a\\x1B\[31m\\x01\\x0D\\x0Ab\\x7F' seal -q --to "$alice" -o x "$nasty"
refused 1 '\\x1B' seal -q --to "$nasty" -o x file
refused 1 '\\x1B' unseal -q --key "$nasty" one.bin
refused 1 '\\x1B' unseal -q --key "$keys/alice.key" "$nasty"
refused 1 '\\x1B' seal -q --to "$alice" -o "no/$nasty" file
refused 2 '\\x1B' seal -q --to "$alice" --pad "$nasty" file
refused 2 '\\x1B' seal -q --to "$alice" --level "$nasty" file
refused 2 '\\x1B' seal -q --to "$alice" "--$nasty" file
refused 2 '\\x1B' seal -q --to "$alice" $'-\e' file
refused 2 '\\x1B' unseal -q --key "$keys/bob.key" --passphrase-fd "$nasty" stream.bin
mkdir "$nasty"
mkfifo "$nasty/$nasty"
run seal --to "$alice" -o nasty.bin "$nasty"
expect_exit 3
expect_no_controls
expect_err 'is a named pipe; skipped'
run unseal --key "$keys/alice.key" -o nasty nasty.bin
expect_exit 3
expect_no_controls
cp nasty.bin "$nasty.bin"
run unseal --key "$keys/alice.key" -o "$nasty-bag" "$nasty.bin"
expect_exit 3
expect_no_controls
check "nor on standard output" test -z "$(LC_ALL=C tr -d '\n -~\200-\377' <"$out")"
check "bidi controls neither" test -z "$(grep -o $'\xe2\x80\xae' "$out" "$err")"

# ---- What is said --------------------------------------------------------------------------------

ground "quiet and not"
run seal --to "$alice" -o loud.bin file folder
expect_exit 0
expect_err '^2 files and 1 folder, [0-9]+ bytes$'
expect_out '^sealed  loud\.bin  \([0-9.]+ kB\)$'
expect_out '^receipt ([0-9]{4} ){4}[0-9]{4}$'
receipt=$(sed -n 's/^receipt *//p' "$out")
check "two lines" test "$(wc -l <"$out")" -eq 2
run seal -q --to "$alice" -o quiet.bin file
expect_exit 0
expect_no_err
expect_out '^receipt '
run unseal --key "$keys/alice.key" -o loud loud.bin
expect_exit 0
expect_err '^opened with key '
expect_err '^2 files and 1 folder, [0-9]+ bytes, all checked$'
expect_out '^unsealed loud$'
expect_out "^receipt  $receipt\$"
expect_out '^digest   [0-9a-f]{64}$'
check "D is the tagmanifest's digest" test "$(sed -n 's/^digest *//p' "$out")" = \
    "$(sha256sum <loud/tagmanifest-sha256.txt | cut -c1-64)"
run unseal --quiet --key "$keys/alice.key" -o quiet quiet.bin
expect_exit 0
expect_no_err

# ---- Where no stick is ---------------------------------------------------------------------------

# Beside it, not in it: where media are mounted, only root may make one.
scenario "a folder where no medium is mounted"
waiting=/media/seal-test-$$
absent='no medium is mounted there, so this is on the disk of this computer'
if on_windows || ! mkdir "$waiting" 2>/dev/null; then
    skip "it takes root, and a folder /media"
elif [ "$(stat -c %d /)" != "$(stat -c %d "$waiting")" ]; then
    rmdir "$waiting"
    skip "something is mounted on /media"
else
    echo evidence >file
    run seal -q --to "$alice" -o "$waiting" file
    expect_exit 0
    expect_message "$waiting: $absent\. If a stick was meant, .* what was written here remains"
    run seal -q --to "$alice" -o "$waiting/x.bin" file
    expect_err "$waiting/x\.bin: $absent"
    run seal -n --to "$alice" -o "$waiting" file
    expect_exit 0
    expect_err "$waiting: $absent"
    if mount -t tmpfs none "$waiting" 2>/dev/null; then
        mkdir "$waiting/sub"
        run seal -q --to "$alice" -o "$waiting/sub" file
        expect_exit 0
        expect_no_err
        umount "$waiting"
    fi
    rm -r "$waiting"
fi
[ -e file ] || echo evidence >file
run seal -q --to "$alice" -o ./ file
check "elsewhere nothing is said" test -z "$(grep 'no medium' "$err")"

# ---- Repair data ---------------------------------------------------------------------------------

scenario "repair data, as much as is asked for"
maketree noise noise 3000000
head -c 3000000 /dev/zero >zeros
sealed_len() { # ARGUMENTS...: the length of what comes of it
    rm -f sealed.bin
    run seal -q --to "$alice" "$@"
    expect_exit 0
    stat -c %s sealed.bin
}
with_6=$(sealed_len -o sealed.bin noise)
check "6 is the default" test "$with_6" = "$(sealed_len --repair 6 -o sealed.bin noise)"
last=$(sealed_len --repair none -o sealed.bin noise)
check "no repair data is shorter" test "$last" -lt "$with_6"
for percent in 6 12 25; do
    len=$(sealed_len --repair $percent -o sealed.bin noise)
    check "more of it, more bytes: $percent" test "$len" -gt "$last"
    check "whole blocks: $percent" test $((len % 65536)) -eq 0
    last=$len
    cp sealed.bin bad.bin
    dd if=/dev/zero of=bad.bin bs=65536 seek=7 count=4 conv=notrunc status=none
    run unseal -q --key "$keys/alice.key" -o bag bad.bin
    expect_exit 0
    expect_message '4 blocks of 64 KiB are damaged or cannot be read'
    expect_same noise bag/data/noise
    remove bag* bad.bin
done
check "also for what shrinks" test "$(sealed_len -o sealed.bin zeros)" -eq 393216
check "as if it were asked for" test "$(sealed_len --repair 6 -o sealed.bin zeros)" -eq 393216
run bash -c 'seal -q --to "$1" -o - "$2" 2>/dev/null | wc -c' - "$alice" noise
check "none through a pipe" test "$(cat "$out")" -lt "$with_6"
check "but if that is asked for" test "$(seal -q --to "$alice" --repair 6 -o - noise 2>/dev/null | wc -c)" -eq "$with_6"

scenario "repair data, and sizes that do not go with them"
maketree noise noise 3000000
for text in 5 0 x 6% ''; do
    run seal -q --to "$alice" --repair "$text" -o sealed.bin noise
    expect_exit 2
    expect_absent sealed.bin
done
run seal -q --to "$alice" --repair 7 -o sealed.bin noise
expect_message '--repair takes none, 6, 12 or 25 \(percent of the file\), not 7'
run seal -q --to "$alice" --repair 6 --pad 4000000 -o sealed.bin noise
expect_exit 2
run seal -q --to "$alice" --repair 6 --pad 3999744 -o sealed.bin noise
expect_exit 2
expect_message 'there are no sealed files of 4\.0 MB with that repair data'
check "without, there are" test "$(sealed_len --pad 3999744 -o sealed.bin noise)" -eq 3999744
mkdir volumes
run seal -q --to "$alice" --split 1M -o volumes noise
expect_exit 0
check "volumes have it" test "$(find volumes -size -1048577c -name '*.bin' | wc -l)" -ge 4
run unseal -q --key "$keys/alice.key" -o bag volumes/*
expect_exit 0
expect_same noise bag/data/noise

finish
