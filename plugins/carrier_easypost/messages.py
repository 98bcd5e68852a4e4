"""Between the words of the shop and those of EasyPost. Pure.

EasyPost measures in inches and ounces (docs.easypost.com/docs/parcels); weights are rounded up, so that no parcel is
lighter on paper than on the scales.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from craftops.domain.billing.money import CURRENCY, Money, minor_units
from craftops.domain.people.addresses import PostalAddress
from craftops.errors import IntakeError, NotUnderstood
from craftops.sdk.carrier import Consignment, CustomsLine, Rate, Tracking, TrackingEvent, TrackingState

from .settings import FORMATS, EasyPostSettings

MM_IN_INCH = 25.4
G_IN_OUNCE = 28.349523125
STATES = {
    "pre_transit": TrackingState.ANNOUNCED,
    "in_transit": TrackingState.IN_TRANSIT,
    "out_for_delivery": TrackingState.OUT_FOR_DELIVERY,
    "available_for_pickup": TrackingState.WAITS_FOR_PICKUP,
    "delivered": TrackingState.DELIVERED,
    "return_to_sender": TrackingState.RETURNED,
    "failure": TrackingState.EXCEPTION,
    "error": TrackingState.EXCEPTION,
    "cancelled": TrackingState.CANCELLED,
}
"""Theirs to ours; all others are unknown."""
NAMES = {
    "USPS": "USPS",
    "UPS": "UPS",
    "UPSDAP": "UPS",
    "FedEx": "FedEx",
    "FedExDefault": "FedEx",
    "DhlExpress": "DHL Express",
    "DHLPaket": "DHL Paket",
    "DhlEcs": "DHL eCommerce",
    "CanadaPost": "Canada Post",
    "RoyalMail": "Royal Mail",
}
"""Carriers as people call them."""
URLS = ("label_url", "label_pdf_url", "label_zpl_url")
BEGINS = {
    b"%PDF": "application/pdf",
    b"\x89PNG": "image/png",
    b"^XA": "application/zpl",
    b"~": "application/zpl",
    b"CT~~": "application/zpl",
}
"""How the files of printers begin; ZPL may have settings of the printer before its label."""


def address(one: PostalAddress, email: str = "") -> dict[str, Any]:
    return {
        "name": one.name, "company": one.company or None, "street1": one.line1, "street2": one.line2 or None,
        "city": one.city, "state": one.region or None, "zip": one.postcode or None, "country": one.country,
        "phone": one.phone or None, "email": email or None,
    }  # fmt: skip


def ounces(grams: int) -> float:
    """To a tenth, never less."""
    return max(0.1, math.ceil(grams / G_IN_OUNCE * 10 - 1e-9) / 10)


def shipment(
    consignment: Consignment, settings: EasyPostSettings, intent: str = "", reference: str = ""
) -> dict[str, Any]:
    """Parameters of a shipment; ``intent`` is what it is found by again."""
    size = consignment.parcel
    made: dict[str, Any] = {
        "from_address": address(consignment.sender),
        "to_address": address(consignment.recipient, consignment.email),
        "parcel": {
            "length": round(size.length_mm / MM_IN_INCH, 2), "width": round(size.width_mm / MM_IN_INCH, 2),
            "height": round(size.height_mm / MM_IN_INCH, 2), "weight": ounces(size.weight_g),
        },
        "options": {"label_format": FORMATS[settings.label_format]},
    }  # fmt: skip
    if intent:
        made["reference"] = intent
    if reference:
        made["options"]["print_custom_1"] = reference[:35]
    if settings.carriers:
        made["carrier_accounts"] = list(settings.carriers)
    if consignment.customs:
        made["customs_info"] = customs(consignment)
    return made


def customs(consignment: Consignment) -> dict[str, Any]:
    """The declaration. The exemption is of US exports of up to 2,500 $ a line (15 CFR 30.37(a))."""
    return {
        "contents_type": "merchandise", "restriction_type": "none", "non_delivery_option": "return",
        "eel_pfc": "NOEEI 30.37(a)", "customs_certify": True, "customs_signer": consignment.sender.name,
        "customs_items": [_item(line) for line in consignment.customs],
    }  # fmt: skip


def _item(line: CustomsLine) -> dict[str, Any]:
    return {
        "description": line.description, "quantity": line.quantity, "value": float(line.value.major),
        "currency": line.value.currency, "weight": ounces(line.weight_g), "hs_tariff_number": line.hs_code or None,
        "origin_country": line.origin or None,
    }  # fmt: skip


def money(amount: Any, currency: Any) -> Money:
    """Raises NotUnderstood."""
    code = str(currency or "").upper()
    try:
        value = Decimal(str(amount))
        if not CURRENCY.fullmatch(code) or not value.is_finite() or value < 0:
            raise NotUnderstood("EasyPost tells a price that is none.", f"{amount} {currency}")
        return Money(minor_units(value, code), code)
    except (InvalidOperation, IntakeError):
        raise NotUnderstood("EasyPost tells a price that is none.", f"{amount} {currency}") from None


def rates(made: Mapping[str, Any]) -> tuple[Rate, ...]:
    """Cheapest first. Raises NotUnderstood."""
    found = [_rate(one) for one in listed(made.get("rates"))]
    return tuple(sorted(found, key=lambda rate: (rate.price.currency, rate.price.minor)))


def _rate(one: Mapping[str, Any]) -> Rate:
    carrier, service = str(one.get("carrier") or ""), str(one.get("service") or "")
    days = one.get("delivery_days")
    return Rate(
        service_key(one),
        f"{NAMES.get(carrier, carrier)} {service}",
        money(one.get("rate"), one.get("currency")),
        days if isinstance(days, int) else None,
        str(one.get("id") or ""),
    )


def service_key(rate: Mapping[str, Any]) -> str:
    """Carrier and service as one word, the same for every shipment."""
    return f"{rate.get('carrier')}/{rate.get('service')}"


def listed(found: Any) -> list[dict[str, Any]]:
    """Raises NotUnderstood for what is no list of things."""
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise NotUnderstood("EasyPost's list is none.", str(found))
    return found


def is_bought(made: Mapping[str, Any]) -> bool:
    return bool(made.get("postage_label"))


def label_place(made: Mapping[str, Any]) -> tuple[str, bytes]:
    """Where a bought label is, or its bytes where the answer holds them (some carriers'). Raises NotUnderstood."""
    label = made.get("postage_label")
    url = next((label[key] for key in URLS if label.get(key)), "") if isinstance(label, dict) else ""
    if url:
        return str(url), b""
    try:
        within = base64.b64decode(label["label_file"], validate=True) if isinstance(label, dict) else b""
    except (KeyError, TypeError, ValueError):
        within = b""
    if not within:
        raise NotUnderstood("EasyPost sold a label and does not say where it is.", str(label))
    return "", within


def media_type(content: bytes) -> str:
    """What a label is, by its first bytes. Raises NotUnderstood for what no printer takes."""
    found = next((media for begin, media in BEGINS.items() if content.lstrip()[:8].startswith(begin)), "")
    if not found:
        raise NotUnderstood("EasyPost hands out a label that is no PDF, PNG or ZPL.", content[:80].decode("latin-1"))
    return found


def tracking(made: Mapping[str, Any]) -> Tracking:
    """How a parcel stands. Raises NotUnderstood."""
    events = [found for one in listed(made.get("tracking_details")) if (found := _event(one))]
    return Tracking(
        number=str(made.get("tracking_code") or ""),
        state=STATES.get(str(made.get("status")), TrackingState.UNKNOWN),
        events=tuple(sorted(events, key=lambda event: event.at)),
        expected_at=moment(made.get("est_delivery_date")),
        signed_by=str(made.get("signed_by") or ""),
    )


def _event(one: Mapping[str, Any]) -> TrackingEvent | None:
    at = moment(one.get("datetime"))
    if at is None:
        return None
    place = one.get("tracking_location") or {}
    parts = [str(place[name]) for name in ("city", "state", "country") if place.get(name)]
    text = str(one.get("message") or one.get("description") or "")[:500]
    return TrackingEvent(at, STATES.get(str(one.get("status")), TrackingState.UNKNOWN), text, ", ".join(parts))


def moment(text: Any) -> datetime | None:
    """A moment as they write it, aware UTC; one without a zone is taken as UTC."""
    try:
        found = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
