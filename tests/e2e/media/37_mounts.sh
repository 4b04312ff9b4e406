#!/bin/bash
# Files on file systems that another program serves (FUSE), which leave out something that others have
# (tests/tools/badstick).
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"
# shellcheck source=tests/e2e/media/media.lib.sh
. "$(dirname "$0")/media.lib.sh"

mkdir tree
echo one >tree/one
maketree noise tree/middle 300000
maketree noise tree/large 3000000
seal -q --to alice.pub -o bag.bin tree >/dev/null
chmod 644 bag.bin
to=(--to "$given/alice.pub") with=(--key "$given/alice.key")

# hold FAULT...: a medium with what is given.
hold() {
    bad sound
    cp -r "$given/tree" "$given/bag.bin" "$truth"
    plug "$@"
    judge "a medium should be mounted" $? "$*"
}

# sealed STATUS FAULT...: what is on the medium is sealed, and opened again.
sealed() {
    local want=$1
    shift
    remove bag sealed.bin
    hit "$@" -- seal -q "${to[@]}" -o sealed.bin "$stick/tree"
    expect_exit "$want"
    unseal -q "${with[@]}" -o bag sealed.bin >"$scratch/unseal" 2>&1
    [ $? -eq "$want" ]
    judge "unseal should exit with $want" $? "$(head -n 1 "$scratch/unseal")"
}

need_medium

# ---- Files that cannot be sought in --------------------------------------------------------------

scenario "what can only be read from begin to end is sealed whole"
hold forward 4000000
check "it cannot be sought in" python3 -c '
import os, sys
try:
    os.pread(os.open(sys.argv[1], os.O_RDONLY), 1, 0)
    sys.exit(1)
except OSError:
    pass' "$stick/tree/one"
sealed 0
expect_no_err
for name in one middle large; do
    expect_same "$given/tree/$name" "bag/data/tree/$name"
done

for name in one middle; do
    scenario "it is opened anew when it is to be read a second time: $name"
    hold forward 4000000
    sealed 0 "SYSTEM_CHANGES=$name 1 echo more >>$truth/tree/$name"
    expect_no_err
    expect_same "$truth/tree/$name" "bag/data/tree/$name"
    check "it has more now" test "$(tail -c 5 "bag/data/tree/$name")" = more
done

scenario "likewise a large one, only to compare"
hold forward 4000000
sealed 3 "SYSTEM_CHANGES=large 1 echo more >>$truth/tree/large"
expect_remark 'large changed .*the rest is not here; read again, it has 3000005 bytes and SHA-256 '"$(sha256sum <"$truth/tree/large" | cut -c -64)"
expect_same "$given/tree/large" bag/data/tree/large

scenario "where it cannot be read, zeros stand for all that follows"
hold forward 1234567
sealed 3
expect_remark 'large could be read only in part; zeros stand for the rest \(1234567-2999999\)'
expect_same "$given/tree/middle" bag/data/tree/middle
expect_same <(head -c 1234567 "$given/tree/large" && head -c 1765433 /dev/zero) bag/data/tree/large

scenario "a sealed file that can only be read from begin to end"
hold forward 4000000
run unseal -q "${with[@]}" -o bag "$stick/bag.bin"
expect_exit 0
expect_no_err
expect_same "$given/tree/large" bag/data/tree/large
check "the record has its SHA-256" grep -q "$(sha256sum <"$given/bag.bin" | cut -c -64)" bag.custody.txt
run unseal -q "${with[@]}" --raw -o raw <"$stick/bag.bin" -
expect_exit 0
run unseal "${with[@]}" --list "$stick/bag.bin"
expect_exit 2
expect_message 'bag\.bin: is not seekable; save it to a file first'
run unseal -q "${with[@]}" --raw -o - "$stick/bag.bin"
expect_exit 2
expect_message 'bag\.bin: it cannot be read twice'

scenario "among several it hinders none"
hold forward 4000000
cp "$given/bag.bin" .
run unseal -q "${with[@]}" -o out/ "$stick/bag.bin" bag.bin
expect_exit 2
expect_err 'stick/bag\.bin: is not seekable; save it to a file first'
expect_same "$given/tree/large" out/bag/data/tree/large

# ---- Phones and media that die -------------------------------------------------------------------

scenario "files that say they have 0 bytes are read to their end, also large ones"
bad sound
mkdir "$truth/tree"
cp "$given/tree/"* "$truth/tree"
maketree noise "$truth/tree/video" 70000000
plug sizeless
judge "a medium should be mounted" $?
check "it says so" test "$(stat -c %s "$stick/tree/video")" = 0
sealed 0
expect_no_err
for name in one middle large video; do
    expect_same "$truth/tree/$name" "bag/data/tree/$name"
done

# Sector by sector, three times each, this would take over a minute.
scenario "a file that cannot be read takes no time for each of its sectors"
hold dying 1234567
hit -- timeout 20 seal -q "${to[@]}" -o sealed.bin "$stick/tree"
expect_exit 3
expect_remark 'large could be read only in part; zeros stand for the rest \(1232896-2999999\)'
run unseal -q "${with[@]}" -o bag sealed.bin
expect_exit 3
expect_same <(head -c 1232896 "$given/tree/large") <(head -c 1232896 bag/data/tree/large)
expect_same "$given/tree/middle" bag/data/tree/middle
remove bag sealed.bin

scenario "where files cannot be opened, it is said that phones may not let them"
hold unopened 1 95
run seal -q "${to[@]}" -o sealed.bin "$stick/tree"
expect_exit 1
expect_err 'tree/one could not be read and is left out'
expect_err 'a phone or a camera .*copy the files to a disk of this computer'
check "once" test "$(grep -c 'a phone or a camera' "$err")" = 1
expect_err 'nothing that was to be sealed could be read'
run seal -q "${to[@]}" -o sealed.bin "$given/tree" "$stick/tree/middle" "$stick/tree/large"
expect_exit 3
check "once" test "$(grep -c 'a phone or a camera' "$err")" = 1
remove sealed.bin

scenario "where nothing that is open gets a name"
for error in 16 26; do
    bad busy 1 $error
    run seal -q "${to[@]}" -o "$stick/sealed.bin" "$given/tree"
    expect_exit 1
    expect_message 'sealed\.bin: could not be given its name: .*open.*copy it from there'
    run unseal -q "${with[@]}" -o "$stick/bag" "$given/bag.bin"
    expect_exit 1
    expect_message 'bag: could not be given its name: .*open.*copy it from there'
    expect_empty_dir "$truth"
done

# ---- Names that are too long for other disks -----------------------------------------------------

# As on NTFS, which counts letters and not bytes. unseal can have them on such a medium only.
scenario "names of over 255 bytes are warned of"
bad sound
echo one >"$truth/one"
echo two >"$truth/.two"
plug lengthens
judge "a medium should be mounted" $?
run seal -q "${to[@]}" -o sealed.bin "$stick"/one* "$stick/.two"
expect_exit 0
expect_message 'one.* has a name that not every system can .*\(it is too long for most disks of Linux\)\.$'
run unseal -q "${with[@]}" -o bag sealed.bin
expect_exit 1
expect_message 'one.*: this system cannot hold a name in it \(it is too long for this disk, or .*the other files with --extract'
run unseal -q "${with[@]}" --extract .two -o other sealed.bin
expect_exit 0
expect_same "$truth/.two" other/data/.two

# ---- What root mounted for root alone ------------------------------------------------------------

# is_user REGEX COMMAND...: what unseal does exits with 0, and its worker is that user, without capabilities.
is_user() {
    run env LD_PROBE=state LD_PROBE_REPORT="$PWD/report" LD_PRELOAD="$probe" "${@:2}"
    expect_exit 0
    expect_no_err
    needs_no_sanitizer || return # there is no cage
    check "its user is $1" grep -qE "^status Uid:([[:space:]]+$1){4}$" report
    check "it has no capabilities" grep -qE '^status CapEff:[[:space:]]+0{16}$' report
    rm -f report
}
other='(21474[1-7][0-9]{4}|214748[0-3][0-9]{3}|65534)'

scenario "root's worker stays root where nobody else is let in"
if [ "$(id -u)" -ne 0 ]; then
    skip "it takes root"
else
    hold private
    is_user 0 unseal -q "${with[@]}" -o bag "$stick/bag.bin"
    expect_same "$given/tree/large" bag/data/tree/large
    is_user 0 unseal -q "${with[@]}" -o "$stick/bag" "$given/bag.bin"
    expect_same "$given/tree/large" "$truth/bag/data/tree/large"
    is_user 0 unseal -q "${with[@]}" -o "$stick/one" --extract tree/one "$given/bag.bin"
    expect_same "$given/tree/one" "$truth/one/data/tree/one"
    is_user 0 unseal -q "${with[@]}" --raw -o "$stick/raw" "$given/bag.bin"
    is_user 0 unseal -q "${with[@]}" --list "$stick/bag.bin"
    is_user 0 unseal -q "${with[@]}" --verify -o verified "$stick/bag.bin"
    run unseal --recheck "$stick/bag"
    expect_exit 0

    scenario "where another user mounted it, nothing is taken for being there"
    hold private
    mkdir "$scratch/bin" && cp "$BIN/seal" "$scratch/bin"
    chmod 644 "$given/alice.pub"
    as_user=(setpriv --reuid=65534 --regid=65534 --clear-groups "$scratch/bin/seal")
    if "${as_user[@]}" --version >/dev/null 2>&1; then
        chmod 777 "$scratch" # a file could be made beside it
        run "${as_user[@]}" -q "${to[@]}" -o "$stick" "$given/tree"
        chmod 755 "$scratch"
        expect_exit 1
        expect_message "$stick: could not be created: Permission denied\. This user has no right"
    else
        skip "another user cannot run programs in $scratch"
    fi

    scenario "and nowhere else"
    hold sound
    is_user "$other" unseal -q "${with[@]}" -o bag "$stick/bag.bin"
    is_user "$other" unseal -q "${with[@]}" --list "$stick/bag.bin"
    is_user "$other" unseal -q "${with[@]}" -o bag2 "$given/bag.bin"
fi

finish
