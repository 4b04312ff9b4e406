#!/bin/bash
# Which secrets are in whose memory: probe.so searches all of it, in the middle of the work and at its
# end, for bytes that it knows only masked.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"

bob_passphrase='correct horse battery staple'

scenario "memory can be searched"
home=$PWD
take_keys alice.pub alice.key bob.pub bob.key
if ! needs_no_sanitizer; then # its own memory is terabytes
    run sealkey show alice.key
    expect_exit 0
    finish
fi
mkdir -p tree/sub
echo first >tree/a
maketree noise tree/sub/noise 200000
for name in alice bob; do
    seal -q --to $name.pub -o $name-bag.bin tree >/dev/null
    seal -q --to $name.pub -o $name-stream.bin - <tree/sub/noise >/dev/null
done

# What to look for: KEY and what comes of it, its file's text, and what may be found or not.
key_text() { sed -n '/^-----BEGIN/{n;n;p}' "$1" | tr -d '\n' | hidden text key-text; }
operator=Ms.-Operator-of-this-test
{ hidden keys alice.key && key_text alice.key && printf %s $operator | hidden text operator; } >alice.secrets
{ hidden keys bob.key "$bob_passphrase" && printf %s "$bob_passphrase" | hidden text passphrase; } >bob.secrets
check "five secrets" test "$(wc -l <alice.secrets)" -eq 5
check "four secrets" test "$(wc -l <bob.secrets)" -eq 4
check "none in the clear" test -z "$(grep -F -e "$bob_passphrase" -e $operator ./*.secrets)"

# searching SECRETS COMMAND...: what was found is in the file report.
searching() {
    rm -f report
    run env LD_PROBE_SECRETS="$1" LD_PROBE_REPORT=report LD_PRELOAD="$probe" "${@:2}"
}

# expect_absent_from PROCESS WHEN NAME...; and expect_found_in, as a control.
expect_absent_from() {
    local name
    [ "$(sed -n "s/^$1 $2 searched //p" report | sort -n | head -n 1)" -gt 1000000 ]
    judge "the memory of $1 should have been searched: $2" $?
    for name in "${@:3}"; do
        grep -q "^$1 $2 $name absent$" report && ! grep -q "^$1 $2 $name found" report
        judge "$name should not be in the memory of $1: $2" $? "$(grep "^$1 $2 $name" report)"
    done
}
expect_found_in() {
    local name
    for name in "${@:3}"; do
        grep -q "^$1 $2 $name found" report
        judge "$name should be found in the memory of $1: $2" $? "$(grep "^$1 $2 $name" report)"
    done
}

keys='master xwing cloak'
tasks=("-o made KIND-bag.bin" "-o made KIND-stream.bin" "--raw -o made KIND-bag.bin" "-o - KIND-stream.bin"
    "--verify -o made KIND-bag.bin" "--list KIND-bag.bin" "--extract tree -o made KIND-bag.bin")

# with_file_key KEY FILE PASSPHRASE: the secrets for that file.
with_file_key() { cat "$1.secrets" && hidden file-key "$1.key" "$2" ${3:+"$3"}; }

scenario "a key without a passphrase"
cd "$home" || exit 1
for task in "${tasks[@]//KIND/alice}"; do
    with_file_key alice "${task##* }" >secrets
    who=(--operator "$operator")
    [[ $task != --[le]* ]] || who=()
    # shellcheck disable=SC2086 # several arguments
    searching secrets unseal -q --key alice.key "${who[@]}" $task
    expect_exit 0
    # shellcheck disable=SC2086 # a list
    {
        expect_absent_from main middle $keys key-text
        expect_absent_from main end $keys key-text file-key
        expect_absent_from worker middle $keys key-text operator
        expect_absent_from worker end $keys key-text operator file-key
    }
    # That it finds what is there.
    expect_found_in main middle file-key
    expect_found_in worker middle file-key
    [ ${#who[@]} -eq 0 ] || expect_found_in main end operator
    remove made
done

scenario "a key with a passphrase"
cd "$home" || exit 1
for task in "${tasks[@]//KIND/bob}"; do
    with_file_key bob "${task##* }" "$bob_passphrase" >secrets
    # shellcheck disable=SC2086 # several arguments
    searching secrets unseal -q --passphrase-fd 0 --key alice.key --key bob.key $task <<<"$bob_passphrase"
    expect_exit 0
    # shellcheck disable=SC2086 # a list
    {
        expect_absent_from main middle $keys passphrase
        expect_absent_from main end $keys passphrase file-key
        expect_absent_from worker middle $keys passphrase
        expect_absent_from worker end $keys passphrase file-key
    }
    expect_found_in worker middle file-key
    remove made
done

scenario "several files and keys"
cd "$home" || exit 1
mkdir keys && cp -p alice.key bob.key keys
with_file_key bob bob-bag.bin "$bob_passphrase" >secrets
key_text alice.key >>secrets
hidden keys alice.key | sed 's/^/other-/' >>secrets
searching secrets unseal -q --passphrase-fd 0 --key keys -o many/ alice-bag.bin bob-bag.bin alice-stream.bin <<<"$bob_passphrase"
expect_exit 0
all="$keys other-master other-xwing other-cloak passphrase key-text"
# shellcheck disable=SC2086 # a list
{
    expect_absent_from main middle $all
    expect_absent_from main end $all file-key
    expect_absent_from worker middle $all
    expect_absent_from worker end $all file-key
}
check "three workers" test "$(grep -c '^worker end searched' report)" -eq 3
# What the others are given is only their own.
check "one knows the key of that file" test "$(grep -c '^worker middle file-key found' report)" -eq 1
remove many keys

# Whatever goes wrong.
scenario "no key, a wrong passphrase, a damaged file"
cd "$home" || exit 1
with_file_key bob bob-bag.bin "$bob_passphrase" >secrets
printf wrong-passphrase | hidden text wrong >>secrets
searching secrets unseal -q --passphrase-fd 0 --key bob.key -o made bob-bag.bin <<<wrong-passphrase
expect_exit 2
# shellcheck disable=SC2086 # a list
expect_absent_from main end $keys wrong
searching secrets unseal -q --passphrase-fd 0 --key bob.key -o made alice-bag.bin <<<"$bob_passphrase"
expect_exit 4
# shellcheck disable=SC2086 # a list
expect_absent_from main end $keys passphrase
head -c -3000 bob-bag.bin >cut.bin
searching secrets unseal -q --passphrase-fd 0 --key bob.key -o made cut.bin <<<"$bob_passphrase"
expect_exit 5
# shellcheck disable=SC2086 # a list
{
    expect_absent_from main end $keys passphrase file-key
    expect_absent_from worker end $keys passphrase file-key
}
expect_absent made

scenario "sealkey"
cd "$home" || exit 1
cp -p bob.key again.key
searching bob.secrets sealkey show --passphrase-fd 0 again.key <<<"$bob_passphrase"
expect_exit 0
# shellcheck disable=SC2086 # a list
expect_absent_from main end $keys passphrase
{ cat bob.secrets && printf 'alice\n' | hidden text alice; } >secrets
searching secrets sealkey passwd -q --no-passphrase --passphrase-fd 0 again.key <<<"$bob_passphrase"
expect_exit 0
{ cat secrets && key_text again.key; } >secrets2
cp -p bob.key again.key
searching secrets2 sealkey passwd -q --no-passphrase --passphrase-fd 0 again.key <<<"$bob_passphrase"
# shellcheck disable=SC2086 # a list
expect_absent_from main end $keys passphrase key-text
# The same seed makes the same key: known before it is made.
SEAL_TEST_SEED=known run sealkey new -q --no-passphrase -o seeded
expect_exit 0
{ hidden keys seeded.key && key_text seeded.key && printf %s "$bob_passphrase" | hidden text passphrase; } >secrets
cp seeded.pub first.pub && rm seeded.*
SEAL_TEST_SEED=known searching secrets sealkey new -q --no-passphrase -o seeded
expect_exit 0
expect_same seeded.pub first.pub
# shellcheck disable=SC2086 # a list
expect_absent_from main end $keys key-text
rm seeded.*
SEAL_TEST_SEED=known searching secrets sealkey new -q --passphrase-fd 0 -o seeded <<<"$bob_passphrase"
expect_exit 0
expect_same seeded.pub first.pub
# shellcheck disable=SC2086 # a list
expect_absent_from main end $keys passphrase

scenario "seal"
cd "$home" || exit 1
for source in tree -; do
    rm -f seeded.bin first.bin
    SEAL_TEST_SEED=known run seal -q --to alice.pub -o first.bin --note $operator $source <tree/a
    [ "$source" != - ] || SEAL_TEST_SEED=known run seal -q --to alice.pub -o first.bin $source <tree/a
    expect_exit 0
    with_file_key alice first.bin >secrets
    with=(--note "$operator")
    [ "$source" != - ] || with=()
    SEAL_TEST_SEED=known searching secrets seal -q --to alice.pub -o seeded.bin "${with[@]}" $source <tree/a
    expect_exit 0
    expect_same first.bin seeded.bin
    expect_absent_from main end file-key
    [ "$source" = - ] || expect_found_in main end operator
done

finish
