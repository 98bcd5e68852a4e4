"""A notice goes out, an answer comes in by a real mail server and a real mail program, and stands in its thread at once."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from craftops_plugins.channel_email.mailbox import MailChannel, MailSettings
from peers.dovecot import PASSWORD, Dovecot, install
from samples.linked import soon

from craftops.domain.shop.profile import ShopProfile
from craftops.sdk.notification import Notice
from craftops.services.messages import conversation
from craftops.services.messages.conversation import MessageText
from craftops.store.database import connected, utcnow
from craftops.store.models import AttachmentRow, HeldMailRow, MessageRow, OrderRow
from craftops.testing import FakePost, Workshop
from craftops.testing.workshop import cube_stl
from craftops.web.messages.mail import make_renderer

WANTED = os.environ.get("CRAFTOPS_SERVICES") == "required"
pytestmark = pytest.mark.skipif(
    not WANTED, reason="a real dovecot is installed and run only in CI (CRAFTOPS_SERVICES=required)"
)


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    install()
    running = Dovecot()
    yield running
    running.close()


@pytest.fixture
def talking(make_workshop: Callable[[str], Workshop], dovecot: Dovecot) -> Iterator[tuple[Workshop, OrderRow, Notice]]:
    """A shop whose worker listens to the mailbox, and Ada's mail about her order."""
    workshop = make_workshop('[mail]\nreply_address = "reply+{token}@werk.example"\n')
    workshop.open(ShopProfile(name="Werk Süd"))
    workshop.worker.render = make_renderer(workshop.app)
    post = FakePost()
    workshop.shop.plugins.notification_channels = (post,)
    settings = MailSettings(
        host="127.0.0.1",
        port=dovecot.imap,
        security="none",
        username="reply@werk.example",
        password=PASSWORD,
        interval=3600,
    )
    workshop.shop.plugins.intake_channels = {"email": MailChannel(settings)}
    workshop.shop.plugins.intake_plugins = {"email": "channel_email"}
    order = workshop.place("ada")
    workshop.run_due()
    conversation.post(workshop.shop, order.code, MessageText("M6?"), actor=workshop.actor("sam"), at=utcnow())
    workshop.run_due()
    with time_machine.travel(utcnow() + timedelta(minutes=3)):
        workshop.run_due()
    stop = threading.Event()
    thread = threading.Thread(target=workshop.worker.run, args=(stop,), daemon=True)
    thread.start()
    yield workshop, order, post.sent[-1]
    stop.set()
    thread.join(30)


def said(order: OrderRow) -> list[str]:
    with connected():
        rows = MessageRow.select().where(MessageRow.order == order.id, MessageRow.via == "mail").order_by(MessageRow.id)
        return [row.body for row in rows]


def test_an_answer_stands_in_its_thread_without_a_minutes_poll(
    talking: tuple[Workshop, OrderRow, Notice], dovecot: Dovecot, tmp_path: Path
) -> None:
    workshop, order, mail = talking
    part = tmp_path / "foot.stl"
    part.write_bytes(cube_stl())
    quoted = "\n".join(f"> {line}" for line in mail.text.splitlines())
    body = f"Yes please.\n\nOn Mon, Nov 23, 2026 at 9:12 AM, Werk Süd <reply@werk.example> wrote:\n{quoted}\n"
    dovecot.deliver(mail.reply_to, "ada@example.org", "Re: bracket", body, "From: Ada <ada@example.org>", attach=part)
    soon(workshop, lambda: said(order) == ["Yes please."], 30)
    dovecot.deliver(mail.reply_to, "ada@example.org", "Re: bracket", "And in black.", "From: Ada <ada@example.org>")
    soon(workshop, lambda: said(order) == ["Yes please.", "And in black."], 30)
    with connected():
        assert AttachmentRow.get().file.name == "foot.stl"
    assert workshop.shop.plugins.failures == {}


def test_a_copied_stranger_is_held(talking: tuple[Workshop, OrderRow, Notice], dovecot: Dovecot) -> None:
    workshop, order, mail = talking
    dovecot.deliver(mail.reply_to, "carl@example.net", "Re: bracket", "Blue!", "From: Carl <carl@example.net>")

    soon(workshop, lambda: HeldMailRow.select().where(HeldMailRow.sender == "carl@example.net").exists(), 30)
    assert said(order) == []
