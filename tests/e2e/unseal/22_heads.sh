#!/bin/bash
# The two headers of files with repair data: which of them opens a file, what is said of the other, and what the record
# has of it. (Until repair data can be read, such a file is refused as damaged when its headers are good.)
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"

given=$scratch/given
mkdir "$given" && cd "$given" || exit 1
take_keys alice.key bob.key carol.key
EIO=5

# headers_of FILE: what the record says of them, in ${headers}.
headers_of() {
    rm -f record.custody.*
    run unseal -q --key "$given/${2:-alice}.key" --verify -o record "$1"
    headers=$(sed -n 's/.*"headers": "\{0,1\}\([a-z-]*\)"\{0,1\},\{0,1\}$/\1/p' record.custody.json 2>/dev/null)
}

expect_headers() {
    headers_of "$2" "${3:-alice}"
    [ "$headers" = "$1" ]
    judge "the headers of $2 should be $1" $? "$headers"
}

while read -r id want; do
    scenario "$id: $want"
    vectors make "$vectors" "$id" file.bin
    expect_headers "$want" file.bin
    case $want in
    right) check "as it says" grep -q 'both are right' record.custody.txt ;;
    first-bad) check "as it says" grep -q 'the first one is damaged' record.custody.txt ;;
    second-*) check "as it says" grep -q 'the second one, at the end' record.custody.txt ;;
    esac
done <<'END'
mend-one right
mend-first-chunk right
mend-first first-bad
mend-first-sector first-bad
mend-first-E first-bad
mend-first-C first-bad
mend-first-slot first-bad
mend-first-other-slot first-bad
mend-cut-front first-bad
mend-8 first-bad
mend-16-burst first-bad
mend-second second-without-slot
mend-second-slot second-damaged
mend-second-chunk second-damaged
mend-cut-second second-without-slot
mend-append second-without-slot
parity-head2-C second-damaged
parity-head2-C-first second-damaged
parity-head2-key second-other-key
parity-head2-params second-other-key
parity-head2-j second-other-key
parity-head2-none second-without-slot
parity-head2-B second-other-content
parity-head2-B-huge second-other-content
parity-head2-chunk-C second-other-content
parity-head2-zeros second-other-content
parity-head2-nonce second-damaged
parity-head2-set-key second-other-key
END

scenario "no header of a file without repair data is said to be right"
expect_headers null "$vectors/files/bag-one.seal"

scenario "who has no key, and files that lost both headers"
vectors make "$vectors" mend-first file.bin
run unseal -q --key "$given/carol.key" -o bag file.bin
expect_exit 4
expect_message 'file\.bin: it begins with the same byte over and over'
vectors make "$vectors" mend-both-heads both.bin
run unseal -q --key "$given/alice.key" -o bag both.bin
expect_exit 4
expect_message 'both\.bin: it begins with the same byte over and over'
run unseal -q --key "$given/alice.key" -o bag - <file.bin
expect_exit 0
remove bag bag.custody.txt bag.custody.json
mkfifo pipe # the end of which is not there yet
cat file.bin >pipe &
run timeout 60 unseal -q --key "$given/alice.key" -o bag pipe
wait
expect_exit 4

scenario "a key with a passphrase is not asked for where another opens the second header"
vectors make "$vectors" mend-first-slot file.bin
run unseal -q --key "$given/bob.key" --key "$given/alice.key" -o bag file.bin
expect_exit 0
expect_err 'the header at its beginning is damaged or missing; the one at its end opened it'

scenario "of a pipe, the second header is looked at when it has come"
for id in mend-one mend-second parity-head2-key parity-head2-none parity-head2-C; do
    vectors make "$vectors" "$id" file.bin
    headers_of file.bin
    want=$headers
    mkfifo pipe
    cat file.bin >pipe &
    headers_of pipe
    wait
    [ "$headers" = "$want" ]
    judge "$id from a pipe should be $want, too" $? "$headers"
    rm -f pipe
done

# By its length a file would have another end than the last data block says.
scenario "through a pipe come as many blocks as there should be"
mkfifo pipe
for id in mend-append mend-append-block mend-cut-second mend-cut-parity; do
    vectors make "$vectors" "$id" file.bin
    run unseal -q --key "$given/alice.key" --verify -o record file.bin
    expect_exit 0
    remove record
    cat file.bin >pipe &
    run unseal -q --key "$given/alice.key" --verify -o record pipe
    wait
    expect_exit 5
    expect_err 'what comes through a pipe cannot be mended'
    remove record
done

scenario "of a set, each file has its own"
for i in 1 2 3; do cp "$vectors/files/parity-volumes.$i.seal" $i.bin; done
vectors make "$vectors" mend-volumes-second 2.bin
run unseal -q --key "$given/alice.key" --verify -o record 1.bin 2.bin 3.bin
expect_exit 0
check "the second volume's first is bad" test \
    "$(sed -n 's/.*"headers": "\([a-z-]*\)".*/\1/p' record.custody.json | tr '\n' ' ')" = 'right first-bad right '

scenario "a first block that cannot be read"
cp "$vectors/files/parity-small.seal" file.bin
cp "$vectors/files/bag-one.seal" one.bin
for action in "FAULT_READ=file.bin 0 65536 errno:$EIO" "FAULT_READ=file.bin 100 100 errno:$EIO"; do
    hit FAULT_IN_PROCESS=main "$action" -- unseal -q --key "$given/carol.key" -o bag file.bin
    expect_exit 1
    expect_message 'file\.bin: could not be read: Input/output error'
    hit FAULT_IN_PROCESS=main "$action" -- unseal -q --key "$given/alice.key" -o bag file.bin
    expect_exit 0
    expect_err 'the header at its beginning is damaged or missing; the one at its end opened it'
    expect_err '[12] blocks? of 64 KiB (is|are) damaged or cannot be read'
    remove bag bag.custody.txt bag.custody.json
    hit FAULT_IN_PROCESS=main "${action/file.bin/one.bin}" -- unseal -q --key "$given/alice.key" -o bag one.bin
    expect_exit 1
    expect_message 'one\.bin: could not be read: Input/output error'
done

finish
