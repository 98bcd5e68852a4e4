"""OpenStreetMap's own reader of opening hours (npm ``opening_hours``) agrees with ours, whatever the shop, the hour, the clock."""

from __future__ import annotations

import json
import os
import random
import subprocess
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from peers.conftest import node_with

from craftops.domain.hours.calendar import Calendar, Hours
from craftops.domain.hours.osm import opening_hours, standing

pytestmark = pytest.mark.skipif(
    os.environ.get("CRAFTOPS_SERVICES") != "required",
    reason="npm's opening_hours is installed and run only in CI (CRAFTOPS_SERVICES=required)",
)
READER = "opening_hours@3.15"
BERLIN = ZoneInfo("Europe/Berlin")
ASKED = Path(__file__).parent / "opening_hours_asked.mjs"
SHOPS, INSTANTS = 20, 500


def some_shop(by: random.Random) -> Calendar:
    """Days with breaks, nights, lie-ins; a few closed days around both clock changes and the end of the year."""
    weekly = {}
    for day in by.sample(range(7), by.randint(1, 7)):
        marks = sorted(by.sample(range(0, 97), 2 * by.randint(1, 3)))
        spans = [(marks[i], marks[i + 1]) for i in range(0, len(marks), 2)]
        weekly[day] = tuple(Hours(_quarter(a), _quarter(b)) for a, b in spans)
    around = [date(2026, 10, 20), date(2026, 12, 20), date(2027, 3, 25)]
    closed = {by.choice(around) + timedelta(days=by.randint(0, 14)) for _ in range(by.randint(0, 12))}
    return Calendar(BERLIN, weekly, frozenset(closed))


def _quarter(number: int) -> time:
    return time(number % 96 // 4, number % 4 * 15)


def some_instants(by: random.Random) -> list[datetime]:
    """Half of them within two days of a clock change, the others all year; whole minutes."""
    changes = [datetime(2026, 10, 25, 1, tzinfo=UTC), datetime(2027, 3, 28, 1, tzinfo=UTC)]
    near = [by.choice(changes) + timedelta(minutes=by.randint(-2880, 2880)) for _ in range(INSTANTS // 2)]
    year = datetime(2026, 10, 1, tzinfo=UTC)
    return near + [year + timedelta(minutes=by.randint(0, 300 * 1440)) for _ in range(INSTANTS // 2)]


def test_openstreetmaps_own_reader_agrees() -> None:
    """At 10,000 instants of 20 shops. None of them closes between two and three in the night whose hour comes twice:
    there opening_hours 3.15 looks for its next change without end."""
    program, folder = node_with(READER)
    by = random.Random(16)
    shops = [(some_shop(by), some_instants(by)) for _ in range(SHOPS)]
    asked = {
        "module": str(folder / "node_modules" / "opening_hours"),
        "shops": [
            {"hours": opening_hours(shop), "instants": [int(one.timestamp() * 1000) for one in instants]}
            for shop, instants in shops
        ],
    }
    told = subprocess.run(
        [program, ASKED], input=json.dumps(asked), capture_output=True, text=True, check=True,
        env={**os.environ, "TZ": BERLIN.key},
    )  # fmt: skip
    answers = json.loads(told.stdout)
    differences = []
    for (shop, instants), theirs in zip(shops, answers, strict=True):
        for now, (is_open, changes) in zip(instants, theirs, strict=True):
            ours = standing(shop, now)
            mine = ours.until or ours.opens
            if ours.is_open is not is_open or (mine and int(mine.timestamp() * 1000)) != changes:
                differences.append((opening_hours(shop), now.isoformat(), ours, is_open, changes))
    assert sum(len(one) for one in answers) == 10_000
    assert differences == []
