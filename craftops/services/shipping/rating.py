"""What it costs to send a parcel: all carriers asked by the worker, their answers kept with the parcel."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from craftops.domain.billing.money import Money
from craftops.domain.people.access import SYSTEM, Actor
from craftops.errors import AccessError, OutsideError, RuleError
from craftops.sdk.carrier import Carrier, Consignment, Rate
from craftops.services.shipping import packing
from craftops.services.shipping.carriers import consignment_of, ready_carriers
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.models import ParcelRow
from craftops.store.views.shipping import StoredParcel

log = logging.getLogger("craftops.shipping")
BROKEN = "Its plugin does not work. The page Plugins of the settings says how."


@dataclass(frozen=True, slots=True)
class Offer:
    """What one carrier asks for one service."""

    carrier: str
    title: str
    """Of the carrier."""
    rate: Rate
    test_mode: bool = False


@dataclass(frozen=True, slots=True)
class Offers:
    """All that is known of a parcel's price. ``asking``: the worker is at it."""

    offers: tuple[Offer, ...] = ()
    faults: tuple[tuple[str, str], ...] = ()
    """Carrier's title -> its sentence, where it could not say."""
    asking: bool = False
    at: datetime | None = None


def ask(shop: Shop, parcel_ids: Sequence[int], *, actor: Actor, at: datetime) -> None:
    """Have the carriers asked about parcels that lie open. Raises AccessError, RuleError with what is missing."""
    actor.must_be_staff()
    for parcel_id in parcel_ids:
        with unit_of_work() as uow:
            row = packing.open_parcel(parcel_id)
            consignment_of(shop, row)
            ParcelRow.update(rates={"asking": True}, rated_at=at).where(ParcelRow.id == row.id).execute()
            uow.enqueue("rate_parcel", {"parcel": row.id}, at=at, dedupe=f"rate-parcel:{row.id}:{at.timestamp():.3f}")
            packing.record(uow, row.order, row.id, "rated", actor, at)


def carry_out(shop: Shop, parcel_id: int, *, at: datetime) -> None:
    """Ask every carrier. One that fails keeps its sentence, and the others are told all the same."""
    row: ParcelRow | None = ParcelRow.get_or_none(ParcelRow.id == parcel_id)
    if row is None or not row.rates or not row.rates.get("asking"):
        return
    try:
        said = _asked(shop, consignment_of(shop, row))
    except RuleError as error:
        said = {"offers": [], "faults": [["", error.sentence]]}
    with unit_of_work() as uow:
        ParcelRow.update(rates=said, rated_at=at).where(ParcelRow.id == row.id).execute()
        packing.record(uow, row.order, row.id, "rated", SYSTEM, at)


def _asked(shop: Shop, consignment: Consignment) -> dict[str, Any]:
    offers: list[dict[str, Any]] = []
    faults: list[list[str]] = []
    for carrier in ready_carriers(shop):
        try:
            offers += _offers_of(carrier, carrier.rates(consignment))
        except OutsideError as error:
            faults.append([carrier.title, error.sentence])
        except Exception:  # what it raises is counted where it is asked (``held_back``)
            log.exception("carrier %s does not work", carrier.name)
            faults.append([carrier.title, BROKEN])
    offers.sort(key=lambda one: (one["currency"], one["minor"]))
    return {"offers": offers, "faults": faults}


def _offers_of(carrier: Carrier, rates: Iterable[Rate]) -> list[dict[str, Any]]:
    return [
        {
            "carrier": carrier.name, "carrier_title": carrier.title, "service": rate.service, "title": rate.title,
            "minor": rate.price.minor, "currency": rate.price.currency, "days": rate.days, "ref": rate.ref,
            "test": carrier.test_mode,
        }
        for rate in rates
    ]  # fmt: skip


def offers_of(row: ParcelRow | StoredParcel) -> Offers:
    """What the carriers said when they were last asked."""
    said = row.rates or {}
    found = tuple(
        Offer(
            one["carrier"], one["carrier_title"],
            Rate(one["service"], one["title"], Money(one["minor"], one["currency"]), one["days"], one["ref"]),
            bool(one.get("test")),
        )
        for one in said.get("offers", ())
    )  # fmt: skip
    faults = tuple((title, sentence) for title, sentence in said.get("faults", ()))
    return Offers(found, faults, bool(said.get("asking")), row.rated_at)


def offer_of(row: ParcelRow, carrier: str, service: str) -> Offer:
    """The offer that somebody chose; it must be one that its carrier made. Raises AccessError."""
    for one in offers_of(row).offers:
        if (one.carrier, one.rate.service) == (carrier, service):
            return one
    raise AccessError
