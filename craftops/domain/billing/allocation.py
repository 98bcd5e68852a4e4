"""Which documents incoming transfers pay: what is certain is booked, what is not is proposed, and nothing is dropped.

Pure: transactions, open documents and what was booked before go in; an outcome for each transaction comes out. For
every transaction that is new money, the amounts allocated and the surplus add up to its amount.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from craftops.domain.billing.money import Money
from craftops.domain.billing.statements import BankTransaction


class TransferHandling(StrEnum):
    """What becomes of a transaction."""

    BOOKED = "booked"
    """Allocations and surplus are certain."""
    ASK = "ask"
    """It is money, staff decide whose: all of it is surplus until they have."""
    KNOWN = "known"
    """It was booked before: the same statement again."""
    NO_MONEY = "no_money"
    """Pending, mere information, or an amount of nothing."""
    OUTGOING = "outgoing"
    """The shop paid somebody."""


class TransferReason(StrEnum):
    """TransferReason a transaction is handled as it is, or why a proposal is one."""

    REFERENCE = "reference"
    """Its reference, or a number or code in its text, says so."""
    NAMED_AND_SUM = "named_and_sum"
    """It names several documents, and pays them to the cent."""
    PAID_ALREADY = "paid_already"
    """What it names is paid: a second transfer is real money, and the customer's credit."""
    OVERPAID = "overpaid"
    TAKEN_BACK = "taken_back"
    """A return of a transfer that was booked before."""
    NOT_BOOKED = "not_booked"
    """The bank has not booked it, or only informs."""
    NOTHING = "nothing"
    """Its amount is 0."""
    SAME_STATEMENT = "same_statement"
    OUTGOING = "outgoing"
    DOUBTFUL = "doubtful"
    """The statement contradicts itself; see the transaction's ``doubt``."""
    MAYBE_SAME = "maybe_same"
    """Another message may have told the same money already."""
    WHICH_OF_SEVERAL = "which_of_several"
    OTHER_CURRENCY = "other_currency"
    SHORT_NUMBER = "short_number"
    """Its text holds a number too short to prove anything."""
    PARTY_AND_AMOUNT = "party_and_amount"
    AMOUNT_ALONE = "amount_alone"
    PARTY_ALONE = "party_alone"
    OURS_CAME_BACK = "ours_came_back"
    """Money that the shop had sent, a refund perhaps, came back."""
    RETURN_OF_UNKNOWN = "return_of_unknown"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class OpenDocument:
    """An invoice, or whatever else may be paid. Those paid lately belong in the list as well, with nothing open."""

    key: str
    number: str
    customer: str
    """Key of whoever owes it."""
    open: Money
    """What is still to be paid; never below zero."""
    references: tuple[str, ...] = ()
    """Creditor references that were printed on it; the documents of an order may share one."""
    codes: tuple[str, ...] = ()
    """Codes of its order or quote."""
    names: tuple[str, ...] = ()
    """What the customer is called: name, company."""
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Allocation:
    """So much of a transaction pays this document; negative where a return takes it back."""

    transaction: str
    document: str
    amount: Money


@dataclass(frozen=True, slots=True)
class AllocationProposal:
    """What staff may book by one click, and why it may be right."""

    allocations: tuple[Allocation, ...]
    why: TransferReason
    takes_back: str = ""
    """Key of the transaction that it returns."""


@dataclass(frozen=True, slots=True)
class TransferOutcome:
    """What becomes of one transaction. ``surplus`` is what pays no document: a customer's credit, or nobody's yet."""

    transaction: BankTransaction
    handling: TransferHandling
    why: TransferReason
    surplus: Money
    allocations: tuple[Allocation, ...] = ()
    customer: str = ""
    """Whose credit the surplus is; empty where that is not known."""
    proposals: tuple[AllocationProposal, ...] = ()
    takes_back: str = ""
    """Key of the transaction that it returns."""

    @property
    def needs_staff(self) -> bool:
        """Whether it belongs into the to-do: money without a document."""
        return self.handling is TransferHandling.ASK or self.surplus.minor != 0


@dataclass(frozen=True, slots=True)
class BookedTransfer:
    """A transaction that was booked before, with what it pays now."""

    transaction: BankTransaction
    allocations: tuple[Allocation, ...] = ()
    taken_back: bool = False
    """Whether a return of it was booked as well."""


def open_after(documents: Sequence[OpenDocument], outcomes: Iterable[TransferOutcome]) -> Mapping[str, int]:
    """Document -> minor units open once the outcomes are booked."""
    left = {one.key: one.open.minor for one in documents}
    for outcome in outcomes:
        for allocation in outcome.allocations:
            if allocation.document in left:
                left[allocation.document] -= allocation.amount.minor
    return left
