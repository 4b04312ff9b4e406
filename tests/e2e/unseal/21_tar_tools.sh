#!/bin/bash
# What GNU tar and libarchive make of the tar in a sealed file: of sound ones just what unseal makes of it, of forged ones
# often something, where unseal refuses. docs/ARCHITECTURE.md leans on both.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"
# shellcheck source=tests/e2e/tar_tools.lib.sh
. "$root/tests/e2e/tar_tools.lib.sh"

keys=$scratch/keys
mkdir "$keys" && (cd "$keys" && take_keys alice.pub alice.key)

raw() { run unseal -q --key "$keys/alice.key" --raw -o raw.tar.zst "$1"; }

while IFS=$'\t' read -r name type who files _; do
    if [[ $type != bag || $files == *,* || $who != *alice* ]]; then continue; fi
    # Its fields that pax overrides are not even numbers, which both tools mind and POSIX leaves open.
    [ "$name" != overridden ] || continue
    scenario "the vector $name"
    raw "$vectors/files/$files"
    expect_exit 0
    vectors tree "$vectors" "$name" | LC_ALL=C sort -u | sed 's, data/\([^ ]*\)$, \1,; t; s, data$, .,' >list
    expect_tar_tools raw.tar.zst list "$([ "$name" != names ] || echo names)"
done < <(vectors samples "$vectors")

scenario "forged tars"
count=0 gnu=0 bsd=0 refused=0
printf '%-24s %-8s %-8s %s\n' defect 'GNU tar' bsdtar unseal
for file in "$vectors"/negative/{tar-,pax-,parts-257,path-long}*.seal; do
    name=$(basename "$file" .seal)
    raw "$file"
    words=()
    for tool in tar bsdtar; do
        if zstd -dcq raw.tar.zst 2>/dev/null | $tool -tf - >/dev/null 2>&1; then
            words+=(lists)
            if [ $tool = tar ]; then gnu=$((gnu + 1)); else bsd=$((bsd + 1)); fi
        else
            words+=(refuses)
        fi
    done
    rm -f raw.tar.zst ./*.custody.*
    run unseal -q --key "$keys/alice.key" -o bag "$file"
    expect_exit 6
    [ "$status" -ne 6 ] || refused=$((refused + 1))
    rm -f ./*.custody.*
    count=$((count + 1))
    printf '%-24s %-8s %-8s %s\n' "$name" "${words[0]}" "${words[1]}" "exit $status"
done
printf '%s, %s: of %d, GNU tar lists %d, bsdtar %d\n' "$(tar --version | head -n 1)" "$(bsdtar --version)" $count $gnu $bsd
check "there are 28" test $count -eq 28
check "unseal refuses all" test $refused -eq $count
check "others list most" test $gnu -gt $((count / 2)) -a $bsd -gt $((count / 2))

finish
