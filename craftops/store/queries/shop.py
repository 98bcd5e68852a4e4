"""What pages read of the shop."""

from __future__ import annotations

from peewee import fn

from craftops.store.models import (
    EventRow,
    SettingsRow,
    ShopRow,
)


def shop_and_newest_event() -> tuple[ShopRow | None, int, int]:
    """The shop's row, if it has one, the id of the newest event at that moment and of the newest change of settings (0
    before the first)."""
    newest, settings = EventRow.select(fn.MAX(EventRow.id)), SettingsRow.select(fn.MAX(SettingsRow.id))
    row = ShopRow.select(ShopRow, newest.alias("newest"), settings.alias("settings")).first()
    if row is None:
        return None, newest.scalar() or 0, settings.scalar() or 0
    return row, row.newest or 0, row.settings or 0
