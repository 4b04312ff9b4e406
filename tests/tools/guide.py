#!/usr/bin/env python3
"""Runs the commands of a document as they stand, and compares what they show with what the document says.

    guide.py FILE.md             run them in the current folder
    guide.py --update FILE.md    then, if any failed, write what they showed into the document

Commands stand in blocks that begin with ```console, after "$ ". All blocks of a document run in one bash, in order, on
a terminal. Lines below a command are what it shows; a line of three dots stands for any number of lines. A command must
exit with 0, unless the next one is "echo $?": then with the number that the document has below that. Passphrases are
typed by this script. What differs from run to run (digests, receipts, times, random names, free space) and where lines
break is not compared.

Prints a line "failed LINE: ..." for each command that fails, and at the end "N passed, N failed".
Environment: E2E_UNCAGED=1 leaves out what unseal says of a missing sandbox.
"""
import os
import pty
import re
import struct
import sys
import tempfile
import termios
import textwrap
import time
from fcntl import ioctl

PASSPHRASE = b"ample sample example simple temple dimple\r"
PROMPT = re.compile(rb"(?:[Pp]assphrase[^\n]*|The same again): ?$")
MARK = "\x1e"  # in front of the exit status of each command
WIDTH = 100  # of lines that --update writes
DEADLINE = 300  # seconds for one document

# What a run cannot repeat, and what stands for it.
VARIABLE = [
    (r"\b[0-9a-f]{64}\b|\b[0-9a-f]{32}\b", "DIGEST"),
    (r"\b\d{4}(?: \d{4}){4,8}\b|\b\d{20}\b", "NUMBER"),
    (r"\b\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?Z)?", "TIME"),
    (r"\b[0-9a-z]{10}(?:\.bin\b)", "NAME.bin"),
    (r"(free in \S+) [\d.]+ [kMGT]?B", r"\1 SIZE"),
]


class Command:
    """A command of the document: where it stands, its text, and the lines below it."""

    def __init__(self, line, text):
        self.line, self.text = line, text
        self.first = self.last = line  # lines of output: first <= i < last, counted from 0
        self.shown, self.status = None, None


def read_commands(lines):
    commands, inside = [], False
    for number, line in enumerate(lines):
        if line.startswith("```"):
            inside = line == "```console"
        elif inside and line.startswith("$ "):
            commands.append(Command(number, line[2:]))
            commands[-1].first = commands[-1].last = number + 1
        elif inside and line.startswith("> "):
            commands[-1].text += "\n" + line[2:]
            commands[-1].first = commands[-1].last = number + 1
        elif inside and commands:
            commands[-1].last = number + 1
    return commands


def later(text):
    """The last day of a key, put off if it has passed."""
    return re.sub(r"(?<=--expires )\d{4}", lambda year: str(max(int(year[0]), time.gmtime().tm_year + 1)), text)


def script_of(commands):
    parts = ["status=0", "again() { return $status; }"]
    for command in commands:
        parts += ["again", later(command.text), f"status=$?; printf '{MARK}%d\\n' $status"]
    return "\n".join(parts) + "\n"


def run_on_terminal(path):
    """Everything that a bash with this script shows, and answers to its prompts."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvp("bash", ["bash", path])
    ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
    shown, answered, deadline = b"", 0, time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            break  # the other end is closed
        if not piece:
            break
        shown += piece
        if len(shown) > answered and PROMPT.search(shown[answered:]):
            answered = len(shown)
            time.sleep(0.05)
            os.write(terminal, PASSPHRASE)
    else:
        os.kill(pid, 9)
    os.waitpid(pid, 0)
    os.close(terminal)
    return shown.decode("utf-8", "replace").replace("\r\n", "\n")


def drop_progress(text):
    """A line that was drawn over: what is left of it at the end."""
    return "\n".join(re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", line.rsplit("\r", 1)[-1]) for line in text.split("\n"))


def run(commands):
    with tempfile.NamedTemporaryFile("w", suffix=".sh") as script:
        script.write(script_of(commands))
        script.flush()
        shown = run_on_terminal(script.name)
    pieces = re.split(MARK + r"(\d+)\n", shown)
    for number, command in enumerate(commands):
        if 2 * number + 1 < len(pieces):
            command.shown = drop_progress(pieces[2 * number])
            command.status = int(pieces[2 * number + 1])
            if os.environ.get("E2E_UNCAGED"):
                command.shown = re.sub(r"(?m)^unseal: this system lacks part of the sandbox.*\n", "", command.shown)


def plain(text):
    for pattern, word in VARIABLE:
        text = re.sub(pattern, word, text)
    return " ".join(text.split())


def same(wanted, shown):
    parts = [re.escape(plain(part)) for part in re.split(r"(?m)^\.\.\.$", wanted)]
    return re.fullmatch(r"\s*.*\s*".join(parts), plain(shown), re.S) is not None


def fault_of(command, following, lines):
    """Why a command fails, or None."""
    wanted = "\n".join(lines[command.first:command.last])
    status = 0
    if following is not None and following.text == "echo $?":
        status = int(" ".join(lines[following.first:following.last]).split()[0])
    if command.status is None:
        return "was not reached"
    if command.status != status:
        return f"exit status {command.status}, not {status}:\n{command.shown}"
    if not same(wanted, command.shown):
        return f"shows\n{command.shown}and not\n{wanted}"
    return None


def wrapped(line):
    if len(line) <= WIDTH or " " not in line:
        return [line]
    return textwrap.wrap(line, WIDTH, break_long_words=False, break_on_hyphens=False)


def rewritten(old, shown):
    """Lines of output in place of old ones: of those with dots, as many before and behind the dots as there were."""
    new = [piece for line in shown.rstrip("\n").split("\n") for piece in wrapped(line.rstrip(" "))]
    if not shown.strip():
        new = []
    if "..." in old:
        before, behind = old.index("..."), old[::-1].index("...")
        new = new[:before] + ["..."] + new[len(new) - behind:]
    return new + ([""] if old and old[-1] == "" and new and new[-1] != "" else [])


def update(path, lines, commands):
    """All of a document, so that its numbers belong together."""
    for command in reversed(commands):
        if command.shown is not None:
            lines[command.first:command.last] = rewritten(lines[command.first:command.last], command.shown)
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))


def main():
    to_update = sys.argv[1] == "--update"
    path = sys.argv[-1]
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    commands = read_commands(lines)
    run(commands)
    failed = 0
    for command, following in zip(commands, commands[1:] + [None]):
        fault = fault_of(command, following, lines)
        if fault:
            failed += 1
            print(f"failed {os.path.basename(path)}:{command.line + 1}: $ {command.text}: {fault}")
    print(f"{len(commands) - failed} passed, {failed} failed")
    if to_update and failed:
        update(path, lines, commands)
    sys.exit(failed > 0 or not commands)


main()
