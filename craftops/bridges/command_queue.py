"""Errands of staff for machines with an address: each is given once, its step written down before it is taken."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict, deque
from dataclasses import dataclass, field

from craftops.errors import Refused
from craftops.sdk.linked import Answer, Program
from craftops.sdk.machine import Command
from craftops.services.machines import commands
from craftops.store.database import connected, utcnow

log = logging.getLogger("craftops.bridge")
one_at_a_time = threading.Lock()
"""Hundreds of links, few connections to the database: one of their threads asks it at a time."""


@dataclass
class BridgeCommand:
    """``craftops.sdk.linked.Errand`` over a row of the store."""

    id: int
    command: Command
    program: Program | None = None
    again: bool = False

    def begin(self) -> None:
        with one_at_a_time, connected():
            if not commands.begin_command(self.id, utcnow()):
                raise Refused("It was taken back before it began.")
        self.again = True


@dataclass
class _Pile:
    waiting: deque[BridgeCommand] = field(default_factory=deque)
    doing: BridgeCommand | None = None


class CommandQueue:
    """A pile for each machine; safe for any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._piles: dict[str, _Pile] = defaultdict(_Pile)
        self._answered: deque[int] = deque(maxlen=1000)
        """Whoever read the rows a moment ago may still think that these wait."""

    def put(self, key: str, errand: BridgeCommand) -> bool:
        """Add an errand; False when it is there already."""
        with self._lock:
            pile = self._piles[key]
            known = [*pile.waiting, *([pile.doing] if pile.doing else [])]
            if errand.id in self._answered or any(one.id == errand.id for one in known):
                return False
            pile.waiting.append(errand)
            return True

    def take(self, key: str) -> BridgeCommand | None:
        """The next errand, which is now being done."""
        with self._lock:
            pile = self._piles[key]
            pile.doing = pile.waiting.popleft() if pile.waiting else None
            return pile.doing

    def put_back(self, key: str, errand: BridgeCommand) -> None:
        """It was not done; its row says whether it was begun, and the bridge gives it again."""
        with self._lock:
            self._piles[key].doing = None

    def answer(self, key: str, errand: BridgeCommand, answer: Answer) -> None:
        """It is over."""
        try:
            with one_at_a_time, connected():
                commands.answer_command(errand.id, answer, utcnow())
        finally:
            with self._lock:
                self._answered.append(errand.id)
                self._piles[key].doing = None

    def drop(self, key: str, errand_id: int) -> bool:
        """Take back an errand that nobody has begun to do; False when somebody has."""
        with self._lock:
            pile = self._piles[key]
            pile.waiting = deque(one for one in pile.waiting if one.id != errand_id)
            return pile.doing is None or pile.doing.id != errand_id

    def is_busy(self, key: str) -> bool:
        with self._lock:
            return self._piles[key].doing is not None
