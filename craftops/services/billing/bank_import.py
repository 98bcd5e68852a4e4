"""Statements of the shop's account: each transfer is booked where it is certain whose it is, and else put before staff.

A transaction is a row before anything is done with it, under the key that the same statement gives it at every import:
what was imported twice books nothing twice, and a process that ends in the middle is followed by the next import.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from craftops.domain.billing.allocating import allocate
from craftops.domain.billing.allocation import (
    Allocation,
    BookedTransfer,
    OpenDocument,
    TransferHandling,
    TransferOutcome,
)
from craftops.domain.billing.money import Money
from craftops.domain.billing.payments import InvoiceShare
from craftops.domain.billing.statements import BankTransaction
from craftops.domain.people.access import Actor
from craftops.errors import AccessError, IllegalMove, RuleError
from craftops.services.billing import invoicing, paying, refunding
from craftops.services.billing.bank_files import read_bank_file
from craftops.services.shop.context import Shop
from craftops.store.database import UnitOfWork, unit_of_work
from craftops.store.models import BankTransactionRow, InvoiceRow
from craftops.store.queries import bank, billing
from craftops.store.views.billing import Identified, WaitingTransfer

OPEN, BOOKED, IGNORED = "open", "booked", "ignored"
REMEMBERED = timedelta(days=400)
"""How far back paid invoices and bookings are looked at: returns of direct debits may take 13 months."""
_TRANSACTION = TypeAdapter(BankTransaction)


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What a file held: how many transactions of each kind."""

    booked: int = 0
    asked: int = 0
    known: int = 0
    other: int = 0
    """Pending, outgoing, nothing."""


def import_file(shop: Shop, content: bytes, *, actor: Actor, at: datetime) -> ImportReport:
    """Read a statement and book what is certain. Raises AccessError; IntakeError for a file that nobody can read."""
    actor.must_be_staff()
    transactions = [one for statement in read_bank_file(content) for one in statement.transactions]
    counts: Counter[TransferHandling] = Counter()
    with unit_of_work():
        outcomes = allocate(transactions, _documents(at), _before(at))
    for outcome in outcomes:
        counts[_take(shop, outcome, actor, at)] += 1
    other = counts[TransferHandling.NO_MONEY] + counts[TransferHandling.OUTGOING]
    return ImportReport(
        counts[TransferHandling.BOOKED], counts[TransferHandling.ASK], counts[TransferHandling.KNOWN], other
    )


def _documents(at: datetime) -> list[OpenDocument]:
    """Invoices that are open, or were paid lately."""
    recent = (InvoiceRow.settled < InvoiceRow.gross) | (InvoiceRow.issued_at > at - REMEMBERED)
    rows = billing.invoices().where(InvoiceRow.kind != invoicing.CREDIT.value, recent).order_by(InvoiceRow.id)
    return [
        OpenDocument(
            key=str(row.id),
            number=row.number,
            customer=str(row.customer_id),
            open=Money(max(0, paying.left_on(row)), row.currency),
            references=(row.reference,),
            codes=(row.order.code,) if row.order else (),
            names=tuple({row.customer.name, row.document["buyer"]["name"]} - {""}),
            due_on=row.due_at.date() if row.due_at else None,
        )
        for row in rows
    ]


def _before(at: datetime) -> list[BookedTransfer]:
    """What was imported before, with what it covers now."""
    rows = BankTransactionRow.select().where(BankTransactionRow.imported_at > at - REMEMBERED)
    found = []
    for row in rows.order_by(BankTransactionRow.id):
        told = _TRANSACTION.validate_python(row.told)
        covers = billing.covered_by(row.payment_id) if row.payment_id else []
        shares = tuple(Allocation(told.key, str(one), Money(amount, row.currency)) for one, amount in covers)
        found.append(BookedTransfer(told, shares, taken_back=bool(row.payment and row.payment.refunded)))
    return found


def _take(shop: Shop, outcome: TransferOutcome, actor: Actor, at: datetime) -> TransferHandling:
    """Write one outcome down, in a transaction of its own."""
    one = outcome.transaction
    if outcome.handling not in (TransferHandling.BOOKED, TransferHandling.ASK):
        return outcome.handling
    with unit_of_work() as uow:
        if BankTransactionRow.get_or_none(BankTransactionRow.key == one.key) is not None:
            return TransferHandling.KNOWN
        row = BankTransactionRow.create(
            key=one.key, account=one.account[:40], booked_on=one.booked_on.isoformat() if one.booked_on else "",
            amount=one.amount.minor, currency=one.amount.currency, reference=one.reference[:140], text=one.text,
            party=one.party[:200], reversal=one.reversal, state=OPEN, told=_TRANSACTION.dump_python(one, mode="json"),
            proposal=_proposals(outcome), why=outcome.why.value, imported_at=at, imported_by=actor.name[:200],
        )  # fmt: skip
        if outcome.handling is TransferHandling.ASK:
            return TransferHandling.ASK
        if outcome.takes_back:
            return _take_back(uow, row, outcome.takes_back, at)
        shares = [InvoiceShare(int(part.document), part.amount.minor) for part in outcome.allocations]
        customers = _customers(shares) | ({int(outcome.customer)} if outcome.customer else set())
        if len(customers) != 1:
            return TransferHandling.ASK
        _book(shop, uow, row, customers.pop(), shares, actor, at)
        return TransferHandling.BOOKED


def _customers(shares: Iterable[InvoiceShare]) -> set[int]:
    ids = [one.invoice for one in shares]
    return {row.customer_id for row in InvoiceRow.select().where(InvoiceRow.id.in_(ids))}


def _book(
    shop: Shop,
    uow: UnitOfWork,
    row: BankTransactionRow,
    customer: int,
    shares: list[InvoiceShare],
    actor: Actor,
    at: datetime,
) -> None:
    amount = Money(row.amount, row.currency)
    payment = paying.book_transfer(
        shop, uow, customer, shares, amount, key=row.key, note=f"{row.party} {row.booked_on}", actor=actor, at=at
    )
    BankTransactionRow.update(state=BOOKED, payment=payment).where(BankTransactionRow.id == row.id).execute()


def _take_back(uow: UnitOfWork, row: BankTransactionRow, original: str, at: datetime) -> TransferHandling:
    before = BankTransactionRow.get_or_none(BankTransactionRow.key == original)
    if before is None or before.payment is None:
        return TransferHandling.ASK
    refunding.took_back(uow, before.payment, abs(row.amount), row.text or row.party, key=row.key, at=at)
    BankTransactionRow.update(state=BOOKED, payment=before.payment).where(BankTransactionRow.id == row.id).execute()
    return TransferHandling.BOOKED


def _proposals(outcome: TransferOutcome) -> list[dict[str, Any]]:
    return [
        {
            "why": one.why.value,
            "takes_back": one.takes_back,
            "shares": [[int(part.document), part.amount.minor] for part in one.allocations],
        }
        for one in outcome.proposals
    ]


def waiting() -> list[WaitingTransfer]:
    """What staff have to decide, the oldest first."""
    return bank.transfers(OPEN)


def _open_row(row_id: int) -> BankTransactionRow:
    row: BankTransactionRow | None = BankTransactionRow.get_or_none(BankTransactionRow.id == row_id)
    if row is None:
        raise AccessError
    if row.state != OPEN:
        raise IllegalMove("This transfer has its place already.")
    return row


def book_proposal(shop: Shop, row_id: int, number: int, *, actor: Actor, at: datetime) -> None:
    """Book what was proposed for a transfer. Raises AccessError, IllegalMove, RuleError."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        row = _open_row(row_id)
        try:
            proposal = (row.proposal or [])[number]
        except IndexError:
            raise AccessError from None
        if proposal["takes_back"]:
            if _take_back(uow, row, proposal["takes_back"], at) is TransferHandling.ASK:
                raise RuleError("The transfer that it takes back was never booked.")
            return
        _book_shares(shop, uow, row, [InvoiceShare(one, amount) for one, amount in proposal["shares"]], actor, at)


def book_for(shop: Shop, row_id: int, invoices: Iterable[Identified], *, actor: Actor, at: datetime) -> None:
    """Book a transfer for these invoices, as far as it goes. Raises AccessError, IllegalMove, RuleError."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        row = _open_row(row_id)
        wanted = list(dict.fromkeys(one.id for one in invoices))
        fresh = {one.id: one for one in invoicing.locked(wanted)}
        left, shares = row.amount, []
        for invoice_id in wanted:
            part = max(0, min(left, paying.left_on(fresh[invoice_id])))
            shares.append(InvoiceShare(invoice_id, part))
            left -= part
        _book_shares(shop, uow, row, shares, actor, at)


def _book_shares(
    shop: Shop, uow: UnitOfWork, row: BankTransactionRow, shares: list[InvoiceShare], actor: Actor, at: datetime
) -> None:
    customers = _customers(shares)
    if row.amount <= 0:
        raise RuleError("This is no money that came in.")
    if len(customers) != 1:
        raise RuleError("Choose invoices of one customer.")
    _book(shop, uow, row, customers.pop(), [one for one in shares if one.amount > 0], actor, at)


def ignore(row_id: int, *, actor: Actor) -> None:
    """This is none of our invoices' money. Raises AccessError, IllegalMove."""
    actor.must_be_staff()
    with unit_of_work():
        row = _open_row(row_id)
        BankTransactionRow.update(state=IGNORED).where(BankTransactionRow.id == row.id).execute()


def look_again(row_id: int, *, actor: Actor) -> None:
    """It is, after all. Raises AccessError."""
    actor.must_be_staff()
    changed = BankTransactionRow.update(state=OPEN).where(
        BankTransactionRow.id == row_id, BankTransactionRow.state == IGNORED
    )
    if not changed.execute():
        raise AccessError
