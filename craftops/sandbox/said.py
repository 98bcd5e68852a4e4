"""Reading what a child has left: only plain files of its own, never a pipe that would hold us, nor a way elsewhere."""

from __future__ import annotations

import os
import stat
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

LAST_WORDS = 300


@dataclass(frozen=True, slots=True)
class Ending:
    """How a child ended: why it failed (empty where it did not), the most that was resident at once, in MB, and the
    seconds of processor time that it took, whatever ran beside it."""

    fault: str = ""
    peak_mb: float = 0.0
    cpu_s: float = 0.0


class Most:
    """Looks now and then how much a running process holds and has worked; its dying words do not tell."""

    EVERY_S = 0.1

    def __init__(self, pid: int) -> None:
        self.mb, self.cpu_s = 0.0, 0.0
        self._about = Path(f"/proc/{pid}")
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._look, name="most", daemon=True)

    def __enter__(self) -> Most:
        self._thread.start()
        return self

    def __exit__(self, *_what: object) -> None:
        self._done.set()
        self._thread.join()

    def _look(self) -> None:
        while True:
            try:
                self.mb = peak_of((self._about / "status").read_text()) or self.mb
                self.cpu_s = worked_of((self._about / "stat").read_text()) or self.cpu_s
            except OSError:
                return  # it has gone, or this system has no such files
            if self._done.wait(self.EVERY_S):
                return


def peak_of(status: str) -> float:
    """The most that was resident at once, in MB of 2^20 bytes, from a process's ``status``; 0 where it is not told."""
    found = status.partition("VmHWM:")[2].split(maxsplit=1)
    return round(int(found[0]) / 1024, 1) if found and found[0].isdigit() else 0.0


def worked_of(stat_line: str) -> float:
    """Seconds of processor time, from a process's ``stat`` (proc(5): the 14th and 15th field, in ticks)."""
    fields = stat_line.rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK") if len(fields) > 12 else 0.0


def resident_mb(kilobytes: int) -> float:
    """``ru_maxrss`` of this system in MB of 2^20 bytes."""
    return round(kilobytes / (1_048_576 if sys.platform == "darwin" else 1024), 1)


def read_left(path: Path, most: int) -> bytes:
    """The bytes of a file. Raises OSError when there is none, ValueError when it is no plain file or too large."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(descriptor, "rb") as file:
        about = os.fstat(descriptor)
        if not stat.S_ISREG(about.st_mode) or about.st_nlink != 1 or about.st_size > most:
            raise ValueError(f"{path.name} is no file of {most:,} bytes at most")
        return file.read(most)


def last_words(path: Path) -> str:
    """The end of what it said on standard error; empty where it cannot be read."""
    try:
        return read_left(path, 64_000_000)[-LAST_WORDS:].decode(errors="replace")
    except (OSError, ValueError):
        return ""
