"""Documents and states of money in words."""

from __future__ import annotations

from datetime import date, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from babel.dates import format_date

from craftops.domain.billing.documents import Document, DocumentKind, Party
from craftops.domain.billing.money import Money
from craftops.domain.billing.payments import PaymentStatus
from craftops.domain.billing.pricing import CostPart
from craftops.domain.billing.quotes import QuoteState
from craftops.domain.billing.tax import TaxCategory
from craftops.services.billing.paying import OwedInvoice, left_on
from craftops.web.billing.present import money
from craftops.web.billing.views import Paper, PaperLine, Sum
from craftops.web.frame import labels
from craftops.web.frame.language.told import told
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.language.translation import lazy_gettext as __
from craftops.web.frame.views import Chip

KINDS = {"invoice": __("Invoice"), "deposit": __("Deposit invoice"), "credit": __("Credit note")}
QUOTE_CHIPS = {
    QuoteState.DRAFT: (__("draft"), "quiet", "pencil"),
    QuoteState.SENT: (__("sent"), "calm", "mail"),
    QuoteState.VIEWED: (__("read"), "calm", "eye"),
    QuoteState.ACCEPTED: (__("accepted"), "good", "check"),
    QuoteState.DECLINED: (__("declined"), "bad", "ban"),
    QuoteState.CHANGES_REQUESTED: (__("changes wanted"), "warn", "message"),
    QuoteState.EXPIRED: (__("not valid any more"), "warn", "clock"),
    QuoteState.SUPERSEDED: (__("replaced"), "quiet", "refresh"),
    QuoteState.WITHDRAWN: (__("taken back"), "quiet", "ban"),
}
PAYMENT_CHIPS = {
    PaymentStatus.OPENING: (__("being opened"), "quiet", "clock"),
    PaymentStatus.UNKNOWN: (__("not known yet"), "warn", "help-circle"),
    PaymentStatus.OPEN: (__("not paid yet"), "quiet", "clock"),
    PaymentStatus.PENDING: (__("on its way"), "calm", "clock"),
    PaymentStatus.SUCCEEDED: (__("paid"), "good", "check"),
    PaymentStatus.FAILED: (__("not made"), "bad", "ban"),
    PaymentStatus.EXPIRED: (__("closed unpaid"), "quiet", "ban"),
}
REFUND_CHIPS = {
    "asked": (__("being sent back"), "calm", "clock"),
    "unknown": (__("being sent back"), "calm", "clock"),
    "pending": (__("being sent back"), "calm", "clock"),
    "succeeded": (__("sent back"), "good", "check"),
    "failed": (__("not sent back"), "bad", "alert-circle"),
}
PARTS = {
    CostPart.MATERIAL: __("Material"),
    CostPart.MACHINE: __("Machine time"),
    CostPart.HAND: __("Hand work"),
    CostPart.FINISH: __("Finish"),
    CostPart.FAILURE: __("Failure allowance"),
    CostPart.SETUP: __("Setup"),
    CostPart.MARGIN: __("Margin"),
    CostPart.BREAK: __("Quantity break"),
    CostPart.RUSH: __("Rush"),
    CostPart.LEAST: __("To the least price of a line"),
    CostPart.ROUNDING: __("Rounding"),
}


class PaidBy(Protocol):
    """A payment as far as its way goes."""

    @property
    def method(self) -> str: ...


def chip(table: tuple[object, str, str]) -> Chip:
    word, tone, icon = table
    return Chip(str(word), tone, icon)


def day_text(day: date) -> str:
    """ "26 November 2026", as the reader's language writes it."""
    return format_date(day, "long", locale=labels.locale())


def percent(hundredths: int) -> str:
    """1900 as "19 %", 725 as "7.25 %"."""
    whole, rest = divmod(hundredths, 100)
    tail = f"{rest:02d}".rstrip("0")
    return f"{whole}{'.' + tail if tail else ''} %"


def plain(amount: Money) -> str:
    """An amount as a form's field has it: "4.50"."""
    return format(amount.major, "f")


def party_lines(party: Party) -> tuple[str, ...]:
    """A party as its letter window has it."""
    place = " ".join(part for part in (party.postcode, party.city) if part)
    vat = _("VAT number %(number)s", number=party.vat_id) if party.vat_id else ""
    found = (party.name, party.contact, *party.address, place, party.country, vat)
    return tuple(part for part in found if part)


def paper_of(document: Document) -> Paper:
    """A document as a page shows it."""
    found = document.totals
    gross = document.rounding.prices_are_gross
    lines = tuple(
        PaperLine(
            line.title,
            line.detail,
            line.quantity,
            money(document.money(line.unit)),
            money(document.money(line.item.reduced if gross else net)),
            percent(line.discount) if line.discount else "",
        )
        for line, net in zip(document.lines, found.lines, strict=True)
    )
    reasons = tuple(dict.fromkeys(group.tax.reason for group in found.groups if group.tax.reason))
    return Paper(
        document.number, day_text(document.issued_on), lines, _sums(document), party_lines(document.seller),
        party_lines(document.buyer), reasons, document.note, document.terms, gross,
    )  # fmt: skip


def _sums(document: Document) -> tuple[Sum, ...]:
    found, gross = document.totals, document.rounding.prices_are_gross
    taxes = []
    for group in found.groups:
        if group.tax.category is not TaxCategory.STANDARD:
            continue
        rate = percent(group.tax.rate)
        label = _("of which VAT %(rate)s", rate=rate) if gross else _("VAT %(rate)s", rate=rate)
        taxes.append(Sum(label, money(document.money(group.amount))))
    total = Sum(_("Total"), money(document.money(found.gross)), strong=True)
    if gross:
        return (total, *taxes)
    return (Sum(_("Net"), money(document.money(found.net))), *taxes, total)


def invoice_chip(row: OwedInvoice, now: datetime) -> Chip:
    """How an invoice stands, in one word."""
    if row.kind == DocumentKind.CREDIT.value:
        return Chip(_("credit"), "quiet", "arrow-back-up")
    left = left_on(row)
    if left <= 0:
        return Chip(_("paid"), "good", "check")
    if row.due_at is not None and row.due_at < now:
        return Chip(_("overdue"), "bad", "alert-circle")
    if row.settled > 0:
        return Chip(_("paid in part"), "warn", "clock")
    return Chip(_("to pay"), "calm", "clock")


def payment_title(row: PaidBy) -> str:
    """How it was paid, for people. A provider's word was written down as it says it; it is said as its reader does."""
    return way_in_words(row.method)


def way_in_words(method: str) -> str:
    """The same of the way alone."""
    return told(method) if method else _("Payment")


def due_text(row: OwedInvoice, zone: ZoneInfo, now: datetime) -> str:
    """ "due Thu 26 Nov"; empty where nothing is due."""
    if row.due_at is None or left_on(row) <= 0:
        return ""
    return labels.day(row.due_at, zone, now)
