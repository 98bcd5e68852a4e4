"""What pages of money ask of the database: no more, however much there is on them; and what services give to them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from samples.pay_site import PaySite, open_for_money
from samples.queries import asked

from craftops.sdk.payment import PaymentState
from craftops.services.billing import invoicing, paying, quoting, refunding
from craftops.services.billing.quote_drafts import QuoteDraft, QuoteLine
from craftops.store.database import utcnow
from craftops.store.models import InvoiceRow, OrderRow, PaymentRow, QuoteRow, RefundRow
from craftops.store.queries import billing_pages, payment_pages
from craftops.store.viewing import view_of
from craftops.store.views.billing import InvoiceView, PaymentView, RefundView, StoredQuote
from craftops.testing import Workshop

DRAFT = QuoteDraft((QuoteLine("Bracket", 1, 10_000),), gross=False, deposit=5_000, valid_days=30)


@pytest.fixture
def site(workshop: Workshop) -> PaySite:
    return open_for_money(workshop)


def billed(workshop: Workshop) -> tuple[OrderRow, InvoiceRow]:
    """An order of Ada's with its deposit invoice."""
    order = workshop.place("ada")
    sam, at = workshop.actor("sam"), utcnow()
    quote = quoting.save_draft(workshop.shop, order.code, DRAFT, actor=sam, at=at)
    quoting.send(workshop.shop, order.code, quote.version, actor=sam, at=at)
    given = quoting.accept(
        workshop.shop, order.code, quote.version, name="Ada", via="staff", actor=sam, at=at, reason="By telephone"
    )
    found: InvoiceRow = InvoiceRow.get(InvoiceRow.order == order.id)
    assert given == view_of(InvoiceView, found) == billing_pages.invoice(found.id)
    return order, found


def pay(workshop: Workshop, site: PaySite, invoice: InvoiceRow, amount: int) -> PaymentView:
    at = utcnow()
    asked_for = paying.pay(
        workshop.shop, [invoice], "pay_site", amount=amount, return_url="x", cancel_url="y", at=at
    )  # fmt: skip
    assert asked_for.ref is not None
    site.payer(asked_for.ref, PaymentState.SUCCEEDED)
    return paying.look(workshop.shop, asked_for, at=at)


def send_back(workshop: Workshop, payment: PaymentView, once: str) -> RefundView:
    return refunding.refund(workshop.shop, payment, 100, "", once=once, actor=workshop.actor("sam"), at=utcnow())


PAGES: dict[str, tuple[str, int, Callable[[OrderRow, InvoiceRow], str]]] = {
    "a customer's invoices": ("ada", 4, lambda order, invoice: "/invoices"),
    "the floor's list": ("sam", 7, lambda order, invoice: "/staff/money?show=all"),
    "an invoice on the floor": ("sam", 7, lambda order, invoice: f"/staff/money/invoices/{invoice.number}"),
    "the spreadsheet": ("sam", 2, lambda order, invoice: "/staff/money/invoices.csv"),
    "the books": ("olga", 7, lambda order, invoice: "/staff/money/books"),
    "the books for another program": ("olga", 7, lambda order, invoice: "/staff/money/books/journal.csv"),
    "a customer's account": ("olga", 10, lambda order, invoice: f"/staff/customers/{order.customer_id}/statement"),
    "their own": ("ada", 9, lambda order, invoice: "/invoices/statement"),
    "money to look at": ("sam", 7, lambda order, invoice: "/staff/todo/money"),
    "invoices of cancelled orders": ("sam", 3, lambda order, invoice: "/staff/todo/cancelled_money"),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_of_money_asks_no_more_however_much_there_is(workshop: Workshop, site: PaySite, name: str) -> None:
    who, most, path = PAGES[name]
    order, invoice = billed(workshop)

    def more(number: int) -> None:
        payment = pay(workshop, site, invoice, 500)
        send_back(workshop, payment, f"{number}")
        workshop.run_due()
        values = {"state": "failed", "error": "Closed account"}
        RefundRow.update(values).where(RefundRow.payment == payment.id).execute()
        PaymentRow.update(surplus=5).where(PaymentRow.id == payment.id).execute()
        other, _invoice = billed(workshop)
        OrderRow.update(stage="cancelled").where(OrderRow.id == other.id).execute()

    more(0)
    browser = workshop.browser(who)
    few = asked(browser, path(order, invoice))
    for number in range(1, 5):
        more(number)
    many = asked(browser, path(order, invoice))
    assert len(few) <= most, few
    assert len(many) <= len(few), [query for query in many if many.count(query) > few.count(query)]


def test_what_a_service_gives_is_what_a_page_reads(workshop: Workshop, site: PaySite) -> None:
    order, invoice = billed(workshop)
    quote = QuoteRow.get(QuoteRow.order == order.id)
    assert billing_pages.newest_quote(order.id) == billing_pages.quote(quote.id) == view_of(StoredQuote, quote)
    payment = pay(workshop, site, invoice, 500)
    assert payment == payment_pages.payment(payment.id)
    back = send_back(workshop, payment, "once")
    assert back == send_back(workshop, payment, "once")
    assert payment_pages.refunds_of([payment.id]) == [back]
    note = invoicing.credit(
        workshop.shop, invoice, 200, "A scratch", once="c", actor=workshop.actor("sam"), at=utcnow()
    )
    assert note == billing_pages.invoice_of_number(note.number)
    assert [(one.payment_id, one.credit_number) for one in billing_pages.settlements_of(invoice.id)] == [
        (payment.id, None), (None, note.number),
    ]  # fmt: skip
