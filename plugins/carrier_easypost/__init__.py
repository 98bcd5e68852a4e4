"""Postage of many carriers at one account: rates side by side, labels, refunds, tracking, pickup."""

from __future__ import annotations

from collections.abc import Iterable

from craftops.errors import ConfigError
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.carrier import Carrier

from .carrier import EasyPost
from .settings import EasyPostSettings, faults


class EasyPostCarriers(Plugin[EasyPostSettings]):
    """One account at EasyPost."""

    name = "carrier_easypost"
    title = "EasyPost"
    summary = "Labels of many carriers are bought and followed at EasyPost."
    settings_type = EasyPostSettings

    def __init__(self, settings: EasyPostSettings) -> None:
        super().__init__(settings)
        if found := faults(settings):
            raise ConfigError("The settings cannot be used:", [f"plugin.carrier_easypost.{one}" for one in found])

    @hookimpl
    def register_carriers(self) -> Iterable[Carrier]:
        return [EasyPost(self.settings)]


PLUGIN = EasyPostCarriers
