"""Pay by card, wallet or bank debit, on Stripe's own page."""

from __future__ import annotations

from collections.abc import Iterable

from craftops.errors import ConfigError
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.payment import PaymentProvider

from .provider import StripeCards
from .settings import StripeSettings, faults


class StripePayments(Plugin[StripeSettings]):
    """One account at Stripe."""

    name = "payment_stripe"
    title = "Stripe"
    summary = "Customers pay by card, wallet or bank debit on Stripe's page."
    settings_type = StripeSettings

    def __init__(self, settings: StripeSettings) -> None:
        super().__init__(settings)
        if found := faults(settings):
            raise ConfigError("The settings cannot be used:", [f"plugin.payment_stripe.{one}" for one in found])

    @hookimpl
    def register_payment_providers(self) -> Iterable[PaymentProvider]:
        return [StripeCards(self.settings)]


PLUGIN = StripePayments
