"""Canned responses: texts with variables in braces, filled by a plain substitution, never by a template engine.

``{order_code}`` stands for a value; ``{name|there}`` for a value or, where there is none, the words after the bar.
Every other brace is a brace.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from craftops.errors import IntakeError

VARIABLES = (
    "name", "order_code", "order_title", "stage", "eta_window", "tracker_link", "pickup_hours", "pickup_address",
    "shop_name", "shop_phone", "balance_due",
)  # fmt: skip
"""Everything that can stand in braces."""
VARIABLE = re.compile(r"\{(?P<name>[a-z_]{2,40})(?:\|(?P<otherwise>[^{}\n]{0,80}))?\}")
LONGEST_TITLE = 100


@dataclass(frozen=True, slots=True)
class CannedText:
    """A text that is filled in, and what is missing: those variables stand in it as they were."""

    text: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CannedResponse:
    """One answer that staff give often."""

    id: int
    """0 for one that came with CraftOps and was never changed."""
    key: str
    """Of those that came with CraftOps, else empty."""
    title: str
    body: str
    language: str
    """``en``, ``de``, …; empty: for everybody."""


def fill(text: str, values: Mapping[str, str]) -> CannedText:
    """A text with its variables filled in. What has no value and no words instead stays, and is told."""
    missing: list[str] = []

    def one(found: re.Match[str]) -> str:
        name, otherwise = found["name"], found["otherwise"]
        if name not in VARIABLES:
            return found[0]
        value = values.get(name, "").strip()
        if value:
            return value
        if otherwise is not None:
            return otherwise
        missing.append(name)
        return found[0]

    filled = VARIABLE.sub(one, text)
    return CannedText(filled, tuple(dict.fromkeys(missing)))


def unfilled(text: str) -> tuple[str, ...]:
    """The variables that still stand in a text: it must not be sent like this."""
    found = (match["name"] for match in VARIABLE.finditer(text))
    return tuple(dict.fromkeys(name for name in found if name in VARIABLES))


def check(title: str, body: str) -> tuple[str, str]:
    """Title and body as they are kept.

    Raises IntakeError with a sentence for each fault: empty, too long, or a variable that there is not.
    """
    faults: dict[str, str] = {}
    named, text = " ".join(title.split()), body.replace("\r\n", "\n").strip()
    if not named:
        faults["title"] = "Give it a title."
    elif len(named) > LONGEST_TITLE:
        faults["title"] = f"Keep the title below {LONGEST_TITLE} characters."
    if not text:
        faults["body"] = "Write the answer."
    elif len(text) > 5000:
        faults["body"] = "Keep it below 5,000 characters."
    unknown = [one["name"] for one in VARIABLE.finditer(text) if one["name"] not in VARIABLES]
    if unknown:
        faults["body"] = f"There is no {{{unknown[0]}}}. Use one of those below."
    if faults:
        raise IntakeError("This answer cannot be kept yet.", faults)
    return named, text
