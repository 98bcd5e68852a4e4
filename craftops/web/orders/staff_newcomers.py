"""New customers who ask: looked at, and taken or turned away."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.services.orders import first_orders, welcoming
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import actor, current_shop, sight
from craftops.web.orders.forms import NewcomerForm
from craftops.web.orders.present_first import newcomer_page


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/newcomers/<int:first_id>", view_func=newcomer)
    blueprint.add_url_rule("/newcomers/<int:first_id>/approve", view_func=approve_newcomer, methods=["POST"])
    blueprint.add_url_rule("/newcomers/<int:first_id>/decline", view_func=decline_newcomer, methods=["POST"])


def newcomer(first_id: int) -> str:
    """Who asks, and for what."""
    return render_template("staff/newcomer.html", page=newcomer_page(first_orders.of_staff(first_id), sight()))


def approve_newcomer(first_id: int) -> AnyResponse:
    """They are a customer, and their order is real."""
    done = welcoming.approve(current_shop(), first_id, actor=actor(), at=sight().now)
    if done.order is None:
        return redirect(url_for("staff.home"), 303)
    flash(_("They are a customer now, and hear of it by mail."), "good")
    return redirect(url_for("staff.order", code=done.order.code), 303)


def decline_newcomer(first_id: int) -> AnyResponse:
    """Not this time."""
    welcoming.decline(current_shop(), first_id, NewcomerForm.sent().why, actor=actor(), at=sight().now)
    flash(_("Declined. They hear of it by mail, and their files are deleted."), "good")
    return redirect(url_for("staff.home"), 303)
