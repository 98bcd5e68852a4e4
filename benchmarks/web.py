"""The web server under one and sixteen clients, against a bare Flask "hello" on the same server in the same run."""

from __future__ import annotations

import selectors
import socket
import statistics
import threading
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from flask import Flask

from benchmarks.common import Result
from craftops.processes.webserver import Limits, WebServer, listen

SECONDS, ROUNDS = 2.0, 3


def load(port: int, path: str, clients: int) -> list[float]:
    """How long each answer took, in milliseconds, with so many connections that always ask. Raises RuntimeError."""
    asked = f"GET {path} HTTP/1.1\r\nHost: shop\r\n\r\n".encode()
    taken, sent = [], {}
    with selectors.DefaultSelector() as selector:
        for _ in range(clients):
            peer = socket.create_connection(("127.0.0.1", port), 10)
            selector.register(peer, selectors.EVENT_READ)
            peer.sendall(asked)
            sent[peer] = time.perf_counter()
        until = time.perf_counter() + SECONDS
        while time.perf_counter() < until:
            for key, _events in selector.select(1):
                peer: Any = key.fileobj
                if not peer.recv(65_536).startswith(b"HTTP/1.1 200 "):
                    raise RuntimeError(f"{path} does not answer")
                now = time.perf_counter()
                taken.append((now - sent[peer]) * 1000)
                sent[peer] = now
                peer.sendall(asked)
        for peer in sent:
            peer.close()
    return taken


def run(told: dict[str, Any]) -> Iterator[Result]:
    """Against a running demo shop. The costs are milliseconds for one answer, over all clients."""
    hello = Flask("hello")
    hello.add_url_rule("/", view_func=lambda: "hello")
    listener, stop = listen("127.0.0.1", 0), threading.Event()
    thread = threading.Thread(target=WebServer(hello, listener, Limits()).run, args=(stop,))
    port, bare = urlsplit(told["portal"]).port or 80, listener.getsockname()[1]
    thread.start()
    each, alone, together, answers = [], [], [], []
    for _ in range(ROUNDS):
        each.append(SECONDS * 1000 / len(load(bare, "/", 16)))
        alone.append(SECONDS * 1000 / len(load(port, "/healthz", 1)))
        answers = load(port, "/healthz", 16)
        together.append(SECONDS * 1000 / len(answers))
    stop.set()
    thread.join()
    cost = statistics.median(together)
    yield Result("/healthz, 16 clients, an answer", cost, "bare Flask hello", statistics.median(each), 1 / 0.6)
    yield Result("/healthz, 16 clients, an answer", cost, "one client", statistics.median(alone), 1.0)
    answers.sort()
    p50, p99 = answers[len(answers) // 2], answers[len(answers) * 99 // 100]
    yield Result("/healthz, 16 clients, p99", p99, "p50", p50, 3.0)
