"""The table for people, and what was to be reached."""
from programs import SAME_WORK, SEAL, SEAL_PLAIN, ZSTD1_AGE, ZSTD1_OPEN

TITLES = {
    "mixed": "mixed: photos, videos and small texts",
    "media": "media: photos that no compression makes smaller",
    "documents": "documents: texts and tables, and PDF that is packed already",
    "small": "small: texts of 4 KB",
    "large": "large: one video",
    "given": "given: the folder in BENCH_DATA"}
UNSEAL = "unseal"
# To reach against the peer without digests: direction, set, on processors without SHA instructions, and with.
RATIOS = (("seal", "media", 1.3, 1.8), ("seal", "mixed", 1.2, 1.8), ("seal", "large", 0.9, 1.4), ("seal", "small", 1.1, 1.3),
          ("open", "media", 0.7, 1.0), ("open", "mixed", 0.7, 1.0), ("open", "small", 0.9, 1.1))


def _mb(value):
    return f"{value / 1e6:,.1f}" if value < 1e8 else f"{value / 1e6:,.0f}"


def _rate(value):
    return f"{value / 1e6:.0f}" if value >= 1e7 else f"{value / 1e6:.1f}"


def _mib(kib):
    return f"{kib / 1024:.0f}" if kib else "-"


def _columns(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        yield "  " + "  ".join(cell.ljust(w) if i == 0 else cell.rjust(w)
                               for i, (cell, w) in enumerate(zip(row, widths))).rstrip()


def _block(results, set_, place, direction, names):
    """A table of one set in one place; names are what the programs are called in this direction."""
    head = ["seal" if direction == "seal" else "open", "s", "min-max", "MB/s", "seal is", "CPU s", "greatest",
            "all"]
    rows = [head + (["output MB"] if direction == "seal" else [])]
    first = results.lines[set_, place, direction, SEAL]
    for program, name in names:
        line = results.lines.get((set_, place, direction, program))
        if line is None:
            continue
        once = len(line.walls) == 1 and len(first.walls) > 1
        part = f" [{_mb(line.content)} MB]" if line.content < first.content else ""
        row = [name + (part.replace("]", ", once]") or " [once]" if once else part), f"{line.wall:.3f}",
               f"{min(line.walls):.3f}-{max(line.walls):.3f}", _rate(line.rate),
               "" if line is first else f"{first.rate / line.rate:.2f}x", f"{line.cpu:.3f}", _mib(line.peak),
               _mib(line.peak_sum)]
        rows.append(row + ([_mb(line.output)] if direction == "seal" else []))
    for cores in sorted({c for s, c, _ in results.primitives if s == set_}):
        rate = results.limit_of(set_, cores, direction)
        row = [f"limit, {cores} core{'s' * (cores > 1)}", f"{first.content / rate:.3f}", "", _rate(rate),
               f"{first.rate / rate:.2f}x", "", "", ""]
        rows.append(row + ([""] if direction == "seal" else []))
    yield from _columns(rows)


def _primitives(results):
    yield "Primitives alone, MB/s on this data; shares of the bytes"
    yield ""
    rows = [["set", "cores", "sha256", "chacha", "zstd", "unzstd", "copy", "parity4", "parity8", "parity16", "through zstd",
             "left to encrypt"]]
    for set_ in results.contents:
        for cores in sorted({c for s, c, _ in results.primitives if s == set_}):
            rates = [results.rate_of(set_, cores, n) for n in rows[0][2:-2]]
            shares = [results.rate_of(set_, cores, n) for n in ("shrinks", "left")]
            rows.append([set_, str(cores), *(_rate(r) if r else "-" for r in rates),
                         *(f"{100 * s:.0f} %" for s in shares)])
    yield from _columns(rows)
    yield from _busy(results)


def _busy(results):
    """Who else used the processors shows in what they can do together."""
    for set_ in results.contents:
        cores = max((c for s, c, _ in results.primitives if s == set_), default=1)
        if cores == 1:
            continue
        gain = results.rate_of(set_, cores, "sha256") / results.rate_of(set_, 1, "sha256")
        if gain < 0.75 * cores:
            yield ""
            yield f"BUSY during {set_}: {cores} cores hashed only {gain:.1f} times as fast as one. Measure again."


def aims(results):
    """(what, aim, measured or None, reached): from memory where that was measured."""

    def line(set_, direction, program):
        for place in "memory", "disk":
            found = results.lines.get((set_, place, direction, program))
            if found:
                return found
        return None

    def ratio(set_, direction, ours, peer):
        ours, peer = line(set_, direction, ours), line(set_, direction, peer)
        return ours.rate / peer.rate if ours and peer else None

    def at_least(what, aim, value, form="{:.2f}x"):
        return what, "at least " + form.format(aim), value and form.format(value), value is not None and value >= aim

    def at_most(what, aim, value, form):
        return what, "at most " + form.format(aim), value and form.format(value), value is not None and value <= aim

    has_sha = SEAL_PLAIN in {program for _, _, _, program in results.lines}
    for kind, program, number in (("without", SEAL_PLAIN if has_sha else SEAL, 2), ("with", SEAL if has_sha else None, 3)):
        for row in RATIOS:
            direction, set_, aim = row[0], row[1], row[number]
            name, opener = ("seal", ZSTD1_AGE) if direction == "seal" else ("unseal", "age -d | zstd -d | tar x")
            yield at_least(f"{name}, {set_}, {kind} SHA instructions, against {opener}", aim,
                           ratio(set_, direction, program, ZSTD1_AGE))
        for direction, name in (("seal", "seal"), ("open", "unseal")):
            for set_ in ("mixed", "media", "small"):
                yield at_least(f"{name}, {set_}, {kind} SHA instructions, against the same work", (1.5, 2.5)[number - 2],
                               ratio(set_, direction, program, SAME_WORK))
    cores = max((c for _, c, _ in results.primitives), default=1)
    for set_ in results.contents:
        most, ours = results.limit_of(set_, cores, "seal"), line(set_, "seal", SEAL)
        value = 100 * ours.rate / most if most and ours else None
        yield at_least(f"seal, {set_}, of the primitives' limit on {cores} cores", 80, value, "{:.0f} %")
    size = results.facts.get("size")
    yield at_most("size without padding, documents, against tar | zstd -3", 103, size and 100 * size, "{:.1f} %")
    for direction, name in (("seal", SEAL), ("open", UNSEAL)):
        peaks = [l.peak_sum for (_, _, d, p), l in results.lines.items() if p == SEAL and d == direction and l.peak_sum]
        peaks += [float(row[-1]) for row in results.growth if row[2] == name and row[-1] != ""]
        yield at_most(f"{name}, most memory in any of these, all processes", 64, max(peaks) / 1024 if peaks else None,
                      "{:.0f} MiB")
    keys = [dict(results.growth_points("keys", UNSEAL, column)).get(200) for column in ("user_s", "system_s")]
    yield at_most("200 keys, the last one fits, CPU", 0.3, sum(keys) if None not in keys else None, "{:.2f} s")
    yield at_most("seal, 10 KB from start to end, CPU", 10, results.facts.get("start_seal"), "{:.1f} ms")


HOW = """\
How it was measured. Each round runs all programs one after the other: makes one file of the tree, then gets the tree
back from this file. Times are medians over the rounds, of the whole pipeline from its start to its end. A first round
is not timed; in it, memory is looked at, and each tree that came back is compared with what went in. Sources were
read once before, and lie in the system's memory. In memory: the output is on tmpfs. On disk: seal and unseal bring
what they wrote to the disk themselves; behind the others `sync` does that for the output file, or the file system of
the tree, and counts. "seal is": how many times as fast as this, by bytes of content a second. CPU: user and system
time of all processes and their children. Memory in MiB: the greatest process, and the sum over all (libraries that
they share count in each). All keys are without passphrases, so no hashing of one is in any time but that of 7z, which
knows nothing else. unseal hashes and checks everything, writes a bag with its record and leaves it read-only; the
others check what age, gpg or 7z check. What is slow was measured [once], or once on a part of the data [MB, once].
SHA instructions off: libcrypto does without them, as on most laptops from before 2020. The same work: what an archivist
does without Seal, who wants the digests of the sealed file and of all that is in it, and all on the disk.
Limit: bytes of content a second if hashing (SHA-256), compressing (zstd, only what shrinks, sure of it before),
encrypting (ChaCha20-Poly1305, what is left) and two copies were all there is to do, each at the speed that it has
alone on so many cores at once: 1 / sum of (share / speed). unseal hashes twice: the sealed file, and what comes out.
"""


def table(results):
    for what, value in results.about:
        yield f"{what:14}{value}"
    yield ""
    for note in results.notes:
        yield f"Not measured: {note}"
    yield ""
    yield from HOW.splitlines()
    names = {}
    for _, _, direction, program in results.lines:
        names.setdefault(direction, [])
        if program not in names[direction]:
            names[direction].append(program)
    for set_, (content, files) in results.contents.items():
        for place in "memory", "disk":
            if (set_, place, "seal", SEAL) not in results.lines:
                continue
            yield ""
            yield f"{TITLES[set_]}: {files:,} files, {_mb(content)} MB; {'in memory' if place == 'memory' else 'on disk'}"
            for direction in "seal", "open":
                yield ""
                yield from _block(results, set_, place, direction,
                                  [(p, results.facts["openers"][p] if direction == "open" else p)
                                   for p in names[direction]])
    yield ""
    yield from _primitives(results)
    yield from _growth(results)
    yield ""
    yield "To reach (medians of this run, on 2 cores)"
    yield ""
    rows = [["what", "aim", "measured", "reached"]]
    for what, aim, value, reached in aims(results):
        rows.append([what, aim, value or "not measured", "-" if value is None else "yes" if reached else "no"])
    yield from _columns(rows)


CURVES = (
    ("bytes", "Photos: bytes, and seconds", ("seal", "unseal", "list", "extract one", ZSTD1_AGE,
                                             ZSTD1_OPEN), "wall_s", 1, "{:.3f}"),
    ("files", "Texts of 1 KB: how many, and seconds", ("seal", "unseal", "list", "extract one", ZSTD1_AGE,
                                                      ZSTD1_OPEN), "wall_s", 1, "{:.3f}"),
    ("bytes", "Photos: bytes, and MiB of memory", ("seal", "unseal", "list"), "peak_sum_kib", 1 / 1024, "{:.0f}"),
    ("files", "Texts: how many, and MiB of memory", ("seal", "unseal", "list"), "peak_sum_kib", 1 / 1024, "{:.0f}"),
    ("recipients", "10 KB: recipients, and ms", ("seal", "unseal"), "wall_s", 1000, "{:.1f}"),
    ("keys", "10 KB: keys tried, and ms", ("unseal",), "wall_s", 1000, "{:.1f}"))


def _growth(results):
    for curve, title, programs, column, factor, form in CURVES:
        series = {p: dict(results.growth_points(curve, p, column)) for p in programs}
        series = {p: points for p, points in series.items() if points}
        if not series:
            continue
        yield ""
        yield title
        yield ""
        rows = [["", *series]]
        for x in sorted({x for points in series.values() for x in points}):
            rows.append([f"{x:,}", *(form.format(points[x] * factor) if x in points else "-"
                                     for points in series.values())])
        yield from _columns(rows)
