#!/bin/bash
# Builds the static programs as `make dist` does, and the same once more in another folder, at another time
# and with other settings; compares the bytes, and tries what came out.
#
#   tests/dist/run.sh [TARGET...]     all without arguments
#
# QUICK=1 builds once, compares nothing, and tries an eighth of the vectors. What it tries them with needs what `make test` made.
#
# The last line is the count: "N passed, N failed[, N skipped]".
set -u
cd "$(dirname "$0")/../.." || exit 1
root=$PWD
dist=$root/build/dist
scratch=$(mktemp -d "${TMPDIR:-/tmp}/seal-dist-XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT
targets=("$@")
[ $# -gt 0 ] || targets=(linux-x86_64 linux-aarch64 windows-x86_64)
passed=0 failed=0 skipped=0

check() {
    local what=$1
    shift
    if "$@" >"$scratch/log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAIL %s\n' "$what"
        sed 's/^/    /' "$scratch/log" | tail -n 20
    fi
}

end() {
    printf '%s passed, %s failed%s\n' "$passed" "$failed" "$([ "$skipped" -eq 0 ] || echo ", $skipped skipped")"
    [ "$failed" -eq 0 ]
    exit
}

skip() {
    skipped=$((skipped + 1))
    printf '     skipped: %s\n' "$1"
}

# ---- Twice ----------------------------------------------------------------------------------------

src/build/deps.sh dist
src/build/dist/dist.sh "${targets[@]}" || {
    failed=1
    end
}

build_again() {
    local other=$scratch/another-folder-with-a-longer-name target file
    mkdir -p "$other" "$scratch/home"
    cp -R Makefile src "$other"
    find "$other" -exec touch -d '2001-02-03 04:05:06' {} +
    (cd "$other" && umask 077 && HOME=$scratch/home LANG=de_DE.UTF-8 TZ=Asia/Tokyo SOURCE_DATE_EPOCH=1 \
        DIST_SOURCES=$root/build/dist-src src/build/dist/dist.sh "${targets[@]}") >"$scratch/again.log" 2>&1 ||
        { tail -n 20 "$scratch/again.log"; failed=$((failed + 1)); }
    for target in "${targets[@]}"; do
        for file in "$dist/$target"/*; do
            check "$target/${file##*/} is the same bytes again" cmp "$file" "$other/build/dist/$target/${file##*/}"
        done
    done
}
[ -n "${QUICK-}" ] || build_again

# ---- What came out --------------------------------------------------------------------------------

check "SHA256SUMS holds" sh -c "cd '$dist' && sha256sum --quiet -c SHA256SUMS"
check "it has every file" test "$(find "$dist" -type f ! -name 'SHA256SUMS*' | wc -l)" -eq "$(wc -l <"$dist/SHA256SUMS")"
check "the bill of materials is JSON, and has all" python3 - "$dist/sbom.cdx.json" src/build/dist/sources <<'PYTHON'
import json, sys
bill = json.load(open(sys.argv[1]))
have = {c["name"]: c for c in bill["components"]}
for line in open(sys.argv[2]):
    if line.startswith("#"):
        continue
    name, version, _, sum_, licence = line.split()[:5]
    assert have[name]["version"] == version, name
    assert have[name]["hashes"][0]["content"] == sum_, name
    assert have[name]["licenses"][0]["license"]["id"] == licence, name
assert bill["bomFormat"] == "CycloneDX"
PYTHON

for target in "${targets[@]}"; do
    for file in "$dist/$target"/*; do
        check "$target/${file##*/} is under 2 MiB" test "$(stat -c %s "$file")" -lt 2097152
        check "$target/${file##*/} does not say where it was built" sh -c "! grep -qaF -e '$root' -e '$scratch' '$file'"
        case $target in
        linux-*)
            check "$target/${file##*/} needs nothing of the system" sh -c "! readelf -ld '$file' | grep -E 'NEEDED|INTERP'"
            check "$target/${file##*/} lies anywhere in memory" sh -c "readelf -h '$file' | grep -q 'Type:.*DYN'"
            check "$target/${file##*/} is read-only where it can be" sh -c "readelf -lW '$file' | grep -q GNU_RELRO"
            check "$target/${file##*/} has no stack that can be run" sh -c "readelf -lW '$file' | grep 'GNU_STACK.*RW ' "
            ;;
        esac
    done
done

if command -v minisign >/dev/null; then
    cp "$dist/SHA256SUMS" "$scratch/SHA256SUMS"
    (cd "$scratch" && minisign -G -W -p pub -s key && minisign -S -s key -m SHA256SUMS -t test) >/dev/null 2>&1
    check "minisign verifies" minisign -V -p "$scratch/pub" -m "$scratch/SHA256SUMS"
    echo >>"$scratch/SHA256SUMS"
    check "and not what was changed" sh -c "! minisign -V -p '$scratch/pub' -m '$scratch/SHA256SUMS'"
fi

# ---- Tried ----------------------------------------------------------------------------------------

# runs_here TARGET: by itself, or with qemu, which must take open programs and their names from the kernel.
runs_here() {
    "$dist/$1/seal" --version >/dev/null 2>&1 && return
    [ "$1" = linux-aarch64 ] && [ "$(id -u)" -eq 0 ] && command -v qemu-aarch64 >/dev/null || return 1
    [ -e /proc/sys/fs/binfmt_misc/register ] || mount -t binfmt_misc none /proc/sys/fs/binfmt_misc 2>/dev/null
    printf '%s' ':qemu-aarch64:M::\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\xb7\x00:\xff\xff\xff\xff\xff\xff\xff\x00\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff:'"$(command -v qemu-aarch64)"':OFP' \
        2>/dev/null >/proc/sys/fs/binfmt_misc/register
    "$dist/$1/seal" --version >/dev/null 2>&1
}

# From a key to a kit, from that to volumes, and from those to a bag.
# shellcheck disable=SC2317 # called by check
try_kit() (
    here=$scratch/$1 program=seal-linux
    [ "$1" != linux-aarch64 ] || program=seal-linux-arm
    mkdir "$here" "$here/tree" && cd "$here" || return
    head -c 3000000 /dev/urandom >'tree/снимок.jpg'
    "$dist/$1/sealkey" new --no-passphrase -o org && "$dist/$1/sealkey" kit --to org.pub kit &&
        (cd kit && sha256sum --quiet -c SHA256SUMS) && "kit/$program" --split 1M --verify tree &&
        "$dist/$1/unseal" --key org.key -o bag kit/*.bin && cmp 'tree/снимок.jpg' 'bag/data/tree/снимок.jpg' &&
        "$dist/$1/unseal" --recheck bag
)

for target in "${targets[@]}"; do
    [[ $target == linux-* ]] || continue
    if ! runs_here "$target"; then
        skip "$target does not run here"
        continue
    fi
    uncaged=''
    [ "$target" = "linux-$(uname -m)" ] || uncaged=1 # under qemu there is no cage
    # Other suites look into programs with libraries of theirs, which static ones do not take.
    check "$target: tests/e2e/unseal/20_vectors.sh" env QUICK="${QUICK:+8}" BIN="$dist/$target" E2E_UNCAGED=$uncaged \
        tests/e2e/unseal/20_vectors.sh
    check "$target: from key to bag, by a kit" try_kit "$target"
    check "$target: tests/dist/fat.sh" env BIN="$dist/$target" E2E_UNCAGED=$uncaged tests/dist/fat.sh
done
end
