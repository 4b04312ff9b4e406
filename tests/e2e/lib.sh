# shellcheck shell=bash
# What all end-to-end tests share. A test is a bash script NN_name.sh in a folder by program or subject:
#
#     . "$(dirname "$0")/../lib.sh"
#
#     scenario "a key without a passphrase"       # a fresh, empty folder to work in
#     run sealkey new -o org --no-passphrase      # any command; our programs are first in PATH
#     expect_exit 0
#     expect_out 'fingerprint: [0-9 ]{44}$'       # an extended regular expression, line by line
#     expect_file org.key
#
#     finish                                      # the last line of every test
#
# run          runs a command with standard input from /dev/null (or what `run ... <FILE` gives it)
#              and no terminal at all; leaves its exit status in $status, its output in the files
#              $out and $err. Not in a pipe: `a | run b` would lose the status.
# run_tty      the same on a terminal of its own; its input says what is typed, a line for each
#              prompt: REGEX|ANSWER. The answer ^C, ^D, ^Z or ^\ is that key, any other ends with
#              Enter; an empty REGEX waits for nothing. Both outputs land in $out.
# expect_*     are one check each. A check that fails prints where, and what the command said.
# remove       removes bags, which are read-only, with their custody records.
# skip WHY     something of the scenario cannot be tried here.
# needs TOOL   false, and skipped, where a tool is missing: `if needs expect; then ...`.
#
# A scenario is a test case: failed if any of its checks failed or if it has none, else skipped if something of it was,
# else passed. What is checked before the first scenario is a case of its own.
#
# Environment: BIN folder of the programs (default: build/test); E2E_RESULTS a file to which
# "NAME PASSED FAILED SKIPPED", numbers of cases, is appended; E2E_KEEP=1 keeps the folders; E2E_UNCAGED=1: here is no cage, and what
# unseal says about that is no matter; E2E_SYSTEM=windows: the programs are those for Windows (tests/windows), where there
# are no modes, times have a hundred nanoseconds, and what is left over goes a moment after the program has ended.
# TMPDIR is obeyed.
set -u

# Programs under test ask for passphrases on the terminal, so there must be none: a new session. One that
# hangs must not hold up all others: far beyond the slowest there is an end.
if [ -z "${E2E_SESSION-}" ]; then
    E2E_SESSION=1 exec setsid -w timeout -k 10 1200 "$BASH" "$0" "$@"
fi

test_name=$(basename "$0" .sh)
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BIN=$(cd "${BIN:-$root/build/test}" && pwd) || exit 1
vectors=$root/tests/vectors
export PATH=$BIN:$PATH LC_ALL=C.UTF-8
export SEAL_TEST_WORKER_ENV=1 # test builds pass the environment on to workers: libraries that make them fail
umask 022
exec </dev/null

scratch=$(mktemp -d "${TMPDIR:-/tmp}/seal-e2e-XXXXXX") || exit 1
out=$scratch/stdout err=$scratch/stderr
status=0 scenario_name='at the start' scenario_count=0
passed=0 failed=0 skipped=0   # scenarios that have ended
case_checks=0 case_failures=0 case_skips=0
: >"$out"
: >"$err"
export vectors

clean_up() {
    cd / || exit 1
    if [ -n "${E2E_KEEP-}" ]; then
        printf '%s: kept %s\n' "$test_name" "$scratch"
    else
        chmod -R u+rwx "$scratch" 2>/dev/null
        rm -rf "$scratch"
    fi
}
trap clean_up EXIT
trap 'printf "%s: [%s] stopped from outside\n" "$test_name" "$scenario_name"; exit 130' INT TERM HUP

end_case() {
    # Before the first scenario nothing needs to be checked.
    [ "$scenario_count$case_checks$case_skips" != 000 ] || return
    if [ $case_failures -gt 0 ]; then
        failed=$((failed + 1))
    elif [ $case_skips -gt 0 ]; then
        skipped=$((skipped + 1))
    elif [ $case_checks -gt 0 ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf '%s: [%s] checks nothing\n' "$test_name" "$scenario_name"
    fi
    case_checks=0 case_failures=0 case_skips=0
}

scenario() {
    end_case
    scenario_name=$1
    scenario_count=$((scenario_count + 1))
    mkdir "$scratch/$scenario_count" && cd "$scratch/$scenario_count" || exit 1
}

run() {
    "$@" >"$out" 2>"$err"
    status=$?
    [ -z "${E2E_UNCAGED-}" ] || sed -i '/^unseal: this system lacks part of the sandbox/d' "$err"
}

run_tty() {
    expect -f "$root/tests/e2e/tty.exp" "$@" >"$out" 2>"$err"
    status=$?
}

# Removes what unseal made, which is read-only, and its custody record; or anything else.
remove() {
    local path
    for path in "$@"; do
        [ ! -e "$path" ] || [ -L "$path" ] || chmod -R u+rwX "$path"
        rm -rf "$path" "${path%/}.custody.txt" "${path%/}.custody.json"
    done
}

on_windows() { [ "${E2E_SYSTEM-}" = windows ]; }

# A list of files that the tool listing made, as this system can keep them: cut in place.
as_kept_here() {
    on_windows || return
    sed -E -i 's/^(file|dir) [^ ]+ ([^ ]+ -?[0-9]+\.[0-9]{7})[0-9]{2}/\1 ? \200/' "$1"
}

# judge WHAT HOLDS [DETAIL]: HOLDS is 0 for yes.
judge() {
    case_checks=$((case_checks + 1))
    [ "$2" -ne 0 ] || return 0
    case_failures=$((case_failures + 1))
    printf '%s:%s: [%s] %s%s\n' "$test_name" "${BASH_LINENO[1]}" "$scenario_name" "$1" "${3:+: $3}"
    printf '    status %s\n' "$status"
    sed 's/^/    stdout: /' "$out" | head -n 8
    sed 's/^/    stderr: /' "$err" | head -n 8
}

# check WHAT COMMAND...: any condition, its output unseen.
check() {
    local what=$1
    shift
    "$@" >/dev/null 2>&1
    judge "$what" $?
}

expect_exit() { [ "$status" -eq "$1" ]; judge "exit status should be $1" $?; }
expect_out() { grep -Eq -- "$1" "$out"; judge "standard output should match" $? "$1"; }
expect_err() { grep -Eq -- "$1" "$err"; judge "standard error should match" $? "$1"; }
expect_no_out() { [ ! -s "$out" ]; judge "standard output should be empty" $?; }
expect_no_err() { [ ! -s "$err" ]; judge "standard error should be empty" $?; }

# One failure, one message: a single line that begins with the program's name.
expect_message() {
    [ "$(wc -l <"$err")" -eq 1 ] && grep -Eq '^(seal|unseal|sealkey): .*[^ ]$' "$err"
    judge "standard error should be one message" $?
    grep -Eq -- "$1" "$err"
    judge "the message should match" $? "$1"
}


# One remark on what is sealed, and that something is missing: two lines.
expect_remark() {
    [ "$(wc -l <"$err")" -eq 2 ] && tail -n 1 "$err" | grep -Eq '^seal: INCOMPLETE\. '
    judge "standard error should be one remark, and the sum" $?
    head -n 1 "$err" | grep -Eq -- "$1"
    judge "the remark should match" $? "$1"
}

expect_file() { [ -f "$1" ] && [ ! -L "$1" ]; judge "there should be a file $1" $?; }
expect_dir() { [ -d "$1" ] && [ ! -L "$1" ]; judge "there should be a folder $1" $?; }
expect_absent() { [ ! -e "$1" ] && [ ! -L "$1" ]; judge "there should be no $1" $?; }
expect_mode() {
    on_windows && return
    [ "$(stat -c %a "$1")" = "$2" ]
    judge "the mode of $1 should be $2" $?
}
expect_same() { cmp -s -- "$1" "$2"; judge "$1 and $2 should be the same" $?; }
expect_different() { ! cmp -s -- "$1" "$2"; judge "$1 and $2 should differ" $?; }

gone_by_now() {
    for _ in {1..40}; do
        [ -n "$(find "$1" -mindepth 1 -maxdepth 1 -name '*.partial')" ] || break
        sleep 0.05
    done
}

# Exactly these names in a folder, and none to expect an empty one: expect_names DIR [NAME...].
expect_names() {
    local dir=$1 have want
    shift
    ! on_windows || gone_by_now "$dir"
    have=$(find "$dir" -mindepth 1 -maxdepth 1 -printf '%f\n' | LC_ALL=C sort)
    want=$([ $# -eq 0 ] || printf '%s\n' "$@" | LC_ALL=C sort)
    [ "$have" = "$want" ]
    judge "$dir should hold just: $*" $? "$(printf '%s' "$have" | tr '\n' ' ')"
}
# The same, and the custody record of the first of them: expect_made DIR NAME [NAME...].
expect_made() { expect_names "$1" "$2.custody.json" "$2.custody.txt" "${@:2}"; }
expect_empty_dir() { [ -d "$1" ] && [ -z "$(ls -A "$1")" ]; judge "$1 should be empty" $? "$(ls -A "$1")"; }

# Until a program that was started in the background catches SIGINT and SIGTERM; before, it ends without a
# word or, since a script's shell has SIGINT ignored there, does not end at all. What it is in the middle of
# half a second later is up to the caller.
await_handlers() {
    local caught
    for _ in {1..300}; do
        caught=$(sed -n 's/^SigCgt:[[:space:]]*/0x/p' "/proc/$1/status" 2>/dev/null)
        [ "$(cat "/proc/$1/comm" 2>/dev/null)" = "$2" ] && ((${caught:-0} & 1 << 1 && ${caught:-0} & 1 << 14)) && break
        sleep 0.1
    done
    sleep 0.5
}

skip() {
    case_skips=$((case_skips + 1))
    printf '%s: [%s] skipped: %s\n' "$test_name" "$scenario_name" "$1"
}

needs() {
    command -v "$1" >/dev/null 2>&1 && return 0
    skip "$1 is not installed"
    return 1
}

# With QUICK=N what takes long is left out.
needs_time() {
    [ -z "${QUICK-}" ] && return 0
    skip "it takes long with a sanitizer"
    return 1
}

# Root reads and writes what modes forbid; scenarios about modes need somebody else.
needs_no_root() {
    [ "$(id -u)" -ne 0 ] && return 0
    skip "root is refused nothing"
    return 1
}

# A sanitizer reserves terabytes of addresses: no limit on them can be set.
needs_no_sanitizer() {
    grep -q __asan_init "$BIN/sealkey" || return 0
    skip "built with a sanitizer"
    return 1
}

finish() {
    end_case
    [ -z "${E2E_RESULTS-}" ] ||
        printf '%s %s %s %s\n' "$test_name" "$passed" "$failed" "$skipped" >>"$E2E_RESULTS"
    printf '%s: %s passed, %s failed%s\n' "$test_name" "$passed" "$failed" \
        "$([ "$skipped" -eq 0 ] || printf ', %s skipped' "$skipped")"
    [ "$failed" -eq 0 ] && [ $((passed + skipped)) -gt 0 ]
    exit
}
