"""When a run ended, by two readings a second apart and a last word in whole seconds."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from statistics import fmean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.estimation.run_state import RunState, observe
from craftops.domain.gcode.timeline import SlicerTimeline
from craftops.domain.machines.readings import MachineState, Reading

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
CLOCK = SlicerTimeline(1000, (0, 1000), (0.0, 0.0), (0.0, 0.0), (0.0, 100.0))


def seen(took_s: float, late_s: float, *, begun_s: float = 0.0, exact: bool = False, pause: bool = False) -> RunState:
    """A run of which a reading a second is heard. Its own time is cut to seconds, the last one told ``late_s`` late."""
    evidence, stood = RunState(), 0.0
    for second in range(400):
        now = second - begun_s - stood
        state, told = MachineState.RUNNING, float(int(max(0.0, now)))
        if pause and 20 <= second < 50:
            state, stood = MachineState.PAUSED, stood + 1.0
        elif now >= took_s:
            state = MachineState.DONE
            told = took_s if exact else float(int(took_s + late_s))
        place = int(1000 * min(1.0, max(0.0, now) / took_s))
        at = NOW + timedelta(seconds=second)
        evidence = observe(evidence, Reading(state, at, elapsed_s=told, pos_bytes=place), CLOCK)
        if evidence.ended:
            break
    return evidence


def test_it_is_known_better_than_by_the_two_readings() -> None:
    chance = random.Random(7)
    off, halfway = [], []
    for _ in range(400):
        took = chance.uniform(40.0, 150.0)
        ended = seen(took, chance.uniform(0.0, 0.5))
        off.append(ended.active_s - took)
        halfway.append(abs(int(took) + 0.5 - took))
    assert abs(fmean(off)) < 0.05
    assert fmean(map(abs, off)) < 0.75 * fmean(halfway)


@pytest.mark.parametrize("pause", [False, True])
@given(st.floats(60.0, 150.0), st.floats(0.0, 0.5), st.floats(0.0, 0.4))
def test_it_lies_between_them(pause: bool, took: float, late: float, begun: float) -> None:
    ended = seen(took, late, begun_s=begun, pause=pause)
    assert ended.ended
    assert abs(ended.active_s - begun - took) <= 1.0 + 1e-6


@given(st.floats(60.0, 150.0).filter(lambda one: not one.is_integer()), st.booleans())
def test_what_is_told_exactly_after_whole_seconds_is_believed(took: float, pause: bool) -> None:
    assert seen(took, 0.0, exact=True, pause=pause).active_s == pytest.approx(took, abs=0.01)
