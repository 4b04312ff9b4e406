# Checks #include "..." lines: a file sees its own room, and of the rooms below only ROOM/ROOM.h.

BEGIN {
    # From the top down.
    count = split("cli custody intake bag archive stream envelope keys volume platform base", order, " ")
    for (i = 1; i <= count; i++)
        rank[order[i]] = i
}

function complain(what) { printf "%s:%d: %s\n", FILENAME, FNR, what }

FNR == 1 {
    split(FILENAME, path, "/")
    room = path[1] == "src" ? path[2] : ""
    if (room != "" && !(room in rank))
        complain("src/" room " is no room that src/build/rooms.awk knows")
}

# Tests may look into every room.
room != "" && /^[ \t]*#[ \t]*include[ \t]*"/ {
    split($0, quoted, "\"")
    header = quoted[2]
    if (split(header, part, "/") != 2 || !(part[1] in rank))
        complain("\"" header "\": write \"room/header.h\"")
    else if (part[1] == room)
        next
    else if (rank[part[1]] < rank[room])
        complain("\"" header "\": " part[1] " is above " room)
    else if (part[2] != part[1] ".h")
        complain("\"" header "\" is private to " part[1] "; its public header is " part[1] "/" part[1] ".h")
}
