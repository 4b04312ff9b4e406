# Makes what cmark wrote fit for the cards.

# A command may be broken between its words, never within one: each is a span that does not wrap.
# Pieces of code may go over several lines; `code` remembers.
function keep_words_whole(line,    done, at, piece) {
    while (line != "") {
        at = index(line, code ? "</code>" : "<code>")
        piece = at ? substr(line, 1, at - 1) : line
        line = substr(line, length(piece) + 1)
        if (code) gsub(/[^ ]+/, "<span>&</span>", piece)
        done = done piece
        if (at) {
            done = done (code ? "</code>" : "<code>")
            line = substr(line, code ? 8 : 7)
            code = !code
        }
    }
    return done
}

# The stylesheet keeps white space, so a line end before a block in a list item would be an empty line.
{
    start = /^<pre>|^<\/li>/ ? "" : "\n"
    printf "%s%s", start, keep_words_whole($0)
}

END { print "" }
