"""The business itself: name, address, hours, brand."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, time
from functools import cached_property
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from craftops.domain.hours.calendar import Calendar, Hours
from craftops.domain.hours.days import written_day
from craftops.errors import IntakeError

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
SPAN = re.compile(r"^\s*(\d{1,2}):(\d{2})\s*[-–]\s*(\d{1,2}):(\d{2})\s*$")
COLOUR = re.compile(r"^#[0-9a-fA-F]{6}$")


@dataclass(frozen=True)
class ShopProfile:
    """What the owner tells in the first-run wizard and changes in the settings. Hours are local text spans."""

    name: str = "Our workshop"
    tagline: str = ""
    email: str = ""
    phone: str = ""
    address: tuple[str, ...] = ()
    timezone: str = "Europe/Berlin"
    currency: str = "EUR"
    language: str = "en"
    units: str = "mm"
    tax_percent: str = "19"
    brand: str = "#1f6feb"
    logo_sha: str = ""
    hours: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Weekday name -> spans such as "09:00-18:00"."""
    closed_on: tuple[str, ...] = ()
    """ISO dates."""
    special_hours: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """ISO date -> spans of that day alone, as in ``hours``."""
    day_names: dict[str, str] = field(default_factory=dict)
    """ISO date -> why that day is not as usual: "Christmas Eve"."""
    holidays_of: str = ""
    """Country, or country and region, whose public holidays are proposed: "DE", "DE-BY"."""
    holidays_worked: tuple[str, ...] = ()
    """ISO dates of public holidays on which the shop is open as on any day, as the owner has said."""

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @cached_property
    def calendar(self) -> Calendar:
        """The opening hours as a calendar. The profile is checked when it is made, so this does not raise."""
        weekly = {
            index: tuple(sorted(map(parse_span, self.hours.get(day, ())), key=lambda one: one.start))
            for index, day in enumerate(WEEKDAYS)
            if self.hours.get(day)
        }
        special = tuple(
            (date.fromisoformat(day), tuple(sorted(map(parse_span, spans), key=lambda one: one.start)))
            for day, spans in sorted(self.special_hours.items())
        )
        return Calendar(self.zone, weekly, frozenset(date.fromisoformat(day) for day in self.closed_on), special)


def parse_span(text: str) -> Hours:
    """ "09:00-18:00" as hours; "00:00" or "24:00" at the end means midnight. Raises IntakeError."""
    found = SPAN.match(text)
    if not found:
        raise IntakeError(f"Write opening hours as 09:00-18:00, not {text!r}.")
    h1, m1, h2, m2 = map(int, found.groups())
    try:
        hours = Hours(time(h1, m1), time(0 if h2 == 24 else h2, m2))
    except ValueError:
        raise IntakeError(f"There is no such time of day in {text!r}.") from None
    if hours.end != time(0) and hours.end <= hours.start:
        raise IntakeError(f"The end must come after the beginning in {text!r}.")
    return hours


def check_day(spans: list[Hours]) -> None:
    """Whether these may be the hours of one day, with breaks between them. Raises IntakeError where they overlap."""
    for before, after in pairwise(sorted(spans, key=lambda one: one.start)):
        if before.end == time(0) or before.end > after.start:
            raise IntakeError("The times of a day overlap. Write each once, with the break between them.")


def check_profile(profile: ShopProfile) -> ShopProfile:
    """The profile itself if it can be used. Raises IntakeError with every faulty field and its sentence."""
    faults: dict[str, str] = {}
    if not profile.name.strip():
        faults["name"] = "The shop needs a name."
    if not COLOUR.match(profile.brand):
        faults["brand"] = "Write the colour as #rrggbb."
    try:
        ZoneInfo(profile.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder of zones, or a name longer than any file's
        faults["timezone"] = f"There is no time zone {profile.timezone[:60]!r}; try Europe/Berlin."
    for day, spans in profile.hours.items():
        try:
            check_day([parse_span(span) for span in spans])
        except IntakeError as error:
            faults[f"hours_{day}"] = error.sentence
    for day in (*profile.closed_on, *profile.special_hours):
        try:
            written_day(day)
        except ValueError:
            faults["closed_on"] = f"Write closed days as 2026-12-24, not {day!r}."
    for day, spans in profile.special_hours.items():
        try:
            check_day([parse_span(span) for span in spans])
        except IntakeError as error:
            faults["special_hours"] = f"{day}: {error.sentence}"
    if len(profile.currency) != 3 or not profile.currency.isalpha():
        faults["currency"] = "Use the three letters of the currency, such as EUR."
    if faults:
        raise IntakeError("Some answers cannot be used yet.", faults)
    return profile


def profile_from_json(data: dict[str, Any]) -> ShopProfile:
    """A stored profile; unknown keys of a newer version are left out."""
    known = {key: value for key, value in data.items() if key in ShopProfile.__dataclass_fields__}
    for key in ("address", "closed_on", "holidays_worked"):
        known[key] = tuple(known.get(key) or ())
    for key in ("hours", "special_hours"):
        known[key] = {day: tuple(spans) for day, spans in (known.get(key) or {}).items()}
    return ShopProfile(**known)
