# shellcheck shell=bash
# What 56_shapes.sh and 56_shapes_headers.sh share: bags forged with tests/tools/forge.py, and that each is refused.
# Read in behind tools.sh.

needs python3 || finish

keys=$scratch/keys
mkdir "$keys" && (cd "$keys" && take_keys alice.pub alice.key)
with=(--key "$keys/alice.key")
forge_start "$keys/alice.pub"

# ---- What lies outside -----------------------------------------------------------------------------

# Where a link from data/, one level below or at the top of the bag, or an absolute one could lead to.
victim=$scratch/victim
mkdir -p "$victim/dir"
echo precious >"$victim/file"
echo secret >"$victim/dir/authorized_keys"
chmod 600 "$victim/file" "$victim/dir/authorized_keys"
chmod 700 "$victim/dir"
touch -d '2020-02-02 02:02:02.020202020' "$victim/file" "$victim/dir/authorized_keys" "$victim/dir"

# All that a system tells of it, but when it was last read.
look_at_victim() {
    find "$victim" -printf '%p %y %m %U:%G %s %T+ %C+ %n %i %l\n' | LC_ALL=C sort
    find "$victim" -type f -exec sha256sum {} +
    ! command -v getfacl >/dev/null 2>&1 || getfacl -Rp "$victim"
    find "$scratch" "$(dirname "$scratch")" -maxdepth 1 -name '*evil*'
}
look_at_victim >"$scratch/victim.before" 2>/dev/null

expect_untouched() {
    look_at_victim >"$scratch/victim.after" 2>/dev/null
    cmp -s "$scratch/victim.before" "$scratch/victim.after"
    judge "what lies outside should be as it was" $? \
        "$(diff "$scratch/victim.before" "$scratch/victim.after" | head -n 4)"
}

# ---- Refused ---------------------------------------------------------------------------------------

# refused CLAUSE <DESCRIPTION: CLAUSE is what the message says was found. With all=1, however it is opened.
refused() {
    forge sealed.bin
    refused_as_it_is "$1"
    rm -f sealed.bin
}

refused_as_it_is() {
    refused_with "$1" -o bag
    if [ -n "${all-}" ]; then
        refused_with "$1" -o bag --exact-names --writable
        refused_with "$1" -o today/
        run unseal "${with[@]}" --verify -o check sealed.bin
        expect_exit 6
        expect_message "$1"
        expect_names . check.custody.json check.custody.txt sealed.bin
        check "the record says why" grep -q '"verdict": "breaks-rules"' check.custody.json
        rm check.custody.*
    fi
    extracted_harmless
    expect_untouched
}

refused_with() {
    local clause=$1
    shift
    run unseal "${with[@]}" "$@" sealed.bin
    expect_exit 6
    expect_no_out
    expect_message ": it arrived intact, but what is inside breaks the rules \(.*$clause.*\)\. Nothing of it was kept: treat its source with suspicion\.$"
    [ ! -d today ] || expect_names today
    rmdir today 2>/dev/null
    expect_names . sealed.bin
}

# Only the record at the end is read, and what is asked for. Where the trick is in neither, it is not
# seen; but no more comes out than files and folders.
extracted_harmless() {
    run unseal "${with[@]}" --extract data -o extract sealed.bin
    if [ "$status" -eq 0 ]; then
        check "only files and folders" test -z "$(find extract ! -type f ! -type d)"
        remove extract
    else
        judge "taking out all of it should not work" "$((status == 6 || status == 2 ? 0 : 1))"
        expect_no_out
    fi
    expect_names . sealed.bin
}

KIND='an entry of a forbidden kind'
NAME='a name in its archive is not allowed'
OUTSIDE='it holds something outside its data folder'
TWICE='a name stands in it twice'
BOTH='a name in it is a file and a folder at once'
MALFORMED='its archive is malformed'
WITHIN='its archive ends within a file'
AFTER='something follows the end of its archive'

# Without these, all that follows proves nothing: the forge makes good bags.
