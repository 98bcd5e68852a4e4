"""What the pages of the schedule get. Places on the time axis are percents of its width."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime

from craftops.web.frame.views import Chip, Choice


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the time axis."""

    x: float
    width: float
    title: str = ""


@dataclass(frozen=True, slots=True)
class Tick:
    """A line of the time axis with what stands above it, which may be nothing."""

    x: float
    label: str
    strong: bool
    """A new day."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A job on a lane, and the same job in the list of its machine."""

    id: int
    code: str
    title: str
    tone: str
    """running, waiting, paused, attention."""
    movable: bool
    late: bool
    place: int
    """Place among those that wait, from 1; 0 for what runs."""
    spoken: str
    """All of it as a sentence."""
    when: str
    """ "Thu 26 Nov, 14:00 – 17:30"."""
    url: str
    x: float | None
    """None when it lies outside of what the page shows."""
    width: float
    hands_x: float
    hands_width: float
    percent: int | None
    moving: str
    """How it goes on by the clock (``Moving``), or empty."""


@dataclass(frozen=True, slots=True)
class LaneRow:
    """A machine with its jobs (``staff/schedule.html``)."""

    key: str
    name: str
    url: str
    process: str
    icon: str
    note: str
    """What is loaded, or why nothing can go there."""
    enabled: bool
    bars: tuple[Bar, ...]
    rests: tuple[Span, ...]
    """Maintenance."""
    later: int
    """Jobs that begin after what the page shows."""

    @property
    def listed(self) -> tuple[Hashable, ...]:
        """All that its list says of its jobs; where the bars lie moves with every second, this does not."""
        return tuple([(b.id, b.code, b.title, b.tone, b.late, b.movable, b.when, b.url) for b in self.bars])


@dataclass(frozen=True, slots=True)
class TrayCard:
    """A job without a machine."""

    id: int
    code: str
    title: str
    takes: str
    specification: str
    promise: str
    order_title: str
    on_hold: bool
    url: str
    spoken: str


@dataclass(frozen=True, slots=True)
class PlanChanged:
    """How the plan was changed last."""

    title: str
    by: str
    at: datetime
    undo_url: str
    """Empty where it was undone, or cannot be."""
    undone: bool


@dataclass(frozen=True, slots=True)
class SchedulePage:
    """``staff/schedule.html``."""

    lanes: tuple[LaneRow, ...]
    tray: tuple[TrayCard, ...]
    ticks: tuple[Tick, ...]
    closed: tuple[Span, ...]
    now_x: float | None
    title: str
    """ "Tue 24 Nov – Thu 26 Nov"."""
    scales: tuple[Choice, ...]
    """``value`` is the address."""
    previous_url: str
    next_url: str
    now_url: str
    changes: tuple[PlanChanged, ...]
    late: int
    here: str
    """The address of this page, to come back to."""


@dataclass(frozen=True, slots=True)
class MovedOrder:
    """What a change does to one order, in words."""

    code: str
    title: str
    url: str
    before: str
    after: str
    by: str
    """ "2 h later", "40 min earlier"."""
    tone: str
    promise: str
    chip: Chip | None
    breaks: bool
    """Its promise held before, and would not any more."""


@dataclass(frozen=True, slots=True)
class MovePage:
    """``staff/schedule_move.html``: where a job could go, and what that would do."""

    id: int
    code: str
    title: str
    order_code: str
    order_url: str
    now_at: str
    """Where it stands now, as a sentence."""
    places: tuple[tuple[str, tuple[Choice, ...], str], ...]
    """Machine, its places, why it cannot go there."""
    chosen: bool
    """Whether a place was asked for."""
    to: str
    where: str
    """ "to Prusa MK4, before K7RCX3-1"."""
    why: str
    in_place: bool
    warning: str
    when: str
    moves: tuple[MovedOrder, ...]
    mark: str
    action: str
    here: str
    back_url: str


@dataclass(frozen=True, slots=True)
class ProposedJob:
    """A job of a proposal."""

    id: int
    code: str
    title: str
    order_code: str
    order_url: str
    machine: str
    key: str
    when: str
    takes: str
    night: bool
    late: bool
    was: str
    """Where it waits now; empty for nowhere."""
    warning: str


@dataclass(frozen=True, slots=True)
class ProposalPage:
    """``staff/schedule_proposal.html``."""

    jobs: tuple[ProposedJob, ...]
    impossible: tuple[tuple[str, str, str], ...]
    """Code, title, why."""
    moves: tuple[MovedOrder, ...]
    mark: str
    left_out: int
    """So many more than one proposal takes."""
    everything: bool
    """Whether the waiting jobs are planned anew, too."""
    back_url: str
    other_url: str
    here: str


@dataclass(frozen=True, slots=True)
class RestLine:
    """Maintenance that is not over."""

    id: int
    reason: str
    when: str
    now: bool
    """It has begun."""


@dataclass(frozen=True, slots=True)
class CanPanel:
    """What a machine can do, as a form (``staff/_machine_can.html``)."""

    key: str
    materials: tuple[Choice, ...]
    loaded: tuple[Choice, ...]
    unattended: bool
    hours: str
    changeover_minutes: str
    summary: str
    rests: tuple[RestLine, ...]
