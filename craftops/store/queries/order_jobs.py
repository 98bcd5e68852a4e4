"""The jobs of one order as its page reads them, in one query."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from peewee import JOIN, SQL

from craftops.domain.production.jobs import DurationSource, Job, JobState
from craftops.store.models import CameraRow, DesignFileRow, JobRow, MachineRow, OrderLineRow, OrderRow
from craftops.store.prepared import Prepared
from craftops.store.viewing import columns
from craftops.store.views.production import LineOfJob, MachineOfJob, OrderJob, PartFile, SeenByCamera, StaffJob

OF_JOB = columns(Job, JobRow)
OF_LINE = columns(LineOfJob, OrderLineRow)
OF_CAMERA = columns(SeenByCamera, CameraRow)
OF_FILE = columns(PartFile, DesignFileRow)
OF_PICTURE = [SQL("NULL") if one is DesignFileRow.analysis else one for one in OF_FILE]
"""The same of a file without what was found in it, which may be long."""
OF_MACHINE = columns(MachineOfJob, MachineRow)
STATE, SOURCE = Job.__slots__.index("state"), Job.__slots__.index("duration_source")


def _joined(*more: Any) -> Any:
    query = JobRow.select(*OF_JOB, *OF_LINE, *OF_CAMERA, JobRow.camera_shared, JobRow.evidence, *more)
    query = query.join(OrderLineRow).switch(JobRow)
    return query.join(CameraRow, JOIN.LEFT_OUTER, on=(CameraRow.machine == JobRow.machine))


def _jobs(order: Any) -> Any:
    return _joined().where(JobRow.order == order).order_by(JobRow.id)


def staff_jobs(of_file: Sequence[Any] = OF_FILE) -> Any:
    """A select of jobs with all that ``staff_job`` is made of, of any order."""
    more = (*of_file, *OF_MACHINE, OrderRow.code, OrderRow.stage, JobRow.gcode_sha, JobRow.gcode_name)
    query = _joined(*more).switch(OrderLineRow).join(DesignFileRow, JOIN.LEFT_OUTER)
    return query.switch(JobRow).join(MachineRow, JOIN.LEFT_OUTER).switch(JobRow).join(OrderRow).order_by(JobRow.id)


def _cut(values: tuple[Any, ...], *sizes: int) -> tuple[tuple[Any, ...], ...]:
    """As many values as there are in each of these parts, then what is left."""
    parts, begin = [], 0
    for size in sizes:
        parts.append(values[begin : begin + size])
        begin += size
    return (*parts, values[begin:])


def _own(job: tuple[Any, ...], line: tuple[Any, ...], camera: tuple[Any, ...]) -> tuple[Any, ...]:
    told = list(job)
    told[STATE], told[SOURCE] = JobState(job[STATE]), DurationSource(job[SOURCE])
    return Job(*told), LineOfJob(*line), SeenByCamera(*camera) if camera[0] is not None else None


def _order_job(*values: Any) -> OrderJob:
    *parts, rest = _cut(values, len(OF_JOB), len(OF_LINE), len(OF_CAMERA))
    job, line, camera = _own(*parts)
    return OrderJob(job, line, rest[0], camera, rest[1])


def staff_job(*values: Any) -> StaffJob:
    """Of the columns of ``staff_jobs``."""
    job, line, camera, own, file, machine, rest = _cut(
        values, len(OF_JOB), len(OF_LINE), len(OF_CAMERA), 2, len(OF_FILE), len(OF_MACHINE)
    )
    made, made_of, seen = _own(job, line, camera)
    return StaffJob(
        made, made_of, own[0], seen, own[1],
        PartFile(*file) if file[0] is not None else None, MachineOfJob(*machine) if machine[0] is not None else None,
        rest[0], rest[1], rest[2], rest[3], False,
    )  # fmt: skip


_OF_ORDER: Prepared[OrderJob] = Prepared(_jobs, _order_job)
_OF_STAFF: Prepared[StaffJob] = Prepared(lambda order: staff_jobs().where(JobRow.order == order), staff_job)


def jobs_of(order_id: int) -> list[OrderJob]:
    """The jobs of an order, the oldest first, each with what its machine's camera saw last."""
    return _OF_ORDER.all(order_id)


def staff_jobs_of(order_id: int) -> list[StaffJob]:
    """The same with all that a page of staff says of them."""
    found = _OF_STAFF.all(order_id)
    again = {one.replaces_id for one in found}
    return [replace(one, replaced=True) if one.id in again else one for one in found]
