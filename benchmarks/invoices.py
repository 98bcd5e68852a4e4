"""Invoices issued a second, and a receipt against WeasyPrint; or, as a program, random invoices for anybody's judge.

``python -m benchmarks.invoices --count N --seed S --out DIR`` writes each as XML and as PDF with the XML in it, and
prints one JSON line for each.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import multiprocessing
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from html import escape
from pathlib import Path
from random import Random

from benchmarks.common import Result, is_there, median
from craftops.domain.billing.documents import Document, Receipt
from craftops.domain.billing.money import Money
from craftops.papers.brand import Brand
from craftops.papers.rendering import RenderedPaper, render
from craftops.testing.invoices import BUYERS, SHOP, made_up_invoice

BRAND = Brand()
CORES = 2
A_SECOND = 100
"""Invoices that are asked for on two cores."""
USUAL_LINES = 12


def invoice_of(seed: int, number: int) -> Document:
    """Random invoice ``number`` of a seed, whatever else is drawn."""
    return made_up_invoice(Random(f"{seed}/{number}"), number)


@dataclass(frozen=True)
class _Written:
    number: str
    xml: str
    pdf: str
    xml_sha256: str
    pdf_sha256: str


def write(folder: Path, count: int, seed: int) -> Iterator[_Written]:
    """Random invoices as files; what was written, one after the other."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(1, count + 1):
        document = invoice_of(seed, number)
        paper = render(document, BRAND)
        xml, pdf = folder / f"{document.number}.xml", folder / f"{document.number}.pdf"
        xml.write_bytes(paper.xml)
        pdf.write_bytes(paper.pdf)
        yield _Written(document.number, str(xml), str(pdf), paper.xml_sha256, paper.pdf_sha256)


def usual(count: int) -> list[Document]:
    """Random invoices of a length that is usual."""
    found, number = [], 0
    while len(found) < count:
        number += 1
        document = invoice_of(2026, number)
        if len(document.lines) <= USUAL_LINES:
            found.append(document)
    return found


def issue(document: Document) -> tuple[str, str]:
    """XML, PDF/A and the hashes of both."""
    paper: RenderedPaper = render(document, BRAND)
    return paper.xml_sha256, paper.pdf_sha256


def a_second(documents: list[Document]) -> float:
    """Invoices a second with a warm process on each of two cores."""
    with multiprocessing.get_context("spawn").Pool(CORES) as pool:
        pool.map(issue, documents[: 8 * CORES], chunksize=8)
        began = time.perf_counter()
        found = pool.map(issue, documents, chunksize=4)
        taken = time.perf_counter() - began
    if len(set(found)) != len(documents):
        raise RuntimeError("two invoices are the same file")
    return len(documents) / taken


def receipt() -> Receipt:
    return Receipt(
        "ZB-2026-0009",
        date(2026, 11, 24),
        datetime(2026, 11, 24, 9, 12, tzinfo=UTC),
        SHOP,
        BUYERS[0],
        Money(11_230, "EUR"),
        "Visa •••• 4242",
        "ch_3P9kXy2eZvKYlo2C",
        (("RE-2026-00042", 10_000), ("RE-2026-00043", 1_230)),
        "en",
        "Europe/Berlin",
    )


def receipt_by_weasyprint(said: Receipt) -> bytes:
    """The same words on the same page, PDF/A-3 too, from HTML."""
    from weasyprint import HTML  # a library of the development tools: the program above needs none of them

    seller, buyer = said.seller, said.buyer
    rows = "".join(f"<tr><td>{escape(number)}<td class=n>{part / 100:.2f}" for number, part in said.settles)
    facts = "".join(
        f"<tr><td>{escape(label)}<td>{escape(value)}"
        for label, value in zip(
            ("Number", "Paid", "By", "Reference"),
            (said.number, str(said.paid_at), said.method, said.reference),
            strict=True,
        )
    )
    page = (
        "<html lang=en><title>Receipt</title><style>@page{size:A4;margin:27mm 20mm 40mm 25mm;@bottom-right{content:"
        "'Page ' counter(page) ' of ' counter(pages)}}body{font:9.5pt sans-serif}.n{text-align:right}"
        "table{width:100%;border-collapse:collapse}td{border-bottom:1px solid #ddd}</style>"
        f"<h2>{escape(seller.name)}</h2><p>{escape(buyer.name)}<br>{'<br>'.join(map(escape, buyer.address))}"
        f"<br>{escape(buyer.postcode)} {escape(buyer.city)}</p><table>{facts}</table>"
        f"<h1>Receipt {escape(said.number)}</h1>"
        f"<p>We received<br><b>€{said.amount.minor / 100:.2f}</b></p><table>{rows}</table>"
        f"<footer>{escape(seller.name)}, {escape(seller.email)}, {escape(seller.vat_id)}</footer></html>"
    )
    made = HTML(string=page).write_pdf(pdf_variant="pdf/a-3b")
    if not isinstance(made, bytes):
        raise TypeError("no PDF")
    return made


def run() -> Iterator[Result]:
    """The results, in the order in which they are told."""
    found = a_second(usual(400))
    yield Result(
        f"an invoice: XML, PDF/A, hashes, {CORES} cores", 1000 / found, f"{A_SECOND} a second", 1000 / A_SECOND, 1.0
    )
    if not is_there("weasyprint", "WeasyPrint"):
        return
    said = receipt()
    numbers = iter(range(10**6))
    ours = median(lambda: render(_another(said, next(numbers)), BRAND), 40)
    theirs = median(lambda: receipt_by_weasyprint(_another(said, next(numbers))), 10)
    yield Result("a receipt as PDF/A", ours, "WeasyPrint", theirs, 0.15)


def _another(said: Receipt, number: int) -> Receipt:
    """Nothing is to be gained by having made it before."""
    return replace(
        said,
        number=f"ZB-{number:06d}",
        amount=Money(number + 100, "EUR"),
        reference=f"ch_{hashlib.sha256(str(number).encode()).hexdigest()[:20]}",
        settles=((f"RE-{number}", number + 100),),
    )


def main() -> None:
    """Write invoices, or without ``--out`` measure."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.invoices", description=__doc__)
    asked.add_argument("--count", type=int, default=100, help="how many")
    asked.add_argument("--seed", type=int, default=1, help="which ones")
    asked.add_argument("--out", type=Path, help="the folder they are written to")
    told = asked.parse_args()
    if told.out is None:
        for result in run():
            sys.stdout.write(result.line() + "\n")
        return
    for one in write(told.out, told.count, told.seed):
        sys.stdout.write(json.dumps(vars(one)) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
