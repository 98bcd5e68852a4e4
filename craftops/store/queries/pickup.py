"""Orders at the counter in a fixed number of queries, however many there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import orjson
from peewee import JOIN, fn

from craftops.domain.orders.workflow import Stage
from craftops.domain.shipping.pickup import PickupState, Unpaid
from craftops.domain.shipping.settings import ShippingSettings, shipping_from_json
from craftops.store.models import (
    AccountRow,
    InvoiceRow,
    NoticeRow,
    OrderRow,
    PickupPassRow,
    PickupRow,
    ShippingSettingsRow,
)
from craftops.store.prepared import Prepared
from craftops.store.queries.settings import newest_body

AT_MOST = 500
"""Orders of one list."""
READY = Stage.READY_FOR_PICKUP.value


def without_pickup() -> list[OrderRow]:
    """Orders that are ready and have no pickup yet, or one of an earlier time of being ready."""
    query = OrderRow.select(OrderRow).join(PickupRow, JOIN.LEFT_OUTER, on=(PickupRow.order == OrderRow.id))
    stale = PickupRow.id.is_null() | (PickupRow.since != OrderRow.stage_since)
    return list(query.where(OrderRow.stage == READY, stale).limit(AT_MOST))


def waiting() -> list[PickupRow]:
    """What lies at the counter, longest first, with orders and customers."""
    return list(_waiting().order_by(PickupRow.since, PickupRow.id).limit(AT_MOST))


def _waiting() -> Any:
    return (
        PickupRow.select(PickupRow, OrderRow, AccountRow).join(OrderRow).join(AccountRow).where(OrderRow.stage == READY)
    )


def waiting_longer(than: timedelta, at: datetime) -> list[PickupRow]:
    """What lies there for longer than this."""
    return _LONGER.all(at - than)


_LONGER: Prepared[PickupRow] = Prepared(
    lambda before: _waiting().where(PickupRow.since <= before).order_by(PickupRow.since).limit(AT_MOST)
)


def to_remind(at: datetime, steps: Iterable[timedelta]) -> list[PickupRow]:
    """Those of whom fewer reminders were sent than there should have been."""
    due = [(PickupRow.reminded < number) & (PickupRow.since <= at - after) for number, after in enumerate(steps, 1)]
    condition = due[0]
    for one in due[1:]:
        condition |= one
    return list(_waiting().where(condition).limit(AT_MOST))


def of_order(order_id: int) -> PickupRow | None:
    """The pickup of an order."""
    row: PickupRow | None = PickupRow.get_or_none(PickupRow.order == order_id)
    return row


def passes(pickup_id: int) -> list[PickupPassRow]:
    """The open codes of a pickup, the customer's own first."""
    open_ones = PickupPassRow.select().where(PickupPassRow.pickup == pickup_id, PickupPassRow.revoked_at.is_null())
    return list(open_ones.order_by(PickupPassRow.id))


def proxies_of(pickup_ids: Iterable[int]) -> dict[int, list[str]]:
    """The names of those who may fetch each."""
    found: dict[int, list[str]] = defaultdict(list)
    rows = PickupPassRow.select(PickupPassRow.pickup, PickupPassRow.name).where(
        PickupPassRow.pickup.in_(list(pickup_ids)), PickupPassRow.revoked_at.is_null(), PickupPassRow.name != ""
    )
    for row in rows.order_by(PickupPassRow.id):
        found[row.pickup_id].append(row.name)
    return found


def by_code(code: str) -> PickupPassRow | None:
    """The code that was said, taken back or not, with its pickup and order."""
    query = PickupPassRow.select(PickupPassRow, PickupRow, OrderRow).join(PickupRow).join(OrderRow)
    row: PickupPassRow | None = query.where(PickupPassRow.code == code).first()
    return row


def by_token(token_hash: str) -> PickupPassRow | None:
    """A proxy's open link."""
    query = PickupPassRow.select(PickupPassRow, PickupRow, OrderRow).join(PickupRow).join(OrderRow)
    row: PickupPassRow | None = query.where(
        PickupPassRow.token_hash == token_hash, PickupPassRow.revoked_at.is_null()
    ).first()
    return row


UNNAMED = "unnamed"
"""The proof of an order that left by the button of its stage: who took it was not written down."""
ABOUT_WAITING = ("ready", "pickup_reminder")


def note_gone(order_id: int, *, by: str, since: datetime, at: datetime) -> None:
    """Write down who gave an order away, where the counter has not written more; within the transaction of the move."""
    told = {"state": PickupState.HANDED.value, "handed_at": at, "handed_by": by[:200], "proof": UNNAMED}
    waits = (PickupRow.order == order_id) & (PickupRow.state == PickupState.WAITING.value)
    if PickupRow.update(**told).where(waits).execute():
        drop_notices(order_id)
    elif of_order(order_id) is None:
        PickupRow.create(order=order_id, since=since, **told)
        drop_notices(order_id)


def drop_notices(order_id: int) -> None:
    """What was still to be told of an order that waits here is told no more: it has left."""
    NoticeRow.update(state="dropped", error="it was fetched").where(
        NoticeRow.order_id == order_id, NoticeRow.kind.in_(ABOUT_WAITING), NoticeRow.state == "waiting"
    ).execute()


def keeps_unpaid() -> bool:
    """Whether the owner has orders kept at the counter until they are paid."""
    stored = newest_body(ShippingSettingsRow)
    settings = shipping_from_json(orjson.loads(stored[0]), stored[1]) if stored is not None else ShippingSettings()
    return settings.pickup_unpaid == Unpaid.HOLD.value


def unpaid_of(order_ids: Iterable[int]) -> dict[int, dict[str, int]]:
    """What is left to pay: order -> currency -> minor units, only where something is."""
    found: dict[int, dict[str, int]] = defaultdict(dict)
    left = fn.SUM(InvoiceRow.gross - InvoiceRow.settled)
    rows = (
        InvoiceRow.select(InvoiceRow.order, InvoiceRow.currency, left.alias("left"))
        .where(
            InvoiceRow.order.in_(list(order_ids)), InvoiceRow.kind != "credit", InvoiceRow.settled < InvoiceRow.gross
        )
        .group_by(InvoiceRow.order, InvoiceRow.currency)
    )
    for row in rows:
        if row.left:
            found[row.order_id][row.currency] = int(row.left)
    return found
