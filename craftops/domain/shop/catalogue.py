"""What the shop makes things from, and how it finishes them."""

from __future__ import annotations

from dataclasses import dataclass

from craftops.domain.production.jobs import OperationKind


@dataclass(frozen=True, slots=True)
class Finish:
    """A finish and the hand work it takes: ``minutes`` for each copy and ``setup_minutes`` once a line."""

    name: str
    label: str
    operation: OperationKind = OperationKind.OTHER
    minutes: float = 0.0
    setup_minutes: float = 0.0


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


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that a customer can choose."""

    materials: tuple[Material, ...]
    finishes: tuple[Finish, ...]

    def material(self, name: str) -> Material | None:
        return next((m for m in self.materials if m.name == name), None)

    def finish(self, name: str) -> Finish | None:
        return next((f for f in self.finishes if f.name == name), None)
