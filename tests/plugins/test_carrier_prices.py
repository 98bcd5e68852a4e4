"""Carriers without a site: the shop's own price list, and numbers that people bring."""

from __future__ import annotations

from dataclasses import replace

import pytest
from craftops_plugins.carrier_flat_rate import FlatRatePrices, FlatRates
from craftops_plugins.carrier_flat_rate.settings import FlatRateSettings, zone_of
from craftops_plugins.carrier_manual import ByHand, ManualCarriers, ManualSettings

from craftops.domain.billing.money import Money
from craftops.domain.people.addresses import PostalAddress
from craftops.errors import ConfigError, Refused
from craftops.plugin_host.starting import start_plugins
from craftops.sdk.carrier import Consignment, LabelRequest, ParcelSize, Rate
from craftops.sdk.settings import parse

HOME = PostalAddress("Ada", "Uferstraße 12", "Berlin", "DE", "10999")
LIST = {
    "currency": "EUR",
    "zones": [
        {
            "name": "Germany",
            "countries": ["DE"],
            "services": [
                {"key": "parcel", "title": "DHL Paket", "network": "dhl_paket", "days": 2,
                 "bands": [{"up_to_g": 2000, "price": "5.49"}, {"up_to_g": 31500, "price": 19.99}]},
                {"key": "letter", "title": "Warensendung", "network": "deutsche_post", "longest_mm": 353,
                 "bands": [{"up_to_g": 1000, "price": "2.70"}]},
            ],
        },
        {"name": "Islands", "countries": ["DE"], "postcodes": ["25859", "274 98"],
         "services": [{"key": "parcel", "title": "DHL Paket", "bands": [{"up_to_g": 31500, "price": 25}]}]},
        {"name": "Union", "countries": ["EU"],
         "services": [{"key": "parcel", "title": "DPD", "network": "dpd", "bands": [{"up_to_g": 31500, "price": 14}]}]},
        {"name": "World", "countries": ["*"],
         "services": [{"key": "parcel", "title": "UPS", "network": "ups", "bands": [{"up_to_g": 9000, "price": 49}]}]},
    ],
}  # fmt: skip


def price_list(**changes: object) -> FlatRateSettings:
    return parse(FlatRateSettings, {**LIST, **changes}, "plugin.carrier_flat_rate")


def parcel(grams: int = 500, longest: int = 300, **to: str) -> Consignment:
    return Consignment(HOME, replace(HOME, **to), ParcelSize(grams, longest, 200, 100))


def prices(sent: Consignment) -> dict[str, int]:
    return {rate.title: rate.price.minor for rate in FlatRates(price_list()).rates(sent)}


@pytest.mark.parametrize(
    ("sent", "wanted"),
    [
        (parcel(), {"Warensendung": 270, "DHL Paket": 549}),
        (parcel(1000), {"Warensendung": 270, "DHL Paket": 549}),
        (parcel(1001), {"DHL Paket": 549}),
        (parcel(2001), {"DHL Paket": 1999}),
        (parcel(500, 354), {"DHL Paket": 549}),
        (parcel(40_000), {}),
        (parcel(postcode="27498"), {"DHL Paket": 2500}),
        (parcel(country="FR", postcode="31000"), {"DPD": 1400}),
        (parcel(country="US", postcode="27498"), {"UPS": 4900}),
        (parcel(9001, country="US"), {}),
    ],
)
def test_the_price_list_says_what_it_costs(sent: Consignment, wanted: dict[str, int]) -> None:
    assert prices(sent) == wanted


def test_where_no_zone_is_nothing_goes() -> None:
    only = price_list(zones=LIST["zones"][:1])  # type: ignore[index]
    assert zone_of(only, "FR", "31000") is None
    assert FlatRates(only).rates(parcel(country="FR")) == ()
    assert not FlatRates(parse(FlatRateSettings, {}, "x")).ready


def test_a_label_costs_what_the_list_says_now_and_nothing_where_it_came_from_elsewhere() -> None:
    carrier, sent = FlatRates(price_list()), parcel()
    rate = carrier.rates(sent)[1]
    label = carrier.buy(LabelRequest("label-1", "K-1", sent, rate))
    assert (label.price, label.network, label.number) == (Money(549, "EUR"), "DHL Paket", "")
    typed = LabelRequest("label-2", "K-1", sent, Rate("dpd", "DPD", Money(0, "EUR")), "09980000020033", "dpd")
    assert carrier.buy(typed).price is None
    with pytest.raises(Refused):
        carrier.buy(LabelRequest("label-3", "K-1", parcel(40_000), rate))
    with pytest.raises(Refused):
        carrier.buy(replace(typed, network="nobody"))


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"currency": "euro"}, "currency"),
        ({"zones": [{"name": "", "countries": ["DE"], "services": []}]}, "zones.?"),
        ({"zones": [{"name": "A", "countries": ["Germany"], "services": []}]}, "zones.A.countries"),
        ({"zones": [{"name": "A", "countries": ["EU"], "postcodes": ["1"], "services": []}]}, "zones.A.postcodes"),
    ],
)
def test_a_zone_that_cannot_be_used_is_told(change: dict[str, object], where: str) -> None:
    with pytest.raises(ConfigError) as caught:
        FlatRatePrices(price_list(**change))
    assert any(one.startswith(f"plugin.carrier_flat_rate.{where}") for one in caught.value.faults)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"key": "A b"}, "key"),
        ({"title": " "}, "title"),
        ({"network": "pigeon"}, "network"),
        ({"days": -1}, "days"),
        ({"bands": []}, "bands"),
        ({"bands": [{"up_to_g": 0, "price": 1}]}, "bands"),
        ({"bands": [{"up_to_g": 5, "price": 1}, {"up_to_g": 5, "price": 2}]}, "bands"),
        ({"bands": [{"up_to_g": 5, "price": "1.234"}]}, "bands.5"),
        ({"bands": [{"up_to_g": 5, "price": "-1"}]}, "bands.5"),
    ],
)
def test_a_service_that_cannot_be_used_is_told(change: dict[str, object], where: str) -> None:
    service = {"key": "parcel", "title": "Parcel", "bands": [{"up_to_g": 1, "price": 1}], **change}
    with pytest.raises(ConfigError) as caught:
        FlatRatePrices(price_list(zones=[{"name": "A", "countries": ["DE"], "services": [service]}]))
    assert len(caught.value.faults) == 1
    assert caught.value.faults[0].startswith("plugin.carrier_flat_rate.zones.A.")
    assert f".{where}" in caught.value.faults[0].partition(":")[0]


def test_a_shop_may_have_carriers_of_its_own() -> None:
    own = {"key": "bike", "name": "Bike courier", "link": "https://bike.example/{number}?l={lang}"}
    settings = parse(ManualSettings, {"offer": ["bike", "dpd"], "networks": [own]}, "plugin.carrier_manual")
    carrier = ByHand(ManualCarriers(settings).settings)
    assert carrier.networks == {"bike": "Bike courier", "dpd": "DPD"}
    for network in ("bike", "Bike courier"):
        assert carrier.link("A 1", network, "", "DE", "de") == "https://bike.example/A1?l=de"
    with pytest.raises(Refused):
        carrier.buy(LabelRequest("label-1", "K-1", parcel(), Rate("ups", "UPS", Money(0, "EUR")), "1", "ups"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"offer": ["pigeon"]},
        {"networks": [{"key": "bike", "name": "Bike", "link": "http://bike.example/{number}"}]},
        {"networks": [{"key": "bike", "name": "A"}, {"key": "bike", "name": "B"}]},
    ],
)
def test_settings_of_numbers_by_hand_that_cannot_be_used_are_told(wrong: dict[str, object]) -> None:
    with pytest.raises(ConfigError) as caught:
        ManualCarriers(parse(ManualSettings, wrong, "plugin.carrier_manual"))
    assert caught.value.faults[0].startswith("plugin.carrier_manual.")


def test_carriers_are_found_by_their_names() -> None:
    host = start_plugins(
        ["carrier_manual", "carrier_flat_rate", "carrier_easypost"],
        {"carrier_flat_rate": LIST, "carrier_easypost": {"api_key": "EZTKx"}},
    )
    assert list(host.carriers) == ["manual", "flat_rate", "easypost"]
    assert all(one.ready for one in host.carriers.values())
    assert [name for name, one in host.carriers.items() if one.test_mode] == ["easypost"]
