#!/usr/bin/env python3
"""bagcheck.py BAG...: is this folder a complete and valid bag by RFC 8493 (BagIt 1.0)?

Written from the RFC alone, with Python's standard library, without a look at how Seal makes bags or
checks them. It stands in for a validator that `make check` could install; Debian has none. What was
tried:

  Debian        12 and unstable: no package has to do with BagIt, in any language.
  npm bagit     0.0.3 checks nothing itself: validate() runs a program "bagit.py" that must be there.
  npm bagit-fs  1.1.1 writes bags. It checks no bag, and one file only as it reads it; even that fails
                with any manifest that has two blanks behind the digest, as sha256sum writes it.
  bagit.py      1.9.0 of the Library of Congress, by hand. It accepts every bag that unseal makes, and
                notices what it should; see tests/e2e/unseal/46_peers.sh. With --exact-names it does not find
                names with % (it decodes %0A and %0D, but not %25) or with blanks at their end. To run
                it beside this script: BAGIT_PY=/path/to/bagit.py tests/run 46_peers

What the RFC says SHOULD be is an error here, too; what only some systems mind is a warning. Exit
status: 0 valid, 1 not, 2 wrong use. The last line for each bag is "valid" or "invalid".
"""
import hashlib
import os
import re
import stat
import sys
import unicodedata

ALGORITHMS = {"md5": 32, "sha1": 40, "sha224": 56, "sha256": 64, "sha384": 96, "sha512": 128}
ONCE = {"bagging-date", "bag-size", "payload-oxum", "bag-group-identifier", "bag-count"}


class Bag:
    def __init__(self, root):
        self.root = os.fsencode(root)
        self.errors = []
        self.warnings = []
        self.payload = {}  # path below the bag, as bytes: size
        self.tags = set()

    def error(self, text, *paths):
        self.errors.append(text + "".join(" " + ascii(os.fsdecode(p)) for p in paths))

    def warn(self, text, *paths):
        self.warnings.append(text + "".join(" " + ascii(os.fsdecode(p)) for p in paths))

    # ---- What is on the disk --------------------------------------------------------------------

    def walk(self):
        folders = [b""]
        while folders:
            folder = folders.pop()
            for entry in os.scandir(os.path.join(self.root, folder) or b"."):
                path = os.path.join(folder, entry.name)
                status = entry.stat(follow_symlinks=False)
                in_payload = path.split(b"/")[0] == b"data"
                if stat.S_ISDIR(status.st_mode):
                    folders.append(path)
                elif not stat.S_ISREG(status.st_mode):
                    self.error("neither file nor folder:", path)
                elif in_payload:
                    self.payload[path] = status.st_size
                else:
                    self.tags.add(path)
        if not os.path.isdir(os.path.join(self.root, b"data")) or os.path.islink(os.path.join(self.root, b"data")):
            self.error("there is no folder data/")

    def read(self, path):
        with open(os.path.join(self.root, path), "rb") as file:
            return file.read()

    def digest(self, algorithm, path):
        state = hashlib.new(algorithm)
        with open(os.path.join(self.root, path), "rb") as file:
            while block := file.read(1 << 20):
                state.update(block)
        return state.hexdigest()

    def lines(self, path):
        """Lines of a tag file in UTF-8, which end in LF, CR or CRLF; no other character ends one."""
        data = self.read(path)
        if data.startswith(b"\xef\xbb\xbf"):
            self.error("begins with a byte order mark:", path)
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            self.error("not UTF-8:", path)
            text = data.decode("utf-8", "surrogateescape")
        if text and text[-1] not in "\r\n":
            self.error("the last line has no end:", path)
            text += "\n"
        return re.split(r"\r\n|\r|\n", text)[:-1]

    # ---- bagit.txt and bag-info.txt -------------------------------------------------------------

    def check_declaration(self):
        if b"bagit.txt" not in self.tags:
            self.error("there is no bagit.txt")
            return
        if self.lines(b"bagit.txt") != ["BagIt-Version: 1.0", "Tag-File-Character-Encoding: UTF-8"]:
            self.error("bagit.txt should have the two lines of version 1.0 and of UTF-8, and no others")

    def check_info(self):
        if b"bag-info.txt" not in self.tags:
            self.warn("there is no bag-info.txt")
            return
        elements = []
        for number, line in enumerate(self.lines(b"bag-info.txt"), 1):
            if line[:1] in (" ", "\t"):
                if not elements:
                    self.error("bag-info.txt begins with a continuation")
                else:
                    elements[-1][1] += "\n" + line.strip()
                continue
            match = re.fullmatch(r"([^:\s](?:[^:]*[^:\s])?):[ \t](.*)", line)
            if match:
                elements.append([match[1], match[2]])
            else:
                self.error("bag-info.txt, line %d is no label, colon, blank and value" % number)
        values = {}
        for label, value in elements:
            values.setdefault(label.lower(), []).append(value)
            if any(unicodedata.category(c) == "Cc" for c in value.replace("\n", "").replace("\t", "")):
                self.error("bag-info.txt, %s has a control character" % label)
        for label in ONCE:
            if len(values.get(label, [])) > 1:
                self.error("bag-info.txt has more than one %s" % label)
        for value in values.get("bagging-date", []):
            if not re.fullmatch(r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])", value):
                self.error("Bagging-Date is no day: %a" % value)
        have = "%d.%d" % (sum(self.payload.values()), len(self.payload))
        for value in values.get("payload-oxum", []):
            if value != have:
                self.error("Payload-Oxum says %a, data/ has %s" % (value, have))

    # ---- Manifests ------------------------------------------------------------------------------

    def read_manifest(self, name, algorithm):
        entries = {}
        for number, line in enumerate(self.lines(name), 1):
            where = "%s, line %d" % (name.decode(), number)
            match = re.fullmatch(r"([0-9A-Fa-f]+)[ \t]+([^ \t].*)", line)
            if not match or len(match[1]) != ALGORITHMS[algorithm]:
                self.error(where + " is no digest and path")
                continue
            text = match[2]
            if re.search(r"%(?!0[AaDd]|25)", text):
                self.error(where + " has a % that stands for nothing")
            path = re.sub(r"%(0[AaDd]|25)", lambda m: chr(int(m[1], 16)), text)
            path = path.encode("utf-8", "surrogateescape")
            parts = path.split(b"/")
            if path[:1] in (b"/", b"~", b"*") or any(p in (b"", b".", b"..") for p in parts):
                self.error(where + " has a path that leads elsewhere:", path)
            elif path in entries:
                self.error(where + " has a path a second time:", path)
            else:
                entries[path] = match[1].lower()
        return entries

    def compare(self, name, algorithm, entries, files):
        for path in sorted(entries):
            if path not in files:
                self.error("in %s, but not there:" % name.decode(), path)
            elif self.digest(algorithm, path) != entries[path]:
                self.error("%s differs from %s:" % (algorithm, name.decode()), path)
        for path in sorted(files):
            if path not in entries:
                self.error("there, but not in %s:" % name.decode(), path)

    def check_manifests(self):
        kinds = {"": [], "tag": []}
        for path in self.tags:
            match = re.fullmatch(rb"(tag)?manifest-([a-z0-9]+)\.txt", path)
            if match and match[2].decode() in ALGORITHMS:
                kinds[(match[1] or b"").decode()].append((path, match[2].decode()))
            elif re.match(rb"(?i)(tag)?manifest-[^/]*$", path):
                self.error("a manifest of an unknown kind:", path)
        if not kinds[""]:
            self.error("there is no payload manifest")
        if not kinds["tag"]:
            self.error("there is no tag manifest")
        if b"fetch.txt" in self.tags:
            self.error("fetch.txt: some of the bag is elsewhere")
        tag_manifests = {path for path, _ in kinds["tag"]}
        for name, algorithm in kinds[""]:
            entries = self.read_manifest(name, algorithm)
            for path in [p for p in entries if not p.startswith(b"data/")]:
                self.error("not below data/, in %s:" % name.decode(), path)
                del entries[path]
            self.compare(name, algorithm, entries, set(self.payload))
            self.check_twins(entries)
        for name, algorithm in kinds["tag"]:
            entries = self.read_manifest(name, algorithm)
            for path in [p for p in entries if p in tag_manifests or p.startswith(b"data/")]:
                self.error("%s must not list it:" % name.decode(), path)
                del entries[path]
            self.compare(name, algorithm, entries, self.tags - tag_manifests)

    def check_twins(self, entries):
        """Names that some system takes for the same, or writes in another way."""
        for what, fold in (("normal form", lambda t: unicodedata.normalize("NFC", t)),
                           ("letter case", lambda t: t.casefold())):
            seen = {}
            for path in sorted(entries):
                key = fold(path.decode("utf-8", "surrogateescape"))
                if key in seen:
                    self.warn("two paths that differ in %s alone:" % what, seen[key], path)
                seen[key] = path

    def check(self):
        self.walk()
        self.check_declaration()
        self.check_info()
        self.check_manifests()
        return not self.errors


def main(arguments):
    if not arguments or arguments[0].startswith("-"):
        print("Usage: bagcheck.py BAG...", file=sys.stderr)
        return 2
    result = 0
    for argument in arguments:
        bag = Bag(argument)
        try:
            bag.check()
        except OSError as problem:
            bag.error(str(problem))
        for text in bag.errors:
            print("error: " + text)
        for text in bag.warnings:
            print("warning: " + text)
        print("invalid" if bag.errors else "valid")
        if bag.errors:
            result = 1
    return result


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
