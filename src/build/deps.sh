#!/bin/sh
# Finds, installs or builds the libraries Seal needs, and writes build/deps.mk for the Makefile.
#
#   deps.sh find      look only: no installation, no network (what plain `make` does)
#   deps.sh install   find, and get what is missing (`make deps`)
#   deps.sh test      the same, and the tools that `make check` and `make lint` use (`make deps-test`)
#   deps.sh fuzz      the libraries, and the tools that `make fuzz` and `make fuzz-afl` use (`make deps-fuzz`)
#   deps.sh prove     the libraries, and CBMC for `make prove`: the system's, or in a chroot of Debian 13 (root)
#   deps.sh bench     the libraries, and what `make bench` measures Seal against (`make deps-bench`)
#   deps.sh cards     only the tools that `make cards` uses, no libraries
#   deps.sh dist      only the tools that `make check-dist` uses besides, no libraries
#   deps.sh deb       the libraries, and what makes and checks the Debian package (`make deps-deb`)
#
#   DEPS=/prefix        use the libraries in this prefix as they are; nothing is installed or fetched
#   DEBIAN_MIRROR=URI   where to find Debian's source packages, if apt's own configuration does not say
#   DEPS_CHECK=1        run the test suite of each library built here
set -eu
cd "$(dirname "$0")/../.."

# pkg-config name | oldest version that will do | Debian -dev package | Debian source package
libraries='libsodium|1.0.22|libsodium-dev|libsodium
libarchive|3.6.0|libarchive-dev|libarchive
libzstd|1.5.0|libzstd-dev|libzstd
libcrypto|1.1.1|libssl-dev|openssl
libutf8proc|2.6.0|libutf8proc-dev|utf8proc
libisal|2.30.0|libisal-dev|libisal
jansson|2.10|libjansson-dev|jansson'
[ "$(uname -s)" != Linux ] || libraries="$libraries
libseccomp|2.5.0|libseccomp-dev|libseccomp"

# Upstream tarballs whose SHA-256 is known here; checked on top of Debian's own chain of signatures.
pinned='libsodium_1.0.22.orig.tar.gz 5838bb0c3da6148c24ebe531d1ed1297de9a87aea77d426bcd99f289e681631c'

build_packages='gcc libc6-dev make pkg-config'
source_packages='dpkg-dev debian-archive-keyring m4 nasm'   # only when something is built from source
test_packages='clang clang-format cppcheck mandoc shellcheck valgrind
    age attr e2fsprogs expect fuse3 libarchive-tools libfuse3-dev mtree-netbsd procps python3 strace util-linux zstd gettext'
test_tools='clang clang-format cppcheck mandoc shellcheck valgrind age expect setfattr fusermount3 bsdtar python3 unshare zstd msgfmt'
fuzz_packages='clang llvm afl++'
bench_packages='7zip age gnupg python3 zstd'
cards_packages='cmark weasyprint poppler-utils fonts-noto-core fonts-noto-mono'
windows_packages='gcc-mingw-w64-x86-64-posix mingw-w64-x86-64-dev wine wine64 expect dosfstools mtools'
dist_packages='binutils dosfstools minisign mtools python3 qemu-user'
# dpkg-buildpackage asks for build-essential, and for the -dev packages, whatever else would do.
deb_packages='build-essential debhelper dpkg-dev fakeroot lintian mandoc pkgconf'

prefix=build/deps
work=build/deps-src
top=$PWD

# With a prefix given by the user, build/deps plays no part; what the prefix lacks, the system may have.
DEPS=${DEPS-}
places='system built'
[ -z "$DEPS" ] || places=given

say() { printf '%s\n' "$*"; }
die() { printf 'deps: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# ---- looking ------------------------------------------------------------------------------------

# pkg_config PLACE ARGS...: asks about one place (for a given prefix: and the system behind it). For our own prefix the paths are made relative,
# so that the source tree can be moved together with its build folder.
pkg_config() {
    place=$1
    shift
    case $place in
    system) pkg-config "$@" ;;
    built) PKG_CONFIG_LIBDIR=$prefix/lib/pkgconfig PKG_CONFIG_PATH='' \
        pkg-config --define-variable=prefix="$prefix" --static "$@" ;;
    given) PKG_CONFIG_PATH=$DEPS/lib/pkgconfig:$DEPS/lib64/pkgconfig:$DEPS/share/pkgconfig:${PKG_CONFIG_PATH-} \
        pkg-config "$@" ;;
    esac
}

# place_of NAME VERSION: prints the place that holds the library, new enough; nothing if none does.
place_of() {
    for place in $places; do
        if pkg_config "$place" --atleast-version="$2" "$1" 2>/dev/null; then
            say "$place"
            return
        fi
    done
}

missing_libraries() {
    say "$libraries" | while IFS='|' read -r name version _; do
        [ -n "$(place_of "$name" "$version")" ] || say "$name"
    done
}

# field NAME NUMBER: one column of the table above.
field() { say "$libraries" | awk -F'|' -v name="$1" -v column="$2" '$1 == name { print $column }'; }

# Written anew only when something changed, so that objects are not rebuilt for nothing.
write_deps_mk() {
    mkdir -p build
    cflags='' libs='' table=''
    for name in $(say "$libraries" | cut -d'|' -f1); do
        place=$(place_of "$name" "$(field "$name" 2)")
        cflags="$cflags $(pkg_config "$place" --cflags "$name")"
        libs="$libs $(pkg_config "$place" --libs "$name")"
        case $place in
        system) where='system' ;;
        built) where="built from Debian's source package, in $prefix" ;;
        given) where="$(pkg_config given --variable=prefix "$name")" ;;
        esac
        table="$table$(printf '\n#   %-12s %-8s %s' "$name" \
            "$(pkg_config "$place" --modversion "$name")" "$where")"
        # Programs must find shared libraries in the user's prefix again when they run.
        libdir=$(pkg_config "$place" --variable=libdir "$name")
        case $place:$libdir in
        "given:$DEPS"*) if ls "$libdir"/*.so >/dev/null 2>&1; then libs="$libs -Wl,-rpath,$libdir"; fi ;;
        esac
    done
    {
        say "# Written by src/build/deps.sh. Libraries:$table"
        # Other people's headers are not held to our warnings.
        say "DEPS_CFLAGS :=$(say "$cflags" | sed 's/ *-I */ -isystem /g' | tr -s ' ')"
        say "DEPS_LIBS :=$(say "$libs" | tr -s ' ')"
    } >build/deps.mk.new
    if cmp -s build/deps.mk.new build/deps.mk; then
        rm build/deps.mk.new
    else
        mv build/deps.mk.new build/deps.mk
        say "Libraries:$(say "$table" | tr -d '#')"
    fi
}

# ---- asking for help ----------------------------------------------------------------------------

advise() {
    say "Missing, or too old:"
    for name in $1; do say "    $name >= $(field "$name" 2)"; done
    if have apt-get; then say "'make deps' gets them."
    elif have dnf; then say "Try: sudo dnf install gcc make pkgconf libsodium-devel libarchive-devel libzstd-devel openssl-devel utf8proc-devel isa-l-devel jansson-devel libseccomp-devel"
    elif have pacman; then say "Try: sudo pacman -S gcc make pkgconf libsodium libarchive zstd openssl libutf8proc isa-l jansson libseccomp"
    elif have apk; then say "Try: apk add build-base pkgconf libsodium-dev libarchive-dev zstd-dev openssl-dev utf8proc-dev isa-l-dev jansson-dev libseccomp-dev"
    elif have zypper; then say "Try: sudo zypper install gcc make pkg-config libsodium-devel libarchive-devel libzstd-devel libopenssl-devel utf8proc-devel libisal-devel libjansson-devel libseccomp-devel"
    elif have brew; then say "Try: brew install pkgconf libsodium libarchive zstd openssl@3 utf8proc isa-l jansson"
    else say "Install them with your system's package manager."
    fi
    have apt-get || say "If what it has is too old, install a newer one in a folder of your own and say: make DEPS=/that/folder"
}

# ---- apt ----------------------------------------------------------------------------------------

can_be_root() { [ "$(id -u)" = 0 ] || have sudo; }
as_root() { if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi; }

# What to do where apt refuses: lists are signed with a date, and a clock that is off makes them look too old or too new.
apt_advice() {
    say "The clock of this computer says $(date -u '+%Y-%m-%d %H:%M') UTC. If that is wrong, set it (sudo date -u -s 'YYYY-MM-DD HH:MM')."
    say "If it is right, look at the network and at the mirror in /etc/apt/sources.list or sources.list.d. Then do the same again."
}

apt_updated=no
apt_update() {
    [ "$apt_updated" = no ] && can_be_root || return 0
    say "Asking apt for its newest lists..."
    as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq </dev/null ||
        { apt_advice >&2; die "apt could not get its lists."; }
    apt_updated=yes
}

is_installed() { dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed; }

# apt_install PACKAGE...: those not yet there; silent and offline when all are.
apt_install() {
    wanted=''
    for apt_package in "$@"; do is_installed "$apt_package" || wanted="$wanted $apt_package"; done
    [ -n "$wanted" ] || return 0
    can_be_root || die "you are not root and there is no sudo; please have root run: apt-get update && apt-get install$wanted"
    apt_update
    say "Installing:$wanted"
    # shellcheck disable=SC2086 # a list of names, meant to be split
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        -o Dpkg::Use-Pty=0 $wanted </dev/null >build/apt.log 2>&1 ||
        { tail -n 20 build/apt.log >&2; apt_advice >&2; die "apt could not install:$wanted (whole log: build/apt.log)"; }
}

# apt_offers PACKAGE VERSION: does the system's own distribution have it, new enough?
apt_offers() {
    candidate=$(apt-cache policy "$1" | awk '$1 == "Candidate:" { print $2 }')
    [ -n "$candidate" ] && [ "$candidate" != '(none)' ] && dpkg --compare-versions "${candidate#*:}" ge "$2"
}

# ---- Debian's source packages -------------------------------------------------------------------

debian_mirror() {
    if [ -n "${DEBIAN_MIRROR-}" ]; then
        say "$DEBIAN_MIRROR"
    else
        # shellcheck disable=SC2016 # $(REPO_URI) is apt's, not the shell's
        apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Label: Debian' |
            grep -v '^cdrom:' | sort -u | head -n 1
    fi
}

# private_apt COMMAND...: apt with lists, cache and sources of its own under build/. The system's apt
# is not touched, but its network settings (a proxy, say) are obeyed. Nothing unsigned is accepted.
private_apt() {
    state=$top/$work/apt
    set -- -q -o Dir::Etc::SourceList="$state/debian.sources" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$state/lists" -o Dir::Cache="$state/cache" \
        -o Acquire::Languages=none -o APT::Update::Error-Mode=any \
        -o Acquire::AllowInsecureRepositories=false -o Acquire::AllowWeakRepositories=false \
        -o APT::Get::AllowUnauthenticated=false "$@"
    # Run by root, apt downloads as the user _apt, who may not be let into this folder.
    if [ "$(id -u)" = 0 ] && ! setpriv --reuid=_apt --clear-groups test -x "$state" 2>/dev/null; then
        set -- -o APT::Sandbox::User=root "$@"
    fi
    apt-get "$@"
}

# fetch_source PACKAGE VERSION: downloads the source package into $work.
fetch_source() {
    keyring=/usr/share/keyrings/debian-archive-keyring.gpg
    mirror=$(debian_mirror)
    [ -n "$mirror" ] ||
        die "$1 >= $2 must be built from Debian's source package; say where Debian is: make deps DEBIAN_MIRROR=http://..."
    mkdir -p "$work/apt/lists/partial" "$work/apt/cache/archives/partial"
    for suite in testing unstable; do
        printf 'Types: deb-src\nURIs: %s\nSuites: %s\nComponents: main\nSigned-By: %s\n' \
            "$mirror" "$suite" "$keyring" >"$work/apt/debian.sources"
        say "Asking Debian $suite for $1 >= $2..."
        private_apt update >"$work/apt.log" 2>&1 ||
            { cat "$work/apt.log" >&2; apt_advice >&2; die "Debian's list of source packages could not be had, is out of date, or is not signed by Debian."; }
        rm -f "$work/$1"_*
        (cd "$work" && private_apt source --download-only "$1") >"$work/apt.log" 2>&1 ||
            { cat "$work/apt.log" >&2; die "the source package of $1 could not be fetched."; }
        version=$(sed -n 's/^Version: *\([0-9]*:\)\{0,1\}//p' "$work/$1"_*.dsc | head -n 1)
        if dpkg --compare-versions "$version" ge "$2"; then
            rm -rf "$work/apt/lists"
            say "  checked: Debian's signature on the list ($keyring),"
            say "           the list's SHA-256 of $1 $version, and of each file in it"
            return
        fi
    done
    die "Debian has only $1 $version; $2 is needed."
}

# check_pin PACKAGE: only says something about an upstream version that is known here.
check_pin() {
    say "$pinned" | grep "^$1_" | while read -r file sum; do
        [ -e "$work/$file" ] || continue
        say "$sum  $work/$file" | sha256sum -c --quiet - >&2 || die "$file is not what it should be."
        say "  checked: $file has the SHA-256 known to this script"
    done
}

# What configure, which is not run, would make of libisal.pc.in.
isal_pc() {
    sed -e "s|@prefix@|$into|; s|@VERSION@|$(sed -n 's/^version ?= //p' make.inc)|" \
        -e 's|@exec_prefix@|${prefix}|; s|@libdir@|${prefix}/lib|; s|@includedir@|${prefix}/include|' libisal.pc.in
}

# compile NAME FOLDER: into build/deps, static, position independent, hardened. The steps are chained
# with && because the caller asks how it ended, and the shell then no longer stops at errors itself.
compile() {
    # What an outer make was told about flags is meant for our sources.
    unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES CFLAGS CPPFLAGS LDFLAGS V
    into=$top/$prefix
    jobs=-j$(nproc)
    cd "$2" || return
    # Where it was built is nobody's business; it would stand in the programs.
    flags="-O2 -fPIC -fstack-protector-strong -D_FORTIFY_SOURCE=2 -ffile-prefix-map=$PWD=."
    case $1 in
    libsodium)
        ./configure --prefix="$into" --disable-shared --enable-static --with-pic CFLAGS="$flags" &&
            make "$jobs" && { [ -z "${DEPS_CHECK-}" ] || make "$jobs" check; } && make install ;;
    libcrypto)
        ./Configure --prefix="$into" --libdir=lib no-shared no-module no-apps no-docs no-tests CFLAGS="$flags" &&
            make "$jobs" build_libs && make install_dev ;;
    libzstd)
        make "$jobs" -C lib libzstd.a CFLAGS="$flags" &&
            make -C lib install-static install-includes install-pc PREFIX="$into" CFLAGS="$flags" ;;
    libutf8proc)
        make "$jobs" libutf8proc.a libutf8proc.pc prefix="$into" CFLAGS="$flags" &&
            install -D -m 644 -t "$into/lib" libutf8proc.a &&
            install -D -m 644 -t "$into/include" utf8proc.h &&
            install -D -m 644 -t "$into/lib/pkgconfig" libutf8proc.pc ;;
    libisal) # nasm for its assembler on x86-64
        make "$jobs" -f Makefile.unx lib CC=gcc CFLAGS_gcc="$flags" && isal_pc >libisal.pc &&
            install -D -m 644 bin/isa-l.a "$into/lib/libisal.a" &&
            install -D -m 644 -t "$into/include/isa-l" include/erasure_code.h include/gf_vect_mul.h &&
            install -D -m 644 -t "$into/lib/pkgconfig" libisal.pc ;;
    libarchive) # writes tar: no filter, no other format, and nothing of the system's is asked for
        ./configure --prefix="$into" --disable-shared --enable-static --with-pic --disable-bsdtar --disable-bsdcpio \
            --disable-bsdcat --disable-bsdunzip --disable-acl --disable-xattr --without-zlib --without-bz2lib --without-libb2 \
            --without-iconv --without-lz4 --without-zstd --without-lzma --without-cng --without-mbedtls --without-nettle \
            --without-openssl --without-xml2 --without-expat CFLAGS="$flags" &&
            make "$jobs" && { [ -z "${DEPS_CHECK-}" ] || make "$jobs" check; } && make install ;;
    jansson | libseccomp)
        ./configure --prefix="$into" --disable-shared --enable-static --with-pic CFLAGS="$flags" &&
            make "$jobs" && { [ -z "${DEPS_CHECK-}" ] || make "$jobs" check; } && make install ;;
    esac
}

build_from_source() {
    package=$(field "$1" 4)
    fetch_source "$package" "$(field "$1" 2)"
    check_pin "$package"
    rm -rf "${work:?}/$package"
    dpkg-source --no-check -x "$work/$package"_*.dsc "$work/$package" >"$work/unpack.log" 2>&1 ||
        { cat "$work/unpack.log" >&2; die "the source package of $package could not be unpacked."; }
    # One time for all files: else a patch makes configure look out of date, and make asks for autoconf.
    find "$work/$package" -exec touch -r "$work/$package" {} +
    say "Building $1 (log: $work/$package.log)..."
    (compile "$1" "$work/$package") >"$work/$package.log" 2>&1 ||
        { tail -n 20 "$work/$package.log" >&2; die "$1 could not be built (whole log: $work/$package.log)."; }
    rm -rf "${work:?}/$package"
    if [ "$1" = libsodium ] && ! nm "$prefix/lib/libsodium.a" 2>/dev/null | grep -q 'T .*crypto_kem_xwing_'; then
        rm -f "$prefix/lib/pkgconfig/libsodium.pc"
        die "libsodium was built without X-Wing."
    fi
    record_source "$1" "$package"
}

# record_source NAME PACKAGE: the Debian package says what is linked into its programs (Static-Built-Using).
record_source() {
    mkdir -p "$prefix/share/built-from"
    say "$2 (= $(sed -n 's/^Version: *//p' "$work/$2"_*.dsc | head -n 1))" >"$prefix/share/built-from/$1"
}

# ---- getting what is missing --------------------------------------------------------------------

can_compile() {
    have pkg-config && echo '#include <stdio.h>' | ${CC:-cc} -fsyntax-only -x c - 2>/dev/null
}

install_missing() {
    mkdir -p build
    packages=''
    # Any compiler and pkg-config will do, whatever package they came in.
    can_compile || packages=$build_packages
    for name in $(missing_libraries); do
        apt_update
        if apt_offers "$(field "$name" 3)" "$(field "$name" 2)"; then
            packages="$packages $(field "$name" 3)"
        else
            packages="$packages $source_packages"
        fi
    done
    # shellcheck disable=SC2086 # a list of names, meant to be split
    apt_install $packages
    for name in $(missing_libraries); do build_from_source "$name"; done
}

# install_tools PACKAGES TOOLS: for systems with apt, and for others what to look for.
install_tools() {
    packages=$1 tools=$2
    if have apt-get && [ -z "$DEPS" ]; then
        for package in $packages; do
            if is_installed "$package"; then continue; fi
            apt_update
            if apt_offers "$package" 0; then continue; fi
            say "This distribution has no package '$package'; what needs it cannot run."
            packages=$(say "$packages" | tr -s ' \n' '\n' | grep -vx "$package")
        done
        # shellcheck disable=SC2086 # a list of names, meant to be split
        apt_install $packages
        return
    fi
    for tool in $tools; do
        have "$tool" || say "Not installed: $tool; what needs it cannot run."
    done
}

# install_cbmc: where the distribution has none, into a chroot of Debian 13, which tests/prove/run uses.
install_cbmc() {
    root=build/prove/trixie
    if have cbmc || [ -x $root/usr/bin/cbmc ]; then return; fi
    have apt-get || { say "Not installed: cbmc; what needs it cannot run."; return; }
    mkdir -p build/prove
    apt_update
    if apt_offers cbmc 6; then apt_install cbmc; return; fi
    mirror=$(debian_mirror)
    [ -n "$mirror" ] || die "CBMC must come from Debian 13; say where Debian is: make prove DEBIAN_MIRROR=http://..."
    apt_install debootstrap debian-archive-keyring
    say "Installing CBMC from Debian 13 into $root..."
    as_root rm -rf $root.new
    as_root debootstrap --variant=minbase --include=cbmc,libc6-dev trixie $root.new "$mirror" \
        >build/prove/debootstrap.log 2>&1 ||
        { tail -n 5 build/prove/debootstrap.log >&2; die "that failed (whole log: build/prove/debootstrap.log)."; }
    as_root mv $root.new $root
}

mode=${1:-find}
case $mode in
find | install | test | fuzz | prove | bench | deb) ;;
cards)
    mkdir -p build
    install_tools "$cards_packages" 'cmark weasyprint pdfinfo'
    exit ;;
windows)
    mkdir -p build
    install_tools "$windows_packages" 'x86_64-w64-mingw32-gcc-posix wine expect'
    exit ;;
dist)
    mkdir -p build
    install_tools "$dist_packages" 'readelf mkfs.vfat minisign mcopy python3 qemu-aarch64'
    exit ;;
*) die "usage: deps.sh find|install|test|fuzz|prove|bench|deb|cards|dist|windows" ;;
esac

if [ -z "$DEPS" ] && [ "$mode" != find ] && have apt-get; then install_missing; fi
case $mode in
test) install_tools "$test_packages" "$test_tools" ;;
fuzz) install_tools "$fuzz_packages" 'clang llvm-cov afl-fuzz' ;;
prove) install_cbmc ;;
bench) install_tools "$bench_packages" '7zz age gpg python3 zstd' ;;
deb) install_tools "$deb_packages $(say "$libraries" | cut -d'|' -f3 | grep -vx libsodium-dev)" \
    'dpkg-buildpackage dh fakeroot lintian mandoc' ;;
esac

have pkg-config || { advise pkg-config >&2; die "pkg-config is not installed."; }
missing=$(missing_libraries)
if [ -n "$missing" ] && [ -n "$DEPS" ]; then
    lacking=$(for name in $missing; do printf ' %s >= %s,' "$name" "$(field "$name" 2)"; done)
    die "neither DEPS=$DEPS nor the system has${lacking%,}; nothing was installed."
elif [ -n "$missing" ]; then
    advise "$missing" >&2
    exit 1
fi
write_deps_mk
