"""The bar between two estimates: the clock moves it on, it never goes back, and a silent machine's stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.estimation.estimate import Left
from craftops.domain.estimation.run_state import RunState
from craftops.domain.estimation.run_update import NEARLY_ALL, UNHEARD_S, bar_of_time, kept_bar, moving_now, share_now
from craftops.domain.machines.readings import MachineState

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def run(active_s: float, state: MachineState = MachineState.RUNNING, at: datetime = NOW) -> RunState:
    return RunState(at=at, state=state, active_s=active_s)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def test_in_a_print_of_a_minute_the_bar_follows_the_clock() -> None:
    bar = bar_of_time(run(20.0), Left(38.0, 40.0, 42.0))
    assert bar is not None
    assert [round(bar.share_at(later(s)), 3) for s in (0, 3, 6)] == [0.333, 0.383, 0.433]
    assert bar.share_at(later(-5)) == pytest.approx(1 / 3)
    assert bar.share_at(later(50)) == NEARLY_ALL, "done is what the machine says"


def test_a_pause_holds_it_and_so_does_silence() -> None:
    paused = bar_of_time(run(20.0, MachineState.PAUSED), Left(38.0, 40.0, 42.0))
    assert paused is not None
    assert paused.share_at(later(600)) == pytest.approx(1 / 3)
    long = bar_of_time(run(1000.0), Left(8000.0, 9000.0, 9900.0))
    assert long is not None
    assert long.share_at(later(86400)) == long.share_at(later(UNHEARD_S)) == pytest.approx(0.109)


@given(st.lists(st.tuples(st.floats(0.0, 30.0), st.floats(0.0, 30.0), st.floats(1.0, 4000.0)), max_size=30))
def test_whatever_is_estimated_it_only_grows(steps: list[tuple[float, float, float]]) -> None:
    """Looked at before each estimate and after it, as it is kept."""
    at, active, progress, kept, seen = NOW, 0.0, None, {}, [0.0]
    for passes, looks_after, left in steps:
        at, active = at + timedelta(seconds=passes), active + passes
        seen.append(share_now(progress, kept, at) or 0.0)
        bar = bar_of_time(run(active, at=at), Left(left, left, left))
        assert bar is not None
        progress, kept = bar.share_at(bar.at, least=seen[-1]), {"bar": bar.to_json()}
        at, active = at + timedelta(seconds=looks_after), active + looks_after
        seen.append(share_now(progress, kept, at) or 0.0)
    assert seen == sorted(seen)
    assert seen[-1] <= NEARLY_ALL


@given(
    st.floats(1.0, 900.0), st.floats(1.0, 4000.0), st.floats(0.0, 0.98), st.floats(0.0, 100.0), st.floats(0.0, 200.0),
)  # fmt: skip
def test_a_page_that_moves_it_shows_what_the_server_would(
    active: float, left: float, progress: float, drawn_after: float, looked_after: float
) -> None:
    """Whenever it was drawn, and however long after that one looks: never more, never less, never back."""
    bar = bar_of_time(run(active), Left(left, left, left))
    assert bar is not None
    kept, drawn = {"bar": bar.to_json()}, later(drawn_after)
    moving = moving_now(progress, kept, drawn)
    looked = drawn + timedelta(seconds=looked_after)
    by_server = share_now(progress, kept, looked) or 0.0
    if moving is None:
        assert by_server == pytest.approx(share_now(progress, kept, drawn) or 0.0)
    else:
        by_page = max(moving.shown, moving.share + moving.rate * min(looked_after, moving.seconds))
        assert by_page == pytest.approx(by_server, abs=1e-6)
        assert moving.shown == pytest.approx(share_now(progress, kept, drawn) or 0.0)


def test_what_stands_is_not_moved() -> None:
    paused = bar_of_time(run(20.0, MachineState.PAUSED), Left(38.0, 40.0, 42.0))
    assert paused is not None
    assert moving_now(0.4, {"bar": paused.to_json()}, NOW) is None
    assert moving_now(0.4, {}, NOW) is None


def test_without_a_bar_of_ours_the_machines_percent_is_shown() -> None:
    assert share_now(0.4, {"left": [1, 2, 3, 4]}, NOW) == 0.4
    assert share_now(None, None, NOW) is None
    assert kept_bar({"bar": ["x", None, 3]}) is None
