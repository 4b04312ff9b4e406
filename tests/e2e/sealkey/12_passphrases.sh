#!/bin/bash
# New passphrases: what nobody could type again is refused, what is easily guessed is warned of, and one is proposed.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"

good='six words drawn by six dice'
cp "$vectors/keys/carol.key" "$scratch/carol.key" && chmod 600 "$scratch/carol.key"

# lock: gives the key, which had no passphrase, the one on standard input.
lock() {
    cp "$scratch/carol.key" key
    run sealkey passwd --new-passphrase-fd 3 key 3<&0
}
opens() {
    run sealkey show --passphrase-fd 0 key
    expect_exit 0
    expect_out '^fingerprint: 4924 6587'
}

scenario "what editors and PowerShell add is no part of it"
lock < <(printf '\xef\xbb\xbf%s\r\n' "$good")
expect_exit 0
opens <<<"$good"
opens < <(printf '\xef\xbb\xbf%s\r\n' "$good")

scenario "what nobody could type again is refused"
refused() {
    cp "$scratch/carol.key" key
    run sealkey passwd --new-passphrase-fd 3 key 3< <(printf '%b' "$1")
    expect_exit 2
    expect_message "$2"
    expect_same key "$scratch/carol.key"
    run sealkey new -o new --passphrase-fd 3 3< <(printf '%b' "$1")
    expect_exit 2
    expect_message "$2"
    expect_names . key
}
refused "$good \n" 'begins or ends with a blank.*Choose one without'
refused " $good\n" 'begins or ends with a blank'
refused ' \n' 'begins or ends with a blank'
refused 'six\xc2\xa0words drawn by dice\n' 'does not show'
refused 'six\xe2\x80\x8b words drawn by dice\n' 'does not show'
refused 'six\twords drawn by dice\n' 'does not show'
refused '\xff\xfes\0i\0x\0\n\0' 'in UTF-16.*UTF-8'
refused 's\0i\0x\0\n\0' 'in UTF-16'

scenario "a wrong one with blanks is told of them"
cp "$vectors/keys/bob.key" . && chmod 600 bob.key
run sealkey show --passphrase-fd 0 bob.key <<<'correct horse battery staple '
expect_exit 2
expect_message 'the passphrase does not open this key\. What was given begins or ends with a blank'
run sealkey show --passphrase-fd 0 bob.key <<<'correct horse battery stable'
expect_message 'the passphrase does not open this key\. Check capital letters'

scenario "one that is easily guessed is taken, with a warning"
lock <<<'password'
expect_exit 0
expect_err 'can be guessed by whoever gets the key file \(about 16 bits.*sealkey passwd --suggest proposes one of 70 bits'
lock <<<"$good"
expect_exit 0
check "a good one is not warned of" test -z "$(grep guessed "$err")"

scenario "--suggest"
run sealkey new -o org --suggest
expect_exit 2
expect_message 'no terminal'
run sealkey new -o org --suggest --no-passphrase
expect_exit 2
expect_message '--suggest and --no-passphrase contradict'
run sealkey new -o org --suggest --passphrase-fd 0 <<<"$good"
expect_exit 2
expect_message '--suggest and --passphrase-fd contradict'
run sealkey passwd key --suggest --new-passphrase-fd 0 <<<"$good"
expect_exit 2
expect_message '--suggest and --new-passphrase-fd contradict'
expect_empty_dir .

# What is shown cannot be known before, so what is typed is read from the terminal.
cat >"$scratch/typist.exp" <<'EOF'
set timeout 120
spawn -noecho {*}$argv
expect -re {\n    ([a-z]+( [a-z]+){6})\r\n}
set words $expect_out(1,string)
expect "New passphrase: "
send "something else\r"
expect -re "not the same.*\n    $words\r.*New passphrase: "
send "$words\r"
expect "some seconds"
expect eof
set file [open words w]
puts $file $words
close $file
exit [lindex [wait] 3]
EOF
if needs expect; then
    scenario "--suggest on a terminal"
    expect -f "$scratch/typist.exp" sealkey new -o org --suggest >"$out" 2>"$err"
    status=$?
    expect_exit 0
    expect_names . org.key org.pub words
    run sealkey show --passphrase-fd 0 org.key <words
    expect_exit 0
    check "it should be opened" test -z "$(grep '^checked:' "$out")"
    mv words words.before
    cp "$scratch/carol.key" key
    expect -f "$scratch/typist.exp" sealkey passwd --suggest key >"$out" 2>"$err"
    status=$?
    expect_exit 0
    expect_different words words.before
    opens <words

    scenario "asked again for one that can be typed"
    run_tty sealkey new -o org <<EOF
New passphrase: |$good 
began or ended with a blank.*New passphrase: |six	words
New passphrase: |$good
The same again: |$good
EOF
    expect_exit 0
    expect_out 'some seconds'
    check "what was typed at the end should open it" sealkey show --passphrase-fd 3 org.key 3<<<"$good"
fi

finish
