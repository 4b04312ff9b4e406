#!/bin/bash
# Text that strangers chose never reaches a terminal as it is: not from names, notes, labels, links and
# remarks of a drop, nor from names of files and keys, nor from what was typed; in no output of any
# program. And it is never a formula for a spreadsheet.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"

needs python3 || finish

keys=$scratch/keys
mkdir "$keys" && (cd "$keys" && take_keys alice.pub alice.key bob.key)
to=(--to "$keys/alice.pub")
with=(--key "$keys/alice.key")
forge_start "$keys/alice.pub"

# Both outputs, and files: expect_shown [--tabs] [FILE...].
expect_shown() {
    local tabs=()
    [ "${1-}" != --tabs ] || { tabs=(--tabs) && shift; }
    python3 "$root/tests/tools/shown.py" "${tabs[@]}" "$out" "$err" "$@" >"$scratch/found"
    judge "nothing should be shown raw" $? "$(head -n 3 "$scratch/found")"
}

# Where there are many: keep [FILE...] puts both outputs, and files, by; expect_kept looks at them all.
keep() { cat "$out" "$err" "$@" >>kept; }
expect_kept() {
    python3 "$root/tests/tools/shown.py" kept >"$scratch/found"
    judge "nothing should be shown raw" $? "$(head -n 3 "$scratch/found")"
    rm kept
}

# ---- What strangers write --------------------------------------------------------------------------

# Sequences: colours, clearing, titles, links, the clipboard, reports, a line made anew.
texts=($'a\e[31mred' $'\e[2J\e[H' $'\e]8;;mailto:evil\e\\link\e]8;;\e\\' $'\e]0;title\a' $'\e]52;c;ZXZpbA==\a'
    $'\eP+q544e\e\\' $'\e#8' $'\ec' $'\e[6n' $'\e[?1049h' $'evil\rgood' $'evil\b\b\b\bgood' $'\e[1A\rharmless'
    $'two\nlines' $'\nunseal: all is well.' $'\u009b31mred' $'\u009d0;title\u009c' $'\u0090q\u009c'
    $'gpj.\u202eexe' $'\u2066a\u2069b' $'a\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308')
# Single characters; those of the first 66 are no text, and refused.
first=${#texts[@]}
for code in {1..31} 127 {128..159} 8232 8233 173 847 1564 4447 4448 6068 6069 6155 6158 {8203..8207} {8234..8238} {8288..8292} \
    {8294..8303} 10240 12644 57344 64976 65024 65038 65039 65279 65440 {65529..65531} 65534 65535 113824 119129 119155 \
    917505 {917536..917540} 917631 917760 917999 983040 1114111; do
    printf -v hex '\\U%08x' "$code"
    printf -v text "x$hex-%s" "$code"
    texts+=("$text")
done

scenario "the checker finds what it should"
for i in "${!texts[@]}"; do printf '%s\n' "${texts[i]}" | tr '\n' '\f' >"text-$i"; done
python3 "$root/tests/tools/shown.py" text-* >found
check "each of them" test "$(cut -d: -f1 found | sort -u | wc -l)" -eq ${#texts[@]}
printf 'Дело №1, 写真 ééé a\u0301\u0302 e\u0323 ١٢٣\n' >text
check "and nothing in plain text" python3 "$root/tests/tools/shown.py" text
printf '\xff' >text
check "bytes that are no UTF-8" test -n "$(python3 "$root/tests/tools/shown.py" text)"

# ---- The sender's side -----------------------------------------------------------------------------

bytes=($'\xff\xfe' $'\x9b31m' $'caf\xe9' $'\xc0\xaf' $'\xed\xa0\x80' $'\xf4\x90\x80\x80')

# make_tree: a file for each, a folder and a link for some, in tree.
make_tree() {
    local i
    mkdir tree
    for i in "${!texts[@]}"; do
        printf '%s' "$i" >"tree/$i${texts[i]}"
        [ $((i % 5)) -ne 0 ] || { mkdir "tree/d$i${texts[i]}" && echo x >"tree/d$i${texts[i]}/f"; }
        [ $((i % 7)) -ne 0 ] || ln -s "${texts[i]}" "tree/l$i${texts[i]}"
        [ $((i % 11)) -ne 0 ] || mkfifo "tree/p$i${texts[i]}"
    done
    for i in "${!bytes[@]}"; do
        echo x >"tree/b$i${bytes[i]}"
        ln -s "${bytes[i]}" "tree/t$i"
    done
    ln -s /nowhere $'tree/\e[31mabsolute'
}

scenario "sealing, and what would be sealed"
make_tree
key=$'org\e[31m\u202e.pub' folder=$'st\e[2Jick\u200b'
cp "$keys/alice.pub" "$key"
mkdir "$folder"
for options in "" -v --dry-run "--dry-run -v"; do
    # shellcheck disable=SC2086 # options
    run seal $options --to "$key" -o "$folder/" tree
    expect_exit 3 # the pipes
    expect_shown
    expect_err 'x1B'
    remove "$folder" && mkdir "$folder"
done
run seal --dry-run --to "$key" -o "$folder"$'/\e[31m\u2028new' tree
expect_shown
run seal --to "$key" -o "$folder"$'/\e[31m\u2028new' tree
expect_exit 3
expect_shown
expect_out '^sealed .*x1B.*u\{2028\}'
run seal --to "$key" -o "$folder"$'/\e[31m\u2028new' tree
expect_exit 1
expect_shown
if needs_no_root; then
    chmod 0 tree/0* && chmod 0 tree/d5*
    run seal --to "$key" -o gaps.bin tree
    expect_exit 3
    expect_shown
    chmod 600 tree/0* && chmod 700 tree/d5*
fi
hit "FAULT_CALL=readlink errno:5" -- seal --to "$key" -o gaps.bin tree
expect_exit 3
expect_shown

scenario "notes, labels and other words of the sender"
echo x >file
notes=("${texts[@]:0:first+66}")
for ((i = first + 66; i < ${#texts[@]}; i += 10)); do notes+=("${texts[*]:i:10}"); done
for note in "${notes[@]}"; do
    run seal -q "${to[@]}" --note "$note" --info "X-Label=$note" -o sealed.bin file
    judge "sealed or refused" $((status == 0 || status == 2 ? 0 : 1))
    [ "$status" -eq 0 ] || expect_no_out
    keep
    if [ "$status" -eq 0 ]; then
        run unseal "${with[@]}" -o bag sealed.bin
        expect_exit 0
        keep bag.custody.txt bag.custody.json
        check "as it was sealed, on disk" grep -qF "Note: $note" bag/bag-info.txt
        remove bag
    fi
    rm -f sealed.bin
done
expect_kept
for text in $'\e[31m' $'a\u202eb' $'\xff'; do
    printf '%s\n' "$text" >"note$text"
    for options in --note-file="note$text" --info="$text" --info="$text=x" --to="$text" --pad="$text" --level="$text" \
        --"$text" "-$text" --note-file="$text/none"; do
        run seal "${to[@]}" "$options" -o sealed.bin file
        keep
        rm -f sealed.bin
    done
    run seal "${to[@]}" -o sealed.bin "$text/none"
    expect_exit 1
    keep
    expect_absent sealed.bin
done
expect_kept

# ---- The receiving side ----------------------------------------------------------------------------

# describe_all: a bag with all of the texts wherever a sender can put text, for forge.
describe_all() {
    printf '%s\0' "${texts[@]}" | python3 -c '
import sys
word = lambda b: "".join("\\x%02X" % c for c in b)
octal = lambda b: "".join("\\x5C%03o" % c for c in b)
texts = sys.stdin.buffer.read().split(b"\0")[:-1]
for i, text in enumerate(texts):
    print("0 data/%03d%s" % (i, word(text)))
for i, text in enumerate(texts):
    line = text.replace(b"\n", b" ")
    if i % 3 == 0:
        print("5 data/d%03d%s/" % (i, word(text)))
    # Else it would be refused: bag-info.txt is UTF-8 in which nothing but LF ends a line, and a label has no colon.
    info = " ".join(line.decode(errors="replace").splitlines()).encode()
    label = info.replace(b":", b";").strip(b" \t") or b"x"
    print("info %s:\\s%s" % (word(label), word(info)))
    print("info Note:\\s%s" % word(info))
    print("remark ./data/l%03d%s type=link link=%s time=0.000000000" % (i, octal(text), octal(text)))
    for kind in "missing", "skipped", "damaged", "changed", "name":
        print("remark #\\s%s\\s./data/%s%03d%s\\s%s" % (kind, kind, i, octal(text), word(line) + "."))
    print("remark #\\srenamed\\s./data/r%03d\\s./data/%s" % (i, octal(text)))
    print("remark #\\smissing\\s./data/%s\\s%s" % (word(line), "."))
    print("remark #\\s%s." % word(line))
for i, text in enumerate([b"\xff\xfe", b"\x9b31m", b"caf\xe9", b"\xed\xa0\x80"]):
    print("remark ./data/b%d type=link link=%s time=0.000000000" % (i, octal(text)))
    print("remark #\\smissing\\s./data/%s\\s%s." % (word(text), word(text)))
'
}

scenario "unsealing, and all that is written about it"
describe_all | forge sealed.bin
name=$'drop\e[31m\u202e\x9b\n.bin' operator=$'M.\e]0;x\a\u200bKeller\xff' case=$'2026\r\u202e118\u2028' log=$'dr\e[2Jops\u202e.log'
mv sealed.bin "$name"
cp "$keys/alice.key" $'org\e[31m\u202e.key'
with=(--key $'org\e[31m\u202e.key')
for options in "" --exact-names --writable; do
    # shellcheck disable=SC2086 # options
    run unseal "${with[@]}" $options --operator "$operator" --case "$case" --log "$log" -o $'b\e[31mag\u200d' "$name"
    expect_exit 3
    expect_shown --tabs "$log"
    expect_shown $'b\e[31mag\u200d.custody.txt' $'b\e[31mag\u200d.custody.json'
    expect_out 'x1B'
    check "JSON" python3 -m json.tool $'b\e[31mag\u200d.custody.json'
    check "ASCII" test -z "$(LC_ALL=C tr -d '\n\40-\176' <$'b\e[31mag\u200d.custody.json')"
    remove $'b\e[31mag\u200d'
done
# The log has it by now: its time is told.
check "a line each" test "$(wc -l <"$log")" -eq 5
run unseal "${with[@]}" "$name"
expect_exit 3
expect_shown
run unseal "${with[@]}" "$name"
expect_exit 1
expect_shown
run unseal "${with[@]}" --verify --operator "$operator" -o $'ch\eeck' "$name"
expect_exit 3
expect_shown $'ch\eeck.custody.txt' $'ch\eeck.custody.json'
cp "$name" $'2\e[31m.bin'
run unseal "${with[@]}" --log "$log" -o $'to\e[31mday/' "$name" $'2\e[31m.bin' "$keys/alice.pub"
expect_exit 4
expect_shown --tabs "$log"
expect_out 'x1B.*x0A'
run unseal "${with[@]}" --raw -o $'raw\e[31m' "$name"
expect_exit 0
expect_shown

scenario "looking inside, and taking out"
describe_all | forge sealed.bin
with=(--key "$keys/alice.key")
for options in "" --long --json --csv; do
    # shellcheck disable=SC2086 # options
    run unseal "${with[@]}" --list $options sealed.bin
    expect_exit 3
    expect_shown
    check "all of it" test "$(grep -c 'data/' "$out")" -gt $((2 * ${#texts[@]}))
done
for options in "" --exact-names; do
    # shellcheck disable=SC2086 # options
    run unseal "${with[@]}" --extract data $options -o $'ex\e[31mtract' sealed.bin
    expect_exit 3
    # Lines for sha256sum have these as they are, unless they go to a terminal.
    sed -i -E "/^[0-9a-f]{64}  /s/"$'\u200c|\u200d|\ue000'"/?/g" "$out"
    expect_shown
    expect_out 'x1B'
    remove $'ex\e[31mtract'
done
for text in "${texts[@]:0:24}"; do
    run unseal "${with[@]}" --extract "$text" -o extract sealed.bin
    expect_exit 2
    keep
done
expect_kept

scenario "checking a bag again"
describe_all | forge sealed.bin
bag=$'b\e[31mag\u202e'
run unseal -q "${with[@]}" --exact-names --writable -o "$bag" sealed.bin
run unseal --recheck "$bag"
expect_shown
# Everything is missing, changed, added, or has another time.
number=0
for path in "$bag"/data/*; do
    [ -f "$path" ] || continue
    case $((number++ % 4)) in
    0) rm "$path" ;;
    1) echo more >>"$path" ;;
    2) touch -d @1 "$path" ;;
    3) cp "$path" "$path"$'\e[31m\u2028\xff' ;;
    esac
done
run unseal --recheck "$bag"
expect_exit 5
expect_shown
for what in missing altered; do expect_out "^$what .*(x1B|u\{)"; done
check "much is told" test "$(wc -l <"$out")" -gt 50
printf '%064d  data/\e[31m\u202e\r\n%064d  data/\xff\x9b\n' 0 0 >>"$bag/manifest-sha256.txt"
printf '# missing ./data/\e[31m x\n./data/\e[31m type=file\n' >>"$bag/metadata.mtree"
printf 'X-\e[31m: \e[31m\n' >>"$bag/bag-info.txt"
printf '\e[31m\n' >>"$bag/bagit.txt"
run unseal --recheck "$bag"
expect_exit 5
expect_shown
for text in $'2026\e[31m' '\u001b[31m' $'\u202e'; do
    sed "s/\"opened\": \"[^\"]*\"/\"opened\": \"$(printf '%s' "$text" | sed 's/\\/\\\\/g')\"/;
         s/\"receipt\": \"[^\"]*\"/\"receipt\": \"$(printf '%s' "$text" | sed 's/\\/\\\\/g')\"/" "$bag.custody.json" >json
    cp json "$bag.custody.json"
    run unseal --recheck "$bag"
    expect_shown
done
run unseal --recheck $'no\e[31mne'
expect_exit 1
expect_shown

scenario "refusals"
for text in "${texts[@]:0:20}"; do
    word=$(printf '%s' "$text" | od -An -v -tx1 | tr -d '\n' | sed 's/ /\\x/g')
    forge 1.bin <<<"0 $word listed=no"
    forge 2.bin <<<"0 data/$word"$'\n'"0 data/$word"
    forge 3.bin <<<"0 data/$word"$'\n'"5 data/$word/x/"
    forge 4.bin <<<"0 data/../$word"
    forge 5.bin <<<"0 data/$word"$'\n'"record"$'\n'"0 data/y$word listed=no"
    forge 6.bin <<<"0 data/$word listed=no"
    forge 7.bin <<<"0 data/$word length=7"
    forge 8.bin <<<"0 data/$word"$'\n'"remark ./data/x${word} type=link"
    forge 9.bin <<<"0 data/$word$(printf '%300s' '' | tr ' ' x)"
    for number in 1 2 3 4 5 6 7 8; do
        run unseal "${with[@]}" --log drops.log -o bag $number.bin
        expect_exit 6
        check "one line" test "$(wc -l <"$err")" -eq 1
        keep
    done
    run unseal "${with[@]}" --verify -o check 2.bin
    expect_exit 6
    keep check.custody.txt check.custody.json
    run unseal "${with[@]}" -o bag 9.bin
    expect_exit 1
    keep
    rm -f ./*.bin check.*
    expect_names . drops.log kept
done
expect_kept
expect_shown --tabs drops.log

scenario "wrong use"
for text in $'\e[31m' $'a\u202eb\u2028' $'\xff\x9b' $'a\u0301\u0301\u0301\u0301\u0301\u0301'; do
    for words in "unseal --key $text x" "unseal --$text" "unseal -$text" "unseal --key x --passphrase-fd $text x" \
        "unseal ${with[*]} $text" "unseal ${with[*]} --log $text/x -o y z" "unseal ${with[*]} -o $text/x $keys/alice.pub" \
        "unseal --recheck $text" "unseal --recheck=$text --key x" "sealkey $text" "sealkey new $text" "sealkey new -o $text/x" \
        "sealkey new --expires $text -o x" "sealkey show $text" "sealkey passwd $text" "sealkey show --$text" \
        "sealkey passwd --passphrase-fd $text $keys/bob.key" "seal --$text" "seal --to $text x" "seal ${to[*]} --pad $text x"; do
        # shellcheck disable=SC2086 # a command and its arguments
        run $words
        judge "refused: $words" $((status == 1 || status == 2 || status == 4 ? 0 : 1))
        keep
    done
done
expect_kept

# ---- Keys ------------------------------------------------------------------------------------------

scenario "keys"
for text in $'o\e[31mrg' $'\u202egro' $'o\xffrg' $'o\nrg\r'; do
    run sealkey new --no-passphrase -o "$text"
    expect_exit 0
    expect_shown "$text.pub"
    run sealkey show "$text.pub" "$text.key"
    expect_exit 0
    expect_shown
    # What stands around the keys in the file.
    { printf '\e[31m\u202e\xff comment\n# \e]0;x\a\nname: \e[2J\n' && cat "$text.pub" && printf '\e[31m\n'; } >"2$text.pub"
    run sealkey show "2$text.pub"
    expect_exit 0
    expect_shown
    echo x >file
    run seal --to "2$text.pub" -o sealed.bin file
    expect_exit 0
    expect_shown
    sed 's/^\(....\)./\1\x1b/' "$text.pub" >"3$text.pub"
    run sealkey show "3$text.pub"
    expect_exit 2
    expect_shown
    chmod 644 "$text.key"
    run sealkey show "$text.key"
    expect_exit 2
    expect_shown
    run unseal --key "$text.key" sealed.bin
    expect_exit 2
    expect_shown
    remove ./*
done

# On a terminal: our own are the carriage return and blanks of the line that tells how far it is.
scenario "a terminal"
if needs expect; then
    key=$'bo\e[31mb\u202e.key'
    mv "$keys/bob.key" "$key"
    run_tty sealkey show "$key" <<<'Passphrase for|wrong'
    tr -d '\r' <"$out" >shown && cp shown "$out"
    expect_shown
    expect_out 'Passphrase for bo.x1B\[31mb.u\{202E\}\.key'
    describe_all | forge $'s\e[31m.bin'
    run_tty unseal --key "$key" -o $'b\e[31mag' $'s\e[31m.bin' <<<'Passphrase for|wrong
Passphrase for|wrong
Passphrase for|wrong'
    expect_exit 2
    tr -d '\r' <"$out" >shown && cp shown "$out"
    expect_shown
    expect_out 'does not open bo.x1B'
    run_tty unseal "${with[@]}" -o $'b\e[31mag' $'s\e[31m.bin' </dev/null
    expect_exit 3
    tr -d '\r' <"$out" >shown && cp shown "$out"
    expect_shown
    expect_out '^unsealed b.x1B'
fi

# ---- Spreadsheets ----------------------------------------------------------------------------------

scenario "a list for spreadsheets"
cat >formulas.py <<'END'
formulas = ["=1+1", "=cmd|' calc'!A1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "'=1", '"=1"', '=HYPERLINK("mailto:e","x")',
            "\uff1d1", "\uff0b1", "\uff0d1", "\uff201", "a,=1", "a;=1", "a;\t=1", "a|=1", "a, =1", "a\t=1", "a\n=1", '","=1', '";=1',
            "a,b;c", "plain", "50%", "\\x3D", "\u202e=1", "=", "a,\"b", "DDE(\"a\";\"b\")"]
END
python3 - >description <<'END'
exec(open("formulas.py").read())
word = lambda b: "".join("\\x%02X" % c for c in b)
octal = lambda b: "".join("\\x5C%03o" % c for c in b)
for i, formula in enumerate(formulas):
    print("0 data/%s" % word(formula.encode()))
    print("remark ./data/l%03d type=link link=%s time=0.000000000" % (i, octal(formula.encode())))
END
printf '5 data/empty/\n0 data/zero data=\n' >>description
forge sealed.bin <description
run unseal -q "${with[@]}" --list --csv sealed.bin
expect_exit 0
expect_shown
cp "$out" list.csv
run unseal -q "${with[@]}" --list --json sealed.bin
cp "$out" list.json
python3 - >difference 2>&1 <<'END'
import csv, json, re
exec(open("formulas.py").read())
raw = open("list.csv", "rb").read()
assert raw.endswith(b"\n") and b"\r" not in raw and not raw.startswith(b"\xef\xbb\xbf")
text = raw.decode()
rows = list(csv.reader(open("list.csv", newline="", encoding="utf-8"), strict=True))
assert rows[0] == ["type", "size", "mtime", "sha256", "path", "target"], rows[0]
assert len(rows) == 1 + 2 * len(formulas) + 2 and all(len(row) == 6 for row in rows)
def plain(cell):
    def one(match):
        return bytes([int(match[1], 16)]) if match[1] else chr(int(match[2], 16)).encode()
    return re.sub(rb"\\x([0-9A-F]{2})|\\u\{([0-9A-F]{4,6})\}", one, cell.encode()).decode()
# The same as for programs, line by line.
for row, item in zip(rows[1:], json.load(open("list.json"))["items"]):
    have = [row[0], row[1], row[2], row[3], plain(row[4]), plain(row[5])]
    want = [item["type"], str(item.get("size", "")), item["mtime"], item.get("sha256", ""), item["path"], item.get("target", "")]
    assert have == want, (have, want)
assert sorted(plain(row[5]) for row in rows if row[0] == "link") == sorted(formulas)
assert sorted(plain(row[4])[5:] for row in rows if row[0] == "file") == sorted(formulas + ["zero"])
# Whatever it is separated at, with quotes heeded or not, no cell is a formula.
signs = tuple("=+-@'\uff1d\uff0b\uff0d\uff20")
for separators in ",", ";", "\t", "|", ",;\t|":
    for line in text.split("\n"):
        for cell in re.split("[" + separators + "]", line):
            assert not cell.strip().lstrip('"').startswith(signs), (separators, cell)
for separator in ",;\t|":
    for row in csv.reader(open("list.csv", newline="", encoding="utf-8"), delimiter=separator):
        for cell in row:
            assert not cell.strip().startswith(signs), (separator, cell)
END
judge "it should be what programs are told, and no formula" $? "$(tail -n 1 difference)"
run unseal "${with[@]}" --list --csv sealed.bin
expect_err 'files? and .* according to the record in the sealed file'
run bash -c 'exec "$@" >/dev/full' - unseal -q "${with[@]}" --list --csv sealed.bin
expect_exit 1

# A time that no calendar has is written with an @.
scenario "times far off, for spreadsheets"
forge sealed.bin <<'END'
remark ./data/l type=link link=x time=-99999999999999.000000000
0 data/y
END
run unseal -q "${with[@]}" --list --csv sealed.bin
expect_exit 0
expect_out '^link,,\\x40-99999999999999\.000000000,,data/l,x$'

scenario "the log in a spreadsheet"
number=0
python3 -c '
exec(open("../'"$((scenario_count - 2))"'/formulas.py").read())
import sys
for formula in formulas: sys.stdout.buffer.write(formula.encode() + b"\0")' >names
seal -q "${to[@]}" -o sealed.bin names >/dev/null
while IFS= read -r -d '' name; do
    cp sealed.bin "./$name"
    run unseal -q "${with[@]}" --log drops.log -o "bag$((number++))" -- "$name"
    expect_exit 0
done <names
expect_shown --tabs drops.log
python3 - >difference 2>&1 <<'END'
import re
names = [name.decode() for name in open("names", "rb").read().split(b"\0")[:-1]]
lines = [line.split("\t") for line in open("drops.log", encoding="utf-8", newline="\n").read().split("\n")[:-1] if line[0] != "#"]
assert len(lines) == len(names) and all(len(line) == 8 for line in lines)
def plain(cell):
    def one(match):
        return bytes([int(match[1], 16)]) if match[1] else chr(int(match[2], 16)).encode()
    return re.sub(rb"\\x([0-9A-F]{2})|\\u\{([0-9A-F]{4,6})\}", one, cell.encode()).decode()
signs = tuple("=+-@'\uff1d\uff0b\uff0d\uff20")
for line, name in zip(lines, names):
    assert plain(line[7]) == name, (line[7], name)
    assert '"' not in line[7]
    for cell in re.split("[,;|]", line[7]):
        assert not cell.strip().startswith(signs), cell
END
judge "the names should be there, and no formula" $? "$(tail -n 1 difference)"

finish
