"""From lines to work: the jobs and operations of an order, and how long they take."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any, Protocol

from craftops.domain.estimation.estimate import Cause
from craftops.domain.files.designs import analysis_from_json
from craftops.domain.orders.order import CODE_ALPHABET, OrderLine, Specification
from craftops.domain.production.copies import again
from craftops.domain.production.jobs import DurationSource, Job, JobState, OperationKind
from craftops.domain.shop.catalogue import Specified
from craftops.services.estimation import estimating
from craftops.services.shop.context import Shop
from craftops.store.mapping import save_job, to_job
from craftops.store.models import JobRow, OperationRow, OrderLineRow, OrderRow


class MeasuredFile(Protocol):
    """A file as far as it says what making it takes."""

    @property
    def verdict(self) -> str: ...
    @property
    def analysis(self) -> dict[str, Any] | None: ...


class PlannedLine(Specified, Protocol):
    """A line of an order, or one that is being written, as far as it says what making it takes."""

    @property
    def id(self) -> int: ...
    @property
    def order_id(self) -> int: ...
    @property
    def title(self) -> str: ...
    @property
    def quantity(self) -> int: ...
    @property
    def instructions(self) -> str: ...
    @property
    def file_id(self) -> int | None: ...
    @property
    def revision(self) -> int: ...
    @property
    def file(self) -> MeasuredFile | None: ...


def process_of(shop: Shop, line: Specified) -> str:
    """The process that the line's material is made by."""
    material = shop.catalogue.material_of(line)
    return material.process if material else "other"


def line_seconds(shop: Shop, line: PlannedLine, other: MeasuredFile | None = None) -> tuple[float, DurationSource]:
    """Machine seconds for the whole quantity of a line, and where the figure comes from.

    ``other``: as if the line had this file.
    """
    seconds, source = copy_seconds(shop, line, other)
    return seconds * line.quantity, source


def copy_seconds(shop: Shop, line: PlannedLine, other: MeasuredFile | None = None) -> tuple[float, DurationSource]:
    """As ``line_seconds``, for one copy."""
    file = other or line.file
    analysis = analysis_from_json(file.analysis) if file and file.analysis else None
    process = process_of(shop, line)
    spec = Specification(line.material, line.colour, line.finish, line.instructions)
    asked = OrderLine(line.id, line.order_id, line.title, line.quantity, spec, line.file_id, line.revision)
    one = shop.plugins.ask("estimate_duration", line=asked, analysis=analysis, process=process)
    source = (
        DurationSource.MEASURED_FILE if analysis and (analysis.mesh or analysis.drawing) else DurationSource.DEFAULT
    )
    return float(one or 3600.0), source


def plan_order(shop: Shop, order: OrderRow) -> None:
    """One job for each line, and the hand work that its material and finish ask for."""
    for number, line in enumerate(order.lines.order_by(OrderLineRow.position), start=1):
        seconds, source = line_seconds(shop, line)
        JobRow.create(
            code=f"{order.code}-{number}",
            order=order,
            line=line,
            copies=line.quantity,
            state=JobState.PLANNED.value,
            planned_s=seconds,
            duration_source=source.value,
        )
        for operation in hand_work(shop, line):
            operation.order, operation.line = order, line
            operation.save()


def hand_work(shop: Shop, line: PlannedLine) -> list[OperationRow]:
    """The hand work that a line's material and finish ask for, not saved and of no order yet."""
    material, finish = shop.catalogue.material_of(line), shop.catalogue.finish_of(line)
    found = []
    if material and material.base_operation and material.base_minutes:
        found.append(_operation(material.base_operation, material.base_minutes * line.quantity))
    if finish and (finish.minutes or finish.setup_minutes):
        found.append(_operation(finish.operation.value, finish.setup_minutes + finish.minutes * line.quantity))
    return found


def _operation(kind: str, minutes: float) -> OperationRow:
    known = kind if kind in {k.value for k in OperationKind} else OperationKind.OTHER.value
    title = kind if known == OperationKind.OTHER.value else ""
    return OperationRow(kind=known, title=title, minutes=minutes)


def drop_machine_code(line_id: int) -> None:
    """Of a line whose file has changed: jobs that nobody has begun are sliced anew."""
    waiting = [JobState.PLANNED.value, JobState.QUEUED.value]
    mine = (JobRow.line == line_id) & JobRow.state.in_(waiting) & (JobRow.gcode_sha != "")
    JobRow.update(gcode_sha="", gcode_name="").where(mine).execute()


def refresh_durations(shop: Shop, order: OrderRow, *, at: datetime) -> None:
    """After a file was measured: the jobs that nobody has begun take the better figure. What staff, the machine or its
    machine code say is better than any."""
    waiting = [JobState.PLANNED.value, JobState.QUEUED.value]
    for job in JobRow.select().where(JobRow.order == order.id, JobRow.state.in_(waiting)):
        of_code = job.duration_source in (DurationSource.SLICER.value, DurationSource.MACHINE_CODE.value)
        if job.duration_source in (DurationSource.STAFF.value, DurationSource.MACHINE.value) or (
            of_code and job.gcode_sha
        ):
            continue
        seconds, source = line_seconds(shop, job.line)
        share = job.copies / max(1, job.line.quantity)
        JobRow.update(planned_s=seconds * share, duration_source=source.value).where(JobRow.id == job.id).execute()
    estimating.reestimate(shop, [order.id], cause=Cause.QUEUE_CHANGED, at=at)


def change_jobs(order_id: int, states: Collection[JobState], change: Callable[[Job], Job]) -> None:
    """Change the jobs of an order that are in these states, and that no machine has begun."""
    mine = (JobRow.order == order_id) & JobRow.started_at.is_null()
    for row in JobRow.select().where(mine, JobRow.state.in_([state.value for state in states])):
        save_job(change(to_job(row)))


def next_code(job: JobRow) -> str:
    """A code for another job of the same line."""
    stem = job.code.split(".")[0]
    return f"{stem}.{''.join(secrets.choice(CODE_ALPHABET) for _ in range(3))}"


def create_job(job: Job) -> JobRow:
    """Write a new job down; its id is given by the store."""
    row: JobRow = JobRow.create(
        code=job.code,
        order=job.order_id,
        line=job.line_id,
        machine=job.machine_id,
        copies=job.copies,
        state=job.state.value,
        planned_s=job.planned_s,
        duration_source=job.duration_source.value,
        position=job.position,
        replaces=job.replaces,
    )
    return row


def plan_again(job: JobRow) -> JobRow:
    """A fresh job for the copies that an ended one lacks, linked to it. Raises IllegalMove when none is missing."""
    return create_job(again(to_job(job), id=0, code=next_code(job)))
