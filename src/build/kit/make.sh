#!/bin/sh
# What goes onto a sender's stick besides the programs: make.sh DIR. A page in each language, and seal.sh.
set -eu
here=$(dirname "$0")
mkdir -p "$1"
for words in "$here"/words/*; do
    language=$(basename "$words")
    page=READ-ME-FIRST.$language.html
    [ "$language" != en ] || page=READ-ME-FIRST.html
    awk -f "$here/page.awk" "$words" "$here/page.html" >"$1/$page"
done
cp "$here/seal.sh" "$1"
