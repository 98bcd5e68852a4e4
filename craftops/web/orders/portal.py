"""A customer's orders: all of them, and one."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.orders.workflow import Stage
from craftops.services.orders import ordering
from craftops.store.queries import orders as queries
from craftops.store.queries import production, scoped
from craftops.web.frame.numbers import whole
from craftops.web.frame.panels import home_panels, order_panels
from craftops.web.frame.request_context import actor, allowed, current_shop, roles, sight
from craftops.web.orders import present
from craftops.web.orders.rights import Rights
from craftops.web.orders.views import DashboardPage

PAST_AT_ONCE = 10
CODE = "<string(minlength=4, maxlength=12):code>"


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/", view_func=dashboard)
    blueprint.add_url_rule(f"/orders/{CODE}", view_func=order)
    blueprint.add_url_rule(f"/orders/{CODE}/cancel", view_func=cancel, methods=["POST"])


def dashboard() -> AnyResponse | str:
    """Active orders first, earlier ones below."""
    if current_user.is_staff:
        return redirect(url_for("staff.home"), 303)
    query = request.args.get("q", "").strip()
    skip = request.args.get("skip", 0, type=whole)
    active = queries.open_orders(actor()) if not query and not skip else []
    shown = queries.past_orders(actor(), query, skip, PAST_AT_ONCE + 1)
    older = url_for("portal.dashboard", skip=skip + PAST_AT_ONCE, q=query or None) if len(shown) > PAST_AT_ONCE else ""
    rights = Rights(actor(), roles())
    production.read_jobs([*active, *shown], machines=False)
    queries.read_pictures([*active, *shown])
    page = DashboardPage(
        active=tuple(present.order_card(row, sight()) for row in active),
        past=tuple(present.order_card(row, sight(), again=rights.may_order(row)) for row in shown[:PAST_AT_ONCE]),
        older_url=older,
        query=query,
    )
    panels = home_panels(sight(), actor())
    return render_template(
        "portal/dashboard.html", page=page, panels=panels, live=url_for("live.stream", page="orders")
    )


def order(code: str) -> AnyResponse | str:
    """The order page."""
    row = scoped.order(actor(), code)
    if row.code != code:
        return redirect(url_for("portal.order", code=row.code), 303)
    live = url_for("live.stream", page=f"order/{row.code}")
    panels = order_panels(row, sight(), actor(), for_staff=False)
    return render_template(
        "portal/order.html", page=present.order_page(row, sight(), allowed(row)), panels=panels, live=live
    )


def cancel(code: str) -> AnyResponse:
    """A customer calls their order off, as long as nothing has been made."""
    ordering.move(current_shop(), code, Stage.CANCELLED, actor=actor(), at=sight().now)
    flash(_("The order is cancelled. A mail that says so is on its way to you."), "good")
    return redirect(url_for("portal.order", code=code), 303)
