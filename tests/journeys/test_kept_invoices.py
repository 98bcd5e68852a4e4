"""An invoice is there for as long as the law wants it, whatever its customer deletes."""

from __future__ import annotations

import hashlib
from datetime import date, timedelta

import pytest
from samples.pay_site import open_for_money

from craftops.domain.billing.documents import DocumentKind, DocumentLine
from craftops.domain.billing.keeping_years import kept_until
from craftops.domain.billing.tax import Tax, TaxCategory
from craftops.domain.billing.totals import Rounding
from craftops.services.billing import invoicing, paying
from craftops.services.files import keeping
from craftops.services.messages import attachments
from craftops.services.shop import customer_data
from craftops.store.database import IntegrityError, unit_of_work, utcnow
from craftops.store.models import (
    AccountRow,
    BlobRow,
    DesignFileRow,
    InvoiceRow,
    LabelRow,
    OrderRow,
    ParcelRow,
    PaymentRow,
    WorkRow,
)
from craftops.store.queries.files import is_blob_wanted
from craftops.testing import Workshop


@pytest.fixture
def invoice(workshop: Workshop) -> InvoiceRow:
    """Ada's, paid and printed."""
    open_for_money(workshop)
    order = workshop.place("ada")
    workshop.run_due()
    lines = (DocumentLine("Bracket", 1, 10_000, Tax(TaxCategory.STANDARD, 1900)),)
    draft = invoicing.Draft(DocumentKind.INVOICE, lines, Rounding.SUM_BY_NET, "kept")
    at, sam = utcnow(), workshop.actor("sam")
    with unit_of_work() as uow:
        row = invoicing.issue(
            workshop.shop, uow, draft, order=order, customer=workshop.people["ada"], actor=sam, at=at
        )  # fmt: skip
    paying.book(workshop.shop, [row], "account", "", amount=row.gross, note="", once="b", actor=sam, at=at)
    workshop.run_due()
    return fresh(row)


def fresh(row: InvoiceRow) -> InvoiceRow:
    found: InvoiceRow = InvoiceRow.get_by_id(row.id)
    return found


def check(workshop: Workshop, row: InvoiceRow) -> None:
    """Its papers are there, byte for byte, and so is what knows them."""
    receipt = PaymentRow.get(PaymentRow.receipt.is_null(False)).receipt_sha
    for sha256 in (row.pdf_sha, row.xml_sha, receipt):
        assert hashlib.sha256(workshop.shop.files.path(sha256).read_bytes()).hexdigest() == sha256
        assert BlobRow.select().where(BlobRow.sha256 == sha256).exists()
    assert fresh(row).document == row.document


@pytest.mark.parametrize(
    ("issued", "country", "until"),
    [
        (date(2026, 1, 1), "DE", date(2034, 12, 31)), (date(2026, 12, 31), "de", date(2034, 12, 31)),
        (date(2027, 1, 1), "DE", date(2035, 12, 31)), (date(2026, 2, 28), "AT", date(2033, 12, 31)),
        (date(2026, 2, 28), "CH", date(2036, 12, 31)), (date(2024, 2, 29), "ZZ", date(2034, 12, 31)),
    ],
)  # fmt: skip
def test_years_begin_after_that_of_issue(issued: date, country: str, until: date) -> None:
    assert kept_until(issued, country) == until


def test_its_page_says_until_when(workshop: Workshop, invoice: InvoiceRow) -> None:
    page = workshop.browser("sam").see(f"/staff/money/invoices/{invoice.number}")
    year = date.fromisoformat(invoice.document["issued_on"]).year + 8
    assert f"until the end of {year} at least: 8 years in Germany" in page


def test_a_customer_who_deletes_the_account_leaves_it(workshop: Workshop, invoice: InvoiceRow) -> None:
    ada = workshop.people["ada"]
    assert [one["number"] for one in customer_data.export(ada)["billing"]["invoices"]] == [invoice.number]
    OrderRow.update(stage="completed").execute()
    customer_data.erase(workshop.shop, AccountRow.get_by_id(ada.id), actor=workshop.actor("ada"), at=utcnow())
    WorkRow.update(run_after=utcnow() - timedelta(seconds=1)).where(WorkRow.state == "ready").execute()
    workshop.run_due()
    check(workshop, invoice)
    assert fresh(invoice).document["buyer"]["name"], "the name on an invoice is part of it"
    assert invoice.number in workshop.browser("sam").see("/staff/money?show=all")


def test_our_own_papers_sent_to_us_and_deleted_again_stay(workshop: Workshop, invoice: InvoiceRow) -> None:
    ada, at = workshop.people["ada"], utcnow()
    receipt = PaymentRow.get(PaymentRow.receipt.is_null(False)).receipt_sha
    for sha256 in (invoice.pdf_sha, invoice.xml_sha, receipt):
        row = DesignFileRow.create(
            owner=ada, blob=sha256, name="from-you.pdf", size=1, uploaded_at=at, verdict="refused"
        )  # fmt: skip
        keeping.delete_file(workshop.shop, row.id, actor=workshop.actor("ada"), at=at)
        attachments.forget_blob(workshop.shop, sha256)
    WorkRow.update(run_after=utcnow() - timedelta(seconds=1)).where(WorkRow.state == "ready").execute()
    workshop.run_due()
    check(workshop, invoice)


def test_the_label_of_a_parcel_is_wanted_until_it_is_forgotten(workshop: Workshop, invoice: InvoiceRow) -> None:
    at, sha256 = utcnow(), workshop.shop.files.put_bytes(b"a label")
    parcel = ParcelRow.create(
        order=invoice.order_id, position=1, code="P1", state="packed", state_since=at, contents=[], weight_g=1,
        length_mm=1, width_mm=1, height_mm=1, created_at=at,
    )  # fmt: skip
    label = LabelRow.create(
        parcel=parcel, carrier="x", service="x", state="bought", intent="x", by_name="x", created_at=at, changed_at=at,
        files=[["image/png", sha256]],
    )  # fmt: skip
    assert is_blob_wanted(sha256)
    assert not is_blob_wanted("0" * 64)
    LabelRow.update(files=None).where(LabelRow.id == label.id).execute()
    assert not is_blob_wanted(sha256)


def test_the_database_itself_keeps_order_and_customer_of_an_invoice(workshop: Workshop, invoice: InvoiceRow) -> None:
    for table, id_ in ((OrderRow, invoice.order_id), (AccountRow, invoice.customer_id)):
        with pytest.raises(IntegrityError), unit_of_work():
            table.delete().where(table.id == id_).execute()
    check(workshop, invoice)
