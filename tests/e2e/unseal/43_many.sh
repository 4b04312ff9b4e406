#!/bin/bash
# Several sealed files in one run, each by itself, good and bad.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../lib.sh"
# shellcheck source=tests/tools/tools.sh
. "$root/tests/tools/tools.sh"
# shellcheck source=tests/e2e/unseal/many.lib.sh
. "$(dirname "$0")/many.lib.sh"

scenario "all of them are good"
cp "$good"/{one,two,stream}.bin .
run unseal "${with[@]}" one.bin two.bin stream.bin
expect_exit 0
expect_names . {one,two,stream}{,.bin,.custody.json,.custody.txt}
expect_same_tree "$good/tree" one/data/tree
check "a block for each" test "$(grep -c '^file     ' "$out")" -eq 3
check "a receipt for each" test "$(grep -c '^receipt  ' "$out")" -eq 3
for name in one two stream; do expect_row accepted $name.bin; done
check "the table has what the blocks have" test "$(sed -n 's/^receipt  //p' "$out")" = "$(sed -n 's/^accepted *\([0-9 ]*[0-9]\)  .*/\1/p' "$out")"
mkdir elsewhere
run unseal -q "${with[@]}" -o into one.bin two.bin
expect_exit 0
expect_names into {one,two}{,.custody.json,.custody.txt}
# Into one that is there.
run unseal -q "${with[@]}" -o elsewhere one.bin stream.bin
expect_exit 0
expect_names elsewhere {one,stream}{,.custody.json,.custody.txt}
run unseal -q "${with[@]}" -o single/ one.bin
expect_exit 0
expect_made single one
check "no table for one" sh -c '! grep -q "^result" "$1"' - "$out"
run unseal -q "${with[@]}" -o no/such one.bin two.bin
expect_exit 1
expect_message 'no/such: could not be created: No such file'
run unseal -q "${with[@]}" -o single/one one.bin two.bin
expect_exit 2
expect_message 'single/one: is a bag, to which nothing may be added'

# Nothing is told of the sealed file, which none of the keys that were given may open.
scenario "keys behind the one for --key"
cp "$good"/{one,other}.bin .
cp "$keys/alice.key" a.key
cp "$vectors/keys/carol.key" c.key
chmod 600 ./*.key
run unseal --key ./*.key other.bin
expect_exit 2
expect_message '^unseal: \./c\.key: this is a secret key\. To open with it, write --key in front of it\.$'
expect_names . a.key c.key one.bin other.bin
run unseal --key a.key --list c.key
expect_exit 2
expect_message 'c\.key: this is a secret key'
cp one.bin sealed.key
run unseal -q --key a.key sealed.key
expect_exit 0

scenario "good ones beside bad ones"
cp "$good"/*.bin .
rm newer.bin
before=$(ls)
run unseal "${with[@]}" -o out one.bin damaged.bin hostile.bin other.bin missing.bin gaps.bin two.bin
expect_exit 6
expect_names out {one,gaps,two}{,.custody.json,.custody.txt}
expect_row accepted one.bin
expect_row damaged damaged.bin
expect_row breaks-rules hostile.bin
expect_row no-key other.bin
expect_row failed missing.bin
expect_row incomplete gaps.bin
expect_row accepted two.bin
expect_err '^unseal: damaged\.bin: a key opens it, but it was altered or cut short'
expect_err '^unseal: hostile\.bin'
expect_err '^unseal: other\.bin: no key here opens this file'
expect_err '^unseal: missing\.bin: .*No such file'
expect_same_tree "$good/tree" out/one/data/tree
check "nothing else" test "$(ls)" = "$(printf '%s\nout' "$before" | sort)"
check "nothing unfinished" test -z "$(find . -name '*.partial')"

scenario "a file that may not be read"
cp "$good"/{one,two}.bin .
chmod 000 two.bin
if needs_no_root; then
    run unseal "${with[@]}" two.bin one.bin
    expect_exit 1
    expect_row failed two.bin
    expect_row accepted one.bin
    expect_err 'two\.bin: .*Permission denied'
    expect_names . one.bin two.bin one one.custody.json one.custody.txt
fi

scenario "a file that fails while it is read"
cp "$good"/{one,two}.bin .
hit "FAULT_READ=one.bin 65536 65536 errno:$EIO" -- unseal "${with[@]}" one.bin two.bin
expect_exit 1
expect_row failed one.bin
expect_row accepted two.bin
expect_err 'one\.bin: .*Input/output error'
expect_names . one.bin two.bin two two.custody.json two.custody.txt

scenario "the exit status is the worst"
cp "$good"/*.bin .
worst() {
    run unseal -q "${with[@]}" -o out "${@:2}"
    expect_exit "$1"
    remove out
}
worst 0 one.bin two.bin
worst 3 one.bin gaps.bin
worst 3 gaps.bin one.bin
worst 2 gaps.bin part.bin
worst 7 part.bin newer.bin
worst 4 newer.bin other.bin
worst 5 other.bin damaged.bin
worst 1 damaged.bin missing.bin
worst 6 hostile.bin missing.bin
worst 6 missing.bin hostile.bin damaged.bin one.bin

scenario "the same file twice, and two of the same name"
mkdir a b
cp "$good/one.bin" a/drop.bin
cp "$good/two.bin" b/drop.bin
run unseal "${with[@]}" a/drop.bin b/drop.bin
expect_exit 0
expect_names . drop{,-2}{,.custody.json,.custody.txt} a b
expect_row accepted a/drop.bin
expect_row accepted b/drop.bin
expect_out '^unsealed drop-2$'
expect_err '^another file of this run takes the same name, so what belongs to this one is called drop-2$'
expect_same_tree "$good/tree" drop/data/tree
expect_same "$good/two" drop-2/data/two
check "its record says so" grep -q 'have the number 2 in their' drop-2.custody.txt
check "and for programs" grep -q '"number": 2,' drop-2.custody.json
check "the first has no number" grep -q '"number": null,' drop.custody.json
check "nor says so" sh -c '! grep -q "in the same run" drop.custody.txt'
run unseal -q --recheck drop-2
expect_exit 0
expect_out '^custody    the manifests match the record'
# What is there from an earlier run is not written beside.
run unseal "${with[@]}" a/drop.bin b/drop.bin
expect_exit 1
expect_row failed a/drop.bin
expect_row failed b/drop.bin
expect_names . drop{,-2}{,.custody.json,.custody.txt} a b
remove drop drop.custody.*
run unseal "${with[@]}" a/drop.bin b/drop.bin
expect_exit 1
expect_row accepted a/drop.bin
expect_row failed b/drop.bin
expect_err 'drop-2: is there already, and is left as it is'
expect_names . drop{,-2}{,.custody.json,.custody.txt} a b
run unseal "${with[@]}" --verify a/drop.bin a/drop.bin
expect_exit 0
expect_names . drop{,-2}{,.custody.txt,.custody.json} drop.bin{,-2}.custody.{txt,json} a b

scenario "names that some system takes for one, and numbers that are names"
mkdir a b c
cp "$good/one.bin" a/drop.bin
cp "$good/two.bin" b/Drop.seal
cp "$good/stream.bin" c/drop-2.bin
cp "$good/two.bin" c/drop.bin
cp "$good/one.bin" a/plain
cp "$good/two.bin" b/plain
run unseal -q "${with[@]}" -o out a/drop.bin b/Drop.seal c/drop.bin c/drop-2.bin {a,b}/plain
expect_exit 0
expect_names out {drop,Drop-3,drop-4,drop-2,plain.bag,plain-2.bag}{,.custody.json,.custody.txt}
check "each its own content" test -f out/drop-2 -a -d out/drop/data/tree -a -f out/Drop-3/data/two -a -f out/drop-4/data/two
run unseal -q "${with[@]}" --raw -o raw a/drop.bin c/drop.bin
expect_exit 0
expect_names raw drop{,-2}.tar.zst{,.custody.json,.custody.txt}
# One that gets no name takes none from another.
cp "$good/damaged.bin" a/drop.bin
cp "$good/other.bin" c/drop.bin
run unseal -q "${with[@]}" -o bad c/drop.bin a/drop.bin b/Drop.seal
expect_exit 5
expect_names bad Drop-2{,.custody.json,.custody.txt}

# A drop could be called so that its bag blocks the record of another.
scenario "drops that are called like records"
cp "$good/one.bin" zz.custody.txt.bin
cp "$good/two.bin" zz.CUSTODY.json.seal
cp "$good/one.bin" zz.bin
run unseal "${with[@]}" zz.custody.txt.bin zz.CUSTODY.json.seal zz.bin
expect_exit 0
expect_row accepted zz.bin
expect_file zz.custody.txt
expect_dir zz.custody.txt.bag
expect_dir zz.CUSTODY.json.bag

scenario "several are checked"
cp "$good"/{one,damaged,other}.bin .
run unseal "${with[@]}" --verify -o records one.bin damaged.bin other.bin
expect_exit 5
expect_names records {one,damaged,other}.bin.custody.{json,txt}
expect_row accepted one.bin
expect_row damaged damaged.bin
expect_row no-key other.bin
check "each says its own" test "$(cat records/*.json | sed -n 's/.*"verdict": //p' | sort | tr -d '\n')" = '"accepted","damaged","no-key",'

scenario "a pipe beside others"
cp "$good/one.bin" .
mkfifo pipe
run timeout 20 bash -c 'cat one.bin >pipe & unseal "$@" one.bin pipe; s=$?; kill $! 2>/dev/null; exit $s' - "${with[@]}"
expect_exit 2
expect_row accepted one.bin
expect_err 'pipe: is not a regular file; open it by itself'

scenario "links and pipes in a folder"
mkdir in real
cp "$good/one.bin" real/b.bin 2>/dev/null || seal -q "${to[@]}" -o real/b.bin "$root/LICENSE" >/dev/null
ln -s ../real/b.bin in/b.bin
ln -s nowhere in/gone.bin
mkfifo in/pipe.bin
run unseal -q "${with[@]}" -o out/ in/
expect_exit 0
check "the file behind a link is opened" test -e out/b
for name in gone pipe; do expect_err "in/$name\.bin: not a Seal file; skipped\."; done
remove out/*

scenario "a hundred at once do not take a hundred descriptors"
for ((i = 0; i < 60; i++)); do cp "$good/two.bin" $i.bin; done
run bash -c 'ulimit -n 25; exec "$@"' - unseal -q "${with[@]}" -o out ./*.bin
expect_exit 0
check "all of them" test "$(find out -maxdepth 1 -type d | wc -l)" -eq 61
expect_row accepted ./59.bin

scenario "a folder that others may write to"
cp "$good"/{two,one}.bin .
mkdir shared && chmod 777 shared
run unseal -q "${with[@]}" -o shared/ one.bin two.bin
expect_exit 0
expect_message '^unseal: shared: other users of this computer can write to this folder or one above it, and put'
run unseal -q "${with[@]}" --extract data -o shared/part one.bin
expect_message '^unseal: shared: other users'
mkdir shared/own
run unseal -q "${with[@]}" -o shared/own/ one.bin
expect_exit 0
expect_message '^unseal: shared/own: other users of this computer can write to this folder or one above it'
remove shared/own
chmod +t shared # only its owner may rename a file there
mkdir shared/own
run unseal -q "${with[@]}" -o shared/own/ one.bin
expect_no_err
run unseal -q "${with[@]}" -o shared/again one.bin
expect_no_err

scenario "stopped in the middle"
cp "$good"/{two,one,stream}.bin .
hit "FAULT_WRITE=50000 signal:15" -- unseal -q "${with[@]}" two.bin one.bin stream.bin
expect_exit 143
expect_names . two.bin one.bin stream.bin two two.custody.txt two.custody.json

scenario "a file that is replaced before its turn is not called damaged"
cp "$good"/{one,two,stream}.bin .
hit "FAULT_CALL=syncfs run:cp $good/stream.bin other; mv other two.bin" FAULT_NTH=1 -- \
    unseal -q "${with[@]}" --log log one.bin two.bin
expect_exit 1
expect_message 'two\.bin: it changed while it was read; try again'
expect_row accepted one.bin
expect_row failed two.bin
check "no verdict in the log" test "$(grep -c two.bin log)" -eq 0
expect_names . log stream.bin two.bin one{,.bin,.custody.json,.custody.txt}

# Threads try a part of them each; the key that comes first is told all the same.
scenario "many keys"
mkdir ring
for i in {10..42}; do
    sealkey new -q --no-passphrase -o "ring/$i" >/dev/null
done
mv ring/*.pub .
echo one >one
for keys in '10' '42' '25 11 41' '12 13'; do
    to=()
    for i in $keys; do
        to+=(--to "$i.pub")
    done
    seal -q "${to[@]}" -o sealed.bin one >/dev/null
    first=$(sealkey show "$(tr ' ' '\n' <<<"$keys" | sort | head -n 1).pub" | sed -n 's/^fingerprint: //p')
    check "there is one" test -n "$first"
    for threads in 1 2 3; do
        run unseal -q --threads $threads --key ring --verify -o v sealed.bin
        expect_exit 0
        check "the first of them" grep -qF "Opened with key     $first" v.custody.txt
        remove v
    done
    rm sealed.bin
done
mv ring/25.key .
seal -q --to 25.pub -o sealed.bin one >/dev/null
for threads in 1 3; do
    run unseal -q --threads $threads --key ring -o out sealed.bin
    expect_exit 4
    expect_absent out
done

finish
