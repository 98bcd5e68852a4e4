"""Jobs and hand work as pages show them."""

from __future__ import annotations

from collections.abc import Sequence

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from craftops.domain.machines.bed import fits
from craftops.domain.orders.workflow import ON_THE_FLOOR, Stage
from craftops.domain.production.copies import WAITING, count, may_merge
from craftops.domain.production.jobs import ACTIVE, DurationSource, JobState, OperationKind
from craftops.domain.production.progress import RunProgress, Share, share_of, whole_percent
from craftops.services.machines import cameras
from craftops.services.production import planning
from craftops.store.mapping import to_analysis, to_job
from craftops.store.models import (
    DesignFileRow,
    JobRow,
    MachineRow,
    OperationRow,
)
from craftops.web.files.present import picture_url
from craftops.web.frame import labels
from craftops.web.frame import labels as labels_frame
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.views import Choice
from craftops.web.machines import labels as machine_labels
from craftops.web.orders.present_parts import specification
from craftops.web.production import labels as production_labels
from craftops.web.production.views import JobLine, OperationLine


def share_of_jobs(jobs: list[JobRow]) -> Share:
    """How far the jobs of an order are."""
    again = {job.replaces_id for job in jobs}
    return share_of(
        RunProgress(
            job.planned_s, job.copies, job.progress, job.started_at is not None, JobState(job.state) in ACTIVE,
            job.copies_done, job.id in again,
        )
        for job in jobs
    )  # fmt: skip


def percent_of(jobs: list[JobRow]) -> int | None:
    """How much of the machine work is done, weighed by planned time."""
    return share_of_jobs(jobs).percent


def copies_of(jobs: Sequence[JobRow]) -> tuple[str, ...]:
    """Where the copies of each line are, as a sentence each; one job that nothing came of yet says nothing."""
    lines: dict[int, list[JobRow]] = {}
    for row in jobs:
        lines.setdefault(row.line_id, []).append(row)
    found = []
    for rows in lines.values():
        if len(rows) == 1 and not (rows[0].copies_done or rows[0].copies_failed):
            continue
        copies = count(to_job(row) for row in rows)
        parts = [
            _("%(n)s done", n=copies.done) if copies.done else "",
            _("%(n)s being made", n=copies.running) if copies.running else "",
            _("%(n)s planned", n=copies.planned) if copies.planned else "",
            _("%(n)s to plan again", n=copies.owed) if copies.owed else "",
        ]
        text = ", ".join(part for part in parts if part)
        if copies.failed:
            text += ngettext(" (%(num)d was bad)", " (%(num)d were bad)", copies.failed)
        found.append(f"{labels_frame.copies(copies.total)} · {rows[0].line.title}: {text}")
    return tuple(found)


KEYS = {
    Stage.IN_REVIEW: "r",
    Stage.QUEUED: "a",
    Stage.READY_FOR_PICKUP: "p",
    Stage.READY_TO_SHIP: "p",
    Stage.COMPLETED: "d",
}


def job_line(
    job: JobRow,
    sight: RequestContext,
    machines: list[MachineRow],
    *,
    first: bool = True,
    last: bool = True,
    siblings: Sequence[JobRow] = (),
) -> JobLine:
    """A job on a page. ``siblings`` are all jobs of its order, for a page that shows them."""
    state = JobState(job.state)
    word, tone = production_labels.JOB_STATES[state]
    process = planning.process_of(sight.shop, job.line)
    fitting = [m for m in machines if m.enabled and (m.process in (process, "other") or process == "other")]
    planned = labels.duration(job.planned_s)
    source = machine_labels.SOURCES[DurationSource(job.duration_source)]
    waiting = state is JobState.QUEUED
    return JobLine(
        id=job.id,
        code=job.code,
        title=f"{job.line.title} · {specification(job.line, sight.catalogue)}",
        copies=job.copies,
        state=state.value,
        state_word=str(word),
        tone=tone,
        machine=job.machine.name if job.machine else "",
        machine_url=url_for("staff.machine", key=job.machine.key) if job.machine else "",
        percent=whole_percent(job.progress) if job.progress is not None and state in ACTIVE else None,
        planned=f"{planned} ({source})",
        remaining=labels.duration(job.remaining_s) if job.remaining_s is not None and state in ACTIVE else "",
        reason=job.reason,
        order_code=job.order.code,
        order_url=url_for("staff.order", code=job.order.code),
        picture_url=picture_url(job.line.file) if job.line.file_id else "",
        can_queue=state in (JobState.PLANNED, JobState.QUEUED) and job.order.stage not in ("received", "in_review"),
        can_unqueue=waiting,
        machines=tuple(Choice(m.key, machine_label(m, job.line.file), chosen=m.id == job.machine_id) for m in fitting),
        can_move_up=waiting and not first,
        can_move_down=waiting and not last,
        gcode=job.gcode_name if job.gcode_sha else "",
        can_attach=state in (JobState.PLANNED, JobState.QUEUED),
        can_retry=_can_retry(job, state),
        outcome=_outcome(job, state),
        again_of=next((one.code for one in siblings if one.id == job.replaces_id), ""),
        can_split=state in WAITING and job.copies > 1,
        can_settle=_can_settle(job, state, sight),
        copies_done=job.copies_done,
        copies_failed=job.copies_failed,
        merge_with=tuple(_partner(o) for o in siblings if not may_merge(to_job(job), to_job(o))),
        forgets=_forgets(job, state),
        camera=("on" if job.camera_shared else "off") if cameras.can_share(sight.shop, job) else "",
    )


def _partner(job: JobRow) -> Choice:
    """A job to join with, and the machine code that this would cost."""
    label = _("%(job)s, forgets %(code)s", job=job.code, code=job.gcode_name) if job.gcode_sha else job.code
    return Choice(str(job.id), label)


def _forgets(job: JobRow, state: JobState) -> str:
    if not job.gcode_sha or state not in WAITING:
        return ""
    sentence = ngettext(
        "%(code)s makes %(num)d copy. Splitting or joining this job forgets it; attach new code afterwards.",
        "%(code)s makes %(num)d copies. Splitting or joining this job forgets it; attach new code afterwards.",
        job.copies,
        code=job.gcode_name,
    )
    return str(sentence)


def _can_retry(job: JobRow, state: JobState) -> bool:
    if state not in (JobState.FAILED, JobState.CANCELLED) or job.order.stage == Stage.CANCELLED.value:
        return False
    return not JobRow.select().where(JobRow.replaces == job.id).exists()


def _can_settle(job: JobRow, state: JobState, sight: RequestContext) -> bool:
    """Whether staff can say what came of it: it has ended, or people report for its machine."""
    if Stage(job.order.stage) not in ON_THE_FLOOR or state in WAITING:
        return False
    if state in ACTIVE:
        driver = sight.shop.plugins.machine_drivers.get(job.machine.driver) if job.machine else None
        return driver is not None and driver.by_hand
    return not JobRow.select().where(JobRow.replaces == job.id).exists()


def _outcome(job: JobRow, state: JobState) -> str:
    if not job.copies_failed and (state in WAITING or job.copies_done in (0, job.copies)):
        return ""
    good = _("%(done)s of %(all)s good", done=job.copies_done, all=job.copies)
    return good + (_(", %(n)s bad", n=job.copies_failed) if job.copies_failed else "")


def machine_label(machine: MachineRow, file: DesignFileRow | None) -> str:
    """Its name, and that the part does not fit it, where that is known."""
    analysis = to_analysis(file) if file else None
    size = analysis.size_mm if analysis else None
    if size is None or not machine.bed or fits(size, machine.bed):
        return str(machine.name)
    return _("%(machine)s (too small)", machine=machine.name)


def operation_line(row: OperationRow) -> OperationLine:
    title = row.title or str(production_labels.OPERATIONS[OperationKind(row.kind)])
    minutes = labels.duration(row.minutes * 60)
    return OperationLine(row.id, title, minutes, row.line.title, row.done_at is not None, row.done_by, row.done_at)
