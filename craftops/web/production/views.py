"""What templates get of jobs and of hand work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from craftops.web.frame.views import Choice


@dataclass(frozen=True, slots=True)
class JobLine:
    """One job on a staff page."""

    id: int
    code: str
    title: str
    copies: int
    state: str
    state_word: str
    tone: str
    machine: str
    machine_url: str
    percent: int | None
    moving: str
    """How it goes on by the clock (``Moving``), or empty."""
    planned: str
    """"2 h 40 min (measured from the file)"."""
    remaining: str
    reason: str
    order_code: str
    order_url: str
    picture_url: str
    can_queue: bool
    can_unqueue: bool
    machines: tuple[Choice, ...]
    can_move_up: bool
    can_move_down: bool
    can_retry: bool
    gcode: str = ""
    """Name of its machine code; empty where there is none."""
    can_attach: bool = False
    outcome: str = ""
    """"7 good, 1 bad"; empty where that says nothing new."""
    again_of: str = ""
    """The job whose missing copies it makes."""
    can_split: bool = False
    can_settle: bool = False
    copies_done: int = 0
    copies_failed: int = 0
    merge_with: tuple[Choice, ...] = ()
    forgets: str = ""
    """One sentence: what is lost of this job when it is split or joined; empty when nothing is."""
    camera: str = ""
    """Whether its customer may look through the machine's camera: on, off; empty where that cannot be said."""


@dataclass(frozen=True, slots=True)
class OperationLine:
    """One hand operation."""

    id: int
    title: str
    minutes: str
    line: str
    done: bool
    done_by: str
    done_at: datetime | None
