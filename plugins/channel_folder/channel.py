"""The watched folder: what lies still is taken, and then moved out of the way, with a sentence where it was refused."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import stat
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, ClassVar

from craftops.errors import Refused, Unreachable
from craftops.sdk.channel import Incoming, IncomingFile, IntakeChannel, Outcome
from craftops.sdk.settings import setting

log = logging.getLogger("craftops.channels")
TAKEN, REFUSED = "taken", "refused"
MOST_LISTED = 10_000
"""Entries of one folder that are looked at; the rest is seen when these have been moved."""
MOST_AT_ONCE = 100
"""Files of one look."""
AS_IT_IS = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_CLOEXEC", 0)
"""Never through a link, and never waiting for the other end of a pipe."""


@dataclass(frozen=True, slots=True)
class FolderSettings:
    """Which folder."""

    path: str = setting("", help="The folder; a sub-folder named like a customer's e-mail address is theirs")
    interval: float = setting(15.0, help="Seconds between two looks; a file is taken when it has not changed meanwhile")


@dataclass(frozen=True, slots=True)
class _State:
    """What must be the same at two looks."""

    inode: int
    size: int
    mtime_ns: int


@dataclass(frozen=True, slots=True)
class _Found:
    """A file that may be taken: the name of its sub-folder (or empty), its own name."""

    room: str
    name: str
    state: _State

    @property
    def key(self) -> str:
        words = (self.room, self.name, self.state.inode, self.state.size, self.state.mtime_ns)
        return hashlib.sha256("\0".join(map(str, words)).encode(errors="surrogateescape")).hexdigest()


class FolderChannel(IntakeChannel):
    """One folder of this computer, or one that is mounted here."""

    name: ClassVar[str] = "folder"
    title: ClassVar[str] = "Folder"

    def __init__(self, settings: FolderSettings) -> None:
        self.root = Path(settings.path)
        self._interval_s = settings.interval
        self._seen: dict[tuple[str, str], _State] = {}
        self._given: dict[str, _Found] = {}

    @property
    def interval_s(self) -> float:
        return self._interval_s

    def fetch(self) -> Generator[Incoming, None, None]:
        """Each file that is as it was at the last look. Raises Unreachable when the folder is not there."""
        now = list(self._files())
        still = [found for found in now if self._seen.get((found.room, found.name)) == found.state]
        self._seen = {(found.room, found.name): found.state for found in now}
        self._given = {found.key: found for found in still[:MOST_AT_ONCE]}
        for found in still[:MOST_AT_ONCE]:
            yield self._incoming(found)

    def _incoming(self, found: _Found) -> Incoming:
        sender = found.room if "@" in found.room else ""
        subject = f"{found.room}/{found.name}" if found.room and not sender else found.name
        file = IncomingFile(found.name, lambda: self._open(found), found.state.size)
        return Incoming(found.key, sender, subject, (file,))

    def _open(self, found: _Found) -> BinaryIO:
        descriptor = os.open(self._place(found), os.O_RDONLY | AS_IT_IS)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise OSError(errno.EINVAL, "no file any more")
        return os.fdopen(descriptor, "rb")

    def _place(self, found: _Found) -> Path:
        return self.root / found.room / found.name

    def _files(self) -> Iterator[_Found]:
        rooms = []
        for entry in self._entries(self.root):
            if not entry.is_dir(follow_symlinks=False):
                yield from self._file("", entry)
            elif entry.name not in (TAKEN, REFUSED):
                rooms.append(entry.name)
        for room in rooms:
            for entry in self._entries(self.root / room):
                yield from self._file(room, entry)

    def _entries(self, folder: Path) -> list[os.DirEntry[str]]:
        """What is in a folder and is neither hidden nor a link, by name."""
        try:
            with os.scandir(folder) as listed:
                kept = (one for one in listed if not one.name.startswith(".") and not one.is_symlink())
                return sorted(islice(kept, MOST_LISTED), key=lambda one: one.name)
        except OSError as error:
            if folder != self.root:
                log.warning("the folder %s cannot be read: %s", folder, error)
                return []
            raise Unreachable(f"The folder {folder} cannot be read: {error.strerror}.") from error

    def _file(self, room: str, entry: os.DirEntry[str]) -> Iterator[_Found]:
        try:
            known = entry.stat(follow_symlinks=False)
        except OSError:
            return  # it was taken away while we looked
        if stat.S_ISREG(known.st_mode):
            yield _Found(room, entry.name, _State(known.st_ino, known.st_size, known.st_mtime_ns))

    def settle(self, key: str, outcome: Outcome) -> None:
        """Move it to ``taken/`` or ``refused/``. Raises Refused when it cannot be moved."""
        found = self._given.get(key)
        if found is None:
            raise Refused("The folder knows nothing of this file.")
        source = self._place(found)
        try:
            folder = self._safe(self.root / (TAKEN if outcome.taken else REFUSED))
            if found.room:
                folder = self._safe(folder / found.room)
            target = _free(folder, found.name)
            os.rename(source, target)
            if not outcome.taken:
                target.with_name(f"{target.name}.txt").write_text(outcome.sentence + "\n", encoding="utf-8")
        except FileNotFoundError:
            return  # somebody took it away; we have its bytes
        except OSError as error:
            raise Refused(f"{source} cannot be moved: {error.strerror}. Allow CraftOps to write there.") from error

    def _safe(self, folder: Path) -> Path:
        """A folder of ours, made if need be; never one that a link leads to."""
        folder.mkdir(exist_ok=True)
        if folder.is_symlink():
            raise OSError(errno.ELOOP, f"{folder} is a link")
        return folder


def _free(folder: Path, name: str) -> Path:
    """A place that nothing has yet: "part.stl", else "part (2).stl"."""
    stem, dot, ending = name.rpartition(".")
    if not stem:
        stem, dot, ending = name, "", ""
    number, target = 1, folder / name
    while os.path.lexists(target) or os.path.lexists(f"{target}.txt"):
        number += 1
        target = folder / f"{stem} ({number}){dot}{ending}"
    return target
