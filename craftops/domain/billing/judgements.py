"""What a judge says of an e-invoice."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class JudgementState(StrEnum):
    """Only CLEAN is a yes. NOT_CHECKED: there is no judge, or it could not come to an end."""

    CLEAN = "clean"
    FINDINGS = "findings"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """A rule that an invoice breaks: "BR-CO-15", its published sentence, and where in the XML."""

    rule: str
    sentence: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """``findings`` are what forbids to issue it; ``rules`` names what it was judged by; ``reason`` why it was not."""

    state: JudgementState
    findings: tuple[BrokenRule, ...] = ()
    rules: str = ""
    reason: str = ""
