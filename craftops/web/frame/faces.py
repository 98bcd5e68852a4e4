"""The faces of the shop: the customer's portal and the floor, each put together from the routes of all capabilities.

The floor is dense, fast, keyboard first. What goes wrong with one of its buttons is said on the page that it was on.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.errors import IntakeError, RuleError
from craftops.web.frame.capability import Capability
from craftops.web.frame.problems import answer_of
from craftops.web.frame.request_context import back, safe_path


def portal(capabilities: Iterable[Capability]) -> Blueprint:
    """The customer's pages."""
    face = Blueprint("portal", __name__)
    for one in capabilities:
        for add_to in one.portal:
            add_to(face)
    return face


def floor(capabilities: Iterable[Capability]) -> Blueprint:
    """The pages of people who work here."""
    face = Blueprint("staff", __name__, url_prefix="/staff")
    for one in capabilities:
        for add_to in one.staff:
            add_to(face)
    face.register_error_handler(RuleError, said_no)
    face.register_error_handler(IntakeError, said_no)
    return face


def said_no(error: RuleError | IntakeError) -> AnyResponse:
    """Back to where the button was, with the reason and what is possible instead."""
    if request.method != "POST":
        return answer_of(error)
    faults = getattr(error, "fields", {}).values()
    parts = (error.sentence, *(one for one in faults if one != error.sentence), getattr(error, "instead", ""))
    flash(" ".join(part for part in parts if part), "bad")
    return redirect(back(_came_from(url_for("staff.home"))), 303)


def _came_from(otherwise: str) -> str:
    """The page of ours that the browser says it was on, for forms that do not say it themselves."""
    told = urlsplit(request.referrer or "")
    path = f"{told.path}?{told.query}" if told.query else told.path
    return safe_path(path if told.netloc == request.host else "", otherwise)
