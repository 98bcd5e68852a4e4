"""The shop floor: machines are added, jobs stand in their queues, staff tell machines what to do."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime

from craftops.domain.estimation.estimate import Cause
from craftops.domain.events import Event, EventKind
from craftops.domain.machines.bed import Bed
from craftops.domain.machines.credentials import check_machine_key, hash_secret, new_secret
from craftops.domain.machines.readings import MachineState, ProcessKind, RunEventKind
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.access import Actor
from craftops.domain.production.jobs import ACTIVE, JobState, JobStep, step_job
from craftops.domain.schedule.capability import why_not
from craftops.errors import IllegalMove, IntakeError, RuleError
from craftops.sdk.linked import LinkedDriver
from craftops.sdk.machine import Command, CommandKind, HandDriver, JobBrief, MachineDriver
from craftops.services import capabilities, estimating, linking, planning, reporting
from craftops.services.shop import Shop
from craftops.store.database import IntegrityError, UnitOfWork, unit_of_work
from craftops.store.mapping import save_job, to_job, to_memory
from craftops.store.models import JobRow, LinkTrialRow, MachineCommandRow, MachineRow, OrderRow
from craftops.store.queries import machines as machines_queries
from craftops.store.queries import production

SETTLING = {CommandKind.FINISH: RunEventKind.DONE, CommandKind.FAIL: RunEventKind.FAILED}
IN_WORK = (Stage.QUEUED, Stage.IN_PRODUCTION)


def driver_of(shop: Shop, machine: MachineRow) -> MachineDriver:
    """The driver of a machine. Raises RuleError when its plugin is not enabled any more."""
    driver = shop.plugins.machine_drivers.get(machine.driver)
    if driver is None:
        raise RuleError(f"The driver {machine.driver} is not enabled, so {machine.name} cannot be reached.")
    return driver


def machine_by_key(key: str) -> MachineRow:
    """The machine of this key. Raises RuleError when there is none."""
    row = machines_queries.machine(key)
    if row is None:
        raise RuleError(f"There is no machine {key!r}.")
    return row


def add_machine(
    shop: Shop,
    *,
    key: str,
    name: str,
    driver: str,
    process: ProcessKind,
    actor: Actor,
    at: datetime,
    bed: Bed | None = None,
    given: Mapping[str, str] | None = None,
    trial: LinkTrialRow | None = None,
) -> tuple[MachineRow, str]:
    """A new machine, and its broker password, shown this once (empty where it needs none).

    ``given`` are the fields of a driver that calls its machines; what is secret and empty is taken from ``trial``.
    Raises IntakeError with the faulty fields.
    """
    actor.must_be_staff()
    check_machine_key(key)
    known = shop.plugins.machine_drivers.get(driver)
    if known is None:
        raise IntakeError("Pick how the machine is connected.", {"driver": "Pick how the machine is connected."})
    if not name.strip():
        raise IntakeError("Give the machine a name.", {"name": "Give the machine a name."})
    secret = new_secret() if known.uses_broker else ""
    more: dict[str, object] = {"sealed_secret": shop.sealer.seal(secret) if known.needs_secret else ""}
    more |= linking.link_values(shop, known, given or {}, linking.kept_secrets(None, trial))
    if isinstance(known, LinkedDriver):
        more |= {"link_state": "connecting", "link_since": at}
    try:
        with unit_of_work() as uow:
            row: MachineRow = MachineRow.create(
                key=key,
                name=name.strip()[:100],
                driver=driver,
                process=process.value,
                credential_hash=hash_secret(secret) if secret else "",
                bed=bed,
                report_interval_s=known.report_interval_s,
                state=(MachineState.IDLE if known.by_hand else MachineState.UNKNOWN).value,
                created_at=at,
                **more,
            )
            linking.check_topics(shop, row)
            uow.record(Event(EventKind.MACHINE_CHANGED, at, actor, machine_id=row.id))
    except IntegrityError:
        raise IntakeError("There is a machine with this key already.", {"key": "Choose another key."}) from None
    return row, secret


def rotate_credential(shop: Shop, key: str, *, actor: Actor, at: datetime) -> str:
    """A new broker password for a machine, shown this once; the old one ends at once."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        machine = machine_by_key(key)
        driver = driver_of(shop, machine)
        if not driver.uses_broker:
            raise RuleError(f"{machine.name} does not sign in to the broker.")
        secret = new_secret()
        machine.credential_hash = hash_secret(secret)
        machine.sealed_secret = shop.sealer.seal(secret) if driver.needs_secret else ""
        machine.save(only=[MachineRow.credential_hash, MachineRow.sealed_secret])
        uow.record(Event(EventKind.MACHINE_CHANGED, at, actor, machine_id=machine.id))
    return secret


def set_bed(key: str, bed: Bed | None, *, actor: Actor, at: datetime) -> None:
    """Say how large the parts are that a machine can make, in mm; None for "unknown"."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        machine = machine_by_key(key)
        machine.bed = bed
        machine.save(only=[MachineRow.bed])
        uow.record(Event(EventKind.MACHINE_CHANGED, at, actor, machine_id=machine.id))


def set_enabled(key: str, enabled: bool, *, actor: Actor, at: datetime) -> None:
    """Take a machine out of service, or back in; its queue stays."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        machine = machine_by_key(key)
        values: dict[str, object] = {"enabled": enabled}
        if machine.link_state:
            values |= {"link_state": "connecting" if enabled else "off", "link_sentence": "", "link_since": at}
            values |= {"link_next": None}
        MachineRow.update(**values).where(MachineRow.id == machine.id).execute()
        uow.record(Event(EventKind.MACHINE_CHANGED, at, actor, machine_id=machine.id))


def _job(job_id: int) -> JobRow:
    row: JobRow | None = JobRow.get_or_none(JobRow.id == job_id)
    if row is None:
        raise RuleError("There is no such job.")
    return row


def _told(uow: UnitOfWork, job: JobRow, actor: Actor, at: datetime, machines: set[int], shop: Shop) -> None:
    order: OrderRow = job.order
    uow.record(Event(EventKind.JOB_CHANGED, at, actor, order.id, order.customer_id, job.machine_id, {"job": job.code}))
    touched = {order.id, *production.orders_on_machines(machines)}
    estimating.reestimate(shop, touched, cause=Cause.QUEUE_CHANGED, at=at)


def queue_job(shop: Shop, job_id: int, key: str, *, actor: Actor, at: datetime) -> JobRow:
    """Put a job at the end of a machine's queue, or move it there from another's.

    Raises IllegalMove when the order is not accepted, or the machine cannot make it (``domain.schedule.capability``).
    """
    actor.must_be_staff()
    with unit_of_work() as uow:
        job = _job(job_id)
        machine = machine_by_key(key)
        stage = Stage(job.order.stage)
        if stage in (Stage.RECEIVED, Stage.IN_REVIEW):
            raise IllegalMove("Accept the order first; then its jobs can be queued.")
        if stage not in (*IN_WORK, Stage.POST_PROCESSING):
            raise IllegalMove("This order needs no machine any more.")
        need = capabilities.need_of(shop, job.line.material, job.line.colour, job.line.file)
        if why := why_not(need, capabilities.capability_of(shop, key, at), at):
            raise IllegalMove(why)
        before = job.machine_id
        after = step_job(to_job(job), JobStep.QUEUE, at=at)
        last = production.last_position(machine.id)
        JobRow.update(state=after.state.value, machine=machine, position=last + 1.0).where(
            JobRow.id == job.id
        ).execute()
        job.machine, job.state = machine, after.state.value
        _told(uow, job, actor, at, {machine.id, *([before] if before else [])}, shop)
    return job


def unqueue_job(shop: Shop, job_id: int, *, actor: Actor, at: datetime) -> None:
    """Take a waiting job out of its queue. Raises IllegalMove when it runs already."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        job = _job(job_id)
        step_job(to_job(job), JobStep.UNQUEUE, at=at)
        before = job.machine_id
        JobRow.update(state=JobState.PLANNED.value, machine=None).where(JobRow.id == job.id).execute()
        job.machine = None
        _told(uow, job, actor, at, {before} if before else set(), shop)


def reorder_job(shop: Shop, job_id: int, direction: str, *, actor: Actor, at: datetime) -> None:
    """Let a waiting job change places with its neighbour (``up`` or ``down``); at an end it stays."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        job = _job(job_id)
        if job.state != JobState.QUEUED.value or job.machine_id is None:
            raise IllegalMove("Only a waiting job can change places.")
        waiting = [row for row in production.queue_of(job.machine_id) if row.state == JobState.QUEUED.value]
        here = next(index for index, row in enumerate(waiting) if row.id == job.id)
        there = here + (-1 if direction == "up" else 1)
        if not 0 <= there < len(waiting):
            return
        waiting[here], waiting[there] = waiting[there], waiting[here]
        for position, row in enumerate(waiting, start=1):
            JobRow.update(position=float(position)).where(JobRow.id == row.id).execute()
        _told(uow, job, actor, at, {job.machine_id}, shop)


def retry_job(shop: Shop, job_id: int, *, actor: Actor, at: datetime) -> JobRow:
    """Plan a failed or cancelled job again, as a new job linked to it; asking twice gives the same one."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        job = _job(job_id)
        known: JobRow | None = JobRow.get_or_none(JobRow.replaces == job.id)
        if known is not None:
            return known
        if job.state not in (JobState.FAILED.value, JobState.CANCELLED.value):
            raise IllegalMove("Only a job that failed or was cancelled can be planned again.")
        fresh = planning.plan_again(job)
        _told(uow, fresh, actor, at, set(), shop)
    return fresh


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
    queue = production.queue_of(machine.id)
    active = next((row for row in queue if JobState(row.state) in ACTIVE), None)
    job = (
        active if kind is not CommandKind.START else next((r for r in queue if r.state == JobState.QUEUED.value), None)
    )
    if kind is CommandKind.START and active is not None:
        raise IllegalMove(f"{machine.name} is busy with {active.code}.")
    if job is None:
        raise IllegalMove(f"There is no job to {kind.value} on {machine.name}.")
    if kind is CommandKind.START and isinstance(driver, LinkedDriver) and driver.needs_program and not job.gcode_sha:
        raise RuleError(f"{job.code} has no machine code yet.", "Slice it, and attach the file to the job.")
    intent = intent or secrets.token_hex(8)
    if isinstance(driver, HandDriver):
        brief = brief_of(job)
        reading = driver.press(Command(kind, intent, at, brief), to_memory(machine).last)
        reporting.take_reading(shop, machine.key, reading, at=at, actor=actor)
        return
    with unit_of_work() as uow:
        if linking.is_being_told(machine.id, job.id, kind.value):
            return
        MachineCommandRow.insert(
            machine=machine, kind=kind.value, intent=intent, job=job, asked_by=actor.name, asked_at=at
        ).on_conflict_ignore().execute()
        uow.record(Event(EventKind.MACHINE_CHANGED, at, actor, machine_id=machine.id, data={"command": kind.value}))


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


def claim_run(shop: Shop, key: str, job_id: int, *, actor: Actor, at: datetime) -> None:
    """Staff say which job a run is that no job explained. Raises IllegalMove when it cannot be that one."""
    actor.must_be_staff()
    with unit_of_work():
        machine = machine_by_key(key)
        job = _job(job_id)
        if not machine.unclaimed_run:
            raise IllegalMove("There is no unexplained run on this machine any more.")
        if job.machine_id != machine.id or job.state != JobState.QUEUED.value:
            raise IllegalMove(f"{job.code} does not wait for {machine.name}.")
        memory = to_memory(machine)
        MachineRow.update(unclaimed_run="", unclaimed_at=None).where(MachineRow.id == machine.id).execute()
        started = machine.unclaimed_at or at
        save_job(step_job(to_job(job), JobStep.START, at=started, run_key=machine.unclaimed_run))
        reporting.after_start(shop, JobRow.get_by_id(job.id), actor=actor, at=at)
        if memory.last is not None:
            reporting.follow(machine, memory.last)
