#!/bin/bash
# What a killed program leaves behind: the next run removes it and says so, and touches nothing else.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"

keys=$scratch/keys
mkdir "$keys" && (cd "$keys" && take_keys alice.pub alice.key)
to=(--to "$keys/alice.pub")
with=(--key "$keys/alice.key")
EACCES=13 ENOTSUP=95

good=$scratch/good
mkdir "$good" "$good/tree" "$good/tree/sub"
maketree noise "$good/tree/noise" 3000000
echo text >"$good/tree/sub/text"
(cd "$good" && seal -q "${to[@]}" -o bag.bin tree && seal -q "${to[@]}" -o stream.bin - <tree/noise) >/dev/null

# expect_leftovers NAME...: in this folder there is one unfinished thing for each name, and nothing else.
expect_leftovers() {
    local have want
    have=$(find . -mindepth 1 -maxdepth 1 -printf '%f\n' | sed -E 's/\.[0-9a-f]{8}\.partial$/ unfinished/' | sort)
    want=$(printf '%s unfinished\n' "$@" | sort)
    [ "$have" = "$want" ]
    judge "unfinished should be just: $*" $? "$(printf '%s' "$have" | tr '\n' ' ')"
}

# expect_removed PROGRAM NAME...: a line for each, and none more.
expect_removed() {
    local program=$1 have want
    shift
    have=$(sed -E "s/^$program: (.*)\.[0-9a-f]{8}\.partial: unfinished, left behind when a program was killed or the power failed; it has been removed\.\$/removed \1/" "$err" | sort)
    want=$(printf 'removed %s\n' "$@" | sort)
    [ "$have" = "$want" ]
    judge "it should say that these were removed: $*" $?
}

expect_nothing_unfinished() {
    check "nothing unfinished" test -z "$(find . -name '*.partial')"
}

# ---- What is removed -----------------------------------------------------------------------------

scenario "a sealed file, and what was unsealed"
for command in "seal -q --to $keys/alice.pub -o out $good/tree" \
    "unseal -q --key $keys/alice.key -o out $good/bag.bin" \
    "unseal -q --key $keys/alice.key --raw -o out $good/bag.bin" \
    "unseal -q --key $keys/alice.key -o out $good/stream.bin"; do
    # shellcheck disable=SC2086 # a command line
    hit "FAULT_WRITE=1100000 signal:9" -- $command
    expect_exit 137
    expect_leftovers out
    # shellcheck disable=SC2086 # a command line
    hit "FAULT_WRITE=1100000 signal:9" -- $command # names and removes the one, and leaves another
    expect_exit 137
    expect_removed "${command%% *}" out
    expect_leftovers out
    # shellcheck disable=SC2086 # a command line
    run $command
    expect_exit 0
    expect_removed "${command%% *}" out
    check "the result" test -e out
    expect_nothing_unfinished
    remove out
done

scenario "by any of the programs, several at once, in another folder, and a long name"
mkdir to
name=$(printf 'n%.0s' {1..199})é$(printf 'm%.0s' {1..20})
for i in 1 2; do
    cp -r "$good/tree" "to/$name.a000000$i.partial" # longer than any that is made
    cp -r "$good/tree" "to/${name:0:199}.a000000$i.partial"
done
echo 1 >to/one.a0000003.partial
echo 1 >to/one.key.a0000004.partial
run unseal -q "${with[@]}" -o "to/$name" "$good/stream.bin"
expect_exit 0
check "two lines" test "$(grep -c 'has been removed' "$err")" -eq 2
expect_names to "$name" "$name.custody.txt" "$name.custody.json" "$name.a0000001.partial" \
    "$name.a0000002.partial" one.a0000003.partial one.key.a0000004.partial
run sealkey new -q --no-passphrase -o to/one
expect_exit 0
expect_removed sealkey to/one.key
expect_file to/one.a0000003.partial

scenario "records"
for way in "-o out $good/bag.bin" "-o out $good/stream.bin"; do
    # shellcheck disable=SC2086 # several arguments
    hit "FAULT_CALL=rename signal:9" FAULT_NTH=1 -- unseal -q "${with[@]}" $way
    expect_exit 137
    # The name was given just behind the signal, or it was not.
    expect_leftovers out out.custody.txt out.custody.json
    # shellcheck disable=SC2086 # several arguments
    run unseal -q "${with[@]}" $way
    expect_exit 0
    expect_removed unseal out out.custody.txt out.custody.json
    expect_made . out
    remove out
    # One step later there is the whole, without its record.
    # shellcheck disable=SC2086 # several arguments
    hit "FAULT_CALL=rename signal:9" FAULT_NTH=2 -- unseal -q "${with[@]}" $way
    expect_exit 137
    remove out
    expect_leftovers out.custody.txt out.custody.json
    # shellcheck disable=SC2086 # several arguments
    run unseal -q "${with[@]}" $way
    expect_exit 0
    expect_removed unseal out.custody.txt out.custody.json
    expect_made . out
    remove out
done
hit "FAULT_CALL=rename signal:9" FAULT_NTH=1 -- unseal -q "${with[@]}" --verify -o out "$good/bag.bin"
expect_exit 137
expect_leftovers out.custody.txt out.custody.json
run unseal -q "${with[@]}" --verify -o out "$good/bag.bin"
expect_exit 0
expect_removed unseal out.custody.txt out.custody.json
expect_names . out.custody.json out.custody.txt

scenario "files taken out"
hit "FAULT_WRITE=100 signal:9" -- unseal -q "${with[@]}" --extract tree -o out "$good/bag.bin"
expect_exit 137
expect_leftovers out
run unseal -q "${with[@]}" --extract tree -o out "$good/bag.bin"
expect_exit 0
expect_removed unseal out
expect_names . out

# A second name is made first, which never replaces anything.
scenario "renaming that cannot be told to replace nothing"
hit "FAULT_CALL=rename errno:22" -- seal -q --to "$keys/alice.pub" -o renamed.bin "$good/bag.bin"
expect_exit 0
check "one name" test "$(stat -c %h renamed.bin)" -eq 1

scenario "keys"
hit "FAULT_CALL=rename signal:9" FAULT_NTH=1 -- sealkey new -q --no-passphrase -o org
expect_exit 137
expect_leftovers org.key org.pub
run sealkey new -q --no-passphrase -o org
expect_exit 0
expect_removed sealkey org.key org.pub
expect_names . org.key org.pub
cp org.key before
hit "FAULT_CALL=rename signal:9" -- sealkey passwd -q --no-passphrase org.key
expect_exit 137
expect_same org.key before
check "one left" test "$(find . -name 'org.key.????????.partial' | wc -l)" -eq 1
run sealkey passwd -q --no-passphrase org.key
expect_exit 0
expect_removed sealkey org.key
expect_names . before org.key org.pub

scenario "names that seal chose itself"
mkdir to
for command in "seal -q --to $keys/alice.pub $good/tree" "seal -q --to $keys/alice.pub -o to $good/tree"; do
    for i in 1 2; do
        # shellcheck disable=SC2086 # a command line
        hit "FAULT_WRITE=1100000 signal:9" -- $command
        expect_exit 137
    done
    # shellcheck disable=SC2086 # a command line
    run $command
    expect_exit 0
    expect_removed seal "$(sed -E 's/^seal: ((to\/)?.{14})\..*/\1/' "$err")"
    expect_nothing_unfinished
done
check "one sealed file each" test "$(find . -name '??????????.bin' | wc -l)" -eq 2

scenario "in the folder that is sealed"
hit "FAULT_WRITE=1100000 signal:9" -- seal -q "${to[@]}" -o out "$good/tree"
expect_leftovers out
echo a >a
run seal -q "${to[@]}" -o out .
expect_exit 0
expect_removed seal out
run unseal -q "${with[@]}" --list out
expect_out 'a$'
check "it is not in the record" test "$(grep -c partial "$out")" -eq 0

# ---- What is left alone --------------------------------------------------------------------------

# Starts a program that stops by itself in the middle: stopped FAULT COMMAND...; its id is $stopped.
stopped() {
    env "$1" LD_PRELOAD="$interpose" "${@:2}" >"$scratch/stopped.out" 2>&1 &
    stopped=$!
    for ((i = 0; i < 500; i++)); do
        [ "$(sed 's/.*) //' "/proc/$stopped/stat" | cut -c1)" != T ] || return
        sleep 0.02
    done
    judge "it should stop" 1
}

scenario "the work of a living program"
for command in "seal -q --to $keys/alice.pub -o out $good/tree" \
    "unseal -q --key $keys/alice.key -o out $good/bag.bin" \
    "unseal -q --key $keys/alice.key -o out $good/stream.bin"; do
    # shellcheck disable=SC2086 # a command line
    stopped "FAULT_WRITE=1100000 signal:19" $command
    # shellcheck disable=SC2086 # a command line
    run $command
    expect_exit 0
    expect_no_err
    check "it is still there" test "$(find . -maxdepth 1 -name 'out.????????.partial' | wc -l)" -eq 1
    kill -CONT "$stopped"
    wait "$stopped"
    status=$?
    expect_exit 1
    check "and ends as it would have" grep -Eq ': out(\.custody\.txt)?: is there already' "$scratch/stopped.out"
    expect_nothing_unfinished
    remove out
    # Killed, it leaves what the next run removes.
    # shellcheck disable=SC2086 # a command line
    stopped "FAULT_WRITE=1100000 signal:19" $command
    { kill -KILL "$stopped" && wait "$stopped"; } 2>/dev/null
    # shellcheck disable=SC2086 # a command line
    run $command
    expect_exit 0
    expect_removed "${command%% *}" out
    expect_nothing_unfinished
    remove out
done
# Between closing and renaming it is locked, too.
for command in "seal -q --to $keys/alice.pub -o out $good/tree" "sealkey new -q --no-passphrase -o out" \
    "unseal -q --key $keys/alice.key -o out $good/bag.bin"; do
    # shellcheck disable=SC2086 # a command line
    FAULT_NTH=1 stopped "FAULT_CALL=rename signal:19" $command
    count=$(find . -maxdepth 1 -name 'out*.????????.partial' | wc -l)
    # shellcheck disable=SC2086 # a command line
    run $command
    expect_exit 0
    expect_no_err
    check "all of it is still there" test "$(find . -maxdepth 1 -name 'out*.????????.partial' | wc -l)" -eq "$count"
    { kill -KILL "$stopped" && wait "$stopped"; } 2>/dev/null
    remove out out.pub out.key ./*.partial
done
cp "$keys/alice.key" out.key
FAULT_NTH=1 stopped "FAULT_CALL=rename signal:19" sealkey passwd -q --no-passphrase out.key
run sealkey passwd -q --no-passphrase out.key
expect_exit 0
expect_no_err
check "the new key is still there" test "$(find . -maxdepth 1 -name 'out.key.????????.partial' | wc -l)" -eq 1
{ kill -KILL "$stopped" && wait "$stopped"; } 2>/dev/null

# All but what is made.
list_all() {
    find . -mindepth 1 \( -name out -o -name 'out.custody.*' -o -name '??????????.bin' \) -prune -o \
        -printf '%P %y %l %s %i\n' | sort
}

scenario "names that are not ours, links, special files"
mkdir elsewhere out.a2345678.partial.d out.a234567.partial
echo mine | tee elsewhere/file out.a23456789.partial out.a234567G.partial out.ABCDEF01.partial \
    out.a2345678.partial.bak xout.a2345678.partial out.a2345678.partia out.partial out.a2345678 \
    .out.a2345678.partial outa2345678.partial out..a2345678.partial ou.a2345678.partial \
    .a2345678.partial out.a2345678.PARTIAL 'out.a234567 .partial' abcdefghij.bin.a234567.partial \
    abcdefghijk.bin.a2345678.partial Abcdefghij.bin.a2345678.partial abcdefghij.txt.a2345678.partial \
    out.a234567.partial/file out.a2345678.partial.d/file out.20261122.partial out.c2345678.partial >/dev/null
ln -s elsewhere out.a0000001.partial
ln -s elsewhere/file out.a0000002.partial
mkfifo out.a0000003.partial
ln -s elsewhere abcdefghij.bin.a0000001.partial
list_all >"$scratch/before"
for command in "seal -q --to $keys/alice.pub -o out $good/tree" \
    "unseal -q --key $keys/alice.key -o out $good/bag.bin" \
    "unseal -q --key $keys/alice.key -o out $good/stream.bin" "seal -q --to $keys/alice.pub $good/tree"; do
    # shellcheck disable=SC2086 # a command line
    run timeout 20 $command
    expect_exit 0
    expect_no_err
    list_all >"$scratch/after"
    expect_same "$scratch/before" "$scratch/after"
    remove out
done

scenario "somebody else's"
if [ "$(id -u)" -eq 0 ]; then
    echo theirs >out.a2345678.partial
    mkdir out.a2345679.partial
    chown 65533 out.*.partial
    run seal -q "${to[@]}" -o out "$good/tree"
    expect_exit 0
    expect_no_err
    expect_names . out out.a2345678.partial out.a2345679.partial
else
    skip "only root can make what belongs to somebody else"
fi

# Where others can rename, they can give a folder of ours such a name.
scenario "folders that others can rename"
mkdir to
chmod 777 to
mkdir to/out.a0000001.partial
echo mine | tee to/out.a0000001.partial/file to/out.a0000002.partial >/dev/null
run seal -q "${to[@]}" -o to/out "$good/tree"
expect_exit 0
expect_err 'out\.a0000001\.partial: seems to be left behind .* other users can rename .* so it is left\.'
expect_err 'out\.a0000002\.partial: .* it has been removed\.'
expect_file to/out.a0000001.partial/file
expect_names to out out.a0000001.partial
rm to/out
chmod 1777 to # nobody but the owner can rename there
run seal -q "${to[@]}" -o to/out "$good/tree"
expect_exit 0
expect_removed seal to/out
expect_names to out

scenario "a folder that is moved away while it is emptied"
mkdir -p out.a0000001.partial/a/b elsewhere
echo mine | tee out.a0000001.partial/a/b/file elsewhere/file >/dev/null
FAULT_NTH=5 stopped "FAULT_CALL=unlink signal:19" seal -q "${to[@]}" -o out "$good/tree" # in b
mv out.a0000001.partial/a/b elsewhere
kill -CONT "$stopped"
wait "$stopped"
status=$?
expect_exit 0
check "it says so" grep -q 'out\.a0000001\.partial: .* could not be removed: Device or resource busy' "$scratch/stopped.out"
expect_file elsewhere/file
check "it was in there" test ! -e elsewhere/b/file

# ---- What cannot be removed ----------------------------------------------------------------------

scenario "no right to remove"
for kind in file folder; do
    [ $kind = file ] && echo 1 >out.a2345678.partial
    [ $kind = folder ] && mkdir out.a2345678.partial && echo 1 >out.a2345678.partial/a
    hit "FAULT_CALL=unlink errno:$EACCES" -- seal -q "${to[@]}" -o out "$good/tree"
    expect_exit 0
    expect_message 'out\.a2345678\.partial: unfinished, left behind when a program was killed or the power failed; it could not be removed: Permission denied\. Remove it by hand\.'
    expect_names . out out.a2345678.partial
    rm -rf out out.a2345678.partial
done

# What a program cannot remove of its own is named, with its folder.
# left NAME: it is there, and told.
left() {
    local path
    path=$(echo to/"$1".????????.partial)
    check "$1 stays" test -e "$path"
    expect_err ": ${path//./\\.}: $2, and (it )?could not be removed: $3\\. "
}

scenario "no right to remove what is one's own"
mkdir to
hit "FAULT_CALL=unlink errno:$EACCES" "FAULT_WRITE=1100000 errno:28" -- seal -q "${to[@]}" -o to/out "$good/tree"
expect_exit 1
left out unfinished 'Permission denied'
rm to/*
for kind in bag stream; do
    hit "FAULT_CALL=unlink errno:$EACCES" "FAULT_WRITE=1100000 errno:28" -- unseal -q "${with[@]}" -o to/out "$good/$kind.bin"
    expect_exit 1
    left out unfinished 'Permission denied'
    rm -rf to/*
done
hit "FAULT_CALL=unlink errno:$EACCES" "FAULT_WRITE=100 errno:28" -- sealkey new -q --no-passphrase -o to/org
expect_exit 1
left org.key 'a secret key without a passphrase is in it' 'Permission denied'
expect_err 'It must be removed by hand: whoever reads it can open'
rm to/*
cp "$keys/alice.key" to
hit "FAULT_CALL=unlink errno:$EACCES" "FAULT_WRITE=100 errno:28" -- sealkey passwd -q --no-passphrase to/alice.key
expect_exit 1
left alice.key 'a secret key without a passphrase is in it' 'Permission denied'

# Some shares and write-once media let nobody rename or remove.
scenario "a folder to which one can only add"
mkdir -p to programs/linux-x86_64
"$root/src/build/kit/make.sh" programs/kit
echo program >programs/linux-x86_64/seal
trap 'chattr -R -a "$scratch" 2>/dev/null; clean_up' EXIT
if chattr +a to 2>/dev/null; then
    run seal -q "${to[@]}" -o to/out.bin "$good/tree"
    expect_exit 1
    left out.bin unfinished 'Operation not permitted'
    run unseal -q "${with[@]}" -o to/out "$good/bag.bin"
    expect_exit 1
    for name in out out.custody.txt out.custody.json; do left $name unfinished 'Operation not permitted'; done
    run sealkey new -q --no-passphrase -o to/org
    expect_exit 1
    left org.key 'a secret key without a passphrase is in it' 'Operation not permitted'
    left org.pub unfinished 'Operation not permitted'
    run sealkey new -q --passphrase-fd 0 -o to/locked <<<'six words drawn by six dice'
    expect_exit 1
    left locked.key unfinished 'Operation not permitted'
    chattr -a to && cp "$keys/alice.key" to && chattr +a to
    run sealkey passwd -q --no-passphrase to/alice.key
    expect_exit 1
    left alice.key 'a secret key without a passphrase is in it' 'Operation not permitted'
    run sealkey kit -q --to "$keys/alice.pub" --programs programs to/kit
    expect_exit 1
    left kit unfinished 'Operation not permitted'
    # They are those of killed programs for the next run.
    run seal -q "${to[@]}" -o to/out.bin "$good/tree"
    expect_err 'to/out\.bin\.[0-9a-f]{8}\.partial: unfinished, left behind when a program was killed .*Operation not permitted'
    chattr -a to
else
    skip "nobody can be kept from removing here"
fi

scenario "no locks"
echo 1 >out.a2345678.partial
hit "FAULT_CALL=flock errno:$ENOTSUP" -- seal -q "${to[@]}" -o out "$good/tree"
expect_exit 0
expect_message 'out\.a2345678\.partial: unfinished; on this file system it cannot be told whether a program is still at work on it, so it is left\.'
expect_names . out out.a2345678.partial
rm out
hit "FAULT_CALL=flock errno:$ENOTSUP" "FAULT_WRITE=1100000 signal:15" -- seal -q "${to[@]}" -o out "$good/tree"
expect_exit 143
expect_names . out.a2345678.partial

# ---- At once -------------------------------------------------------------------------------------

# Of several at once to one name, none takes the work of another for left over.
scenario "several at once"
rounds=${quick:+3}
for ((round = 0; round < ${rounds:-12}; round++)); do
    for i in 1 2 3 4 5 6; do
        { seal -q "${to[@]}" -o out "$good/tree/sub" >"out.$i" 2>"err.$i"; echo $? >"status.$i"; } &
    done
    wait
    check "one got the name" test "$(cat status.* | sort | tr -d '\n')" = 011111
    check "nothing was taken for left over" test "$(cat err.* | grep -vc 'out: is there already')" -eq 0
    expect_nothing_unfinished
    rm -f out out.? err.? status.?
done

finish
