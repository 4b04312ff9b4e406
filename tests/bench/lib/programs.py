"""The ways to make one unreadable file of a tree, and to get the tree back."""
import os
import shutil
import subprocess

import machine
from measure import Failed, text_of

SEAL, TAR_AGE, ZSTD1_AGE, ZSTD3_AGE = "seal", "tar | age", "tar | zstd -1 | age", "tar | zstd -3 -T0 | age"
SEAL_PLAIN = "seal, SHA instructions off"
SAME_WORK = "tar | tee >(sha256sum) | zstd -1 | age"
ZSTD1_OPEN = "age -d | zstd -d | tar x, of -1"


class Program:
    """name; close(tree, file) and open(file, folder) give pipelines.

    tree_in is where, in that folder, the tree then is. syncs: it brings what it wrote to the disk
    itself. once: it is slow, and measured once. part: so slow that it gets only a part of the data.
    """

    def __init__(self, name, opener, close, open_, tree_in="", syncs=False, once=False, part=False, env=None):
        self.name, self.opener, self.close, self.open = name, opener, close, open_
        self.tree_in, self.syncs, self.once, self.part, self.env = tree_in, syncs, once or part, part, env


# An archivist without Seal: the digests that the custody record and the manifest have, and all on the disk.
CLOSE_SAME_WORK = """
set -o pipefail
tar -C "$1" -cf - "$2" | tee >(sha256sum >"$4.sum") | zstd -1 -q -c | age -r "$3" -o "$4" && sync "$4"
"""
OPEN_SAME_WORK = """
set -o pipefail
age -d -i "$1" "$2" | zstd -d -q -c | tar -C "$3" -xf - && sha256sum "$2" >"$3.sums" &&
    find "$3" -type f -exec sha256sum {} + >>"$3.sums" && sync -f "$3"
"""


class Missing(Exception):
    """A tool is not installed."""


def need(tool, package):
    found = shutil.which(tool)
    if not found:
        raise Missing(f"{tool} is not installed (Debian: {package}; make deps-bench)")
    return found


def tar_of(tree):
    return ["tar", "-C", os.path.dirname(tree), "-cf", "-", os.path.basename(tree)]


def untar(folder):
    return ["tar", "-C", folder, "-xf", "-"]


def _check(command, env=None):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env=env, check=False)
    if done.returncode != 0:
        raise Failed(f"{' '.join(command)}: {done.stdout.decode(errors='replace')}")
    return done.stdout.decode(errors="replace")


class Toolbox:
    """Keys for all, without passphrases, in a folder of their own."""

    def __init__(self, bin_dir, home, folders):
        folders.append(home)
        self.bin, self.home = bin_dir, home
        self.pub, self.key = f"{home}/org.pub", f"{home}/org.key"
        self.gpg_env = None
        self.programs, self.missing = [], []
        for tool in "seal", "unseal", "sealkey", "bench/mkdata", "bench/primitives":
            if not os.access(f"{bin_dir}/{tool}", os.X_OK):
                raise Failed(f"{tool} is not built; make bench builds it")
        self.new_key("org")
        for make in (self._seal, self._age, self._gpg, self._seven):
            try:
                make()
            except Missing as e:
                self.missing.append(str(e))

    def new_key(self, name):
        _check([f"{self.bin}/sealkey", "new", "-q", "--no-passphrase", "-o", f"{self.home}/{name}"])

    def seal(self, tree, to, pubs=None, extra=()):
        recipients = [x for pub in pubs or [self.pub] for x in ("--to", pub)]
        return [[f"{self.bin}/seal", "-q", *recipients, *extra, "-o", to, tree]]

    def unseal(self, sealed, *extra, key=None):
        return [[f"{self.bin}/unseal", "-q", "--key", key or self.key, *extra, sealed]]

    def get(self, name):
        return next((p for p in self.programs if p.name == name), None)

    def _seal(self):
        def opening(*extra):
            return lambda sealed, folder: self.unseal(sealed, *extra, "-o", f"{folder}/bag")

        self.programs.append(Program(SEAL, "unseal", self.seal, opening(), "bag/data", syncs=True))
        off = machine.sha_instructions_off()
        if off:
            self.programs.append(Program(SEAL_PLAIN, "unseal, SHA instructions off", self.seal, opening(),
                                         "bag/data", syncs=True, env={**os.environ, **off}))
        if "--threads" in text_of([f"{self.bin}/seal", "--help"]):
            one = ("--threads", "1")
            can_open = "--threads" in text_of([f"{self.bin}/unseal", "--help"])
            self.programs.append(Program(
                "seal --threads 1", "unseal --threads 1" if can_open else "unseal",
                lambda tree, to: self.seal(tree, to, extra=one), opening(*(one if can_open else ())),
                "bag/data", syncs=True, once=True))

    def _age(self):
        age = need("age", "age")
        _check([need("age-keygen", "age"), "-o", f"{self.home}/age.key"])
        recipient = _check(["age-keygen", "-y", f"{self.home}/age.key"]).strip()
        decrypt = [age, "-d", "-i", f"{self.home}/age.key"]

        def add(name, opener, pack, unpack):
            self.programs.append(Program(
                name, opener,
                lambda tree, to: [tar_of(tree), *pack, [age, "-r", recipient, "-o", to]],
                lambda sealed, folder: [[*decrypt, sealed], *unpack, untar(folder)]))

        add(TAR_AGE, "age -d | tar x", [], [])
        try:
            zstd = need("zstd", "zstd")
        except Missing as e:
            self.missing.append(str(e))
            return
        unpack = [[zstd, "-d", "-q", "-c"]]
        add(ZSTD1_AGE, ZSTD1_OPEN, [[zstd, "-1", "-q", "-c"]], unpack)
        add(ZSTD3_AGE, "age -d | zstd -d | tar x, of -3", [[zstd, "-3", "-T0", "-q", "-c"]], unpack)
        self.programs.append(Program(
            SAME_WORK, "age -d | zstd -d | tar x; sha256sum; sync",
            lambda tree, to: [["bash", "-c", CLOSE_SAME_WORK, "-", os.path.dirname(tree), os.path.basename(tree),
                               recipient, to]],
            lambda sealed, folder: [["bash", "-c", OPEN_SAME_WORK, "-", f"{self.home}/age.key", sealed, folder]],
            syncs=True))

    def _gpg(self):
        gpg = need("gpg", "gnupg")
        os.mkdir(f"{self.home}/gnupg", 0o700)
        self.gpg_env = {**os.environ, "GNUPGHOME": f"{self.home}/gnupg"}
        who = "bench@example.org"
        _check([gpg, "--batch", "-q", "--passphrase", "", "--quick-gen-key", who, "default", "default", "never"],
               self.gpg_env)
        batch = [gpg, "--batch", "-q"]

        def add(name, extra, part):
            self.programs.append(Program(
                name, "gpg -d | tar x",
                lambda tree, to: [tar_of(tree), [*batch, "--trust-model", "always", *extra, "-e", "-r", who, "-o", to]],
                lambda sealed, folder: [[*batch, "-d", sealed], untar(folder)], once=True, part=part, env=self.gpg_env))

        add("tar | gpg, not compressed", ["--compress-algo", "none"], False)
        add("tar | gpg", [], True)

    def _seven(self):
        seven = shutil.which("7zz") or shutil.which("7z")
        if not seven:
            raise Missing("7zz is not installed (Debian: 7zip; make deps-bench)")
        quiet = ["-bd", "-bso0", "-bsp0", "-y", "-pbench"]
        self.programs.append(Program(
            "7z, AES-256", "7z x",
            lambda tree, to: [[seven, "a", *quiet, "-mhe=on", "-t7z", to, tree]],
            lambda sealed, folder: [[seven, "x", *quiet, f"-o{folder}", sealed]], part=True))

    def versions(self):
        """Of each program, in a line."""
        commands = {"seal": [f"{self.bin}/seal", "-V"], "age": ["age", "--version"],
                    "zstd": ["zstd", "--version"], "gpg": ["gpg", "--version"],
                    "7z": [shutil.which("7zz") or "7z"], "tar": ["tar", "--version"]}
        for name, command in commands.items():
            lines = [line for line in text_of(command).splitlines() if line.strip()]
            yield name, " ".join(lines[0].strip("* ").split()) if lines else "not installed"

    def close(self):
        """Ends the agent that gpg started."""
        if self.gpg_env:
            text_of(["gpgconf", "--kill", "all"], self.gpg_env)
