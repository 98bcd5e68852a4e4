"""What cameras saw last: a few pictures of each machine, in files that nobody keeps.

They are of no use a day later and come every few seconds, so that they are no blobs (``store.files``): nothing waits
for the disk, and no row is written because somebody looks. That somebody looks is itself the time of a file.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from pathlib import Path
from typing import Protocol

KEPT = 8
"""Of each machine: what stands on a page may still be pressed "keep" for over a minute."""
WANTED = "wanted"
SHA = re.compile(r"^[0-9a-f]{64}\Z")


class Frames(Protocol):
    """Where frames are kept."""

    def want(self, machine_id: int) -> None:
        """Note that somebody looks at a machine now."""

    def wanted(self, since: float) -> set[int]:
        """Ids of the machines that somebody has looked at since then (seconds since 1970)."""

    def put(self, machine_id: int, data: bytes) -> str:
        """Keep a picture as the newest of a machine; its sha256. The oldest goes."""

    def read(self, machine_id: int, sha256: str) -> bytes | None:
        """A picture of a machine, if it is still there."""

    def sweep(self, before: float) -> None:
        """Forget what was seen before then (seconds since 1970)."""


class FrameStore:
    """Pictures below one folder, a folder for each machine, named by their sha256."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def want(self, machine_id: int) -> None:
        """Note that somebody looks at a machine now."""
        place = self._place(machine_id)
        place.mkdir(parents=True, exist_ok=True)
        (place / WANTED).touch()

    def wanted(self, since: float) -> set[int]:
        """Ids of the machines that somebody has looked at since then (seconds since 1970)."""
        found = set()
        for path in self.folder.glob(f"*/{WANTED}"):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime >= since and path.parent.name.isdigit():
                    found.add(int(path.parent.name))
        return found

    def put(self, machine_id: int, data: bytes) -> str:
        """Keep a picture as the newest of a machine; its sha256. The oldest goes."""
        place = self._place(machine_id)
        place.mkdir(parents=True, exist_ok=True)
        sha256 = hashlib.sha256(data).hexdigest()
        descriptor, draft = tempfile.mkstemp(dir=place)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        os.replace(draft, place / sha256)
        for path in self._newest_first(place)[KEPT:]:
            path.unlink(missing_ok=True)
        return sha256

    def read(self, machine_id: int, sha256: str) -> bytes | None:
        """A picture of a machine, if it is still there."""
        if not SHA.match(sha256):
            return None
        try:
            return (self._place(machine_id) / sha256).read_bytes()
        except FileNotFoundError:
            return None

    def sweep(self, before: float) -> None:
        """Forget what was seen before then (seconds since 1970). The folders stay: somebody may be writing to them."""
        for path in self.folder.glob("*/*"):
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()

    def _place(self, machine_id: int) -> Path:
        return self.folder / str(int(machine_id))

    @staticmethod
    def _newest_first(place: Path) -> list[Path]:
        found: list[tuple[int, Path]] = []
        for path in place.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if path.name != WANTED:
                    found.append((path.stat().st_mtime_ns, path))
        return [path for _time, path in sorted(found, reverse=True)]
