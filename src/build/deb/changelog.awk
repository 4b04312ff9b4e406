# Debian's form of CHANGELOG.md: awk -v package= -v version= -v suffix= -v suite= -v maintainer= -v epoch=
# A section "## [Unreleased] 1.2.3" has the date of the sources, "## [1.2.3] - 2026-12-31" its own.

function flush_item(    words, count, i, line) {
    if (item == "") return
    count = split(item, words, " ")
    line = lead words[1]
    for (i = 2; i <= count; i++) {
        if (length(line " " words[i]) > 78) { print line; line = "    " words[i] }
        else line = line " " words[i]
    }
    print line
    item = ""
}

function finish_entry(    command, date) {
    if (!open_entry) return
    flush_item()
    command = "date -u -R -d " day
    command | getline date
    close(command)
    printf "\n -- %s  %s\n\n", maintainer, date
}

/^## / {
    finish_entry()
    day = match($0, /[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]/) ? substr($0, RSTART, RLENGTH) : "@" epoch
    number = match($0, /[0-9]+\.[0-9]+\.[0-9]+/) ? substr($0, RSTART, RLENGTH) : version
    if (!open_entry && number != version) {
        print "changelog: the newest section is of " number ", the programs are " version | "cat >&2"
        exit 1
    }
    open_entry = 1
    printf "%s (%s%s) %s; urgency=medium\n\n", package, number, suffix, suite
    next
}
!open_entry { next }
/^### / { flush_item(); sub(/^### /, ""); printf "\n  [ %s ]\n", $0; next }
/^$/ { flush_item(); next }
/^- / { flush_item(); lead = "  * "; item = substr($0, 3); next }
item == "" { lead = "  * " }
{ sub(/^ +/, ""); item = item == "" ? $0 : item " " $0 }
END { if (open_entry) finish_entry() }
