"""Sums and lists of money, each in one query."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from peewee import JOIN, Case, fn

from craftops.domain.billing.quotes import QuoteState
from craftops.domain.people.companies import CompanyAction, roles_with
from craftops.store.database import in_dialect
from craftops.store.models import (
    AccountRow,
    CompanyMemberRow,
    InvoiceRow,
    NumberSeriesRow,
    OrderRow,
    PaymentRow,
    PaymentTargetRow,
    QuoteRow,
    SettlementRow,
    database,
)
from craftops.store.prepared import Prepared

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


def payable(me: Any) -> Any:
    """The condition under which a customer sees an invoice and pays it, by their account's id or a slot for it: it is
    of an order of theirs, or of a company whose invoices their role is for. Who has left a company sees none of them
    any more."""
    member = (CompanyMemberRow.account == me) & (CompanyMemberRow.state == "active")
    all_of_them = CompanyMemberRow.select(CompanyMemberRow.company).where(member)
    pays = all_of_them.where(CompanyMemberRow.role.in_(roles_with(CompanyAction.PAY)))
    own = (InvoiceRow.customer == me) & (OrderRow.company.is_null() | OrderRow.company.in_(all_of_them))
    return own | OrderRow.company.in_(pays)


def perhaps_of(me: Any, *, uncovered: bool = False) -> Any:
    """The ids of more than is ``payable``, as two sets that indexes give: an OR over two tables is held against every
    invoice. With ``uncovered``, of those alone that are not covered."""
    theirs, of_company = InvoiceRow.alias("theirs"), InvoiceRow.alias("of_company")
    order, member = OrderRow.alias("its_order"), CompanyMemberRow.alias("who")
    own = theirs.select(theirs.id).where(theirs.customer == me)
    of_companies = (
        of_company.select(of_company.id)
        .join(order, on=of_company.order == order.id)
        .join(member, on=member.company == order.company)
        .where(member.account == me)
    )
    if uncovered:
        own = own.where(theirs.settled < theirs.gross)
        of_companies = of_companies.where(of_company.settled < of_company.gross)
    return own.union_all(of_companies)


def seen_by(me: Any) -> Any:
    """A select of the invoices that a customer may see, by their account's id or a slot for it; the newest first."""
    return invoices().where(InvoiceRow.id.in_(perhaps_of(me)), payable(me))


def unpaid() -> Any:
    """Those that are not covered yet, the ones due first before."""
    query = invoices().where(InvoiceRow.settled < InvoiceRow.gross, InvoiceRow.kind != CREDIT)
    return query.order_by(InvoiceRow.due_at, InvoiceRow.id)


def left_of_order(order_id: int) -> tuple[int, str]:
    """What is still to be paid for an order by the invoices that were issued, in minor units, and the currency of it;
    (0, "") where there is none, or nothing is left."""
    rows = list(unpaid().where(InvoiceRow.order == order_id))
    currency = rows[0].currency if rows else ""
    return sum(row.gross - row.settled for row in rows if row.currency == currency), currency


def overdue(at: datetime) -> Any:
    """A select of those that should have been paid by now."""
    return unpaid().where(InvoiceRow.due_at < at)


_ACCEPTED: Prepared[int] = Prepared(
    lambda order, state: (
        QuoteRow.select(QuoteRow.id)
        .where(QuoteRow.order == order, QuoteRow.state == state)
        .order_by(QuoteRow.version.desc())
        .limit(1)
    ),
    lambda id_: int(id_),
)


def accepted_quote(order_id: int) -> int | None:
    """The id of the newest quote of an order that was accepted."""
    return _ACCEPTED.first(order_id, QuoteState.ACCEPTED.value)


def invoices_of_cancelled() -> Any:
    """A select of invoices of cancelled orders that are not credited whole, or that a payment still covers: number,
    currency, what payments cover, then the order's code, title and day, and its customer's name."""
    notes = InvoiceRow.alias()
    back = notes.select(fn.COALESCE(fn.SUM(notes.gross), 0)).where(notes.credits == InvoiceRow.id)
    paid = SettlementRow.select(fn.COALESCE(fn.SUM(SettlementRow.amount), 0)).where(
        SettlementRow.invoice == InvoiceRow.id, SettlementRow.payment.is_null(False)
    )
    return (
        InvoiceRow.select(
            InvoiceRow.number, InvoiceRow.currency, paid.alias("paid"), OrderRow.code, OrderRow.title,
            OrderRow.stage_since, AccountRow.name,
        )
        .join_from(InvoiceRow, OrderRow)
        .join_from(OrderRow, AccountRow)
        .where(OrderRow.stage == "cancelled", InvoiceRow.kind != CREDIT, (back < InvoiceRow.gross) | (paid > 0))
        .order_by(OrderRow.stage_since, InvoiceRow.id)
    )  # fmt: skip


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
