#!/bin/bash
# Key files as people send them: what mail programs, word processors, web pages and PowerShell make of them. A key is
# never passed over in silence, and what happened to it is said.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"

first=$vectors/keys/alice.pub second=$vectors/keys/bob.pub
begin=$(($(wc -l <"$first") + $(grep -n BEGIN "$second" | cut -d: -f1)))
end=$((begin + 28))
as_file='Use another copy of it, or have the key file itself sent again'
mkdir -p "$scratch/evidence" && echo one >"$scratch/evidence/1"

# mangled HOW LINE REASON: HOW alters a key on standard input. As the second key of a file, and as the only one.
mangled() {
    local lines_before=$((begin - $(grep -n BEGIN "$second" | cut -d: -f1)))
    { cat "$first"; eval "$1" <"$second"; } >two.pub
    eval "$1" <"$second" >only.pub
    run seal --to two.pub -o two.bin "$scratch/evidence"
    expect_exit 2
    expect_no_out
    expect_message "two\.pub: .*$3"
    [ -z "$2" ] || expect_message "line $2[ ,]"
    run seal --to only.pub -o only.bin "$scratch/evidence"
    expect_exit 2
    expect_message "only\.pub: .*$3"
    [ -z "$2" ] || expect_message "line $(($2 - lines_before))[ ,]"
    expect_names . two.pub only.pub
}

scenario "dashes, blanks and other characters that look alike"
mangled "sed 's/-----/—–/g'" $begin "long dashes.*$as_file"
mangled "sed 's/-----/\x96\x97/g'" $begin 'long dashes'
mangled "sed '/END/s/--/–/'" $end 'long dashes'
mangled "sed 's/^/\xc2\xa0/'" $begin 'no-break spaces'
mangled "sed 's/ /\xc2\xa0/g'" $begin 'no-break spaces'
mangled "sed '6s/\$/\xc2\xa0/'" $((begin + 6 - $(grep -n BEGIN "$second" | cut -d: -f1))) 'no-break spaces'
mangled "sed 's/SEAL/SE\xe2\x80\x8bAL/'" $begin 'characters that do not show'

scenario "marks around it"
mangled "sed 's/^/<p>/'" $begin 'web page'
mangled "sed 's/ /\&nbsp;/g'" $begin 'web page'
mangled "sed 's/\$/<br>/'" $begin 'web page'
mangled "sed 's/^/* /'" $begin 'the mark of a list'
mangled "sed 's/^-/- -/'" $begin 'in front of it'
mangled "sed 's/^/> /'" $begin 'quoted, as in a reply'
mangled "sed 's/^/    /'" $begin 'indented'

scenario "another encoding"
mangled 'iconv -t UTF-16LE' '' 'UTF-16.*PowerShell.*UTF-8'
mangled 'iconv -t UTF-16BE' '' 'UTF-16.*UTF-8'
mangled "sed 's/-/=2D/g'" $begin 'quoted-printable'
mangled "sed 's/^\(.\{60\}\)/\1=\n/'" $((begin + 1)) 'quoted-printable'
mangled 'base64 -w 76' '' 'BEGIN line is missing or altered'

scenario "BEGIN and END lines that are not exact"
mangled "sed 's/BEGIN SEAL/Begin Seal/'" $begin 'small letters'
mangled "sed 's/BEGIN SEAL/BEGIN  SEAL/'" $begin 'was altered'
mangled "sed 's/-----//g'" $begin 'was altered'
mangled "sed 's/ PUBLIC / GROUP /'" $begin 'kind of key that this version does not know'
mangled "sed /BEGIN/d" $((end - 1)) 'BEGIN line is missing'
mangled "sed '/BEGIN/d; /END/d'" $begin 'BEGIN line is missing'

scenario "line ends and missing parts"
mangled "tr '\\n' ' '" '' 'line ends were lost'
mangled "tr '\\n' '\\r'" '' 'line ends were lost'
mangled 'fold -w 50' $((begin + 1)) 'does not have 64 characters'
mangled "sed /END/d" $begin 'no END line'
mangled 'head -n 20' $begin 'no END line'
mangled "sed 10,12d" $begin 'cut short'

scenario "what can be read without doubt"
reads() {
    run seal --to "$1" -q -o "$1.bin" "$scratch/evidence"
    expect_exit 0
    expect_no_err
}
{ printf '\xef\xbb\xbf'; sed 's/$/ \r/' "$second"; } >windows.pub
{ printf '\xff\xfe'; sed 's/$/\r/' "$second" | iconv -t UTF-16LE; } >utf16le.pub
{ printf '\xfe\xff'; { echo 'Ключ 🔑'; cat "$first" "$second"; } | iconv -t UTF-16BE; } >utf16be.pub
for file in windows.pub utf16le.pub utf16be.pub; do
    reads $file
done
run sealkey show utf16be.pub
check "both keys should be read" test "$(grep -c '^fingerprint: ' "$out")" -eq 2

scenario "a file that is UTF-16 in part only"
parts() {
    { printf '\xff\xfe'; iconv -t UTF-16LE "$first"; eval "$1" <"$second"; } >mixed.pub
    run seal --to mixed.pub -q -o mixed.bin "$scratch/evidence"
    expect_exit 2
    expect_message 'mixed\.pub: part of it is in UTF-16 and part of it is not'
}
parts cat
parts 'iconv -t UTF-16BE'
{ printf '\xff\xfe'; iconv -t UTF-16LE "$first"; printf '\0'; } >odd.pub
run seal --to odd.pub -q -o odd.bin "$scratch/evidence"
expect_exit 2
expect_message 'odd\.pub: it is in UTF-16, and damaged'

scenario "comments that speak of keys"
{
    printf '%s\n' 'In the end, Seal secret key files are kept on paper.' 'We begin Seal public key checks by voice.' \
        'End: Seal public keys follow.' 'sha256 E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855' \
        e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 \
        d8a928b2043db77e340b523547bf16cb4aa483f0645fe0a290ed1f20aab76257 \
        'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGtnVJ9DzXo0yJ1h3Fh8Yq5l2Tg7mN4sQxZ0vB8cKpRw' \
        'https://example.org/d/1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms/edit'
    cat "$first"
    printf '%s\n' '-----BEGIN PGP SIGNATURE-----' '' \
        iQIzBAEBCAAdFiEEq8k2Zl5xW0m1b7yUo3r4mQ0nX9YFAmVf3hUACgkQo3r4mQ0n \
        X9Zp1w/9Gz0yJ1h3Fh8Yq5l2Tg7mN4sQxZ0vB8cKpRwAAC3NzaC1lZDI1NTE5AAA \
        '-----END PGP SIGNATURE-----'
} >spoken.pub
reads spoken.pub
run sealkey show spoken.pub
check "there should be one key" test "$(grep -c '^fingerprint: ' "$out")" -eq 1

scenario "no key file at all"
is_no_key() {
    run seal --to "$1" -q -o x.bin "$scratch/evidence"
    expect_exit 2
    expect_message "$1: is no key file, but .*$2"
}
printf 'PK\3\4rest' >key.zip
printf '%%PDF-1.7\n(-----BEGIN SEAL PUBLIC KEY-----) Tj\n' >key.pdf
printf '<!DOCTYPE html>\n<p>My key\n' >key.html
printf '\xff\xd8\xff\xe0rest' >key.jpg
is_no_key key.zip 'packed'
is_no_key key.pdf 'document'
is_no_key key.html 'web page'
is_no_key key.jpg 'picture'

scenario "the text of a key in the place of a name"
cp "$vectors/keys/carol.key" . && chmod 600 carol.key
given() {
    local message=$1
    shift
    run "$@"
    expect_exit 2
    expect_message "$message"
    check "nothing of it should be shown" test -z "$(grep -F -e "$(sed -n 5p carol.key)" -e "$(sed -n 5p "$first")" "$err")"
}
text='the text of a key was given where the name of a key file belongs'
given "$text" seal --to "$(cat "$first")" -o x.bin "$scratch/evidence"
given "$text" seal --to "$(sed -n '/BEGIN/,$p' "$first")" -o x.bin "$scratch/evidence"
given "$text" seal --to "$(grep -A 1 BEGIN "$first" | tail -n 1)" -o x.bin "$scratch/evidence"
given "$text" sealkey kit --to "$(cat "$first")" kit
given "$text" sealkey show "$(cat carol.key)"
given "$text" sealkey passwd "$(cat carol.key)"
given "$text" unseal --key "$(cat carol.key)" x.bin
given "$text" unseal --key "$(grep -A 1 BEGIN carol.key | tail -n 1)" x.bin
given 'a fingerprint was given' seal --to '4495 8438 4042 0923 2514 7201 4875 7121 2321' -o x.bin "$scratch/evidence"
expect_names . carol.key

scenario "the same for secret keys"
secret() {
    eval "$1" <"$vectors/keys/carol.key" >carol.key
    chmod 600 carol.key
    run unseal --key carol.key x.bin
    expect_exit 2
    expect_message "carol\.key: .*$2"
}
secret "sed 's/-----/—–/g'" 'long dashes'
secret 'iconv -t UTF-16LE' 'UTF-16'
secret "sed 's/^/> /'" 'quoted'
secret "sed /END/d" 'no END line'
secret "sed '/BEGIN/d; /END/d'" 'BEGIN line is missing'
{ printf '\xff\xfe'; iconv -t UTF-16LE "$vectors/keys/bob.key"; } >bob.key
chmod 600 bob.key
run sealkey passwd --no-passphrase --passphrase-fd 0 bob.key <<<'correct horse battery staple'
expect_exit 0
run sealkey show bob.key
expect_exit 0
expect_out '^fingerprint: 4495 8438'

finish
