#!/bin/sh
# Makes the cards: docs/cards/LANGUAGE/NAME.md becomes build/cards/LANGUAGE/NAME.html, one file that needs no
# other, and NAME.pdf, one tagged A4 page in the largest type that fits on it. Called by `make cards`.
#
# A new folder is a new language; its name is the code that HTML knows it by. The same sources and the same
# tools give the same bytes.
set -eu
cd "$(dirname "$0")/../.."

cards=docs/cards
made=build/cards
sizes='14pt 13.5pt 13pt 12.5pt 12pt'   # less than 12pt is hard to read: then the text is too long

die() { printf 'cards: %s\n' "$*" >&2; exit 1; }

for tool in cmark weasyprint pdfinfo pdffonts; do
    command -v "$tool" >/dev/null 2>&1 ||
        die "$tool is not installed (Debian: cmark weasyprint poppler-utils fonts-noto-core fonts-noto-mono)."
done

# No time of making goes into the files; some tools write one into the fonts of a PDF.
export SOURCE_DATE_EPOCH="${SOURCE_DATE_EPOCH:-0}" LC_ALL=C.UTF-8 TZ=UTC

direction_of() {
    case $1 in ar | ckb | dv | fa | he | ps | sd | ug | ur | yi) echo rtl ;; *) echo ltr ;; esac
}

# page SOURCE LANGUAGE SIZE: HTML.
page() {
    text=$(cmark --nobreaks "$1" | awk -f src/build/cards.awk)
    title=$(printf '%s\n' "$text" | sed -n 's/^<h1>\(.*\)<\/h1>$/\1/p')
    [ "$(printf '%s\n' "$title" | grep -c .)" = 1 ] || die "$1: there must be one heading of the first order, the title."
    cat <<PAGE
<!DOCTYPE html>
<html lang="$2" dir="$(direction_of "$2")">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
$(sed "s/font-size: SIZE;/font-size: $3;/" src/build/cards.css)
</style>
</head>
<body>
<main>$text
</main>
</body>
</html>
PAGE
}

# What a PDF says of itself, or nothing.
says() { pdfinfo "$1" | sed -n "s/^$2: *//p"; }

# make_card SOURCE LANGUAGE NAME: both files, and says how large the type is.
make_card() {
    base=$made/$2/$3
    mkdir -p "$made/$2"
    for size in $sizes; do
        page "$1" "$2" "$size" >"$base.html"
        weasyprint --quiet --pdf-variant pdf/ua-1 "$base.html" "$base.pdf"
        [ "$(says "$base.pdf" Pages)" != 1 ] || break
    done
    [ "$(says "$base.pdf" Pages)" = 1 ] || die "$1: $(says "$base.pdf" Pages) pages; there must be one. Say less."
    [ "$(says "$base.pdf" Tagged)" = yes ] || die "$base.pdf is not tagged."
    [ -n "$(says "$base.pdf" Title)" ] || die "$base.pdf has no title."
    case $(says "$base.pdf" 'Page size') in *A4*) ;; *) die "$base.pdf is not A4." ;; esac
    pdffonts "$base.pdf" | awk 'NR > 2 && !/Noto/ { exit 1 }' ||
        die "$1: some letters are in no font of Debian's fonts-noto-core and fonts-noto-mono."
    printf '%s  and .html, %s\n' "$base.pdf" "$size"
}

rm -rf "$made"
for source in "$cards"/*/*.md; do
    folder=${source%/*}
    make_card "$source" "${folder##*/}" "$(basename "$source" .md)"
done
