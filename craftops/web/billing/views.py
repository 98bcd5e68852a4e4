"""What pages of money get: frozen values, amounts in words already."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from craftops.web.frame.views import Chip, FormField


@dataclass(frozen=True, slots=True)
class PaperLine:
    """A line of a quote or an invoice."""

    title: str
    detail: str
    quantity: int
    unit: str
    total: str
    discount: str = ""


@dataclass(frozen=True, slots=True)
class Sum:
    """A line of the totals."""

    label: str
    amount: str
    strong: bool = False


@dataclass(frozen=True, slots=True)
class Paper:
    """A document as a page shows it."""

    number: str
    issued: str
    lines: tuple[PaperLine, ...]
    sums: tuple[Sum, ...]
    seller: tuple[str, ...]
    buyer: tuple[str, ...]
    reasons: tuple[str, ...]
    note: str
    terms: str
    gross_prices: bool


@dataclass(frozen=True, slots=True)
class QuotePage:
    """A quote before its customer."""

    url: str
    paper: Paper
    title: str
    code: str
    state: str
    chip: Chip
    total: str
    deposit: str
    valid: str
    open: bool
    late: bool
    obliges: str
    """What the button says: a consumer must read that it obliges to pay."""
    name: str
    details: tuple[FormField, ...]
    """To whom the invoice goes, where that is not known yet."""
    reason: str
    decided: str
    invoice_url: str
    order_url: str
    pdf_url: str
    withdrawal: str
    """What may be withdrawn from, as a sentence; empty for a business."""


@dataclass(frozen=True, slots=True)
class WayToPay:
    """A button of the pay page."""

    name: str
    title: str
    note: str
    test: bool
    why_not: str


@dataclass(frozen=True, slots=True)
class Transfer:
    """How to pay by bank transfer."""

    holder: str
    iban: str
    bic: str
    amount: str
    reference: str
    code: Markup
    """The code that banking apps scan, as SVG; empty where there is none."""


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """A payment, a refund or a credit, as a list shows it."""

    id: int
    at: datetime
    what: str
    amount: str
    chip: Chip
    receipt: str = ""
    note: str = ""
    pdf_url: str = ""


@dataclass(frozen=True, slots=True)
class InvoicePage:
    """The durable page of an invoice."""

    url: str
    number: str
    kind: str
    title: str
    paper: Paper
    chip: Chip
    sentence: str
    left: str
    left_plain: str
    """What is left, as a form's field has it."""
    is_open: bool
    ways: tuple[WayToPay, ...]
    transfer: Transfer | None
    payments: tuple[PaymentLine, ...]
    order_url: str
    code: str
    waiting: str
    """A payment that is on its way, in a sentence."""
    pdf_url: str
    xml_url: str


@dataclass(frozen=True, slots=True)
class MoneyCard:
    """What an order's page says first about money: a quote to answer, an invoice to pay."""

    icon: str
    title: str
    sentence: str
    url: str
    action: str


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """A row of a list of invoices."""

    id: int
    number: str
    kind: str
    title: str
    customer: str
    url: str
    issued: str
    due: str
    total: str
    left: str
    chip: Chip
    is_open: bool


@dataclass(frozen=True, slots=True)
class PortalInvoices:
    """A customer's invoices and payments."""

    open: tuple[InvoiceLine, ...]
    done: tuple[InvoiceLine, ...]
    payments: tuple[PaymentLine, ...]
    total: str
    ways: tuple[WayToPay, ...]
    credit: str


@dataclass(frozen=True, slots=True)
class QuoteEditorLine:
    """A line of the quote editor, as typed."""

    key: str
    title: str = ""
    detail: str = ""
    quantity: str = "1"
    unit: str = ""
    discount: str = ""
    order_line: str = ""
    parts: tuple[tuple[str, str], ...] = ()
    """What the price list makes of it: label and amount."""
    unsaid: str = ""


@dataclass(frozen=True, slots=True)
class QuoteEditor:
    """The page on which staff write a quote."""

    title: str
    code: str
    order_url: str
    version: str
    lines: tuple[QuoteEditorLine, ...]
    currency: str
    gross: bool
    deposit: str
    valid_days: str
    note: str
    errors: dict[str, str]
    buyer: tuple[str, ...]
    buyer_url: str
    tax: str


@dataclass(frozen=True, slots=True)
class QuoteSummary:
    """A quote in the staff's panel of an order."""

    version: int
    number: str
    total: str
    deposit: str
    chip: Chip
    state: str
    when: datetime
    reason: str
    decided_by: str
    url: str
    waits: bool


@dataclass(frozen=True, slots=True)
class StaffMoneyPanel:
    """Money on the staff's page of an order."""

    quotes: tuple[QuoteSummary, ...]
    invoices: tuple[InvoiceLine, ...]
    write_url: str
    write: str
    can_invoice: bool
    code: str
    po_number: str
    remake_of: str = ""
    """The order that this one makes again at no charge."""


@dataclass(frozen=True, slots=True)
class StaffInvoicePage:
    """An invoice as staff see it."""

    id: int
    number: str
    kind: str
    title: str
    customer: str
    customer_url: str
    order_url: str
    code: str
    paper: Paper
    chip: Chip
    left: str
    left_plain: str
    creditable: str
    settlements: tuple[PaymentLine, ...]
    payments: tuple[StaffPayment, ...]
    counters: tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]
    """Ways that staff book: provider, its title, its kinds as key and name."""
    public_url: str
    token: str
    pdf_url: str
    xml_url: str
    checked: str
    """What the judge of e-invoices said."""
    delivered: str = ""
    """Where a plugin took it, and when; empty where none did."""
    delivery_trouble: str = ""
    """Why it is not there yet."""
    kept: str = ""
    """How long the law has us keep it."""


@dataclass(frozen=True, slots=True)
class StaffPayment:
    """A payment as staff see it, with what can go back of it."""

    id: int
    at: datetime
    method: str
    amount: str
    chip: Chip
    receipt: str
    refundable: str
    refundable_plain: str
    surplus: str
    refunds: tuple[PaymentLine, ...]
    note: str
    reason: str
