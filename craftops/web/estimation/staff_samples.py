"""The runs that a machine is known by: looked over, struck out, put back."""

from __future__ import annotations

from flask import Blueprint, abort, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.services.estimation import learning
from craftops.store.queries import estimation as queries
from craftops.web.estimation.forms import StrikeForm
from craftops.web.estimation.present_samples import SHOWN, samples_page
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import actor, sight
from craftops.web.machines.staff import KEY


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule(f"/machines/{KEY}/runs", view_func=samples)
    blueprint.add_url_rule(f"/machines/{KEY}/runs", view_func=strike, methods=["POST"])


def samples(key: str) -> str:
    """The newest runs of a machine."""
    found = queries.machine_id_and_name(key)
    if found is None:
        abort(404)
    number, name = found
    return render_template("staff/samples.html", page=samples_page(key, name, queries.samples_of(number, SHOWN)))


def strike(key: str) -> AnyResponse:
    """Strike a run out of the statistics, or put it back."""
    form = StrikeForm.sent()
    learning.strike_run(key, form.run, out=form.out, actor=actor(), at=sight().now)
    flash(_("Struck out. The machine is known without it.") if form.out else _("Put back."), "good")
    return redirect(url_for("staff.samples", key=key), 303)
