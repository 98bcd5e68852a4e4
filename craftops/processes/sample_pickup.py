"""The demo's counter: a lamp shade that waits, and a neighbour who is sent for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from craftops.domain.orders.workflow import Stage
from craftops.services.people import accounts
from craftops.services.shipping import pickup
from craftops.services.shop.context import Shop
from craftops.store.models import AccountRow, OrderRow
from craftops.store.queries import pickup as rows

READY = Stage.READY_FOR_PICKUP.value


def waits(shop: Shop, people: Mapping[str, AccountRow], orders: Sequence[OrderRow], now: datetime) -> None:
    """Everything that is ready lies on a shelf; Clara sends a neighbour for hers."""
    pickup.lay_ready(now)
    for number, row in enumerate(rows.waiting(), start=2):
        pickup.put_in(row.id, f"Shelf B{number}", actor=accounts.actor_of(people["sam"]), at=now - timedelta(hours=1))
    mine = [one.code for one in orders if one.customer_id == people["clara"].id]
    for row in rows.waiting():
        if row.order.code in mine:
            clara = accounts.actor_of(people["clara"])
            pickup.send_proxy(shop, row.order.code, "Jonas Weber", actor=clara, at=now - timedelta(minutes=50))
