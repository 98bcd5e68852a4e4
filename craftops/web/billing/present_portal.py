"""Quotes, invoices and payments as customers read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from flask import url_for
from markupsafe import Markup

from craftops.domain.billing.creditor_reference import in_groups
from craftops.domain.billing.documents import DocumentKind
from craftops.domain.billing.epc_code import epc_svg
from craftops.domain.billing.money import Money
from craftops.domain.billing.payments import PAYABLE, PaymentStatus
from craftops.domain.billing.quotes import OPEN, QuoteState, is_late
from craftops.domain.people.access import Actor
from craftops.domain.people.companies import CompanyAction
from craftops.errors import IntakeError
from craftops.sdk.payment import OnlineProvider
from craftops.services.billing import printing, quoting
from craftops.services.billing.details import Details, details_of
from craftops.services.billing.paying import OwedInvoice, left_on
from craftops.services.billing.settings import billing_settings
from craftops.services.orders.withdrawals import standard_lines
from craftops.services.shop.context import Shop
from craftops.store.documents import document_from_json
from craftops.store.queries import billing_pages, payment_pages
from craftops.store.queries.money_waiting import QUOTE, WaitingMoney, waiting_for
from craftops.store.views.billing import ListedInvoice, PaymentView, RefundView, StoredQuote, WholeInvoice
from craftops.store.views.orders import OrderView
from craftops.web.billing import links
from craftops.web.billing.forms import AcceptForm
from craftops.web.billing.present import money
from craftops.web.billing.present_papers import (
    KINDS,
    PAYMENT_CHIPS,
    QUOTE_CHIPS,
    REFUND_CHIPS,
    chip,
    day_text,
    due_text,
    invoice_chip,
    paper_of,
    payment_title,
    plain,
)
from craftops.web.billing.views import (
    InvoiceLine,
    InvoicePage,
    MoneyCard,
    PaymentLine,
    PortalInvoices,
    QuotePage,
    Transfer,
    WayToPay,
)
from craftops.web.frame import labels
from craftops.web.frame.keeping import kept
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import RequestContext, allowed
from craftops.web.frame.views import Choice, FormField
from craftops.web.orders.present_withdrawal import ground_text

COUNTRIES = (
    "AT", "AU", "BE", "BG", "CA", "CH", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "GR", "HR", "HU", "IE",
    "IS", "IT", "JP", "LI", "LT", "LU", "LV", "MT", "NL", "NO", "NZ", "PL", "PT", "RO", "SE", "SI", "SK", "US",
)  # fmt: skip


def country_name(code: str) -> str:
    """A country in the reader's language."""
    from babel import Locale

    return str(Locale.parse(labels.locale()).territories.get(code, code))


def details_fields(known: Details, errors: Mapping[str, str]) -> tuple[FormField, ...]:
    """The form of billing details."""
    codes = sorted({*COUNTRIES, known.country} - {""}, key=country_name)

    def text(name: str, label: str, value: str, auto: str, *, hint: str = "", needed: bool = True) -> FormField:
        kind = "textarea" if name == "address" else "text"
        return FormField(name, label, kind, value, hint, errors.get(name, ""), needed, (), auto)

    return (
        FormField(
            "is_business", _("You order"), "radio", "", "", "", True,
            (
                Choice("0", _("as a person"), not known.is_business),
                Choice("1", _("for a business"), known.is_business),
            ),
        ),
        text("name", _("Name on the invoice"), known.name, "organization" if known.is_business else "name"),
        text("contact", _("To the attention of"), known.contact, "name", needed=False),
        text("address", _("Street and number"), known.address, "street-address"),
        text("postcode", _("Postcode"), known.postcode, "postal-code", needed=False),
        text("city", _("City"), known.city, "address-level2"),
        FormField(
            "country", _("Country"), "select", known.country, "", errors.get("country", ""), True,
            tuple(Choice(code, country_name(code), code == known.country) for code in codes), "country",
        ),
        text("vat_id", _("VAT number"), known.vat_id, "", hint=_("Of a business in the EU."), needed=False),
    )  # fmt: skip


def quote_page(
    row: StoredQuote, order: OrderView, sight: RequestContext, typed: AcceptForm, errors: Mapping[str, str]
) -> QuotePage:
    """A quote before its customer."""
    shop = sight.shop
    settings = billing_settings(shop)
    known = details_of(order.customer, settings.seller.country)
    state = QuoteState(row.state)
    late = is_late(row.valid_until, sight.now)
    needs = state in OPEN and not known.complete
    shown = typed.details() if typed.has_details else known
    invoice = billing_pages.first_of_quote(row.id)
    gross = Money(row.gross, row.currency)
    return QuotePage(
        url=links.quote_url(shop, row),
        paper=paper_of(quoting.preview(shop, order, row, sight.now)),
        title=order.title,
        code=order.code,
        state=state.value,
        chip=chip(QUOTE_CHIPS[state]),
        total=money(gross),
        deposit=money(Money(row.deposit, row.currency)) if row.deposit else "",
        valid=labels.day(row.valid_until, sight.profile.zone, sight.now) if row.valid_until else "",
        open=state in OPEN and not late,
        late=late,
        obliges=_("Order with obligation to pay") if not known.is_business else _("Accept and order"),
        name=order.customer.name if typed.accepted_by is None else typed.accepted_by,
        details=details_fields(shown, errors) if needs else (),
        reason=row.reason,
        decided=_("by %(name)s, %(when)s", name=row.decided_by, when=labels.moment(row.decided_at, sight.profile.zone))
        if row.decided_at and row.decided_by
        else "",
        invoice_url=links.invoice_url(shop, invoice) if invoice else "",
        order_url=url_for("portal.order", code=order.code),
        pdf_url=url_for("quote.quote_pdf", token=links.quote_token(shop, row)),
        withdrawal=""
        if known.is_business or order.company_id is not None
        else ground_text(one.title for one in standard_lines(order)),
    )


def ways_to_pay(shop: Shop, amount: Money) -> tuple[WayToPay, ...]:
    """The providers with a site of their own that are ready."""
    found = []
    for one in shop.plugins.payment_providers.values():
        if isinstance(one, OnlineProvider) and one.ready:
            facts = one.facts
            found.append(WayToPay(one.name, one.title, facts.note, facts.test_mode, one.why_not(amount)))
    return tuple(found)


def invoice_page(row: WholeInvoice, sight: RequestContext) -> InvoicePage:
    """The durable page of an invoice."""
    document = document_from_json(row.document)
    left = Money(left_on(row), row.currency)
    is_open = left.minor > 0
    token = links.invoice_token(sight.shop, row)
    payments = payment_pages.payments_for(row.id)
    return InvoicePage(
        url=links.invoice_url(sight.shop, row),
        number=row.number,
        kind=str(KINDS[row.kind]),
        title=row.order_title or "",
        paper=paper_of(document),
        chip=invoice_chip(row, sight.now),
        sentence=_sentence(row, left, sight),
        left=money(left),
        left_plain=plain(left),
        is_open=is_open,
        ways=ways_to_pay(sight.shop, left) if is_open else (),
        transfer=_transfer(row, left) if is_open else None,
        payments=tuple(payment_lines((one for one in payments if one.state in _TOLD), token)),
        order_url=url_for("portal.order", code=row.order_code) if row.order_code else "",
        code=row.order_code or "",
        waiting=_waiting({PaymentStatus(one.state) for one in payments}),
        pdf_url=url_for("pay.invoice_pdf", token=token),
        xml_url=url_for("pay.invoice_xml", token=token),
    )


_TOLD = (PaymentStatus.PENDING, PaymentStatus.SUCCEEDED)


def _sentence(row: OwedInvoice, left: Money, sight: RequestContext) -> str:
    if row.kind == DocumentKind.CREDIT.value:
        return _("This takes back a part of an invoice, or all of it.")
    if left.minor <= 0:
        return _("This is paid. Thank you.")
    return _to_pay(row.due_at, left, sight)


def _to_pay(due_at: datetime | None, left: Money, sight: RequestContext) -> str:
    when = labels.day(due_at, sight.profile.zone, sight.now) if due_at is not None else ""
    if due_at is not None and due_at < sight.now:
        return _("%(amount)s should have been paid by %(day)s.", amount=money(left), day=when)
    return _("%(amount)s to pay by %(day)s.", amount=money(left), day=when)


def _transfer(row: WholeInvoice, left: Money) -> Transfer | None:
    bank = document_from_json(row.document).bank
    if bank is None:
        return None
    try:
        asked = printing.transfer_request(document_from_json(row.document), left.minor)
        code = Markup(epc_svg(asked, _("Code for your banking app")))  # noqa: S704 - our own drawing
    except IntakeError:
        code = Markup()
    reference = in_groups(row.reference)
    return Transfer(bank.holder, in_groups(bank.iban), bank.bic, money(left), reference, code)


def _waiting(states: set[PaymentStatus]) -> str:
    """What is said of payments of these states that are not here yet."""
    if PaymentStatus.PENDING in states:
        return _("A payment is on its way. It is not lost; it may take some days.")
    if states & {PaymentStatus.UNKNOWN, PaymentStatus.OPENING}:
        return _("We are asking whether your last try was made. You need not pay again yet.")
    return ""


def payment_lines(rows: Iterable[PaymentView], token: str = "") -> list[PaymentLine]:
    """Payments and what went back of them, the newest first. ``token``: of the invoice on whose page they stand."""
    found = list(rows)
    lines = [
        PaymentLine(
            row.id, row.received_at or row.created_at, payment_title(row),
            money(Money(row.received or row.amount, row.currency)), chip(PAYMENT_CHIPS[PaymentStatus(row.state)]),
            row.receipt or "", row.note,
            url_for("pay.receipt_pdf", token=token, payment=row.id) if token and row.receipt else "",
        )
        for row in found
    ]  # fmt: skip
    currencies = {row.id: row.currency for row in found}
    lines += [refund_line(one, currencies[one.payment_id]) for one in payment_pages.refunds_of(currencies)]
    return sorted(lines, key=lambda line: line.at, reverse=True)


def refund_line(row: RefundView, currency: str) -> PaymentLine:
    """Money back."""
    at = row.settled_at or row.created_at
    return PaymentLine(
        row.id, at, _("Refund"), money(Money(-row.amount, currency)), chip(REFUND_CHIPS[row.state]), "", row.reason
    )


@dataclass(frozen=True, slots=True)
class ReturnPage:
    """Back from a provider."""

    tone: str
    icon: str
    title: str
    sentence: str
    invoice_url: str
    again: bool
    """Whether the page looks again by itself."""


def return_page(row: PaymentView, sight: RequestContext) -> ReturnPage:
    """What a payer reads who comes back: never that it failed while it may have succeeded."""
    invoices = billing_pages.of_payment(row.id)
    url = links.invoice_url(sight.shop, invoices[0]) if invoices else url_for("portal.dashboard")
    amount = money(Money(row.received or row.amount, row.currency))
    state = PaymentStatus(row.state)
    if state is PaymentStatus.SUCCEEDED:
        said = _("We have %(amount)s. The receipt comes by mail.", amount=amount)
        return ReturnPage("good", "check", _("Paid. Thank you."), said, url, again=False)
    if state is PaymentStatus.PENDING:
        said = _("%(amount)s is on its way. Banks take some days; we tell you when it is here.", amount=amount)
        return ReturnPage("calm", "clock", _("On its way"), said, url, again=False)
    if state in PAYABLE:
        said = _("We are asking for the payment of %(amount)s. This page looks again by itself.", amount=amount)
        return ReturnPage("calm", "clock", _("One moment"), said, url, again=True)
    said = row.reason or _("Nothing was paid. You can try again, or pay another way.")
    return ReturnPage("warn", "alert-circle", _("Not paid"), said, url, again=False)


def invoice_line(row: ListedInvoice, sight: RequestContext, url: str) -> InvoiceLine:
    """A row of a list."""
    sign = -1 if row.kind == DocumentKind.CREDIT.value else 1
    left = left_on(row)
    return InvoiceLine(
        id=row.id,
        number=row.number,
        kind=str(KINDS[row.kind]),
        title=row.order_title or "",
        customer=row.customer,
        url=url,
        issued=day_text(row.issued_at.astimezone(sight.profile.zone).date()),
        due=due_text(row, sight.profile.zone, sight.now),
        total=money(Money(sign * row.gross, row.currency)),
        left=money(Money(left, row.currency)) if left > 0 else "",
        chip=invoice_chip(row, sight.now),
        is_open=left > 0,
    )


def portal_invoices(actor: Actor, sight: RequestContext) -> PortalInvoices:
    """All invoices and payments of a customer, and those of companies that they pay for."""
    rows = billing_pages.seen_by(actor)
    lines = [invoice_line(row, sight, links.invoice_url(sight.shop, row)) for row in rows]
    payments = payment_pages.payments_of_seen(actor, _TOLD)
    currency = rows[0].currency if rows else sight.profile.currency.upper()
    whole = Money(sum(left_on(row) for row in rows if row.currency == currency), currency)
    credit = sum(row.surplus for row in payments if row.currency == currency and row.customer_id == actor.customer_id)
    return PortalInvoices(
        open=tuple(line for line in lines if line.is_open),
        done=tuple(line for line in lines if not line.is_open),
        payments=tuple(payment_lines(payments)),
        total=money(whole) if whole.minor else "",
        ways=ways_to_pay(sight.shop, whole) if whole.minor else (),
        credit=money(Money(credit, currency)) if credit else "",
    )


def _pays(order: OrderView, actor: Actor) -> bool:
    """Whether they see what an order costs: it is their own, or their role in its company is for that."""
    return order.customer_id == actor.customer_id or CompanyAction.PAY in allowed(order)


def order_cards(order: OrderView, sight: RequestContext, actor: Actor) -> tuple[MoneyCard, ...] | None:
    """What an order's page says first about money; None where there is nothing to do."""
    if not order.money:
        return None
    cards = []
    row = billing_pages.newest_quote(order.id)
    decides = order.customer_id == actor.customer_id or CompanyAction.DECIDE in allowed(order)
    if row is not None and decides and QuoteState(row.state) in OPEN and not is_late(row.valid_until, sight.now):
        total = money(Money(row.gross, row.currency))
        until = labels.day(row.valid_until, sight.profile.zone, sight.now) if row.valid_until else ""
        said = _("%(total)s, valid until %(day)s. We begin when you accept it.", total=total, day=until)
        cards.append(MoneyCard("file", _("Your quote"), said, links.quote_url(sight.shop, row), _("Read and answer")))
    for invoice in billing_pages.invoices_of_order(order.id) if _pays(order, actor) else ():
        left = Money(left_on(invoice), invoice.currency)
        if left.minor > 0:
            title = f"{KINDS[invoice.kind]} {invoice.number}"
            said = _sentence(invoice, left, sight)
            cards.append(MoneyCard("receipt", title, said, links.invoice_url(sight.shop, invoice), _("Pay")))
    return tuple(cards) or None


def order_papers(order: OrderView, sight: RequestContext, actor: Actor) -> tuple[InvoiceLine, ...] | None:
    """The invoices of an order, for its page."""
    if not order.money or not _pays(order, actor):
        return None
    rows = reversed(billing_pages.invoices_of_order(order.id))
    return tuple(invoice_line(row, sight, links.invoice_url(sight.shop, row)) for row in rows) or None


def home_cards(sight: RequestContext, actor: Actor) -> tuple[MoneyCard, ...] | None:
    """What waits for a customer's word or money, on their home."""
    if actor.customer_id is None:
        return None
    waiting = waiting_for(actor.customer_id)
    if not waiting:
        return None
    here = sight.this_minute()
    facts = (waiting, here.now, here.profile.zone, sight.shop.config.secret_key())
    return kept("money cards", facts, lambda: tuple(_home_card(one, here) for one in waiting))


def _home_card(one: WaitingMoney, sight: RequestContext) -> MoneyCard:
    left = Money(one.left, one.currency)
    if one.kind == QUOTE:
        said = _("%(total)s for “%(title)s”", total=money(left), title=one.name)
        return MoneyCard("file", _("A quote waits for you"), said, links.quote_url(sight.shop, one), _("Read it"))
    said = _to_pay(one.due_at, left, sight)
    title = f"{KINDS[one.kind]} {one.name}"
    return MoneyCard("receipt", title, said, links.invoice_url(sight.shop, one), _("Pay"))
