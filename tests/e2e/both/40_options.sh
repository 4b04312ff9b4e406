#!/bin/bash
# Every option of seal and unseal that says what to do and with which keys, and every mistake with them: exit
# status, one message, nothing on disk. sealkey has a script of its own.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"
# shellcheck source=tests/e2e/both/options.lib.sh
. "$(dirname "$0")/options.lib.sh"

# ---- Help and version ----------------------------------------------------------------------------

scenario "help and version"
for program in seal unseal; do
    for option in --help -h; do
        run $program $option
        expect_exit 0
        expect_no_err
        expect_out "^Usage: $program --"
        expect_out '^Exit status: 0 '
        check "help should fit 80 columns" test -z "$(awk 'length > 79' "$out")"
    done
    for option in --version -V; do
        run $program $option
        expect_exit 0
        expect_no_err
        expect_out "^$program [0-9.]+ \(format 1\)$"
        check "one line" test "$(wc -l <"$out")" -eq 1
    done
    # Wherever it stands in front of a mistake.
    run $program -q --help
    expect_exit 0
    run $program -- --help
    expect_exit 2
    run $program --help=yes
    expect_exit 2
    for help in --hel help; do
        run $program $help
        expect_exit 0
        expect_out "^Usage: $program --"
    done
    run $program --vers
    expect_exit 0
    expect_out "^$program [0-9.]+ "
done
for option in --to --output --pad --level --no-compress --allow-expired --note --note-file --info \
    --local-offset --dry-run --quiet --verbose --help --version; do
    run seal --help
    expect_out "(^ +|, )$option( |$)"
done
for option in --key --output --verify --list --extract --recheck --long --json --csv --raw --operator --case --log \
    --writable --exact-names --passphrase-fd --quiet --help --version; do
    run unseal --help
    expect_out "(^ +|, )$option( |$)"
done
for program in seal unseal; do
    run $program --help
    check "man page and help name the same options" test -z "$(
        grep -oE -- '--[a-z-]+' "$out" | sort -u | sed 's/^--//' |
            while read -r o; do grep -Eqs -- "Fl (Fl |-)$o( |\$)" "$root/docs/man/$program.1" || echo "$o"; done)"
    check "no word of the help stands alone in its line" \
        test -z "$(awk '/^Options:/ { exit } NF == 1' "$out")"
done

# ---- Wrong command lines -------------------------------------------------------------------------

ground "wrong command lines of seal"
refused 2 'nothing to seal; name files or folders' seal
refused 2 'nothing to seal; name files or folders' seal --to "$alice"
refused 2 'nothing to seal; name files or folders' seal --to "$alice" --
refused 2 '--to is missing' seal file
refused 2 'unknown option --frob' seal --frob file
refused 2 'unknown option --frob' seal --frob=1 --to "$alice" file
refused 2 'unknown option -x' seal -x --to "$alice" file
refused 2 'unknown option -x' seal -qx --to "$alice" file
refused 2 'unknown option --ouput; did you mean --output\?$' seal --ouput x --to "$alice" file
refused 2 '--no may be --no-verify, --no-compress, --note, --note-file\. ' seal --no --to "$alice" file
refused 2 '--ver=1 may be --verify, --verbose, --version\. ' seal --ver=1 --to "$alice" file
refused 2 '--verbose takes no value' seal --verb=1 --to "$alice" file
refused 2 '--output is given twice' seal --out x --outp y --to "$alice" file
refused 2 '--verify and --no-verify contradict each other' seal --verif --no-v --to "$alice" file
refused 2 '--output is given an empty' seal -o= --to "$alice" file
refused 2 'unknown option --key' seal --key "$keys/alice.key" file
refused 2 'unknown option --' seal $'--\e[31m\n' --to "$alice" file
refused 2 '--to needs a value' seal file --to
refused 2 '--to is given an empty' seal --to '' file
refused 2 '--to is given an empty' seal --to= file
refused 2 '--output needs a value' seal --to "$alice" file -o
refused 2 '--output is given an empty' seal --to "$alice" -o '' file
refused 2 '--output is given twice' seal --to "$alice" -o a --output b file
refused 2 '--level is given twice' seal --to "$alice" --level 1 --level 1 file
refused 2 '--pad is given twice' seal --to "$alice" --pad pow2 --pad=pow2 file
refused 2 '--quiet is given twice' seal --to "$alice" -q --quiet file
refused 2 '--quiet is given twice' seal --to "$alice" -qq file
refused 2 '--no-compress is given twice' seal --to "$alice" --no-compress --no-compress file
refused 2 '--note is given twice' seal --to "$alice" --note a --note b file
refused 2 '--note-file is given twice' seal --to "$alice" --note-file file --note-file=file file
refused 2 '--note is given an empty' seal --to "$alice" --note '' file
refused 2 '--info is given an empty' seal --to "$alice" --info '' file
refused 2 '--local-offset is given twice' seal --to "$alice" --local-offset --local-offset file
refused 2 '--dry-run is given twice' seal -n --dry-run file
refused 2 '--dry-run takes no value' seal --dry-run=yes file
refused 2 'nothing to seal; name files or folders' seal --dry-run
refused 2 '--pad takes' seal --dry-run --pad x file
refused 2 'contradict' seal --dry-run --level 3 --no-compress file
refused 2 '--quiet takes no value' seal --to "$alice" --quiet=1 file
refused 2 'contradict' seal --to "$alice" --level 3 --no-compress file
refused 2 'an empty file name was given' seal --to "$alice" ''
refused 2 'an empty file name was given' seal --to "$alice" file ''
refused 2 'sealed by itself' seal --to "$alice" - file
refused 2 'sealed by itself' seal --to "$alice" file -
refused 2 'sealed by itself' seal --to "$alice" - -
for level in 0 20 -1 1.5 x 003 100 '3 ' +3 99999999999999999999; do
    refused 2 '--level takes a number from 1 to 19' seal --to "$alice" --level "$level" file
done
for pad in 0 1 MiB iso 65535 65537 67583 32K 63K 1T x PADME pow3 -65536 65536.5 128KB 128KiB 65536Ki 9999999999999999999G \
    18446744073709617152 999999999999999G 274877906945K; do
    refused 2 '--pad takes padme, mib, round, pow2 or a size' seal --to "$alice" --pad "$pad" file
done

ground "wrong command lines of unseal"
key=$keys/alice.key
refused 2 '--key is missing' unseal
refused 2 '--key is missing' unseal one.bin
refused 2 'no sealed file' unseal --key "$key"
refused 2 'no sealed file' unseal --key "$key" --
for mode in --list '--extract a.txt'; do
    # shellcheck disable=SC2086 # an option and its value
    refused 2 'these are several sealed files; give one of them, or all volumes of one set' unseal --key "$key" $mode one.bin stream.bin
done
refused 2 '- \(standard input\) is opened by itself' unseal --key "$key" -o x one.bin -
refused 2 '-o - takes one sealed file at a time' unseal --key "$key" -o - one.bin stream.bin
refused 2 '-o - does not go with --verify' unseal --key "$key" --verify -o - one.bin
refused 2 '-o - does not go with --extract' unseal --key "$key" --extract a.txt -o - one.bin
refused 2 'standard input has no name, after which the record could be named' unseal --key "$key" --verify -
refused 2 '--recheck takes the bag as its value' unseal --recheck folder one.bin
refused 2 '--recheck needs no --key' unseal --key "$key" --recheck folder
refused 2 '--key is missing' unseal --list one.bin
refused 2 '--key is missing' unseal --verify one.bin
refused 2 '--extract needs a value' unseal --key "$key" one.bin --extract
refused 2 '--extract is given an empty' unseal --key "$key" --extract= one.bin
refused 2 '--operator is given twice' unseal --key "$key" --operator a --operator b one.bin
refused 2 '--log is given an empty' unseal --key "$key" --log '' one.bin
modes=(--verify --list '--extract=a.txt' '--recheck=folder' --raw)
for ((i = 0; i < ${#modes[@]}; i++)); do
    for ((k = i + 1; k < ${#modes[@]}; k++)); do
        refused 2 'contradict each other' unseal --key "$key" "${modes[i]}" "${modes[k]}" one.bin
    done
done
for pair in '--long --json' '--long --csv' '--json --csv'; do
    first=${pair% *} second=${pair#* }
    refused 2 "$first and $second contradict each other" unseal --key "$key" --list "$first" "$second" one.bin
    refused 2 "$first and $second contradict each other" unseal --key "$key" --list "$second" "$first" one.bin
done
for pair in '--long --verify' '--json --verify' '--csv --verify' '--csv --raw' '--csv --extract=a' '--long --raw' '--output=x --list' '--operator=x --list' \
    '--case=x --extract=a' '--log=x --list' '--writable --verify' '--writable --raw' '--exact-names --verify' \
    '--exact-names --raw' '--exact-names --list'; do
    option=${pair%% *} mode=${pair#* }
    refused 2 "${option%%=*} does not go with ${mode%%=*}" unseal --key "$key" "$option" "$mode" one.bin
done
refused 2 '--output does not go with --recheck' unseal --recheck folder -o x
for option in --long --json --csv; do
    refused 2 "$option goes only with --list" unseal --key "$key" "$option" one.bin
done
refused 2 'unknown option --to' unseal --to "$alice" one.bin
refused 2 'unknown option -x' unseal -x --key "$key" one.bin
refused 2 'unknown option --rawx' unseal --rawx --key "$key" one.bin
refused 2 '--key needs a value' unseal one.bin --key
refused 2 '--key is given an empty' unseal --key= one.bin
refused 2 '--output is given an empty' unseal --key "$key" -o '' one.bin
refused 2 '--output is given twice' unseal --key "$key" -o a -o b one.bin
refused 2 '--raw is given twice' unseal --key "$key" --raw --raw one.bin
refused 2 '--raw takes no value' unseal --key "$key" --raw=x one.bin
refused 2 '--quiet is given twice' unseal --key "$key" -qq one.bin
refused 2 '--passphrase-fd is given twice' unseal --key "$key" --passphrase-fd 0 --passphrase-fd 0 one.bin
refused 2 'an empty file name was given' unseal --key "$key" ''
refused 2 'standard input has no name' unseal --key "$key" -
for args in '--key /dev/stdin -' '--key lk --passphrase-fd 0 -' '--key /dev/stdin --passphrase-fd 0 one.bin' \
    '--key /dev/fd/0 --key /dev/stdin one.bin' '--key lk --passphrase-fd 00 /dev/stdin'; do
    # shellcheck disable=SC2086 # several arguments
    refused 2 'standard input can be only one of these' unseal -o x $args
done
refused 2 'standard input can be either what is sealed or a public key' seal --to /dev/stdin -o x -
refused 1 '-: could not be opened: .* Here - does not stand for standard input' seal --to - -o x file
refused 1 '-: could not be opened: .* Here - does not stand for standard input' unseal --key - -o x one.bin
refused 2 'folder: this is a folder, not a key file\. Give the name of the key file\.' seal --to folder -o x file
refused 2 'folder: this is a folder, not a key file' sealkey show folder
refused 2 'it holds a bag, which is a folder' unseal -q --key "$key" -o - one.bin
nothing_to_open() {
    run "$@"
    expect_exit 2
    expect_no_out
    expect_err '^unseal: folder/more: too short for a sealed file; skipped\.$'
    expect_err '^unseal: there is nothing to open\.$'
    expect_nothing_new
}
nothing_to_open unseal -q --key "$key" folder
refused 1 'No such file' unseal -q --key "$key" missing.bin
refused 4 'file: it has 9 bytes, and no sealed file is shorter than 65\.5 kB: .* Copy it once more ' unseal -q --key "$key" file
refused 4 'it is empty: nothing of it arrived' unseal -q --key "$key" /dev/null -o x
refused 4 'it is empty: nothing of it arrived' unseal -q --key "$key" -o x -
nothing_to_open unseal -q --key "$key" --list folder
refused 4 'file: it has 9 bytes' unseal -q --key "$key" --extract a file

# ---- Keys to seal to -----------------------------------------------------------------------------

ground "keys to seal to"
refused 1 'missing\.pub: .*No such file' seal -q --to missing.pub -o x file
refused 2 'there is no public key in it.*\.pub' seal -q --to "$keys/alice.key" -o x file
refused 2 'there is no public key in it' seal -q --to file -o x file
refused 2 'too large to be a key file' seal -q --to /dev/zero -o x file
run seal -q --to folder -o x file
[ "$status" -eq 1 ] || [ "$status" -eq 2 ]
judge "a folder should be refused as a key to seal to" $?
expect_message 'folder: '
expect_nothing_new
refused 2 'altered|check|complete|damaged|wrong|not|does' seal -q --to "$keys/bad-checksum.pub" -o x file
refused 7 'newer version' seal -q --to "$keys/bad-version.pub" -o x file
refused 2 'bad-short' seal -q --to "$alice" --to "$keys/bad-short.pub" -o x file

ground "an expired key"
# With a seed, the clock of the test build stands at 2023-11-14; carol and alice do not expire.
export SEAL_TEST_SEED=x
run sealkey new -q -o "$scratch/last-day" --no-passphrase --expires 2023-11-14
expect_exit 0
run sealkey new -q -o "$scratch/long-lived" --no-passphrase --expires 2024-11-14
expect_exit 0
run seal -q --to "$scratch/last-day.pub" -o ok.bin file
expect_exit 0
expect_no_err
unset SEAL_TEST_SEED
rm -f ok.bin
refused 2 'last-day\.pub: the last day of this key was [-0-9]{10}' seal -q --to "$scratch/last-day.pub" -o x file
refused 2 'last-day\.pub: the last day of this key was [-0-9]{10}, and by the clock of this computer today is [-0-9]{10}\. .*--allow-expired' \
    seal -q --to "$alice" --to "$scratch/last-day.pub" -o x file
run seal -q --to "$scratch/last-day.pub" --allow-expired -o expired.bin file
expect_exit 0
expect_message 'last-day.pub: the last day of this key was 2023-11-14'
run unseal -q --key "$scratch/last-day.key" -o bag expired.bin
expect_exit 0
expect_no_err
expect_same file bag/data/file
run seal -q --to "$alice" --allow-expired -o fine.bin file
expect_exit 0
expect_no_err

ground "to whom"
run seal --to "$alice" -t "$keys/bob.pub" -o x.bin file
expect_exit 0
expect_err '^to 1850 4362 4048 4689 0082 4091 7115 2569 4967  \('
check "two" test "$(grep -c '^to ' "$err")" -eq 2
run seal --to "$keys/three.pub" -o y.bin file
expect_exit 0
check "three of one file" test "$(grep -c '^to ' "$err")" -eq 3
run seal -q --to "$alice" --to "$alice" --to "$keys/alice-later.pub" -o z.bin file
expect_exit 0
run unseal -q --key "$keys/alice.key" -o bag z.bin
expect_exit 0

ground "1 to 39 keys"
for n in $(seq 40); do
    run sealkey new -q -o "$scratch/many-$n" --no-passphrase
    [ "$status" -eq 0 ] || expect_exit 0
done
many() { for n in $(seq "$1"); do printf -- '--to\n%s\n' "$scratch/many-$n.pub"; done; }
for count in 8 9 39; do
    mapfile -t recipients < <(many $count)
    run seal -q "${recipients[@]}" -o $count.bin file
    expect_exit 0
    for n in 1 $count; do
        run unseal -q --key "$scratch/many-$n.key" -o bag $count.bin
        expect_exit 0
        expect_same file bag/data/file
        remove bag
    done
    run unseal -q --key "$scratch/many-40.key" -o bag $count.bin
    expect_exit 4
    expect_absent bag
    check "same length for all of them" test "$(stat -c %s $count.bin)" -eq 65536
done
rm -f ./*.bin
everything=$(find . | LC_ALL=C sort)
mapfile -t recipients < <(many 40)
refused 2 'between 1 and 39' seal -q "${recipients[@]}" -o x file
cat "$scratch"/many-*.pub >"$scratch/all.pub"
refused 2 'between 1 and 39' seal -q --to "$scratch/all.pub" -o x file
# 40 given, but 39 different.
mapfile -t recipients < <(many 39)
run seal -q "${recipients[@]}" --to "$scratch/many-1.pub" -o x.bin file
expect_exit 0

# ---- Keys to open with ---------------------------------------------------------------------------

ground "keys to open with"
refused 1 'missing\.key: .*No such file' unseal -q --key missing.key one.bin
refused 2 'there is no secret key in it' unseal -q --key "$alice" one.bin
refused 2 'there is no key in it|no secret key' unseal -q --key file one.bin
refused 2 'there is no secret key' unseal -q --key folder one.bin
refused 4 'no key here opens this file' unseal -q --key "$keys/carol.key" one.bin
for mode in 644 640 604 660 620 602 610; do
    cp "$keys/alice.key" "$scratch/loose.key"
    chmod $mode "$scratch/loose.key"
    refused 2 'others on this machine can read it.*chmod 600 ' unseal -q --key "$scratch/loose.key" one.bin
done
cp "$keys/alice.key" "$scratch/it's \$HOME.key"
chmod 644 "$scratch/it's \$HOME.key"
refused 2 'chmod 600 \(that file\)' unseal -q --key "$scratch/it's \$HOME.key" one.bin
for mode in 600 400 700; do
    chmod $mode "$scratch/loose.key"
    run unseal -q --key "$scratch/loose.key" -o bag$mode one.bin
    expect_exit 0
done

ground "several keys, and a folder of them"
run unseal --key "$keys/carol.key" -k "$keys/emil.key" --key "$keys/alice.key" -o bag one.bin
expect_exit 0
expect_err '^opened with key 1850 4362 4048 4689 0082 4091 7115 2569 4967$'
mkdir "$scratch/ring"
cp "$keys"/{carol,emil,alice}.key "$keys"/*.pub "$scratch/ring"
rm "$scratch"/ring/bad-*
echo 'notes' >"$scratch/ring/README"
mkdir "$scratch/ring/old"
run unseal -q --key "$scratch/ring" -o bag2 one.bin
expect_exit 0
expect_same bag/data/a.txt bag2/data/a.txt
cat "$keys/carol.key" "$keys/alice.key" >"$scratch/two.key"
chmod 600 "$scratch/two.key"
run unseal -q --key "$scratch/two.key" -o bag3 one.bin
expect_exit 0
run unseal -q --key "$scratch/ring" --key "$keys/bob.key" -o bag4 one.bin
expect_exit 0

# ---- Passphrases ---------------------------------------------------------------------------------

ground "passphrases from a descriptor"
run unseal -q --key "$keys/bob.key" --passphrase-fd 0 -o a stream.bin <<<"$bob_passphrase"
expect_exit 0
expect_no_err
run unseal -q --key "$keys/bob.key" --passphrase-fd 7 -o b stream.bin 7<<<"$bob_passphrase"
expect_exit 0
run unseal -q --key "$keys/bob.key" --passphrase-fd=0 -o c stream.bin < <(printf '%s\r\n' "$bob_passphrase")
expect_exit 0
run unseal -q --key "$keys/bob.key" --passphrase-fd 0 -o d stream.bin < <(printf %s "$bob_passphrase")
expect_exit 0
run unseal -q --key "$keys/dora.key" --passphrase-fd 0 -o e "$vectors/files/bag-three.seal" \
    <<<"$(vectors passphrase "$vectors" dora | iconv -f UTF-8 -t UTF-8)"
expect_exit 0
# The same, decomposed.
run unseal -q --key "$keys/dora.key" --passphrase-fd 0 -o f "$vectors/files/bag-three.seal" \
    < <(printf 'Пароль и\314\206 e\314\201 田中\n')
expect_exit 0
# Two locked keys, a line each; only the second opens it.
run unseal -q --key "$keys/bob.key" --key "$keys/dora.key" --passphrase-fd 0 -o g \
    "$vectors/files/bag-three.seal" < <(printf '%s\n' "$bob_passphrase"; vectors passphrase "$vectors" dora)
expect_exit 0
expect_no_err
# A plain key that opens it needs no passphrase of the others.
run unseal -q --key "$keys/bob.key" --key "$keys/alice.key" -o h stream.bin
expect_exit 0
remove a b c d e f g h
refused 2 'the passphrase does not open this key' \
    unseal -q --key "$keys/bob.key" --passphrase-fd 0 -o x stream.bin <<<"$bob_passphrase "
refused 2 'empty passphrase' unseal -q --key "$keys/bob.key" --passphrase-fd 0 -o x stream.bin
refused 2 'longer than 1023' unseal -q --key "$keys/bob.key" --passphrase-fd 0 -o x stream.bin \
    < <(printf '%01100d' 0)
refused 2 'not valid UTF-8' unseal -q --key "$keys/bob.key" --passphrase-fd 0 -o x stream.bin < <(printf '\377\n')
refused 2 'no open descriptor' unseal -q --key "$keys/bob.key" --passphrase-fd 9 -o x stream.bin
refused 2 'not the number' unseal -q --key "$keys/bob.key" --passphrase-fd x -o x stream.bin
refused 2 'not the number' unseal -q --key "$keys/bob.key" --passphrase-fd -1 -o x stream.bin
# Also where no key wants one.
refused 2 'not the number' unseal -q --key "$keys/alice.key" --passphrase-fd x -o x stream.bin
remove x
refused 2 'no terminal to ask' unseal -q --key "$keys/bob.key" -o x stream.bin
# No passphrase belongs on a command line.
refused 2 'unknown option --passphrase' unseal -q --key "$keys/bob.key" --passphrase "$bob_passphrase" stream.bin

ground "passphrases on a terminal"
if needs expect; then
    run_tty unseal --key "$keys/bob.key" -o a stream.bin <<<"Passphrase for .*bob.key: |$bob_passphrase"
    expect_exit 0
    expect_out 'receipt  4641 7150 2121 1043 1531'
    check "no echo" test "$(grep -c "$bob_passphrase" "$out")" -eq 0
    # Whatever the terminal is set to, backspace takes back a letter and not a byte.
    run_tty sh -c 'stty -iutf8; exec "$@"' sh unseal --key "$keys/bob.key" -o letter stream.bin \
        <<<"Passphrase for .*bob.key: |${bob_passphrase}й"$'\x7f'
    expect_exit 0
    check "asked once" test "$(grep -o 'Passphrase for' "$out" | wc -l)" -eq 1
    run_tty unseal --key "$keys/bob.key" -o b stream.bin <<E2
Passphrase for |wrong
That passphrase does not open .*Passphrase for |also wrong
That passphrase does not open .*Passphrase for |$bob_passphrase
E2
    expect_exit 0
    check "nothing of other keys" test "$(grep -c 'keys have a passphrase' "$out")" -eq 0
    # Who has the passphrase of one key of several.
    run_tty unseal -q --key "$keys/dora.key" --key "$keys/bob.key" -o one stream.bin <<E2
2 keys have a passphrase, .*Enter alone .*Passphrase for .*dora.key: |
Passphrase for .*bob.key: |$bob_passphrase
E2
    expect_exit 0
    check "said once" test "$(grep -c 'keys have a passphrase' "$out")" -eq 1
    run_tty unseal --key "$keys/bob.key" -o c stream.bin <<E2
Passphrase for |1
Passphrase for |2
Passphrase for |3
E2
    expect_exit 2
    expect_out 'the passphrase does not open this key'
    check "asked three times" test "$(grep -o 'Passphrase for' "$out" | wc -l)" -eq 3
    expect_absent c
    run_tty unseal --key "$keys/bob.key" -o c stream.bin <<<'Passphrase for |^C'
    expect_exit 130
    expect_absent c
    run_tty unseal --key "$keys/bob.key" -o c stream.bin <<<'Passphrase for |^D'
    expect_exit 2
    expect_absent c
    check "nothing unfinished" test -z "$(find . -name '*.partial')"
fi

# ---- Names that are not there --------------------------------------------------------------------

ground "names as they were typed or copied"
refused 1 'how the name is spelled\.$' seal -q --to "$alice" -o x.bin fil
# shellcheck disable=SC2088 # as it is when it is quoted
refused 1 'The ~ stands there as it was typed' seal -q --to "$alice" -o x.bin '~/file'
refused 1 'The ~ stands there as it was typed' seal -q '--to=~/org.pub' -o x.bin file
refused 1 'Give a path, not an address\.$' unseal --key "$keys/alice.key" -o x file:///one.bin
refused 1 'The quotes are part of this name' seal -q --to "$alice" -o x.bin "'file'"
refused 1 'ends in a blank or the end of a line' seal -q --to "$alice" -o x.bin $'file\r'
refused 1 'ends in a blank or the end of a line' unseal --key "$keys/alice.key" -o x 'one.bin '

ground "a folder that is not there any more"
mkdir gone
run bash -c 'cd gone && rmdir ../gone && exec seal -q --to "$1" "$2"' - "$alice" "$PWD/file"
expect_exit 1
expect_no_out
expect_message 'could not be created: .*\. The folder that it goes into is not there any more: change to one that is\.$'

# ---- The terminal --------------------------------------------------------------------------------

ground "no sealed bytes and no content to a terminal"
if needs expect; then
    run_tty seal --to "$alice" -o - file <<<''
    expect_exit 2
    expect_out 'refusing to write binary data to the terminal'
    check "nothing but the message" test "$(wc -c <"$out")" -lt 300
    run_tty unseal --key "$keys/alice.key" -o - stream.bin <<<''
    expect_exit 2
    expect_out 'refusing to write binary data to the terminal'
    check "nothing but messages" test "$(wc -c <"$out")" -lt 300
    run_tty unseal --key "$keys/alice.key" --raw -o - one.bin <<<''
    expect_exit 2
    run_tty seal --to "$alice" -o x - <<<''
    expect_exit 2
    expect_out 'standard input is a terminal'
    run_tty unseal --key "$keys/alice.key" -o x - <<<''
    expect_exit 2
    expect_out 'standard input is a terminal'
    expect_nothing_new
    run_tty seal --to "$alice" -o ok.bin file <<<''
    expect_exit 0
    expect_out 'receipt [0-9 ]{24}'
fi

finish
