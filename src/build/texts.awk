# Finds decisions by text: a comparison of what a fault or a detail says in words. They are data for that.

# Where the parenthesis that is open in text closes; 0: not in it.
function closing(text,    depth, i) {
    depth = 1
    for (i = 1; i <= length(text); i++) {
        depth += (substr(text, i, 1) == "(") - (substr(text, i, 1) == ")")
        if (depth == 0)
            return i
    }
    return 0
}

{
    rest = $0
    line = FNR
    gsub(/"([^"\\]|\\.)*"/, "\"\"", rest)
    while (match(rest, /(^|[^A-Za-z0-9_])strn?cmp[ \t]*\(/)) {
        rest = substr(rest, RSTART + RLENGTH)
        # Arguments may stand in several lines.
        while (!closing(rest) && (getline more) > 0) {
            gsub(/"([^"\\]|\\.)*"/, "\"\"", more)
            rest = rest " " more
        }
        if (substr(rest, 1, closing(rest)) ~ /(->|\.)what([^A-Za-z0-9_]|$)|reason|message|detail/)
            printf "%s:%d: decides by comparing text\n", FILENAME, line
    }
}
