"""The conversation of one order: who speaks, who waits for whom, what a message may hold."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from craftops.domain.hours.calendar import Calendar
from craftops.errors import IntakeError

LONGEST = 20_000
"""Characters of one message: ten pages."""
MOST_FILES = 20
"""Files of one message."""
ANSWERING = timedelta(minutes=10)
"""A draft that was touched so lately means that its writer is at it."""


class Side(StrEnum):
    """Who speaks: the customer (and whoever they let in), or the shop."""

    CUSTOMER = "customer"
    SHOP = "shop"


class Via(StrEnum):
    """How a message came."""

    PORTAL = "portal"
    MAIL = "mail"
    LINK = "link"
    """From the page behind an order's link, without signing in."""
    API = "api"
    """By a program with a token."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What of a message matters to who waits for whom. ``id`` grows with every message of the shop."""

    id: int
    side: Side
    at: datetime


def clean_text(text: str) -> str:
    """A message as it is kept: line ends alike, no control characters, no blank edges; at most two empty lines in a
    row. Raises IntakeError when it is longer than ``LONGEST``."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    shown = ["".join(ch for ch in line if ch == "\t" or not _is_control(ch)).rstrip() for line in lines]
    kept: list[str] = []
    for line in shown:
        if line or kept[-2:] != ["", ""]:
            kept.append(line)
    cleaned = "\n".join(kept).strip("\n").rstrip()
    if len(cleaned) > LONGEST:
        raise IntakeError(f"The message is longer than {LONGEST:,} characters. Send the rest as a file.")
    return cleaned


def _is_control(ch: str) -> bool:
    """Control characters, and those that turn the direction of the text around them: they forge what is read."""
    return unicodedata.category(ch) in ("Cc", "Cs") or ch in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def waiting_since(turns: Iterable[Turn], settled: int = 0) -> datetime | None:
    """Since when the customer waits for an answer: the first of their messages after the shop's last one.

    ``turns`` in the order in which they were written; ``settled`` is the newest message of which staff have said that
    it needs no answer. None when nobody waits.
    """
    since = None
    for turn in turns:
        since = waiting_after(since, turn, settled)
    return since


def waiting_after(since: datetime | None, turn: Turn, settled: int = 0) -> datetime | None:
    """The same, one message further."""
    if turn.side is Side.SHOP or turn.id <= settled:
        return None
    return since or turn.at


def waited(since: datetime, now: datetime, calendar: Calendar) -> timedelta:
    """How long a customer has waited, in the shop's open hours: a question of Friday night is not late on Monday."""
    return timedelta(seconds=calendar.open_seconds(since, now)) if now > since else timedelta()


def excerpt(text: str, length: int = 140) -> str:
    """The beginning of a message in one line of at most ``length`` characters."""
    line = " ".join(text.split())
    return line if len(line) <= length else f"{line[: length - 1].rstrip()}…"
