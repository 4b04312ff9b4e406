#!/bin/bash
# The key paths under valgrind: no error of memory, no use of bytes that were never set, no leak.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"

check_memory() {
    # Valgrind makes execve of execveat, which unseal forbids itself: interpose.so leaves that out.
    run env LD_PRELOAD="$interpose" valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=definite,indirect,possible \
        --errors-for-leak-kinds=definite,indirect,possible --log-file="$scratch/valgrind.%p" "$@"
    # It does not know the calls that give up rights, and says so in five lines for each.
    sed -i '/WARNING: unhandled .* syscall: \(317\|44[456]\|4[23][0-9]\)/,+4d' "$scratch"/valgrind.*
    [ "$status" -eq 99 ] && cat "$scratch"/valgrind.* >>"$err"
    [ "$status" -ne 99 ] && [ -z "$(cat "$scratch"/valgrind.*)" ]
    judge "valgrind should find nothing" $? "$(head -n 20 "$scratch"/valgrind.*)"
    rm -f "$scratch"/valgrind.*
}

scenario "valgrind"
if ! needs valgrind; then
    finish
fi
check_memory sealkey new -q -o org --no-passphrase
expect_exit 0
check_memory sealkey show org.pub
expect_exit 0
mkdir -p tree/sub $'tree/caf\xe9'
maketree noise tree/noise 200000
echo text >tree/sub/text
: >$'tree/caf\xe9/empty'
ln -s sub tree/link
mkfifo tree/fifo
check_memory seal --to org.pub -o bag.bin tree
expect_exit 3
check_memory seal --dry-run --note a --info A=b -o bag.bin tree
expect_exit 1
check_memory seal --to org.pub --note a --info A=b --info Bag-Id=x -o refused.bin tree
expect_exit 2
check_memory unseal --key org.key -o bag bag.bin
expect_exit 3
expect_same tree/noise bag/data/tree/noise
check_memory unseal --key org.key --raw -o raw bag.bin
expect_exit 0
check_memory seal -q --to org.pub --pad 1M --level 1 -o stream.bin - <tree/noise
expect_exit 0
check_memory unseal -q --key org.key -o - stream.bin
expect_exit 0
expect_same tree/noise "$out"
# The ways out of failures free what they hold, too.
check_memory seal -q --to org.pub --pad 64K -o full.bin tree/noise
expect_exit 1
check_memory seal -q --to org.pub -o bag.bin tree
expect_exit 1
check_memory seal -q --to org.key -o x tree
expect_exit 2
head -c 150000 bag.bin >cut.bin
check_memory unseal -q --key org.key -o cut cut.bin
expect_exit 5
take_keys alice.key carol.key bob.key
check_memory unseal -q --key carol.key -o x bag.bin
expect_exit 4
for vector in mtree-time tar-climbs frame-garbage offsets-wrong pax-malformed; do
    check_memory unseal -q --key alice.key -o x "$vectors/negative/$vector.seal"
    expect_exit 6
done
# The second header: of a file, whose first is lost, and of a pipe; and the set key of another volume.
vectors make "$vectors" mend-first lost.bin
check_memory unseal -q --key alice.key -o mended lost.bin
expect_exit 0
check_memory unseal -q --key alice.key --salvage -o x lost.bin
expect_exit 2
check_memory unseal -q --key alice.key --verify -o piped - <"$vectors/files/parity-small.seal"
expect_exit 0
check_memory unseal -q --key alice.key -o set "$vectors"/negative/set-key-opens.[12].seal
expect_exit 0
# What is secret decides neither where to go nor where to look, but where the sources say so. First two
# that do, so that it is known that it would be found.
for what in branch address random elligator kem keys envelope volume; do
    run valgrind -q --error-exitcode=99 --suppressions="$root/tests/tools/libsodium.supp" secrets $what
    if [ "$status" -eq 77 ]; then
        skip "valgrind's header memcheck.h is missing"
        break
    fi
    case $what in
        branch | address)
            expect_exit 99
            expect_err "leak_by_$what"
            ;;
        *) expect_exit 0 ;;
    esac
done
# Records, the log, several at once, looking, checking again.
check_memory unseal --key org.key --operator me --case 1 --log log --verify -o checked bag.bin
expect_exit 3
check_memory unseal --key org.key --log log -o many bag.bin stream.bin cut.bin missing.bin
expect_exit 1
check_memory unseal --key org.key --list --long bag.bin
expect_exit 3
check_memory unseal --key org.key --list --json bag.bin
expect_exit 3
check_memory unseal --key org.key --list stream.bin
expect_exit 2
check_memory unseal --key org.key --extract tree/noise --extract tree/sub bag.bin
expect_exit 3
check_memory unseal --key org.key --extract tree/none -o none bag.bin
expect_exit 2
mkdir odd && echo 1 >odd/a:b && echo 2 >odd/A:B
check_memory seal -q --to org.pub -o odd.bin odd
check_memory unseal --key org.key --writable -o spelled odd.bin
expect_exit 0
check_memory unseal --recheck spelled
expect_exit 0
echo 3 >spelled/data/odd/more
check_memory unseal --recheck spelled --recheck none
expect_exit 1
check_memory unseal -q --key bob.key --passphrase-fd 0 -o x "$vectors/files/stream.seal" <<<wrong
expect_exit 2
expect_absent x

finish
