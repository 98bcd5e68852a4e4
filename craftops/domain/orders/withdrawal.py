"""Withdrawing from a contract: who may, how long, and what becomes of it (Directive 2011/83/EU, Articles 9 to 16).

A consumer may withdraw within fourteen days of having the goods, without a reason, and not from what was made to their
specification (Article 16(c)). The declaration counts as it was made, whatever the shop thinks of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from craftops.errors import IllegalMove, IntakeError

DAYS = 14
LONGEST_WORDS, LONGEST_NAME, LONGEST_EMAIL, LONGEST_SENTENCE = 2000, 200, 254, 1000
SATURDAY = 5


class WithdrawalState(StrEnum):
    """What became of a declaration."""

    RECEIVED = "received"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    SETTLED = "settled"


W = WithdrawalState
NEXT = {W.RECEIVED: (W.ACCEPTED, W.REFUSED), W.ACCEPTED: (W.SETTLED,), W.REFUSED: (W.ACCEPTED,), W.SETTLED: ()}
OPEN = frozenset({W.RECEIVED, W.ACCEPTED})
"""Somebody of the shop has still to do something."""


class Ground(StrEnum):
    """Whether somebody may withdraw, or why not."""

    OPEN = "open"
    BUSINESS = "business"
    MADE_FOR_YOU = "made_for_you"
    OVER = "over"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Right:
    """Whether an order may be withdrawn from."""

    ground: Ground
    until: datetime | None = None
    """The first moment after the period; None while it has not begun."""

    @property
    def exists(self) -> bool:
        return self.ground is Ground.OPEN


@dataclass(frozen=True, slots=True)
class WithdrawnLine:
    """A line that somebody withdraws from."""

    id: int
    title: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Declaration:
    """What somebody declares. ``lines`` are empty where only their words say what they mean."""

    name: str
    email: str
    lines: tuple[WithdrawnLine, ...] = ()
    words: str = ""


def period_end(received_at: datetime, zone: ZoneInfo) -> datetime:
    """The first moment after the period that began with the goods: fourteen whole days of the shop's zone after that
    day, and the next Monday's end where the last is a Saturday or Sunday (Regulation 1182/71, Article 3)."""
    last = received_at.astimezone(zone).date() + timedelta(days=DAYS)
    while last.weekday() >= SATURDAY:
        last += timedelta(days=1)
    after = last + timedelta(days=1)
    return datetime(after.year, after.month, after.day, tzinfo=zone)


def right_of(
    *, business: bool, standard_lines: int, cancelled: bool, received_at: datetime | None, zone: ZoneInfo, at: datetime
) -> Right:
    """Whether an order may be withdrawn from at this moment. ``received_at``: when its customer had all of it."""
    until = period_end(received_at, zone) if received_at is not None else None
    if business:
        return Right(Ground.BUSINESS, until)
    if not standard_lines:
        return Right(Ground.MADE_FOR_YOU, until)
    if cancelled:
        return Right(Ground.CANCELLED, until)
    if until is not None and at >= until:
        return Right(Ground.OVER, until)
    return Right(Ground.OPEN, until)


def check(declaration: Declaration) -> Declaration:
    """A declaration as it is kept. Raises IntakeError with every faulty field."""
    name, email = " ".join(declaration.name.split()), declaration.email.strip()
    faults = {}
    if not name or len(name) > LONGEST_NAME:
        faults["name"] = "Write your name." if not name else f"Keep the name below {LONGEST_NAME} characters."
    before, _at, after = email.partition("@")
    if not before or "." not in after or any(ch.isspace() for ch in email) or len(email) > LONGEST_EMAIL:
        faults["email"] = "Write your e-mail address, so that the receipt reaches you."
    if len(declaration.words) > LONGEST_WORDS:
        faults["words"] = f"Keep it below {LONGEST_WORDS:,} characters."
    if faults:
        raise IntakeError("Some answers cannot be used yet.", faults)
    return Declaration(name, email, declaration.lines, declaration.words.strip())


def meant(words: str, lines: Iterable[WithdrawnLine]) -> tuple[WithdrawnLine, ...]:
    """The lines that words name by their titles; all where there are no words, none where they name none."""
    said, known = words.casefold(), tuple(lines)
    return known if not said.strip() else tuple(one for one in known if one.title.casefold() in said)


def key_of(declaration: Declaration) -> str:
    """What makes a declaration the same one as another of its order."""
    if declaration.lines:
        ids = ",".join(str(one.id) for one in sorted(declaration.lines, key=lambda one: one.id))
        return "lines:" + hashlib.sha256(ids.encode()).hexdigest()
    words = " ".join(declaration.words.casefold().split())
    return "words:" + hashlib.sha256(words.encode()).hexdigest()


def digest(code: str, declaration: Declaration, at: datetime) -> str:
    """The SHA-256 of a declaration, as 64 hex digits: of its JSON with sorted keys, the moment in UTC."""
    said = {"order": code, "at": at.isoformat(timespec="microseconds"), **asdict(declaration)}
    return hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def advance(state: WithdrawalState, to: WithdrawalState, sentence: str) -> str:
    """What the customer reads of a next state, cleaned. Raises IllegalMove; IntakeError for a refusal without words."""
    if to not in NEXT[state]:
        raise IllegalMove(f"A withdrawal that is {state.value} cannot become {to.value}.")
    said = sentence.strip()[:LONGEST_SENTENCE]
    if to is W.REFUSED and not said:
        raise IntakeError("Say why, so that the customer understands.", {"sentence": "Say why."})
    return said
