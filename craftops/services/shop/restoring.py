"""A backup becomes a shop again: in an empty folder, with every sum compared, and as a copy until its owner says so."""

from __future__ import annotations

import os
import sqlite3
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO

from craftops.errors import IntakeError, RuleError
from craftops.services.shop import backup_check, epochs, recovery
from craftops.services.shop.epochs import Ended
from craftops.store import migrating
from craftops.store.database import close_database, connected, open_database
from craftops.store.transfer import copy_to_postgres

"""A file that says that a restore has not come to its end here."""
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Restored:
    """What came of it."""

    folder: Path
    orders: int
    files: int
    ended: Ended


def key_for(archive: Path, *, phrase: str = "", key: Path | None = None, identity: Path | None = None) -> str:
    """The secret key of a backup: from a file of it, or from the wrapped one beside the backup and its phrase. Raises
    IntakeError."""
    if identity is not None:
        return recovery.secret_key(identity.read_text())
    wrapped = key or archive.parent / recovery.WRAPPED
    if not wrapped.is_file():
        raise IntakeError(f"The wrapped key is not there: {wrapped}. Name it with --key.")
    return recovery.unwrap(wrapped.read_bytes(), phrase)


def restore(archive: Path, folder: Path, secret: str, *, at: datetime, tell: Tell, database_url: str = "") -> Restored:
    """Unpack ``archive`` into the empty ``folder``, bring its database up to date and open a new epoch. With a
    ``database_url`` the rows move to that empty PostgreSQL database.

    Raises RuleError when the folder is not empty, IntakeError when the backup is not whole, CraftOpsError when it is of
    a newer program.
    """
    _must_be_empty(folder)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    mark = folder / migrating.UNPACKING
    mark.touch()
    tell("unpacking")
    with _unpacked_into(folder, tell) as sink_of:
        backup_check.read_all(archive, secret, sink_of)
    tell("looking at the database")
    database = folder / backup_check.DATABASE
    if not database.is_file():
        raise IntakeError(f"{archive.name} has no database. This is no backup of a shop.")
    orders, blobs = backup_check.examine_copy(database)
    missing = [one for one in blobs if not (folder / backup_check.file_name(one)).is_file()]
    if missing:
        raise IntakeError(f"{len(missing)} files that the database names are not in the backup.")
    ended = _open_epoch(folder, archive.name, at, tell, database_url)
    mark.unlink()
    return Restored(folder, orders, len(blobs), ended)


def _must_be_empty(folder: Path) -> None:
    if folder.exists() and any(folder.iterdir()):
        raise RuleError(f"{folder} is not empty, and nothing was touched.", "Name a new folder.")


@contextmanager
def _unpacked_into(folder: Path, tell: Tell) -> Iterator[Callable[[tarfile.TarInfo], IO[bytes]]]:
    """Opens one file after the other, none outside of the folder and none twice. At the end all is on the disk."""
    current: list[IO[bytes]] = []
    count = 0

    def close() -> None:
        while current:
            current.pop().close()

    def sink_of(member: tarfile.TarInfo) -> IO[bytes]:
        nonlocal count
        close()
        count += 1
        if count % 1000 == 0:
            tell(f"unpacking, {count} files")
        target = folder / _safe(member)
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = 0o440 if member.name.startswith("files/") else 0o600
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        current.append(os.fdopen(descriptor, "wb"))
        return current[-1]

    try:
        yield sink_of
    finally:
        close()
    os.sync()


def _safe(member: tarfile.TarInfo) -> PurePosixPath:
    name = PurePosixPath(member.name)
    if not member.isreg() or name.is_absolute() or ".." in name.parts or not name.parts:
        raise IntakeError(f"{member.name!r} is no file of a shop. This is no backup of one.")
    return name


def _open_epoch(folder: Path, source: str, at: datetime, tell: Tell, database_url: str) -> Ended:
    file = folder / backup_check.DATABASE
    link = sqlite3.connect(file)
    link.execute("PRAGMA journal_mode=wal").fetchone()
    link.close()
    open_database(f"sqlite:///{file}")
    try:
        migrating.migrate(folder)
        with connected():
            if database_url:
                tell("moving to PostgreSQL")
                copy_to_postgres(database_url)
                close_database()
                open_database(database_url)
        with connected():
            ended = epochs.open_epoch(source, at=at)
    finally:
        close_database()
    if database_url:
        kept = folder / "snapshots"
        kept.mkdir(mode=0o700, exist_ok=True)
        file.rename(kept / f"restored-{at:%Y%m%dT%H%M%S}.db")
        for rest in folder.glob(f"{file.name}-*"):
            rest.unlink()
    return ended
