"""A machine with an address: CraftOps calls it, follows it, and passes on what staff want of it.

A driver says which fields staff fill in (``fields``) and makes a ``Link``. The bridge keeps the link: it runs
``Link.follow`` in a thread of the machine's own, calls it anew after a growing pause when it fails, and writes down
what it hears. One link is one connection, from signing in to the first failure; it keeps nothing over to the next.

::

    class MyLink(Link):
        def follow(self, session):
            session.connected(f"My firmware {self.client.version()}")  # signs in; raises OutsideError when it cannot
            while not session.stopping:
                session.hear(messages.reading(self.client.status(), session.now()))
                session.wait(5.0)                                   # commands of staff are done in here

        def obey(self, pending):
            ...
            return Answer.confirmed("It prints.")
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from threading import Event
from typing import IO, ClassVar, NamedTuple, Protocol

from craftops.domain.machines.readings import MachineState, Reading
from craftops.errors import Unreachable
from craftops.sdk.fields import (
    ACCESS_CODE,
    ADDRESS,
    API_KEY,
    PASSWORD,
    SERIAL,
    USERNAME,
    FieldKind,
    LinkField,
    split_fields,
)
from craftops.sdk.machine import Command, MachineDriver, MachineFacts, Word

__all__ = [
    "ACCESS_CODE",
    "ADDRESS",
    "API_KEY",
    "PASSWORD",
    "SERIAL",
    "USERNAME",
    "Answer",
    "AnswerKind",
    "AnswerLost",
    "DriverSession",
    "FieldKind",
    "HasFileno",
    "Link",
    "LinkField",
    "LinkedDriver",
    "PendingCommand",
    "Program",
    "RunRecord",
    "Say",
    "split_fields",
]  # fmt: skip


class AnswerKind(StrEnum):
    """What became of a command."""

    SENT = "sent"
    """Passed on; the machine does not say whether it obeyed."""
    CONFIRMED = "confirmed"
    """The machine was asked afterwards, and does it."""
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Answer:
    """What staff read of a command."""

    kind: AnswerKind
    sentence: str = ""

    @classmethod
    def sent(cls, sentence: str = "") -> Answer:
        return cls(AnswerKind.SENT, sentence)

    @classmethod
    def confirmed(cls, sentence: str = "") -> Answer:
        return cls(AnswerKind.CONFIRMED, sentence)

    @classmethod
    def refused(cls, sentence: str) -> Answer:
        return cls(AnswerKind.REFUSED, sentence)


@dataclass(frozen=True, slots=True)
class Program:
    """The machine code of a job: a file of ours, read-only, as large as ``size`` bytes."""

    name: str
    size: int
    path: Path

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        with self.path.open("rb") as file:
            yield file


class PendingCommand(Protocol):
    """A command that the machine is to be given, once.

    Everything before ``begin`` may be done again (looking, uploading). ``begin`` writes down that the one step comes
    now which must not happen twice. If the answer to that step is lost, the command comes back with ``again``: ask the
    machine what it does, and never take the step a second time.
    """

    @property
    def command(self) -> Command: ...

    @property
    def program(self) -> Program | None:
        """The machine code to run; only for START, and None where the job has none."""

    @property
    def again(self) -> bool:
        """It was begun before, and nobody knows what became of it."""

    def begin(self) -> None:
        """Write down that the step is taken now. Raises nothing that a driver could mend."""


class DriverSession(Protocol):
    """The bridge's end of a link. All but ``wake`` is for the thread of ``Link.follow`` alone."""

    @property
    def stopping(self) -> bool:
        """Whether to return: the bridge ends, the machine was changed or taken out of service."""

    @property
    def last(self) -> Reading | None:
        """The newest reading that is known of the machine, over all links and restarts."""

    def now(self) -> datetime:
        """The bridge's clock, aware UTC."""

    def connected(self, about: str = "") -> None:
        """The machine has let us in; ``about`` names its software for staff."""

    def hear(self, word: Word) -> None:
        """Hand over what the machine said."""

    def learn(self, name: str, value: str) -> None:
        """Keep what the machine showed at its first call (the fingerprint of its certificate) in its text field
        ``name``, where staff see it and may empty it. What stands there already stays."""

    def wait(self, timeout_s: float, *sources: HasFileno) -> bool:
        """Do the commands that wait, then sleep at most ``timeout_s``, until the next command, until one of ``sources``
        can be read, or until ``wake``. Whether there was a reason to look at the machine before the time."""

    def wake(self) -> None:
        """End a ``wait``; may be called from any thread (a client library's own)."""


class HasFileno(Protocol):
    """Something that ``select`` takes."""

    def fileno(self) -> int: ...


class Link(ABC):
    """One connection to one machine."""

    @abstractmethod
    def follow(self, session: DriverSession) -> None:
        """Sign in, tell the whole truth first (``session.hear``), then every change, until ``session.stopping``.

        Never blocks for longer than a few seconds without ``session.wait``. Raises OutsideError: Unreachable and
        NotUnderstood are tried again soon, CredentialsRejected and Refused rarely, or when staff change the machine.
        """

    @abstractmethod
    def obey(self, pending: PendingCommand) -> Answer:
        """Check, do, verify; called from within ``Line.wait``. May raise OutsideError: see ``PendingCommand``."""

    def close(self) -> None:  # noqa: B027 - a link that holds nothing needs none
        """Let go of everything; called once after ``follow``, in its thread."""


Say = Callable[[str], None]


class RunRecord(NamedTuple):
    """One run out of a machine's own history."""

    file: str
    planned_s: float
    """What the slicer had planned."""
    took_s: float
    """Without pauses."""
    ended_at: datetime
    """Aware UTC, by the machine's clock."""
    outcome: MachineState
    """Done, cancelled or failed."""


class LinkedDriver(MachineDriver):
    """A machine that CraftOps calls itself."""

    fields: ClassVar[tuple[LinkField, ...]] = (ADDRESS,)
    report_interval_s: ClassVar[float] = 20.0
    needs_program: ClassVar[bool] = True
    """START is only offered for jobs with machine code."""
    asks_for: ClassVar[str] = ""
    """The name of the secret that the machine can be asked for (``ask``); empty where it cannot."""
    ask_title: ClassVar[str] = ""
    """What the button says, such as "Ask OctoPrint for a key"."""

    @abstractmethod
    def connect(self, machine: MachineFacts) -> Link:
        """A link to this machine; no connection is made before ``follow``."""

    def history(self, machine: MachineFacts) -> tuple[RunRecord, ...]:
        """What the machine itself remembers of its runs, the oldest first, to learn its pace from; asked once, when it
        is added. Blocks for a request or two. Raises OutsideError."""
        return ()

    def ask(self, machine: MachineFacts, say: Say, stop: Event) -> str:
        """Have the machine make the secret ``asks_for``; somebody must agree there, ``say`` tells where.

        Returns it, or an empty string when ``stop`` was set. Raises OutsideError, Refused when somebody declined.
        """
        raise NotImplementedError


class AnswerLost(Unreachable):
    """The step was sent and no answer came: nobody knows whether it was taken."""
