"""What hostile drops cost who opens them: processor time, memory, disk, records."""
import os
import shutil
import subprocess

import hostile
from measure import measure_any, remove

SIZES = (65536, 1 << 20)


class Ways:
    """The commands, in the order in which they are measured."""

    def __init__(self, unseal, key, work):
        self.unseal, self.key, self.work = unseal, key, work

    def with_key(self, *arguments):
        return [self.unseal, "-q", "--key", self.key, *arguments]

    def all(self, sealed):
        out = f"{self.work}/out"
        return {
            "unseal": [self.with_key("-o", out, sealed)],
            "recheck": [[self.unseal, "--recheck", out]],
            "unseal, pipe": [["cat", sealed], self.with_key("-o", out, "-")],
            "verify": [self.with_key("--verify", "-o", out, sealed)],
            "verify, pipe": [["cat", sealed], self.with_key("--verify", "-o", out, "-")],
            "list": [self.with_key("--list", sealed)],
            "extract": [self.with_key("--extract", "data", "-o", out, sealed)],
            "raw": [self.with_key("--raw", "-o", out, sealed)],
            "raw, pipe": [["cat", sealed], self.with_key("--raw", "-o", out, "-")],
        }


def disk_used(folder):
    told = subprocess.run(["du", "-s", "--block-size=1", folder], stdout=subprocess.PIPE, check=True, text=True)
    return int(told.stdout.split()[0])


def records(folder):
    return sum(e.stat().st_size for e in os.scandir(folder) if ".custody." in e.name)


class Row:
    def __init__(self, kind, number, size):
        self.kind, self.number, self.size = kind, number, size
        self.costs, self.codes = {}, {}
        self.disk = self.record = 0


def measure_drop(row, ways, sealed):
    empty = disk_used(ways.work)
    for name, commands in ways.all(sealed).items():
        if name == "recheck" and not os.path.isdir(f"{ways.work}/out"):
            continue
        if name != "recheck":
            clear(ways.work)
        row.costs[name], row.codes[name] = measure_any(commands)
        row.disk = max(row.disk, disk_used(ways.work) - empty)
        row.record = max(row.record, records(ways.work))
    clear(ways.work)


def clear(folder):
    remove(*(e.path for e in os.scandir(folder)))


HEAD = ("drop", "units", "sealed", "unseal", "--recheck", "--verify", "--list", "--extract", "--raw", "memory", "disk",
        "records", "exit")
WAYS = (("unseal", "unseal, pipe"), ("recheck",), ("verify", "verify, pipe"), ("list",), ("extract",), ("raw", "raw, pipe"))


def line(cells):
    return f"| {' | '.join(cells)} |"


def cells(row):
    """The costlier of a file and a pipe."""
    yield from (row.kind, f"{row.number:,}", f"{row.size:,}")
    for names in WAYS:
        values = [row.costs[n].cpu for n in names if n in row.costs]
        yield f"{max(values):.2f}" if values else "-"
    yield f"{max(c.peak or 0 for c in row.costs.values()) / 1000:.0f}"
    yield from (f"{row.disk / 1e6:.0f}", f"{row.record / 1e6:.2f}", ", ".join(map(str, sorted(set(row.codes.values())))))


def table(root, programs, work, kinds):
    """Line by line, as they are known."""
    key, sealed, out = f"{work}/alice.key", f"{work}/drop.bin", f"{work}/opened"
    shutil.copy(f"{root}/tests/vectors/keys/alice.key", key)
    os.chmod(key, 0o600)
    os.mkdir(out)
    # Builds the tools of the tests: enclose is what seals.
    subprocess.run(["bash", "-c", 'root=$1 scratch=$2 test_name=costs; . "$root/tests/tools/tools.sh"', "-", root, work],
                   check=True)
    forge = hostile.Forge(root, f"{root}/tests/vectors/keys/alice.pub")
    yield line(HEAD)
    yield "|" + "---|" * len(HEAD)
    for kind in kinds or hostile.KINDS:
        before = 0
        for limit in SIZES:
            number, size = forge.fit(kind, limit, sealed)
            if number == before:  # limits end it, not its size
                continue
            before = number
            row = Row(kind, number, size)
            measure_drop(row, Ways(f"{programs}/unseal", key, out), sealed)
            yield line(cells(row))
    forge.close()
