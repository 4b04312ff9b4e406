#!/bin/bash
# Archives of the shapes that broke other programs, and the tricks that tar, zip and zstd are known
# for: each in a bag whose record is right otherwise. They are refused with exit code 6 and one
# sentence, nothing is left of them, and what lies outside is not touched: not its bytes, mode, owner
# or times. Here: known holes, names and lengths.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"
# shellcheck source=tests/e2e/attack/shapes.lib.sh
. "$(dirname "$0")/shapes.lib.sh"

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
refused 'its data is not a folder' <<'END'
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
    expect_message 'this system cannot hold a name in it \(it is too long for this disk, or .*the other files with --extract'
    expect_names . sealed.bin
    rm sealed.bin
done
for length in 32768 32769 65536 500000; do
    refused 'a path in its archive is too long' <<<"0 $(ways $length) listed=no"
done
# The slash of a folder counts: a path is as it stands in the tar.
refused 'a path in its archive is too long' <<<"5 $(ways 32767)/ listed=no"

finish
