"""Jobs (one run of one machine) and operations (a human step after it): states, tables, pure steps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from craftops.errors import IllegalMove


class JobState(StrEnum):
    """Where a job is. PLANNED has no machine yet; QUEUED stands in a machine's queue."""

    PLANNED = "planned"
    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    ATTENTION = "attention"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class JobStep(StrEnum):
    """What can happen to a job."""

    QUEUE = "queue"
    UNQUEUE = "unqueue"
    START = "start"
    PAUSE = "pause"
    ATTENTION = "attention"
    RESUME = "resume"
    FINISH = "finish"
    FAIL = "fail"
    CANCEL = "cancel"


J = JobState
WAITING = frozenset({J.PLANNED, J.QUEUED})
ACTIVE = frozenset({J.RUNNING, J.PAUSED, J.ATTENTION})
OPEN = WAITING | ACTIVE
JOB_ENDED = frozenset({J.DONE, J.FAILED, J.CANCELLED})

STEPS: dict[tuple[JobState, JobStep], JobState] = {
    (J.PLANNED, JobStep.QUEUE): J.QUEUED,
    (J.QUEUED, JobStep.QUEUE): J.QUEUED,
    (J.QUEUED, JobStep.UNQUEUE): J.PLANNED,
    (J.QUEUED, JobStep.START): J.RUNNING,
    (J.RUNNING, JobStep.PAUSE): J.PAUSED,
    (J.ATTENTION, JobStep.PAUSE): J.PAUSED,
    (J.RUNNING, JobStep.ATTENTION): J.ATTENTION,
    (J.PAUSED, JobStep.ATTENTION): J.ATTENTION,
    (J.PAUSED, JobStep.RESUME): J.RUNNING,
    (J.ATTENTION, JobStep.RESUME): J.RUNNING,
    (J.PLANNED, JobStep.CANCEL): J.CANCELLED,
    (J.QUEUED, JobStep.CANCEL): J.CANCELLED,
} | {
    (state, step): end
    for state in ACTIVE
    for step, end in (
        (JobStep.FINISH, J.DONE),
        (JobStep.FAIL, J.FAILED),
        (JobStep.CANCEL, J.CANCELLED),
    )
}


class DurationSource(StrEnum):
    """Where a planned duration comes from, best first."""

    MACHINE = "machine"
    STAFF = "staff"
    SLICER = "slicer"
    MACHINE_CODE = "machine_code"
    """Worked out from the moves of code whose slicer does not say it."""
    HISTORY = "history"
    MEASURED_FILE = "measured_file"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Job:
    """One run of one machine for one order line. Durations in seconds, times aware UTC."""

    id: int
    code: str
    order_id: int
    line_id: int
    copies: int
    state: JobState
    planned_s: float
    duration_source: DurationSource = DurationSource.DEFAULT
    machine_id: int | None = None
    position: float = 0.0
    """Place in the machine's queue, smallest first."""
    run_key: str = ""
    progress: float | None = None
    remaining_s: float | None = None
    """The machine's own word, as of ``reported_at``."""
    reported_at: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    interrupted_at: datetime | None = None
    interrupted_s: float = 0.0
    """Seconds spent paused or waiting for hands, without the interruption that lasts."""
    reason: str = ""
    copies_done: int = 0
    """Good copies, as the machine or staff say; of a job that is done all of them, unless staff said fewer."""
    copies_failed: int = 0
    """Copies that staff found to be bad."""
    replaces: int | None = None
    """The job whose missing copies this one makes again."""


def step_job(job: Job, step: JobStep, *, at: datetime, reason: str = "", run_key: str = "") -> Job:
    """Take a job one step on. One that is planned again stands at no machine.

    Raises IllegalMove when the table has no such step; a repeated pause, resume, start or finish (the job is
    there already) returns the job unchanged, so that a duplicated message does no harm.
    """
    after = STEPS.get((job.state, step))
    if after is None:
        if job.state is _GOAL.get(step):
            return job
        raise IllegalMove(f"A job that is {job.state.value} cannot {step.value}.")
    changed = replace(job, state=after, reason=reason)
    if after is J.PLANNED:
        return replace(changed, machine_id=None)
    if step is JobStep.START:
        return replace(changed, started_at=at, run_key=run_key or job.run_key, copies_done=0, copies_failed=0)
    if after in (J.PAUSED, J.ATTENTION) and job.interrupted_at is None:
        return replace(changed, interrupted_at=at)
    if after in (J.RUNNING, *JOB_ENDED):
        changed = replace(changed, interrupted_s=_interrupted(job, at), interrupted_at=None)
    if after in JOB_ENDED:
        changed = replace(changed, finished_at=at)
        if after is J.DONE:
            changed = replace(changed, progress=1.0, remaining_s=0.0, copies_done=job.copies, copies_failed=0)
        else:  # what was made of it counts, and its bar no longer
            share = job.copies_done / job.copies if job.copies_done else None
            changed = replace(changed, progress=share, remaining_s=None)
    return changed


def restored(job: Job) -> Job:
    """A job that was cancelled with its order, which is not cancelled any more: as it was planned. Raises IllegalMove
    for one that a machine has begun: it is made anew."""
    if job.state is not J.CANCELLED or job.started_at is not None:
        raise IllegalMove(f"A job that is {job.state.value} cannot be planned again.")
    return replace(job, state=J.PLANNED, machine_id=None, finished_at=None)


_GOAL = {
    JobStep.START: J.RUNNING,
    JobStep.RESUME: J.RUNNING,
    JobStep.PAUSE: J.PAUSED,
    JobStep.ATTENTION: J.ATTENTION,
    JobStep.FINISH: J.DONE,
    JobStep.FAIL: J.FAILED,
    JobStep.CANCEL: J.CANCELLED,
    JobStep.UNQUEUE: J.PLANNED,
}


def _interrupted(job: Job, at: datetime) -> float:
    if job.interrupted_at is None:
        return job.interrupted_s
    return job.interrupted_s + max(0.0, (at - job.interrupted_at).total_seconds())


def active_seconds(job: Job, now: datetime) -> float:
    """Seconds that the machine has worked on this job, interruptions left out; 0 before it starts."""
    if job.started_at is None:
        return 0.0
    end = job.finished_at or now
    return max(0.0, (end - job.started_at).total_seconds() - _interrupted(job, end))


class OperationKind(StrEnum):
    """Hand work after the machine."""

    SUPPORT_REMOVAL = "support_removal"
    CLEANING = "cleaning"
    DEBURRING = "deburring"
    SANDING = "sanding"
    POLISHING = "polishing"
    PAINTING = "painting"
    ASSEMBLY = "assembly"
    OTHER = "other"
