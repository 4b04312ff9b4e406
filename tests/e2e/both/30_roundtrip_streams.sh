#!/bin/bash
# What lies around sealing: the source is only read; what other tools make of the content; streams, pipes,
# padding, determinism, and what stays in memory.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"
# shellcheck source=tests/e2e/both/roundtrip.lib.sh
. "$(dirname "$0")/roundtrip.lib.sh"

# ---- The source is only read ---------------------------------------------------------------------

scenario "sealing changes nothing at the source, and writes nowhere else"
mkdir -p tree/sub
echo 1 >tree/one
echo 2 >tree/sub/two
ln -s one tree/link
touch -d @1000000000 tree/one tree/sub tree
facts() { find tree -printf '%p %T@ %C@ %m %n %s %i\n' | LC_ALL=C sort; }
facts >before
seal_ok tree
facts >after
expect_same before after
if needs strace && strace -o /dev/null true 2>/dev/null; then
    # Test builds under sanitizers open more of their own.
    strace -f -o trace "$root/build/test/seal" -q "${to[@]}" -o traced.bin tree >/dev/null
    check "traced" test -s traced.bin
    grep -E '(open|openat|openat2|creat)\(' trace | grep -E 'O_WRONLY|O_RDWR|O_CREAT|creat\(' >writes
    check "one file is opened for writing" test "$(wc -l <writes)" -eq 1
    # Who is not root does not see what names are: the program hides its memory.
    check "and it is the output" grep -qE '("traced\.bin\.[0-9a-f]*\.partial"|0x[0-9a-f]+), O_WRONLY\|O_CREAT\|O_EXCL' writes
    check "no network" test -z "$(grep -E '^[0-9 ]*(socket|connect|bind|sendto)\(' trace)"
    check "nothing is changed" test -z "$(grep -E '(chmod|chown|utimens|truncate|setxattr|mkdir)[a-z0-9]*\(' trace)"
    check "no program is run" test "$(grep -c 'execve(' trace)" -eq 1
    strace -f -o trace "$root/build/test/unseal" -q "${with[@]}" -o traced traced.bin >/dev/null
    check "traced" test -d traced
    grep -E '(open|openat|openat2|creat)\(' trace | grep -E 'O_WRONLY|O_RDWR|O_CREAT|creat\(' >all
    # The worker begins with nothing as its input and output.
    grep O_CREAT all >writes
    check "else only /dev/null" test -z "$(grep -v O_CREAT all | grep -vE '("/dev/null"|0x[0-9a-f]+), O_RDWR\|O_CLOEXEC')"
    check "two files, five tag files and the record's two are written" test "$(wc -l <writes)" -eq 9
    check "by new names alone" test -z "$(grep -v 'O_WRONLY|O_CREAT|O_EXCL|O_NOCTTY|O_NOFOLLOW|O_CLOEXEC' writes)"
    check "below open folders alone" test -z "$(grep -E 'AT_FDCWD|"/' writes)"
    check "no network" test -z "$(grep -E '^[0-9 ]*(socket|connect|bind|sendto)\(' trace)"
    check "no program is run but itself" test "$(grep -c 'execve(' trace)" -eq 1 -a "$(grep -c 'execveat(.*AT_EMPTY_PATH' trace)" -eq 1
elif command -v strace >/dev/null 2>&1; then
    skip "strace may not trace here"
fi

# ---- What others make of it ----------------------------------------------------------------------

scenario "raw content is a .tar.zst that others read"
mkdir -p tree/sub
maketree noise tree/noise 5000000
echo text >tree/sub/текст
printf x >"tree/$(printf '%0200d' 7)"
touch -d @-1.5 tree/sub/текст
touch -d @1700000000.123456789 tree/sub
chmod +x tree/noise
seal_ok tree
unseal_ok
run unseal -q "${with[@]}" --raw -o raw.tar.zst sealed.bin
expect_exit 0
expect_out '^receipt '
run zstd -t -q raw.tar.zst
expect_exit 0
mkdir gnu bsd
check "GNU tar reads it" sh -c 'zstd -dcq raw.tar.zst | tar x -C gnu'
expect_same_tree tree gnu/data/tree
check "tag files" diff -r bag gnu
check "members in byte order" sh -c "zstd -dcq raw.tar.zst | tar t | grep ^data >names && LC_ALL=C sort -c names"
if needs bsdtar; then
    check "bsdtar reads it" bsdtar xf raw.tar.zst -C bsd
    # libarchive (3.7 at least) reads a pax time of -1.5 as -0.5.
    touch -d @1 tree/sub/текст bsd/data/tree/sub/текст
    touch -d @1700000000.123456789 tree/sub bsd/data/tree/sub
    expect_same_tree tree bsd/data/tree
fi
run unseal -q "${with[@]}" --raw sealed.bin
expect_exit 0
expect_same sealed.tar.zst raw.tar.zst
run unseal -q "${with[@]}" --raw -o - sealed.bin
expect_exit 0
expect_same "$out" raw.tar.zst

# ---- Streams -------------------------------------------------------------------------------------

scenario "streams, pipes and standard input and output"
maketree noise data 300000
seal -q "${to[@]}" -o - - <data >a.bin 2>"$err"
judge "seal - to -" $?
expect_err '^receipt [0-9 ]{24}$'
receipt=$(sed 's/^receipt //' "$err")
run unseal -q "${with[@]}" -o out a.bin
expect_exit 0
expect_out "^receipt  $receipt\$"
expect_same data out
expect_mode out 600
run unseal -q "${with[@]}" -o - a.bin
expect_exit 0
expect_same data "$out"
expect_err "^receipt  $receipt\$"
run unseal -q "${with[@]}" -o from-stdin - <a.bin
expect_exit 0
expect_same data from-stdin
check "from pipe to pipe" sh -c 'cat "$1" | seal -q --to "$2" -o - - 2>/dev/null | cat >b.bin' - data "$keys/alice.pub"
check "from a pipe to a file" sh -c 'cat b.bin | unseal -q --key "$1" -o piped - >/dev/null' - "$keys/alice.key"
expect_same data piped
check "to a pipe" sh -c 'unseal -q --key "$1" -o - b.bin 2>/dev/null | cat >to-pipe' - "$keys/alice.key"
expect_same data to-pipe
run unseal -q "${with[@]}" sealed.bin </dev/null
expect_exit 1
cp a.bin evidence.bin
run unseal -q "${with[@]}" evidence.bin
expect_exit 0
expect_same data evidence

scenario "a bag from standard input"
mkdir tree && echo 1 >tree/one
seal_ok tree
run unseal -q "${with[@]}" -o bag - <sealed.bin
expect_exit 0
expect_same_tree tree bag/data/tree
check "from a pipe" sh -c 'cat sealed.bin | unseal -q --key "$1" -o piped -' - "$keys/alice.key"
expect_same_tree tree piped/data/tree

scenario "what cannot be read twice does not go to standard output"
echo x | seal -q "${to[@]}" -o a.bin - >/dev/null
mkfifo pipe
cat a.bin >pipe &
run unseal -q "${with[@]}" -o - - <pipe
wait
expect_exit 2
expect_no_out
expect_message 'cannot be read twice'

scenario "a pipe by name that is written to later"
maketree noise data 200000
seal -q "${to[@]}" -o a.bin - <data >/dev/null
mkfifo pipe
(sleep 0.5 && cat a.bin >pipe) &
run timeout 20 unseal -q "${with[@]}" -o out pipe
expect_exit 0
expect_same data out
kill $! 2>/dev/null
wait

scenario "an empty stream"
run seal -q "${to[@]}" -o a.bin - </dev/null
expect_exit 2
expect_message 'standard input: nothing came out of it, .*With --allow-empty it is sealed all the same\.$'
expect_names .
seal -q "${to[@]}" --allow-empty -o a.bin - </dev/null >/dev/null
run unseal -q "${with[@]}" -o out a.bin
expect_exit 0
check "empty" test -f out -a ! -s out

# ---- Compression and padding ---------------------------------------------------------------------

scenario "levels"
cat "$root"/docs/*.md "$root"/src/*/*.c >text
last=999999999
for level in 1 3 9 19; do
    run seal -q "${to[@]}" --level $level -o $level.bin text
    expect_exit 0
    size=$(stat -c %s $level.bin)
    check "level $level is no larger than the one before" test "$size" -le "$last"
    last=$size
    run unseal -q "${with[@]}" -o $level $level.bin
    expect_exit 0
    expect_same text $level/data/text
done
run seal -q "${to[@]}" --no-compress -o none.bin text
expect_exit 0
check "not compressed" test "$(stat -c %s none.bin)" -gt "$(stat -c %s text)"
run unseal -q "${with[@]}" -o none none.bin
expect_exit 0
expect_same text none/data/text
run unseal -q "${with[@]}" --raw -o none.tar.zst none.bin
run zstd -tq none.tar.zst
expect_exit 0
check "19 is smaller than 1" test "$(stat -c %s 19.bin)" -lt "$(stat -c %s 1.bin)"

# Padmé by the book, with awk's whole numbers: 0 if it is such a length.
padme_rest() {
    awk -v L="$1" 'BEGIN { x = 0; while (2 ^ (x + 1) <= L) x++; s = 0; while (2 ^ (s + 1) <= x) s++
        print L % 2 ^ (x - s - 1) }'
}

scenario "padding"
for size in 0 1000 52000 60000 66000 120000 131000 262144 1000000 3333333; do
    maketree noise noise $size
    seal -q "${to[@]}" --allow-empty -o padme.bin - <noise >/dev/null
    length=$(stat -c %s padme.bin)
    check "padme for $size: $length" test "$(padme_rest "$length")" -eq 0
    check "at least a block" test "$length" -ge 65536
    check "a multiple of 2048" test $((length % 2048)) -eq 0
    check "little more than needed" test "$length" -le $(((size + 70000) * 115 / 100))
    seal -q "${to[@]}" --pad pow2 --allow-empty -o pow2.bin - <noise >/dev/null
    length=$(stat -c %s pow2.bin)
    check "a power of two: $length" test $((length & (length - 1))) -eq 0
    check "the next one" test "$length" -ge "$(stat -c %s padme.bin)"
    run unseal -q "${with[@]}" -o out pow2.bin
    expect_exit 0
    expect_same noise out
    remove padme.bin pow2.bin out
    for rule in mib round; do
        seal -q "${to[@]}" --pad $rule --allow-empty -o $rule.bin - <noise >/dev/null
        length=$(stat -c %s $rule.bin)
        check "$rule: $length" test "$length" -eq $(((size + 14000) / 1048576 * 1048576 + 1048576))
        run unseal -q "${with[@]}" -o out $rule.bin
        expect_exit 0
        expect_same noise out
        remove $rule.bin out
    done
    remove noise
done
# 10 MiB and more go in steps of ten.
maketree noise noise 10480000
seal -q "${to[@]}" --pad round -o round.bin - <noise >/dev/null
check "20 MiB" test "$(stat -c %s round.bin)" -eq $((20 * 1048576))
run unseal -q "${with[@]}" -o out round.bin
expect_exit 0
expect_same noise out
check "other lengths are none" test "$(padme_rest 69632000)" -ne 0

scenario "padding to a fixed size"
maketree noise noise 100000
for size in 131072 128K 141312 1M 200K; do
    bytes=${size/K/*1024} bytes=$((${bytes/M/*1048576}))
    run seal -q "${to[@]}" --pad $size -o $size.bin noise
    expect_exit 0
    check "$size" test "$(stat -c %s $size.bin)" -eq $bytes
    run unseal -q "${with[@]}" -o $size $size.bin
    expect_exit 0
    expect_same noise $size/data/noise
done
run seal -q "${to[@]}" --pad 65536 -o small.bin noise
expect_exit 1
expect_message 'does not fit the size asked for'
expect_absent small.bin
expect_names . {128K,131072,141312,1M,200K}{,.bin,.custody.json,.custody.txt} noise
maketree noise - 52107 >fits
seal -q --to "$keys/carol.pub" --no-compress --pad 64K -o - - <fits >full.bin 2>/dev/null
check "a full block" test "$(stat -c %s full.bin)" -eq 65536
run unseal -q --key "$keys/carol.key" -o full full.bin
expect_exit 0
expect_same fits full

# ---- Randomness ----------------------------------------------------------------------------------

# nothing_alike A B: of two files of one length.
nothing_alike() {
    check "$2 should have nothing of $1" test "$(cmp -l "$1" "$2" | wc -l)" -gt $(($(stat -c %s "$1") * 98 / 100))
}

scenario "the same seed gives the same bytes, another gives others"
mkdir tree
maketree noise tree/noise 100000
seq 1000 >tree/text
for n in 1 2; do
    SEAL_TEST_SEED=one run seal -q "${to[@]}" -o seeded$n.bin tree
    expect_exit 0
done
expect_same seeded1.bin seeded2.bin
SEAL_TEST_SEED=two run seal -q "${to[@]}" -o other.bin tree
expect_different seeded1.bin other.bin
SEAL_TEST_SEED=one run seal -q "${to[@]}" --to "$keys/bob.pub" -o more.bin tree
expect_different seeded1.bin more.bin
nothing_alike seeded1.bin more.bin
run unseal -q "${with[@]}" -o bag seeded1.bin
expect_exit 0
expect_same_tree tree bag/data/tree
run seal -q "${to[@]}" -o fresh1.bin tree
run seal -q "${to[@]}" -o fresh2.bin tree
expect_different fresh1.bin fresh2.bin

# A virtual machine may be resumed twice from one state, with the same seed as it were.
scenario "the same seed, and other content"
mkdir was
seq 1000 >was/text
maketree noise was/noise 100000
i=0
for change in true 'touch -d 2001-02-03 text' 'truncate -s -1 text && touch -r ../../was/text text' 'mv text next' \
    'ln -s text link' 'ln -s noise link'; do
    i=$((i + 1))
    mkdir $i && cp -a was $i/tree
    (cd $i/tree && eval "$change" && { [ ! -L link ] || touch -hd 2020-01-01 link; } && touch -d 2020-01-01 .)
    SEAL_TEST_SEED=one run seal -q "${to[@]}" -o $i.bin $i/tree
    [ $i -eq 1 ] || nothing_alike $((i - 1)).bin $i.bin
done
mkdir again && cp -a 1/tree again
SEAL_TEST_SEED=one run seal -q "${to[@]}" -o again.bin again/tree
expect_same 1.bin again.bin
for text in one two; do
    SEAL_TEST_SEED=one seal -q "${to[@]}" -o stream-$text.bin - <<<$text >"$out" 2>"$err"
    expect_no_err
done
nothing_alike stream-one.bin stream-two.bin

scenario "the programs that are installed know no seed"
if [ -x "$root/build/seal" ]; then
    echo x >x
    for n in 1 2; do
        SEAL_TEST_SEED=one run "$root/build/seal" -q "${to[@]}" -o seeded$n.bin x
        expect_exit 0
    done
    expect_different seeded1.bin seeded2.bin
    check "not a word of it" sh -c '! grep -q SEAL_TEST_SEED "$1"' - "$root/build/seal"
    check "but in the test build" grep -q SEAL_TEST_SEED "$root/build/test/seal"
else
    skip "build/seal is not there (make)"
fi

scenario "what it wrote does not stay in memory"
if ! command -v fincore >/dev/null || [[ $(stat -f -c %T .) =~ ^(tmpfs|ramfs)$ ]]; then
    skip "nothing tells what is in memory, or all of this file system is"
else
    maketree noise noise 100000000
    run seal -q "${to[@]}" -o out noise
    expect_exit 0
    stays=$(fincore -b -n -o RES out)
    check "less than half: $stays" test "$stays" -lt 50000000
    rm -f noise out
fi

finish
