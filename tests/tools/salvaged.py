#!/usr/bin/env python3
"""Compares what unseal --salvage took out with the tree that was sealed.

    salvaged.py TREE FOLDER [NAME...]

TREE is what was sealed, FOLDER what came out. Nothing in FOLDER may be other than in TREE: files in
whole/ are the same, byte for byte, and are those that whole-sha256.txt names; files in parts/ are
the same but where parts.txt says that something is lost, and are zeros there. What is in
parts/unnamed is not looked at. Prints the number of whole files and of parts.
"""
import hashlib, os, re, sys


def unescape(line):
    if not line.startswith("\\"):
        return line
    out, escaped = "", False
    for c in line[1:]:
        out += {"n": "\n", "r": "\r", "\\": "\\"}[c] if escaped else "" if c == "\\" else c
        escaped = c == "\\" and not escaped
    return out


def files_below(folder):
    for where, _, names in os.walk(folder):
        for name in names:
            yield os.path.relpath(os.path.join(where, name), folder)


def true_bytes(tree, path):
    if not path.startswith("data/"):
        raise SystemExit(f"{path}: not in data/")
    path = re.sub(rb"\{([0-9A-F]+)(?:x(\d+))?\}", as_sealed, os.fsencode(path[5:]))
    with open(os.path.join(os.fsencode(os.path.dirname(tree) or "."), path), "rb") as f:
        return f.read()


def as_sealed(code):
    return bytes.fromhex(code[1].decode()) * int(code[2] or 1)


def read(*parts):
    with open(os.path.join(*parts), "rb") as f:
        return f.read()


def check_whole(tree, folder):
    listed = {}
    for line in read(folder, "whole-sha256.txt").decode().splitlines():
        line = unescape(line)
        listed[line[66:]] = line[:64]
    there = {"whole/" + path for path in files_below(os.path.join(folder, "whole"))}
    if there != set(listed):
        raise SystemExit(f"whole-sha256.txt differs: {there ^ set(listed)}")
    for path, digest in listed.items():
        data = read(folder, path)
        if data != true_bytes(tree, path[6:]):
            raise SystemExit(f"{path}: false bytes")
        if hashlib.sha256(data).hexdigest() != digest:
            raise SystemExit(f"{path}: false digest")
    return len(listed)


def check_part(tree, folder, path, holes):
    true, data = true_bytes(tree, path), read(folder, "parts", path)
    at = 0
    for off, length in holes + [(len(true), 0)]:
        if off < at or off + length > len(true):
            raise SystemExit(f"{path}: a hole that cannot be")
        if data[at:off] != true[at:off]:
            raise SystemExit(f"{path}: false bytes in {at}-{off}")
        if any(data[off : off + length]):
            raise SystemExit(f"{path}: bytes in a hole")
        at = off + length
    if len(data) > len(true):
        raise SystemExit(f"{path}: too long")


def check_parts(tree, folder):
    holes = {}
    for line in read(folder, "parts.txt").decode().splitlines()[1:]:
        off, length, path = line.split("\t")
        holes.setdefault(path[6:], []).append((int(off), int(length)))
    there = [p for p in files_below(os.path.join(folder, "parts")) if not p.startswith("unnamed/")]
    for path in there:
        check_part(tree, folder, path, holes.get(path, []))
    return len(there)


tree, folder = sys.argv[1:3]
for name in ("bagit.txt", "manifest-sha256.txt", "data"):
    if os.path.exists(os.path.join(folder, name)):
        raise SystemExit(f"{folder} looks like a bag: {name}")
print(check_whole(tree, folder), check_parts(tree, folder))
