# shellcheck shell=bash
# A medium with faults of its own (tests/tools/badstick), for the scripts of this folder; read in behind tools.sh.

# The medium is seen at $stick, and has in truth what is in $truth.
stick=$scratch/stick truth=$scratch/truth
mkdir "$stick" "$truth"

# What is given to the programs lies on another, and their users may be others.
given=$scratch/given
mkdir "$given" && cd "$given" || exit 1
chmod 755 "$scratch"
take_keys alice.pub alice.key

# Not by looking at it: one that was pulled out shows nothing.
is_plugged() { grep -qF " $stick " /proc/self/mountinfo; }
unplug() { ! is_plugged || fusermount3 -u -z "$stick"; }
trap 'unplug; clean_up' EXIT

# plug [-c] FAULT...: with what is on it; see badstick/badstick.c.
plug() {
    local memory=()
    [ "$1" != -c ] || { memory=(-c); shift; }
    unplug
    badstick "${memory[@]}" "$truth" "$stick" "$@" >"$out" 2>"$err" && is_plugged
}

# bad [-c] FAULT...: the same, and an empty one.
bad() {
    unplug
    chmod -R u+w "$truth" # a bag is read-only
    find "$truth" -mindepth 1 -delete
    plug "$@"
    judge "a stick should be mounted" $? "$*"
}

# Ends the script, with a reason, where no such medium can be mounted.
need_medium() {
    scenario "a file system of our own"
    if ! command -v badstick >/dev/null; then
        skip "libfuse is not installed"
    elif ! plug sound; then
        skip "no file system can be mounted here ($(head -n 1 "$err"))"
    fi
    is_plugged || finish
    check "it is there" is_plugged
}
