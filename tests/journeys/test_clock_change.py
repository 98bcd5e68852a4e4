"""The nights in which clocks change, in one whole story each, and machines whose own clocks are wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import orjson
import pytest
import time_machine

from craftops.domain.orders.workflow import Stage
from craftops.domain.shop.profile import ShopProfile
from craftops.services.estimation import estimating
from craftops.services.orders import ordering
from craftops.services.production import operations
from craftops.store.models import EventRow, JobRow, OperationRow, OrderRow, RunSampleRow, WindowMoveRow
from craftops.testing import Workshop
from craftops.web.frame import labels

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday"), ("09:00-18:00",))
MARCH, OCTOBER = datetime(2027, 3, 28), datetime(2027, 10, 31)
"""Sundays of 23 and of 25 hours."""
HALF_HOUR = timedelta(minutes=30)
SHOWN = re.compile(r'<time datetime="([^"]+)"')


def local(day: datetime, days: int, hour: int, minute: int = 0) -> datetime:
    """A time of day in Berlin, ``days`` after the Sunday, as UTC."""
    date = day + timedelta(days=days, hours=hour, minutes=minute)
    return date.replace(tzinfo=BERLIN).astimezone(UTC)


def say(workshop: Workshop, job: JobRow, state: str, at: datetime, seq: int | None, **more: object) -> None:
    """The machine speaks at this moment; its clock may say another (``ts``)."""
    told = {"v": 1, "state": state, "ts": at.timestamp(), "job": {"id": "r1", "ref": job.code}, **more}
    workshop.say("printer-1", orjson.dumps(told if seq is None else {**told, "seq": seq}), at)


def look(workshop: Workshop, job: JobRow, now: datetime) -> str:
    """Everybody's minute goes by; the customer's page, which shows no time that has passed as one to come."""
    estimating.reestimate_all(workshop.shop, at=now)
    order = OrderRow.get_by_id(job.order_id)
    assert order.window_end is None or order.window_end > now
    page = workshop.browser("ada").see(f"/orders/{order.code}")
    if order.window_start is not None:
        assert labels.window(order.window_start, order.window_end, BERLIN, now) in page
    return page


@pytest.mark.parametrize("sunday", [MARCH, OCTOBER], ids=["forward", "back"])
def test_an_order_whose_run_lasts_over_the_change(make_workshop: Callable[..., Workshop], sunday: datetime) -> None:
    """Accepted on Saturday, printed through the night, finished by hand on Monday when the shop opens."""
    begin, end = local(sunday, -1, 17), local(sunday, 0, 6)
    assert (end - begin) / timedelta(hours=1) == (12 if sunday is MARCH else 14), "by the clock on the wall it is 13"
    with time_machine.travel(local(sunday, -1, 15), tick=False) as clock:
        workshop = make_workshop()
        workshop.open(ShopProfile(hours=WEEK))
        workshop.machine()
        job = workshop.accept(workshop.place("ada", finish="sanded"), "printer-1")
        clock.move_to(begin)
        windows, at, seq = [], begin, 0
        while at < end:
            clock.move_to(at)
            seq += 1
            share = (at - begin) / (end - begin)
            left = (end - at).total_seconds()
            say(workshop, job, "running", at, seq, progress=share, progress_kind="time", remaining_s=left)
            look(workshop, job, at)
            order = OrderRow.get_by_id(job.order_id)
            windows.append((at, order.window_start, order.window_end))
            at += HALF_HOUR
        opens, closes = local(sunday, 1, 9), local(sunday, 1, 18)
        assert opens.astimezone(BERLIN).utcoffset() != begin.astimezone(BERLIN).utcoffset()
        for said_at, first, last in windows[1:]:
            assert opens <= first < last <= closes, (said_at, first, last)
        moved = [move.at for move in WindowMoveRow.select().where(WindowMoveRow.order == job.order_id)]
        for (_, *before), (said_at, *after) in pairwise(windows):
            assert before == after or said_at in moved, "no jump without a line in the order's history"
        assert not [one for one in moved if local(sunday, 0, 1) <= one <= local(sunday, 0, 4)], "the change is no news"
        clock.move_to(end)
        say(workshop, job, "done", end, seq + 1, progress=1.0)
        assert RunSampleRow.get().took_s == pytest.approx((end - begin).total_seconds())
        assert "Being finished by hand" in look(workshop, job, end)
        _hand_work_and_pickup(workshop, clock, job, sunday)


def _hand_work_and_pickup(workshop: Workshop, clock: time_machine.Traveller, job: JobRow, sunday: datetime) -> None:
    """The doors open at nine by the clock on the wall, before the change and after it."""
    sam, order = workshop.actor("sam"), OrderRow.get_by_id(job.order_id)
    at = local(sunday, 1, 8, 30)
    clock.move_to(at)
    look(workshop, job, at)
    assert OrderRow.get_by_id(order.id).window_start >= local(sunday, 1, 9), "nobody sands before the shop opens"
    for operation in OperationRow.select().where(OperationRow.order == order.id):
        operations.tick_operation(workshop.shop, operation.id, done=True, actor=sam, at=at)
    ordering.move(workshop.shop, order.code, Stage.READY_FOR_PICKUP, actor=sam, at=at)
    calendar = workshop.shop.profile().calendar
    for days in (-1, 1):
        for minute, is_open in ((local(sunday, days, 8, 59), False), (local(sunday, days, 9), True)):
            assert calendar.is_open(minute) is is_open
            assert calendar.next_open(minute) == local(sunday, days, 9)
    clock.move_to(local(sunday, 1, 8, 59))
    page = workshop.browser("ada").see(f"/orders/{order.code}")
    assert "Closed now, opens today, 09:00" in page
    assert all(datetime.fromisoformat(shown).utcoffset() is not None for shown in SHOWN.findall(page))
    clock.move_to(local(sunday, 1, 9))
    assert "Open today until 18:00" in workshop.browser("ada").see(f"/orders/{order.code}")


def test_the_hour_that_comes_twice_is_told_apart() -> None:
    first, second = datetime(2027, 10, 31, 0, 30, tzinfo=UTC), datetime(2027, 10, 31, 1, 15, tzinfo=UTC)
    now = datetime(2027, 10, 31, 0, 0, tzinfo=UTC)
    assert labels.window(first, second, BERLIN, now) == "today, 02:30 CEST–02:15 CET"
    assert labels.clock(datetime(2027, 10, 31, 2, 0, tzinfo=UTC), BERLIN) == "03:00"
    assert labels.clock(datetime(2027, 3, 28, 1, 0, tzinfo=UTC), BERLIN) == "03:00"


@pytest.mark.parametrize(
    "wrong_by", [timedelta(hours=3), timedelta(hours=-3), timedelta(hours=1), -timedelta(days=400)]
)
def test_a_machine_whose_clock_is_wrong_is_dated_by_ours(
    make_workshop: Callable[..., Workshop], wrong_by: timedelta
) -> None:
    with time_machine.travel(local(OCTOBER, 0, 1), tick=False) as clock:
        workshop, at, job = _printing(make_workshop)
        for seq, state in enumerate(["running"] * 6 + ["paused", "running", "done"], 1):
            at += timedelta(minutes=20)
            clock.move_to(at)
            told = (at + wrong_by).timestamp()
            say(workshop, job, state, at, seq, ts=told, progress=seq / 9, remaining_s=1200.0 * (9 - seq))
            look(workshop, job, at)
        row = JobRow.get_by_id(job.id)
        assert (row.state, row.finished_at, row.started_at) == ("done", at, at - timedelta(minutes=160))
        assert _told(job) == [None, None, "paused", "resumed", "done"]
        assert RunSampleRow.get().took_s == pytest.approx(140 * 60)


def test_a_clock_that_jumps_back_takes_no_time_back(make_workshop: Callable[..., Workshop]) -> None:
    """Set right in the middle of a run: nothing that it says from then on is taken for old, and no run ends before
    it began."""
    with time_machine.travel(local(MARCH, 0, 1, 30), tick=False) as clock:
        workshop, at, job = _printing(make_workshop)
        for seq, (state, wrong_s) in enumerate(
            [("running", 0), ("running", -100), ("paused", -100), ("running", -110), ("done", -115)], 1
        ):
            at += timedelta(seconds=20)
            clock.move_to(at)
            told = at.timestamp() + wrong_s
            say(workshop, job, state, at, seq, ts=told, progress=seq / 5, remaining_s=1200.0)
            look(workshop, job, at)
            row = JobRow.get_by_id(job.id)
            assert row.reported_at >= row.started_at
        assert (row.state, row.finished_at >= row.started_at) == ("done", True)
        assert _told(job) == [None, None, "paused", "resumed", "done"]
        moments = [one.at for one in _changes(job)]
        assert moments == sorted(moments)


def _printing(make_workshop: Callable[..., Workshop]) -> tuple[Workshop, datetime, JobRow]:
    workshop = make_workshop()
    workshop.open(ShopProfile(hours=WEEK))
    workshop.machine()
    job = workshop.accept(workshop.place("ada"), "printer-1")
    return workshop, OrderRow.get_by_id(job.order_id).placed_at, job


def _told(job: JobRow) -> list[object]:
    return [(row.data or {}).get("what") for row in _changes(job)]


def _changes(job: JobRow) -> list[EventRow]:
    rows = EventRow.select().where(EventRow.order_id == job.order_id, EventRow.kind == "job_changed")
    return list(rows.order_by(EventRow.id))
