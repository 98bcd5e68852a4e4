"""Parcels in a fixed number of queries, however many there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from craftops.domain.orders.workflow import Stage
from craftops.domain.shipping.parcels import ON_THE_WAY, LabelState, ParcelState
from craftops.store.models import (
    AccountRow,
    CollectionRow,
    DeliveryAddressRow,
    LabelRow,
    OrderRow,
    ParcelRow,
    ProblemRow,
    TrackingEventRow,
)
from craftops.store.prepared import Prepared
from craftops.store.queries.order_lines import lines_of_orders
from craftops.store.viewing import columns
from craftops.store.views.orders import OrderView
from craftops.store.views.shipping import (
    ListedParcel,
    Shipment,
    ShippedOrder,
    StoredAddress,
    StoredCollection,
    StoredEvent,
    StoredLabel,
    StoredParcel,
    StoredProblem,
    TroubledLabel,
)

AT_MOST = 500
"""Parcels or orders of one list of the desk."""
OF_ORDER = (OrderRow.code, OrderRow.title, AccountRow.name)


def _parcels() -> Any:
    return ParcelRow.select(*columns(StoredParcel, ParcelRow)).order_by(ParcelRow.position)


_PARCELS: Prepared[StoredParcel] = Prepared(lambda orders: _parcels().where(ParcelRow.order.in_(orders)), StoredParcel)
_EVENTS: Prepared[StoredEvent] = Prepared(
    lambda parcels: (
        TrackingEventRow.select(*columns(StoredEvent, TrackingEventRow))
        .where(TrackingEventRow.parcel.in_(parcels))
        .order_by(TrackingEventRow.at.desc(), TrackingEventRow.id.desc())
    ),
    StoredEvent,
)


def parcels_with_events(order_id: int) -> tuple[list[StoredParcel], dict[int, list[StoredEvent]]]:
    """An order's parcels, and what carriers said of each, newest first. Two queries, one where nothing has left."""
    parcels = _PARCELS.all([order_id])
    return parcels, events_of(parcels)


def events_of(parcels: Iterable[StoredParcel]) -> dict[int, list[StoredEvent]]:
    """What carriers said of each parcel, newest first. No query where none has a number."""
    parcels = list(parcels)
    told: dict[int, list[StoredEvent]] = {one.id: [] for one in parcels}
    if any(one.number for one in parcels):
        for event in _EVENTS.all(list(told)):
            told[event.parcel_id].append(event)
    return told


def _problems() -> Any:
    own = columns(StoredProblem, ProblemRow, "order_code", "order_title", "customer")
    return ProblemRow.select(*own, *OF_ORDER).join(OrderRow).join(AccountRow)


_NEWEST_PROBLEM: Prepared[StoredProblem] = Prepared(
    lambda order: _problems().where(ProblemRow.order == order).order_by(ProblemRow.id.desc()).limit(1), StoredProblem
)
_PROBLEMS: Prepared[StoredProblem] = Prepared(
    lambda state: _problems().where(ProblemRow.state == state).order_by(ProblemRow.id).limit(100), StoredProblem
)


def newest_problem(order_id: int) -> StoredProblem | None:
    """What a customer said was wrong, last."""
    return _NEWEST_PROBLEM.first(order_id)


def open_problems() -> list[StoredProblem]:
    """What customers say is wrong, the longest waiting first."""
    return _PROBLEMS.all("open")


_TO_SHIP: Prepared[ShippedOrder] = Prepared(
    lambda stage: (
        OrderRow.select(*columns(ShippedOrder, OrderRow, "customer"), AccountRow.name)
        .join(AccountRow)
        .where(OrderRow.stage == stage)
        .order_by(OrderRow.stage_since)
        .limit(AT_MOST)
    ),
    ShippedOrder,
)
_ADDRESSES: Prepared[StoredAddress] = Prepared(
    lambda orders: DeliveryAddressRow.select(*columns(StoredAddress, DeliveryAddressRow)).where(
        DeliveryAddressRow.order.in_(orders)
    ),
    StoredAddress,
)
_LABELS: Prepared[StoredLabel] = Prepared(
    lambda parcels: (
        LabelRow.select(*columns(StoredLabel, LabelRow))
        .where(LabelRow.parcel.in_(parcels))
        .order_by(LabelRow.id.desc())
    ),
    StoredLabel,
)


def waiting_to_ship() -> list[ShippedOrder]:
    """Orders that are made and to be shipped, the longest waiting first."""
    return _TO_SHIP.all(Stage.READY_TO_SHIP.value)


def shipment_of(order: OrderView) -> Shipment:
    """One order with all of it."""
    named = ShippedOrder(
        order.id, order.code, order.title, order.stage, order.stage_since, order.delivery, order.customer.name
    )
    return with_parcels([named])[0]


def with_parcels(orders: Sequence[ShippedOrder]) -> list[Shipment]:
    """Each with where it goes, what is in it and how it is packed. Four queries."""
    ids = [one.id for one in orders]
    if not ids:
        return []
    addresses = {one.order_id: one for one in _ADDRESSES.all(ids)}
    lines = lines_of_orders(ids)
    parcels: dict[int, list[StoredParcel]] = defaultdict(list)
    of_parcel: dict[int, int] = {}
    for parcel in _PARCELS.all(ids):
        parcels[parcel.order_id].append(parcel)
        of_parcel[parcel.id] = parcel.order_id
    labels: dict[int, dict[int, list[StoredLabel]]] = defaultdict(dict)
    for label in _LABELS.all(list(of_parcel)) if of_parcel else ():
        labels[of_parcel[label.parcel_id]].setdefault(label.parcel_id, []).append(label)
    return [
        Shipment(one, addresses.get(one.id), tuple(lines[one.id]), tuple(parcels[one.id]), labels[one.id])
        for one in orders
    ]


def parcels_in(states: Iterable[ParcelState]) -> list[ListedParcel]:
    """Parcels of these states with their orders and customers, the longest there first."""
    return _PARCELS_IN.all([state.value for state in states])


_PARCELS_IN: Prepared[ListedParcel] = Prepared(
    lambda states: (
        ParcelRow.select(*columns(ListedParcel, ParcelRow, "order_code", "order_title", "customer"), *OF_ORDER)
        .join(OrderRow)
        .join(AccountRow)
        .where(ParcelRow.state.in_(states))
        .order_by(ParcelRow.state_since)
        .limit(AT_MOST)
    ),
    ListedParcel,
)


def to_hand_over() -> list[ListedParcel]:
    """Parcels with a label that lie here."""
    return parcels_in((ParcelState.LABELLED,))


def on_the_way() -> list[ListedParcel]:
    """Parcels that have left and not arrived."""
    return parcels_in(ON_THE_WAY)


def held_up() -> list[ListedParcel]:
    """Parcels about which somebody has to do something."""
    return parcels_in((ParcelState.HELD_UP, ParcelState.RETURNED))


def troubled_labels() -> list[TroubledLabel]:
    """Labels that are still being bought, or whose carrier gave no money back, newest first."""
    return _TROUBLED.all([LabelState.BUYING.value, LabelState.UNKNOWN.value])


_TROUBLED: Prepared[TroubledLabel] = Prepared(
    lambda states: (
        LabelRow.select(LabelRow.reason, LabelRow.created_at, OrderRow.code, OrderRow.title)
        .join(ParcelRow)
        .join(OrderRow)
        .where(LabelRow.state.in_(states))
        .order_by(LabelRow.id.desc())
        .limit(100)
    ),
    TroubledLabel,
)


def batch_progress(batch: str) -> tuple[int, int, int]:
    """Of the labels that were ordered together: all, bought, failed."""
    states = [row.state for row in LabelRow.select(LabelRow.state).where(LabelRow.batch == batch)]
    done = sum(state == LabelState.BOUGHT.value for state in states)
    return len(states), done, sum(state == LabelState.FAILED.value for state in states)


def _labels_here(bought: Any, *mine: Any) -> Any:
    query = LabelRow.select(*columns(StoredLabel, LabelRow)).join(ParcelRow)
    return query.where(LabelRow.state == bought, *mine).order_by(LabelRow.id).limit(AT_MOST)


_LYING_HERE: Prepared[StoredLabel] = Prepared(
    lambda bought, state: _labels_here(bought, ParcelRow.state == state), StoredLabel
)
_OF_BATCH: Prepared[StoredLabel] = Prepared(
    lambda bought, batch: _labels_here(bought, LabelRow.batch == batch), StoredLabel
)
_LABEL: Prepared[StoredLabel] = Prepared(
    lambda id_: LabelRow.select(*columns(StoredLabel, LabelRow)).where(LabelRow.id == id_), StoredLabel
)


def labels_here(batch: str) -> list[StoredLabel]:
    """Labels of parcels that lie here, or of one click."""
    bought = LabelState.BOUGHT.value
    return _OF_BATCH.all(bought, batch) if batch else _LYING_HERE.all(bought, ParcelState.LABELLED.value)


def label(label_id: int) -> StoredLabel | None:
    """One label."""
    return _LABEL.first(label_id)


def codes_of(order_ids: Iterable[int]) -> list[str]:
    """The codes of these orders."""
    return [row.code for row in OrderRow.select(OrderRow.code).where(OrderRow.id.in_(list(order_ids)))]


_PLACE: Prepared[tuple[int, str]] = Prepared(
    lambda parcel: ParcelRow.select(OrderRow.id, OrderRow.code).join(OrderRow).where(ParcelRow.id == parcel),
    lambda *row: row,
)


def order_of_parcel(parcel_id: int) -> tuple[int, str] | None:
    """The id and the code of a parcel's order."""
    return _PLACE.first(parcel_id)


_COMING: Prepared[StoredCollection] = Prepared(
    lambda after: (
        CollectionRow.select(*columns(StoredCollection, CollectionRow))
        .where(CollectionRow.latest > after)
        .order_by(CollectionRow.id.desc())
        .limit(20)
    ),
    StoredCollection,
)


def collections_after(at: datetime) -> list[StoredCollection]:
    """What carriers were asked to fetch and is not over at this instant, newest first."""
    return _COMING.all(at)
