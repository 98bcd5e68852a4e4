"""Pay by card, wallet or bank debit, on Stripe's own page."""

from __future__ import annotations

import time
from collections.abc import Iterable

from craftops.errors import ConfigError, Refused
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.payment import PaymentProvider

from .provider import StripeCards
from .settings import StripeSettings, faults

TRY_S = 15.0


class StripePayments(Plugin[StripeSettings]):
    """One account at Stripe."""

    name = "payment_stripe"
    title = "Stripe"
    summary = "Customers pay by card, wallet or bank debit on Stripe's page."
    settings_type = StripeSettings
    can_be_tried = True

    def __init__(self, settings: StripeSettings) -> None:
        super().__init__(settings)
        if found := faults(settings):
            raise ConfigError("The settings cannot be used:", [f"plugin.payment_stripe.{one}" for one in found])

    @hookimpl
    def register_payment_providers(self) -> Iterable[PaymentProvider]:
        return [StripeCards(self.settings)]

    def try_out(self) -> str:
        if not self.settings.secret_key:
            raise Refused("Stripe knows nobody without a key. Fill in the secret key, and keep it.")
        from .client import StripeCall  # nothing imports stripe before there is something to ask

        with StripeCall(self.settings, TRY_S) as call:
            next(call.sessions({"created": {"gte": int(time.time())}}), None)
        mode = "Real money moves." if self.settings.live else "It is an account for trials: no money moves."
        hooks = "" if self.settings.webhook_secret else " There is no webhook secret, so payments are seen by asking."
        return f"Stripe answers and takes the key. {mode}{hooks}"


PLUGIN = StripePayments
