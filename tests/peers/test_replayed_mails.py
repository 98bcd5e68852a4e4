"""A thousand mails to a worker that is killed at every fiftieth: each in its thread, none of them twice, none lost."""

from __future__ import annotations

import hashlib
import imaplib
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from pathlib import Path
from random import Random

import pytest
from peers.dovecot import PASSWORD, Dovecot, install
from samples.imap_server import ImapServer

from craftops.domain.messages.incoming import MailKind, read_mail
from craftops.processes.doctor import examine
from craftops.services.messages import reply_tokens
from craftops.services.orders import ordering
from craftops.store.database import close_database, connected, utcnow
from craftops.store.models import AttachmentRow, HeldMailRow, MessageRow, NoticeRow, OrderRow, ThreadRow, WorkRow
from craftops.testing import Workshop
from craftops.testing.workshop import cube_stl

pytestmark = [pytest.mark.ci, pytest.mark.long, pytest.mark.faults]
THREADS, KILLED_AT = 60, 50
PATIENCE_S = 900.0
REPLIES = Path(__file__).parents[3] / "shared" / "outside" / "replies" / "emails"
OURS = (
    "from", "to", "cc", "bcc", "message-id", "in-reply-to", "references", "subject", "return-path", "delivered-to", "x-original-to",
    "envelope-to", "reply-to", "sender", "received",
)  # fmt: skip
TOML = """
[mail]
reply_address = "reply+{{token}}@werk.example"
[plugins]
enabled = ["theme_workshop", "analyzer_mesh", "channel_email"]
[plugin.channel_email]
host = "127.0.0.1"
port = {port}
security = "none"
username = "reply"
password = "{password}"
interval = 5
max_messages = 100
"""


@dataclass(frozen=True)
class Letter:
    """A mail, the key by which the shop knows it, and the order it belongs to."""

    raw: bytes
    source: str
    order_id: int
    files: int


class Nursery:
    """Where workers are begun and killed."""

    def __init__(self, data: Path) -> None:
        self.log = data.with_suffix(".log").open("ab")
        self.process = subprocess.Popen(
            [sys.executable, Path(__file__).parents[1] / "samples" / "mail_nursery.py", data],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log, text=True,
        )  # fmt: skip
        self.pid: int | None = None
        assert self._hear() == "ready", "see the log beside the shop"

    def _hear(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def begin(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("b\n")
        self.process.stdin.flush()
        self.pid = int(self._hear())

    def kill(self) -> None:
        if self.pid is None:  # 0 would be all of us
            return
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def close(self) -> None:
        self.kill()
        self.process.communicate()
        self.log.close()


def dovecot() -> Iterator[tuple[int, str, Callable[[bytes], None]]]:
    if os.environ.get("CRAFTOPS_SERVICES") != "required":
        pytest.skip("a real dovecot is installed and run only in CI (CRAFTOPS_SERVICES=required)")
    install()
    running = Dovecot()
    try:
        with imaplib.IMAP4("127.0.0.1", running.imap) as line:
            line.login("reply", PASSWORD)
            yield running.imap, PASSWORD, lambda raw: _append(line, raw)
    finally:
        running.close()


def _append(line: imaplib.IMAP4, raw: bytes) -> None:
    status, _said = line.append("INBOX", "", "", raw)
    assert status == "OK"


def ours() -> Iterator[tuple[int, str, Callable[[bytes], None]]]:
    with ImapServer(username="reply").running() as server:
        yield server.port, server.password, lambda raw: _none(server.send(raw))


def _none(_uid: int) -> None:
    return


def outside_bodies() -> list[Message]:
    """Answers that strangers have written, where they are there."""
    found = []
    for path in sorted(REPLIES.glob("*")) if REPLIES.is_dir() else ():
        raw = path.read_bytes()
        if read_mail(raw).kind in (MailKind.REPLY, MailKind.NEW) and len(raw) < 100_000:
            message = message_from_bytes(raw)
            for name in OURS:
                del message[name]
            found.append(message)
    return found


def letters(orders: list[OrderRow], tokens: dict[int, str], mails: int) -> list[Letter]:
    """Answers of all kinds to all threads, by every way in which programs lead back to us, with files now and then."""
    random, strangers = Random(14), outside_bodies()
    made = []
    for number in range(mails):
        order, way = orders[number % len(orders)], number // len(orders) % 6
        message: Message
        if strangers and number % 3 == 0:
            message = message_from_bytes(random.choice(strangers).as_bytes(), policy=policy.compat32)
        else:
            message = EmailMessage()
            message.set_content(f"Answer {number}.\n\n> What you wrote\n> before\n")
            if number % 25 == 1:
                message.add_attachment(
                    cube_stl(10 + number % 7), maintype="model", subtype="stl", filename=f"{number}.stl"
                )
        token, id_ = tokens[order.id], f"<{number}.{random.randrange(10**12)}@example.org>"
        shop, address = "shop@werk.example", f"reply+{token}@werk.example"
        more = (
            {"To": address},
            {"To": shop, "Delivered-To": address},
            {"To": shop, "References": f"<x@y> <reply-{token}@werk.example>"},
            {"To": shop, "In-Reply-To": f"<reply-{token}.0123456789abcdef@werk.example>"},
            {"To": shop},
            {"To": shop, "In-Reply-To": f"<0100-relay-{order.id}@relay.example>"},
        )[way]
        subject = f"AW: Auftrag {order.code}" if way == 4 else "Re: your order"
        for name, value in {"From": "Ada <ada@example.org>", "Subject": subject, "Message-ID": id_, **more}.items():
            message[name] = value
        key = hashlib.sha256(f"{id_}\0ada@example.org".encode()).hexdigest()
        files = 1 if isinstance(message, EmailMessage) and number % 25 == 1 else 0
        made.append(Letter(message.as_bytes(), f"mail:email:{key}", order.id, files))
    return made


def count(data: Path) -> int:
    with closing(sqlite3.connect(f"file:{data / 'craftops.db'}?mode=ro", uri=True, timeout=10)) as line:
        return int(line.execute("SELECT COUNT(*) FROM message WHERE via = 'mail'").fetchone()[0])


@contextmanager
def server_of(kind: str) -> Iterator[tuple[int, str, Callable[[bytes], None]]]:
    made = dovecot() if kind == "dovecot" else ours()
    try:
        yield next(made)
    finally:
        for _ in made:
            pass


@pytest.mark.parametrize(("kind", "mails"), [("ours", 100), ("dovecot", 1_000)])
def test_a_thousand_mails_and_a_worker_that_is_killed_all_the_time(
    kind: str, mails: int, make_workshop: Callable[[str], Workshop]
) -> None:
    if os.environ.get("CRAFTOPS_TEST_DATABASE_URL"):
        pytest.skip("the worker reads the shop's own database file")
    with server_of(kind) as (port, password, send):
        workshop = make_workshop(TOML.format(port=port, password=password))
        workshop.open(workshop.shop.profile())
        first = workshop.place("ada")
        orders = [first]
        for _ in range(THREADS - 1):
            line = ordering.LineDraft(first.lines[0].file_id, 1, "pla", "Black", "as_made")
            orders.append(
                ordering.place_order(
                    workshop.shop, actor=workshop.actor("ada"), customer=workshop.people["ada"], lines=[line],
                    delivery=ordering.Delivery.PICKUP, at=utcnow(),
                )
            )  # fmt: skip
        workshop.run_due()
        ada = workshop.people["ada"].id
        tokens = {order.id: reply_tokens.token_for(order.id, ada, at=utcnow()) for order in orders}
        for order in orders:
            NoticeRow.create(
                key=f"relayed-{order.id}", kind="message", account=ada, order_id=order.id, state="sent",
                relay_id=f"0100-relay-{order.id}", created_at=utcnow(),
            )  # fmt: skip
        close_database()
        written = letters(orders, tokens, mails)
        for one in written:
            send(one.raw)
            if len(one.raw) % 10 == 0:
                send(one.raw)  # the same mail once more, as relays do
        kills = replay(workshop.shop.config.data, mails)
    assert kills == mails // KILLED_AT
    with connected():
        rows = MessageRow.select().where(MessageRow.via == "mail")
        found = {row.source: row.order_id for row in rows}
        wrong = [one.source for one in written if found.get(one.source) != one.order_id]
        assert wrong == []
        assert rows.count() == mails
        assert sum(row.count for row in ThreadRow.select()) == mails
        attached = Counter(row.message.order_id for row in AttachmentRow.select())
        assert attached == Counter({one.order_id: 0 for one in written}) + Counter(
            {order.id: sum(one.files for one in written if one.order_id == order.id) for order in orders}
        )
        assert HeldMailRow.select().count() == 0
        assert WorkRow.select().where(WorkRow.state == "failed").count() == 0
        assert examine(workshop.shop, at=utcnow()) == []


def replay(data: Path, mails: int) -> int:
    """Let workers read until nothing more comes, killing each at its fiftieth mail; how many were killed."""
    nursery, kills, pause = Nursery(data), 0, threading.Event()
    until = time.monotonic() + PATIENCE_S
    try:
        nursery.begin()
        while kills < mails // KILLED_AT:
            assert time.monotonic() < until, f"{count(data)} mails after {kills} kills"
            if count(data) >= KILLED_AT * (kills + 1):
                nursery.kill()
                kills += 1
                nursery.begin()
            pause.wait(0.003)
        assert count(data) == mails
    finally:
        nursery.close()
    return kills
