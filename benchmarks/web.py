"""The web server under one and sixteen clients, against a bare Flask "hello" on the same server in the same run."""

from __future__ import annotations

import itertools
import re
import selectors
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask

from benchmarks.common import Result
from benchmarks.uploads import Customer
from craftops.bootstrap import open_shop
from craftops.config import load_config
from craftops.processes.webserver import ServerLimits, WebServer, listen
from craftops.store.models import OrderRow

SECONDS, ROUNDS = 2.0, 3
MADE_ANEW = 14.0
"""As much as a page may cost in the process of a full shop (``pages``)."""
LENGTH = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")


def load(port: int, path: str, clients: int, cookie: str = "", *, anew: bool = False) -> list[float]:
    """How long each answer took, in milliseconds, with so many connections that always ask. Raises RuntimeError.

    ``anew``: another address each time, so that nothing is answered from the microcache."""
    said = f"Cookie: {cookie}\r\n" if cookie else ""
    number = itertools.count()

    def question() -> bytes:
        which = f"{path}?n={next(number)}" if anew else path
        return f"GET {which} HTTP/1.1\r\nHost: shop\r\n{said}\r\n".encode()

    taken, sent, came = [], {}, {}
    with selectors.DefaultSelector() as selector:
        for _ in range(clients):
            peer = socket.create_connection(("127.0.0.1", port), 10)
            selector.register(peer, selectors.EVENT_READ)
            peer.sendall(question())
            sent[peer] = time.perf_counter()
        until = time.perf_counter() + SECONDS
        while time.perf_counter() < until:
            for key, _events in selector.select(1):
                peer: Any = key.fileobj
                if not _came(peer, came, path):
                    continue
                now = time.perf_counter()
                taken.append((now - sent[peer]) * 1000)
                sent[peer] = now
                peer.sendall(question())
        for peer in sent:
            peer.close()
    return taken


def _came(peer: Any, came: dict[Any, bytes], path: str) -> bool:
    """Whether the answer is there whole. Raises RuntimeError for anything but a page."""
    said = came.pop(peer, b"") + peer.recv(262_144)
    if not said.startswith(b"HTTP/1.1 200 "):
        raise RuntimeError(f"{path} does not answer: {said[:100]!r}")
    head, _, body = said.partition(b"\r\n\r\n")
    size = LENGTH.search(head)
    if size is None or len(body) < int(size[1]):
        came[peer] = said
        return False
    return True


def run(folder: Path, told: dict[str, Any]) -> Iterator[Result]:
    """Against a running demo shop. The costs are milliseconds for one answer, over all clients."""
    open_shop(load_config(data=folder, env={}))
    anna = next(one for one in told["people"] if one["email"].startswith("anna"))
    customer = Customer(told["portal"], anna["email"], anna["password"])
    page = f"/orders/{OrderRow.get(OrderRow.title == 'Name plates, front desk').code}"
    hello = Flask("hello")
    hello.add_url_rule("/", view_func=lambda: "hello")
    listener, stop = listen("127.0.0.1", 0), threading.Event()
    thread = threading.Thread(target=WebServer(hello, listener, ServerLimits()).run, args=(stop,))
    port, bare = urlsplit(told["portal"]).port or 80, listener.getsockname()[1]
    thread.start()
    each, alone, together, answers = [], [], [], []
    one_page, pages, seen, made = [], [], [], []
    for _ in range(ROUNDS):
        each.append(SECONDS * 1000 / len(load(bare, "/", 16)))
        alone.append(SECONDS * 1000 / len(load(port, "/healthz", 1)))
        answers = load(port, "/healthz", 16)
        together.append(SECONDS * 1000 / len(answers))
        one_page.append(SECONDS * 1000 / len(load(port, page, 1, customer.cookie)))
        seen = load(port, page, 16, customer.cookie)
        pages.append(SECONDS * 1000 / len(seen))
        made.append(SECONDS * 1000 / len(load(port, page, 16, customer.cookie, anew=True)))
    stop.set()
    thread.join()
    cost = statistics.median(together)
    yield Result("/healthz, 16 clients, an answer", cost, "bare Flask hello", statistics.median(each), 1 / 0.6)
    yield Result("/healthz, 16 clients, an answer", cost, "one client", statistics.median(alone), 1.0)
    yield _spread("/healthz", answers)
    shown = statistics.median(pages)
    yield Result("order page, 16 clients, an answer", shown, "bare Flask hello", statistics.median(each), 1 / 0.25)
    yield Result("order page, 16 clients, an answer", shown, "one client", statistics.median(one_page), 1.0)
    yield _spread("order page", seen)
    anew = statistics.median(made)
    yield Result("the same, each made anew", anew, "bare Flask hello", statistics.median(each), MADE_ANEW)


def _spread(what: str, answers: list[float]) -> Result:
    answers.sort()
    p50, p99 = answers[len(answers) // 2], answers[len(answers) * 99 // 100]
    return Result(f"{what}, 16 clients, p99", p99, "p50", p50, 3.0)
