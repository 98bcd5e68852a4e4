"""What templates get of the history: the search, its rows, the record of one order. Frozen values, ready to print."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from craftops.web.frame.views import Chip, Choice


@dataclass(frozen=True, slots=True, eq=False)
class HistoryRow:
    """An order of the history; the same one as long as it is written the same (``kept``)."""

    code: str
    title: str
    url: str
    picture_url: str
    when: str
    """"26 Nov 2026"; of one that is being made, when it was placed."""
    chip: Chip
    parts: str
    """"12 × Hex spacer, 2 × Foot and 3 more"."""
    materials: str
    total: str
    """Empty where there is no invoice, or its reader may not know."""
    again_url: str
    customer: str
    customer_url: str


@dataclass(frozen=True, slots=True, eq=False)
class HistoryFilter:
    """The search as it was typed, so that a fault loses nothing of it. ``errors`` by field. The same one as long as it
    is written the same (``kept``)."""

    action: str
    words: str
    customer: str
    since: str
    until: str
    least: str
    most: str
    currency: str
    materials: tuple[Choice, ...]
    stages: tuple[Choice, ...]
    errors: dict[str, str]
    narrow: bool
    """Whether anything is asked for."""
    more: bool
    """Whether the fields behind the search box are in use."""


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """``portal/history.html`` and ``staff/history.html``."""

    filter: HistoryFilter
    rows: tuple[HistoryRow, ...]
    older_url: str
    newest_url: str
    """Back to the beginning; empty on the first page."""
    csv_url: str


@dataclass(frozen=True, slots=True)
class MadeOn:
    """A run of a machine, as the record of an order tells it."""

    title: str
    machine: str
    copies: str
    began: datetime | None
    ended: datetime | None
    took: str


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A version of a design, as it came."""

    title: str
    version: str
    """"version 2, made"; "version 1, replaced"; empty of the only one."""
    name: str
    size: str
    url: str
    """Empty where it is not kept any more."""


@dataclass(frozen=True, slots=True)
class RecordCard:
    """``portal/_record.html``: what is kept of an order that has ended, besides what its page shows anyway."""

    runs: tuple[MadeOn, ...]
    hand_work: tuple[str, ...]
    checked: datetime | None
    """When it had passed the quality check."""
    files: tuple[KeptFile, ...]
    costs: tuple[tuple[str, str], ...]
    """What was agreed: line and amount."""
    total: str
