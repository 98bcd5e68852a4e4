"""Ordering again: a past order as a form with everything filled in, and the order that comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.orders.order import Delivery
from craftops.domain.people.access import Role
from craftops.domain.people.companies import CompanyAction
from craftops.errors import AccessError, IntakeError
from craftops.services.orders import delivering, reordering
from craftops.services.orders.ordering import LineDraft
from craftops.services.orders.reordering import PastOrder
from craftops.store.queries import scoped
from craftops.store.together import together
from craftops.web.billing import order_price
from craftops.web.billing.past_price import PastPrice, beside, past_price
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.one_time import one_time_key
from craftops.web.frame.request_context import account, actor, current_shop, sight
from craftops.web.orders import again_form, order_address, speed
from craftops.web.orders.again_form import TypedLine
from craftops.web.orders.forms import OrderForm
from craftops.web.orders.present_again import again_page
from craftops.web.orders.rights import Rights

CODE = "<string(minlength=4, maxlength=12):code>"


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule(f"/orders/{CODE}/reorder", "reorder", view_func=reorder, methods=["GET", "POST"])


def reorder(code: str) -> AnyResponse | tuple[str, int]:
    """The form and its answer. A fault loses nothing of what was sent."""
    if account().role != Role.CUSTOMER.value:
        raise AccessError
    if request.method == "POST":
        return _reorder(code)
    with together("again", now=sight().now, order=scoped.order(actor(), code, CompanyAction.ORDER).id, me=account().id):
        return _reorder(code)


def _reorder(code: str) -> AnyResponse | tuple[str, int]:
    past = reordering.look_again(current_shop(), code, actor=actor())
    if request.method != "POST":
        if past.order.code != code:
            return redirect(url_for("portal.reorder", code=past.order.code), 303)
        token = one_time_key()
        delivery = past.order.delivery
        return _page(past, None, again_form.first_lines(past), token, delivery, past.order.title), 200
    form, lines = OrderForm.sent(), again_form.sent_lines(past)
    if form.action == "price":
        return _again(past, form, lines), 200
    lines = again_form.checked(current_shop(), lines)
    if fault := again_form.fault_of_form(lines):
        return _again(past, form, lines, fault), 422
    return _submit(past, form, lines)


def _submit(past: PastOrder, form: OrderForm, lines: list[TypedLine]) -> AnyResponse | tuple[str, int]:
    try:
        address = order_address.read_address(form, account(), delivering.address_of(past.order)) if form.ships else None
        order = reordering.place_again(
            current_shop(),
            past.order.code,
            [line.pick for line in lines if line.pick],
            actor=actor(),
            customer=account(),
            delivery=form.reaches_by,
            at=sight().now,
            title=form.title,
            submit_token=form.token or None,
            address=address,
            rush=speed.checked(_drafts(past, lines), sight(), wants=form.rush),
        )
    except IntakeError as error:
        return _again(past, form, lines, error.sentence, error.fields), 422
    if address is not None:
        order_address.keep_in_book(form, account(), address)
    if said := order_price.sell(order, account(), sight()):
        flash(said, "warn")
    if missing := again_form.left_out(lines):
        flash(_("Ordered again, without: %(titles)s.", titles=", ".join(missing)), "warn")
    else:
        flash(_("Ordered again, as %(code)s.", code=order.code), "good")
    return redirect(url_for("portal.order", code=order.code), 303)


def _drafts(past: PastOrder, lines: list[TypedLine]) -> list[LineDraft]:
    """What would be ordered; nothing while something cannot be."""
    try:
        return reordering.drafts_again(past, [line.pick for line in lines if line.pick])
    except IntakeError:
        return []


def _again(
    past: PastOrder, form: OrderForm, lines: list[TypedLine], error: str = "", faults: Mapping[str, str] | None = None
) -> str:
    """The form as it was sent; ``faults`` of the address by field."""
    return _page(past, form, lines, form.token, form.reaches_by.value, form.title, error, faults or {})


def _page(
    past: PastOrder, form: OrderForm | None, lines: list[TypedLine], token: str, delivery: str, title: str,
    error: str = "", faults: Mapping[str, str] = MappingProxyType({}),
) -> str:  # fmt: skip
    before = past_price(past.order, account(), sight()) if Rights(actor()).sees_money(past.order) else PastPrice()
    drafts = _drafts(past, lines)
    soon = speed.speed_of(drafts, sight(), wants=form is not None and form.rush)
    price = beside(order_price.price_view(drafts, account(), sight(), rush=soon.chosen), before, sight())
    if order_price.asked_alone():
        return render_template("portal/_order_price.html", price=price, speed=soon)
    went = delivering.address_of(past.order)
    address = order_address.address_part(form, account(), dict(faults))
    page = again_page(
        past, lines, before, account(), sight(), token=token, delivery=Delivery(delivery).value, name=title,
        error=error, address=order_address.address_again(form, address, went),
    )  # fmt: skip
    return render_template("portal/reorder.html", page=page, price=price, speed=soon)
