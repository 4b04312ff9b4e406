#!/usr/bin/env python3
"""forge.py ENCLOSE KEY: bags that no honest sealer makes, sealed to the public key in the file KEY.

All is right about them but what their descriptions ask for: manifest, listing, tag manifest, D, offsets
and seek table are made for the members as they stand, so that a reader which refuses such a bag does so
because of its shape. ENCLOSE is the program made from enclose.c. Descriptions are read from standard
input, one after the other; each ends with a line "seal OUT", and is answered with a line "ok" or with
what went wrong.

A description has a line for each thing, in the order of the archive. Words are separated by blanks;
in a word, \\xHH stands for a byte, \\s for a blank, and {TEXT*NUMBER} for a repetition. "#" begins a
comment.

  FLAG PATH [FIELD=VALUE...]   a member with that type flag, one character
     data=TEXT  zeros=NUMBER   what it holds; default: four bytes in a regular file, nothing in others
     link=TARGET               where a link leads to (the link name of the header)
     pax=KEYWORD=VALUE         a record of its x header; as often as needed
     x=TEXT  xsize=FIELD       the records as they are; what the x header says of their length
     name=TEXT  prefix=TEXT    what the header says in place of the path
     mode= size= mtime= sum= magic= version= uid= gid= dev=
                               these fields of the header, as they are
     as=PATH                   the path that the record has
     listed=file|dir|link|no   what the record says it is; default: what it is, each path once
     length=NUMBER             the size that the record has
  global KEYWORD=VALUE...      a g header
  bytes TEXT                   bytes, filled up with zeros to a block of the archive
  end                          the end of the archive, here; what comes behind follows it
  zeros NUMBER                 that many zero bytes
  record                       the five files of the record, here (else at the end)
  info LINE    remark LINE     a line more in bag-info.txt, in metadata.mtree
  pack LEVEL [LENGTH]          frames are compressed by the program zstd, and hold LENGTH bytes; in front of all members
  bend FILE NUMBER             a small change of that file of the record, before it is digested; each number is another
  content PART...              what the content is made of, in place of "tar offsets table":
     tar offsets table         as they should be
     skip=MAGIC:TEXT           a skippable frame; MAGIC in hexadecimal
     raw=TEXT                  bytes, without a row in the table
     frame=SAYS:HOLDS          a frame of zeros that says it holds SAYS bytes
     gzip  nested              the tar in a gzip file; the frames of the tar once more in a frame
"""
import functools
import gzip
import hashlib
import random
import re
import struct
import subprocess
import sys

BLOCK = 512
FRAME_MAX = 8 << 20
ZSTD_BLOCK = 128 << 10
TAGS = ["manifest-sha256.txt", "metadata.mtree", "bag-info.txt", "bagit.txt"]


def plain_bytes(word):
    return re.sub(rb"\\s|\\x([0-9A-Fa-f]{2})", lambda m: bytes([int(m.group(1), 16)]) if m.group(1) else b" ", word)


@functools.lru_cache
def plain(word):
    """The bytes that a word of the description stands for."""
    pieces = re.split(rb"\{([^*{}]+)\*([0-9]+)\}", word.encode("utf-8", "surrogateescape"))
    return b"".join(plain_bytes(pieces[i]) + (plain_bytes(pieces[i + 1]) * int(pieces[i + 2]) if i + 1 < len(pieces) else b"")
                    for i in range(0, len(pieces), 3))


# ---- zstd frames (RFC 8878): blocks that are stored, or one byte repeated --------------------------

def zstd_blocks(data):
    out = bytearray()
    for at in range(0, max(len(data), 1), ZSTD_BLOCK):
        piece = data[at:at + ZSTD_BLOCK]
        last = at + ZSTD_BLOCK >= len(data)
        same = len(piece) > 1 and piece.count(piece[0]) == len(piece)
        head = last | same << 1 | len(piece) << 3
        out += struct.pack("<I", head)[:3] + (piece[:1] if same else piece)
    return bytes(out)


def zstd_frame(data, says=None):
    """A single segment, its size in four bytes."""
    size = len(data) if says is None else says
    if size < 1 << 32:
        return b"\x28\xb5\x2f\xfd\xa0" + struct.pack("<I", size) + zstd_blocks(data)
    return b"\x28\xb5\x2f\xfd\xe0" + struct.pack("<Q", size) + zstd_blocks(data)


def skippable(magic, data):
    return struct.pack("<II", magic, len(data)) + data


# ---- The tar ---------------------------------------------------------------------------------------

def zstd_pack(data, level):
    command = ["zstd", "-q", "-c", "--no-check", f"-{level}", f"--stream-size={len(data)}"]
    return subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True).stdout


class Tar:
    """Bytes of a tar, put into frames as they come: much of it may be zeros, or the same again."""

    def __init__(self):
        self.level = 0  # 0: not compressed, but for zeros
        self.frame_len = FRAME_MAX
        self.known = {}
        self.length = 0
        self.pending = bytearray()
        self.frames = []
        self.offsets = []
        self.empty_frame = None
        self.small = bytearray()  # all of it, as long as it is one frame

    def add_frame(self, data):
        if self.level == 0:
            self.frames.append((zstd_frame(data), len(data)))
            return
        key = hashlib.sha256(data).digest()
        if key not in self.known:
            self.known[key] = zstd_pack(data, self.level)
        self.frames.append((self.known[key], len(data)))

    def write(self, data):
        self.length += len(data)
        self.pending += data
        if self.length <= FRAME_MAX:
            self.small += data
        while len(self.pending) >= self.frame_len:
            self.add_frame(bytes(self.pending[:self.frame_len]))
            del self.pending[:self.frame_len]

    def write_zeros(self, count):
        while count > 0:
            n = min(count, self.frame_len - len(self.pending))
            if n == FRAME_MAX:
                self.empty_frame = self.empty_frame or zstd_frame(bytes(n))
                self.frames.append((self.empty_frame, n))
                self.length += n
            else:
                self.write(bytes(n))
            count -= n

    def fill(self):
        self.write_zeros(-self.length % BLOCK)

    def flush(self):
        if self.pending:
            self.add_frame(bytes(self.pending))
            self.pending.clear()


def octal(number, size):
    return b"%0*o\0" % (size - 1, number)


def header(name, flag, size, fields):
    """A ustar header; fields replaces what would stand there."""
    def field(key, size_of, default):
        return plain(fields[key]).ljust(size_of, b"\0")[:size_of] if key in fields else default
    h = bytearray(name[:100].ljust(100, b"\0"))
    h += field("mode", 8, octal(0o644, 8)) + field("uid", 8, octal(0, 8)) + field("gid", 8, octal(0, 8))
    h += field("size", 12, octal(size, 12)) + field("mtime", 12, octal(0, 12)) + b" " * 8 + flag
    h += plain(fields.get("link", "")).ljust(100, b"\0")[:100]
    h += field("magic", 6, b"ustar\0") + field("version", 2, b"00") + bytes(64)
    h += field("dev", 16, octal(0, 8) * 2) + field("prefix", 155, bytes(155)) + bytes(12)
    h[148:156] = field("sum", 8, b"%06o\0 " % sum(h))
    return bytes(h)


def pax_record(key, value):
    rest = len(key) + len(value) + 3
    length = rest
    while length != rest + len(str(length)):
        length = rest + len(str(length))
    return b"%d %s=%s\n" % (length, key, value)


# ---- The bag ---------------------------------------------------------------------------------------

def mtree_escape(path):
    return "".join(chr(c) if 32 < c <= 126 and c not in b"#\\" else "\\%03o" % c for c in path)


def manifest_escape(path):
    return path.replace(b"%", b"%25").replace(b"\r", b"%0D").replace(b"\n", b"%0A")


# What other readers may take for something else than we do.
WORDS = [b" ", b"  ", b"\t", b"\r", b"\n", b"\0", b"%", b"%0a", b"%0A", b"%25", b"#", b"\\", b"\\\n", b"\\040", b"*", b"0", b"A", b"./",
         b"\xef\xbb\xbf", b"\xff", b"\xc2\x85", b"\xe2\x80\xa8", b" optional", b" nochange", b" ignore", b" mode=06755", b" uname=root",
         b" contents=/etc/hostname", b" type=dir", b" link=x", b"\n/set type=file\n", b"\n..\n", b"Payload-Oxum: 0.0\n", b"# note\n", b": ", b"\n ",
         b"e\xcc\x81", b"\x7f", b"\x1b[31m"]


def bend(text, number):
    """text with one small change."""
    chance = random.Random(number)
    lines = text.splitlines(keepends=True)
    at = chance.randrange(len(text) + 1)
    how = chance.randrange(7)
    if how == 0 and at < len(text):
        return text[:at] + bytes([text[at] ^ 1 << chance.randrange(8)]) + text[at + 1:]
    if how == 1:
        return text[:at] + text[at + 1:]
    if how == 2 and lines:
        del lines[chance.randrange(len(lines))]
        return b"".join(lines)
    if how == 3 and lines:
        line = chance.choice(lines)
        return b"".join(lines[:1] + [line] + lines[1:])
    if how == 4:
        return text[:at] + text[at:at + 1].swapcase() + text[at + 1:]
    if how == 5 and lines:
        number = chance.randrange(len(lines))
        lines[number] = lines[number].rstrip(b"\n") + chance.choice(WORDS) + b"\n"
        return b"".join(lines)
    return text[:at] + chance.choice(WORDS) + text[at:]


class Bag:
    def __init__(self):
        self.tar = Tar()
        self.bends = []
        self.listed = set()
        self.has_record = False
        self.has_end = False
        self.digest = bytes(32)
        self.tags = {tag: bytearray() for tag in TAGS}
        self.tags["metadata.mtree"] += b"#mtree\n. type=dir\n"
        self.tags["bag-info.txt"] += b"Bagging-Date: 2024-05-17\n"
        self.tags["bagit.txt"] += b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"

    def list(self, path, kind, size, sha256, target):
        path = path.rstrip(b"/")
        if kind == "no" or path in self.listed:
            return
        self.listed.add(path)
        line = "./%s type=%s" % (mtree_escape(path), kind)
        if kind == "file":
            self.tags["manifest-sha256.txt"] += b"%s  %s\n" % (sha256.encode(), manifest_escape(path))
            line += " size=%d sha256digest=%s" % (size, sha256)
        if kind == "link":
            line += " link=" + mtree_escape(target or b"nowhere")
        self.tags["metadata.mtree"] += (line + " time=0.000000000\n").encode()

    def x_header(self, fields, records):
        text = plain(fields["x"]) if "x" in fields else b"".join(pax_record(k, v) for k, v in records)
        if text:
            size = {"size": fields["xsize"]} if "xsize" in fields else {}
            self.tar.write(header(b"PaxHeaders/entry", b"x", len(text), size))
            self.tar.write(text)
            self.tar.fill()

    def member(self, flag, path, words):
        fields, records = {}, []
        for word in words:
            key, value = word.split("=", 1)
            if key == "pax":
                keyword, _, text = value.partition("=")
                records.append((plain(keyword), plain(text)))
            else:
                fields[key] = value
        path, flag = plain(path), plain(flag)
        regular = flag in b"0\0" and not path.endswith(b"/")
        data = plain(fields["data"]) if "data" in fields else b"four" if regular else b""
        zeros = int(fields.get("zeros", 0))
        digest = hashlib.sha256(data)
        for at in range(0, zeros, FRAME_MAX):
            digest.update(bytes(min(FRAME_MAX, zeros - at)))
        size = len(data) + zeros
        if len(path) > 100 and not any(key == b"path" for key, _ in records) and "name" not in fields:
            records.append((b"path", path))
        self.tar.offsets.append(self.tar.length)
        self.x_header(fields, records)
        self.tar.write(header(plain(fields["name"]) if "name" in fields else path, flag, size, fields))
        self.tar.write(data)
        self.tar.write_zeros(zeros)
        self.tar.fill()
        kind = {b"5": "dir", b"2": "link"}.get(flag, "file")
        self.list(plain(fields["as"]) if "as" in fields else path, fields.get("listed", kind),
                  int(fields.get("length", size)), digest.hexdigest(), plain(fields.get("link", "")))

    def global_header(self, words):
        text = b"".join(pax_record(*map(plain, word.split("=", 1))) for word in words)
        self.tar.offsets.append(self.tar.length)
        self.tar.write(header(b"GlobalHead", b"g", len(text), {}))
        self.tar.write(text)
        self.tar.fill()

    def record(self):
        self.has_record = True
        for tag, number in self.bends:
            if tag in self.tags:
                self.tags[tag] = bend(bytes(self.tags[tag]), number)
        last = b"".join(b"%s  %s\n" % (hashlib.sha256(text).hexdigest().encode(), tag.encode())
                        for tag, text in self.tags.items())
        for tag, number in self.bends:
            if tag not in self.tags:
                last = bend(last, number)
        for tag, text in list(self.tags.items()) + [("tagmanifest-sha256.txt", last)]:
            self.tar.offsets.append(self.tar.length)
            self.tar.write(header(tag.encode(), b"0", len(text), {}))
            self.tar.write(text)
            self.tar.fill()
        self.digest = hashlib.sha256(last).digest()

    def end(self):
        if not self.has_record:
            self.record()
        self.has_end = True
        self.tar.write(bytes(2 * BLOCK))


def content(bag, parts):
    """The bytes of the content, part by part."""
    rows = []

    def add(data, size=0):
        rows.append(struct.pack("<II", len(data), size & 0xffffffff))
        return data
    for part in parts:
        word, _, value = part.partition("=")
        first, _, rest = value.partition(":")
        if word == "tar":
            for frame, size in bag.tar.frames:
                yield add(frame, size)
        elif word == "offsets":
            yield add(skippable(0x184D2A5C, b"".join(struct.pack("<Q", o) for o in bag.tar.offsets)))
        elif word == "table":
            footer = struct.pack("<IBI", len(rows), 0, 0x8F92EAB1)
            yield skippable(0x184D2A5E, b"".join(rows) + footer)
        elif word == "skip":
            yield add(skippable(int(first, 16), plain(rest)))
        elif word == "raw":
            yield plain(value)
        elif word == "frame":
            yield add(zstd_frame(bytes(int(rest)), int(first)), int(first))
        elif word == "gzip":
            yield add(gzip.compress(bytes(bag.tar.small), mtime=0), bag.tar.length)
        elif word == "nested":
            inner = b"".join(frame for frame, _ in bag.tar.frames)
            yield add(zstd_frame(inner), len(inner))
        else:
            sys.exit("forge.py: no such part: " + part)


def read(lines):
    """The next bag, its parts and its name; None at the end."""
    bag = Bag()
    parts = ["tar", "offsets", "table"]
    for line in lines:
        words = [word for word in line.rstrip("\n").split(" ") if word]
        if not words or words[0] == "#":
            continue
        if words[0] == "seal":
            if not bag.has_end:
                bag.end()
            bag.tar.flush()
            return bag, parts, words[1]
        if words[0] == "global":
            bag.global_header(words[1:])
        elif words[0] == "bytes":
            bag.tar.write(plain(words[1]))
            bag.tar.fill()
        elif words[0] == "zeros":
            bag.tar.write_zeros(int(words[1]))
        elif words[0] == "end":
            bag.end()
        elif words[0] == "record":
            bag.record()
        elif words[0] == "info":
            bag.tags["bag-info.txt"] += plain("\\s".join(words[1:])) + b"\n"
        elif words[0] == "remark":
            bag.tags["metadata.mtree"] += plain("\\s".join(words[1:])) + b"\n"
        elif words[0] == "bend":
            bag.bends.append((words[1], int(words[2])))
        elif words[0] == "pack":
            bag.tar.level, bag.tar.frame_len = int(words[1]), int(words[2]) if len(words) > 2 else FRAME_MAX
        elif words[0] == "content":
            parts = words[1:]
        else:
            bag.member(words[0], words[1], words[2:])
    return None


def main():
    enclose, key = sys.argv[1:]
    sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape", newline="\n")
    while True:
        made = read(sys.stdin)
        if made is None:
            return
        bag, parts, out = made
        with subprocess.Popen([enclose, key, bag.digest.hex(), out], stdin=subprocess.PIPE) as sealing:
            for piece in content(bag, parts):
                sealing.stdin.write(piece)
            sealing.stdin.close()
        print("ok" if sealing.returncode == 0 else "it could not be sealed", flush=True)


main()
