"""What a plugin is asked to allow: an upload, an order, a move of an order. A refusal is a sentence for who asked.

Each hook gets one of these frozen values and answers None, or why not. It is asked before anything is written, so that
it may take its time (five seconds at most) and holds up nobody else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from craftops.domain.files.designs import Analysis
from craftops.domain.orders.order import Delivery, Specification
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.access import Actor
from craftops.domain.people.addresses import PostalAddress

LONGEST_REFUSAL = 300
"""Characters of a sentence that somebody reads."""


@dataclass(frozen=True, slots=True)
class UploadAsked:
    """A file that somebody wants to send; its bytes may not be here yet."""

    name: str
    format: str
    """A ``FileFormat`` value ("stl"); empty: it would only ride along."""
    size: int
    """In bytes."""
    channel: str
    """"portal", or the name of the intake channel."""
    owner: str
    """The e-mail address of whose file it will be; empty for somebody without an account."""
    at: datetime
    """Aware UTC."""


@dataclass(frozen=True, slots=True)
class LineAsked:
    """One line of an order that is about to be placed."""

    title: str
    quantity: int
    specification: Specification
    format: str
    analysis: Analysis | None
    """None before the file was measured."""


@dataclass(frozen=True, slots=True)
class OrderAsked:
    """An order that is about to be placed, from whatever side."""

    by: Actor
    customer: str
    email: str
    company: str
    """The company that it is bought for; empty for a person."""
    lines: tuple[LineAsked, ...]
    delivery: Delivery
    address: PostalAddress | None
    """Where it is to be shipped to, as far as that is known."""
    at: datetime
    """Aware UTC."""


@dataclass(frozen=True, slots=True)
class MoveAsked:
    """A person wants to move an order by hand. What machines and parcels prove is never asked about."""

    code: str
    title: str
    customer: str
    company: str
    """Empty for a person."""
    po_number: str
    before: Stage
    after: Stage
    by: Actor
    last_moved_by: str
    """The name of who moved it last; empty for nobody."""
    at: datetime
    """Aware UTC."""
