#!/bin/bash
# What the programs for Windows do beside what all do, and what goes to them and from them. Called by run.sh, with BIN
# scripts that start them under Wine, and HOLD what holds a file.
# shellcheck source-path=SCRIPTDIR/../e2e
. "$(dirname "$0")/../e2e/lib.sh"
# shellcheck source-path=SCRIPTDIR/../e2e
. "$root/tests/tools/tools.sh"

linux=$root/build/test programs=$root/build/dist/windows-x86_64
given=$scratch/given
mkdir "$given" && cd "$given" || exit 1
take_keys alice.pub alice.key bob.pub
to=(--to "$given/alice.pub") with=(--key "$given/alice.key")

# As Windows would be told of it.
windows_path() { printf 'Z:%s' "${1//\//\\}"; }

# Wine has the console to itself, so that programs wait for Enter at its end, as in a window of their own.
console() { run_tty "$@"; }

scenario "what they need of the system"
for program in seal unseal sealkey; do
    libraries='ADVAPI32.dll KERNEL32.dll msvcrt.dll ntdll.dll '
    [ $program != seal ] || libraries="ADVAPI32.dll bcrypt.dll ${libraries#* }" # which libarchive asks for
    x86_64-w64-mingw32-objdump -p "$programs/$program.exe" >dump
    check "$program.exe needs nothing but the system" test "$(sed -n 's/.*DLL Name: //p' dump | LC_ALL=C sort -f | tr '\n' ' ')" = "$libraries"
    check "$program.exe lies anywhere, and no data is run" test "$(awk '$1 == "DllCharacteristics" { print $2 }' dump)" = 00000160
    check "$program.exe does not say when it was made" grep -q '^Time/Date.*1970$' dump
done

# A tree with all that a file system of Windows holds.
make_tree() {
    local deep=tree/deep i
    mkdir -p 'tree/Дело 118/Фото' tree/empty 'tree/العربية' 'tree/中文'
    printf 'показания\n' >'tree/Дело 118/показания свидетеля.txt'
    maketree noise 'tree/Дело 118/Фото/снимок № 1.jpg' 3000000
    for i in 0 1 65535 65536 65537; do maketree noise "tree/中文/$i" $i; done
    printf 'x' >'tree/العربية/شهادة.txt'
    printf 'x' >$'tree/e\xcc\x81 combining'
    printf 'x' >'tree/😀 emoji'
    printf 'x' >"tree/$(printf 'n%.0s' {1..250}).txt"
    for i in {1..12}; do deep=$deep/$(printf 'folder-%02d-%.0s' "$i" {1..5}); done
    mkdir -p "$deep" && printf 'x' >"$deep/file"
    touch -d '1999-12-31T23:59:59.123456700Z' 'tree/中文/0'
    touch -d '2038-01-19T03:14:08Z' 'tree/中文/1'
}

scenario "from Linux to Windows"
make_tree
"$linux/seal" -q "${to[@]}" -o sealed.bin tree >/dev/null 2>&1
run unseal "${with[@]}" -o bag sealed.bin
expect_exit 0
expect_err '12 files and [0-9]+ folders, .* all checked$'
expect_same_tree tree bag/data/tree
check "files are read-only" test -z "$(find bag -type f -perm /222)"
run unseal --recheck bag
expect_exit 0
expect_out '^unchanged  bag$'
# Times have no more than a hundred nanoseconds there.
check "Linux finds every byte in order, too" sh -c "$linux/unseal --recheck bag | grep -E '^(unchanged|TIMES) '"
chmod u+w bag/data/tree/中文/1 && printf 'y' >bag/data/tree/中文/1
run unseal -q --recheck bag
expect_exit 5

scenario "from Windows to Linux"
make_tree
run seal "${to[@]}" -o sealed.bin tree
expect_exit 0
check "it opens on Linux" "$linux/unseal" -q "${with[@]}" -o bag sealed.bin
expect_same_tree tree bag/data/tree
run unseal -q "${with[@]}" -o bag2 sealed.bin
expect_exit 0
expect_same_tree tree bag2/data/tree

scenario "names that Windows cannot hold"
mkdir -p tree/sub
i=0
for name in aux.txt NUL 'COM1.log' 'a:b' 'dot.' 'blank ' 'q?*' 'back\slash' $'new\nline' Face FACE 'x|y' '"' 'sub/con'; do
    i=$((i + 1))
    printf '%s' $i >"tree/$name"
done
"$linux/seal" -q "${to[@]}" -o sealed.bin tree >/dev/null 2>&1
"$linux/unseal" -q "${with[@]}" -o linux sealed.bin >/dev/null 2>&1
run unseal -q "${with[@]}" -o bag sealed.bin
expect_exit 0
expect_same_tree linux/data bag/data
expect_same linux/as-sealed/metadata.mtree bag/as-sealed/metadata.mtree
run unseal -q "${with[@]}" --exact-names -o exact sealed.bin
expect_exit 1
expect_message '(it is too long for this disk|this system takes two different names)'
expect_absent exact

scenario "a file that is in use"
mkdir tree && printf 'free' >tree/free && printf 'held' >tree/held
mkfifo in
wine "$HOLD" tree/held <in >held.out &
exec 8>in
for _ in {1..100}; do grep -q held held.out && break; sleep 0.1; done
run seal "${to[@]}" -o sealed.bin tree
expect_exit 3
expect_err 'tree/held could not be read and is left out \(Another program has it open\)'
exec 8>&-
wait
run unseal -q "${with[@]}" -o bag sealed.bin
expect_exit 3
expect_names bag/data/tree free
check "the record has it" grep -q 'Another program has it open' bag.custody.txt

scenario "binary through pipes"
printf '\r\n\n\r\032\000' >all
python3 -c "import sys; sys.stdout.buffer.write(bytes(range(256)))" >>all
cat all all all >bytes
wine "$programs/seal.exe" -q "${to[@]}" -o - - <bytes >sealed.bin 2>/dev/null
check "it opens on Linux" "$linux/unseal" -q "${with[@]}" -o content sealed.bin
expect_same bytes content
wine "$programs/unseal.exe" -q "${with[@]}" -o - sealed.bin >again 2>/dev/null
expect_same bytes again
# shellcheck disable=SC2002 # a pipe, and no file, is what it is about
cat sealed.bin | wine "$programs/unseal.exe" -q "${with[@]}" -o third - >/dev/null 2>&1
expect_same bytes third
wine "$programs/seal.exe" -q "${to[@]}" -o - - <bytes 2>"$err" | cat >piped.bin
check "it says what PowerShell would do to it" grep -q 'PowerShell' "$err"
check "and the pipe held it whole" "$linux/unseal" -q "${with[@]}" -o fourth piped.bin
expect_same bytes fourth
run seal -q "${to[@]}" -o - all
check "nothing of the kind where it goes to a file" sh -c "! grep -q PowerShell '$err'"

scenario "volumes"
make_tree
mkdir set
run seal "${to[@]}" --split 64K -o set tree
expect_exit 0
count=$(find set -type f | wc -l)
check "many" test "$count" -gt 45
check "they open on Linux" "$linux/unseal" -q "${with[@]}" -o linux set
printf 'somebody else' >set/letter.txt
run unseal "${with[@]}" -o bag set
expect_same_tree tree bag/data/tree
# shellcheck disable=SC2046 # names without blanks
run unseal -q "${with[@]}" -o backwards $(find set -name '*.bin' | LC_ALL=C sort -r)
expect_exit 0
victim=$(find set -name '*.bin' | head -n 1)
rm set/letter.txt "$victim"
run unseal -q "${with[@]}" -o missing set
expect_exit 2
expect_err 'volume [0-9]+ .*missing'
expect_absent missing
mkdir other
"$linux/seal" -q "${to[@]}" --split 1M -o other tree >/dev/null 2>&1
run unseal -q "${with[@]}" -o from-linux other
expect_exit 0
expect_same_tree tree from-linux/data/tree

scenario "on a console"
mkdir tree && printf 'x' >'tree/показания.txt'
console sealkey new -o org <<<$'New passphrase:|ключ из слов\nsame again:|ключ из слов\nclose this window|'
expect_exit 0
check "without echo" sh -c "! grep -q 'из слов' '$out'"
chmod 600 org.key # Linux refuses it else
check "it is that passphrase" "$linux/sealkey" show --passphrase-fd 0 org.key < <(printf 'ключ из слов\n')
run seal -q --to org.pub -o sealed.bin tree
expect_exit 0
console unseal --key org.key -o bag sealed.bin <<<$'Passphrase for|wrong\nPassphrase for|ключ из слов\nclose this window|'
expect_exit 0
expect_out 'That passphrase does not open'
expect_same_tree tree bag/data/tree
console unseal --key org.key -o stopped sealed.bin <<<$'Passphrase for|^C'
check "stopped" test "$status" -ne 0
expect_absent stopped
console seal --to org.pub -o other.bin нет <<<'close this window|'
expect_exit 1
expect_out 'нет: could not be read'

scenario "stopped in the middle"
# Zeros without blocks on the disk, so many that sealing them takes minutes.
mkdir tree
truncate -s 200G tree/large
console seal "${to[@]}" -o sealed.bin tree <<<$'[0-9]+ %|^C'
check "stopped" test "$status" -ne 0
expect_names . tree
wine "$programs/seal.exe" -q "${to[@]}" -o sealed.bin tree >/dev/null 2>&1 &
for _ in {1..600}; do ls ./*.partial >/dev/null 2>&1 && break; sleep 0.1; done
victim=$(pgrep -f "seal.exe -q --to $given/alice.pub -o sealed.bin tree" | head -n 1)
check "there is what is not finished" sh -c "ls *.partial"
check "it is killed" kill -9 "${victim:-none}"
wait
for _ in {1..50}; do pgrep -f "seal.exe -q --to $given" >/dev/null || break; sleep 0.1; done
run seal "${to[@]}" -o sealed.bin "$root/README.md"
expect_exit 0
expect_err 'sealed\.bin\.[0-9a-f]{8}\.partial'
expect_names . sealed.bin tree

scenario "a kit, and a folder dropped on it"
mkdir -p 'папка/внутри' computer && printf 'x' >'папка/внутри/файл.txt'
if [ -e "$root/build/dist/linux-x86_64/seal" ]; then
    run sealkey kit --programs "$(windows_path "$root/build/dist")" --to "$given/alice.pub" kit
    expect_exit 0
    check "the same as one made on Linux" "$linux/sealkey" kit --programs "$root/build/dist" --to "$given/alice.pub" kit2
    check "file by file" diff -r kit kit2
    check "with its sums" sh -c 'cd kit && sha256sum --quiet -c SHA256SUMS'
else
    mkdir kit && cp "$programs/seal.exe" kit && cp "$given/alice.pub" kit/recipient.pub
fi
# Wine itself writes to system.reg, at each start, what devices there are.
sums() { (cd "$WINEPREFIX" && find . -type f ! -name system.reg -exec sha256sum {} + | LC_ALL=C sort -k2; find . -type d | LC_ALL=C sort); }
quiet_prefix() {
    wineserver -k
    wineserver -w
    sed -i '/^#time=/d; /^\[.*\] [0-9]*$/s/ [0-9]*$//' "$WINEPREFIX"/*.reg
    sums >"$1"
    cp "$WINEPREFIX/system.reg" "$1.reg"
}
console wine kit/seal.exe --version <<<'close this window|'
quiet_prefix before
console wine kit/seal.exe "$(windows_path "$PWD/папка")" <<<'close this window|'
expect_exit 0
expect_out 'to 1850 4362 4048 4689 0082 4091 7115 2569 4967'
expect_out 'receipt [0-9 ]{24}'
check "the receipt in large digits" test "$(grep -c '#.*#.*#' "$out")" -ge 8
quiet_prefix after
diff before after >difference
judge "nothing else is on the disk, and nothing in the registry" $? "$(head -n 6 difference)"
diff before.reg after.reg | grep -iE '^>.*(seal|папка|recipient)' >difference
judge "where the registry is everybody's neither" $((! $?)) "$(head -n 6 difference)"
wineserver -p
sealed=$(find kit -name '*.bin')
check "one file more, beside the program" test "$(printf '%s\n' "$sealed" | grep -c .)" -eq 1
check "it opens on Linux" "$linux/unseal" -q "${with[@]}" -o bag "$sealed"
expect_same_tree папка bag/data/папка

scenario "the kit on a stick with FAT32, from one system to the other"
if needs mkfs.vfat && needs mcopy && [ -e "$root/build/dist/linux-x86_64/seal" ] && [ "$(uname -m)" = x86_64 ]; then
    export MTOOLS_SKIP_CHECK=1
    make_tree
    truncate -s 64M stick.img && mkfs.vfat -F 32 -n STICK stick.img >/dev/null
    check "the kit is made" "$linux/sealkey" kit --programs "$root/build/dist" --to "$given/alice.pub" kit
    check "and goes onto the stick" mcopy -s -i stick.img kit/* ::
    mkdir windows-pc linux-pc there here
    check "the stick is in the one computer" mcopy -s -i stick.img '::*' windows-pc
    run wine windows-pc/seal.exe --split 1M tree
    expect_exit 0
    check "volumes go onto it" mcopy -i stick.img windows-pc/*.bin ::
    check "and come from it" mcopy -i stick.img '::*.bin' there
    check "they open on Linux" "$root/build/dist/linux-x86_64/unseal" -q "${with[@]}" -o bag there
    expect_same_tree tree bag/data/tree
    check "the stick is emptied" mdel -i stick.img '::*.bin'
    check "it is in the other computer" mcopy -s -i stick.img '::*' linux-pc
    (cd linux-pc && sh seal.sh --split 1M ../tree) >"$out" 2>"$err"
    status=$?
    expect_exit 0
    check "volumes go onto it again" mcopy -i stick.img linux-pc/*.bin ::
    check "and come from it again" mcopy -i stick.img '::*.bin' here
    run unseal -q "${with[@]}" -o bag2 here
    expect_exit 0
    expect_same_tree tree bag2/data/tree
    check "the stick is in order" fsck.vfat -n stick.img
else
    skip "mtools, or the static programs of make dist, are not there"
fi

scenario "what is checked and refused"
printf 'x' >file
run seal "${to[@]}" --verify -o sealed.bin file
expect_exit 0
expect_err 'read back'
run seal -q "${to[@]}" -o sealed.bin file
expect_exit 1
expect_last_message 'sealed\.bin: .*(exists|is there)'
run unseal -q "${with[@]}" --log drops.log -o bag sealed.bin
expect_exit 0
run unseal "${with[@]}" --log drops.log -o bag2 sealed.bin
expect_exit 0
expect_err 'It is in the log at'
check "two lines" test "$(grep -vc '^#' drops.log)" -eq 2
run unseal -q "${with[@]}" --require-sandbox -o bag3 sealed.bin
expect_exit 1
expect_message 'lacks part of the sandbox'
expect_absent bag3
E2E_UNCAGED='' run unseal -q "${with[@]}" --verify -o record sealed.bin
expect_exit 0
expect_err 'lacks part of the sandbox, access control for files'
mkdir keys && cp "$given/alice.key" keys/
run unseal -q --key keys -o by-folder sealed.bin
expect_exit 0
run unseal -q --key "$vectors/keys/carol.key" -o bag4 sealed.bin
expect_exit 4
flips sealed.bin damaged.bin 66000 2>/dev/null || { cp sealed.bin damaged.bin && printf '\377\376' | dd of=damaged.bin bs=1 seek=66000 conv=notrunc 2>/dev/null; }
run unseal -q "${with[@]}" -o bag5 damaged.bin
expect_exit 5
expect_absent bag5
run seal
expect_exit 2

scenario "a secret key that is replaced keeps its rights"
printf 'x' >file
run sealkey new -q --no-passphrase -o own
expect_exit 0
run "$linux/seal" -q --to own.pub -o sealed.bin file
chmod 400 own.key
before=$(stat -c %i own.key)
run sealkey passwd -q --no-passphrase own.key
expect_exit 0
check "it was replaced" test "$(stat -c %i own.key)" != "$before"
# Wine keeps lists of rights as modes, as well as it can: what others may do shows.
check "others still have no right on it" sh -c '[ "$(($(stat -c %a own.key) % 10))" -eq 0 ]'
run unseal -q --key own.key -o content sealed.bin
expect_exit 0
expect_names . content content.custody.json content.custody.txt file own.key own.pub sealed.bin

scenario "paths as they are typed there"
mkdir -p 'one folder/two' && printf 'x' >'one folder/two/file.txt'
printf 'x' >'a[1].txt'
# shellcheck disable=SC1003 # backslashes
for path in 'one folder\two' 'one folder\two\' '.\one folder\two' 'one folder\..\one folder/two' "$(windows_path "$PWD/one folder/two")" "$(windows_path "$PWD/one folder/two")\\" "\\\\?\\$(windows_path "$PWD/one folder/two")"; do
    run seal -q "${to[@]}" -o sealed.bin "$path"
    expect_exit 0
    # shellcheck disable=SC1003 # likewise
    run unseal -q "${with[@]}" -o 'out\' sealed.bin
    expect_exit 0
    check "$path: what is in it" test -e "$(find out -name file.txt)"
    remove out sealed.bin
done
run seal -q "${to[@]}" -o 'one folder\sealed.bin' 'a[1].txt'
expect_exit 0
expect_file 'one folder/sealed.bin'
run seal -q "${to[@]}" -o none.bin '*.txt'
expect_exit 1
run seal -q "${to[@]}" -o 'con' 'a[1].txt'
expect_exit 1
run seal -q "${to[@]}" -o 'a:b' 'a[1].txt'
expect_exit 1
expect_names . 'a[1].txt' 'one folder'

finish
