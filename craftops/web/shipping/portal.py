"""Customers: where their order goes, and what is wrong with what came."""

from __future__ import annotations

import secrets

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.people.companies import CompanyAction
from craftops.errors import IntakeError, RuleError
from craftops.services.messages.conversation import MessageText
from craftops.services.orders import delivering
from craftops.services.shipping import closing
from craftops.store.queries import scoped
from craftops.store.views.orders import OrderView
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import actor, current_shop, sight
from craftops.web.frame.security import takes_files
from craftops.web.frame.views import Choice
from craftops.web.messages.common import files_of_form
from craftops.web.messages.present import accepted
from craftops.web.people.address_fields import address_fields, address_values, sent_address
from craftops.web.shipping import labels
from craftops.web.shipping.forms import ProblemForm
from craftops.web.shipping.views import DeliveryAddressPage, ProblemPage


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/orders/<code>/address", view_func=delivery_address, methods=["GET", "POST"])
    blueprint.add_url_rule("/orders/<code>/problem", view_func=report_problem, methods=["GET", "POST"])


def _order(code: str, to: CompanyAction) -> OrderView:
    return scoped.order_view(actor(), code, to)


def delivery_address(code: str) -> AnyResponse | str | tuple[str, int]:
    """Another address for an order that is still here."""
    order = _order(code, CompanyAction.DECIDE)
    if request.method != "POST":
        known = delivering.address_of(order)
        values = address_values(known) if known is not None else {"name": order.customer.name}
        return _address_page(order, values, {})
    try:
        delivering.change_address(order.code, sent_address(), actor=actor(), at=sight().now)
    except IntakeError as error:
        flash(error.sentence, "bad")
        return _address_page(order, address_values(sent_address()), error.fields), 422
    flash(_("We send it there."), "good")
    return redirect(url_for("portal.order", code=order.code), 303)


def _address_page(order: OrderView, values: dict[str, str], errors: dict[str, str]) -> str:
    page = DeliveryAddressPage(
        order.code, order.title, url_for("portal.order", code=order.code), address_fields(values, errors)
    )
    return render_template("portal/delivery_address.html", page=page)


@takes_files
def report_problem(code: str) -> AnyResponse | str | tuple[str, int]:
    """Something is wrong with what came."""
    order = _order(code, CompanyAction.WRITE)
    if why := closing.may_report(current_shop(), order, sight().now):
        raise RuleError(why)
    form = ProblemForm.sent()
    if request.method != "POST":
        return _problem_page(order, form, {}, [])
    ids, refused = files_of_form(form, order)
    if refused:
        return _problem_page(order, form, {"form": _("Nothing was sent yet."), "upload": " ".join(refused)}, ids), 422
    message = MessageText(form.text, tuple(ids), form.token)
    try:
        closing.report(current_shop(), order.code, form.wish, message, actor=actor(), at=sight().now)
    except IntakeError as error:
        return _problem_page(order, form, {"form": error.sentence, **error.fields}, ids), 422
    flash(_("We are sorry, and look at it. You find our answer in the messages."), "good")
    return redirect(url_for("portal.order", code=order.code, _anchor="messages"), 303)


def _problem_page(order: OrderView, form: ProblemForm, errors: dict[str, str], ids: list[int]) -> str:
    """``ids``: files that came already; they need not be sent again."""
    kept = tuple(Choice(str(id_), name, True) for id_, name in scoped.file_names(actor(), ids))
    page = ProblemPage(
        order.code, order.title, url_for("portal.order", code=order.code),
        tuple(Choice(key.value, str(word), key.value == form.wish) for key, word in labels.WISHES.items()),
        form.text, form.token or secrets.token_urlsafe(12), errors, accepted(current_shop()), kept,
    )  # fmt: skip
    return render_template("portal/problem_report.html", page=page)
