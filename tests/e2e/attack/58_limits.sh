#!/bin/bash
# Bombs: a little that becomes much. What comes out is limited in bytes and in number, and by the room
# there is; what is over a limit is said in one sentence, and leaves nothing.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"

keys=$scratch/keys
mkdir "$keys" && (cd "$keys" && take_keys alice.pub alice.key)
to=(--to "$keys/alice.pub")
with=(--key "$keys/alice.key")
good=$scratch/good
mkdir "$good" && cd "$good" || exit 1

# 20 MB of zeros, as a file, two files and a stream; five files, one of them empty, in four folders.
mkdir zeros two
truncate -s 20M zeros/zeros
truncate -s 10M two/a
truncate -s 10M two/b
seal -q "${to[@]}" --repair none -o zeros.bin zeros >/dev/null
seal -q "${to[@]}" --repair none -o two.bin two >/dev/null
seal -q "${to[@]}" --repair none -o stream.bin - <zeros/zeros >/dev/null
mkdir -p few/x/y few/z
head -c 100 /dev/zero >few/a
head -c 200 /dev/zero >few/x/b
head -c 300 /dev/zero >few/x/y/c
echo d >few/z/d
: >few/z/e
seal -q "${to[@]}" -o few.bin few >/dev/null
check "bombs are small" test "$(stat -c %s zeros.bin)" -lt 300000 -a "$(stat -c %s stream.bin)" -lt 300000

# refused WHAT ARGUMENTS...: one sentence, status 1, and nothing on disk, nor in the log.
refused() {
    run unseal -q "${with[@]}" --log "$scratch/log" "${@:2}"
    expect_refused "$1"
}
expect_refused() {
    expect_exit 1
    expect_no_out
    expect_message "$1"
    local advice='ask its source how much to expect before you allow more'
    [[ $1 != *"free space"* ]] || advice='ask its source how much to expect; if it is so much, make room there, or write to another place'
    grep -Fq "Nothing of it was kept: $advice." "$err"
    judge "it should be said what to do" $?
    expect_names .
    check "nothing in the log" test ! -s "$scratch/log"
    rm -f "$scratch/log"
}
over_size='bin: it holds more than the .* that --max-size allows\.'
over_files() { echo "bin: it holds more than the $1 files or folders that --max-files allows\\."; }

# ---- Bytes ---------------------------------------------------------------------------------------

scenario "more bytes than are allowed, whatever is done with them"
for bomb in zeros two stream; do
    for arguments in "-o out" "--verify -o out"; do
        # shellcheck disable=SC2086 # several arguments
        refused "$over_size" --max-size 19M $arguments "$good/$bomb.bin"
    done
done
refused "$over_size" --max-size 19M -o - "$good/stream.bin"
refused "$over_size" --max-size 1K --raw -o out "$good/zeros.bin"
refused "$over_size" --max-size 1K --raw -o - "$good/zeros.bin"
run unseal -q "${with[@]}" --max-size 19M --extract zeros/zeros -o out "$good/zeros.bin"
expect_refused "$over_size"
run unseal -q "${with[@]}" --max-size 19M --extract two -o out "$good/two.bin"
expect_refused "$over_size"

scenario "through a pipe"
for bomb in zeros two stream; do
    for arguments in "-o out" "--verify -o out"; do
        # shellcheck disable=SC2086 # several arguments
        run unseal -q "${with[@]}" --max-size 19M $arguments - < <(cat "$good/$bomb.bin")
        expect_refused 'it holds more than the .* that --max-size allows'
    done
done
run unseal -q "${with[@]}" --max-size 1K --raw -o out - < <(cat "$good/zeros.bin")
expect_refused 'it holds more than the .* that --max-size allows'

# All of the archive is counted: of a file as its own table tells, of a pipe as it comes.
scenario "exactly as much as is allowed"
if needs zstd; then
    for bomb in few zeros; do
        unseal -q "${with[@]}" -o out "$good/$bomb.bin" >/dev/null
        unseal -q "${with[@]}" --raw -o raw "$good/$bomb.bin" >/dev/null
        archive=$(zstd -dcq <raw | wc -c)
        remove out raw
        for arguments in "-o out" "--verify -o out"; do
            # shellcheck disable=SC2086 # several arguments
            run unseal -q "${with[@]}" --max-size "$archive" $arguments "$good/$bomb.bin"
            expect_exit 0
            expect_no_err
            remove out
            # shellcheck disable=SC2086 # several arguments
            refused "$over_size" --max-size $((archive - 1)) $arguments "$good/$bomb.bin"
            # shellcheck disable=SC2086 # several arguments
            run unseal -q "${with[@]}" --max-size "$archive" $arguments - < <(cat "$good/$bomb.bin")
            expect_exit 0
            remove out
            # shellcheck disable=SC2086 # several arguments
            run unseal -q "${with[@]}" --max-size $((archive - 1)) $arguments - < <(cat "$good/$bomb.bin")
            expect_refused 'it holds more than'
        done
    done
fi
for arguments in "-o out" "-o -" "--verify -o out"; do
    # shellcheck disable=SC2086 # several arguments
    run unseal -q "${with[@]}" --max-size 20M $arguments "$good/stream.bin"
    expect_exit 0
    remove out
    # shellcheck disable=SC2086 # several arguments
    refused "$over_size" --max-size $((20 * 1024 * 1024 - 1)) $arguments "$good/stream.bin"
done

# Each file of four bytes has a header of a megabyte.
scenario "headers that are a bomb"
forge_start "$keys/alice.pub"
for ((i = 10; i < 60; i++)); do printf '0 data/%s pax=comment={x*1000000}\n' $i; done | forge headers.bin
mv headers.bin "$good"
for arguments in "-o out" "--verify -o out"; do
    # shellcheck disable=SC2086 # several arguments
    refused "$over_size" --max-size 47M $arguments "$good/headers.bin"
    # shellcheck disable=SC2086 # several arguments
    run unseal -q "${with[@]}" --max-size 47M $arguments - < <(cat "$good/headers.bin")
    expect_refused 'it holds more than the .* that --max-size allows'
    # shellcheck disable=SC2086 # several arguments
    run unseal -q "${with[@]}" --max-size 50M $arguments - < <(cat "$good/headers.bin")
    expect_exit 0
    remove out
done

# What is declared is not believed: it is counted as it comes out, too.
scenario "a seek table that declares less than there is"
for bomb in zeros two stream; do
    check "$bomb sealed again" reseal "$keys/alice.key" "$good/$bomb.bin" "$good/lying-$bomb.bin"
    for arguments in "-o out" "--verify -o out"; do
        # shellcheck disable=SC2086 # several arguments
        refused "$over_size" --max-size 19M $arguments "$good/lying-$bomb.bin"
        hit SYSTEM_ROOM="0xef53 20000000" -- unseal -q "${with[@]}" -o out "$good/lying-$bomb.bin"
        expect_refused 'its content does not fit in the free space'
        # Whatever is allowed, it is a lie.
        # shellcheck disable=SC2086 # several arguments
        run unseal -q "${with[@]}" --max-size 1G $arguments "$good/lying-$bomb.bin"
        expect_exit 6
        expect_message 'what is inside breaks the rules'
        remove out
    done
done
refused "$over_size" --max-size 19M -o - "$good/lying-stream.bin"

# A listing is not files, but it is much all the same: of 1000 long names, which shrink to nothing.
scenario "a record that is a bomb"
mkdir -p "$scratch/names/long"
long=$(printf 'n%.0s' {1..240})
(cd "$scratch/names/long" && for ((i = 0; i < 1000; i++)); do : >"$long$i"; done)
seal -q "${to[@]}" -o "$good/names.bin" "$scratch/names/long" >/dev/null
for arguments in "-o out" "--verify -o out" "--list" "--extract long/${long}1 -o out"; do
    # shellcheck disable=SC2086 # several arguments
    run unseal -q "${with[@]}" --max-size 100K $arguments "$good/names.bin"
    expect_refused "$over_size"
done
for arguments in "-o out" "--verify -o out" "--list" "--extract long/${long}1 -o out"; do
    # shellcheck disable=SC2086 # several arguments
    run unseal -q "${with[@]}" --max-size 4M $arguments "$good/names.bin"
    expect_exit 0
    remove out
done

# ---- Files and folders ---------------------------------------------------------------------------

# The record does not count.
scenario "exactly as many as are allowed"
unseal -q "${with[@]}" -o out "$good/few.bin" >/dev/null
files=$(find out/data -type f | wc -l)
folders=$(find out/data -mindepth 1 -type d | wc -l)
remove out
check "more files than folders: $files, $folders" test "$files" -gt "$folders"
for arguments in "-o out" "--verify -o out"; do
    # shellcheck disable=SC2086 # several arguments
    run unseal -q "${with[@]}" --max-files "$files" $arguments "$good/few.bin"
    expect_exit 0
    expect_no_err
    remove out
    # shellcheck disable=SC2086 # several arguments
    refused "$(over_files $((files - 1)))" --max-files $((files - 1)) $arguments "$good/few.bin"
    # shellcheck disable=SC2086 # several arguments
    run unseal -q "${with[@]}" --max-files $((files - 1)) $arguments - < <(cat "$good/few.bin")
    expect_refused "it holds more than the $((files - 1)) files or folders that --max-files allows"
done

scenario "many empty files"
maketree many tree 3000
seal -q "${to[@]}" -o "$good/many.bin" tree >/dev/null
rm -rf tree
for arguments in "-o out" "--verify -o out"; do
    # shellcheck disable=SC2086 # several arguments
    refused "$(over_files 1000)" --max-files 1000 $arguments "$good/many.bin"
    # shellcheck disable=SC2086 # several arguments
    run unseal -q "${with[@]}" --max-files 1K $arguments - < <(cat "$good/many.bin")
    expect_refused "it holds more than the 1024 files or folders that --max-files allows"
done
run unseal -q "${with[@]}" --max-files 3000 -o out "$good/many.bin"
expect_exit 0
check "all of them" test "$(find out/data -type f | wc -l)" -eq 3000

scenario "many links"
{
    printf '0 data/file\n'
    for ((i = 0; i < 3000; i++)); do printf 'remark ./data/%s type=link link=x time=0.000000000\n' $i; done
} | forge links.bin
mv links.bin "$good"
run unseal -q "${with[@]}" --max-files 2999 --list "$good/links.bin"
expect_refused "$(over_files 2999)"
for arguments in "-o out" "--verify -o out"; do
    # shellcheck disable=SC2086 # several arguments
    refused "$(over_files 2999)" --max-files 2999 $arguments "$good/links.bin"
    # shellcheck disable=SC2086 # several arguments
    run unseal -q "${with[@]}" --max-files 3000 $arguments "$good/links.bin"
    expect_exit 0
    remove out
done

# Folders that are made because a path goes through them count, too.
scenario "many folders in each other"
maketree chain tree 250

seal -q "${to[@]}" -o "$good/chain.bin" tree >/dev/null
unseal -q "${with[@]}" -o out "$good/chain.bin" >/dev/null
files=$(find out/data -type f | wc -l)
folders=$(find out/data -mindepth 1 -type d | wc -l)
most=$((files > folders ? files : folders))
remove out tree
for arguments in "-o out" "--verify -o out"; do
    # shellcheck disable=SC2086 # several arguments
    run unseal -q "${with[@]}" --max-files $most $arguments "$good/chain.bin"
    expect_exit 0
    remove out
    # shellcheck disable=SC2086 # several arguments
    refused "$(over_files $((most - 1)))" --max-files $((most - 1)) $arguments "$good/chain.bin"
done
mkdir -p tree/1/2/3/4/5/6/7/8/9/10/11/12 # more folders than files
seal -q --allow-empty "${to[@]}" -o "$good/folders.bin" tree >/dev/null
rm -rf tree
refused "$(over_files 12)" --max-files 12 -o out "$good/folders.bin"
run unseal -q "${with[@]}" --max-files 13 -o out "$good/folders.bin"
expect_exit 0
check "tree and twelve" test "$(find out/data -mindepth 1 -type d | wc -l)" -eq 13

# ---- Room ----------------------------------------------------------------------------------------

EXT4=0xef53
# ---- The record ----------------------------------------------------------------------------------

# unseal_flood REMARKS: opens flood.bin and looks at its records.
unseal_flood() {
    run unseal -q "${with[@]}" -o out flood.bin
    expect_exit 0
    check "all remarks are counted" grep -qE "^ +Odd names +$1\$" out.custody.txt
    check "both records together" test "$(cat out.custody.txt out.custody.json | wc -c)" -lt 20000000
    check "what is left out is said" test "$(grep -c 'There are more than this record can hold' out.custody.txt)" -eq 2
}

# Such a drop takes 64 KiB when it is compressed. First the shortest lines, of which each becomes several in the records; then
# long ones.
scenario "a record does not grow without bounds"
{
    printf '0 data/file\ninfo Note:\\sx\n'
    for ((i = 0; i < 60000; i++)); do printf 'remark #\\sname\\s./data/n\n'; done
    for ((i = 0; i < 60000; i++)); do printf 'info a:\\sb\n'; done
} | forge flood.bin
unseal_flood 60000
expect_file out.custody.json
run unseal --recheck out
expect_exit 0
remove out flood.bin
{
    printf '0 data/file\n'
    for ((i = 0; i < 4000; i++)); do printf 'remark #\\sname\\s./data/{n*500}\n'; done
    for ((i = 0; i < 2000; i++)); do printf 'info a:\\s{b*500}\n'; done
} | forge flood.bin
unseal_flood 4000
check "of remarks, in JSON" grep -q '"remarks_are_cut": true' out.custody.json
check "of bag-info.txt, in JSON" grep -q '"bag_info_is_cut": true' out.custody.json
run unseal --recheck out
expect_exit 0
remove out flood.bin

scenario "more than there is room for, less one part in twenty"
for free in 0 1000 20000000 22075283; do
    for bomb in zeros two stream; do
        hit SYSTEM_ROOM="$EXT4 $free" -- unseal -q "${with[@]}" -o out "$good/$bomb.bin"
        expect_refused "bin: its content does not fit in the free space \\(.*, not counting 5% that stays free\\)\\."
    done
    # However much is allowed.
    hit SYSTEM_ROOM="$EXT4 $free" -- unseal -q "${with[@]}" --max-size 1G -o out - < <(cat "$good/zeros.bin")
    expect_refused "its content does not fit in the free space"
done
hit SYSTEM_ROOM="$EXT4 22075284" -- unseal -q "${with[@]}" -o out "$good/stream.bin"
expect_exit 0
remove out
hit SYSTEM_ROOM="$EXT4 22200000" -- unseal -q "${with[@]}" -o out "$good/zeros.bin"
expect_exit 0
remove out
# Some file systems do not say how much room there is, and take what comes.
hit SYSTEM_ROOM="$EXT4 -1" -- unseal -q "${with[@]}" -o out "$good/zeros.bin"
expect_exit 0
remove out
# Nothing is written, so no room is needed.
hit SYSTEM_ROOM="$EXT4 0" -- unseal -q "${with[@]}" --list "$good/zeros.bin"
expect_exit 0
hit SYSTEM_ROOM="$EXT4 0" -- unseal -q "${with[@]}" --extract two/a -o out "$good/two.bin"
expect_refused 'its content does not fit in the free space'
hit SYSTEM_ROOM="$EXT4 12000000" -- unseal -q "${with[@]}" --extract two/a -o out "$good/two.bin"
expect_exit 0

# ---- Without any option --------------------------------------------------------------------------

# 64 times the sealed size, and 1 GiB at least. None of it is written before it is known.
scenario "what is usual"
mkdir tree
truncate -s 1025M tree/zeros
if needs_time; then
    run seal -q "${to[@]}" -o "$good/usual.bin" tree
    expect_exit 0
    expect_message 'the content compresses so far that the recipient needs --max-size 3G\.'
    rm -rf tree
    for arguments in "-o out" "--verify -o out"; do
        begin=$SECONDS
        # shellcheck disable=SC2086 # several arguments
        refused 'bin: it holds more than 1\.1 GB, the most for its size without --max-size\.' $arguments "$good/usual.bin"
        check "at once" test $((SECONDS - begin)) -lt 5
    done
fi
rm -rf tree

# ---- Several -------------------------------------------------------------------------------------

scenario "others are not held up by one"
run unseal -q "${with[@]}" --max-size 1M --log log -o out/ "$good/few.bin" "$good/zeros.bin" "$good/stream.bin" "$good/folders.bin"
expect_exit 1
check "two messages" test "$(wc -l <"$err")" -eq 2
expect_err 'zeros\.bin: it holds more than the .* that --max-size allows'
expect_err 'stream\.bin: it holds more than'
expect_names out few few.custody.json few.custody.txt folders folders.custody.json folders.custody.txt
expect_same "$good/few/x/b" out/few/data/few/x/b
check "two lines in the log" test "$(grep -c '^[^#]' log)" -ge 2
check "none for the bombs" test "$(grep -c 'zeros\|stream' log)" -eq 0

# ---- The options ---------------------------------------------------------------------------------

scenario "sizes and numbers"
for option in size files; do
    for value in 0 '' x 1x K -1 +1 ' 1' '1 ' 1.5 0x10 1KB 1T 18446744073709551616 99999999999999999999999 \
        18014398509481984K 17179869184G 0K; do
        run unseal -q "${with[@]}" "--max-$option=$value" -o out "$good/few.bin"
        expect_exit 2
        expect_no_out
        expect_message "--max-$option"
        expect_names .
    done
    run unseal -q "${with[@]}" --max-$option 1M --max-$option 1M -o out "$good/few.bin"
    expect_exit 2
    expect_message "--max-$option"
    run unseal -q "${with[@]}" -o out "$good/few.bin" --max-$option
    expect_exit 2
    run unseal --recheck out --max-$option 1M
    expect_exit 2
    expect_message "--max-$option does not go with --recheck"
    for value in 1M 1G 1g 999999999999999; do
        run unseal -q "${with[@]}" --max-$option $value -o out "$good/few.bin"
        expect_exit 0
        expect_no_err
        remove out
    done
done
run unseal -q "${with[@]}" --raw --max-files 5 -o out "$good/few.bin"
expect_exit 2
expect_message '--max-files does not go with --raw'
refused "$over_size" --max-size 19M -o out "$good/zeros.bin"
run unseal -q "${with[@]}" --max-size 21M -o out "$good/zeros.bin"
expect_exit 0
remove out
refused "$over_size" --max-size 20480K -o out "$good/zeros.bin" # and the record
run unseal -q "${with[@]}" --max-size 20500K -o out "$good/zeros.bin"
expect_exit 0

# A worker counts what comes out. The program looks at the disk by itself, for one that does not.
scenario "the disk fills up while a worker is at work"
head -c 3000000 /dev/urandom >noise
seal -q "${to[@]}" -o sealed.bin noise >/dev/null 2>&1
mkfifo fifo
head -c 1500000 sealed.bin >half
for way in '' --raw; do
    (cat half && exec sleep 60) >fifo &
    feeder=$!
    hit SYSTEM_ROOM='0x01021994 1000000000 60000000' -- timeout 30 unseal -q "${with[@]}" ${way:+"$way"} -o made - <fifo
    expect_exit 1
    expect_message '(standard input|-): its content does not fit in the free space'
    kill $feeder 2>/dev/null
    wait $feeder 2>/dev/null
    expect_names . fifo half noise sealed.bin
done

finish
