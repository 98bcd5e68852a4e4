"""What the page of the hours gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from craftops.web.frame.views import Choice


@dataclass(frozen=True, slots=True)
class WeekdayForm:
    """One weekday: from and to of each span, the last one empty; ``error`` is about all of it."""

    key: str
    title: str
    spans: tuple[tuple[str, str], ...]
    error: str


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day of the calendar. ``state`` is open, shut (as every week), closed (that day), other (other hours) or away
    (of another month)."""

    number: int
    iso: str
    state: str
    words: str
    """For a tooltip and for who cannot see it: "Thu 24 Dec: closed, Christmas Eve"."""
    today: bool
    chosen: bool


@dataclass(frozen=True, slots=True)
class CalendarMonth:
    """A month in weeks from Monday."""

    title: str
    weeks: tuple[tuple[CalendarDay, ...], ...]


@dataclass(frozen=True, slots=True)
class DayForm:
    """What is said of a day, or of some that follow one another."""

    title: str
    first: str
    last: str
    how: tuple[Choice, ...]
    spans: tuple[tuple[str, str], ...]
    name: str
    errors: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DayRun:
    """Days that follow one another and are alike, and not as usual."""

    words: str
    what: str
    name: str
    first: str
    last: str


@dataclass(frozen=True, slots=True)
class HolidayRow:
    """A public holiday that nobody has decided about."""

    iso: str
    words: str
    name: str


@dataclass(frozen=True, slots=True)
class HoursPage:
    """``staff/hours.html``."""

    week: tuple[WeekdayForm, ...]
    months: tuple[CalendarMonth, ...]
    day: DayForm
    exceptions: tuple[DayRun, ...]
    """From today on."""
    places: tuple[Choice, ...]
    region: str
    holidays: tuple[HolidayRow, ...]
    undo: int
    sentence: str
    """How the shop stands now."""
    zone: str
    errors: Mapping[str, str]
    earlier_url: str
    later_url: str
