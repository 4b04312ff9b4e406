"""Drops that cost the most for what they weigh, made with tests/tools/forge.py."""
import os
import subprocess

from measure import Failed

DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
PARTS_MAX = 256
LINE_LEN = 500000


def name(number, size=4):
    text = ""
    for _ in range(size):
        number, digit = divmod(number, 36)
        text = DIGITS[digit] + text
    return text


def cased(number, count, letters):
    """A name of that many letters, of which the last say the number by their case: all fold to the same."""
    small, capital = letters
    return "".join(capital if number >> (count - 1 - i) & 1 else small for i in range(count))


def files(path):
    return lambda n: (f"0 data/{path(i)} data=" for i in range(n))


def listed(line):
    """What is only listed, beside one file."""
    def lines(n):
        yield "0 data/file"
        yield from (line(i) for i in range(n))
    return lines


def repeated(what, line):
    """So many lines at once."""
    return lambda n: ["0 data/file", f"{what} {{{line}\\x0A*{n}}}#" if what == "remark" else f"{what} {{{line}\\x0A*{n}}}a:\\sb"]


DEEP = "/".join("d" * (PARTS_MAX - 2))
LONG = "/".join(["l" * 200] * 158)
ODD = "/".join(":" * (PARTS_MAX - 2))
ACCENTS = "/".join("\u00e9" * (PARTS_MAX - 2))
UNDER = DEEP[4:]
MARKS = "{\\x5C315\\x5C205*7500}{\\x5C314\\x5C233*7500}"  # in the order in which a comparison does not want them
KEYWORDS = "".join(f"8\\s{name(i)}=\\x0A" for i in range(128))

# Lines of a description for so many units; and the most units that the limits of unseal let in, where these and not the
# size of the sealed file end it.
SIZE = 1 << 30
KINDS = {
    "empty files": (files(name), SIZE),
    "empty files in a deep folder": (files(lambda i: f"{DEEP}/{name(i)}"), 7600),
    "empty files with long paths": (files(lambda i: f"{LONG}/{name(i)}"), 690),
    "folders that a path implies": (files(lambda i: f"{name(i)}/{UNDER}/f"), 64),
    "empty folders": (lambda n: (f"5 data/{name(i)}/" for i in range(n)), SIZE),
    "names to be spelled": (files(lambda i: f":{name(i)}"), SIZE),
    "long names to be spelled": (files(lambda i: f"{':' * 50}{'s' * 40}{name(i)}"), SIZE),
    "deep folders to be spelled": (files(lambda i: f"{ODD}/{name(i)}"), 7600),
    "deep folders with accents": (files(lambda i: f"{ACCENTS}/{name(i)}"), 7400),
    "names that differ in case": (files(lambda i: cased(i, 90, "aA")), SIZE),
    "the same, not ASCII": (files(lambda i: cased(i, 60, "\u00e9\u00c9")), SIZE),
    "links": (listed(lambda i: f"remark ./data/{name(i)} type=link link=x time=0.000000000"), 131000),
    "links with long targets":
        (listed(lambda i: f"remark ./data/{name(i)} type=link link={{t*{LINE_LEN}}} time=0.000000000"), 133),
    "links with names of marks": (lambda n: ["0 data/a%b data="] + [f"remark ./data/{name(i)}{MARKS} type=link link=x time=0.000000000"
                                                                    for i in range(n)], 550),
    "links in deep folders": (listed(lambda i: f"remark ./data/{name(i)}/{UNDER}/l type=link link=x time=0.000000000"), 64),
    "comments in the listing": (repeated("remark", "#"), 33000000),
    "remarks": (repeated("remark", "#\\sname\\s./data/n"), 3700000),
    "long remarks": (listed(lambda i: f"remark #\\sdamaged\\s./data/{{d*{LINE_LEN}}}\\s{i}"), 133),
    "lines of bag-info.txt": (repeated("info", "a:\\sb"), 13000000),
    "long lines of bag-info.txt": (listed(lambda i: f"info a:\\s{{b*{LINE_LEN}}}"), 133),
    "headers with a long comment": (files(lambda i: f"{name(i)} pax=comment={{c*1000000}}"), 66),
    "headers with many keywords": (files(lambda i: f"{name(i)} x={KEYWORDS}"), SIZE),
    "zeros, MB": (lambda n: [f"0 data/zeros zeros={n * 1000000}"], 1070),
    "frames of 512 bytes": (lambda n: [f"0 data/zeros zeros={n * 512}"], SIZE),
}


class Forge:
    """Makes bags sealed to the key in pub."""

    def __init__(self, root, pub):
        self.process = subprocess.Popen(["python3", f"{root}/tests/tools/forge.py", f"{root}/build/tools/enclose", pub],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8")

    def make(self, kind, number, path):
        """The size of the file made."""
        if os.path.exists(path):
            os.remove(path)
        lines, _ = KINDS[kind]
        to = self.process.stdin
        to.write("pack 0 512\n" if kind.startswith("frames") else "pack 6\n")
        for line in lines(number):
            to.write(line + "\n")
        to.write(f"seal {path}\n")
        to.flush()
        if self.process.stdout.readline() != "ok\n":
            raise Failed(f"{kind}: not made")
        return os.stat(path).st_size

    def fit(self, kind, limit, path):
        """A file of at most that many bytes, but nearly; returns how many units it has, and its size."""
        most = KINDS[kind][1] if KINDS[kind][1] < SIZE else limit // 8
        good, bad = 0, None
        number = min(most, limit // 64) if KINDS[kind][1] == SIZE else most
        while good < most and (bad is None or bad > good * 1.07 + 1):
            size = self.make(kind, number, path)
            good, bad = (number, bad) if size <= limit else (good, number)
            if bad is None:
                number = min(most, number * 2)
            elif good == 0 or size > limit * 1.5:
                number = int(0.95 * number * limit / size)
            else:
                number = (good + bad) // 2
        return good, self.make(kind, good, path)

    def close(self):
        self.process.stdin.close()
        self.process.wait()
