"""Channels in memory: what goes out is kept, what comes in lies there until it is settled.

A test puts them into a shop beside its own: ``workshop.shop.plugins.notification_channels = (post,)``,
``workshop.shop.plugins.intake_channels["box"] = box``.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar

from craftops.sdk.channel import Incoming, IncomingFile, IntakeChannel, Outcome
from craftops.sdk.notification import Notice, NotificationChannel


@dataclass
class FakePost(NotificationChannel):
    """Keeps what it is given to send."""

    name: ClassVar[str] = "post"
    title: ClassVar[str] = "Mail"
    reaches_person: ClassVar[bool] = True
    sent: list[Notice] = field(default_factory=list)
    trouble: Exception | None = None
    """Raised instead of sending, as long as it stands there."""
    before: Callable[[], None] = lambda: None
    """Called before each notice is kept."""
    relay_id: str | None = None
    """The id that the mail server gives."""

    @property
    def ready(self) -> bool:
        return True

    def send(self, notice: Notice) -> str | None:
        if self.trouble is not None:
            raise self.trouble
        self.before()
        self.sent.append(notice)
        return self.relay_id


@dataclass
class FakeBox(IntakeChannel):
    """What is brought lies in it until the core has settled it."""

    name: ClassVar[str] = "box"
    title: ClassVar[str] = "Box"
    interval_s: ClassVar[float] = 60.0
    waiting: dict[str, Incoming] = field(default_factory=dict)
    settled: dict[str, Outcome] = field(default_factory=dict)
    trouble: Exception | None = None
    """Raised at the next looks, as long as it stands there."""

    def bring(self, *files: tuple[str, bytes], sender: str = "ada@example.org", subject: str = "") -> str:
        """Something comes in: files by name and content. Its key."""
        key = f"{len(self.waiting) + len(self.settled)}"
        brought = tuple(IncomingFile(name, partial(io.BytesIO, content), len(content)) for name, content in files)
        self.waiting[key] = Incoming(key, sender, subject, brought)
        return key

    def fetch(self) -> Generator[Incoming, None, None]:
        if self.trouble is not None:
            raise self.trouble
        yield from list(self.waiting.values())

    def settle(self, key: str, outcome: Outcome) -> None:
        self.settled[key] = outcome
        del self.waiting[key]
