#!/bin/bash
# A clock that is wrong: before the programs were there, or before a key was made. It is said, and stops nothing.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"

# at DATE COMMAND...: on that day.
at() {
    local seconds
    seconds=$(date -u -d "$1" +%s)
    shift
    run env CLOCK_SECONDS="$seconds" LD_PRELOAD="$clock" "$@"
}
behind='the clock of this computer says 2020-01-02, but this program is of 20[0-9-]+: the clock is wrong\.'
mkdir "$scratch/evidence" && echo one >"$scratch/evidence/1"

scenario "before the programs were there"
at 2020-01-02 sealkey new -o org --no-passphrase
expect_exit 0
expect_err "^sealkey: $behind Whether a key has expired cannot be told"
at 2020-01-02 sealkey show org.pub org.key
expect_exit 0
expect_out '^created:     2020-01-02$'
expect_message "$behind"
at 2020-01-02 seal --to org.pub -q -o org.bin "$scratch/evidence"
expect_exit 0
expect_message "^seal: $behind"
at 2020-01-02 unseal --key org.key -o out org.bin
expect_exit 0
expect_err "^unseal: $behind"

scenario "before a key was made"
at 2031-05-06 sealkey new -o org --no-passphrase --expires 2031-06-01
expect_exit 0
check "a clock that is ahead is not noticed" test -z "$(grep 'the clock' "$err")"
at 2031-05-05 seal --to org.pub -q -o org.bin "$scratch/evidence"
expect_exit 0
expect_message 'org\.pub: this key was made on 2031-05-06, and the clock of this computer says 2031-05-05: one of the two'
at 2031-05-05 sealkey show org.pub
expect_exit 0
expect_message 'org\.pub: this key was made on 2031-05-06'
at 2031-05-06 seal --to org.pub -q -o same.bin "$scratch/evidence"
expect_exit 0
expect_no_err
at 2031-06-02 seal --to org.pub -q -o late.bin "$scratch/evidence"
expect_exit 2
expect_message 'the last day of this key was [-0-9]{10}'

scenario "the log has a line of a time that is still to come"
sealkey new -q -o org --no-passphrase >/dev/null 2>&1
seal --to org.pub -q -o org.bin "$scratch/evidence" >/dev/null 2>&1
at 2041-01-02 unseal -q --key org.key --log log -o ahead org.bin
expect_exit 0
expect_no_err
at 2031-05-06 unseal --key org.key --log log -q -o now org.bin
expect_exit 0
expect_err '^unseal: log: the last line of this log has the time 2041-01-02T00:00:00Z, and by the clock of this computer that is still to come: the clock is wrong now, or was then\.'
at 2031-05-06 unseal --key org.key --log log -q -o again org.bin
expect_exit 0
check "once the last line is right again nothing is said" test -z "$(grep 'last line' "$err")"
at 2031-05-05 unseal --key org.key --log log -q -o before org.bin
check "a day is no matter" test -z "$(grep 'last line' "$err")"

finish
