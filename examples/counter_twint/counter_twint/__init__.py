"""Payments by TWINT at the counter: the customer scans the shop's code, staff book the number of the payment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from craftops.domain.billing.money import Money
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.payment import CounterProvider, PaymentProvider, ProviderFacts
from craftops.sdk.settings import setting


@dataclass(frozen=True, slots=True)
class TwintSettings:
    """What the shop has agreed with TWINT."""

    merchant: str = setting("", help="Name that payers read on their telephone; empty switches it off")
    most_minor: int = setting(500_000, help="The largest amount, in Rappen")


class Twint(CounterProvider):
    """Swiss francs only."""

    name: ClassVar[str] = "twint"
    title: ClassVar[str] = "TWINT"

    def __init__(self, settings: TwintSettings) -> None:
        self._settings = settings

    @property
    def ready(self) -> bool:
        return bool(self._settings.merchant)

    @property
    def facts(self) -> ProviderFacts:
        return ProviderFacts(note=f"Scan the code of {self._settings.merchant} when you collect your parts.")

    def kinds(self, country: str) -> Mapping[str, str]:
        return {"twint": "TWINT (number of the payment)"}

    def cash_note(self, country: str) -> str:
        return "TWINT takes no cash."

    def why_not(self, amount: Money) -> str:
        if amount.currency != "CHF":
            return "TWINT pays in Swiss francs."
        if amount.minor > self._settings.most_minor:
            return "So much cannot be paid by TWINT."
        return ""


class TwintPayments(Plugin[TwintSettings]):
    """Adds the provider."""

    name = "counter_twint"
    title = "TWINT"
    summary = "Staff book payments by TWINT, with the number of the payment."
    settings_type = TwintSettings

    @hookimpl
    def register_payment_providers(self) -> Iterable[PaymentProvider]:
        return [Twint(self.settings)]


PLUGIN = TwintPayments
