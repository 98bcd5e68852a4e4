"""Staff: which lines are standard parts, and what becomes of a withdrawal."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.services.orders import withdrawals
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import actor, sight
from craftops.web.orders.forms import SpecificationForm, WithdrawalAnswerForm

ORDER = "/orders/<string(minlength=4, maxlength=12):code>"


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule(f"{ORDER}/lines/<int:line_id>/specification", view_func=specification, methods=["POST"])
    blueprint.add_url_rule(f"{ORDER}/withdrawals/<int:withdrawal_id>", view_func=answer_withdrawal, methods=["POST"])


def specification(code: str, line_id: int) -> AnyResponse:
    """Whether a line is made to its customer's specification."""
    made = SpecificationForm.sent().made
    withdrawals.set_specification(code, line_id, made=made, actor=actor(), at=sight().now)
    flash(
        _("It is made to the customer's specification: no right of withdrawal.")
        if made
        else _("It is a standard part: a consumer may withdraw from it."),
        "good",
    )
    return redirect(url_for("staff.order", code=code), 303)


def answer_withdrawal(code: str, withdrawal_id: int) -> AnyResponse:
    """Accepted, refused, settled."""
    form = WithdrawalAnswerForm.sent()
    withdrawals.decide(code, withdrawal_id, form.to, form.sentence, actor=actor(), at=sight().now)
    flash(_("The customer gets your answer by mail."), "good")
    return redirect(url_for("staff.order", code=code, _anchor="withdrawals"), 303)
