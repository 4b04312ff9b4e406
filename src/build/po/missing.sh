#!/bin/sh
# Says which texts a translation lacks, or has of English words that have changed since; those appear in English. Each
# language has what a sender and a courier meet; those of `whole` have all.
cd "$(dirname "$0")/../../.." || exit 1

here=src/build/po
texts=src/text
sender="$texts/shared.def $texts/seal.def $texts/faults.def $texts/errors.def"
whole=' ru fr '
all=$(mktemp)
have=$(mktemp)
trap 'rm -f "$all" "$have"' EXIT

for file in "$texts"/po/*.po; do
    language=$(basename "$file" .po)
    wanted=$sender
    case $whole in *" $language "*) wanted=$(echo "$texts"/*.def) ;; esac
    # shellcheck disable=SC2086 # names without spaces
    awk -f $here/texts.awk $wanted >"$all"
    awk -f $here/po.awk "$all" "$file" | sed -n 's/^    \[T_\([A-Z0-9_]*\)\] = .*/\1/p' >"$have"
    cut -f 1 "$all" | grep -vxF -f "$have" | sed "s|^|$file lacks |"
done
