"""Every recorded reply of EasyPost's that we touch is read by our plugin, and every object of the local EasyPost has
every key of the recorded ones, with a type that was recorded.

The replies are the cassettes of EasyPost's own client library (../shared/outside/easypost, MIT).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import easypost as sdk
import pytest
from craftops_plugins.carrier_easypost import messages

from craftops.sdk.carrier import TrackingState
from craftops.testing.easypost import LocalEasyPost

yaml = pytest.importorskip("yaml", reason="PyYAML reads the recorded replies")
CASSETTES = Path(__file__).parents[3] / "shared" / "outside" / "easypost"
TOUCHED = ("shipment_", "tracker_", "pickup_", "webhook_", "event_", "batch_", "error_")
FREE = {"options", "details", "errors", "custom_headers"}
"""Groups whose keys are anybody's."""


@cache
def replies() -> tuple[tuple[str, str, str, int, Any], ...]:
    """Cassette, method, path, status and JSON of each reply that we touch."""
    found = []
    for path in sorted(CASSETTES.glob("test_*.yaml")) if CASSETTES.exists() else ():
        if not path.name.startswith(tuple(f"test_{one}" for one in TOUCHED)):
            continue
        for one in yaml.load(path.read_text(), getattr(yaml, "CSafeLoader", yaml.SafeLoader))["interactions"]:
            body = one["response"]["body"]["string"]
            place = one["request"]["uri"].partition("/v2")[2].partition("?")[0]
            found.append(
                (
                    path.stem,
                    one["request"]["method"],
                    place,
                    one["response"]["status"]["code"],
                    json.loads(body or "{}"),
                )
            )
    return tuple(found)


needs = pytest.mark.skipif(not CASSETTES.exists(), reason="the recorded replies are not on this computer")


def things(node: Any) -> Iterator[dict[str, Any]]:
    """Every object within a reply."""
    if isinstance(node, dict):
        if "object" in node:
            yield node
        for value in node.values():
            yield from things(value)
    elif isinstance(node, list):
        for value in node:
            yield from things(value)


@needs
def test_every_cassette_that_we_touch_is_parsed() -> None:
    read = {"Shipment": 0, "Tracker": 0, "Rate": 0, "Pickup": 0}
    for cassette, *_, status, reply in replies():
        assert status < 400 or reply["error"]["code"], cassette
        for one in things(reply):
            if one["object"] == "Shipment":
                messages.rates(one)
                if messages.is_bought(one):
                    url, within = messages.label_place(one)
                    assert url.startswith("https://") or messages.media_type(within) == "image/png", cassette
                    assert messages.money(one["selected_rate"]["rate"], one["selected_rate"]["currency"]).minor > 0
            if one["object"] == "Tracker":
                found = messages.tracking(one)
                assert found.number == one["tracking_code"]
                assert found.state is messages.STATES.get(one["status"], TrackingState.UNKNOWN)
                assert len(found.events) == len(one["tracking_details"])
            if one["object"] == "Pickup":
                assert all(messages.money(rate["rate"], rate["currency"]).minor >= 0 for rate in one["pickup_rates"])
            if one["object"] in read:
                read[one["object"]] += 1
    assert len({cassette for cassette, *_ in replies()}) >= 45
    assert all(count > 3 for count in read.values()), read


def walk(local: LocalEasyPost) -> list[dict[str, Any]]:
    """Everything that the local EasyPost can say, asked by EasyPost's own client."""
    client = sdk.EasyPostClient(local.key, api_base=f"{local.address}/v2")
    home = {"name": "Jack", "street1": "388 Townsend St", "city": "San Francisco", "state": "CA", "zip": "94107",
            "country": "US", "phone": "5555555555", "email": "jack@example.com"}  # fmt: skip
    items = [{"description": "Shirts", "quantity": 2, "weight": 11, "value": 23.25, "hs_tariff_number": "654321", "origin_country": "US"}]  # fmt: skip
    customs = {"eel_pfc": "NOEEI 30.37(a)", "customs_certify": True, "customs_signer": "Jack", "contents_type": "merchandise",
               "contents_explanation": "", "restriction_type": "none", "non_delivery_option": "return", "customs_items": items}  # fmt: skip
    size = {"length": 10, "width": 8, "height": 4, "weight": 15.4}
    made = client.shipment.create(
        from_address=home, to_address=home, parcel=size, customs_info=customs, reference="123",
        options={"label_format": "PNG", "invoice_number": "123"},
    )  # fmt: skip
    found = [made.to_dict()]
    bought = client.shipment.buy(made.id, rate=made.lowest_rate())
    found.append(bought.to_dict())
    local.control.move(bought.tracking_code, "pre_transit")
    found.append(client.shipment.retrieve("123").to_dict())
    found.append(client.shipment.label(made.id, file_format="ZPL").to_dict())
    found += [client.shipment.all(page_size=5).to_dict(), client.shipment.refund(made.id).to_dict()]
    found += [client.tracker.create(tracking_code="EZ4000000004").to_dict(), client.tracker.all(page_size=5).to_dict()]
    fetched = client.pickup.create(
        address=home,
        min_datetime="2025-03-08",
        max_datetime="2025-03-08",
        instructions="Front door",
        shipment={"id": made.id},
    )
    found += [fetched.to_dict(), client.pickup.buy(fetched.id, carrier="USPS", service="NextDay").to_dict()]
    found += [client.pickup.cancel(fetched.id).to_dict(), client.event.all(page_size=5).to_dict()]
    hook = client.webhook.create(
        url="http://127.0.0.1:9/", webhook_secret="s", custom_headers=[{"name": "a", "value": "b"}]
    )
    found += [hook.to_dict(), client.webhook.all().to_dict()]
    client.webhook.delete(hook.id)
    return found


def recorded_types() -> dict[str, dict[str, set[str]]]:
    """Kind -> key -> names of the types that were recorded."""
    found: dict[str, dict[str, set[str]]] = {}
    for *_, reply in replies():
        for one in things(reply):
            for key, value in one.items():
                found.setdefault(one["object"], {}).setdefault(key, set()).add(type(value).__name__)
    return found


def always(kind: str) -> set[str]:
    """Keys that every recorded object of a kind has."""
    every = [set(one) for *_, reply in replies() for one in things(reply) if one["object"] == kind]
    return set.intersection(*every) if every else set()


@needs
def test_the_local_easypost_speaks_as_the_real_one() -> None:
    with LocalEasyPost() as local:
        said = walk(local)
    types, kinds = recorded_types(), set()
    faults = []
    for one in things(said):
        kind = one["object"]
        kinds.add(kind)
        missing = always(kind) - set(one)
        faults += [f"{kind}.{key} is missing" for key in missing]
        for key, value in one.items():
            known = types.get(kind, {}).get(key)
            if known and type(value).__name__ not in known:
                faults.append(f"{kind}.{key} is {type(value).__name__}, and {known} at EasyPost")
    assert sorted(set(faults)) == []
    assert kinds >= {
        "Shipment",
        "Rate",
        "Tracker",
        "TrackingDetail",
        "PostageLabel",
        "Pickup",
        "Event",
        "Webhook",
        "CustomsItem",
    }
