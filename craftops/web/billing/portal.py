"""A customer's invoices and payments, and to whom their invoices are made out."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.people.access import Role
from craftops.errors import AccessError, IntakeError, OutsideError, RuleError, Unsure
from craftops.services.billing import details as customer_details
from craftops.services.billing import paying
from craftops.services.billing.settings import billing_settings
from craftops.store.queries import billing_pages
from craftops.web.billing import links, present_portal
from craftops.web.billing.forms import InvoiceDetailsForm, PaySeveralForm
from craftops.web.billing.public import back_url
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import account, actor, current_shop, safe_path, sight


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/invoices", view_func=invoices)
    blueprint.add_url_rule("/invoices/pay", view_func=pay_several, methods=["POST"])
    blueprint.add_url_rule("/account/billing", view_func=billing_details, methods=["GET", "POST"])


def _must_be_customer() -> None:
    if account().role != Role.CUSTOMER.value:
        raise AccessError


def invoices() -> str:
    """Everything that a customer owes and has paid."""
    _must_be_customer()
    return render_template("portal/invoices.html", page=present_portal.portal_invoices(actor(), sight()))


def pay_several() -> AnyResponse:
    """One payment for several invoices."""
    _must_be_customer()
    form = PaySeveralForm.sent()
    rows = billing_pages.seen_of_these(actor(), form.invoice)
    try:
        if not rows:
            raise RuleError(_("Choose at least one invoice."))
        payment = paying.pay(
            current_shop(), rows, form.provider, amount=None, return_url=back_url(form.provider),
            cancel_url=url_for("portal.invoices", _external=True), payer=account(), at=sight().now,
        )  # fmt: skip
    except Unsure:
        flash(_("We do not know yet whether this was opened. Wait a minute, then try again."), "warn")
        return redirect(url_for("portal.invoices"), 303)
    except (RuleError, IntakeError, OutsideError) as error:
        flash(error.sentence, "bad")
        return redirect(url_for("portal.invoices"), 303)
    token = links.invoice_token(current_shop(), rows[0])
    return redirect(url_for("pay.go", token=token, payment=payment.id), 303)


def billing_details() -> AnyResponse | tuple[str, int]:
    """Name, address and VAT number for invoices."""
    _must_be_customer()
    home = billing_settings(current_shop()).seller.country
    known, errors = customer_details.details_of(account(), home), {}
    if request.method == "POST":
        form = InvoiceDetailsForm.sent()
        known = form.details()
        try:
            customer_details.save_details(account(), known, actor=actor(), at=sight().now)
        except IntakeError as error:
            errors = error.fields
        else:
            flash(_("Kept."), "good")
            return redirect(safe_path(form.back, url_for("portal.billing_details")), 303)
    fields = present_portal.details_fields(known, errors)
    return render_template("portal/billing_details.html", fields=fields), 422 if errors else 200
