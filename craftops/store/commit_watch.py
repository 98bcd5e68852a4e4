"""Whether anything was committed since: one look, whoever wrote, in this process, another one or on another host.

SQLite counts for each connection what others have committed (``PRAGMA data_version``); ours writes nothing itself.
PostgreSQL tells which transactions are visible (``txid_current_snapshot``): as long as it says the same, every query
finds the same.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Callable

from craftops.store.database import AWAY, connected, is_sqlite
from craftops.store.models import database

State = int | str
"""Equal as long as nothing has been committed in between."""


def commit_watch() -> tuple[Callable[[], State | None], Callable[[], None]]:
    """What tells the state of the open database (None while it cannot be asked), and what ends the watch. Any thread
    may ask."""
    if not is_sqlite():
        return _snapshot, _nothing
    watch = _SqliteWatch(str(database.obj.database))
    return watch.state, watch.close


def _snapshot() -> str | None:
    try:
        with connected():
            return str(database.execute_sql("SELECT txid_current_snapshot()::text").fetchone()[0])
    except AWAY:
        return None


def _nothing() -> None:
    """A connection of the pool is nobody's."""


class _SqliteWatch:
    """A connection of its own. A database in memory has none: there nothing is known."""

    def __init__(self, path: str) -> None:
        self._guard = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        if path != ":memory:":
            self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)

    def state(self) -> int | None:
        with self._guard:
            if self._connection is None:
                return None
            with contextlib.suppress(sqlite3.Error):
                return int(self._connection.execute("PRAGMA data_version").fetchone()[0])
            return None

    def close(self) -> None:
        with self._guard:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
