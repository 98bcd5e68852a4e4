"""A plugin without a shop around it: its settings, a folder, and tables in memory.

For tests of what a plugin makes of what it is handed (``craftops.testing.handed``), a thousand in a second. Whether a
shop shows and does it is asked of a whole one (``workshop``).
"""

from __future__ import annotations

import sqlite3
import string
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, TypeVar

from craftops.plugin_host.checks import check_brought
from craftops.sdk.plugin import Plugin
from craftops.sdk.settings import parse
from craftops.sdk.tables import AddColumn, AddTable, ColumnKind, Migration, Step, TableColumn, Value
from craftops.store.models.base import to_micros

KINDS = {ColumnKind.TEXT: "TEXT", ColumnKind.REAL: "REAL"}
"""How SQLite keeps a kind of column; all others are whole numbers."""

PluginT = TypeVar("PluginT", bound=Plugin[Any])


class FakeTables:
    """Tables of a plugin in memory, made by its migrations: what ``self.place.tables`` is in a shop with SQLite."""

    def __init__(self, migrations: Sequence[Migration] = ()) -> None:
        self._link = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._lock = threading.RLock()
        for migration in migrations:
            for step in migration.steps:
                for sql in _steps(step):
                    self._link.execute(sql)

    def ask(self, sql: str, values: Sequence[Value] = ()) -> list[tuple[str | int | float | None, ...]]:
        """The rows of a SELECT."""
        with self._lock:
            return self._run(sql, values).fetchall()

    def change(self, sql: str, values: Sequence[Value] = ()) -> int:
        """Run an INSERT, UPDATE or DELETE; how many rows it changed."""
        with self._lock:
            return self._run(sql, values).rowcount

    @contextmanager
    def together(self) -> Iterator[None]:
        """Changes inside of it happen all, or none."""
        with self._lock:
            if self._link.in_transaction:
                yield
                return
            self._link.execute("BEGIN")
            try:
                yield
            except BaseException:
                self._link.execute("ROLLBACK")
                raise
            self._link.execute("COMMIT")

    def _run(self, sql: str, values: Sequence[Value]) -> sqlite3.Cursor:
        plain = [to_micros(value) if isinstance(value, datetime) else value for value in values]
        return self._link.execute(string.Formatter().vformat(sql, (), _Quoted()), plain)


class FakePlace:
    """Where a plugin keeps what is its own, for one test: what ``self.place`` is in a shop."""

    def __init__(self, migrations: Sequence[Migration] = ()) -> None:
        self.tables = FakeTables(migrations)

    @cached_property
    def _kept(self) -> tempfile.TemporaryDirectory[str]:
        return tempfile.TemporaryDirectory(prefix="craftops-place-", ignore_cleanup_errors=True)

    @property
    def folder(self) -> Path:
        """An empty folder, which goes away with the place."""
        return Path(self._kept.name)


def start_alone(kind: type[PluginT], **settings: Any) -> PluginT:
    """The plugin as a shop starts it, and nothing around it. ``settings`` are those of ``shop.toml``.

    Raises ConfigError for settings that a shop would not take either.
    """
    plugin = kind(parse(kind.settings_type, settings, kind.name))
    brings = getattr(plugin, "register_migrations", None)
    plugin.place = FakePlace(check_brought("register_migrations", brings()) if brings is not None else ())
    return plugin


class _Quoted(dict[str, str]):
    def __missing__(self, table: str) -> str:
        return f'"{table}"'


def _steps(step: Step) -> list[str]:
    if isinstance(step, AddTable):
        columns = ", ".join(['"id" INTEGER NOT NULL PRIMARY KEY', *map(_column, step.columns)])
        return [f'CREATE TABLE "{step.name}" ({columns})', *_indexes(step.name, step.columns)]
    if isinstance(step, AddColumn):
        return [f'ALTER TABLE "{step.table}" ADD COLUMN {_column(step.column)}', *_indexes(step.table, (step.column,))]
    return [f'DROP TABLE "{step.name}"']


def _column(column: TableColumn) -> str:
    return f'"{column.name}" {KINDS.get(column.kind, "INTEGER")}'


def _indexes(table: str, columns: Sequence[TableColumn]) -> list[str]:
    return [f'CREATE UNIQUE INDEX "{table}_{one.name}" ON "{table}" ("{one.name}")' for one in columns if one.unique]
