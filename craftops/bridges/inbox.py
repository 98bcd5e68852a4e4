"""What links have heard, on its way to the store: one reader for all of them, so that no link waits for the database.
While that is away, the reader waits, and nothing is lost: a link says an end once.

A machine that chatters costs no more than the reader can take: a reading that says the same state of the same run
as the one that still waits takes its place.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from craftops.bridges.patience import StorePatience
from craftops.domain.machines.readings import RUN_ENDED, Reading
from craftops.sdk.linked import RunRecord
from craftops.sdk.machine import Word

log = logging.getLogger("craftops.bridge")
LONGEST = 100


@dataclass(frozen=True, slots=True)
class LinkNews:
    """How a link stands (see ``services.machines.linking.take_link``)."""

    state: str
    sentence: str
    at: datetime
    next_at: datetime | None = None
    crashed: bool = False


@dataclass(frozen=True, slots=True)
class Past:
    """What a machine itself remembers of its runs."""

    runs: tuple[RunRecord, ...]


@dataclass(frozen=True, slots=True)
class LearnedField:
    """What a machine showed at its first call (see ``services.machines.linking.learn``)."""

    name: str
    value: str


News = Word | LinkNews | Past | LearnedField


def _same(before: News, after: News) -> bool:
    if not (isinstance(before, Reading) and isinstance(after, Reading)):
        return False
    return (before.state, before.run_id, before.error) == (after.state, after.run_id, after.error)


def _is_end(word: News) -> bool:
    """The first word of an end tells when it was and how long the run took; later ones only that it still is over."""
    return isinstance(word, Reading) and word.state in RUN_ENDED


class Inbox:
    """``take`` is called in the inbox's own thread; what it raises is logged and costs one word."""

    def __init__(self, take: Callable[[str, News], None]) -> None:
        self.counters: Counter[str] = Counter()
        self._take = take
        self._news = threading.Condition()
        self._waiting: OrderedDict[str, deque[News]] = OrderedDict()
        self._ended = threading.Event()
        self._patience = StorePatience(self._ended)
        self._thread = threading.Thread(target=self._read, name="links-reader", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def put(self, key: str, word: News) -> None:
        """Never blocks; of more than a hundred that wait for one machine, the oldest goes that is no end."""
        with self._news:
            queue = self._waiting.setdefault(key, deque())
            if queue and _same(queue[-1], word):
                if not _is_end(queue[-1]):
                    queue[-1] = word
                self.counters["merged"] += 1
            else:
                queue.append(word)
            if len(queue) > LONGEST:
                del queue[next((place for place, one in enumerate(queue) if not _is_end(one)), 0)]
                self.counters["dropped"] += 1
            self._news.notify_all()

    def stop(self, within_s: float) -> None:
        """Read what waits, and end."""
        with self._news:
            self._ended.set()
            self._news.notify_all()
        if self._thread.is_alive():
            self._thread.join(within_s)

    def _next(self) -> tuple[str, News] | None:
        with self._news:
            self._news.wait_for(lambda: self._waiting or self._ended.is_set())
            if not self._waiting:
                return None
            key, queue = next(iter(self._waiting.items()))
            word = queue.popleft()
            if queue:
                self._waiting.move_to_end(key)
            else:
                del self._waiting[key]
            return key, word

    def _read(self) -> None:
        while (found := self._next()) is not None:
            key, word = found
            try:
                if not self._patience.store(key, lambda key=key, word=word: self._take(key, word)):  # type: ignore[misc]
                    return
            except Exception:
                self.counters["failed"] += 1
                log.exception("what %s said could not be taken in", key)
