"""The new-order form: with a script files go up as they are dropped; without one, with the form."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.people.access import Role
from craftops.domain.people.companies import CompanyAction, actions_of
from craftops.errors import AccessError, IntakeError
from craftops.services.orders import ordering
from craftops.services.people import companies
from craftops.store.queries import scoped
from craftops.store.views.files import FileView
from craftops.web.billing import order_price
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.numbers import is_number
from craftops.web.frame.one_time import one_time_key
from craftops.web.frame.request_context import account, actor, current_shop, sight
from craftops.web.frame.security import takes_files
from craftops.web.frame.views import Choice
from craftops.web.orders import order_address, order_form, speed
from craftops.web.orders.forms import MAX_LINES, OrderForm
from craftops.web.orders.order_form import SentOrder
from craftops.web.orders.present_new import blank_line, material_choices, new_order_page
from craftops.web.orders.views import NewLine

BROUGHT = "brought"
"""Where the cookie keeps the files that somebody has put together before they signed in."""


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/orders/new", "new_order", view_func=new_order, methods=["GET", "POST"])


@takes_files
def new_order() -> AnyResponse | tuple[str, int]:
    """The form and its answer. A fault loses nothing of what was sent."""
    if account().role != Role.CUSTOMER.value:
        raise AccessError
    if request.method != "POST":
        lines = tuple(blank_line(file) for file in _files_asked_for()) or (blank_line(),)
        return _page(None, lines, token=one_time_key()), 200
    form = OrderForm.sent()
    sent = order_form.read_lines(form)
    changed = order_form.changed_lines(sent, form.action)
    return (_page(form, changed), 200) if changed is not None else _submit(form, order_form.checked(sent))


def _files_asked_for() -> list[FileView]:
    """The reader's own files that the address names (``?files=12,13``), else those that they have brought along; others
    are left out without a word."""
    named = [int(one) for one in request.args.get("files", "").split(",") if is_number(one)]
    wanted = list(dict.fromkeys(named or session.pop(BROUGHT, ())))[:MAX_LINES]
    mine = scoped.file_views(actor(), wanted)
    return [mine[one] for one in wanted if one in mine]


def _companies(form: OrderForm | None) -> tuple[Choice, ...]:
    """For whom somebody may order; nothing to choose without a company."""
    buys = [row for row in companies.memberships_of(account().id) if row.state == companies.ACTIVE]
    buys = [row for row in buys if CompanyAction.ORDER in actions_of(row.role)]
    if not buys:
        return ()
    chosen = form.company if form else buys[0].company_id
    own = Choice("", _("For myself"), chosen is None, "")
    return (*(Choice(str(one.company_id), one.company_name, one.company_id == chosen, "") for one in buys), own)


def _submit(form: OrderForm, sent: SentOrder) -> AnyResponse | tuple[str, int]:
    if sent.error:
        return _page(form, sent.shown, errors={"form": sent.error}), 422
    try:
        address = order_address.read_address(form, account()) if form.ships else None
        order = ordering.place_order(
            current_shop(),
            actor=actor(),
            customer=account(),
            lines=sent.drafts,
            delivery=form.reaches_by,
            at=sight().now,
            title=form.title,
            submit_token=form.token or None,
            companions=sent.companions,
            company=form.company,
            address=address,
            po_number=form.po_number,
            rush=speed.checked(sent.drafts, sight(), wants=form.rush),
        )
    except IntakeError as error:
        return _page(form, sent.shown, errors={"form": error.sentence, **error.fields}), 422
    if address is not None:
        order_address.keep_in_book(form, account(), address)
    if said := order_price.sell(order, account(), sight()):
        flash(said, "warn")
    return redirect(url_for("portal.order", code=order.code), 303)


def _page(
    sent: OrderForm | None, lines: tuple[NewLine, ...], *, token: str = "", errors: dict[str, str] | None = None
) -> str:
    form = sent or OrderForm()
    page = new_order_page(
        sight(),
        lines,
        token=token or form.token,
        title=form.title,
        delivery=form.reaches_by.value,
        errors=errors,
        companies=(buys := _companies(sent)),
        po_number=form.po_number if buys or order_price.is_business(account()) else None,
        address=order_address.address_part(sent, account(), errors or {}),
    )
    drafts = order_form.drafts_of(lines)
    soon = speed.speed_of(drafts, sight(), wants=form.rush)
    price = order_price.price_view(drafts, account(), sight(), rush=soon.chosen)
    if order_price.asked_alone():
        return render_template("portal/_order_price.html", price=price, speed=soon)
    choices = {line.key: material_choices(current_shop(), line) for line in lines}
    return render_template(
        "portal/new_order.html", page=page, choices=choices, price=price, speed=soon, live=page.live_url
    )
