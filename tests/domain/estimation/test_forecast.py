"""A running job: remaining time follows what the machine does, and leaps only when something has happened."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.estimation.forecast import MOST_RISE, Forecast, Rests, forecast, sample_of, show
from craftops.domain.estimation.pace import Pace, Word, learn
from craftops.domain.estimation.run_state import RunState, observe
from craftops.domain.gcode.timeline import SlicerTimeline, TimelineKind, flat
from craftops.domain.machines.readings import MachineState, Reading

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
RUNNING = MachineState.RUNNING
CLOCK = SlicerTimeline(
    100_000,
    tuple(range(0, 100_001, 1000)),
    tuple(n * 9.0 for n in range(101)),
    tuple(n * 1.0 for n in range(101)),
    (0.0,) * 101,
    start_at=100,
    slicer_s=1000.0,
)


def at(seconds: float, place: float | None, state: MachineState = RUNNING, **more: object) -> Reading:
    pos = None if place is None else int(place)
    return Reading(state, NOW + timedelta(seconds=seconds), pos_bytes=pos, **more)  # type: ignore[arg-type]


def fold(
    readings: Sequence[Reading], clock: SlicerTimeline = CLOCK, pace: Pace | None = None
) -> tuple[RunState, list[Forecast]]:
    evidence, said = RunState(), []
    for reading in readings:
        evidence = observe(evidence, reading, clock)
        fresh = forecast(evidence, clock, pace or Pace(), reading.at)
        evidence, shown = show(evidence, fresh, clock)
        said.append(shown)
    return evidence, said


def steady(until: int, pace: float = 1.0, speed: float = 1.0, start: int = 0) -> list[Reading]:
    """A run whose code lasts 1000 s, read every 5 s, at ``pace``."""
    return [at(t, 100 * max(0, t - start) / pace, speed_factor=speed) for t in range(0, until, 5)]


@given(st.lists(st.tuples(st.floats(0.1, 30.0), st.floats(0.0, 20.0)), min_size=1, max_size=60))
def test_time_at_work_is_not_lost_where_told_seconds_lag_and_catch_up(steps: list[tuple[float, float]]) -> None:
    """However far the machine's count was behind at each reading: when it is right again, so is ours."""
    evidence = observe(RunState(), at(0.0, 0.0, elapsed_s=0.0), CLOCK)
    wall = told = 0.0
    for passes, lag in steps:
        wall += passes
        told = max(told, wall - lag)
        evidence = observe(evidence, at(wall, wall, elapsed_s=told), CLOCK)
        assert evidence.active_s <= wall + 1e-6
    evidence = observe(evidence, at(wall + 1.0, wall, elapsed_s=wall + 1.0), CLOCK)
    assert evidence.active_s == pytest.approx(wall + 1.0, abs=1e-3)


def test_a_run_as_planned_counts_down() -> None:
    _, said = fold(steady(1000))
    for index, one in enumerate(said[5:], 5):
        assert one.p50_s == pytest.approx(1000 - 5 * index, abs=20)
        assert one.p10_s <= one.p50_s <= one.p90_s
    assert said[20].basis is Rests.CLOCK or said[20].basis is Rests.JOB
    assert said[150].p90_s - said[150].p10_s < said[10].p90_s - said[10].p10_s


def test_a_slow_machine_shows_in_its_own_run() -> None:
    _, said = fold(steady(600, pace=1.3))
    assert said[-1].p50_s == pytest.approx(1300 - 595, rel=0.03)
    assert said[-1].basis is Rests.JOB


def test_heating_is_no_evidence_of_a_slow_machine() -> None:
    _, late = fold(steady(800, start=300))
    assert late[-1].p50_s == pytest.approx(1300 - 795, rel=0.05)


def test_nobody_believes_that_a_first_heating_takes_no_time() -> None:
    """However short the print: firmware waits at a temperature before it goes on. A long one is given more."""
    for planned, least in ((60.0, 20.0), (1000.0, 50.0)):
        share = planned / 1000.0
        motion, loss = (tuple(share * one for one in row) for row in (CLOCK.motion, CLOCK.loss))
        _, said = fold([at(0, 0)], replace(CLOCK, motion=motion, loss=loss, slicer_s=planned, heats=True))
        assert least - 1.0 <= said[0].p50_s - planned <= 2 * least


def test_who_tells_whole_seconds_is_not_known_better() -> None:
    places = [(t, 100.0 * t) for t in range(0, 900, 5)]
    exact, whole = (fold([at(t, place, elapsed_s=t + part) for t, place in places])[1][-1] for part in (0.3, 0.0))
    assert whole.sd_s > exact.sd_s
    assert whole.p50_s == pytest.approx(exact.p50_s, abs=0.5)


def test_a_run_tells_how_far_its_place_scatters() -> None:
    """What bends from look to look is scatter; a course that is off all along is none."""
    calm, nervous = [], []
    chance = random.Random(1)
    for reading in steady(1000):
        calm.append(reading)
        nervous.append(replace(reading, pos_bytes=max(0, (reading.pos_bytes or 0) + chance.randrange(-1500, 1500))))
    over = at(1000, 100_000, MachineState.DONE)
    samples = [sample_of(fold([*run, over])[0], CLOCK, Pace(), machine="a", file="a.gcode") for run in (calm, nervous)]
    assert samples[0] is not None
    assert samples[1] is not None
    assert samples[0].scatter_s < 0.2 < samples[1].scatter_s
    paces = [learn([one], "a") for one in samples if one is not None]
    assert paces[0].scatter_s < paces[1].scatter_s


def test_a_pause_holds_and_teaches_nothing() -> None:
    before = steady(400)
    pause = [at(t, 39_500, MachineState.PAUSED) for t in range(400, 1000, 5)]
    after = [at(t, 100 * (t - 600), RUNNING) for t in range(1000, 1200, 5)]
    _, said = fold([*before, *pause, *after])
    held = said[len(before) + 3 : len(before) + len(pause)]
    assert {round(one.p50_s) for one in held} == {round(held[0].p50_s)}
    assert all(one.held for one in held)
    assert said[-1].p50_s == pytest.approx(1000 - 595, abs=20)


def test_another_speed_counts_at_once() -> None:
    readings = [*steady(500), at(500, 50_000, speed_factor=0.5)]
    _, said = fold(readings)
    assert said[-1].p50_s == pytest.approx(2 * 450 + 0.5 * 50, rel=0.05)


def test_a_skipped_part_is_no_evidence_of_a_fast_machine() -> None:
    readings = [*steady(300), *(at(t, 30_000 + 20_000 + 100 * (t - 300)) for t in range(300, 800, 5))]
    evidence, said = fold(readings)
    assert evidence.skipped > 150
    assert said[100].p50_s <= 305
    sample = sample_of(
        observe(evidence, at(805, 100_000, MachineState.DONE), CLOCK), CLOCK, Pace(), machine="a", file=""
    )
    assert sample
    assert sample.seconds / sum(sample.columns[:3]) == pytest.approx(1.0, abs=0.05)


def test_standing_still_for_long_is_a_stall_and_not_pace() -> None:
    stuck = [at(t, 29_500) for t in range(300, 900, 5)]
    evidence, said = fold([*steady(300), *stuck, *(at(t, 100 * (t - 600)) for t in range(900, 1000, 5))])
    assert evidence.stalled_s > 400
    assert said[-1].p50_s == pytest.approx(1600 - 995, rel=0.06)


def test_heating_in_the_middle_is_no_pace_and_teaches_none() -> None:
    """The code says that there is a wait; nobody knows how long."""
    clock = replace(CLOCK, waits=(50_000,))
    middle = [at(t, 50_000) for t in range(500, 526)]
    readings = [*steady(500), *middle, *(at(t, 100 * (t - 25)) for t in range(526, 1025, 2))]
    evidence, said = fold(readings, clock)
    assert evidence.stalled_s == pytest.approx(25, abs=3)
    assert said[len(readings) - 200].p50_s == pytest.approx(
        1025 - readings[-200].at.timestamp() + NOW.timestamp(), abs=8
    )
    ended = observe(evidence, at(1025, 100_000, MachineState.DONE), clock)
    taught = sample_of(ended, clock, Pace(), machine="m", file="f")
    assert taught is not None
    assert taught.seconds == pytest.approx(980, abs=12)
    assert taught.stalled_s == pytest.approx(25, abs=3)
    assert max(map(abs, taught.scores)) < 2.0


def test_silence_holds_and_widens() -> None:
    evidence, _ = fold(steady(500))
    soon = forecast(evidence, CLOCK, Pace(), NOW + timedelta(seconds=520), report_interval_s=10.0)
    long = forecast(evidence, CLOCK, Pace(), NOW + timedelta(seconds=1520), report_interval_s=10.0)
    longer = forecast(evidence, CLOCK, Pace(), NOW + timedelta(seconds=5520), report_interval_s=10.0)
    assert not soon.held
    assert long.held
    assert long.p50_s == longer.p50_s
    assert longer.p90_s > long.p90_s > soon.p90_s


def test_linear_words_of_old_octoprint_weigh_nothing_and_good_words_some() -> None:
    quiet = fold(steady(300))[1][-1]
    liar = fold([replace(r, remaining_s=5000.0, remaining_origin="linear") for r in steady(300)])[1][-1]
    printer = fold([replace(r, remaining_s=799.0, remaining_origin="slicer") for r in steady(300)])[1][-1]
    assert liar.p50_s == quiet.p50_s
    assert quiet.p50_s < printer.p50_s < 799.0


def test_without_code_the_machines_word_leads_once_it_has_been_good() -> None:
    plan = flat(3600.0)
    pace = Pace(words={"": Word(0.0, 0.01, 30.0)})
    readings = [at(t, None, progress=0.2 * t / 600, remaining_s=5400.0 - t) for t in range(0, 600, 30)]
    said = fold(readings, plan, pace)[1][-1]
    assert said.basis is Rests.WORD
    assert said.p50_s == pytest.approx(5400 - 570, rel=0.05)


def test_without_code_and_words_progress_counts_more_and_more() -> None:
    plan = flat(3600.0, TimelineKind.HISTORY)
    early = fold([at(t, None, progress=t / 7200) for t in range(0, 200, 10)], plan)[1][-1]
    late = fold([at(t, None, progress=t / 7200) for t in range(0, 5400, 10)], plan)[1][-1]
    assert early.p50_s < 5000
    assert late.p50_s == pytest.approx(1800, rel=0.15)


def test_what_was_said_before_the_run_is_of_another() -> None:
    assert observe(RunState(), at(0, 100_000, MachineState.DONE), CLOCK) == RunState()


STEPS = st.lists(
    st.tuples(
        st.floats(-30, 900, allow_nan=False),
        st.integers(0, 120_000),
        st.sampled_from(list(MachineState)),
        st.sampled_from([0.0, 0.3, 1.0, 1.0, 2.0]),
        st.one_of(st.none(), st.floats(0, 1e7)),
        st.sampled_from(["", "printer", "linear"]),
    ),
    max_size=40,
)


@given(STEPS)
def test_any_readings_give_a_finite_forecast_that_survives_json(
    steps: list[tuple[float, int, MachineState, float, float | None, str]],
) -> None:
    evidence, seconds = RunState(), 0.0
    for passed, place, state, speed, word, origin in steps:
        seconds += passed
        reading = at(seconds, place, state, speed_factor=speed, remaining_s=word, remaining_origin=origin)
        evidence = observe(evidence, reading, CLOCK)
        before, event = evidence.shown_s, evidence.event
        counted = (before or 0.0) - (evidence.active_s - evidence.shown_at_s)
        fresh = forecast(evidence, CLOCK, Pace(), NOW + timedelta(seconds=seconds))
        evidence, shown = show(evidence, fresh, CLOCK)
        assert 0.0 <= shown.p10_s <= shown.p50_s <= shown.p90_s < 1e12
        if before is not None and not event:
            assert shown.p50_s <= max(0.0, counted) + MOST_RISE * max(1.0, evidence.active_s + max(0.0, counted)) + 1e-6
        again = RunState.from_json(json.loads(json.dumps(evidence.to_json())))
        assert replace(again, at=None) == replace(evidence, at=None)
    assert sample_of(evidence, CLOCK, Pace(), machine="a", file="f") is None or evidence.ended


@given(st.floats(0.7, 2.0), st.integers(1, 60))
def test_more_done_means_less_left(pace: float, interval: int) -> None:
    readings = [at(t, 100 * t / pace) for t in range(0, int(900 * pace), interval)]
    _evidence, said = fold(readings)
    left = [one.p50_s for one in said]
    assert left[-1] <= left[0]
    assert all(after <= before + MOST_RISE * 1000 * pace for before, after in pairwise(left))
