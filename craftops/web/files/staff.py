"""What came in by mail or folder: looked at, given to its customer, thrown away."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.errors import AccessError
from craftops.services.files import receiving
from craftops.store.queries.incoming import message
from craftops.web.files.forms import SenderForm
from craftops.web.files.present_incoming import incoming_page
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import actor, current_shop, sight

ONE = "/incoming/<int:incoming_id>"


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule(ONE, view_func=incoming)
    for rule, view in (
        ("assign", assign_incoming),
        ("welcome", welcome_incoming),
        ("throw", throw_incoming),
        ("restore", restore_incoming),
        ("close", close_incoming),
    ):
        blueprint.add_url_rule(f"{ONE}/{rule}", view_func=view, methods=["POST"])


def incoming(incoming_id: int) -> str:
    """One message and its files."""
    row = message(incoming_id)
    if row is None:
        raise AccessError
    live = url_for("live.stream", page="staff/home")
    return render_template("staff/incoming.html", page=incoming_page(row, sight()), live=live)


def _to(incoming_id: int) -> AnyResponse:
    return redirect(url_for("staff.incoming", incoming_id=incoming_id), 303)


def assign_incoming(incoming_id: int) -> AnyResponse:
    """It is from this customer."""
    email = SenderForm.sent().email
    customer = receiving.assign(current_shop(), incoming_id, email, actor=actor(), at=sight().now)
    flash(_("The files are %(name)s’s now. They get a mail with a link to order them.", name=customer.name), "good")
    return _to(incoming_id)


def welcome_incoming(incoming_id: int) -> AnyResponse:
    """A new customer of its sender."""
    name = SenderForm.sent().name
    customer = receiving.welcome(current_shop(), incoming_id, name, actor=actor(), at=sight().now)
    flash(_("%(name)s is a customer now, and gets a mail with a link to order the files.", name=customer.name), "good")
    return _to(incoming_id)


def throw_incoming(incoming_id: int) -> AnyResponse:
    """Nobody wants it."""
    receiving.throw_away(incoming_id, actor=actor(), at=sight().now)
    flash(_("Thrown away. For a day you can take it back."), "good")
    return _to(incoming_id)


def restore_incoming(incoming_id: int) -> AnyResponse:
    """Somebody wants it after all."""
    receiving.take_back(incoming_id, actor=actor(), at=sight().now)
    flash(_("It waits for you again."), "good")
    return _to(incoming_id)


def close_incoming(incoming_id: int) -> AnyResponse:
    """Off the list."""
    receiving.close(incoming_id, actor=actor(), at=sight().now)
    flash(_("It is off your list. The files stay with their customer."), "good")
    return _to(incoming_id)
