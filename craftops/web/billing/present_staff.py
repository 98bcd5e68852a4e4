"""Money as staff read it: the panel of an order, the quote editor, to-do lists."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from flask import url_for

from craftops.domain.billing.money import Money
from craftops.domain.billing.pricing import OrderPrice
from craftops.domain.billing.quotes import OPEN, QuoteState
from craftops.domain.people.access import Actor
from craftops.errors import AccessError
from craftops.services.billing import invoicing, provider_events, quote_drafts, quoting
from craftops.services.billing.details import details_of, party_of
from craftops.services.billing.settings import billing_settings
from craftops.store.queries import billing_pages, order_lines, payment_pages
from craftops.store.views.billing import InvoiceView, PaymentInTrouble, StoredQuote
from craftops.store.views.orders import OrderView
from craftops.web.billing import links
from craftops.web.billing.present import UNSAID, money
from craftops.web.billing.present_papers import PARTS, QUOTE_CHIPS, chip, paper_of, party_lines, percent, plain
from craftops.web.billing.present_portal import invoice_line
from craftops.web.billing.views import Paper, QuoteEditor, QuoteEditorLine, QuoteSummary, StaffMoneyPanel
from craftops.web.frame import labels
from craftops.web.frame.language.told import told
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.views import Chip, TodoItem

BLANKS = 2


def money_panel(order: OrderView, sight: RequestContext, _actor: Actor) -> StaffMoneyPanel:
    """Quotes and invoices of an order."""
    quotes, invoices = billing_pages.quotes_of(order.id), billing_pages.invoices_of_order(order.id)
    newest = quotes[-1] if quotes else None
    accepted = [row for row in quotes if row.state == QuoteState.ACCEPTED.value]
    billed = bool(accepted) and any(row.once == invoicing.rest_of(accepted[-1].id) for row in invoices)
    drafting = newest is not None and newest.state == QuoteState.DRAFT.value
    again = _("Go on with the draft") if drafting else _("Write a new quote")
    return StaffMoneyPanel(
        quotes=tuple(_summary(row, order.code) for row in reversed(quotes)),
        invoices=tuple(
            invoice_line(row, sight, url_for("staff.invoice", number=row.number)) for row in reversed(invoices)
        ),
        write_url=url_for("staff.edit_quote", code=order.code),
        write=again if quotes else _("Write a quote"),
        can_invoice=bool(accepted) and not billed,
        code=order.code,
        po_number=order.po_number,
        remake_of=order.remake_of,
    )


def _summary(row: StoredQuote, code: str) -> QuoteSummary:
    state = QuoteState(row.state)
    return QuoteSummary(
        version=row.version,
        number=f"{code}-{row.version}",
        total=money(Money(row.gross, row.currency)),
        deposit=money(Money(row.deposit, row.currency)) if row.deposit else "",
        chip=chip(QUOTE_CHIPS[state]),
        state=state.value,
        when=row.decided_at or row.viewed_at or row.sent_at or row.created_at,
        reason=row.reason,
        decided_by=row.decided_by,
        url=url_for("staff.see_quote", code=code, version=row.version),
        waits=state in OPEN,
    )


def quote_editor(
    order: OrderView, sight: RequestContext, typed: list[QuoteEditorLine] | None, form: Mapping[str, str],
    errors: dict[str, str],
) -> QuoteEditor:  # fmt: skip
    """The editor with what was typed, else the open draft, else the last quote, else the price list's proposal."""
    shop = sight.shop
    settings = billing_settings(shop)
    details = details_of(order.customer, settings.seller.country)
    proposal, prices = quote_drafts.proposed(shop, order)
    newest = billing_pages.newest_quote(order.id)
    draft = quote_drafts.draft_from_json(newest.body) if newest is not None else proposal
    tax = invoicing.tax_for(order.customer, settings)
    gross = details.rounding.prices_are_gross
    currency = settings.prices.currency
    if typed is None:
        draft = quote_drafts.in_other_mode(draft, tax, gross=gross)
        lines = [
            QuoteEditorLine(
                f"l{n}", one.title, one.detail, str(one.quantity), plain(Money(one.unit, currency)) if one.unit else "",
                percent(one.discount).removesuffix(" %") if one.discount else "", str(one.order_line or ""),
            )
            for n, one in enumerate(draft.lines)
        ]  # fmt: skip
    else:
        lines = [one for one in typed if one.title or one.unit]
    named = _named(order, prices, currency)
    shown = tuple(_with_parts(one, named) for one in lines)
    blanks = tuple(QuoteEditorLine(f"n{len(lines) + n}") for n in range(BLANKS))
    return QuoteEditor(
        title=order.title,
        code=order.code,
        order_url=url_for("staff.order", code=order.code),
        version=f"{order.code}-{_version(newest)}",
        lines=shown + blanks,
        currency=currency,
        gross=gross,
        deposit=form.get("deposit", percent(draft.deposit).removesuffix(" %") if draft.deposit else ""),
        valid_days=form.get("valid_days", str(draft.valid_days)),
        note=form.get("note", draft.note),
        errors=errors,
        buyer=party_lines(party_of(details, order.customer)),
        buyer_url=url_for("staff.customer_billing", customer_id=order.customer_id),
        tax=tax.reason or _("VAT %(rate)s", rate=percent(tax.rate)),
    )


def _version(newest: StoredQuote | None) -> int:
    if newest is None:
        return 1
    return newest.version + (newest.state != QuoteState.DRAFT.value)


def _named(order: OrderView, prices: OrderPrice, currency: str) -> dict[str, tuple[tuple[tuple[str, str], ...], str]]:
    """What the price list makes of each line of the order: its parts in words, or why there is no price."""
    found = {}
    for row, price in zip(order_lines.lines_of(order.id), prices.lines, strict=True):
        parts = tuple((str(PARTS[one.part]), money(Money(one.minor, currency))) for one in price.parts)
        found[str(row.id)] = (parts, str(UNSAID[price.unsaid]) if price.unsaid else "")
    return found


def _with_parts(one: QuoteEditorLine, named: Mapping[str, tuple[tuple[tuple[str, str], ...], str]]) -> QuoteEditorLine:
    parts, unsaid = named.get(one.order_line, ((), ""))
    return replace(one, parts=parts, unsaid=unsaid)


class QuoteView:
    """A quote as its customer sees it, with what staff may do."""

    def __init__(self, paper: Paper, summary: QuoteSummary, order: OrderView, link: str) -> None:
        self.paper, self.summary, self.title, self.code, self.link = paper, summary, order.title, order.code, link
        self.order_url = url_for("staff.order", code=order.code)


def quote_view(order: OrderView, version: int, sight: RequestContext) -> QuoteView:
    """One version. Raises AccessError where there is none."""
    row = next((one for one in billing_pages.quotes_of(order.id) if one.version == version), None)
    if row is None:
        raise AccessError
    link = links.quote_url(sight.shop, row, external=True) if row.document is not None else ""
    paper = paper_of(quoting.preview(sight.shop, order, row, sight.now))
    return QuoteView(paper, _summary(row, order.code), order, link)


# To-do lists


def unpaid_todo(sight: RequestContext) -> list[TodoItem]:
    """Invoices that should have been paid."""
    return [
        TodoItem(
            url_for("staff.invoice", number=row.number), row.number, row.customer,
            _("%(amount)s, due %(day)s", amount=money(Money(row.gross - row.settled, row.currency)),
              day=labels.day(row.due_at, sight.profile.zone, sight.now)),
            row.due_at, "", Chip(_("overdue"), "bad", "alert-circle"),
        )
        for row in billing_pages.overdue(sight.now)
        if row.due_at is not None
    ]  # fmt: skip


def quotes_todo(_sight: RequestContext) -> list[TodoItem]:
    """Quotes that were answered with a wish or a no, and nobody has written the next."""
    found = []
    for row in billing_pages.quotes_in((QuoteState.CHANGES_REQUESTED, QuoteState.DECLINED, QuoteState.EXPIRED)):
        if row.hold_reason != quoting.WAITS:
            continue
        url = url_for("staff.order", code=row.order_code)
        state = chip(QUOTE_CHIPS[QuoteState(row.state)])
        note = (row.reason or state.word)[:120]
        found.append(TodoItem(url, row.order_code, row.order_title, note, row.decided_at, "", state))
    return found


def money_todo(_sight: RequestContext) -> list[TodoItem]:
    """Money that needs a person: more than was asked for, a refund that was refused, a dispute, a lost answer."""
    found = []
    for row in payment_pages.with_surplus():
        said = _("%(amount)s more than was asked for", amount=money(Money(row.surplus, row.currency)))
        found.append(_payment_item(row, said, "warn"))
    for row in payment_pages.failed_refunds():
        if row.refunded < row.received:
            found.append(_payment_item(row, _("A refund could not be sent: %(why)s", why=row.why), "bad"))
    for row in payment_pages.open_disputes():
        found.append(_payment_item(row, _("The payer disputes it: %(why)s", why=row.why), "bad"))
    for late in billing_pages.undelivered():
        said = _("Not delivered yet: %(why)s", why=told(late.delivery_trouble))
        url = url_for("staff.invoice", number=late.number)
        found.append(
            TodoItem(url, late.number, late.customer, said, late.issued_at, "", Chip(_("look"), "warn", "mail"))
        )
    for strange in provider_events.mismatches():
        chip_ = Chip(_("look"), "warn", "receipt")
        found.append(TodoItem(url_for("staff.money"), "", strange.said, "", strange.came_at, "", chip_))
    return found


def cancelled_todo(_sight: RequestContext) -> list[TodoItem]:
    """Invoices of cancelled orders: nothing is voided and no money goes back before somebody has looked."""
    found = []
    for row in billing_pages.of_cancelled():
        amount = money(Money(row.paid, row.currency))
        said = _("%(amount)s is paid: credit it, send it back", amount=amount) if row.paid else _("unpaid: credit it")
        note = f"{row.customer}, {row.order_code}: {said}"
        url = url_for("staff.invoice", number=row.number)
        found.append(TodoItem(url, row.number, row.order_title, note, row.stage_since, "", None))
    return found


def _payment_item(row: PaymentInTrouble, said: str, tone: str) -> TodoItem:
    url = url_for("staff.invoice", number=row.invoice) if row.invoice else url_for("staff.money")
    return TodoItem(url, row.receipt or "", row.customer, said, row.received_at, "", Chip(_("look"), tone, "receipt"))


def invoice_by(number: str) -> InvoiceView:
    """The invoice of a number. Raises AccessError."""
    found = billing_pages.invoice_of_number(number)
    if found is None:
        raise AccessError
    return found
