"""Clocks that are set back, at any moment and as far as they like: what came last is what counts; late words do not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.machines.arrival import APART_S, ArrivalClock, in_order
from craftops.domain.machines.readings import MachineMemory, MachineState, Reading
from craftops.domain.machines.run_detection import interpret

M = MachineState
NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
LIVES = [M.RUNNING, M.PAUSED, M.RUNNING, M.ATTENTION, M.RUNNING, M.DONE, M.IDLE]


def heard(words: list[tuple[float, float, Reading]]) -> list[MachineMemory]:
    """The memory after each of (came, stamped, word), seconds after NOW."""
    clock: ArrivalClock | None = None
    memory, after = MachineMemory(), []
    for came, stamped, word in words:
        stampt = Reading(word.state, NOW + timedelta(seconds=stamped), run_id=word.run_id, progress=word.progress)
        clock, ordered = in_order(clock, stampt, came)
        memory, _ = interpret(memory, ordered)
        after.append(memory)
    return after


@given(
    st.lists(st.tuples(st.sampled_from(LIVES), st.integers(2, 4), st.floats(APART_S, 40.0)), min_size=2, max_size=7),
    st.floats(0.0, 90.0),
    st.floats(1.0, 40000.0),
)
def test_whenever_a_clock_is_set_back_the_second_word_after_it_is_heard(
    life: list[tuple[MachineState, int, float]], when: float, back: float
) -> None:
    """Each state is said a few times, as machines do; the second time at the latest it is known."""
    words, states, now = [], [], 0.0
    for state, times, every in life:
        for time in range(times):
            now += every
            run = "" if state is M.IDLE else "r1"
            words.append((now, now - back if now > when else now, Reading(state, NOW, run_id=run)))
            states.append((state, time))
    ended = False
    for memory, (state, time) in zip(heard(words), states, strict=True):
        if time and not ended:  # of a run that has ended nothing is news
            assert memory.last is not None
            assert memory.last.state is state
        ended = ended or state in (M.DONE, M.IDLE)


@given(st.lists(st.floats(0.0, 60.0), min_size=1, max_size=8), st.floats(0.0, 2.0))
def test_a_heap_of_late_words_is_no_news(stamps: list[float], apart: float) -> None:
    """Repeated by a broker when a connection comes back, in whatever order, between words that are in time."""
    words = [(60.0, 60.0, Reading(M.PAUSED, NOW, run_id="r1"))]
    words += [
        (61.0 + n * apart / len(stamps), at - 1.0, Reading(M.RUNNING, NOW, run_id="r1")) for n, at in enumerate(stamps)
    ]
    assert {memory.last.state for memory in heard(words) if memory.last} == {M.PAUSED}


@given(st.lists(st.floats(0.0, 8.0), min_size=2, max_size=12), st.booleans())
def test_what_a_count_knows_as_old_is_no_clock_at_whatever_pace(pauses: list[float], new: bool) -> None:
    """A broker that stumbles says the last words again, and by chance as far apart as they are stamped."""
    clock, _ = in_order(None, Reading(M.PAUSED, NOW, run_id="r1", seq=99), 0.0)
    came = 0.0
    for pause in pauses:
        came += pause
        late = Reading(M.RUNNING, NOW - timedelta(seconds=100 - came), run_id="r1", seq=None if new else 40)
        clock, word = in_order(clock, late, came, repeated=new)
        assert word is late


def test_late_words_between_true_ones_are_no_clock() -> None:
    """One that says all a minute late, beside the machine itself: a bridge of somebody else."""
    words = []
    for n in range(12):
        words.append((5.0 * n + 60, 5.0 * n + 60, Reading(M.PAUSED, NOW, run_id="r1")))
        words.append((5.0 * n + 62, 5.0 * n, Reading(M.RUNNING, NOW, run_id="r1")))
    assert {memory.last.state for memory in heard(words) if memory.last} == {M.PAUSED}


def test_what_passes_after_it_is_measured_by_when_words_came() -> None:
    clock, _ = in_order(None, Reading(M.RUNNING, NOW), 0.0)
    clock, _ = in_order(clock, Reading(M.RUNNING, NOW - timedelta(hours=1)), 10.0)
    clock, word = in_order(clock, Reading(M.RUNNING, NOW - timedelta(hours=1) + timedelta(seconds=20)), 30.0)
    assert word.at == NOW + timedelta(seconds=30)
    clock, word = in_order(clock, Reading(M.DONE, NOW - timedelta(hours=1) + timedelta(seconds=20.5)), 30.5)
    assert word.at == NOW + timedelta(seconds=30.5), "then each counts at once"
    mended = NOW + timedelta(seconds=40)
    clock, word = in_order(clock, Reading(M.IDLE, mended), 41.0)
    assert (word.at, clock.back) == (mended, None)
