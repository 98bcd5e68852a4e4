"""What people see of the estimate, and what it rests on."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.estimation.estimate import (
    Basis,
    Estimate,
    HandStep,
    Left,
    MachineQueue,
    OrderWork,
    Punctuality,
    Window,
    is_news,
    left_of,
    punctuality,
    remaining_seconds,
    to_show,
)
from craftops.domain.estimation.queue_simulation import estimate_order
from craftops.domain.hours.calendar import Calendar, Hours
from craftops.domain.production.jobs import Job, JobState

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
ALWAYS = Calendar(ZoneInfo("UTC"))
OFFICE = Calendar(ZoneInfo("UTC"), {day: (Hours(time(9), time(17)),) for day in range(5)})


def job(number: int, state: JobState = JobState.QUEUED, **more: object) -> Job:
    return Job(number, f"J-{number}", number, number, 1, state, 3600.0, machine_id=1, **more)  # type: ignore[arg-type]


def work(jobs: tuple[Job, ...], minutes: float = 0.0, **more: bool) -> OrderWork:
    return OrderWork(1, jobs, hand=HandStep(minutes) if minutes else None, **more)


running = job(1, JobState.RUNNING, started_at=NOW, reported_at=NOW, remaining_s=1800.0, progress=0.5)


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


def test_what_evidence_told_counts_down_from_when_it_told_it_and_silence_holds_it() -> None:
    queue = MachineQueue(1, (running,), left=Left(3000.0, 3600.0, 4500.0, NOW))
    later = NOW + timedelta(minutes=10)
    assert left_of(running, queue, later) == Left(2400.0, 3000.0, 3900.0)
    heard = replace(running, reported_at=later)  # a reading that only went on
    assert left_of(heard, queue, later) == Left(2400.0, 3000.0, 3900.0)
    silent = left_of(running, replace(queue, stale=True), later)
    assert silent.p50_s == 3510.0, "it counts for as long as silence is usual"
    assert silent.p90_s > 4410.0
    paused = replace(running, state=JobState.PAUSED)
    assert left_of(paused, queue, later).p50_s == 3600.0
    assert left_of(running, queue, NOW + timedelta(days=1)).p50_s > 0.0, "it has not ended"


def test_people_do_not_work_at_night_and_machines_do() -> None:
    evening = datetime(2026, 11, 24, 16, 50, tzinfo=UTC)
    at_it = job(1, JobState.RUNNING, started_at=evening, reported_at=evening, remaining_s=4 * 3600.0)
    window = estimate_order(work((at_it,), 30), {1: MachineQueue(1, (at_it,))}, evening, OFFICE).window
    assert window is not None
    assert window.middle is not None
    assert abs(window.middle - datetime(2026, 11, 25, 9, 30, tzinfo=UTC)) < timedelta(minutes=3)


def test_the_basis_is_the_strongest_word() -> None:
    queue = {1: MachineQueue(1, (running,))}
    assert estimate_order(work((running,)), queue, NOW, ALWAYS).basis is Basis.MACHINE
    assert estimate_order(work((job(2),)), {1: MachineQueue(1, (job(2),))}, NOW, ALWAYS).basis is Basis.SCHEDULE
    assert estimate_order(work((), 20), {}, NOW, ALWAYS).basis is Basis.HAND_WORK
    assert estimate_order(work((), 0), {}, NOW, ALWAYS).basis is Basis.OPENING_HOURS
    waiting = estimate_order(work((), on_hold=True, waits_for_customer=True), {}, NOW, ALWAYS)
    assert (waiting.basis, waiting.window) == (Basis.WAITING, None)


def test_a_window_that_still_holds_is_left_alone_and_a_broken_one_is_not() -> None:
    shown = Window(NOW + timedelta(hours=2), NOW + timedelta(hours=3))

    def moved(start: float, end: float, now: datetime = NOW) -> bool:
        hour = timedelta(hours=1)
        return is_news(shown, Window(NOW + start * hour, NOW + end * hour), now)

    assert not moved(2.03, 3)
    assert not moved(2.5, 3.4)
    assert moved(2.5, 3.6), "it slipped by more than half its width"
    assert moved(1, 1.7), "all of it is earlier now"
    assert moved(2.2, 2.3), "much is known now that was not"
    assert moved(3.1, 3.2, shown.end), "what was shown lies in the past"


@given(st.lists(st.floats(0.81, 0.94), min_size=1, max_size=20), st.floats(15.0, 90.0))
def test_a_window_does_not_flap_at_closing_time(chances: list[float], closed_h: float) -> None:
    """Whether somebody is still there when it ends is nearly as likely as not to be told by P90: today, or after the
    shop opens again. Whatever the draws say from hour to hour, what is shown first stays."""
    today = NOW + timedelta(hours=80)
    later, start = today + timedelta(hours=closed_h), today - timedelta(hours=2)

    def at(share: float, chance: float) -> datetime:
        return today if share <= chance else later

    shown, moves = Window(start, at(0.9, chances[0])), 0
    for step, chance in enumerate(chances):
        fresh = Window(start, at(0.9, chance), likely=at(0.8, chance), surely=at(0.95, chance))
        if is_news(shown, fresh, NOW + timedelta(hours=step)):
            shown, moves = fresh, moves + 1
    assert moves == 0
    sure = Window(start, today, likely=today, surely=today)
    gone = Window(
        later, later + timedelta(hours=1), likely=later + timedelta(hours=1), surely=later + timedelta(hours=2)
    )
    assert is_news(Window(start, today), gone, NOW), "nobody will be there any more"
    assert is_news(Window(start, later), sure, NOW), "somebody surely will"


def test_a_window_moves_when_a_run_goes_on_over_the_night_that_it_ends_behind() -> None:
    """It began this evening and ends on the day after tomorrow; the machine says that it has twelve hours to go."""
    hour = timedelta(hours=1)
    shown = Window(NOW + hour, NOW + 41 * hour, NOW + 39 * hour)
    morning = Window(NOW + 40 * hour, NOW + 41.5 * hour, NOW + 40.4 * hour)
    assert is_news(shown, morning, NOW)
    assert is_news(shown, morning, NOW + 5 * hour), "some of it has passed already"
    assert not is_news(shown, morning, NOW + 36 * hour), "nobody is served by an hour"
    assert not is_news(shown, morning, NOW, moves=3), "who has been told three times is told the end alone"


def test_who_was_told_three_times_is_told_what_surely_holds() -> None:
    fresh = Window(NOW, NOW + timedelta(hours=2), surely=NOW + timedelta(hours=5))
    assert to_show(fresh, 2) is fresh
    assert to_show(fresh, 3) == Window(NOW, NOW + timedelta(hours=5))
    assert to_show(Window(NOW, NOW), 9) == Window(NOW, NOW)


def test_who_was_told_four_times_is_told_again_only_of_what_will_probably_not_hold() -> None:
    hour = timedelta(hours=1)
    shown = Window(NOW + hour, NOW + 9 * hour, NOW + 5 * hour)
    risky = Window(NOW + hour, NOW + 20 * hour, NOW + 8 * hour, likely=NOW + 15 * hour, surely=NOW + 30 * hour)
    sooner = Window(NOW + hour, NOW + 2 * hour, NOW + 1.5 * hour)
    lost = Window(NOW + 9 * hour, NOW + 20 * hour, NOW + 10 * hour)
    for fresh, few, many in ((risky, True, False), (sooner, True, False), (lost, True, True)):
        assert is_news(shown, fresh, NOW, moves=3) is few
        assert is_news(shown, fresh, NOW, moves=4) is many
    assert is_news(shown, sooner, shown.end, moves=9), "no page shows a past time as future"


def test_late_at_risk_on_track() -> None:
    window = Window(NOW + timedelta(hours=1), NOW + timedelta(hours=3))
    estimate = Estimate(window, Basis.MACHINE, NOW)
    assert punctuality(estimate, NOW + timedelta(hours=4), NOW) is Punctuality.ON_TRACK
    assert punctuality(estimate, NOW + timedelta(hours=2), NOW) is Punctuality.AT_RISK
    assert punctuality(estimate, NOW + timedelta(minutes=30), NOW) is Punctuality.LATE
    assert punctuality(estimate, None, NOW) is Punctuality.NONE
    with_middle = Estimate(Window(window.start, window.end, NOW + timedelta(hours=2)), Basis.MACHINE, NOW)
    assert punctuality(with_middle, NOW + timedelta(minutes=90), NOW) is Punctuality.LATE, "as likely as not it is past"
