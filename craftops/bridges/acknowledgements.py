"""Which messages the broker may forget: those that are stored, and no others.

A message of quality of service 1 that the broker was not told of comes again, to a bridge that was killed as well as
over a new connection. One that came again over a new connection while the first is still in our hands is the same.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True)
class Message:
    """One message. ``number`` is the broker's, 0 where it waits for no receipt; ``session`` counts our connections."""

    topic: str
    payload: bytes
    retained: bool
    at: datetime
    number: int = 0
    session: int = 0
    stored: bool = field(default=False, compare=False)


class AcknowledgementTracker:
    """Safe for the thread that hears and the one that stores."""

    def __init__(self, acknowledge: Callable[[int], object]) -> None:
        self._acknowledge = acknowledge
        self._lock = threading.Lock()
        self._open: dict[int, Message] = {}
        self._session = 0

    def take(self, message: Message, *, again: bool) -> bool:
        """Note a message that came; whether it is new. ``again``: the broker says that it may have come before."""
        if not message.number:
            return True
        with self._lock:
            if message.session != self._session:
                self._forget_before(self._session)
                self._session = message.session
            known = self._open.get(message.number)
            if known is None or not again or (known.topic, known.payload) != (message.topic, message.payload):
                self._open[message.number] = message
                return True
            known.session = message.session
            if known.stored:
                self._close(known)
        return False

    def _forget_before(self, session: int) -> None:
        """What a broker has not said again over one whole connection it has forgotten itself."""
        self._open = {number: one for number, one in self._open.items() if one.session >= session}

    def give(self, messages: Iterable[Message], session: int) -> None:
        """These are stored, or say nothing that could be. ``session`` is the connection that there is now: of an older
        one the broker asks again, under the same number."""
        with self._lock:
            for message in messages:
                message.stored = True
                if message.number and message.session == session:
                    self._close(message)

    def forget(self, message: Message) -> None:
        """This one could not be held: the broker keeps it, and says it again over the next connection."""
        with self._lock:
            if self._open.get(message.number) is message:
                del self._open[message.number]

    def _close(self, message: Message) -> None:
        if self._open.get(message.number) is message:
            del self._open[message.number]
        self._acknowledge(message.number)
