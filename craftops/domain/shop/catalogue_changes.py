"""What one catalogue has that another has not, thing by thing: shown before it is taken, and beside each version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

from craftops.domain.shop.catalogue import Catalogue, Finish, Material


class Becoming(StrEnum):
    """What happens to a thing."""

    NEW = "new"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"
    """It stays for the orders that have it, and nobody chooses it any more."""


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field, as it was and as it will be."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class CatalogueChange:
    """One material, finish, rate or zone."""

    kind: str
    """materials, finishes, rates, zones."""
    name: str
    label: str
    becoming: Becoming
    fields: tuple[FieldChange, ...] = ()


def merged(before: Catalogue, after: Catalogue) -> Catalogue:
    """``after`` with what it leaves out of ``before``, withdrawn: orders still refer to it."""
    materials = [*after.materials, *_left(before.materials, after.materials)]
    finishes = [*after.finishes, *_left(before.finishes, after.finishes)]
    return Catalogue(tuple(materials), tuple(finishes))


def _left(before: tuple[Any, ...], after: tuple[Any, ...]) -> list[Any]:
    names = {one.name for one in after}
    return [replace(one, offered=False) for one in before if one.name not in names]


def changes_between(before: Catalogue, after: Catalogue) -> tuple[CatalogueChange, ...]:
    """Everything that differs, in the order of ``after``."""
    return (
        *_changes("materials", before.materials, after.materials),
        *_changes("finishes", before.finishes, after.finishes),
    )


def _changes(
    kind: str, before: tuple[Material, ...] | tuple[Finish, ...], after: tuple[Material, ...] | tuple[Finish, ...]
) -> Iterator[CatalogueChange]:
    known = {one.name: one for one in before}
    for one in after:
        old = known.get(one.name)
        if old is None:
            yield CatalogueChange(kind, one.name, one.label, Becoming.NEW)
            continue
        found = _fields(old, one)
        if not found:
            continue
        becoming = Becoming.WITHDRAWN if old.offered and not one.offered else Becoming.CHANGED
        yield CatalogueChange(kind, one.name, one.label, becoming, found)
    for one in before:
        if one.name not in {other.name for other in after}:
            yield CatalogueChange(kind, one.name, one.label, Becoming.WITHDRAWN)


def _fields(old: Any, new: Any) -> tuple[FieldChange, ...]:
    return tuple(
        FieldChange(one.name, getattr(old, one.name), getattr(new, one.name))
        for one in fields(old)
        if getattr(old, one.name) != getattr(new, one.name)
    )


def table_changes(kind: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[CatalogueChange, ...]:
    """The same of a table of values by name: rates, zones."""
    found = []
    for name in dict.fromkeys([*after, *before]):
        old, new = before.get(name), after.get(name)
        if old == new:
            continue
        becoming = Becoming.NEW if old is None else Becoming.WITHDRAWN if new is None else Becoming.CHANGED
        found.append(CatalogueChange(kind, name, name, becoming, (FieldChange("", old, new),)))
    return tuple(found)
