# Lists the English texts of the *.def files given, a line each, in their order:
#
#     ID <tab> the comment above it <tab> text [<tab> text for more than one]
#
# Texts are as they stand between the quotes, escaped as in C; a PO file escapes the same way.

function complain(what) {
    printf "%s: %s\n", file, what > "/dev/stderr"
    failed = 1
    exit 1
}

# Takes what matches from the beginning of rest; false if nothing does.
function take(pattern) {
    if (!match(rest, "^" pattern))
        return 0
    taken = substr(rest, 1, RLENGTH)
    rest = substr(rest, RLENGTH + 1)
    return 1
}

# One or several literals, which the compiler would join.
function take_string(    text, any) {
    while (take("[ \n]*\"([^\"\\\\]|\\\\.)*\"")) {
        sub(/^[ \n]*"/, "", taken)
        text = text substr(taken, 1, length(taken) - 1)
        any = 1
    }
    if (!any)
        complain(id " has no text")
    return text
}

function clean(comment) {
    gsub(/^\/\*+|\*+\/$|----+/, "", comment)
    gsub(/\n *\*/, "\n", comment)
    gsub(/[ \n]+/, " ", comment)
    gsub(/^ | $/, "", comment)
    return comment
}

function list(    comment, line) {
    while (rest != "") {
        if (take("[ \n]+") || take("#include[^\n]*"))
            continue
        if (take("/\\*([^*]|\\*+[^*/])*\\*+/")) {
            comment = clean(taken)
        } else if (take("(TEXT|PLURAL)\\([A-Z0-9_]+,")) {
            id = taken
            gsub(/^[A-Z]+\(|,$/, "", id)
            line = id "\t" comment "\t" take_string()
            if (take("[ \n]*,"))
                line = line "\t" take_string()
            if (!take("[ \n]*\\)"))
                complain(id " does not end with )")
            print line
        } else {
            complain("not understood: " substr(rest, 1, 40))
        }
    }
}

FNR == 1 && NR > 1 { list() }
FNR == 1 { file = FILENAME; rest = "" }
{ rest = rest $0 "\n" }
END { if (!failed) list() }
