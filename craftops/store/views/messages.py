"""What customers are asked, and mails that wait for their place, as pages read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class QuestionView:
    """One decision that a customer is asked for, with its order."""

    id: int
    order_code: str
    order_title: str
    text: str
    choices: list[str]
    choice: int | None
    due_at: datetime | None
    holds: bool
    state: str
    asked_by: str
    asked_at: datetime
    ended_by: str
    ended_at: datetime | None
    via: str


@dataclass(frozen=True, slots=True)
class HeldMailView:
    """A mail that proves no thread."""

    id: int
    sender: str
    sender_name: str
    subject: str
    body: str
    folded: str
    files: list[list[Any]] | None
    """``[name, sha256, size]`` of each."""
    why: str
    came_at: datetime
    order_code: str | None
    """The thread that it may belong to."""
    order_title: str | None
