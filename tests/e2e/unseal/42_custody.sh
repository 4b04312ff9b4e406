#!/bin/bash
# The custody record that unseal leaves beside what it makes: what it says, in text and JSON, of a bag, a
# stream, raw content, a check and a refusal; and that there is never a bag without it, or it without a
# bag, whatever fails.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"

keys=$scratch/keys
mkdir "$keys" && (cd "$keys" && take_keys alice.pub alice.key carol.key emil.key)
to=(--to "$keys/alice.pub")
with=(--key "$keys/alice.key")
EIO=5 ENOSPC=28 EACCES=13

# Three files of 300 kB that do not compress, a bag and a stream of them.
mkdir "$scratch/good"
cd "$scratch/good" || exit 1
mkdir -p tree/sub
echo first >tree/a
maketree noise tree/sub/noise 300000
echo last >tree/z
ln -s a tree/link
seal -q "${to[@]}" -o bag.bin tree >receipt
seal -q "${to[@]}" -o stream.bin - <tree/sub/noise >/dev/null
(head -c 200000 bag.bin && echo x && tail -c +200003 bag.bin) >damaged.bin
good=$scratch/good

# All values of a record, a line each: PATH such as received.0.sha256, a tab, the value; what is null is
# empty. Kept, since many are asked for.
facts_of=''
read_facts() {
    local which
    which="$PWD/$1 $(stat -c '%i %.9Y' "$1.custody.json")"
    [ "$which" != "$facts_of" ] || return
    facts_of=$which
    python3 - "$1.custody.json" >"$scratch/facts" <<'P'
import json, sys
def show(path, v):
    text = "" if v is None else v if isinstance(v, str) else json.dumps(v)
    print(path + "\t" + text.replace("\n", "\\n"))
    items = v.items() if isinstance(v, dict) else enumerate(v) if isinstance(v, list) else ()
    for k, inner in items:
        show((path + "." if path else "") + str(k), inner)
show("", json.load(open(sys.argv[1])))
P
}

# expect_fact RECORD PATH VALUE
expect_fact() {
    local have
    read_facts "$1"
    have=$(grep -F "$2"$'\t' "$scratch/facts" | grep "^$2"$'\t')
    [ "$have" = "$2"$'\t'"$3" ]
    judge "$2 of the record should be $3" $? "$have"
}

# A line of the record for people: expect_line RECORD REGEX
expect_line() {
    grep -Eqx -- "$2" "$1.custody.txt"
    judge "the record should have a line" $? "$2"
}

sum() { sha256sum <"$1" | cut -c1-64; }

# Both forms are there, are text that does nothing to a terminal, and have the file that was received:
# expect_record NAME SEALED-FILE
expect_record() {
    expect_file "$1.custody.txt"
    expect_file "$1.custody.json"
    expect_mode "$1.custody.txt" 644
    expect_mode "$1.custody.json" 644
    check "no control character in the text" sh -c '! LC_ALL=C tr -d "\n\200-\377" <"$1" | LC_ALL=C grep -q "[^[:print:]]"' - "$1.custody.txt"
    check "UTF-8" iconv -f UTF-8 -t UTF-8 "$1.custody.txt"
    check "plain ASCII in the JSON" sh -c '! LC_ALL=C tr -d "\n -~" <"$1" | grep -q .' - "$1.custody.json"
    check "no bidi control in the text" sh -c '! grep -q "$(printf "\342\200\256")" "$1"' - "$1.custody.txt"
    expect_line "$1" "        $(sum "$2")"
    expect_fact "$1" schema seal-custody-1
    expect_fact "$1" received.0.sha256 "$(sum "$2")"
    expect_fact "$1" received.0.size "$(stat -c %s "$2")"
    expect_fact "$1" clock 'unverified: taken from this computer'
    expect_fact "$1" program "$(unseal --version | sed 's/ (.*//')"
    expect_fact "$1" program_sha256 "$(sum "$BIN/unseal")"
}

# ---- What it says --------------------------------------------------------------------------------

scenario "the record of a bag"
touch -d @1700000000.123456789 "$good/bag.bin"
run unseal "${with[@]}" --key "$keys/carol.key" --operator 'M. Keller' --case 2026/118 -o bag "$good/bag.bin"
expect_exit 0
expect_made . bag
expect_out '^unsealed bag$'
expect_out '^record   bag\.custody\.txt$'
expect_record bag "$good/bag.bin"
receipt=$(sed -n 's/^receipt *//p' "$good/receipt")
expect_out "^receipt  $receipt\$"
digest=$(sum bag/tagmanifest-sha256.txt)
expect_line bag 'Accepted: .*'
expect_line bag "    Name as given +$good/bag.bin"
expect_line bag "    Size +$(stat -c %s "$good/bag.bin") bytes .*"
expect_line bag '    Time of the file +2023-11-14T22:13:20\.123456789Z'
expect_line bag '    SHA-256'
expect_line bag "        $(sum "$good/bag.bin")"
expect_line bag '    Time \(UTC\) +20[0-9-]+T[0-9:]+Z'
expect_line bag '    Operator +M\. Keller'
expect_line bag '    Case +2026/118'
expect_line bag '    Opened with key +1850 4362 4048 4689 0082 4091 7115 2569 4967'
expect_line bag '    Files +3'
expect_line bag '    Folders +2'
expect_line bag '    Symbolic links +1'
expect_line bag '    Written to folder +bag'
expect_line bag '    Protection +made read-only'
expect_line bag "    Receipt +$receipt"
expect_line bag "        $digest"
expect_line bag '    \| Payload-Oxum: 300011\.3'
expect_line bag '        sha256sum -c manifest-sha256.txt'
expect_fact bag verdict accepted
expect_fact bag step unsealed
expect_fact bag operator 'M. Keller'
expect_fact bag case 2026/118
expect_fact bag received.0.name "$good/bag.bin"
expect_fact bag received.0.mtime 2023-11-14T22:13:20.123456789Z
expect_fact bag received.0.sha256 "$(sum "$good/bag.bin")"
expect_fact bag key_fingerprint '1850 4362 4048 4689 0082 4091 7115 2569 4967'
expect_fact bag receipt "$receipt"
expect_fact bag digest "$digest"
expect_fact bag digest_was_compared true
expect_fact bag content bag
expect_fact bag output bag
expect_fact bag output_is_read_only true
expect_fact bag totals.files 3
expect_fact bag totals.folders 2
expect_fact bag totals.bytes 300011
expect_fact bag totals.links 1
expect_fact bag first_seen ''
check "the commands in it work" sh -c 'cd bag && sha256sum --quiet -c manifest-sha256.txt && sha256sum --quiet -c tagmanifest-sha256.txt'
expect_mode bag 555
expect_mode bag/data/tree/sub 555
expect_mode bag/data/tree/a 444
expect_mode bag/manifest-sha256.txt 444
run unseal "${with[@]}" --writable -o open "$good/bag.bin"
expect_exit 0
expect_mode open 755
expect_mode open/data/tree/a 644
expect_fact open output_is_read_only false
check "no word of protection" sh -c '! grep -q Protection open.custody.txt'
expect_fact open operator ''
expect_line open '    Operator +not given'

scenario "the record of a stream and of raw content"
run unseal -q "${with[@]}" -o stream "$good/stream.bin"
expect_exit 0
expect_made . stream
expect_record stream "$good/stream.bin"
expect_fact stream content stream
expect_fact stream verdict accepted
expect_fact stream digest "$(sum stream)"
expect_fact stream totals '{"bytes": 300000}'
expect_fact stream bag_info '[]'
expect_line stream '    Written to file +stream'
expect_line stream '        sha256sum OUTPUT-FILE'
run unseal -q "${with[@]}" --raw "$good/bag.bin"
expect_exit 0
expect_out '^record   bag\.tar\.zst\.custody\.txt$'
expect_made . bag.tar.zst stream stream.custody.json stream.custody.txt
expect_record bag.tar.zst "$good/bag.bin"
expect_fact bag.tar.zst content raw
expect_fact bag.tar.zst verdict not-unpacked
expect_line bag.tar.zst 'Accepted, not unpacked: .*'
expect_fact bag.tar.zst digest_was_compared false
expect_fact bag.tar.zst totals ''
expect_line bag.tar.zst '.*It was not compared with the content.*'

scenario "the record of what came through a pipe"
run bash -c 'cat "$1" | unseal -q "${@:2}" -o bag -' - "$good/bag.bin" "${with[@]}"
expect_exit 0
expect_made . bag
expect_record bag "$good/bag.bin"
expect_fact bag received.0.name -
expect_fact bag received.0.mtime ''
expect_fact bag received.0.sha256 "$(sum "$good/bag.bin")"
expect_line bag '    Time of the file +not known'
expect_line bag "        $(sum "$good/bag.bin")"
run bash -c 'cat "$1" | unseal -q "${@:2}" -o stream -' - "$good/stream.bin" "${with[@]}"
expect_exit 0
expect_record stream "$good/stream.bin"
run bash -c 'cat "$1" | unseal -q "${@:2}" --verify -o checked -' - "$good/bag.bin" "${with[@]}"
expect_exit 0
expect_record checked "$good/bag.bin"
expect_absent checked
# A file as standard input has a size and a time.
run unseal -q "${with[@]}" -o again - <"$good/bag.bin"
expect_exit 0
expect_record again "$good/bag.bin"
expect_fact again received.0.sha256 "$(sum "$good/bag.bin")"

scenario "no record of what goes to standard output"
for command in "$good/stream.bin" "--raw $good/bag.bin"; do
    # shellcheck disable=SC2086 # several arguments
    run unseal "${with[@]}" -o - $command
    expect_exit 0
    expect_err '^receipt '
    check "no word of a record" sh -c '! grep -q ^record "$1"' - "$err"
    expect_names .
done

scenario "a check that writes nothing but the record"
cp "$good/bag.bin" "$good/stream.bin" .
run unseal "${with[@]}" --verify bag.bin
expect_exit 0
expect_out '^verified bag\.bin$'
expect_out '^record   bag\.bin\.custody\.txt$'
expect_out "^receipt  $receipt\$"
expect_names . bag.bin bag.bin.custody.txt bag.bin.custody.json stream.bin
expect_record bag.bin bag.bin
expect_fact bag.bin step verified
expect_fact bag.bin verdict accepted
expect_fact bag.bin output ''
expect_fact bag.bin digest "$digest"
expect_fact bag.bin totals.files 3
expect_line bag.bin '    Written to folder +nothing was written'
run unseal "${with[@]}" --verify -o name stream.bin
expect_exit 0
expect_names . bag.bin bag.bin.custody.txt bag.bin.custody.json name.custody.txt name.custody.json stream.bin
expect_record name stream.bin
run unseal "${with[@]}" --verify -o folder/ stream.bin
expect_exit 0
expect_names folder stream.bin.custody.txt stream.bin.custody.json

scenario "the record of a refusal"
cp "$good/damaged.bin" .
cp "$vectors/negative/tar-climbs.seal" hostile.bin
echo 'no sealed file' >other.bin
# refusal FILE STATUS VERDICT SENTENCE
refusal() {
    run unseal "${with[@]}" "$1"
    expect_exit "$2"
    expect_no_out
    expect_names . damaged.bin hostile.bin other.bin
    run unseal "${with[@]}" --operator me --verify "$1"
    expect_exit "$2"
    expect_message '.'
    expect_out "^record   $1\.custody\.txt\$"
    check "and no receipt" sh -c '! grep -q receipt "$1"' - "$out"
    expect_names . damaged.bin hostile.bin other.bin "$1.custody.txt" "$1.custody.json"
    expect_record "$1" "$1"
    expect_fact "$1" verdict "$3"
    expect_fact "$1" step verified
    expect_fact "$1" operator me
    expect_fact "$1" receipt ''
    expect_fact "$1" digest ''
    expect_fact "$1" output ''
    expect_fact "$1" totals ''
    expect_fact "$1" bag_info '[]'
    expect_line "$1" "$4"
    check "no receipt in it" sh -c '! grep -qi "receipt" "$1"' - "$1.custody.txt"
    # A second one would be in the way of the first.
    cp "$1.custody.txt" "$scratch/first"
    run unseal -q "${with[@]}" --verify "$1"
    check "a second record is refused" test "$status" -ne 0
    expect_err 'there already|a record of it already'
    expect_same "$1.custody.txt" "$scratch/first"
    rm "$1.custody.txt" "$1.custody.json"
}
refusal damaged.bin 5 damaged 'Refused: .*'
refusal hostile.bin 6 breaks-rules 'Refused: .*'
refusal other.bin 4 no-key 'Refused: .*'
run unseal "${with[@]}" --verify -o refused damaged.bin
expect_exit 5
expect_names . damaged.bin hostile.bin other.bin refused.custody.json refused.custody.txt
expect_fact refused commitment "$(python3 -c 'print(open("damaged.bin","rb").read()[32:64].hex())')"
expect_fact refused key_fingerprint '1850 4362 4048 4689 0082 4091 7115 2569 4967'
# What could not be read at all, or was wrong use, has no record.
run unseal "${with[@]}" --verify missing.bin
expect_exit 1
expect_names . damaged.bin hostile.bin other.bin refused.custody.json refused.custody.txt
run unseal -q --key "$keys/carol.key" --key "$keys/emil.key" --verify -o tried damaged.bin
expect_exit 4
expect_fact tried keys_tried 2
expect_fact tried key_fingerprint ''

# early.bin is refused long before its end.
maketree noise "$scratch/large" 9000000
seal -q --repair none "${to[@]}" -o "$good/large.bin" "$scratch/large" >/dev/null
(head -c 100000 "$good/large.bin" && echo x && tail -c +100003 "$good/large.bin") >"$good/early.bin"

scenario "the digest of what is refused is that of all of it"
run unseal -q "${with[@]}" --verify -o refused "$good/early.bin"
expect_exit 5
expect_record refused "$good/early.bin"
run unseal -q "${with[@]}" --verify -o piped - < <(cat "$good/early.bin")
expect_exit 5
expect_record piped "$good/early.bin"
expect_fact piped received.0.size "$(stat -c %s "$good/early.bin")"
run unseal -q --key "$keys/carol.key" --verify -o unopened - < <(cat "$good/early.bin")
expect_exit 4
expect_record unopened "$good/early.bin"
run unseal -q "${with[@]}" --log log "$good/early.bin"
expect_exit 5
check "in the log" grep -q "$(sum "$good/early.bin")" log

# Where nothing is put on record, nobody waits for the rest of what was refused.
scenario "a pipe that is refused and goes on"
mkfifo pipe
exec 6<>pipe # as long as this is open, it does not end
cat "$good/early.bin" >pipe 6>&- &
run timeout 60 unseal -q "${with[@]}" -o none - <pipe
expect_exit 5
exec 6>&-
wait
expect_names . pipe

# Reading waits then, though there was something to read a moment before.
scenario "somebody else reads from the same pipe"
if needs_no_sanitizer; then
    mkfifo pipe
    for file in early large; do
        exec 6<>pipe
        head -c 6000000 "$good/$file.bin" >pipe 6>&- &
        taken=(env --default-signal SYSTEM_TAKES=1 LD_PRELOAD="$interpose" timeout -s INT -k 20 3)
        run "${taken[@]}" unseal -q "${with[@]}" -o none - <pipe
        exec 6>&-
        wait
        case $file in
        early) expect_exit 5 ;;
        large) expect_exit 124 && expect_message 'stopped before the end\. Nothing unfinished was left behind\.$' ;;
        esac
        expect_names . pipe
    done
fi

# read_of FILE: bytes that all processes read of it, by the trace.
read_of() {
    awk -v file="/$1>" '
        index($0, file) && /<unfinished/ { waits[$1] = 1 }
        index($0, file) && / = [0-9]+$/ { sum += $NF }
        /resumed>/ && waits[$1] { sum += $NF; waits[$1] = 0 }
        END { print sum + 0 }' trace
}

scenario "the sealed file is read once"
if needs_no_sanitizer && needs strace; then
    mkdir inbox
    cp "$good/large.bin" inbox/large.bin
    size=$(stat -c %s inbox/large.bin)
    for operands in 'inbox/large.bin' '--verify inbox/large.bin' '--log log inbox'; do
        # shellcheck disable=SC2086 # several arguments
        run strace -f -y -o trace -e trace=read,pread64 unseal -q "${with[@]}" -o out $operands
        expect_exit 0
        bytes=$(read_of large.bin)
        # The head two or three times, and the tables at the end.
        check "$bytes of $size bytes" test "$bytes" -ge "$size" -a "$bytes" -lt $((size + 1000000))
        remove out*
    done
    # Of what the log knows by its head, the digest is compared; it is not unpacked again.
    run strace -f -y -o trace -e trace=read,pread64 unseal -q "${with[@]}" --log log -o out inbox
    expect_exit 0
    bytes=$(read_of large.bin)
    check "$bytes of $size bytes" test "$bytes" -ge "$size" -a "$bytes" -lt $((size + 1000000))
fi

# Which key comes first must not decide what becomes of the file.
scenario "slots that hold different things"
seal -q "${to[@]}" --to "$vectors/keys/carol.pub" -o both.bin "$good/tree/a" >/dev/null
contradict "$keys/alice.key" "$keys/carol.key" both.bin
run unseal "${with[@]}" --verify -o alone both.bin
expect_exit 5
expect_fact alone slots_differ false
for order in 'alice carol' 'carol alice'; do
    read -r first second <<<"$order"
    run unseal --key "$keys/$first.key" --key "$keys/$second.key" -o "$first" both.bin
    expect_exit 0
    expect_err 'both\.bin: it holds something else in another slot for your keys'
    expect_fact "$first" slots_differ true
    check "in the record" grep -q '^    Slots  *one holds something else' "$first.custody.txt"
done
# A key with a passphrase is unlocked for it as well.
cp -p "$keys/carol.key" locked.key
run sealkey passwd -q --new-passphrase-fd 0 locked.key <<<'ample sample'
expect_exit 0
run unseal "${with[@]}" --passphrase-fd 0 --key locked.key -o locked both.bin <<<'ample sample'
expect_exit 0
expect_fact locked slots_differ true
run unseal -q --key "$keys/carol.key" -o only both.bin
expect_exit 0
expect_no_err
expect_fact only slots_differ false

scenario "operator, case and names that want to deceive"
nasty=$'M\n\nAccepted: all is well\r\e[31m\x7f\xc2\x9b\xe2\x80\xae\xff"\\x41'
cp "$good/bag.bin" "file$nasty.bin"
run unseal "${with[@]}" --operator "$nasty" --case $'\t=1+1\xe2\x80\xa8 ' -o bag "file$nasty.bin"
expect_exit 0
expect_record bag "file$nasty.bin"
check "no line of its own" test "$(grep -c '^Accepted' bag.custody.txt)" -eq 1
sed -zE 's/\n +> +//g' bag.custody.txt >joined # a long value goes on behind a mark
check "all of it in a line" grep -q '^    Operator  .*M\\x0A\\x0AAccepted: all is well\\x0D\\x1B\[31m\\x7F' joined
check "the bytes can be told" grep -q '^    Name as given  .*\\xFF' joined
check "JSON is well-formed" python3 -m json.tool bag.custody.json
check "no escape in the JSON text" sh -c '! LC_ALL=C grep -q "[^ -~]" "$1"' - bag.custody.json
expect_no_controls

scenario "the clock and the names of what was sealed"
mkdir -p $'tree/x\n\nAccepted: no\e[31m' $'tree/fifo\n# missing .' $'tree/fifo\n# missing ./data'
echo 1 >$'tree/x\n\nAccepted: no\e[31m/\xff'
mkfifo $'tree/fifo\n# missing ./data/z'
seal -q "${to[@]}" --info 'Contact-Name=a "b" <c>' -o odd.bin tree >/dev/null 2>&1
run unseal "${with[@]}" -o bag odd.bin
expect_exit 3
expect_record bag odd.bin
expect_fact bag verdict incomplete
expect_fact bag totals.skipped 1
expect_fact bag totals.missing 0
expect_line bag 'Accepted, with gaps that the sender.s program recorded: .*'
check "no line of its own" test "$(grep -c '^Accepted' bag.custody.txt)" -eq 1
check "as-sealed is spoken of" grep -q 'sha256sum as-sealed/tagmanifest-sha256.txt' bag.custody.txt
expect_fact bag digest "$(sum bag/as-sealed/tagmanifest-sha256.txt)"
check "spelled names are named" grep -q '"kind": "spelled"' bag.custody.json
check "what was skipped is named" grep -q '"kind": "skipped"' bag.custody.json

# ---- All or nothing ------------------------------------------------------------------------------

# The ways to make something with a record.
ways=("-o out $good/bag.bin" "-o out $good/stream.bin" "--raw -o out $good/bag.bin")

# Records of a flood take long to write, and so does bringing a large bag to a stick.
scenario "stopped while the record is written"
for when in "FAULT_WRITE=1 signal:15" "FAULT_CALL=syncfs signal:15"; do
    for way in "${ways[@]}"; do
        [[ $when != *syncfs* || $way == *bag.bin && $way != --raw* ]] || continue # only bags are synced so
        # shellcheck disable=SC2086 # several arguments
        hit FAULT_IN_PROCESS=main "$when" -- unseal -q "${with[@]}" $way
        expect_exit 143
        expect_message 'stopped before the end\. Nothing unfinished was left behind'
        expect_names .
    done
done

scenario "a record that is there already"
for ending in txt json; do
    echo mine >out.custody.$ending
    for way in "${ways[@]}" "--verify -o out $good/bag.bin"; do
        # shellcheck disable=SC2086 # several arguments
        hit SYSTEM_COUNT="$scratch/count" -- unseal -q "${with[@]}" $way
        expect_exit 1
        expect_no_out
        expect_message "out\.custody\.$ending: is there already, and is left as it is"
        expect_names . out.custody.$ending
    done
    check "untouched" test "$(cat out.custody.$ending)" = mine
    rm out.custody.$ending
done
ln -s nowhere out.custody.txt
run unseal -q "${with[@]}" -o out "$good/bag.bin"
expect_exit 1
expect_names . out.custody.txt

scenario "a record that comes to be there meanwhile"
for ending in txt json; do
    for way in "${ways[@]}" "--verify -o out $good/bag.bin"; do
        for when in FAULT_WRITE=150000 FAULT_CALL=rename; do
            [[ $way != *verify* ]] || when=${when/150000/0}
            # shellcheck disable=SC2086 # several arguments
            hit "$when run:echo mine >out.custody.$ending" FAULT_NTH=1 -- unseal -q "${with[@]}" $way
            expect_exit 1
            expect_no_out
            expect_message 'is there already'
            expect_names . out.custody.$ending
            check "untouched" test "$(cat out.custody.$ending)" = mine
            remove out
        done
    done
done

scenario "every step of giving names may fail"
for way in "${ways[@]}"; do
    for call in rename fsync-folder; do
        for nth in 1 2 3; do
            # shellcheck disable=SC2086 # several arguments
            hit "FAULT_CALL=$call errno:$EIO" FAULT_NTH=$nth -- unseal -q "${with[@]}" $way
            expect_exit 1
            expect_no_out
            expect_message 'Input/output error'
            expect_names .
            remove out
        done
        # There are no more than these.
        # shellcheck disable=SC2086 # several arguments
        hit "FAULT_CALL=$call errno:$EIO" FAULT_NTH=4 -- unseal -q "${with[@]}" $way
        expect_exit 0
        expect_made . out
        remove out
    done
    for nth in 1 2; do
        for call in fsync close; do
            # shellcheck disable=SC2086 # several arguments
            hit "FAULT_CALL=$call errno:$ENOSPC" FAULT_NTH=$nth -- unseal -q "${with[@]}" $way
            expect_exit 1
            expect_no_out
            expect_message 'No space left on device'
            expect_names .
        done
    done
done
for nth in 1 2; do
    hit "FAULT_CALL=rename errno:$EACCES" FAULT_NTH=$nth -- unseal -q "${with[@]}" --verify -o out "$good/bag.bin"
    expect_exit 1
    expect_no_out
    expect_message 'Permission denied'
    expect_names .
done

# The record is written last: what is left of the disk is found by trying.
scenario "the disk is full when the record is written"
for way in "${ways[@]}"; do
    hits=0
    for more in 0 200 500 1000 2000 3000 5000 20000; do
        # shellcheck disable=SC2086 # several arguments
        hit FAULT_IN_PROCESS=main "FAULT_WRITE=$more errno:$ENOSPC" -- unseal -q "${with[@]}" $way
        # What is written to standard output counts, too, once the record is complete.
        if [ "$status" -eq 0 ] || grep -q '^unsealed' "$out"; then
            expect_made . out
            remove out
            continue
        fi
        expect_exit 1
        expect_no_out
        expect_message 'No space left on device\. Make room there'
        grep -q 'custody\.' "$err" && hits=$((hits + 1))
        expect_names .
    done
    check "at least two were in the record" test $hits -ge 2
done

scenario "a small file system"
mkdir small
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o size=312k none small 2>/dev/null; then
    # 300 kB are 74 pages of 78, and the two forms of the record want two at least.
    head -c 12288 /dev/zero >small/taken
    hit SYSTEM_ROOM='0x01021994 1000000000' -- unseal -q "${with[@]}" -o small/out "$good/stream.bin"
    expect_exit 1
    expect_no_out
    expect_message 'custody\.(txt|json): could not be written: No space left on device'
    expect_names small taken
    mount -o remount,ro small
    run unseal -q "${with[@]}" --verify -o small/out "$good/stream.bin"
    expect_exit 1
    expect_message 'small/out\.custody\.txt: could not be created: Read-only file system'
    umount small
else
    skip "mounting a tmpfs takes root, and a container that lets it"
fi

scenario "signals at every step"
for signal in 15 9; do
    for way in "${ways[@]}"; do
        for fault in "FAULT_WRITE=0" FAULT_WRITE=150000 FAULT_WRITE=301800 FAULT_CALL=rename; do
            [[ $fault != *=rename ]] || fault="$fault signal:$signal"
            # shellcheck disable=SC2086 # several arguments
            hit "${fault% signal:*} signal:$signal" FAULT_NTH=1 -- unseal -q "${with[@]}" $way
            if [ "$status" -eq 0 ]; then
                expect_made . out
            else
                expect_exit $((128 + signal))
                expect_absent out
                expect_absent out.custody.txt
                expect_absent out.custody.json
                [ $signal -eq 9 ] || expect_names .
                check "what is left is named so" test -z "$(find . -mindepth 1 -maxdepth 1 ! -name '*.partial')"
            fi
            remove ./*
        done
    done
done
# What can be caught is, between any two names: all or nothing.
for way in "${ways[@]}"; do
    for nth in 2 3; do
        # shellcheck disable=SC2086 # several arguments
        hit "FAULT_CALL=rename signal:15" FAULT_NTH=$nth -- unseal -q "${with[@]}" $way
        if [ -e out ]; then expect_made . out; else expect_names .; fi
        remove ./*
    done
done

finish
