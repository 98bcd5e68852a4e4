"""The books as double entry: what was invoiced, credited, paid, refunded and charged, each balanced to the cent.

Every export (hledger, beancount, CSV, DATEV) is made of these values and of nothing else.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from craftops.domain.billing.money import CURRENCY


class EntryKind(StrEnum):
    """What happened."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    PAYMENT = "payment"
    REFUND = "refund"
    FEE = "fee"
    """What a bank or a payment provider kept."""


DOCUMENTS = (EntryKind.INVOICE, EntryKind.CREDIT_NOTE)


class PayMeans(StrEnum):
    """Where money is once it has come."""

    BANK = "bank"
    PROVIDER = "provider"
    """At a payment provider, on its way."""
    CASH = "cash"


@dataclass(frozen=True, slots=True)
class TaxedAmount:
    """One rate of an invoice: net and tax in minor units; negative for what is taken off."""

    net: int
    tax: int
    rate: Decimal
    """Percent."""
    category: str = "S"
    """UNCL5305: S standard, Z zero, E exempt, AE reverse charge, K inside the EU, G export, O outside."""

    @property
    def gross(self) -> int:
        """Net and tax."""
        return self.net + self.tax

    @property
    def tax_name(self) -> str:
        """Category and rate as one word: "S19", "AE0", "S5.5" as "S5-5"."""
        rate = f"{self.rate.normalize():f}" if self.rate else "0"
        return f"{self.category}{rate.replace('.', '-')}"


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One event. Invoices and credit notes have ``parts``, the others an ``amount`` above zero in minor units."""

    on: date
    number: str
    """Of the document, the receipt or the statement's line."""
    kind: EntryKind
    currency: str
    customer: str = ""
    customer_number: str = ""
    """Of the customer's account; digits, as the books call it. Needed by all but fees."""
    parts: tuple[TaxedAmount, ...] = ()
    amount: int = 0
    means: PayMeans = PayMeans.BANK
    refers_to: str = ""
    """Number of the invoice that a payment pays, or that a credit note corrects."""
    text: str = ""
    vat_id: str = ""
    """Of a customer who owes the tax, or is abroad in the EU."""

    def __post_init__(self) -> None:
        is_document = self.kind in DOCUMENTS
        if not CURRENCY.fullmatch(self.currency):
            raise ValueError(f"{self.currency!r} is no currency")
        if is_document != bool(self.parts) or (is_document and self.amount) or (not is_document and self.amount <= 0):
            raise ValueError("an invoice or credit note has parts and no amount, everything else an amount above zero")
        if self.kind is not EntryKind.FEE and not re.fullmatch("[0-9]{1,9}", self.customer_number):
            raise ValueError("the customer's account is a number of up to nine digits")

    @property
    def total(self) -> int:
        """Gross, in minor units."""
        return sum(part.gross for part in self.parts) if self.parts else self.amount


@dataclass(frozen=True, slots=True)
class Posting:
    """One side of an entry: minor units, debit positive, credit negative."""

    account: str
    minor: int


MONEY_ACCOUNTS = {PayMeans.BANK: "Assets:Bank", PayMeans.PROVIDER: "Assets:Provider", PayMeans.CASH: "Assets:Cash"}
FEES = "Expenses:Fees"


def postings(entry: JournalEntry) -> tuple[Posting, ...]:
    """Its sides, which add up to zero. Accounts are named so that hledger and beancount both take them."""
    owed = f"Assets:Receivable:{entry.customer_number}"
    money = MONEY_ACCOUNTS[entry.means]
    if entry.kind is EntryKind.FEE:
        return (Posting(FEES, entry.amount), Posting(money, -entry.amount))
    if entry.kind in (EntryKind.PAYMENT, EntryKind.REFUND):
        sign = 1 if entry.kind is EntryKind.PAYMENT else -1
        return (Posting(money, sign * entry.amount), Posting(owed, -sign * entry.amount))
    sign = 1 if entry.kind is EntryKind.INVOICE else -1
    sides = [Posting(owed, sign * entry.total)]
    for part in entry.parts:
        sides.append(Posting(f"Income:Sales:{part.tax_name}", -sign * part.net))
        if part.tax:
            sides.append(Posting(f"Liabilities:Tax:{part.tax_name}", -sign * part.tax))
    return tuple(sides)


def balances(entries: Iterable[JournalEntry]) -> dict[tuple[str, str], int]:
    """(account, currency) -> minor units, debit positive; accounts that stand at zero are in it too."""
    found: defaultdict[tuple[str, str], int] = defaultdict(int)
    for entry in entries:
        for posting in postings(entry):
            found[posting.account, entry.currency] += posting.minor
    return dict(found)


def in_order(entries: Iterable[JournalEntry]) -> list[JournalEntry]:
    """By day and number, as books are read."""
    return sorted(entries, key=lambda entry: (entry.on, entry.number, entry.kind))
