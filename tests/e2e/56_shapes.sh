#!/bin/bash
# Archives of the shapes that broke other programs, and the tricks that tar, zip and zstd are known
# for: each in a bag whose record is right otherwise. They are refused with exit code 6 and one
# sentence, nothing is left of them, and what lies outside is not touched: not its bytes, mode, owner
# or times.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"

scenario "what these tests need"
needs python3 || finish

keys=$scratch/keys
mkdir "$keys" && (cd "$keys" && take_keys alice.pub alice.key)
with=(--key "$keys/alice.key")
forge_start "$keys/alice.pub"

# ---- What lies outside -----------------------------------------------------------------------------

# Where a link from data/, one level below or at the top of the bag, or an absolute one could lead to.
victim=$scratch/victim
mkdir -p "$victim/dir"
echo precious >"$victim/file"
echo secret >"$victim/dir/authorized_keys"
chmod 600 "$victim/file" "$victim/dir/authorized_keys"
chmod 700 "$victim/dir"
touch -d '2020-02-02 02:02:02.020202020' "$victim/file" "$victim/dir/authorized_keys" "$victim/dir"

# All that a system tells of it, but when it was last read.
look_at_victim() {
    find "$victim" -printf '%p %y %m %U:%G %s %T+ %C+ %n %i %l\n' | LC_ALL=C sort
    find "$victim" -type f -exec sha256sum {} +
    ! command -v getfacl >/dev/null 2>&1 || getfacl -Rp "$victim"
    find "$scratch" "$(dirname "$scratch")" -maxdepth 1 -name '*evil*'
}
look_at_victim >"$scratch/victim.before" 2>/dev/null

expect_untouched() {
    look_at_victim >"$scratch/victim.after" 2>/dev/null
    cmp -s "$scratch/victim.before" "$scratch/victim.after"
    judge "what lies outside should be as it was" $? \
        "$(diff "$scratch/victim.before" "$scratch/victim.after" | head -n 4)"
}

# ---- Refused ---------------------------------------------------------------------------------------

# refused CLAUSE <DESCRIPTION: CLAUSE is what the message says was found. With all=1, however it is opened.
refused() {
    forge sealed.bin
    refused_as_it_is "$1"
    rm -f sealed.bin
}

refused_as_it_is() {
    refused_with "$1" -o bag
    if [ -n "${all-}" ]; then
        refused_with "$1" -o bag --exact-names --writable
        refused_with "$1" -o today/
        run unseal "${with[@]}" --verify -o check sealed.bin
        expect_exit 6
        expect_message "$1"
        expect_names . check.custody.json check.custody.txt sealed.bin
        check "the record says why" grep -q '"verdict": "breaks-rules"' check.custody.json
        rm check.custody.*
    fi
    extracted_harmless
    expect_untouched
}

refused_with() {
    local clause=$1
    shift
    run unseal "${with[@]}" "$@" sealed.bin
    expect_exit 6
    expect_no_out
    expect_message ": it arrived intact, but what is inside breaks the rules \(.*$clause.*\)\. Nothing of it was kept: treat its source with suspicion\.$"
    [ ! -d today ] || expect_names today
    rmdir today 2>/dev/null
    expect_names . sealed.bin
}

# Only the record at the end is read, and what is asked for. Where the trick is in neither, it is not
# seen; but no more comes out than files and folders.
extracted_harmless() {
    run unseal "${with[@]}" --extract data -o extract sealed.bin
    if [ "$status" -eq 0 ]; then
        check "only files and folders" test -z "$(find extract ! -type f ! -type d)"
        remove extract
    else
        judge "taking out all of it should not work" "$((status == 6 || status == 2 ? 0 : 1))"
        expect_no_out
    fi
    expect_names . sealed.bin
}

KIND='an entry of a forbidden kind'
NAME='a name in its archive is not allowed'
OUTSIDE='it holds something outside its data folder'
TWICE='a name stands in it twice'
BOTH='a name in it is a file and a folder at once'
MALFORMED='its archive is malformed'
WITHIN='its archive ends within a file'
AFTER='something follows the end of its archive'

# Without these, all that follows proves nothing: the forge makes good bags.
scenario "a bag as it should be"
forge sealed.bin <<END
5 data/
5 data/d/
0 data/d/f data=hello
0 data/g
END
run unseal -q "${with[@]}" -o bag sealed.bin
expect_exit 0
expect_made . bag sealed.bin
check "its content" test "$(cat bag/data/d/f bag/data/g)" = hellofour
(cd bag && sha256sum --quiet -c manifest-sha256.txt tagmanifest-sha256.txt) >/dev/null 2>&1
judge "the manifests should hold" $?
run unseal "${with[@]}" --extract data -o extract sealed.bin
expect_exit 0
remove extract bag

# ---- The archives of known holes -------------------------------------------------------------------

all=1
# libarchive: a link's ACL was given to what it leads to.
scenario "CVE-2021-23177: a symbolic link that has an ACL"
for target in "$victim/file" ../../../victim/file; do
    refused "$KIND" <<END
0 data/a
2 data/link link=$target mode=0000777 pax=SCHILY.acl.access=user::rwx,group::rwx,other::rwx
END
    refused "$KIND" <<END
2 data/link link=$target pax=SCHILY.acl.default=user::rwx,other::rwx pax=SCHILY.fflags=nodump
END
done

# libarchive: modes, times and flags of folders were set at the end, when a link stood in their place.
scenario "CVE-2021-31566: a folder, then a link in its place"
for target in "$victim/dir" ../../../victim/dir; do
    refused "$KIND" <<END
5 data/d/ mode=0000777 mtime=00000000001 pax=mtime=1.5 listed=no
2 data/d link=$target pax=SCHILY.acl.access=other::rwx
END
    refused "$KIND" <<END
5 data/d/ mode=0000000 pax=SCHILY.fflags=nodump
0 data/d/f
2 data/d link=$target
END
done

# GNU tar: the first archive brings the link, the second the file behind it, into the same folder.
scenario "CVE-2025-45582: a link in one archive, a file through it in the next"
forge first.bin <<END
0 data/a
2 data/x link=../../../victim/dir
END
forge second.bin <<END
0 data/x/authorized_keys data=evil
END
run unseal -q "${with[@]}" -o today/ first.bin second.bin
expect_exit 6
expect_names today second second.custody.json second.custody.txt
check "in its own folder alone" test "$(cat today/second/data/x/authorized_keys)" = evil
check "a folder" test ! -L today/second/data/x
expect_untouched
remove today
# Both at once.
rm first.bin second.bin
refused "$KIND" <<END
2 data/x link=../../../victim/dir
0 data/x/authorized_keys data=evil
END
# The link in the listing, where links may stand: they are never made, and nothing lies behind them.
forge sealed.bin <<END
0 data/x/authorized_keys data=evil
remark ./data/x type=link link=../../../victim/dir time=0.000000000
END
refused_as_it_is 'its listing'
rm sealed.bin
forge sealed.bin <<END
0 data/a
remark ./data/x type=link link=$victim/dir time=0.000000000
END
run unseal -q "${with[@]}" -o bag sealed.bin
expect_exit 0
expect_names bag/data a
expect_untouched
# Neither does somebody's link in the place of the bag lead anywhere.
remove bag
for target in "$victim/dir" "$victim/none"; do
    ln -s "$target" bag
    run unseal -q "${with[@]}" -o bag sealed.bin
    expect_exit 1
    expect_message 'bag'
    check "the link is still there" test -L bag
    expect_untouched
    rm bag
done

# tar for Rust: chmod of the folder went to where the link of its name leads.
scenario "CVE-2026-33056: a link, then a folder of the same name"
for target in "$victim/dir" ../../../victim/dir; do
    for folder in data/d/ data/d; do
        refused "$KIND" <<END
2 data/d link=$target listed=no
5 $folder mode=0000777
END
    done
done
# The same with what is no link to us.
refused "$TWICE" <<END
0 data/d data=$victim/dir
5 data/d/ mode=0000777
END

# 7-Zip: a target with a drive letter was taken for a relative one.
scenario "CVE-2025-11001: a link with a target as on Windows, and a file behind it"
for target in 'C:\x5CUsers\x5Cvictim' /C:/Users/victim '\x5C\x5Cserver\x5Cshare' '\x5C?\x5CC:\x5CUsers' "$victim/dir"; do
    refused "$KIND" <<END
2 data/link link=$target
5 data/link/
0 data/link/authorized_keys data=evil
END
done

# node-tar: C: was taken off a target after .. had been looked for; the same of hard links before.
scenario "CVE-2026-31802: links to a place relative to a drive"
for flag in 1 2; do
    for target in C:../../../victim/file c:..\\x5C..\\x5Cvictim\\x5Cfile C:../victim/file; do
        refused "$KIND" <<END
$flag data/link link=$target
END
        refused "$KIND" <<END
$flag data/link link=$target listed=no
0 data/link data=evil
END
    done
done

# A hard link is a second name for what lies outside: writing or chmod then changes that.
scenario "hard links to what lies outside"
for target in "$victim/file" ../../../victim/file "$scratch/victim/../victim/file" data/../../victim/file; do
    refused "$KIND" <<END
0 data/a
1 data/link link=$target mode=0000777
END
    refused "$KIND" <<END
1 data/link link=$target listed=no
0 data/link data=evil
END
done

# Croc: what a name holds went to the terminal. More of this in 57_terminal.
scenario "CVE-2023-43620: escape sequences in names"
forge sealed.bin <<'END'
0 data/evil
0 data/\x1b[1A\x0dharmless
0 data/\x1b]0;title\x07
END
for options in "" --exact-names; do
    # shellcheck disable=SC2086 # options
    run unseal "${with[@]}" $options -o bag sealed.bin
    expect_exit 0
    cat "$out" "$err" bag.custody.txt bag.custody.json >shown
    check "no control character" test -z "$(LC_ALL=C tr -d '\n\40-\176' <shown)"
    [ -n "$options" ] || check "none on disk" test -z "$(find bag | LC_ALL=C tr -d '\n\40-\176')"
    check "all three" test "$(find bag/data -type f -print0 | tr -dc '\0' | wc -c)" -eq 3
    remove bag shown
done

# ---- Names that stand twice, or are written in two ways --------------------------------------------

all=
scenario "one name, two types"
refused "$TWICE" <<'END'
0 data/x
0 data/x
END
refused "$TWICE" <<'END'
0 data/x
0 data/x data=other
END
refused "$TWICE" <<'END'
0 data/x
5 data/x/
END
refused "$TWICE" <<'END'
5 data/x/
0 data/x
END
refused "$TWICE" <<'END'
5 data/x
5 data/x/
END
refused "$TWICE" <<'END'
5 data/x/
5 data/x/
0 data/x/f
END
refused "$TWICE" <<'END'
0 data/x/f
0 data/x
END
refused "$BOTH" <<'END'
0 data/x
0 data/x/f
END
refused "$BOTH" <<'END'
0 data/x
5 data/x/y/z/
END
refused "$KIND" <<END
0 data/x
2 data/x link=$victim/file
5 data/x/
END
refused "$KIND" <<END
0 data/x
1 data/x link=data/x
END
refused "$TWICE" <<'END'
0 data/x
record
0 bagit.txt listed=no
END
refused 'data in it is no folder' <<'END'
0 data listed=no
END
refused "$TWICE" <<'END'
5 data/
5 data/
END

scenario "one name, written in other ways"
for path in ./data/x data//x data/./x data/x/. data/x/.. data/../data/x /data/x //data/x data/x/ . .. / ./ ../ \
    data/../../victim/file ../data/x "$victim/file" '/\x00' data/../x 'data/x/../../../victim/file'; do
    refused "$NAME" <<END
0 data/y
0 $path as=data/x
END
done
for path in data// ./data/ data/../data/ data/./ /data/ data/x//; do
    refused "$NAME" <<END
0 data/y
5 $path as=data/x
END
done
# A name that ends in a slash makes a folder of a file for some readers.
refused "$NAME" <<'END'
0 data/x/ listed=no data=four
0 data/y
END

scenario "outside data"
for path in evil DATA/x data.txt data2/x dat datax/data/x fetch.txt manifest-md5.txt manifest-sha512.txt \
    tagmanifest-md5.txt BAGIT.TXT bagit.txt/x metadata.mtree.d as-sealed/bagit.txt .hidden evil.custody.txt \
    'C:\x5Cevil' 'C:evil' '\x5C\x5Cserver\x5Cshare\x5Cx' 'data\x5C..\x5Cevil' '..\x5Cevil' '\x5Cdata\x5Cx' '\x7E/evil'; do
    refused "$OUTSIDE" <<END
0 data/x
0 $path listed=no
END
done
for path in evil/ as-sealed/ bagit.txt/ metadata.mtree DATA/; do
    refused "$OUTSIDE" <<END
0 data/x
5 $path listed=no
END
done

scenario "names that are no text"
for bytes in '\xff' '\xc0\xae\xc0\xae' '\xed\xa0\x80' '\xf4\x90\x80\x80' '\xe2\x80' '\xc0\xaf'; do
    refused "$NAME" <<END
0 data/y
0 data/x$bytes
END
    refused "$NAME" <<END
0 data/x pax=path=data/$bytes/x as=data/x
END
done
refused "$NAME" <<'END'
0 data/x pax=path=data/x\x00/../../evil
END
refused "$NAME" <<'END'
0 data/x pax=path=data/x\x00
END

# Legal here, odd on Windows: FORMAT 6.5 spells them so that no system takes them for a way.
scenario "backslashes and drive letters below data"
forge sealed.bin <<'END'
0 data/..\x5C..\x5Cevil
0 data/C:\x5Cevil
0 data/C:evil
0 data/\x5C\x5C?\x5CC:\x5Cevil
0 data/\x5C\x5Cserver\x5Cshare\x5Cevil
0 data/evil::$DATA
END
run unseal -q "${with[@]}" -o bag sealed.bin
expect_exit 0
check "six files" test "$(find bag/data -type f | wc -l)" -eq 6
check "no drive, no backslash" test -z "$(find bag/data | grep '[:\\]')"
check "no way up" test -z "$(find bag/data -name '..*' ! -name '..{5C}..{5C}evil')"
expect_untouched

# ---- Lengths ---------------------------------------------------------------------------------------

# part LENGTH LETTER: a part of a path. ways LENGTH: a path below data/ of that length, of short parts.
part() { printf '%*s' "$1" '' | tr ' ' "$2"; }
ways() { python3 -c 'import sys; n = int(sys.argv[1]); p = "data" + "/" + ("a" * 200 + "/") * (n // 201 + 1); p = p[:n]; print(p[:-1] + "b")' "$1"; }

scenario "the longest names and paths"
for length in 255 4095 4096 4097 32767; do
    path=$(ways "$length")
    [ "$length" -gt 255 ] || path=data/$(part 255 n)
    forge sealed.bin <<<"0 $path"
    run unseal -q "${with[@]}" -o bag sealed.bin
    expect_exit 0
    check "one file of $length" test "$(listing -f bag/data | grep -c '^file')" -eq 1
    remove bag sealed.bin
done
# No system takes these: that is not the file's fault (FORMAT 6.4).
for length in 256 4096 32000; do
    forge sealed.bin <<<"0 data/$(part $length n)"
    run unseal -q "${with[@]}" -o bag sealed.bin
    expect_exit 1
    expect_message 'this system cannot hold a name of it'
    expect_names . sealed.bin
    rm sealed.bin
done
for length in 32768 32769 65536 500000; do
    refused 'a path in its archive is too long' <<<"0 $(ways $length) listed=no"
done
# The slash of a folder counts: a path is as it stands in the tar.
refused 'a path in its archive is too long' <<<"5 $(ways 32767)/ listed=no"

# ---- Headers ---------------------------------------------------------------------------------------

scenario "a path in the x header, another in the header"
for path in "$victim/file" ../../victim/file data/../../victim/file data/; do
    refused "$NAME" <<END
0 data/harmless pax=path=$path
END
    # The later of two counts, for us and for others.
    refused "$NAME" <<END
0 data/harmless pax=path=data/harmless pax=path=$path
END
done
refused "$NAME" <<'END'
0 data/harmless pax=path=
END
refused "$OUTSIDE" <<'END'
0 data/harmless pax=path=evil
END
refused "$TWICE" <<'END'
0 data/x
0 data/y pax=path=data/x
END
forge sealed.bin <<END
0 data/harmless pax=path=$victim/file pax=path=data/good name=$victim/file as=data/good
END
run unseal -q "${with[@]}" -o bag sealed.bin
expect_exit 0
expect_names bag/data good
expect_untouched
remove bag sealed.bin
refused "$NAME" <<END
0 data/x prefix=$victim
END
refused "$NAME" <<'END'
0 data/x prefix=..
END
refused "$NAME" <<'END'
0 data/x prefix=data/..
END

scenario "records that make something else of a file"
for record in linkpath="$victim/file" GNU.sparse.major=1 GNU.sparse.name=../evil GNU.sparse.realsize=4 \
    GNU.sparse.map=0,4 GNU.sparse.size=8589934592 SCHILY.realsize=8589934592 SCHILY.filetype=symbolic\\slink \
    SUN.holesdata=0 hdrcharset=BINARY; do
    refused "$KIND" <<END
0 data/x pax=$record
END
done

scenario "headers for all that follows"
for record in path=../evil path=data/x size=0 linkpath="$victim/file" mtime=1 comment=x; do
    refused "$KIND" <<END
global $record
0 data/x
END
    refused "$KIND" <<END
0 data/x
global $record
END
done

# L and K: long names of GNU tar. S, D, M, V, N: its sparse files, folders' lists, volumes, old long names.
# A, E, I, X: Solaris and star. 3, 4, 6: devices and pipes. 7: contiguous. 8, 9: nobody's. NUL: a file, once.
scenario "types that are not for us"
for flag in L K S D M V N A E I X B C Z 3 4 6 7 8 9 '\x00' '\xff' '\x20' a z; do
    refused "$KIND" <<END
$flag data/x data=../../evil link=$victim/file dev=0000001\\x000000003\\x00
END
    refused "$KIND" <<END
$flag ././@LongLink data=../../../victim/file\\x00 listed=no
0 data/x
END
done
# An x header before what may not stand there, or before nothing.
for flag in 1 2 3 6 L K g x S; do
    refused "$KIND" <<END
$flag data/x link=$victim/file pax=path=data/y listed=no
END
done
refused "$MALFORMED" <<'END'
0 data/a
record
x PaxHeaders/entry data=12\spath=a/b\x0a listed=no
END

scenario "sizes that are none"
for size in '\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x04' '\x80\x00\x00\x00\x7f\xff\xff\xff\xff\xff\xff\xff' \
    '\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff' '-0000000004' '00000000008' '0000000004x' '0x000000004' '4.0' '+4'; do
    refused "$MALFORMED" <<END
0 data/x size=$size
END
    refused "$MALFORMED" <<END
0 data/x pax=comment=x xsize=$size
END
done
for size in 777777777777 77777777777 00100000000; do
    refused "$WITHIN" <<END
0 data/x size=$size
END
    refused 'a header that is too long' <<END
0 data/x pax=comment=x xsize=$size
END
done
for size in -1 -0 1e3 0x10 4.0 9223372036854775808 18446744073709551615 18446744073709551620 '' 4\\s; do
    refused "$MALFORMED" <<END
0 data/x pax=size=$size
END
done
for size in 9223372036854775807 9223372036854775296 4611686018427387904; do
    refused "$WITHIN" <<END
0 data/x pax=size=$size
END
    # By the listing too, so that nothing but the archive is against it.
    refused "$WITHIN" <<END
0 data/x pax=size=$size length=$size
END
done
refused "$MALFORMED" <<'END'
5 data/d/ size=00000001000 data={x*512}
0 data/x
END

scenario "records with lengths that are none"
for records in '99999999999999999999\spath=data/y\x0a' '18446744073709551615\spath=data/y\x0a' '1\spath=y\x0a' \
    '0\spath=y\x0a' '-15\spath=data/y\x0a' '14\spath=data/y\x0a' '16\spath=data/y\x0a' '\spath=data/y\x0a' '15\x09path=data/y\x0a' \
    '15\spath=data/y\x00' '12\s=data/yy\x0a' '10\sdata/y\x0a' '15\spath=data/y\x0a1' 'path=data/y' '{9*600}\spath=data/y\x0a' '15\spath=data/y\x0a\x00\x00'; do
    refused "$MALFORMED" <<END
0 data/x x=$records
END
done

scenario "headers that are none"
refused "$MALFORMED" <<'END'
0 data/x sum=000000\x00\s
END
refused "$MALFORMED" <<'END'
0 data/x magic=ustar\s version=\s\x00
END
refused "$MALFORMED" <<'END'
0 data/x magic=\x00 version=\x00
END
for field in mode=9999999 mode=-000644 mode='\x80\x00\x00\x00\x00\x00\x01\xa4' mtime='\x80\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00' mtime=-0000000001 mtime=1.5; do
    refused "$MALFORMED" <<END
0 data/x $field
END
done
# Bits of the mode that would make a program run as somebody else are not for us.
forge sealed.bin <<'END'
5 data/d/ mode=0007777
0 data/d/x mode=0006777 uid=0001750 gid=0001750
END
run unseal -q "${with[@]}" --writable -o bag sealed.bin
expect_exit 0
expect_mode bag/data/d 755
expect_mode bag/data/d/x 755
check "its owner" test "$(stat -c %u:%g bag/data/d/x)" = "$(id -u):$(id -g)"
remove bag sealed.bin

# What other readers would give to a file, or take for its kind, is nothing to us.
forge sealed.bin <<END
0 data/x link=$victim/file pax=SCHILY.acl.access=user::rwx,other::rwx pax=SCHILY.xattr.user.evil=1 pax=LIBARCHIVE.xattr.user.evil=MQ pax=SCHILY.fflags=append pax=uid=1750 pax=uname=nobody pax=SCHILY.dev=1 pax=SCHILY.ino=1 pax=SCHILY.nlink=2
END
run unseal -q "${with[@]}" --writable -o bag sealed.bin
expect_exit 0
expect_mode bag/data/x 644
check "its own file" test "$(stat -c '%F %h %u' bag/data/x)" = "regular file 1 $(id -u)"
! needs getfattr || check "no attributes" test -z "$(getfattr -m - -d bag/data/x 2>/dev/null)"
expect_untouched
remove bag sealed.bin

# ---- The end of the archive ------------------------------------------------------------------------

scenario "behind the end of the archive"
refused "$AFTER" <<'END'
0 data/x
end
0 data/y
END
refused "$AFTER" <<'END'
0 data/x
end
bytes evil
END
refused "$AFTER" <<'END'
0 data/x
end
zeros 512
END
refused "$AFTER" <<'END'
0 data/x
end
zeros 20480
END
refused "$AFTER" <<'END'
0 data/x
end
zeros 268435456
END
refused "$MALFORMED" <<'END'
0 data/x
record
zeros 512
0 data/y
END
refused "$AFTER" <<'END'
0 data/x
zeros 1024
record
END
refused 'a file of the evidence follows the record' <<'END'
0 data/x
record
0 data/y listed=no
END
refused 'its archive has no end' <<'END'
0 data/x
record
content raw=
END

# ---- Frames ----------------------------------------------------------------------------------------

# content PART...: refused with a good tar inside, whatever the reason that is given.
content() {
    forge sealed.bin <<END
0 data/x
content $*
END
    refused_as_it_is "${CLAUSE:-[a-z]}"
    rm -f sealed.bin
}

scenario "skippable frames where there should be none"
for magic in 184D2A50 184D2A57 184D2A5B 184D2A5C 184D2A5D 184D2A5E 184D2A5F; do
    content skip=$magic:hello tar offsets table
    content "skip=$magic:{x*8}" tar offsets table
    content tar "skip=$magic:{x*8}" offsets table
    content tar offsets "skip=$magic:{x*8}" table
    content tar offsets table skip=$magic:hello
    content tar offsets table skip=$magic:
done
content tar offsets offsets table
content offsets tar table
content tar table offsets
content tar tar offsets table
content tar offsets table table

scenario "what is no zstd, or not once"
content gzip offsets table
content nested offsets table
content nested tar offsets table
content raw='\x1f\x8b\x08\x00' tar offsets table
content raw='\x04\x22\x4d\x18{a*64}' tar offsets table
content raw='\x50\x4b\x03\x04{a*64}' tar offsets table
content raw='\xfd7zXZ\x00{a*64}' tar offsets table
content raw='BZh9{a*64}' tar offsets table
content tar raw=garbage offsets table
content tar offsets table raw=garbage

# A gzip or zstd bomb says little and becomes much. One frame is never more than 8 MiB, and says so.
scenario "bombs"
limit=192 # MiB for the whole process
expect_small() {
    case $BIN in
    *asan*) return ;; # its memory is not ours
    esac
    check "in $(cat "$scratch/peak") KiB" test "$(cat "$scratch/peak")" -lt $((limit * 1024))
}
for says in 8388609 1073741824 4294967295 1099511627776 18446744073709551615; do
    for holds in 0 100 9000000; do
        forge sealed.bin <<END
0 data/x
content tar frame=$says:$holds offsets table
END
        run measure "$scratch/peak" unseal "${with[@]}" -o bag sealed.bin
        expect_exit 6
        expect_small
        expect_names . sealed.bin
        rm sealed.bin
    done
done
content frame=100:8388608 tar offsets table
content frame=8388608:100 tar offsets table
content tar frame=8388608:8388608 offsets table
CLAUSE=$AFTER content tar frame=8388608:8388608 frame=8388608:8388608 frame=8388608:8388608 offsets table
# In a file, they are what that file is said to be: they cost time, but no memory, and with --verify no disk.
size=$((${quick:+1} + 0))
size=$((size ? 64 << 20 : 1 << 30))
forge sealed.bin <<END
0 data/zeros zeros=$size
END
check "a small file" test "$(stat -c %s sealed.bin)" -lt 262144
run measure "$scratch/peak" unseal "${with[@]}" --verify -o check sealed.bin
expect_exit 0
expect_small
expect_names . check.custody.json check.custody.txt sealed.bin
remove check sealed.bin
# And a byte more or less than that is none of these.
for length in $((size - 1)) $((size + 1)); do
    forge sealed.bin <<END
0 data/zeros zeros=$size length=$length
END
    run measure "$scratch/peak" unseal "${with[@]}" --verify -o check sealed.bin
    expect_exit 6
    expect_small
    remove check sealed.bin
done

finish
