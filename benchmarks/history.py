"""The history of a shop with 100,000 orders: the pages against their bare SQL, and against a Flask "hello".

``python -m benchmarks.history --orders N`` makes its own shop and measures it alone.
"""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from random import Random
from typing import Any

from flask import Flask

from benchmarks.common import Result, alone, median
from craftops.app import create_app
from craftops.bootstrap import open_shop
from craftops.config import load_config
from craftops.domain.orders.history import HistoryQuestion, searchable
from craftops.domain.people.access import Role
from craftops.domain.shop.profile import ShopProfile
from craftops.processes.webserver import ServerLimits, WebServer, listen
from craftops.services.people import accounts
from craftops.store.database import connected, in_dialect, unit_of_work, utcnow
from craftops.store.migrating import migrate
from craftops.store.models import (
    AccountRow,
    BlobRow,
    DesignFileRow,
    InvoiceRow,
    OrderLineRow,
    OrderRow,
    OrderWordsRow,
    database,
)
from craftops.store.models.base import to_micros
from craftops.store.queries import history
from craftops.testing.workshop import Workshop
from craftops.web.orders import present_history

ORDERS, CUSTOMERS, AT_ONCE = 100_000, 500, 500
PAIRS = 200
PARTS = ("bracket", "Halterung", "spacer", "gear", "Deckel", "knob", "flange", "hinge", "Gehäuse", "foot", "clip")
OF = ("pump", "cabinet", "Förderband", "lamp", "printer", "door", "lathe", "engine", "bicycle", "drone")
MATERIALS = ("pla", "petg", "plywood", "aluminium", "asa")
PLAIN = """
SELECT o.id, o.code, o.title, o.stage, o.stage_since, c.name FROM orders o JOIN account c ON c.id = o.customer_id
WHERE o.stage IN ('completed', 'cancelled') {more} ORDER BY o.stage_since DESC, o.id DESC LIMIT 21
"""
LINES = """
SELECT l.order_id, l.title, l.quantity, l.material, f.name, f.picture_sha FROM order_line l
LEFT JOIN design_file f ON f.id = l.file_id WHERE l.order_id IN ({ids}) ORDER BY l.position
"""
TOTALS = "SELECT order_id, SUM(gross) FROM invoice WHERE order_id IN ({ids}) GROUP BY order_id"


def fill(workshop: Workshop, orders: int, customers: int = CUSTOMERS) -> None:
    """Orders of ten years with a line or two each and an invoice for most; every twentieth was cancelled."""
    random, now = Random(2026), utcnow()
    people = [workshop.people["ada"].id]
    with unit_of_work():
        for n in range(customers):
            people.append(
                AccountRow.create(
                    email=f"c{n}@example.org", name=f"Customer {n}", role=Role.CUSTOMER.value, password_hash="",
                    created_at=now,
                ).id
            )  # fmt: skip
        BlobRow.create(sha256="0" * 64, size=84, created_at=now)
    for begin in range(0, orders, AT_ONCE):
        _write(range(begin, min(begin + AT_ONCE, orders)), people, random)
    database.execute_sql("ANALYZE")


def _write(numbers: range, people: list[int], random: Random) -> None:
    rows: dict[type[Any], list[dict[str, Any]]] = {
        one: [] for one in (OrderRow, DesignFileRow, OrderLineRow, OrderWordsRow, InvoiceRow)
    }
    for n in numbers:
        at = utcnow() - timedelta(days=3650 * random.random())
        title = f"{random.choice(PARTS)} for the {random.choice(OF)} {n}"
        customer, code = people[n % len(people)], f"H{n:06d}"
        stage = "cancelled" if n % 20 == 0 else "completed"
        rows[OrderRow].append(
            {"id": n + 1, "code": code, "customer": customer, "title": title, "stage": stage, "stage_since": at,
             "placed_at": at - timedelta(days=4), "money": 1}
        )  # fmt: skip
        texts = [code, title]
        for position in range(1 + n % 2):
            file, name = 2 * n + position + 1, f"{random.choice(PARTS)}-{n}.stl"
            rows[DesignFileRow].append(
                {"id": file, "owner": customer, "blob": "0" * 64, "name": name, "size": 84, "uploaded_at": at,
                 "picture_sha": "0" * 64, "verdict": "accepted"}
            )  # fmt: skip
            words = random.choice(("", "please sand it", "no seam on the outside"))
            rows[OrderLineRow].append(
                {"order": n + 1, "position": position, "title": name[:-4], "quantity": 1 + n % 9,
                 "material": random.choice(MATERIALS), "colour": "Black", "instructions": words, "file": file}
            )  # fmt: skip
            texts += [name, words]
        rows[OrderWordsRow].append({"order": n + 1, "body": searchable(texts)})
        if stage == "completed":
            gross = random.randrange(500, 200_000)
            paid = gross if random.random() < 0.98 else 0
            rows[InvoiceRow].append(
                {"order": n + 1, "customer": customer, "kind": "invoice", "number": f"R-{n}", "document": {},
                 "currency": "EUR", "net": gross, "tax": 0, "gross": gross, "settled": paid, "nonce": "n",
                 "reference": f"RF{n}", "issued_at": at, "issued_by": "Sam", "once": str(n)}
            )  # fmt: skip
    with unit_of_work():
        for table, values in rows.items():
            for start in range(0, len(values), 100):
                table.insert_many(values[start : start + 100]).execute()


def bare(more: str = "", values: tuple[Any, ...] = ()) -> None:
    """The same page as somebody would write it in SQL by hand: three plain queries."""

    def ask(sql: str, given: tuple[Any, ...] = ()) -> list[Any]:
        return list(database.execute_sql(in_dialect(sql), given).fetchall())

    ids = ", ".join(str(row[0]) for row in ask(PLAIN.format(more=more), values)) or "NULL"
    ask(LINES.format(ids=ids))
    ask(TOTALS.format(ids=ids))


def run(folder: Path, orders: int = ORDERS) -> Iterator[Result]:
    """The queries against the same by hand, the customer's page against a Flask "hello"."""
    folder.mkdir()
    config = load_config(data=folder, env={})
    shop = open_shop(config)
    migrate(folder)
    with connected():
        workshop = Workshop(shop, create_app(config))
        workshop.open(ShopProfile(name="Werk"))
        fill(workshop, orders)
        sam, ada = (accounts.actor_of(workshop.people[name]) for name in ("sam", "ada"))
        yield from _queries(sam, ada, orders)
    yield from _pages(workshop)
    workshop.close()


def _pages(workshop: Workshop) -> Iterator[Result]:
    """Ada's pages and the "hello", each by one client over the real server."""
    hello = Flask("hello")
    hello.add_url_rule("/", view_func=lambda: "hello")
    name = workshop.app.config["SESSION_COOKIE_NAME"]
    ada = workshop.browser("ada")
    ada.see("/history")  # as a browser has it, which keeps the cookie of its newest answer
    cookie = ada.client.get_cookie(name)
    signed_in = {"Cookie": f"{name}={cookie.value}"} if cookie else {}
    with served(hello) as plain, served(workshop.app) as peer:
        for name, path in (("history, signed in", "/history"), ("history, a search", "/history?q=spacer")):
            # in turn, so that whatever else the computer does is done to both
            pairs = [_pair(plain, peer, path, signed_in) for _ in range(PAIRS)][1:]
            baseline, ours = (statistics.median(times) for times in zip(*pairs, strict=True))
            yield Result(name, ours, "Flask hello, same server", baseline, 10)


def _pair(plain: HTTPConnection, peer: HTTPConnection, path: str, headers: dict[str, str]) -> tuple[float, float]:
    """How long the "hello" and a page took, one after the other, in milliseconds."""
    began = time.perf_counter()
    asked(plain, "/")
    between = time.perf_counter()
    asked(peer, path, headers)
    return (between - began) * 1000, (time.perf_counter() - between) * 1000


@contextmanager
def served(app: Flask) -> Iterator[HTTPConnection]:
    """A connection to the app behind our own server."""
    listener, stop = listen("127.0.0.1", 0), threading.Event()
    thread = threading.Thread(target=WebServer(app, listener, ServerLimits()).run, args=(stop,))
    thread.start()
    peer = HTTPConnection("127.0.0.1", listener.getsockname()[1], timeout=30)
    try:
        yield peer
    finally:
        peer.close()
        stop.set()
        thread.join()


def asked(peer: HTTPConnection, path: str, headers: dict[str, str] | None = None) -> bytes:
    """What it answers. Raises RuntimeError for anything but a page."""
    peer.request("GET", path, headers=headers or {})
    answer = peer.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status}")
    return body


def _queries(sam: Any, ada: Any, orders: int) -> Iterator[Result]:
    most = present_history.PER_PAGE + 1
    deep = history.history_page(sam, HistoryQuestion(), most=orders // 2)[-1].place
    older = "AND (o.stage_since, o.id) < (?, ?)", (to_micros(deep.at), deep.order_id)
    match = "AND o.id IN (SELECT rowid FROM order_index WHERE order_index MATCH ?)"
    cases: tuple[tuple[str, Any, HistoryQuestion, Any, tuple[str, tuple[Any, ...]]], ...] = (
        ("everybody's history", sam, HistoryQuestion(), None, ("", ())),
        ("everybody's, the middle", sam, HistoryQuestion(), deep, older),
        ("everybody's, a rare word", sam, HistoryQuestion(words=("h000777",)), None, (match, ('"h000777"*',))),
        (
            "everybody's, a word of every tenth",
            sam,
            HistoryQuestion(words=("bicycle",)),
            None,
            (match, ('"bicycle"*',)),
        ),
        ("a customer's history", ada, HistoryQuestion(), None, ("AND o.customer_id = ?", (ada.customer_id,))),
    )
    for name, actor, question, after, (more, values) in cases:
        ours = median(
            lambda a=actor, q=question, p=after: history.history_page(a, q, most=most, after=p), 30,
            history.forget_orders,
        )  # fmt: skip
        yield Result(f"{name}, {orders:,} orders", ours, "bare SQL", median(lambda m=more, v=values: bare(m, v), 30), 3)


if __name__ == "__main__":
    alone("history", __doc__, run, ORDERS)
