"""How good the estimates were, for the owner."""

from __future__ import annotations

from flask import Blueprint, render_template

from craftops.web.estimation.present import accuracy_page
from craftops.web.frame.request_context import actor, sight


def add_to(blueprint: Blueprint) -> None:
    """Register the route."""
    blueprint.add_url_rule("/accuracy", view_func=accuracy)


def accuracy() -> str:
    """Orders against their windows, machines against their slicers, the last 90 days."""
    actor().must_be_owner()
    return render_template("staff/accuracy.html", page=accuracy_page(sight()))
