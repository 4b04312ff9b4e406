#!/usr/bin/env python3
"""seektable.py FILE PLAIN: is FILE in the zstd seekable format, and does its table lead to PLAIN?

A reader written from the published format (zstd_seekable_compression_format.md, version 0.1.0), which
shares nothing with Seal. Debian 12 has no program or library that reads it (unstable has one for Go);
the reader in zstd's own sources, contrib/seekable_format, was built and tried by hand. Single frames are
decompressed with the zstd program. Prints how many frames there are; exit status 0 if all is well.
"""
import os
import random
import struct
import subprocess
import sys


def fail(text):
    print("seektable.py: " + text, file=sys.stderr)
    sys.exit(1)


def read_at(file, offset, length):
    file.seek(offset)
    data = file.read(length)
    if len(data) != length:
        fail("cut short at %d" % offset)
    return data


def read_table(file, size):
    count, descriptor, magic = struct.unpack("<IBI", read_at(file, size - 9, 9))
    if magic != 0x8F92EAB1:
        fail("no seek table at the end")
    if descriptor & 0x7C:
        fail("reserved bits are set")
    row_size = 12 if descriptor & 0x80 else 8
    start = size - 9 - count * row_size - 8
    magic, length = struct.unpack("<II", read_at(file, start, 8))
    if magic != 0x184D2A5E or length != count * row_size + 9:
        fail("the table is not in a frame of its own")
    rows = read_at(file, start + 8, count * row_size)
    frames, at, plain_at = [], 0, 0
    for i in range(count):
        packed, plain = struct.unpack_from("<II", rows, i * row_size)
        frames.append((at, packed, plain_at, plain))
        at, plain_at = at + packed, plain_at + plain
    if at != start:
        fail("the frames end at %d, the table begins at %d" % (at, start))
    return frames, plain_at


def decompress(file, frame):
    at, packed, _, plain = frame
    data = read_at(file, at, packed)
    if plain == 0 and data[1:4] == b"\x2a\x4d\x18":
        return b""
    done = subprocess.run(["zstd", "-dcq"], input=data, stdout=subprocess.PIPE, check=False)
    if done.returncode != 0 or len(done.stdout) != plain:
        fail("the frame at %d is not as the table says" % at)
    return done.stdout


def main(packed, plain):
    with open(packed, "rb") as file, open(plain, "rb") as want:
        frames, total = read_table(file, os.path.getsize(packed))
        if total != os.path.getsize(plain):
            fail("%d bytes by the table, not %d" % (total, os.path.getsize(plain)))
        for frame in frames:
            if decompress(file, frame) != read_at(want, frame[2], frame[3]):
                fail("the frame at %d holds something else" % frame[0])
        # A few bytes from anywhere, with no more than the frames they are in.
        dice = random.Random(1)
        for _ in range(min(total, 20)):
            start = dice.randrange(total)
            end = min(total, start + dice.choice((1, 1000, 100000)))
            got = b""
            for frame in frames:
                if frame[2] < end and frame[2] + frame[3] > start:
                    data = decompress(file, frame)
                    got += data[max(0, start - frame[2]):end - frame[2]]
            if got != read_at(want, start, end - start):
                fail("bytes %d to %d differ" % (start, end))
    print(len(frames))


main(*sys.argv[1:])
