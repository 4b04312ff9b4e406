#!/usr/bin/env python3
"""shown.py [--tabs] FILE...: names each character in these files that should not reach a terminal.

Raw control characters (but the end of a line; with --tabs, the tab), what is no UTF-8, what changes the
direction of writing, what is invisible, unassigned or private, heaps of marks on one letter. Written
from the tables of Unicode and Python's own, without a look at src/base/text.c. Exits 1 if there is one.
"""
import sys
import unicodedata

# Default_Ignorable_Code_Point, and two symbols that are blank.
INVISIBLE = [(0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x180B, 0x180F),
             (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x2800, 0x2800), (0x3164, 0x3164),
             (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFFB), (0x1BCA0, 0x1BCA3),
             (0x1D159, 0x1D159), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF)]
MARKS = 4


def findings(text, tabs):
    marks = 0
    for at, c in enumerate(text):
        category = unicodedata.category(c)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        bad = (category in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
               or any(first <= ord(c) <= last for first, last in INVISIBLE) or marks > MARKS)
        if bad and c != "\n" and not (tabs and c == "\t"):
            yield "U+%04X in %r" % (ord(c), text[max(0, at - 30):at + 10])


def main():
    tabs = sys.argv[1] == "--tabs"
    found = 0
    for name in sys.argv[1 + tabs:]:
        with open(name, "rb") as file:
            data = file.read()
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            found += 1
            print("%s: no UTF-8: %r" % (name, data[max(0, error.start - 30):error.end + 10]))
            continue
        for finding in findings(text, tabs):
            found += 1
            print("%s: %s" % (name, finding))
    sys.exit(found > 0)


main()
