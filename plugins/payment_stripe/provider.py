"""Cards, wallets and bank debits by Stripe's hosted Checkout.

``find`` lists sessions and compares our metadata; it does not repeat the request under its idempotency key: that would
make the session where the first request never arrived, it needs the whole request, and Stripe forgets keys after a day.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from craftops.domain.billing.money import Money
from craftops.errors import NotUnderstood, OutsideError, Refused, Unreachable, Unsure
from craftops.sdk import payment
from craftops.sdk.payment import (
    OnlineProvider,
    OpenedPayment,
    PaymentRequest,
    PaymentState,
    ProviderEvent,
    ProviderFacts,
    ProviderPayment,
    ProviderRefund,
    RefundRequest,
)

from . import messages
from .currencies import why_not
from .settings import StripeSettings
from .webhooks import believed, concerned

if TYPE_CHECKING:
    from .client import StripeCall

MARGIN_S = 2.0
"""What is left of the time that a method may take, for the rest of its work."""
CLOCKS = timedelta(minutes=10)
"""How far Stripe's clock and ours may be apart."""
BEST = (
    PaymentState.SUCCEEDED, PaymentState.PENDING, PaymentState.OPEN, PaymentState.FAILED, PaymentState.EXPIRED,
)  # fmt: skip
"""Of several sessions under one intent, which counts: the one nearest to money."""
KINDS = [
    "checkout.session.completed", "checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed",
    "checkout.session.expired", "charge.refunded", "refund.created", "refund.updated", "refund.failed",
    "charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed", "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
]  # fmt: skip
"""Events after which a payment may stand otherwise; what the webhook endpoint should send, too."""


class StripeCards(OnlineProvider):
    """One account at Stripe."""

    name: ClassVar[str] = "stripe"
    title: ClassVar[str] = "Card"

    def __init__(self, settings: StripeSettings) -> None:
        self.settings = settings

    @property
    def ready(self) -> bool:
        return bool(self.settings.secret_key)

    @property
    def facts(self) -> ProviderFacts:
        return ProviderFacts(test_mode=not self.settings.live, note="Card, wallet or bank debit, at Stripe.")

    def why_not(self, amount: Money) -> str:
        return why_not(amount)

    def open(self, request: PaymentRequest) -> OpenedPayment:
        if said := why_not(request.amount):
            raise Refused(said)
        params = messages.session_params(request, datetime.now(UTC))
        from .client import Mismatch, NotTaken  # stripe is imported when there is something to ask

        with self._call() as call:
            try:
                try:
                    session = call.create_session(params, request.intent)
                except NotTaken as error:
                    if error.param != "customer_email":
                        raise
                    del params["customer_email"]  # a convenience; an address that Stripe dislikes stops nobody
                    session = call.create_session(params, request.intent)
            except Mismatch:
                return self._opened_before(call, request)
        return _opened(session["id"], session.get("url"), session.get("expires_at"))

    def _opened_before(self, call: StripeCall, request: PaymentRequest) -> OpenedPayment:
        """The session of this intent, when the repeated request was not the same to the letter (its end was moved).

        Raises Unsure whatever goes wrong: something was opened under this intent.
        """
        with _acted("This payment was opened before; how it stands is not known yet."):
            found = self._sessions(call, request.intent, datetime.now(UTC) - timedelta(days=2))
            if not found:
                raise Unsure("Stripe was asked the same before, and shows nothing of it yet.")
            payment = self._best(call, found)
        if payment.amount != request.amount:
            raise Unsure("This payment was opened before, for another amount.")
        [session] = [one for one in found if one["id"] == payment.ref]
        return _opened(payment.ref, session.get("url"), session.get("expires_at"))

    def look(self, ref: str) -> ProviderPayment:
        with self._call() as call:
            return self._look(call, ref)

    def _look(self, call: StripeCall, ref: str) -> ProviderPayment:
        session = call.session(ref, messages.EXPAND)
        paid_by = str(messages.intent_of(session).get("id", ""))
        plain = messages.payment_of(session)
        if plain.state is not PaymentState.SUCCEEDED:
            return plain
        refunds = [messages.refund_of(one) for one in call.refunds(paid_by)]
        told = call.disputes(paid_by) if messages.is_disputed(session) else ()
        disputes = [messages.dispute_of(one) for one in told]
        return messages.payment_of(session, refunds, disputes)

    def find(self, intent: str, since: datetime) -> ProviderPayment | None:
        with self._call() as call:
            found = self._sessions(call, intent, since)
            return self._best(call, found) if found else None

    def _sessions(self, call: StripeCall, intent: str, since: datetime) -> list[dict[str, Any]]:
        after = int((since - CLOCKS).timestamp())
        told = call.sessions({"created": {"gte": after}})
        return [one for one in told if (one.get("metadata") or {}).get(messages.INTENT) == intent]

    def _best(self, call: StripeCall, sessions: list[dict[str, Any]]) -> ProviderPayment:
        return min((self._look(call, str(one["id"])) for one in sessions), key=lambda found: BEST.index(found.state))

    def close(self, ref: str) -> ProviderPayment:
        from .client import NotTaken

        with self._call() as call:
            refused: Refused | None = None
            try:
                call.expire_session(ref)
            except NotTaken as error:  # it is over already, or was never there
                refused = error
            if refused is None:
                with _acted("Nobody can pay there any more; whether somebody did before is not known yet."):
                    return self._look(call, ref)
            found = self._look(call, ref)
            if found.state is PaymentState.OPEN:
                raise refused
            return found

    def refund(self, request: RefundRequest) -> ProviderRefund:
        if not request.payment.charge:
            raise Refused("Nothing was paid here that could be sent back.")
        params = messages.refund_params(request)
        with self._call() as call:
            before = self._sent_before(call, request)
            if before is not None:
                return before
            made = call.create_refund(params, request.intent)
        try:
            return messages.refund_of(made)
        except NotUnderstood as error:
            raise Unsure("Stripe sent money back and told of it in words that we do not know.") from error

    def _sent_before(self, call: StripeCall, request: RefundRequest) -> ProviderRefund | None:
        """Stripe forgets idempotency keys after a day, and money must not go back twice after that either.

        Raises Unreachable where that cannot be told: nothing is sent then.
        """
        try:
            return self._refund_of(call, request.payment.charge, request.intent)
        except NotUnderstood as error:
            raise Unreachable(f"{error.sentence} Nothing was sent back.") from error

    def find_refund(self, payment: ProviderPayment, intent: str) -> ProviderRefund | None:
        if not payment.charge:
            return None
        with self._call() as call:
            return self._refund_of(call, payment.charge, intent)

    def _refund_of(self, call: StripeCall, charge: str, intent: str) -> ProviderRefund | None:
        found = (messages.refund_of(one) for one in call.refunds(charge))
        return next((one for one in found if one.intent == intent), None)

    def receive(self, body: bytes, headers: Mapping[str, str], now: datetime) -> ProviderEvent:
        return believed(body, headers, self.settings, now)

    def changed_since(self, since: datetime) -> tuple[str, ...]:
        """Of ours alone, from Stripe's list of events, which reaches back 30 days."""
        with self._call() as call:
            return tuple(dict.fromkeys(self._changed(call, since)))

    def _changed(self, call: StripeCall, since: datetime) -> Iterator[str]:
        asked: dict[str, str] = {}
        for event in call.events(int((since - CLOCKS).timestamp()), KINDS):
            ref, charge = concerned(event)
            if not ref and charge and charge not in asked:
                of = call.sessions({"payment_intent": charge})
                asked[charge] = next((str(one["id"]) for one in of if messages.is_ours(one)), "")
            ref = ref or asked.get(charge, "")
            if ref:
                yield ref

    def _call(self) -> StripeCall:
        from .client import StripeCall  # the web starts without stripe

        return StripeCall(self.settings, payment.BLOCKS_S - MARGIN_S)


@contextmanager
def _acted(sentence: str) -> Iterator[None]:
    """For a look after an act: where it fails, "nothing happened" would not be true."""
    try:
        yield
    except Unsure:
        raise
    except OutsideError as error:
        raise Unsure(sentence) from error


def _opened(ref: str, url: str | None, expires_at: int | None) -> OpenedPayment:
    return OpenedPayment(ref, url or "", messages.moment(expires_at) if expires_at else None)
