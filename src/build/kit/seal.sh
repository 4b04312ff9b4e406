#!/bin/sh
# Runs the program for this computer from the stick: sh seal.sh FOLDER...
# Many systems let no program run from a stick. Then a copy in memory is run, and removed at the end.
here=$(cd "$(dirname "$0")" && pwd) || exit 1
case $(uname -m) in
x86_64 | amd64) program=seal-linux ;;
aarch64 | arm64) program=seal-linux-arm ;;
*)
    echo "There is no program here for this kind of computer ($(uname -m))." >&2
    exit 1
    ;;
esac
if [ ! -f "$here/$program" ]; then
    echo "There is no program here for this kind of computer: $program is missing." >&2
    exit 1
fi
for argument; do
    case $argument in
    -t | -t* | --to | --to=* | -o | -o* | --output | --output=* | -h | --help | -V | --version) given=yes ;;
    esac
done
if [ -z "${given-}" ]; then
    set -- --to "$here/recipient.pub" -o "$here" "$@"
fi
if "$here/$program" --version >/dev/null 2>&1; then
    exec "$here/$program" "$@"
fi
for memory in /dev/shm "${XDG_RUNTIME_DIR-}" /tmp; do
    [ -d "$memory" ] || continue
    copy=$(mktemp -d "$memory/XXXXXXXX" 2>/dev/null) || continue
    trap 'rm -rf "$copy"' EXIT
    trap 'exit 130' INT TERM HUP
    if cp "$here/$program" "$copy/seal" && chmod 700 "$copy/seal" && "$copy/seal" --version >/dev/null 2>&1; then
        "$copy/seal" "$@"
        exit $?
    fi
    rm -rf "$copy"
done
echo "This system lets no program run from the stick, nor from memory." >&2
exit 1
