"""Contexts of the shop floor."""

from __future__ import annotations

from collections.abc import Sequence

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from craftops.domain.estimation.estimate import Basis
from craftops.domain.machines.bed import fits
from craftops.domain.machines.readings import is_stale
from craftops.domain.orders.workflow import Stage, blocked_stages, may_undo, next_stages
from craftops.domain.people.access import Actor
from craftops.domain.production.copies import WAITING, may_merge
from craftops.domain.production.jobs import ACTIVE, DurationSource, JobState, OperationKind
from craftops.domain.production.progress import whole_percent
from craftops.sdk.machine import CommandKind
from craftops.services.machines import cameras
from craftops.services.orders import ordering
from craftops.services.production import planning
from craftops.services.production.copies import ON_THE_FLOOR
from craftops.store.mapping import to_analysis, to_job, to_memory
from craftops.store.models import DesignFileRow, JobRow, MachineRow, OperationRow, OrderRow, StageChangeRow
from craftops.store.queries import orders, production
from craftops.store.queries import production as production_queries
from craftops.web import words
from craftops.web.contexts import (
    BoardCard,
    Choice,
    CommandButton,
    MachineCard,
    Move,
    StaffOrderLive,
    StaffOrderPage,
    TodoItem,
)
from craftops.web.contexts import (
    JobRow as JobLine,
)
from craftops.web.contexts import (
    OperationRow as OperationLine,
)
from craftops.web.present.capabilities import copies_of
from craftops.web.present.common import (
    Sight,
    chip_of,
    companions_of,
    order_picture,
    percent_of,
    picture_url,
    specification,
    timeline,
    window_text,
)
from craftops.web.present.mending import line_card
from craftops.web.present.pictures import photo_cards
from craftops.web.present.portal import live_jobs, tracker

KEYS = {
    Stage.IN_REVIEW: "r",
    Stage.QUEUED: "a",
    Stage.READY_FOR_PICKUP: "p",
    Stage.READY_TO_SHIP: "p",
    Stage.COMPLETED: "d",
}


def board_card(order: OrderRow, sight: Sight) -> BoardCard:
    jobs = live_jobs(order)
    _label, window = window_text(order, sight)
    if order.basis == Basis.WAITING.value:
        window = ""  # the chip and the note below say whom the shop waits for, and why
    return BoardCard(
        code=order.code,
        title=order.title,
        url=url_for("staff.order", code=order.code),
        customer=order.customer.name,
        picture_url=order_picture(order),
        stage=order.stage,
        window=window,
        chip=chip_of(order, sight.now, told_to_staff=True),
        percent=percent_of(jobs) if order.stage == Stage.IN_PRODUCTION.value else None,
        note=_board_note(order, jobs),
    )


def _board_note(order: OrderRow, jobs: list[JobRow]) -> str:
    if order.hold_since is not None:
        return _("on hold: %(why)s", why=order.hold_reason)
    active = next((job for job in jobs if JobState(job.state) in ACTIVE), None)
    if active is not None:
        return _("on %(machine)s", machine=active.machine.name if active.machine else "")
    if order.stage == Stage.QUEUED.value and any(job.state == JobState.PLANNED.value for job in jobs):
        return _("needs a machine")
    done = sum(1 for job in jobs if job.state == JobState.DONE.value)
    if len(jobs) > 1 and done < len(jobs) and order.stage == Stage.IN_PRODUCTION.value:
        return _("%(done)s of %(all)s jobs done", done=done, all=len(jobs))
    return ""


def todo_item(order: OrderRow, sight: Sight, note: str = "") -> TodoItem:
    url = url_for("staff.order", code=order.code)
    return TodoItem(
        url,
        order.code,
        order.title,
        note or order.customer.name,
        order.stage_since,
        order_picture(order),
        chip_of(order, sight.now, told_to_staff=True),
    )


def moves(order: OrderRow, actor: Actor) -> tuple[Move, ...]:
    stage = Stage(order.stage)
    facts = production.facts_of(order)
    allowed = next_stages(stage, facts, actor)
    blocked = blocked_stages(stage, facts, actor)
    found = []
    forward_seen = False
    for to in (*allowed, *blocked):
        danger = to is Stage.CANCELLED
        back = not danger and list(Stage).index(to) < list(Stage).index(stage)
        label = _("Back to: %(stage)s", stage=words.STAGE_TITLES[to]) if back else str(words.MOVES[to])
        primary = not back and not danger and to not in blocked and not forward_seen
        forward_seen = forward_seen or primary
        found.append(Move(to.value, label, to not in blocked, blocked.get(to, ""), primary, danger, KEYS.get(to, "")))
    return tuple(found)


def job_line(
    job: JobRow,
    sight: Sight,
    machines: list[MachineRow],
    *,
    first: bool = True,
    last: bool = True,
    siblings: Sequence[JobRow] = (),
) -> JobLine:
    """A job on a page. ``siblings`` are all jobs of its order, for a page that shows them."""
    state = JobState(job.state)
    word, tone = words.JOB_STATES[state]
    process = planning.process_of(sight.shop, job.line)
    fitting = [m for m in machines if m.enabled and (m.process in (process, "other") or process == "other")]
    planned = words.duration(job.planned_s)
    source = words.SOURCES[DurationSource(job.duration_source)]
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
        remaining=words.duration(job.remaining_s) if job.remaining_s is not None and state in ACTIVE else "",
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


def _can_settle(job: JobRow, state: JobState, sight: Sight) -> bool:
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
    title = row.title or str(words.OPERATIONS[OperationKind(row.kind)])
    minutes = words.duration(row.minutes * 60)
    return OperationLine(row.id, title, minutes, row.line.title, row.done_at is not None, row.done_by, row.done_at)


def order_live(order: OrderRow, sight: Sight, changes: Sequence[StageChangeRow] | None = None) -> StaffOrderLive:
    """What moves by itself on the staff's order page."""
    machines = list(MachineRow.select().order_by(MachineRow.name))
    jobs = production_queries.jobs_of(order)
    lines = tuple(job_line(job, sight, machines, siblings=jobs) for job in jobs)
    return StaffOrderLive(order.code, tracker(order, sight, changes), lines, copies_of(jobs))


def staff_order_page(order: OrderRow, sight: Sight, actor: Actor) -> StaffOrderPage:
    facts = production.facts_of(order)
    last = ordering.last_change(order)
    undo = ""
    if last is not None and last.before is not None and not may_undo(last, facts=facts, at=sight.now):
        undo = _("Undo “%(stage)s”", stage=words.STAGE_TITLES[last.after])
    operations = OperationRow.select().where(OperationRow.order == order.id).order_by(OperationRow.id)
    promise = order.promise_at
    changes = orders.changes_of(order)
    return StaffOrderPage(
        code=order.code,
        title=order.title,
        customer=order.customer.name,
        customer_url=url_for("staff.customer", account_id=order.customer_id),
        customer_email=order.customer.email,
        stage=order.stage,
        stage_word=str(words.STAGE_TITLES[Stage(order.stage)]),
        live=order_live(order, sight, changes),
        promise=words.moment(promise, sight.profile.zone) if promise else "",
        lines=tuple(line_card(line, order, sight, for_staff=True) for line in orders.lines_of(order)),
        moves=moves(order, actor),
        undo=undo,
        on_hold=order.hold_since is not None,
        operations=tuple(operation_line(row) for row in operations),
        timeline=timeline(changes, for_staff=True),
        companions=companions_of(order),
        delivery=_("Pickup") if order.delivery == "pickup" else _("Shipping"),
        placed_at=order.placed_at,
        photos=photo_cards(order),
    )


def machine_card(machine: MachineRow, sight: Sight) -> MachineCard:
    driver = sight.shop.plugins.machine_drivers.get(machine.driver)
    queue = production.queue_of(machine.id)
    active = next((job for job in queue if JobState(job.state) in ACTIVE), None)
    waiting = [job for job in queue if job.state == JobState.QUEUED.value]
    by_hand = driver is not None and driver.by_hand
    state = machine.state
    if by_hand:
        state = {"running": "running", "paused": "paused", "attention": "attention"}.get(
            active.state if active else "", "idle"
        )
    word, tone = words.MACHINE_STATES.get(state, words.MACHINE_STATES["unknown"])
    last = to_memory(machine).last
    stale = ""
    if not by_hand and machine.heard_at and is_stale(machine.heard_at, sight.now, machine.report_interval_s):
        stale = _("Silent for %(time)s", time=words.duration((sight.now - machine.heard_at).total_seconds()))
    if machine.online is False:
        stale = stale or _("The link is down")
    known_run = active is not None or bool(machine.unclaimed_run)
    progress = last.progress if last and known_run else None
    return MachineCard(
        key=machine.key,
        name=machine.name,
        url=url_for("staff.machine", key=machine.key),
        process=str(words.PROCESSES[machine.process]),
        process_icon=words.PROCESS_ICONS[machine.process],
        driver=driver.title if driver else machine.driver,
        state=state,
        state_word=str(word),
        tone=tone,
        percent=whole_percent(progress) if progress is not None else None,
        remaining=words.duration(last.remaining_s) if last and last.remaining_s is not None and known_run else "",
        job=job_line(active, sight, []) if active else None,
        queued=len(waiting),
        next_title=f"{waiting[0].code} · {waiting[0].line.title}" if waiting else "",
        last_heard=machine.heard_at,
        stale=stale,
        refused=machine.refused,
        message=last.message if last and known_run else "",
        commands=_commands(
            driver.commands if driver else frozenset(),
            active,
            bool(waiting),
            lost=not by_hand and active is not None and production.is_lost(machine, active),
        ),
    )


def _commands(
    kinds: frozenset[CommandKind], active: JobRow | None, waiting: bool, *, lost: bool
) -> tuple[CommandButton, ...]:
    """What can be pressed now. A run whose end nobody heard is ended by hand, whatever the machine can be told."""
    if lost:
        kinds = frozenset({CommandKind.FINISH, CommandKind.FAIL})
    state = JobState(active.state) if active else None
    possible = {
        CommandKind.START: state is None and waiting,
        CommandKind.PAUSE: state is JobState.RUNNING,
        CommandKind.RESUME: state in (JobState.PAUSED, JobState.ATTENTION),
        CommandKind.FINISH: state is not None,
        CommandKind.FAIL: state is not None,
        CommandKind.CANCEL: state is not None,
    }
    return tuple(
        CommandButton(kind.value, str(words.COMMANDS[kind.value][0]), words.COMMANDS[kind.value][1], possible[kind])
        for kind in CommandKind
        if kind in kinds and possible[kind]
    )
