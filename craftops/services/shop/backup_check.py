"""Reading a backup back: every sum, the database whole, every file that it names there.

The key is made for this one time and forgotten: what the recovery phrase protects, the server cannot open either.
"""

from __future__ import annotations

import hashlib
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

import pyrage

from craftops.errors import IntakeError
from craftops.store.sealed_tar import PIECE, SUMS, read_sealed

DATABASE = "craftops.db"


@dataclass(frozen=True, slots=True)
class Checked:
    """What a whole backup holds."""

    size: int
    """Of the locked file, in bytes."""
    orders: int
    files: int


@dataclass(frozen=True, slots=True)
class OnceKey:
    """A key for one use."""

    public: str
    secret: str


class MemberSink(Protocol):
    """Takes what is read of a member."""

    def write(self, data: bytes, /) -> object: ...


def key_for_once() -> OnceKey:
    """A new one."""
    identity = pyrage.x25519.Identity.generate()
    return OnceKey(str(identity.to_public()), str(identity))


def check(path: Path, secret: str, *, scratch: Path) -> Checked:
    """Read all of it; only its database is written, into ``scratch``, and taken away again. Raises IntakeError."""
    scratch.mkdir(mode=0o700, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=scratch) as name:
        copy = Path(name) / DATABASE
        with copy.open("wb") as kept:
            sums = read_all(path, secret, lambda member: kept if member.name == DATABASE else None)
        orders, blobs = examine_copy(copy)
    missing = [one for one in blobs if file_name(one) not in sums]
    if missing:
        raise IntakeError(f"{len(missing)} files that the database names are not in the backup.")
    return Checked(path.stat().st_size, orders, len(blobs))


def file_name(sha256: str) -> str:
    """Where a file lies in a backup, and in a data folder."""
    return f"files/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def read_all(path: Path, secret: str, sink_of: Callable[[tarfile.TarInfo], MemberSink | None]) -> dict[str, str]:
    """Read every member to its end and compare its sum; name -> sum. ``sink_of(member)`` says where its bytes go.

    Raises IntakeError when anything is not as it was written.
    """
    found: dict[str, str] = {}
    said = ""
    with read_sealed(path, secret) as tar:
        for member in tar:
            source = tar.extractfile(member)
            if source is None:
                raise IntakeError(f"{member.name} is no file. This is no backup of a shop.")
            if member.name == SUMS:
                said = source.read().decode()
                continue
            found[member.name] = _read(source, sink_of(member))
    if not said:
        raise IntakeError(f"{path.name} ends too soon, or is no backup of a shop.")
    _compare(found, said)
    return found


def _read(source: IO[bytes], sink: MemberSink | None) -> str:
    digest = hashlib.sha256()
    while piece := source.read(PIECE):
        digest.update(piece)
        if sink is not None:
            sink.write(piece)
    return digest.hexdigest()


def _compare(found: dict[str, str], said: str) -> None:
    wanted = {name: digest for digest, name in (line.split("  ", 1) for line in said.splitlines())}
    wrong = sorted(name for name in wanted.keys() | found.keys() if wanted.get(name) != found.get(name))
    wrong += [name for name, digest in found.items() if name.startswith("files/") and Path(name).name != digest]
    if wrong:
        raise IntakeError(f"{len(wrong)} files are not as they were: {', '.join(wrong[:5])}.")


def examine_copy(path: Path) -> tuple[int, list[str]]:
    """How many orders a copied database has, and the files that it names. Raises IntakeError when it is not whole."""
    link = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        said = [str(row[0]) for row in link.execute("PRAGMA integrity_check(5)")]
        strays = link.execute("PRAGMA foreign_key_check").fetchmany(5)
        if said != ["ok"] or strays:
            raise IntakeError(f"The copied database is not whole: {', '.join(said)} {strays or ''}")
        orders = int(link.execute("SELECT COUNT(*) FROM orders").fetchone()[0])
        blobs = [str(row[0]) for row in link.execute("SELECT sha256 FROM blob")]
    except sqlite3.Error as error:
        raise IntakeError(f"The copied database cannot be read: {error}") from error
    finally:
        link.close()
    return orders, blobs
