#!/bin/bash
# The programs for Windows, under Wine: `make check-windows`. All vectors, and what only they do.
#
# The last line is the count: "N passed, N failed[, N skipped]".
set -u
cd "$(dirname "$0")/../.." || exit 1
root=$PWD
exec </dev/null

src/build/deps.sh windows
newest=$(find src Makefile -newer build/dist/windows-x86_64/unseal.exe 2>/dev/null | head -n 1)
if [ ! -e build/dist/windows-x86_64/unseal.exe ] || [ -n "$newest" ]; then
    src/build/dist/dist.sh windows-x86_64 || { echo '0 passed, 1 failed'; exit 1; }
fi

scratch=$(mktemp -d "${TMPDIR:-/tmp}/seal-windows-XXXXXX") || exit 1
export WINEPREFIX=$scratch/prefix WINEDEBUG=-all WINEDLLOVERRIDES='mscoree=;mshtml=;winemenubuilder.exe='
unset DISPLAY
clean_up() {
    wineserver -k 2>/dev/null
    rm -rf "$scratch"
}
trap clean_up EXIT
wine wineboot -i >"$scratch/boot.log" 2>&1
if ! wine "$root/build/dist/windows-x86_64/seal.exe" --version >/dev/null 2>&1; then
    printf 'skipped: wine does not run here: %s\n' "$(tail -n 1 "$scratch/boot.log")"
    echo '0 passed, 0 failed, 1 skipped'
    exit
fi
wineserver -p

# What the scripts call by the names it has on Linux. Now and then, on a busy machine, Wine's server hangs up on a program, which
# then ends with 1: with a word if it has not begun yet, else without. Ours never end so without a word. It is tried
# again, and counted.
mkdir "$scratch/bin"
for program in seal unseal sealkey; do
    cat >"$scratch/bin/$program" <<END
#!/bin/sh
[ ! -t 2 ] || exec wine "$root/build/dist/windows-x86_64/$program.exe" "\$@"
said=$scratch/said.\$\$
for try in 1 2 3; do
    wine "$root/build/dist/windows-x86_64/$program.exe" "\$@" 2>"\$said"
    status=\$?
    [ \$status = 1 ] && [ ! -s "\$said" ] || grep -q '^wine client error:0: ' "\$said" || break
    echo "$program" >>"$scratch/hung-up"
done
cat "\$said" >&2
rm -f "\$said"
exit \$status
END
    chmod +x "$scratch/bin/$program"
done
x86_64-w64-mingw32-gcc-posix -municode -O2 -o "$scratch/hold.exe" tests/windows/hold.c

passed=0 failed=0 skipped=0
for script in tests/e2e/unseal/20_vectors.sh tests/windows/scenarios.sh; do
    p=0 f=1 s=0
    : >"$scratch/result"
    BIN=$scratch/bin E2E_UNCAGED=1 E2E_SYSTEM=windows E2E_RESULTS=$scratch/result HOLD=$scratch/hold.exe "$script"
    [ ! -s "$scratch/result" ] || read -r _ p f s <"$scratch/result"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done
[ ! -e "$scratch/hung-up" ] || printf 'Wine hung up %d times before a program began.\n' "$(wc -l <"$scratch/hung-up")"
printf '%s passed, %s failed%s\n' $passed $failed "$([ $skipped -eq 0 ] || echo ", $skipped skipped")"
[ $failed -eq 0 ]
