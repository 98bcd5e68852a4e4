"""Tables of a plugin's own, in the shop's database: made by migrations, backed up, moved and exported with the shop.

::

    @hookimpl
    def register_migrations(self):
        return [Migration("first", (AddTable("visit", (TableColumn("who"), TableColumn("at", ColumnKind.MOMENT))),))]

    self.place.tables.change("INSERT INTO {visit} (who, at) VALUES (?, ?)", ("Ada", at))
    self.place.tables.ask("SELECT who FROM {visit} WHERE at > ?", (since,))

Every table has a column ``id`` that counts by itself. ``{visit}`` stands for the real name (``x_<plugin>_visit``), so
that a plugin meets no table of CraftOps and none of another plugin. SQL is what SQLite and PostgreSQL both know.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Protocol

Value = str | int | float | bool | datetime | None
"""What a parameter may be; moments are aware."""


class ColumnKind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    WHOLE = "whole"
    """A whole number of 64 bits."""
    REAL = "real"
    FLAG = "flag"
    MOMENT = "moment"
    """An aware datetime; it comes back as a number for ``moment``."""


@dataclass(frozen=True, slots=True)
class TableColumn:
    """One column; it may be empty (None)."""

    name: str
    """Small letters, digits and _."""
    kind: ColumnKind = ColumnKind.TEXT
    unique: bool = False
    indexed: bool = False


@dataclass(frozen=True, slots=True)
class AddTable:
    """A new table."""

    name: str
    columns: tuple[TableColumn, ...]


@dataclass(frozen=True, slots=True)
class AddColumn:
    """One more column of a table."""

    table: str
    column: TableColumn


@dataclass(frozen=True, slots=True)
class DropTable:
    """A table that is not wanted any more, with all that it holds."""

    name: str


Step = AddTable | AddColumn | DropTable


@dataclass(frozen=True, slots=True)
class Migration:
    """Steps that are made once, together, in a shop. One that a shop has made is never changed: write another."""

    name: str
    """Names it for ever: small letters, digits and _."""
    steps: tuple[Step, ...]


class OwnTables(Protocol):
    """The plugin's tables, to be read and written from whatever process and thread it is called in."""

    def ask(self, sql: str, values: Sequence[Value] = ()) -> list[tuple[str | int | float | None, ...]]:
        """The rows of a SELECT."""

    def change(self, sql: str, values: Sequence[Value] = ()) -> int:
        """Run an INSERT, UPDATE or DELETE; how many rows it changed."""

    def together(self) -> AbstractContextManager[object]:
        """Changes inside of it happen all, or none."""


class PluginPlace(Protocol):
    """Where a plugin keeps what is its own. It is there once the shop is open, not yet in the constructor."""

    @property
    def folder(self) -> Path:
        """A folder for files, in the shop's folder, for nobody else on this computer; backed up with the shop."""

    @property
    def tables(self) -> OwnTables:
        """What ``register_migrations`` made."""


def moment(value: int) -> datetime:
    """The aware UTC datetime of a column of the kind ``MOMENT``: microseconds since 1970."""
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=value)
