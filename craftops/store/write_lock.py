"""The write lock of a SQLite file, held fairly: writers of all processes wait in line before it.

SQLite lets a writer that finds the lock taken look again after up to 100 ms; whoever writes much and often would be
faster every time, and the others would give up after ten seconds. Waiting for a lock of the operating system costs
microseconds, and ends when the one before is through, or dead. What does not take this lock is kept apart by
SQLite all the same.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class WriteLock:
    """One writer at a time, in the order in which they came, among the threads and processes that use ``path``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._line = threading.Lock()
        self._file: int | None = None
        self._pid = 0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wait for one's turn; the next one comes when the block is left. Raises OSError where no file can be made."""
        with self._line:
            file = self._opened()
            fcntl.lockf(file, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.lockf(file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Let go of the file."""
        with self._line:
            if self._file is not None and self._pid == os.getpid():
                os.close(self._file)
            self._file = None

    def _opened(self) -> int:
        # A process lock belongs to the process: a child that was forked opens the file for itself.
        if self._file is None or self._pid != os.getpid():
            self._file, self._pid = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), os.getpid()
        return self._file
