#!/bin/bash
# All sealed files of tests/vectors through the real unseal: what must open, opens to exactly what the
# vectors say; what must not is refused with the right exit status and leaves nothing behind.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"

keys=$scratch/keys
mkdir "$keys"
cp "$vectors"/keys/* "$keys"
chmod 600 "$keys"/*

# With QUICK=N each Nth vector is tried.
number=0 each=${QUICK:-1}
is_next() { [ $((++number % each)) -eq 0 ]; }

# unseal_with KEY ARGUMENTS...: with the key's passphrase where it has one.
quiet=(-q)
unseal_with() {
    local key=$1 passphrase
    shift
    passphrase=$(vectors passphrase "$vectors" "$key" 2>/dev/null)
    if [ -n "$passphrase" ]; then
        run unseal "${quiet[@]}" --key "$keys/$key.key" --passphrase-fd 0 "$@" <<<"$passphrase"
    else
        run unseal "${quiet[@]}" --key "$keys/$key.key" "$@"
    fi
}

# The tree that came out, as `vectors tree` writes the one that should have.
listing_for() {
    awk 'NR == FNR { if ($4 == "implied") implied[$6] = 1; next }
        { $2 = "?"; if ($6 in implied) $4 = "implied"; print }' "$1" <(listing "$2") |
        sed 's,\(.*\) \([^ ]*\)$,\1 data/\2,; s,data/\.$,data,' | LC_ALL=C sort
}

tag_files='bag-info.txt bagit.txt data manifest-sha256.txt metadata.mtree tagmanifest-sha256.txt'

expect_tree() {
    vectors tree "$vectors" "$1" | LC_ALL=C sort -u >"$scratch/want"
    # listing says paths below data, the vectors with it.
    sed 's, data/\([^ ]*\)$, \1,; s, data$, .,' "$scratch/want" >"$scratch/want.below"
    listing_for "$scratch/want.below" bag/data >"$scratch/got"
    as_kept_here "$scratch/want"
    as_kept_here "$scratch/got"
    [ -s "$scratch/got" ] && cmp -s "$scratch/want" "$scratch/got"
    judge "the tree should be that of the vector" $? \
        "$(diff "$scratch/want" "$scratch/got" | head -n 4)"
    # shellcheck disable=SC2086 # a list of names
    expect_names bag $tag_files
    # JSON cannot hold the byte FF of one target, and has U+FFFD there.
    vectors links "$vectors" "$1" | sed 's,/\\357\\277\\275$,/\\377,' >"$scratch/links"
    grep ' type=link ' bag/metadata.mtree >"$scratch/got"
    cmp -s "$scratch/links" "$scratch/got"
    judge "the links on record should be those of the vector" $?
}

# A bag with names that not every system can hold or show, as it is by default; in its place comes
# the same one with the names as they were sealed.
exact_names() {
    # shellcheck disable=SC2086 # a list of names
    expect_names bag as-sealed $tag_files
    check "D is the digest in as-sealed" test "$(sha256sum <bag/as-sealed/tagmanifest-sha256.txt)" = "$3  -"
    (cd bag/as-sealed && sha256sum --quiet -c tagmanifest-sha256.txt) >/dev/null 2>&1
    judge "as-sealed should hold what D covers" $?
    (cd bag && sha256sum --quiet -c manifest-sha256.txt tagmanifest-sha256.txt) >/dev/null 2>&1
    judge "the manifests should hold" $?
    check "no odd name on disk" test -z "$(find bag/data | LC_ALL=C grep -E '[%"*:<>?\\|[:cntrl:]]|[. ](/|$)')"
    listing bag/data | grep ^file | cut -d' ' -f1-5 | LC_ALL=C sort >"$scratch/default"
    remove bag
    unseal_with "$1" --exact-names -o bag "$2"
    expect_exit 0
    expect_out "^digest   $3\$"
    listing bag/data | grep ^file | cut -d' ' -f1-5 | LC_ALL=C sort >"$scratch/exact"
    cmp -s "$scratch/default" "$scratch/exact"
    judge "both should have the same files, sizes and times" $? "$(diff "$scratch/default" "$scratch/exact" | head -n 4)"
}

while IFS=$'\t' read -r name type who files receipt digest size sum; do
    for key in ${who//,/ }; do
        is_next || continue
        scenario "$name opens for $key"
        paths=()
        for file in ${files//,/ }; do paths=("$vectors/files/$file" "${paths[@]}"); done # backwards
        unseal_with "$key" -o bag "${paths[@]}"
        expect_exit 0
        expect_out "^receipt  $receipt\$"
        expect_out "^digest   $digest\$"
        expect_made . bag
        if [ "$type" = stream ]; then
            expect_file bag
            check "size" test "$(stat -c %s bag)" = "$size"
            check "content" test "$(sha256sum <bag)" = "$sum  -"
        else
            if [ ! -e bag/as-sealed ]; then
                expect_tree "$name"
            elif ! on_windows; then # which cannot hold the names as they were
                exact_names "$key" "${paths[*]}" "$digest"
                expect_tree "$name"
            fi
        fi
    done
done < <(vectors samples "$vectors")

scenario "modes of the sample with times"
run unseal -q --key "$keys/alice.key" -o bag "$vectors/files/times.seal"
expect_exit 0
expect_mode bag/data/run.sh 444
expect_mode bag/data/t0 444
expect_mode bag/data 555
expect_mode bag 555
expect_mode bag.custody.txt 644
run unseal -q --key "$keys/alice.key" --writable -o writable "$vectors/files/times.seal"
expect_exit 0
expect_mode writable/data/run.sh 644
expect_mode writable/data/t0 644
expect_mode writable/data 755
expect_mode writable 755

class_number() {
    case $1 in
    opens) echo 0 ;; usage) echo 2 ;; no-key) echo 4 ;; damaged) echo 5 ;;
    hostile) echo 6 ;; newer-version) echo 7 ;; *) echo "no class $1" ;;
    esac
}

# class_words CLASS [VECTOR]: a vector of which the programs know better has words of its own.
class_words() {
    case ${2-}:$1 in
    empty:4) echo ': it is empty: nothing of it arrived\. Ask for the file again\.' ;;
    mend-both-heads:4 | mend-wrong-key:4) echo ': it begins with the same byte over and over: ' ;;
    truncate-*:4) echo ': it has [0-9.]+ (bytes|kB), and no sealed file is shorter than 65\.5 kB: ' ;;
    *:2) echo '.' ;;
    *:4) echo ': no key here opens this file, or its beginning is damaged\. ' ;;
    *:5) echo ': a key opens it, but it was altered or cut short' ;;
    *:6) echo ': it arrived intact, but what is inside breaks the rules ' ;;
    *:7) echo ': made by a newer version' ;;
    esac
}

# Of files that are no set unseal makes what they are: a copy is skipped, others stand by themselves.
expect_sorted_out() {
    expect_exit 0
    case $1 in
    volumes-double)
        expect_made . bag set
        expect_err 'set/[12].bin: a copy of set/[12].bin; skipped$'
        ;;
    volumes-two-unsplit)
        expect_names bag 0 0.custody.json 0.custody.txt 1 1.custody.json 1.custody.txt
        ;;
    *)
        expect_names bag 0 0.custody.json 0.custody.txt 3 3.custody.json 3.custody.txt
        expect_out '^accepted .*  set/0.bin and 2 more$'
        expect_out '^accepted .*  set/3.bin$'
        ;;
    esac
}

# What is wrong with set keys.
expect_set_refused() {
    case $1 in
    set-key-double)
        expect_err 'is volume 2, like set/[12]\.bin, but was not sealed for your keys, and holds something else'
        ;;
    set-key-other | set-key-damaged) # the first stands alone, and lacks the second
        expect_err 'set/1\.bin: no key here opens this file, or its beginning is damaged\. '
        expect_err 'set/0\.bin: everything after volume 1 is missing'
        ;;
    set-key-two | set-key-flags)
        expect_message "$(class_words "$2")"
        expect_err 'its volumes do not agree'
        ;;
    *) expect_err "$(class_words "$2")" ;; # each is another drop
    esac
    [ ! -d bag ] || rmdir bag
    expect_names . set
}

# How a volume was opened whose first head no key opens.
expect_opened_otherwise() {
    case $1 in
    mend-volumes-first) expect_err 'the header at its beginning is damaged or missing; the one at its end opened it' ;;
    mend-*) ;;
    *)
        expect_err 'no key here opens this volume; set/[01].bin, which is of the same set, does'
        check "the record says by what" grep -q 'another volume of its set' bag.custody.txt
        check "the other one, too" grep -q '"by_set": true' bag.custody.json
        ;;
    esac
}

# Several files: in the order in which they are listed, the other way round, and as a folder.
check_set() {
    local id=$1 who=$2 want files=(set/0.bin) backwards=(set/0.bin) i=0
    want=$(class_number "${3%%,*}")
    mkdir set
    vectors make "$vectors" "$id" set/0.bin
    for file in ${4//,/ }; do
        [ "$i" = 0 ] || cp "$vectors/$file" "set/$i.bin"
        [ "$i" = 0 ] || files+=("set/$i.bin")
        [ "$i" = 0 ] || backwards=("set/$i.bin" "${backwards[@]}")
        i=$((i + 1))
    done
    for order in "${files[*]}" "${backwards[*]}" set; do
        quiet=()
        # shellcheck disable=SC2086 # a list of names
        unseal_with "$who" -o bag $order
        quiet=(-q)
        case $id in
        volumes-double | volumes-stranger | volumes-unsplit | volumes-two-unsplit)
            expect_sorted_out "$id"
            remove bag*
            continue
            ;;
        esac
        expect_exit "$want"
        if [ "$want" = 0 ]; then
            expect_out '^receipt '
            expect_opened_otherwise "$id"
            remove bag*
            continue
        fi
        if [[ $id == set-key-* ]]; then
            expect_set_refused "$id" "$want"
            continue
        fi
        [ "$want" = 4 ] || expect_message "$(class_words "$want")"
        [ "$want" != 2 ] || expect_message 'volume.* missing; give all of them together\.$'
        if [ "$want" = 5 ]; then
            expect_out '^volume   1  damaged       set/0.bin$'
            expect_out '^volume   2  intact        set/1.bin$'
            expect_out '^volume   3  intact        set/2.bin$'
        elif [ "$want" = 4 ]; then # each is another drop
            [ "$(grep -c '^no-key  ' "$out")" -eq 3 ]
            judge "each should have its line" $?
        else
            expect_no_out
        fi
        expect_names . set
    done
}

while IFS=$'\t' read -r id who classes opens_for files; do
    is_next || continue
    scenario "negative vector $id"
    if [[ $files == *,* ]]; then
        check_set "$id" "$who" "$classes" "$files"
        continue
    fi
    vectors make "$vectors" "$id" file.bin
    for key in ${who//,/ }; do
        unseal_with "$key" -o bag file.bin
        allowed=''
        for class in ${classes//,/ }; do allowed="$allowed $(class_number "$class")"; done
        [[ " $allowed " == *" $status "* ]]
        judge "exit status should be one of:$allowed" $?
        if [ "$status" -eq 0 ]; then
            expect_out '^receipt '
            remove bag
        else
            expect_no_out
            expect_message "$(class_words "$status" "$id")"
        fi
        expect_names . file.bin
        # The same by other ways out: a raw copy fails where the seal does, and to a pipe nothing goes.
        case $status in 4 | 5 | 7)
            unseal_with "$key" --raw -o raw file.bin
            [[ " $allowed " == *" $status "* ]]
            judge "exit status with --raw should be one of:$allowed" $?
            expect_names . file.bin
            unseal_with "$key" --raw -o - file.bin
            expect_no_out
            ;;
        esac
    done
    for key in ${opens_for//-/}; do
        unseal_with "$key" -o bag file.bin
        expect_exit 0
        expect_out '^receipt '
    done
done < <(vectors negative "$vectors")

while IFS=$'\t' read -r file class _ passphrase; do
    scenario "key file $file is bad"
    case $file in
    *.pub)
        echo text >note
        run seal -q --to "$keys/$(basename "$file")" -o sealed note
        ;;
    *)
        [ "$passphrase" = - ] && passphrase=unused
        run unseal -q --key "$keys/$(basename "$file")" --passphrase-fd 0 -o bag \
            "$vectors/files/bag-three.seal" <<<"$passphrase"
        # A locked key that cannot be opened does not open the file; which key it is must be said.
        ;;
    esac
    want=$(class_number "$class")
    [ "$status" -eq "$want" ]
    judge "$file should be refused with $want" $?
    expect_no_out
    expect_message "$(basename "$file")"
    expect_absent sealed
    expect_absent bag
done < <(vectors bad-keys "$vectors")

scenario "good key files in odd forms"
echo text >note
for name in alice-crlf-bom three; do
    run seal -q --to "$keys/$name.pub" -o "$name.bin" note
    expect_exit 0
    run unseal -q --key "$keys/alice.key" -o "$name" "$name.bin"
    expect_exit 0
    expect_same note "$name/data/note"
done
for key in bob carol; do
    unseal_with "$key" -o "three-$key" three.bin
    expect_exit 0
done

finish
