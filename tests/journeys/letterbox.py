"""A mailbox without a network, and what the stories about incoming files share."""

from __future__ import annotations

from collections.abc import Generator
from datetime import timedelta
from email.message import EmailMessage
from typing import Any, ClassVar

import time_machine
from craftops_plugins.channel_email.message import read

from craftops.errors import Refused
from craftops.sdk.channel import Incoming, IntakeChannel, Outcome
from craftops.sdk.notification import Notice
from craftops.services.files import receiving
from craftops.services.messages.notifying import TOGETHER
from craftops.store.database import utcnow
from craftops.store.models import WorkRow
from craftops.testing import Workshop
from craftops.web.messages.mail import make_renderer


class Mailbox(IntakeChannel):
    """A mailbox without a network: mails lie in it until they are settled."""

    name: ClassVar[str] = "email"
    title: ClassVar[str] = "Mail"

    def __init__(self) -> None:
        self.mails: dict[str, bytes] = {}
        self.settled: list[Outcome] = []
        self.broken: Exception | None = None
        self.stuck = False

    @property
    def interval_s(self) -> float:
        return 60.0

    def fetch(self) -> Generator[Incoming, None, None]:
        if self.broken is not None:
            raise self.broken
        for place, raw in list(self.mails.items()):
            self.at = place
            yield read(raw, place)

    def settle(self, key: str, outcome: Outcome) -> None:
        if self.stuck:
            raise Refused("The mail server refused: no room.")
        self.settled.append(outcome)
        del self.mails[self.at]

    def send(self, *files: tuple[str, bytes], sender: str = "Ada <ada@example.org>", **headers: str) -> None:
        message = EmailMessage()
        message["From"] = sender
        message["Subject"] = "Please make these"
        for name, value in headers.items():
            message[name.replace("_", "-")] = value
        message.set_content("Hello")
        for name, content in files:
            message.add_attachment(content, maintype="model", subtype="stl", filename=name)
        self.mails[f"uid:{len(self.mails) + len(self.settled)}"] = message.as_bytes()


def enable(workshop: Workshop, channel: IntakeChannel) -> None:
    workshop.shop.plugins.intake_channels[channel.name] = channel
    workshop.shop.plugins.intake_plugins[channel.name] = f"channel_{channel.name}"


def next_look(workshop: Workshop) -> None:
    """The channels are due again, and the worker does what there is to do."""
    WorkRow.update(run_after=utcnow(), lease_until=None).where(WorkRow.kind == receiving.FETCH).execute()
    workshop.run_due()


def told(workshop: Workshop) -> list[Notice]:
    """The mails about files that go out two minutes later, as they are written."""
    written: list[Notice] = []
    render = make_renderer(workshop.app)

    def keep(draft: Any) -> Notice:
        notice = render(draft)
        if draft.kind == "files_came":
            written.append(notice)
        return notice

    workshop.worker.render = keep
    with time_machine.travel(utcnow() + TOGETHER + timedelta(seconds=1), tick=False):
        workshop.run_due()
    return written
