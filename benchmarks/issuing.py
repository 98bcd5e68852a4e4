"""Invoices issued a second by a whole shop: number, row, XML, PDF/A, hashes and files, as its two workers do it.

``python -m benchmarks --only issuing``. They are issued as those of a day's work that is done are: several in one
transaction, and their papers as one piece of work; those that somebody issues by a click are measured by themselves.
The judge of the published rules is an extra that a shop may have, and a child of its own; it is left out here. The
baseline beside the hundred a second that are asked for is WeasyPrint, which makes the same pages on the same two
cores, and nothing but the pages. On a machine that has other things to do the clock says little; what it takes of the
processors is told beside it.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import time
from collections.abc import Iterator, Sequence
from html import escape
from multiprocessing.pool import Pool
from pathlib import Path

from benchmarks.common import Result, is_there
from benchmarks.invoices import A_SECOND, CORES, invoice_of
from craftops.app import create_app
from craftops.bootstrap import open_shop
from craftops.config import load_config
from craftops.domain.billing.costing import Rates
from craftops.domain.billing.documents import Document, DocumentKind
from craftops.domain.billing.judgements import Judgement, JudgementState
from craftops.domain.billing.pricing import PriceList
from craftops.domain.billing.settings import BillingSettings, SellerDetails
from craftops.domain.billing.tax import TaxCategory
from craftops.domain.people.access import SYSTEM
from craftops.domain.shop.profile import ShopProfile
from craftops.services.billing import invoicing, printing
from craftops.services.billing.ready_invoices import TOGETHER
from craftops.services.billing.settings import save_settings
from craftops.services.shop.context import Shop
from craftops.store.database import connected, unit_of_work, utcnow
from craftops.store.migrating import migrate
from craftops.store.models import AccountRow, InvoiceRow, database
from craftops.testing.workshop import Workshop

ISSUED, ALONE = 256, 120
WARM = 16
PAGES = 24
"""Pages that WeasyPrint makes: it takes long."""
USUAL_LINES = 12
SELLER = SellerDetails(
    address=("Werkstraße 1",), postcode="10115", city="Berlin", country="DE", vat_id="DE136695976", deposit=5000
)
_shops: list[Shop] = []


def _usual(count: int) -> list[Document]:
    """Random invoices as a shop writes them most: taxed, in euros, of at most twelve lines."""
    found, number = [], 0
    while len(found) < count:
        number += 1
        document = invoice_of(2027, number)
        taxed = {line.tax.category for line in document.lines} == {TaxCategory.STANDARD}
        owed = document.kind is DocumentKind.INVOICE and document.totals.gross > 0
        if taxed and owed and len(document.lines) <= USUAL_LINES:
            found.append(document)
    return found


def _open(folder: Path) -> None:
    """A worker's shop, in a process of its own."""
    printing.judge = lambda _document: Judgement(JudgementState.NOT_CHECKED)
    _shops.append(open_shop(load_config(data=folder, env={})))


def _issue(told: list[tuple[int, Document]]) -> float:
    """What ``ready_invoices`` and the worker's ``print_invoices`` do with several, or with one by itself; how many
    milliseconds of a processor it took."""
    shop, at, began = _shops[0], utcnow(), time.process_time()
    with connected():
        customer = AccountRow.get(AccountRow.email == "ada@example.org")
        with unit_of_work() as uow:
            rows = []
            for number, document in told:
                draft = invoicing.Draft(DocumentKind.INVOICE, document.lines, document.rounding, f"bench:{number}")
                with database.atomic():
                    rows.append(
                        invoicing.issue(
                            shop, uow, draft, order=None, customer=customer, actor=SYSTEM, at=at,
                            printed_with_others=True,
                        )
                    )  # fmt: skip
            invoicing.print_together(uow, [row.id for row in rows], at=at)
        printing.print_invoices(shop, rows, at=at)
    return (time.process_time() - began) * 1000


def _page(document: Document) -> int:
    """The same words and figures on a page of PDF/A-3, from HTML; how large it is."""
    from weasyprint import HTML  # a library of the development tools

    totals = document.totals
    rows = "".join(
        f"<tr><td>{place}<td><b>{escape(line.title)}</b><br>{escape(line.detail)}<td class=n>{line.quantity}"
        f"<td class=n>{line.unit / 100:.2f}<td class=n>{amount / 100:.2f}"
        for place, (line, amount) in enumerate(zip(document.lines, totals.lines, strict=True), 1)
    )
    sums = "".join(
        f"<tr><td>{word}<td class=n>{minor / 100:.2f} €"
        for word, minor in (("Net", totals.net), ("VAT", totals.tax), ("Total", totals.gross))
    )
    buyer, seller = document.buyer, document.seller
    page = (
        "<html lang=en><title>Invoice</title><style>@page{size:A4;margin:27mm 20mm 40mm 25mm;@bottom-right{content:"
        "'Page ' counter(page) ' of ' counter(pages)}}body{font:9.5pt sans-serif}.n{text-align:right}"
        "table{width:100%;border-collapse:collapse}td{border-bottom:1px solid #ddd}</style>"
        f"<h2>{escape(seller.name)}</h2><p>{escape(buyer.name)}<br>{'<br>'.join(map(escape, buyer.address))}"
        f"<br>{escape(buyer.postcode)} {escape(buyer.city)}</p><h1>Invoice {escape(document.number)}</h1>"
        f"<table>{rows}</table><table>{sums}</table><p>{escape(document.payment_reference)}</p>"
        f"<footer>{escape(seller.name)}, {escape(seller.email)}, {escape(seller.vat_id)}</footer></html>"
    )
    made = HTML(string=page).write_pdf(pdf_variant="pdf/a-3b")
    return len(made or b"")


def _check(shop: Shop, count: int) -> None:
    """Nothing was left out for the sake of speed. Raises RuntimeError."""
    rows = list(InvoiceRow.select().order_by(InvoiceRow.number))
    if [int(row.number[-4:]) for row in rows] != list(range(1, count + 1)):
        raise RuntimeError("the numbers have a gap")
    for row in rows:
        for sha256 in (row.pdf_sha, row.xml_sha):
            if hashlib.sha256(shop.files.path(sha256).read_bytes()).hexdigest() != sha256:
                raise RuntimeError(f"{row.number} has another file")


def _parted(work: list[tuple[int, Document]], size: int) -> list[list[tuple[int, Document]]]:
    return [work[place : place + size] for place in range(0, len(work), size)]


def _timed(pool: Pool, work: list[tuple[int, Document]], together: int) -> tuple[float, float]:
    """Milliseconds for each, by the clock and of all processors."""
    began = time.perf_counter()
    busy = sum(pool.map(_issue, _parted(work, together), chunksize=1))
    return (time.perf_counter() - began) / len(work) * 1000, busy / len(work)


def _pages(pool: Pool, documents: Sequence[Document]) -> float:
    """Milliseconds for each page of the other library."""
    pool.map(_page, documents[: 2 * CORES], chunksize=2)
    began = time.perf_counter()
    pool.map(_page, documents[:PAGES], chunksize=2)
    return (time.perf_counter() - began) / PAGES * 1000


def run(folder: Path) -> Iterator[Result]:
    """The results, in the order in which they are told."""
    folder.mkdir()
    shop = open_shop(load_config(data=folder, env={}))
    migrate(folder)
    with connected():
        workshop = Workshop(shop, create_app(shop.config))
        workshop.open(ShopProfile(name="Werk"))
        prices = PriceList("EUR", Rates("EUR", {}, {}, {}))
        save_settings(shop, BillingSettings(prices, SELLER), actor=workshop.actor("olga"), at=utcnow())
    warm, documents = WARM * CORES, _usual(WARM * CORES + ISSUED + ALONE)
    work = list(enumerate(documents))
    with multiprocessing.get_context("spawn").Pool(CORES, _open, (folder,)) as pool:
        pool.map(_issue, _parted(work[:warm], WARM), chunksize=1)
        ours, busy = _timed(pool, work[warm : warm + ISSUED], TOGETHER)
        alone, _ = _timed(pool, work[warm + ISSUED :], 1)
        theirs = _pages(pool, documents) if is_there("weasyprint", "WeasyPrint") else None
    with connected():
        _check(shop, len(documents))
    workshop.close()
    name = f"an invoice issued, {CORES} workers"
    yield Result(name, ours, f"{A_SECOND} a second", 1000 / A_SECOND, 1.0)
    yield Result("  what it takes of two processors", busy / CORES, f"{A_SECOND} a second", 1000 / A_SECOND, 1.0)
    if theirs is not None:
        yield Result(name, ours, "WeasyPrint, the pages alone", theirs, 0.3)
        yield Result("an invoice issued by itself, as by a click", alone, "WeasyPrint, the pages alone", theirs, 0.5)
