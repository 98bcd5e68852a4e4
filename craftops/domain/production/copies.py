"""The copies of an order line, spread over jobs: none is lost, none is made up.

A line's jobs may be split, put together again, made again in part. Through all of it every copy is either planned,
being made, done, or owed (its job ended without it, and no other job makes it yet): the four add up to the line's
quantity.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from craftops.domain.production.jobs import ACTIVE, JOB_ENDED, WAITING, Job, JobState, JobStep, step_job
from craftops.errors import IllegalMove, IntakeError


@dataclass(frozen=True, slots=True)
class Copies:
    """Where the copies of a line are. ``failed`` counts what was made and was bad, beside the others."""

    planned: int = 0
    running: int = 0
    done: int = 0
    owed: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        """All copies that the line asks for."""
        return self.planned + self.running + self.done + self.owed


class CountableJob(Protocol):
    """A job as far as its copies go."""

    @property
    def id(self) -> int: ...
    @property
    def state(self) -> str: ...
    @property
    def copies(self) -> int: ...
    @property
    def copies_done(self) -> int: ...
    @property
    def copies_failed(self) -> int: ...
    @property
    def replaces(self) -> int | None: ...


def count(jobs: Iterable[CountableJob]) -> Copies:
    """The copies of one line from all its jobs, cancelled and replaced ones among them."""
    known = tuple(jobs)
    replaced = {job.replaces for job in known if job.replaces is not None}
    planned = running = done = owed = failed = 0
    for job in known:
        failed += job.copies_failed
        done += job.copies_done
        left = job.copies - job.copies_done
        if job.state in WAITING:
            planned += left
        elif job.state in ACTIVE:
            running += left
        elif job.id not in replaced:
            owed += left
    return Copies(planned, running, done, owed, failed)


def is_made(job: Job) -> bool:
    """Done, or it ended otherwise and staff found every copy of it to be good."""
    return job.state is JobState.DONE or (job.state in JOB_ENDED and job.copies_done >= job.copies)


def missing(jobs: Iterable[CountableJob]) -> int:
    """The copies that were ordered, and that no job of these makes or will make: somebody must plan them again."""
    return count(jobs).owed


def settle(job: Job, done: int, failed: int, *, at: datetime) -> Job:
    """What came of a run: ``done`` good copies and ``failed`` bad ones; the rest was never made.

    A job that was at work ends with it: as done when there is a good copy, else as failed. Raises IntakeError for
    numbers that cannot be, IllegalMove for a job that has not begun.
    """
    if min(done, failed) < 0 or done + failed > job.copies:
        sentence = f"{job.code} makes {job.copies}: good and bad copies together cannot be more."
        raise IntakeError(sentence, {"done": sentence})
    if job.state in WAITING:
        raise IllegalMove(f"{job.code} has not begun, so nothing has come of it yet.")
    if job.state in ACTIVE:
        step = JobStep.FINISH if done else JobStep.FAIL
        job = step_job(job, step, at=at, reason="" if done else "No copy was good.")
    return replace(job, copies_done=done, copies_failed=failed)


def again(job: Job, *, id: int, code: str) -> Job:
    """The job that makes the missing copies of an ended one, linked to it; it has no machine yet.

    Raises IllegalMove when the job has not ended, or no copy is missing.
    """
    if job.state not in JOB_ENDED:
        raise IllegalMove(f"{job.code} has not ended.")
    missing = job.copies - job.copies_done
    if not missing:
        raise IllegalMove(f"Every copy of {job.code} is there.")
    return Job(
        id=id,
        code=code,
        order_id=job.order_id,
        line_id=job.line_id,
        copies=missing,
        state=JobState.PLANNED,
        planned_s=job.planned_s * missing / job.copies,
        duration_source=job.duration_source,
        replaces=job.id,
    )


def split(job: Job, off: int, *, id: int, code: str) -> tuple[Job, Job]:
    """Two jobs of one that waits: ``off`` copies go to the new one, which stands where the old one stands.

    Raises IllegalMove when it has begun, IntakeError when one of both would be empty.
    """
    if job.state not in WAITING:
        raise IllegalMove("Only a job that has not begun can be split.")
    if not 0 < off < job.copies:
        sentence = f"Take between 1 and {job.copies - 1} copies off." if job.copies > 1 else "One copy cannot be split."
        raise IntakeError(sentence, {"copies": sentence})
    share = off / job.copies
    kept = replace(job, copies=job.copies - off, planned_s=job.planned_s * (1 - share))
    return kept, replace(job, id=id, code=code, copies=off, planned_s=job.planned_s * share)


def may_merge(job: Job, other: Job) -> str:
    """Why two jobs cannot become one, as a sentence; empty when they can."""
    if job.id == other.id:
        return "Choose another job."
    if job.line_id != other.line_id:
        return "Only jobs of the same line can be put together."
    if job.state not in WAITING or other.state not in WAITING:
        return "Only jobs that have not begun can be put together."
    if job.replaces != other.replaces:
        return "One of them makes another job's copies again; that would be forgotten."
    return ""


def merge(job: Job, other: Job) -> Job:
    """One job that makes the copies of both, in the place of the first. Raises IllegalMove (see ``may_merge``)."""
    if why := may_merge(job, other):
        raise IllegalMove(why)
    return replace(job, copies=job.copies + other.copies, planned_s=job.planned_s + other.planned_s)
