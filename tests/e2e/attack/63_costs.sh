#!/bin/bash
# Drops that cost more than they weigh: many folders of one path, names and lists that shrink to nothing, headers full of
# keywords, names that all look alike. Each is refused as soon as more was counted than its size allows.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"

needs python3 || finish
needs zstd || finish
keys=$scratch/keys
mkdir "$keys" && (cd "$keys" && take_keys alice.pub alice.key)
with=(--key "$keys/alice.key")
forge_start "$keys/alice.pub"

NAMES='its names, headers and lists take more than 67\.1 MB, the most for its size without a larger --max-files'

# make <DESCRIPTION: drop.bin, of 64 KiB, however much it holds.
make() {
    rm -f drop.bin
    { printf 'pack 6\n' && cat; } | forge drop.bin
    check "it is small: $(stat -c %s drop.bin)" test "$(stat -c %s drop.bin)" -le 131072
}

# expect_over MESSAGE: refused with this, and nothing kept.
expect_over() {
    expect_exit 1
    expect_message "$1.*Nothing of it was kept: ask its source how much to expect before you allow more\."
    expect_names . drop.bin
}

# over MESSAGE ARGUMENTS...: refused when it is opened so, as a file and, but for ways that seek, through a pipe.
over() {
    run unseal -q "${with[@]}" "${@:2}" drop.bin
    expect_over "$1"
    [[ $2 = --list || $2 = --extract ]] && return
    run unseal -q "${with[@]}" "${@:2}" - < <(cat drop.bin)
    expect_over "$1"
}

each_way() {
    over "$1" -o out
    over "$1" --verify -o out
    over "$1" --list
    over "$1" --extract data -o out
}

accepted() {
    run unseal -q "${with[@]}" -o out "$@" drop.bin
    expect_exit 0
    remove out
}

repeat() { printf '{%s*%d}' "$1" "$2"; }
deep=$(repeat d/ 252)

# ---- Names ---------------------------------------------------------------------------------------

# Each costs its length, and 32 bytes for each of its parts.
scenario "folders that a path implies"
for ((i = 100; i < 110; i++)); do printf '0 data/%s/%sf data=\n' $i "$deep"; done | make
accepted
for ((i = 100; i < 200; i++)); do printf '0 data/%s/%sf data=\n' $i "$deep"; done | make
over "$NAMES" -o out
over "$NAMES" --verify -o out
run unseal -q "${with[@]}" --max-files 200K --verify -o out drop.bin
expect_exit 0

scenario "links with long targets"
{
    printf '0 data/file\n'
    for ((i = 100; i < 250; i++)); do printf 'remark ./data/%s type=link link=%s time=0.000000000\n' $i "$(repeat t 500000)"; done
} | make
each_way "$NAMES"

scenario "more links than there could be entries"
{
    printf '0 data/file\n'
    for ((i = 1000000; i < 1131073; i++)); do printf 'remark ./data/%s type=link link=x time=0.000000000\n' $i; done
} | make
each_way 'it holds more than 131072 files or folders, the most without --max-files'
accepted --max-files 131073

# ---- Lists and headers ---------------------------------------------------------------------------

scenario "comments in the listing"
printf '0 data/file\nremark %s#\n' "$(repeat '#\x0A' 33600000)" | make
each_way "$NAMES"

scenario "lines of bag-info.txt"
printf '0 data/file\ninfo %sa:\\sb\n' "$(repeat 'a:\sb\x0A' 14000000)" | make
each_way "$NAMES"
rm -f drop.bin
printf '0 data/file\ninfo %sa:\\sb\n' "$(repeat 'a:\sb\x0A' 1000000)" | make
accepted

scenario "long headers"
for ((i = 100; i < 170; i++)); do printf '0 data/%s data= pax=comment=%s\n' $i "$(repeat c 1000000)"; done | make
over "$NAMES" -o out
over "$NAMES" --verify -o out
over "$NAMES" --extract data -o out
run unseal -q "${with[@]}" --list drop.bin # which reads no header of theirs
expect_exit 0

# keywords NUMBER: as many records.
keywords() {
    local i text=
    for ((i = 100000; i < 100000 + $1; i++)); do text+="11\\s$i=\\x0A"; done
    printf '%s' "$text"
}
scenario "keywords in a header"
printf '0 data/file x=%s\n' "$(keywords 128)" | make
accepted
for number in 129 90000; do
    rm -f drop.bin
    printf '0 data/file x=%s\n' "$(keywords $number)" | forge drop.bin
    run unseal -q "${with[@]}" -o out drop.bin
    expect_exit 6
    expect_message 'breaks the rules \(a header of its archive says more than any sealer writes\)'
done

# ---- Names that some systems do not tell apart ---------------------------------------------------

# With so many letters in front, each must be coded up to those that differ; and hundreds were tried before.
scenario "names that differ in capitals"
cased() {
    local letters=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bits i number
    for ((number = 0; number < $1; number++)); do
        bits=
        for ((i = 12; i >= 0; i--)); do ((number >> i & 1)) && bits+=A || bits+=a; done
        printf '0 data/%s%s data=\n' $letters $bits
    done
}
cased 500 | make
accepted
cased 8000 | make
run unseal -q "${with[@]}" -o out drop.bin
expect_exit 1
expect_message 'too many of its names differ only in what some systems do not tell apart, such as capitals; --exact-names leaves them as they are'
expect_names . drop.bin
accepted --exact-names
run unseal -q "${with[@]}" --verify -o record drop.bin
expect_exit 0

# Bringing so many marks in order by exchanging neighbours takes a second for each name.
scenario "names of marks in the wrong order"
{
    printf '0 data/a%%b data=\n' # what is spelled makes unseal look at the names of links
    for ((i = 100; i < 650; i++)); do
        printf 'remark ./data/%s%s%s type=link link=x time=0.000000000\n' $i \
            "$(repeat '\x5C315\x5C205' 7500)" "$(repeat '\x5C314\x5C233' 7500)"
    done
} | make
run timeout 100 unseal -q "${with[@]}" -o out drop.bin
expect_exit 0
remove out
run timeout 100 unseal -q "${with[@]}" --extract nowhere -o out drop.bin
expect_exit 2

finish
