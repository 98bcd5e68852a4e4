"""Zones, services and weight bands of a shop's own price list, and what is checked of them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from craftops.domain.billing.money import CURRENCY, Money, minor_units, read_amount
from craftops.domain.shipping.customs import EU
from craftops.domain.shipping.tracking_links import NETWORKS
from craftops.errors import IntakeError
from craftops.sdk.settings import setting

EVERYWHERE, UNION = "*", "EU"


@dataclass(frozen=True, slots=True)
class Band:
    """Up to so many grams it costs so much."""

    up_to_g: int
    price: str | int | float


@dataclass(frozen=True, slots=True)
class Service:
    """One way to send within a zone."""

    key: str
    title: str
    bands: tuple[Band, ...]
    network: str = "other"
    """Who brings it, a key of the table of carriers."""
    days: int | None = None
    longest_mm: int = 0
    """The longest side that it takes; 0: any."""


@dataclass(frozen=True, slots=True)
class Zone:
    """Countries (ISO 3166-1 alpha-2, "EU" or "*") with one price list."""

    name: str
    countries: tuple[str, ...]
    services: tuple[Service, ...]
    postcodes: tuple[str, ...] = ()
    """Only postcodes that begin so: islands and mountains. Empty: all of the country."""


@dataclass(frozen=True, slots=True)
class FlatRateSettings:
    """The price list."""

    currency: str = setting("EUR", help="Of all prices here")
    zones: tuple[Zone, ...] = setting(
        (),
        help='{ name, countries = ["DE"], services = [{ key, title, network, days, bands = [{ up_to_g, price }] }] }; '
        'countries may be "EU" or "*"; the nearest match counts',
    )


def price_of(band: Band, currency: str) -> Money:
    """Raises IntakeError for what is no amount of this currency."""
    return Money(minor_units(read_amount(band.price), currency), currency)


def zone_of(settings: FlatRateSettings, country: str, postcode: str) -> Zone | None:
    """The zone of a place: the one that names its postcode, else its country, else the Union, else everywhere."""
    plain = postcode.replace(" ", "").upper()

    def rank(zone: Zone) -> int:
        if zone.postcodes and not plain.startswith(tuple(one.replace(" ", "").upper() for one in zone.postcodes)):
            return 9
        if country in zone.countries:
            return 0 if zone.postcodes else 1
        if zone.postcodes:
            return 9
        if UNION in zone.countries and country in EU:
            return 2
        return 3 if EVERYWHERE in zone.countries else 9

    found = min(settings.zones, key=rank, default=None)
    return found if found is not None and rank(found) < 9 else None


def faults(settings: FlatRateSettings) -> list[str]:
    """Everything that is wrong, each with its place."""
    if not CURRENCY.fullmatch(settings.currency):
        return [f"currency: {settings.currency!r} is none; write it as EUR"]
    return [said for zone in settings.zones for said in _zone_faults(zone, settings.currency)]


def _zone_faults(zone: Zone, currency: str) -> Iterator[str]:
    where = f"zones.{zone.name or '?'}"
    if not zone.name.strip():
        yield f"{where}: give the zone a name"
    if not zone.countries or not all(re.fullmatch(r"[A-Z]{2}|\*", one) for one in zone.countries):
        yield f"{where}.countries: write countries as two capital letters, or EU, or *"
    if zone.postcodes and not all(re.fullmatch(r"[A-Z]{2}", one) and one != UNION for one in zone.countries):
        yield f"{where}.postcodes: postcodes belong to a country that is named"
    keys = [one.key for one in zone.services]
    if not keys or len(set(keys)) < len(keys):
        yield f"{where}.services: name at least one, each with a key of its own"
    for service in zone.services:
        yield from _service_faults(service, f"{where}.{service.key or '?'}", currency)


def _service_faults(service: Service, where: str, currency: str) -> Iterator[str]:
    if not re.fullmatch(r"[a-z0-9_-]{1,40}", service.key):
        yield f"{where}.key: small letters, digits, _ and - only"
    if not service.title.strip():
        yield f"{where}.title: customers read it, so write one"
    if service.network not in NETWORKS:
        yield f"{where}.network: no carrier is called {service.network!r}"
    if service.days is not None and service.days < 0:
        yield f"{where}.days: write working days, 0 or more"
    limits = [one.up_to_g for one in service.bands]
    if not limits or min(limits) < 1 or len(set(limits)) < len(limits):
        yield f"{where}.bands: each has its own weight above zero"
    for band in service.bands:
        try:
            price_of(band, currency)
        except IntakeError as error:
            yield f"{where}.bands.{band.up_to_g}: {error.sentence}"
