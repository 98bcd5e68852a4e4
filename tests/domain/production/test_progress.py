"""How far an order is, in the two numbers that people see."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.production.progress import Moving, RunProgress, share_of, whole_percent

fractions = st.floats(0, 1)
waiting = st.builds(RunProgress, st.floats(1, 1e6), st.integers(1, 100))
done = st.builds(
    lambda seconds, copies: RunProgress(seconds, copies, 1.0, begun=True, made=copies),
    st.floats(1, 1e6),
    st.integers(1, 100),
)
active = st.builds(RunProgress, st.floats(1, 1e6), st.integers(1, 100), fractions, st.just(True), st.just(True))


@given(st.lists(waiting | done | active, max_size=6))
def test_nothing_is_more_than_all_of_it(runs: list[RunProgress]) -> None:
    share = share_of(runs)
    assert share.parts == sum(run.copies for run in runs)
    assert share_of([*runs, RunProgress(60.0, 5, 0.4, begun=True, again=True)]).parts == share.parts, (
        "others make these"
    )
    assert 0 <= share.part <= share.parts
    assert share.percent is None or 0 <= share.percent <= 100
    assert (share.percent is None) == (not any(run.begun for run in runs))


@given(active, fractions, st.lists(waiting | done, max_size=4))
def test_progress_never_takes_anything_away(run: RunProgress, further: float, others: list[RunProgress]) -> None:
    now = run.progress or 0.0
    then = RunProgress(run.planned_s, run.copies, max(now, further), begun=True, active=True)
    before, after = share_of([run, *others]), share_of([then, *others])
    assert (after.percent or 0) >= (before.percent or 0)
    assert after.part >= before.part


@given(active, st.lists(waiting | done, max_size=4), st.floats(0.0, 1e-3), st.floats(1.0, 90.0), fractions)
def test_an_order_goes_on_as_its_job_does(
    run: RunProgress, others: list[RunProgress], rate: float, seconds: float, part: float
) -> None:
    """Where the clock has it by then is what is told of the job anew, to the percent."""
    now = run.progress or 0.0
    moved = share_of([replace(run, moving=Moving(now, now, rate, seconds)), *others]).moving
    assert moved is not None
    assert moved.seconds == seconds
    assert share_of([run, *others]).moving is None
    further = now + rate * part * seconds
    then = share_of([replace(run, progress=further), *others]).percent
    by_page = whole_percent(min(1.0, moved.share + moved.rate * part * seconds))
    assert then is not None
    assert abs(by_page - then) <= 1


@given(fractions)
def test_a_hundred_percent_is_the_whole(fraction: float) -> None:
    assert (whole_percent(fraction) == 100) == (fraction >= 1 - 1e-8)


def test_floats_do_not_lose_a_percent() -> None:
    assert whole_percent(0.29) == 29
