# Compiles translations into a C table: awk -f po.awk TEXTS LANG.po... , where TEXTS is what texts.awk lists.
#
# A text is found by its id (msgctxt). It is left out, and appears in English, if it is not translated, marked as fuzzy,
# or if the English text has changed since (msgid). A translation that would not compile, or that has a {field} that
# the English text does not have, is an error.

function complain(what) {
    printf "%s:%d: %s\n", FILENAME, FNR, what > "/dev/stderr"
    failed = 1
}

# What stands between the quotes, fit for C.
function unquote(text) {
    sub(/^[^"]*"/, "", text)
    if (!sub(/"[ \t\r]*$/, "", text) || text !~ /^([^"\\]|\\[ntr"\\])*$/)
        complain("not a string that is understood")
    gsub(/\?/, "\\?", text) # no trigraphs
    return text
}

# Each {field} of text also stands in english, and lines end where they end there.
function check_text(text, english,    field) {
    if ((text ~ /\\n$/) != (english ~ /\\n$/))
        complain(id ": only one of the translation and the English text ends with \\n")
    gsub(/\{\{/, "", text)
    while (match(text, /\{[^}]*\}/)) {
        field = substr(text, RSTART, RLENGTH)
        if (!index(english, field))
            complain(id ": " field " is no field of the English text")
        text = substr(text, RSTART + RLENGTH)
    }
}

function begin_entry() {
    id = english = plural = part = ""
    fuzzy = forms = entry = 0
    split("", translated)
}

function end_entry(    i, row) {
    if (entry && id == "" && english == "")
        header(translated[0])
    else if (entry && !fuzzy && id in one && english == one[id] && plural == other[id]) {
        for (i = 0; i < forms; i++) {
            if (translated[i] == "")
                row = "missing"
            else
                check_text(translated[i], one[id] other[id])
        }
        # A plural text needs all forms that the language has.
        if (row == "" && forms == (plural == "" ? 1 : nplurals)) {
            for (i = 0; i < forms; i++)
                row = row (i ? ", " : "") "\"" translated[i] "\""
            rows = rows "    [T_" id "] = {" row "},\n"
        }
    }
    begin_entry()
}

function header(text,    expression) {
    if (!match(text, /nplurals *= *[1-6] *; *plural *= *[^;]*;/)) {
        complain("the header has no Plural-Forms with one to six forms")
        return
    }
    text = substr(text, RSTART, RLENGTH)
    match(text, /[1-6]/)
    nplurals = substr(text, RSTART, 1)
    expression = text
    sub(/^.*plural *= */, "", expression)
    sub(/;$/, "", expression)
    gsub(/\\\?/, "?", expression)
    if (expression !~ /^[n0-9 ()?:%&|<>=!]+$/)
        complain("plural= is not an expression that is understood")
    rule = expression
}

function end_language() {
    if (language == "")
        return
    if (rule == "")
        complain("it has no header")
    printf "static size_t form_%s(uint64_t n)\n{\n    (void)n;\n    return (size_t)(%s);\n}\n\n", language, rule
    printf "static const char *texts_%s[TEXT_COUNT][TEXT_FORMS_MAX] = {\n%s    [T_NONE] = {\"\"},\n};\n\n", language, rows
    catalogs = catalogs "    {\"" language "\", form_" language ", texts_" language "},\n"
    language = rule = rows = ""
    nplurals = 0
}

BEGIN {
    print "/* Made from src/text/po by src/build/po/po.awk. */"
    print "#include \"text/catalog.h\"\n#include \"text/catalog_private.h\"\n"
}

NR == FNR {
    split($0, column, "\t")
    gsub(/\?/, "\\?", column[3])
    gsub(/\?/, "\\?", column[4])
    one[column[1]] = column[3]
    other[column[1]] = column[4]
    next
}

FNR == 1 {
    end_entry()
    end_language()
    language = FILENAME
    gsub(/^.*\/|\.po$/, "", language)
    if (language !~ /^[A-Za-z]+(_[A-Za-z]+)?$/)
        complain("the file is not named after a language, such as ru.po or zh_CN.po")
}

{ sub(/\r$/, "") }
/^[ \t]*$/ { end_entry(); next }
/^#,.*fuzzy/ { if (part != "") end_entry(); fuzzy = 1; next }
/^#/ { if (part ~ /^msgstr/) end_entry(); next }
/^msgctxt / { if (part ~ /^msgstr/) end_entry(); part = "msgctxt"; id = unquote($0); entry = 1; next }
/^msgid / { if (part ~ /^msgstr/) end_entry(); part = "msgid"; english = unquote($0); entry = 1; next }
/^msgid_plural / { part = "msgid_plural"; plural = unquote($0); next }
/^msgstr / { part = "msgstr"; forms = 1; translated[0] = unquote($0); next }
/^msgstr\[[0-5]\] / {
    part = "msgstr"
    if (substr($0, 8, 1) != forms)
        complain("the forms are not in their order")
    translated[forms++] = unquote($0)
    next
}
/^"/ {
    if (part == "msgctxt") id = id unquote($0)
    else if (part == "msgid") english = english unquote($0)
    else if (part == "msgid_plural") plural = plural unquote($0)
    else if (part == "msgstr") translated[forms - 1] = translated[forms - 1] unquote($0)
    else complain("a text that belongs to nothing")
    next
}
{ complain("not understood: " $0) }

END {
    end_entry()
    end_language()
    printf "const struct catalog text_languages[] = {\n%s    {NULL, NULL, NULL},\n};\n", catalogs
    exit failed
}
