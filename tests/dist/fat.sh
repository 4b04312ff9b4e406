#!/bin/bash
# A kit goes onto a stick as most are made, with FAT32, and volumes come back on one. No file system is mounted:
# mtools writes and reads the image, as another computer would. Called by run.sh, with BIN the static programs.
# shellcheck source-path=SCRIPTDIR/../e2e
. "$(dirname "$0")/../e2e/lib.sh"
# shellcheck source-path=SCRIPTDIR/../e2e
. "$root/tests/tools/tools.sh"

given=$scratch/given
mkdir "$given" && cd "$given" || exit 1
image=$given/stick.img
program=seal-linux
! readelf -h "$BIN/seal" | grep -q AArch64 || program=seal-linux-arm
sealkey new -q -o org --no-passphrase >/dev/null
mkdir -p 'дело/Фото и видео'
maketree noise 'дело/Фото и видео/снимок, который назван очень длинно, как это бывает.jpeg' 2500000
seq 20000 >'дело/ё — й.txt'
maketree noise 'дело/file with a long English name.bin' 400000
export MTOOLS_SKIP_CHECK=1

if ! needs mkfs.vfat || ! needs mcopy; then
    finish
fi

# The file system itself is in order.
# shellcheck disable=SC2317 # called by check
is_sound() { fsck.vfat -n "$image"; }

# take_out FROM FOLDER. FAT knows no rights: what may be run is up to whoever mounts it.
# shellcheck disable=SC2317 # called by check
take_out() { mkdir "$2" && mcopy -s -m -i "$image" "::$1" "$2/"; }

scenario "a kit goes onto it"
truncate -s 64M "$image"
check "the stick is made" mkfs.vfat -F 32 -n EVIDENCE "$image"
run sealkey kit --to "$given/org.pub" kit
expect_exit 0
check "the kit is copied" mcopy -s -m -i "$image" kit ::/
check "the stick is in order" is_sound
check "it comes back" take_out /kit back
diff -r kit back/kit >"$out" 2>"$err"
judge "all names and all bytes should be as they were" $?
(cd back/kit && sha256sum --quiet -c SHA256SUMS) >"$out" 2>"$err"
judge "SHA256SUMS should hold" $?
cp -r back "$given/back"

scenario "it seals from there, and its volumes come back"
cp -r "$given/back" back
chmod 755 back/kit/*
run back/kit/$program --repair none --split 1M --verify "$given/дело"
expect_exit 0
number=$(sed -n 's/^receipt //p' "$out")
check "volumes" test "$(find back/kit -name '*.bin' | wc -l)" -eq 3
check "the volumes are copied" mcopy -m -i "$image" back/kit/*.bin ::/
check "the stick is in order" is_sound
mkdir desk
check "they come back" mcopy -m -i "$image" '::/*.bin' desk/
run unseal -q --key "$given/org.key" -o bag desk
expect_exit 0
expect_out "^receipt  $number\$"
expect_same_tree "$given/дело" bag/data/дело
check "not only the names FAT has of its own" test -f 'bag/data/дело/ё — й.txt'

scenario "where nothing runs from the stick"
cp -r "$given/back" back
chmod 644 back/kit/*
run sh back/kit/seal.sh -q --verify "$given/дело"
expect_exit 0
mkdir desk
mdel -i "$image" '::/*.bin'
check "the file is copied" mcopy -m -i "$image" back/kit/*.bin ::/kit/
check "the stick is in order" is_sound
check "it comes back" mcopy -m -i "$image" '::/kit/*.bin' desk/
run unseal -q --key "$given/org.key" -o bag desk/*.bin
expect_exit 0
expect_same_tree "$given/дело" bag/data/дело

finish
