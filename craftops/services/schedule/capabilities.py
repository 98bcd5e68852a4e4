"""What machines can do and when they rest: what staff say, read for the schedule."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from craftops.domain.estimation.estimate import Cause
from craftops.domain.events import Event, EventKind
from craftops.domain.people.access import Actor
from craftops.domain.schedule.capability import (
    CHANGEOVER_MINUTES,
    MAX_CHANGEOVER_MINUTES,
    Block,
    MachineCapability,
    Need,
    check_block,
)
from craftops.domain.shop.profile import parse_span
from craftops.errors import IntakeError, RuleError
from craftops.services.estimation import estimating
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.mapping import to_analysis
from craftops.store.models import CapabilityRow, DesignFileRow, MachineRow, MaintenanceRow
from craftops.store.queries import machines, production, schedule


def capability(shop: Shop, machine: Any, blocks: Iterable[MaintenanceRow]) -> MachineCapability:
    """One machine, read with ``schedule.machines``, as the schedule sees it."""
    said = getattr(machine, "capability", None)
    driver = shop.plugins.machine_drivers.get(machine.driver)
    return MachineCapability(
        machine_id=machine.id,
        key=machine.key,
        name=machine.name,
        process=machine.process,
        enabled=machine.enabled,
        bed=tuple(machine.bed) if machine.bed else None,
        materials=frozenset(said.materials or ()) if said else frozenset(),
        loaded=tuple((one[0], one[1]) for one in said.loaded or ()) if said else (),
        unattended=said.unattended if said else True,
        hours=parse_span(said.hours) if said and said.hours else None,
        changeover_minutes=said.changeover_minutes if said else CHANGEOVER_MINUTES,
        auto_start=driver.auto_start if driver else False,
        blocks=tuple(Block(row.start, row.end, row.reason, row.id) for row in blocks),
    )


def capabilities(shop: Shop, at: datetime) -> tuple[MachineCapability, ...]:
    """Every machine by name, with the maintenance of the last day and all that is to come."""
    blocks: dict[int, list[MaintenanceRow]] = defaultdict(list)
    for row in schedule.blocks(at - timedelta(days=1)):
        blocks[row.machine_id].append(row)
    found = (capability(shop, machine, blocks[machine.id]) for machine in schedule.machines())
    return tuple(sorted(found, key=lambda one: (_by_number(one.name), one.machine_id)))


def _by_number(name: str) -> list[tuple[int, int, str]]:
    """Sorts "Printer 2" before "Printer 10"."""
    parts = re.split(r"([0-9]+)", name.casefold())
    return [(0, int(part), "") if part.isascii() and part.isdigit() else (1, 0, part) for part in parts if part]


def capability_of(shop: Shop, key: str, at: datetime) -> MachineCapability:
    """One machine by its key. Raises RuleError when there is none."""
    found = next((one for one in capabilities(shop, at) if one.key == key), None)
    if found is None:
        raise RuleError(f"There is no machine {key!r}.")
    return found


class Ordered(Protocol):
    """A line as it was ordered; ``made_from`` says what its material was then."""

    @property
    def material(self) -> str: ...
    @property
    def colour(self) -> str: ...
    @property
    def made_from(self) -> Mapping[str, Any] | None: ...


def need_of(shop: Shop, line: Ordered, file: DesignFileRow | None) -> Need:
    """What the job of a line with this file asks of a machine."""
    known = shop.catalogue.material_of(line)
    analysis = to_analysis(file) if file else None
    return Need(
        process=known.process if known else "other",
        material=line.material,
        material_label=known.label if known else line.material,
        colour=line.colour,
        size_mm=analysis.size_mm if analysis else None,
    )


def _machine(key: str) -> MachineRow:
    row = machines.machine(key)
    if row is None:
        raise RuleError(f"There is no machine {key!r}.")
    return row


def _hours(text: str) -> str:
    """ "7:00 – 22:00" as it is kept. Raises IntakeError."""
    if not text.strip():
        return ""
    try:
        hours = parse_span(text)
    except IntakeError as error:
        raise IntakeError(error.sentence, {"hours": error.sentence}) from None
    return f"{hours.start:%H:%M}-{hours.end:%H:%M}"


def _minutes(text: str) -> int:
    if not (text.isascii() and text.strip().isdigit()) or len(text) > 6 or int(text) > MAX_CHANGEOVER_MINUTES:
        sentence = f"Write the minutes of a change as a whole number up to {MAX_CHANGEOVER_MINUTES}."
        raise IntakeError(sentence, {"changeover_minutes": sentence})
    return int(text)


def set_capability(
    shop: Shop,
    key: str,
    *,
    materials: Sequence[str],
    loaded: Sequence[tuple[str, str]],
    unattended: bool,
    hours: str,
    changeover_minutes: str,
    actor: Actor,
    at: datetime,
) -> None:
    """Say what a machine can do. Raises IntakeError with the faulty field; what the catalogue lacks is left out."""
    actor.must_be_staff()
    known = {material.name: material for material in shop.catalogue.materials}
    spools = [[name, colour] for name, colour in loaded if name in known and colour in (known[name].colours or ("",))]
    values = {
        "materials": [name for name in materials if name in known] or None,
        "loaded": spools or None,
        "unattended": unattended,
        "hours": _hours(hours),
        "changeover_minutes": _minutes(changeover_minutes),
    }
    with unit_of_work() as uow:
        machine = _machine(key)
        if not CapabilityRow.update(**values).where(CapabilityRow.machine == machine.id).execute():
            CapabilityRow.create(machine=machine, **values)
        uow.record(Event(EventKind.MACHINE_CHANGED, at, actor, machine_id=machine.id))
        _tell(shop, machine, at)


def _tell(shop: Shop, machine: MachineRow, at: datetime) -> None:
    """Work out again what waits for this machine, and what may go there."""
    touched = {*production.orders_on_machines([machine.id]), *production.orders_without_machine()}
    estimating.reestimate(shop, touched, cause=Cause.MACHINE_RESTS, at=at, facts={"machine": machine.name})


def add_block(
    shop: Shop, key: str, *, start: datetime | None, end: datetime | None, reason: str, actor: Actor, at: datetime
) -> None:
    """Note maintenance; a repeated note is the same one. Raises IntakeError with the faulty fields."""
    actor.must_be_staff()
    block = check_block(start, end, reason, at)
    with unit_of_work() as uow:
        machine = _machine(key)
        same = MaintenanceRow.select().where(
            MaintenanceRow.machine == machine.id,
            MaintenanceRow.start == block.start,
            MaintenanceRow.reason == block.reason,
            (MaintenanceRow.end == block.end) if block.end else MaintenanceRow.end.is_null(),
        )
        if same.exists():
            return
        MaintenanceRow.create(
            machine=machine, start=block.start, end=block.end, reason=block.reason, by_name=actor.name, at=at
        )
        uow.record(Event(EventKind.MACHINE_CHANGED, at, actor, machine_id=machine.id))
        _tell(shop, machine, at)


def end_block(shop: Shop, key: str, block_id: int, *, actor: Actor, at: datetime) -> None:
    """Maintenance is over; what has not begun is taken back. What is gone already changes nothing."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        machine = _machine(key)
        mine = (MaintenanceRow.id == block_id) & (MaintenanceRow.machine == machine.id)
        begun = MaintenanceRow.update(end=at).where(mine, MaintenanceRow.start < at).execute()
        if begun or MaintenanceRow.delete().where(mine).execute():
            uow.record(Event(EventKind.MACHINE_CHANGED, at, actor, machine_id=machine.id))
            _tell(shop, machine, at)
