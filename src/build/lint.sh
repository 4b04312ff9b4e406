#!/bin/sh
# Everything that can be checked without running the programs. Each check says "ok" or what it found.
#
#   lint.sh            all checks
#   lint.sh rooms ...  only those named: rules rooms circles names calls texts languages files format cppcheck man shell
#                      length
set -u
cd "$(dirname "$0")/../.." || exit 1

failed=0
c_files=$(find src tests -name '*.[ch]' 2>/dev/null | LC_ALL=C sort)
library_files=$(printf '%s\n' "$c_files" | grep '^src/' | grep -v '^src/cli/')
test_scripts=$(find tests -name '*.sh' -o -name '*.py' | LC_ALL=C sort)
shell_files=$(grep -rlE --exclude-dir=corpus '^#!(/usr)?/bin/(env )?(ba)?sh' src tests .ci 2>/dev/null | LC_ALL=C sort)

# on FILES COMMAND...: runs the command with these files (names without spaces) as its last arguments.
on() {
    files=$1
    shift
    printf '%s\n' "$files" | xargs -r "$@" 2>&1
}

# report NAME FINDINGS: findings that are not empty are a failure.
report() {
    if [ -z "$2" ]; then
        printf 'lint %-9s ok\n' "$1"
    else
        printf 'lint %-9s FAILED\n%s\n' "$1" "$2"
        failed=1
    fi
}

# has TOOL CHECK: a tool that is missing is a failure, not a check passed.
has() {
    command -v "$1" >/dev/null 2>&1 && return
    report "$2" "$1 is not installed: make deps-test"
    return 1
}

# limit LINES FILES: those that are longer.
limit() {
    on "$2" wc -l | awk -v limit="$1" '$1 > limit && $2 != "total" { printf "%s: %d lines, more than %d\n", $2, $1, limit }'
}

[ $# -gt 0 ] || set -- rules rooms circles names calls texts languages files format cppcheck man shell length
for check in "$@"; do
    case $check in
    rules) # the rules of ours find what they are for
        report rules "$(src/build/lint_test.sh)" ;;

    rooms) # which room may include which header
        report rooms "$(on "$c_files" awk -f src/build/rooms.awk)" ;;

    circles) # no header leads back to itself
        report circles "$(on "$c_files" awk -f src/build/circles.awk)" ;;

    names) # a name alone finds a file
        report names "$(on "$c_files" -n 1 basename | sort | uniq -d | sed 's/$/: two files have this name/')" ;;

    calls) # the library returns a status; only src/cli prints or exits; a result is dropped by IGNORE_RESULT alone
        report calls "$(
            on "$library_files" awk -f src/build/calls.awk
            on "$c_files" grep -Hn '(void)!' | grep -v '^src/base/base\.h:'
        )" ;;

    texts) # what a fault says in words decides nothing
        report texts "$(on "$(printf '%s\n' "$c_files" | grep '^src/')" awk -f src/build/texts.awk)" ;;

    languages) # nobody meets English in the middle of his own language
        report languages "$(src/build/po/missing.sh)" ;;

    files) # no file is too long to read
        report files "$(
            limit 450 "$(printf '%s\n' "$c_files" | grep '^src/.*\.c$')"
            limit 600 "$(printf '%s\n' "$c_files" "$test_scripts" | grep '^tests/')"
        )" ;;

    format)
        has clang-format format || continue
        report format "$(on "$c_files" clang-format --dry-run -Werror --style=file | grep 'error:' |
            sed 's/:[0-9]*: error: code should be clang-formatted.*/: not laid out as .clang-format says (make format)/' |
            uniq)" ;;

    cppcheck) # without the system's headers: it does not need them, and reading them takes minutes
        has cppcheck cppcheck || continue
        report cppcheck "$(cppcheck --quiet --std=c11 --language=c --inline-suppr \
            --enable=warning,performance,portability --suppress=missingIncludeSystem \
            --suppress=checkersReport --suppress=normalCheckLevelMaxBranches \
            -D__linux__ -Isrc -Itests/unit -j 2 src 2>&1)" ;;

    man)
        has mandoc man || continue
        report man "$(on "$(find docs/man -name '*.[1-9]' 2>/dev/null)" mandoc -Tlint -W warning)" ;;

    shell) # follows what a script reads in; scripts handed to another shell in '...' are meant that way,
           # and so is $? behind a condition, which only newer versions of shellcheck mind
        has shellcheck shell || continue
        report shell "$(on "$shell_files" shellcheck -x -P SCRIPTDIR -e SC2016,SC2319)" ;;

    length) # long functions are named for a reader to judge; they are no failure
        long=$(on "$(printf '%s\n' "$c_files" | grep '\.c$')" awk -v limit=60 -f src/build/length.awk)
        printf 'lint %-9s %s\n' length "${long:-ok}" ;;

    *)
        report "$check" "there is no such check" ;;
    esac
done
exit $failed
