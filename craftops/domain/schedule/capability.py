"""What a machine can do, and why a job cannot go there: one plain sentence each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from craftops.domain.hours.calendar import Hours, MachineHours
from craftops.domain.machines.bed import Bed, fits
from craftops.errors import IntakeError

CHANGEOVER_MINUTES = 10
MAX_CHANGEOVER_MINUTES = 480
Loaded = tuple[str, str]
"""A material by its short name, and its colour."""


class Changeover(StrEnum):
    """What hands must change before a job can begin."""

    NONE = "none"
    COLOUR = "colour"
    MATERIAL = "material"


@dataclass(frozen=True, slots=True)
class Block:
    """Maintenance: the machine makes nothing from ``start`` to ``end`` (aware UTC); without an end if nobody knows."""

    start: datetime
    end: datetime | None
    reason: str = ""
    id: int = 0


@dataclass(frozen=True, slots=True)
class MachineCapability:
    """One machine as the schedule sees it."""

    machine_id: int
    key: str
    name: str
    process: str
    enabled: bool = True
    bed: Bed | None = None
    materials: frozenset[str] = frozenset()
    """Short names of what it works; empty while nobody has said, and then all of its process."""
    loaded: tuple[Loaded, ...] = ()
    """What is in it now; empty while nobody has said."""
    unattended: bool = True
    """May work on when nobody is there."""
    hours: Hours | None = None
    """The hours of each day, local time, in which it may work; None for around the clock."""
    changeover_minutes: float = CHANGEOVER_MINUTES
    auto_start: bool = False
    """Begins its next job without a person."""
    blocks: tuple[Block, ...] = ()

    @property
    def limits(self) -> MachineHours | None:
        """When it may work; None for always."""
        if self.unattended and self.hours is None and not self.blocks:
            return None
        return MachineHours(self.hours, self.unattended, tuple((one.start, one.end) for one in self.blocks))


@dataclass(frozen=True, slots=True)
class Need:
    """What a job asks of a machine. ``size_mm`` is None while its part is not measured."""

    process: str
    material: str = ""
    material_label: str = ""
    colour: str = ""
    size_mm: tuple[float, ...] | None = None


def why_not(need: Need, machine: MachineCapability, at: datetime) -> str:
    """Why a job cannot go to a machine, as a sentence; empty when it can."""
    if not machine.enabled:
        return f"{machine.name} is out of service."
    if not {need.process, machine.process} & {"other"} and need.process != machine.process:
        return f"{machine.name} works by {machine.process}, and this job needs {need.process}."
    if need.size_mm and machine.bed and not fits(need.size_mm, machine.bed):
        return f"The part is {_sides(need.size_mm)}, and {machine.name} makes at most {_sides(machine.bed)}."
    if machine.materials and need.material and need.material not in machine.materials:
        return f"{machine.name} does not work {need.material_label or need.material}."
    return _resting(machine, at)


def _resting(machine: MachineCapability, at: datetime) -> str:
    """That a machine rests and nobody knows for how long; empty when it does not."""
    endless = next((one for one in machine.blocks if one.end is None and one.start <= at), None)
    if endless is None:
        return ""
    reason = f": {endless.reason}" if endless.reason else ""
    return f"{machine.name} is in maintenance until further notice{reason}."


def change_of(material: str, colour: str, loaded: Sequence[Loaded]) -> Changeover:
    """What must be changed before a job of this material begins; nothing where nobody knows what is loaded."""
    if not loaded or not material or (material, colour) in loaded:
        return Changeover.NONE
    return Changeover.COLOUR if any(one == material for one, _colour in loaded) else Changeover.MATERIAL


def warning(need: Need, machine: MachineCapability) -> str:
    """What has to be done before the job can begin there, as a sentence; empty when nothing has."""
    change = change_of(need.material, need.colour, machine.loaded)
    label = need.material_label or need.material
    minutes = f"{machine.changeover_minutes:g} min of hand work"
    if change is Changeover.MATERIAL:
        return f"{label} is not loaded in {machine.name}: {minutes} to change it."
    if change is Changeover.COLOUR:
        return f"{label} in {need.colour} is not loaded in {machine.name}: {minutes} to change it."
    return ""


def after_change(material: str, colour: str, loaded: tuple[Loaded, ...]) -> tuple[Loaded, ...]:
    """What is loaded once a job of this material has begun: it takes the place of what was there first."""
    if not material or (material, colour) in loaded:
        return loaded
    return (*loaded[1:], (material, colour))


def check_block(start: datetime | None, end: datetime | None, reason: str, at: datetime) -> Block:
    """A block that can be. Raises IntakeError with the faulty fields."""
    faults: dict[str, str] = {}
    if start is None:
        faults["start"] = "Say when it begins."
    elif end is not None and end <= start:
        faults["end"] = "The end must come after the beginning."
    elif end is not None and end <= at:
        faults["end"] = "That is over already."
    if not reason.strip():
        faults["reason"] = "Say what is done; it stands in the schedule."
    if faults or start is None:
        raise IntakeError("This maintenance cannot be noted yet.", faults)
    return Block(start, end, reason.strip()[:200])


def _sides(size: Sequence[float]) -> str:
    return " × ".join(f"{side:.1f}".removesuffix(".0") for side in size) + " mm"
