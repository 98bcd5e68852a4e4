"""A process that sends a mail is killed between every two lines of it: one mail comes, or the very same one twice."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, ClassVar

import pytest
import time_machine

from craftops.sdk.notification import Notice, NotificationChannel
from craftops.services.messages import conversation, delivery, reply_tokens
from craftops.services.messages.conversation import MessageText
from craftops.store.database import close_database, connected, utcnow
from craftops.store.models import NoticeRow, OrderRow, WorkRow
from craftops.testing import Workshop
from craftops.web.messages.mail import make_renderer

pytestmark = [pytest.mark.faults, pytest.mark.ci]
TRACED = tuple(module.__file__ for module in (delivery, reply_tokens))
MOST_LINES = 400


class Drawer(NotificationChannel):
    """A mail server that outlives whoever talks to it: what it took is a line of a file."""

    name: ClassVar[str] = "drawer"
    reaches_person: ClassVar[bool] = True

    def __init__(self, file: Path) -> None:
        self.file = file

    @property
    def ready(self) -> bool:
        return True

    def send(self, notice: Notice) -> None:
        words = " ".join(one for one in notice.text.split() if one.startswith("Word"))
        with self.file.open("a") as file:
            file.write(f"{notice.key}\t{notice.message_id}\t{words}\n")

    def taken(self) -> list[tuple[str, ...]]:
        return [tuple(line.split("\t")) for line in self.file.read_text().splitlines()] if self.file.exists() else []


def killed_at(line: int, work: Callable[[], object]) -> bool:
    """Do it in a process of its own that is killed before it comes to its ``line``-th line; False when it came to its
    end first."""
    close_database()
    pid = os.fork()
    if pid == 0:
        seen = 0

        def trace(frame: FrameType, event: str, _value: Any) -> Any:
            nonlocal seen
            if frame.f_code.co_filename not in TRACED:
                return None
            if event == "line":
                seen += 1
                if seen == line:
                    os.kill(os.getpid(), signal.SIGKILL)
            return trace

        code = 1
        try:
            with connected():
                sys.settrace(trace)
                work()
                sys.settrace(None)
            code = 0
        finally:
            os._exit(code)
    _pid, status = os.waitpid(pid, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def test_killed_between_every_two_lines_it_sends_one_mail(
    make_workshop: Callable[..., Workshop], tmp_path: Path
) -> None:
    workshop = make_workshop('[mail]\nreply_address = "reply+{token}@werk.example"\n')
    workshop.open(workshop.shop.profile())
    workshop.worker.render = make_renderer(workshop.app)
    drawer = Drawer(tmp_path / "taken")
    workshop.shop.plugins.notification_channels = (drawer,)
    order: OrderRow = workshop.place("ada")
    workshop.run_due()
    line, twice, now = 0, 0, utcnow()
    while line < MOST_LINES:
        line += 1
        now += timedelta(hours=1)
        drawer.file.unlink(missing_ok=True)
        with time_machine.travel(now, tick=False):
            for word in ("a", "b"):
                text = MessageText(f"Word-{line}-{word}")
                conversation.post(workshop.shop, order.code, text, actor=workshop.actor("sam"), at=utcnow())
            workshop.run_due()
        row = NoticeRow.select().order_by(NoticeRow.id.desc()).get()
        with time_machine.travel(now + timedelta(minutes=3), tick=False):
            was_killed = killed_at(
                line, partial(delivery.send_notice, workshop.shop, row.id, workshop.worker.render, at=utcnow())
            )
        with connected():
            with time_machine.travel(now + timedelta(minutes=6), tick=False):
                workshop.run_due()
            mails = drawer.taken()
            assert len(set(mails)) == 1, f"killed at line {line}: {mails}"
            assert mails[0][0] == row.key
            assert mails[0][2].split() == [f"Word-{line}-a", f"Word-{line}-b"]
            assert len(mails) <= 2
            twice += len(mails) == 2
            assert NoticeRow.select().where(NoticeRow.state.in_(("waiting", "sending"))).count() == 0
            assert WorkRow.select().where(WorkRow.kind == "send_notice", WorkRow.state != "done").count() == 0
        if not was_killed:
            break
    assert 25 < line < MOST_LINES
    assert twice, "between the server's word and our own there is no moment that both know of"
