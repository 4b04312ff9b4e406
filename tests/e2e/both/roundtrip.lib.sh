# shellcheck shell=bash
# What 30_roundtrip.sh and 30_roundtrip_streams.sh share; read in behind tools.sh.

# shellcheck source=tests/e2e/tar_tools.lib.sh
. "$root/tests/e2e/tar_tools.lib.sh"

keys=$scratch/keys
mkdir "$keys" && (cd "$keys" && take_keys alice.pub alice.key bob.pub carol.pub carol.key)
to=(--to "$keys/alice.pub")
with=(--key "$keys/alice.key")

seal_ok() {
    run seal -q "${to[@]}" -o sealed.bin "$@"
    expect_exit 0
    expect_no_err
}

# Warnings about so many names, and nothing else.
seal_names() {
    local count=$1
    run seal -q "${to[@]}" -o sealed.bin "${@:2}"
    expect_exit 0
    check "$count warnings" test "$(grep -cE '^seal: .* (has a name that not every system can store, show or tell from others \(.*\)|stands for a name that is not UTF-8; the record has both)\.$' "$err")" -eq "$count"
    check "nothing else" test "$(wc -l <"$err")" -eq "$count"
}

unseal_ok() {
    run unseal -q "${with[@]}" "$@" -o bag sealed.bin
    expect_exit 0
    expect_no_err
}

# There and back, and the same tree: round SOURCE [NAME-IN-DATA [names]]; names as in expect_tar_tools.
round() {
    seal_ok "$1"
    back "$@"
}

back() {
    unseal_ok
    expect_same_tree "$1" "bag/data/${2-$(basename "$1")}"
    expect_tar_tools_agree "${@:3}"
}

# GNU tar and bsdtar unpack the same as unseal did.
expect_tar_tools_agree() {
    ! on_windows || return
    run unseal -q "${with[@]}" --raw -o raw.tar.zst sealed.bin
    listing -f bag/data >"$scratch/list"
    expect_tar_tools raw.tar.zst "$scratch/list" "$@"
    rm -f raw.tar.zst raw.tar.zst.custody.*
}

# The same, with names that not every system can hold: as they were; and as they are by default, where
# only names differ. back_exact SOURCE [names]
back_exact() {
    local digest
    unseal_ok
    digest=$(sed -n 's/^digest *//p' "$out")
    expect_dir bag/as-sealed
    expect_manifests
    expect_mtree
    listing -f bag/data | cut -d' ' -f1-5 | LC_ALL=C sort >"$scratch/default"
    check "D is in as-sealed" test "$(sha256sum <bag/as-sealed/tagmanifest-sha256.txt)" = "$digest  -"
    remove bag
    unseal_ok --exact-names
    expect_same_tree "$1" "bag/data/$1"
    expect_absent bag/as-sealed
    expect_tar_tools_agree "${@:2}"
    listing -f bag/data | cut -d' ' -f1-5 | LC_ALL=C sort >"$scratch/exact"
    cmp -s "$scratch/default" "$scratch/exact"
    judge "both should have the same items, sizes and times" $?
}

# sha256sum's own check, for names without the three characters that BagIt escapes.
expect_manifests() {
    (cd bag && sha256sum -c --quiet manifest-sha256.txt tagmanifest-sha256.txt) >"$out" 2>"$err"
    judge "sha256sum -c should hold" $?
}

# NetBSD's mtree agrees with the record: besides the tag files, which are not in it, and links, which
# are not in the bag, nothing is said.
expect_mtree() {
    needs mtree || return
    mtree -p bag -f bag/metadata.mtree -k type,size,time,sha256 >"$out" 2>"$err"
    grep -cE '^missing: ' "$out" >"$scratch/missing"
    grep -vE '^missing: |^extra: (as-sealed|bag-info.txt|bagit.txt|(tag)?manifest-sha256.txt|metadata.mtree)$' \
        "$out" >"$scratch/mtree"
    [ ! -s "$scratch/mtree" ] && [ ! -s "$err" ] && [ "$(wc -l <"$out")" -ge 5 ] &&
        [ "$(cat "$scratch/missing")" -eq "$(grep -c ' type=link ' bag/metadata.mtree)" ]
    judge "mtree should find nothing" $? "$(head -n 3 "$scratch/mtree")"
}
