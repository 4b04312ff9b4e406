# Makes the template that translators begin with, from what texts.awk lists.

BEGIN {
    FS = "\t"
    print "msgid \"\""
    print "msgstr \"\""
    print "\"Project-Id-Version: seal\\n\""
    print "\"MIME-Version: 1.0\\n\""
    print "\"Content-Type: text/plain; charset=UTF-8\\n\""
    print "\"Content-Transfer-Encoding: 8bit\\n\""
    print "\"Language: \\n\""
    print "\"Plural-Forms: nplurals=2; plural=(n != 1);\\n\""
}

# An empty msgid is the header's.
$3 == "" { next }
{ print "" }
$2 != "" { print "#. " $2 }
{
    print "msgctxt \"" $1 "\""
    print "msgid \"" $3 "\""
}
NF > 3 { print "msgid_plural \"" $4 "\""; print "msgstr[0] \"\""; print "msgstr[1] \"\"" }
NF <= 3 { print "msgstr \"\"" }
