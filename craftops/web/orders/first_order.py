"""A first order without an account: the form, and the page behind the link of its mail."""

from __future__ import annotations

from flask import Blueprint, Response, flash, redirect, render_template, request, session, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.people.access import Actor
from craftops.domain.people.newcomers import FirstOrderState, NewCustomers
from craftops.errors import AccessError, IntakeError, TooManyTries
from craftops.services.orders import first_orders, welcoming
from craftops.services.people import accounts
from craftops.store.queries import people, scoped
from craftops.store.viewing import newcomer, person_view
from craftops.store.views.files import FileView
from craftops.store.views.orders import FirstOrderView
from craftops.store.views.people import Account
from craftops.web.billing import order_price
from craftops.web.billing.order_price import OrderPriceView, Sells
from craftops.web.frame.language.templates import language
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import (
    DRAFT,
    RequestContext,
    account,
    actor,
    current_shop,
    find_visitor,
    remote_address,
    sight,
)
from craftops.web.frame.security import for_everybody, takes_files
from craftops.web.orders import order_address, order_form, speed
from craftops.web.orders.forms import MAX_LINES, OrderForm
from craftops.web.orders.order_form import SentOrder
from craftops.web.orders.present_first import first_page
from craftops.web.orders.present_new import blank_line, material_choices, new_order_page
from craftops.web.orders.views import FirstOrderPage, NewLine, VisitorFields, WaitingOrder
from craftops.web.people import signin

blueprint = Blueprint("first", __name__, url_prefix="/first-order")


@blueprint.after_request
def keep_to_itself(response: Response) -> Response:
    """The address of a link is a key."""
    if "token" in (request.view_args or {}):
        response.headers["Referrer-Policy"] = "no-referrer"
    return response


@blueprint.route("", methods=["GET", "POST"])
@takes_files
@for_everybody
def start() -> AnyResponse | tuple[str, int]:
    """The form: files first, who they are last. A fault loses nothing of what was sent."""
    if current_user.is_authenticated:
        return redirect(url_for("staff.home" if current_user.is_staff else "portal.new_order"), 303)
    if first_orders.policy(current_shop()) is NewCustomers.INVITATION:
        return render_template("first/invitation.html"), 403
    fresh = DRAFT not in session
    if fresh:
        session.permanent = True
        session[DRAFT] = first_orders.new_secret()
    visitor = find_visitor(make=request.method == "POST" and not fresh)
    if request.method != "POST":
        return _page(None, tuple(blank_line(row) for row in _files_of(visitor)) or (blank_line(),)), 200
    if visitor is None:
        return redirect(url_for("first.sent" if not fresh else "first.start"), 303)
    form = OrderForm.sent()
    sent = order_form.read_lines(form)
    changed = order_form.changed_lines(sent, form.action)
    return (_page(form, changed), 200) if changed is not None else _submit(form, visitor, order_form.checked(sent))


def _files_of(visitor: Account | None) -> list[FileView]:
    """What is here already, after a reload or a look at a part: copies in the place of what they were made from."""
    if visitor is None:
        return []
    rows = scoped.all_file_views(actor())
    replaced = {row.made_from_id for row in rows}
    return [row for row in rows if row.id not in replaced][:MAX_LINES]


def _submit(form: OrderForm, visitor: Account, sent: SentOrder) -> AnyResponse | tuple[str, int]:
    errors: dict[str, str] = {"form": sent.error} if sent.error else {}
    if not errors:
        try:
            first_orders.ask(
                current_shop(), visitor, email=form.email, name=form.name, lines=sent.drafts,
                delivery=form.reaches_by, title=form.title, companions=sent.companions,
                address=remote_address(), at=sight().now, language=language(),
                goes_to=order_address.read_address(form, None) if form.ships else None,
            )  # fmt: skip
        except IntakeError as error:
            errors = {**error.fields, "form": error.sentence}
        except TooManyTries as error:
            errors = {"form": f"{error.sentence} {error.instead}"}
    if errors:
        return _page(form, sent.shown, errors), 422
    session["sent_to"] = form.email.strip()[:200]
    return redirect(url_for("first.sent"), 303)


def _page(sent: OrderForm | None, lines: tuple[NewLine, ...], errors: dict[str, str] | None = None) -> str:
    form = sent or OrderForm()
    page = new_order_page(
        sight(),
        lines,
        token="",
        title=form.title,
        delivery=form.reaches_by.value,
        errors=errors,
        visitor=VisitorFields(
            form.name,
            form.email,
            first_orders.policy(current_shop()) is NewCustomers.BY_APPROVAL,
            url_for("signin.sign_in", next=url_for("portal.new_order")),
        ),
        address=order_address.address_part(sent, None, errors or {}),
    )
    visitor = find_visitor(make=False)
    drafts = order_form.drafts_of(lines)
    by_approval = first_orders.policy(current_shop()) is NewCustomers.BY_APPROVAL
    sells = Sells.NOWHERE if by_approval else Sells.BY_LINK
    price = order_price.price_view(drafts, visitor or newcomer("", ""), sight(), sells=sells)
    soon = speed.speed_of(drafts, sight(), wants=False, sells=False)
    if order_price.asked_alone():
        return render_template("portal/_order_price.html", price=price, speed=soon)
    choices = {line.key: material_choices(current_shop(), line) for line in lines}
    return render_template("portal/new_order.html", page=page, choices=choices, price=price, speed=soon)


@blueprint.get("/sent")
def sent() -> AnyResponse | str:
    """Where to look next: the same for every address."""
    email = session.get("sent_to", "")
    if not email:
        return redirect(url_for("first.start"), 303)
    session.pop(DRAFT, None)  # what comes next is another order
    return render_template("first/sent.html", email=email)


@blueprint.get("/<token>")
def confirm(token: str) -> tuple[str, int]:
    """The page behind the link: looking places nothing."""
    try:
        row = first_orders.find(token, at=sight().now)
    except AccessError:
        return render_template("first/over.html"), 410
    page = first_page(row, token, sight(), _signed_in())
    return render_template("first/confirm.html", page=page, price=_price(row, page)), 200


def _price(row: FirstOrderView, page: FirstOrderPage) -> OrderPriceView | None:
    """What it costs, to be ordered at by this click; None where the click orders nothing yet."""
    if page.state != FirstOrderState.ASKED.value or page.sign_in_url or page.by_approval or row.visitor_id is None:
        return None
    customer = welcoming.needs_sign_in(row) or newcomer(row.email, row.name)
    visitor = people.person(row.visitor_id)
    by = accounts.actor_of(visitor) if visitor is not None else None
    return order_price.price_view(first_orders.lines_of(row), customer, sight(), by=by)


def _signed_in() -> int | None:
    return account().id if current_user.is_authenticated else None


@blueprint.post("/<token>")
def place(token: str) -> AnyResponse:
    """The click: the order is real, or waits for the shop's word."""
    try:
        done = welcoming.confirm(current_shop(), token, signed_in=_signed_in(), at=sight().now)
    except IntakeError as error:
        flash(error.sentence, "bad")
        return redirect(url_for("first.confirm", token=token), 303)
    if done.state is FirstOrderState.PLACED and done.order is not None and done.account is not None:
        if done.is_new:
            signin.let_in(person_view(done.account), how="link")
        flash(_("Thank you. Your order is here, and this is its page."), "good")
        if said := order_price.sell(done.order, done.account, sight(), accounts.actor_of(done.account)):
            flash(said, "warn")
        return redirect(url_for("portal.order", code=done.order.code), 303)
    return redirect(url_for("first.confirm", token=token), 303)


def waiting_panel(sight: RequestContext, actor: Actor) -> tuple[WaitingOrder, ...] | None:
    """Orders that were sent with a customer's address, and wait for their word, on their home."""
    if actor.customer_id is None:
        return None
    found = first_orders.waiting_for(account(), at=sight.now)
    return tuple(
        WaitingOrder(row.title or row.name, url_for("first.confirm", token=first_orders.token_of(sight.shop, row)))
        for row in found
    ) or None  # fmt: skip
