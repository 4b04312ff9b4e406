#!/bin/bash
# What sealkey kit puts onto a stick, and that it seals from there without being told to whom.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"

given=$scratch/given
mkdir "$given" && cd "$given" || exit 1
take_keys alice.pub alice.key bob.pub
mkdir -p tree programs/linux-x86_64 programs/linux-aarch64 programs/windows-x86_64
echo one >tree/one
"$root/src/build/kit/make.sh" programs/kit
pages=(READ-ME-FIRST{,.ar,.es,.fa,.fr,.ru,.uk,.zh}.html)
# Programs of this machine, in the place of all.
for file in linux-x86_64/seal linux-aarch64/seal windows-x86_64/seal.exe; do cp "$BIN/seal" "programs/$file"; done
to=(--to "$given/alice.pub" --programs "$given/programs")
number=$(sealkey show alice.pub | grep -oE '([0-9]{4} ){8}[0-9]{4}' | head -n 1)
case $(uname -m) in aarch64) ours=seal-linux-arm ;; *) ours=seal-linux ;; esac

scenario "what is in it"
run sealkey kit "${to[@]}" kit
expect_exit 0
expect_out '^kit     kit$'
expect_out "^key     $number\$"
expect_names kit "${pages[@]}" SHA256SUMS recipient.pub seal-linux seal-linux-arm seal.exe seal.sh
(cd kit && sha256sum --quiet -c SHA256SUMS) >"$out" 2>"$err"
judge "SHA256SUMS should hold" $?
check "for all but itself" test "$(wc -l <kit/SHA256SUMS)" -eq $((${#pages[@]} + 5))
expect_mode kit 755
for file in seal-linux seal-linux-arm seal.exe seal.sh; do expect_mode kit/$file 755; done
for file in "${pages[@]}" SHA256SUMS recipient.pub; do expect_mode "kit/$file" 644; done
for page in kit/READ-ME-FIRST*.html; do
    check "the number is on $page" grep -q "^<p class=\"number\">$number</p>\$" "$page"
    check "and nothing is left to fill in" test -z "$(grep -F '{{' "$page")"
done
run sealkey show kit/recipient.pub
expect_exit 0
expect_out "$number"
cat "$given/alice.pub" "$given/bob.pub" >both.pub
run sealkey kit --to both.pub --programs "$given/programs" two
expect_exit 0
check "two numbers" test "$(grep -c 'class="number"' two/READ-ME-FIRST.html)" -eq 2
# A language more.
cp -r "$given/programs" more
echo 'à lire {{FINGERPRINTS}} fin' >more/kit/READ-ME-FIRST.ca.html
run sealkey kit --to "$given/alice.pub" --programs more three
expect_exit 0
check "a page more" grep -q 'class="number"' three/READ-ME-FIRST.ca.html

scenario "it seals from there"
run sealkey kit -q "${to[@]}" kit
run kit/$ours "$given/tree"
expect_exit 0
expect_err "^to $number  \(.*/kit/recipient\.pub\)\$"
file=$(sed -n 's/^sealed  \(.*\)  (.*/\1/p' "$out")
[[ $file =~ ^/.*/kit/[a-z0-9]{10}\.bin$ ]]
judge "beside the program" $? "$file"
run unseal -q --key "$given/alice.key" -o bag "$file"
expect_exit 0
expect_same_tree "$given/tree" bag/data/tree
rm "$file"
mkdir elsewhere
run kit/$ours -o elsewhere "$given/tree"
expect_exit 0
check "where it is told to" test "$(find elsewhere -name '*.bin' | wc -l)" -eq 1
run kit/$ours -q --to "$given/bob.pub" -o named.bin "$given/tree"
expect_exit 0
run unseal -q --key "$given/alice.key" -o x named.bin
expect_exit 4
check "nothing else in the kit" test "$(find kit -type f | wc -l)" -eq $((${#pages[@]} + 6))
run kit/$ours -n "$given/tree"
expect_exit 0
echo broken >kit/recipient.pub
run kit/$ours "$given/tree"
expect_exit 2
expect_message 'recipient\.pub: .*there is no public key in it'
rm kit/recipient.pub
run kit/$ours "$given/tree"
expect_exit 2
expect_err '^seal: --to is missing'

scenario "by the script, also where nothing runs from the stick"
mkdir stick
if [ "$(id -u)" -eq 0 ] && mount -t tmpfs -o noexec none stick 2>/dev/null; then
    run sealkey kit -q "${to[@]}" stick/kit
    expect_exit 0
    run stick/kit/$ours --version
    check "it does not run there" test "$status" -eq 126
    run sh stick/kit/seal.sh "$given/tree"
    expect_exit 0
    expect_err "^to $number"
    check "beside the script" test "$(find stick/kit -name '*.bin' | wc -l)" -eq 1
    check "no copy is left" test -z "$(find /dev/shm /tmp -maxdepth 2 -path '/*/????????/seal' -type f 2>/dev/null)"
    run sh stick/kit/seal.sh missing
    expect_exit 1
    expect_err 'missing: .*No such file'
    umount stick
else
    skip "a stick from which nothing runs takes root, and a container that lets it mount"
fi
run sealkey kit -q "${to[@]}" 'stick/my kit'
run sh 'stick/my kit/seal.sh' -q "$given/tree"
expect_exit 0
check "beside the script" test "$(find 'stick/my kit' -name '*.bin' | wc -l)" -eq 1
run sh 'stick/my kit/seal.sh' -q --to "$given/bob.pub" -o "bob's.bin" "$given/tree"
expect_exit 0
expect_file "bob's.bin"
rm "stick/my kit/$ours"
run sh 'stick/my kit/seal.sh' "$given/tree"
expect_exit 1
expect_err '^There is no program here for this kind of computer'

scenario "the script from any folder, with any options"
run sealkey kit -q "${to[@]}" 'my kit'
cp -a "$given/tree" 'my files'
mkdir elsewhere
script="$PWD/my kit/seal.sh"
count() { find "$1" -maxdepth 1 -name '*.bin' | wc -l; }
# From elsewhere the key is kept, whatever else is given.
for output in '-o elsewhere' '-oelsewhere' '-o=elsewhere' '--output elsewhere' '--out=elsewhere' '-qo elsewhere' '-qoelsewhere'; do
    # shellcheck disable=SC2086 # an option and its value
    run env CDPATH=/ sh "$script" $output 'my files'
    expect_exit 0
    check "there: $output" test "$(count elsewhere)-$(count 'my kit')" = 1-0
    run unseal -q --key "$given/alice.key" -o bag elsewhere/*.bin
    expect_exit 0
    expect_same_tree "$given/tree" 'bag/data/my files'
    remove bag
    rm elsewhere/*.bin
done
# The stick is kept, whatever key is given.
for key in '-t' '--to' '-qt'; do
    run sh "$script" $key "$given/bob.pub" 'my files'
    expect_exit 0
    check "beside the script" test "$(count 'my kit')" -eq 1
    run unseal -q --key "$given/alice.key" -o x 'my kit'/*.bin
    expect_exit 4
    rm 'my kit'/*.bin
done
run sh "$script" -q -o 'my kit' 'my files'
expect_exit 0
rm 'my kit'/*.bin
for wrong in . ./ ..; do
    run sh -c 'cd "my kit" && sh seal.sh "$1"' - $wrong
    expect_exit 1
    expect_no_out
    expect_err 'holds these programs and the key\. Put what you want to send into a folder of its own'
    run sh -c 'cd "my kit" && "./$1" "$2"' - "$ours" $wrong
    expect_exit 2
    expect_message 'holds this program and the key beside it\. Put what you want to send into a folder of its own'
done
check "nothing was sealed" test "$(count 'my kit')" -eq 0
run sh "$script" help
expect_exit 0
expect_out '^Usage: seal '
mkdir bin
printf '#!/bin/sh\necho i686\n' >bin/uname
chmod 755 bin/uname
run env PATH="$PWD/bin:$PATH" sh "$script" 'my files'
expect_exit 1
expect_err '32 bits \(i686\)\. The programs here need 64: use another computer\.$'

scenario "nothing is written but the output"
run sealkey kit -q "${to[@]}" kit
expect_exit 0
# A sanitizer opens files of its own, and cannot work under strace.
if ! needs_no_sanitizer || ! needs strace; then
    : # said
elif ! strace -o /dev/null true 2>/dev/null; then
    skip "strace may not trace here"
else
    run strace -f -o trace -e trace=file kit/$ours -q "$given/tree"
    expect_exit 0
    grep -E 'O_WRONLY|O_RDWR|O_CREAT|mkdir|rename|[^d]link|chmod|chown|utime|truncate' trace >changes
    # readlink changes nothing. One file is made, and gets its name.
    sed -i '/ readlink/d' changes
    check "made" test "$(grep -c 'O_CREAT.*\.partial"\|"[a-z0-9]\{10\}\.bin\.[0-9a-f]*\.partial", O_WRONLY|O_CREAT' changes)" -eq 1
    check "named" test "$(grep -c 'rename.*\.partial".*"[a-z0-9]\{10\}\.bin"' changes)" -eq 1
    check "and no more" test "$(grep -cv '= -1 E\|/dev/null' changes)" -eq 2
    rm changes
    expect_names . kit trace
fi

scenario "what is refused"
run sealkey kit --programs "$given/programs" kit
expect_exit 2
expect_message '--to is missing'
run sealkey kit "${to[@]}"
expect_exit 2
expect_message 'kit takes exactly one folder'
run sealkey kit --to "$given/alice.key" --programs "$given/programs" kit
expect_exit 2
expect_message 'there is no public key in it'
run sealkey kit --to "$root/keys-example/example.pub" --programs "$given/programs" kit
expect_exit 2
expect_message 'it is the example key, whose secret key is public'
SEAL_TEST_SEED=x sealkey new -q -o last-day --no-passphrase --expires 2023-11-14 >/dev/null
rm last-day.key
run sealkey kit --to last-day.pub --programs "$given/programs" kit
expect_exit 2
expect_message 'last-day\.pub: this key has expired: its last day was [-0-9]{10}, and by the clock of this computer today is [-0-9]{10}\.'
rm last-day.pub
run sealkey kit --to "$given/alice.pub" --programs nowhere kit
expect_exit 2
expect_message 'nowhere: the programs for the kit were not found; give their folder with --programs'
mkdir empty empty/kit there
run sealkey kit --to "$given/alice.pub" --programs empty kit
expect_exit 1
run sealkey kit "${to[@]}" there
expect_exit 1
expect_message 'there: is there already'
expect_names . empty there
cp -r "$given/programs" some
rm -r some/windows-x86_64
run sealkey kit --to "$given/alice.pub" --programs some kit
expect_exit 0
expect_err 'some/windows-x86_64/seal\.exe: not found; the kit has no program for Windows\.'
expect_absent kit/seal.exe

scenario "a file system that loses what is in a folder that gets another name"
hit "FAULT_CALL=rename run:find . -name seal.sh -delete" -- sealkey kit -q "${to[@]}" kit
expect_exit 1
expect_message 'kit: when it got its name, this file system lost what was in it'
expect_names .
hit "FAULT_CALL=rename run:sed -i s/1/2/ \$(find . -name SHA256SUMS -prune -o -name recipient.pub -print)" -- sealkey kit -q "${to[@]}" kit
expect_exit 1
expect_message 'kit/recipient\.pub: what was written could not be read back'
expect_names .

scenario "the disk is full"
for bytes in 1 100000 3000000; do
    hit "FAULT_WRITE=$bytes errno:28" -- sealkey kit -q "${to[@]}" kit
    expect_exit 1
    expect_message 'No space left on device'
    expect_names .
done

finish
