"""The things of EasyPost's API, each with every key that its recorded replies have, and of the same types."""

from __future__ import annotations

import base64
import secrets
from datetime import UTC, datetime
from typing import Any

from craftops.testing.easypost.faults import Tree, wrong

Thing = dict[str, Any]
USER = "user_54356a6b96c940d8913961a3c7b909f2"
ACCOUNT = "ca_b25657e9896e4d63ac8151ac346ac41e"
LETTERS = ("name", "company", "street1", "street2", "city", "state", "zip", "phone", "email", "federal_tax_id", "state_tax_id", "carrier_facility")  # fmt: skip


def key(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(16)}"


def stamp(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _base(prefix: str, kind: str, at: datetime, mode: str) -> Thing:
    return {"id": key(prefix), "object": kind, "created_at": stamp(at), "updated_at": stamp(at), "mode": mode}


def address(given: Tree, at: datetime, mode: str) -> Thing:
    """Raises EasyPostFault where street or country cannot be used."""
    country = str(given.get("country") or "US").upper()
    if len(country) != 2:
        raise wrong("country", "Write the country as two letters.")
    made = _base("adr", "Address", at, mode)
    made |= {name: str(given[name]) if given.get(name) not in (None, "") else None for name in LETTERS}
    made |= {"country": country, "residential": given.get("residential"), "verifications": {}}
    return made


def parcel(given: Tree, at: datetime, mode: str) -> Thing:
    """Raises EasyPostFault without a weight."""
    sides = {name: _number(given, name) for name in ("length", "width", "height", "weight")}
    if not sides["weight"] or sides["weight"] <= 0:
        raise wrong("parcel.weight", "The weight in ounces is missing.", "PARCEL.WEIGHT.INVALID")
    return _base("prcl", "Parcel", at, mode) | sides | {"predefined_package": given.get("predefined_package")}


def _number(given: Tree, name: str) -> float | None:
    value = given.get(name)
    if value is None:
        return None
    try:
        return float(value)
    except (TypeError, ValueError):
        raise wrong(name, f"{name} is no number.") from None


def customs_info(given: Tree, at: datetime, mode: str) -> Thing | None:
    """Raises EasyPostFault for items without the figures that customs want."""
    if not given:
        return None
    made = _base("cstinfo", "CustomsInfo", at, mode)
    names = ("contents_explanation", "contents_type", "customs_signer", "eel_pfc", "non_delivery_option",
             "restriction_comments", "restriction_type", "declaration")  # fmt: skip
    made |= {name: given.get(name) for name in names}
    made["customs_certify"] = bool(given.get("customs_certify"))
    made["customs_items"] = [_customs_item(one, at, mode) for one in given.get("customs_items") or ()]
    return made


def _customs_item(given: Tree, at: datetime, mode: str) -> Thing:
    if not given.get("description") or not _number(given, "quantity") or not _number(given, "weight"):
        raise wrong("customs_items", "An item has a description, a quantity and a weight.", "CUSTOMS_ITEM.INVALID")
    made = _base("cstitem", "CustomsItem", at, mode)
    names = ("description", "hs_tariff_number", "origin_country", "code", "manufacturer", "currency", "eccn",
             "printed_commodity_identifier")  # fmt: skip
    made |= {name: given.get(name) for name in names}
    made |= {"quantity": int(given["quantity"]), "value": f"{float(given.get('value') or 0):.2f}"}
    made["weight"] = float(given["weight"])
    return made


SERVICES = {
    "home": (("USPS", "GroundAdvantage", 607, 3), ("USPS", "Priority", 742, 2), ("USPS", "Express", 3415, 1)),
    "abroad": (("USPS", "FirstClassPackageInternationalService", 1690, 12), ("USPS", "PriorityMailInternational", 4310, 8)),
    "elsewhere": (("DPD", "DPDCLASSIC", 690, 2), ("UPS", "UPSStandard", 980, 2), ("DhlExpress", "ExpressWorldwide", 4120, 1)),
}  # fmt: skip
"""Carrier, service, smallest price in cents, working days: from the United States, out of them, from anywhere else."""


def rates(shipment: Thing, at: datetime) -> tuple[list[Thing], list[Thing]]:
    """What it costs, and what carriers complain about, as ``messages``."""
    here, there = shipment["from_address"]["country"], shipment["to_address"]["country"]
    if here != there and shipment["customs_info"] is None and "US" in (here, there):
        told = {"carrier": "USPS", "type": "rate_error", "carrier_account_id": ACCOUNT,
                "message": "customs_info is required for international shipments"}  # fmt: skip
        return [], [told]
    kind = "elsewhere" if here != "US" else "home" if there == "US" else "abroad"
    currency = "USD" if kind != "elsewhere" else "EUR"
    heavy = int(max(0.0, shipment["parcel"]["weight"] - 16) * 11)
    return [_rate(shipment, at, one, heavy, currency) for one in SERVICES[kind]], []


def _rate(shipment: Thing, at: datetime, one: tuple[str, str, int, int], more: int, currency: str) -> Thing:
    carrier, service, cents, days = one
    price, retail = f"{(cents + more) / 100:.2f}", f"{(cents + more) * 1.3 / 100:.2f}"
    return _base("rate", "Rate", at, shipment["mode"]) | {
        "service": service, "carrier": carrier, "rate": price, "currency": currency, "retail_rate": retail,
        "retail_currency": currency, "list_rate": price, "list_currency": currency, "billing_type": "easypost",
        "delivery_days": days, "delivery_date": None, "delivery_date_guaranteed": False, "est_delivery_days": days,
        "shipment_id": shipment["id"], "carrier_account_id": ACCOUNT,
    }  # fmt: skip


def shipment(given: Tree, at: datetime, mode: str) -> Thing:
    """Raises EasyPostFault."""
    if not all(isinstance(given.get(name), dict) for name in ("to_address", "from_address", "parcel")):
        raise wrong("shipment", "A shipment has to_address, from_address and parcel.", "SHIPMENT.INVALID_PARAMS")
    to, sender = address(given["to_address"], at, mode), address(given["from_address"], at, mode)
    options = {"currency": "USD", "payment": {"type": "SENDER"}, "date_advance": 0, **(given.get("options") or {})}
    made = _base("shp", "Shipment", at, mode) | {
        "is_return": bool(given.get("is_return")), "messages": [], "options": options, "status": "unknown",
        "reference": given.get("reference") or None, "tracking_code": None, "batch_id": None, "batch_status": None,
        "batch_message": None, "customs_info": customs_info(given.get("customs_info") or {}, at, mode),
        "from_address": sender, "to_address": to, "return_address": sender, "buyer_address": to, "insurance": None,
        "order_id": None, "parcel": parcel(given["parcel"], at, mode), "postage_label": None, "refund_status": None,
        "scan_form": None, "selected_rate": None, "tracker": None, "usps_zone": 4, "forms": [], "fees": [],
    }  # fmt: skip
    made["rates"], made["messages"] = rates(made, at)
    return made


def postage_label(at: datetime, url: str, media: str) -> Thing:
    made = {name: value for name, value in _base("pl", "PostageLabel", at, "").items() if name != "mode"}
    return made | {
        "date_advance": 0, "integrated_form": "none", "label_date": stamp(at), "label_resolution": 300,
        "label_size": "4x6", "label_type": "default", "label_file_type": media, "label_url": url,
        "label_pdf_url": None, "label_zpl_url": None, "label_epl2_url": None, "label_file": None,
    }  # fmt: skip


def tracker(at: datetime, mode: str, code: str, carrier: str, shipment_id: str | None) -> Thing:
    made = _base("trk", "Tracker", at, mode)
    link = base64.b64encode(f"v1:{made['id']}".encode()).decode().rstrip("=")
    return made | {
        "tracking_code": code, "status": "unknown", "status_detail": "unknown", "signed_by": None, "weight": None,
        "est_delivery_date": None, "shipment_id": shipment_id, "carrier": carrier, "tracking_details": [], "fees": [],
        "carrier_detail": None, "finalized": False, "is_return": False,
        "public_url": f"https://track.easypost.com/{link}",
    }  # fmt: skip


def tracking_detail(at: datetime, carrier: str, status: str, message: str, city: str | None) -> Thing:
    place = {"object": "TrackingLocation", "city": city, "state": None, "country": None, "zip": None}
    return {
        "object": "TrackingDetail", "message": message, "description": "", "status": status,
        "status_detail": "status_update", "datetime": stamp(at), "source": carrier, "carrier_code": "",
        "tracking_location": place,
    }  # fmt: skip


def carrier_detail() -> Thing:
    """What a carrier tells of its service once it has scanned a parcel."""
    place = {"object": "TrackingLocation", "city": "HOUSTON", "state": "TX", "country": None, "zip": "77063"}
    return {
        "object": "CarrierDetail", "service": "First-Class Package Service", "container_type": None,
        "est_delivery_date_local": None, "est_delivery_time_local": None, "origin_location": "HOUSTON TX, 77001",
        "origin_tracking_location": place, "destination_location": "CHARLESTON SC, 29401",
        "destination_tracking_location": None, "guaranteed_delivery_date": None, "alternate_identifier": None,
        "initial_delivery_attempt": None,
    }  # fmt: skip


def event(at: datetime, mode: str, kind: str, result: Thing, previous: Thing) -> Thing:
    """As it is sent to a webhook; a list of events shows it without what happened."""
    return {
        "id": key("evt"), "object": "Event", "description": kind, "mode": mode, "user_id": USER, "status": "pending",
        "created_at": at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")[:-4] + "Z", "updated_at": stamp(at),
        "previous_attributes": previous, "result": result, "pending_urls": [], "completed_urls": [],
    }  # fmt: skip


def webhook(given: Tree, at: datetime, mode: str) -> Thing:
    url = given.get("url")
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise wrong("webhook.url", "A webhook has an address.", "WEBHOOK.URL.INVALID")
    made = {"id": key("hook"), "object": "Webhook", "mode": mode, "url": url, "created_at": stamp(at)}
    return made | {"disabled_at": None, "custom_headers": given.get("custom_headers") or []}


def pickup(given: Tree, at: datetime, mode: str) -> Thing:
    """Raises EasyPostFault."""
    if not isinstance(given.get("address"), dict) or not given.get("min_datetime") or not given.get("max_datetime"):
        raise wrong("pickup", "A pickup has an address and a window.", "PICKUP.PARAMS.INVALID")
    made = _base("pickup", "Pickup", at, mode)
    return made | {
        "status": "unknown", "reference": given.get("reference") or None, "messages": [], "confirmation": None,
        "min_datetime": _moment(given["min_datetime"]), "max_datetime": _moment(given["max_datetime"]),
        "is_account_address": bool(given.get("is_account_address")), "instructions": given.get("instructions"),
        "address": address(given["address"], at, mode), "carrier_accounts": [],
        "pickup_rates": [pickup_rate(at, mode, made["id"])],
    }  # fmt: skip


def _moment(text: Any) -> str:
    try:
        found = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        raise wrong("pickup", f"{text} is no moment.", "PICKUP.PARAMS.INVALID") from None
    return stamp(found if found.tzinfo else found.replace(tzinfo=UTC))


def pickup_rate(at: datetime, mode: str, pickup_id: str) -> Thing:
    return _base("pickuprate", "PickupRate", at, mode) | {
        "service": "NextDay", "rate": "0.00", "currency": "USD", "carrier": "USPS", "pickup_id": pickup_id,
    }  # fmt: skip
