"""At a machine: its buttons on a phone, opened by the QR code that hangs there, and the sheet with that code."""

from __future__ import annotations

from flask import Blueprint, abort, render_template, url_for

from craftops.store.queries import machine_pages
from craftops.store.views.machines import MachineView
from craftops.web.frame.request_context import sight
from craftops.web.machines.present import hand_panel, sign_page
from craftops.web.machines.staff import KEY


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule(f"/machines/{KEY}/hand", view_func=hand)
    blueprint.add_url_rule(f"/machines/{KEY}/sign", view_func=sign)


def _machine(key: str) -> MachineView:
    found = machine_pages.machine(key)
    if found is None:
        abort(404)
    return found


def hand(key: str) -> str:
    """The buttons for the job at hand, as large as thumbs."""
    panel = hand_panel(_machine(key), sight())
    return render_template("staff/hand.html", panel=panel, live=url_for("live.stream", page=f"staff/machine/{key}"))


def sign(key: str) -> str:
    """The sheet for the machine, to be printed."""
    return render_template("staff/sign.html", page=sign_page(_machine(key), sight()))
