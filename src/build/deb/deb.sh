#!/bin/sh
# Makes the Debian package into build/deb: `make deb`.
#
#   deb.sh                lay out the sources with debian/ in build/deb/seal-VERSION, and run dpkg-buildpackage there
#   deb.sh built-using    print what is linked from static libraries, as Static-Built-Using wants it (for debian/rules)
#
#   SOURCE_DATE_EPOCH=N   the date of everything in the package; else that of the last commit, else of CHANGELOG.md
#
# What the package is depends on the sources, their date and the build dependencies, not on the folder, the user, the
# language or the time. It is for the release of Debian on which it is made, and its version says which.
set -eu
cd "$(dirname "$0")/../../.."
# What somebody wants of compiler and libraries elsewhere is not for the package: dpkg-buildflags decides.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES CFLAGS CPPFLAGS LDFLAGS CC
export LC_ALL=C TZ=UTC
umask 022

package=seal
out=build/deb

say() { printf '%s\n' "$*"; }
die() { printf 'deb: %s\n' "$*" >&2; exit 1; }

# ---- What is linked in ----------------------------------------------------------------------------

# Only for these has src/build/deb/debian/copyright the licence.
known_static='libsodium'

static_libraries() { sed -n "s/^# *\([a-z0-9]*\) .*built from Debian's source package.*/\1/p" build/deps.mk; }

built_using() {
    list=''
    for name in $(static_libraries); do
        [ "$name" = "$known_static" ] || die "$name would be linked in, and src/build/deb/debian/copyright does not have its licence."
        record=build/deps/share/built-from/$name
        [ -s "$record" ] ||
            die "nothing says from which source package $name was built; do 'make distclean' and then this again."
        list="$list${list:+, }$(cat "$record")"
    done
    say "$list"
}

# ---- Version and date -----------------------------------------------------------------------------

version() { sed -n 's/^#define SEAL_VERSION "\(.*\)"/\1/p' src/base/base.h; }

# os_release FIELD: one word about this system; nothing if it does not say.
os_release() {
    # shellcheck source=/dev/null
    (. /etc/os-release && eval "printf '%s' \"\${$1-}\"")
}

# Packages made on two releases need different libraries, so they must not have one name: +deb12, +ubuntu24.04.
# The package of a later release counts as the newer one. Debian's testing has no number, and gets none.
release_suffix() {
    number=$(os_release VERSION_ID)
    case $(os_release ID) in debian) system=deb ;; *) system=$(os_release ID) ;; esac
    [ -z "$number" ] || printf '+%s%s' "$system" "$number"
}

# A tree without .git may lie in the repository of something else: its date is not ours.
source_date() {
    if [ -n "${SOURCE_DATE_EPOCH-}" ]; then
        say "$SOURCE_DATE_EPOCH"
    elif [ -e .git ] && git log -1 --format=%ct 2>/dev/null; then
        :
    else
        day=$(sed -n 's/^## .*\([0-9]\{4\}-[0-9][0-9]-[0-9][0-9]\).*/\1/p' CHANGELOG.md | head -n 1)
        [ -n "$day" ] || die "neither git nor CHANGELOG.md has a date; say SOURCE_DATE_EPOCH=N (seconds since 1970)."
        date -u -d "$day" +%s
    fi
}

# ---- The folder that dpkg-buildpackage wants ------------------------------------------------------

# A copy, since our own build/ has objects made with other options, and dpkg-buildpackage writes beside its folder.
lay_out() {
    rm -rf "$out"
    mkdir -p "$tree/build"
    cp -R Makefile README.md SECURITY.md CHANGELOG.md LICENSE src docs "$tree"
    [ ! -d build/deps ] || ln -s ../../../deps "$tree/build/deps"
    cp -R src/build/deb/debian "$tree/debian"
    maintainer=$(sed -n 's/^Maintainer: //p' src/build/deb/debian/control)
    suite=$(os_release VERSION_CODENAME)
    awk -v package="$package" -v version="$number" -v suffix="$suffix" -v suite="${suite:-unstable}" \
        -v maintainer="$maintainer" -v epoch="$SOURCE_DATE_EPOCH" -f src/build/deb/changelog.awk CHANGELOG.md \
        >"$tree/debian/changelog" || die "CHANGELOG.md could not be put into Debian's form."
}

build() {
    command -v dpkg-buildpackage >/dev/null 2>&1 || die "this needs Debian's tools: dpkg-dev, debhelper"
    [ -z "${DEPS-}" ] || die "DEPS=$DEPS: the package is made with Debian's own libraries only."
    built_using >/dev/null
    number=$(version)
    suffix=$(release_suffix)
    tree=$out/$package-$number$suffix
    SOURCE_DATE_EPOCH=$(source_date)
    export SOURCE_DATE_EPOCH
    lay_out
    say "Making $package $number$suffix (log: $out/build.log)..."
    (cd "$tree" && dpkg-buildpackage -b -us -uc) >"$out/build.log" 2>&1 ||
        { tail -n 30 "$out/build.log" >&2; die "the package could not be made (whole log: $out/build.log)."; }
    (cd "$out" && sha256sum ./*.deb | sed 's, \./, build/deb/,')
}

case ${1-} in
'') build ;;
built-using) built_using ;;
*) die "usage: deb.sh [built-using]" ;;
esac
