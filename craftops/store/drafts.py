"""Unfinished uploads: a file each, written by one at a time; what is told to the sender is durable before."""

from __future__ import annotations

import fcntl
import hashlib
import os
import threading
from collections import OrderedDict
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import TYPE_CHECKING

from craftops.errors import UploadBusy
from craftops.store import query_cache

if TYPE_CHECKING:
    from hashlib import _Hash

READ = 1 << 20
HASHING_THREADS = 4
MOST_HASHES = 64
"""Uploads whose sha256 is kept running; others are read again at their end."""


AT_ONCE = 2 << 20
"""Bytes that are handed to the disk at once, so that little is left to wait for at the end of a piece."""


def start_writing(descriptor: int, start: int, size: int) -> None:
    """Have the disk begin with what was just written there, without waiting for it: Linux writes out what is said to be
    needed no more, and keeps it as long as it is not written. A system that does not know how waits for ``fsync``."""
    if hasattr(os, "posix_fadvise"):
        with suppress(OSError):  # a file system may not know it: it is a hint, and no upload fails for it
            os.posix_fadvise(descriptor, start, size, os.POSIX_FADV_DONTNEED)


class UploadDraft:
    """An unfinished file in the hands of its only writer."""

    def __init__(self, path: Path, file: FileIO) -> None:
        self.path = path
        self.file = file
        self._fresh = 0

    @property
    def size(self) -> int:
        """Bytes that are really there."""
        return os.fstat(self.file.fileno()).st_size

    def arrived(self, received: int) -> int:
        """How many of the bytes that were acknowledged are here: a power cut may have taken some."""
        return min(received, self.size)

    def note(self, upload_id: int) -> None:
        """The last piece is acknowledged in the transaction that is open."""

    def begin_at(self, offset: int) -> None:
        """Whatever lies beyond ``offset`` was never acknowledged and goes; writing continues there."""
        self._fresh = 0
        if self.size != offset:
            self.file.truncate(offset)
        self.file.seek(offset)

    def write(self, data: bytes) -> None:
        """Append all of ``data``; the disk begins with it while more comes in. Raises OSError when the disk is full."""
        view = memoryview(data)
        while view:
            view = view[self.file.write(view) :]
        self._fresh += len(data)
        if self._fresh >= AT_ONCE:
            start_writing(self.file.fileno(), self.file.tell() - self._fresh, self._fresh)
            self._fresh = 0

    def sync(self) -> None:
        """Make what was written durable."""
        os.fsync(self.file.fileno())

    def sha256(self) -> str:
        """The hash of everything, read again from the disk, in constant memory."""
        digest = hashlib.sha256()
        self.file.seek(0)
        while data := self.file.read(READ):
            digest.update(data)
        return digest.hexdigest()

    def remove(self) -> None:
        """Take it away; whoever waits for it finds that it is another file now."""
        self.path.unlink(missing_ok=True)


@contextmanager
def hold(path: Path) -> Iterator[UploadDraft]:
    """The draft at ``path``, made if it is missing, for the length of the block and for nobody else.

    Raises UploadBusy at once while somebody else holds it, in this process or in another.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with FileIO(descriptor, "r+b") as file:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UploadBusy from None
            if _lies_at(path, descriptor):
                query_cache.ask_anew()  # the one before us may have written what we have read already
                yield UploadDraft(path, file)
                return
        # the one before us finished or removed it while we stood at the door: whoever asks again sees what came of it


def _lies_at(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(path), os.fstat(descriptor))
    except FileNotFoundError:
        return False


class Reckoning:
    """Hashes of one stream, worked out in another thread while its next bytes come in; in the order of the bytes."""

    def __init__(self, threads: Executor, hashes: tuple[_Hash, ...]) -> None:
        self._threads = threads
        self._hashes = hashes
        self._last: Future[None] | None = None

    def update(self, data: bytes) -> None:
        """Go on with ``data``; returns while it is still being worked on, but never two behind."""
        self.wait()
        if self._hashes:
            self._last = self._threads.submit(self._feed, data)

    def wait(self) -> None:
        """Until everything told so far is in the hashes."""
        if self._last is not None:
            self._last.result()

    def _feed(self, data: bytes) -> None:
        for one in self._hashes:
            one.update(data)


class RunningHashes:
    """The sha256 of uploads up to where they are, so that most are never read twice; in this process only."""

    def __init__(self, most: int = MOST_HASHES) -> None:
        self._threads = ThreadPoolExecutor(HASHING_THREADS, "hashing")
        self._most = most
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[int, _Hash]] = OrderedDict()

    def beside(self, *hashes: _Hash | None) -> Reckoning:
        """Feed ``hashes`` in a thread of ours: hashing lets go of the interpreter, as reading and writing do."""
        return Reckoning(self._threads, tuple(one for one in hashes if one is not None))

    def take(self, key: str, offset: int) -> _Hash | None:
        """The hash of the first ``offset`` bytes of ``key``, if it is known, as a copy."""
        if offset == 0:
            return hashlib.sha256()
        with self._lock:
            known = self._known.get(key)
        return known[1].copy() if known is not None and known[0] == offset else None

    def keep(self, key: str, offset: int, digest: _Hash | None) -> None:
        """Remember that ``digest`` is of the first ``offset`` bytes; the oldest goes when there are too many."""
        with self._lock:
            self._known.pop(key, None)
            if digest is not None:
                self._known[key] = (offset, digest)
            while len(self._known) > self._most:
                self._known.popitem(last=False)

    def forget(self, key: str) -> None:
        """There is nothing more to come."""
        self.keep(key, 0, None)
