"""Orders that are fetched: codes, who may come, reminders, and what stands in the way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from craftops.domain.orders.order import CODE_ALPHABET, CODE_LENGTH
from craftops.errors import IntakeError

REMIND_AFTER = (timedelta(days=3), timedelta(days=7), timedelta(days=14))
LONG_AFTER = REMIND_AFTER[-1]
"""After so long a person of the shop should ask."""
MOST_PROXIES = 5
"""People who may fetch one order for its customer at a time."""
LONGEST_NAME, LONGEST_BIN = 100, 60
CODE = re.compile(rf"^[{CODE_ALPHABET}]{{{CODE_LENGTH}}}$")


class PickupState(StrEnum):
    """Whether an order still lies here."""

    WAITING = "waiting"
    HANDED = "handed"


class Unpaid(StrEnum):
    """What happens at the counter while something is to be paid."""

    WARN = "warn"
    HOLD = "hold"


def reminders_due(since: datetime, at: datetime) -> int:
    """How many reminders should have been sent by ``at`` of an order that waits since then."""
    return sum(at - since >= after for after in REMIND_AFTER)


def said_code(text: str) -> str:
    """The code in what a scanner read or a person typed; empty where there is none.

    A scanner reads the whole address of a ticket (``…/pickup/ABC234``), a person types the code alone, with or without
    gaps, in any case.
    """
    last = text.strip().split("?")[0].rstrip("/").rsplit("/", 1)[-1]
    code = "".join(ch for ch in last.upper() if ch.isalnum())
    return code if CODE.match(code) else ""


def spaced(code: str) -> str:
    """A code as people read it out: "ABC 234"."""
    return f"{code[:3]} {code[3:]}"


def check_person(name: str, field: str = "name") -> str:
    """The name of somebody who fetches an order. Raises IntakeError."""
    clean = _plain(name)
    if not clean or len(clean) > LONGEST_NAME:
        sentence = f"Write the name of whoever fetches it, in at most {LONGEST_NAME} characters."
        raise IntakeError(sentence, {field: sentence})
    return clean


def check_bin(text: str) -> str:
    """Where in the shop an order lies; empty for nowhere in particular. Raises IntakeError."""
    clean = _plain(text)
    if len(clean) > LONGEST_BIN:
        sentence = f"Keep the place below {LONGEST_BIN} characters."
        raise IntakeError(sentence, {"bin": sentence})
    return clean


def _plain(text: str) -> str:
    return " ".join("".join(ch if ch.isprintable() else " " for ch in text).split())


def objection(unpaid: Mapping[str, int], setting: Unpaid, *, on_hold: bool) -> str:
    """Why an order is not handed over, as a sentence for staff; empty when it may be.

    ``unpaid``: minor units by currency that its invoices leave open.
    """
    if on_hold:
        return "The order is on hold. Release the hold first."
    if setting is Unpaid.HOLD and is_owed(unpaid):
        return "Something is still to be paid. Take the payment first."
    return ""


def is_owed(unpaid: Mapping[str, int]) -> bool:
    """Whether anything is left to pay, in any currency."""
    return any(amount > 0 for amount in unpaid.values())
