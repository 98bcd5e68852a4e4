"""Sam brings in the bank's file: what says whose it is finds its invoice by itself, the rest waits for a word."""

from __future__ import annotations

import io
from datetime import date

import pytest
from samples.pay_site import PaySite, open_for_money

from craftops.domain.billing.documents import DocumentKind, DocumentLine
from craftops.domain.billing.tax import Tax, TaxCategory
from craftops.domain.billing.totals import Rounding
from craftops.services.billing import invoicing
from craftops.services.billing.invoicing import Draft
from craftops.store.database import unit_of_work, utcnow
from craftops.store.models import BankTransactionRow, InvoiceRow, PaymentRow, RefundRow
from craftops.testing import Browser, Workshop

TAX = Tax(TaxCategory.STANDARD, 1900)
HEAD = "Buchungstag;Valutadatum;Beguenstigter/Zahlungspflichtiger;Verwendungszweck;IBAN;Betrag;Waehrung\n"


@pytest.fixture
def site(workshop: Workshop) -> PaySite:
    return open_for_money(workshop)


def invoice(workshop: Workshop, who: str, gross: int, once: str) -> InvoiceRow:
    draft = Draft(DocumentKind.INVOICE, (DocumentLine("Bracket", 1, gross, TAX),), Rounding.SUM_BY_NET_KEEP_GROSS, once)
    with unit_of_work() as uow:
        return invoicing.issue(
            workshop.shop,
            uow,
            draft,
            order=None,
            customer=workshop.people[who],
            actor=workshop.actor("sam"),
            at=utcnow(),
        )


def statement(*rows: tuple[str, str, str]) -> bytes:
    day = f"{date.today():%d.%m.%Y}"
    lines = [f"{day};{day};{party};{text};DE02120300000000202051;{amount};EUR\n" for party, text, amount in rows]
    return (HEAD + "".join(lines)).encode()


def bring(sam: Browser, content: bytes) -> str:
    data = {"statement": (io.BytesIO(content), "umsatz.csv")}
    answer = sam.send("/staff/money/bank", data, on="/staff/money/bank", follow_redirects=True)
    return answer.get_data(as_text=True)


def test_each_transfer_finds_its_invoice_once(workshop: Workshop, site: PaySite) -> None:
    sam = workshop.browser("sam")
    one, two = invoice(workshop, "ada", 11_900, "a"), invoice(workshop, "bob", 5_000, "b")
    content = statement(
        ("Ada", f"Rechnung {one.reference}", "119,00"),
        ("Bob", f"{two.number} danke", "60,00"),
        ("Eve", "Hallo", "7,77"),
    )
    said = bring(sam, content)
    assert "2 booked, 1 to decide, 0 known already" in said
    assert "0 booked, 0 to decide, 3 known already" in bring(sam, content)
    paid = {row.number: row.gross - row.settled for row in InvoiceRow.select()}
    assert paid == {one.number: 0, two.number: 0}
    assert [row.surplus for row in PaymentRow.select().order_by(PaymentRow.id)] == [0, 1_000]
    assert "Eve" in sam.see("/staff/money/bank")
    assert "Transfers without a place" in sam.see("/staff/")


def test_what_is_not_certain_is_decided_by_a_person(workshop: Workshop, site: PaySite) -> None:
    sam = workshop.browser("sam")
    one = invoice(workshop, "ada", 11_900, "a")
    bring(sam, statement(("Eve", "für Ada", "100,00"), ("Spam", "nothing of ours", "1,00")))
    first, second = BankTransactionRow.select().order_by(BankTransactionRow.id)
    page = "/staff/money/bank"
    wrong = sam.send(f"{page}/{first.id}/book", {"numbers": "R-1999-0001"}, on=page)
    assert wrong.status_code in (404, 403)
    sam.send(f"{page}/{first.id}/book", {"numbers": one.number}, on=page)
    assert InvoiceRow.get().settled == 10_000
    again = sam.send(f"{page}/{first.id}/book", {"numbers": one.number}, on=page, follow_redirects=True)
    assert "has its place already" in again.get_data(as_text=True)
    sam.send(f"{page}/{second.id}/ignore", {}, on=page)
    assert "Every transfer has its place." in sam.see(page)
    sam.send(f"{page}/{second.id}/restore", {}, on=page)
    assert "Spam" in sam.see(page)


def test_a_file_that_is_no_statement_is_told(workshop: Workshop, site: PaySite) -> None:
    sam = workshop.browser("sam")
    for content in (b"", b"hello", b"\x89PNG\r\n", b"<html></html>"):
        assert "flash bad" in bring(sam, content)
    assert not BankTransactionRow.select().exists()
    assert not RefundRow.select().exists()


def test_an_invoice_that_is_named_twice_is_covered_once(workshop: Workshop, site: PaySite) -> None:
    sam, one = workshop.browser("sam"), invoice(workshop, "ada", 5_000, "a")
    bring(sam, statement(("Eve", "Hallo", "60,00")))
    transfer = BankTransactionRow.get()
    numbers = {"numbers": f"{one.number} {one.number.lower()}"}
    answer = sam.send(f"/staff/money/bank/{transfer.id}/book", numbers, on="/staff/money/bank")
    assert answer.status_code == 303
    assert InvoiceRow.get_by_id(one.id).settled == 5_000
    assert [row.surplus for row in PaymentRow.select()] == [1_000]
