"""What the pages about files that came in by mail or folder get."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from craftops.web.contexts.files import FileCard
from craftops.web.contexts.portal import Chip, Choice


@dataclass(frozen=True, slots=True)
class IncomingFile:
    """A file of a message: with a card when it has an owner, with a sentence when it was not taken."""

    name: str
    size: str
    card: FileCard | None
    sentence: str


@dataclass(frozen=True, slots=True)
class IncomingPage:
    """``staff/incoming.html``."""

    id: int
    title: str
    """Its subject, or its files where it has none."""
    channel: str
    """"Mail"."""
    sender: str
    """An address, or empty."""
    came_at: datetime
    chip: Chip
    sentence: str
    """Why it was refused, where no file says so."""
    files: tuple[IncomingFile, ...]
    customer: str
    customer_url: str
    is_held: bool
    suggested: str
    """The address that is most likely its customer's."""
    customers: tuple[Choice, ...]
    """Customers to choose from: address and name."""
    new_name: str
    """A first guess at the name of the new customer; empty when none can be made of the sender."""
    can_take_back: bool
    can_close: bool


@dataclass(frozen=True, slots=True)
class ChannelTrouble:
    """A channel that does not work."""

    title: str
    sentence: str
    again_at: datetime | None
    """When it is tried again; None when it is not."""
