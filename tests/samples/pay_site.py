"""A payment provider in memory that does what providers do: loses answers, tells late, tells twice, tells lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import orjson

from craftops.domain.billing.costing import Rates
from craftops.domain.billing.money import Money
from craftops.domain.billing.pricing import PriceList
from craftops.domain.billing.settings import BillingSettings, SellerDetails
from craftops.errors import NotUnderstood, Refused, Unreachable, Unsure
from craftops.sdk.payment import (
    OnlineProvider,
    OpenedPayment,
    PaymentRequest,
    PaymentState,
    ProviderEvent,
    ProviderPayment,
    ProviderRefund,
    RefundRequest,
    TransferDetails,
    TransferProvider,
    WebhookRejected,
)
from craftops.services.billing.settings import save_settings
from craftops.store.database import utcnow
from craftops.testing import Workshop


@dataclass
class PaySite(OnlineProvider):
    """``trouble`` is what happens to the next call that changes something: "unreached", "lost", "refused"."""

    name = "pay_site"
    title = "Card"
    payments: dict[str, ProviderPayment] = field(default_factory=dict)
    trouble: str = ""
    calls: int = 0

    @property
    def ready(self) -> bool:
        return True

    def _before(self) -> None:
        self.calls += 1
        if self.trouble == "unreached":
            self.trouble = ""
            raise Unreachable("Nobody answers there.")
        if self.trouble == "refused":
            self.trouble = ""
            raise Refused("They said no.")

    def _after(self) -> None:
        if self.trouble == "lost":
            self.trouble = ""
            raise Unsure("No answer came.")

    def open(self, request: PaymentRequest) -> OpenedPayment:
        self._before()
        known = next((one for one in self.payments.values() if one.intent == request.intent), None)
        if known is None:
            ref = f"cs_{len(self.payments) + 1}"
            nothing = Money(0, request.amount.currency)
            known = ProviderPayment(
                ref, request.intent, request.reference, PaymentState.OPEN, request.amount, nothing, datetime.now(UTC)
            )
            self.payments[ref] = known
        self._after()
        return OpenedPayment(known.ref, f"https://pay.example/{known.ref}")

    def look(self, ref: str) -> ProviderPayment:
        if ref not in self.payments:
            raise NotUnderstood("There is no such payment.")
        return self.payments[ref]

    def find(self, intent: str, since: datetime) -> ProviderPayment | None:
        return next((one for one in self.payments.values() if one.intent == intent), None)

    def close(self, ref: str) -> ProviderPayment:
        one = self.look(ref)
        if one.state is PaymentState.OPEN:
            self.payments[ref] = replace(one, state=PaymentState.EXPIRED)
        return self.payments[ref]

    def refund(self, request: RefundRequest) -> ProviderRefund:
        self._before()
        payment = self.look(request.payment.ref)
        known = next((one for one in payment.refunds if one.intent == request.intent), None)
        if known is None:
            back = sum(one.amount.minor for one in payment.refunds)
            if back + request.amount.minor > payment.received.minor:
                raise Refused("That is more than was paid.")
            known = ProviderRefund(
                f"re_{payment.ref}_{len(payment.refunds)}", request.intent, request.amount, PaymentState.SUCCEEDED,
                datetime.now(UTC),
            )  # fmt: skip
            self.payments[payment.ref] = replace(payment, refunds=(*payment.refunds, known))
        self._after()
        return known

    def find_refund(self, payment: ProviderPayment, intent: str) -> ProviderRefund | None:
        return next((one for one in self.look(payment.ref).refunds if one.intent == intent), None)

    def receive(self, body: bytes, headers: Mapping[str, str], now: datetime) -> ProviderEvent:
        if headers.get("x-signature") != "good":
            raise WebhookRejected("wrong signature")
        said = orjson.loads(body)
        return ProviderEvent(said["id"], said["kind"], said["ref"], now, said.get("intent", ""))

    def changed_since(self, since: datetime) -> tuple[str, ...]:
        return tuple(self.payments)

    # What the payer does at the provider's own site

    def payer(self, ref: str, state: PaymentState) -> None:
        one = self.payments[ref]
        if one.state not in (PaymentState.OPEN, PaymentState.PENDING):
            return
        received = one.amount if state is PaymentState.SUCCEEDED else one.received
        self.payments[ref] = replace(one, state=state, received=received, charge=f"ch_{ref}", method="Visa •••• 4242")

    @property
    def kept(self) -> int:
        """All money that is here, in minor units."""
        took = sum(one.received.minor for one in self.payments.values())
        return took - sum(back.amount.minor for one in self.payments.values() for back in one.refunds)


class Account(TransferProvider):
    """A bank account."""

    name = "account"
    title = "Bank transfer"

    @property
    def ready(self) -> bool:
        return True

    @property
    def details(self) -> TransferDetails:
        return TransferDetails("Layerworks GmbH", "DE89370400440532013000", "COBADEFF")


def open_for_money(workshop: Workshop) -> PaySite:
    """A shop that may issue invoices, has prices, and is paid at a site in memory or by transfer."""
    site = PaySite()
    workshop.shop.plugins.payment_providers.update({site.name: site, Account.name: Account()})
    rates = Rates("EUR", {"fdm": 350, "laser": 3200, "cnc": 6000}, {"pla": 2490, "petg": 2900, "aluminium": 900}, {})
    seller = SellerDetails(
        address=("Werkstraße 1",), postcode="10115", city="Berlin", country="DE", vat_id="DE136695976", deposit=5000
    )
    prices = PriceList("EUR", rates, hand_hour=4500, margin=2000)
    save_settings(workshop.shop, BillingSettings(prices, seller), actor=workshop.actor("olga"), at=utcnow())
    return site
