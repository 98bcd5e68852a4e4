"""Laws of jobs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from craftops.domain.production.jobs import (
    ACTIVE,
    JOB_ENDED,
    STEPS,
    Job,
    JobState,
    JobStep,
    active_seconds,
    restored,
    step_job,
)
from craftops.errors import IllegalMove

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
JOB = Job(1, "K7RCX3-1", 1, 1, 1, JobState.PLANNED, 3600.0)


@given(st.lists(st.tuples(st.sampled_from(list(JobStep)), st.integers(0, 600)), max_size=30))
def test_any_series_of_steps_keeps_the_books(steps: list[tuple[JobStep, int]]) -> None:
    job, at = JOB, NOW
    for step, seconds in steps:
        at += timedelta(seconds=seconds)
        before = job
        try:
            job = step_job(job, step, at=at)
        except IllegalMove:
            assert (before.state, step) not in STEPS
            continue
        if before.state in JOB_ENDED:
            assert job is before, "an end is an end"
        assert (job.state in ACTIVE) <= (job.started_at is not None)
        assert (job.state in JOB_ENDED and before.state in ACTIVE) <= (job.finished_at is not None)
        assert job.interrupted_s >= 0
        assert 0 <= active_seconds(job, at) <= (at - NOW).total_seconds()
        assert (job.interrupted_at is not None) == (job.state in (JobState.PAUSED, JobState.ATTENTION))


@pytest.mark.parametrize("step", [JobStep.START, JobStep.PAUSE, JobStep.FINISH])
def test_a_repeated_step_changes_nothing(step: JobStep) -> None:
    job = step_job(step_job(JOB, JobStep.QUEUE, at=NOW), JobStep.START, at=NOW)
    once = step_job(job, step, at=NOW)
    assert step_job(once, step, at=NOW + timedelta(hours=1)) == once


def test_a_pause_is_not_machine_time() -> None:
    job = step_job(step_job(JOB, JobStep.QUEUE, at=NOW), JobStep.START, at=NOW)
    job = step_job(job, JobStep.PAUSE, at=NOW + timedelta(minutes=10))
    job = step_job(job, JobStep.RESUME, at=NOW + timedelta(minutes=80))
    assert job.interrupted_s == 70 * 60
    assert active_seconds(job, NOW + timedelta(minutes=90)) == 20 * 60


def test_a_job_that_went_with_its_order_comes_back_as_it_was_planned() -> None:
    queued = replace(step_job(JOB, JobStep.QUEUE, at=NOW), machine_id=7)
    assert step_job(queued, JobStep.UNQUEUE, at=NOW) == JOB, "at no machine"
    assert restored(step_job(queued, JobStep.CANCEL, at=NOW)) == JOB
    begun = step_job(step_job(queued, JobStep.START, at=NOW), JobStep.CANCEL, at=NOW)
    for other in (JOB, queued, begun):
        with pytest.raises(IllegalMove):
            restored(other)
