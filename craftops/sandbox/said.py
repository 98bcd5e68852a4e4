"""Reading what a child has left: only plain files of its own, never a pipe that would hold us, nor a way elsewhere."""

from __future__ import annotations

import os
import stat
from pathlib import Path

LAST_WORDS = 300


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
