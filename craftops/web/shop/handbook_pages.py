"""``/docs``: the handbook of the version that runs, for people who work here."""

from __future__ import annotations

from functools import cache

from flask import Blueprint, Response, render_template, send_file
from markupsafe import Markup

from craftops.web.frame.language.translation import lazy_gettext as _
from craftops.web.shop import handbook

blueprint = Blueprint("handbook", __name__, url_prefix="/docs")
TITLES = {
    "operators": _("Running the shop"),
    "machines": _("Machines"),
    "": _("Building on it"),
    "kinds": _("Kinds of plugins"),
    "decisions": _("Why it is so"),
}
A_DAY = 86_400


@blueprint.get("")
def pages() -> str:
    """What there is."""
    return render_template("staff/handbook.html", groups=handbook.groups(), titles=TITLES)


@blueprint.get("/<path:name>")
def page(name: str) -> str:
    """One of them."""
    found = handbook.page(name)
    return render_template("staff/handbook_page.html", name=name, title=found.title, text=_text(name))


@blueprint.get("/screenshots/<name>")
def picture(name: str) -> Response:
    """A picture in a page."""
    return send_file(handbook.picture(name), max_age=A_DAY)


@cache
def _text(name: str) -> Markup:
    # What is made here is of the program's own texts: no customer's word is in it.
    return Markup(handbook.html_of(name, lambda one: f"/docs/{one}"))  # noqa: S704
