# shellcheck shell=bash
# Builds the small programs of tests/tools into build/tools and puts them first in PATH; read in
# behind lib.sh. Nothing is built that is newer than its source.
#
#   listing  vectors  flips  enclose  hidden  reseal  contradict  maketree  measure  secrets     programs
#   badstick                                               likewise, where libfuse is there
#   $interpose  $probe  $traitor  $fault_library  $clock                   libraries for LD_PRELOAD
#
# QUICK=N in the environment: the scripts leave out what takes long (run under sanitizers).

tools=$root/build/tools
interpose=$tools/interpose.so
probe=$tools/probe.so
traitor=$tools/traitor.so
fault_library=$tools/faults.so
clock=$tools/wrong_clock.so
quick=${QUICK-}

# deps NAME: a variable of build/deps.mk.
deps() { sed -n "s/^$1 :=//p" "$root/build/deps.mk"; }

# build_tool SOURCE TARGET ARGUMENTS...: SOURCE is a file, or a folder whose .c files become one program. It is built under
# another name first, so that two scripts may do it at once.
build_tool() {
    local source=$root/tests/tools/$1 target=$tools/$2 log=$scratch/$1.log
    local sources=("$source")
    shift 2
    [ -e "$target" ] && [ -z "$(find "$source" -newer "$target")" ] && return
    [ ! -d "$source" ] || sources=("$source"/*.c)
    mkdir -p "$tools"
    # shellcheck disable=SC2046 # lists of options, meant to be split
    (cd "$root" && ${CC:-cc} -std=c17 -O2 -g -Wall -Wextra -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 \
        -DSEAL_TESTING -Isrc $(deps DEPS_CFLAGS) -o "$target.$$" "${sources[@]}" "$@") >"$log" 2>&1 &&
        mv "$target.$$" "$target" && return
    printf '%s: tests/tools/%s could not be built:\n' "$test_name" "$(basename "$source")"
    cat "$log"
    exit 1
}

# shellcheck disable=SC2046 # lists of options, meant to be split
{
    build_tool listing.c listing $(deps DEPS_LIBS)
    build_tool vectors.c vectors $(pkg-config --libs jansson)
    build_tool maketree.c maketree
    build_tool measure.c measure
    ! pkg-config --exists fuse3 || build_tool badstick badstick $(pkg-config --cflags --libs fuse3)
    build_tool faults.c faults.so -U_FILE_OFFSET_BITS -shared -fPIC -ldl
    build_tool faults.c faults-of-calls.so -DCALLS_ONLY -U_FILE_OFFSET_BITS -shared -fPIC -ldl
    build_tool interpose interpose.so -U_FILE_OFFSET_BITS -shared -fPIC -ldl
    build_tool wrong_clock.c wrong_clock.so -shared -fPIC
    build_tool traitor.c traitor.so -U_FILE_OFFSET_BITS -shared -fPIC -ldl
    build_tool probe probe.so -U_FILE_OFFSET_BITS -shared -fPIC -ldl
    for program in flips enclose hidden reseal; do
        [ "$root/build/test/libseal.a" -nt "$tools/$program" ] && rm -f "$tools/$program"
        build_tool $program.c $program build/test/libseal.a $(deps DEPS_LIBS)
    done
    [ "$root/build/test/libseal.a" -nt "$tools/contradict" ] && rm -f "$tools/contradict"
    build_tool contradict.c contradict -Itests/unit tests/unit/lib/{layers,fixture,unit_check}.c \
        build/test/libseal.a $(deps DEPS_LIBS)
    # Compiled anew: what is watched for secrets is marked in the sources.
    [ "$root/build/test/libseal.a" -nt "$tools/secrets" ] && rm -f "$tools/secrets"
    build_tool secrets.c secrets -DSEAL_SECRETS src/base/*.c src/keys/*.c src/envelope/*.c \
        build/test/libseal.a $(deps DEPS_LIBS)
}
export PATH=$PATH:$tools:$root/tests/tools
# A library loaded in front of the sanitizers' own is fine with us.
export ASAN_OPTIONS=verify_asan_link_order=0

# The vectors' key files as they would be at their owners': take_keys NAME...
take_keys() {
    local name
    for name in "$@"; do
        cp "$vectors/keys/$name" . && chmod 600 "$name"
    done
}

# A message at the end, with nothing else in front that has the program's name: what is said to whom
# it is sealed may stand there.
expect_last_message() {
    [ "$(grep -cE '^(seal|unseal|sealkey): ' "$err")" -eq 1 ] &&
        tail -n 1 "$err" | grep -Eq '^(seal|unseal|sealkey): .*[^ ]$'
    judge "standard error should end with its only message" $?
    tail -n 1 "$err" | grep -Eq -- "$1"
    judge "the message should match" $? "$1"
}

# forge_start KEY: what forges bags that no honest sealer makes, sealed to KEY; tests/tools/forge.py says
# how they are described. forge OUT <DESCRIPTION makes one.
forge_start() {
    coproc FORGE { exec python3 "$root/tests/tools/forge.py" "$tools/enclose" "$1" 2>"$scratch/forge.log"; }
    # Copies, since bash forgets these as soon as it ends.
    exec {to_forge}>&"${FORGE[1]}" {from_forge}<&"${FORGE[0]}"
}

forge() {
    local answer=
    { cat && printf '\nseal %s\n' "$PWD/$1"; } >&"$to_forge" && read -r answer <&"$from_forge"
    [ "$answer" = ok ] && return
    judge "$1 should have been forged" 1 "$answer$(tail -n 1 "$scratch/forge.log")"
    finish
}

# Two trees with the same folders and files, contents and times; links, special files and rights to execute do not
# count. expect_same_tree SOURCE DATA.
expect_same_tree() {
    listing -f "$1" | sed -E 's/^file [^ ]+/file ?/' | LC_ALL=C sort >"$scratch/tree.1"
    listing -f "$2" | sed -E 's/^file [^ ]+/file ?/' | LC_ALL=C sort >"$scratch/tree.2"
    as_kept_here "$scratch/tree.1"
    as_kept_here "$scratch/tree.2"
    [ -s "$scratch/tree.1" ] && cmp -s "$scratch/tree.1" "$scratch/tree.2"
    judge "$1 and $2 should be the same tree" $? \
        "$(diff "$scratch/tree.1" "$scratch/tree.2" | head -n 6)"
}

# No byte of a message may do anything on a terminal.
expect_no_controls() {
    ! LC_ALL=C grep -q '[^[:print:]]' <(LC_ALL=C tr -d '\n\200-\377' <"$err") &&
        iconv -f UTF-8 -t UTF-8 "$err" >/dev/null
    judge "standard error should have no raw control characters" $?
}

# hit FAULT... -- COMMAND...: runs it with these faults of interpose.so laid in ("FAULT_CALL=fsync errno:5").
hit() {
    local faults=()
    while [ "$1" != -- ]; do
        faults+=("$1")
        shift
    done
    shift
    # measure, because a shell would talk about processes that die of signals.
    run measure "$scratch/peak" env "${faults[@]}" LD_PRELOAD="$interpose" "$@"
}
