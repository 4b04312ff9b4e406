#!/bin/bash
# The sender's side: what the record says and does not say, notes and labels, names that other systems
# have trouble with, files that change or cannot be read while they are sealed, and the dry run.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"
# shellcheck source=tests/e2e/seal/field.lib.sh
. "$(dirname "$0")/field.lib.sh"

program=$(sha256sum <"$BIN/seal" | cut -c -64)
FAT=0x4d44

# ---- bag-info.txt --------------------------------------------------------------------------------

# With a seed, the clock of the test build stands at 2023-11-14T22:13:20Z.
scenario "bag-info.txt, to the letter"
mkdir -p tree/sub
echo one >tree/one
echo two >tree/sub/two
ln -s one tree/link
mkfifo tree/fifo
export SEAL_TEST_SEED=x TZ=Asia/Kathmandu
sealed 3 --info 'Source-Organization=Мемориал' --info 'Case=12: a=b' --note $'first\nsecond' tree
id=$(sed -n 's/^Bag-Id: //p' bag/bag-info.txt)
check "an id" grep -qxE '[0-9a-f]{32}' <(echo "$id")
cat >want <<END
Bagging-Date: 2023-11-14
Bagging-Time: 2023-11-14T22:13:20Z
Clock: unverified
Bag-Software-Agent: seal 0.1.0
Program-SHA256: $program
Bag-Size: 8 bytes
Payload-Oxum: 8.2
Bag-Id: $id
Seal-Format-Version: 1
Seal-Files: 2
Seal-Folders: 2
Seal-Links: 1
Seal-Missing: 0
Seal-Skipped: 1
Seal-Damaged: 0
Seal-Changed: 0
Seal-Renamed: 0
Seal-Odd-Names: 0
Seal-Rounded-Times: 0
Source-Organization: Мемориал
Case: 12: a=b
Note: first
Note: second
END
expect_same want bag/bag-info.txt
cp sealed.bin first.bin
TZ=UTC sealed 3 --info 'Source-Organization=Мемориал' --info 'Case=12: a=b' --note $'first\nsecond' tree
expect_same first.bin sealed.bin

scenario "how far the clock is from UTC, only when asked"
echo x >file
for zone in 'XXX-5:45 +05:45' 'XXX3:30 -03:30' 'UTC0 +00:00' 'XXX-14 +14:00' 'XXX0:30 -00:30'; do
    export TZ=${zone% *}
    sealed 0 --local-offset file
    label "Local-Offset: ${zone#* }"
    check "behind the clock" test "$(grep -n '' bag/bag-info.txt | sed -n 's/^4:\(.*\): .*/\1/p')" = Local-Offset
    sealed 0 file
    check "none" test "$(grep -c Offset bag/bag-info.txt)" -eq 0
done
unset SEAL_TEST_SEED TZ

scenario "two sealings of the same have two ids"
echo x >file
sealed 0 file
first=$(grep '^Bag-Id' bag/bag-info.txt)
sealed 0 file
check "another" test "$first" != "$(grep '^Bag-Id' bag/bag-info.txt)"

# Names of users, machines and folders as no word would be by chance.
scenario "nothing of sender or machine is inside"
mkdir -p outerfolder-qzx/tree
echo x >outerfolder-qzx/tree/file
export USER=user-qzx LOGNAME=user-qzx HOME=$PWD/home-qzx HOSTNAME=host-qzx
mkdir "$HOME"
cp "$BIN/seal" ./program-qzx
run ./program-qzx -q "${to[@]}" -o sealed-qzx.bin "$PWD/outerfolder-qzx/tree"
expect_exit 0
run unseal -q "${with[@]}" --raw -o raw.zst sealed-qzx.bin
expect_exit 0
zstd -qdc raw.zst >raw
check "there is something to look through" grep -qa 'Bag-Software-Agent: seal' raw
for word in qzx "$scratch" "$(uname -n)" "$(id -un)" "$(uname -r)" "$root" alice; do
    # A short one may stand in a digest or a label by chance.
    [ ${#word} -ge 4 ] || [ "$word" = qzx ] || continue
    check "no $word" test "$(grep -ciaF -- "$word" raw)" -eq 0
done
unset HOSTNAME

# ---- Notes and labels ----------------------------------------------------------------------------

scenario "a file of notes"
echo x >file
printf '\xef\xbb\xbffirst line\r\n\r\nтретья\tс табуляцией\nlast, without an end' >note.txt
sealed 0 --note 'in front' --note-file note.txt file
grep '^Note:' bag/bag-info.txt >have
printf 'Note: %s\n' 'in front' 'first line' '' $'третья\tс табуляцией' 'last, without an end' >want
expect_same want have
head -c 65536 /dev/zero | tr '\0' a >long
sealed 0 --note-file long file
check "one long note" test "$(grep '^Note' bag/bag-info.txt | wc -c)" -eq 65543
yes line | head -n 4096 >many
sealed 0 --note-file many file
check "4096 notes" test "$(grep -c '^Note: line$' bag/bag-info.txt)" -eq 4096

# refused STATUS MESSAGE ARGUMENTS...: and nothing on disk.
refused() {
    local want=$1 message=$2 before
    shift 2
    before=$(ls -A)
    run seal -q "${to[@]}" -o refused.bin "$@"
    expect_exit "$want"
    expect_no_out
    expect_message "$message"
    expect_no_controls
    check "nothing new" test "$before" = "$(ls -A)"
}

scenario "notes that are refused"
echo x >file
printf 'good\nbad\x07\n' >bell
printf 'good\n\nk\xe9\n' >latin
printf 'a\xc2\x85b' >next-line
printf 'a\xe2\x80\xa8b' >separator
printf 'a\rb\n' >carriage
printf 'h\0i\0' >wide
head -c 65537 /dev/zero | tr '\0' a >long
yes '' | head -n 4097 >many
: >empty
printf '\xef\xbb\xbf' >mark
refused 2 'empty: there is nothing in it\. Is it the right file\?' --note-file empty file
refused 2 'mark: there is nothing in it' --note-file mark file
refused 2 'bell, line 2: the text holds a control character' --note-file bell file
refused 2 'latin, line 3: the text is not UTF-8' --note-file latin file
refused 2 'next-line, line 1: the text holds a control character' --note-file next-line file
refused 2 'separator, line 1: the text holds a control character, or more than one line' --note-file separator file
refused 2 'carriage, line 1: the text holds a control character' --note-file carriage file
refused 2 'wide, line 1: the text holds a NUL.*save it as UTF-8' --note-file wide file
refused 2 'longer than 64 KiB' --note-file long file
refused 2 'more than 4096 lines' --note-file many file
refused 1 'missing: .*No such file' --note-file missing file
refused 1 'Is a directory' --note-file . file
refused 2 '--note, line 1: the text holds a control' --note $'a\e[31m' file
refused 2 '--note, line 2: the text is not UTF-8' --note $'a\n\xff' file
refused 2 '--note is given twice' --note a --note b file

scenario "labels that are refused"
echo x >file
refused 2 '--info takes Label=Value.* not Contact' --info Contact file
refused 2 'the label is empty' --info =value file
refused 2 'blank' --info ' Key=value' file
refused 2 'blank' --info 'Key =value' file
refused 2 'no colon' --info 'Ke:y=value' file
refused 2 'only ASCII' --info 'Ключ=value' file
refused 2 'only ASCII' --info $'K\ney=value' file
refused 2 'control character' --info $'Key=two\nlines' file
refused 2 'control character' --info $'Key=\x7f' file
refused 2 'not UTF-8' --info $'Key=\xed\xa0\x80' file
for key in Bagging-Date bagging-time CLOCK Local-Offset Bag-Software-Agent Program-SHA256 Bag-Size payload-oxum \
    Bag-Id Seal-Files Seal-Format-Version seal-whatever; do
    refused 2 "--info $key=x: seal writes this label itself" --info $key=x file
done
many=()
for i in {1..4097}; do many+=(--info "K$i=v"); done
refused 2 'more than 4096 lines' "${many[@]}" file
many=()
for i in {1..9}; do many+=(--info "K$i=$(head -c 120000 /dev/zero | tr '\0' a)"); done
refused 2 '1 MiB in all' "${many[@]}" file
for key in Seal Clocks 'External Description' Contact-Name x; do
    sealed 0 --info "$key=a value = with: signs	and a tab" file
    label "$key: a value = with: signs	and a tab"
done

scenario "standard input has no record"
for option in '--note a' '--note-file file' '--info A=b' --local-offset; do
    # shellcheck disable=SC2086 # an option and its value
    refused 2 'does not go with - \(standard input\)' $option -
done
refused 2 'does not go with - \(standard input\)' --dry-run -

# ---- Names ---------------------------------------------------------------------------------------

# named PATH DETAIL [DETAIL ON RECORD]: told, and recorded with escapes.
named() {
    check "told of $1" grep -qxF "seal: $1 has a name that not every system can store, show or tell from others ($2)." "$err"
    recorded "# name ./data/${4-$1} ${3-$2}"
}

scenario "a key with another fingerprint"
echo x >file
whole=$(sealkey show "$keys/alice.pub" | sed -n 's/^fingerprint: *//p')
for given in "$whole" "${whole// /}" "${whole:0:19}" "${whole:0:24}"; do
    run seal -q "${to[@]}" --fingerprint "$given" -o out.bin file
    expect_exit 0
    rm -f out.bin
done
other=1234${whole:4}
run seal -q "${to[@]}" --fingerprint "$other" -o out.bin file
expect_exit 2
expect_message 'alice\.pub: it has another fingerprint than the one given\. Do not use this key'
expect_absent out.bin
last=$(( (10#${whole: -1} + 1) % 10 ))
run seal -q "${to[@]}" --fingerprint "${whole:0:43}$last" -o out.bin file
expect_exit 2
run seal -q "${to[@]}" --to "$keys/bob.pub" --fingerprint "$whole" -o out.bin file
expect_exit 2
expect_message 'bob\.pub: it has another fingerprint'
bob=$(sealkey show "$keys/bob.pub" | sed -n 's/^fingerprint: *//p')
run seal -q "${to[@]}" --to "$keys/bob.pub" --fingerprint "$bob" --fingerprint "$whole" -o out.bin file
expect_exit 0
rm out.bin
run seal -q "${to[@]}" --fingerprint "$bob" --fingerprint "$whole" -o out.bin file
expect_exit 2
expect_message "$bob: no key has this fingerprint"
for wrong in "${whole:0:9}" "${whole:0:14}" "${whole}1" "$whole 1234" 9469-6345-1234-1234 abcd '1234 1234 1234 123'; do
    run seal -q "${to[@]}" --fingerprint "$wrong" -o out.bin file
    expect_exit 2
    expect_message 'is not a fingerprint: 4 to 9 groups of 4 digits'
done

scenario "names that other systems have trouble with"
mkdir tree tree/sub tree/SUB
touch tree/{aux.txt,'a?b',dot.,README,Readme,fine,readme.txt} 'tree/sub/README'
touch tree/caf$'\xc3\xa9' tree/cafe$'\xcc\x81' tree/$'\e[2J' tree/a$'\xe2\x80\xae'b $'tree/back\\' $'tree/BACK\\'
touch tree/привет tree/ПРИВЕТ tree/in$'\xe2\x80\x8b'visible tree/invisible
ln -s fine tree/FINE
mkfifo tree/fIne
sealed 3 tree
named tree/aux.txt 'Windows cannot hold it'
named 'tree/a?b' 'Windows cannot hold it'
named tree/dot. 'Windows cannot hold it'
named tree/README 'it differs only in letter case from Readme'
named tree/Readme 'it differs only in letter case from README'
named tree/sub 'it differs only in letter case from SUB'
named tree/привет 'it differs only in letter case from ПРИВЕТ' \
    'it differs only in letter case from \320\237\320\240\320\230\320\222\320\225\320\242' \
    'tree/\320\277\321\200\320\270\320\262\320\265\321\202'
named tree/caf$'\xc3\xa9' "it differs only by Unicode normalization from cafe"$'\xcc\x81' \
    'it differs only by Unicode normalization from cafe\314\201' 'tree/caf\303\251'
named $'tree/back\\' $'Windows cannot hold it; it differs only in letter case from BACK\\' \
    'Windows cannot hold it; it differs only in letter case from BACK\134' 'tree/back\134'
named 'tree/\x1B[2J' 'it holds control, bidirectional or invisible characters' 'it holds control, bidirectional or invisible characters' \
    'tree/\033[2J'
named 'tree/a\u{202E}b' 'it holds control, bidirectional or invisible characters' 'it holds control, bidirectional or invisible characters' \
    'tree/a\342\200\256b'
named tree/invisible 'it differs only in characters that do not show, and perhaps in letter case, from in\u{200B}visible' \
    'it differs only in characters that do not show, and perhaps in letter case, from in\342\200\213visible'
check "17 names, a fifo, and the sum" test "$(wc -l <"$err")" -eq 19
check "17 on record" test "$(grep -c '^# name ' bag/metadata.mtree)" -eq 17
label 'Seal-Odd-Names: 17'
check "all is ASCII" test -z "$(LC_ALL=C grep '[^[:print:]]' bag/metadata.mtree)"
check "no comment ends in a backslash" test -z "$(grep '^#.*\\$' bag/metadata.mtree)"
expect_no_controls
sealed 0 tree/sub tree/SUB
named sub 'it differs only in letter case from SUB'

scenario "odd names are no reason for another exit status, and 20 of them are enough"
mkdir tree
for i in {1..30}; do echo "$i" >"tree/a?$i"; done
sealed 0 tree
check "20 and a sum" test "$(wc -l <"$err")" -eq 21
expect_err '^seal: 10 more such lines are not shown; the record in the sealed file has all, and -v shows them\.$'
check "30 on record" test "$(grep -c '^# name ' bag/metadata.mtree)" -eq 30
run seal -v "${to[@]}" -o all.bin tree
expect_exit 0
check "all with -v" test "$(grep -c 'Windows cannot hold it' "$err")" -eq 30
expect_same "tree/a?30" "bag/data/tree/a?30"

scenario "names that are not UTF-8"
mkdir tree
for i in {1..21}; do echo x >tree/"$i"$'\xff'; done
sealed 0 tree
expect_err '^seal: tree/1%FF stands for a name that is not UTF-8; the record has both\.$'
expect_err '^seal: 1 more such line is not shown; the record in the sealed file has all, and -v shows them\.$'
label 'Seal-Renamed: 21'
label 'Seal-Odd-Names: 0'

# ---- Files that change ---------------------------------------------------------------------------

# A small file, and what happens at each reading of it, so many times. It begins with what $first holds.
first=first
small() {
    remove tree bag sealed.bin
    mkdir tree
    echo "$first" >tree/small
    touch -d @1000000000 tree/small
    echo last >tree/z
    hit "SYSTEM_CHANGES=small $1 $2" -- seal -q "${to[@]}" -o sealed.bin tree
    expect_exit "$3"
    take_back "$3"
    expect_same tree/z bag/data/tree/z
    (cd bag && sha256sum --quiet -c manifest-sha256.txt) >/dev/null 2>&1
    judge "the manifest should hold" $?
}

# Up to 64 KiB they are read ahead by another thread.
for first in first "$(head -c 200000 /dev/zero | tr '\0' a)"; do
    scenario "a small file of ${#first} bytes that changes once is read again"
    for command in 'sleep 0.05; touch tree/small' 'echo more >>tree/small' ': >tree/small' 'echo other >tree/small' \
        'head -c 1048576 /dev/zero >tree/small'; do
        small 1 "$command" 0
        expect_no_err
        expect_same tree/small bag/data/tree/small
        check "its time" test "$(stat -c %.9Y tree/small)" = "$(stat -c %.9Y bag/data/tree/small)"
        check "no remark" test "$(grep -c '^#' bag/metadata.mtree)" -eq 1
    done
done
first=first

scenario "a small file that changes at both readings"
small 2 'sleep 0.05; echo more >>tree/small' 3
expect_remark 'tree/small changed while it was read \(it is longer than it was said to be; the rest is not here\)'
label 'Seal-Changed: 1'
check "as it was at the second reading" test "$(cat bag/data/tree/small)" = $'first\nmore'
small 3 'sleep 0.05; touch tree/small' 3
expect_remark 'tree/small changed while it was read \(its time changed; read again, its content is what was sealed\)'
recorded '# changed ./data/tree/small its time changed; read again, its content is what was sealed'
small 3 'sleep 0.05; date +%N | dd of=tree/small bs=1 count=4 conv=notrunc status=none' 3
expect_remark 'tree/small changed while it was read \(its size or time is another now\)'
small 99 'sleep 0.05; truncate -s -2 tree/small' 3
expect_remark 'tree/small changed while it was read \(it ended after 2 of 4 bytes; zeros follow\)'
check "two readings, no more" test "$(stat -c %s tree/small)" -eq 2
expect_same <(printf 'fi\0\0') bag/data/tree/small

scenario "a small file that became a large one"
small 1 'head -c 3000000 /dev/urandom >tree/small' 0
expect_same tree/small bag/data/tree/small
small 2 'sleep 0.05; head -c 3000000 /dev/urandom >>tree/small' 3
expect_remark 'tree/small changed while it was read \(it is longer than it was said to be; the rest is not here\)'

# NFS, for one, sets the time of the last change (ctime), which no program can set, when a file is read.
touched='sleep 0.05; chmod 600 tree/small; chmod 644 tree/small'
for first in first "$(head -c 200000 /dev/zero | tr '\0' a)"; do
    for times in 1 99; do
        scenario "a small file of ${#first} bytes of which only the ctime changes: $times times"
        small $times "$touched" 0
        expect_no_err
        expect_same <(echo "$first") bag/data/tree/small
        check "no remark" test "$(grep -c '^#' bag/metadata.mtree)" -eq 1
    done
done
first=first

scenario "the content changes, and the time is set back"
small 2 "sleep 0.05; date +%N | dd of=tree/small bs=1 count=4 conv=notrunc status=none; touch -d @1000000000 tree/small" 3
expect_remark 'tree/small changed while it was read \(its size or time is another now\)'

for times in 1 99; do
    scenario "a large file of which only the ctime changes: $times times"
    mkdir tree
    maketree noise tree/large 3000000
    hit "SYSTEM_CHANGES=large $times sleep 0.05; chmod 600 tree/large; chmod 644 tree/large" -- \
        seal -q "${to[@]}" -o sealed.bin tree
    expect_exit 0
    expect_no_err
    take_back 0
    expect_same tree/large bag/data/tree/large
done

scenario "a large file of which the time changes at both readings"
mkdir tree
maketree noise tree/large 3000000
hit "SYSTEM_CHANGES=large 99 sleep 0.05; touch tree/large" -- seal -q "${to[@]}" -o sealed.bin tree
expect_exit 3
expect_remark 'tree/large changed while it was read \(its time changed; read again, its content is what was sealed\)'

scenario "a large file of which the content changes, and the time is set back"
mkdir tree
maketree noise tree/large 3000000
touch -d @1000000000 tree/large
hit "FAULT_READ=large 2000000 2000000 run:printf x | dd of=tree/large bs=1 conv=notrunc status=none; touch -d @1000000000 tree/large" -- \
    seal -q "${to[@]}" -o sealed.bin tree
expect_exit 3
expect_remark 'tree/large changed .*is another now; read again, it has 3000000 bytes and SHA-256 '"$(sha256sum <tree/large | cut -c -64)"

# It is in the stream by then: it is only compared.
scenario "a large file of which only the time changes"
mkdir tree
maketree noise tree/large 3000000
hit "FAULT_READ=large 1000000 1000000 run:touch tree/large" -- seal -q "${to[@]}" -o sealed.bin tree
expect_exit 3
expect_remark 'tree/large changed while it was read \(its time changed; read again, its content is what was sealed\)'
take_back 3
expect_same tree/large bag/data/tree/large
recorded '# changed ./data/tree/large its time changed; read again, its content is what was sealed'

scenario "a large file that changes all the time"
mkdir tree
maketree noise tree/large 3000000
hit "SYSTEM_CHANGES=large 9 sleep 0.05; echo more >>tree/large" -- seal -q "${to[@]}" -o sealed.bin tree
expect_exit 3
expect_remark 'tree/large changed while it was read \(it is longer than it was said to be; the rest is not here\)'
check "two readings, no more" test "$(stat -c %s tree/large)" -eq 3000010
take_back 3
expect_same <(head -c 3000000 tree/large) bag/data/tree/large

# ---- Media that fail -----------------------------------------------------------------------------

scenario "what can be read of a failing medium"
mkdir tree
maketree noise tree/card 2000000
maketree noise tree/note 10000
hit SYSTEM_SECTORS=card "SYSTEM_READS=$PWD/reads" -- seal -q "${to[@]}" -o sealed.bin tree
expect_exit 3
take_back 3
expect_err 'tree/card could be read only in part; zeros stand for the rest \(4096-8191,12288-16383,'
label 'Seal-Damaged: 1'
cp tree/card want
for ((at = 4096; at < 2000000; at += 8192)); do
    dd if=/dev/zero of=want bs=4096 seek=$((at / 4096)) count=1 conv=notrunc status=none
done
truncate -s 2000000 want
expect_same want bag/data/tree/card
expect_same tree/note bag/data/tree/note
# 244 sectors cannot be read; each is tried three times, and hardly anything else fails.
check "few reads that fail: $(cat reads)" test "$(cut -d ' ' -f 2 reads)" -le $((244 * 3 + 250))
hit SYSTEM_SECTORS=note -- seal -q "${to[@]}" -o small.bin tree
expect_exit 3
expect_remark 'tree/note could be read only in part; zeros stand for the rest \(4096-8191\)'
hit "FAULT_READ=card 100000 1100000 errno:5" "SYSTEM_READS=$PWD/reads" -- seal -q "${to[@]}" -o wide.bin tree
expect_exit 3
expect_remark 'zeros stand for the rest \(98304-1101823\)'
check "one large read for each large piece: $(cat reads)" test "$(cut -d ' ' -f 2 reads)" -le $((245 * 3 + 6))

# ---- Dry run -------------------------------------------------------------------------------------

scenario "a dry run"
mkdir -p tree/sub
for i in {1..6}; do maketree noise "tree/sub/$i" $((i * 100000)); done
echo x >'tree/a?b'
ln -s a tree/link
before=$(find . -printf '%p %T@ %s\n' | LC_ALL=C sort)
run seal --dry-run tree
expect_exit 0
expect_out '^would seal 7 files and 2 folders, 2\.1 MB$'
check "the five largest" test "$(sed -n '/^largest:/,/^sealed/s/.* tree/tree/p' "$out" | tr '\n' ' ')" = \
    'tree/sub/6 tree/sub/5 tree/sub/4 tree/sub/3 tree/sub/2 '
expect_out '^  600\.0 kB    tree/sub/6$'
expect_out '^sealed file: 2\.5 MB$'
expect_out '^free in \.: .*; it fits$'
expect_out 'FAT32, whose files end at 4 GiB - 1 byte: it fits$'
expect_out 'GPS position, author, camera\) is neither checked nor removed; the recipient will see it\.$'
expect_out '^Nothing was written\.$'
expect_message 'tree/a\?b has a name that not every system'
check "nothing new, nothing touched" test "$before" = "$(find . -printf '%p %T@ %s\n' | LC_ALL=C sort)"
run seal -n -q -v "${to[@]}" -o there.bin tree
expect_exit 0
expect_err 'tree/link is a symbolic link'
expect_absent there.bin
run seal -n -q -o - tree
expect_exit 0
expect_names . tree

# What was said about the size, in bytes; and what came of it.
scenario "what a dry run expects"
mkdir some many
seq 1000000 >some/text
maketree noise some/noise 3000000
maketree many many/many 2000
for arguments in some many "--level 19 some" "--no-compress some" "--no-compress many" "--pad pow2 some" \
    "--pad mib some" "--pad round some" \
    "--pad 20M some"; do
    # shellcheck disable=SC2086 # several arguments
    run seal -n -q $arguments
    expect_exit 0
    # kB or MB, and once where both are the same
    read -r about most <<<"$(sed -n 's/^sealed file: //p' "$out" | grep -oE '[0-9.]+ [kM]B' |
        awk '{ printf "%d ", $1 * ($2 == "kB" ? 1000 : 1000000) }')"
    most=${most:-$about}
    rm -f sealed.bin
    # shellcheck disable=SC2086 # several arguments
    seal -q "${to[@]}" -o sealed.bin $arguments >/dev/null
    size=$(stat -c %s sealed.bin)
    check "$arguments: $size is at most $most" test "$size" -le $((most + most / 50))
    check "$arguments: $size is about $about" test "$((size > about ? size - about : about - size))" -le $((size * 2 / 5))
done

scenario "what a dry run expects of volumes"
mkdir some
maketree noise some/noise 2300000
for arguments in "--split 1M" "--split 1M --pad round" "--split 1M --pad pow2" "--split 900K --pad mib"; do
    # shellcheck disable=SC2086 # several arguments
    run seal -n -q --no-compress $arguments some
    expect_exit 0
    about=$(sed -n 's/^sealed file: //p' "$out" | grep -oE '[0-9.]+ MB' | awk '{ print $1 * 1000000 }' | head -n 1)
    mkdir volumes
    # shellcheck disable=SC2086 # several arguments
    seal -q "${to[@]}" --no-compress $arguments -o volumes some >/dev/null
    size=$(cat volumes/*.bin | wc -c)
    check "$arguments: $size is about $about" test "$((size > about ? size - about : about - size))" -le $((size / 8))
    remove volumes
done

scenario "a dry run and room"
mkdir tree
maketree noise tree/noise 1000000
seq 300000 >tree/text
hit "SYSTEM_ROOM=$EXT4 500000" -- seal -n tree
expect_exit 1
expect_out '^free in \.: 500\.0 kB; it will probably not fit$'
hit "SYSTEM_ROOM=$EXT4 2200000" -- seal -n tree
expect_exit 0
expect_out '^free in \.: 2\.2 MB; it may not fit$'
hit "SYSTEM_ROOM=$FAT 500000000000" -- seal -n tree
expect_exit 0
expect_out '^it is a FAT file system, whose files end at 4 GiB - 1 byte: it fits$'
hit "SYSTEM_ROOM=$EXT4 -1" -- seal -n -q tree
expect_exit 0
expect_message '\.: how much room there is cannot be determined\.'
rm tree/text
truncate -s 5G tree/zeros
hit "SYSTEM_ROOM=$FAT 500000000000" -- seal -n tree
expect_exit 0
expect_out '^it is a FAT file system, whose files end at 4 GiB - 1 byte: it will be split into volumes$'
hit "SYSTEM_ROOM=$FAT 500000000000" -- seal -n --no-compress --split fat32 tree
expect_exit 0
expect_out '^in 2 volumes of at most 4\.3 GB$'
expect_out '^it is a FAT file system, whose files end at 4 GiB - 1 byte: it fits$'
hit "SYSTEM_ROOM=$FAT 500000000000" -- seal -n --no-compress --split 8G tree
expect_exit 1
expect_out '^it is a FAT file system, whose files end at 4 GiB - 1 byte: --split asks for more$'
hit "SYSTEM_ROOM=$FAT 500000000000" -- seal -n -o name.bin tree
expect_exit 1
expect_out '^it is a FAT file system, whose files end at 4 GiB - 1 byte: only with --split fat32, and a folder for -o$'
hit "SYSTEM_ROOM=$FAT 500000000000" -- seal -n --pad 6G tree
expect_exit 1
expect_out '^it is a FAT file system, whose files end at 4 GiB - 1 byte: --pad asks for more$'
hit "SYSTEM_ROOM=$EXT4 500000000000" -- seal -n --no-compress tree
expect_exit 0
expect_out '^on a stick with FAT32, whose files end at 4 GiB - 1 byte: only with --split fat32$'
run seal -n --pad 65536 tree/noise
expect_exit 1
expect_out 'will probably not fit the size asked for with --pad'
expect_names . tree

scenario "a dry run onto a real FAT file system"
truncate -s 40M image
mkdir stick
if ! needs mkfs.vfat; then
    : # said
elif mkfs.vfat image >/dev/null && mount -o loop image stick 2>/dev/null; then
    maketree noise noise 1000000
    run seal -n -o stick noise
    expect_exit 0
    expect_out '^it is a FAT file system'
    expect_empty_dir stick
    umount stick
else
    skip "mounting a FAT file system takes root, and a container that lets it"
fi

scenario "a dry run and what would go wrong"
mkdir tree folder
echo x >tree/file
echo x >tree/other
mkfifo tree/fifo
echo mine >there
run seal -n -q tree
expect_exit 3
expect_remark 'tree/fifo is a named pipe; skipped'
rm tree/fifo
hit "FAULT_OPEN=other errno:13" -- seal -n -q tree
expect_exit 3
expect_remark 'tree/other could not be read and is left out \(Permission denied\)'
expect_out '^would seal 1 file and 1 folder, 2 bytes$'
run seal -n -q -o there tree
expect_exit 1
expect_message 'there: is there already, and is left as it is\. Choose another name with -o'
run seal -n -q -o missing/out tree
expect_exit 1
expect_message 'missing/out: its folder could not be opened: No such file'
run seal -n -q --split 1M -o name.bin tree
expect_exit 2
expect_message 'name\.bin: with --split, -o must name a folder that exists'
run seal -n -q -o folder tree
expect_exit 0
expect_out '^free in folder: '
run seal -n missing
expect_exit 1
expect_message 'missing: could not be read: No such file'
run seal -n -q --to missing.pub tree
expect_exit 1
expect_message 'missing\.pub'
run seal -n
expect_exit 2
run seal -n --note $'\a' tree
expect_exit 2
expect_names . tree folder there
expect_empty_dir folder

finish
