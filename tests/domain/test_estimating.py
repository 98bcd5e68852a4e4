"""Laws of the estimate."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.estimating import (
    Basis,
    Chip,
    Estimate,
    MachineQueue,
    OrderWork,
    Window,
    chip,
    estimate_order,
    is_news,
    remaining_seconds,
)
from craftops.domain.production import Job, JobState
from craftops.domain.scheduling import Calendar, Hours

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ALWAYS = Calendar(ZoneInfo("UTC"))
OFFICE = Calendar(ZoneInfo("UTC"), {day: (Hours(time(9), time(17)),) for day in range(5)})


def job(number: int, state: JobState = JobState.QUEUED, **more: object) -> Job:
    return Job(number, f"J-{number}", number, number, 1, state, 3600.0, machine_id=1, **more)  # type: ignore[arg-type]


def work(jobs: tuple[Job, ...], minutes: float = 0.0, **more: bool) -> OrderWork:
    flags = {"under_review": False, "on_hold": False, "waits_for_customer": False, **more}
    return OrderWork(1, jobs=jobs, hand_minutes=minutes, **flags)


running = job(1, JobState.RUNNING, started_at=NOW, reported_at=NOW, remaining_s=1800.0, progress=0.5)


@given(st.integers(0, 5), st.floats(0, 600), st.sampled_from([ALWAYS, OFFICE]), st.booleans())
def test_the_window_is_ahead_ordered_and_grows_with_the_work(
    ahead: int, minutes: float, hours: Calendar, stale: bool
) -> None:
    mine = job(9)
    queue = MachineQueue(1, (*(job(n) for n in range(1, ahead + 1)), mine), stale=stale, silent_s=600 if stale else 0)
    estimate = estimate_order(work((mine,), minutes), {1: queue}, NOW, hours)
    assert estimate.window is not None
    assert NOW <= estimate.window.start <= estimate.window.end
    longer = MachineQueue(1, (job(8), *queue.jobs), stale=stale, silent_s=queue.silent_s)
    later = estimate_order(work((mine,), minutes), {1: longer}, NOW, hours).window
    assert later is not None
    assert later.end >= estimate.window.end


def test_the_machines_own_word_counts_down() -> None:
    queue = MachineQueue(1, (running,))
    assert remaining_seconds(running, queue, NOW) == 1800.0
    assert remaining_seconds(running, queue, NOW + timedelta(seconds=60)) == 1740.0


def test_a_pause_holds_and_a_silent_feed_widens() -> None:
    paused = job(1, JobState.PAUSED, started_at=NOW, reported_at=NOW, remaining_s=1800.0, interrupted_at=NOW)
    later = NOW + timedelta(minutes=30)
    assert remaining_seconds(paused, MachineQueue(1, (paused,)), later) == 1800.0
    heard = estimate_order(work((running,)), {1: MachineQueue(1, (running,))}, NOW, ALWAYS).window
    silent = MachineQueue(1, (running,), stale=True, silent_s=3600)
    unheard = estimate_order(work((running,)), {1: silent}, NOW, ALWAYS)
    assert unheard.stale
    assert heard is not None
    assert unheard.window is not None
    assert unheard.window.end - unheard.window.start > heard.end - heard.start


def test_people_do_not_work_at_night_and_machines_do() -> None:
    evening = datetime(2026, 11, 24, 16, 50, tzinfo=UTC)
    at_it = job(1, JobState.RUNNING, started_at=evening, reported_at=evening, remaining_s=4 * 3600.0)
    window = estimate_order(work((at_it,), 30), {1: MachineQueue(1, (at_it,))}, evening, OFFICE).window
    assert window is not None
    assert window.start == datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def test_the_basis_is_the_strongest_word() -> None:
    queue = {1: MachineQueue(1, (running,))}
    assert estimate_order(work((running,)), queue, NOW, ALWAYS).basis is Basis.MACHINE
    assert estimate_order(work((job(2),)), {1: MachineQueue(1, (job(2),))}, NOW, ALWAYS).basis is Basis.SCHEDULE
    assert estimate_order(work((), 20), {}, NOW, ALWAYS).basis is Basis.HAND_WORK
    assert estimate_order(work((), 0), {}, NOW, ALWAYS).basis is Basis.OPENING_HOURS
    waiting = estimate_order(work((), on_hold=True, waits_for_customer=True), {}, NOW, ALWAYS)
    assert (waiting.basis, waiting.window) == (Basis.WAITING, None)


def test_small_moves_are_no_news_and_a_past_window_always_is() -> None:
    shown = Window(NOW + timedelta(hours=2), NOW + timedelta(hours=3))
    nudge = Window(shown.start + timedelta(minutes=2), shown.end)
    assert not is_news(shown, nudge, NOW)
    assert is_news(shown, Window(shown.start + timedelta(minutes=30), shown.end + timedelta(hours=1)), NOW)
    assert is_news(shown, nudge, shown.end)


def test_late_at_risk_on_track() -> None:
    window = Window(NOW + timedelta(hours=1), NOW + timedelta(hours=3))
    estimate = Estimate(window, Basis.MACHINE, NOW)
    assert chip(estimate, NOW + timedelta(hours=4), NOW) is Chip.ON_TRACK
    assert chip(estimate, NOW + timedelta(hours=2), NOW) is Chip.AT_RISK
    assert chip(estimate, NOW + timedelta(minutes=30), NOW) is Chip.LATE
    assert chip(estimate, None, NOW) is Chip.NONE
