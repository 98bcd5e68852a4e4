"""Content-addressed files: a blob is durable before any row refers to it, and never changes.

Here they lie in a folder; ``store.object_files`` keeps the same promises with a bucket, and a folder of copies.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from craftops.errors import IntakeError, UploadBusy
from craftops.store.drafts import RunningHashes, UploadDraft, hold
from craftops.store.lasting import LastingFolders, make_lasting

CHUNK = 1 << 20
SHA = re.compile(r"^[0-9a-f]{64}$")
KEY = re.compile(r"^[\w-]{16,32}\Z", re.ASCII)
UPLOAD = "upload-"


class Readable(Protocol):
    """All that storing asks of a stream."""

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes; none at the end."""


class FileStore:
    """Blobs below one folder, named by their sha256 (two levels of 256 folders)."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.drafts = folder / "drafts"
        self.hashes = RunningHashes()
        self._folders = LastingFolders(folder)

    def path(self, sha256: str) -> Path:
        """Where the blob of this hash can be read. Raises ValueError for anything that is no hash."""
        return self._at(sha256)

    def _at(self, sha256: str) -> Path:
        """Where it lies in the folder."""
        if not SHA.match(sha256):
            raise ValueError("not a sha256")
        return self.folder / sha256[:2] / sha256[2:4] / sha256

    def has(self, sha256: str) -> bool:
        """Whether the blob is stored."""
        return self.path(sha256).exists()

    def hash_of(self, sha256: str) -> str | None:
        """The hash of what is stored as this blob, read to its end; None where nothing is."""
        try:
            with self.path(sha256).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            return None

    @contextlib.contextmanager
    def lent(self, sha256: str) -> Iterator[Path]:
        """A blob for the length of the block, for whoever walks through all of them."""
        yield self.path(sha256)

    def all(self) -> Iterator[str]:
        """Everything that is stored, by its hash, in order."""
        return (path.name for path in sorted(self.folder.glob("??/??/*")))

    def remove(self, sha256: str) -> None:
        """Take a blob away that nobody can want any more."""
        self._at(sha256).unlink(missing_ok=True)

    def put(self, stream: Readable, limit: int) -> tuple[str, int]:
        """Store everything ``stream`` gives, in constant memory; its sha256 and size in bytes.

        Raises IntakeError when it is empty or has more than ``limit`` bytes; nothing is kept then.
        """
        self.drafts.mkdir(parents=True, exist_ok=True)
        descriptor, draft = tempfile.mkstemp(dir=self.drafts)
        digest = hashlib.sha256()
        size = 0
        try:
            with os.fdopen(descriptor, "wb") as file:
                while chunk := stream.read(CHUNK):
                    size += len(chunk)
                    if size > limit:
                        raise IntakeError(f"The file is larger than {limit // 1_000_000} MB, the most we can take.")
                    digest.update(chunk)
                    file.write(chunk)
                if not size:
                    raise IntakeError("The file is empty.")
                file.flush()
                os.fsync(file.fileno())
            self._keep({digest.hexdigest(): Path(draft)})
        except BaseException:
            Path(draft).unlink(missing_ok=True)
            raise
        return digest.hexdigest(), size

    def head(self, sha256: str, size: int) -> bytes:
        """The first ``size`` bytes of a blob."""
        with self.path(sha256).open("rb") as file:
            return file.read(size)

    def put_file(self, path: Path) -> str:
        """Store a file that we made ourselves (a mended copy); its sha256. Raises ValueError when it is empty."""
        with path.open("rb") as stream:
            try:
                return self.put(stream, sys.maxsize)[0]
            except IntakeError as error:
                raise ValueError(error.sentence) from None

    def put_bytes(self, data: bytes) -> str:
        """Store some bytes that we made ourselves (a picture); their sha256."""
        return self.put_several([data])[0]

    def put_several(self, several: Sequence[bytes]) -> list[str]:
        """Store what we made ourselves, waiting for the disk once for all of it; the sha256 of each."""
        hashes = [hashlib.sha256(data).hexdigest() for data in several]
        drafts: dict[str, Path] = {}
        self.drafts.mkdir(parents=True, exist_ok=True)
        for sha256, data in zip(hashes, several, strict=True):
            if sha256 not in drafts and not self._touch(self._at(sha256)):
                descriptor, draft = tempfile.mkstemp(dir=self.drafts)
                drafts[sha256] = Path(draft)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(data)
        make_lasting(list(drafts.values()))
        self._keep(drafts)
        return hashes

    def draft(self, key: str) -> Path:
        """Where the bytes of the upload ``key`` gather. Raises ValueError for anything that is no such key."""
        if not KEY.match(key):
            raise ValueError("not the key of an upload")
        return self.drafts / f"{UPLOAD}{key}"

    def hold(self, key: str) -> AbstractContextManager[UploadDraft]:
        """The draft of the upload ``key``, for its only writer. Raises UploadBusy while somebody else has it."""
        return hold(self.draft(key))

    def arrived(self, key: str, received: int) -> int:
        """How many of the bytes that were acknowledged are surely here."""
        path = self.draft(key)
        return min(received, path.stat().st_size if path.exists() else 0)

    def keep(self, draft: Path, sha256: str) -> None:
        """Make a finished draft, durable and hashed already, a blob; it is moved, never copied."""
        self._keep({sha256: draft})

    def keep_draft(self, draft: UploadDraft, sha256: str) -> None:
        """The same of one that is held."""
        self.keep(draft.path, sha256)

    def tidy_here(self) -> None:
        """What each host does for itself every few minutes."""

    def sweep(self, before: float) -> None:
        """Take away drafts that nobody has written to since ``before`` (seconds since 1970): a crash left them."""
        for path in self.drafts.glob("*"):
            with contextlib.suppress(FileNotFoundError, UploadBusy):  # it has an owner after all, who was faster
                if path.stat().st_mtime < before:
                    with hold(path) as draft:
                        draft.remove()

    def forget(self, sha256: str, *, untouched: timedelta) -> bool:
        """Delete a blob that no row refers to, unless it was stored again within ``untouched``; whether it is gone.

        Whoever stores the same bytes right now either has touched the blob before it is taken away here, and it is
        put back, or finds it gone and writes it anew.
        """
        target = self._at(sha256)
        self.drafts.mkdir(parents=True, exist_ok=True)
        away = self.drafts / f"gone-{sha256}"
        try:
            os.replace(target, away)
        except FileNotFoundError:
            return True
        if time.time() - away.stat().st_mtime < untouched.total_seconds():
            os.replace(away, target)
            return False
        away.unlink()
        return True

    @staticmethod
    def _touch(target: Path) -> bool:
        """Mark a blob as wanted now; whether it is there."""
        try:
            os.utime(target)
        except FileNotFoundError:
            return False
        return True

    def _keep(self, drafts: Mapping[str, Path]) -> None:
        """Make drafts, whose bytes last already, the blobs of these hashes. Each is whole before it has its name."""
        changed: dict[Path, None] = {}
        moved = []
        for sha256, draft in drafts.items():
            target = self._at(sha256)
            if self._touch(target):
                draft.unlink()
                continue
            changed.update(dict.fromkeys(self._folders.made(sha256)))
            os.chmod(draft, 0o440)
            os.replace(draft, target)
            changed[target.parent] = None
            moved.append(sha256)
        make_lasting(list(changed))
        for sha256 in moved:
            self._folders.last(sha256)
