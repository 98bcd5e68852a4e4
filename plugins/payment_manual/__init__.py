"""Money that a person takes: a card terminal, the till, and cash where the law lets it be booked here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

from craftops.sdk import Plugin, hookimpl
from craftops.sdk.payment import CounterProvider, PaymentProvider, ProviderFacts
from craftops.sdk.settings import setting

CERTIFIED_TILLS = {"DE": "Germany", "AT": "Austria", "FR": "France"}
"""Where software that records cash counts as a till and needs a certified device or a certificate (KassenSichV, RKSV,
article 286-I-3° bis of the CGI)."""


@dataclass(frozen=True, slots=True)
class CounterSettings:
    """What may be booked."""

    allow_cash: bool = setting(False, help="Book cash in Germany, Austria and France too; ask your tax adviser first")


class Counter(CounterProvider):
    """The counter of the shop."""

    name: ClassVar[str] = "counter"
    title: ClassVar[str] = "At the counter"

    def __init__(self, settings: CounterSettings) -> None:
        self._allow_cash = settings.allow_cash

    @property
    def ready(self) -> bool:
        return True

    @property
    def facts(self) -> ProviderFacts:
        return ProviderFacts(note="By card or at the till when you collect your parts.")

    def kinds(self, country: str) -> Mapping[str, str]:
        kinds = {"terminal": "Card terminal", "till": "Received in the till (receipt number)"}
        return kinds if self.cash_note(country) else {**kinds, "cash": "Cash"}

    def cash_note(self, country: str) -> str:
        land = CERTIFIED_TILLS.get(country.upper())
        if land is None or self._allow_cash:
            return ""
        return (
            f"Cash is not booked here: in {land} software that records cash counts as a till and needs a certificate, "
            "so take it in your till and write down the number of its receipt."
        )


class CounterPayments(Plugin[CounterSettings]):
    """Payments that staff book by hand."""

    name = "payment_manual"
    title = "At the counter"
    summary = "Staff book what a card terminal or the till took, with the number of its receipt."
    settings_type = CounterSettings

    @hookimpl
    def register_payment_providers(self) -> Iterable[PaymentProvider]:
        return [Counter(self.settings)]


PLUGIN = CounterPayments
