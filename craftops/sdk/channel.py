"""What an intake channel is: a way for files to come in besides the browser (a mailbox, a folder).

The core asks ``fetch`` on the channel's interval, in one process at a time. For each thing that came it stores the
bytes, commits its rows, and calls ``settle`` before it asks the generator for the next one. A process may be killed
between commit and settling: the same thing is then fetched again, known by its key, and only settled.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import BinaryIO, ClassVar


@dataclass(frozen=True, slots=True)
class IncomingFile:
    """A file that came in. ``open`` gives its bytes, once, when the core wants them; the core closes the stream."""

    name: str
    """As the sender wrote it; the core takes folders and control characters out of it."""
    open: Callable[[], BinaryIO]
    size: int = 0
    """In bytes, as far as the channel knows before it is opened; a file that is too large is never opened."""


@dataclass(frozen=True, slots=True)
class Turned:
    """A file, or all of a message, that the channel itself could not take; ``sentence`` tells its sender why."""

    name: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Incoming:
    """One message, or whatever the channel has instead."""

    key: str
    """The same for the same thing, however often it is fetched; different for everything else of this channel."""
    sender: str
    """The sender's e-mail address; empty when it is not known."""
    subject: str
    files: tuple[IncomingFile, ...]
    turned: tuple[Turned, ...] = ()
    raw: bytes = b""
    """The whole mail as it came, where the channel is a mailbox: its words go to the order that they are about."""
    automatic: bool = False
    """A machine wrote it (an absence note, a list): it is taken in and never answered, so that no loop begins."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the core has done. ``taken``: we have at least one file of it, for a customer or for staff to look at."""

    taken: bool
    sentence: str = ""
    """Why not, for whoever looks at the place where it came in."""


class IntakeChannel(ABC):
    """One mailbox, one folder. The constructor does no I/O."""

    name: ClassVar[str]
    title: ClassVar[str]
    """As staff read it: "Mail"."""

    @property
    @abstractmethod
    def interval_s(self) -> float:
        """Seconds between two looks; the core waits longer after failures, and never less than five."""

    def wait(self, seconds: float) -> bool | None:
        """Wait until something may have come, at most so long; whether it has. None: this channel cannot wait, and is
        only looked at on its interval.

        Called again and again in a thread of its own, beside ``fetch``: use a connection of its own. Raises what
        ``fetch`` does; then it is called again after a while.
        """
        return None

    @abstractmethod
    def fetch(self) -> Generator[Incoming, None, None]:
        """What has come in and is not settled, oldest first, at most as much as one look should take.

        Whatever a stranger sent yields an ``Incoming``, never an exception. Raises Unreachable (tried again, later
        and later), CredentialsRejected (staff are told, and it is not tried before the next start), Refused or
        NotUnderstood (staff are told). Blocks at most half a minute between two bytes.
        """

    @abstractmethod
    def settle(self, key: str, outcome: Outcome) -> None:
        """Put it where it is not fetched again. Called while the ``fetch`` that gave it stands still.

        Raises Unreachable or Refused; then the thing is fetched again, and settled again.
        """
