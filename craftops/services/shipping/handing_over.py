"""Parcels leave: scanned or ticked when the driver takes them, or told by their carrier."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from craftops.domain.orders.order import CODE_LENGTH, normalise_code
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.access import Actor
from craftops.domain.shipping.parcels import IN_THE_SHOP, ParcelState
from craftops.domain.shipping.tracking import next_poll
from craftops.errors import AccessError, IllegalMove, RuleError
from craftops.services.orders import ordering
from craftops.services.shipping import packing
from craftops.services.shop.context import Shop
from craftops.store.database import UnitOfWork, unit_of_work
from craftops.store.models import OrderRow, ParcelRow


@dataclass(frozen=True, slots=True)
class Scan:
    """What came of a scanned code."""

    parcel: int | None
    sentence: str
    good: bool


def find_scanned(text: str) -> ParcelRow | None:
    """The parcel that a scanner read: its own code, what stands on our label ("K7RCX3-2"), or its tracking number.

    Carriers print numbers with more around them (a routing prefix): the longest number of ours that the code ends with
    counts, if it has at least eight characters.
    """
    said = normalise_code(text)
    if not said:
        return None
    mine: ParcelRow | None = ParcelRow.get_or_none(ParcelRow.code == said) or _by_reference(said)
    if mine is not None:
        return mine
    waiting = ParcelRow.select().where(ParcelRow.number != "", ParcelRow.state == ParcelState.LABELLED.value)
    exact = list(ParcelRow.select().where(ParcelRow.number == said).order_by(ParcelRow.id.desc()).limit(1))
    if exact:
        return exact[0]
    ending = [row for row in waiting if len(row.number) >= 8 and said.endswith(row.number)]
    return max(ending, key=lambda row: len(row.number), default=None)


def _by_reference(said: str) -> ParcelRow | None:
    """The parcel of what stands on our own labels: the order's code and the parcel's number."""
    code, position = said[:CODE_LENGTH], said[CODE_LENGTH:]
    if not (position.isascii() and position.isdigit() and len(position) <= 3):
        return None
    mine = (OrderRow.code == code) & (ParcelRow.position == int(position))
    found: ParcelRow | None = ParcelRow.select().join(OrderRow).where(mine).first()
    return found


def scan(shop: Shop, text: str, *, actor: Actor, at: datetime) -> Scan:
    """Hand over the parcel with this code. Scanned twice, it has left once. Raises AccessError for no staff."""
    actor.must_be_staff()
    row = find_scanned(text)
    if row is None:
        return Scan(None, "No parcel has this code.", good=False)
    if ParcelState(row.state) not in IN_THE_SHOP:
        return Scan(row.id, f"Parcel {row.position} of {row.order.code} was handed over already.", good=True)
    try:
        hand_over(shop, [row.id], actor=actor, at=at)
    except RuleError as error:
        return Scan(row.id, error.sentence, good=False)
    return Scan(row.id, f"Parcel {row.position} of {row.order.code} is handed over.", good=True)


def hand_over(shop: Shop, parcel_ids: Iterable[int], *, actor: Actor, at: datetime) -> list[int]:
    """The driver has these parcels; ids of those that had not left before.

    Once all of an order has left, the order is shipped. Raises AccessError, RuleError for one without a label.
    """
    actor.must_be_staff()
    gone: list[ParcelRow] = []
    with unit_of_work() as uow:
        for parcel_id in dict.fromkeys(parcel_ids):
            row = locked_parcel(parcel_id)
            if row.state == ParcelState.PACKED.value:
                raise RuleError(f"Parcel {row.position} of {row.order.code} has no label yet.")
            if row.state == ParcelState.LABELLED.value:
                gone.append(row)
        for order_id in dict.fromkeys(row.order_id for row in gone):
            leave(shop, uow, [row for row in gone if row.order_id == order_id], actor=actor, at=at)
    return [row.id for row in gone]


def leave(shop: Shop, uow: UnitOfWork, rows: Sequence[ParcelRow], *, actor: Actor, at: datetime) -> None:
    """Parcels of one order have left the shop, inside a unit of work; it is shipped when nothing of it is left.

    While something is left, one word tells that a part is on its way, however many parcels go at once.
    """
    to = ParcelState.HANDED_OVER
    ids = [row.id for row in rows]
    ParcelRow.update(
        state=to.value, state_since=at, handed_over_at=at, handed_over_by=actor.name[:200], ask_at=next_poll(to, at, at)
    ).where(ParcelRow.id.in_(ids)).execute()
    order: OrderRow = OrderRow.get_by_id(rows[0].order_id)
    whole = _has_left_whole(order)
    for number, parcel_id in enumerate(ids):
        packing.record(uow, order, parcel_id, "left" if whole or number else "part", actor, at)
    if whole and order.stage == Stage.READY_TO_SHIP.value:
        with suppress(IllegalMove):  # on hold: its parcels have left all the same, and staff move it on release
            ordering.step(shop, uow, order, Stage.SHIPPED, actor=actor, at=at)


def _has_left_whole(order: OrderRow) -> bool:
    gone = [row for row in packing.parcels_of(order) if ParcelState(row.state) not in IN_THE_SHOP]
    return not packing.left_of(packing.lines_of(order), gone)


def locked_parcel(parcel_id: int) -> ParcelRow:
    """A parcel that nobody else changes until this transaction ends. Raises AccessError."""
    ParcelRow.update(state=ParcelRow.state).where(ParcelRow.id == parcel_id).execute()
    row: ParcelRow | None = ParcelRow.get_or_none(ParcelRow.id == parcel_id)
    if row is None:
        raise AccessError
    return row
