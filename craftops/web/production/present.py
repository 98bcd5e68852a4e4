"""Jobs and hand work as pages show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from flask import url_for

from craftops.domain.files.designs import analysis_from_json
from craftops.domain.machines.bed import fits
from craftops.domain.orders.workflow import ON_THE_FLOOR, Stage
from craftops.domain.production.copies import count, may_merge
from craftops.domain.production.jobs import ACTIVE, WAITING, Job, JobState, OperationKind
from craftops.domain.production.progress import RunProgress, Share, share_of, whole_percent
from craftops.services.estimation import run_tracking
from craftops.services.machines import cameras
from craftops.services.production import planning
from craftops.store.views.production import HandStepView, MachineOfJob, PartFile, StaffJob
from craftops.web.files.present import picture_url
from craftops.web.frame import labels
from craftops.web.frame import labels as labels_frame
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.language.translation import ngettext
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.views import Choice
from craftops.web.machines import labels as machine_labels
from craftops.web.orders.present_parts import specification
from craftops.web.production import labels as production_labels
from craftops.web.production.views import JobLine, OperationLine


class CountedJob(Protocol):
    """A job as far as its copies and its time go."""

    @property
    def id(self) -> int: ...
    @property
    def state(self) -> str: ...
    @property
    def planned_s(self) -> float: ...
    @property
    def copies(self) -> int: ...
    @property
    def copies_done(self) -> int: ...
    @property
    def progress(self) -> float | None: ...
    @property
    def started_at(self) -> datetime | None: ...
    @property
    def evidence(self) -> Mapping[str, Any] | None: ...
    @property
    def replaces_id(self) -> int | None: ...


def share_of_jobs(jobs: Sequence[CountedJob], now: datetime) -> Share:
    """How far the jobs of an order are at ``now``."""
    again = {job.replaces_id for job in jobs}
    return share_of(
        RunProgress(
            job.planned_s, job.copies, run_tracking.progress_at(job.state, job.progress, job.evidence, now),
            job.started_at is not None, JobState(job.state) in ACTIVE, job.copies_done, job.id in again,
            run_tracking.moving_at(job.state, job.progress, job.evidence, now),
        )
        for job in jobs
    )  # fmt: skip


def percent_of(jobs: Sequence[CountedJob], now: datetime) -> int | None:
    """How much of the machine work is done at ``now``, weighed by planned time."""
    return share_of_jobs(jobs, now).percent


def copies_of(jobs: Sequence[StaffJob]) -> tuple[str, ...]:
    """Where the copies of each line are, as a sentence each; one job that nothing came of yet says nothing."""
    lines: dict[int, list[StaffJob]] = {}
    for one in jobs:
        lines.setdefault(one.line.id, []).append(one)
    found = []
    for mine in lines.values():
        if len(mine) == 1 and not (mine[0].job.copies_done or mine[0].job.copies_failed):
            continue
        copies = count(one.job for one in mine)
        parts = [
            _("%(n)s done", n=copies.done) if copies.done else "",
            _("%(n)s being made", n=copies.running) if copies.running else "",
            _("%(n)s planned", n=copies.planned) if copies.planned else "",
            _("%(n)s to plan again", n=copies.owed) if copies.owed else "",
        ]
        text = ", ".join(part for part in parts if part)
        if copies.failed:
            text += ngettext(" (%(num)d was bad)", " (%(num)d were bad)", copies.failed)
        found.append(f"{labels_frame.copies(copies.total)} · {mine[0].line.title}: {text}")
    return tuple(found)


KEYS = {
    Stage.IN_REVIEW: "r",
    Stage.QUEUED: "a",
    Stage.READY_FOR_PICKUP: "p",
    Stage.READY_TO_SHIP: "p",
    Stage.COMPLETED: "d",
}


def job_line(
    seen: StaffJob,
    sight: RequestContext,
    machines: Sequence[MachineOfJob],
    *,
    first: bool = True,
    last: bool = True,
    siblings: Sequence[StaffJob] = (),
    held: bool = False,
) -> JobLine:
    """A job on a page. ``siblings`` are all jobs of its order, for a page that shows them, and ``held`` says that its
    machine is silent, so that what is left stands."""
    job, line, machine, state = seen.job, seen.line, seen.machine, seen.job.state
    word, tone = production_labels.JOB_STATES[state]
    fitting = _fitting(machines, planning.process_of(sight.shop, line))
    planned = labels.duration(job.planned_s)
    source = machine_labels.SOURCES[job.duration_source]
    waiting, not_begun, active = state is JobState.QUEUED, state in WAITING, state in ACTIVE
    progress = run_tracking.progress_at(state.value, job.progress, seen.evidence, sight.now)
    left_s = run_tracking.seconds_left(seen, sight.now, held=held) if active else None
    return JobLine(
        id=job.id,
        code=job.code,
        title=f"{line.title} · {specification(line, sight.catalogue)}",
        copies=job.copies,
        state=state.value,
        state_word=str(word),
        tone=tone,
        machine=machine.name if machine else "",
        machine_url=url_for("staff.machine", key=machine.key) if machine else "",
        percent=whole_percent(progress) if progress is not None and active else None,
        moving=str(run_tracking.moving_at(state.value, job.progress, seen.evidence, sight.now) or ""),
        planned=f"{planned} ({source})",
        remaining=labels.duration(left_s) if left_s is not None else "",
        reason=job.reason,
        order_code=seen.order_code,
        order_url=url_for("staff.order", code=seen.order_code),
        picture_url=picture_url(seen.file),
        can_queue=not_begun and seen.order_stage not in ("received", "in_review"),
        can_unqueue=waiting,
        machines=tuple(Choice(m.key, machine_label(m, seen.file), chosen=m.id == job.machine_id) for m in fitting),
        can_move_up=waiting and not first,
        can_move_down=waiting and not last,
        gcode=seen.gcode_name if seen.gcode_sha else "",
        can_attach=not_begun,
        can_retry=_can_retry(seen),
        outcome=_outcome(job, state),
        again_of=_again_of(job, siblings),
        can_split=state in WAITING and job.copies > 1,
        can_settle=_can_settle(seen, sight),
        copies_done=job.copies_done,
        copies_failed=job.copies_failed,
        merge_with=_partners(job, siblings),
        forgets=_forgets(seen),
        camera=_camera(seen, sight),
    )


def _fitting(machines: Sequence[MachineOfJob], process: str) -> list[MachineOfJob]:
    """Machines in service that can do this process."""
    return [one for one in machines if one.enabled and (one.process in (process, "other") or process == "other")]


def _again_of(job: Job, siblings: Sequence[StaffJob]) -> str:
    """The code of the job that this one does anew, or empty."""
    return next((one.job.code for one in siblings if one.job.id == job.replaces), "")


def _camera(seen: StaffJob, sight: RequestContext) -> str:
    """Whether the camera is shared with the customer, "on" or "off"; empty where it cannot be."""
    if not cameras.can_share(sight.shop, seen.job.state, seen.machine):
        return ""
    return "on" if seen.camera_shared else "off"


def _partners(job: Job, siblings: Sequence[StaffJob]) -> tuple[Choice, ...]:
    """The jobs that it may be joined with."""
    return tuple(_partner(one) for one in siblings if not may_merge(job, one.job))


def _partner(one: StaffJob) -> Choice:
    """A job to join with, and the machine code that this would cost."""
    code = one.job.code
    label = _("%(job)s, forgets %(code)s", job=code, code=one.gcode_name) if one.gcode_sha else code
    return Choice(str(one.job.id), label)


def _forgets(one: StaffJob) -> str:
    if not one.gcode_sha or one.job.state not in WAITING:
        return ""
    sentence = ngettext(
        "%(code)s makes %(num)d copy. Splitting or joining this job forgets it; attach new code afterwards.",
        "%(code)s makes %(num)d copies. Splitting or joining this job forgets it; attach new code afterwards.",
        one.job.copies,
        code=one.gcode_name,
    )
    return str(sentence)


def _can_retry(one: StaffJob) -> bool:
    ended_short = one.job.state in (JobState.FAILED, JobState.CANCELLED)
    return ended_short and one.order_stage != Stage.CANCELLED.value and not one.replaced


def _can_settle(one: StaffJob, sight: RequestContext) -> bool:
    """Whether staff can say what came of it: it has ended, or people report for its machine."""
    state = one.job.state
    if Stage(one.order_stage) not in ON_THE_FLOOR or state in WAITING:
        return False
    if state in ACTIVE:
        driver = sight.shop.plugins.machine_drivers.get(one.machine.driver) if one.machine else None
        return driver is not None and driver.by_hand
    return not one.replaced


def _outcome(job: Job, state: JobState) -> str:
    if not job.copies_failed and (state in WAITING or job.copies_done in (0, job.copies)):
        return ""
    good = _("%(done)s of %(all)s good", done=job.copies_done, all=job.copies)
    return good + (_(", %(n)s bad", n=job.copies_failed) if job.copies_failed else "")


def machine_label(machine: MachineOfJob, file: PartFile | None) -> str:
    """Its name, and that the part does not fit it, where that is known."""
    analysis = analysis_from_json(file.analysis) if file and file.analysis else None
    size = analysis.size_mm if analysis else None
    if size is None or not machine.bed or fits(size, machine.bed):
        return machine.name
    return _("%(machine)s (too small)", machine=machine.name)


def operation_line(row: HandStepView) -> OperationLine:
    """Hand work on a page."""
    title = row.title or str(production_labels.OPERATIONS[OperationKind(row.kind)])
    minutes = labels.duration(row.minutes * 60)
    return OperationLine(row.id, title, minutes, row.line_title, row.done_at is not None, row.done_by, row.done_at)
