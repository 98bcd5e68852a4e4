"""The history: what was ordered, found again by words, material, date and money; for customers, and for the floor."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from craftops.domain.people.access import Role
from craftops.errors import AccessError
from craftops.web.frame.request_context import account, actor, sight
from craftops.web.orders.history_form import SentSearch, read_search
from craftops.web.orders.present_history import history_spreadsheet, history_view


def add_to_portal(blueprint: Blueprint) -> None:
    """Register the customer's routes."""
    blueprint.add_url_rule("/history", "history", view_func=portal_history)
    blueprint.add_url_rule("/history.csv", "history_csv", view_func=portal_history_csv)


def add_to_staff(blueprint: Blueprint) -> None:
    """Register the floor's routes."""
    blueprint.add_url_rule("/history", "history", view_func=staff_history)
    blueprint.add_url_rule("/history.csv", "history_csv", view_func=staff_history_csv)


def _search() -> SentSearch:
    return read_search(request.args, sight().profile.zone, sight().profile.currency.upper())


def _must_be_customer() -> None:
    if account().role != Role.CUSTOMER.value:
        raise AccessError


def portal_history() -> tuple[str, int]:
    """A customer's own orders, and those of their companies."""
    _must_be_customer()
    return _page("portal")


def staff_history() -> tuple[str, int]:
    """Everybody's orders."""
    return _page("staff")


def _page(room: str) -> tuple[str, int]:
    search = _search()
    page = history_view(search, room, actor(), sight())
    return render_template(f"{room}/history.html", page=page), 422 if search.errors else 200


def portal_history_csv() -> Response:
    """What the search finds, on all its pages, for a spreadsheet."""
    _must_be_customer()
    return _spreadsheet()


def staff_history_csv() -> Response:
    """The same of everybody's orders."""
    return _spreadsheet()


def _spreadsheet() -> Response:
    headers = {"Content-Disposition": "attachment; filename=history.csv"}
    return Response(history_spreadsheet(_search(), actor()), mimetype="text/csv", headers=headers)
