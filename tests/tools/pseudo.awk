# Makes a translation into no language, from what src/build/po/texts.awk lists: each text is put between brackets, so
# that what does not come from the catalog, and what is glued together, can be seen.

BEGIN {
    FS = "\t"
    print "msgid \"\""
    print "msgstr \"\""
    print "\"Content-Type: text/plain; charset=UTF-8\\n\""
    # Three forms, as Russian has.
    print "\"Plural-Forms: nplurals=3; plural=(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);\\n\""
}

# Line ends at either end stay there, as msgfmt wants.
function bracket(text, form,    head, tail) {
    if (match(text, /^(\\n)+/)) {
        head = substr(text, 1, RLENGTH)
        text = substr(text, RLENGTH + 1)
    }
    if (match(text, /(\\n)+$/)) {
        tail = substr(text, RSTART)
        text = substr(text, 1, RSTART - 1)
    }
    return "\"" head "⟦" text form "⟧" tail "\""
}

$3 == "" { next }
{ printf "\nmsgctxt \"%s\"\nmsgid \"%s\"\n", $1, $3 }
NF <= 3 { print "msgstr " bracket($3); next }
{
    printf "msgid_plural \"%s\"\n", $4
    print "msgstr[0] " bracket($3, "¹")
    print "msgstr[1] " bracket($4, "²")
    print "msgstr[2] " bracket($4, "³")
}
