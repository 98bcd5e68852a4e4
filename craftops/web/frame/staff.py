"""The shop floor: dense, fast, keyboard first. What goes wrong with a button is said on the page it was on."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.errors import IntakeError, RuleError
from craftops.web.estimation import staff as estimation_staff
from craftops.web.estimation import staff_samples
from craftops.web.files import staff as files_staff
from craftops.web.frame.request_context import back
from craftops.web.machines import staff as machines_staff
from craftops.web.machines import staff_cameras, staff_hand, staff_links
from craftops.web.orders import staff as orders_staff
from craftops.web.people import staff as people_staff
from craftops.web.production import staff as production_staff
from craftops.web.production import staff_copies
from craftops.web.schedule import staff as schedule_staff
from craftops.web.schedule import staff_capabilities
from craftops.web.shop import staff as shop_staff

blueprint = Blueprint("staff", __name__, url_prefix="/staff")
for room in (
    orders_staff, production_staff, staff_copies, machines_staff, staff_hand, staff_links, staff_capabilities,
    schedule_staff, people_staff, files_staff, estimation_staff, staff_samples, staff_cameras, shop_staff,
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
