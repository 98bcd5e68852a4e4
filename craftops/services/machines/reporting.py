"""What machines say becomes what orders do: readings in, run events, jobs, stages, estimates.

One transaction for each reading: the machine's memory, its job, the order's stage and the estimate move
together or not at all, so that a kill between any two lines leaves a state that the next reading heals.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from craftops.domain.estimation.estimate import Cause
from craftops.domain.events import Event, EventKind
from craftops.domain.machines.course import SEEN_WORDS, doubt_in_words, doubt_of_end
from craftops.domain.machines.readings import (
    CLOCK_TOLERANCE,
    OFFLINE_DEBOUNCE,
    MachineMemory,
    MachineState,
    Reading,
    RunEvent,
    RunEventKind,
)
from craftops.domain.machines.run_detection import interpret
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.access import Actor, ActorKind
from craftops.domain.production.jobs import ACTIVE, JOB_ENDED, Job, JobState, JobStep, active_seconds, step_job
from craftops.errors import IllegalMove
from craftops.services.estimation import estimating, learning, run_tracking
from craftops.services.machines import cameras, unclaimed
from craftops.services.orders import ordering
from craftops.services.production.job_events import job_changed, job_finished
from craftops.services.shop.context import Shop
from craftops.store.database import UnitOfWork, unit_of_work
from craftops.store.mapping import memory_to_json, save_job, to_job, to_memory
from craftops.store.models import JobRow, MachineRow, OrderRow, RefusedWordRow
from craftops.store.queries import machines, production

KEPT_REFUSED = 50
REESTIMATE_EVERY = timedelta(seconds=10)
REESTIMATE_SOONEST = timedelta(seconds=1)
MUCH_LONGER = 10
"""Times as long as it usually is between two words of a run: a machine that was silent for so long was not heard."""
STEP_OF = {
    RunEventKind.PAUSED: JobStep.PAUSE,
    RunEventKind.RESUMED: JobStep.RESUME,
    RunEventKind.ATTENTION: JobStep.ATTENTION,
    RunEventKind.DONE: JobStep.FINISH,
    RunEventKind.FAILED: JobStep.FAIL,
    RunEventKind.CANCELLED: JobStep.CANCEL,
}
CAUSE_OF = {
    RunEventKind.STARTED: Cause.JOB_STARTED,
    RunEventKind.PAUSED: Cause.MACHINE_PAUSED,
    RunEventKind.RESUMED: Cause.MACHINE_RESUMED,
    RunEventKind.ATTENTION: Cause.MACHINE_ATTENTION,
    RunEventKind.DONE: Cause.JOB_FINISHED,
    RunEventKind.FAILED: Cause.JOB_FAILED,
    RunEventKind.CANCELLED: Cause.JOB_FAILED,
    RunEventKind.LOST: Cause.MACHINE_ATTENTION,
}


def machine_actor(machine: MachineRow) -> Actor:
    """The machine as the one who acts."""
    return Actor(ActorKind.MACHINE, machine.id, machine.name)


def _heard(before: MachineMemory, memory: MachineMemory, reading: Reading, at: datetime) -> dict[str, object]:
    """The columns of a machine that has said something."""
    values: dict[str, object] = {"heard_at": at, "memory": memory_to_json(memory)}
    if memory.last is reading or memory.last != before.last:
        values["state"] = (memory.last or reading).state.value
    if reading.state is not MachineState.OFFLINE and not reading.retained:
        values |= {"online": True, "offline_since": None}
    return values


def _wants_estimate(job: JobRow, memory: MachineMemory) -> bool:
    return memory.last is not None and wants_estimate(job.order.as_of, memory.last, job.planned_s)


def take_reading(shop: Shop, key: str, reading: Reading, *, at: datetime, actor: Actor | None = None) -> None:
    """Take in what a machine said (or what somebody pressed for it), and let everything follow."""
    with unit_of_work() as uow:
        machine = machines.machine(key)
        if machine is None or not machine.enabled:
            return
        who = actor or machine_actor(machine)
        before = to_memory(machine)
        memory, events = interpret(before, reading)
        MachineRow.update(**_heard(before, memory, reading, at)).where(MachineRow.id == machine.id).execute()
        for event in events:
            _apply(shop, uow, machine, event, who, at)
        progressed = follow(machine, memory, at)
        active = production.active_job(machine.id)
        order = active.order if active else None
        if not events and progressed and active is not None and _wants_estimate(active, memory):
            touched = production.orders_on_machines([machine.id])
            estimating.reestimate(shop, touched, cause=Cause.MACHINE_SLOWER, at=at)
        uow.record(
            Event(
                EventKind.JOB_PROGRESSED if progressed else EventKind.MACHINE_REPORTED,
                at,
                who,
                order.id if order else None,
                order.customer_id if order else None,
                machine.id,
            )
        )


def wants_estimate(as_of: datetime | None, reading: Reading, planned_s: float) -> bool:
    """Whether an estimate that rests on facts as of ``as_of`` is worked out again. Both by the machine's own clock.

    Every fiftieth of a run that is planned to take ``planned_s``, so that the bar of a short one is not behind, and
    at least every ten seconds.
    """
    every = min(REESTIMATE_EVERY, max(REESTIMATE_SOONEST, timedelta(seconds=planned_s / 50)))
    return as_of is None or reading.at - as_of >= every


def follow(machine: MachineRow, memory: MachineMemory, at: datetime) -> bool:
    """Let the machine's active job take over progress and remaining time; whether it is the run that is told of."""
    job, reading = production.active_job(machine.id), memory.last
    if job is None or reading is None or job.run_key != memory.run_key:
        return False
    if reading.state in (MachineState.OFFLINE, MachineState.UNKNOWN):
        return False
    values: dict[str, object] = {"reported_at": reading.at, "remaining_s": reading.remaining_s}
    if reading.parts_done:
        values["copies_done"] = max(job.copies_done, min(job.copies, reading.parts_done))
    if reading.progress is not None:
        values["progress"] = reading.progress
    learnt = run_tracking.learnt_of([machine.id])[machine.id]
    values |= run_tracking.take(job, reading, machine.report_interval_s, learnt, at)
    if reading.estimate_s:
        values |= {"planned_s": reading.estimate_s, "duration_source": "machine"}
    JobRow.update(**values).where(JobRow.id == job.id).execute()
    return True


def _waiting(machine: MachineRow, reading: Reading) -> list[JobRow]:
    """The waiting jobs that a run may be: that of its code, those of its file, without any name all of them.

    A run that names something else is never guessed at: it is shown to staff as unexplained.
    """
    waiting = [row for row in production.queue_of(machine.id) if row.state == JobState.QUEUED.value]
    if reading.job_ref:
        return [row for row in waiting if row.code == reading.job_ref]
    if reading.file:
        return [row for row in waiting if reading.file in _names(row)]
    return waiting


def _names(job: JobRow) -> tuple[str, ...]:
    """What a machine may call the file of a job: its machine code, or the customer's file."""
    return tuple(name for name in (job.gcode_name, job.line.file.name if job.line.file else "") if name)


def _apply(shop: Shop, uow: UnitOfWork, machine: MachineRow, event: RunEvent, actor: Actor, at: datetime) -> None:
    if event.kind is RunEventKind.STARTED:
        _began(shop, uow, machine, event, actor)
        return
    row = production.job_of_run(machine.id, event.run_key)
    waiting = [] if row is not None else _waiting(machine, event.reading)
    unclaimed.ended(machine, event, may_be_a_job=bool(waiting))
    if row is None and event.run_key != machine.unclaimed_run:
        row = _ended_unheard(shop, uow, machine, event, waiting, actor)
    if row is not None:
        _step(shop, uow, machine, JobRow.get_by_id(row.id), event, actor, at)


def _began(shop: Shop, uow: UnitOfWork, machine: MachineRow, event: RunEvent, actor: Actor) -> None:
    """A run has begun: it is the job that waits for it, or staff are asked."""
    active = production.active_job(machine.id)
    if active is not None and active.run_key == event.run_key:
        go_on = step_job(to_job(active), JobStep.RESUME, at=event.at)
        save_job(go_on)  # we had lost sight of it
        _tell(shop, uow, active, replace(event, kind=RunEventKind.RESUMED), actor, {"machine": machine.name})
        return
    waiting = _waiting(machine, event.reading)
    if active is None and event.proven and waiting:
        _start(shop, waiting[0], event, event.at, actor)
        return
    why = unclaimed.UNSEEN if not event.proven else unclaimed.BUSY if active is not None else unclaimed.UNKNOWN
    unclaimed.ask(machine, event, why)
    uow.record(Event(EventKind.MACHINE_CHANGED, event.at, actor, machine_id=machine.id))


def _start(shop: Shop, job: JobRow, event: RunEvent, began: datetime, actor: Actor) -> None:
    save_job(step_job(to_job(job), JobStep.START, at=began, run_key=event.run_key))
    after_start(shop, JobRow.get_by_id(job.id), actor=actor, at=event.at)


def _ended_unheard(
    shop: Shop, uow: UnitOfWork, machine: MachineRow, event: RunEvent, waiting: list[JobRow], actor: Actor
) -> JobRow | None:
    """A job that ended, by its code, whose start nobody heard (the bridge was down): it began after the machine was
    heard last. Without its code staff are asked."""
    ended = (RunEventKind.DONE, RunEventKind.FAILED, RunEventKind.CANCELLED)
    if event.kind not in ended or not waiting:
        return None
    if not event.reading.job_ref or production.active_job(machine.id) is not None:
        if event.kind is RunEventKind.DONE and event.reading.file:
            unclaimed.ask(machine, event, unclaimed.UNHEARD)
            uow.record(Event(EventKind.MACHINE_CHANGED, event.at, actor, machine_id=machine.id))
        return None
    began = event.heard_at or event.at
    if event.reading.elapsed_s:
        began = max(began, event.at - timedelta(seconds=event.reading.elapsed_s)) if event.heard_at else began
    _start(shop, waiting[0], event, began, actor)
    return waiting[0]


def _doubt(machine: MachineRow, job: Job, after: Job, event: RunEvent, at: datetime) -> str:
    """Why it must be asked whether a job was made that its machine calls done, as sentences; empty when it need not.

    By the clock of the machine, or ours where that was set back in the run.
    """
    late = min(CLOCK_TOLERANCE, max(timedelta(0), at - event.at))
    took = max(active_seconds(after, event.at), active_seconds(job, event.at + late))
    reading, repeated = event.reading, event.repeated_after_s
    course = replace(event.course, elapsed_s=max(event.course.elapsed_s, reading.elapsed_s or 0.0))
    doubt = doubt_of_end(
        course, took, job.planned_s, sure_which=bool(reading.run_id or reading.job_ref), live=not reading.retained,
        recorded=reading.recorded, repeated_after_s=None if repeated is None else repeated + late.total_seconds(),
    )  # fmt: skip
    return doubt_in_words(max(took, course.elapsed_s), job.planned_s) if doubt else ""


def _needs_hands(
    shop: Shop, uow: UnitOfWork, machine: MachineRow, row: JobRow, event: RunEvent, actor: Actor, why: str
) -> None:
    """The run is over, and staff must say what came of it."""
    job = to_job(row)
    if job.state not in ACTIVE:
        return
    save_job(replace(step_job(job, JobStep.ATTENTION, at=event.at, reason=why), reason=why))
    _tell(shop, uow, row, replace(event, kind=RunEventKind.LOST), actor, {"machine": machine.name})


def _step(
    shop: Shop, uow: UnitOfWork, machine: MachineRow, row: JobRow, event: RunEvent, actor: Actor, at: datetime
) -> None:
    job = to_job(row)
    if event.kind is RunEventKind.LOST:
        _needs_hands(shop, uow, machine, row, event, actor, "The run ended without a word.")
        return
    try:
        after = step_job(job, STEP_OF[event.kind], at=event.at, reason=event.reason)
    except IllegalMove:
        return  # the job ended by hand meanwhile; the machine's later word is old news
    if after == job:
        return
    reported = after.state is JobState.DONE and actor.kind is ActorKind.MACHINE
    if reported and (why := _doubt(machine, job, after, event, at)):
        _needs_hands(shop, uow, machine, row, event, actor, why)
        return
    save_job(after)
    facts = {"machine": machine.name}
    if job.interrupted_at is not None and after.interrupted_at is None:
        facts["minutes"] = str(max(1, round((event.at - job.interrupted_at).total_seconds() / 60)))
    if event.reason:
        facts["reason"] = event.reason
    _tell(shop, uow, row, event, actor, facts)
    if after.state is JobState.DONE:
        _after_finish(shop, uow, row, actor, event.at)
    if after.state in JOB_ENDED:
        learning.run_ended(uow, row, after, event.reading, at=event.at, unheard_s=_unheard_s(job, event))
        cameras.run_ended(uow, row, after, at=event.at)
        job_finished(uow, row, after, actor=actor, at=event.at)


def _unheard_s(job: Job, event: RunEvent) -> float:
    """Seconds of silence before an end, where that is not how the machine speaks: the end came sometime in them. A
    broker's word is that, too, and a machine that says no more than that it begins and ends is silent in between."""
    if event.heard_at is None or job.started_at is None:
        return 0.0
    silent = (event.at - event.heard_at).total_seconds()
    words, heard = event.course.words, (event.heard_at - job.started_at).total_seconds()
    unusual = words >= SEEN_WORDS and silent > MUCH_LONGER * heard / words
    return silent if unusual or event.reading.retained else 0.0


def settle(shop: Shop, machine: MachineRow, job: JobRow, kind: RunEventKind, *, actor: Actor, at: datetime) -> None:
    """Somebody says how a run ended that nobody heard the end of."""
    state = MachineState.DONE if kind is RunEventKind.DONE else MachineState.FAILED
    with unit_of_work() as uow:
        event = RunEvent(kind, job.run_key, at, Reading(state, at, run_id=job.run_key))
        _step(shop, uow, machine, job, event, actor, at)


def after_start(shop: Shop, row: JobRow, *, actor: Actor, at: datetime) -> None:
    """A job runs: its order is in production."""
    with unit_of_work() as uow:
        order: OrderRow = row.order
        if order.stage in (Stage.QUEUED.value, Stage.POST_PROCESSING.value):
            ordering.step(shop, uow, order, Stage.IN_PRODUCTION, actor=actor, at=at)
        JobRow.update(run_tracking.at_start(row)).where(JobRow.id == row.id).execute()
        learning.run_began(shop.profile().calendar, row, at=row.started_at or at)
        job_changed(shop, uow, row, actor=actor, at=at, cause=Cause.JOB_STARTED)


def _tell(shop: Shop, uow: UnitOfWork, row: JobRow, event: RunEvent, actor: Actor, facts: dict[str, str]) -> None:
    cause, what = CAUSE_OF[event.kind], event.kind.value
    job_changed(shop, uow, row, actor=actor, at=event.at, cause=cause, what=what, facts=facts)


def _after_finish(shop: Shop, uow: UnitOfWork, row: JobRow, actor: Actor, at: datetime) -> None:
    order: OrderRow = OrderRow.get_by_id(row.order_id)
    if order.stage == Stage.IN_PRODUCTION.value and not production.facts_of(order).jobs_open:
        ordering.step(shop, uow, order, Stage.POST_PROCESSING, actor=actor, at=at)


def take_refusal(key: str, code: str, sentence: str, raw: str, *, at: datetime) -> None:
    """Count a message that broke the contract and show it to staff; the last good reading stays."""
    with unit_of_work() as uow:
        machine = machines.machine(key)
        if machine is None:
            return
        MachineRow.update(refused=MachineRow.refused + 1).where(MachineRow.id == machine.id).execute()
        RefusedWordRow.create(machine=machine, at=at, code=code, sentence=sentence[:500], said=raw[:300])
        kept = (
            RefusedWordRow.select(RefusedWordRow.id)
            .where(RefusedWordRow.machine == machine.id)
            .order_by(RefusedWordRow.id.desc())
            .limit(KEPT_REFUSED)
        )
        oldest = min(row.id for row in kept)
        RefusedWordRow.delete().where(RefusedWordRow.machine == machine.id, RefusedWordRow.id < oldest).execute()
        uow.record(Event(EventKind.MACHINE_REFUSED_WORD, at, machine_actor(machine), machine_id=machine.id))


def take_availability(key: str, online: bool, *, at: datetime) -> None:
    """The link came or went. Going is believed only after 15 s (``settle_offline``): sessions are taken over."""
    with unit_of_work() as uow:
        machine = machines.machine(key)
        if machine is None or (machine.online is online and machine.offline_since is None):
            return
        if online:
            MachineRow.update(online=True, offline_since=None).where(MachineRow.id == machine.id).execute()
        elif machine.offline_since is None:
            MachineRow.update(offline_since=at).where(MachineRow.id == machine.id).execute()
        uow.record(Event(EventKind.MACHINE_CHANGED, at, machine_actor(machine), machine_id=machine.id))


def take_about(key: str, report_interval_s: float | None) -> None:
    """A machine tells how often it reports (seconds)."""
    if report_interval_s:
        with unit_of_work():
            MachineRow.update(report_interval_s=min(3600.0, max(1.0, report_interval_s))).where(
                MachineRow.key == key
            ).execute()


def settle_offline(shop: Shop, *, at: datetime) -> None:
    """Machines that have been gone for 15 s are offline now; the estimates that rest on them hold."""
    with unit_of_work() as uow:
        gone = list(
            MachineRow.select().where(
                MachineRow.offline_since.is_null(False), MachineRow.offline_since <= at - OFFLINE_DEBOUNCE
            )
        )
        for machine in gone:
            MachineRow.update(online=False, offline_since=None, state=MachineState.OFFLINE.value).where(
                MachineRow.id == machine.id
            ).execute()
            uow.record(Event(EventKind.MACHINE_CHANGED, at, machine_actor(machine), machine_id=machine.id))
        touched = production.orders_on_machines([machine.id for machine in gone])
        estimating.reestimate(shop, touched, cause=Cause.SILENT, at=at)
