# shellcheck shell=bash
# What 50_failures.sh and 50_failures_sources.sh share; read in behind tools.sh.

keys=$scratch/keys
mkdir "$keys" && (cd "$keys" && take_keys alice.pub alice.key bob.pub carol.pub && chmod 644 ./*.pub)
to=(--to "$keys/alice.pub")
with=(--key "$keys/alice.key")
EIO=5 ENOMEM=12 ENOSPC=28 EDQUOT=122 EACCES=13 EFBIG=27 EMFILE=24 ENFILE=23 EINVAL=22 ENOTSUP=95 ENOTTY=25

# Three files, 3 MB that do not compress; and what comes of sealing them.
mkdir "$scratch/good"
cd "$scratch/good" || exit 1
mkdir tree
echo first >tree/a
maketree noise tree/noise 3000000
echo last >tree/z
seal -q "${to[@]}" -o bag.bin tree >/dev/null
seal -q --repair none "${to[@]}" -o stream.bin - <tree/noise >/dev/null
good=$scratch/good
