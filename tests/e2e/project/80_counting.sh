#!/bin/bash
# How test cases are counted: a scenario counts once whatever is in it, and tests/run takes a suite that
# crashes, ends early or has no case for one that failed.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"

# expect_counted COUNT <SCENARIOS: what a script with these says at its end, and leaves for tests/run.
expect_counted() {
    { printf '. "%s/tests/e2e/lib.sh"\n' "$root"; cat; } >script.sh
    rm -f result
    E2E_SESSION='' E2E_RESULTS=$PWD/result run bash script.sh
    check "the last line should be: $1" test "$(tail -n 1 "$out")" = "script: $1"
    check "the result should have the same numbers" test "$(tr -cd '0-9 ' <result | xargs)" = "$2"
}

scenario "a scenario is one case"
expect_counted '1 passed, 1 failed' '1 1 0' <<'END'
scenario "two checks that fail"
check "no" false
check "yes" true
check "no" false
scenario "a thousand that hold"
for _ in {1..1000}; do judge "yes" 0; done
finish
END
expect_exit 1
check "both failures have their line" test "$(grep -c '^script:[0-9]*: \[two checks that fail\] no$' "$out")" -eq 2

scenario "what is skipped, and what checks nothing"
expect_counted '1 passed, 2 failed, 1 skipped' '1 2 1' <<'END'
scenario "a part is skipped"
check "yes" true
skip "no reason"
scenario "a part is skipped, another fails"
check "no" false
skip "no reason"
scenario "nothing is checked"
scenario "all is well"
check "yes" true
finish
END
expect_exit 1
expect_counted '0 passed, 0 failed, 1 skipped' '0 0 1' <<'END'
needs a-tool-that-nobody-has || finish
END
expect_exit 0
expect_counted '0 passed, 0 failed' '0 0 0' <<'END'
finish
END
expect_exit 1

scenario "a script that ends before its end leaves no count"
{ printf '. "%s/tests/e2e/lib.sh"\n' "$root"; echo 'scenario "one"; check "yes" true; exit 0'; } >script.sh
E2E_SESSION='' E2E_RESULTS=$PWD/result run bash script.sh
expect_exit 0
expect_absent result

# ---- tests/run, over suites that are made up -------------------------------------------------------

mkdir -p "$scratch/tree"/{tests/{unit/room,e2e/some},build/test/tests/room}
cp "$root/tests/run" "$scratch/tree/tests/run"

# suite NAME SHELL-COMMANDS: a unit test that does this.
suite() {
    : >"$scratch/tree/tests/unit/room/test_$1.c"
    printf '#!/bin/sh\n%s\n' "$2" >"$scratch/tree/build/test/tests/room/test_$1"
    chmod 755 "$scratch/tree/build/test/tests/room/test_$1"
}
suite good 'echo "good: 3 passed, 0 failed, 1 skipped (4000000 checks)"'
suite bad 'echo "bad: 2 passed, 1 failed (7 checks)"; exit 1'
suite crashes 'echo "crashes: 5 passed, 0 failed (9 checks)"; kill -SEGV $$'
suite early 'echo "nearly there"'
suite empty 'echo "empty: 0 passed, 0 failed (0 checks)"'
: >"$scratch/tree/tests/unit/room/test_missing.c"

# expect_summed NAME SUM
expect_summed() {
    run "$scratch/tree/tests/run" "$1"
    check "the sum of $1 should be: $2" test "$(tail -n 1 "$out")" = "$2"
}

scenario "tests/run adds up cases"
expect_summed unit/room/good '3 passed, 0 failed, 1 skipped'
expect_exit 0
expect_summed unit/room/bad '2 passed, 1 failed'
expect_exit 1

scenario "tests/run counts what went wrong"
expect_summed unit/room/crashes '0 passed, 1 failed'
expect_exit 1
expect_summed unit/room/early '0 passed, 1 failed'
expect_summed unit/room/empty '0 passed, 1 failed'
expect_summed unit/room/missing '0 passed, 1 failed'
expect_summed unit/ '5 passed, 5 failed, 1 skipped'
expect_exit 1

scenario "tests/run counts a script that ended early"
printf '#!/bin/sh\nexit 0\n' >"$scratch/tree/tests/e2e/some/10_early.sh"
printf '#!/bin/sh\necho "20_good 2 0 1" >"$E2E_RESULTS"\n' >"$scratch/tree/tests/e2e/some/20_good.sh"
chmod 755 "$scratch/tree"/tests/e2e/some/*
expect_summed test/10_early '0 passed, 1 failed'
expect_exit 1
expect_summed test/20_good '2 passed, 0 failed, 1 skipped'
expect_exit 0

finish
