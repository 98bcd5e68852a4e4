"""Quotes on the floor: written from the price list, sent, taken back; invoices issued for an order."""

from __future__ import annotations

import re
from collections.abc import Iterable

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.errors import IllegalMove, IntakeError
from craftops.services.billing import invoicing, quoting
from craftops.services.billing.details import save_terms
from craftops.services.billing.quote_drafts import QuoteDraft, QuoteLine
from craftops.services.billing.settings import billing_settings
from craftops.services.orders import ordering
from craftops.store.queries import people, scoped
from craftops.store.queries.billing import accepted_quote
from craftops.store.views.orders import OrderView
from craftops.web.billing import present_staff
from craftops.web.billing.amounts import read_money, read_share
from craftops.web.billing.forms import (
    AcceptedQuoteForm,
    PoNumberForm,
    QuoteForm,
    QuoteLineForm,
    QuoteLinesForm,
    TermsForm,
)
from craftops.web.billing.views import QuoteEditorLine
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.numbers import is_number
from craftops.web.frame.request_context import actor, back, current_shop, sight
from craftops.web.frame.sent_form import typed

CODE = "<string(minlength=4, maxlength=12):code>"
KEY = re.compile(r"[a-z0-9]{1,12}")


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule(f"/orders/{CODE}/quote", view_func=edit_quote, methods=["GET", "POST"])
    blueprint.add_url_rule(f"/orders/{CODE}/quotes/<int:version>", view_func=see_quote)
    for rule, view in (("send", send_quote), ("withdraw", withdraw_quote), ("accept", accept_quote)):
        blueprint.add_url_rule(f"/orders/{CODE}/quotes/<int:version>/{rule}", view_func=view, methods=["POST"])
    blueprint.add_url_rule(f"/orders/{CODE}/invoice", view_func=issue_invoice, methods=["POST"])
    blueprint.add_url_rule(f"/orders/{CODE}/po-number", view_func=po_number, methods=["POST"])
    blueprint.add_url_rule("/customers/<int:account_id>/terms", view_func=customer_terms, methods=["POST"])


def _to_order(code: str) -> AnyResponse:
    return redirect(back(url_for("staff.order", code=code)), 303)


def po_number(code: str) -> AnyResponse:
    """The buyer's own number of an order; quotes and invoices from now on carry it."""
    ordering.set_po_number(code, PoNumberForm.sent().po_number, actor=actor(), at=sight().now)
    flash(_("Kept. Quotes and invoices from now on carry it."), "good")
    return _to_order(code)


def customer_terms(account_id: int) -> AnyResponse:
    """Days to pay that were agreed with a customer."""
    row = people.customer(account_id)
    if row is None:
        abort(404)
    save_terms(row, TermsForm.sent().net_days, actor=actor(), at=sight().now)
    flash(_("Kept. Invoices from now on go by it."), "good")
    return redirect(url_for("staff.customer", account_id=account_id), 303)


def edit_quote(code: str) -> AnyResponse | tuple[str, int]:
    """The editor: a draft as it was left, else what the price list makes of the order."""
    order = scoped.order_view(actor(), code)
    if request.method != "POST":
        return _editor(order), 200
    lines = {key: QuoteLineForm.sent(key) for key in QuoteLinesForm.sent().line if KEY.fullmatch(key)}
    try:
        form = QuoteForm.sent()
        row = quoting.save_draft(current_shop(), code, _draft(form, lines.values()), actor=actor(), at=sight().now)
        if form.action == "send":
            quoting.send(current_shop(), code, row.version, actor=actor(), at=sight().now)
    except (IntakeError, IllegalMove) as error:
        typed_lines = [QuoteEditorLine(key, **one.model_dump()) for key, one in lines.items()]
        return _editor(order, typed_lines, {"form": error.sentence}), 422
    if form.action == "send":
        flash(_("Sent. The customer gets a mail with the quote."), "good")
        return redirect(url_for("staff.order", code=code), 303)
    flash(_("Kept as a draft."), "good")
    return redirect(url_for("staff.edit_quote", code=code), 303)


def _editor(order: OrderView, lines: list[QuoteEditorLine] | None = None, errors: dict[str, str] | None = None) -> str:
    page = present_staff.quote_editor(order, sight(), lines, typed(), errors or {})
    return render_template("staff/quote.html", page=page)


def _draft(form: QuoteForm, typed_lines: Iterable[QuoteLineForm]) -> QuoteDraft:
    """What was typed, as a draft; lines without a word are left out. Raises IntakeError."""
    settings = billing_settings(current_shop())
    lines = []
    for one in typed_lines:
        if not one.title and not one.unit:
            continue
        if not is_number(one.quantity):
            raise IntakeError(_("The quantity of “%(title)s” is no whole number.", title=one.title))
        try:
            unit = read_money(one.unit or "0", settings.prices.currency, signed=True)
            discount = read_share(one.discount)
        except IntakeError as error:
            raise IntakeError(f"“{one.title[:60]}”: {error.sentence}") from error
        line = int(one.order_line) if is_number(one.order_line) else None
        lines.append(QuoteLine(one.title, int(one.quantity), unit, one.detail, discount, line))
    days = 30 if form.valid_days is None else form.valid_days
    return QuoteDraft(tuple(lines), form.gross, read_share(form.deposit), days, form.note)


def see_quote(code: str, version: int) -> str:
    """A quote as the customer sees it."""
    order = scoped.order_view(actor(), code)
    return render_template("staff/quote_view.html", page=present_staff.quote_view(order, version, sight()))


def send_quote(code: str, version: int) -> AnyResponse:
    """Put a draft before the customer."""
    quoting.send(current_shop(), code, version, actor=actor(), at=sight().now)
    flash(_("Sent. The customer gets a mail with the quote."), "good")
    return _to_order(code)


def withdraw_quote(code: str, version: int) -> AnyResponse:
    """Take it back."""
    quoting.withdraw(current_shop(), code, version, actor=actor(), at=sight().now)
    flash(_("Taken back."), "good")
    return _to_order(code)


def accept_quote(code: str, version: int) -> AnyResponse:
    """The customer accepted it by telephone, on paper, at the counter."""
    order, form = scoped.order_view(actor(), code), AcceptedQuoteForm.sent()
    quoting.accept(
        current_shop(), code, version, name=form.name or order.customer.name, via="staff", actor=actor(),
        at=sight().now, reason=form.reason,
    )  # fmt: skip
    flash(_("Accepted."), "good")
    return _to_order(code)


def issue_invoice(code: str) -> AnyResponse:
    """Bill what the accepted quote still lacks."""
    order = scoped.order_view(actor(), code)
    quote = accepted_quote(order.id)
    if quote is None:
        raise IllegalMove(_("There is no accepted quote for this order."), _("Write one, or note its acceptance."))
    number = invoicing.issue_rest_of(current_shop(), quote, actor=actor(), at=sight().now)
    if not number:
        flash(_("Nothing is left to bill."), "warn")
    else:
        flash(_("Issued: %(number)s. The customer gets a mail.", number=number), "good")
    return _to_order(code)
