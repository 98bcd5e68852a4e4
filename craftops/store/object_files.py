"""Files in a bucket that several hosts share, with a bounded folder of copies on each host.

Blobs lie under the same names as in a folder (``ab/cd/abcd…``), so that a folder is moved by copying it. Whoever needs
a blob needs it as a file (the sandbox, a machine, a browser that asks for a part of it): it is fetched once, its hash
is checked, and the copy is kept until others need the room.

Pieces of uploads are objects, so that the next piece may come to another host. Which pieces count, their rows say
(``UploadPieceRow``): an object that a dying host still wrote is in nobody's way, for each has a name of its own.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import timedelta
from io import FileIO
from pathlib import Path

from craftops.errors import Unreachable
from craftops.store.buckets import PIECE, Bucket
from craftops.store.database import connected
from craftops.store.drafts import UploadDraft, hold
from craftops.store.files import FileStore, Readable
from craftops.store.models import BlobRow, UploadPieceRow, UploadRow

DRAFTS = "drafts"
LEAVING = "leaving"
UNTOUCHED_S = 600.0
"""A copy that was asked for within this time is never taken away: somebody may be about to open it."""
DRAFTS_KEPT_S = 8 * 86400.0
"""Beyond the life of an upload: its next pieces may have come to other hosts."""
LONGEST_LEAVING_S = 5.0
STALE_LEAVING_S = 30.0
TRIES = 5


class ObjectFileStore(FileStore):
    """``FileStore`` over a bucket; ``folder`` holds the copies of this host, at most ``cache_bytes`` of them."""

    def __init__(self, bucket: Bucket, folder: Path, cache_bytes: int) -> None:
        super().__init__(folder)
        self.bucket = bucket
        self.cache_bytes = cache_bytes
        self._lock = threading.Lock()
        self._grown = 0
        self._whole: dict[str, int] = {}

    def path(self, sha256: str) -> Path:
        """A copy of the blob on this host, fetched if need be; a path that leads to nothing where there is no such
        blob. Raises Unreachable."""
        target = self._at(sha256)
        if not self._touch(target):
            with contextlib.suppress(FileNotFoundError):
                self._fetch(sha256, target)
        return target

    def has(self, sha256: str) -> bool:
        return self.bucket.head(self._key(sha256)) is not None

    def hash_of(self, sha256: str) -> str | None:
        digest = hashlib.sha256()
        try:
            for piece in self.bucket.get(self._key(sha256)):
                digest.update(piece)
        except FileNotFoundError:
            return None
        return digest.hexdigest()

    @contextlib.contextmanager
    def lent(self, sha256: str) -> Iterator[Path]:
        local = self._at(sha256)
        if local.exists():
            yield local
            return
        aside = self._scratch()
        try:
            with contextlib.suppress(FileNotFoundError):
                self._read_into(aside, sha256)
                yield aside
                return
            yield local
        finally:
            aside.unlink(missing_ok=True)

    def all(self) -> Iterator[str]:
        for one in self.bucket.list():
            name = one.key.rsplit("/", 1)[-1]
            if one.key == f"{name[:2]}/{name[2:4]}/{name}":
                yield name

    def remove(self, sha256: str) -> None:
        self.bucket.delete(self._key(sha256))
        super().remove(sha256)

    def put(self, stream: Readable, limit: int) -> tuple[str, int]:
        sha256, size = super().put(stream, limit)
        self._send(sha256, self._at(sha256))
        return sha256, size

    def put_several(self, several: Sequence[bytes]) -> list[str]:
        hashes = super().put_several(several)
        for sha256 in hashes:
            self._send(sha256, self._at(sha256))
        return hashes

    def keep_draft(self, draft: UploadDraft, sha256: str) -> None:
        if isinstance(draft, ObjectDraft):
            draft.make_whole(sha256)
        target = self._at(sha256)
        self._keep({sha256: draft.path})
        self._send(sha256, target)

    def forget(self, sha256: str, *, untouched: timedelta) -> bool:
        """As ``FileStore.forget``. Whoever stores the same bytes at this moment sees the mark that we leave first, and
        stores them again after us; both times are of the bucket's own clock."""
        key, mark = self._key(sha256), f"{LEAVING}/{sha256}"
        began = time.monotonic()
        self.bucket.put(mark, b"")
        try:
            stored, marked = self.bucket.head(key), self.bucket.head(mark)
            if stored is None or marked is None:
                gone = stored is None
            elif marked.at - stored.at < untouched or time.monotonic() - began > LONGEST_LEAVING_S:
                gone = False
            else:
                self.bucket.delete(key)
                gone = True
        finally:
            self.bucket.delete(mark)
        if gone:
            super().remove(sha256)
        return gone

    @contextlib.contextmanager
    def hold(self, key: str) -> Iterator[UploadDraft]:
        with hold(self.draft(key)) as local:
            yield ObjectDraft(self, key, local)

    def arrived(self, key: str, received: int) -> int:
        return received

    def sweep(self, before: float) -> None:
        """Take away drafts of nobody, here and in the bucket."""
        super().sweep(before)
        with connected():
            known = {row.key for row in UploadRow.select(UploadRow.key)}
        old = [one.key for one in self.bucket.list(f"{DRAFTS}/") if one.at.timestamp() < before]
        self.bucket.delete(*(key for key in old if key.split("/")[1] not in known))

    def tidy_here(self) -> None:
        """Copies of what the shop has forgotten go from this host, too, and those that take too much room."""
        with connected():
            known = {row.sha256 for row in BlobRow.select(BlobRow.sha256)}
        for path in self.folder.glob("??/??/*"):
            with contextlib.suppress(FileNotFoundError):
                if path.name not in known and path.stat().st_mtime < time.time() - UNTOUCHED_S:
                    path.unlink()
        super().sweep(time.time() - DRAFTS_KEPT_S)
        self._make_room()

    def pieces_of(self, key: str) -> list[tuple[int, str]]:
        """Where the acknowledged pieces of an upload begin, and the objects that hold them, in order."""
        with connected():
            rows = UploadPieceRow.select().join(UploadRow).where(UploadRow.key == key).order_by(UploadPieceRow.begin)
            return [(row.begin, row.place) for row in rows]

    @staticmethod
    def _key(sha256: str) -> str:
        return f"{sha256[:2]}/{sha256[2:4]}/{sha256}"

    def _scratch(self) -> Path:
        self.drafts.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=self.drafts)
        os.close(descriptor)
        return Path(name)

    def _read_into(self, target: Path, sha256: str) -> None:
        digest = hashlib.sha256()
        with target.open("wb") as file:
            for piece in self.bucket.get(self._key(sha256)):
                digest.update(piece)
                file.write(piece)
        if digest.hexdigest() != sha256:
            raise Unreachable(f"The file {sha256[:12]} is damaged in the file store.")

    def _fetch(self, sha256: str, target: Path) -> None:
        aside = self._scratch()
        try:
            self._read_into(aside, sha256)
            size = aside.stat().st_size
            target.parent.mkdir(parents=True, exist_ok=True)
            aside.chmod(0o440)
            os.replace(aside, target)
        finally:
            aside.unlink(missing_ok=True)
        self._has_grown(size)

    def _send(self, sha256: str, local: Path) -> None:
        """Store a blob. Raises Unreachable; nothing refers to it then."""
        key, mark = self._key(sha256), f"{LEAVING}/{sha256}"
        for _ in range(TRIES):
            self.bucket.put(key, _pieces(local))
            if not self._is_leaving(mark) and self.bucket.head(key) is not None:
                self._has_grown(local.stat().st_size)
                return
        raise Unreachable("A file could not be stored: it is being taken away again and again.")

    def _is_leaving(self, mark: str) -> bool:
        """Wait while somebody takes the blob away; False when nobody did."""
        began, seen = time.monotonic(), False
        while self.bucket.head(mark) is not None and time.monotonic() - began < STALE_LEAVING_S:
            seen = True
            time.sleep(0.05)
        return seen

    def _has_grown(self, size: int) -> None:
        with self._lock:
            self._grown += size
            due = self._grown > self.cache_bytes / 20
            if due:
                self._grown = 0
        if due:
            self._make_room()

    def _make_room(self) -> None:
        """The copies that were asked for longest ago go first."""
        found, total = [], 0
        for path in self.folder.glob("??/??/*"):
            with contextlib.suppress(FileNotFoundError):
                stat = path.stat()
                found.append((stat.st_mtime, stat.st_size, path))
                total += stat.st_size
        fresh = time.time() - UNTOUCHED_S
        for touched, size, path in sorted(found):
            if total <= self.cache_bytes or touched > fresh:
                return
            path.unlink(missing_ok=True)
            total -= size


class ObjectDraft(UploadDraft):
    """An unfinished file: a piece on this host until it is an object; the whole on this host when it is finished.

    Where all pieces came to this process, as they mostly do, the file here is whole already and nothing is fetched.
    """

    def __init__(self, store: ObjectFileStore, key: str, local: UploadDraft) -> None:
        super().__init__(local.path, local.file)
        self._store = store
        self._key = key
        self._begin = 0
        self._place = ""
        self._size = 0

    def arrived(self, received: int) -> int:
        return received

    def begin_at(self, offset: int) -> None:
        self._begin = offset
        super().begin_at(offset)

    def sync(self) -> None:
        """Make the piece an object; what it holds counts when its row says so."""
        end = self.size
        self._size = end - self._begin
        self._place = f"{DRAFTS}/{self._key}/{self._begin:013d}-{secrets.token_hex(4)}"
        self._store.bucket.put(self._place, _part(self.file, self._begin, end))

    def note(self, upload_id: int) -> None:
        UploadPieceRow.insert(upload=upload_id, begin=self._begin, size=self._size, place=self._place).execute()
        known = self._store._whole
        if self._begin == 0 or known.get(self._key) == self._begin:
            known[self._key] = self._begin + self._size
        else:
            known.pop(self._key, None)

    def make_whole(self, sha256: str) -> None:
        """Fetch what came to other hosts. Raises Unreachable when that is not what ``sha256`` was made of."""
        if self._store._whole.pop(self._key, None) == self.size:
            return
        pieces = self._store.pieces_of(self._key)
        digest = hashlib.sha256()
        super().begin_at(0)
        for _begin, place in pieces:
            for data in self._store.bucket.get(place):
                digest.update(data)
                self.write(data)
        if digest.hexdigest() != sha256:
            raise Unreachable("A piece of the file is missing in the file store.")
        super().sync()

    def sha256(self) -> str:
        """Asked for with the last piece, which is not acknowledged yet, and of which the row comes later."""
        digest = hashlib.sha256()
        for _begin, place in self._store.pieces_of(self._key):
            for data in self._store.bucket.get(place):
                digest.update(data)
        for data in _part(self.file, self._begin, self.size):
            digest.update(data)
        return digest.hexdigest()

    def remove(self) -> None:
        super().remove()
        self._store._whole.pop(self._key, None)
        self._store.bucket.delete(*(one.key for one in self._store.bucket.list(f"{DRAFTS}/{self._key}/")))


def _pieces(path: Path) -> bytes | Iterator[bytes]:
    """What is sent of a file: at once where it is small."""
    if path.stat().st_size <= PIECE:
        return path.read_bytes()
    return _of(path)


def _of(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while data := file.read(PIECE):
            yield data


def _part(file: FileIO, begin: int, end: int) -> Iterator[bytes]:
    """The bytes of an open file between two places; where it is written to stays."""
    while begin < end and (data := os.pread(file.fileno(), min(PIECE, end - begin), begin)):
        begin += len(data)
        yield data
