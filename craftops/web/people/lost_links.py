"""Somebody has lost the link to their order: they write their address, and always get the same answer."""

from __future__ import annotations

from flask import Blueprint, render_template, request

from craftops.services.people import lost_links
from craftops.store.database import utcnow
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import remote_address
from craftops.web.people.forms import SignInLinkForm

blueprint = Blueprint("lost", __name__, url_prefix="/lost-link")


@blueprint.route("", methods=["GET", "POST"])
def lost_link() -> tuple[str, int]:
    """The question, and its answer."""
    if request.method != "POST":
        return render_template("signin/lost.html", email="", error=""), 200
    email = SignInLinkForm.sent().email
    if "@" not in email:
        return render_template("signin/lost.html", email=email, error=_("Write your e-mail address first.")), 422
    lost_links.ask(email, address=remote_address(), at=utcnow())
    return render_template("signin/lost_sent.html", email=email), 200
