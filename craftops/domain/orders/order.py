"""What was bought: orders, their lines, and the specification of each line."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from enum import StrEnum

from craftops.errors import IntakeError

CODE_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ3789"
"""No look-alikes: neither 0 and O, 1 and I, 2 and Z's twin, 5 and S, nor 6 and G's twin as digits."""

CODE_LENGTH = 6
MAX_QUANTITY = 10_000
MAX_INSTRUCTIONS = 4_000


class Delivery(StrEnum):
    """How the finished order reaches its customer."""

    PICKUP = "pickup"
    SHIPPING = "shipping"


@dataclass(frozen=True, slots=True)
class Specification:
    """How a line is to be made. The names are the shop's own (see ``[[materials]]`` in shop.toml)."""

    material: str
    colour: str = ""
    finish: str = ""
    instructions: str = ""


@dataclass(frozen=True, slots=True)
class OrderLine:
    """One design × quantity. ``file_id`` is None only while a line has no file yet."""

    id: int
    order_id: int
    title: str
    quantity: int
    specification: Specification
    file_id: int | None
    revision: int = 1


def new_code() -> str:
    """A fresh order code: random, never sequential, readable over the telephone."""
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


def normalise_code(text: str) -> str:
    """The code a person meant: upper case, without spaces and dashes."""
    return "".join(ch for ch in text.upper() if ch.isalnum())


def find_code(text: str) -> list[str]:
    """What may be codes of orders in a line of text, as they stand there."""
    return [
        word.upper() for word in re.findall(rf"(?<![A-Za-z0-9])[{CODE_ALPHABET}]{{{CODE_LENGTH}}}(?![A-Za-z0-9])", text)
    ][:10]


def check_quantity(value: object) -> int:
    """A whole number of copies between 1 and 10,000.

    Raises IntakeError with one plain sentence otherwise.
    """
    try:
        quantity = int(str(value).strip())
    except ValueError:
        raise IntakeError("The quantity must be a whole number.", {"quantity": "Use a whole number."}) from None
    if not 1 <= quantity <= MAX_QUANTITY:
        sentence = f"The quantity must be between 1 and {MAX_QUANTITY:,}."
        raise IntakeError(sentence, {"quantity": sentence})
    return quantity
