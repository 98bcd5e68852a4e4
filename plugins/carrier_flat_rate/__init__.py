"""Prices by zone and weight, from the shop's own list: what its contract or the counter of the post asks.

Nothing is bought anywhere, so the same intent gives the same label, and there is nothing to find again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import ClassVar

from craftops.domain.shipping import tracking_links
from craftops.domain.shipping.tracking_links import NETWORKS
from craftops.errors import ConfigError, Refused
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.carrier import Carrier, Consignment, Label, LabelRequest, Rate

from .settings import FlatRateSettings, Service, faults, price_of, zone_of


class FlatRates(Carrier):
    """The price list of a shop."""

    name: ClassVar[str] = "flat_rate"
    title: ClassVar[str] = "Own price list"
    takes_numbers: ClassVar[bool] = True

    def __init__(self, settings: FlatRateSettings) -> None:
        self._settings = settings

    @property
    def ready(self) -> bool:
        return bool(self._settings.zones)

    @property
    def networks(self) -> Mapping[str, str]:
        named = dict.fromkeys(one.network for zone in self._settings.zones for one in zone.services)
        return {key: NETWORKS[key].name for key in named}

    def rates(self, consignment: Consignment) -> tuple[Rate, ...]:
        found = [rate for service in self._services(consignment) if (rate := self._rate(service, consignment))]
        return tuple(sorted(found, key=lambda rate: rate.price.minor))

    def _services(self, consignment: Consignment) -> tuple[Service, ...]:
        to = consignment.recipient
        zone = zone_of(self._settings, to.country, to.postcode)
        return zone.services if zone else ()

    def _rate(self, service: Service, consignment: Consignment) -> Rate | None:
        parcel = consignment.parcel
        if service.longest_mm and max(parcel.length_mm, parcel.width_mm, parcel.height_mm) > service.longest_mm:
            return None
        enough = [band for band in service.bands if band.up_to_g >= parcel.weight_g]
        if not enough:
            return None
        band = min(enough, key=lambda one: one.up_to_g)
        return Rate(service.key, service.title, price_of(band, self._settings.currency), service.days)

    def buy(self, request: LabelRequest) -> Label:
        number = request.number.strip()
        if request.network:
            if request.network not in self.networks:
                raise Refused("Say who brings this parcel.")
            return Label(request.intent, number, NETWORKS[request.network].name, None)
        services = {one.key: one for one in self._services(request.consignment)}
        chosen = services.get(request.rate.service)
        rate = self._rate(chosen, request.consignment) if chosen else None
        if chosen is None or rate is None:
            raise Refused("The price list has nothing for this place and weight any more.")
        return Label(request.intent, number, NETWORKS[chosen.network].name, rate.price)

    def link(self, number: str, network: str, postcode: str, country: str, language: str) -> str:
        found = NETWORKS.get(network) or next((one for one in NETWORKS.values() if one.name == network), None)
        return tracking_links.link(found, number, postcode, country, language) if found else ""


class FlatRatePrices(Plugin[FlatRateSettings]):
    """Zones and weights."""

    name = "carrier_flat_rate"
    title = "Own price list"
    summary = "Postage by zone and weight, after the shop's own list."
    settings_type = FlatRateSettings

    def __init__(self, settings: FlatRateSettings) -> None:
        super().__init__(settings)
        if found := faults(settings):
            raise ConfigError("The settings cannot be used:", [f"plugin.carrier_flat_rate.{one}" for one in found])

    @hookimpl
    def register_carriers(self) -> Iterable[Carrier]:
        return [FlatRates(self.settings)]


PLUGIN = FlatRatePrices
