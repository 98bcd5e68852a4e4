"""The shop floor: dense, fast, keyboard first. What goes wrong with a button is said on the page it was on."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.errors import IntakeError, RuleError
from craftops.web.site import back
from craftops.web.staff import (
    accuracy,
    capabilities,
    copies,
    customers,
    hand,
    incoming,
    links,
    machines,
    orders,
    pictures,
    schedule,
    settings,
    work,
)

blueprint = Blueprint("staff", __name__, url_prefix="/staff")
for room in (
    orders, work, copies, machines, hand, links, capabilities, schedule, customers, incoming, accuracy, pictures,
    settings,
):  # fmt: skip
    room.add_to(blueprint)


@blueprint.errorhandler(RuleError)
@blueprint.errorhandler(IntakeError)
def said_no(error: RuleError | IntakeError) -> AnyResponse:
    """Back to where the button was, with the reason and what is possible instead."""
    if request.method != "POST":
        raise error
    faults = getattr(error, "fields", {}).values()
    parts = (error.sentence, *(one for one in faults if one != error.sentence), getattr(error, "instead", ""))
    flash(" ".join(part for part in parts if part), "bad")
    return redirect(back(url_for("staff.home")), 303)
