"""Invoices on the floor: the lists, one invoice, money booked, credited and sent back."""

from __future__ import annotations

import csv
import io

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.errors import AccessError, IntakeError
from craftops.services.billing import details as customer_details
from craftops.services.billing import invoicing, paying, provider_events, refunding
from craftops.services.billing.settings import billing_settings
from craftops.store.queries import billing_pages, payment_pages, people
from craftops.web.billing import present_invoices
from craftops.web.billing.amounts import read_money
from craftops.web.billing.days import days_of
from craftops.web.billing.forms import BookForm, InvoiceDetailsForm, MoneyBackForm
from craftops.web.billing.present_staff import invoice_by
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.numbers import is_number
from craftops.web.frame.request_context import actor, current_shop, sight

NUMBER = "<string(minlength=3, maxlength=40):number>"


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/money", view_func=money)
    blueprint.add_url_rule("/money/invoices.csv", view_func=invoices_csv)
    blueprint.add_url_rule(f"/money/invoices/{NUMBER}", view_func=invoice)
    blueprint.add_url_rule(f"/money/invoices/{NUMBER}/book", view_func=book_payment, methods=["POST"])
    blueprint.add_url_rule(f"/money/invoices/{NUMBER}/credit", view_func=credit_invoice, methods=["POST"])
    blueprint.add_url_rule("/money/strange/<int:event_id>", view_func=settle_mismatch, methods=["POST"])
    blueprint.add_url_rule("/money/payments/<int:payment_id>/refund", view_func=refund_payment, methods=["POST"])
    blueprint.add_url_rule("/customers/<int:customer_id>/billing", view_func=customer_billing, methods=["GET", "POST"])


def money() -> str:
    """All invoices and payments."""
    return render_template(
        "staff/money.html",
        page=present_invoices.money_page(request.args, sight()),
        strange=provider_events.mismatches(),
    )


def invoices_csv() -> Response:
    """Invoices for a spreadsheet, all or those of some days; no cell is taken for a formula."""
    asked = "since" in request.args or "until" in request.args
    start, end = days_of(request.args, sight()).bounds(sight().profile.zone) if asked else (None, None)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        ["number", "kind", "issued", "due", "customer", "order", "currency", "net", "tax", "gross", "settled"]
    )
    for row in billing_pages.whole_invoices(start, end):
        writer.writerow(present_invoices.csv_row(row))
    headers = {"Content-Disposition": 'attachment; filename="invoices.csv"'}
    return Response(out.getvalue(), mimetype="text/csv", headers=headers)


def invoice(number: str) -> str:
    """One invoice with everything that happened to it."""
    found = billing_pages.whole_invoice_of_number(number)
    if found is None:
        raise AccessError
    return render_template("staff/invoice.html", page=present_invoices.invoice_page(found, sight()))


def _to_invoice(number: str) -> AnyResponse:
    return redirect(url_for("staff.invoice", number=number), 303)


def book_payment(number: str) -> AnyResponse:
    """Money is here: taken at the counter, or seen on the account."""
    row, form = invoice_by(number), BookForm.sent()
    provider, _sep, kind = form.how.partition(":")
    paying.book(
        current_shop(), [row], provider, kind, amount=read_money(form.amount, row.currency), note=form.note,
        once=form.token, actor=actor(), at=sight().now,
    )  # fmt: skip
    flash(_("Booked. The customer gets a receipt."), "good")
    return _to_invoice(number)


def credit_invoice(number: str) -> AnyResponse:
    """Take an invoice back, or a part of it."""
    row, form = invoice_by(number), MoneyBackForm.sent()
    note = invoicing.credit(
        current_shop(), row, read_money(form.amount, row.currency) if form.amount else None, form.reason,
        once=form.token, actor=actor(), at=sight().now,
    )  # fmt: skip
    flash(_("Credited by %(number)s.", number=note.number), "good")
    return _to_invoice(number)


def settle_mismatch(event_id: int) -> AnyResponse:
    """Somebody has looked at what only a provider has in its books."""
    provider_events.settle_mismatch(event_id, actor=actor(), at=sight().now)
    flash(_("Done."), "good")
    return redirect(url_for("staff.money"), 303)


def refund_payment(payment_id: int) -> AnyResponse:
    """Send money back."""
    row = payment_pages.payment(payment_id)
    if row is None:
        raise AccessError
    form = MoneyBackForm.sent()
    refunding.refund(
        current_shop(), row, read_money(form.amount, row.currency), form.reason, once=form.token, actor=actor(),
        at=sight().now,
    )  # fmt: skip
    flash(_("It goes back."), "good")
    invoices = billing_pages.of_payment(row.id)
    return redirect(url_for("staff.invoice", number=invoices[0].number) if invoices else url_for("staff.money"), 303)


def customer_billing(customer_id: int) -> AnyResponse | tuple[str, int]:
    """To whom a customer's invoices go; staff note an exemption too."""
    person = people.person(customer_id) if is_number(str(customer_id)) else None
    if person is None:
        raise AccessError
    home = billing_settings(current_shop()).seller.country
    known, errors = customer_details.details_of(person, home), {}
    if request.method == "POST":
        known = InvoiceDetailsForm.sent().details()
        try:
            customer_details.save_details(person, known, actor=actor(), at=sight().now)
        except IntakeError as error:
            errors = error.fields
        else:
            flash(_("Kept."), "good")
            return redirect(url_for("staff.customer_billing", customer_id=customer_id), 303)
    page = present_invoices.billing_form(person, known, errors)
    return render_template("form.html", page=page), 422 if errors else 200
