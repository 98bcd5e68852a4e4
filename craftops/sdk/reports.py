"""Reports: tables that the owner reads on a page and takes along as CSV, made of plain values of what was finished.

A report gets everything that ended in a span of days, whatever it wants of it. It reads no database, so that it goes
on working when tables change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from craftops.domain.billing.money import Money


@dataclass(frozen=True, slots=True)
class FinishedOrder:
    """An order that was completed or cancelled in the span."""

    code: str
    title: str
    customer: str
    company: str
    """Empty for a person."""
    copies: int
    placed_at: datetime
    promised_until: datetime | None
    """The end of the window that was promised when it was accepted."""
    ready_at: datetime | None
    """When it was ready for pickup or packed; None for one that was cancelled before."""
    ended_at: datetime
    cancelled: bool


@dataclass(frozen=True, slots=True)
class FinishedJob:
    """A job that ended in the span; one that was called off before it began is not there."""

    code: str
    order: str
    machine: str
    process: str
    """A ``ProcessKind`` value."""
    material: str
    copies: int
    copies_good: int
    state: str
    """done, failed, cancelled."""
    planned_s: float
    took_s: float | None
    ended_at: datetime


@dataclass(frozen=True, slots=True)
class IssuedInvoice:
    """An invoice or credit note that was issued in the span."""

    number: str
    order: str
    customer: str
    gross: Money
    """Of a credit note below zero."""
    issued_at: datetime


@dataclass(frozen=True, slots=True)
class ReportData:
    """What a report is made of. Moments are aware UTC; ``first`` and ``last`` are days of the shop's zone."""

    first: date
    last: date
    zone: str
    """IANA name of the shop's zone."""
    orders: Sequence[FinishedOrder] = ()
    jobs: Sequence[FinishedJob] = ()
    invoices: Sequence[IssuedInvoice] = ()


@dataclass(frozen=True, slots=True)
class ReportTable:
    """What is shown: a row is as long as ``columns``. Numbers stand to the right."""

    columns: tuple[str, ...]
    rows: Sequence[tuple[str | int | float, ...]]
    note: str = ""
    """A sentence above the table."""


@dataclass(frozen=True, slots=True)
class Report:
    """One report of a plugin's."""

    name: str
    """The last part of its address: small letters, digits and _."""
    title: str
    summary: str
    """What it answers, in a sentence."""
    make: Callable[[ReportData], ReportTable]
    """Takes at most five seconds."""
