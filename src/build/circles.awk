# Finds files that lead back to themselves, by #include "..." lines or, within a room, by calls; x.c and x.h are one, and
# only the public header of a room (volume/volume.h) stands by itself. Prints each circle as A -> B -> A. Leans on our
# layout: definitions begin in column 1, and their braces stand alone. Calls of what each system has a half of are left out.

# The name of a file in the circles.
function node(file,    parts, n) {
    n = split(file, parts, "/")
    return parts[n] == parts[n - 1] ".h" ? file : substr(file, 1, length(file) - 2)
}

FNR == 1 {
    this = node(FILENAME)
    if (!(this in seen))
        files[++count] = this
    seen[this]
    known[FILENAME]
}

/^[ \t]*#[ \t]*include[ \t]*"/ {
    split($0, quoted, "\"")
    included[FILENAME] = included[FILENAME] " " quoted[2]
}

FILENAME !~ /^src\/.*\.c$/ { next }

/^[A-Za-z_].*\(/ && !/;$/ {
    name = $0
    sub(/\(.*/, "", name)
    sub(/.*[ *]/, "", name)
    own = /^static/
}
/^\{/ {
    if (own)
        hidden[this, name]
    else if (name in defined)
        defined[name] = "twice"
    else
        defined[name] = this
}
/^[ \t]/ {
    rest = $0
    gsub(/"([^"\\]|\\.)*"/, "", rest)
    while (match(rest, /[A-Za-z_][A-Za-z0-9_]*\(/)) {
        called[this] = called[this] " " substr(rest, RSTART, RLENGTH - 1)
        rest = substr(rest, RSTART + RLENGTH)
    }
}

# The file that an include in `from` means: beside it, or in one of the folders that the compiler looks into.
function resolve(from, header,    beside) {
    beside = from
    sub(/[^\/]*$/, "", beside)
    return node((beside header) in known ? beside header : ("src/" header) in known ? "src/" header : \
        ("tests/unit/" header) in known ? "tests/unit/" header : "tests/fuzz/" header)
}

# Goes down from a file. `trail` is the way to it, `to` the files that each leads to.
function visit(file, trail, to,    next_ones, n, i) {
    state[file] = "open"
    n = split(to[file], next_ones, " ")
    for (i = 1; i <= n; i++) {
        if (state[next_ones[i]] == "open")
            print how substr(trail, index(trail " -> ", next_ones[i] " -> ")) " -> " next_ones[i]
        else if (state[next_ones[i]] == "")
            visit(next_ones[i], trail " -> " next_ones[i], to)
    }
    state[file] = "done"
}

function visit_all(what, to,    i) {
    how = what
    split("", state)
    for (i = 1; i <= count; i++)
        if (state[files[i]] == "")
            visit(files[i], files[i], to)
}

function room(file) {
    sub(/\/[^\/]*$/, "", file)
    return file
}

function lead(to, from, target) {
    if (index(to[from] " ", " " target " ") == 0)
        to[from] = to[from] " " target
}

END {
    for (file in included) {
        n = split(included[file], headers, " ")
        for (i = 1; i <= n; i++) {
            target = resolve(file, headers[i])
            if (target != node(file) || file ~ "/" headers[i] "$")
                lead(includes, node(file), target)
        }
    }
    visit_all("includes: ", includes)
    for (file in called) {
        n = split(called[file], names, " ")
        for (i = 1; i <= n; i++)
            if ((names[i] in defined) && room(defined[names[i]]) == room(file) && defined[names[i]] != file && \
                !((file, names[i]) in hidden))
                lead(calls, file, defined[names[i]])
    }
    visit_all("calls: ", calls)
}
