"""The owner's page of the hours: the week with its breaks, single days on a calendar, public holidays to confirm."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.hours.days import written_day
from craftops.domain.shop.profile import WEEKDAYS, ShopProfile, check_profile
from craftops.errors import IntakeError, RuleError
from craftops.services.shop import hours as kept
from craftops.web.frame import labels
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.numbers import is_number
from craftops.web.frame.request_context import actor, current_shop, sight
from craftops.web.shop.present_hours import hours_page

Typed = Mapping[str, list[str]]


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/settings/hours", view_func=hours, methods=["GET", "POST"])


def hours() -> AnyResponse | tuple[str, int]:
    """The page, and each of its forms."""
    actor().must_be_owner()
    if request.method != "POST":
        return _page({}), 200
    what = request.form.get("do", "")
    typed: Typed | None = None
    try:
        if what == "back":
            _go_back()
        else:
            profile, typed = _changed(what)
            kept.save_hours(current_shop(), profile, actor=actor(), at=sight().now)
    except IntakeError as error:
        return _page(error.fields, typed or _typed(what)), 422
    flash(_("Kept. Estimates, pickup and the schedule go by it."), "good")
    start, day = request.form.get("start", ""), request.form.get("first", "")
    anchor = {"days": "#calendar", "holidays": "#holidays", "place": "#holidays"}.get(what, "")
    return redirect(url_for("staff.hours", start=start or None, day=day or None) + anchor, 303)


def _page(errors: Mapping[str, str], typed: Typed | None = None) -> str:
    start, day = request.values.get("start", ""), request.values.get("day", "") or request.form.get("first", "")
    number = int(start) if is_number(start) else 0
    page = hours_page(sight(), chosen=day, start=number, errors=errors, typed=typed)
    return render_template("staff/hours.html", page=page, start=number)


def _go_back() -> None:
    version = request.form.get("version", "")
    if not is_number(version):
        raise RuleError("There is no such version of the hours.")
    kept.go_back(current_shop(), int(version), actor=actor(), at=sight().now)


def _changed(what: str) -> tuple[ShopProfile, Typed]:
    """The profile as this form wants it, and what was typed. Raises IntakeError."""
    profile, typed = sight().profile, _typed(what)
    if what == "week":
        week = {day: tuple(typed[day]) for day in WEEKDAYS if typed[day]}
        return check_profile(replace(profile, hours=week)), typed
    if what == "days":
        first, last = _date("first"), _date("last")
        how = typed["how"][0]
        return kept.set_days(profile, first, last, how=how, spans=typed["spans"], name=typed["name"][0]), typed
    if what == "place":
        place = request.form.get("place", "")
        if place:
            kept.public_holidays(place, [sight().now.year])
        return replace(profile, holidays_of=place), typed
    if what == "holidays":
        today = sight().now.astimezone(profile.zone).date()
        asked = {*request.form.getlist("asked")}
        offered = [one for one in kept.undecided(profile, today, labels.locale()) if one.day.isoformat() in asked]
        return kept.decide(profile, offered, request.form.getlist("closed")), typed
    raise RuleError("This form is not known here.")


def _typed(what: str) -> dict[str, list[str]]:
    if what == "week":
        return {"week": [], **{day: _spans(day) for day in WEEKDAYS}}
    if what == "days":
        one = {name: [request.form.get(name, "").strip()] for name in ("how", "name", "last")}
        return {"days": [], "spans": _spans("other"), **one}
    return {}


def _spans(name: str) -> list[str]:
    """ "09:00-12:00" for each pair that is not empty; a half one is told as it stands."""
    begins, ends = request.form.getlist(f"{name}_from")[:6], request.form.getlist(f"{name}_to")[:6]
    found = [(a.strip()[:5], b.strip()[:5]) for a, b in zip(begins, ends, strict=False)]
    return [f"{a}-{b}" for a, b in found if a or b]


def _date(name: str) -> date:
    text = request.form.get(name, "").strip() or request.form.get("first", "").strip()
    try:
        return written_day(text)
    except ValueError:
        raise IntakeError("The day cannot be used.", {name: _("Write the day as 2026-12-24.")}) from None
