"""Withdrawing from a contract in two steps, without signing in: by an order's own link, or by its code and e-mail."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.orders import withdrawal
from craftops.domain.orders.order import normalise_code
from craftops.errors import AccessError, IntakeError
from craftops.services.orders import withdrawals
from craftops.services.people import limits
from craftops.store.views.orders import OrderView
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import current_shop, remote_address, sight
from craftops.web.frame.views import Choice
from craftops.web.orders.forms import OrderCodeForm, WithdrawalForm
from craftops.web.orders.present_withdrawal import all_declared, until_text
from craftops.web.orders.views_withdrawal import WithdrawPage

blueprint = Blueprint("withdrawal", __name__, url_prefix="/withdraw")
MOST_MISSES = 60
"""Links that do not exist, of one network address within a quarter of an hour."""


@blueprint.after_request
def keep_to_itself(response: Response) -> Response:
    """The address of an order's own page is its key."""
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _show(page: WithdrawPage, status: int = 200) -> tuple[str, int]:
    return render_template("portal/withdraw.html", page=page), status


@blueprint.route("", methods=["GET", "POST"])
def start() -> tuple[str, int] | AnyResponse:
    """By order code and e-mail. What is answered is the same for everybody, so that it says nothing about customers."""
    action = url_for("withdrawal.start")
    code, form = normalise_code(OrderCodeForm.asked().code)[:12], WithdrawalForm.sent()
    said = form.declared
    if request.method != "POST" or form.back:
        return _show(WithdrawPage("ask", action, code=code, name=said.name, email=said.email, words=said.words))
    try:
        checked = withdrawal.check(said)
        if not code:
            raise IntakeError("", {"code": _("Write the order's code. It stands in every mail of ours.")})
    except IntakeError as error:
        faults = {"code": _("Write the order's code.")} if not code else {}
        page = WithdrawPage(
            "ask", action, code=code, name=said.name, email=said.email, words=said.words,
            errors={**faults, **error.fields},
        )  # fmt: skip
        return _show(page, 422)
    page = WithdrawPage("confirm", action, code=code, name=checked.name, email=checked.email, words=checked.words)
    if not form.confirm:
        return _show(page)
    withdrawals.count_try(code, address=remote_address(), at=sight().now)
    withdrawals.ask(code, checked, at=sight().now)
    return redirect(url_for("withdrawal.sent"), 303)


@blueprint.get("/sent")
def sent() -> tuple[str, int]:
    """What everybody reads after their declaration."""
    return _show(WithdrawPage("sent", ""))


def _order(token: str) -> OrderView:
    try:
        return withdrawals.find(current_shop(), token)
    except AccessError:
        limits.count(f"withdraw-link:{remote_address()}", MOST_MISSES, at=sight().now)
        raise


@blueprint.route("/<string(minlength=6, maxlength=120):token>", methods=["GET", "POST"])
def of_order(token: str) -> tuple[str, int] | AnyResponse:
    """By the order's own link: its parts are named."""
    order = _order(token)
    if request.method != "POST":
        return _show(_page(order, token, "ask", None))
    form = WithdrawalForm.sent()
    if form.back:
        return _show(_page(order, token, "ask", form))
    try:
        withdrawal.check(form.declared)
        if not form.lines:
            raise IntakeError("", {"lines": _("Choose at least one part.")})
        if not form.confirm:
            return _show(_page(order, token, "confirm", form))
        withdrawals.declare(current_shop(), order, form.declared, form.lines, at=sight().now)
    except IntakeError as error:
        return _show(_page(order, token, "ask", form, errors=error.fields), 422)
    return redirect(url_for("withdrawal.of_order", token=token), 303)


def _page(
    order: OrderView, token: str, step: str, sent: WithdrawalForm | None, *, errors: dict[str, str] | None = None
) -> WithdrawPage:
    right = withdrawals.right_of(current_shop(), order, at=sight().now)
    done = all_declared(order)
    gone = {line for one in done for line in one.line_ids}
    form = sent or WithdrawalForm()
    lines = tuple(
        Choice(str(one.id), f"{one.quantity} × {one.title}", sent is None or one.id in form.lines)
        for one in withdrawals.standard_lines(order)
        if one.id not in gone
    )
    return WithdrawPage(
        step=step if right.exists and lines else "closed",
        action=url_for("withdrawal.of_order", token=token),
        title=order.title,
        code=order.code,
        name=order.customer.name if form.name is None else form.name,
        email=order.customer.email if form.email is None else form.email,
        words=form.words,
        lines=lines if step != "confirm" else tuple(one for one in lines if one.chosen),
        until=until_text(right, sight()),
        why="" if right.exists else withdrawals.WHY_NOT[right.ground],
        errors=errors,
        declared=done,
        known=True,
    )
