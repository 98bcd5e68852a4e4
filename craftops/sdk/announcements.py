"""What a plugin hears of: a frozen value for each thing that has happened. Nothing of it points at our tables.

Moments are aware UTC. What is told was so when it happened; an ``order`` is as it stands when it is told of.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from craftops.domain.estimation.estimate import Cause, Window
from craftops.domain.files.designs import Verdict
from craftops.domain.messages.thread import Side, Via
from craftops.domain.orders.workflow import MoveKind, Stage
from craftops.domain.people.access import Actor
from craftops.domain.production.jobs import JobState


@dataclass(frozen=True, slots=True)
class OrderTold:
    """The order that something has happened to."""

    code: str
    title: str
    stage: Stage
    customer: str
    company: str
    """Empty for a person."""


@dataclass(frozen=True, slots=True)
class Announcement:
    """What all of them tell."""

    id: int
    """Unique for ever. Something may be told twice: whoever must not act twice keeps it."""
    at: datetime
    by: Actor


@dataclass(frozen=True, slots=True)
class OrderPlaced(Announcement):
    """A customer has submitted an order."""

    order: OrderTold


@dataclass(frozen=True, slots=True)
class OrderStageChanged(Announcement):
    """An order moved."""

    order: OrderTold
    before: Stage | None
    """None for its first stage."""
    after: Stage
    move: MoveKind
    note: str


@dataclass(frozen=True, slots=True)
class DesignAnalysed(Announcement):
    """A file has its verdict."""

    order: OrderTold | None
    """None for a file that belongs to no order yet."""
    file: str
    """Its name, as its owner has it."""
    format: str
    """A ``FileFormat`` value ("stl"); empty for what only rides along."""
    owner: str
    """Whose it is."""
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class JobFinished(Announcement):
    """A job ended."""

    order: OrderTold
    job: str
    """Its code."""
    machine: str
    """The key of the machine; empty where people ended a job that had none."""
    state: JobState
    """DONE, FAILED or CANCELLED."""
    planned_s: float
    """Seconds of machine time, as they were planned."""
    took_s: float | None
    """The same, as they were; None for a job that never began."""
    copies: int | None
    """How many it was to make; None where nobody has looked yet what came of it."""
    copies_done: int | None
    """How many of them are good."""


@dataclass(frozen=True, slots=True)
class EstimateChanged(Announcement):
    """The window that the customer of an order sees has moved."""

    order: OrderTold
    before: Window | None
    """None where there was none."""
    after: Window | None
    """None where there is none any more."""
    cause: Cause


@dataclass(frozen=True, slots=True)
class PostedMessage(Announcement):
    """Somebody wrote in the thread of an order."""

    order: OrderTold
    side: Side
    via: Via
    author: str
    """A name, as people read it."""
    text: str
    """What they wrote, without what a mail quotes."""
