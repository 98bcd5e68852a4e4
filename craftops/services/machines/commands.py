"""What staff tell machines: given once, and what became of it."""

from __future__ import annotations

import logging
import secrets
from datetime import datetime, timedelta

from craftops.domain.events import Event, EventKind
from craftops.domain.machines import commands as domain
from craftops.domain.machines.readings import RunEventKind
from craftops.domain.orders.workflow import ON_THE_FLOOR, Stage
from craftops.domain.people.access import SYSTEM, Actor
from craftops.domain.production.jobs import ACTIVE, JobState, JobStep, step_job
from craftops.errors import CraftOpsError, IllegalMove, RuleError
from craftops.sdk.linked import Answer, LinkedDriver
from craftops.sdk.machine import Command, CommandKind, HandDriver, JobBrief
from craftops.services.machines import reporting, unclaimed
from craftops.services.machines.registry import driver_of, machine_by_key
from craftops.services.production.jobs import job_of
from craftops.services.shop.context import Shop
from craftops.services.shop.epochs import is_copy
from craftops.store.database import unit_of_work
from craftops.store.mapping import save_job, to_job, to_memory
from craftops.store.models import (
    JobRow,
    MachineCommandRow,
    MachineRow,
)
from craftops.store.queries import bridge as queries
from craftops.store.queries import production
from craftops.store.queries.bridge import OPEN_COMMANDS
from craftops.store.views.machines import OpenCommand

log = logging.getLogger("craftops.machines")
TRY_AGAIN_AFTER = timedelta(minutes=2)
COPY = "This is a restored copy of the shop. Nothing was passed on."
REAL_FIRST = "The owner says first that it is the real one, on the page Backups."
SETTLING = {CommandKind.FINISH: RunEventKind.DONE, CommandKind.FAIL: RunEventKind.FAILED}


def command(
    shop: Shop, key: str, kind: CommandKind, *, actor: Actor, at: datetime, intent: str = "", about: str = ""
) -> None:
    """Have a machine told something. For a machine that people report for, the press is itself the reading.

    ``about``: the code of the job that the button was for; another one by now is not touched.
    Raises IllegalMove when it makes no sense now, RuleError when the machine cannot be told.
    """
    actor.must_be_staff()
    machine = machine_by_key(key)
    driver = driver_of(shop, machine)
    if about:
        _must_be_about(machine, about)
    if kind in SETTLING and not driver.by_hand:
        settle_lost(shop, machine, kind, actor=actor, at=at)
        return
    if kind not in driver.commands:
        raise RuleError(f"{machine.name} cannot be told to {kind.value} from here.")
    job = _job_for(machine, kind)
    if kind is CommandKind.START and isinstance(driver, LinkedDriver) and driver.needs_program and not job.gcode_sha:
        raise RuleError(f"{job.code} has no machine code yet.", "Slice it, and attach the file to the job.")
    intent = intent or secrets.token_hex(8)
    if isinstance(driver, HandDriver):
        told, last, hand = Command(kind, intent, at, brief_of(job)), to_memory(machine).last, driver
        reading = shop.plugins.use(driver, "press", lambda: hand.press(told, last))
        reporting.take_reading(shop, machine.key, reading, at=at, actor=actor)
        return
    if is_copy():
        raise RuleError("This is a restored copy of the shop, and tells no machine anything.", REAL_FIRST)
    with unit_of_work() as uow:
        if is_being_told(machine.id, job.id, kind.value):
            return
        MachineCommandRow.insert(
            machine=machine, kind=kind.value, intent=intent, job=job, asked_by=actor.name, asked_at=at
        ).on_conflict_ignore().execute()
        uow.record(Event(EventKind.MACHINE_CHANGED, at, actor, machine_id=machine.id, data={"command": kind.value}))


def _job_for(machine: MachineRow, kind: CommandKind) -> JobRow:
    """What a command is about: to start, the first job that waits; else the one at work. Raises IllegalMove."""
    queue = production.queue_of(machine.id)
    active = next((row for row in queue if JobState(row.state) in ACTIVE), None)
    if kind is CommandKind.START and active is not None:
        raise IllegalMove(f"{machine.name} is busy with {active.code}.")
    waiting = next((row for row in queue if row.state == JobState.QUEUED.value), None)
    job = waiting if kind is CommandKind.START else active
    if job is None:
        raise IllegalMove(f"There is no job to {kind.value} on {machine.name}.")
    return job


def _must_be_about(machine: MachineRow, code: str) -> None:
    """A button on a phone may be an hour old."""
    queue = production.queue_of(machine.id)
    active = next((row for row in queue if JobState(row.state) in ACTIVE), None)
    now = active or next((row for row in queue if row.state == JobState.QUEUED.value), None)
    if now is None or now.code != code:
        instead = f"It is {now.code} now." if now is not None else "Nothing waits there now."
        raise IllegalMove(f"{machine.name} is not at {code} any more.", instead)


def settle_lost(shop: Shop, machine: MachineRow, kind: CommandKind, *, actor: Actor, at: datetime) -> None:
    """Staff say how a run ended that nobody heard the end of. Raises IllegalMove when there is no such run."""
    job = production.active_job(machine.id)
    if job is None or not production.is_lost(machine, job):
        raise IllegalMove(f"{machine.name} says itself how its job ends.")
    reporting.settle(shop, machine, job, SETTLING[kind], actor=actor, at=at)


def brief_of(job: JobRow) -> JobBrief:
    """What a machine may know of a job."""
    file = job.line.file
    return JobBrief(job.code, file.name if file else job.line.title, job.copies, job.planned_s)


def claim_run(shop: Shop, key: str, job_id: int, *, actor: Actor, at: datetime, run_key: str = "") -> None:
    """Staff say which job a run is that no job explained; ``run_key`` is the one that they were asked about, if known.

    Raises IllegalMove when it cannot be that job, or another run is asked about by now.
    """
    actor.must_be_staff()
    with unit_of_work():
        machine = machine_by_key(key)
        job = job_of(job_id)
        if not machine.unclaimed_run or (run_key and run_key != machine.unclaimed_run):
            raise IllegalMove("There is no unexplained run on this machine any more.", "Look at its page again.")
        if job.machine_id != machine.id or job.state != JobState.QUEUED.value:
            raise IllegalMove(f"{job.code} does not wait for {machine.name}.")
        busy = production.active_job(machine.id)
        if busy is not None and not machine.unclaimed_end:
            raise IllegalMove(f"{machine.name} is not done with {busy.code}.", "Say first how that one ended.")
        memory = to_memory(machine)
        unclaimed.forget(machine.id)
        started = machine.unclaimed_at or at
        save_job(step_job(to_job(job), JobStep.START, at=started, run_key=machine.unclaimed_run))
        reporting.after_start(shop, JobRow.get_by_id(job.id), actor=actor, at=at)
        if machine.unclaimed_end:
            kind, ended = RunEventKind(machine.unclaimed_end), machine.unclaimed_end_at or at
            reporting.settle(shop, machine, JobRow.get_by_id(job.id), kind, actor=actor, at=ended)
        elif memory.last is not None:
            reporting.follow(machine, memory, at)


def is_being_told(machine_id: int, job_id: int, kind: str) -> bool:
    """Whether the same wish of staff is on its way already (somebody clicked twice)."""
    rows = MachineCommandRow.select().where(
        MachineCommandRow.machine == machine_id,
        MachineCommandRow.job == job_id,
        MachineCommandRow.kind == kind,
        MachineCommandRow.state.in_(OPEN_COMMANDS),
    )
    return bool(rows.exists())


def why_void(wanted: OpenCommand, now: datetime) -> str:
    """Why a waiting command is not passed on any more (``domain.machines.commands``); empty when it still is."""
    if is_copy():
        return COPY
    starts, job = wanted.kind == CommandKind.START.value, wanted.job
    if job is None:
        fits, goes_on = True, True
    else:
        state = JobState(job.state)
        fits = job.machine_id == wanted.machine.id and (state is JobState.QUEUED if starts else state in ACTIVE)
        goes_on = Stage(job.order_stage) in ON_THE_FLOOR
    return domain.why_void(starts=starts, asked_at=wanted.asked_at, job_fits=fits, order_goes_on=goes_on, now=now)


def told(wanted: OpenCommand, at: datetime) -> Command:
    """A command as its machine's driver gets it."""
    job = wanted.job
    brief = JobBrief(job.code, job.part, job.copies, job.planned_s) if job is not None else None
    return Command(CommandKind(wanted.kind), wanted.intent, at, brief)


def note_passed_on(command_id: int, state: str, error: str, at: datetime) -> None:
    """A command has gone out over the broker, or nobody could say it to this machine."""
    with unit_of_work():
        MachineCommandRow.update(state=state, sent_at=at, error=error).where(
            MachineCommandRow.id == command_id
        ).execute()


def ask_start(shop: Shop, machine_id: int, key: str, *, at: datetime) -> None:
    """Ask a machine that is free for its next job once; again only after two minutes without an answer (the device
    dedupes)."""
    queue = production.queue_of(machine_id)
    if not queue or any(JobState(row.state) in ACTIVE for row in queue):
        return
    job = queue[0]
    asked = MachineCommandRow.select().where(MachineCommandRow.job == job.id, MachineCommandRow.machine == machine_id)
    last = asked.order_by(MachineCommandRow.id.desc()).first()
    if last is not None and at - last.asked_at < TRY_AGAIN_AFTER:
        return
    attempt = 0 if last is None else last.id
    try:
        command(shop, key, CommandKind.START, actor=SYSTEM, at=at, intent=f"auto-{job.code}-{attempt}")
    except CraftOpsError as error:
        log.warning("%s was not started: %s", job.code, error.sentence)


def begin_command(command_id: int, at: datetime) -> bool:
    """Write down that a command's one step is taken now; False when it was answered, or is void by now."""
    with unit_of_work():
        found = queries.command(command_id)
        if found is None or found.state not in OPEN_COMMANDS:
            return False
        reason = why_void(found, at) if found.state == "waiting" else COPY if is_copy() else ""
        if reason:
            answer_command(command_id, Answer.refused(reason), at)
            return False
        MachineCommandRow.update(state="begun").where(MachineCommandRow.id == command_id).execute()
        return True


def answer_command(command_id: int, answer: Answer, at: datetime) -> None:
    """What became of a command; an answered one stays as it was answered."""
    with unit_of_work() as uow:
        row = MachineCommandRow.get_or_none(MachineCommandRow.id == command_id)
        if row is None or row.state not in OPEN_COMMANDS:
            return
        row.state, row.error, row.sent_at = answer.kind.value, answer.sentence[:500], at
        row.save()
        uow.record(Event(EventKind.MACHINE_CHANGED, at, SYSTEM, machine_id=row.machine_id, data={"answer": row.state}))
