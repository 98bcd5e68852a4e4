"""What pages read of the shop."""

from __future__ import annotations

from peewee import fn

from craftops.store.models import (
    EventRow,
    ShopRow,
)


def shop_and_newest_event() -> tuple[ShopRow | None, int]:
    """The shop's row, if it has one, and the id of the newest event at that moment (0 before the first)."""
    newest = EventRow.select(fn.MAX(EventRow.id))
    row = ShopRow.select(ShopRow, newest.alias("newest")).first()
    return (row, row.newest or 0) if row else (None, newest.scalar() or 0)
