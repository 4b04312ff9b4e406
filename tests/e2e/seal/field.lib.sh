# shellcheck shell=bash
# What 31_field.sh and 36_edges.sh share; read in behind tools.sh.

keys=$scratch/keys
mkdir "$keys" && (cd "$keys" && take_keys alice.pub alice.key bob.pub)
to=(--to "$keys/alice.pub")
with=(--key "$keys/alice.key")
EXT4=0xef53

# sealed STATUS ARGUMENTS...: to sealed.bin and back to bag/.
sealed() {
    local want=$1
    shift
    remove sealed.bin bag
    run seal -q "${to[@]}" -o sealed.bin "$@"
    expect_exit "$want"
    take_back "$want"
}

# What seal said stays in $out and $err.
take_back() {
    unseal -q --exact-names "${with[@]}" -o bag sealed.bin >"$scratch/unseal" 2>&1
    [ $? -eq "$1" ]
    judge "unseal should exit with $1" $? "$(head -n 1 "$scratch/unseal")"
}

# label LINE: bag-info.txt has exactly this line. recorded LINE: so has metadata.mtree.
label() { check "a label: $1" grep -qxF -- "$1" bag/bag-info.txt; }
recorded() { check "on record: $1" grep -qxF -- "$1" bag/metadata.mtree; }
