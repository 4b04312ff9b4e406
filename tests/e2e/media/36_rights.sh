#!/bin/bash
# Secret keys on media that keep no rights for files, as sticks with FAT and disks with NTFS, and on those that cannot
# be written (tests/tools/badstick).
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"
# shellcheck source=tests/e2e/media/media.lib.sh
. "$(dirname "$0")/media.lib.sh"

mkdir "$scratch/evidence"
echo one >"$scratch/evidence/1"
bob_passphrase='correct horse battery staple'
EPERM=1
exposed='its medium keeps no rights for files .*others can read this key\. Only its passphrase protects it\.$'
exposed_plain='others can read this key, and it has no passphrase\. sealkey passwd locks it with one\.$'
refused='holds a secret key without a passphrase, and others can read it: its medium keeps no rights'

# plug_keys FAULT...: with bob's key, which is locked, and carol's, which is not.
plug_keys() {
    bad sound
    cp "$vectors"/keys/{bob,carol}.{key,pub} "$truth"
    plug "$@"
}

need_medium

scenario "where rights can be set, they are asked for"
plug_keys sound
chmod 644 "$stick"/*.key
run sealkey show "$stick/bob.key"
expect_exit 2
expect_no_out
expect_message "others on this machine can read it\. .*chmod 600 $stick/bob\.key$"
expect_mode "$truth/bob.key" 644

no_rights() {
    scenario "$1: showing and opening"
    plug_keys "${@:2}"
    judge "a stick should be mounted" $? "$*"
    run sealkey show "$stick/bob.key"
    expect_exit 0
    expect_out '^fingerprint: 4495 8438'
    expect_message "bob\.key: $exposed"
    run sealkey show "$stick/carol.key"
    expect_exit 0
    expect_out '^fingerprint: 4924 6587'
    expect_message "carol\.key: .*$exposed_plain"
    run seal --to "$vectors/keys/bob.pub" --to "$vectors/keys/carol.pub" -o sealed.bin "$scratch/evidence"
    expect_exit 0
    run unseal --key "$stick/bob.key" --passphrase-fd 0 -o out sealed.bin <<<"$bob_passphrase"
    expect_exit 0
    expect_err "bob\.key: $exposed"
    run unseal --key "$stick/carol.key" -o refused sealed.bin
    expect_exit 2
    expect_message "carol\.key: $refused"
    expect_absent refused
    check "no advice that cannot be followed" test -z "$(grep chmod "$err")"
}

changes() {
    scenario "$1: new keys and passphrases"
    run sealkey new -o "$stick/new" --passphrase-fd 0 <<<'six words drawn by six dice'
    expect_exit 0
    expect_err "new\.key: $exposed"
    run sealkey new -o "$stick/plain" --no-passphrase
    expect_exit 2
    expect_no_out
    expect_message "$stick/plain\.key: $refused"
    run sealkey passwd --no-passphrase --passphrase-fd 0 "$stick/bob.key" <<<"$bob_passphrase"
    expect_exit 2
    expect_err "$stick/bob\.key: $refused"
    expect_same "$truth/bob.key" "$vectors/keys/bob.key"
    run sealkey passwd --new-passphrase-fd 0 "$stick/carol.key" <<<'six words drawn by six dice'
    expect_exit 0
    expect_err "carol\.key: .*$exposed_plain"
    run unseal --key "$stick/carol.key" --passphrase-fd 0 -o out ../$((scenario_count - 1))/sealed.bin \
        <<<'six words drawn by six dice'
    expect_exit 0
    expect_names "$truth" bob.key bob.pub carol.key carol.pub new.key new.pub
}

no_rights "chmod has no effect" rightless 0
changes "chmod has no effect"
no_rights "chmod is refused" rightless 1 $EPERM
changes "chmod is refused"
no_rights "a medium that cannot be written" protected

finish
