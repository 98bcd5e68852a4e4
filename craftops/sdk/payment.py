"""What a payment provider is, and where money may move.

Money moves in two places only: on the payer's side after ``open`` has given them a place to pay, and in ``refund``.
Before either is called, the core has written a row with an ``intent``: a key that is the same for every repetition of
this one act, so that a provider which honours it (an idempotency key) never does the act twice. Every other method only
looks. The core believes ``look``, never the browser that comes back.

Errors tell the core what it may conclude. ``Unreachable``: the provider was provably not reached, or said that it did
nothing because it is busy. ``Unsure``: it may have happened; the core asks ``find`` or ``find_refund`` before anything
else is done. ``Refused``: it said no, nothing happened. ``CredentialsRejected``: nothing happened, and staff must see
to the key. ``NotUnderstood`` comes only from what looks: an answer to ``open``, ``close`` or ``refund`` that cannot be
read is ``Unsure``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from craftops.domain.billing.money import Money

BLOCKS_S = 20.0
"""Seconds within which every method of a provider returns or raises."""


class PaymentState(StrEnum):
    """How a payment stands at its provider."""

    OPEN = "open"
    """The payer has a place to pay and has not finished there."""
    PENDING = "pending"
    """Finished by the payer, and no money yet (a bank debit under way). It is not paid, and it has not failed."""
    SUCCEEDED = "succeeded"
    """The money is ours."""
    FAILED = "failed"
    EXPIRED = "expired"
    """Closed unpaid: nobody can pay there any more."""


@dataclass(frozen=True, slots=True)
class PaymentRequest:
    """What to ask of the payer."""

    intent: str
    """Unique for this attempt and the same for each repetition of the call; at most 64 characters of ``[a-z0-9-]``.

    Providers forget the keys of requests after a day: an older attempt is looked for (``find``), and never repeated.
    """
    amount: Money
    """Above zero."""
    title: str
    """What is paid for, as the payer reads it: "Invoice R-2026-0041"."""
    reference: str
    """What our books know it by; comes back in ``ProviderPayment.reference``."""
    return_url: str
    """Where the browser goes after paying. It holds ``{session}`` where the provider's own id goes."""
    cancel_url: str
    email: str = ""
    language: str = ""
    """Of the payer, as "de" or "en"."""
    expires_at: datetime | None = None
    """Nobody may pay after it, as near as the provider goes; aware UTC."""


@dataclass(frozen=True, slots=True)
class OpenedPayment:
    """A place to pay."""

    ref: str
    """The provider's own id of it, unique at the provider."""
    url: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ProviderRefund:
    """Money on its way back. ``state`` is PENDING, SUCCEEDED or FAILED."""

    ref: str
    intent: str
    """The key under which we asked for it; empty when somebody did it at the provider's own site."""
    amount: Money
    state: PaymentState
    at: datetime
    reason: str = ""
    """Why it failed, for staff."""


@dataclass(frozen=True, slots=True)
class ProviderDispute:
    """A payer took the money back through their bank. ``won`` is None while it is open."""

    ref: str
    amount: Money
    reason: str
    at: datetime
    won: bool | None = None
    answer_by: datetime | None = None
    withdrawn: bool = True
    """Whether the money was taken; False while the bank only asks."""


@dataclass(frozen=True, slots=True)
class ProviderPayment:
    """A payment as its provider has it now."""

    ref: str
    intent: str
    reference: str
    state: PaymentState
    amount: Money
    """What was asked for."""
    received: Money
    """What has come; zero until SUCCEEDED."""
    at: datetime
    """Since when it stands so; aware UTC."""
    charge: str = ""
    """The provider's id of the money itself, that refunds and words of the provider refer to; empty until there is
    some."""
    method: str = ""
    """How it was paid, for people: "Visa •••• 4242"."""
    fee: Money | None = None
    refunds: tuple[ProviderRefund, ...] = ()
    disputes: tuple[ProviderDispute, ...] = ()
    reason: str = ""
    """Why it failed, as the payer may read it."""


@dataclass(frozen=True, slots=True)
class RefundRequest:
    """Money to send back, at most what was received less what went back before (the core sees to it)."""

    intent: str
    payment: ProviderPayment
    amount: Money
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """A word from the provider whose signature was checked. It tells only what to look at again."""

    id: str
    """The provider's id of this word: a repeated one is told by it."""
    kind: str
    """As the provider calls it."""
    ref: str
    """The payment (``ProviderPayment.ref``) that it is about; empty when it concerns none."""
    at: datetime
    intent: str = ""
    """The intent of that payment, where the word has it: a word may come before the answer to ``open``."""
    charge: str = ""
    """``ProviderPayment.charge`` of that payment, where the word has only this: of a dispute, or of a refund that
    somebody made at the provider's own site."""


class WebhookRejected(Exception):
    """A word that is not the provider's, too old, or for another account or mode. The sentence is for the log."""


@dataclass(frozen=True, slots=True)
class TransferDetails:
    """What a payer needs who pays from their own bank."""

    holder: str
    """The account's holder exactly as the bank has it (payers' banks compare it)."""
    iban: str
    bic: str = ""
    bank: str = ""


@dataclass(frozen=True, slots=True)
class ProviderFacts:
    """What staff and payers are told of a provider besides its name."""

    test_mode: bool = False
    """No real money moves; every page says so."""
    note: str = ""
    """One sentence for the payer: "Card, wallet or bank debit"."""
    extra: Mapping[str, str] = field(default_factory=dict)


class PaymentProvider(ABC):
    """One way to be paid. Its methods block for at most ``BLOCKS_S``; they are called from any thread or process."""

    name: ClassVar[str]
    """Kept in the database with each payment; never change it."""
    title: ClassVar[str]
    """For payers: "Card"."""

    @property
    @abstractmethod
    def ready(self) -> bool:
        """Whether it is set up; payers are not shown one that is not."""

    @property
    def facts(self) -> ProviderFacts:
        return ProviderFacts()

    def why_not(self, amount: Money) -> str:
        """One sentence why this amount cannot be paid this way; empty when it can."""
        return ""


class OnlineProvider(PaymentProvider):
    """One with a site of its own, to which the payer is sent."""

    @abstractmethod
    def open(self, request: PaymentRequest) -> OpenedPayment:
        """Make a place to pay; the same one for the same ``intent``. Raises OutsideError as the module says.

        Its ``url`` is empty where nobody can pay there any more.
        """

    @abstractmethod
    def look(self, ref: str) -> ProviderPayment:
        """How a payment stands now. Raises OutsideError."""

    @abstractmethod
    def find(self, intent: str, since: datetime) -> ProviderPayment | None:
        """The payment that was opened under ``intent`` not before ``since``, when its answer was lost.

        None: there is none yet. A request that was lost may still be under way, so the act goes on with ``open`` under
        the same intent, never under a new one. Raises OutsideError.
        """

    @abstractmethod
    def close(self, ref: str) -> ProviderPayment:
        """Let nobody pay there any more, and say how it stands after that: it may have been paid just before.

        Raises OutsideError.
        """

    @abstractmethod
    def refund(self, request: RefundRequest) -> ProviderRefund:
        """Send money back; the same refund for the same ``intent``. Raises OutsideError as the module says."""

    @abstractmethod
    def find_refund(self, payment: ProviderPayment, intent: str) -> ProviderRefund | None:
        """The refund that was asked for under ``intent``, when its answer was lost. Raises OutsideError."""

    @abstractmethod
    def receive(self, body: bytes, headers: Mapping[str, str], now: datetime) -> ProviderEvent:
        """A webhook's body, believed. ``headers`` by lower-case name. Raises WebhookRejected."""

    @abstractmethod
    def changed_since(self, since: datetime) -> tuple[str, ...]:
        """Refs of payments that changed after ``since``, for the nightly comparison of our books with the provider's.

        Raises OutsideError.
        """


class TransferProvider(PaymentProvider):
    """The payer's own bank: we say where to, and staff import the account's statements."""

    @property
    @abstractmethod
    def details(self) -> TransferDetails:
        """The account."""


class CounterProvider(PaymentProvider):
    """Money that a person takes (a card terminal, the till); staff book it with its receipt's number."""

    @abstractmethod
    def kinds(self, country: str) -> Mapping[str, str]:
        """What can be booked by a shop in ``country`` (ISO 3166-1 alpha-2): key -> its name for people."""

    def cash_note(self, country: str) -> str:
        """One sentence why a shop in ``country`` cannot book cash; empty where it can."""
        return ""
