"""Carriers are asked to fetch parcels at the shop: once for each wish, whatever becomes of the answer."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from craftops.domain.people.access import Actor
from craftops.domain.shipping.parcels import LabelState, ParcelState
from craftops.errors import IntakeError, OutsideError, RuleError, Unreachable, Unsure
from craftops.sdk.carrier import Carrier, PickupRequest
from craftops.services.shipping.carriers import carrier_of, ready_carriers, sender_of
from craftops.services.shipping.settings import shipping_settings
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.models import CollectionRow, LabelRow, ParcelRow
from craftops.store.queries import shipping
from craftops.store.views.shipping import StoredCollection

ASKING, UNKNOWN, CONFIRMED, REFUSED = "asking", "unknown", "confirmed", "refused"
LONGEST_NOTE = 200
SHORTEST = timedelta(hours=1)
"""A driver needs so much time to come in."""


def waiting_for(shop: Shop) -> list[tuple[Carrier, int]]:
    """Carriers that fetch, each with how many parcels lie here for it."""
    return [(carrier, len(rows)) for carrier, rows in fetchable(shop)]


def fetchable(shop: Shop) -> list[tuple[Carrier, list[LabelRow]]]:
    """Carriers that fetch, each with the labels of parcels that lie here for it and that nobody has asked for yet."""
    found = []
    asked = {
        label
        for row in CollectionRow.select(CollectionRow.labels).where(CollectionRow.state != REFUSED)
        for label in row.labels
    }
    for carrier in (one for one in ready_carriers(shop) if one.collects):
        rows = LabelRow.select(LabelRow).join(ParcelRow).where(
            LabelRow.carrier == carrier.name, LabelRow.state == LabelState.BOUGHT.value,
            ParcelRow.state == ParcelState.LABELLED.value,
        )  # fmt: skip
        waiting = [row for row in rows.order_by(LabelRow.id) if row.id not in asked]
        if waiting:
            found.append((carrier, waiting))
    return found


def ask(
    shop: Shop, carrier_name: str, *, earliest: datetime, latest: datetime, note: str, actor: Actor, at: datetime
) -> CollectionRow:
    """Have a carrier fetch all that lies here for it and is not asked for yet.

    Raises AccessError, IntakeError with the faulty fields, RuleError where nothing lies here.
    """
    actor.must_be_staff()
    carrier = carrier_of(shop, carrier_name)
    faults = {}
    if latest <= at:
        faults["latest"] = "That is over already."
    elif latest - max(earliest, at) < SHORTEST:
        faults["latest"] = "Leave the driver at least an hour."
    if len(note) > LONGEST_NOTE:
        faults["note"] = f"Keep it below {LONGEST_NOTE} characters."
    if faults:
        raise IntakeError("Some answers cannot be used yet.", faults)
    sender_of(shipping_settings(shop))
    with unit_of_work() as uow:
        waiting = next((rows for one, rows in fetchable(shop) if one.name == carrier.name), None)
        if not waiting:
            raise RuleError("Nothing lies here for this carrier that was not asked for yet.")
        row: CollectionRow = CollectionRow.create(
            carrier=carrier.name, intent=f"fetch-{secrets.token_hex(16)}", state=ASKING,
            labels=[label.id for label in waiting], earliest=max(earliest, at), latest=latest, note=note.strip(),
            by_name=actor.name[:200], created_at=at,
        )  # fmt: skip
        uow.enqueue("collect", {"collection": row.id}, at=at, dedupe=f"collect:{row.id}")
    return row


def carry_out(shop: Shop, collection_id: int) -> None:
    """Ask the carrier; the same key is one pickup. Raises Unreachable where it is to be tried again."""
    row: CollectionRow | None = CollectionRow.get_or_none(CollectionRow.id == collection_id)
    if row is None or row.state not in (ASKING, UNKNOWN):
        return
    carrier = shop.plugins.carriers.get(row.carrier)
    if carrier is None or not carrier.ready:
        raise Unreachable("This carrier is switched off; switch it on, and it goes on.")
    refs = tuple(label.ref for label in LabelRow.select().where(LabelRow.id.in_(row.labels)).order_by(LabelRow.id))
    sender = sender_of(shipping_settings(shop))
    try:
        said = carrier.request_pickup(PickupRequest(row.intent, sender, refs, row.earliest, row.latest, row.note))
    except (Unreachable, Unsure) as error:
        _set(row, {"state": UNKNOWN, "reason": error.sentence})
        raise Unreachable(error.sentence) from error
    except OutsideError as error:
        _set(row, {"state": REFUSED, "reason": error.sentence})
        return
    _set(row, {"state": CONFIRMED, "ref": said.ref[:255], "number": said.number[:100], "reason": ""})


def _set(row: CollectionRow, values: dict[str, str]) -> None:
    with unit_of_work():
        CollectionRow.update(values).where(
            CollectionRow.id == row.id, CollectionRow.state.in_([ASKING, UNKNOWN])
        ).execute()


def coming(at: datetime) -> Sequence[StoredCollection]:
    """What was asked for and is not over, newest first."""
    return shipping.collections_after(at - timedelta(hours=12))
