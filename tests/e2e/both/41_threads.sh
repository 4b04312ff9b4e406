#!/bin/bash
# Several threads make what one makes, and end as well.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"

given=$scratch/given
mkdir "$given" "$given/tree" && cd "$given" || exit 1
take_keys alice.pub alice.key
to=(--to "$given/alice.pub")
with=(--key "$given/alice.key")
# Frames that shrink, that do not, and that are mixed; many small files, empty ones, and large ones.
maketree noise tree/noise 30000000
for i in {1..300}; do maketree noise "tree/small$i" $((i * 7)); done
: >tree/empty
yes 'some text that shrinks' | head -c 20000000 >tree/text
cat tree/small* tree/text >tree/both
for i in {1..20}; do # small ones, by folders, with larger ones between them
    mkdir "tree/in$i"
    for j in {1..9}; do echo "$i $j" >"tree/in$i/$j"; done
    [ $((i % 3)) -ne 0 ] || head -c $((65536 + i % 2)) tree/noise >"tree/in$i/5"
done

mkdir many
for i in {1..3000}; do echo "$i" >"many/$i"; done
head -c 65537 tree/noise >many/large
seal -q "${to[@]}" -o many.bin many >/dev/null

scenario "the same bytes, however many"
for arguments in "" "--level 1" "--level 12" --no-compress "--pad pow2" "--pad 128M"; do
    rm -f ./*.bin
    for threads in 1 2 3 7 64; do
        # shellcheck disable=SC2086 # several arguments
        SEAL_TEST_SEED=threads run seal -q --threads $threads "${to[@]}" $arguments -o $threads.bin "$given/tree"
        expect_exit 0
        expect_same 1.bin $threads.bin
        [ -z "$quick" ] || [ $threads -lt 3 ] || break
    done
    [ -z "$quick" ] || [ -z "$arguments" ] || break
done
run unseal -q "${with[@]}" -o made 2.bin
expect_exit 0
expect_same "$given/tree/both" made/data/tree/both

scenario "the same stream, into a pipe as well"
for threads in 1 2 3; do
    SEAL_TEST_SEED=threads seal -q --repair 6 --threads $threads "${to[@]}" -o $threads.bin - <"$given/tree/both" >"$out" 2>"$err"
    SEAL_TEST_SEED=threads seal -q --repair 6 --threads $threads "${to[@]}" -o - - <"$given/tree/both" 2>"$err" | cat >$threads.pipe
    expect_same 1.bin $threads.bin
    expect_same 1.bin $threads.pipe
done

scenario "how many"
for number in 0 65 999 -1 two; do
    run seal --threads "$number" "${to[@]}" -o out "$given/tree"
    expect_exit 2
    expect_message "--threads takes a number from 1 to 64, not $number"
    expect_names .
done
# has COUNT COMMAND: how many threads it is while it waits for what it is to seal.
has() {
    local number=$1 i=0
    shift
    exec 9<>pipe
    "$@" "$BIN/seal" -q "${to[@]}" -o - - <pipe 9>&- >/dev/null 2>&1 &
    head -c 300000 /dev/zero >&9 # threads start once there is something to seal
    until [ "$(find "/proc/$!/task" -mindepth 1 -maxdepth 1 2>/dev/null | wc -l)" -eq "$number" ] || [ $((++i)) -gt 100 ]; do
        sleep 0.1
    done
    check "$number threads" test $i -le 100
    kill $! 2>/dev/null
    exec 9>&-
    wait $! 2>/dev/null
}
mkfifo pipe
if needs_no_sanitizer && [ "$(nproc)" -gt 1 ]; then
    has $(($(nproc) < 16 ? $(nproc) : 16)) env
    has 1 taskset -c 0
else
    skip "there is one processor only, or a sanitizer with a thread of its own"
fi
rm pipe

# same_whatever FILE STATUS: what comes of it must not depend on how many threads there are.
same_whatever() {
    for threads in 1 2 3 16; do
        run unseal -q --threads $threads "${with[@]}" --writable -o bag$threads "$1"
        expect_exit "$2"
        sed "s/bag$threads/bag/" "$err" >err$threads
        expect_same err1 err$threads
        [ "$2" -ne 0 ] || check "$threads: the same bag" diff -r bag1 bag$threads
    done
    rm -rf bag* err*
}

scenario "what is opened"
seal -q --repair none "${to[@]}" -o "$given/whole" "$given/tree" >/dev/null
seal -q "${to[@]}" -o damaged "$given/tree" >/dev/null
for at in 0 1 30 200; do dd if=/dev/zero of=damaged bs=65536 seek=$at count=1 conv=notrunc status=none; done
same_whatever damaged 0
size=$(stat -c %s "$given/whole")
same_whatever "$given/whole" 0
same_whatever "$given/many.bin" 0
for at in 70000 1048575 1048576 2000000 $((size / 2)) $((size - 65536 * 3)) $((size - 100)); do
    cp "$given/whole" damaged
    printf 'x%sx' $at | dd of=damaged bs=1 seek=$at conv=notrunc 2>/dev/null
    same_whatever damaged 5
    truncate -s "$((at / 2048 * 2048))" damaged
    same_whatever damaged 5
    [ -z "$quick" ] || break
done

scenario "what is opened through a pipe"
for threads in 1 2 7; do
    run unseal -q --threads $threads "${with[@]}" --writable -o bag - < <(cat "$given/whole")
    expect_exit 0
    expect_same "$given/tree/both" bag/data/tree/both
    check "$threads: its digest" grep -q "$(sha256sum <"$given/whole" | cut -d" " -f1)" bag.custody.json
    rm -rf bag*
done

scenario "how many open it"
for number in 0 65 two; do
    run unseal --threads "$number" "${with[@]}" -o made "$given/whole"
    expect_exit 2
    expect_message "--threads takes a number from 1 to 64, not $number"
    expect_names .
done
run unseal --threads 2 "${with[@]}" --list "$given/whole"
expect_exit 2
expect_message '--threads does not go with --list'

# One that reads nobody from: a thread hangs in writing.
scenario "it is stopped while nobody takes what it writes"
mkfifo pipe
for threads in 1 2 4; do
    for signal in INT TERM; do
        env --default-signal "$BIN/seal" -q --threads $threads "${to[@]}" -o - "$given/tree" >pipe 2>"$err" &
        exec 8<pipe
        await_handlers $! seal
        begin=${EPOCHREALTIME/./}
        kill -$signal $!
        wait $! 2>/dev/null
        status=$?
        exec 8<&-
        check "$threads, $signal: it ends by it ($status)" test $status -eq $((128 + $(kill -l $signal)))
        check "$threads, $signal: soon" test $((${EPOCHREALTIME/./} - begin)) -lt 2000000
        expect_message 'stopped before the end'
    done
done
rm pipe

scenario "there is no room"
if [ "$(id -u)" -eq 0 ] && mkdir small && mount -t tmpfs -o size=8m none small 2>/dev/null; then
    for threads in 1 2 4; do
        run seal -q --threads $threads "${to[@]}" -o small/out "$given/tree"
        expect_exit 1
        expect_no_out
        expect_message 'small/out: (could not be written: No space left on device|there is room for .* are needed)\. Make room'
        expect_names small
    done
    for threads in 1 2 4; do
        run unseal -q --threads $threads "${with[@]}" --max-size 1G -o small/out "$given/many.bin"
        expect_exit 1
        expect_no_out
        expect_message '(data/many/[0-9]*: could not be written: No space left on device\. Make room|does not fit in the free space)'
        expect_names small # which file takes the last room is chance
    done
    umount small
else
    skip "mounting a tmpfs takes root, and a container that lets it"
fi
rm -rf small

scenario "it does not fit the size asked for"
for threads in 1 2 4; do
    run seal -q --threads $threads "${to[@]}" --pad 16M -o out "$given/tree"
    expect_exit 1
    expect_message 'does not fit the size asked for'
    expect_names .
done

# Each thread's stack counts where memory has a limit, as in the worker and in the program beside it; and it may be large
# for other programs' sake.
scenario "large stacks"
for stack in 262144 8388608; do # KiB
    if needs_no_sanitizer && (ulimit -s $stack) 2>/dev/null; then
        run bash -c 'ulimit -s '$stack' && exec "$@"' - \
            unseal -q --threads 16 --max-files 10000 "${with[@]}" --writable -o bag "$given/whole"
        expect_exit 0
        expect_same "$given/tree/both" bag/data/tree/both
        rm -rf bag*
    else
        skip "the system allows no larger ones, or a sanitizer has no limit"
    fi
done

# The system may refuse them: then there are fewer.
scenario "no more threads"
needs_no_sanitizer || finish # theirs needs a process of its own at the end
SEAL_TEST_SEED=threads run seal -q --threads 1 "${to[@]}" -o one "$given/tree"
if [ "$(id -u)" -eq 0 ]; then
    chmod 755 "$scratch" . "$given" && chmod 644 "$given/alice.pub" && mkdir user && cp "$BIN/seal" user &&
        chown 1007 user && cd user || exit 1
    SEAL_TEST_SEED=threads run setpriv --reuid=1007 --regid=1007 --clear-groups bash -c 'ulimit -u 1 && exec "$@"' - \
        ./seal -q --threads 4 "${to[@]}" -o out "$given/tree"
else
    SEAL_TEST_SEED=threads run bash -c 'ulimit -u 1 && exec "$@"' - seal -q --threads 4 "${to[@]}" -o out "$given/tree"
fi
expect_exit 0
[ "$(id -u)" -ne 0 ] || cd .. || exit 1
expect_same one "$(find . -name out)"

finish
