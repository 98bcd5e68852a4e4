"""The conversation: a mail on the mail server until it stands on an open page, and the inbox of a shop with 50,000
messages against the same by hand in SQL.

``python -m benchmarks.talk --orders N`` makes its own shop of N threads, ten messages each, and measures it alone.
"""

from __future__ import annotations

import http.client
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import urlsplit

from flask import Flask

from benchmarks.common import Result, alone, median
from benchmarks.history import asked, served
from benchmarks.live import sign_in
from craftops.app import create_app
from craftops.bootstrap import open_shop
from craftops.config import load_config
from craftops.domain.shop.profile import ShopProfile
from craftops.processes.ports import free_port
from craftops.services.messages import reply_tokens
from craftops.store.database import close_database, connected, in_dialect, unit_of_work, utcnow
from craftops.store.migrating import migrate
from craftops.store.models import MessageRow, OrderRow, ThreadRow, database
from craftops.store.models.base import to_micros
from craftops.store.queries import messages
from craftops.testing.workshop import PASSWORD, Workshop
from craftops.web.messages import present_staff

THREADS, PER_THREAD, ROUNDS = 5_000, 10, 40
WAIT_S = 30.0
REST_S = 0.3
WORDS = ("bracket", "thread", "colour", "Halterung", "delivery", "Schraube", "tolerance", "black", "spacer", "gear")
PLAIN = """
SELECT o.code, o.title, c.name, o.stage, t.count, t.unread, t.newest_at, t.waiting_since, t.snoozed_until, a.name,
  m.side, m.author_name, m.body, m.files
FROM (SELECT * FROM thread WHERE {where} LIMIT 31) t
JOIN orders o ON o.id = t.order_id JOIN account c ON c.id = o.customer_id
JOIN message m ON m.id = (SELECT MAX(id) FROM message WHERE order_id = o.id)
LEFT JOIN account a ON a.id = t.assigned_id
"""
WAITING = "(waiting_since IS NOT NULL OR unread > 0) AND (snoozed_until IS NULL OR snoozed_until <= ?)"
LISTS = {
    "open": f"{WAITING} ORDER BY unread = 0, waiting_since",
    "all": "count > 0 ORDER BY unread = 0, newest_at DESC",
}
COUNTS = (WAITING, "snoozed_until > ?", "count > 0")
TOML = """
[server]
port = {web}
[broker]
port = {broker}
[mail]
reply_address = "reply+{{token}}@werk.example"
[plugins]
enabled = ["theme_workshop", "analyzer_mesh", "notify_email", "channel_email"]
[plugin.channel_email]
host = "127.0.0.1"
port = {imap}
security = "none"
username = "reply"
password = "secret"
"""


def fill(workshop: Workshop, threads: int) -> None:
    """Threads of two years; in every tenth the customer waits, every fiftieth is put off."""
    random, now, customer = Random(14), utcnow(), workshop.people["ada"].id
    for begin in range(0, threads, 500):
        orders, talks, said = [], [], []
        for n in range(begin, min(begin + 500, threads)):
            waits, newest = n % 10 == 0, now - timedelta(minutes=200 * n)
            orders.append(
                {"id": n + 1, "code": f"T{n:06d}", "customer": customer, "title": f"{random.choice(WORDS)} {n}",
                 "stage": "completed" if n % 4 else "queued", "stage_since": newest, "placed_at": newest}
            )  # fmt: skip
            talks.append(
                {"order": n + 1, "count": PER_THREAD, "newest_at": newest, "waiting_since": newest if waits else None,
                 "unread": int(waits), "snoozed_until": now + timedelta(days=1) if n % 50 == 0 else None}
            )  # fmt: skip
            for k in range(PER_THREAD):
                body = " ".join(random.choice(WORDS) for _ in range(30)) + f" rare{n}x{k}"
                side = "customer" if (k % 2 == 0) != (not waits) else "shop"
                said.append(
                    {"order": n + 1, "side": side, "author_name": "Ada", "via": "portal", "body": body,
                     "at": newest - timedelta(minutes=PER_THREAD - k)}
                )  # fmt: skip
        with unit_of_work():
            for table, rows in ((OrderRow, orders), (ThreadRow, talks), (MessageRow, said)):
                for start in range(0, len(rows), 100):
                    table.insert_many(rows[start : start + 100]).execute()
    database.execute_sql("ANALYZE")


def by_hand(which: str) -> None:
    """The inbox as somebody would ask for it: one list, and how many are in each."""
    at = to_micros(utcnow())
    for sql in (PLAIN.format(where=LISTS[which]), *(f"SELECT COUNT(*) FROM thread WHERE {one}" for one in COUNTS)):
        database.execute_sql(in_dialect(sql), (at,) if "?" in sql else ()).fetchall()


def ask(which: str, reader_id: int) -> None:
    """The same as the page asks for it."""
    now = utcnow()
    messages.inbox(which, reader_id, now, most=present_staff.PER_PAGE + 1)
    messages.inbox_counts(reader_id, now)


def run(folder: Path, threads: int = THREADS) -> Iterator[Result]:
    """Inbox and search of a large shop, then mails to a small one."""
    folder.mkdir()
    yield from _inbox(folder / "large", threads)
    yield from _arriving(folder / "small")


def _opened(folder: Path, toml: str = "") -> Workshop:
    folder.mkdir()
    (folder / "shop.toml").write_text(toml)
    config = load_config(data=folder, env={})
    shop = open_shop(config)
    migrate(folder)
    workshop = Workshop(shop, create_app(config))
    with connected():
        workshop.open(ShopProfile(name="Werk"))
    return workshop


def _inbox(folder: Path, threads: int) -> Iterator[Result]:
    workshop = _opened(folder)
    with connected():
        fill(workshop, threads)
        sam = workshop.people["sam"].id
        said = f"of {threads * PER_THREAD:,} messages"

        for which in LISTS:
            plain = median(lambda which=which: by_hand(which), 60)
            yield Result(
                f"inbox {said}: {which}", median(lambda which=which: ask(which, sam), 60), "bare SQL", plain, 3
            )
        ada = workshop.people["ada"].id
        for name, words, whose in (
            ("a rare word", ["rare777x3"], None),
            ("a word that is in most", ["bracket"], None),
            ("two words", ["bracket", "schraube"], None),
            ("a customer's own", ["tolerance"], ada),
        ):
            taken = median(lambda words=words, whose=whose: messages.find_messages(words, whose, 30), 60)
            yield Result(f"search {said}: {name}", taken, "fifty milliseconds", 50.0, 1)
    yield from _page(workshop)
    workshop.close()
    close_database()


def _page(workshop: Workshop) -> Iterator[Result]:
    """The page of a search and of the inbox, by one client over the real server."""
    hello = Flask("hello")
    hello.add_url_rule("/", view_func=lambda: "hello")
    name = workshop.app.config["SESSION_COOKIE_NAME"]
    cookie = workshop.browser("sam").client.get_cookie(name)
    signed_in = {"Cookie": f"{name}={cookie.value}"} if cookie else {}
    with served(hello) as plain:
        baseline = median(lambda: asked(plain, "/"), 300)
    with served(workshop.app) as peer:
        taken = median(lambda: asked(peer, "/staff/messages", signed_in), 40)
        yield Result("the inbox's page, signed in", taken, "Flask hello, same server", baseline, 40)


@contextmanager
def _running(folder: Path, workshop: Workshop, web: int) -> Iterator[dict[str, Any]]:
    """The shop with all its processes; who may sign in."""
    close_database()
    command = [sys.executable, "-m", "craftops.cli", "--data", str(folder), "run"]
    with (folder.parent / "talk.log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    told = {
        "portal": f"http://127.0.0.1:{web}",
        "people": [{"email": row.email, "password": PASSWORD} for row in workshop.people.values()],
    }
    until, pause = time.monotonic() + WAIT_S, threading.Event()
    base = urlsplit(told["portal"])
    while time.monotonic() < until:
        try:
            link = http.client.HTTPConnection(base.hostname or "", base.port, timeout=5)
            link.request("GET", "/sign-in")
            if link.getresponse().status == 200:
                break
        except OSError:
            pause.wait(0.1)
    try:
        yield told
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _arriving(folder: Path) -> Iterator[Result]:
    """Milliseconds from a mail that lies on the mail server to the open page of its order."""
    sys.path.append(str(Path(__file__).parents[1] / "tests"))
    from samples.imap_server import ImapServer

    with ImapServer(username="reply").running() as server:
        web = free_port("127.0.0.1")
        toml = TOML.format(web=web, broker=free_port("127.0.0.1"), imap=server.port)
        workshop = _opened(folder, toml)
        with connected():
            orders = [workshop.place("ada") for _ in range(ROUNDS // 10)]
            ada = workshop.people["ada"].id
            tokens = [reply_tokens.token_for(order.id, ada, at=utcnow()) for order in orders]
        with _running(folder, workshop, web) as told:
            pages = [_Stream(told, order.code) for order in orders]
            server.idling.acquire(timeout=WAIT_S)
            taken, pause = [], threading.Event()
            for number in range(ROUNDS + 1):
                pause.wait(REST_S)
                mine = number % len(orders)
                began = time.perf_counter()
                server.send(_mail(tokens[mine], number))
                pages[mine].wait_for(f"Answer {number}.".encode())
                taken.append((time.perf_counter() - began) * 1000)
    taken = sorted(taken[1:])  # the first one wakes the sandbox
    yield Result("mail on IMAP → open page, p95", taken[int(len(taken) * 0.95) - 1], "two seconds", 2000.0, 1)


def _mail(token: str, number: int) -> bytes:
    message = EmailMessage()
    values = {"From": "Ada <ada@example.org>", "To": f"reply+{token}@werk.example", "Subject": "Re: your order"}
    for name, value in {**values, "Message-ID": f"<bench-{number}@example.org>"}.items():
        message[name] = value
    message.set_content(f"Answer {number}.\n\n> What you wrote\n")
    return message.as_bytes()


class _Stream:
    """The open page of an order, as its customer has it: told that there is news, it asks for the page once more."""

    def __init__(self, told: dict[str, Any], code: str) -> None:
        base = urlsplit(told["portal"])
        self.page, self.cookie = sign_in(told, "ada")
        self.code = code
        self.line = http.client.HTTPConnection(base.hostname or "", base.port, timeout=WAIT_S)
        self.line.request("GET", f"/live?page=order/{code}", headers={"Cookie": self.cookie})
        self.answer = self.line.getresponse()
        self._hear(b"retry:")

    def wait_for(self, words: bytes) -> None:
        while True:
            self._hear(b"turbo-stream")
            page = http.client.HTTPConnection(self.page.host, self.page.port, timeout=WAIT_S)  # an idle one is closed
            page.request("GET", f"/orders/{self.code}", headers={"Cookie": self.cookie})
            found = words in page.getresponse().read()
            page.close()
            if found:
                return

    def _hear(self, words: bytes) -> None:
        while words not in (line := self.answer.readline()):
            if not line:
                raise RuntimeError("the stream has ended")


if __name__ == "__main__":
    alone("talk", __doc__, run, THREADS)
