#!/bin/bash
# The documents for readers: their commands run as they stand, and show what the documents say. tests/tools/guide.py
# says how commands stand in a document. After a change of wording, GUIDE_UPDATE=1 writes what the programs
# show into the documents.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"

# follow DOCUMENT: runs its commands in the current folder, as in the folder of the sources.
follow() {
    [ -e docs ] || ln -s "$root/docs" "$root/keys-example" .
    [ -e build ] || ln -s "$BIN" build
    HOME=$PWD run "$root/tests/tools/guide.py" ${GUIDE_UPDATE:+--update} "$root/$1"
    expect_exit 0
    grep -v ' passed, ' "$out"
}

# The organization's guide types passphrases, each of which takes seconds.
guides=(sender courier organization)
[ -z "${QUICK-}" ] || guides=(sender courier)
for guide in "${guides[@]}"; do
    scenario "docs/guide/$guide.md"
    follow "docs/guide/$guide.md"
done

scenario "README.md, first use"
cp "$root/LICENSE" .
follow README.md

scenario "docs/CUSTODY.md, from the sealed file to the check by hand"
if needs mtree; then
    sealkey new -q -o org --no-passphrase >"$out"
    sh "$root/docs/guide/samples.sh" drops org.pub inbox
    mv inbox/parcel.bin .
    follow docs/CUSTODY.md
fi

scenario "every guide makes its samples"
for guide in "$root"/docs/guide/*.md; do
    check "$(basename "$guide") is followed" grep -q '^\$ sh docs/guide/samples.sh' "$guide"
done

scenario "samples are made but once"
mkdir taken
run sh "$root/docs/guide/samples.sh" courier taken
expect_exit 1
expect_empty_dir taken

# The anchors of a document, as GitHub makes them of headings.
anchors() { sed -n 's/^##* //p' "$1" | tr '[:upper:]' '[:lower:]' | sed "s/[^[:alnum:] _-]//g; s/ /-/g"; }

scenario "links lead to files and headings that are there"
for document in "$root"/*.md "$root"/docs/*.md "$root"/docs/guide/*.md; do
    while IFS='#' read -r path anchor; do
        target=$document
        [ -z "$path" ] || target=$(dirname "$document")/$path
        check "${document#"$root/"} links to $path" test -e "$target"
        [ -z "$anchor" ] || check "${document#"$root/"} links to $path#$anchor" grep -qxF "$anchor" <(anchors "$target")
    done < <(grep -oE '\]\([^) :]+\)' "$document" | sed 's/^](//; s/)$//')
done

finish
