#!/bin/sh
# Makes the sample files that the guides beside this script use. The content is invented, small, and the
# same in every run; only sealed files are random, as they always are.
#
#   samples.sh sender DIR          a case, a scan, a note, a public key, a folder for a stick; needs sealkey in PATH
#   samples.sh courier DIR         a stick with a file of random bytes, as a sealed file is
#   samples.sh organization DIR    an empty folder with a copy of this script
#   samples.sh drops KEY.pub DIR   what couriers might bring, sealed to KEY.pub; needs seal in PATH
#
# DIR must not exist yet.
set -eu
export LC_ALL=C

stop() { printf 'samples.sh: %s\n' "$*" >&2; exit 1; }

# A picture of 240 x 180 grey points in the format PGM, which a text can hold.
picture() {
    awk 'BEGIN {
        print "P2\n240 180\n255"
        for (y = 0; y < 180; y++)
            for (x = 0; x < 240; x++)
                print (x > 90 && x < 150 && y > 60 ? 40 : 255 - y)
    }'
}

# A PDF of one page with one line of text, and a table of the places of its five objects.
scan() {
    awk 'function object(text) { places[++count] = length(all); all = all count " 0 obj\n" text "\nendobj\n" }
    BEGIN {
        all = "%PDF-1.4\n"
        page = "BT /F1 24 Tf 72 720 Td (Order no. 12 of the camp commander) Tj ET"
        object("<< /Type /Catalog /Pages 2 0 R >>")
        object("<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
        object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R" \
            " /Resources << /Font << /F1 5 0 R >> >> >>")
        object("<< /Length " length(page) " >>\nstream\n" page "\nendstream")
        object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
        printf "%sxref\n0 6\n0000000000 65535 f \n", all
        for (i = 1; i <= count; i++) printf "%010d 00000 n \n", places[i]
        printf "trailer\n<< /Size 6 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", length(all)
    }'
}

make_case() {
    mkdir -p "$1/Протоколы"
    picture >"$1/IMG_0412.pgm"
    printf 'The trucks came at six in the morning.\n' >"$1/100% sure.txt"
    printf 'Свидетель видел всё.\n' >"$1/Протоколы/допрос № 1.txt"
    ln -s IMG_0412.pgm "$1/cover.pgm"
}

# The same times in every run.
set_times() {
    find "$1" ! -type l -exec touch -d 2026-11-19T18:20:00Z {} +
}

make_sender() {
    make_case "$1/case"
    scan >"$1/scan.pdf"
    printf 'Found in the second drawer.\nThe stamp is from 2019.\n' >"$1/note.txt"
    mkdir "$1/stick" "$1/desk"
    printf 'names of the guards\n' >"$1/desk/list.txt"
    mkfifo "$1/desk/pipe"
    set_times "$1"
    # The organization keeps its secret key; here nobody needs it.
    sealkey new -q -o "$1/org" --no-passphrase >/dev/null
    rm "$1/org.key"
}

make_courier() {
    mkdir "$1/stick" "$1/laptop"
    head -c 159744 /dev/urandom >"$1/stick/8r79zh3ze3.bin"
}

# Seals in silence; exit code 3 says that something was left out, which is wanted here.
seal_to() {
    key=$1
    shift
    seal -q --to "$key" "$@" >/dev/null 2>&1 || [ $? -eq 3 ] || stop "seal failed"
}

make_drops() {
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    make_case "$work/case"
    mkdir "$work/desk"
    printf 'names of the guards\n' >"$work/desk/list.txt"
    mkfifo "$work/desk/pipe"
    set_times "$work"
    seal_to "$1" -o "$2/parcel.bin" "$work/case"
    cp "$2/parcel.bin" "$2/resent.bin"
    seal_to "$1" -o "$2/desk.bin" "$work/desk"
    echo 'the meeting is on Friday' | seal_to "$1" -o "$2/message.bin" -
    # Eight bytes in the middle are overwritten.
    seal_to "$1" -o "$2/altered.bin" "$work/case"
    printf 'ALTERED!' | dd of="$2/altered.bin" bs=1 seek=40000 conv=notrunc 2>/dev/null
    head -c 70000 /dev/zero >"$2/holiday.bin"
}

case ${1-} in
sender | courier | organization)
    [ $# -eq 2 ] || stop "say: samples.sh $1 DIR"
    mkdir "$2"
    case $1 in
    organization) cp "$0" "$2/samples.sh" ;;
    *) "make_$1" "$2" ;;
    esac ;;
drops)
    [ $# -eq 3 ] || stop "say: samples.sh drops KEY.pub DIR"
    mkdir "$3"
    make_drops "$2" "$3" ;;
*)
    stop "say: samples.sh sender|courier|organization DIR, or samples.sh drops KEY.pub DIR" ;;
esac
