#!/usr/bin/env python3
"""faultloop.py PRELOAD TEMPLATE OPTIONS -- COMMAND...

Runs a command once for each call it makes that can fail, and makes just that one fail (faults.c). Each
run has a fresh copy of the folder TEMPLATE to work in, and must end in one of two ways:

 - code 0, or one of --also: what it makes is there and is what an undisturbed run makes
 - another code of --codes: there is nothing that was not there before, and exactly one message

Prints a line with the counts, and what went wrong; ends with 1 if anything did.
"""
import argparse
import collections
import concurrent.futures
import hashlib
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile

SHARED = struct.Struct("qq64s")


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("preload")
    p.add_argument("template")
    p.add_argument("--kind", default="calls")
    p.add_argument("--process", default="main")
    p.add_argument("--codes", default="1", help="codes that a failure may have")
    p.add_argument("--also", default="", help="codes with which the work is done all the same")
    p.add_argument("--varies", default="$^", help="names of files whose bytes differ from run to run")
    p.add_argument("--stdout-varies", action="store_true")
    p.add_argument("--verify", default="", help="a shell command that checks what was made")
    p.add_argument("--stdin", default="/dev/null")
    p.add_argument("--lines", type=int, default=1, help="messages that a failure may have")
    p.add_argument("--partly", action="store_true", help="what was finished before a failure stays")
    p.add_argument("--reports", action="store_true", help="what failed may stand in the output instead")
    p.add_argument("--most", type=int, default=10**9, help="so many runs at most, spread evenly")
    end = sys.argv.index("--")
    a = p.parse_args(sys.argv[1:end])
    a.command = sys.argv[end + 1:]
    a.codes = {int(c) for c in a.codes.split(",") if c}
    a.also = {int(c) for c in a.also.split(",") if c} | {0}
    return a


def snapshot(top, varies):
    seen = {}
    for where, folders, files in os.walk(top):
        for name in folders + files:
            path = os.path.join(where, name)
            short = os.path.relpath(path, top)
            if os.path.islink(path):
                seen[short] = "-> " + os.readlink(path)
            elif os.path.isdir(path):
                seen[short] = "folder"
            elif re.search(varies, name):
                seen[short] = "file"
            else:
                with open(path, "rb") as f:
                    seen[short] = hashlib.sha256(f.read()).hexdigest()
    return seen


class Loop:
    def __init__(self, a, scratch):
        self.a = a
        self.scratch = scratch
        self.before = snapshot(a.template, "$^")
        self.codes = collections.Counter()
        self.fired = 0
        self.wrong = []

    def run(self, n):
        """One run: code, output, errors, the folder, how many calls it made, and which one failed."""
        work = os.path.join(self.scratch, "work%d" % n)
        # A worker can open nothing outside the folder that the program was started in.
        share = os.path.join(work if self.a.process == "worker" else self.scratch, ".share%d" % n)
        shutil.copytree(self.a.template, work, symlinks=True)
        with open(share, "wb") as f:
            f.write(bytes(SHARED.size))
        env = dict(os.environ, LD_PRELOAD=self.a.preload, FAULTS_FILE=share, FAULTS_AT=str(n),
                   FAULTS_WAY=str(n), FAULTS_KIND=self.a.kind, FAULTS_PROCESS=self.a.process)
        with open(self.a.stdin, "rb") as given:
            try:
                p = subprocess.run(self.a.command, cwd=work, env=env, stdin=given, timeout=20,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
                code, out, err = p.returncode, p.stdout, p.stderr
            except subprocess.TimeoutExpired:
                code, out, err = -99, b"", b"it did not end"
        with open(share, "rb") as f:
            count, fired, what = SHARED.unpack(f.read())
        os.unlink(share)
        return code, out, err.decode("utf-8", "replace"), work, count, \
            what.split(b"\0")[0].decode() if fired else ""

    def is_complete(self, code, out, err, work):
        if snapshot(work, self.a.varies) != self.clean:
            return "code %d, but it is not what an undisturbed run makes" % code
        if not self.a.stdout_varies and out != self.clean_out:
            return "code %d, but its output differs" % code
        if self.a.verify and subprocess.run(self.a.verify, shell=True, cwd=work, stdin=subprocess.DEVNULL,
                                            stdout=subprocess.DEVNULL,
                                            stderr=subprocess.DEVNULL).returncode != 0:
            return "code %d, but what was made does not stand its check" % code
        return None

    def is_undone(self, code, out, err, work):
        lines = err.splitlines()
        if self.a.reports and out and not lines:
            lines = ["unseal: it is in the report. "]
        if not 1 <= len(lines) <= self.a.lines:
            return "code %d with %d messages" % (code, len(lines))
        for line in lines:
            if not re.match(r"(seal|unseal|sealkey): \S.*[.]( |$)", line):
                return "no sentence: %s" % line
        after = snapshot(work, "$^")
        if self.a.partly:
            left = [name for name in after if name.endswith(".partial")]
            return "left behind: %s" % left if left else None
        # What was to be made is there then, and the exit code says that something is missing.
        if lines[-1].split(": ", 1)[1].startswith("standard output could not be written") and \
                snapshot(work, self.a.varies) == self.clean:
            return None
        if after != self.before:
            return "left behind: %s" % sorted(set(after.items()) ^ set(self.before.items()))[:4]
        return None

    def judge(self, n):
        code, out, err, work, _, what = self.run(n)
        if code in self.a.also:
            wrong = self.is_complete(code, out, err, work)
        elif code in self.a.codes:
            wrong = self.is_undone(code, out, err, work)
        else:
            wrong = "ended with %d" % code
        subprocess.run(["chmod", "-R", "u+rwX", work], check=False)
        shutil.rmtree(work, ignore_errors=True)
        return n, code, what, wrong, err

    def loop(self):
        code, out, err, work, count, _ = self.run(0)
        if code not in self.a.also:
            print("undisturbed it ends with %d: %s" % (code, err))
            return False
        self.clean, self.clean_out = snapshot(work, self.a.varies), out
        step = max(1, -(-count // self.a.most))
        numbers = range(1, count + 1, step)
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count() or 1) as pool:
            for n, code, what, wrong, err in pool.map(self.judge, numbers):
                self.codes[code] += 1
                self.fired += what != ""
                if wrong:
                    self.wrong.append("%s of %d (%s): %s | %s" % (n, count, what, wrong, err.strip()))
        print("%d of %s in %s, %d failed once: %s" %
              (count, self.a.kind, self.a.process, self.fired,
               ", ".join("%d times code %d" % (v, k) for k, v in sorted(self.codes.items()))))
        for line in self.wrong[:12]:
            print("    " + line[:600])
        if len(self.wrong) > 12:
            print("    and %d more" % (len(self.wrong) - 12))
        return not self.wrong and self.fired > 0


def main():
    a = arguments()
    with tempfile.TemporaryDirectory(prefix="faults-") as scratch:
        try:
            return 0 if Loop(a, scratch).loop() else 1
        finally:
            subprocess.run(["chmod", "-R", "u+rwX", scratch], check=False)


sys.exit(main())
