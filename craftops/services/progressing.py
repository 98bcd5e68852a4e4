"""Readings that only tell how far a run is: nearly all that machines ever say, and so on a path of their own.

Nothing is decided here that ``reporting`` would decide otherwise. What proves an event, changes a state, the speed or
the parts made, or wants a fresh estimate is given back to it, in the order in which it was said. So the evidence that
an estimate rests on (``following``) grows with every estimate, at least every ten seconds of a run, and not with every
reading.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from craftops.domain.access import Actor, ActorKind
from craftops.domain.events import Event, EventKind
from craftops.domain.machines import MachineMemory, MachineState, Reading, interpret
from craftops.domain.progress import share_of
from craftops.services import reporting
from craftops.services.shop import Shop
from craftops.store.database import UnitOfWork, unit_of_work
from craftops.store.queries import pulse
from craftops.store.queries.pulse import Standing

SAYS_NOTHING = (MachineState.OFFLINE, MachineState.UNKNOWN)


def take(shop: Shop, readings: Sequence[tuple[str, Reading]], *, at: datetime) -> None:
    """Take in what machines said, by their keys, each in its order: nearly all of it together, the rest one by one."""
    for key, reading in _go_on(readings, at) if readings else ():
        reporting.take_reading(shop, key, reading, at=at)


def _go_on(readings: Sequence[tuple[str, Reading]], at: datetime) -> list[tuple[str, Reading]]:
    """Take in what only goes on, of any number of machines in one transaction; what is left for ``reporting``.

    Of several readings of a machine that all go on, only the newest is written, after each was interpreted.
    """
    said: dict[str, list[Reading]] = {}
    for key, reading in readings:
        said.setdefault(key, []).append(reading)
    left: list[tuple[str, Reading]] = []
    with unit_of_work(light=True) as uow:
        for key, mine in said.items():
            left += [(key, reading) for reading in _take_of(uow, key, mine, at)]
    return left


def _take_of(uow: UnitOfWork, key: str, readings: list[Reading], at: datetime) -> list[Reading]:
    """What of these readings must go the long way."""
    standing = pulse.standing(key)
    if standing is None or standing.memory.last is None:
        return readings
    if standing.job_id and reporting.wants_estimate(standing.as_of, readings[-1]):
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


def _gone_on(memory: MachineMemory, reading: Reading, standing: Standing) -> MachineMemory | None:
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


def _write(uow: UnitOfWork, standing: Standing, memory: MachineMemory, at: datetime) -> None:
    last = memory.last
    pulse.heard(standing.machine_id, memory, at)
    who = Actor(ActorKind.MACHINE, standing.machine_id, standing.name)
    if standing.job_id is None or standing.order_id is None or last is None:
        uow.record(Event(EventKind.MACHINE_REPORTED, at, who, machine_id=standing.machine_id))
        return
    runs = pulse.runs_of(standing.order_id)
    before = share_of(runs.values())
    pulse.went_on(standing.job_id, last.at, last.remaining_s, last.progress)
    if last.progress is not None and standing.job_id in runs:
        runs[standing.job_id] = replace(runs[standing.job_id], progress=last.progress)
    share = share_of(runs.values())
    # Without a percent the whole fragment is drawn anew: another part is being made, or none was begun.
    same_part = share.percent is not None and before.percent is not None and share.part == before.part
    data = {"order": standing.order_code, "percent": share.percent} if same_part else {}
    uow.record(
        Event(EventKind.JOB_PROGRESSED, at, who, standing.order_id, standing.customer_id, standing.machine_id, data)
    )
