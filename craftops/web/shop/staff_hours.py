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
from craftops.web.frame.request_context import actor, current_shop, sight
from craftops.web.shop.forms import CalendarForm, DaysForm, HolidayPlaceForm, HolidaysForm, HoursForm, PairsForm
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
    form = HoursForm.sent()
    typed = _typed(form.do)
    try:
        if form.do == "back":  # no version has the number 0
            kept.go_back(current_shop(), form.version or 0, actor=actor(), at=sight().now)
        else:
            kept.save_hours(current_shop(), _changed(form.do, typed), actor=actor(), at=sight().now)
    except IntakeError as error:
        return _page(error.fields, typed), 422
    flash(_("Kept. Estimates, pickup and the schedule go by it."), "good")
    anchor = {"days": "#calendar", "holidays": "#holidays", "place": "#holidays"}.get(form.do, "")
    return redirect(url_for("staff.hours", start=form.start, day=form.first or None) + anchor, 303)


def _page(errors: Mapping[str, str], typed: Typed | None = None) -> str:
    here = CalendarForm.asked()
    start, day = here.start or 0, here.day or HoursForm.sent().first
    page = hours_page(sight(), chosen=day, start=start, errors=errors, typed=typed)
    return render_template("staff/hours.html", page=page, start=start)


def _changed(what: str, typed: Typed) -> ShopProfile:
    """The profile as this form wants it. Raises IntakeError."""
    profile = sight().profile
    if what == "week":
        week = {day: tuple(typed[day]) for day in WEEKDAYS if typed[day]}
        return check_profile(replace(profile, hours=week))
    if what == "days":
        days = DaysForm.sent()
        first, last = _date("first", days.first), _date("last", days.last or days.first)
        return kept.set_days(profile, first, last, how=days.how, spans=typed["spans"], name=days.name)
    if what == "place":
        place = HolidayPlaceForm.sent().place
        if place:
            kept.public_holidays(place, [sight().now.year])
        return replace(profile, holidays_of=place)
    if what == "holidays":
        form, today = HolidaysForm.sent(), sight().now.astimezone(profile.zone).date()
        undecided = kept.undecided(profile, today, labels.locale())
        return kept.decide(profile, [one for one in undecided if one.day.isoformat() in form.proposed], form.closed)
    raise RuleError(_("This form is not known here."))


def _typed(what: str) -> dict[str, list[str]]:
    if what == "week":
        return {"week": [], **{day: _spans(day) for day in WEEKDAYS}}
    if what == "days":
        form = DaysForm.sent()
        return {"days": [], "spans": _spans("other"), "how": [form.how], "name": [form.name], "last": [form.last]}
    return {}


def _spans(name: str) -> list[str]:
    """ "09:00-12:00" for each pair that is not empty; a half one is told as it stands."""
    form = PairsForm.prefixed(f"{name}_")
    found = [(a.strip()[:5], b.strip()[:5]) for a, b in zip(form.begins, form.ends, strict=False)]
    return [f"{a}-{b}" for a, b in found if a or b]


def _date(name: str, text: str) -> date:
    try:
        return written_day(text)
    except ValueError:
        raise IntakeError(_("The day cannot be used."), {name: _("Write the day as 2026-12-24.")}) from None
