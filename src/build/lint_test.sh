#!/bin/sh
# Do the rules of lint find what they are for? Each gets bad examples, and good ones; says what it did not find or found too
# much, or nothing.
set -u
build=$(cd "$(dirname "$0")" && pwd) || exit 1
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1

# put FILE LINE...
put() {
    mkdir -p "$(dirname "$1")"
    file=$1
    shift
    printf '%s\n' "$@" >"$file"
}

# expect RULE FINDING|'' FILE...: a part of the one line that is said, or nothing at all.
expect() {
    rule=$1 finding=$2
    shift 2
    found=$(awk -f "$build/$rule" "$@")
    case $found in
    '') [ -z "$finding" ] ;;
    *"$finding"*) [ -n "$finding" ] && [ "$(printf '%s\n' "$found" | wc -l)" -eq 1 ] ;;
    *) false ;;
    esac || printf '%s: "%s" should be found in: %s; found: "%s"\n' "$rule" "$finding" "$(cat "$1")" "$found"
}

# include FROM HEADER FINDING
include() {
    put "src/$1" "#include \"$2\""
    expect rooms.awk "$3" "src/$1"
}

include bag/x.c bag/private.h ''
include bag/x.c archive/archive.h ''
include bag/x.c archive/private.h 'is private to archive'
include bag/x.c intake/intake.h 'intake is above bag'
include bag/x.c bag/check/check.h 'bag/check is above bag'
include bag/check/x.c bag/private.h ''
include bag/check/x.c bag/collect/collect.h 'do not see each other'
include bag/collect/x.c bag/recheck/recheck.h 'do not see each other'
include intake/x.c bag/check/check.h ''
include intake/x.c bag/check/private.h 'is private to bag/check'
include intake/x.c bag/private.h 'is private to bag'
include jobs/x.c base/status.h ''
include jobs/x.c platform/crew.h ''
include jobs/x.c platform/posix.h 'is private to platform'
include jobs/x.c cli/cli.h 'cli is above jobs'
include jobs/x.c text/catalog.h 'jobs does not'
include custody/x.c text/catalog.h ''
include cli/x.c text/private.h 'is private to text'
include cli/x.c cli/ui/private.h ''
include cli/ui/x.c cli/cli.h 'cli is above cli/ui'
include cli/ui/x.c text/catalog.h ''
include bag/x.c private.h 'write "room/header.h"'
include attic/x.c base/base.h 'is no room'
include bag/attic/x.c base/base.h 'is no room'

# Through three headers, from wherever they are entered; through what .c files include; a header and itself.
put src/a/x.h '#include "a/y.h"'
put src/a/y.h '#include "c/z.h"'
put src/c/z.h '#include "a/x.h"'
put src/d/w.h '#include "a/x.h"'
expect circles.awk 'includes: src/a/x -> src/a/y -> src/c/z -> src/a/x' src/a/x.h src/a/y.h src/c/z.h
expect circles.awk 'src/a/y -> src/c/z' src/d/w.h src/a/x.h src/a/y.h src/c/z.h
put src/c/z.h '#include <a/x.h>'
expect circles.awk '' src/a/x.h src/a/y.h src/c/z.h
put src/a/x.c '#include "a/x.h"' '#include "a/y.h"'
put src/a/y.c '#include "a/x.h"'
put src/a/x.h ''
put src/a/y.h ''
expect circles.awk 'includes: src/a/x -> src/a/y -> src/a/x' src/a/x.c src/a/y.c src/a/x.h src/a/y.h
put src/a/y.c '#include "a/y.h"'
expect circles.awk '' src/a/x.c src/a/y.c src/a/x.h src/a/y.h
put src/a/x.h '#include "a/x.h"'
expect circles.awk 'src/a/x -> src/a/x' src/a/x.h
# By calls, whatever header has the functions; not where another of the same name is meant.
put src/a/x.c 'void one(int n)' '{' '    two(n);' '}'
put src/a/y.c 'int two(int n)' '{' '    return one(n - 1);' '}'
expect circles.awk 'calls: src/a/x -> src/a/y -> src/a/x' src/a/x.c src/a/y.c
put src/a/y.c 'static int one(int n)' '{' '    return n;' '}' 'int two(int n)' '{' '    return one(n - 1);' '}'
expect circles.awk '' src/a/x.c src/a/y.c

# compare LINE FINDING
compare() {
    put x.c "$1"
    expect texts.awk "$2" x.c
}

compare 'if (strcmp(fault->what, "x") == 0)' x.c:1:
compare 'if (strcmp(e->detail, "fifo") == 0)' x.c:1:
compare 'return a && strncmp("x", f.what, 3) == 0;' x.c:1:
compare 'if (strcmp(name,
              reason) == 0)' x.c:1:
compare 'if (strcmp(message, "x") == 0)' x.c:1:
compare 'if (strcmp(name, "message") == 0) fault->what = NULL;' ''
compare 'if (strcmp(name, text) == 0) message(reason);' ''
compare 'my_strcmp(reason, "x");' ''
