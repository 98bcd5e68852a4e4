"""Moments, durations, sizes, in words. Rounded as a person would say them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_skeleton, format_time
from babel.numbers import format_decimal

from craftops.domain.hours.calendar import Calendar
from craftops.domain.hours.osm import standing
from craftops.web.frame.keeping import kept
from craftops.web.frame.language.now import locale_now
from craftops.web.frame.language.translation import gettext, ngettext
from craftops.web.frame.language.translation import lazy_gettext as _

WEEKDAYS = (_("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"))


def locale() -> str:
    """The reader's language; English outside of a request."""
    return _name_of(locale_now())


@lru_cache(maxsize=64)
def _name_of(locale: Locale | None) -> str:
    return str(locale or "en")


def _dates() -> str:
    """The locale that dates and clocks are written in: plain English dates are written as in Britain."""
    return "en_GB" if locale() == "en" else locale()


def _date(at: datetime, zone: ZoneInfo) -> str:
    return _written_date(at.astimezone(zone).date(), _dates())


@lru_cache(maxsize=4096)
def _written_date(day: date, locale: str) -> str:
    return format_skeleton("MMMEd", datetime.combine(day, time()), locale=locale).replace(",", "")


@lru_cache(maxsize=4096)
def _written_clock(hour: int, minute: int, locale: str) -> str:
    return format_time(time(hour, minute), format="short", locale=locale)


def date_words(day: date) -> str:
    """ "Thu 26 Nov", of a day without a time."""
    return _written_date(day, _dates())


def day(at: datetime, zone: ZoneInfo, now: datetime) -> str:
    """ "today", "tomorrow", or "Thu 26 Nov"."""
    local, today = at.astimezone(zone).date(), now.astimezone(zone).date()
    if local == today:
        return gettext("today")
    if local == today + timedelta(days=1):
        return gettext("tomorrow")
    return _date(at, zone)


def day_of_year(at: datetime, zone: ZoneInfo) -> str:
    """ "26 Nov 2026", for what may be long ago."""
    return _written_day_of_year(at.astimezone(zone).date(), _dates())


@lru_cache(maxsize=4096)
def _written_day_of_year(day: date, locale: str) -> str:
    return format_skeleton("yMMMd", datetime.combine(day, time()), locale=locale)


def clock(at: datetime, zone: ZoneInfo) -> str:
    """ "14:00"; "02:30 CEST" in the hour that comes twice when clocks are set back."""
    local = at.astimezone(zone)
    written = _written_clock(local.hour, local.minute, _dates())
    if not _clocks_move(local.date(), zone):
        return written
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{written} {local.tzname()}" if twice else written


@lru_cache(maxsize=4096)
def _clocks_move(day: date, zone: ZoneInfo) -> bool:
    """Whether clocks are set forward or back on that day or on one beside it."""
    if day in (date.min, date.max):
        return False
    noon = datetime.combine(day, time(12), zone)
    return len({(noon + timedelta(days=days)).utcoffset() for days in (-1, 0, 1)}) > 1


def moment(at: datetime, zone: ZoneInfo) -> str:
    """ "Mon 23 Nov, 09:12"."""
    return f"{_date(at, zone)}, {clock(at, zone)}"


def exact(at: datetime, zone: ZoneInfo) -> str:
    """ "Mon 23 Nov, 09:12:45", for who looks for a fault."""
    return f"{_date(at, zone)}, {format_time(at.astimezone(zone).time(), format='medium', locale=_dates())}"


def age(at: datetime, now: datetime) -> str:
    """ "12 s ago", "4 min ago", "3 h ago", "5 days ago"."""
    seconds = max(0, int((now - at).total_seconds()))
    if seconds < 2:
        return gettext("just now")
    if seconds < 60:
        return gettext("%(n)s s ago", n=seconds)
    if seconds < 3600:
        return gettext("%(n)s min ago", n=seconds // 60)
    if seconds < 86_400:
        return gettext("%(n)s h ago", n=seconds // 3600)
    return ngettext("%(num)d day ago", "%(num)d days ago", seconds // 86_400)


def _round(at: datetime, minutes: int, up: bool) -> datetime:
    step = minutes * 60
    seconds = int(at.timestamp())
    return datetime.fromtimestamp((seconds + (step - 1 if up else 0)) // step * step, UTC)


def window(start: datetime, end: datetime, zone: ZoneInfo, now: datetime) -> str:
    """ "Thu 26 Nov, 14:00–17:30": rounded outwards, finer when it is near; never a time that has passed."""
    near = end - now < timedelta(hours=3)
    grain = 5 if near else 30
    first, last = _round(max(start, now), grain, False), _round(max(end, now), grain, True)
    if first < now:
        first = _round(now, 5, True)
    last = max(last, first + timedelta(minutes=grain))
    if first.astimezone(zone).date() == last.astimezone(zone).date():
        return f"{day(first, zone, now)}, {clock(first, zone)}–{clock(last, zone)}"
    return f"{day(first, zone, now)}, {clock(first, zone)} – {day(last, zone, now)}, {clock(last, zone)}"


def duration(seconds: float) -> str:
    """ "2 h 40 min", "35 min", "under a minute"."""
    minutes = round(seconds / 60)
    if seconds < 60:
        return gettext("under a minute")
    if minutes < 60:
        return gettext("%(n)s min", n=minutes)
    if minutes < 600:
        return (
            gettext("%(h)s h %(m)s min", h=minutes // 60, m=minutes % 60)
            if minutes % 60
            else gettext("%(h)s h", h=minutes // 60)
        )
    return gettext("%(h)s h", h=round(minutes / 60))


def hours_rows(calendar: Calendar) -> list[tuple[str, str]]:
    """The opening hours, equal neighbours joined: ("Monday–Friday", "09:00–18:00")."""
    return kept("hours", calendar.facts, lambda: _hours_rows(calendar))


def _hours_rows(calendar: Calendar) -> list[tuple[str, str]]:
    rows: list[tuple[int, int, str]] = []
    for index in range(7):
        spans = ", ".join(f"{h.start:%H:%M}–{h.end:%H:%M}" for h in calendar.weekly.get(index, ()))
        text = spans or gettext("closed")
        if rows and rows[-1][2] == text:
            rows[-1] = (rows[-1][0], index, text)
        else:
            rows.append((index, index, text))
    return [(str(WEEKDAYS[a]) if a == b else f"{WEEKDAYS[a]}–{WEEKDAYS[b]}", text) for a, b, text in rows]


def open_sentence(calendar: Calendar, now: datetime) -> str:
    """ "Open today until 18:00", "Closed now, opens Tue 24 Nov, 09:00"; empty when no hours are told. As it is in this
    minute: hours begin and end with one."""
    minute = now.replace(second=0, microsecond=0)
    return kept("open", (calendar.facts, minute), lambda: _open_sentence(calendar, minute))


def _open_sentence(calendar: Calendar, now: datetime) -> str:
    if calendar.always_open:
        return ""
    state = standing(calendar, now)
    if state.is_open and (state.until is None or state.until - now > timedelta(days=7)):
        return gettext("Open around the clock")
    if state.until is not None:
        today = now.astimezone(calendar.zone).date()
        closes = clock(state.until, calendar.zone)
        if state.until.astimezone(calendar.zone).date() == today:
            return gettext("Open today until %(time)s", time=closes)
        return gettext("Open until %(day)s, %(time)s", day=day(state.until, calendar.zone, now), time=closes)
    if state.opens is None:
        return gettext("Closed until further notice")
    opens = state.opens
    return gettext(
        "Closed now, opens %(day)s, %(time)s", day=day(opens, calendar.zone, now), time=clock(opens, calendar.zone)
    )


def number(value: float, digits: int = 0, *, all_of_them: bool = False) -> str:
    """ "1,234.5", or "1.234,5": as the reader's language writes it, with at most so many digits behind the point, or
    always with all of them."""
    return _written_number(value, type(value).__name__, digits, all_of_them, locale())


@lru_cache(maxsize=8192)
def _written_number(value: float, _kind: str, digits: int, all_of_them: bool, locale: str) -> str:
    behind = ("0" if all_of_them else "#") * digits
    return format_decimal(value, format=f"#,##0.{behind}" if behind else "#,##0", locale=locale)


def size(count: int) -> str:
    """ "1.2 MB"."""
    if count < 1_000:
        return f"{count} B"
    if count < 1_000_000:
        return f"{number(count / 1_000)} kB"
    return f"{number(count / 1_000_000, 1)} MB"


def copies(count: int) -> str:
    return ngettext("%(num)d copy", "%(num)d copies", count)
