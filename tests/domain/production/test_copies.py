"""Laws of copies: however a line's jobs are cut up, run, failed and made again, no copy is lost or made up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from craftops.domain.production import copies
from craftops.domain.production.copies import Copies
from craftops.domain.production.jobs import ACTIVE, JOB_ENDED, STEPS, Job, JobState, JobStep, step_job
from craftops.errors import IllegalMove, IntakeError

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
INDEX = st.integers(0, 30)
NUMBER = st.integers(-1, 40)


class Line(RuleBasedStateMachine):
    """A line and everything that people and machines may do to its jobs."""

    @initialize(quantity=st.integers(1, 40))
    def place(self, quantity: int) -> None:
        self.quantity = quantity
        self.at = NOW
        self.jobs = {1: Job(1, "K-1", 1, 1, quantity, JobState.PLANNED, 3600.0 * quantity)}
        self.hours = float(quantity)

    def pick(self, index: int) -> Job:
        return list(self.jobs.values())[index % len(self.jobs)]

    def fresh(self) -> int:
        return max(self.jobs) + 1

    @rule(index=INDEX, step=st.sampled_from(list(JobStep)))
    def step(self, index: int, step: JobStep) -> None:
        job = self.pick(index)
        self.at += timedelta(minutes=1)
        if (job.state, step) in STEPS:
            self.jobs[job.id] = step_job(job, step, at=self.at)

    @rule(index=INDEX, made=NUMBER)
    def report(self, index: int, made: int) -> None:
        job = self.pick(index)
        if job.state in ACTIVE:
            self.jobs[job.id] = replace(job, copies_done=max(job.copies_done, min(job.copies, max(0, made))))

    @rule(index=INDEX, done=NUMBER, failed=NUMBER)
    def settle(self, index: int, done: int, failed: int) -> None:
        job = self.pick(index)
        if any(one.replaces == job.id for one in self.jobs.values()):
            return  # the service refuses it: its missing copies are on their way already
        try:
            after = copies.settle(job, done, failed, at=self.at)
        except IntakeError:
            assert min(done, failed) < 0 or done + failed > job.copies
        except IllegalMove:
            assert job.state in copies.WAITING
        else:
            assert after.state in JOB_ENDED
            assert (after.copies_done, after.copies_failed) == (done, failed)
            self.jobs[job.id] = after

    @rule(index=INDEX)
    def again(self, index: int) -> None:
        job = self.pick(index)
        if any(one.replaces == job.id for one in self.jobs.values()):
            return
        try:
            fresh = copies.again(job, id=self.fresh(), code=f"K-1.{self.fresh()}")
        except IllegalMove:
            assert job.state not in JOB_ENDED or job.copies_done == job.copies
        else:
            assert fresh.replaces == job.id
            self.jobs[fresh.id] = fresh

    @rule(index=INDEX, off=NUMBER)
    def split(self, index: int, off: int) -> None:
        job = self.pick(index)
        try:
            kept, other = copies.split(job, off, id=self.fresh(), code=f"K-1.{self.fresh()}")
        except IllegalMove:
            assert job.state not in copies.WAITING
        except IntakeError:
            assert not 0 < off < job.copies
        else:
            assert min(kept.copies, other.copies) > 0
            assert kept.planned_s + other.planned_s == pytest.approx(job.planned_s)
            self.jobs |= {kept.id: kept, other.id: other}

    @rule(one=INDEX, two=INDEX)
    def merge(self, one: int, two: int) -> None:
        job, other = self.pick(one), self.pick(two)
        if copies.may_merge(job, other):
            with pytest.raises(IllegalMove):
                copies.merge(job, other)
            return
        self.jobs[job.id] = copies.merge(job, other)
        del self.jobs[other.id]

    @invariant()
    def nothing_is_lost(self) -> None:
        found = copies.count(self.jobs.values())
        assert found.total == self.quantity
        assert min(found.planned, found.running, found.done, found.owed, found.failed) >= 0

    @invariant()
    def every_reprint_has_its_reason(self) -> None:
        for job in self.jobs.values():
            assert job.copies > 0
            assert job.planned_s > 0
            if job.replaces is not None:
                assert self.jobs[job.replaces].state in JOB_ENDED


TestCopies = Line.TestCase


def running(count: int) -> Job:
    job = Job(1, "K-1", 1, 1, count, JobState.PLANNED, 3600.0)
    return step_job(step_job(job, JobStep.QUEUE, at=NOW), JobStep.START, at=NOW)


def test_seven_of_ten_are_done_and_one_is_bad() -> None:
    ended = copies.settle(running(10), 7, 1, at=NOW)
    assert ended.state is JobState.DONE
    assert copies.count([ended]) == Copies(done=7, owed=3, failed=1)
    fresh = copies.again(ended, id=2, code="K-1.A")
    assert (fresh.copies, fresh.planned_s) == (3, 1080.0)
    assert copies.count([ended, fresh]) == Copies(planned=3, done=7, failed=1)


def test_a_run_without_a_good_copy_has_failed() -> None:
    assert copies.settle(running(4), 0, 4, at=NOW).state is JobState.FAILED


def test_what_staff_find_later_counts() -> None:
    done = step_job(running(5), JobStep.FINISH, at=NOW)
    assert copies.count([done]) == Copies(done=5)
    assert copies.count([copies.settle(done, 4, 1, at=NOW)]) == Copies(done=4, owed=1, failed=1)


def test_a_reprint_is_not_merged_into_what_it_does_not_belong_to() -> None:
    job = Job(1, "K-1", 1, 1, 2, JobState.PLANNED, 10.0)
    assert "made again" not in copies.may_merge(job, replace(job, id=2))
    with pytest.raises(IllegalMove, match="forgotten"):
        copies.merge(job, replace(job, id=2, replaces=7))
