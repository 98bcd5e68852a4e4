"""Machine code that staff attach to a job: kept as it is, and asked how long it will take."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import IO

from craftops.domain.estimation.estimate import Cause
from craftops.domain.gcode.slicer_time import SlicerTime, is_gcode, slicer_time
from craftops.domain.gcode.timeline import SlicerTimeline
from craftops.domain.gcode.timeline_reader import read_timeline
from craftops.domain.people.access import SYSTEM, Actor
from craftops.domain.production.jobs import WAITING, DurationSource
from craftops.errors import IntakeError, RuleError
from craftops.services.files.intake import clean_name
from craftops.services.production.job_events import job_changed
from craftops.services.production.plates import Plate, plates_of
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.models import BlobRow, JobRow, MachineClockRow, OrderLineRow

GUESSED = (DurationSource.HISTORY, DurationSource.MEASURED_FILE, DurationSource.DEFAULT)
"""What the shop plans with as long as nothing better is known."""
BEFORE = [state.value for state in WAITING]


def attach_gcode(
    shop: Shop, job_id: int, stream: IO[bytes], name: str, *, actor: Actor, at: datetime
) -> tuple[JobRow, SlicerTime | None]:
    """Keep the machine code of a job, and plan with the time that its slicer tells, if it tells one.

    The code is taken to make all copies of the job in one run. Raises RuleError for a job that has begun,
    IntakeError for what is no machine code.
    """
    actor.must_be_staff()
    job: JobRow | None = JobRow.get_or_none(JobRow.id == job_id)
    if job is None or job.state not in BEFORE:
        raise RuleError("This job has begun already, or there is no such job.")
    sha256, size = shop.files.put(stream, shop.config.document.files.max_mb * 1_000_000)
    plates = plates_of(shop.files.path(sha256))
    if not plates or not all(is_gcode(plate.ends()[0]) for plate in plates):
        raise IntakeError(
            "This is no machine code. Send the .gcode file, or the .gcode.3mf of Bambu Studio or OrcaSlicer."
        )
    found = time_of(plates)
    with unit_of_work() as uow:
        BlobRow.insert(sha256=sha256, size=size, created_at=at).on_conflict_ignore().execute()
        values = {"gcode_sha": sha256, "gcode_name": clean_name(name), **_plan_of(sha256, found)}
        if not JobRow.update(values).where(JobRow.id == job_id, JobRow.state.in_(BEFORE)).execute():
            raise RuleError("This job has begun already.")
        uow.enqueue("read_clock", {"sha256": sha256}, at=at, dedupe=f"clock:{sha256}")
        job_changed(shop, uow, job, actor=actor, at=at, cause=Cause.QUEUE_CHANGED)
    return JobRow.get_by_id(job_id), found


@dataclass(frozen=True, slots=True)
class Fitting:
    """The jobs of a line that machine code of an earlier run fits; without any, why not."""

    jobs: tuple[JobRow, ...]
    why_not: str


def where_it_fits(line_id: int, job_id: int) -> Fitting:
    """Which jobs of a line, not begun yet, may take the machine code of an earlier job as it is.

    It makes what it was cut for: the same bytes of the same material, as many copies as then.
    """
    line: OrderLineRow = OrderLineRow.get_by_id(line_id)
    then: JobRow = JobRow.get_by_id(job_id)
    if line.file is None or then.line.file is None or line.file.blob_id != then.line.file.blob_id:
        return Fitting((), "Its machine code is for another file.")
    if line.material != then.line.material:
        return Fitting((), "Its machine code is for another material.")
    waiting = list(JobRow.select().where(JobRow.line == line.id, JobRow.state.in_(BEFORE)).order_by(JobRow.id))
    fitting = tuple(job for job in waiting if job.copies == then.copies and job.gcode_sha != then.gcode_sha)
    if not fitting and any(job.copies != then.copies for job in waiting):
        return Fitting((), f"Its machine code makes {then.copies} at once. Split or join the job to as many first.")
    return Fitting(fitting, "")


def take_over(shop: Shop, job_id: int, from_job: int, *, actor: Actor, at: datetime) -> JobRow:
    """Give a job the machine code of the run that made the same before, with the time that its slicer tells.

    Taken twice, nothing happens. Raises RuleError where it does not fit, or the job has begun.
    """
    actor.must_be_staff()
    job: JobRow | None = JobRow.get_or_none(JobRow.id == job_id)
    then: JobRow | None = JobRow.get_or_none(JobRow.id == from_job, JobRow.gcode_sha != "")
    if job is None or then is None or not shop.files.has(then.gcode_sha):
        raise RuleError("There is no such machine code any more.")
    if job.gcode_sha == then.gcode_sha:
        return job
    fitting = where_it_fits(job.line_id, then.id)
    if job.id not in [one.id for one in fitting.jobs]:
        raise RuleError(fitting.why_not or "This job has begun already.")
    found = time_of(plates_of(shop.files.path(then.gcode_sha)))
    values = {"gcode_sha": then.gcode_sha, "gcode_name": then.gcode_name, **_plan_of(then.gcode_sha, found)}
    with unit_of_work() as uow:
        if not JobRow.update(values).where(JobRow.id == job_id, JobRow.state.in_(BEFORE)).execute():
            raise RuleError("This job has begun already.")
        job_changed(shop, uow, job, actor=actor, at=at, cause=Cause.QUEUE_CHANGED)
    fresh: JobRow = JobRow.get_by_id(job_id)
    return fresh


def _plan_of(sha256: str, found: SlicerTime | None) -> dict[str, object]:
    """The columns of a job that say how long its machine code takes: what the slicer says, else what the moves add up
    to, once they were read (``read_timeline_of``); else nothing, and the shop's own figure stays."""
    if found is not None:
        return {"planned_s": found.seconds, "duration_source": DurationSource.SLICER.value}
    row = MachineClockRow.get_or_none(MachineClockRow.sha256 == sha256)
    return _worked_out(SlicerTimeline.from_json(row.clock)) if row is not None and row.clock else {}


def _worked_out(clock: SlicerTimeline) -> dict[str, object]:
    if clock.total_s <= 0.0:
        return {}
    return {"planned_s": round(clock.total_s, 1), "duration_source": DurationSource.MACHINE_CODE.value}


def time_of(plates: list[Plate]) -> SlicerTime | None:
    """What the slicer plans for all plates, one after the other; None where it does not say it of each."""
    told = [slicer_time(*plate.ends()) for plate in plates]
    known = [one for one in told if one is not None]
    return SlicerTime(sum(one.seconds for one in known), known[0].slicer) if known and len(known) == len(told) else None


def read_timeline_of(shop: Shop, sha256: str, *, at: datetime) -> None:
    """Read the slicer's clock out of machine code, for the estimate of the runs that use it (the worker does it). Jobs
    that wait with code whose slicer says no time are planned with what its moves add up to.

    Of several plates there is none: a machine makes one of them in a run, and nobody tells which.
    """
    if MachineClockRow.get_or_none(MachineClockRow.sha256 == sha256) is not None:
        return
    plates = plates_of(shop.files.path(sha256))
    clock = read_timeline(plates[0].code()) if len(plates) == 1 else None
    silent = clock is not None and time_of(plates) is None
    with unit_of_work() as uow:
        MachineClockRow.insert(sha256=sha256, clock=clock.to_json() if clock else None).on_conflict_ignore().execute()
        values = _worked_out(clock) if clock is not None and silent else {}
        guessed = JobRow.duration_source.in_([one.value for one in GUESSED])
        waiting = JobRow.select().where(JobRow.gcode_sha == sha256, JobRow.state.in_(BEFORE), guessed)
        for job in list(waiting) if values else ():
            JobRow.update(values).where(JobRow.id == job.id).execute()
            job_changed(shop, uow, job, actor=SYSTEM, at=at, cause=Cause.QUEUE_CHANGED)
