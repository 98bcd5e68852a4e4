"""A customer's orders: all of them, and one."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.orders.workflow import ENDED, Stage
from craftops.services.orders import ordering
from craftops.store.queries import order_lists, scoped
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.numbers import whole
from craftops.web.frame.panels import home_panels, home_questions, order_panels, order_questions
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
    who = actor()
    if who.is_staff:
        return redirect(url_for("staff.home"), 303)
    query = request.args.get("q", "").strip()
    skip = request.args.get("skip", 0, type=whole)
    here, rights = sight(), Rights(who, roles())
    with home_questions(here, who):
        active = order_lists.open_orders(who) if not query and not skip else []
        shown = order_lists.past_orders(who, query, skip, PAST_AT_ONCE + 1)
        jobs = order_lists.jobs_of([one.id for one in (*active, *shown) if one.stage not in ENDED])
        panels = home_panels(here, who)
    older = url_for("portal.dashboard", skip=skip + PAST_AT_ONCE, q=query or None) if len(shown) > PAST_AT_ONCE else ""
    page = DashboardPage(
        active=tuple(present.listed_card(one, jobs.get(one.id, ()), here) for one in active),
        past=tuple(
            present.listed_card(one, jobs.get(one.id, ()), here, again=rights.may_order(one))
            for one in shown[:PAST_AT_ONCE]
        ),
        older_url=older,
        query=query,
    )
    return render_template(
        "portal/dashboard.html", page=page, panels=panels, live=url_for("live.stream", page="orders")
    )


def order(code: str) -> AnyResponse | str:
    """The order page."""
    who, here = actor(), sight()
    found = scoped.order_view(who, code)
    if found.code != code:
        return redirect(url_for("portal.order", code=found.code), 303)
    live = url_for("live.stream", page=f"order/{found.code}")
    with order_questions("order", found, here, who):
        page = present.order_page(found, here, allowed(found))
        panels = order_panels(found, here, who, for_staff=False)
    return render_template("portal/order.html", page=page, panels=panels, live=live)


def cancel(code: str) -> AnyResponse:
    """A customer calls their order off, as long as nothing has been made."""
    ordering.move(current_shop(), code, Stage.CANCELLED, actor=actor(), at=sight().now)
    flash(_("The order is cancelled. A mail that says so is on its way to you."), "good")
    return redirect(url_for("portal.order", code=code), 303)
