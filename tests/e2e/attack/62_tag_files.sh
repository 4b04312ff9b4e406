#!/bin/bash
# Bags whose record was changed in one small place: what unseal accepts, sha256sum, mtree, a check by RFC 8493 and
# unseal --recheck find to be right, each with a reader of its own.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"

needs python3 || finish
keys=$scratch/keys
mkdir "$keys" && (cd "$keys" && take_keys alice.pub alice.key)
forge_start "$keys/alice.pub"
checker=$root/tests/tools/bagcheck.py

# bag [LINE]: a sound one, but for this.
bag() {
    forge sealed.bin <<END
5 data/
0 data/a data=alpha
5 data/sub/
0 data/sub/b data=beta
0 data/z data=
info Payload-Oxum: 9.3
info Note: words
info \\sthat go on
${1-}
END
}

# All four; what one of them says is in $out.
all_agree() {
    local disagree=''
    (cd bag && sha256sum -c --strict --quiet manifest-sha256.txt tagmanifest-sha256.txt) >>"$out" 2>&1 || disagree+=' sha256sum'
    # It minds more than the RFC demands of values for people; the validator of the Library of Congress does not.
    ! python3 "$checker" bag 2>&1 | grep '^error: ' | grep -v -i -e bagging-date -e 'has a control character' >>"$out" || disagree+=' bagcheck'
    if command -v mtree >/dev/null; then
        mtree -p bag -f bag/metadata.mtree -k type,size,time,sha256 2>&1 |
            grep -vE '^extra: (bag-info.txt|bagit.txt|(tag)?manifest-sha256.txt|metadata.mtree)$' >>"$out" && disagree+=' mtree'
    fi
    unseal --recheck bag >>"$out" 2>&1 || disagree+=' recheck'
    [ -z "$disagree" ]
    judge "all should agree" $? "$1:$disagree"
}

scenario "nothing changed"
bag
run unseal -q --key "$keys/alice.key" -o bag sealed.bin
expect_exit 0
all_agree "nothing"

number=0 each=${QUICK:+10}
for file in manifest-sha256.txt metadata.mtree bag-info.txt bagit.txt tagmanifest-sha256.txt; do
    scenario "$file"
    accepted=0 refused=0
    for ((i = 0; i < ${each:-80}; i++)); do
        number=$((number + 1))
        bag "bend $file $number"
        run unseal -q --key "$keys/alice.key" -o bag sealed.bin
        case $status in
        0 | 3)
            accepted=$((accepted + 1))
            all_agree "change $number"
            remove bag
            ;;
        *)
            refused=$((refused + 1))
            expect_exit 6
            expect_message 'what is inside breaks the rules'
            rm -f sealed.custody.* bag.custody.*
            ;;
        esac
        rm -f sealed.bin
    done
    printf '%s: %d accepted, %d refused\n' "$file" $accepted $refused
    check "some are refused" test $refused -gt 0
done

finish
