"""Bringing a database up to date: numbered scripts, a history table, and a snapshot before anything is touched."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from playhouse.migrations import Runner

from craftops.errors import CraftOpsError
from craftops.store.database import connected, is_sqlite, utcnow
from craftops.store.models import database

FOLDER = Path(__file__).parent / "migrations"


def _runner() -> Runner:
    return Runner(database.obj, directory=str(FOLDER))


def pending() -> list[str]:
    """Names of the migrations that have not run here."""
    with connected():
        return [m.name for m in _runner().status() if not m.applied]


def applied() -> list[str]:
    """Names of the migrations that have run here, also those that this program does not know."""
    with connected():
        return [m.name for m in _runner().status() if m.applied]


def unknown() -> list[str]:
    """Names of migrations that have run here and that this program does not know: the database is newer than it."""
    known = {path.stem for path in FOLDER.glob("[0-9]*.py")}
    return [name for name in applied() if name not in known]


def must_not_be_newer() -> None:
    """Raise CraftOpsError when the database was written by a newer program."""
    if strangers := unknown():
        raise CraftOpsError(
            f"The database was written by a newer CraftOps ({', '.join(strangers)}), which this one would harm. "
            "Install that version, or go back with `craftops upgrade --back`."
        )


def must_fit() -> None:
    """Raise CraftOpsError when the database is older or newer than this program."""
    must_not_be_newer()
    if waiting := pending():
        raise CraftOpsError(f"Run `craftops migrate` first: {', '.join(waiting)}.")


def copy_sqlite(target: Path) -> None:
    """A consistent copy of the open SQLite database; whoever writes meanwhile is not kept from it."""
    with connected():
        database.execute_sql("VACUUM INTO ?", (str(target),))
    os.chmod(target, 0o600)


def snapshot(path: Path, keep: Path) -> Path | None:
    """A consistent copy of the SQLite database at ``path`` in ``keep``; None if there is nothing to copy.

    ``VACUUM INTO`` and not a file copy: a copied live WAL database is not usable.
    """
    if not path.exists() or path.stat().st_size == 0:
        return None
    keep.mkdir(parents=True, exist_ok=True)
    target = keep / f"before-{utcnow():%Y%m%dT%H%M%S%f}.db"
    source = sqlite3.connect(path)
    try:
        source.execute("VACUUM INTO ?", (str(target),))
    finally:
        source.close()
    os.chmod(target, 0o600)
    return target


def migrate(data: Path) -> tuple[list[str], Path | None]:
    """Run all pending migrations; their names, and the snapshot that was made before (SQLite only)."""
    must_not_be_newer()
    waiting = pending()
    if not waiting:
        return [], None
    saved = None
    if is_sqlite():
        file = Path(database.obj.database)
        with connected():
            used = bool(database.get_tables())
        saved = snapshot(file, data / "snapshots") if used and len(database.get_tables()) > 1 else None
    run_all()
    return waiting, saved


def run_all() -> None:
    """Run all pending migrations."""
    with connected():
        _runner().up()


UNPACKING = "restoring"
"""A file that is in the folder as long as a backup is unpacked into it."""


def must_be_whole(folder: Path) -> None:
    """Raise CraftOpsError for a folder in which a restore has not come to its end."""
    if (folder / UNPACKING).exists():
        raise CraftOpsError(f"A restore into {folder} has not come to its end. Delete the folder and restore again.")
