#!/bin/bash
# Every call that can fail is made to fail once, and so is every request for memory: in the programs and in
# unseal's worker. Each run ends with a right code and one message, and leaves nothing behind; or with its
# work done, where the fault was harmless.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"

needs python3 || finish
sanitized=
grep -q __asan_init "$BIN/sealkey" && sanitized=1 fault_library=$tools/faults-of-calls.so

keys=$scratch/keys
mkdir "$keys" && (cd "$keys" && take_keys alice.pub alice.key bob.pub)
good=$scratch/good
mkdir "$good" "$good/tree" "$good/tree/sub" "$scratch/nothing" "$scratch/withkey" "$scratch/withbag"
echo text >"$good/tree/sub/text"
echo 'a:b' >"$good/tree/a:b"
maketree noise "$good/tree/noise" 70000
ln -s sub "$good/tree/link"
(cd "$good" && seal -q --to "$keys/alice.pub" -o bag.bin tree &&
    seal -q --to "$keys/alice.pub" -o stream.bin - <tree/noise) >/dev/null 2>&1
(cd "$scratch/withkey" && sealkey new -q --no-passphrase -o org >/dev/null)
unseal -q --key "$keys/alice.key" --writable -o "$scratch/withbag/bag" "$good/bag.bin" >/dev/null
before=$(find "$good" "$keys" -printf '%P %s %T@ %i\n' | sort | sha256sum)

# faults TEMPLATE OPTIONS... -- COMMAND...: the command with each of its calls failing, then each request for
# memory; sanitizers have memory of their own.
faults() {
    local template=$1 kind
    shift
    for kind in calls memory; do
        [ $kind = calls ] || [ -z "$sanitized" ] || continue
        run faultloop.py "$fault_library" "$template" --kind $kind ${quick:+--most 12} "$@"
        expect_exit 0
        printf '%s: %-34s %s\n' "$test_name" "$scenario_name${worker:+, worker}" "$(head -n 1 "$out")"
    done
}

# The same for unseal's two processes. A worker that has no memory may end without a word.
faults_in_both() {
    faults "$@"
    worker=1
    faults "$1" --process worker "${@:2}"
    worker=
}
worker=

opened=(unseal -q --key "$keys/alice.key")
# 3: with something missing, which the sender was told.
check_sealed="unseal -q --key $keys/alice.key --verify -o v out; code=\$?; rm -f v.*; [ \$code -eq 0 ] || [ \$code -eq 3 ]"

# What could not be read is recorded: code 3.
scenario "seal a folder"
faults "$scratch/nothing" --varies . --verify "$check_sealed" --stdout-varies --also 3 --lines 2 \
    -- seal -q --threads 1 --to "$keys/alice.pub" -o out "$good/tree"
scenario "seal to standard output"
faults "$scratch/nothing" --stdout-varies --stdin "$good/tree/noise" \
    -- seal -q --threads 1 --to "$keys/alice.pub" --to "$keys/bob.pub" -o - -
# Which call comes at which number is chance then; each of them is another's first.
scenario "seal a folder, with threads"
faults "$scratch/nothing" --varies . --verify "$check_sealed" --stdout-varies --also 3 --lines 2 \
    -- seal -q --threads 3 --to "$keys/alice.pub" -o out "$good/tree"
scenario "sealkey new"
faults "$scratch/nothing" --varies . --stdout-varies --verify 'sealkey show out.key out.pub' \
    -- sealkey new -q --no-passphrase -o out
scenario "sealkey passwd"
faults "$scratch/withkey" --varies . --verify 'sealkey show org.key' \
    -- sealkey passwd -q --no-passphrase org.key
scenario "sealkey show"
faults "$scratch/withkey" -- sealkey show org.key org.pub
scenario "unseal a bag"
faults_in_both "$scratch/nothing" --varies '^out\.custody\.' --stdout-varies \
    -- "${opened[@]}" -o out "$good/bag.bin"
scenario "unseal a stream"
faults_in_both "$scratch/nothing" --varies '^out\.custody\.' --stdout-varies \
    -- "${opened[@]}" -o out "$good/stream.bin"
scenario "unseal to standard output"
faults_in_both "$scratch/nothing" --stdout-varies -- "${opened[@]}" -o - "$good/stream.bin"
scenario "unseal --verify"
faults_in_both "$scratch/nothing" --varies '^out\.custody\.' --stdout-varies \
    -- "${opened[@]}" --verify -o out "$good/bag.bin"
scenario "unseal --list"
faults_in_both "$scratch/nothing" -- "${opened[@]}" --list "$good/bag.bin"
scenario "unseal --extract"
faults_in_both "$scratch/nothing" -- "${opened[@]}" --extract tree/sub -o out "$good/bag.bin"
scenario "unseal --recheck"
faults_in_both "$scratch/withbag" --reports -- unseal -q --recheck bag
scenario "unseal several, with a log"
faults "$scratch/nothing" --varies '\.custody\.|^log$' --stdout-varies --lines 4 --partly \
    -- "${opened[@]}" --log log "$good/bag.bin" "$good/stream.bin"

check "what was read is untouched" test "$before" = "$(find "$good" "$keys" -printf '%P %s %T@ %i\n' | sort | sha256sum)"
finish
