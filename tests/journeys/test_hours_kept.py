"""The owner keeps the hours on a calendar, and estimate, pickup and schedule go by them alike."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.hours.calendar import Calendar
from craftops.domain.hours.open_hours import open_time
from craftops.domain.hours.osm import opening_hours, specification, standing
from craftops.domain.shop.profile import ShopProfile, profile_from_json
from craftops.errors import IntakeError
from craftops.services.shop import hours as kept
from craftops.services.shop.profile import save_profile
from craftops.testing import Workshop

PAGE = "/staff/settings/hours"
WEEK = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), ("09:00-12:00", "13:00-18:00"))  # fmt: skip
NOW = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)


@pytest.fixture
def werk(workshop: Workshop) -> Workshop:
    profile = ShopProfile(name="Werk", hours=WEEK)
    save_profile(workshop.shop, profile, actor=workshop.actor("olga"), at=NOW)
    return workshop


def days(first: str, **more: str | list[str]) -> dict[str, object]:
    return {"do": "days", "first": first, "last": first, "how": "closed", "name": ""} | more


@time_machine.travel(NOW, tick=False)
def test_a_week_with_breaks_is_typed_in_clocks(werk: Workshop) -> None:
    olga = werk.browser("olga")
    page = olga.see(PAGE)
    assert 'name="monday_from" value="09:00"' in page
    form = {"do": "week", "thursday_from": ["08:00", "13:00", ""], "thursday_to": ["12:00", "00:00", ""]}
    assert olga.send(PAGE, form, on=PAGE).status_code == 303
    assert werk.shop.profile().hours == {"thursday": ("08:00-12:00", "13:00-00:00")}
    wrong = {"do": "week", "monday_from": ["09:00", "11:00"], "monday_to": ["12:00", "13:00"]}
    answer = olga.send(PAGE, wrong, on=PAGE)
    assert answer.status_code == 422
    assert "The times of a day overlap." in answer.get_data(as_text=True)
    half = {"do": "week", "monday_from": ["09:00"], "monday_to": [""]}
    assert olga.send(PAGE, half, on=PAGE).status_code == 422


@time_machine.travel(datetime(2026, 12, 24, 10, 30, tzinfo=UTC), tick=False)
def test_single_days_close_and_open_and_everybody_goes_by_it(werk: Workshop) -> None:
    olga = werk.browser("olga")
    olga.send(
        PAGE, days("2026-12-24", how="other", other_from=["09:00"], other_to=["11:00"], name="Christmas Eve"), on=PAGE
    )
    olga.send(PAGE, days("2026-12-25", last="2026-12-31", name="Holidays"), on=PAGE)
    page = olga.see(PAGE)
    assert "Christmas Eve" in page
    assert "Holidays" in page
    calendar = werk.shop.profile().calendar
    now = datetime(2026, 12, 24, 10, 30, tzinfo=UTC)  # 11:30 in the shop
    opens = datetime(2027, 1, 1, 8, 0, tzinfo=UTC)
    assert not calendar.is_open(now)
    assert standing(calendar, now).opens == opens
    assert open_time(calendar, now).next_open(np.array([now.timestamp()]))[0] == opens.timestamp()
    assert "2026 Dec 24 09:00-11:00" in opening_hours(calendar)
    assert {"2026-12-24"} <= {str(one.get("validFrom")) for one in specification(calendar)}
    assert "opens Fri 1 Jan" in werk.browser("ada").see("/")
    olga.send(PAGE, days("2026-12-28", how="usual"), on=PAGE)
    assert "2026-12-28" not in werk.shop.profile().closed_on
    version = olga.see(PAGE).split('name="version" value="')[1].split('"')[0]
    olga.send(PAGE, {"do": "back", "version": version}, on=PAGE)
    assert "2026-12-28" in werk.shop.profile().closed_on


@time_machine.travel(NOW, tick=False)
def test_public_holidays_are_proposed_and_closed_only_when_confirmed(werk: Workshop) -> None:
    olga = werk.browser("olga")
    assert "Confirm these" not in olga.see(PAGE)
    assert olga.send(PAGE, {"do": "place", "place": "XX"}, on=PAGE).status_code == 422
    olga.send(PAGE, {"do": "place", "place": "DE-BY"}, on=PAGE)
    page = olga.see(PAGE)
    assert "Epiphany" in page
    assert werk.shop.profile().closed_on == ()
    asked = [part.split('"')[0] for part in page.split('name="asked" value="')[1:]]
    assert "2026-12-25" in asked
    assert "2026-12-26" not in asked, "a Saturday, on which this shop is closed anyway"
    olga.send(PAGE, {"do": "holidays", "asked": asked, "closed": ["2026-12-25"]}, on=PAGE)
    profile = werk.shop.profile()
    assert profile.closed_on == ("2026-12-25",)
    assert profile.day_names["2026-12-25"] == "Christmas Day"
    assert "2027-01-06" in profile.holidays_worked
    assert "All public holidays of this year and the next are decided" in olga.see(PAGE)


def test_nonsense_is_refused_and_old_profiles_are_read(werk: Workshop) -> None:
    olga = werk.browser("olga")
    assert olga.send(PAGE, days("yesterday"), on=PAGE).status_code == 422
    assert olga.send(PAGE, days("2026-12-24", last="2026-12-01"), on=PAGE).status_code == 422
    assert olga.send(PAGE, days("2026-12-24", last="2029-12-01"), on=PAGE).status_code == 422
    assert olga.send(PAGE, days("2026-12-24", how="other"), on=PAGE).status_code == 422
    assert werk.browser("sam").get(PAGE).status_code == 403
    assert profile_from_json({"name": "Old", "closed_on": ["2026-12-24"]}).special_hours == {}
    with pytest.raises(IntakeError):
        kept.public_holidays("DE-NOWHERE", [2026])


def test_the_page_of_the_shop_leaves_the_hours_alone(werk: Workshop) -> None:
    form = {"name": "Werk Süd", "timezone": "Europe/Berlin", "currency": "EUR", "brand": "#1f6feb"}
    assert werk.browser("olga").send("/staff/settings", form, on="/staff/settings").status_code == 303
    assert werk.shop.profile().name == "Werk Süd"
    assert werk.shop.profile().hours == WEEK


@given(
    st.lists(st.integers(0, 60), max_size=8, unique=True), st.lists(st.integers(0, 60), max_size=8, unique=True),
    st.integers(0, 60 * 24 * 60),
)  # fmt: skip
def test_one_truth_whoever_asks(closed: list[int], other: list[int], minutes: int) -> None:
    """The calendar of hand work and the arrays of the estimate agree, whatever days are special."""
    first = date(2026, 10, 1)
    named = {(first + timedelta(days=n)).isoformat() for n in other}
    profile = ShopProfile(
        hours=WEEK, closed_on=tuple((first + timedelta(days=n)).isoformat() for n in closed),
        special_hours=dict.fromkeys(named, ("07:00-08:00", "22:00-00:00")),
    )  # fmt: skip
    calendar: Calendar = profile.calendar
    at = datetime(2026, 10, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    opens = datetime.fromtimestamp(float(open_time(calendar, at).next_open(np.array([at.timestamp()]))[0]), UTC)
    assert opens == calendar.next_open(at)
    assert calendar.is_open(opens)
