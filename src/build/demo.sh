#!/bin/sh
# Shows the whole road on real files: evidence -> sealed file -> checked bag. Everything it makes is in
# build/demo, which is made anew each time. Called by `make demo`, which builds the programs first.
set -eu
cd "$(dirname "$0")/../.."

demo=build/demo
evidence=$demo/evidence
sealed=$demo/sealed.bin
bag=$demo/bag

say() { printf '\n%s\n' "$*"; }
stop() { printf '\ndemo: %s\n' "$*" >&2; exit 1; }

# run COMMAND: shows the command as one would type it, then runs exactly that.
run() {
    printf '\n    $ %s\n' "$1"
    status=0
    sh -c "$1" >"$demo/output" 2>&1 </dev/null || status=$?
    sed -n '1,24s/^/    /p' "$demo/output"
    [ "$status" = 0 ] || stop "that command failed with exit code $status."
}

# remove FOLDER: bags are read-only, so first the right to write is given back.
remove() {
    [ ! -d "$1" ] || chmod -R u+w "$1"
    rm -rf "$1"
}

# gather FILES MEGABYTES FIND-ARGUMENTS...: copies at most so much of what find finds, with its folders
# and their times. Links are not taken: Seal records them but does not make them again, and here what
# goes in is to come out the same. Nor are names that unseal would spell differently on disk, because
# not every system can hold them or tell them apart.
gather() {
    files=$1 megabytes=$2
    shift 2
    find "$@" -type f -size -8000k ! -path '*[]%\\:*?"<>|]*' ! -iregex '.*/\(con\|prn\|aux\|nul\)[./].*' \
        -printf '%s %p\n' 2>/dev/null | LC_ALL=C sort -k 2 |
        awk -v files="$files" -v bytes="${megabytes}000000" '
            { name = $0; sub(/^[0-9]+ /, "", name) }
            seen[tolower(name)]++ { next }
            ++n <= files && (sum += $1) <= bytes { printf "%s%c", name, 0 }' |
        xargs -0 -r cp -p --parents -t "$evidence" 2>/dev/null || :
}

# tree FOLDER: a line for each file and folder: kind, time of last change to the nanosecond, size.
tree() {
    (cd "$1" && find . -mindepth 1 \( -type d -printf '%y %T+ - %p\n' \) -o -printf '%y %T+ %s %p\n' |
        LC_ALL=C sort)
}

remove "$demo"
mkdir -p "$evidence"

say "1. EVIDENCE. Real pictures and documents of this machine are copied to $evidence,
   with their times, and two files with names in Cyrillic and Arabic are added."
gather 300 20 /usr/share \( -iname '*.jpg' -o -iname '*.jpeg' -o -iname '*.png' -o -iname '*.pdf' \) -size +8k
gather 20 1 /usr/share/common-licenses
gather 900 15 /usr/share/doc -size +4k
gather 300 5 /usr/include -size +4k
mkdir -p "$evidence/Протоколы" "$evidence/شهادات"
printf 'Свидетель видел всё.\n' >"$evidence/Протоколы/допрос № 1.txt"
printf 'رأى الشاهد كل شيء.\n' >"$evidence/شهادات/شهادة ١.txt"
touch -d '2021-03-04 05:06:07.123456789' "$evidence"/Протоколы/* "$evidence"/شهادات/*
run "find $evidence -type f | wc -l"
run "du -sh $evidence"

say "2. KEYS. The organization has a pair of keys; the sender has only the public one. (This pair is an
   example. Its secret key is known to everyone and has no passphrase: never use it in earnest.)"
run "build/sealkey show keys-example/example.pub"

say "3. SEAL. The sender turns the folder into one file, and keeps nothing that could open it.
   The receipt is a number to remember: the organization will see the same one."
run "build/seal --to keys-example/example.pub -o $sealed $evidence"

say "4. CARRY. To the courier the file is noise of a rounded length: no name, no recipient, no date."
run "ls -l $sealed"
run "od -A d -t x1 -N 96 $sealed"

say "5. UNSEAL. The organization opens it with the secret key. Nothing appears under its final name
   before all of it has been checked. Beside the bag stands a record of what came, when, and what was found."
run "build/unseal --key keys-example/example.key --operator 'M. Keller' --case 2026/118 -o $bag $sealed"
run "head -n 19 $bag.custody.txt"
run "build/unseal --key keys-example/example.key --list $sealed | tail -n 4"

say "6. CHECK, without Seal. What came out is a BagIt bag, an archive folder that lists its own contents.
   No word from sha256sum means that every file is as listed."
run "ls $bag $bag/data/evidence"
run "cd $bag && sha256sum -c --quiet manifest-sha256.txt"

say "7. COMPARE. The folder that went in and the folder that came out: contents first, then kind, size
   and time of every file and folder. No word from diff means no difference."
run "diff -r $evidence $bag/data/evidence"
tree "$evidence" >"$demo/tree-before"
tree "$bag/data/evidence" >"$demo/tree-after"
run "diff $demo/tree-before $demo/tree-after"

say "8. RECHECK, years later, with Seal: files, times, and that it is still the bag on record."
run "build/unseal --recheck $bag"

rm "$demo/output"
say "Done: $(wc -l <"$demo/tree-before") files and folders came out as they went in. All of it is in $demo; look around.
   The bag is read-only; to remove it: chmod -R u+w $demo && rm -r $demo"
