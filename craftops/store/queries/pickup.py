"""Orders at the counter in a fixed number of queries, however many there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from peewee import JOIN, fn

from craftops.domain.orders.workflow import Stage
from craftops.store.models import (
    AccountRow,
    InvoiceRow,
    OrderRow,
    PickupPassRow,
    PickupRow,
)
from craftops.store.prepared import Prepared

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
