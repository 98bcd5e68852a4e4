"""The sample shop's parcels: one on its way, one delivered, one held by customs, and labels to buy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from craftops.domain.billing.money import Money
from craftops.domain.people.access import Actor, ActorKind
from craftops.domain.people.addresses import PostalAddress
from craftops.domain.shipping.carriage import CustomsLine, Tracking, TrackingEvent, TrackingState
from craftops.domain.shipping.settings import ShippingSettings
from craftops.sdk.carrier import Label
from craftops.services.shipping import handing_over, labels, packing, tracking
from craftops.services.shipping.settings import save_shipping
from craftops.services.shop.context import Shop
from craftops.store.models import AccountRow, LabelRow, OrderRow, ParcelRow

T = TrackingState
SENDER = PostalAddress("Fabrik Nord", "Werftstraße 12", "Hamburg", "DE", "20457", phone="+49 40 555 0100")
HOMES = {
    "ben": PostalAddress("Ben Yilmaz", "Sonnenallee 88", "Berlin", "DE", "12045"),
    "clara": PostalAddress("Clara Hoffmann", "Ottenser Hauptstraße 5", "Hamburg", "DE", "22765"),
    "Lamp shade for Zürich": PostalAddress("Clara Hoffmann", "Langstrasse 120", "Zürich", "CH", "8004"),
}
"""By person or by title of an order."""
WAYS: dict[str, tuple[str, str, tuple[tuple[float, TrackingState, str, str], ...]]] = {
    "Knobs, a set": (
        "DHL Paket", "00340434292135100186",
        (
            (30, T.IN_TRANSIT, "The shipment has been processed in the parcel center of origin", "Hamburg"),
            (19, T.IN_TRANSIT, "The shipment has been processed in the destination parcel center", "Rüdersdorf"),
            (11, T.OUT_FOR_DELIVERY, "The shipment has been loaded onto the delivery vehicle", "Berlin"),
            (8, T.DELIVERED, "The shipment has been successfully delivered", "Berlin"),
        ),
    ),
    "Lamp shade for Zürich": (
        "Swiss Post", "CX012345675DE",
        (
            (25, T.IN_TRANSIT, "Item accepted at the border of the country of origin", "Niederaula"),
            (14, T.IN_TRANSIT, "Arrival at the border of the country of destination", "Zürich-Mülligen"),
            (6, T.EXCEPTION, "Held by customs: the invoice is missing", "Zürich-Mülligen"),
        ),
    ),
    "Gears for the mill": (
        "DPD", "01096102301842",
        (
            (20, T.IN_TRANSIT, "Parcel handed to DPD", "Hamburg"),
            (5, T.IN_TRANSIT, "In transit", "Hamburg-Billbrook"),
        ),
    ),
}  # fmt: skip
"""Title of an order -> who brings it, number, and what happened so many hours ago."""


def send(shop: Shop, orders: Sequence[OrderRow], now: datetime) -> None:
    """Pack, label and hand over what has left; the rest waits on the desk."""
    olga = AccountRow.get(AccountRow.role == "owner")
    owner = Actor(ActorKind.OWNER, olga.id, olga.name)
    settings = ShippingSettings(sender=SENDER)
    save_shipping(shop, settings, actor=owner, at=now - timedelta(days=20))
    for order in orders:
        if order.title in WAYS:
            _leave(shop, OrderRow.get_by_id(order.id), owner, now)


def _leave(shop: Shop, order: OrderRow, staff: Actor, now: datetime) -> None:
    network, number, story = WAYS[order.title]
    gone = now - timedelta(hours=story[0][0], minutes=40)
    for row in packing.pack_all(shop, order.code, actor=staff, at=gone - timedelta(minutes=20)):
        if network == "Swiss Post":
            line = CustomsLine("Lamp shade of PLA", 1, Money(4200, "EUR"), max(1, row.weight_g - 60), "940592", "DE")
            packing.declare(shop, row.id, [line], actor=staff, at=gone - timedelta(minutes=20))
        label = LabelRow.create(
            parcel=row.id, alive=True, carrier="flat_rate", service="small", title=network, state="buying",
            intent=f"sample-{row.id}", currency="EUR", quoted=549, by_name=staff.name, created_at=gone, changed_at=gone,
            typed={"network": _key(shop, network), "number": number},
        )  # fmt: skip
        labels.bought(shop, label.id, Label(f"sample-{row.id}", number, network, Money(549, "EUR")), at=gone)
        handing_over.hand_over(shop, [row.id], actor=staff, at=gone)
        for hours, state, text, place in story:
            at = now - timedelta(hours=hours)
            told = Tracking(number, state, (TrackingEvent(at, state, text, place),))
            tracking.apply(shop, row.id, told, number=number, at=at)
        ParcelRow.update(ask_at=None).where(ParcelRow.id == row.id).execute()


def _key(shop: Shop, title: str) -> str:
    """The network of this name, as the carriers that are switched on call it."""
    for carrier in shop.plugins.carriers.values():
        for key, name in carrier.networks.items():
            if name == title:
                return key
    return ""
