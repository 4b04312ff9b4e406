#!/bin/bash
# As 56_shapes.sh: headers, the end of the archive, and frames.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"
# shellcheck source=tests/e2e/attack/shapes.lib.sh
. "$(dirname "$0")/shapes.lib.sh"

# ---- Headers ---------------------------------------------------------------------------------------

scenario "a path in the x header, another in the header"
for path in "$victim/file" ../../victim/file data/../../victim/file data/; do
    refused "$NAME" <<END
0 data/harmless pax=path=$path
END
    # Of two the later would count for some, the earlier for others.
    refused "a header of its archive says something twice" <<END
0 data/harmless pax=path=data/harmless pax=path=$path
END
done
refused "$NAME" <<'END'
0 data/harmless pax=path=
END
# Some readers pass over the blanks in front of a keyword, and take it.
for keyword in '\spath' '\x09path' 'path\s' '\sGNU.sparse.name' '\xc2\xa0path'; do
    refused "its archive is malformed" <<END
0 data/harmless pax=$keyword=data/evil
END
done
refused "$OUTSIDE" <<'END'
0 data/harmless pax=path=evil
END
refused "$TWICE" <<'END'
0 data/x
0 data/y pax=path=data/x
END
forge sealed.bin <<END
0 data/harmless pax=path=data/good name=$victim/file as=data/good
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
expect_mode bag/data/d/x 644
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
size=$((size ? 64 << 20 : 1000 << 20))
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
