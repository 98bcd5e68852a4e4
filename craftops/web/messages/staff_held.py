"""Mails that prove no thread: each gets its place by one click, or goes."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.orders.order import normalise_code
from craftops.errors import IntakeError
from craftops.services.messages import held, troubles
from craftops.store.queries import people
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import actor, back, current_shop, sight
from craftops.web.messages import present_held
from craftops.web.messages.forms import HeldMailForm

ONE = "/messages/held/<int:held_id>"


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/messages/held", "held", view_func=held_mails)
    for rule, view in (("place", place_held), ("throw", throw_held), ("restore", restore_held)):
        blueprint.add_url_rule(f"{ONE}/{rule}", view_func=view, methods=["POST"])
    blueprint.add_url_rule("/customers/<int:account_id>/mail", view_func=mail_works, methods=["POST"])


def held_mails() -> str:
    """All that wait."""
    live = url_for("live.stream", page="staff/messages")
    return render_template("staff/held.html", page=present_held.held_page(sight()), live=live)


def place_held(held_id: int) -> AnyResponse:
    """It belongs to this order."""
    code = normalise_code(HeldMailForm.sent().code)
    if not code:
        raise IntakeError(_("Write the code of the order."))
    placed, message = held.place(current_shop(), held_id, code, actor=actor(), at=sight().now)
    flash(_("It is in the thread of %(code)s now.", code=placed), "good")
    return redirect(url_for("staff.thread", code=placed, _anchor=f"message-{message}"), 303)


def throw_held(held_id: int) -> AnyResponse:
    """Nobody wants it."""
    held.throw(held_id, actor=actor(), at=sight().now)
    flash(_("Thrown away."), "good")
    return redirect(url_for("staff.held", gone=held_id), 303)


def restore_held(held_id: int) -> AnyResponse:
    """Somebody wants it after all."""
    held.take_back(held_id, actor=actor(), at=sight().now)
    return redirect(url_for("staff.held"), 303)


def mail_works(account_id: int) -> AnyResponse:
    """Mails to a customer's address work again."""
    person = people.person(account_id)
    if person is not None:
        troubles.forget(person.email, actor=actor(), at=sight().now)
        flash(_("We send mails to %(address)s again.", address=person.email), "good")
    return redirect(back(url_for("staff.customer", account_id=account_id)), 303)
