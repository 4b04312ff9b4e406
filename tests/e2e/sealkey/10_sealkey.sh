#!/bin/bash
# sealkey from the outside: making, showing and changing keys, and everything that can go wrong.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"

fingerprint='([0-9]{4} ){8}[0-9]{4}$'

# A vector as the file it would be at its owner's; bob's passphrase is cheap to try.
take_vector() { cp "$vectors/keys/$1" . && chmod 600 "$1"; }
bob_passphrase='correct horse battery staple'
expect_nothing_typed() { ! grep -q horse "$out"; judge "nothing typed should show" $?; }

scenario "help and version"
run sealkey --help
expect_exit 0
expect_out '^Usage: sealkey new'
expect_no_err
for command in new show passwd; do
    run sealkey "$command" --help
    expect_exit 0
    expect_out "^Usage: sealkey $command"
    expect_no_err
    check "help should fit 80 columns" test -z "$(awk 'length > 79' "$out")"
done
run sealkey --version
expect_exit 0
expect_out '^sealkey [0-9.]+ \(format 1\)$'

scenario "wrong command lines"
wrong() {
    local message=$1
    shift
    run sealkey "$@"
    expect_exit 2
    expect_no_out
    expect_message "$message"
}
wrong 'no command given'
wrong 'no command given' --
wrong 'unknown command frob; the commands are new, show, passwd and kit' frob
wrong 'unknown command shwo; did you mean show\?$' shwo
wrong 'did you mean passwd' password -q
wrong 'did you mean kit' kti
wrong 'unknown option --frob' --frob
wrong 'unknown option -x' new -qx
wrong 'unknown option --frob' new --frob=1
wrong 'unknown option --ouput; did you mean --output\?$' new --ouput org
wrong '--output needs a value' new -o
wrong '--output is given an empty NAME' new -o ''
wrong '--output is given an empty NAME' new --output=
wrong '--output is given twice' new -o a --out b
wrong 'unknown command help' help new
wrong '--quiet is given twice' new -o a -qq
wrong '--quiet takes no value' new -o a --quiet=yes
wrong '-o is missing' new --no-passphrase
wrong 'unexpected argument org' new org
wrong 'an empty file name was given' new -o a ''
wrong 'not to standard output' new -o -
wrong 'without .pub or .key' new -o org.key
wrong 'without .pub or .key' new -o ./org.pub
wrong 'name of a file' new -o folder/
wrong 'name of a file' new -o ..
wrong 'is not a date' new -o org --expires tomorrow
wrong 'is not a date' new -o org --expires 2031-02-29
wrong 'is not a date' new -o org --expires 2031-1-1
wrong 'in the past' new -o org --expires 2001-01-01
wrong 'contradict' new -o org --no-passphrase --passphrase-fd 0
wrong 'not the number' new -o org --passphrase-fd x
wrong 'not the number' new -o org --passphrase-fd -1
wrong 'not the number' new -o org --passphrase-fd 99999999999
wrong 'no open descriptor' new -o org --passphrase-fd 77
wrong 'no key file given' show
wrong 'exactly one' passwd
wrong 'exactly one' passwd a b
wrong 'contradict' passwd --no-passphrase --new-passphrase-fd 0 a
wrong 'an empty passphrase' new -o org --passphrase-fd 0
expect_empty_dir .

scenario "a pair without a passphrase"
run sealkey new -o org --no-passphrase
expect_exit 0
expect_out "^fingerprint: $fingerprint"
expect_err 'Give out org.pub'
expect_err 'has no passphrase'
expect_names . org.pub org.key
expect_mode org.key 600
expect_mode org.pub 644
number=$(sed -n 's/^fingerprint: //p' "$out")
for file in org.pub org.key; do
    check "$file should have the fingerprint as a comment" grep -qxF "$number" "$file"
    run sealkey show "$file"
    expect_exit 0
    expect_out "^fingerprint: $number$"
    expect_out '^expires:     never$'
    expect_no_err
done
expect_out '^kind:        secret key$'
expect_out '^passphrase:  no$'

scenario "the umask is obeyed, quietly"
umask 077
run sealkey new -qo org --no-passphrase --expires 2999-12-31
umask 022
expect_exit 0
expect_no_err
expect_mode org.key 600
expect_mode org.pub 600
run sealkey show org.pub org.key
expect_exit 0
check "both should expire" test "$(grep -cx 'expires:     2999-12-31' "$out")" -eq 2

scenario "nothing is overwritten"
for file in org.pub org.key; do
    echo mine >"$file"
    run sealkey new -o org --no-passphrase
    expect_exit 1
    expect_no_out
    expect_message "$file: is there already"
    expect_names . "$file"
    check "$file should be as it was" test "$(cat "$file")" = mine
    rm "$file"
done
ln -s nowhere org.pub
run sealkey new -o org --no-passphrase
expect_exit 1
expect_names . org.pub

scenario "no place to write"
run sealkey new -o nowhere/org --no-passphrase
expect_exit 1
expect_message 'nowhere/org.key: its folder could not be opened: No such file'
touch file
run sealkey new -o file/org --no-passphrase
expect_exit 1
expect_message 'Not a directory'
expect_names . file
if needs_no_root; then
    mkdir locked
    chmod 500 locked
    run sealkey new -o locked/org --no-passphrase
    expect_exit 1
    expect_message 'Permission denied'
    expect_empty_dir locked
fi

scenario "the second file cannot be written"
# The secret one has 362 bytes, the public one some more.
run prlimit --fsize=1000 sealkey new -o org --no-passphrase
expect_exit 1
expect_no_out
expect_message 'org.pub: could not be written: File too large'
expect_empty_dir .

scenario "standard output is full"
if [ ! -e /dev/full ]; then
    skip "there is no /dev/full"
else
    sealkey --help >/dev/full 2>"$err"
    status=$?
    expect_exit 1
    expect_message 'standard output could not be written: No space'
    sealkey show "$vectors/keys/alice.pub" >/dev/full 2>"$err"
    status=$?
    expect_exit 1
    expect_message 'standard output could not be written'
    sealkey show "$vectors/keys/alice.pub" >&- 2>"$err"
    status=$?
    expect_exit 1
    expect_message 'standard output could not be written'
fi

scenario "a pair with a passphrase from a descriptor"
run sealkey new -o org --passphrase-fd 0 <<<'first passphrase'
expect_exit 0
expect_err 'passphrase cannot be recovered'
number=$(sed -n 's/^fingerprint: //p' "$out")
run sealkey show org.key
expect_exit 0
expect_out '^passphrase:  yes$'
expect_out "^fingerprint: $number$"
expect_out '^checked:     no; '
expect_no_err
run sealkey show --passphrase-fd 0 org.key <<<'first passphrase'
expect_exit 0
expect_out "^fingerprint: $number$"
check "it should be checked" test -z "$(grep '^checked:' "$out")"
run sealkey show --passphrase-fd 0 org.key <<<'First passphrase'
expect_exit 2
expect_message 'org.key: the passphrase does not open this key'
run sealkey show --passphrase-fd 0 org.key <<<''
expect_exit 2
expect_message 'empty passphrase'

scenario "a fingerprint that is written above another key"
take_vector bob.key
cp bob.key noted.key
sed -i '2s/4495/4496/' noted.key
run sealkey show noted.key
expect_exit 0
expect_out '^fingerprint: 4496 8438'
expect_out '^checked:     no; '
run sealkey show --passphrase-fd 0 noted.key <<<"$bob_passphrase"
expect_exit 2
expect_out '^fingerprint: 4495 8438'
expect_message 'noted\.key: the fingerprint that is written above a secret key in it is not that key'
cp noted.key before
run sealkey passwd --passphrase-fd 0 --no-passphrase noted.key <<<"$bob_passphrase"
expect_exit 2
expect_message 'written above a secret key'
expect_same before noted.key
mkdir evidence && echo one >evidence/1
run seal --to "$vectors/keys/bob.pub" -o bob.bin evidence
run unseal --key noted.key --passphrase-fd 0 -o out bob.bin <<<"$bob_passphrase"
expect_exit 0
expect_err 'noted\.key: the fingerprint that is written above the key is not the key.s own'
sed '2d' bob.key >bare.key && chmod 600 bare.key
run sealkey show bare.key
expect_exit 0
expect_out '^fingerprint: needs the passphrase$'

scenario "another passphrase"
sed -i '1i a note of mine' ../$((scenario_count - 2))/org.key
cp ../$((scenario_count - 2))/org.* .
cp org.key before.key
chmod 600 before.key
run sealkey passwd --passphrase-fd 0 --new-passphrase-fd 0 org.key <<<$'wrong\nsecond'
expect_exit 2
expect_message 'org.key: the passphrase does not open this key'
expect_same before.key org.key
run sealkey passwd --passphrase-fd 3 --new-passphrase-fd 4 org.key \
    3<<<'first passphrase' 4<<<'second'
expect_exit 0
expect_no_out
expect_err 'the passphrase was changed'
expect_names . before.key org.key org.pub
expect_mode org.key 600
check "the comments should stay" grep -qx 'a note of mine' org.key
run sealkey show --passphrase-fd 0 org.key <<<'first passphrase'
expect_exit 2
run sealkey show --passphrase-fd 0 org.key <<<'second'
expect_out "^fingerprint: $number$"
run sealkey passwd -q --passphrase-fd 0 --no-passphrase org.key <<<'second'
expect_exit 0
expect_no_err
run sealkey show org.key
expect_exit 0
expect_out "^fingerprint: $number$"
expect_out '^passphrase:  no$'
run sealkey passwd --passphrase-fd 0 --no-passphrase org.key <<<'second'
expect_exit 2
expect_message 'has no passphrase'
run sealkey passwd org.key
expect_exit 2
expect_message 'a new passphrase is needed, and there is no terminal to ask for it; give it with --new-passphrase-fd'
run sealkey passwd --passphrase-fd 0 before.key <<<'first passphrase'
expect_exit 2
expect_message 'give it with --new-passphrase-fd'
run sealkey passwd --new-passphrase-fd 0 before.key <<<'third'
expect_exit 2
expect_message 'a passphrase is needed, .* give it with --passphrase-fd'
expect_names . before.key org.key org.pub

scenario "files whose passphrase cannot be changed"
take_vector bob.key
take_vector carol.key
cat bob.key carol.key >two.key
cp "$vectors/keys/bob.pub" .
ln -s bob.key link.key
mkdir folder
chmod 600 two.key
ls >../names
refused() {
    run sealkey passwd --no-passphrase --passphrase-fd 0 "$1" <<<"$bob_passphrase"
    expect_exit "$3"
    expect_message "$2"
}
refused two.key 'several secret keys' 2
refused bob.pub 'no secret key' 2
refused link.key 'is a symbolic link' 2
refused folder 'is not a regular file' 2
refused absent.key 'No such file' 1
refused carol.key 'has no passphrase' 2
ls >../names.after
expect_same ../names ../names.after

scenario "the key is immutable"
take_vector bob.key
cp bob.key before
if chattr +i bob.key 2>/dev/null; then
    run sealkey passwd --no-passphrase --passphrase-fd 0 bob.key <<<"$bob_passphrase"
    chattr -i bob.key
    expect_exit 1
    expect_message 'bob\.key: could not be replaced: Operation not permitted\. This user may not do that\. If root may not either, it or its folder was made immutable .*lsattr shows i or a'
    expect_same before bob.key
    expect_names . before bob.key
else
    skip "it takes root and a file system with such marks"
fi

scenario "the key stays with its owner where root changes its passphrase"
take_vector bob.key
if [ "$(id -u)" -eq 0 ] && chown 65534:65533 bob.key 2>/dev/null; then
    run sealkey passwd --no-passphrase --passphrase-fd 0 bob.key <<<"$bob_passphrase"
    expect_exit 0
    check "its owner and group" test "$(stat -c %u:%g bob.key)" = 65534:65533
    expect_mode bob.key 600
    expect_names . bob.key
else
    skip "it takes root to give files away"
fi

scenario "the old key survives a full disk"
take_vector bob.key
cp bob.key before
run prlimit --fsize=200 sealkey passwd --no-passphrase --passphrase-fd 0 bob.key \
    <<<"$bob_passphrase"
expect_exit 1
expect_message 'bob.key: could not be written'
expect_same before bob.key
expect_names . before bob.key

scenario "other people may not read a secret key"
take_vector alice.key
for mode in 644 640 604 660; do
    chmod $mode alice.key
    run sealkey show alice.key
    expect_exit 2
    expect_no_out
    expect_message 'alice.key: .*others on this machine can read it.*chmod 600 alice.key$'
done
chmod 400 alice.key
run sealkey show alice.key
expect_exit 0
cp -- alice.key -odd
chmod 644 -- -odd
run sealkey show -- -odd
expect_message "chmod 600 -- '-odd'$"
{ echo 'THIS KEY IS PUBLIC: AN EXAMPLE, NEVER SEAL TO IT'; cat alice.key; } >example.key
chmod 644 example.key
run sealkey show example.key
expect_exit 0

scenario "bad key files"
for file in "$vectors"/keys/bad-*; do
    take_vector "$(basename "$file")"
    run sealkey show --passphrase-fd 0 "$(basename "$file")" <<<"$bob_passphrase"
    case $file in
    *bad-version*) expect_exit 7 ;;
    *) expect_exit 2 ;;
    esac
    expect_message "^sealkey: $(basename "$file"): "
done
show_bad() {
    run sealkey show "$1"
    expect_exit "$2"
    expect_no_out
    expect_message "$3"
}
show_bad absent.pub 1 'absent.pub: could not be opened: No such file'
show_bad . 2 'this is a folder, not a key file'
show_bad /dev/zero 2 'too large to be a key file'
show_bad /dev/null 2 'no key in it'
head -c 3000 /dev/urandom >random
show_bad random 2 'no key in it'
if needs_no_root; then
    touch secret
    chmod 000 secret
    show_bad secret 1 'Permission denied'
fi

scenario "what is shown is safe to show"
shows() {
    cp "$vectors/keys/alice.pub" "$1"
    run sealkey show "$1"
    expect_exit 0
    check "shown as $2" grep -qxF "file:        $2" "$out"
    rm "$1"
}
shows $'Ключ организации é 田中.pub' 'Ключ организации é 田中.pub'
shows $'esc\e[2Jape' 'esc\x1B[2Jape'
shows $'new\nline' 'new\x0Aline'
shows $'bad\xff\xc3byte' 'bad\xFF\xC3byte'
shows $'right\u202eto left' 'right\u{202E}to left'
shows $'zero\u200bwidth\u2060\ufeff' 'zero\u{200B}width\u{2060}\u{FEFF}'
shows $'c1\u0085\u009b' 'c1\u{0085}\u{009B}'
shows $'private\ue000\U00100000' 'private\u{E000}\u{100000}'
shows $'lines\u2028\u2029' 'lines\u{2028}\u{2029}'
shows $'unassigned\u0378' 'unassigned\u{0378}'
shows $'filler\u3164' 'filler\u{3164}'
shows $'surrogate\xed\xa0\x80' 'surrogate\xED\xA0\x80'
run sealkey show $'esc\e]0;title\a'
expect_exit 1
expect_message 'esc.x1B]0;title.x07: could not be opened'
long=$(printf 'x%.0s' {1..150})
run sealkey show "$long/$long"
expect_message "^sealkey: x{99}\.\.x{99}: could not"
run sealkey $'bl\e[0ma'
expect_message 'bl.x1B'

scenario "passphrases in any form"
take_vector dora.key
run sealkey show --passphrase-fd 0 dora.key <<<$'Пароль и\u0306 e\u0301 田中'
expect_exit 0
expect_out "^fingerprint: 1079 7263"
take_vector bob.key
run sealkey show --passphrase-fd 0 bob.key < <(printf '%s\r\nmore' "$bob_passphrase")
expect_exit 0
expect_out "^fingerprint: 4495 8438"
run sealkey show --passphrase-fd 0 bob.key < <(printf %s "$bob_passphrase")
expect_exit 0
run sealkey show --passphrase-fd 0 bob.key bob.key <<<"$bob_passphrase"$'\nwrong'
expect_exit 2
check "the first should be shown" test "$(grep -c '^fingerprint: 4495' "$out")" -eq 1
run sealkey new -o a --passphrase-fd 0 < <(head -c 2000 /dev/zero | tr '\0' a)
expect_exit 2
expect_message 'longer than 1023 bytes'
run sealkey new -o a --passphrase-fd 0 < <(printf 'caf\xe9\n')
expect_exit 2
expect_message 'not valid UTF-8'
expect_absent a.key

if needs expect; then
    scenario "asked for a passphrase"
    take_vector bob.key
    run_tty sealkey show bob.key <<EOF
Passphrase for bob.key: |$bob_passphrase
EOF
    expect_exit 0
    expect_out 'fingerprint: 4495 8438'
    expect_nothing_typed
    run_tty sealkey show bob.key <<EOF
Passphrase for bob.key: |wrong
does not open bob.key.*Passphrase for bob.key: |$bob_passphrase
EOF
    expect_exit 0
    expect_out 'fingerprint: 4495 8438'
    run_tty sealkey show bob.key <<EOF
Passphrase for bob.key: |one
Passphrase for bob.key: |two
Passphrase for bob.key: |three
EOF
    expect_exit 2
    expect_out 'sealkey: bob.key: the passphrase does not open this key'
    for nothing in '' '^D'; do
        run_tty sealkey show bob.key <<<"Passphrase for bob.key: |$nothing"
        expect_exit 0
        expect_out 'fingerprint: 4495 8438'
        expect_out 'checked:     no; '
    done
    sed 2d bob.key >bare.key && chmod 600 bare.key
    run_tty sealkey show bare.key <<<'Passphrase for bare.key: |'
    expect_exit 0
    expect_out 'fingerprint: needs the passphrase'
    run_tty sealkey show --passphrase-fd 0 bob.key <<<'|'
    expect_exit 2
    expect_out 'descriptor is a terminal'

    scenario "asked for a new passphrase"
    run_tty sealkey new -o org <<EOF
New passphrase: |first
The same again: |frist
not the same.*New passphrase: |
was empty.*New passphrase: |пароль é
The same again: |пароль é
EOF
    expect_exit 0
    expect_names . org.key org.pub
    run sealkey show --passphrase-fd 0 org.key <<<'пароль é'
    expect_exit 0
    expect_out "^fingerprint: $fingerprint"
    run_tty sealkey new -o other <<EOF
New passphrase: |
New passphrase: |
New passphrase: |
EOF
    expect_exit 2
    expect_out 'no new passphrase was set'
    run_tty sealkey new -o other <<EOF
New passphrase: |$long$long$long$long$long$long$long
EOF
    expect_exit 2
    expect_out 'longer than 1023 bytes'
    expect_absent other.key

    scenario "stopped while asked"
    take_vector bob.key
    for key in '^C 130' '^\ 131'; do
        # The shell outlives it and tells whether the terminal echoes again.
        # shellcheck disable=SC2016
        run_tty bash -c 'trap : INT QUIT; sealkey new -o org; echo "left with $?"; stty -a' \
            <<<"New passphrase: |${key% *}"
        expect_exit 0
        expect_out "left with ${key#* }"
        expect_out ' echo '
        expect_names . bob.key
    done
    run_tty sealkey passwd bob.key <<EOF
Passphrase for bob.key: |$bob_passphrase
New passphrase: |^C
EOF
    expect_exit 130
    expect_same bob.key "$vectors/keys/bob.key"
    expect_names . bob.key

    scenario "ended from outside while asked"
    for signal in TERM HUP; do
        # shellcheck disable=SC2016
        run_tty bash -c 'sealkey new -o org & pid=$!
            until stty -a | grep -q -- " -echo "; do sleep 0.1; done; kill -'$signal' $pid; wait $pid; echo "left with $?"; stty -a' <<<'|'
        expect_exit 0
        expect_out ' echo '
        expect_empty_dir .
    done

    scenario "put to sleep while asked"
    take_vector bob.key
    PS1='ready> ' run_tty bash --norc --noprofile -i <<EOF
ready> |sealkey show bob.key
Passphrase for bob.key: |^Z
Stopped.*ready> |stty -a
 echo .*ready> |fg
Passphrase for bob.key: |$bob_passphrase
fingerprint: 4495 8438.*ready> |stty -a
 echo .*ready> |exit
EOF
    expect_exit 0
    expect_nothing_typed
fi

scenario "killed half way"
take_vector bob.key
cp bob.key before
for delay in 0.1 0.3 0.6 1; do
    # The shell's own word about a process that was killed is not wanted.
    (
        timeout -s KILL $delay sealkey passwd --passphrase-fd 3 --new-passphrase-fd 4 bob.key \
            3<<<"$bob_passphrase" 4<<<new >"$out"
        :
    ) 2>"$err"
    expect_same before bob.key
    expect_mode bob.key 600
    rm -f bob.key.*.partial
done
for delay in 0.1 0.6; do
    timeout -s INT $delay sealkey new -o org --passphrase-fd 3 3<<<passphrase >"$out" 2>"$err"
    status=$?
    expect_exit 124
    expect_absent org.key
    expect_absent org.pub
done
rm -f before bob.key
expect_names .

scenario "no memory for Argon2id"
if needs_no_sanitizer; then
    take_vector dora.key
    run prlimit --as=60000000 sealkey show --passphrase-fd 0 dora.key <<<x
    expect_exit 1
    expect_message 'not enough memory'
fi

scenario "the example"
cp "$root"/keys-example/example.* .
chmod 644 example.key
run sealkey show example.pub example.key
expect_exit 0
check "one fingerprint" test "$(grep -Ec "$fingerprint" "$out")" -eq 2
check "the same" test "$(grep '^fingerprint' "$out" | sort -u | wc -l)" -eq 1

finish
