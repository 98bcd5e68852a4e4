"""The shop's hours in OpenStreetMap's words and schema.org's, and against OpenStreetMap's own reader."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.hours.calendar import Calendar, Hours
from craftops.domain.hours.osm import closures, day_spans, opening_hours, specification, standing

BERLIN = ZoneInfo("Europe/Berlin")
DAY = (Hours(time(9), time(12)), Hours(time(13), time(18)))
SHOP = Calendar(
    BERLIN,
    {**dict.fromkeys(range(5), DAY), 5: (Hours(time(10), time(14)),)},
    frozenset({date(2026, 12, 24), date(2026, 12, 25), date(2026, 12, 26), date(2027, 1, 1)}),
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


class TestWritten:
    def test_breaks_are_gaps_and_closed_days_rules_of_their_own(self) -> None:
        assert opening_hours(SHOP) == (
            "Mo-Fr 09:00-12:00,13:00-18:00; Sa 10:00-14:00; 2026 Dec 24-26 off; 2027 Jan 01 off"
        )
        assert opening_hours(SHOP, date(2026, 12, 30)).endswith("10:00-14:00; 2027 Jan 01 off")

    def test_days_that_do_not_follow_one_another(self) -> None:
        shop = Calendar(BERLIN, dict.fromkeys((0, 1, 2, 4), (Hours(time(0), time(0)),)))
        assert opening_hours(shop) == "Mo-We,Fr 00:00-24:00"

    def test_nothing_told_is_always(self) -> None:
        assert opening_hours(Calendar(BERLIN)) == "24/7"
        assert specification(Calendar(BERLIN))[0]["closes"] == "23:59"

    def test_spans_that_touch_are_one(self) -> None:
        assert day_spans((Hours(time(13), time(0)), Hours(time(9), time(13)))) == ((540, 1440),)

    def test_for_search_engines(self) -> None:
        found = specification(SHOP)
        week = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]
        assert found[0] == {
            "@type": "OpeningHoursSpecification", "dayOfWeek": week, "opens": "09:00", "closes": "12:00",
        }  # fmt: skip
        assert {"2026-12-24", "2027-01-01"} == {one["validFrom"] for one in found if "validFrom" in one}
        assert [one["validThrough"] for one in found if "validThrough" in one] == ["2026-12-26", "2027-01-01"]
        late = specification(Calendar(BERLIN, {4: (Hours(time(18), time(0)),), 5: (Hours(time(0), time(0)),)}))
        assert [one["closes"] for one in late] == ["00:00", "23:59"]

    def test_closed_days_do_not_run_over_the_end_of_a_month(self) -> None:
        days = {date(2026, 12, 31), date(2027, 1, 1), date(2027, 1, 2)}
        assert closures(Calendar(BERLIN, {}, frozenset(days)), date.min) == [
            (date(2026, 12, 31), date(2026, 12, 31)), (date(2027, 1, 1), date(2027, 1, 2)),
        ]  # fmt: skip


class TestStanding:
    @pytest.mark.parametrize(
        ("now", "is_open", "changes"),
        [
            ("2026-11-26T09:00", True, "2026-11-26T12:00"),
            ("2026-11-26T12:00", False, "2026-11-26T13:00"),
            ("2026-11-26T17:59", True, "2026-11-26T18:00"),
            ("2026-11-26T18:00", False, "2026-11-27T09:00"),
            ("2026-11-28T14:00", False, "2026-11-30T09:00"),
            ("2026-12-23T18:30", False, "2026-12-28T09:00"),
        ],
    )
    def test_open_until_and_closed_until(self, now: str, is_open: bool, changes: str) -> None:
        state = standing(SHOP, at(now))
        assert state.is_open is is_open
        assert (state.until or state.opens) == at(changes)

    def test_a_night_is_one_time(self) -> None:
        bar = Calendar(BERLIN, {4: (Hours(time(20), time(0)),), 5: (Hours(time(0), time(2)), Hours(time(20), time(0)))})
        assert standing(bar, at("2026-11-27T21:00")).until == at("2026-11-28T02:00")

    @pytest.mark.parametrize("night", ["2027-03-28", "2027-10-31"])
    def test_the_clock_changes_in_a_night_that_is_open(self, night: str) -> None:
        shop = Calendar(BERLIN, dict.fromkeys(range(7), (Hours(time(0), time(6)), Hours(time(20), time(0)))))
        evening = datetime.fromisoformat(night).replace(hour=21, tzinfo=BERLIN) - timedelta(days=1)
        state = standing(shop, evening.astimezone(UTC))
        assert state.until == at(f"{night}T06:00")
        slept = 8 if night.startswith("2027-03") else 10
        assert state.until - evening.astimezone(UTC) == timedelta(hours=slept)

    def test_a_shop_that_never_opens_says_so(self) -> None:
        day = date(2026, 11, 26)
        shut = Calendar(BERLIN, {3: DAY}, frozenset(day + timedelta(weeks=week) for week in range(70)))
        assert standing(shut, at("2026-11-26T10:00")) == standing(shut, at("2026-11-26T10:00"))
        assert standing(shut, at("2026-11-26T10:00")).opens is None

    @given(st.integers(0, 400 * 24 * 60))
    def test_it_agrees_with_the_calendar_and_changes_when_it_says(self, minutes: int) -> None:
        now = datetime(2026, 11, 1, tzinfo=UTC) + timedelta(minutes=minutes)
        state = standing(SHOP, now)
        assert state.is_open == SHOP.is_open(now)
        changes = state.until or state.opens
        assert changes is not None
        assert changes > now
        assert standing(SHOP, changes).is_open is not state.is_open
        assert standing(SHOP, changes - timedelta(microseconds=1000)).is_open is state.is_open
