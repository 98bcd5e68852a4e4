"""Laws of ``interpret``: whatever a broker does to the stream, each thing happens at most once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from craftops.domain.machines.readings import (
    CLOCK_TOLERANCE,
    MachineMemory,
    MachineState,
    Reading,
    RunEvent,
    RunEventKind,
    is_stale,
    moment,
)
from craftops.domain.machines.run_detection import interpret

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
M = MachineState


def hear(readings: list[Reading]) -> tuple[MachineMemory, list[RunEvent]]:
    memory, events = MachineMemory(), []
    for reading in readings:
        memory, fresh = interpret(memory, reading)
        events.extend(fresh)
    return memory, events


def run(*states: MachineState, run_id: str = "r1", start: int = 0) -> list[Reading]:
    return [
        Reading(
            state,
            NOW + timedelta(seconds=start + 10 * i),
            run_id=run_id,
            job_ref="J-1",
            seq=start + i,
            progress=min(1.0, 0.1 * i),
        )
        for i, state in enumerate(states)
    ]


readings = st.lists(
    st.builds(
        Reading,
        state=st.sampled_from(list(MachineState)),
        at=st.integers(0, 5000).map(lambda s: NOW + timedelta(seconds=s)),
        retained=st.booleans(),
        progress=st.none() | st.floats(0, 1),
        run_id=st.sampled_from(["", "r1", "r2"]),
        job_ref=st.sampled_from(["", "J-1", "J-2"]),
        seq=st.none() | st.integers(0, 50),
    ),
    max_size=25,
)


FOUND_AT_LAST = [
    Reading(MachineState.PREPARING, NOW, run_id="r2"),
    Reading(MachineState.PREPARING, NOW, run_id="r1"),  # r2 is lost
    Reading(MachineState.DONE, NOW, run_id="r2"),
    Reading(MachineState.PAUSED, NOW),
]


@given(readings)
@example(FOUND_AT_LAST)
def test_no_stream_makes_it_raise_or_end_a_run_twice(stream: list[Reading]) -> None:
    _memory, events = hear(stream)
    open_run, ended = "", set()
    for event in events:
        if event.kind is RunEventKind.STARTED:
            assert open_run == "", "a run begins where none is open"
            open_run = event.run_key
            ended.discard(event.run_key)
        elif event.kind is RunEventKind.LOST:
            assert event.run_key == open_run, "only a run that is open is lost"
            open_run = ""
        elif event.kind in (RunEventKind.DONE, RunEventKind.FAILED, RunEventKind.CANCELLED):
            assert event.run_key not in ended, "a run ends once"
            # A job may be made again, unheard, in the same second; only an id is one run's for ever.
            ended |= {event.run_key} & {"r1", "r2"}
            # The end of a run that was lost may come at last, while the next one is at work.
            open_run = "" if event.run_key == open_run else open_run
        else:
            assert event.run_key == open_run, "only a run that is open pauses or goes on"


@given(readings)
def test_saying_everything_twice_changes_nothing(stream: list[Reading]) -> None:
    ordered = sorted(stream, key=lambda r: r.at)
    once = hear(ordered)
    twice = hear([reading for reading in ordered for _ in range(2)])
    assert [e.kind for e in once[1]] == [e.kind for e in twice[1]]


@given(readings)
def test_time_never_goes_back(stream: list[Reading]) -> None:
    memory, moments = MachineMemory(), []
    for reading in stream:
        memory, events = interpret(memory, reading)
        assert memory.last is not None
        moments += [event.at for event in events] + [memory.last.at]
    assert moments == sorted(moments)


def test_an_end_told_late_beside_another_run_holds_the_time() -> None:
    words = [(M.PREPARING, 0, "r1"), (M.IDLE, 0, ""), (M.PREPARING, 0, ""), (M.DONE, 1, "r1"), (M.RUNNING, 0, "")]
    memory, moments = MachineMemory(), []
    for state, second, run_id in words:
        memory, events = interpret(memory, Reading(state, NOW + timedelta(seconds=second), run_id=run_id))
        assert memory.last is not None
        moments += [event.at for event in events] + [memory.last.at]
    assert moments == sorted(moments)


def test_a_whole_run() -> None:
    _memory, events = hear(run(M.PREPARING, M.RUNNING, M.PAUSED, M.RUNNING, M.DONE, M.IDLE))
    assert [e.kind.value for e in events] == ["started", "paused", "resumed", "done"]
    assert {e.run_key for e in events} == {"r1"}


def test_a_retained_ghost_starts_nothing_again() -> None:
    story = run(M.RUNNING, M.DONE)
    ghost = replace(story[0], retained=True, at=NOW + timedelta(hours=1), seq=None)
    _memory, events = hear([*story, ghost])
    assert [e.kind.value for e in events] == ["started", "done"]


@given(
    st.sampled_from([M.PREPARING, M.RUNNING, M.PAUSED, M.ATTENTION, M.FINISHING]), st.integers(0, 10_000), st.booleans()
)
def test_what_is_said_of_a_run_that_is_over_says_nothing_of_the_machine(
    state: MachineState, later_s: int, retained: bool
) -> None:
    """However late it comes: also when it is too old for the machine's clock to be believed."""
    idle = Reading(M.IDLE, NOW + timedelta(seconds=60), seq=9)
    before, _ = hear([*run(M.RUNNING, M.RUNNING, M.DONE), idle])
    late = Reading(state, idle.at + timedelta(seconds=later_s), retained, 0.3, run_id="r1", job_ref="J-1", seq=1)
    after, events = interpret(before, late)
    assert (after.last, events) == (idle, ())


def test_progress_of_one_never_ends_a_run() -> None:
    reading = Reading(M.RUNNING, NOW, progress=1.0, run_id="r1")
    memory, events = hear([reading, replace(reading, at=NOW + timedelta(minutes=9))])
    assert [e.kind.value for e in events] == ["started"]
    assert memory.run_key == "r1"


def test_progress_does_not_fall_within_a_run() -> None:
    high = Reading(M.RUNNING, NOW, progress=0.6, run_id="r1")
    memory, _ = hear([high, replace(high, progress=0.4, at=NOW + timedelta(seconds=1))])
    assert memory.last is not None
    assert memory.last.progress == 0.6


def test_a_run_that_nobody_saw_end_is_lost_not_done() -> None:
    _memory, events = hear([*run(M.RUNNING), Reading(M.IDLE, NOW + timedelta(minutes=5))])
    assert [e.kind.value for e in events] == ["started", "lost"]


def test_offline_says_nothing_of_the_run() -> None:
    memory, events = hear([*run(M.RUNNING), Reading(M.OFFLINE, NOW + timedelta(minutes=1))])
    assert memory.run_key == "r1"
    assert len(events) == 1


@given(st.floats(allow_nan=False))
def test_a_machines_clock_is_believed_within_two_minutes_and_never_in_the_future(claimed: float) -> None:
    at = moment(claimed, NOW)
    assert at <= NOW
    assert NOW - at <= CLOCK_TOLERANCE


def test_silence_is_three_reports() -> None:
    assert not is_stale(NOW, NOW + timedelta(seconds=89), 30)
    assert is_stale(NOW, NOW + timedelta(seconds=91), 30)
    assert is_stale(None, NOW, 30)
