"""What a machine can do, and when it rests."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.services.schedule import capabilities
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import actor, back, current_shop, sight
from craftops.web.frame.sent_form import moment_of
from craftops.web.schedule.forms import BlockForm, CapabilityForm

KEY = "<string(maxlength=32):key>"


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    for rule, view in (
        (f"/machines/{KEY}/can", set_capability),
        (f"/machines/{KEY}/maintenance", add_block),
        (f"/machines/{KEY}/maintenance/<int:block_id>/end", end_block),
    ):
        blueprint.add_url_rule(rule, view_func=view, methods=["POST"])


def _home(key: str) -> AnyResponse:
    return redirect(back(url_for("staff.machine", key=key)), 303)


def set_capability(key: str) -> AnyResponse:
    """Materials, what is loaded, hours."""
    form = CapabilityForm.sent()
    capabilities.set_capability(
        current_shop(),
        key,
        materials=form.material,
        loaded=form.spools,
        unattended=form.unattended,
        hours=form.hours,
        changeover_minutes=form.changeover_minutes,
        actor=actor(),
        at=sight().now,
    )
    flash(_("Noted."), "good")
    return _home(key)


def add_block(key: str) -> AnyResponse:
    """Maintenance from when to when, and why."""
    form, who, at = BlockForm.sent(), actor(), sight().now
    zone = sight().profile.zone
    start = moment_of(form.start, "start", zone) if form.start else None
    end = moment_of(form.end, "end", zone) if form.end else None
    capabilities.add_block(current_shop(), key, start=start, end=end, reason=form.reason, actor=who, at=at)
    flash(_("Noted. The schedule goes around it."), "good")
    return _home(key)


def end_block(key: str, block_id: int) -> AnyResponse:
    """It is over, or does not take place."""
    capabilities.end_block(current_shop(), key, block_id, actor=actor(), at=sight().now)
    flash(_("Noted."), "good")
    return _home(key)
