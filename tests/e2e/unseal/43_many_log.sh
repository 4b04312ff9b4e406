#!/bin/bash
# The log of drops, and the folder that is opened again every day; what else befalls several drops.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"
# shellcheck source=tests/e2e/unseal/many.lib.sh
. "$(dirname "$0")/many.lib.sh"

lines() { check "the log should have $1 lines" test "$(grep -vc '^#' log)" -eq "$1"; }
# column NUMBER LINE of the log
column() { grep -v '^#' log | sed -n "$2p" | cut -f"$1"; }

# Who made a file knows its key, and can make another that opens with the same head: size and time of the
# first do not make it the one on record.
scenario "a file that is replaced by its twin"
mkdir tree && echo 1 >tree/file && touch -d 2026-01-01 tree tree/file
for name in first second; do
    echo $name | head -c 5 >tree/file && touch -d 2026-01-01 tree tree/file
    SEAL_TEST_SEED=twins seal -q --no-compress "${to[@]}" -o $name.bin tree >/dev/null
done
touch -r first.bin second.bin
check "the same head" test "$(head -c 65536 first.bin | head -c 1200 | cksum)" = "$(head -c 1200 second.bin | cksum)"
expect_different first.bin second.bin
cp "$good/one.bin" .
cp -p first.bin two.bin
hit "FAULT_CALL=syncfs run:cp -p second.bin two.bin" FAULT_NTH=1 -- unseal -q "${with[@]}" --log log one.bin two.bin
expect_exit 1
expect_message 'two\.bin: it changed while it was read; try again'
expect_absent two
expect_absent two.custody.json

scenario "a line for each drop"
cp "$good"/{one,damaged,hostile,other}.bin .
run unseal "${with[@]}" --log log -o out one.bin damaged.bin hostile.bin other.bin missing.bin
expect_exit 6
expect_mode log 600
check "its first line" test "$(head -n 1 log)" = '# seal log 1'
lines 4
check "verdicts" test "$(grep -v '^#' log | cut -f7 | tr '\n' ' ')" = 'accepted damaged breaks-rules no-key '
check "names" test "$(grep -v '^#' log | cut -f8 | tr '\n' ' ')" = 'one.bin damaged.bin hostile.bin other.bin '
check "digests" test "$(grep -v '^#' log | cut -f2)" = "$(sha256sum one.bin damaged.bin hostile.bin other.bin | cut -c1-64)"
check "D" test "$(column 5 1)" = "$(sha256sum <out/one/tagmanifest-sha256.txt | cut -c1-64)"
check "the receipt" test "$(column 6 1)" = "$(sed -n 's/^receipt *//p' "$out" | tr -d ' ')"
check "times" test "$(grep -v '^#' log | cut -f1 | grep -cE '^20[0-9-]{8}T[0-9:]{8}Z$')" -eq 4

# A folder is opened again and again: what was unsealed before is skipped.
scenario "the same folder, day after day"
mkdir inbox
cp "$good"/{one,two}.bin inbox
head -c 69632 /dev/zero | tr '\0' x >inbox/Thumbs.db # as long as a sealed file may be
: >inbox/empty
echo note >inbox/notes.txt
touch inbox/.DS_Store
run unseal -q "${with[@]}" --log log -o out/ inbox/
expect_exit 0
expect_err 'inbox/Thumbs\.db: not a Seal file; skipped\.$'
expect_err 'inbox/empty: empty; skipped\.$'
expect_err 'inbox/notes\.txt: too short for a sealed file; skipped\.$'
check "no other keys are advised" test -z "$(grep 'other keys' "$err")"
lines 2
cp "$good/damaged.bin" inbox/late.bin
run unseal -q "${with[@]}" --log log -o out/ inbox/
expect_exit 5
for name in one two; do
    expect_out "^skipped  inbox/$name\.bin: opened before, by the log at 20[0-9-]{8}T[0-9:]{8}Z$"
done
lines 3
rm inbox/late.bin
before=$(find out | sort)
run unseal -q "${with[@]}" --log log -o out/ inbox/
expect_exit 0
check "a line a drop" test "$(wc -l <"$out")" -eq 2
lines 3
check "nothing was written" test "$(find out | sort)" = "$before"
run unseal -q "${with[@]}" --log log -o out/ inbox/one.bin # named itself, it is opened
expect_exit 1
expect_err 'out/one: is there already'
run unseal -q "${with[@]}" -o again/ inbox/ # without a log nobody knows
expect_exit 0
expect_dir again/one

# The later one meets what the earlier has just made: before its first drop, and in the middle of that.
scenario "two runs at once for one folder"
mkdir inbox
cp "$good"/{one,two}.bin inbox
daily=(unseal -q "${with[@]}" --log log -o today/ inbox)
for fault in FAULT_CALL=flock FAULT_WRITE=50000; do
    hit "$fault run:${daily[*]} >first" FAULT_NTH=3 -- "${daily[@]}"
    expect_exit 0
    expect_no_err
    check "the other made both" test "$(grep -c ^unsealed first)" -eq 2
    check "a line a drop" test "$(grep -c '^skipped  inbox/.*\.bin: opened before, by the log at 20' "$out")" -eq 2
    check "no table" test "$(grep -c '^result' "$out")" -eq 0
    lines 2
    expect_names today {one,two}{,.custody.json,.custody.txt}
    chmod -R u+w today && rm -r today log
done
mkdir today && echo other >today/two # that is no drop's
hit "FAULT_WRITE=50000 run:${daily[*]} >first" -- "${daily[@]}"
expect_exit 1
expect_message 'today/two: is there already'

scenario "what was only checked is not skipped"
mkdir inbox
cp "$good"/{one,two}.bin inbox
run unseal -q "${with[@]}" --verify --log log -o out/ inbox/
expect_exit 0
run unseal -q "${with[@]}" --raw --log log -o raw/ inbox/
expect_exit 0
run unseal -q "${with[@]}" --log log -o out2/ inbox/
expect_exit 0
expect_dir out2/one
run unseal -q "${with[@]}" --log log -o out3/ inbox/
expect_exit 0
expect_out '^skipped  inbox/two\.bin'
expect_absent out3

scenario "what is left of a sealed file is no other file"
mkdir inbox
cp "$good/one.bin" inbox
maketree noise random 200000
for name in head middle; do
    head -c 196608 random >inbox/$name.bin
done
head -c 65536 /dev/zero | tr '\0' x | dd of=inbox/middle.bin conv=notrunc status=none # a begin that was overwritten
dd if=/dev/zero of=inbox/head.bin bs=65536 count=1 conv=notrunc status=none            # or lost
head -c 131072 /dev/zero >inbox/lost.bin
head -c 5000 random >inbox/cut.bin
head -c 256 random >inbox/short.bin
head -c 255 random >inbox/shorter.bin
head -c 1023 "$root/README.md" >inbox/README.md
head -c 1000 "$BIN/unseal" >inbox/program
run unseal -q "${with[@]}" -o out/ inbox/
expect_exit 4
for name in head middle lost cut short; do expect_row no-key inbox/$name.bin; done
for name in head lost; do
    expect_err "inbox/$name\.bin: it begins with the same byte over and over: .* Copy it once more "
done
expect_err 'inbox/cut\.bin: it has 5\.0 kB, and no sealed file is shorter than 65\.5 kB: it was cut short '
expect_err 'inbox/short\.bin: it has 256 bytes'
expect_err 'inbox/middle\.bin: no key here opens this file'
check "nobody looks for other keys in vain" test "$(grep -c 'other keys' "$err")" = 1
expect_err 'inbox/shorter\.bin: too short for a sealed file; skipped\.$'
for name in README.md program; do expect_err "inbox/$name: not a Seal file; skipped\.$"; done
: >empty
for given in empty -; do
    run unseal -q "${with[@]}" -o out2 $given
    expect_exit 4
    expect_message 'it is empty: nothing of it arrived\. Ask for the file again\.$'
done

# As > in PowerShell before 7.4 makes it, by the code page of its console.
scenario "a sealed file that was made into text"
mkdir inbox
for code in cp437 cp1252 cp932 utf-8; do
    python3 -c 'import sys
text = open(sys.argv[1], "rb").read().decode(sys.argv[2], "replace").replace("\n", "\r\n")
open("inbox/utf-16-" + sys.argv[2], "wb").write(b"\xff\xfe" + text.encode("utf-16-le"))
open("inbox/utf-8-" + sys.argv[2], "wb").write(text.encode())
open("inbox/ascii-" + sys.argv[2], "wb").write(text.encode("ascii", "replace"))' "$good/one.bin" $code
done
for name in inbox/*; do
    run unseal -q "${with[@]}" -o out "$name"
    expect_exit 4
    expect_message "$name: it was made into text on its way, .* Ask for the file again, sealed with -o NAME and sent as it is, not as text\.$"
done
cp "$good/two.bin" inbox
run unseal -q "${with[@]}" -o out/ inbox/
expect_exit 4
expect_row no-key inbox/utf-16-cp437
run unseal -q "${with[@]}" --verify -o record inbox/utf-16-cp437
check "in the record" grep -q 'made into text' record.custody.txt
# Text in UTF-16 is no such file, however long, nor is UTF-8 with characters that were lost.
rm inbox/[au]*
python3 -c 'import sys
text = open(sys.argv[1]).read()
open("inbox/u16.txt", "wb").write(b"\xff\xfe" + text.encode("utf-16-le"))
open("inbox/han.txt", "wb").write(b"\xff\xfe" + "".join(chr(0x4e00 + i % 5000) for i in range(60000)).encode("utf-16-le"))
open("inbox/lost.txt", "wb").write(text.replace("e", "\ufffd").encode())' "$root/docs/FORMAT.md"
run unseal -q "${with[@]}" -o day/ inbox/
expect_exit 0
for name in u16 han lost; do expect_err "inbox/$name\.txt: not a Seal file; skipped\.$"; done

# As FTP and git do with files that they take for text; NUL is what some mail programs leave out.
scenario "a sealed file whose line ends were converted"
mkdir inbox
python3 -c 'import sys
data = open(sys.argv[1], "rb").read()
open("inbox/crlf", "wb").write(data.replace(b"\n", b"\r\n"))
open("inbox/cr", "wb").write(data.replace(b"\n", b"\r"))
open("inbox/none", "wb").write(data.replace(b"\r", b""))
open("inbox/nul", "wb").write(data.replace(b"\0", b""))
open("inbox/cut", "wb").write(data.replace(b"\n", b"\r")[:40000])' "$good/one.bin"
for name in inbox/*; do
    run unseal -q "${with[@]}" -o out "$name"
    expect_exit 4
    expect_message "$name: it was made into text on its way, or its line ends were converted, "
done
run unseal -q "${with[@]}" -o out/ inbox/
expect_exit 4
check "none is skipped" test "$(grep -c '^no-key ' "$out")" -eq 5

scenario "a folder without any sealed file"
mkdir inbox
echo note >inbox/notes.txt
run unseal -q "${with[@]}" -o out/ inbox
expect_exit 2
expect_err 'inbox/notes\.txt: too short for a sealed file; skipped\.$'
expect_err 'there is nothing to open'

scenario "a bag is not opened, but checked again"
run unseal -q "${with[@]}" -o bag "$good/one.bin"
run unseal -q "${with[@]}" -o other bag
expect_exit 2
expect_err '^unseal: bag: it is a bag that is unsealed already\. To check it again: unseal --recheck bag$'
expect_absent other
run unseal "${with[@]}" --list bag
expect_exit 2
expect_err 'unseal --recheck bag$'

scenario "a double names the first"
cp "$good"/{one,two}.bin .
run unseal -q "${with[@]}" --log log -o a one.bin
expect_exit 0
expect_no_err
sed -i 's/^20[^\t]*/2001-02-03T04:05:06Z/' log
run unseal -q "${with[@]}" --log log -o b one.bin
expect_exit 0
expect_message 'one\.bin: this file was received before, byte for byte the same\. It is in the log at 2001-02-03T04:05:06Z'
check "in the record" grep -q '^    First received *2001-02-03T04:05:06Z$' b.custody.txt
check "and for programs" grep -q '"first_seen": "2001-02-03T04:05:06Z"' b.custody.json
check "not in the first" grep -q '"first_seen": null' a.custody.json
lines 2
# Somebody else's bytes behind the same head.
(cat one.bin && echo more) >longer.bin
run unseal -q "${with[@]}" --verify --log log longer.bin
expect_exit 5
lines 3
# Twice in one run.
run unseal -q "${with[@]}" --log log2 -o c one.bin two.bin
expect_no_err
cp one.bin again.bin
run unseal -q "${with[@]}" --log log2 -o d again.bin one.bin
expect_exit 0
check "both are told" test "$(grep -c 'this file was received before, byte for byte the same' "$err")" -eq 2
# A refusal is no receipt.
cp "$good/damaged.bin" .
run unseal -q "${with[@]}" --log log3 damaged.bin
run unseal -q "${with[@]}" --log log3 -o e one.bin
expect_exit 0
expect_no_err

scenario "a log with a torn line goes on"
cp "$good"/{one,two}.bin .
unseal -q "${with[@]}" --log log -o a one.bin >/dev/null
head -c -20 log >torn && cp torn log
run unseal -q "${with[@]}" --log log -o b two.bin
expect_exit 0
check "the torn line is marked" grep -q '(cut short)$' log
check "the new one is whole" test "$(tail -n 1 log | cut -f7,8)" = $'accepted\ttwo.bin'
: >empty
run unseal -q "${with[@]}" --log empty -o c two.bin
expect_exit 0
check "an empty file becomes one" test "$(head -n 1 empty)" = '# seal log 1'

# An editor or a spreadsheet wrote it anew: what is in it is not found any more, and that is said.
scenario "a log that another program changed"
mkdir inbox && cp "$good/one.bin" inbox
cp "$good/two.bin" .
unseal -q "${with[@]}" --log log -o first/ inbox/one.bin two.bin >/dev/null
cp log whole
odd='^unseal: log: 2 lines of this log are not as unseal writes them, and cannot be compared in full; .*\. Put a copy of the log in its place, and let nothing but unseal write to it\.$'
for change in 's/\t/    /g' 's/\t/,/g' 's/^([0-9-]+)T([0-9:]+)Z/\1 \2/' 's/([0-9a-f]{8})\t/\U\1\t/g'; do
    sed -E "/^#/!$change" whole >log
    run unseal -q "${with[@]}" --log log -o day/ inbox/ two.bin
    expect_exit 0
    expect_err "$odd"
    check "told once" test "$(grep -c 'as unseal writes' "$err")" -eq 1
    remove day
done
sed -E '3s/\t/ /g' whole >log
run unseal -q "${with[@]}" --log log -o day/ inbox/ two.bin
expect_exit 0
expect_err '^unseal: log: 1 line of this log is not as unseal writes it, and cannot be compared in full'
expect_err 'two\.bin: this file was received before, byte for byte the same'
remove day
# Other ends of lines are no harm.
sed 's/$/\r/' whole >log
run unseal -q "${with[@]}" --log log -o day/ inbox/ two.bin
expect_exit 0
expect_out '^skipped  inbox/one\.bin: opened before'
expect_message 'two\.bin: this file was received before, byte for byte the same'
lines 3
remove day
run unseal -q "${with[@]}" --log log -o day/ two.bin
expect_exit 0
expect_message 'two\.bin: this file was received before, byte for byte the same'

scenario "a log that cannot be"
cp "$good/one.bin" .
echo 'dear diary' >diary
mkdir folder
mkfifo pipe
ln -s no/such dangling
for log in diary folder pipe /dev/null; do
    run timeout 20 unseal -q "${with[@]}" --log $log one.bin
    expect_exit 2
    expect_no_out
    expect_message "$log: it is not a log of drops\. Give the log that unseal wrote, or a name that is not there yet\. .* put a copy of it in its place\.$"
    expect_names . one.bin diary folder pipe dangling
done
check "untouched" test "$(cat diary)" = 'dear diary'
run unseal -q "${with[@]}" --log no/such/log one.bin
expect_exit 1
expect_message 'no/such/log: could not be opened: No such file'
expect_names . one.bin diary folder pipe dangling

hit "FAULT_CALL=flock errno:37" -- unseal -q "${with[@]}" --log log one.bin
expect_exit 1
expect_message 'log: could not be locked: No locks available\. On a share of a network .*: keep it on a disk of this computer\.$'

# until_said TEXT: by the program $pid, which was started in the background.
until_said() {
    until grep -q "$1" "$err"; do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.05
    done
}

scenario "another program uses the log"
cp "$good"/{one,two}.bin .
unseal -q "${with[@]}" --log log -o first one.bin >/dev/null
exec 9>>log && flock 9
unseal -q "${with[@]}" --log log -o out two.bin >"$out" 2>"$err" 9>&- &
pid=$!
until_said waiting
expect_message 'log: waiting for another program that uses this log\.$'
kill $pid
wait $pid 2>/dev/null
status=$?
expect_exit 143
expect_err '^unseal: log: stopped before the end\. Nothing unfinished was left behind\.$'
expect_absent out
lines 1
unseal -q "${with[@]}" --log log -o out two.bin >"$out" 2>"$err" 9>&- &
pid=$!
until_said waiting
exec 9>&-
wait $pid
status=$?
expect_exit 0
expect_message 'waiting'
lines 2

# Said, and no success; but what is on disk is whole, and has its record.
scenario "the log is on a full disk"
cp "$good/one.bin" .
unseal -q "${with[@]}" --log log -o first one.bin >/dev/null
cp log before
unseal -q "${with[@]}" --log log -o out one.bin >/dev/null 2>&1
size=$(cat out.custody.* | wc -c)
remove out
cp before log
for call in fsync write; do
    # The log is synced third, behind the two forms of the record.
    fault=("FAULT_CALL=fsync errno:$ENOSPC" FAULT_NTH=3)
    [ $call = fsync ] || fault=(FAULT_IN_PROCESS=main "FAULT_WRITE=$((size + 40)) errno:$ENOSPC")
    hit "${fault[@]}" -- unseal -q "${with[@]}" --log log -o out one.bin
    expect_exit 1
    expect_err 'one\.bin: accepted, but it could not be added to the log'
    expect_err 'log: .*No space left on device'
    expect_dir out
    expect_file out.custody.txt
    expect_file out.custody.json
    expect_same log before
    remove out
done

scenario "two at once on one log"
for ((i = 0; i < 12; i++)); do
    cp "$good/two.bin" $i.bin
    unseal -q "${with[@]}" --log log $i.bin >/dev/null 2>>messages &
done
wait
lines 12
check "one head" test "$(grep -c '^# seal log 1$' log)" -eq 1
check "whole lines" test "$(grep -v '^#' log | awk -F'\t' 'NF == 8 && $7 == "accepted"' | wc -l)" -eq 12
check "one is the first, eleven are doubles" test "$(grep -c 'this file was received before, byte for byte the same' messages)" -eq 11

scenario "a copy, and in front of it another drop with its ID"
for word in AAA BBB; do
    printf '5 data/\n0 data/a data=%s\nseal %s\n' $word "$PWD/$word.bin" |
        BUNDLE_ID=7 python3 "$root/tests/tools/forge.py" "$tools/enclose" "$keys/alice.pub" >/dev/null
done
cp BBB.bin copy.bin
unseal -q "${with[@]}" --log log AAA.bin >/dev/null
run unseal -q "${with[@]}" --log log BBB.bin
expect_err 'same bag ID was received before; whether its content is the same is not known'
sed -i -e '3s/^[^\t]*/2001-01-01T00:00:01Z/' -e '4s/^[^\t]*/2002-02-02T00:00:02Z/' log
run unseal -q "${with[@]}" --log log copy.bin
expect_exit 0
expect_err 'byte for byte the same.* 2002-02-02T00:00:02Z'
check "in the record" grep -q '^    First received *2002-02-02T00:00:02Z$' copy.custody.txt

scenario "a name that looks like a row of the table"
mkdir inbox
cp "$good/two.bin" inbox/a.bin
row='accepted      9999 8888 7777 6666 5555  inbox'
cp "$good/other.bin" "inbox/b$(printf '%33s' '')$row"
cp "$good/other.bin" "inbox/c$(printf '%033d' 0)accepted 9999 8888 7777 6666 5555 inbox"
run unseal -q "${with[@]}" -o out/ inbox
expect_exit 4
check "no run of blanks" test "$(grep -c 'accepted      9999' "$out")" -eq 0
check "they are shown" grep -q 'inbox/b \\x20.*accepted \\x20' "$out"
remove out
run_tty unseal -q "${with[@]}" -o out/ inbox </dev/null
expect_exit 4
check "no row goes on in another line" test "$(tr -d '\r' <"$out" | sed '1,/^result /d' | grep -cE '^.{81}')" -eq 0
check "three rows" test "$(sed '1,/^result /d' "$out" | grep -cE '^(accepted|no-key) ')" -eq 3

scenario "what is no file, and what has no end"
mkdir inbox
cp "$good/two.bin" inbox/b.bin
mkfifo inbox/pipe
run timeout 60 unseal -q "${with[@]}" -o out/ inbox/*
expect_exit 2
expect_row accepted inbox/b.bin
expect_row failed inbox/pipe
expect_message 'inbox/pipe: is not a regular file'
remove out
rm inbox/pipe
python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
run unseal -q "${with[@]}" socket
expect_exit 1
check "nothing of a medium" sh -c '! grep -q "put it in" "$1"' - "$err"
# One that is named waits, and says so; what comes out of it is used.
mkfifo -m 600 key
: >messages
(until grep -q 'key: a named pipe' messages; do sleep 0.1; done; cat "$keys/alice.key" >key) &
unseal -q --key key -o piped inbox/b.bin >/dev/null 2>messages
check "a key from a pipe" test $? -eq 0
wait
run bash -c 'unseal -q --key <(cat "$1") -o shell inbox/b.bin' - "$keys/alice.key"
expect_exit 0
check "nothing is said of the shell's pipes" sh -c '! grep -q "named pipe" "$1"' - "$err"
truncate -s 8T inbox/a.bin 2>/dev/null || truncate -s 4T inbox/a.bin
run timeout 60 unseal -q "${with[@]}" -o out/ inbox
expect_exit 4
expect_row accepted inbox/b.bin
expect_row no-key inbox/a.bin

scenario "a log that others can write to"
: >log
chmod 666 log
run unseal -q "${with[@]}" --log log -o out "$good/two.bin"
expect_exit 0
expect_err 'log: other users of this computer can write to this log'
chmod 600 log
run unseal -q "${with[@]}" --log log -o again "$good/two.bin"
check "not of one's own" sh -c '! grep -q "other users" "$1"' - "$err"

scenario "a log in the folder that is made for the outputs"
run unseal -q "${with[@]}" --log new/log -o new/ "$good/two.bin"
expect_exit 0
expect_file new/log
expect_dir new/two

scenario "nothing stays of what was refused"
run unseal -q "${with[@]}" -o today/ "$good/damaged.bin"
expect_exit 5
expect_absent today
run unseal -q "${with[@]}" -o today/ "$good/hostile.bin"
expect_exit 6
expect_absent today
run unseal -q "${with[@]}" -o today/ "$good/other.bin"
expect_exit 4
expect_absent today
run unseal -q "${with[@]}" -o today/ --log none/log "$good/two.bin"
expect_exit 1
expect_absent today
mkdir mine
run unseal -q "${with[@]}" -o mine/ "$good/damaged.bin"
expect_exit 5
check "a folder that was there stays" test -d mine
run unseal -q "${with[@]}" --verify -o none/record "$good/damaged.bin"
expect_exit 1
check "one message" test "$(wc -l <"$err")" -eq 1

scenario "two volumes that both are the last"
for number in 1 3; do
    printf '5 data/\n0 data/a data=A\nseal %s\n' "$PWD/v$number.bin" |
        BUNDLE_ID=6 VOLUME=$number python3 "$root/tests/tools/forge.py" "$tools/enclose" "$keys/alice.pub" >/dev/null
done
for options in "" "--verify"; do
    # shellcheck disable=SC2086 # an option
    run unseal -q "${with[@]}" $options v1.bin v3.bin
    expect_exit 6
    expect_err 'it is the last volume, and another one says that it comes behind it'
    check "none is called intact" sh -c '! grep -q " intact " "$1"' - "$out"
done
printf '5 data/\n0 data/a data=A\nseal %s\n' "$PWD/far.bin" |
    BUNDLE_ID=6 VOLUME=4294967296 python3 "$root/tests/tools/forge.py" "$tools/enclose" "$keys/alice.pub" >/dev/null
run unseal -q "${with[@]}" far.bin
expect_exit 2
expect_err 'it has 4294967296 volumes; this program opens at most 400'

scenario "names in the log"
for name in '=1+1' $'a\tb' $'c\nd' 'e"f' $'\e[31mg'; do
    cp "$good/two.bin" "$name"
    run unseal -q "${with[@]}" --log log -o out "$name"
    expect_exit 0
    remove out
done
lines 5
check "no control character" sh -c '! LC_ALL=C tr -d "\n\t -~" <log | grep -q .'
check "eight columns each" test "$(grep -v '^#' log | awk -F'\t' 'NF == 8' | wc -l)" -eq 5
check "no formula" test "$(column 8 1)" = '\x3D1+1'

finish
