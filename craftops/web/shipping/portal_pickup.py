"""A customer sends somebody else for their order, and takes that back."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.people.companies import CompanyAction
from craftops.errors import IntakeError, RuleError
from craftops.services.shipping import pickup
from craftops.store.queries import scoped
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import actor, current_shop, sight
from craftops.web.shipping.forms import ProxyForm

CODE = "<string(minlength=4, maxlength=12):code>"


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    people = f"/orders/{CODE}/pickup/people"
    blueprint.add_url_rule(people, view_func=send_proxy, methods=["POST"])
    blueprint.add_url_rule(f"{people}/<int:pass_id>/revoke", view_func=take_proxy_back, methods=["POST"])


def _ticket(code: str) -> AnyResponse:
    return redirect(url_for("portal.order", code=code, _anchor="pickup"), 303)


def send_proxy(code: str) -> AnyResponse:
    """One more person who may fetch it."""
    scoped.order(actor(), code, CompanyAction.DECIDE)
    try:
        row = pickup.send_proxy(current_shop(), code, ProxyForm.sent().name, actor=actor(), at=sight().now)
    except IntakeError as error:
        flash(next(iter(error.fields.values()), error.sentence), "bad")
    except RuleError as error:
        flash(" ".join(filter(None, (error.sentence, error.instead))), "bad")
    else:
        flash(_("%(name)s can fetch it. Pass the link on.", name=row.name), "good")
    return _ticket(code)


def take_proxy_back(code: str, pass_id: int) -> AnyResponse:
    """This person may not fetch it any more."""
    if pickup.take_back(code, pass_id, actor=actor(), at=sight().now):
        flash(_("Their code is good no more."), "good")
    return _ticket(code)
