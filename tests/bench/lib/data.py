"""Data sets: made from a seed, or copied from a folder; parts and samples of them."""
import os
import shutil
import subprocess

from measure import Failed

SEED = "2026"
MB = 1000 * 1000
BLOCK = 4096
WINDOW = 4 << 20


class Size:
    """How large all is. quick: only to see that it works."""

    def __init__(self, mode):
        pick = {"quick": 0, "normal": 1, "full": 2}[mode]
        part, small = ("200", "1", "1")[pick], (300, 100000, 100000)[pick]
        media, documents = (3, 400, 2000)[pick] * MB, (2, 250, 1000)[pick] * MB
        large = (5 * MB, 512 << 20, 8 << 30)[pick]
        both = ["memory", "disk"]
        one = both if mode == "full" else ["memory"]
        # What mkdata is told, how many bytes that makes on a disk, where it is measured.
        self.sets = {
            "mixed": (["mixed", part], 1300 * MB // int(part), both),
            "media": (["media", str(media)], media, one),
            "documents": (["documents", str(documents)], documents, one),
            "small": (["small", str(small), "4096"], small * BLOCK, one),
            "large": (["file", str(large)], large, one)}
        self.part = (1, 30, 100)[pick] * MB
        self.sample = (4, 96, 256)[pick] * MB
        self.primitive_ms = (10, 150, 300)[pick]
        self.bytes = ([MB, 2 * MB], [MB, 10 * MB, 100 * MB, 1000 * MB],
                      [MB, 10 * MB, 100 * MB, 1000 * MB, 10000 * MB])[pick]
        self.files = ([1, 20], [1, 10, 100, 1000, 10000], [1, 10, 100, 1000, 10000, 100000, 1000000])[pick]
        self.recipients = ([1, 3], [1, 2, 4, 8, 16, 39], [1, 2, 4, 8, 16, 24, 32, 39])[pick]
        self.keys = ([1, 4], [1, 10, 50, 100, 200], [1, 10, 25, 50, 100, 150, 200])[pick]
        self.starts = (2, 25, 50)[pick]


def output_of(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          check=False)
    if done.returncode != 0:
        raise Failed(f"{' '.join(command)}: {done.stderr.decode(errors='replace')}")
    return done.stdout.decode(errors="replace")


def make(mkdata, kind, folder):
    """A new tree by what mkdata is told."""
    output_of([mkdata, SEED, kind[0], folder, *kind[1:]])


def files_of(tree):
    """Paths and sizes, in the order of the paths."""
    found = []
    for folder, _, names in os.walk(tree):
        for name in names:
            path = os.path.join(folder, name)
            found.append((path, os.stat(path).st_size))
    return sorted(found)


def size_of(tree):
    return sum(size for _, size in files_of(tree))


def copy_given(source, to):
    """Files and folders, with their times: links and special files would not come back the same."""
    left_out = 0
    for folder, folders, names in os.walk(source):
        here = os.path.join(to, os.path.relpath(folder, source))
        os.makedirs(here, exist_ok=True)
        left_out += sum(os.path.islink(os.path.join(folder, name)) for name in folders)
        for name in names:
            path = os.path.join(folder, name)
            if os.path.islink(path) or not os.path.isfile(path):
                left_out += 1
                continue
            shutil.copy2(path, os.path.join(here, name))
    if not any(size for _, size in files_of(to)):
        raise Failed("the folder of data holds no bytes")
    return left_out


def share_of(tree, limit, to):
    """About limit bytes of a tree: every so many of its small files, a part of each large one."""
    files = files_of(tree)
    total = sum(size for _, size in files)
    every = max(1, round(total / limit))
    for number, (path, size) in enumerate(files):
        large = size > limit // 50
        if not large and number % every != 0:
            continue
        new = os.path.join(to, os.path.relpath(path, tree))
        os.makedirs(os.path.dirname(new), exist_ok=True)
        with open(path, "rb") as f, open(new, "wb") as g:
            left = max(1, size // every) if large else size
            while left > 0:
                piece = f.read(min(left, 1 << 20))
                if not piece:
                    break
                g.write(piece)
                left -= len(piece)


def sample_of(tree, limit, to):
    """One file of at most about limit bytes: windows all over the tree, its files laid end to end."""
    files = files_of(tree)
    total = sum(size for _, size in files)
    windows = max(1, limit // WINDOW)
    step = max(WINDOW, total // windows)
    start = at = 0 # of the window, of the file
    with open(to, "wb") as g:
        for path, size in files:
            while start < at + size:
                low, high = max(start, at), min(start + WINDOW, at + size)
                with open(path, "rb") as f:
                    f.seek(low - at)
                    g.write(f.read(high - low))
                if high < start + WINDOW:
                    break
                start += step
            at += size


def read_all(tree):
    """So that the system has it at hand."""
    for path, _ in files_of(tree):
        with open(path, "rb", buffering=0) as f:
            while f.read(1 << 22):
                pass


def must_be_same(tree, other, who):
    done = subprocess.run(["diff", "-rq", "--no-dereference", tree, other],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if done.returncode != 0:
        raise Failed(f"{who}: what came out is not what went in: {done.stdout.decode(errors='replace')[:500]}")


def room(folder):
    """Bytes that can be written there."""
    at = os.statvfs(folder)
    return at.f_bavail * at.f_frsize


def memory_left():
    """And what the system could give, if asked for much."""
    with open("/proc/meminfo", encoding="ascii") as f:
        lines = dict(line.split(":", 1) for line in f)
    return int(lines["MemAvailable"].split()[0]) * 1024 * 4 // 5
