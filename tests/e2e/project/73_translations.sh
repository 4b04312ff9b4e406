#!/bin/bash
# Translations: src/build/po turns PO files into C. What it makes of one is held against gettext's msgfmt.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"

po=$root/src/build/po

cat >"$scratch/texts.def" <<'END'
/* About files
 * and sizes. */
TEXT(NONE, "")
TEXT(GREETING, "Hello, "
    "{name}: \"{word}\" \\ {{x}}\n") /* ---- Numbers ---- */
PLURAL(COUNT, "{count} file",
    "{count} files")
END

# translation FILE HEADER-EXPRESSION <ENTRIES
translation() {
    printf 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: %s;\\n"\n\n' "$2" >"$1"
    cat >>"$1"
}
# compile FILE...: leaves languages.c
compile() {
    awk -f "$po/texts.awk" "$scratch/texts.def" >texts
    awk -f "$po/po.awk" texts "$@" >languages.c 2>"$err"
    status=$?
}
# has TEXT: languages.c has this line.
has() { check "languages.c has: $1" grep -qxF -- "$1" languages.c; }
lacks() { check "languages.c lacks $1" sh -c "! grep -qF -- '$1' languages.c"; }

scenario "the English texts are listed with their comments"
awk -f "$po/texts.awk" "$scratch/texts.def" >texts
printf '%s\t%s\t%s\n' NONE 'About files and sizes.' '' \
    GREETING 'About files and sizes.' 'Hello, {name}: \"{word}\" \\ {{x}}\n' >expected
printf '%s\t%s\t%s\t%s\n' COUNT Numbers '{count} file' '{count} files' >>expected
check "as they are" diff expected texts
for bad in 'TEXT(A, b)' 'TEXT(A, "b"' 'TXT(A, "b")' '#if X'; do
    printf '%s\n' "$bad" >bad.def
    check "refused: $bad" sh -c "! awk -f '$po/texts.awk' bad.def"
done

scenario "a translation is compiled"
translation ru.po 'nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2)' <<'END'
# A translator's word.
#, no-c-format
msgctxt "GREETING"
msgid ""
"Hello, {name}: "
"\"{word}\" \\ {{x}}\n"
msgstr "«{word}» "
"\\ {{x}}, {name}??!\n"

msgctxt "COUNT"
msgid "{count} file"
msgid_plural "{count} files"
msgstr[0] "{count} файл"
msgstr[1] "{count} файла"
msgstr[2] "{count} файлов"
END
compile ru.po
expect_exit 0
expect_no_err
has '    [T_GREETING] = {"«{word}» \\ {{x}}, {name}\?\?!\n"},'
has '    [T_COUNT] = {"{count} файл", "{count} файла", "{count} файлов"},'
has '    {"ru", form_ru, texts_ru},'
check "msgfmt takes it, too" msgfmt -c --check-accelerators -o /dev/null ru.po

scenario "what cannot be used is left out"
translation fr.po 'nplurals=2; plural=n > 1' <<'END'
#, fuzzy
msgctxt "GREETING"
msgid "Hello, {name}: \"{word}\" \\ {{x}}\n"
msgstr "uncertain\n"
msgctxt "COUNT"
msgid "{count} thing"
msgid_plural "{count} things"
msgstr[0] "stale"
msgstr[1] "stale"

msgctxt "GONE"
msgid "gone"
msgstr "gone"
#~ msgctxt "OLD"
#~ msgid "old"
#~ msgstr "old"
END
translation zh_CN.po 'nplurals=1; plural=0' <<'END'
msgctxt "GREETING"
msgid "Hello, {name}: \"{word}\" \\ {{x}}\n"
msgstr ""

msgctxt "COUNT"
msgid "{count} file"
msgid_plural "{count} files"
msgstr[0] "{count} 个文件"
END
compile fr.po zh_CN.po
expect_exit 0
expect_no_err
lacks uncertain
lacks stale
lacks gone
lacks old
lacks T_GREETING
has '    [T_COUNT] = {"{count} 个文件"},'
has '    {"fr", form_fr, texts_fr},'
has '    {"zh_CN", form_zh_CN, texts_zh_CN},'

scenario "a fault is an error, and says where it is"
# refused WHAT LINE <ENTRIES: the message names the line of the PO file, which has 5 lines before its entries.
refused() {
    translation es.po "${3:-nplurals=2; plural=(n != 1)}"
    compile es.po
    check "$1: fails" test "$status" -ne 0
    expect_err "^es\.po:$2: "
}
greeting='msgctxt "GREETING"
msgid "Hello, {name}: \"{word}\" \\ {{x}}\n"'
refused "a field that the text does not have" '[0-9]+' <<<"$greeting"$'\nmsgstr "{size}\\n"'
expect_err '\{size\} is no field of the English text'
refused "no line end" '[0-9]+' <<<"$greeting"$'\nmsgstr "{name}"'
refused "what ends the string" 8 <<<"$greeting"$'\nmsgstr "a" "b"'
refused "an unknown escape" 8 <<<"$greeting"$'\nmsgstr "\\x41"'
refused "text that belongs to nothing" 6 <<<'"text"'
refused "what is no PO" 6 <<<'TEXT(A, "b")'
refused "forms in disorder" 9 <<<$'msgctxt "COUNT"\nmsgid "{count} file"\nmsgid_plural "{count} files"\nmsgstr[1] "a"'
refused "a rule that is no expression" '[0-9]+' 'nplurals=2; plural=system(n)' <<<''
refused "more forms than there are" '[0-9]+' 'nplurals=7; plural=n' <<<''
translation ru_RU_x.po 'nplurals=1; plural=0' <<<''
compile ru_RU_x.po
check "a file that is not named after a language" test "$status" -ne 0

scenario "the template"
check "is made" make -s -C "$root" pot
check "msgfmt takes it" msgfmt -c -o /dev/null "$root/build/seal.pot"
check "it has every text" test "$(grep -c '^msgctxt' "$root/build/seal.pot")" -eq \
    "$(grep -hoE '\b(TEXT|PLURAL)\([A-Z]' "$root"/src/text/*.def | wc -l | awk '{ print $1 - 3 }')"

scenario "the translations that there are"
shopt -s nullglob
for file in "$BIN/obj/qps.po" "$root"/src/text/po/*.po; do
    check "$file" msgfmt -c -o /dev/null "$file"
done

finish
