#!/bin/bash
# Killed at random moments: what is on disk then is unfinished and named so, or whole; the next run does
# its work and cleans up.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"

keys=$scratch/keys
mkdir "$keys" && (cd "$keys" && take_keys alice.pub alice.key)
good=$scratch/good
mkdir "$good" "$good/tree" "$good/tree/sub"
maketree noise "$good/tree/noise" 200000
for i in {1..40}; do echo "plaintext $i" >"$good/tree/sub/$i"; done
(cd "$good" && seal -q --to "$keys/alice.pub" -o bag.bin tree &&
    seal -q --to "$keys/alice.pub" -o stream.bin - <tree/noise) >/dev/null
before=$(find "$good" "$keys" -printf '%P %s %T@ %i\n' | sort | sha256sum)

RANDOM=${KILLS_SEED:-$$}
kills=0 hits=0 left=0

# Microseconds that a command takes when nobody disturbs it, the longest of three runs.
time_of() {
    local from best=0 took
    for _ in 1 2 3; do
        from=${EPOCHREALTIME/./}
        "$@" >"$out" 2>"$err" || judge "it should work undisturbed" 1
        took=$((${EPOCHREALTIME/./} - from))
        remove out out.key out.pub
        [ "$took" -le "$best" ] || best=$took
    done
    time_of=$best
}

# Runs it undisturbed, and notes the time for the next kill: how fast the machine is may change in between.
run_whole() {
    local from=${EPOCHREALTIME/./}
    run "$@"
    time_of=$((${EPOCHREALTIME/./} - from))
}

# kill_at COMMAND...: kills it somewhere; only itself, not what it may have started.
kill_at() {
    local at=$(((RANDOM * 32768 + RANDOM) % (time_of + time_of / 20)))
    run timeout --foreground -s KILL "$((at / 1000000)).$(printf %06d $((at % 1000000)))" "$@"
    kills=$((kills + 1))
    [ "$status" -ne 137 ] || hits=$((hits + 1))
    # 124: it was done before the kill reached it.
    [ "$status" -eq 137 ] || [ "$status" -eq 124 ] || [ "$status" -eq 0 ]
    judge "it should be killed or done" $?
}

# What is unfinished here is named so, for its owner alone but for records, and there is nothing else than
# NAME...; $unfinished is how many there are.
expect_only() {
    local have
    unfinished=$(find . -mindepth 1 -maxdepth 1 -name '*.partial' | wc -l)
    have=$(find . -mindepth 1 -maxdepth 1 -printf '%f\n' |
        sed -E '/^out(\.key|\.pub|\.custody\.txt|\.custody\.json)?\.[0-9a-f]{8}\.partial$/d')
    for name in "$@"; do
        have=$(grep -vxF "$name" <<<"$have")
    done
    [ -z "$have" ]
    judge "there should be nothing else" $? "$have"
    check "for its owner alone" test -z "$(find . -mindepth 1 -maxdepth 1 -perm /077 \
        -name '*.partial' ! -name 'out.custody.*' ! -name 'out.pub.*')"
    check "nothing in the folder of temporary files" test -z "$(ls -A "$TMPDIR")"
}

# As many lines as there were leftovers, all removed.
expect_cleaned() {
    local removed
    removed=$(grep -c 'unfinished, left behind .* it has been removed\.$' "$err")
    [ "$removed" -eq "$unfinished" ] && [ "$(wc -l <"$err")" -eq "$removed" ]
    judge "it should name what it removed: $unfinished" $?
    check "nothing unfinished" test -z "$(find . -name '*.partial')"
    left=$((left + unfinished))
}

# A few are enough where programs are slow.
times() {
    times=$1
    [ -z "$quick" ] || times=$((($1 + 9) / 10))
}

mkdir "$scratch/tmp"
export TMPDIR=$scratch/tmp

scenario "seal"
times 70
command=(seal -q --to "$keys/alice.pub" -o out "$good/tree")
time_of "${command[@]}"
for ((n = 0; n < times; n++)); do
    kill_at "${command[@]}"
    expect_only out
    if [ -e out ]; then
        check "it is whole" unseal -q --key "$keys/alice.key" --verify -o "$scratch/verified" out
        rm -f out "$scratch"/verified.*
    fi
    run_whole "${command[@]}"
    expect_exit 0
    expect_cleaned
    expect_names . out
    remove out
done

scenario "unseal"
for kind in bag stream; do
    times 55
    command=(unseal -q --key "$keys/alice.key" -o out "$good/$kind.bin")
    time_of "${command[@]}"
    for ((n = 0; n < times; n++)); do
        kill_at "${command[@]}"
        expect_only out out.custody.txt out.custody.json
        if [ -e out ]; then
            if [ $kind = bag ]; then
                check "it is whole" unseal -q --recheck out
            else
                check "it is whole" cmp out "$good/tree/noise"
            fi
        else
            check "no record of nothing" test ! -e out.custody.txt -a ! -e out.custody.json
        fi
        remove out
        run_whole "${command[@]}"
        expect_exit 0
        expect_cleaned
        expect_made . out
        remove out
    done
done

scenario "sealkey"
times 10
command=(sealkey new -q --no-passphrase -o out)
time_of "${command[@]}"
for ((n = 0; n < times; n++)); do
    kill_at "${command[@]}"
    expect_only out.key out.pub
    check "no public key without its secret one" test ! -e out.pub -o -e out.key
    rm -f out.key out.pub
    run_whole "${command[@]}"
    expect_exit 0
    expect_cleaned
    expect_names . out.key out.pub
    rm out.key out.pub
done
time_of sealkey new -q --no-passphrase -o out
sealkey new -q --no-passphrase -o out >/dev/null
command=(sealkey passwd -q --no-passphrase out.key)
for ((n = 0; n < times; n++)); do
    kill_at "${command[@]}"
    expect_only out.key out.pub
    check "the key is whole" sealkey show out.key
    run_whole "${command[@]}"
    expect_exit 0
    expect_cleaned
    expect_names . out.key out.pub
done

scenario "all in all"
check "what was read is untouched" test "$before" = "$(find "$good" "$keys" -printf '%P %s %T@ %i\n' | sort | sha256sum)"
printf '%s: killed %s times, %s of them before the end; %s leftovers named and removed\n' "$test_name" \
    "$kills" "$hits" "$left"
if [ -z "$quick" ]; then # a few may all come late
    check "at least a third came before the end" test $((hits * 3)) -ge "$kills"
    check "some left something" test "$left" -gt 0
fi

finish
