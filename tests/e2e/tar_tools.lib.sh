# shellcheck shell=bash
# Other readers of the tar in a sealed file: GNU tar, and bsdtar, which is libarchive's.

# The content of a bag, as --raw gives it, into a new folder named after the tool.
unpack_with() {
    rm -rf "$1"
    mkdir "$1"
    case $1 in
    gnu) zstd -dcq "$2" | tar -x -C gnu ;;
    bsd) zstd -dcq "$2" | bsdtar -x -C bsd -f - ;;
    esac >"$out" 2>"$err"
    status=$((PIPESTATUS[0] + PIPESTATUS[1]))
}

# A list of files and folders without what a tool cannot say: libarchive reads a time before 1970 with a fraction one
# second too late; no tool gives a folder without an entry a time ("implied" in the list of a vector).
as_read_by() {
    awk -v tool="$1" '
        { split($4, t, ".") }
        $4 == "implied" || (tool == "bsd" && t[1] < 0 && t[2] + 0 != 0) { $4 = "?" }
        { $2 = "?"; print }' | LC_ALL=C sort
}

# expect_tar_tools RAW LIST: both tools unpack just the tree of LIST (as listing writes one of data/). bsdtar brings names to one
# Unicode normal form, so that two may become one: with a third argument its names are not compared.
expect_tar_tools() {
    local tool
    for tool in gnu bsd; do
        [ $tool = gnu ] || needs bsdtar || continue
        unpack_with $tool "$1"
        expect_exit 0
        listing -f $tool/data | as_read_by $tool >"$scratch/unpacked"
        as_read_by $tool <"$2" >"$scratch/expected"
        # What was not given a time by the tool has one.
        awk 'NR == FNR { if ($4 == "?") any[$6] = 1; next } $6 in any { $4 = "?" } { print }' \
            "$scratch/expected" "$scratch/unpacked" | LC_ALL=C sort >"$scratch/got"
        if [ -n "${3-}" ] && [ $tool = bsd ]; then
            check "bsdtar makes fewer files of it" test "$(wc -l <"$scratch/got")" -lt "$(wc -l <"$scratch/expected")"
        else
            cmp -s "$scratch/expected" "$scratch/got"
            judge "$tool: the tree should be the same" $? "$(diff "$scratch/expected" "$scratch/got" | head -n 4)"
        fi
        rm -rf $tool
    done
}
