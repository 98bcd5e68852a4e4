"""A bridge for one link, in a test: the driver's own thread, what it said, errands for it, and no database."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from queue import Empty, SimpleQueue

from craftops.bridges.driver_session import BridgeSession
from craftops.domain.machines.readings import Reading
from craftops.errors import OutsideError, Refused
from craftops.sdk.linked import Answer, Link, LinkedDriver, Program
from craftops.sdk.machine import Command, CommandKind, JobBrief, MachineFacts, Word
from craftops.store.database import utcnow

PATIENCE_S = 20.0


@dataclass
class TestErrand:
    """An errand that remembers whether it was begun."""

    __test__ = False
    command: Command
    program: Program | None = None
    again: bool = False
    begun: int = 0
    answer: Answer | OutsideError | None = None

    def begin(self) -> None:
        self.begun += 1
        self.again = True


@dataclass
class FollowedLink:
    """One link that is being followed; it ends with its first error, as a link does."""

    driver: LinkedDriver
    machine: MachineFacts
    last: Reading | None = None
    about: str = ""
    words: list[Word] = field(default_factory=list)
    learnt: dict[str, str] = field(default_factory=dict)
    error: BaseException | None = None
    over: bool = False

    def __post_init__(self) -> None:
        self.news = threading.Condition()
        self._errands: SimpleQueue[TestErrand] = SimpleQueue()
        self.line = BridgeSession(
            hear=self._hear,
            connected=self._connected,
            work=self._work,
            last=lambda: self.last,
            learn=lambda name, value: self._changed(lambda: self.learnt.update({name: value})),
        )
        self.link: Link = self.driver.connect(self.machine)
        self.thread = threading.Thread(target=self._run, daemon=True)

    @property
    def readings(self) -> list[Reading]:
        return [word for word in self.words if isinstance(word, Reading)]

    def until(self, true: Callable[[], object], what: str = "it") -> None:
        """Wait until something is so, here or at the machine."""
        ends = time.monotonic() + PATIENCE_S
        with self.news:
            while not true() and not self.over and time.monotonic() < ends:
                self.news.wait(0.05)
            assert true(), f"{what} did not come true: {self.error!r}, {self.words[-3:]}"

    def tell(self, kind: CommandKind, job: JobBrief | None = None, *, program: Program | None = None,
             intent: str = "0123456789abcdef", again: bool = False, at: datetime | None = None) -> tuple[TestErrand, Answer]:  # fmt: skip
        """Give an errand; it and its answer. Raises what the driver raised."""
        errand = TestErrand(Command(kind, intent, at or utcnow(), job), program, again)
        self._errands.put(errand)
        self.line.wake()
        self.until(lambda: errand.answer is not None, f"the answer to {kind.value}")
        if isinstance(errand.answer, OutsideError):
            raise errand.answer
        assert errand.answer is not None
        return errand, errand.answer

    def _changed(self, change: Callable[[], object]) -> None:
        with self.news:
            change()
            self.news.notify_all()

    def _hear(self, word: Word) -> None:
        if isinstance(word, Reading):
            self.last = word
        self._changed(lambda: self.words.append(word))

    def _connected(self, about: str) -> None:
        self._changed(lambda: setattr(self, "about", about))

    def _work(self) -> bool:
        try:
            errand = self._errands.get_nowait()
        except Empty:
            return False
        try:
            answer: Answer | OutsideError = self.link.obey(errand)
        except Refused as error:
            answer = error
        except OutsideError as fault:
            errand.answer = fault
            self._changed(lambda: None)
            raise
        errand.answer = answer
        self._changed(lambda: None)
        return True

    def _run(self) -> None:
        try:
            self.link.follow(self.line)
        except BaseException as error:  # noqa: BLE001 - the test looks at it
            self.error = error
        finally:
            self.link.close()
            self._changed(lambda: setattr(self, "over", True))


@contextmanager
def followed(driver: LinkedDriver, machine: MachineFacts, last: Reading | None = None) -> Iterator[FollowedLink]:
    """A link that is followed for the length of a block, and must end within five seconds after it."""
    link = FollowedLink(driver, machine, last)
    link.thread.start()
    try:
        yield link
    finally:
        link.line.stop()
        link.thread.join(5)
        assert not link.thread.is_alive(), "the driver does not return when it is told to"
        link.line.close()
