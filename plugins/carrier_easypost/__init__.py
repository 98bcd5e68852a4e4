"""Postage of many carriers at one account: rates side by side, labels, refunds, tracking, pickup."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from craftops.errors import ConfigError, Refused
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.carrier import Carrier

from .carrier import EasyPost
from .settings import EasyPostSettings, faults

TRY_S = 15.0


class EasyPostCarriers(Plugin[EasyPostSettings]):
    """One account at EasyPost."""

    name = "carrier_easypost"
    title = "EasyPost"
    summary = "Labels of many carriers are bought and followed at EasyPost."
    settings_type = EasyPostSettings
    can_be_tried = True

    def __init__(self, settings: EasyPostSettings) -> None:
        super().__init__(settings)
        if found := faults(settings):
            raise ConfigError("The settings cannot be used:", [f"plugin.carrier_easypost.{one}" for one in found])

    @hookimpl
    def register_carriers(self) -> Iterable[Carrier]:
        return [EasyPost(self.settings)]

    def try_out(self) -> str:
        if not self.settings.api_key:
            raise Refused("EasyPost knows nobody without a key. Fill in the API key, and keep it.")
        from .client import EasyPostCall  # nothing imports easypost before there is something to ask

        with EasyPostCall(self.settings, TRY_S) as call:
            next(call.shipments(datetime.now(UTC).isoformat(timespec="seconds"), purchased=True), None)
        trial = EasyPost(self.settings).test_mode
        mode = "It is a key for trials: nothing is posted." if trial else "Labels are bought for real."
        return f"EasyPost answers and takes the key. {mode}"


PLUGIN = EasyPostCarriers
