# Checks #include "..." lines: a file sees its own room, and of the rooms below it the public headers alone.
#
# A sub-room (bag/check) stands above its parent (bag) and sees all of the parent's headers; sub-rooms of one parent do
# not see each other. cli/ui is the other way round: it serves cli, which sees all of it.

BEGIN {
    # From the top down.
    count = split("cli cli/ui jobs intake custody bag/collect bag/check bag/recheck bag archive stream envelope keys " \
        "volume output text platform base", order, " ")
    for (i = 1; i <= count; i++) {
        rank[order[i]] = i
        name = order[i]
        sub(/.*\//, "", name)
        public[order[i]] = name ".h"
    }
    # Where there are several.
    public["base"] = "status.h reasons.def bytes.h text.h decoder.h hash.h sha256_many.h random.h clock.h base.h"
    public["bag/recheck"] = "recheck.h details.def"
    public["platform"] = "confine.h files.h process.h locale.h worker.h terminal.h crew.h ticker.h side_thread.h"
    public["text"] = "catalog.h"
    public["stream"] = "stream.h holed.h"
    public["archive"] = "archive.h torn.h"
    # What a job is asked, what it tells, and what it comes to; *_private.h is between jobs.
    public["jobs"] = "arrival.h drop_content.h drop_receive.h drop_record.h drop_request.h drop_target.h " \
        "dry_run.h file_digest.h inspect_job.h is_folder.h key_dialog.h key_kit.h key_make.h key_passwd.h " \
        "key_show.h limits.h mend_job.h open_headers.h receive_observer.h recheck_job.h seal_job.h seal_request.h " \
        "sealed_size.h set_check.h sets.h size_limit.h unseal_job.h"
    # Rooms that show text to people; no other may hold or choose wording.
    split("cli cli/ui custody text", words, " ")
    for (i in words)
        shows[words[i]]
}

function complain(what) { printf "%s:%d: %s\n", FILENAME, FNR, what }

# The folder that a path is in.
function folder(path) { return path ~ /\// ? substr(path, 1, match(path, /\/[^\/]*$/) - 1) : "" }
function parent(room) { return room ~ /\// ? folder(room) : "" }
function is_public(room, file) { return index(" " public[room] " ", " " file " ") }

FNR == 1 {
    room = FILENAME ~ /^src\// ? folder(substr(FILENAME, 5)) : ""
    if (room != "" && !(room in rank))
        complain("src/" room " is no room that src/build/rooms.awk knows")
}

# Tests may look into every room.
room != "" && /^[ \t]*#[ \t]*include[ \t]*"/ {
    split($0, quoted, "\"")
    header = quoted[2]
    to = folder(header)
    file = substr(header, length(to) + 2)
    if (!(to in rank))
        complain("\"" header "\": write \"room/header.h\"")
    else if (to == room || (room == "cli" && to == "cli/ui"))
        next
    else if (to == "text" && !(room in shows))
        complain("\"" header "\": only cli and custody show text, " room " does not")
    else if (parent(to) != "" && parent(to) == parent(room))
        complain("\"" header "\": sub-rooms of " parent(to) " do not see each other")
    else if (rank[to] < rank[room])
        complain("\"" header "\": " to " is above " room)
    else if (to != parent(room) && !is_public(to, file))
        complain("\"" header "\" is private to " to "; public is: " public[to])
}
