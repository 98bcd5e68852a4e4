"""What templates get of ordering again, and of how a part was made before. Frozen values, ready to print."""

from __future__ import annotations

from dataclasses import dataclass, field

from craftops.web.frame.views import Chip, Choice
from craftops.web.orders.views import MaterialChoice
from craftops.web.orders.views_address import OrderAddress


@dataclass(frozen=True, slots=True)
class NearbyChoice:
    """Something that can be had in the place of a line that cannot: "PETG, Black, Sanded"."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class AgainLine:
    """A line of a past order on the form that orders it again. ``outcome``: same, changed, impossible."""

    id: int
    title: str
    was: str
    """"4 × PLA, Orange, As made, version 2"."""
    picture_url: str
    outcome: str
    chip: Chip
    sentences: tuple[str, ...]
    """Why it is not the same, what of it; what else there is to know."""
    wanted: bool
    """Ticked."""
    open: bool
    """Whether it can be ordered at all."""
    nearest: tuple[NearbyChoice, ...]
    other: bool
    """Whether something else than the nearest choices is asked for."""
    materials: tuple[MaterialChoice, ...]
    quantity: str
    instructions: str
    errors: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AgainPage:
    """``portal/reorder.html``."""

    code: str
    title: str
    order_url: str
    action: str
    token: str
    notes: tuple[str, ...]
    """What is to be known of the past order before it is ordered again."""
    lines: tuple[AgainLine, ...]
    deliveries: tuple[Choice, ...]
    name: str
    """Of the new order."""
    error: str
    company: str
    """For whom it is; empty for the customer themselves."""
    address: OrderAddress


@dataclass(frozen=True, slots=True)
class TakeOver:
    """A job that may take the machine code of an earlier run by one click."""

    url: str
    from_job: int
    job: str


@dataclass(frozen=True, slots=True)
class MadeBefore:
    """How a line was made before, for staff."""

    title: str
    code: str
    order_url: str
    sentence: str
    """"On Prusa MK4, 2 h 40 min for 4 copies"; or that it was never made."""
    gcode: str
    gcode_url: str
    hand_work: tuple[str, ...]
    take_over: tuple[TakeOver, ...]
    why_not: str
    """Why its machine code fits no job of this order; empty where it does, or there is none."""
