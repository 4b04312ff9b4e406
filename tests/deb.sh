#!/bin/bash
# Checks the Debian package that `make deb` made: `make check-deb`. Nothing is installed on this system; the package goes
# into a folder with a dpkg of its own, is used there, and is removed again.
#
#   DEB_DEPS=1    for the second build of the package, build the libraries once more, too (needs the network)
#
# The last line is the count: "deb: N passed, N failed".
BIN=/usr/bin   # lib.sh wants a folder of programs; those of the package come before it once they are there
# shellcheck source-path=SCRIPTDIR/e2e
. "$(dirname "$0")/e2e/lib.sh"

version=$(sed -n 's/^#define SEAL_VERSION "\(.*\)"/\1/p' "$root/src/base/base.h")
made=$root/build/deb
deb=$(find "$made" -maxdepth 1 -name "seal_$version*.deb" 2>/dev/null)
[ -f "$deb" ] || { echo "There is no package of seal $version in build/deb, or more than one: make deb"; exit 1; }
package=${deb##*/}
programs='seal unseal sealkey'
system=$scratch/system

# In a folder of its own dpkg asks for no root, but it gives files to root.
# shellcheck disable=SC2317 # called by way of run
as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else fakeroot "$@"; fi; }

# dpkg's own folder; what the package depends on is in the real system. Programs for scripts it does not have are not needed.
# shellcheck disable=SC2317 # called by way of run
own_dpkg() {
    as_root dpkg --root="$system" --log="$scratch/dpkg.log" --force-not-root --force-depends --force-bad-path "$@"
}

field() { dpkg-deb -f "$deb" "$1"; }

# files_of FOLDER: what is in it, but for dpkg's own books.
files_of() { (cd "$1" && find . -path ./var/lib/dpkg -prune -o -print | LC_ALL=C sort); }

scenario "what the package says of itself"
run dpkg-deb -f "$deb"
expect_exit 0
expect_out '^Package: seal$'
expect_out "^Version: ${version//./\\.}(\\+[a-z]+[0-9.]+)?\$"
expect_out '^Depends: .*libarchive13.*libc6 \(>= .*libisal2 .*libjansson4 .*libseccomp2 .*libssl3.*libutf8proc.*libzstd1 '
run dpkg-deb -I "$deb"
check "there should be no scripts of the package" eval "! grep -E ' (pre|post)(inst|rm) ' '$out'"
# What the Makefile linked from a static library is named, and its licence too.
static=$(sed -n "s/^# *\([a-z0-9]*\) .*built from Debian's source package.*/\1/p" "$root/build/deps.mk")
check "Static-Built-Using should name: $static" \
    test "$(field Static-Built-Using | tr ',' '\n' | awk '{ print $1 }' | sort)" = "$(printf '%s\n' "$static" | sort)"
run dpkg-deb --fsys-tarfile "$deb"
tar -xOf "$out" ./usr/share/doc/seal/copyright >copyright
for library in $static; do
    check "the copyright should name $library" grep -q "^Files: build/deps-src/$library/\*" copyright
done
check "each licence in the copyright should have a text" test "$(sed -n 's/^License: //p' copyright | sort -u)" = \
    "$(awk '/^License: / { name = $2; next } /^ / && name { print name } { name = "" }' copyright | sort -u)"

scenario "lintian"
lintian=(lintian --fail-on 'error,warning')
[ "$(id -u)" -ne 0 ] || lintian+=(--allow-root)
run "${lintian[@]}" --info --pedantic "$made/${package%.deb}.changes"
expect_exit 0
expect_no_out

scenario "this system could install it, with nothing but Debian's own packages"
run apt-get -s install "$deb"
expect_exit 0
expect_out '^Conf seal '

scenario "the same sources make the same bytes in another folder, for another user"
other=$PWD/a-longer-way/to/the-sources
mkdir -p "$other/build"
(cd "$root" && tar --exclude=./build --exclude=./.git -cf - .) | tar -xf - -C "$other"
[ -n "${DEB_DEPS-}" ] || cp -a "$root/build/deps" "$other/build/" 2>/dev/null
date=$(dpkg-parsechangelog -S Timestamp -l "$made"/seal-*/debian/changelog)
(cd "$other" && umask 077 && run env SOURCE_DATE_EPOCH="$date" HOME="$other" TZ=Pacific/Kiritimati LC_ALL=C CFLAGS=-O0 \
    sh -c 'src/build/deps.sh deb && src/build/deb/deb.sh'; exit "$status")
status=$?
expect_exit 0
expect_same "$deb" "$other/build/deb/$package"
[ -z "${DEB_DEPS-}" ] || expect_file "$other/build/deps-src/libsodium.log"
date=$(dpkg-deb --fsys-tarfile "$deb" | TZ=UTC tar -tv --full-time | awk '{ print $4, $5 }' | sort -u)
check "everything in it should have one date, that of the sources: $date" test "$(wc -l <<<"$date")" -eq 1

scenario "installs"
mkdir -p "$system"/var/lib/dpkg/{info,updates,triggers}
: >"$system/var/lib/dpkg/status"
files_of "$system" >before
run own_dpkg --install "$deb"
expect_exit 0
run own_dpkg --verify seal
expect_exit 0
expect_no_out
for program in $programs; do expect_mode "$system/usr/bin/$program" 755; done
expect_names "$system/usr/bin" seal unseal sealkey
expect_names "$system/usr/share/doc/seal" README.md.gz SECURITY.md.gz changelog.gz copyright docs
expect_names "$system/usr/share/doc/seal/docs" COMPARISON.md CUSTODY.md FORMAT.md WINDOWS.md cards guide
check "nobody else may write to anything in it" test -z "$(find "$system/usr" -perm /022 ! -type l)"

scenario "is hardened, and tells nothing of where it was made"
for program in $programs; do
    file=$system/usr/bin/$program
    readelf -hldW "$file" >headers 2>/dev/null
    check "$program should be position independent" grep -Eq 'Type: +DYN' headers
    check "$program should have read-only relocations" grep -q GNU_RELRO headers
    check "$program should bind at once" grep -Eq 'BIND_NOW|FLAGS_1.*NOW' headers
    check "$program should have a stack that is not run" grep -Eq 'GNU_STACK.* RW +0x' headers
    check "$program should look for other libraries nowhere" eval "! grep -Eq 'RPATH|RUNPATH' headers"
    check "$program should guard its stack" eval "nm -D '$file' | grep -q __stack_chk_fail"
    check "$program should call checked functions" eval "nm -D '$file' | grep -Eq '__[a-z]+_chk'"
    check "$program should not name a folder" eval "! grep -aqF -e '$root' -e '$scratch' '$file'"
done

scenario "manual pages"
for page in man1/seal.1 man1/unseal.1 man1/sealkey.1 man5/seal.5; do
    file=$system/usr/share/man/$page.gz
    expect_file "$file"
    run mandoc -Tlint -W warning "$file"
    expect_exit 0
    expect_no_out
    run mandoc -Thtml "$file"
    expect_out 'id="NAME"'
done
zcat "$system/usr/share/doc/seal/changelog.gz" >changelog
run dpkg-parsechangelog -l changelog -S Version
expect_out "^$(field Version | sed 's/[.+]/\\&/g')\$"
expect_no_err

scenario "works"
PATH=$system/usr/bin:$PATH
hash -r
for program in $programs; do
    run "$program" --version
    expect_exit 0
    expect_out "^$program ${version//./\\.} "
done
mkdir case
echo "what was seen" >case/note.txt
head -c 3000000 /dev/urandom >case/film
run sealkey new -o org --no-passphrase
expect_exit 0
run seal --to org.pub -o parcel.bin case
expect_exit 0
receipt=$(sed -n 's/^receipt *//p' "$out")
run unseal --key org.key -o bag parcel.bin
expect_exit 0
expect_out "^receipt +$receipt\$"
expect_same case/note.txt bag/data/case/note.txt
expect_same case/film bag/data/case/film
run unseal --recheck bag
expect_exit 0
remove bag

scenario "leaves nothing when it is removed"
run own_dpkg --purge seal
expect_exit 0
files_of "$system" >after
expect_same "$scratch/5/before" after
run own_dpkg --list seal
check "dpkg should not know it any more" test "$status" -ne 0

finish
