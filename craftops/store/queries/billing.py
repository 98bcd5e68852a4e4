"""Sums and lists of money, each in one query."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from peewee import JOIN, Case, fn

from craftops.domain.billing.payments import PaymentStatus
from craftops.domain.billing.quotes import OPEN as OPEN_QUOTES
from craftops.domain.billing.quotes import QuoteState
from craftops.domain.people.access import Actor
from craftops.domain.people.companies import CompanyAction, roles_with
from craftops.store.database import in_dialect
from craftops.store.models import (
    AccountRow,
    CompanyMemberRow,
    DisputeRow,
    InvoiceRow,
    NumberSeriesRow,
    OrderRow,
    PaymentRow,
    PaymentTargetRow,
    QuoteRow,
    RefundRow,
    SettlementRow,
    database,
)
from craftops.store.prepared import Prepared
from craftops.store.queries.scoped import me_of

CREDIT = "credit"


def take_number(series: str) -> int:
    """The next number of a series, from 1. Its row is locked until the transaction ends, and a rollback gives it back:
    eight writers get eight numbers, and none is ever missing."""
    sql = in_dialect("UPDATE number_series SET next = next + 1 WHERE name = ? RETURNING next")
    taken = database.execute_sql(sql, (series,)).fetchone()
    if taken is None:
        _begin_series(series)
        taken = database.execute_sql(sql, (series,)).fetchone()
    return int(taken[0]) - 1


def hold_series(series: str) -> None:
    """Let nobody else take a number of a series until the transaction ends, without taking one."""
    sql = in_dialect("UPDATE number_series SET next = next WHERE name = ?")
    if not database.execute_sql(sql, (series,)).rowcount:
        _begin_series(series)
        database.execute_sql(sql, (series,))


def _begin_series(series: str) -> None:
    NumberSeriesRow.insert(name=series, next=1).on_conflict_ignore().execute()


_FOR = Prepared[InvoiceRow](lambda once: InvoiceRow.select().where(InvoiceRow.once == once))


def issued_for(once: str) -> InvoiceRow | None:
    """The invoice that was issued under this name."""
    return _FOR.first(once)


def credited(invoice_id: int) -> int:
    """The gross sum of all credit notes on an invoice."""
    query = InvoiceRow.select(fn.COALESCE(fn.SUM(InvoiceRow.gross), 0)).where(InvoiceRow.credits == invoice_id)
    return int(query.scalar())


def covered_by(payment_id: int) -> list[tuple[int, int]]:
    """What a payment covers now, by invoice: first those that were credited, then the latest."""
    notes = InvoiceRow.alias()
    credit = fn.EXISTS(notes.select(notes.id).where(notes.credits == SettlementRow.invoice))
    query: Any = (
        SettlementRow.select(SettlementRow.invoice, fn.SUM(SettlementRow.amount), Case(None, [(credit, 0)], 1))
        .where(SettlementRow.payment == payment_id)
        .group_by(SettlementRow.invoice)
        .having(fn.SUM(SettlementRow.amount) > 0)
    )
    rows = sorted(query.tuples(), key=lambda row: (row[2], -row[0]))
    return [(int(invoice), int(covered)) for invoice, covered, _ in rows]


def open_payments(invoice_ids: Iterable[int], states: Iterable[str]) -> list[PaymentRow]:
    """Payments meant for any of these invoices that are in one of ``states``."""
    wanted = PaymentTargetRow.select(PaymentTargetRow.payment).where(PaymentTargetRow.invoice.in_(list(invoice_ids)))
    return list(PaymentRow.select().where(PaymentRow.id.in_(wanted), PaymentRow.state.in_(list(states))))


def of_payment(payment_id: int) -> list[InvoiceRow]:
    """The invoices that a payment is meant for."""
    query = InvoiceRow.select().join(PaymentTargetRow).where(PaymentTargetRow.payment == payment_id)
    return list(query.order_by(InvoiceRow.id))


def invoices(customer_id: int | None = None) -> Any:
    """A select of invoices with their customers and orders, the newest first."""
    query = (
        InvoiceRow.select(InvoiceRow, AccountRow, OrderRow)
        .join_from(InvoiceRow, AccountRow)
        .join_from(InvoiceRow, OrderRow, JOIN.LEFT_OUTER)
        .order_by(InvoiceRow.id.desc())
    )
    return query if customer_id is None else query.where(InvoiceRow.customer == customer_id)


def payable_by(actor: Actor) -> Any:
    """The condition under which a customer sees an invoice and pays it: it is of an order of theirs, or of a company
    whose invoices their role is for. Who has left a company sees none of them any more."""
    return _payable_by(me_of(actor))


def _payable_by(me: Any) -> Any:
    member = (CompanyMemberRow.account == me) & (CompanyMemberRow.state == "active")
    all_of_them = CompanyMemberRow.select(CompanyMemberRow.company).where(member)
    pays = all_of_them.where(CompanyMemberRow.role.in_(roles_with(CompanyAction.PAY)))
    own = (InvoiceRow.customer == me) & (OrderRow.company.is_null() | OrderRow.company.in_(all_of_them))
    return own | OrderRow.company.in_(pays)


def _perhaps_of(me: Any) -> Any:
    """More than ``_payable_by``, as two sets that indexes give: an OR over two tables is held against every invoice."""
    theirs, of_company = InvoiceRow.alias("theirs"), InvoiceRow.alias("of_company")
    order, member = OrderRow.alias("its_order"), CompanyMemberRow.alias("who")
    own = theirs.select(theirs.id).where(theirs.customer == me)
    of_companies = (
        of_company.select(of_company.id)
        .join(order, on=of_company.order == order.id)
        .join(member, on=member.company == order.company)
        .where(member.account == me)
    )
    return own.union_all(of_companies)


def seen_by(actor: Actor) -> Any:
    """A select of the invoices that a customer may see, the newest first."""
    me = me_of(actor)
    return invoices().where(InvoiceRow.id.in_(_perhaps_of(me)), _payable_by(me))


def payments_for(invoices_of: Any) -> Any:
    """A select of the payments that are meant for any of these invoices, the newest first."""
    ids = PaymentTargetRow.select(PaymentTargetRow.payment).where(PaymentTargetRow.invoice.in_(invoices_of))
    return payments().where(PaymentRow.id.in_(ids))


def unpaid() -> Any:
    """Those that are not covered yet, the ones due first before."""
    query = invoices().where(InvoiceRow.settled < InvoiceRow.gross, InvoiceRow.kind != CREDIT)
    return query.order_by(InvoiceRow.due_at, InvoiceRow.id)


_TO_PAY: Prepared[InvoiceRow] = Prepared(lambda me: unpaid().where(_payable_by(me)))
_QUOTES_OF: Prepared[QuoteRow] = Prepared(
    lambda order: QuoteRow.select().where(QuoteRow.order == order).order_by(QuoteRow.version)
)
_INVOICES_OF: Prepared[InvoiceRow] = Prepared(
    lambda order: InvoiceRow.select().where(InvoiceRow.order == order).order_by(InvoiceRow.id)
)
_QUOTES_THAT_WAIT: Prepared[QuoteRow] = Prepared(
    lambda customer: (
        QuoteRow.select(QuoteRow, OrderRow)
        .join(OrderRow)
        .where(OrderRow.customer == customer, QuoteRow.state.in_([state.value for state in OPEN_QUOTES]))
    )
)


def to_pay(customer_id: int) -> list[InvoiceRow]:
    """What a customer may pay and nobody has paid whole, theirs and of companies, the ones due first before."""
    return _TO_PAY.all(customer_id)


def quotes_that_wait(customer_id: int) -> list[QuoteRow]:
    """The quotes that a customer has still to answer, with their orders."""
    return _QUOTES_THAT_WAIT.all(customer_id)


def left_of_order(order_id: int) -> tuple[int, str]:
    """What is still to be paid for an order by the invoices that were issued, in minor units, and the currency of it;
    (0, "") where there is none, or nothing is left."""
    rows = list(unpaid().where(InvoiceRow.order == order_id))
    currency = rows[0].currency if rows else ""
    return sum(row.gross - row.settled for row in rows if row.currency == currency), currency


def overdue(at: datetime) -> Any:
    """A select of those that should have been paid by now."""
    return unpaid().where(InvoiceRow.due_at < at)


_OVERDUE: Prepared[InvoiceRow] = Prepared(overdue)


def all_overdue(at: datetime) -> list[InvoiceRow]:
    """The same, read."""
    return _OVERDUE.all(at)


def of_order(order_id: int) -> tuple[list[QuoteRow], list[InvoiceRow]]:
    """The quotes and the invoices of an order, the oldest first."""
    return _QUOTES_OF.all(order_id), _INVOICES_OF.all(order_id)


def of_cancelled() -> list[tuple[InvoiceRow, int]]:
    """Invoices of cancelled orders that are not credited whole, or that a payment still covers, and by how much."""
    return [(row, int(row.paid)) for row in _CANCELLED.all()]


def _of_cancelled() -> Any:
    notes = InvoiceRow.alias()
    back = notes.select(fn.COALESCE(fn.SUM(notes.gross), 0)).where(notes.credits == InvoiceRow.id)
    paid = SettlementRow.select(fn.COALESCE(fn.SUM(SettlementRow.amount), 0)).where(
        SettlementRow.invoice == InvoiceRow.id, SettlementRow.payment.is_null(False)
    )
    return (
        InvoiceRow.select(InvoiceRow, OrderRow, AccountRow, paid.alias("paid"))
        .join_from(InvoiceRow, OrderRow)
        .join_from(OrderRow, AccountRow)
        .where(OrderRow.stage == "cancelled", InvoiceRow.kind != CREDIT, (back < InvoiceRow.gross) | (paid > 0))
        .order_by(OrderRow.stage_since, InvoiceRow.id)
    )


_CANCELLED: Prepared[InvoiceRow] = Prepared(_of_cancelled)


def payments(customer_id: int | None = None) -> Any:
    """A select of payments with their customers, the newest first."""
    query = PaymentRow.select(PaymentRow, AccountRow).join(AccountRow).order_by(PaymentRow.id.desc())
    return query if customer_id is None else query.where(PaymentRow.customer == customer_id)


def refunds_of(payment_ids: Iterable[int]) -> list[RefundRow]:
    """The refunds of these payments, the oldest first."""
    return list(RefundRow.select().where(RefundRow.payment.in_(list(payment_ids))).order_by(RefundRow.id))


def targets_of(payment_ids: Iterable[int]) -> dict[int, list[str]]:
    """The numbers of the invoices that each payment is meant for."""
    query: Any = (
        PaymentTargetRow.select(PaymentTargetRow.payment, InvoiceRow.number)
        .join(InvoiceRow)
        .where(PaymentTargetRow.payment.in_(list(payment_ids)))
        .order_by(PaymentTargetRow.id)
    )
    found: dict[int, list[str]] = {}
    for payment, number in query.tuples():
        found.setdefault(payment, []).append(number)
    return found


def searched(query: Any, words: str) -> Any:
    """Narrow a select of ``invoices`` to what has ``words`` in its number, customer or order."""
    return query.where(
        InvoiceRow.number.contains(words)
        | AccountRow.name.contains(words)
        | AccountRow.email.contains(words)
        | OrderRow.code.contains(words)
        | OrderRow.title.contains(words)
    )


def sums(currency: str, at: datetime) -> tuple[int, int]:
    """What is still to be paid in a currency, and how much of it is late, in minor units."""
    left = InvoiceRow.gross - InvoiceRow.settled
    late = Case(None, [(InvoiceRow.due_at < at, left)], 0)
    query: Any = InvoiceRow.select(fn.COALESCE(fn.SUM(left), 0), fn.COALESCE(fn.SUM(late), 0)).where(
        InvoiceRow.currency == currency, InvoiceRow.kind != CREDIT, InvoiceRow.settled < InvoiceRow.gross
    )
    ((opened, overdue_sum),) = query.tuples()
    return int(opened), int(overdue_sum)


def undelivered() -> list[InvoiceRow]:
    """Invoices that a plugin should have taken to their buyers and could not, with their customers; oldest first."""
    return _UNDELIVERED.all()


_UNDELIVERED: Prepared[InvoiceRow] = Prepared(
    lambda: (
        InvoiceRow.select(InvoiceRow, AccountRow)
        .join(AccountRow, on=InvoiceRow.customer == AccountRow.id)
        .where(InvoiceRow.delivery_trouble != "")
        .order_by(InvoiceRow.id)
        .limit(100)
    )
)
_ANSWERED: Prepared[QuoteRow] = Prepared(
    lambda states: (
        QuoteRow.select(QuoteRow, OrderRow)
        .join(OrderRow)
        .where(QuoteRow.state.in_(states))
        .order_by(QuoteRow.decided_at)
    )
)
_SURPLUS: Prepared[PaymentRow] = Prepared(
    lambda state: (
        PaymentRow.select(PaymentRow, AccountRow)
        .join(AccountRow)
        .where(PaymentRow.surplus > 0, PaymentRow.state == state)
        .order_by(PaymentRow.id)
    )
)
_FAILED_REFUNDS: Prepared[RefundRow] = Prepared(
    lambda: (
        RefundRow.select(RefundRow, PaymentRow, AccountRow)
        .join(PaymentRow)
        .join(AccountRow)
        .where(RefundRow.state == "failed")
        .order_by(RefundRow.id)
    )
)
_OPEN_DISPUTES: Prepared[DisputeRow] = Prepared(
    lambda: (
        DisputeRow.select(DisputeRow, PaymentRow, AccountRow)
        .join(PaymentRow)
        .join(AccountRow)
        .where(DisputeRow.state == "open")
        .order_by(DisputeRow.id)
    )
)


def quotes_in(states: Iterable[QuoteState]) -> list[QuoteRow]:
    """The quotes of these states with their orders, the longest decided first."""
    return _ANSWERED.all([state.value for state in states])


def with_surplus() -> list[PaymentRow]:
    """Payments that came and are more than was asked for, with their customers, the oldest first."""
    return _SURPLUS.all(PaymentStatus.SUCCEEDED.value)


def failed_refunds() -> list[RefundRow]:
    """Refunds that could not be sent, with their payments and customers, the oldest first."""
    return _FAILED_REFUNDS.all()


def open_disputes() -> list[DisputeRow]:
    """What payers dispute, with payments and customers, the oldest first."""
    return _OPEN_DISPUTES.all()
