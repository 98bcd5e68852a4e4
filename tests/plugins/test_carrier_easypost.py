"""EasyPost: what each trouble lets the core conclude, and what is sent and believed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import easypost as sdk
import pytest
from craftops_plugins.carrier_easypost import EasyPostCarriers, messages
from craftops_plugins.carrier_easypost.settings import EasyPostSettings
from easypost.util import validate_webhook
from hypothesis import given
from hypothesis import strategies as st
from samples.easypost_desk import easypost as at_easypost

from craftops.domain.billing.money import Money
from craftops.errors import ConfigError, CredentialsRejected, NotUnderstood, OutsideError, Unreachable, Unsure
from craftops.sdk.carrier import (
    CarrierWordRejected,
    Consignment,
    LabelRequest,
    ParcelSize,
    PickupRequest,
    Tracking,
    TrackingState,
)
from craftops.testing.contracts_carrier import ABROAD, LINE, RECIPIENT, SENDER, hurried
from craftops.testing.easypost import LocalEasyPost
from craftops.testing.easypost.control import FAULTS

PARCEL = Consignment(SENDER, RECIPIENT, ParcelSize(420, 250, 200, 100), "elizabeth@example.org")


@pytest.fixture
def site() -> Iterator[LocalEasyPost]:
    with LocalEasyPost() as running:
        yield running


def asked(site: LocalEasyPost, intent: str = "label-1") -> LabelRequest:
    return LabelRequest(intent, "K7RCX3-2", PARCEL, at_easypost(site).rates(PARCEL)[0])


def first(site: LocalEasyPost, **values: Any) -> dict[str, Any]:
    """The newest thing with these values."""
    return next(one for one in reversed(list(site.ledger.things.values())) if values.items() <= one.items())


@pytest.mark.parametrize("kind", sorted(FAULTS))
@pytest.mark.parametrize("step", ["/v2/shipments", "/buy"])
def test_whatever_breaks_one_label_is_bought_in_the_end(site: LocalEasyPost, kind: str, step: str) -> None:
    carrier, request, since = at_easypost(site), asked(site), datetime.now(UTC)
    site.control.break_next(kind, ends=step)
    with hurried(3.5), pytest.raises((Unsure, Unreachable)) as caught:
        carrier.buy(request)
    happened = len(site.control.bought("label-1"))
    assert caught.type is Unsure or happened == 0, "something was bought, and the core would give its claim back"
    assert caught.type is Unreachable or step == "/buy" or kind not in ("error", "rate")
    found = carrier.find("label-1", since)
    assert (found is not None) == (happened == 1)
    label = carrier.buy(request)
    assert found is None or found == label
    assert len(site.control.bought("label-1")) == 1


@pytest.mark.parametrize("kind", ["error", "drop", "rate"])
def test_a_label_that_is_not_handed_out_yet_is_fetched_later(site: LocalEasyPost, kind: str) -> None:
    carrier, request, since = at_easypost(site), asked(site), datetime.now(UTC)
    site.control.break_next(kind, "GET", "/files/", count=2)
    with pytest.raises(Unsure):
        carrier.buy(request)
    with pytest.raises(Unreachable):
        carrier.find("label-1", since)
    found = carrier.find("label-1", since)
    assert found is not None
    assert found.files[0].content.startswith(b"%PDF")
    assert len(site.control.bought("label-1")) == 1


@pytest.mark.parametrize(("form", "begin"), [("pdf", b"%PDF"), ("png", b"\x89PNG"), ("zpl", b"^XA")])
def test_labels_come_as_the_printer_wants_them(site: LocalEasyPost, form: str, begin: bytes) -> None:
    request = asked(site)
    [file] = at_easypost(site, label_format=form).buy(request).files
    assert file.content.startswith(begin)
    assert form in file.media_type


def test_a_label_within_the_answer_needs_no_address() -> None:
    png = "iVBORw0KGgoAAAAN"
    assert messages.label_place({"postage_label": {"label_url": None, "label_file": png}})[1].startswith(b"\x89PNG")
    for wrong in ({}, {"label_file": "%%%"}, {"label_file": 7}, None):
        with pytest.raises(NotUnderstood):
            messages.label_place({"postage_label": wrong})
    with pytest.raises(NotUnderstood):
        messages.media_type(b"<html>")


def test_the_parcel_is_told_in_inches_and_ounces_and_the_order_on_the_label(site: LocalEasyPost) -> None:
    at_easypost(site).buy(asked(site))
    made = first(site, object="Shipment", reference="label-1")
    parcel = {name: made["parcel"][name] for name in ("length", "width", "height", "weight")}
    assert parcel == {"length": 9.84, "width": 7.87, "height": 3.94, "weight": 14.9}
    assert made["options"]["print_custom_1"] == "K7RCX3-2"
    assert made["to_address"]["email"] == "elizabeth@example.org"
    assert (made["from_address"]["company"], made["from_address"]["street2"]) == ("Canal Works", None)


@given(st.integers(1, 100_000))
def test_no_parcel_is_lighter_on_paper(grams: int) -> None:
    told = messages.ounces(grams)
    assert told * 28.349523125 >= grams - 1e-6
    assert (told - 0.1) * 28.349523125 <= grams


def test_customs_are_told_what_is_in_it(site: LocalEasyPost) -> None:
    assert at_easypost(site).rates(replace(PARCEL, recipient=ABROAD, customs=(LINE,)))
    info = first(site, object="Shipment")["customs_info"]
    assert (info["customs_signer"], info["contents_type"]) == ("Ada Lind", "merchandise")
    [item] = info["customs_items"]
    assert (item["value"], item["quantity"], item["hs_tariff_number"], item["origin_country"]) == (
        "23.50",
        2,
        "392690",
        "US",
    )


def test_the_official_client_checks_our_local_words_and_ours_checks_the_same(site: LocalEasyPost) -> None:
    label = at_easypost(site).buy(asked(site))
    site.control.move(label.number, "delivered")
    for body, headers in site.letters():
        assert (
            validate_webhook(body, {"X-Hmac-Signature": headers["x-hmac-signature"]}, site.secret)["object"] == "Event"
        )
        assert at_easypost(site).receive(body, headers).id.startswith("evt_")
    tracking = at_easypost(site).receive(*site.letters()[-1]).tracking
    assert isinstance(tracking, Tracking)
    assert (tracking.state, tracking.signed_by) == (TrackingState.DELIVERED, "J Doe")


def test_words_of_the_other_mode_or_without_a_secret_are_rejected(site: LocalEasyPost) -> None:
    at_easypost(site).buy(asked(site))
    letter = site.letters()[-1]
    live = type(at_easypost(site))(EasyPostSettings(api_key="EZAKx", webhook_secret=site.secret))
    mute = type(at_easypost(site))(EasyPostSettings(api_key="EZTKx"))
    for carrier in (live, mute):
        with pytest.raises(CarrierWordRejected):
            carrier.receive(*letter)
    assert (live.test_mode, mute.test_mode) == (False, True)


def test_a_wrong_key_is_told_as_that(site: LocalEasyPost) -> None:
    wrong = type(at_easypost(site))(EasyPostSettings(api_key="EZTKwrong", api_base=site.address))
    with pytest.raises(CredentialsRejected):
        wrong.rates(PARCEL)
    with pytest.raises(CredentialsRejected):
        wrong.buy(asked(site))


def test_words_go_out_signed_doubled_and_in_any_order(site: LocalEasyPost) -> None:
    client = sdk.EasyPostClient(site.key, api_base=f"{site.address}/v2")
    with LocalEasyPost() as other:  # anything that answers
        client.webhook.create(url=f"{other.address}/hook", webhook_secret=site.secret)
        site.deliveries.weather.duplicates, site.deliveries.weather.held = 1, True
        label = at_easypost(site).buy(asked(site))
        site.control.move(label.number, "in_transit")
        assert site.deliveries.release() == 4
        site.deliveries.drain()
    events = [
        at_easypost(site).receive(body, {"x-hmac-signature": headers["X-Hmac-Signature"]}).id
        for _, body, headers in site.deliveries.sent
    ]
    assert (len(events), len(set(events))) == (4, 2)


def test_what_easypost_does_not_know_the_local_one_refuses(site: LocalEasyPost) -> None:
    client = sdk.EasyPostClient(site.key, api_base=f"{site.address}/v2")
    for wrong in ({"shipment": {"colour": "red"}}, {"shipment": {"options": {"hazmat_of_the_day": 1}}}, {"parcel": {}}):
        with pytest.raises(sdk.errors.InvalidRequestError):
            client.make_api_call(sdk.requestor.RequestMethod.POST, "/shipments", wrong)


def test_many_shipments_are_looked_through_page_by_page(site: LocalEasyPost) -> None:
    carrier, request = at_easypost(site), asked(site)
    label = carrier.buy(request)
    given = site.ledger.things[label.ref]
    for number in range(230):
        site.ledger.add({**given, "id": f"shp_{number}", "reference": f"other-{number}"})
    del site.ledger.things[first(site, object="Shipment", reference="other-7")["id"]]
    with at_easypost(site)._call() as call:
        assert sum(1 for _ in call.shipments("2020-01-01T00:00:00Z", purchased=True)) == 230
    assert carrier.find("label-1", datetime.now(UTC) - timedelta(days=1)) == label


@pytest.mark.parametrize("step", ["/v2/pickups", "/buy"])
def test_a_lost_answer_sends_one_driver(site: LocalEasyPost, step: str) -> None:
    carrier = at_easypost(site)
    label = carrier.buy(asked(site))
    begin = datetime.now(UTC) + timedelta(days=1)
    ask = PickupRequest("pickup-1", SENDER, (label.ref,), begin, begin + timedelta(hours=4), "Ring twice")
    site.control.break_next("drop", path="/v2/pickups", ends=step)
    with pytest.raises(Unsure):
        carrier.request_pickup(ask)
    found = carrier.request_pickup(ask)
    assert found.number.startswith("WTC")
    assert found.price == Money(0, "USD")
    pickups = [one for one in site.ledger.things.values() if one["object"] == "Pickup"]
    assert [one["status"] for one in pickups] == ["scheduled"]


def test_it_is_remembered_over_a_restart(tmp_path: Any) -> None:
    with LocalEasyPost(state=tmp_path / "easypost.json") as site:
        label = at_easypost(site).buy(asked(site))
    with LocalEasyPost(state=tmp_path / "easypost.json") as site:
        found = at_easypost(site).find("label-1", datetime.now(UTC))
        assert found is not None
        assert (found.ref, found.number, found.price) == (label.ref, label.number, label.price)


@pytest.mark.parametrize(
    ("amount", "currency"),
    [(None, "USD"), ("abc", "USD"), ("-1", "USD"), ("NaN", "USD"), ("1.234", "USD"), ("1", None), ("1", "dollars")],
)
def test_a_price_that_is_none_is_not_guessed(amount: object, currency: object) -> None:
    with pytest.raises(OutsideError):
        messages.money(amount, currency)
    assert messages.money("7.5", "usd") == Money(750, "USD")


@pytest.mark.parametrize(
    "wrong",
    [
        {"api_key": "sk_live_1"},
        {"label_format": "docx"},
        {"carriers": ("usps",)},
        {"api_key": "EZAKx", "api_base": "http://127.0.0.1:9"},
        {"api_key": "EZTKx", "api_base": "http://easypost.example"},
        {"api_key": "EZTKx", "api_base": "https://me@easypost.example"},
    ],
)
def test_settings_that_cannot_be_used_are_told(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError) as caught:
        EasyPostCarriers(EasyPostSettings(**wrong))
    assert len(caught.value.faults) == 1
