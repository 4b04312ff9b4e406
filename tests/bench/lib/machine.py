"""What was measured on. No names of machines, users or folders."""
import os
import platform
import re
import subprocess
import time

FLAGS = ("sha_ni", "avx2", "avx512f", "aes", "vaes", "sha2", "asimd")


def _field(path, name):
    try:
        with open(path, encoding="utf-8", errors="replace") as f:
            for line in f:
                if re.match(rf"{name}\s*:", line, re.IGNORECASE):
                    return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return ""


def _file_system(folder):
    done = subprocess.run(["stat", "-f", "-c", "%T", folder], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, check=False)
    return done.stdout.decode().strip() or "unknown"


def cores():
    return len(os.sched_getaffinity(0))


def load():
    return f"{os.getloadavg()[0]:.1f}"


def _flags():
    return (_field("/proc/cpuinfo", "flags") or _field("/proc/cpuinfo", "features")).split()


def sha_instructions_off():
    """The environment in which libcrypto does without them; nothing on a processor that has none."""
    flags = _flags()
    if "sha_ni" in flags:
        return {"OPENSSL_ia32cap": ":~0x20000000"}
    return {"OPENSSL_armcap": "0x1"} if "sha2" in flags else {}  # NEON alone


def describe(toolbox, memory, disk):
    flags = _flags()
    yield "date", time.strftime("%Y-%m-%d", time.gmtime())
    yield "processor", _field("/proc/cpuinfo", "model name") or platform.machine()
    yield "cores", str(cores())
    yield "instructions", " ".join(f for f in FLAGS if f in flags) or "unknown"
    yield "memory", f"{int(_field('/proc/meminfo', 'MemTotal').split()[0]) / 1e6:.1f} GB"
    yield "system", f"{platform.system()} {platform.release()}"
    yield "in memory", _file_system(memory) if memory else "not measured"
    yield "on disk", _file_system(disk)
    yield from toolbox.versions()
