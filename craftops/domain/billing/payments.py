"""The life of a payment as our books have it, and what a look at its provider changes.

A payment is written down before its provider is asked. Where the answer is lost its state is UNKNOWN, and whatever is
to be done with it asks the provider first. SUCCEEDED is for ever: what goes back is a refund. FAILED and EXPIRED are
not: a payer may be faster than our clock, and money that came is money that came.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from craftops.errors import RuleError


class PaymentStatus(StrEnum):
    """How a payment stands."""

    OPENING = "opening"
    """Written down; the provider is being asked."""
    UNKNOWN = "unknown"
    """The provider was asked and no answer came."""
    OPEN = "open"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    EXPIRED = "expired"


PAYABLE = frozenset({PaymentStatus.OPENING, PaymentStatus.UNKNOWN, PaymentStatus.OPEN})
"""The payer may still pay there: before another way is opened, this one is closed."""
UNSETTLED = PAYABLE | {PaymentStatus.PENDING}
_FORWARD: dict[PaymentStatus, frozenset[PaymentStatus]] = {
    PaymentStatus.OPENING: frozenset(PaymentStatus) - {PaymentStatus.OPENING},
    PaymentStatus.UNKNOWN: frozenset(
        {
            PaymentStatus.OPEN,
            PaymentStatus.PENDING,
            PaymentStatus.SUCCEEDED,
            PaymentStatus.FAILED,
            PaymentStatus.EXPIRED,
        }
    ),
    PaymentStatus.OPEN: frozenset(
        {PaymentStatus.PENDING, PaymentStatus.SUCCEEDED, PaymentStatus.FAILED, PaymentStatus.EXPIRED}
    ),
    PaymentStatus.PENDING: frozenset({PaymentStatus.SUCCEEDED, PaymentStatus.FAILED, PaymentStatus.EXPIRED}),
    PaymentStatus.FAILED: frozenset({PaymentStatus.SUCCEEDED, PaymentStatus.PENDING}),
    PaymentStatus.EXPIRED: frozenset({PaymentStatus.SUCCEEDED, PaymentStatus.PENDING}),
    PaymentStatus.SUCCEEDED: frozenset(),
}


def after_look(state: PaymentStatus, told: PaymentStatus) -> PaymentStatus:
    """The state after its provider told one; an older word never takes a newer one back."""
    return told if told in _FORWARD[state] else state


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """What is left to pay on an invoice, in minor units."""

    id: int
    left: int


@dataclass(frozen=True, slots=True)
class InvoiceShare:
    """A part of a payment for one invoice."""

    invoice: int
    amount: int


def share_payment(
    amount: int, meant: tuple[InvoiceShare, ...], invoices: tuple[OpenInvoice, ...]
) -> tuple[InvoiceShare, ...]:
    """How money that came is spread over the invoices it was meant for: each as meant, none above what is left on it.

    What remains after that is the customer's credit; it is never put somewhere by guess.
    """
    left = {one.id: max(0, one.left) for one in invoices}
    shares = []
    for want in meant:
        part = min(want.amount, left.get(want.invoice, 0), amount)
        if part > 0:
            shares.append(InvoiceShare(want.invoice, part))
            left[want.invoice] -= part
            amount -= part
    return tuple(shares)


def check_refund(wanted: int, received: int, refunded: int) -> None:
    """Raises RuleError unless ``wanted`` minor units can go back of what was received (and went back before)."""
    if wanted <= 0:
        raise RuleError("Say how much is to go back.")
    if wanted > received - refunded:
        raise RuleError("That is more than is left of this payment.", "Refund what is left, or less.")
