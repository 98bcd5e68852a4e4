"""A newer program: a snapshot of the database first, and a way back to it.

On SQLite the snapshot is a copy of the file; on PostgreSQL it is what ``pg_dump`` writes. Files need none: they never
change, and those that came after a snapshot do no harm.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson

from craftops import __version__
from craftops.config import Config
from craftops.errors import CraftOpsError
from craftops.store import migrating
from craftops.store.database import close_database, is_sqlite, open_database

FOLDER = "snapshots"
NOTE = "upgrade.json"
"""What the last upgrade came from."""
VERSION = "version"
"""A file that says which program ran here last."""


@dataclass(frozen=True, slots=True)
class Upgraded:
    """What an upgrade did."""

    before: str
    """The version that ran here last, if known."""
    migrations: tuple[str, ...]
    snapshot: Path | None
    """None where there was nothing to keep."""


def note_version(config: Config) -> None:
    """Write down that this version runs here."""
    path = config.data / VERSION
    if not path.exists() or path.read_text().strip() != __version__:
        path.write_text(f"{__version__}\n")


def last_version(config: Config) -> str:
    """The version that ran here last; empty where nobody knows."""
    path = config.data / VERSION
    return path.read_text().strip() if path.exists() else ""


def upgrade(config: Config, *, at: datetime) -> Upgraded:
    """Bring the open database up to date, after a snapshot of it. A migration that fails leaves the snapshot in place.

    Raises CraftOpsError.
    """
    before = last_version(config)
    migrating.must_not_be_newer()
    waiting = migrating.pending()
    kept = _snapshot(config, at) if waiting and migrating.applied() else None
    try:
        migrating.run_all()
    except Exception as error:
        if kept is not None:
            _put_back(config, kept)
        raise CraftOpsError(f"The database could not be brought up to date, and is as it was: {error}") from error
    if kept is not None:
        note = {"from": before, "to": __version__, "snapshot": kept.name, "at": at.isoformat(timespec="seconds")}
        (config.data / FOLDER / NOTE).write_bytes(orjson.dumps(note, option=orjson.OPT_INDENT_2))
    note_version(config)
    return Upgraded(before, tuple(waiting), kept)


def go_back(config: Config, *, at: datetime) -> tuple[str, Path]:
    """Put the database of before the last upgrade back; the version that it belongs to, and where today's lies now.

    What was written since is in that file alone. Raises CraftOpsError when there is no way back.
    """
    folder = config.data / FOLDER
    if not (folder / NOTE).is_file():
        raise CraftOpsError("There is no upgrade to go back from.")
    note = orjson.loads((folder / NOTE).read_bytes())
    kept = folder / str(note["snapshot"])
    if not kept.is_file():
        raise CraftOpsError(f"The snapshot is gone: {kept}.")
    today = _snapshot(config, at, "after")
    _put_back(config, kept)
    (folder / NOTE).unlink()
    if note["from"]:
        (config.data / VERSION).write_text(f"{note['from']}\n")
    return str(note["from"]), today


def _snapshot(config: Config, at: datetime, word: str = "before") -> Path:
    folder = config.data / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    mark = f"{word}-{at:%Y%m%dT%H%M%S%f}"
    if is_sqlite():
        target = folder / f"{mark}.db"
        migrating.copy_sqlite(target)
        return target
    target = folder / f"{mark}.pgdump"
    _run("pg_dump", "--format=custom", "--no-owner", f"--file={target}", _url(config))
    os.chmod(target, 0o600)
    return target


def _put_back(config: Config, kept: Path) -> None:
    close_database()
    if not is_sqlite():
        _run(
            "pg_restore",
            "--clean",
            "--if-exists",
            "--no-owner",
            "--single-transaction",
            f"--dbname={_url(config)}",
            str(kept),
        )
        open_database(config.database)
        return
    file = Path(config.database.removeprefix("sqlite:///"))
    source, target = sqlite3.connect(kept), sqlite3.connect(file)
    try:
        source.backup(target)  # through SQLite, so that nobody who still has the file open sees half of each
    finally:
        source.close()
        target.close()
    open_database(config.database)


def _url(config: Config) -> str:
    return f"postgresql://{config.database.split('://', 1)[1]}"


def _run(program: str, *words: str) -> None:
    """A tool of PostgreSQL. Raises CraftOpsError with what it said."""
    found = shutil.which(program)
    if found is None:
        raise CraftOpsError(
            f"{program} is not installed, and without it there is no snapshot (Debian: postgresql-client)."
        )
    done = subprocess.run([found, *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise CraftOpsError(f"{program}: {' '.join(done.stderr.split())[:500]}")
