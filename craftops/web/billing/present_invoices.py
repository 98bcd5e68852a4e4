"""Invoices, payments and billing details as staff read them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import url_for

from craftops.domain.billing.documents import DocumentKind
from craftops.domain.billing.keeping_years import kept_until, years_kept
from craftops.domain.billing.money import Money
from craftops.domain.billing.payments import PaymentStatus
from craftops.sdk.payment import CounterProvider, OnlineProvider, PaymentProvider
from craftops.services.billing.details import Details
from craftops.services.billing.paying import left_on
from craftops.services.billing.settings import billing_settings
from craftops.services.shop.context import Shop
from craftops.store.documents import document_from_json
from craftops.store.queries import billing, billing_pages, payment_pages
from craftops.store.views.billing import ListedPayment, RefundView, SettlementView, WholeInvoice
from craftops.store.views.people import Account
from craftops.web.billing import links
from craftops.web.billing.present import money
from craftops.web.billing.present_papers import (
    KINDS,
    PAYMENT_CHIPS,
    chip,
    invoice_chip,
    paper_of,
    payment_title,
    plain,
    way_in_words,
)
from craftops.web.billing.present_portal import country_name, details_fields, invoice_line, refund_line
from craftops.web.billing.views import InvoiceLine, PaymentLine, StaffInvoicePage, StaffPayment
from craftops.web.frame import labels
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.language.translation import lazy_gettext as __
from craftops.web.frame.numbers import is_number
from craftops.web.frame.one_time import one_time_key
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.spreadsheet import cell
from craftops.web.frame.views import Chip, Choice, FormField, FormPage

A_PAGE = 50
LATEST = 20
NOT_CHECKED = __("Not checked: the judge of e-invoices is not installed (extra “einvoice”).")


@dataclass(frozen=True, slots=True)
class MoneyTotals:
    """What stands at the top of the list."""

    open: str
    overdue: str
    received: str


@dataclass(frozen=True, slots=True)
class MoneyPage:
    """All invoices, filtered."""

    lines: tuple[InvoiceLine, ...]
    payments: tuple[StaffPayment, ...]
    totals: MoneyTotals
    show: tuple[Choice, ...]
    query: str
    page: int
    pages: int
    urls: tuple[str, str]
    """Of the page before and of the next; empty where there is none."""


def money_page(args: Mapping[str, str], sight: RequestContext) -> MoneyPage:
    """The list of ``?show=open|overdue|all``, searched by number, customer and order."""
    show, query = args.get("show", "open"), args.get("q", "").strip()[:100]
    wanted = args.get("page", "1")
    shown, page, pages = billing_pages.invoices_page(
        show, query, sight.now, page=int(wanted) if is_number(wanted) else 1, most=A_PAGE
    )
    names = {"open": _("To be paid"), "overdue": _("Overdue"), "all": _("All")}
    asked = query or None
    currency = sight.profile.currency.upper()
    opened, late = billing.sums(currency, sight.now)
    return MoneyPage(
        tuple(invoice_line(row, sight, url_for("staff.invoice", number=row.number)) for row in shown),
        _payments(payment_pages.latest_payments(LATEST)),
        MoneyTotals(money(Money(opened, currency)), money(Money(late, currency)) if late else "", ""),
        tuple(Choice(key, title, key == show) for key, title in names.items()),
        query,
        page,
        pages,
        (
            url_for("staff.money", show=show, q=asked, page=page - 1) if page > 1 else "",
            url_for("staff.money", show=show, q=asked, page=page + 1) if page < pages else "",
        ),
    )


def csv_row(row: WholeInvoice) -> list[str]:
    """A line of the spreadsheet; credit notes below zero."""
    sign = -1 if row.kind == DocumentKind.CREDIT.value else 1
    amounts = (sign * row.net, sign * row.tax, sign * row.gross, row.settled)
    due = row.due_at.date().isoformat() if row.due_at else ""
    texts = (
        row.number,
        row.kind,
        row.document["issued_on"],
        due,
        row.customer,
        row.order_code or "",
    )
    return [*(cell(text) for text in (*texts, row.currency)), *(plain(Money(one, row.currency)) for one in amounts)]


def invoice_page(row: WholeInvoice, sight: RequestContext) -> StaffInvoicePage:
    """One invoice with everything that happened to it."""
    left = Money(left_on(row), row.currency)
    is_credit = row.kind == DocumentKind.CREDIT.value
    rest = 0 if is_credit else row.gross - billing.credited(row.id)
    return StaffInvoicePage(
        id=row.id,
        number=row.number,
        kind=str(KINDS[row.kind]),
        title=row.order_title or "",
        customer=row.customer,
        customer_url=url_for("staff.customer_billing", customer_id=row.customer_id),
        order_url=url_for("staff.order", code=row.order_code) if row.order_code else "",
        code=row.order_code or "",
        paper=paper_of(document_from_json(row.document)),
        chip=invoice_chip(row, sight.now),
        left=money(left) if left.minor > 0 else "",
        left_plain=plain(left),
        creditable=plain(Money(rest, row.currency)) if rest > 0 else "",
        settlements=tuple(_settlement(one, row.currency) for one in billing_pages.settlements_of(row.id)),
        payments=_payments(payment_pages.payments_touching(row.id)),
        counters=_counters(sight.shop) if left.minor > 0 else (),
        public_url=links.invoice_url(sight.shop, row, external=True),
        token=one_time_key(),
        pdf_url=url_for("pay.invoice_pdf", token=links.invoice_token(sight.shop, row)),
        xml_url=url_for("pay.invoice_xml", token=links.invoice_token(sight.shop, row)),
        checked={"clean": _("The published rules of EN 16931 find nothing."), "not_checked": NOT_CHECKED}.get(
            row.checked, ""
        ),
        delivered=_(
            "Delivered to %(place)s, %(when)s",
            place=row.delivered_to,
            when=labels.moment(row.delivered_at, sight.profile.zone),
        )
        if row.delivered_at
        else "",
        delivery_trouble=row.delivery_trouble,
        kept=_kept(row.document),
    )


def _kept(document: Mapping[str, Any]) -> str:
    """Until when an invoice is kept; where its seller was at home when it was issued decides."""
    country = document["seller"]["country"]
    return _(
        "Kept as it was issued, with its XML, until the end of %(year)s at least: %(years)d years in %(country)s.",
        year=kept_until(date.fromisoformat(document["issued_on"]), country).year,
        years=years_kept(country),
        country=country_name(country),
    )


def _settlement(one: SettlementView, currency: str) -> PaymentLine:
    if one.credit_number is not None:
        what = _("Credit note %(number)s", number=one.credit_number)
    else:
        title = way_in_words(one.method) if one.method is not None else ""
        what = title if one.amount > 0 else _("Sent back of %(what)s", what=title)
    return PaymentLine(
        one.id, one.at, what, money(Money(one.amount, currency)), Chip("", "quiet", "check"), note=one.by_name
    )


def _payments(rows: Sequence[ListedPayment]) -> tuple[StaffPayment, ...]:
    """Each with its refunds, which one query finds."""
    refunds: defaultdict[int, list[RefundView]] = defaultdict(list)
    perhaps = [row.id for row in rows if row.refunded or row.state == PaymentStatus.SUCCEEDED.value]
    for one in payment_pages.refunds_of(perhaps):
        refunds[one.payment_id].append(one)
    return tuple(_payment(row, refunds[row.id]) for row in rows)


def _payment(row: ListedPayment, refunds: Sequence[RefundView]) -> StaffPayment:
    left = row.received - row.refunded
    return StaffPayment(
        id=row.id,
        at=row.received_at or row.created_at,
        method=f"{row.customer} · {payment_title(row)}" if row.method else row.customer,
        amount=money(Money(row.received or row.amount, row.currency)),
        chip=chip(PAYMENT_CHIPS[PaymentStatus(row.state)]),
        receipt=row.receipt or "",
        refundable=money(Money(left, row.currency)) if left > 0 else "",
        refundable_plain=plain(Money(left, row.currency)),
        surplus=money(Money(row.surplus, row.currency)) if row.surplus else "",
        refunds=tuple(refund_line(one, row.currency) for one in refunds),
        note=row.note,
        reason=row.reason,
    )


def _counters(shop: Shop) -> tuple[tuple[str, str, tuple[tuple[str, str], ...]], ...]:
    """The ways by which staff book money: each with its kinds, as value and words."""
    country = billing_settings(shop).seller.country

    def kinds(one: PaymentProvider) -> tuple[tuple[str, str], ...]:
        if isinstance(one, CounterProvider):
            return tuple((f"{one.name}:{key}", title) for key, title in one.kinds(country).items())
        return ((f"{one.name}:", one.title),)

    found = [
        one for one in shop.plugins.payment_providers.values() if one.ready and not isinstance(one, OnlineProvider)
    ]
    return tuple((one.name, one.title, kinds(one)) for one in found)


def billing_form(person: Account, known: Details, errors: Mapping[str, str]) -> FormPage:
    """To whom a customer's invoices go, as staff edit it."""
    certificate = FormField(
        "certificate", _("Certificate of exemption"), "text", known.certificate,
        _("Its number, where you have seen it. No tax is charged then."), errors.get("certificate", ""), False,
    )  # fmt: skip
    return FormPage(
        _("Invoices of %(name)s", name=person.name),
        _("Quotes and invoices from now on are made out so. What was issued stays as it is."),
        (*details_fields(known, errors), certificate),
        _("Keep it"),
        url_for("staff.customer_billing", customer_id=person.id),
        url_for("staff.customer", account_id=person.id),
        _("Some answers cannot be used yet.") if errors else "",
    )
