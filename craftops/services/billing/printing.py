"""Papers of money, made once and kept: a PDF for each quote, invoice and receipt, and an invoice's XML as it was
judged.

They are made from frozen documents, and the same document gives the same bytes: a worker that died in the middle is
followed by one that makes the same paper.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from craftops.domain.billing.cii import invoice_xml, is_told_in_xml
from craftops.domain.billing.documents import Document, Receipt
from craftops.domain.billing.epc_code import TransferRequest, epc_svg
from craftops.domain.billing.judgements import Judgement, JudgementState
from craftops.domain.billing.money import Money
from craftops.errors import IntakeError
from craftops.services.billing.details import details_of, party_of
from craftops.services.billing.settings import billing_settings
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.documents import document_from_json
from craftops.store.models import BlobRow, InvoiceRow, PaymentRow, PaymentTargetRow, QuoteRow, SettlementRow
from craftops.store.views.billing import Identified

if TYPE_CHECKING:
    from craftops.papers.judge import Judge


@cache
def _judge() -> Judge:
    """The judge of this process: one child for all its threads, loaded when it is first asked."""
    from craftops.papers.judge import Judge, facturx_rules

    return Judge(facturx_rules())


def dismiss_judge() -> None:
    """End the judge's child, in a process that has issued what it had to; the next invoice starts another."""
    if _judge.cache_info().currsize:
        _judge().close()


def judge(document: Document) -> Judgement:
    """What the published rules say of an invoice. Without a judge, that it is not checked."""
    if not is_told_in_xml(document):
        return Judgement(JudgementState.NOT_CHECKED)
    return _judge().judge(invoice_xml(document))


def _bank_code(document: Document) -> bytes:
    """The code that banking apps scan; nothing where the document cannot be paid in euros by transfer."""
    bank = document.bank
    if bank is None or document.currency != "EUR" or document.due <= 0:
        return b""
    try:
        return epc_svg(transfer_request(document, document.due), "").encode()
    except IntakeError:
        return b""


def transfer_request(document: Document, minor: int) -> TransferRequest:
    """A transfer of so much to the account on a document. Raises IntakeError where it names none."""
    if document.bank is None:
        raise IntakeError("There is no account on this document.")
    return TransferRequest(
        document.bank.holder, document.bank.iban, Money(minor, document.currency), document.payment_reference
    )


def _known(sha256: str, data: bytes, at: datetime) -> None:
    if sha256:
        BlobRow.insert(sha256=sha256, size=len(data), created_at=at).on_conflict_ignore().execute()


def _press(shop: Shop) -> Callable[[Document | Receipt], tuple[bytes, bytes]]:
    """What makes the bytes of papers and of their XML, as the shop looks now. The typesetter is loaded when the first
    paper is made."""
    from craftops.papers.brand import Brand
    from craftops.papers.rendering import render

    profile = shop.profile()
    logo = shop.files.path(profile.logo_sha).read_bytes() if profile.logo_sha else b""
    brand = Brand(profile.brand, logo)

    def made(what: Document | Receipt) -> tuple[bytes, bytes]:
        paper = render(what, brand, _bank_code(what) if isinstance(what, Document) else b"")
        return paper.pdf, paper.xml

    return made


def print_invoice(shop: Shop, row: InvoiceRow, *, at: datetime) -> str:
    """The PDF of an invoice, made where it is not there yet; its SHA-256."""
    if not row.pdf_sha:
        print_invoices(shop, [row], at=at)
    return str(row.pdf_sha)


def invoice_papers(shop: Shop, invoice: Identified, *, at: datetime) -> tuple[str, str]:
    """The SHA-256 of an invoice's PDF and of its XML, made where they are not there yet; empty of an invoice that is
    not told in XML."""
    row = InvoiceRow.get_by_id(invoice.id)
    print_invoice(shop, row, at=at)
    return str(row.pdf_sha), str(row.xml_sha)


def quote_paper(shop: Shop, quote: Identified, *, at: datetime) -> str:
    """The SHA-256 of the PDF of a quote that was sent, made where it is not there yet."""
    return print_quote(shop, QuoteRow.get_by_id(quote.id), at=at)


def receipt_paper(shop: Shop, payment: Identified, *, at: datetime) -> str:
    """The SHA-256 of the PDF of a receipt, made where it is not there yet."""
    return print_receipt(shop, PaymentRow.get_by_id(payment.id), at=at)


def print_invoices(shop: Shop, rows: Iterable[InvoiceRow], *, at: datetime) -> None:
    """The papers of several invoices, made where they are not there yet; the disk is waited for once.

    They are on the disk before the transaction that refers to them: nobody waits for our disk with theirs. That one
    itself does not wait. Should a power cut take it, the worker's word that the work is done goes with it, and the same
    papers are made again.
    """
    due, make = [row for row in rows if not row.pdf_sha], _press(shop)
    papers = [make(document_from_json(row.document)) for row in due]
    parts = [part for paper in papers for part in paper if part]
    hashes = dict(zip(parts, shop.files.put_several(parts), strict=True))
    with unit_of_work(light=True):
        for row, (pdf, xml) in zip(due, papers, strict=True):
            row.pdf_sha, row.xml_sha = hashes[pdf], hashes[xml] if xml else ""
            _known(row.pdf_sha, pdf, at)
            _known(row.xml_sha, xml, at)
            values = {"pdf_sha": row.pdf_sha, "xml_sha": row.xml_sha}
            InvoiceRow.update(values).where(InvoiceRow.id == row.id).execute()


def print_quote(shop: Shop, row: QuoteRow, *, at: datetime) -> str:
    """The PDF of a quote that was sent; its SHA-256."""
    if row.pdf_sha:
        return str(row.pdf_sha)
    pdf, _xml = _press(shop)(document_from_json(row.document))
    sha256 = shop.files.put_bytes(pdf)
    with unit_of_work():
        _known(sha256, pdf, at)
        QuoteRow.update(pdf_sha=sha256).where(QuoteRow.id == row.id).execute()
    return sha256


def print_receipt(shop: Shop, row: PaymentRow, *, at: datetime) -> str:
    """The PDF that says that money came; its SHA-256."""
    if row.receipt_sha:
        return str(row.receipt_sha)
    pdf, _xml = _press(shop)(receipt_of(shop, row))
    sha256 = shop.files.put_bytes(pdf)
    with unit_of_work():
        _known(sha256, pdf, at)
        PaymentRow.update(receipt_sha=sha256).where(PaymentRow.id == row.id).execute()
    return sha256


def receipt_of(shop: Shop, row: PaymentRow) -> Receipt:
    """What a receipt says: how much came, how, and what of it covers which invoice, as it was when it came."""
    profile, settings = shop.profile(), billing_settings(shop)
    covers = (
        SettlementRow.select(SettlementRow, InvoiceRow)
        .join(InvoiceRow, on=SettlementRow.invoice == InvoiceRow.id)
        .where(SettlementRow.payment == row.id, SettlementRow.amount > 0)
        .order_by(SettlementRow.id)
    )
    targets = PaymentTargetRow.select().where(PaymentTargetRow.payment == row.id).order_by(PaymentTargetRow.id)
    first = next(iter(targets), None)
    invoice = document_from_json(first.invoice.document) if first is not None else None
    details = details_of(row.customer, settings.seller.country)
    seller = settings.seller.party(profile.name, profile.email, profile.phone, profile.address)
    return Receipt(
        number=row.receipt or "",
        issued_on=(row.received_at or row.created_at).astimezone(profile.zone).date(),
        paid_at=row.received_at or row.created_at,
        seller=invoice.seller if invoice else seller,
        buyer=invoice.buyer if invoice else party_of(details, row.customer),
        amount=Money(row.received, row.currency),
        method=row.method,
        reference=row.note,
        settles=tuple((one.invoice.number, one.amount) for one in covers),
        language=invoice.language if invoice else row.customer.language or profile.language,
        time_zone=profile.timezone,
    )
