#!/bin/bash
# A worker that was taken over lies, or does not go. It may lie about its own drop; the program, what it says
# and writes, and the drops behind it are not its own. tests/tools/traitor.c has the lies.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"

needs_no_sanitizer || finish # theirs writes to descriptors of its own
given=$scratch/given
mkdir "$given" "$given/tree" && cd "$given" || exit 1
take_keys alice.pub alice.key
echo text >tree/file
seal -q --to alice.pub -o bag.bin tree >/dev/null
cp "$given/bag.bin" "$given/other.bin"
opened=(unseal -q --key "$given/alice.key")

# betrayed LIE COMMAND...
betrayed() {
    run env LD_TRAITOR="$1" LD_PRELOAD="$traitor" "${@:2}"
}

scenario "a remark without an end"
betrayed open-line "${opened[@]}" -o made - < <(cat "$given/bag.bin") # of a pipe we know no more than it
expect_exit 3
expect_err '^unseal:   missing \./open$'
expect_made . made

# That somebody pressed Ctrl-C only we can know; the drops behind this one are opened, too.
scenario "it says that somebody stopped it"
betrayed stopped "${opened[@]}" --log log -o many/ "$given/bag.bin" "$given/other.bin"
expect_exit 6
expect_err 'bag\.bin: .*broke down \(it sent a message that is malformed\)'
expect_err 'other\.bin: .*broke down \(it sent a message that is malformed\)'
expect_absent many/bag

# What runs in the background of a script ignores SIGINT, but for --default-signal.
scenario "it does not end, and we are asked to stop"
for lie in stay leave; do
    env --default-signal LD_TRAITOR=$lie LD_PRELOAD="$traitor" "${opened[@]}" -o made "$given/bag.bin" >"$out" 2>"$err" &
    await_handlers $! unseal
    kill -INT $!
    wait $! 2>/dev/null
    status=$?
    expect_exit 130
    expect_message 'bag\.bin: stopped before the end\. Nothing unfinished was left behind\.$'
    expect_names .
done

# The program has seen which headers are right, and looks whether they are in the copy.
scenario "another header in a mended copy"
cp "$vectors/files/parity-two-groups.seal" whole.bin
for block in 0 $(($(stat -c %s whole.bin) / 65536 - 1)); do
    run env LD_TRAITOR_BLOCK=$block LD_PRELOAD="$traitor" unseal -q --key "$given/alice.key" --repair-to copy.bin whole.bin
    expect_exit 1
    expect_message 'whole\.bin: it changed while it was read'
    expect_names . whole.bin
done
run unseal -q --key "$given/alice.key" --repair-to copy.bin whole.bin
expect_exit 0

scenario "it does not end"
betrayed stay "${opened[@]}" --log log -o made "$given/bag.bin"
expect_exit 6
expect_message 'broke down \(it did not end\)\. Nothing of it was kept'
expect_names . log

# The program waits for a minute, or for minutes of processor time: here its clocks go faster. The next
# drop is opened: its worker is honest, as the lie is told only once.
scenario "it hangs"
for lie in sleep wake silence noise; do
    betrayed $lie env LD_TRAITOR_HASTE=40 LD_TRAITOR_ONCE="$PWD/told" "${opened[@]}" --log log -o many/ \
        "$given/bag.bin" "$given/other.bin"
    expect_exit 6
    expect_message 'bag\.bin: .*broke down \(it went on without getting anywhere\)\. Nothing of it was kept'
    expect_names many other other.custody.json other.custody.txt
    expect_out '^accepted .*other\.bin$'
    remove many
    rm told log
done

# How long a pipe is nobody knows before; but what came through it we have read ourselves.
scenario "it claims to read on, from a pipe that has ended"
betrayed claims env LD_TRAITOR_HASTE=40 timeout 100 "${opened[@]}" -o made - < <(cat "$given/bag.bin")
expect_exit 6
expect_message 'broke down \(it went on without getting anywhere\)\. Nothing of it was kept'
expect_names .

scenario "an honest one waits for a pipe, for as long as it takes"
maketree noise noise 100000
seal -q --to "$given/alice.pub" -o large.bin - <noise >/dev/null
mkfifo fifo
env LD_TRAITOR_HASTE=40 LD_TRAITOR_LATE="$PWD/late" LD_PRELOAD="$traitor" "${opened[@]}" -o made - <fifo >"$out" 2>"$err" &
exec 8>fifo
head -c 70000 large.bin >&8
until [ -e late ] || ! kill -0 $! 2>/dev/null; do sleep 0.1; done
tail -c +70001 large.bin >&8
exec 8>&-
wait $!
status=$?
expect_exit 0
expect_same noise made

scenario "it says it is done, and fills the disk"
mkdir disk
if ! mount -t tmpfs -o size=200m,mode=700 none disk 2>/dev/null; then
    skip "a small disk cannot be made here"
else
    betrayed fill "${opened[@]}" -o disk/made "$given/bag.bin"
    expect_exit 1
    expect_message 'its content does not fit in the free space'
    check "nothing is left" test -z "$(ls -A disk)"
    umount disk
fi

scenario "it makes files without end that are empty"
mkdir disk
if ! mount -t tmpfs -o size=200m,nr_inodes=100000,mode=700 none disk 2>/dev/null; then
    skip "a small disk cannot be made here"
else
    betrayed nodes "${opened[@]}" -o disk/made "$given/bag.bin"
    expect_exit 1
    expect_message 'its content does not fit in the free space'
    check "nothing is left" test -z "$(ls -A disk)"
    umount disk
fi

scenario "what it locks up is removed all the same"
as_user=()
if [ "$(id -u)" -eq 0 ]; then # who may enter everything
    chmod 711 "$scratch" "$given" && chmod 644 "$given"/*.bin
    mkdir user && cp "$given/alice.key" user/key && cp "$BIN/unseal" "$traitor" user && chown -R 1000 user
    cd user || exit 1
    traitor=$PWD/traitor.so
    as_user=(setpriv --reuid=1000 --regid=1000 --clear-groups)
    opened=(./unseal -q --key key)
fi
betrayed locked "${as_user[@]}" "${opened[@]}" -o made "$given/bag.bin"
expect_exit 6
expect_message 'broke down \(it crashed\)'
check "nothing is left of it" test -z "$(ls -d ./*.partial made 2>/dev/null)"
traitor=$root/build/tools/traitor.so
opened=(unseal -q --key "$given/alice.key")

scenario "it does not say what it should"
malformed='broke down \(it sent a message that is malformed\)'
for task in "-o made $given/bag.bin" "--verify $given/bag.bin" "--list $given/bag.bin" "--extract tree -o made $given/bag.bin"; do
    for lie in items remarks half rubbish stopped many; do
        case $lie-$task in
        half-*) what='broke down \(it stopped in the middle of a message\)' ;;
        rubbish-*) what='broke down \(it sent ' ;;
        items---list* | many---extract*) continue ;;
        *) what=$malformed ;;
        esac
        # shellcheck disable=SC2086 # several arguments
        betrayed $lie "${opened[@]}" $task
        expect_exit 6
        expect_message "$what"
        check "nothing of it" test ! -e made
        rm -f ./*.custody.*
        expect_names .
    done
done

# What it tells of a bag on disk are numbers and paths; the words are the program's.
scenario "it says what there is not to say"
unseal -q --writable --key "$given/alice.key" -o bag "$given/bag.bin" >/dev/null 2>&1
betrayed told unseal -q --recheck bag
expect_exit 5 # its manifests are others than the record has
expect_out '^missing    data/lie$'
for lie in detail unfit note words; do
    betrayed $lie unseal -q --recheck bag
    expect_exit 6
    expect_message "$malformed"
    check "$lie: nothing of it is shown" test -z "$(grep -h lie "$out" "$err")"
done

# It is its own list; but there is an end to what we print, and keep.
scenario "it does not stop talking"
betrayed many "${opened[@]}" --max-files 1000 --extract tree -o made "$given/bag.bin"
expect_exit 6
expect_message "$malformed"
expect_names .
run env LD_TRAITOR=items LD_PRELOAD="$traitor" bash -c '"$@" | wc -c' - "${opened[@]}" --max-files 1000 --list "$given/bag.bin"
check "not much: $(cat "$out")" test "$(cat "$out")" -lt 500000000
expect_message "$malformed"

scenario "it goes on for ever, and we are asked to stop"
for lie in silence noise items; do
    for signal in INT TERM; do
        task=(-o made "$given/bag.bin")
        [ $lie != items ] || task=(--max-files 100000000 --list "$given/bag.bin")
        env --default-signal LD_TRAITOR=$lie LD_PRELOAD="$traitor" "${opened[@]}" "${task[@]}" >/dev/null 2>"$err" &
        await_handlers $! unseal
        kill -$signal $!
        wait $! 2>/dev/null
        status=$?
        check "$lie, $signal: it ends by it ($status)" test $status -eq $((128 + $(kill -l $signal)))
        expect_message 'stopped before the end\. Nothing unfinished was left behind\.$'
        expect_names .
    done
done

# That may be opened for both ways: a terminal, say.
scenario "it writes to where it reads from"
cp "$given/bag.bin" both
betrayed answer "${opened[@]}" -o made - <>both
expect_exit 6
expect_message 'it tried what it is not allowed to, and was stopped'
expect_same both "$given/bag.bin"
expect_names . both

finish
