"""Parcels in a fixed number of queries, however many there are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from craftops.domain.orders.workflow import Stage
from craftops.domain.shipping.parcels import ON_THE_WAY, LabelState, ParcelState
from craftops.store.models import (
    AccountRow,
    DeliveryAddressRow,
    LabelRow,
    OrderLineRow,
    OrderRow,
    ParcelRow,
    ProblemRow,
    TrackingEventRow,
)
from craftops.store.prepared import Prepared

AT_MOST = 500
"""Parcels or orders of one list of the desk."""


@dataclass(slots=True)
class Shipment:
    """An order with all that is to be shipped of it."""

    order: OrderRow
    address: DeliveryAddressRow | None = None
    lines: list[OrderLineRow] = field(default_factory=list)
    parcels: list[ParcelRow] = field(default_factory=list)
    labels: dict[int, list[LabelRow]] = field(default_factory=dict)
    """Of each parcel that ever had one, newest first."""


def parcels_with_events(order_id: int) -> tuple[list[ParcelRow], dict[int, list[TrackingEventRow]]]:
    """An order's parcels, and what carriers said of each, newest first. Two queries, one where nothing has left."""
    parcels = list(ParcelRow.select().where(ParcelRow.order == order_id).order_by(ParcelRow.position))
    return parcels, events_of(parcels)


def events_of(parcels: Iterable[ParcelRow]) -> dict[int, list[TrackingEventRow]]:
    """What carriers said of each parcel, newest first. No query where none has a number."""
    parcels = list(parcels)
    told: dict[int, list[TrackingEventRow]] = {row.id: [] for row in parcels}
    if any(row.number for row in parcels):
        events = TrackingEventRow.select().where(TrackingEventRow.parcel.in_(list(told)))
        for event in events.order_by(TrackingEventRow.at.desc(), TrackingEventRow.id.desc()):
            told[event.parcel_id].append(event)
    return told


def newest_problem(order_id: int) -> ProblemRow | None:
    """What a customer said was wrong, last."""
    row: ProblemRow | None = (
        ProblemRow.select().where(ProblemRow.order == order_id).order_by(ProblemRow.id.desc()).first()
    )
    return row


def waiting_to_ship() -> list[Shipment]:
    """Orders that are made and to be shipped, the longest waiting first. Five queries."""
    return _filled(_TO_SHIP.all())


_TO_SHIP: Prepared[OrderRow] = Prepared(
    lambda: (
        OrderRow.select(OrderRow, AccountRow)
        .join(AccountRow)
        .where(OrderRow.stage == Stage.READY_TO_SHIP.value)
        .order_by(OrderRow.stage_since)
        .limit(AT_MOST)
    )
)
_ADDRESSES: Prepared[DeliveryAddressRow] = Prepared(
    lambda orders: DeliveryAddressRow.select().where(DeliveryAddressRow.order.in_(orders))
)
_LINES: Prepared[OrderLineRow] = Prepared(
    lambda orders: OrderLineRow.select().where(OrderLineRow.order.in_(orders)).order_by(OrderLineRow.position)
)
_PARCELS: Prepared[ParcelRow] = Prepared(
    lambda orders: ParcelRow.select().where(ParcelRow.order.in_(orders)).order_by(ParcelRow.position)
)
_LABELS: Prepared[LabelRow] = Prepared(
    lambda parcels: LabelRow.select().where(LabelRow.parcel.in_(parcels)).order_by(LabelRow.id.desc())
)


def shipment_of(order: OrderRow) -> Shipment:
    """One order with all of it."""
    return _filled([order])[0]


def _filled(rows: list[OrderRow]) -> list[Shipment]:
    found = {row.id: Shipment(row) for row in rows}
    ids = list(found)
    if not ids:
        return []
    for address in _ADDRESSES.all(ids):
        found[address.order_id].address = address
    for line in _LINES.all(ids):
        found[line.order_id].lines.append(line)
    for parcel in _PARCELS.all(ids):
        parcel.order = found[parcel.order_id].order
        found[parcel.order_id].parcels.append(parcel)
    parcels = {parcel.id: one for one in found.values() for parcel in one.parcels}
    if parcels:
        for label in _LABELS.all(list(parcels)):
            parcels[label.parcel_id].labels.setdefault(label.parcel_id, []).append(label)
    return list(found.values())


def parcels_in(states: Iterable[ParcelState]) -> list[ParcelRow]:
    """Parcels of these states with their orders and customers, the longest there first."""
    return _PARCELS_IN.all([state.value for state in states])


_PARCELS_IN: Prepared[ParcelRow] = Prepared(
    lambda states: (
        ParcelRow.select(ParcelRow, OrderRow, AccountRow)
        .join(OrderRow)
        .join(AccountRow)
        .where(ParcelRow.state.in_(states))
        .order_by(ParcelRow.state_since)
        .limit(AT_MOST)
    )
)


def to_hand_over() -> list[ParcelRow]:
    """Parcels with a label that lie here."""
    return parcels_in((ParcelState.LABELLED,))


def on_the_way() -> list[ParcelRow]:
    """Parcels that have left and not arrived."""
    return parcels_in(ON_THE_WAY)


def held_up() -> list[ParcelRow]:
    """Parcels about which somebody has to do something."""
    return parcels_in((ParcelState.HELD_UP, ParcelState.RETURNED))


def troubled_labels() -> list[LabelRow]:
    """Labels that are still being bought, or whose carrier gave no money back, newest first."""
    return _TROUBLED.all([LabelState.BUYING.value, LabelState.UNKNOWN.value])


_TROUBLED: Prepared[LabelRow] = Prepared(
    lambda states: (
        LabelRow.select(LabelRow, ParcelRow, OrderRow)
        .join(ParcelRow)
        .join(OrderRow)
        .where(LabelRow.state.in_(states))
        .order_by(LabelRow.id.desc())
        .limit(100)
    )
)


def open_problems() -> list[ProblemRow]:
    """What customers say is wrong, the longest waiting first."""
    return _PROBLEMS.all()


_PROBLEMS: Prepared[ProblemRow] = Prepared(
    lambda: (
        ProblemRow.select(ProblemRow, OrderRow, AccountRow)
        .join(OrderRow)
        .join(AccountRow)
        .where(ProblemRow.state == "open")
        .order_by(ProblemRow.id)
        .limit(100)
    )
)


def batch_progress(batch: str) -> tuple[int, int, int]:
    """Of the labels that were ordered together: all, bought, failed."""
    states = [row.state for row in LabelRow.select(LabelRow.state).where(LabelRow.batch == batch)]
    done = sum(state == LabelState.BOUGHT.value for state in states)
    return len(states), done, sum(state == LabelState.FAILED.value for state in states)


def labels_here(batch: str) -> list[LabelRow]:
    """Labels of parcels that lie here, or of one click."""
    query = LabelRow.select(LabelRow, ParcelRow).join(ParcelRow).where(LabelRow.state == LabelState.BOUGHT.value)
    mine = LabelRow.batch == batch if batch else ParcelRow.state == ParcelState.LABELLED.value
    return list(query.where(mine).order_by(LabelRow.id).limit(AT_MOST))
