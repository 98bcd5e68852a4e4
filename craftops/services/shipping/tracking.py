"""Where parcels are: told by webhooks and asked in turn, applied in one place, only forward."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from craftops.domain.people.access import SYSTEM, Actor
from craftops.domain.shipping.carriage import Tracking, TrackingEvent, TrackingState
from craftops.domain.shipping.parcels import IN_THE_SHOP, ParcelState, order_way
from craftops.domain.shipping.tracking import event_key, events_of, next_poll, status_after
from craftops.errors import AccessError, OutsideError, RuleError, Unreachable
from craftops.sdk.carrier import CarrierWordRejected
from craftops.services.shipping import packing
from craftops.services.shipping.carriers import carrier_of
from craftops.services.shipping.handing_over import leave, locked_parcel
from craftops.services.shop.context import Shop
from craftops.store.database import UnitOfWork, unit_of_work
from craftops.store.models import CarrierWordRow, LabelRow, OrderRow, ParcelRow, TrackingEventRow

LONGEST = 400_000
AT_ONCE = 50
"""Parcels that are asked about in one minute."""
RETRY = timedelta(hours=1)
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
TOLD = {ParcelState.DELIVERED: "delivered", ParcelState.HELD_UP: "held_up", ParcelState.RETURNED: "held_up"}
TOLD |= {ParcelState.WAITS_FOR_PICKUP: "at_shop"}
"""What is worth a notice of its own."""


def take(shop: Shop, carrier_name: str, body: bytes, headers: Mapping[str, str], *, at: datetime) -> bool:
    """Keep a word of a carrier and have it acted on; whether it was new. Raises AccessError, CarrierWordRejected."""
    carrier = carrier_of(shop, carrier_name)
    if len(body) > LONGEST:
        raise AccessError
    word = shop.plugins.use(carrier, "receive", lambda: carrier.receive(body, headers), passing=(CarrierWordRejected,))
    said = {"tracking": _to_json(word.tracking) if word.tracking else None, "body": body.decode("utf-8", "replace")}
    with unit_of_work() as uow:
        values = {
            "carrier": carrier.name, "word": word.id[:255], "kind": word.kind[:100], "number": word.number[:60],
            "ref": word.ref[:255], "said": said, "came_at": at,
        }  # fmt: skip
        new = CarrierWordRow.insert(values).on_conflict_ignore().as_rowcount().execute()
        row = CarrierWordRow.get(CarrierWordRow.carrier == carrier.name, CarrierWordRow.word == word.id[:255])
        uow.enqueue("carrier_word", {"word": row.id}, at=at, dedupe=f"carrier-word:{row.id}")
    return bool(new)


def act(shop: Shop, word_id: int, *, at: datetime) -> None:
    """Look at the parcel that a word was about; a carrier that cannot be asked is believed by its signed word.

    Raises Unreachable, so that it is tried again.
    """
    row: CarrierWordRow | None = CarrierWordRow.get_or_none(CarrierWordRow.id == word_id)
    if row is None or row.applied_at is not None:
        return
    label = _label_of(row.carrier, row.ref, row.number)
    if label is not None:
        told = _told(shop, label) or (_from_json(row.said["tracking"]) if row.said.get("tracking") else None)
        if told is not None:
            apply(shop, label.parcel_id, told, number=label.number, at=at)
    CarrierWordRow.update(applied_at=at).where(CarrierWordRow.id == row.id).execute()


def _label_of(carrier: str, ref: str, number: str) -> LabelRow | None:
    """The label that a carrier speaks of, alive or not: a voided one that travels all the same is told, too."""
    mine = LabelRow.carrier == carrier
    for found in ((LabelRow.ref == ref) if ref else None, (LabelRow.number == number) if number else None):
        if found is not None and (row := LabelRow.select().where(mine, found).order_by(LabelRow.id.desc()).first()):
            label: LabelRow = row
            return label
    return None


def _told(shop: Shop, label: LabelRow) -> Tracking | None:
    carrier = shop.plugins.carriers.get(label.carrier)
    if carrier is None or not carrier.ready or not label.number:
        return None
    try:
        return carrier.track(label.number, (label.typed or {}).get("network") or label.network)
    except OutsideError as error:
        raise Unreachable(error.sentence) from error


def poll(*, at: datetime) -> None:
    """Have the carriers asked about parcels whose time has come."""
    due = ParcelRow.select(ParcelRow.id, ParcelRow.ask_at).where(ParcelRow.ask_at <= at)
    with unit_of_work() as uow:
        for row in due.order_by(ParcelRow.ask_at).limit(AT_ONCE):
            key = f"track-parcel:{row.id}:{row.ask_at.timestamp():.0f}"
            uow.enqueue("track_parcel", {"parcel": row.id}, at=at, dedupe=key)
            ParcelRow.update(ask_at=at + RETRY).where(ParcelRow.id == row.id).execute()


def ask(shop: Shop, parcel_id: int, *, at: datetime) -> None:
    """Ask a parcel's carrier where it is, and when to ask again. Raises Unreachable."""
    row: ParcelRow | None = ParcelRow.get_or_none(ParcelRow.id == parcel_id)
    label = packing.alive_label(row) if row is not None else None
    if row is None or label is None:
        return
    told = _told(shop, label)
    if told is None:
        ParcelRow.update(ask_at=None).where(ParcelRow.id == row.id).execute()
        return
    apply(shop, row.id, told, number=label.number, at=at)
    state: ParcelRow = ParcelRow.get_by_id(row.id)
    again = next_poll(ParcelState(state.state), state.handed_over_at or state.created_at, at)
    ParcelRow.update(ask_at=again).where(ParcelRow.id == row.id).execute()


def apply(shop: Shop, parcel_id: int, told: Tracking, *, number: str, at: datetime) -> None:
    """Bring a parcel to what its carrier says, in one transaction. Told again or late, nothing turns back."""
    with unit_of_work() as uow:
        row = locked_parcel(parcel_id)
        if number != row.number:
            return  # words about a label that the parcel does not go with any more
        for event in events_of(told, at):
            _keep(row, event, at)
        status = status_after(ParcelState(row.state), _known_since(row), _events(row))
        values: dict[str, Any] = {"expected_at": told.expected_at, "signed_by": told.signed_by[:200] or row.signed_by}
        if status.state.value == row.state:
            values |= {"told": status.text[:500] or row.told}
            if status.text and status.text != row.told:
                packing.record(uow, row.order, row.id, "moved", SYSTEM, at)
            ParcelRow.update(values).where(ParcelRow.id == row.id).execute()
            return
        if ParcelState(row.state) in IN_THE_SHOP:
            leave(shop, uow, [row], actor=SYSTEM, at=at)
        _move(uow, row, status.state, status.since, status.text, SYSTEM, at, values)


def _known_since(row: ParcelRow) -> datetime:
    """Words older than this tell the past. Until its carrier has spoken, every word about its number counts."""
    state = ParcelState(row.state)
    since: datetime = row.state_since
    return BEGINNING if state in IN_THE_SHOP or state is ParcelState.HANDED_OVER else since


def _keep(row: ParcelRow, event: TrackingEvent, at: datetime) -> None:
    TrackingEventRow.insert(
        parcel=row.id, key=event_key(row.id, event), at=event.at, state=event.state.value, text=event.text[:500],
        place=event.place[:200], seen_at=at,
    ).on_conflict_ignore().execute()  # fmt: skip


def _events(row: ParcelRow) -> tuple[TrackingEvent, ...]:
    rows = TrackingEventRow.select().where(TrackingEventRow.parcel == row.id).order_by(TrackingEventRow.at)
    return tuple(TrackingEvent(one.at, TrackingState(one.state), one.text, one.place) for one in rows)


def _move(
    uow: UnitOfWork, row: ParcelRow, to: ParcelState, since: datetime, text: str, actor: Actor, at: datetime,
    values: Mapping[str, Any],
) -> None:  # fmt: skip
    moved = {**values, "state": to.value, "state_since": since, "told": text[:500]}
    if to is ParcelState.DELIVERED:
        moved["delivered_at"] = since
    ParcelRow.update(moved).where(ParcelRow.id == row.id).execute()
    way = order_way(ParcelState(one.state) for one in packing.parcels_of(row.order))
    OrderRow.update(way=way, way_since=since).where(OrderRow.id == row.order_id, OrderRow.way != way).execute()
    packing.record(uow, row.order, row.id, TOLD.get(to, "moved"), actor, at)


def say_delivered(parcel_id: int, *, actor: Actor, at: datetime) -> None:
    """Staff know that a parcel has arrived, where its carrier tells nothing. Raises AccessError, RuleError."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        row = locked_parcel(parcel_id)
        if ParcelState(row.state) in IN_THE_SHOP:
            raise RuleError("This parcel has not left yet.")
        if row.state != ParcelState.DELIVERED.value:
            _move(uow, row, ParcelState.DELIVERED, at, "", actor, at, {"ask_at": None})


def _to_json(told: Tracking) -> dict[str, Any]:
    said = asdict(told)
    said["expected_at"] = told.expected_at.isoformat() if told.expected_at else None
    said["events"] = [{**asdict(one), "at": one.at.isoformat()} for one in told.events]
    return said


def _from_json(said: Mapping[str, Any]) -> Tracking:
    return Tracking(
        said["number"], TrackingState(said["state"]),
        tuple(
            TrackingEvent(datetime.fromisoformat(one["at"]), TrackingState(one["state"]), one["text"], one["place"])
            for one in said["events"]
        ),
        datetime.fromisoformat(said["expected_at"]) if said["expected_at"] else None, said["signed_by"],
    )  # fmt: skip
