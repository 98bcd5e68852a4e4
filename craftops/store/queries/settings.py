"""What is read of the settings that the owner keeps in the browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from peewee import fn

from craftops.store.models import BillingSettingsRow, SettingsRow, ShippingSettingsRow, database


@dataclass(frozen=True, slots=True)
class StoredSettings:
    """One version of one topic; a ``body`` of None says that ``shop.toml`` counts."""

    version: int
    topic: str
    body: Mapping[str, Any] | None
    sealed: Mapping[str, str] = field(default_factory=dict)
    at: datetime | None = None
    by_name: str = ""
    note: str = ""


def _stored(row: SettingsRow) -> StoredSettings:
    return StoredSettings(row.id, row.topic, row.body, row.sealed or {}, row.at, row.by_name, row.note)


def newest_version() -> int:
    """The number of the newest change of any topic; 0 before the first."""
    return int(SettingsRow.select(fn.MAX(SettingsRow.id)).scalar() or 0)


def newest_body(table: type[BillingSettingsRow] | type[ShippingSettingsRow]) -> tuple[str, int] | None:
    """What counts of a table that keeps every version: as JSON, and its number; None before the first."""
    named = table._meta.table_name
    row = database.execute_sql(f"SELECT body, id FROM {named} ORDER BY id DESC LIMIT 1").fetchone()  # noqa: S608
    return None if row is None else (row[0], row[1])


def newest_of_all() -> list[StoredSettings]:
    """What counts now, a version for each topic."""
    newest = SettingsRow.select(fn.MAX(SettingsRow.id)).group_by(SettingsRow.topic)
    return [_stored(row) for row in SettingsRow.select().where(SettingsRow.id.in_(newest))]


def versions_of(topic: str, limit: int = 50) -> list[StoredSettings]:
    """The versions of one topic, the newest first."""
    rows = SettingsRow.select().where(SettingsRow.topic == topic).order_by(SettingsRow.id.desc()).limit(limit)
    return [_stored(row) for row in rows]


def version_of(topic: str, version: int) -> StoredSettings | None:
    """One of them."""
    row = SettingsRow.get_or_none(SettingsRow.topic == topic, SettingsRow.id == version)
    return _stored(row) if row is not None else None
