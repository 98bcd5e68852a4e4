"""The walk through incoming transfers: each finds its documents, takes an earlier one back, or waits for staff."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from dataclasses import replace

from craftops.domain.billing.allocation import (
    Allocation,
    AllocationProposal,
    BookedTransfer,
    OpenDocument,
    TransferHandling,
    TransferOutcome,
    TransferReason,
)
from craftops.domain.billing.money import Money
from craftops.domain.billing.naming import NameIndex, Naming
from craftops.domain.billing.statements import BankTransaction, BookingStatus


def allocate(
    transactions: Iterable[BankTransaction], documents: Sequence[OpenDocument], before: Sequence[BookedTransfer] = ()
) -> tuple[TransferOutcome, ...]:
    """An outcome for each transaction, in their order; each sees what those before it have paid.

    ``before`` holds the bookings of the same accounts: at least those of the days of the transactions, and those that a
    return may take back. Raises ValueError for a document with less than nothing open, or two with one key.
    """
    given = tuple(transactions)
    walk = _Allocation(documents, before, {one.key for one in given})
    return tuple(walk.take(one) for one in given)


class _Allocation:
    """What is open and what is booked, as it changes from one transaction to the next."""

    def __init__(self, documents: Sequence[OpenDocument], before: Sequence[BookedTransfer], given: Set[str]) -> None:
        self.documents = {one.key: one for one in documents}
        if len(self.documents) != len(documents) or any(one.open.minor < 0 for one in documents):
            raise ValueError("every document needs a key of its own, and nothing less than zero open")
        self.index = NameIndex(documents)
        self.bookings: dict[str, BookedTransfer] = {}
        self.same_day: defaultdict[object, list[BankTransaction]] = defaultdict(list)
        for booking in before:
            self._remember(booking)
        self.not_given = set(self.bookings) - given
        """What was booked before and is not told again: a row that a bank words anew may stand for one of them."""

    def take(self, one: BankTransaction) -> TransferOutcome:
        """What becomes of it; remembered, so that the next one knows."""
        if one.status is not BookingStatus.BOOKED or one.amount.minor == 0:
            why = TransferReason.NOTHING if one.status is BookingStatus.BOOKED else TransferReason.NOT_BOOKED
            return TransferOutcome(one, TransferHandling.NO_MONEY, why, _nothing(one))
        if one.key in self.bookings:
            return TransferOutcome(one, TransferHandling.KNOWN, TransferReason.SAME_STATEMENT, _nothing(one))
        outcome = self._returned(one) if one.reversal and one.amount.minor < 0 else self._came(one)
        self._book(outcome)
        return outcome

    def _came(self, one: BankTransaction) -> TransferOutcome:
        if one.amount.minor < 0:
            return TransferOutcome(one, TransferHandling.OUTGOING, TransferReason.OUTGOING, _nothing(one))
        if one.reversal:
            return TransferOutcome(one, TransferHandling.ASK, TransferReason.OURS_CAME_BACK, one.amount)
        outcome = self._allocated(one)
        for why, is_so in (
            (TransferReason.DOUBTFUL, bool(one.doubt)),
            (TransferReason.MAYBE_SAME, self._may_be_known(one)),
        ):
            if is_so:
                return _asked(outcome, why)
        return outcome

    def _may_be_known(self, one: BankTransaction) -> bool:
        """Told by another message; or, in a table, which has no name, by an earlier one that worded it otherwise."""
        return any(
            one.may_be(other)
            and (one.statement != other.statement or (not one.statement and other.key in self.not_given))
            for other in self.same_day[_day(one)]
        )

    def _allocated(self, one: BankTransaction) -> TransferOutcome:
        """By what it names; else guesses for staff."""
        naming = self.index.named(one, self.documents)
        if not naming.documents:
            return TransferOutcome(
                one, TransferHandling.ASK, TransferReason.UNKNOWN, one.amount, proposals=self._guessed(one)
            )
        if any(document.open.currency != one.amount.currency for document in naming.documents):
            return TransferOutcome(one, TransferHandling.ASK, TransferReason.OTHER_CURRENCY, one.amount)
        live = [document for document in naming.documents if document.open.minor > 0]
        total = sum(document.open.minor for document in live)
        if len(live) > 1 and one.amount.minor < total:
            return self._part_of_several(one, naming, live)
        return _paid(one, live, naming.documents)

    def _part_of_several(self, one: BankTransaction, naming: Naming, live: list[OpenDocument]) -> TransferOutcome:
        """Less than all that it names: certain only for the one document of a shared code that it pays to the cent."""
        exact = [document for document in live if document.open == one.amount]
        if len(exact) == 1 and naming.is_shared:
            return _paid(one, exact, exact)
        first = sorted(live, key=lambda document: (document.due_on is None, document.due_on, document.number))
        choices = [*([document] for document in exact), first]
        proposals = [AllocationProposal(_fill(one, choice), TransferReason.WHICH_OF_SEVERAL) for choice in choices]
        return TransferOutcome(
            one, TransferHandling.ASK, TransferReason.WHICH_OF_SEVERAL, one.amount, proposals=tuple(proposals)
        )

    def _guessed(self, one: BankTransaction) -> tuple[AllocationProposal, ...]:
        return tuple(
            AllocationProposal(_fill(one, [document]), why) for document, why in self.index.guesses(one, self.documents)
        )

    def _returned(self, one: BankTransaction) -> TransferOutcome:
        """A return takes back what its original paid, if there is one original and no other."""
        same = [booking for booking in self.bookings.values() if _may_be_taken_back(booking, one)]
        exact = [booking for booking in same if booking.transaction.amount.minor == -one.amount.minor]
        proven = _originals(exact, one)
        if len(proven) == 1 and not one.doubt:
            return _taken_back(one, proven[0])
        likely = proven or [booking for booking in exact if _is_from_same(booking.transaction, one)]
        likely = likely or _originals(same, one)
        proposals = _take_back_one_of(likely, one)
        why = TransferReason.WHICH_OF_SEVERAL if len(likely) > 1 else TransferReason.RETURN_OF_UNKNOWN
        why = TransferReason.DOUBTFUL if one.doubt else why
        return TransferOutcome(one, TransferHandling.ASK, why, one.amount, proposals=tuple(proposals))

    def _book(self, outcome: TransferOutcome) -> None:
        for allocation in outcome.allocations:
            document = self.documents.get(allocation.document)
            if document:
                left = Money(document.open.minor - allocation.amount.minor, document.open.currency)
                self.documents[document.key] = replace(document, open=left)
        if outcome.takes_back:
            self.bookings[outcome.takes_back] = replace(self.bookings[outcome.takes_back], taken_back=True)
        self._remember(BookedTransfer(outcome.transaction, outcome.allocations))

    def _remember(self, booking: BookedTransfer) -> None:
        self.bookings[booking.transaction.key] = booking
        self.same_day[_day(booking.transaction)].append(booking.transaction)


def _originals(bookings: Iterable[BookedTransfer], one: BankTransaction) -> list[BookedTransfer]:
    """Those of them that a return names as its original."""
    return [booking for booking in bookings if _is_original(booking.transaction, one)]


def _day(one: BankTransaction) -> object:
    return one.account, one.booked_on, one.amount


def _nothing(one: BankTransaction) -> Money:
    return Money(0, one.amount.currency)


def _paid(one: BankTransaction, live: Sequence[OpenDocument], named: Sequence[OpenDocument]) -> TransferOutcome:
    """As much as is open of each, in full but for the last; what is left is the credit of whoever owed it."""
    allocations = _fill(one, live)
    left = one.amount.minor - sum(allocation.amount.minor for allocation in allocations)
    customers = {document.customer for document in named}
    why = TransferReason.REFERENCE if len(live) == 1 else TransferReason.NAMED_AND_SUM
    if left:
        why = TransferReason.OVERPAID if live else TransferReason.PAID_ALREADY
    owner = customers.pop() if left and len(customers) == 1 else ""
    return TransferOutcome(one, TransferHandling.BOOKED, why, Money(left, one.amount.currency), allocations, owner)


def _fill(one: BankTransaction, documents: Sequence[OpenDocument]) -> tuple[Allocation, ...]:
    """The amount over the documents in their order, never more than is open."""
    left, found = one.amount.minor, []
    for document in documents:
        share = min(left, document.open.minor)
        if share > 0:
            found.append(Allocation(one.key, document.key, Money(share, one.amount.currency)))
            left -= share
    return tuple(found)


def _asked(outcome: TransferOutcome, why: TransferReason) -> TransferOutcome:
    """The same, for staff to book: what would be certain otherwise is their first proposal."""
    first = [AllocationProposal(outcome.allocations, outcome.why)] if outcome.allocations else []
    return TransferOutcome(
        outcome.transaction, TransferHandling.ASK, why, outcome.transaction.amount,
        proposals=(*first, *outcome.proposals),
    )  # fmt: skip


def _take_back_one_of(likely: Sequence[BookedTransfer], one: BankTransaction) -> list[AllocationProposal]:
    return [
        AllocationProposal(_taken_back(one, booking).allocations, TransferReason.TAKEN_BACK, booking.transaction.key)
        for booking in likely
        if -one.amount.minor >= booking.transaction.amount.minor
    ]


def _may_be_taken_back(booking: BookedTransfer, one: BankTransaction) -> bool:
    """Whether a booking is of money that came to the account of a return, in its currency, and is still here."""
    came = booking.transaction
    here = (came.account, came.amount.currency) == (one.account, one.amount.currency)
    return came.amount.minor > 0 and not booking.taken_back and here


def _taken_back(one: BankTransaction, booking: BookedTransfer) -> TransferOutcome:
    """The original's allocations, turned round; what was its surplus is taken from the credit."""
    allocations = tuple(
        Allocation(one.key, each.document, Money(-each.amount.minor, each.amount.currency))
        for each in booking.allocations
    )
    left = one.amount.minor - sum(allocation.amount.minor for allocation in allocations)
    return TransferOutcome(
        one, TransferHandling.BOOKED, TransferReason.TAKEN_BACK, Money(left, one.amount.currency), allocations,
        takes_back=booking.transaction.key,
    )  # fmt: skip


def _is_original(original: BankTransaction, back: BankTransaction) -> bool:
    """Whether an id or reference says that this is what came back."""
    if original.transaction_id and original.transaction_id == back.transaction_id:
        return True
    if original.end_to_end and original.end_to_end == back.end_to_end:
        return True
    return bool(set(original.references) & set(back.references))


def _is_from_same(original: BankTransaction, back: BankTransaction) -> bool:
    account = bool(original.party_account) and original.party_account == back.party_account
    return account or bool(original.party and original.party.casefold() == back.party.casefold())
