"""Invoices that a plugin takes to their buyers: once each, tried again, told to staff, and never from a copy."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from samples.pay_site import open_for_money

from craftops.domain.shop.profile import ShopProfile
from craftops.errors import Unreachable
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.invoices import InvoicePapers
from craftops.sdk.settings import NoSettings
from craftops.services.billing import invoice_delivery, printing, quoting
from craftops.services.billing.quote_drafts import proposed
from craftops.services.shop import epochs
from craftops.store.database import unit_of_work, utcnow
from craftops.store.models import InvoiceRow, OrderRow, WorkRow
from craftops.testing import Workshop

SHOP = ShopProfile(name="Testwerk", address=("Hafenstraße 1", "20457 Hamburg"))


class Courier(Plugin[NoSettings]):
    name = "courier"
    title = "Courier"
    summary = "Takes invoices where the test wants."
    taken: list[InvoicePapers]
    says: object = None

    def __init__(self, settings: NoSettings) -> None:
        super().__init__(settings)
        type(self).taken, type(self).says = [], "Peppol 9930:de123"

    @hookimpl
    def deliver_invoice(self, invoice: InvoicePapers) -> str | None:
        self.taken.append(invoice)
        if isinstance(self.says, BaseException):
            raise self.says
        return self.says  # type: ignore[return-value]


@pytest.fixture
def shop(plug_in: Callable[..., Workshop]) -> Workshop:
    found = plug_in(Courier)
    open_for_money(found)
    return found


def issue(workshop: Workshop) -> InvoiceRow:
    """Ada accepts a quote, and its deposit invoice is issued; what is due is done."""
    order = workshop.place("ada", quantity=40)
    sold(workshop, order)
    workshop.run_due()
    return InvoiceRow.get()


def sold(workshop: Workshop, order: OrderRow) -> None:
    at, staff = utcnow(), workshop.actor("sam")
    row = quoting.save_draft(workshop.shop, order.code, proposed(workshop.shop, order)[0], actor=staff, at=at)
    quoting.send(workshop.shop, order.code, row.version, actor=staff, at=at)
    quoting.accept(workshop.shop, order.code, row.version, name="Ada", via="portal", actor=workshop.actor("ada"), at=at)


def later(workshop: Workshop) -> None:
    """Whatever waits is due now."""
    WorkRow.update(run_after=utcnow() - timedelta(seconds=1)).where(WorkRow.kind == "deliver_invoice").execute()
    workshop.run_due()


def test_it_is_taken_once_with_the_bytes_that_the_buyer_downloads(shop: Workshop) -> None:
    row = issue(shop)
    [taken] = Courier.taken
    assert (taken.number, taken.buyer_email, taken.gross.minor) == (row.number, "ada@example.org", row.gross)
    assert taken.pdf == shop.shop.files.path(row.pdf_sha).read_bytes()
    assert taken.xml.startswith(b"<?xml")
    assert row.number not in repr(taken.pdf[:0])
    assert row.delivered_to == "Peppol 9930:de123"
    for _ in range(3):
        invoice_delivery.deliver(shop.shop, InvoiceRow.get_by_id(row.id), at=utcnow())
        shop.run_due()
    assert len(Courier.taken) == 1
    assert "Delivered to Peppol 9930:de123" in shop.browser("sam").see(f"/staff/money/invoices/{row.number}")


@pytest.mark.parametrize("trouble", ["away", "broken", "ends", "lies"])
def test_what_fails_is_told_and_tried_again(shop: Workshop, trouble: str) -> None:
    Courier.says = {
        "away": Unreachable("The access point is away."), "broken": ValueError("secret"), "ends": SystemExit(3),
        "lies": 42,
    }[trouble]  # fmt: skip
    row = issue(shop)
    assert not row.delivered_to
    said = "The access point is away." if trouble == "away" else "The plugin that takes it there failed."
    sam = shop.browser("sam")
    assert said in sam.see(f"/staff/money/invoices/{row.number}")
    assert said in sam.see("/staff/")
    assert shop.shop.plugins.failures["courier"] >= 1
    Courier.says = "Peppol"
    later(shop)
    assert len({one.key for one in Courier.taken}) == 1
    assert InvoiceRow.get_by_id(row.id).delivered_to == "Peppol"
    assert said not in sam.see("/staff/")


def test_what_is_not_for_it_stays_with_page_and_mail(shop: Workshop) -> None:
    Courier.says = None
    row = issue(shop)
    assert (row.delivered_to, row.delivered_at, row.delivery_trouble) == ("", None, "")
    assert shop.outbox


def test_a_restored_copy_takes_nothing_anywhere(shop: Workshop) -> None:
    order = shop.place("ada", quantity=40)
    sold(shop, order)
    with unit_of_work():
        epochs.open_epoch("a backup", at=utcnow())
    shop.run_due()
    later(shop)
    assert Courier.taken == []
    epochs.go_live(shop.shop, actor=shop.actor("olga"), at=utcnow())
    WorkRow.update(run_after=utcnow() - timedelta(seconds=1)).execute()
    shop.run_due()
    later(shop)
    assert len(Courier.taken) == 1


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "adviser"
    path.mkdir()
    return path


@pytest.fixture
def with_folder(make_workshop: Callable[..., Workshop], folder: Path) -> Workshop:
    toml = '[plugins]\nenabled = ["invoice_folder", "notify_email"]\n'
    found = make_workshop(f'{toml}[plugin.invoice_folder]\npath = "{folder}"\n')
    found.open(SHOP)
    open_for_money(found)
    return found


def test_the_folder_of_the_adviser_has_both_files_whole(with_folder: Workshop, folder: Path) -> None:
    row = issue(with_folder)
    year = folder / str(row.issued_at.year)
    assert sorted(one.name for one in year.iterdir()) == [f"{row.number}.pdf", f"{row.number}.xml"]
    assert (year / f"{row.number}.pdf").read_bytes() == with_folder.shop.files.path(row.pdf_sha).read_bytes()
    assert row.delivered_to == str(year)


def test_a_share_that_is_not_mounted_is_waited_for(with_folder: Workshop, folder: Path) -> None:
    folder.rmdir()
    row = issue(with_folder)
    assert "is not there" in row.delivery_trouble
    assert not folder.exists()
    folder.mkdir()
    later(with_folder)
    assert InvoiceRow.get_by_id(row.id).delivered_to
    assert len(list(folder.rglob("*.pdf"))) == 1
    assert not [name for _, _, names in os.walk(folder) for name in names if name.startswith(".")]


def test_nobody_delivers_where_no_plugin_does(workshop: Workshop) -> None:
    open_for_money(workshop)
    row = issue(workshop)
    assert not WorkRow.select().where(WorkRow.kind == "deliver_invoice").exists()
    assert printing.print_invoice(workshop.shop, row, at=utcnow()) == row.pdf_sha
