# shellcheck shell=bash
# What 43_many.sh and 43_many_log.sh share; read in behind tools.sh.

keys=$scratch/keys
mkdir "$keys" && (cd "$keys" && take_keys alice.pub alice.key carol.pub)
to=(--to "$keys/alice.pub")
with=(--key "$keys/alice.key")
ENOSPC=28 EIO=5

# One of each kind, and where they all lie.
good=$scratch/good
mkdir "$good"
cd "$good" || exit 1
mkdir tree
echo one >tree/one
maketree noise tree/noise 100000
mkfifo fifo
seal -q "${to[@]}" -o one.bin tree >/dev/null
echo two >two
seal -q "${to[@]}" -o two.bin two >/dev/null
seal -q "${to[@]}" -o stream.bin - <two >/dev/null
seal -q "${to[@]}" -o gaps.bin two fifo >/dev/null 2>&1 || seal -q "${to[@]}" -o gaps.bin . >/dev/null 2>&1
seal -q --to "$keys/carol.pub" -o other.bin two >/dev/null
# More than a byte, which could be there already.
(head -c 70000 one.bin && printf 'other bytes' && tail -c +70012 one.bin) >damaged.bin
cp "$vectors/negative/tar-climbs.seal" hostile.bin
cp "$vectors/negative/flag-parity.seal" newer.bin
mkdir parts
seal -q "${to[@]}" --no-compress --split 128K -o parts/ tree one.bin >/dev/null
cp "$(find parts -name '*.bin' | sort | head -n 1)" part.bin
rm -r parts
rm fifo

# The table at the end: expect_row WORD NAME
expect_row() {
    sed '1,/^result /d' "$out" | grep -Eq "^$1 +(([0-9]{4} ){4}[0-9]{4}|-) +$2\$"
    judge "the table should have a row" $? "$1 $2"
}
