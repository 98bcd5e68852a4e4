"""The shop's hours, kept day by day: the week, closed days, days with other hours, public holidays as proposals."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from craftops.domain.people.access import Actor
from craftops.domain.shop.profile import ShopProfile, check_profile, profile_from_json
from craftops.errors import IntakeError, RuleError
from craftops.services.shop import settings
from craftops.services.shop.context import Shop
from craftops.services.shop.profile import save_profile
from craftops.store.database import unit_of_work
from craftops.store.queries import settings as queries

TOPIC = "hours"
FIELDS = ("hours", "closed_on", "special_hours", "day_names", "holidays_of", "holidays_worked")
MOST_DAYS = 366
"""That one closure may last."""


@dataclass(frozen=True, slots=True)
class PublicHoliday:
    """A day that a country or region keeps, with its name there."""

    day: date
    name: str


def _body(profile: ShopProfile) -> dict[str, Any]:
    return {name: getattr(profile, name) for name in FIELDS}


def save_hours(shop: Shop, changed: ShopProfile, *, actor: Actor, at: datetime, note: str = "") -> bool:
    """Keep the hours of ``changed``; each change can be taken back. Whether there is one. Raises IntakeError with the
    faulty fields, AccessError."""
    with unit_of_work():
        before = shop.profile()
        found = replace(before, **_body(changed))
        if found == before:
            return False
        if not queries.versions_of(TOPIC, 1):
            settings.keep(shop, TOPIC, _body(before), actor=actor, at=at, note="as it was")
        save_profile(shop, found, actor=actor, at=at)
        settings.keep(shop, TOPIC, _body(found), actor=actor, at=at, note=note)
    return True


def before_last(shop: Shop) -> int:
    """The version that an undoing leads back to; 0 for none."""
    versions = queries.versions_of(TOPIC, 2)
    return versions[1].version if len(versions) > 1 else 0


def go_back(shop: Shop, version: int, *, actor: Actor, at: datetime) -> None:
    """Have the hours be what they were at a version. Raises RuleError where there is none, AccessError."""
    found = queries.version_of(TOPIC, version)
    if found is None or found.body is None:
        raise RuleError("There is no such version of the hours.")
    before = asdict(shop.profile()) | {name: value for name, value in found.body.items() if name in FIELDS}
    save_hours(shop, profile_from_json(before), actor=actor, at=at, note=f"back to version {version}")


def set_days(
    profile: ShopProfile, first: date, last: date, *, how: str, spans: Iterable[str] = (), name: str = ""
) -> ShopProfile:
    """The profile with these days as said: ``usual``, ``closed``, or ``other`` with hours of their own.

    Raises IntakeError with the faulty fields.
    """
    if not timedelta(0) <= last - first <= timedelta(days=MOST_DAYS):
        raise IntakeError("The days cannot be used.", {"last": "The last day comes after the first, within a year."})
    days = {(first + timedelta(days=n)).isoformat() for n in range((last - first).days + 1)}
    hours = tuple(spans)
    if how == "other" and not hours:
        raise IntakeError("The day cannot be used.", {"special_hours": "Write from when to when it is open."})
    closed = {*profile.closed_on} - days | (days if how == "closed" else set())
    special = {day: one for day, one in profile.special_hours.items() if day not in days}
    names = {day: one for day, one in profile.day_names.items() if day not in days}
    if how == "other":
        special |= dict.fromkeys(days, hours)
    if how in ("closed", "other") and name.strip():
        names |= dict.fromkeys(days, " ".join(name.split())[:80])
    return check_profile(replace(profile, closed_on=tuple(sorted(closed)), special_hours=special, day_names=names))


def countries() -> Mapping[str, list[str]]:
    """Country -> its regions, as far as their public holidays are known."""
    from holidays import list_supported_countries

    found = list_supported_countries(include_aliases=False)
    return {code: sorted(regions) for code, regions in found.items() if len(code) == 2}


def public_holidays(where: str, years: Iterable[int], language: str = "en") -> tuple[PublicHoliday, ...]:
    """The public holidays of "DE" or "DE-BY" in these years, named in ``language`` where the names are known so.

    Raises IntakeError for a country or region that nobody knows.
    """
    from holidays import country_holidays

    code, _dash, region = where.partition("-")
    try:
        known = country_holidays(code, subdiv=region or None, years=list(years))
        spoken = next((one for one in known.supported_languages if one.split("_")[0] == language), None)
        if spoken is not None:
            known = country_holidays(code, subdiv=region or None, years=list(years), language=spoken)
    except NotImplementedError:
        raise IntakeError(
            "Nobody knows this place.", {"holidays_of": "Choose a country, and a region of it."}
        ) from None
    return tuple(PublicHoliday(day, name) for day, name in sorted(known.items()))


def undecided(profile: ShopProfile, today: date, language: str = "en") -> tuple[PublicHoliday, ...]:
    """Public holidays of this year and the next, on days on which the shop would be open, of which the owner has not
    said yet what is to be."""
    if not profile.holidays_of:
        return ()
    said = {*profile.closed_on, *profile.special_hours, *profile.holidays_worked}
    calendar = profile.calendar
    return tuple(
        one
        for one in public_holidays(profile.holidays_of, (today.year, today.year + 1), language)
        if one.day >= today and one.day.isoformat() not in said and (calendar.always_open or calendar.hours_of(one.day))
    )


def decide(profile: ShopProfile, offered: Iterable[PublicHoliday], closed: Iterable[str]) -> ShopProfile:
    """The profile with each offered holiday closed, or worked as any other day."""
    chosen = set(closed)
    days = list(offered)
    shut = {one.day.isoformat(): one.name for one in days if one.day.isoformat() in chosen}
    open_ = {one.day.isoformat() for one in days} - shut.keys()
    return replace(
        profile,
        closed_on=tuple(sorted({*profile.closed_on, *shut})),
        day_names={**profile.day_names, **shut},
        holidays_worked=tuple(sorted({*profile.holidays_worked, *open_})),
    )
