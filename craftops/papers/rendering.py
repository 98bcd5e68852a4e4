"""From a frozen document, receipt or statement to its bytes: PDF/A-3 as typst enforces it, and an invoice's XML."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from craftops.domain.billing.account_statements import AccountStatement
from craftops.domain.billing.cii import FILE_NAME, invoice_xml, is_told_in_xml
from craftops.domain.billing.documents import Document, Receipt
from craftops.papers.brand import Brand
from craftops.papers.invoice_sheet import document_sheet
from craftops.papers.receipt_sheet import receipt_sheet, statement_sheet
from craftops.papers.typesetting import typeset, typeset_picture
from craftops.papers.xmp import with_invoice_mark


@dataclass(frozen=True, slots=True)
class RenderedPaper:
    """A paper's bytes. ``xml`` is what lies in the PDF as factur-x.xml, empty where EN 16931 has no form for it."""

    pdf: bytes
    xml: bytes = b""

    @property
    def xml_sha256(self) -> str:
        """Hex, as blobs are named; empty without XML."""
        return hashlib.sha256(self.xml).hexdigest() if self.xml else ""

    @property
    def pdf_sha256(self) -> str:
        return hashlib.sha256(self.pdf).hexdigest()


def picture(what: Document, brand: Brand, dpi: float) -> bytes:
    """The first page of a document as a PNG, for looking at; it has no XML, and must fit on one page."""
    return typeset_picture(document_sheet(what, brand, b""), what.issued_on, brand.logo, dpi)


def render(what: Document | Receipt | AccountStatement, brand: Brand, bank_code: bytes = b"") -> RenderedPaper:
    """The paper of ``what``; the same input gives the same bytes. ``bank_code``: an EPC QR code as SVG or PNG.

    An invoice, deposit or credit note carries its XML (Factur-X 1.0, profile EN 16931), which nobody has judged yet.
    """
    if isinstance(what, Receipt):
        return RenderedPaper(typeset(receipt_sheet(what, brand), what.issued_on, brand.logo))
    if isinstance(what, AccountStatement):
        return RenderedPaper(typeset(statement_sheet(what, brand), what.issued_on, brand.logo))
    sheet = document_sheet(what, brand, bank_code)
    if not is_told_in_xml(what):
        return RenderedPaper(typeset(sheet, what.issued_on, brand.logo))
    xml = invoice_xml(what)
    attachment = {"name": FILE_NAME, "xml": xml.decode(), "description": f"Factur-X, EN 16931: {what.number}"}
    return RenderedPaper(with_invoice_mark(typeset(sheet, what.issued_on, brand.logo, attachment)), xml)
