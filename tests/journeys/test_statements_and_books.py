"""What was billed and paid, on a customer's statement and in the shop's books: the same figures, for the right eyes."""

from __future__ import annotations

import csv
import hashlib
import io
import re
import zipfile
from dataclasses import replace
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from samples.pay_site import PaySite, open_for_money

from craftops.domain.billing.journal import balances
from craftops.sdk.payment import PaymentState
from craftops.services.billing import account_statements, books, invoicing, paying, quoting, refunding
from craftops.services.billing.books import Days, account_number
from craftops.services.billing.quote_drafts import QuoteDraft, QuoteLine
from craftops.services.billing.settings import billing_settings, save_settings
from craftops.store.database import utcnow
from craftops.store.models import InvoiceRow, OrderRow, PaymentRow
from craftops.testing import Workshop


@pytest.fixture
def site(workshop: Workshop) -> PaySite:
    return open_for_money(workshop)


def billed(workshop: Workshop, who: str, net: int) -> InvoiceRow:
    """An order of somebody's, its quote accepted, its invoice issued."""
    order = workshop.place(who)
    sam, at = workshop.actor("sam"), utcnow()
    draft = QuoteDraft((QuoteLine("=Bracket", 1, net),), gross=False, deposit=0, valid_days=30)
    row = quoting.save_draft(workshop.shop, order.code, draft, actor=sam, at=at)
    quoting.send(workshop.shop, order.code, row.version, actor=sam, at=at)
    quoting.accept(
        workshop.shop, order.code, row.version, name="Ada", via="staff", actor=sam, at=at, reason="By telephone"
    )
    workshop.browser("sam").send(f"/staff/orders/{order.code}/invoice", {}, on=f"/staff/orders/{order.code}")
    found: InvoiceRow = InvoiceRow.get(InvoiceRow.order == OrderRow.get(OrderRow.code == order.code))
    return found


def pay(workshop: Workshop, site: PaySite, invoices: list[InvoiceRow], amount: int | None = None) -> PaymentRow:
    row = paying.pay(workshop.shop, invoices, "pay_site", amount=amount, return_url="x", cancel_url="y", at=utcnow())
    site.payer(row.ref, PaymentState.SUCCEEDED)
    return paying.look(workshop.shop, row, at=utcnow())


def this_year() -> Days:
    day = utcnow().date()
    return Days(day - timedelta(days=2), day + timedelta(days=2))


@pytest.fixture
def year(workshop: Workshop, site: PaySite) -> dict[str, InvoiceRow]:
    """Ada: one paid, credited in part and sent back in part; one open. Bob: one paid in part."""
    paid, still, bobs = billed(workshop, "ada", 10_000), billed(workshop, "ada", 5_000), billed(workshop, "bob", 3_000)
    payment = pay(workshop, site, [paid])
    sam = workshop.actor("sam")
    invoicing.credit(workshop.shop, paid, 1_190, "A scratch", once="a", actor=sam, at=utcnow())
    refunding.refund(workshop.shop, payment, 1_190, "A scratch", once="b", actor=sam, at=utcnow())
    workshop.run_due()
    pay(workshop, site, [bobs], 1_000)
    workshop.run_due()
    return {"paid": paid, "open": still, "bob": bobs}


def test_the_books_agree_with_the_invoices_to_the_cent(workshop: Workshop, year: dict[str, InvoiceRow]) -> None:
    entries = books.journal(workshop.shop, this_year(), actor=workshop.actor("olga"))
    found = balances(entries)
    assert sum(found.values()) == 0
    for who in ("ada", "bob"):
        mine = InvoiceRow.select().where(InvoiceRow.customer == workshop.people[who], InvoiceRow.kind != "credit")
        left = sum(paying.left_on(one) for one in mine)
        assert found[f"Assets:Receivable:{account_number(workshop.people[who].id)}", "EUR"] == left
    received = sum(one.received - one.refunded for one in PaymentRow.select())
    assert found["Assets:Provider", "EUR"] == received


def test_a_customer_reads_their_statement_and_nobody_elses(workshop: Workshop, year: dict[str, InvoiceRow]) -> None:
    ada = workshop.browser("ada")
    assert "Statement of account" in ada.see("/invoices")
    page = ada.see("/invoices/statement")
    assert year["paid"].number in page
    assert year["open"].number in page
    assert year["bob"].number not in page
    assert "€59.50" in page.split("Open on")[-1]
    assert ada.get("/invoices/statement.pdf").data[:5] == b"%PDF-"
    assert ada.get("/invoices/statement?since=2026-99-01").status_code == 200
    assert "Write days as" in ada.see("/invoices/statement?since=2026-99-01")
    assert ada.get("/invoices/statement.pdf?since=2027-01-02&until=2027-01-01").status_code == 422
    number = workshop.people["bob"].id
    sam = workshop.browser("sam")
    assert year["bob"].number in sam.see(f"/staff/customers/{number}/statement")
    assert sam.get(f"/staff/customers/{number}/statement.pdf").data[:5] == b"%PDF-"
    assert sam.get("/staff/customers/99999/statement").status_code == 404


def test_what_was_open_before_the_first_day_is_carried_into_it(workshop: Workshop, year: dict[str, InvoiceRow]) -> None:
    tomorrow, ada = utcnow().date() + timedelta(days=2), workshop.people["ada"]
    later = account_statements.statement_of(workshop.shop, ada, tomorrow, tomorrow, at=utcnow())
    assert (later.opening, later.entries, later.closing) == (5_950, (), 5_950)
    whole = account_statements.statement_of(workshop.shop, ada, this_year().first, tomorrow, at=utcnow())
    assert (whole.opening, whole.closing) == (0, 5_950)
    assert sorted(one.amount for one in whole.entries) == [-11_900, -1_190, 1_190, 5_950, 11_900]


def test_the_owner_takes_the_books_away_and_staff_do_not(workshop: Workshop, year: dict[str, InvoiceRow]) -> None:
    olga, sam = workshop.browser("olga"), workshop.browser("sam")
    page = olga.see("/staff/money/books")
    for name in ("DATEV", "hledger", "beancount", "audit"):
        assert name in page
    assert "numbers of your adviser are missing" in page
    for path in re.findall(r'href="(/staff/money/books/[^"]+)"', page):
        assert olga.get(path.replace("&amp;", "&")).status_code == 200, path
        assert sam.get(path.replace("&amp;", "&")).status_code == 403, path
    assert sam.get("/staff/money/books").status_code == 403
    assert workshop.browser("ada").get("/staff/money/books").status_code == 404
    settings = billing_settings(workshop.shop)
    seller = replace(settings.seller, datev_adviser=29_098, datev_client=55_003, datev_chart="04")
    save_settings(workshop.shop, replace(settings, seller=seller), actor=workshop.actor("olga"), at=utcnow())
    said = olga.get("/staff/money/books/datev.csv").data.decode("cp1252").split("\r\n")
    assert said[0].startswith('"EXTF";700;21;"Buchungsstapel"')
    assert len([line for line in said[2:] if line]) == len(
        list(books.journal(workshop.shop, this_year(), actor=workshop.actor("olga")))
    )
    assert ";4400;" in "\n".join(said)


def test_the_folder_of_an_audit_holds_every_original(workshop: Workshop, year: dict[str, InvoiceRow]) -> None:
    raw = workshop.browser("olga").get("/staff/money/books/audit.zip").data
    with zipfile.ZipFile(io.BytesIO(raw)) as folder:
        assert folder.testzip() is None
        names = set(folder.namelist())
        rows = list(csv.DictReader(io.StringIO(folder.read("invoices.csv").decode())))
        assert [one["number"] for one in rows] == [
            one.number for one in InvoiceRow.select().order_by(InvoiceRow.issued_at, InvoiceRow.id)
        ]
        for one in rows:
            xml = folder.read(f"documents/{one['number']}.xml")
            assert hashlib.sha256(xml).hexdigest() == one["xml_sha256"]
            assert hashlib.sha256(folder.read(f"documents/{one['number']}.pdf")).hexdigest() == one["pdf_sha256"]
        sums = dict(reversed(line.split("  ")) for line in folder.read("SHA256SUMS").decode().splitlines())
        assert set(sums) == {name for name in names if "/" in name}
        assert {f"receipts/{one.receipt}.pdf" for one in PaymentRow.select()} <= names
        tree = ElementTree.fromstring(folder.read("index.xml").decode().split("\n", 2)[2])
        for table in tree.iter("Table"):
            head = folder.read(table.findtext("URL", "")).decode().splitlines()[0].split(",")
            told = [one.text for one in table.findall("VariableLength/*/Name")]
            assert told == head
        for name in ("invoices.csv", "payments.csv", "journal.csv"):
            cells = [cell for row in csv.reader(io.StringIO(folder.read(name).decode())) for cell in row]
            assert not [cell for cell in cells if cell[:1] in "=@+" and cell]


def test_days_of_the_list_of_invoices(workshop: Workshop, year: dict[str, InvoiceRow]) -> None:
    sam = workshop.browser("sam")
    assert len(sam.get("/staff/money/invoices.csv").get_data(as_text=True).splitlines()) == 5
    last_year = utcnow().year - 1
    assert (
        len(
            sam.get(f"/staff/money/invoices.csv?since={last_year}-01-01&until={last_year}-12-31")
            .get_data(as_text=True)
            .splitlines()
        )
        == 1
    )
