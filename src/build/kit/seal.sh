#!/bin/sh
# Runs the program for this computer from the stick, from whatever folder it is called: sh seal.sh FOLDER...
# Many systems let no program run from a stick. Then a copy elsewhere is run, in memory if there is any, and removed at
# the end.
unset CDPATH
here=$(cd -- "$(dirname -- "$0")" && pwd -P) || exit 1
stop() {
    echo "$*" >&2
    exit 1
}
case $(uname -m) in
x86_64 | amd64) program=seal-linux ;;
aarch64 | arm64) program=seal-linux-arm ;;
i?86 | arm*) stop "This computer, or its system, has 32 bits ($(uname -m)). The programs here need 64: use another computer." ;;
*) stop "There is no program here for this kind of computer ($(uname -m))." ;;
esac
[ -f "$here/$program" ] || stop "There is no program here for this kind of computer: $program is missing."

to='' output='' is_value=''
for argument; do
    if [ -n "$is_value" ]; then
        is_value=''
        continue
    fi
    case $argument in
    --) break ;;
    --to=*) to=given ;;
    --to) to=given is_value=yes ;;
    --o*=*) output=given ;;
    --o*) output=given is_value=yes ;;
    --h* | --vers* | help) to=given output=given ;;
    --*) ;;
    -?*)
        case $(printf '%s' "$argument" | sed 's/^-[nqv]*//') in
        t) to=given is_value=yes ;;
        t*) to=given ;;
        o) output=given is_value=yes ;;
        o*) output=given ;;
        h* | V*) to=given output=given ;;
        esac
        ;;
    esac
    # "." here, or the whole stick, would be the programs and the key.
    if [ -d "$argument" ]; then
        folder=$(cd -- "$argument" 2>/dev/null && pwd -P) || continue
        case $here/ in
        "${folder%/}"/*) stop "$argument holds these programs and the key. Put what you want to send into a folder of its own, and name that." ;;
        esac
    fi
done
[ -n "$output" ] || set -- -o "$here" "$@"
[ -n "$to" ] || set -- --to "$here/recipient.pub" "$@"
if "$here/$program" --version >/dev/null 2>&1; then
    exec "$here/$program" "$@"
fi
# The last two are not memory, but all there is on some phones (Termux).
for place in /dev/shm "${XDG_RUNTIME_DIR-}" /tmp "${TMPDIR-}" "${HOME-}"; do
    [ -d "$place" ] || continue
    copy=$(mktemp -d "$place/XXXXXXXX" 2>/dev/null) || continue
    trap 'rm -rf "$copy"' EXIT
    trap 'exit 130' INT TERM HUP
    if cp "$here/$program" "$copy/seal" && chmod 700 "$copy/seal" && "$copy/seal" --version >/dev/null 2>&1; then
        "$copy/seal" "$@"
        exit $?
    fi
    rm -rf "$copy"
done
stop "This system lets no program run from the stick, nor from anywhere else."
