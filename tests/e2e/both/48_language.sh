#!/bin/bash
# The language of the programs. qps is none: the test programs have it, each text in brackets (tests/tools/pseudo.awk).
# What is outside of brackets does not come from the catalog.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"

export LC_ALL=qps.UTF-8

# Without what is in brackets; outermost last.
outside() { cat "$out" "$err" | LC_ALL=C.UTF-8 sed -z -E ':a; s/⟦[^⟦⟧]*⟧//g; ta'; }
expect_translated() {
    grep -q ⟦ "$out" "$err"
    judge "something should be translated" $?
    outside >left
    ! LC_ALL=C.UTF-8 grep -E '[a-z]{2,} [a-z]{2,}|⟦|⟧' left >words
    judge "all should be translated" $? "$(head -n 3 words)"
}

scenario "the variables, in their order"
run env LC_ALL= LC_MESSAGES=qps LANG=en_US.UTF-8 seal --help
expect_out '^⟦Usage'
run env -u LC_ALL -u LC_MESSAGES LANG=qps_XA.UTF-8 seal --help
expect_out '^⟦Usage'
run env LC_ALL=C LC_MESSAGES=qps LANG=qps seal --help
expect_out '^Usage'
run env LC_ALL=xx_YY.UTF-8 seal --help
expect_out '^Usage'

scenario "help and wrong use"
for program in seal unseal sealkey; do
    run $program --help
    expect_exit 0
    expect_translated
    run $program --nonsense
    expect_exit 2
    expect_translated
done
for command in new show passwd kit; do
    run sealkey $command --help
    expect_exit 0
    expect_translated
done
run seal
expect_exit 2
expect_translated
run sealkey shwo
expect_exit 2
expect_translated

scenario "keys"
run sealkey new -o org --no-passphrase
expect_exit 0
expect_translated
run sealkey show org.key
expect_exit 0
run sealkey new -o org --no-passphrase
expect_exit 1
expect_translated
printf 'not a key\n' >bad.pub
run sealkey show bad.pub
expect_exit 2
expect_translated

scenario "sealing"
cp ../3/org.* . && mkdir evidence && printf 'x' >evidence/a && ln -s a evidence/link && mkfifo evidence/fifo
run seal --to org.pub -o sealed.bin evidence
expect_exit 3
expect_translated
run seal --to org.pub --dry-run -v evidence
expect_translated
run seal --to org.pub -o sealed.bin evidence
expect_exit 1
expect_translated
run seal --to none.pub evidence
expect_exit 1
expect_translated
run seal --to org.pub -o many --split 1M evidence
expect_translated

scenario "unsealing"
cp ../4/{org.key,org.pub,sealed.bin} .
run unseal --key org.key --verify sealed.bin
expect_exit 3
expect_translated
run unseal --key org.key --list sealed.bin
run unseal --key org.key --log log sealed.bin
expect_exit 3
expect_translated
chmod u+w sealed.d 2>/dev/null
run unseal --key org.key --log log --raw -o raw.tar sealed.bin
expect_translated
head -c 70000 /dev/zero >zeros.bin
run unseal --key org.key zeros.bin
expect_exit 4
expect_translated
{ head -c -1 sealed.bin; printf 'x'; } >damaged.bin
run unseal --key org.key damaged.bin
expect_exit 5
expect_translated

scenario "rechecking"
cp ../4/{org.key,sealed.bin} .
run unseal --key org.key -o bag sealed.bin
run unseal --recheck bag
expect_translated
chmod -R u+w bag
printf 'y' >bag/data/evidence/a
touch bag/data/more
run unseal --recheck bag
expect_translated

scenario "the one that is asked for"
for arguments in '--lang qps --help' '--help --lang qps' '--lang=qps --help' '--lang en --lang qps --help'; do
    # shellcheck disable=SC2086 # several arguments
    run env LC_ALL=en_US.UTF-8 seal $arguments
    expect_exit 0
done
run env LC_ALL=en_US.UTF-8 seal --nonsense --lang qps
expect_exit 2
expect_err ⟦
run seal --lang en --help
expect_out '^Usage'
for program in seal unseal "sealkey new"; do
    # shellcheck disable=SC2086 # a program and its command
    run env LC_ALL=C $program --lang xx
    expect_exit 2
    expect_message '--lang takes one of en,.* qps.*, not xx'
done
# What a program reads stays as it is.
run env LC_ALL=C seal --version
cp "$out" version
run seal --lang qps --version
expect_same version "$out"

finish
