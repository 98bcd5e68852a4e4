"""The folder for an audit: every invoice as it was issued, and the books beside it, described for audit programs.

For the German GoBD the XML of an e-invoice is the original, so it lies here byte for byte as it was issued, with its
SHA-256; the PDF lies beside it. ``index.xml`` describes the tables as the GDPdU "Beschreibungsstandard" has it
(Audicon, Version 1.1), for tax auditors' programs.
"""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from xml.sax.saxutils import escape

from craftops.domain.billing.documents import DocumentKind
from craftops.domain.billing.journal import EntryKind, JournalEntry
from craftops.domain.billing.money import Money
from craftops.domain.billing.plain_text_books import CSV_HEAD, harmless_cell, journal_csv
from craftops.domain.people.access import Actor
from craftops.services.billing import books, printing
from craftops.services.billing.books import Days
from craftops.services.shop.context import Shop
from craftops.services.shop.zip_stream import ZipStream
from craftops.store.models import InvoiceRow, PaymentRow
from craftops.store.queries import billing

README = """Books of {name}, {first} to {last}. Made by CraftOps, {at:%Y-%m-%d %H:%M} UTC.

index.xml          describes the tables below for audit programs
invoices.csv       every invoice, deposit invoice and credit note
payments.csv       money that came and went back
journal.csv        all of it as double entry
documents/         each document: NUMBER.xml is the e-invoice as it was issued, NUMBER.pdf the paper with it inside
receipts/          the receipt of each payment
SHA256SUMS         the SHA-256 of every file in documents/ and receipts/; check it with: sha256sum -c SHA256SUMS

Amounts have a decimal point. In the tables a cell that a spreadsheet would take for a formula begins with '.
"""
TEXT, NUMBER, DAY = "text", "number", "day"


@dataclass(frozen=True, slots=True)
class _AuditTable:
    file: str
    title: str
    columns: tuple[tuple[str, str], ...]
    """Name and kind of each."""


INVOICES = _AuditTable(
    "invoices.csv", "Invoices",
    (
        ("number", TEXT), ("kind", TEXT), ("issued_on", DAY), ("due_on", DAY), ("customer_number", TEXT),
        ("customer", TEXT), ("order", TEXT), ("corrects", TEXT), ("currency", TEXT), ("net", NUMBER), ("tax", NUMBER),
        ("gross", NUMBER), ("xml_sha256", TEXT), ("pdf_sha256", TEXT),
    ),
)  # fmt: skip
PAYMENTS = _AuditTable(
    "payments.csv", "Payments",
    (
        ("date", DAY), ("kind", TEXT), ("number", TEXT), ("customer_number", TEXT), ("customer", TEXT),
        ("invoice", TEXT), ("means", TEXT), ("currency", TEXT), ("amount", NUMBER), ("text", TEXT),
    ),
)  # fmt: skip
JOURNAL = _AuditTable(
    "journal.csv", "Journal",
    tuple((name, {"date": DAY, "amount": NUMBER}.get(name, TEXT)) for name in CSV_HEAD),
)  # fmt: skip


def audit_folder(shop: Shop, days: Days, *, actor: Actor, at: datetime) -> Iterator[bytes]:
    """A ZIP in pieces; what it holds is read from the database before the first. Papers not made yet are made.

    Raises AccessError for anybody but the owner.
    """
    profile = shop.profile()
    entries = books.journal(shop, days, actor=actor, profile=profile)
    name, (start, end) = profile.name, days.bounds(profile.zone)
    papers: list[tuple[str, Path]] = []
    rows = []
    issued = list(billing.invoices().where(InvoiceRow.issued_at >= start, InvoiceRow.issued_at < end))
    for row in reversed(issued):
        printing.print_invoice(shop, row, at=at)
        fresh: InvoiceRow = InvoiceRow.get_by_id(row.id) if not row.pdf_sha else row
        papers += [
            (f"documents/{row.number}.{kind}", shop.files.path(sha256))
            for sha256, kind in ((fresh.xml_sha, "xml"), (fresh.pdf_sha, "pdf"))
            if sha256
        ]
        rows.append(_invoice_cells(fresh, row))
    paid = PaymentRow.select().where(PaymentRow.received_at >= start, PaymentRow.received_at < end)
    for payment in list(paid.where(PaymentRow.receipt.is_null(False)).order_by(PaymentRow.id)):
        sha256 = printing.print_receipt(shop, payment, at=at)
        papers.append((f"receipts/{payment.receipt}.pdf", shop.files.path(sha256)))
    texts = {
        "README.txt": README.format(name=name, first=days.first, last=days.last, at=at).encode(),
        "index.xml": _index(name, days).encode(),
        INVOICES.file: _table(INVOICES, rows),
        PAYMENTS.file: _table(PAYMENTS, map(_payment_cells, filter(_is_money, entries))),
        JOURNAL.file: journal_csv(entries).encode(),
    }
    return _pieces(texts, papers, at)


def _pieces(texts: dict[str, bytes], papers: list[tuple[str, Path]], at: datetime) -> Iterator[bytes]:
    out = ZipStream(at)
    for name, content in texts.items():
        yield out.text(name, content)
    sums = []
    for name, path in papers:
        content = path.read_bytes()
        sums.append(f"{hashlib.sha256(content).hexdigest()}  {name}\n")
        with out.member(name, stored=name.endswith(".pdf")) as member:
            member.write(content)
        yield out.taken()
    yield out.text("SHA256SUMS", "".join(sums).encode())
    yield out.end()


def _is_money(entry: JournalEntry) -> bool:
    return entry.kind in (EntryKind.PAYMENT, EntryKind.REFUND)


def _payment_cells(entry: JournalEntry) -> list[str]:
    amount = entry.amount if entry.kind is EntryKind.PAYMENT else -entry.amount
    words = (entry.number, entry.customer_number, entry.customer, entry.refers_to)
    return [
        entry.on.isoformat(), entry.kind.value, *map(harmless_cell, words), entry.means.value, entry.currency,
        _amount(amount, entry.currency), harmless_cell(entry.text),
    ]  # fmt: skip


def _invoice_cells(row: InvoiceRow, joined: InvoiceRow) -> list[str]:
    """``joined`` has its customer and its order read already."""
    document, sign = row.document, -1 if row.kind == DocumentKind.CREDIT.value else 1
    before = document.get("preceding") or []
    return [
        row.number, row.kind, document["issued_on"], document.get("due_on") or "",
        books.account_number(row.customer_id), harmless_cell(document["buyer"]["name"]),
        joined.order.code if joined.order else "", ", ".join(one["number"] for one in before) if sign < 0 else "",
        row.currency, *(_amount(sign * one, row.currency) for one in (row.net, row.tax, row.gross)), row.xml_sha,
        row.pdf_sha,
    ]  # fmt: skip


def _amount(minor: int, currency: str) -> str:
    return str(Money(minor, currency).major)


def _table(table: _AuditTable, rows: Iterable[list[str]]) -> bytes:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([name for name, _kind in table.columns])
    writer.writerows(rows)
    return out.getvalue().encode()


def _index(name: str, days: Days) -> str:
    tables = "".join(_described(one) for one in (INVOICES, PAYMENTS, JOURNAL))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE DataSet SYSTEM "gdpdu-01-09-2004.dtd">\n'
        f"<DataSet><Version>1.0</Version><DataSupplier><Name>{escape(name)}</Name><Location></Location>"
        f"<Comment>{days.first} to {days.last}</Comment></DataSupplier><Media><Name>CraftOps</Name>{tables}</Media>"
        "</DataSet>\n"
    )


def _described(table: _AuditTable) -> str:
    """A table as comma-separated values: its first line names the columns, so the data begin in the second."""
    (key, _), *others = table.columns
    keyed = table is INVOICES
    first = f"<VariablePrimaryKey><Name>{key}</Name><AlphaNumeric/></VariablePrimaryKey>" if keyed else ""
    rest = "".join(_column(name, kind) for name, kind in (others if keyed else table.columns))
    return (
        f"<Table><URL>{table.file}</URL><Name>{table.title}</Name><UTF8/><DecimalSymbol>.</DecimalSymbol>"
        "<DigitGroupingSymbol></DigitGroupingSymbol><Range><From>2</From></Range><VariableLength>"
        "<ColumnDelimiter>,</ColumnDelimiter><RecordDelimiter>&#13;&#10;</RecordDelimiter>"
        f"<TextEncapsulator>&quot;</TextEncapsulator>{first}{rest}</VariableLength></Table>"
    )


def _column(name: str, kind: str) -> str:
    shape = {
        TEXT: "<AlphaNumeric/>",
        NUMBER: "<Numeric><Accuracy>2</Accuracy></Numeric>",
        DAY: "<Date><Format>YYYY-MM-DD</Format></Date>",
    }[kind]
    return f"<VariableColumn><Name>{name}</Name>{shape}</VariableColumn>"
