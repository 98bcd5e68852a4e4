"""Readings that only tell how far a run is: nearly all that machines ever say, and so on a path of their own.

Nothing is decided here that ``reporting`` would decide otherwise. What proves an event, changes a state, the speed or
the parts made is given back to it, in the order in which it was said. Estimates follow a moment later, for many
machines at once (``catch_up``): so the evidence that an estimate rests on (``following``) grows with every estimate,
at least every ten seconds of a run, and not with every reading.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from craftops.domain.estimation.estimate import Cause
from craftops.domain.events import Event, EventKind
from craftops.domain.machines.readings import MachineMemory, MachineState, Reading
from craftops.domain.machines.run_detection import interpret
from craftops.domain.people.access import Actor, ActorKind
from craftops.domain.production.progress import share_of
from craftops.services.estimation import estimating, run_tracking
from craftops.services.machines import reporting
from craftops.services.shop.context import Shop
from craftops.store.database import UnitOfWork, unit_of_work
from craftops.store.mapping import to_memory
from craftops.store.models import JobRow
from craftops.store.queries import machines, production
from craftops.store.queries.machines import MachinePulse

SAYS_NOTHING = (MachineState.OFFLINE, MachineState.UNKNOWN)


def take(shop: Shop, readings: Sequence[tuple[str, Reading]], *, at: datetime) -> set[str]:
    """Take in what machines said, by their keys, each in its order: nearly all of it together, the rest one by one.

    The keys of the machines whose estimates are old by now, for ``catch_up``.
    """
    if not readings:
        return set()
    left, behind = _go_on(readings, at)
    for key, reading in left:
        reporting.take_reading(shop, key, reading, at=at)
    return behind


def catch_up(shop: Shop, keys: Collection[str], *, at: datetime) -> None:
    """Let the estimates of what these machines are at follow what they said last, all in one transaction.

    What was said is read from the store: whoever comes late, or twice, or after a restart does no harm.
    """
    with unit_of_work():
        old = [
            (job, machine, last)
            for job, machine in production.jobs_at_work(keys)
            if (memory := to_memory(machine)).run_key == job.run_key
            and (last := memory.last) is not None
            and last.state not in SAYS_NOTHING
            and reporting.wants_estimate(job.order.as_of, last, job.planned_s)
        ]
        learnt = run_tracking.learnt_of([machine.id for _, machine, _ in old]) if old else {}
        for job, machine, last in old:
            said = {"progress": last.progress} if last.progress is not None else {}
            if values := said | run_tracking.take(job, last, machine.report_interval_s, learnt[machine.id], at):
                JobRow.update(**values).where(JobRow.id == job.id).execute()
        if old:
            touched = production.orders_on_machines([machine.id for _, machine, _ in old])
            estimating.reestimate(shop, touched, cause=Cause.MACHINE_SLOWER, at=at)


def _go_on(readings: Sequence[tuple[str, Reading]], at: datetime) -> tuple[list[tuple[str, Reading]], set[str]]:
    """Take in what only goes on, of any number of machines in one transaction; what is left for ``reporting``, and
    which machines' estimates are old.

    Of several readings of a machine that all go on, only the newest is written, after each was interpreted.
    """
    said: dict[str, list[Reading]] = {}
    for key, reading in readings:
        said.setdefault(key, []).append(reading)
    left: list[tuple[str, Reading]] = []
    behind = set()
    with unit_of_work(light=True) as uow:
        for key, mine in said.items():
            standing = machines.pulse_of(key)
            rest = _take_of(uow, standing, mine, at)
            left += [(key, reading) for reading in rest]
            if rest or standing is None or not standing.job_id:
                continue
            if reporting.wants_estimate(standing.as_of, mine[-1], standing.planned_s or 0.0):
                behind.add(key)
    return left, behind


def _take_of(uow: UnitOfWork, standing: MachinePulse | None, readings: list[Reading], at: datetime) -> list[Reading]:
    """What of these readings must go the long way."""
    if standing is None or standing.memory.last is None:
        return readings
    memory, taken = standing.memory, 0
    for reading in readings:
        after = _gone_on(memory, reading, standing)
        if after is None:
            break
        memory, taken = after, taken + 1
    if taken:
        _write(uow, standing, memory, at)
    return readings[taken:]


def _gone_on(memory: MachineMemory, reading: Reading, standing: MachinePulse) -> MachineMemory | None:
    """The memory after a reading that changes nothing but numbers; None for any other."""
    if reading.state is not standing.state or reading.state in SAYS_NOTHING:
        return None
    if reading.estimate_s and reading.estimate_s != standing.planned_s:
        return None
    last = memory.last
    if last is not None and (reading.speed_factor, reading.parts_done) != (last.speed_factor, last.parts_done):
        return None
    after, events = interpret(memory, reading)
    return None if events else after


def _write(uow: UnitOfWork, standing: MachinePulse, memory: MachineMemory, at: datetime) -> None:
    last = memory.last
    machines.heard(standing.machine_id, memory, at)
    who = Actor(ActorKind.MACHINE, standing.machine_id, standing.name)
    if standing.job_id is None or standing.order_id is None or last is None:
        uow.record(Event(EventKind.MACHINE_REPORTED, at, who, machine_id=standing.machine_id))
        return
    runs = machines.runs_of_order(standing.order_id, at)
    before = share_of(runs.values())
    timed = run_tracking.tells_progress(standing.gcode_sha, last.progress_kind)
    progress = None if timed else last.progress
    machines.went_on(standing.job_id, last.at, last.remaining_s, progress)
    if progress is not None and standing.job_id in runs:
        runs[standing.job_id] = replace(runs[standing.job_id], progress=progress)
    share = share_of(runs.values())
    # Without a percent the whole fragment is drawn anew: another part is being made, or none was begun.
    same_part = share.percent is not None and before.percent is not None and share.part == before.part
    data: dict[str, Any] = {"order": standing.order_code, "percent": share.percent} if same_part else {}
    if data and share.moving is not None:
        data["moving"] = str(share.moving)
    uow.record(
        Event(EventKind.JOB_PROGRESSED, at, who, standing.order_id, standing.customer_id, standing.machine_id, data)
    )
