"""Where the shop is, for everybody; what a scanned code opens; the ticket of somebody who is sent."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, url_for
from flask_login import current_user
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.shipping.pickup import said_code
from craftops.errors import AccessError
from craftops.services.people import limits
from craftops.services.shipping import pickup
from craftops.web.frame.request_context import remote_address, sight
from craftops.web.frame.security import for_everybody
from craftops.web.shipping.present_pickup import place_page, proxy_ticket

blueprint = Blueprint("pickup", __name__, url_prefix="/pickup")
MOST_MISSES = 60
"""Links that do not exist, of one network address within a quarter of an hour."""


@blueprint.after_request
def keep_to_itself(response: Response) -> Response:
    """Nobody else gets to know the address of a ticket."""
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


@blueprint.get("")
@for_everybody
def place() -> str:
    """Address, hours, ways to find us."""
    return render_template("portal/pickup_place.html", page=place_page(sight()), ticket=False)


@blueprint.get("/<string(minlength=4, maxlength=12):code>")
def scanned(code: str) -> AnyResponse | str:
    """What a ticket's QR code opens: the hand-over for staff. For everybody else it is the same page, whatever the
    code, so that it says nothing about codes."""
    if current_user.is_authenticated and current_user.is_staff:
        return redirect(url_for("staff.pickups", code=said_code(code) or None), 303)
    return render_template("portal/pickup_place.html", page=place_page(sight()), ticket=True)


@blueprint.get("/for/<string(minlength=20, maxlength=60):token>")
def ticket(token: str) -> str:
    """The ticket of somebody who fetches an order for its customer. Raises AccessError once it has left or was taken
    back, TooManyTries for somebody who tries many."""
    try:
        found = pickup.find_proxy(token)
    except AccessError:
        limits.count(f"ticket:{remote_address()}", MOST_MISSES, at=sight().now)
        raise
    return render_template("portal/pickup_ticket.html", page=proxy_ticket(found, sight()))
