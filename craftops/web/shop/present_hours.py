"""The hours as a calendar."""

from __future__ import annotations

from calendar import Calendar as Months
from collections.abc import Mapping
from datetime import date, timedelta

from babel.dates import format_date
from flask import url_for

from craftops.domain.hours.calendar import Calendar
from craftops.domain.hours.days import written_day
from craftops.domain.shop.profile import WEEKDAYS, ShopProfile
from craftops.errors import IntakeError
from craftops.services.shop import hours as kept
from craftops.web.billing.present_portal import country_name
from craftops.web.frame import labels
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.numbers import is_number
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.views import Choice
from craftops.web.shop.views_hours import (
    CalendarDay,
    CalendarMonth,
    DayForm,
    DayRun,
    HolidayRow,
    HoursPage,
    WeekdayForm,
)

MONTHS = 6
MOST_SPANS = 3
FARTHEST = 24
"""Months from now that can be looked at."""


def hours_page(
    here: RequestContext,
    *,
    chosen: str,
    start: int,
    errors: Mapping[str, str],
    typed: Mapping[str, list[str]] | None = None,
) -> HoursPage:
    """The page. ``chosen`` is the day of the form (ISO), ``start`` the first month, counted from this one."""
    profile, today = here.profile, here.now.astimezone(here.profile.zone).date()
    day = _day(chosen) or today
    start = min(FARTHEST, max(0, start))
    return HoursPage(
        week=tuple(_weekday(index, profile, errors, typed) for index in range(7)),
        months=tuple(_month(profile, today, day, start + n) for n in range(MONTHS)),
        day=day_form(profile, day, errors, typed),
        exceptions=_exceptions(profile, today),
        places=_places(profile.holidays_of),
        region=profile.holidays_of,
        holidays=_holidays(profile, today),
        undo=kept.before_last(here.shop),
        sentence=labels.open_sentence(profile.calendar, here.now),
        zone=profile.timezone,
        errors=errors,
        earlier_url=url_for("staff.hours", start=max(0, start - MONTHS)) if start else "",
        later_url=url_for("staff.hours", start=start + MONTHS) if start < FARTHEST else "",
    )


def _day(text: str) -> date | None:
    try:
        return written_day(text)
    except ValueError:
        return None


def pairs(spans: tuple[str, ...] | list[str]) -> tuple[tuple[str, str], ...]:
    """ "09:00-18:00" as fields of a form, and an empty pair for one more."""
    found = []
    for span in spans:
        begin, _dash, end = span.replace("–", "-").partition("-")
        found.append((_clock(begin), _clock(end)))
    return (*found, ("", ""))[: max(MOST_SPANS, len(found))]


def _clock(text: str) -> str:
    hour, _colon, minute = text.strip().partition(":")
    return f"{int(hour) % 24:02}:{minute}" if is_number(hour) else ""


def _weekday(
    index: int, profile: ShopProfile, errors: Mapping[str, str], typed: Mapping[str, list[str]] | None
) -> WeekdayForm:
    key = WEEKDAYS[index]
    spans = typed.get(key, []) if typed is not None and "week" in typed else list(profile.hours.get(key, ()))
    return WeekdayForm(key, str(labels.WEEKDAYS[index]), pairs(spans), errors.get(f"hours_{key}", ""))


def _month(profile: ShopProfile, today: date, chosen: date, offset: int) -> CalendarMonth:
    year, month = divmod(today.year * 12 + today.month - 1 + offset, 12)
    month += 1
    calendar = profile.calendar
    weeks = tuple(
        tuple(_calendar_day(day, month, profile, calendar, today, chosen) for day in week)
        for week in Months().monthdatescalendar(year, month)
    )
    title = format_date(date(year, month, 1), "LLLL y", locale=labels.locale())
    return CalendarMonth(title, weeks)


def _calendar_day(
    day: date, month: int, profile: ShopProfile, calendar: Calendar, today: date, chosen: date
) -> CalendarDay:
    iso = day.isoformat()
    if day.month != month:
        return CalendarDay(day.day, iso, "away", "", False, False)
    state, words = _state(day, profile, calendar)
    name = profile.day_names.get(iso, "")
    said = f"{labels.date_words(day)}: {words}" + (f", {name}" if name else "")
    return CalendarDay(day.day, iso, state, said, day == today, day == chosen)


def _state(day: date, profile: ShopProfile, calendar: Calendar) -> tuple[str, str]:
    iso = day.isoformat()
    if iso in profile.closed_on:
        return "closed", _("closed")
    spans = ", ".join(f"{one.start:%H:%M}–{one.end:%H:%M}" for one in calendar.hours_of(day))
    if iso in profile.special_hours:
        return "other", spans
    if calendar.always_open:
        return "open", _("open")
    return ("open", spans) if spans else ("shut", _("closed as every week"))


def day_form(
    profile: ShopProfile, day: date, errors: Mapping[str, str], typed: Mapping[str, list[str]] | None = None
) -> DayForm:
    """What is said of this day, or what was typed of it."""
    iso = day.isoformat()
    how = "closed" if iso in profile.closed_on else "other" if iso in profile.special_hours else "usual"
    spans, name, last = list(profile.special_hours.get(iso, ())), profile.day_names.get(iso, ""), iso
    if typed is not None and "days" in typed:
        how, spans = typed.get("how", [how])[0], typed.get("spans", [])
        name, last = typed.get("name", [""])[0], typed.get("last", [iso])[0]
    words = {"usual": _("As on every such weekday"), "closed": _("Closed"), "other": _("Other hours")}
    return DayForm(
        labels.date_words(day), iso, last, tuple(Choice(key, word, key == how) for key, word in words.items()),
        pairs(spans), name, errors,
    )  # fmt: skip


def _exceptions(profile: ShopProfile, today: date) -> tuple[DayRun, ...]:
    calendar = profile.calendar
    runs: list[tuple[date, date, str, str]] = []
    for iso in sorted({*profile.closed_on, *profile.special_hours}):
        day = date.fromisoformat(iso)
        if day < today:
            continue
        _kind, words = _state(day, profile, calendar)
        name = profile.day_names.get(iso, "")
        if runs and runs[-1][1] + timedelta(days=1) == day and runs[-1][2:] == (words, name):
            runs[-1] = (runs[-1][0], day, words, name)
        else:
            runs.append((day, day, words, name))
    return tuple(DayRun(_from_to(a, b), words, name, a.isoformat(), b.isoformat()) for a, b, words, name in runs)


def _from_to(first: date, last: date) -> str:
    begin = labels.date_words(first)
    return begin if first == last else f"{begin} – {labels.date_words(last)}"


def _places(chosen: str) -> tuple[Choice, ...]:
    code = chosen.partition("-")[0]
    known = kept.countries()
    names = sorted((country_name(one), one) for one in known)
    found = [Choice("", _("None"), not chosen), *(Choice(one, name, one == chosen) for name, one in names)]
    if code in known:
        place = next(index for index, one in enumerate(found) if one.value == code) + 1
        regions = [
            Choice(f"{code}-{region}", f"{country_name(code)}, {region}", f"{code}-{region}" == chosen)
            for region in known[code]
        ]
        found[place:place] = regions
    return tuple(found)


def _holidays(profile: ShopProfile, today: date) -> tuple[HolidayRow, ...]:
    try:
        found = kept.undecided(profile, today, labels.locale())
    except IntakeError:
        return ()
    return tuple(HolidayRow(one.day.isoformat(), labels.date_words(one.day), one.name) for one in found)
