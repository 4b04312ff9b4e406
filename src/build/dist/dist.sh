#!/bin/sh
# Builds the static programs for every system into build/dist: `make dist`.
#
#   dist.sh [TARGET...]     linux-x86_64 linux-aarch64 windows-x86_64 (all of them without arguments)
#
#   DIST_SOURCES=/folder    take the source files from there, by their last names; nothing is fetched
#   DEBIAN_MIRROR=URI       where Debian's archive is, if apt's own configuration does not say
#   MINISIGN_KEY=FILE       sign SHA256SUMS with this key of minisign's, whose passphrase it asks for
#
# build/dist then has a folder for each system, kit/ (what sealkey kit puts onto a stick besides), sbom.cdx.json (CycloneDX: what
# the programs are made of) and SHA256SUMS.
#
# What a program is depends on the sources (all pinned in src/build/dist/sources), on the compiler, the assembler and the kernel's
# headers, and on nothing else: not on the folder, the time, the user or the machine.
set -eu
cd "$(dirname "$0")/../../.."
unset MAKEFLAGS MFLAGS MAKELEVEL MAKEOVERRIDES CFLAGS CPPFLAGS LDFLAGS CC
# Sorting and dates must not depend on who builds.
export LC_ALL=C TZ=UTC
umask 022

top=$PWD
case $top in *[[:space:]]*) echo 'dist: the makers of the libraries know no folders with spaces: build it elsewhere' >&2; exit 1 ;; esac
work=$top/build/dist-work
dist=$top/build/dist
sources=$top/build/dist-src
jobs=-j$(nproc)
all_targets='linux-x86_64 linux-aarch64 windows-x86_64'

say() { printf '%s\n' "$*"; }
die() { printf 'dist: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# ---- Tools ----------------------------------------------------------------------------------------

native() { [ "$(uname -m)" = "$1" ] && [ "$(uname -s)" = Linux ]; }

# compiler_of TARGET: the prefix of its tools.
compiler_of() {
    case $1 in
    linux-*) if native "${1#linux-}"; then say ''; else say "${1#linux-}-linux-gnu-"; fi ;;
    windows-*) say "${1#windows-}-w64-mingw32-" ;;
    esac
}

packages_for() {
    say 'gcc libc6-dev make m4 xz-utils gperf perl autoconf automake libtool'
    for target; do
        case $target in *-x86_64) say nasm ;; esac
        case $target in
        linux-aarch64) native aarch64 || say 'gcc-aarch64-linux-gnu libc6-dev-arm64-cross linux-libc-dev-arm64-cross' ;;
        windows-x86_64) say 'gcc-mingw-w64-x86-64-posix mingw-w64-x86-64-dev' ;;
        linux-x86_64) native x86_64 || say 'gcc-x86-64-linux-gnu libc6-dev-amd64-cross linux-libc-dev-amd64-cross' ;;
        esac
    done
}

install_tools() {
    have apt-get || return 0
    wanted=''
    for package in $(packages_for "$@"); do
        dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null | grep -qx installed || wanted="$wanted $package"
    done
    [ -n "$wanted" ] || return 0
    say "Installing:$wanted"
    as_root=''
    [ "$(id -u)" = 0 ] || as_root=sudo
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq </dev/null
    # shellcheck disable=SC2086 # a list of names, meant to be split
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 \
        $wanted </dev/null >"$work/apt.log" 2>&1 || { tail -n 20 "$work/apt.log" >&2; die "apt could not install:$wanted"; }
}

# ---- Sources --------------------------------------------------------------------------------------

# field NAME NUMBER: one column of the table of sources.
field() { awk -v name="$1" -v column="$2" '$1 == name { print $column }' src/build/dist/sources; }

source_file() { basename "$(field "$1" 3)"; }

mirror() {
    if [ -n "${DEBIAN_MIRROR-}" ]; then
        say "$DEBIAN_MIRROR"
    else
        # shellcheck disable=SC2016 # $(REPO_URI) is apt's, not the shell's
        apt-get indextargets --format '$(REPO_URI)' 'Origin: Debian' 'Label: Debian' |
            grep -v '^cdrom:' | sort -u | head -n 1
    fi
}

download() {
    uri=$(mirror)
    [ -n "$uri" ] || die "where is Debian's archive? Say DEBIAN_MIRROR=http://..., or DIST_SOURCES=/folder"
    uri=${uri%/}/$(say "$1" | sed 's/+/%2B/g')
    if [ -x /usr/lib/apt/apt-helper ]; then
        /usr/lib/apt/apt-helper -o APT::Sandbox::User=root download-file "$uri" "$2" >"$2.log" 2>&1
    else
        curl -fsSL -o "$2" "$uri"
    fi
}

# Whoever gives us a file, it must be the one we know.
fetch() {
    file=$sources/$(source_file "$1")
    sum=$(field "$1" 4)
    if [ ! -e "$file" ] && [ -n "${DIST_SOURCES-}" ]; then
        cp "$DIST_SOURCES/$(source_file "$1")" "$file"
    elif [ ! -e "$file" ]; then
        say "Fetching $(source_file "$1")"
        download "$(field "$1" 3)" "$file.new" || die "$(source_file "$1") could not be fetched (see $file.new.log)"
        mv "$file.new" "$file"
    fi
    say "$sum  $file" | sha256sum -c --quiet - >&2 || die "$file is not what it should be; remove it"
}

# unpack NAME: into a fresh folder, whose path is printed; without the folder that is in the archive.
unpack() {
    folder=$tree/src/$1
    rm -rf "$folder"
    mkdir -p "$folder"
    archive=$(with_configure "$1")
    [ -e "$archive" ] || archive=$sources/$(source_file "$1")
    tar -xf "$archive" -C "$folder" --strip-components=1 --no-same-owner
    # One time for all files: else make may find configure out of date.
    find "$folder" -exec touch -d @0 {} +
    say "$folder"
}

with_configure() { say "$work/$1-$(field "$1" 2).tar"; }

# jansson comes without its configure, which is made once, for all systems.
make_configure() {
    [ ! -e "$(with_configure jansson)" ] || return 0
    tree=$work
    folder=$(unpack jansson)
    (cd "$folder" && autoreconf -fi) >"$work/jansson.log" 2>&1 || die "jansson's configure could not be made (log: $work/jansson.log)"
    tar -cf "$work/jansson.new" -C "$work/src" jansson
    mv "$work/jansson.new" "$(with_configure jansson)"
}

# ---- One system -----------------------------------------------------------------------------------

# What every object gets. Where it was built is nobody's business, and must not change a byte.
flags_for() {
    say "-O2 -fPIC -fstack-protector-strong -ffile-prefix-map=$tree=. -ffile-prefix-map=$top=. -ffunction-sections -fdata-sections"
}

# A compiler that knows musl and nothing else of the system. Programs are static and still lie anywhere in memory.
make_musl_compiler() {
    lib=$tree/lib
    cat >"$tree/musl.specs" <<SPECS
%rename cpp_options old_cpp_options

*cpp_options:
-nostdinc -isystem $tree/include -isystem include%s %(old_cpp_options)

*cc1:
%(cc1_cpu) -nostdinc -isystem $tree/include -isystem include%s

*link_libgcc:
-L$lib -L .%s

*libgcc:
libgcc.a%s libgcc_eh.a%s

*startfile:
$lib/rcrt1.o $lib/crti.o crtbeginS.o%s

*endfile:
crtendS.o%s $lib/crtn.o

*link:
-static -pie --no-dynamic-linker -z text -nostdlib

SPECS
    printf '#!/bin/sh\nexec %sgcc -specs %s "$@"\n' "$tools" "$tree/musl.specs" >"$tree/cc"
    chmod +x "$tree/cc"
}

# The kernel's own headers, which say what its calls take; from the compiler's folder of headers.
take_kernel_headers() {
    for part in linux asm-generic asm; do
        from=$(printf '#include <%s>\n' "$(case $part in linux) say linux/types.h ;; *) say $part/errno.h ;; esac)" |
            "${tools}gcc" -E -x c - | sed -n "s,^# 1 \"\(.*\)/$part/[a-z]*\.h\".*,\1/$part,p" | head -n 1)
        [ -d "$from" ] || die "the kernel's headers ($part) are not there"
        cp -R "$from" "$tree/include/"
    done
}

# The steps are chained with && because the caller asks how it ended, and the shell then no longer stops at errors itself.
build_musl() {
    cd "$(unpack musl)" &&
        ./configure --prefix="$tree" --syslibdir="$tree/lib" --disable-shared --disable-wrapper \
            --target="$machine-linux-musl" CC="${tools}gcc" CFLAGS="$(flags_for)" &&
        make "$jobs" AR="${tools}ar" RANLIB="${tools}ranlib" && make install && take_kernel_headers && make_musl_compiler
}

# The compiler's own library for Windows: its parts are the system's, of which it has only the list. Threads are POSIX's.
make_windows_compiler() {
    printf '#!/bin/sh\nexec %sgcc-posix "$@"\n' "$tools" >"$tree/cc"
    chmod +x "$tree/cc"
}

# static_defines: libarchive for Windows would be made for a DLL else, and what a DLL gives away stays in every program.
#
# What one configure found out of the compiler and the system holds for the next. Most of the time goes into starting programs:
# hence the smaller shell, and no tracking of dependencies, which nobody needs who compiles once.
configure() {
    CONFIG_SHELL=/bin/sh /bin/sh ./configure --cache-file="$tree/config.cache" --disable-dependency-tracking \
        --host="$host" --prefix="$tree" --libdir="$tree/lib" --disable-shared --enable-static CC="$tree/cc" \
        AR="${tools}ar" RANLIB="${tools}ranlib" NM="${tools}nm" STRIP="${tools}strip" CFLAGS="$(flags_for) $static_defines" "$@" && make "$jobs" && make install
}

build_library() {
    cd "$(unpack "$1")" || return
    case $1 in
    libsodium) configure --with-pic ;;
    openssl) # the digests alone, with what finds out what the processor has
        # shellcheck disable=SC2086 # a list of files, meant to be split
        ./Configure "$(openssl_system)" no-shared no-module no-apps no-docs no-tests \
            CC="$tree/cc" CFLAGS="$(flags_for)" &&
            digests=$(openssl_digests) && make build_generated &&
            make "$jobs" $digests && "${tools}ar" rcD "$tree/lib/libcrypto.a" $digests &&
            cp -R include/openssl "$tree/include" ;;
    libarchive) # its writer of tar; no other library, so no filter
        drop_formats && configure --with-pic --disable-bsdtar --disable-bsdcpio --disable-bsdcat --disable-bsdunzip --disable-acl --disable-xattr \
            --without-zlib --without-bz2lib --without-libb2 --without-iconv --without-lz4 --without-zstd --without-lzma \
            --without-mbedtls --without-nettle --without-openssl --without-xml2 --without-expat ;;
    isa-l) # the code of repair data alone; for x86-64 SSE, AVX and AVX2: more is hardly faster, where memory decides
        choose_dispatchers && make "$jobs" -f Makefile.unx lib units=erasure_code as_feature_level=4 host_cpu="$machine" arch="$isal_arch" \
            CC="$tree/cc" AR="${tools}ar" "CFLAGS_$isal_arch=$(flags_for)" &&
            cp bin/isa-l.a "$tree/lib/libisal.a" && mkdir "$tree/include/isa-l" &&
            cp include/erasure_code.h include/gf_vect_mul.h "$tree/include/isa-l" ;;
    jansson) configure --with-pic ;;
    libseccomp) configure --with-pic --disable-python ;;
    zstd)
        make "$jobs" -C lib libzstd.a ZSTD_LEGACY_SUPPORT=0 ZSTD_LIB_DICTBUILDER=0 ZSTD_LIB_DEPRECATED=0 CC="$tree/cc" AR="${tools}ar" CFLAGS="$(flags_for)" &&
            cp lib/libzstd.a "$tree/lib" && cp lib/zstd.h lib/zstd_errors.h lib/zdict.h "$tree/include" ;;
    utf8proc)
        make "$jobs" libutf8proc.a CC="$tree/cc" AR="${tools}ar" CFLAGS="$(flags_for) $static_defines" &&
            cp libutf8proc.a "$tree/lib" && cp utf8proc.h "$tree/include" ;;
    esac
}

# The linker for Windows leaves out no function that has a table for unwinding, and so none that such a one names. In this
# file is one that the writer of tar calls, and a table of the writers of all formats, which nobody here asks by number.
drop_formats() {
    sed -i '/{ ARCHIVE_FORMAT_7ZIP,/,/{ ARCHIVE_FORMAT_ZIP,/d' libarchive/archive_write_set_format.c &&
        ! grep -q set_format_iso9660 libarchive/archive_write_set_format.c
}

# One file finds out for all functions which code the processor can run, and so names all that there is. Only these two are called.
choose_dispatchers() {
    sed -i -E '/^[[:space:]]*mbin_(interface|dispatch_init[0-9]*) /{/ (ec_encode_data_update|ec_init_tables)(,|$)/!d}' \
        erasure_code/ec_multibinary.asm erasure_code/aarch64/ec_multibinary_arm.S
}

openssl_system() { case $target in windows-*) say mingw64 ;; *) say "linux-$machine" ;; esac; }

openssl_digests() {
    sed -nE 's,^(crypto/(libcrypto-lib-([a-z0-9_]*cpuid|armcap|ctype|mem_clr)|(sha|md5)/libcrypto-lib-(sha1|sha256|sha512|md5)(dgst|_dgst|-[a-z0-9_]+)?)\.o(bj)?):.*,\1,p' Makefile |
        sort -u | tr '\n' ' '
}

libraries_for() { awk -v os="${1%%-*}" '!/^#/ && $7 ~ os { print $1 }' src/build/dist/sources; }

# Where it is another program than the compiler.
assembler() { case $target in *-x86_64) nasm --version | head -n 1 ;; esac; }

# Built once for a list of sources and a compiler.
sysroot_mark() { { cat src/build/dist/sources src/build/dist/dist.sh; "${tools}gcc" --version; assembler; say "$tree"; } | sha256sum; }

build_sysroot() {
    [ "$(cat "$tree/mark" 2>/dev/null)" = "$(sysroot_mark)" ] && return
    rm -rf "$tree"
    mkdir -p "$tree/lib" "$tree/include"
    case $target in windows-*) make_windows_compiler ;; esac
    for name in $(libraries_for "$target"); do
        say "Building $name for $target"
        case $name in
        musl) (build_musl) ;;
        *) (build_library "$name") ;;
        esac >"$tree/$name.log" 2>&1 || { tail -n 20 "$tree/$name.log" >&2; die "$name could not be built (log: $tree/$name.log)"; }
    done
    rm -rf "$tree/src"
    sysroot_mark >"$tree/mark"
}

build_programs() {
    {
        say "DEPS_CFLAGS := -isystem $tree/include $static_defines"
        say "DEPS_LIBS := -L$tree/lib -lsodium -larchive -lzstd -lcrypto -lutf8proc -lisal -ljansson $system_libs"
    } >"$tree/deps.mk"
    # Translations do not fit into 2 MiB yet.
    make -s "$jobs" LANGUAGES= VARIANT=release SYSTEM="${target%%-*}" OUT="build/dist-work/$target/out" DEPS_MK="$tree/deps.mk" CC="$tree/cc" AR="${tools}ar" \
        WERROR=1 CFLAGS="-ffile-prefix-map=$tree=. -ffunction-sections -fdata-sections" \
        LDFLAGS='-Wl,--gc-sections -Wl,--build-id=none' programs
    mkdir -p "$dist/$target"
    for program in seal unseal sealkey; do
        # For Windows it writes down when it was done, or this instead.
        SOURCE_DATE_EPOCH=0 "${tools}strip" -s -o "$dist/$target/$program$exe" "$tree/out/$program$exe"
    done
}

# ---- What they are made of ------------------------------------------------------------------------

version() { sed -n 's/^#define SEAL_VERSION "\(.*\)"$/\1/p' src/base/base.h; }

mingw_version() {
    printf '#include <_mingw_mac.h>\n__MINGW64_VERSION_MAJOR.__MINGW64_VERSION_MINOR.__MINGW64_VERSION_BUGFIX\n' |
        "$(compiler_of "$1")gcc" -E -P -x c - | tail -n 1 | tr -d ' '
}

# Everything that is in a program, as its maker numbers it; and compiler and assembler, which are not but make it.
write_sbom() {
    {
        printf '{\n  "bomFormat": "CycloneDX",\n  "specVersion": "1.5",\n  "version": 1,\n'
        printf '  "metadata": {"component": {"type": "application", "name": "seal", "version": "%s", "licenses": [{"license": {"id": "ISC"}}]}},\n' "$(version)"
        printf '  "components": [\n'
        awk '!/^#/ {
            file = $3; sub(/.*\//, "", file)
            printf "%s    {\"type\": \"library\", \"bom-ref\": \"%s\", \"name\": \"%s\", \"version\": \"%s\",\n", (n++ ? ",\n" : ""), $1, $1, $2
            printf "     \"hashes\": [{\"alg\": \"SHA-256\", \"content\": \"%s\"}],\n", $4
            printf "     \"licenses\": [{\"license\": {\"id\": \"%s\"}}], \"purl\": \"pkg:generic/%s@%s?checksum=sha256:%s\",\n", $5, $1, $2, $4
            printf "     \"externalReferences\": [{\"type\": \"website\", \"url\": \"%s\"}],\n", $6
            printf "     \"properties\": [{\"name\": \"file\", \"value\": \"%s\"}, {\"name\": \"systems\", \"value\": \"%s\"}]}", file, $7
        }' src/build/dist/sources
        for target; do
            # What comes with the compiler and is linked in: the start of a program, threads, the protector of the stack.
            case $target in windows-*)
                printf ',\n    {"type": "library", "bom-ref": "mingw-w64", "name": "mingw-w64 runtime and winpthreads", "version": "%s", "licenses": [{"license": {"id": "ZPL-2.1"}}, {"license": {"id": "MIT"}}]}' \
                    "$(mingw_version "$target")"
                printf ',\n    {"type": "library", "bom-ref": "gcc-runtime", "name": "libgcc and libssp", "version": "%s", "licenses": [{"expression": "GPL-3.0-or-later WITH GCC-exception-3.1"}]}' \
                    "$("$(compiler_of "$target")gcc-posix" -dumpfullversion)" ;;
            esac
            printf ',\n    {"type": "application", "bom-ref": "compiler-%s", "name": "compiler for %s", "version": "%s", "scope": "excluded"}' \
                "$target" "$target" "$("$(compiler_of "$target")gcc" --version | head -n 1)"
            [ -z "$(assembler)" ] ||
                printf ',\n    {"type": "application", "bom-ref": "assembler-%s", "name": "assembler for %s", "version": "%s", "scope": "excluded"}' \
                    "$target" "$target" "$(assembler)"
        done
        printf '\n  ]\n}\n'
    } >"$dist/sbom.cdx.json"
}

write_sums() {
    (cd "$dist" && find . -type f ! -name 'SHA256SUMS*' | sed 's,^\./,,' | sort | xargs -d '\n' sha256sum) >"$dist/SHA256SUMS.new"
    mv "$dist/SHA256SUMS.new" "$dist/SHA256SUMS"
    rm -f "$dist/SHA256SUMS.minisig"
    if [ -n "${MINISIGN_KEY-}" ]; then
        minisign -S -s "$MINISIGN_KEY" -m "$dist/SHA256SUMS" -t "seal $(version)"
    else
        say "Not signed: say MINISIGN_KEY=FILE to sign build/dist/SHA256SUMS"
    fi
}

build_target() {
    target=$1
    tools=$(compiler_of "$target")
    tree=$work/$target
    machine=${target#*-}
    case $target in
    windows-*) host=$machine-w64-mingw32 exe=.exe isal_arch=mingw system_libs='-lntdll -ladvapi32 -lbcrypt -lssp' static_defines='-DSODIUM_STATIC -DUTF8PROC_STATIC -DLIBARCHIVE_STATIC' ;;
    *) host=$machine-linux-musl exe='' isal_arch=$([ "$machine" = x86_64 ] || say "$machine") system_libs=-lseccomp static_defines='' ;;
    esac
    have "${tools}gcc" || die "${tools}gcc is not there"
    build_sysroot
    say "Building seal for $target"
    build_programs
}

mkdir -p "$work" "$sources" "$dist"
rm -rf "$dist/kit"
src/build/kit/make.sh "$dist/kit"
[ $# -gt 0 ] || eval "set -- $all_targets"
install_tools "$@"
for name in $(for target; do libraries_for "$target"; done | sort -u); do fetch "$name"; done
make_configure
# All at once: most of the time one configure or another runs, on one processor.
builds=''
for target; do
    (build_target "$target") &
    builds="$builds $!"
done
for build in $builds; do wait "$build"; done
write_sbom "$@"
write_sums
(cd "$dist" && ls -l ./*/*seal*)
