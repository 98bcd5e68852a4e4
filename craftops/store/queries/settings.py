"""What is read of the settings that the owner keeps in the browser."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from peewee import SQL, fn

from craftops.store.models import BillingSettingsRow, SettingsRow, ShippingSettingsRow
from craftops.store.prepared import Prepared


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


def _body(text: str, version: int) -> tuple[str, int]:
    return text, version


def _newest(table: type[BillingSettingsRow] | type[ShippingSettingsRow]) -> Any:
    text = SQL("body").alias("stored")  # of another name than the column: it is wanted as it is stored
    return table.select(text, table.id).order_by(table.id.desc()).limit(1)


def newest_version() -> int:
    """The number of the newest change of any topic; 0 before the first."""
    return int(SettingsRow.select(fn.MAX(SettingsRow.id)).scalar() or 0)


_BODIES: dict[type[BillingSettingsRow] | type[ShippingSettingsRow], Prepared[tuple[str, int]]] = {
    table: Prepared(partial(_newest, table), _body) for table in (BillingSettingsRow, ShippingSettingsRow)
}


def newest_body(table: type[BillingSettingsRow] | type[ShippingSettingsRow]) -> tuple[str, int] | None:
    """What counts of a table that keeps every version: as JSON, and its number; None before the first."""
    return _BODIES[table].first()


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
