"""What quotes, invoices, credit notes and receipts say: one frozen value each, all that a page, a PDF or an XML needs.

A document is frozen when it is issued, as JSON beside its number: what is printed later is what was said then, whatever
the catalogue, the shop's name or the customer's address have become.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from craftops.domain.billing.money import Money
from craftops.domain.billing.tax import Tax
from craftops.domain.billing.totals import Item, Rounding, Totals, totals


class DocumentKind(StrEnum):
    """What a document is. ``code`` is its UNTDID 1001 type, where it is one of invoicing."""

    QUOTE = "quote"
    INVOICE = "invoice"
    DEPOSIT = "deposit"
    """An invoice for a part, before the work (386, prepayment invoice)."""
    CREDIT = "credit"
    """It takes an invoice back, whole or in part (381)."""
    RECEIPT = "receipt"

    @property
    def code(self) -> str:
        return {"invoice": "380", "deposit": "386", "credit": "381"}.get(self.value, "")


@dataclass(frozen=True, slots=True)
class Party:
    """Who sells or buys, as printed. ``country`` ISO 3166-1 alpha-2."""

    name: str
    address: tuple[str, ...] = ()
    """Street and number, and whatever stands beside it."""
    postcode: str = ""
    city: str = ""
    country: str = "DE"
    contact: str = ""
    """The person at a company."""
    email: str = ""
    phone: str = ""
    vat_id: str = ""
    tax_number: str = ""
    registration: str = ""
    """In a register of companies: "HRB 12345, Amtsgericht Berlin"."""


@dataclass(frozen=True, slots=True)
class BankAccount:
    """Where transfers go. ``holder`` exactly as the bank has it (BT-85)."""

    holder: str
    iban: str
    bic: str = ""


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """A line. ``unit`` in minor units, net or gross as the document's rounding has it; ``discount`` in hundredths of a
    per cent."""

    title: str
    quantity: int
    unit: int
    tax: Tax
    detail: str = ""
    """Material, colour, finish, the customer's words: a second line in small."""
    discount: int = 0
    unit_code: str = "C62"
    """UN/ECE Recommendation 20; C62 is a piece, HUR an hour."""
    order_line: int | None = None
    """Id of the order's line, if it stands for one."""
    of_document: bool = False
    """What is taken off (below zero, BG-20) or put on (BG-21) the document as a whole, and is no line of it."""

    @property
    def item(self) -> Item:
        return Item(self.unit, self.quantity, self.tax, self.discount)


@dataclass(frozen=True, slots=True)
class Reference:
    """An earlier document that this one is about (BG-3)."""

    number: str
    issued_on: date


@dataclass(frozen=True, slots=True)
class Document:
    """A document with everything on it. Dates are days in the shop's zone; amounts minor units of ``currency``."""

    kind: DocumentKind
    number: str
    issued_on: date
    seller: Party
    buyer: Party
    lines: tuple[DocumentLine, ...]
    currency: str
    rounding: Rounding
    language: str = "en"
    order_code: str = ""
    buyer_reference: str = ""
    """The customer's own order number (BT-13)."""
    due_on: date | None = None
    valid_until: date | None = None
    """Of a quote."""
    delivered_on: date | None = None
    """Day of delivery or service (BT-72); of a deposit, None."""
    delivered_to: Party | None = None
    """Who gets it, where that is not the buyer (BG-13)."""
    bank: BankAccount | None = None
    payment_reference: str = ""
    """What a transfer must say: an ISO 11649 reference (BT-83)."""
    preceding: tuple[Reference, ...] = ()
    note: str = ""
    terms: str = ""
    paid: int = 0
    """What has been paid on it before it was issued (BT-113)."""
    pay_url: str = ""
    """Its durable page."""

    @property
    def totals(self) -> Totals:
        return totals([line.item for line in self.lines], self.rounding)

    @property
    def due(self) -> int:
        """What is left to pay (BT-115)."""
        return self.totals.gross - self.paid

    def money(self, minor: int) -> Money:
        return Money(minor, self.currency)


@dataclass(frozen=True, slots=True)
class Receipt:
    """That money came (or went back: negative), for one or several documents."""

    number: str
    issued_on: date
    paid_at: datetime
    seller: Party
    buyer: Party
    amount: Money
    method: str
    """How, for people: "Visa •••• 4242", "Bank transfer"."""
    reference: str
    settles: tuple[tuple[str, int], ...]
    """Number of a document and how many minor units of it were paid."""
    language: str = "en"
    time_zone: str = "UTC"
