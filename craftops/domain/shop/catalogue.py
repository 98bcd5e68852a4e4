"""What the shop makes things from, and how it finishes them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Protocol, TypeVar

from craftops.domain.machines.readings import ProcessKind
from craftops.domain.machines.suitability import Stock
from craftops.domain.production.jobs import OperationKind
from craftops.errors import IntakeError

T = TypeVar("T")
NAME = re.compile(r"^[a-z0-9][a-z0-9_.-]{0,39}$")
MOST = 200
"""Materials, and finishes; nobody chooses among more."""
MOST_COLOURS = 60


@dataclass(frozen=True, slots=True)
class Finish:
    """A finish and the hand work it takes: ``minutes`` for each copy and ``setup_minutes`` once a line."""

    name: str
    label: str
    operation: OperationKind = OperationKind.OTHER
    minutes: float = 0.0
    setup_minutes: float = 0.0
    offered: bool = True
    """False: orders that have it keep it, and nobody chooses it any more."""


@dataclass(frozen=True, slots=True)
class Material:
    """A material the shop offers. ``density`` in g/cm³; ``process`` is a ProcessKind value."""

    name: str
    label: str
    process: str = "fdm"
    note: str = ""
    density: float = 1.24
    colours: tuple[str, ...] = ()
    finishes: tuple[str, ...] = ()
    base_operation: str = ""
    """An operation that every line of this material needs (support removal, deburring), or empty."""
    base_minutes: float = 0.0
    offered: bool = True
    """As of a finish."""
    sheet_mm: float = 0.0
    """How thick its sheets are; 0 where it is no sheet, or nobody has said."""

    @property
    def stock(self) -> Stock:
        """What a design is held against."""
        return Stock(self.process, self.sheet_mm)


class Specified(Protocol):
    """Something that is made of a material, has a colour and a finish; one that was ordered also has ``made_from``."""

    @property
    def material(self) -> str: ...
    @property
    def colour(self) -> str: ...
    @property
    def finish(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that a customer can choose."""

    materials: tuple[Material, ...]
    finishes: tuple[Finish, ...]

    @property
    def offered(self) -> tuple[Material, ...]:
        """What can be ordered now, each with the finishes that it can have now."""
        return tuple(
            replace(one, finishes=tuple(finish.name for finish in self.finishes_of(one)))
            for one in self.materials
            if one.offered
        )

    def material(self, name: str) -> Material | None:
        return next((m for m in self.materials if m.name == name), None)

    def finish(self, name: str) -> Finish | None:
        return next((f for f in self.finishes if f.name == name), None)

    def finishes_of(self, material: Material) -> tuple[Finish, ...]:
        """The finishes that it can have now."""
        found = (self.finish(name) for name in material.finishes)
        return tuple(one for one in found if one is not None and one.offered)

    def material_of(self, line: Any) -> Material | None:
        """What a line is made from: as it was when the line was ordered, else as it is now."""
        kept = (getattr(line, "made_from", None) or {}).get("material")
        return _known(Material, kept) if kept and kept.get("name") == line.material else self.material(line.material)

    def finish_of(self, line: Any) -> Finish | None:
        """The same of its finish."""
        kept = (getattr(line, "made_from", None) or {}).get("finish")
        return _finish(kept) if kept and kept.get("name") == line.finish else self.finish(line.finish)

    def frozen(self, material: str, finish: str) -> dict[str, Any]:
        """What a line keeps of both, as JSON values."""
        found = {"material": self.material(material), "finish": self.finish(finish)}
        return {name: asdict(one) for name, one in found.items() if one is not None}


def _name_faults(kind: str, things: Sequence[Material | Finish]) -> dict[str, str]:
    """Faults in what things are called: by us, and on pages."""
    faults: dict[str, str] = {}
    names = [one.name for one in things]
    if len(names) > MOST:
        faults[kind] = f"Keep at most {MOST} of them."
    for name in {one for one in names if names.count(one) > 1}:
        faults[f"{kind}.{name}.name"] = "There are two of this name."
    for one in things:
        place = f"{kind}.{one.name}"
        if not NAME.match(one.name):
            faults[f"{place}.name"] = "Use small letters, digits, - and _, at most 40 of them."
        if not one.label.strip() or len(one.label) > 80:
            faults[f"{place}.label"] = "Write what customers read, in at most 80 characters."
    return faults


def check_catalogue(found: Catalogue) -> Catalogue:
    """The catalogue itself if a shop can work by it. Raises IntakeError with every faulty field
    (``materials.pla.density``)."""
    faults: dict[str, str] = {}
    for kind, things in (("materials", found.materials), ("finishes", found.finishes)):
        faults |= _name_faults(kind, things)
    if not found.offered:
        faults["materials"] = "Offer at least one material."
    for finish in found.finishes:
        faults |= _minutes(f"finishes.{finish.name}", minutes=finish.minutes, setup_minutes=finish.setup_minutes)
    for material in found.materials:
        faults |= _material_faults(material, {one.name for one in found.finishes})
    if faults:
        raise IntakeError("The catalogue cannot be used like this.", faults)
    return found


def _material_faults(one: Material, finishes: set[str]) -> dict[str, str]:
    place = f"materials.{one.name}"
    faults = _minutes(place, base_minutes=one.base_minutes)
    if one.process not in {kind.value for kind in ProcessKind}:
        faults[f"{place}.process"] = f"Choose one of {', '.join(kind.value for kind in ProcessKind)}."
    if not 0.01 <= one.density <= 25:
        faults[f"{place}.density"] = "Write grams per cubic centimetre, such as 1.24."
    if not 0 <= one.sheet_mm <= 500:
        faults[f"{place}.sheet_mm"] = "Write millimetres, such as 4; 0 where it is no sheet."
    if len(one.note) > 200:
        faults[f"{place}.note"] = "Keep the advice below 200 characters."
    if len(one.colours) > MOST_COLOURS or any(not 0 < len(colour) <= 40 for colour in one.colours):
        faults[f"{place}.colours"] = f"Name at most {MOST_COLOURS} colours, each in at most 40 characters."
    elif len({colour.casefold() for colour in one.colours}) != len(one.colours):
        faults[f"{place}.colours"] = "A colour stands there twice."
    if unknown := [name for name in one.finishes if name not in finishes]:
        faults[f"{place}.finishes"] = f"There is no finish {unknown[0]!r}."
    return faults


def _minutes(place: str, **values: float) -> dict[str, str]:
    why = "Write minutes between 0 and 10 000."
    return {f"{place}.{name}": why for name, value in values.items() if not 0 <= value <= 10_000}


def catalogue_to_json(found: Catalogue) -> dict[str, Any]:
    """As JSON values."""
    return asdict(found)


def catalogue_from_json(body: Mapping[str, Any]) -> Catalogue:
    """The reverse; keys of a newer version are left out."""
    return Catalogue(
        tuple(_known(Material, one) for one in body.get("materials", ())),
        tuple(_finish(one) for one in body.get("finishes", ())),
    )


def _finish(values: Mapping[str, Any]) -> Finish:
    found = _known(Finish, values)
    return replace(found, operation=OperationKind(found.operation))


def _known(kind: type[T], values: Mapping[str, Any]) -> T:
    fields = kind.__dataclass_fields__  # type: ignore[attr-defined]
    found = {key: tuple(one) if isinstance(one, list) else one for key, one in values.items() if key in fields}
    return kind(**found)
