"""What a plugin adds to pages of CraftOps: a part of an order's page, a link in the staff's menu.

A part is plain values, shown by a template of ours, so that it looks as the shop does, is escaped, and needs no HTML.
Whoever wants more writes a page of its own (``craftops.sdk.pages``) and links to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from craftops.domain.files.designs import Analysis
from craftops.domain.orders.order import Delivery, Specification
from craftops.domain.orders.workflow import Stage


@dataclass(frozen=True, slots=True)
class LineShown:
    """One line of an order whose page is open."""

    title: str
    quantity: int
    specification: Specification
    process: str
    """A ``ProcessKind`` value."""
    analysis: Analysis | None


@dataclass(frozen=True, slots=True)
class OrderShown:
    """The order whose page is open. Whoever looks may see it: that was checked before."""

    code: str
    title: str
    stage: Stage
    customer: str
    company: str
    """Empty for a person."""
    delivery: Delivery
    lines: tuple[LineShown, ...]
    placed_at: datetime
    at: datetime
    """Now; both aware UTC."""


@dataclass(frozen=True, slots=True)
class OrderPart:
    """A card on the page of an order."""

    title: str
    text: str = ""
    """Paragraphs, with empty lines between them. No markup: what stands here is what is read."""
    facts: tuple[tuple[str, str], ...] = ()
    """Name and value, one under the other."""
    links: tuple[tuple[str, str], ...] = ()
    """What stands there, and its address: https, or a path of this shop that begins with one "/"."""


@dataclass(frozen=True, slots=True)
class MenuLink:
    """A place in the staff's menu that leads elsewhere than to a page of the plugin."""

    title: str
    address: str
    """https, or a path of this shop that begins with one "/"."""
    icon: str = "link"
    """One of CraftOps' symbols."""
    owner_only: bool = False
