"""A customer's account over a time, as it is printed: what was billed, what was paid, what is open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from craftops.domain.billing.documents import Party


@dataclass(frozen=True, slots=True)
class AccountEntry:
    """One movement. ``amount`` in minor units: above zero is billed, below zero was paid or credited."""

    day: date
    title: str
    """ "Invoice", "Payment, bank transfer"."""
    number: str
    amount: int
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class AccountStatement:
    """All movements from ``since`` to ``until``, both days included, after ``opening`` (minor units) was open."""

    issued_on: date
    since: date
    until: date
    seller: Party
    buyer: Party
    currency: str
    opening: int
    entries: tuple[AccountEntry, ...]
    language: str = "en"
    note: str = ""

    @property
    def closing(self) -> int:
        """What is open at the end; below zero is credit of the customer."""
        return self.opening + sum(entry.amount for entry in self.entries)
