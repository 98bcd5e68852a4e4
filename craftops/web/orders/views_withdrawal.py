"""What the pages of withdrawals are given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from craftops.web.frame.views import Chip, Choice


@dataclass(frozen=True, slots=True)
class WithdrawPage:
    """``portal/withdraw.html``."""

    step: str
    """ask, confirm, sent; or closed, where there is no right, and ``why`` says so."""
    action: str
    title: str = ""
    """Of the order, where it is known."""
    code: str = ""
    name: str = ""
    email: str = ""
    words: str = ""
    lines: tuple[Choice, ...] = ()
    """What can be withdrawn from, where it is known."""
    until: str = ""
    """Until when, as a sentence; empty while nothing has been delivered."""
    why: str = ""
    errors: dict[str, str] | None = None
    declared: tuple[Declared, ...] = ()
    known: bool = False
    """The order's own link was used."""


@dataclass(frozen=True, slots=True)
class Declared:
    """A declaration and what became of it."""

    id: int
    at: datetime
    name: str
    email: str
    what: tuple[str, ...]
    words: str
    digest: str
    chip: Chip
    sentence: str
    by: str
    """Who of the shop has answered; empty before."""
    line_ids: tuple[int, ...] = ()
    answers: tuple[Choice, ...] = ()
    """What staff can answer now."""


@dataclass(frozen=True, slots=True)
class WithdrawalPanel:
    """``portal/_withdrawal.html`` and ``staff/_withdrawals.html``."""

    sentence: str
    url: str
    """Where one withdraws; empty where there is nothing to withdraw from."""
    declared: tuple[Declared, ...] = ()
    decide_code: str = ""
