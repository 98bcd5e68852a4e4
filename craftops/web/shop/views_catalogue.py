"""What the pages of the catalogue get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from craftops.web.frame.views import FormField
from craftops.web.shop.kept_note import KeptNote


@dataclass(frozen=True, slots=True)
class CatalogueRow:
    """A material or finish of the list."""

    name: str
    label: str
    facts: tuple[str, ...]
    note: str
    price: str
    offered: bool
    edit_url: str


@dataclass(frozen=True, slots=True)
class CatalogueVersion:
    """One change of it."""

    number: int
    at: datetime | None
    by_name: str
    note: str
    changes: tuple[str, ...]
    current: bool


@dataclass(frozen=True, slots=True)
class CataloguePage:
    """``staff/catalogue.html``."""

    materials: tuple[CatalogueRow, ...]
    finishes: tuple[CatalogueRow, ...]
    versions: tuple[CatalogueVersion, ...]
    kept: KeptNote


@dataclass(frozen=True, slots=True)
class CatalogueForm:
    """``staff/catalogue_form.html``."""

    title: str
    kind: str
    name: str
    """Empty for a new one."""
    fields: tuple[FormField, ...]
    ticks: tuple[tuple[str, str, bool], ...]
    """Finishes that a material can have: name, label, chosen."""
    offered: bool
    errors: Mapping[str, str]
    error: str
    removable: bool


@dataclass(frozen=True, slots=True)
class CatalogueImportLine:
    """One thing that an import changes; ``tone`` is that of a chip."""

    what: str
    label: str
    word: str
    tone: str
    fields: tuple[tuple[str, str, str], ...]
    """Name of the field, before, after."""


@dataclass(frozen=True, slots=True)
class CatalogueImportPage:
    """``staff/catalogue_import.html``."""

    text: str
    faults: tuple[str, ...]
    lines: tuple[CatalogueImportLine, ...]
    notes: tuple[str, ...]
    seen: str
    """What it was compared with; a change in between has it shown again."""
    compared: bool
    """Whether something was read, and may be taken."""
