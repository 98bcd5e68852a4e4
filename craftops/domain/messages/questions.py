"""Needs-you cards: one decision a card, asked of a customer, answered once, recorded with who and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from craftops.errors import IntakeError, RuleError

MOST_CHOICES = 6
LONGEST_CHOICE = 80
LONGEST = 1_000


class QuestionKind(StrEnum):
    """What is asked. Each but ``choose`` has its answers already."""

    APPROVE = "approve"
    """A photo or a proof: make it like this?"""
    ACCEPT_RISK = "accept_risk"
    """It may not come out well: make it all the same?"""
    FIX_FILE = "fix_file"
    """Another file is needed, or ours is to be taken."""
    CHOOSE = "choose"
    """Another colour, another material: the choices are named."""


ANSWERS = {
    QuestionKind.APPROVE: ("Yes, make it like this", "No, please change something"),
    QuestionKind.ACCEPT_RISK: ("Make it all the same", "Do not make it like this"),
    QuestionKind.FIX_FILE: ("I send another file", "Take the file as it is"),
}


class QuestionState(StrEnum):
    """How a question stands."""

    OPEN = "open"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, checked."""

    kind: QuestionKind
    text: str
    choices: tuple[str, ...]
    due_at: datetime | None


def check(kind: str, text: str, choices: Sequence[str], due_at: datetime | None, now: datetime) -> Question:
    """A question as it is asked. Raises IntakeError with a sentence for each fault."""
    faults: dict[str, str] = {}
    try:
        sort = QuestionKind(kind)
    except ValueError:
        raise IntakeError("Choose what to ask.", {"kind": "Choose what to ask."}) from None
    asked = text.replace("\r\n", "\n").strip()
    if not asked:
        faults["text"] = "Write the question."
    elif len(asked) > LONGEST:
        faults["text"] = f"Keep the question below {LONGEST:,} characters."
    named = tuple(dict.fromkeys(one for raw in choices if (one := " ".join(raw.split()))))
    if sort is QuestionKind.CHOOSE:
        if not 2 <= len(named) <= MOST_CHOICES:
            faults["choices"] = f"Name two to {MOST_CHOICES} choices, a line each."
        elif any(len(one) > LONGEST_CHOICE for one in named):
            faults["choices"] = f"Keep each choice below {LONGEST_CHOICE} characters."
    else:
        named = ANSWERS[sort]
    if due_at is not None and due_at <= now:
        faults["due"] = "Choose a day that is still to come."
    if faults:
        raise IntakeError("This cannot be asked yet.", faults)
    return Question(sort, asked, named, due_at)


def answer(state: QuestionState, choices: Sequence[str], choice: int) -> str:
    """The words of an answer. Raises RuleError for a question that is not open any more, IntakeError for no choice."""
    if state is QuestionState.ANSWERED:
        raise RuleError("This was answered already.", "Write to us if you think otherwise by now.")
    if state is QuestionState.WITHDRAWN:
        raise RuleError("We do not need to know this any more.")
    if not 0 <= choice < len(choices):
        raise IntakeError("Choose one of the answers.")
    return choices[choice]


def is_overdue(due_at: datetime | None, now: datetime) -> bool:
    """Whether its day has passed."""
    return due_at is not None and now > due_at
