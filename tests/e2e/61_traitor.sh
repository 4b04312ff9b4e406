#!/bin/bash
# A worker that was taken over lies, or does not go. It may lie about its own drop; the program, what it says
# and writes, and the drops behind it are not its own. tests/tools/traitor.c has the lies.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"

scenario "a worker that lies"
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
betrayed open-line LD_TRAITOR_DIGEST="$(sha256sum <"$given/bag.bin" | cut -d" " -f1)" "${opened[@]}" -o made "$given/bag.bin"
expect_exit 3
expect_err '^unseal:   missing \./open$'
expect_made . made

# That somebody pressed Ctrl-C only we can know; the drops behind this one are opened.
scenario "it says that somebody stopped it"
betrayed stopped "${opened[@]}" --log log -o many/ "$given/bag.bin" "$given/other.bin"
expect_exit 1
expect_err 'bag\.bin: the part that reads what is inside was killed'
expect_err 'other\.bin: the part that reads what is inside was killed'
expect_absent many/bag

scenario "it does not end, and we are asked to stop"
for lie in stay leave; do
    betrayed $lie timeout -s INT 1 "${opened[@]}" -o made "$given/bag.bin"
    expect_exit 124
    expect_message 'bag\.bin: stopped before the end\. Nothing unfinished was left behind\.$'
    expect_names .
done

scenario "it does not end"
betrayed stay "${opened[@]}" --log log -o made "$given/bag.bin"
expect_exit 6
expect_message 'broke down \(it did not end\)\. Nothing of it was kept'
expect_names . log

scenario "it says it is done, and fills the disk"
mkdir disk
if ! mount -t tmpfs -o size=200m,mode=700 none disk 2>/dev/null; then
    skip "a small disk cannot be made here"
else
    betrayed fill "${opened[@]}" -o disk/made "$given/bag.bin"
    expect_exit 1
    expect_message 'it holds more than there is room for'
    check "nothing is left" test -z "$(ls -A disk)"
    umount disk
fi

finish
