"""Postage from elsewhere: the post office, a carrier's own site, a contract. Number and carrier are typed or scanned.

Nothing is bought here, so nothing can be bought twice; the same intent gives the same label. Its files are left to the
core, which draws the shop's own address label.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from craftops.domain.shipping import tracking_links
from craftops.domain.shipping.tracking_links import NETWORKS, Network
from craftops.errors import ConfigError, Refused
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.carrier import Carrier, Label, LabelRequest
from craftops.sdk.settings import setting


@dataclass(frozen=True, slots=True)
class OwnNetwork:
    """Somebody who brings parcels and is not in the table."""

    key: str
    name: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class ManualSettings:
    """Who brings the parcels."""

    offer: tuple[str, ...] = setting(
        (), help='Carriers that staff choose among, such as ["dhl_paket", "dpd"]; empty offers all that are known'
    )
    networks: tuple[OwnNetwork, ...] = setting(
        (),
        help="Carriers of your own: { key, name, link }; the link is https and may hold "
        "{number} {postcode} {country} {lang}",
    )


def known(settings: ManualSettings) -> dict[str, Network]:
    """Every network that has a page here, the shop's own before those of the table."""
    own = {one.key: Network(one.key, one.name, one.link) for one in settings.networks}
    return own | {key: one for key, one in NETWORKS.items() if key not in own}


def faults(settings: ManualSettings) -> list[str]:
    """Everything that is wrong, each with its key."""
    found = [
        f"networks.{one.key}: {sentence}"
        for one in settings.networks
        for sentence in tracking_links.faults(Network(one.key, one.name, one.link))
    ]
    keys = [one.key for one in settings.networks]
    found += [f"networks.{key}: there are two of this key" for key in sorted({k for k in keys if keys.count(k) > 1})]
    every = known(settings)
    found += [f"offer: no carrier is called {key!r}" for key in settings.offer if key not in every]
    return found


class ByHand(Carrier):
    """Labels that people bring."""

    name: ClassVar[str] = "manual"
    title: ClassVar[str] = "Postage from elsewhere"
    takes_numbers: ClassVar[bool] = True

    def __init__(self, settings: ManualSettings) -> None:
        self._known = known(settings)
        chosen = settings.offer or tuple(self._known)
        self._networks = {key: self._known[key].name for key in chosen}

    @property
    def ready(self) -> bool:
        return True

    @property
    def networks(self) -> Mapping[str, str]:
        return self._networks

    def buy(self, request: LabelRequest) -> Label:
        if request.network not in self._networks:
            raise Refused("Say who brings this parcel.")
        return Label(request.intent, request.number.strip(), self._networks[request.network], None)

    def link(self, number: str, network: str, postcode: str, country: str, language: str) -> str:
        found = self._known.get(network) or next((one for one in self._known.values() if one.name == network), None)
        return tracking_links.link(found, number, postcode, country, language) if found else ""


class ManualCarriers(Plugin[ManualSettings]):
    """Numbers by hand."""

    name = "carrier_manual"
    title = "Postage from elsewhere"
    summary = "Staff type or scan the number of a label from elsewhere; customers get the carrier's link."
    settings_type = ManualSettings

    def __init__(self, settings: ManualSettings) -> None:
        super().__init__(settings)
        if found := faults(settings):
            raise ConfigError("The settings cannot be used:", [f"plugin.carrier_manual.{one}" for one in found])

    @hookimpl
    def register_carriers(self) -> Iterable[Carrier]:
        return [ByHand(self.settings)]


PLUGIN = ManualCarriers
