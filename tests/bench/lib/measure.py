"""Runs a pipeline, and says what it cost."""
import os
import signal
import subprocess
import tempfile
import threading
import time


class Failed(Exception):
    """Something that should have worked did not: the benchmark ends."""


class Cost:
    """Seconds, and KiB of memory; memory is None where nobody looked, or all was over too soon."""

    def __init__(self, wall, user, system, peak=None, peak_sum=None):
        self.wall, self.user, self.system = wall, user, system
        self.peak, self.peak_sum = peak, peak_sum

    @property
    def cpu(self):
        return self.user + self.system


def _children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as f:
            return [int(p) for p in f.read().split()]
    except OSError:
        return []


def _high_water(pid):
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8", errors="replace") as f:
            for line in f:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1])
    except OSError:
        pass
    return None


class _Watch(threading.Thread):
    """Looks every few milliseconds at the most memory that each process ever had, children too.

    What wait4 tells is not enough: it gives the greatest of a process and its children, so
    unseal's worker would hide unseal, and it counts this script, which each of them was for a
    moment before it was itself.
    """

    def __init__(self, pids):
        super().__init__(daemon=True)
        self.pids, self.peaks, self.over = pids, {}, threading.Event()

    def run(self):
        while True:
            todo = list(self.pids)
            while todo:
                pid = todo.pop()
                todo += _children(pid)
                peak = _high_water(pid)
                if peak is not None:
                    self.peaks[pid] = max(peak, self.peaks.get(pid, 0))
            if self.over.wait(0.003):
                return


def _start(commands, errors, env):
    processes, before = [], subprocess.DEVNULL
    try:
        for number, command in enumerate(commands):
            last = number == len(commands) - 1
            p = subprocess.Popen(command, stdin=before, stderr=errors, env=env,
                                 stdout=subprocess.DEVNULL if last else subprocess.PIPE)
            if number > 0:
                before.close()
            before = p.stdout
            processes.append(p)
    except OSError:
        _stop(processes)
        raise
    return processes


def _stop(processes):
    for p in processes:
        if p.returncode is None:
            p.kill()
            p.wait()


def _collect(processes):
    user = system = 0.0
    bad = None
    for p in processes:
        _, status, usage = os.wait4(p.pid, 0)
        p.returncode = os.waitstatus_to_exitcode(status)
        user += usage.ru_utime
        system += usage.ru_stime
        # Whoever wrote to one that failed fails, too.
        if p.returncode != 0 and (bad is None or bad.returncode == -signal.SIGPIPE):
            bad = p
    return user, system, bad


def _run(commands, errors, env, watch):
    """Seconds, and the watch; standard output of the last command is thrown away."""
    processes = _start(commands, errors, env)
    watcher = _Watch([p.pid for p in processes]) if watch else None
    try:
        if watcher:
            watcher.start()
        user, system, bad = _collect(processes)
    finally:
        _stop(processes)
        if watcher:
            watcher.over.set()
            watcher.join()
    if bad:
        errors.seek(0)
        said = errors.read().decode(errors="replace").strip()
        raise Failed(f"{' '.join(bad.args)}\nended with {bad.returncode}: {said or '(no word)'}")
    return user, system, watcher.peaks if watcher else {}


def run(commands, after=None, env=None, watch=False):
    """Runs a pipeline, and what has to be done after it for the work to count as done.

    CPU time is that of all their processes, and of the children these have waited for.
    """
    with tempfile.TemporaryFile() as errors:
        begin = time.perf_counter()
        user, system, peaks = _run(commands, errors, env, watch)
        if after:
            more_user, more_system, _ = _run([after], errors, env, False)
            user, system = user + more_user, system + more_system
        wall = time.perf_counter() - begin
    if not peaks:
        return Cost(wall, user, system)
    return Cost(wall, user, system, max(peaks.values()), sum(peaks.values()))


def measure_any(commands):
    """The cost of a pipeline, whatever it comes to; and how its last command ended."""
    with tempfile.TemporaryFile() as errors:
        begin = time.perf_counter()
        processes = _start(commands, errors, None)
        watcher = _Watch([p.pid for p in processes])
        watcher.start()
        user, system, _ = _collect(processes)
        watcher.over.set()
        watcher.join()
        wall = time.perf_counter() - begin
    peaks = watcher.peaks or {0: 0}
    return Cost(wall, user, system, max(peaks.values()), sum(peaks.values())), processes[-1].returncode


def text_of(command, env=None):
    """What a command says, one way or the other; nothing if it cannot be run."""
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, env=env, check=False)
    except OSError:
        return ""
    return done.stdout.decode(errors="replace").strip()


def remove(*paths):
    """Bags are read-only. The system's rm is quicker than Python with many files."""
    for path in paths:
        if os.path.isdir(path) and os.geteuid() != 0:
            subprocess.run(["chmod", "-R", "u+w", path], check=False)
        subprocess.run(["rm", "-rf", path], check=True)
