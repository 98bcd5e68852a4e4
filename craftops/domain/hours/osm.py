"""The shop's hours in the words of others: OpenStreetMap's ``opening_hours``, schema.org, and how things stand now.

Sources: https://wiki.openstreetmap.org/wiki/Key:opening_hours/specification and
https://schema.org/OpeningHoursSpecification, with what Google's "Local business" page says of midnight and closed days.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby

from craftops.domain.hours.availability import joined, told
from craftops.domain.hours.calendar import HORIZON_DAYS, Calendar, Hours

DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class OpenState:
    """How a shop stands at one moment. Instants are aware UTC."""

    is_open: bool
    until: datetime | None = None
    """When it closes next, where it is open and ever closes; what goes on over midnight is one time."""
    opens: datetime | None = None
    """When it opens next, where it is closed and ever opens."""


def standing(calendar: Calendar, at: datetime) -> OpenState:
    """Whether somebody is there at ``at`` (aware), and when that changes."""
    if calendar.always_open:
        return OpenState(True)
    start, end = next(joined(told(calendar, at)))
    moment, never = at.timestamp(), at.timestamp() + HORIZON_DAYS * 86_400.0
    if start <= moment:
        return OpenState(True, until=datetime.fromtimestamp(end, at.tzinfo) if end < never else None)
    return OpenState(False, opens=datetime.fromtimestamp(start, at.tzinfo) if start < never else None)


def day_spans(hours: Iterable[Hours]) -> tuple[tuple[int, int], ...]:
    """The spans of one day in minutes after midnight (its end is 1440), in order, those that touch as one."""
    spans = sorted((_minutes(one.start), _minutes(one.end) or DAY_MINUTES) for one in hours)
    found: list[tuple[int, int]] = []
    for start, end in spans:
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        else:
            found.append((start, end))
    return tuple(found)


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def opening_hours(calendar: Calendar, since: date = date.min) -> str:
    """The hours as a value of ``opening_hours``: equal days together, breaks as gaps, closed days from ``since`` on.

    "Mo-Fr 09:00-12:00,13:00-18:00; Sa 10:00-14:00; 2026 Dec 24-26 off"
    """
    if calendar.always_open:
        return "24/7"
    rules = []
    week = [day_spans(calendar.weekly.get(index, ())) for index in range(7)]
    for spans in dict.fromkeys(one for one in week if one):
        days = [index for index in range(7) if week[index] == spans]
        rules.append(f"{_days(days)} " + ",".join(f"{_clock(a)}-{_clock(b)}" for a, b in spans))
    for day, hours in calendar.special:
        if day >= since and day not in calendar.closed_on and hours:
            rules.append(f"{_dates(day, day)} " + ",".join(f"{_clock(a)}-{_clock(b)}" for a, b in day_spans(hours)))
    rules += [f"{_dates(first, last)} off" for first, last in closures(calendar, since)]
    return "; ".join(rules)


def _days(days: list[int]) -> str:
    runs = [[index for _place, index in run] for _key, run in groupby(enumerate(days), key=lambda one: one[1] - one[0])]
    return ",".join(DAYS[run[0]] if len(run) == 1 else f"{DAYS[run[0]]}-{DAYS[run[-1]]}" for run in runs)


def closures(calendar: Calendar, since: date) -> list[tuple[date, date]]:
    """(first, last) of closed days from ``since`` on, in order; those that follow one another within a month as one."""
    found: list[tuple[date, date]] = []
    for day in sorted(one for one in calendar.closed_on if one >= since):
        if found and day - found[-1][1] == timedelta(days=1) and day.month == found[-1][1].month:
            found[-1] = found[-1][0], day
        else:
            found.append((day, day))
    return found


def _dates(first: date, last: date) -> str:
    text = f"{first.year:04} {MONTHS[first.month - 1]} {first.day:02}"
    return text if first == last else f"{text}-{last.day:02}"


def specification(calendar: Calendar, since: date = date.min) -> list[dict[str, object]]:
    """The hours as schema.org ``OpeningHoursSpecification`` objects, closed days from ``since`` on as special ones.

    Around the clock is 00:00 to 23:59, the end of a day 00:00, a closed day from 00:00 to 00:00.
    """
    kind = "OpeningHoursSpecification"
    if calendar.always_open:
        return [{"@type": kind, "dayOfWeek": list(NAMES), "opens": "00:00", "closes": "23:59"}]
    days_of: dict[tuple[int, int], list[str]] = {}
    for index in range(7):
        for span in day_spans(calendar.weekly.get(index, ())):
            days_of.setdefault(span, []).append(NAMES[index])
    found: list[dict[str, object]] = [
        {"@type": kind, "dayOfWeek": days, "opens": _clock(start), "closes": _closing(start, end)}
        for (start, end), days in days_of.items()
    ]
    found += [
        {
            "@type": kind, "opens": "00:00", "closes": "00:00", "validFrom": first.isoformat(),
            "validThrough": last.isoformat(),
        }
        for first, last in closures(calendar, since)
    ]  # fmt: skip
    found += [
        {
            "@type": kind, "opens": _clock(start), "closes": _closing(start, end), "validFrom": day.isoformat(),
            "validThrough": day.isoformat(),
        }
        for day, hours in calendar.special
        if day >= since and day not in calendar.closed_on
        for start, end in day_spans(hours)
    ]  # fmt: skip
    return found


def _closing(start: int, end: int) -> str:
    if end < DAY_MINUTES:
        return _clock(end)
    return "23:59" if start == 0 else "00:00"
