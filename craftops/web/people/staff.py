"""Customers: a list, one of them, a new one."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.errors import IntakeError
from craftops.services.billing.details import details_of
from craftops.services.billing.settings import billing_settings
from craftops.services.people import accounts
from craftops.store.queries import order_lists, people
from craftops.store.together import together
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.numbers import whole
from craftops.web.frame.request_context import current_shop, sight
from craftops.web.frame.views import FormField, FormPage
from craftops.web.orders.present_staff import board_cards
from craftops.web.people.forms import CustomerForm
from craftops.web.people.present import customer_rows, mail_trouble
from craftops.web.people.views import CustomerPage, CustomersPage

PER_PAGE = 50


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/customers", view_func=customers)
    blueprint.add_url_rule("/customers/new", view_func=add_customer, methods=["GET", "POST"])
    blueprint.add_url_rule("/customers/<int:account_id>", view_func=customer)


def customers() -> str:
    """All customers, by name."""
    query = request.args.get("q", "").strip()
    total = people.count_customers(query)
    pages = max(1, -(-total // PER_PAGE))
    number = min(pages, max(1, request.args.get("page", 1, type=whole)))
    page = CustomersPage(
        rows=customer_rows(people.customers(query, number, PER_PAGE)),
        query=query,
        total=total,
        page=number,
        pages=pages,
        next_url=url_for("staff.customers", q=query or None, page=number + 1) if number < pages else "",
        previous_url=url_for("staff.customers", q=query or None, page=number - 1) if number > 1 else "",
    )
    return render_template("staff/customers.html", page=page)


def customer(account_id: int) -> str:
    """One customer and their orders."""
    row = people.customer(account_id)
    if row is None:
        abort(404)
    with together("customer", now=sight().now, customer=row.id, email=row.email):
        cards = board_cards(order_lists.placed_by(row.id), sight())
        agreed = details_of(row, "").net_days
        page = CustomerPage(
            customer_rows([row])[0], cards, row.phone, mail_trouble(row.email), "" if agreed is None else str(agreed),
            billing_settings(current_shop()).seller.net_days,
        )  # fmt: skip
    return render_template("staff/customer.html", page=page)


def add_customer() -> AnyResponse | tuple[str, int]:
    """A customer who came to the counter; they sign in by a link to their address."""
    if request.method != "POST":
        return render_template("form.html", page=_form({}, {})), 200
    values = dict(CustomerForm.sent())
    try:
        row = accounts.invite_customer(**values, at=sight().now)
    except IntakeError as error:
        return render_template("form.html", page=_form(values, error.fields)), 422
    flash(_("%(name)s gets a mail with a link to sign in; the sign-in page sends new ones.", name=row.name), "good")
    return redirect(url_for("staff.customer", account_id=row.id), 303)


def _form(values: dict[str, str], errors: dict[str, str]) -> FormPage:
    def field(name: str, label: str, kind: str, required: bool, complete: str) -> FormField:
        return FormField(
            name, label, kind, values.get(name, ""), "", errors.get(name, ""), required, autocomplete=complete
        )

    return FormPage(
        title=_("Add a customer"),
        lead=_("They get a mail with a link to sign in. Later the sign-in page sends them new links."),
        fields=(
            field("name", _("Name"), "text", True, "off"),
            field("email", _("E-mail"), "email", True, "off"),
            field("phone", _("Telephone"), "tel", False, "off"),
        ),
        submit=_("Add customer"),
        action=url_for("staff.add_customer"),
        back_url=url_for("staff.customers"),
    )
