"""A busy floor: hundreds of machines that report at once, hundreds and thousands of pages that are open."""

from __future__ import annotations

import gc
import io
import re
import resource
import selectors
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import orjson
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from benchmarks.common import Result
from benchmarks.intake import corners, write_stl
from benchmarks.live import sign_in
from benchmarks.publisher import Publisher
from benchmarks.resting import processes_of
from craftops.app import create_app
from craftops.bridges.broker.base import SERVER, server_password
from craftops.config import load_config
from craftops.domain.machines.readings import ProcessKind
from craftops.domain.orders.order import Delivery
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.access import SYSTEM, Role
from craftops.sandbox.said import worked_of
from craftops.services.files.intake import take_file
from craftops.services.machines import registry
from craftops.services.orders import ordering
from craftops.services.orders.ordering import LineDraft
from craftops.services.people import accounts
from craftops.services.production import queueing
from craftops.services.shop.context import Shop
from craftops.store.database import connected, unit_of_work, utcnow
from craftops.store.models import AccountRow, JobRow, MachineRow, WorkRow
from craftops.web.frame.live.connection import SocketConnection
from craftops.web.frame.live.hub import Hub, Subscription
from craftops.web.frame.live.stream import EXTENSION
from craftops.web.frame.live.topics import Topic

MACHINES = 200
PAGES = 500
WATCHERS = 20
SECONDS = 12
FLOOD = 250
A_SECOND = 20
"""Readings that the bridge takes of one machine; 250 of them make 5,000 a second."""
FLOOD_SECONDS = 5
POURED = FLOOD * A_SECOND * FLOOD_SECONDS
BARE = 5.0
"""So many times bare paho, which reads and forgets: the bridge checks, compares, stores, and works out windows."""
PATIENCE_S = 60.0
BAR = re.compile(rb'id="bar-(\w+)".*?<b>(\d+) %', re.DOTALL)
MANY = 9_000


@dataclass(frozen=True)
class Running:
    """One order that is being made."""

    machine: str
    order: str
    job: str

    @property
    def topic(self) -> str:
        return f"craftops/v1/{self.machine}/status"

    def status(self, progress: float, seq: int) -> bytes:
        job = {"id": f"bench-{self.machine}", "ref": self.job}
        said = {"v": 1, "state": "running", "ts": time.time(), "seq": seq, "progress": progress, "remaining_s": 3000.0}
        return orjson.dumps({**said, "job": job})


def watchers(told: dict[str, Any]) -> list[AccountRow]:
    """Customers who look on: one may have fifty pages open."""
    made = []
    for number in range(WATCHERS):
        email, password = f"watcher-{number}@demo.example", f"looks on at work {number}"
        told["people"].append({"email": email, "password": password})
        made.append(accounts.create_account(
            email=email, name=f"Watcher {number}", role=Role.CUSTOMER, password=password, at=utcnow()
        ))  # fmt: skip
    return made


def waiting_orders(shop: Shop, owners: Sequence[AccountRow], folder: Path, count: int) -> list[Running]:
    """Machines with an order each that waits for it, of these customers in turn."""
    content = write_stl(folder / "busy.stl", corners(10, 10) * np.float32(1)).read_bytes()
    files = [take_file(shop, io.BytesIO(content), "busy.stl", owner=one, at=utcnow()).id for one in owners]
    made = []
    for number in range(count):
        key, at = f"busy-{number}", utcnow()
        with unit_of_work():
            registry.add_machine(shop, key=key, name=key, driver="mqtt", process=ProcessKind.FDM, actor=SYSTEM, at=at)
            order = ordering.place_order(
                shop, actor=SYSTEM, customer=owners[number % len(owners)],
                lines=[LineDraft(files[number % len(owners)], 1, "pla", "Black", "as_made")],
                delivery=Delivery.PICKUP, at=at,
            )  # fmt: skip
            for stage in (Stage.IN_REVIEW, Stage.QUEUED):
                ordering.move(shop, order.code, stage, actor=SYSTEM, at=at)
            job = JobRow.get(JobRow.order == order.id)
            queueing.queue_job(shop, job.id, key, actor=SYSTEM, at=at)
        made.append(Running(key, order.code, job.code))
    return made


def server(told: dict[str, Any], config_key: str) -> mqtt.Client:
    """Says for all machines what they have to say."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="bench-floor")
    client.username_pw_set(SERVER, server_password(config_key))
    client.connect(told["broker"]["host"], told["broker"]["port"])
    client.loop_start()
    return client


def publish(client: mqtt.Client, one: Running, progress: float, seq: int) -> None:
    """Let one machine say how far it is."""
    client.publish(one.topic, one.status(progress, seq), qos=1)


def until(done: Callable[[], bool], what: str) -> None:
    """Wait for it. Raises RuntimeError when it takes too long."""
    pause, until = threading.Event(), time.monotonic() + PATIENCE_S
    while not done():
        if time.monotonic() > until:
            raise RuntimeError(what)
        pause.wait(0.1)


class Pages:
    """Many open order pages, read by one thread, which notes when each page saw a percent for the first time: a window
    that moves later draws the page anew, with the same bar."""

    def __init__(self, told: dict[str, Any], codes: list[str]) -> None:
        base = urlsplit(told["portal"])
        self.seen: dict[tuple[int, str, int], float] = {}
        self.welcome = 0
        self.waiting = selectors.DefaultSelector()
        self.ended = threading.Event()
        cookies = []
        for number in range(WATCHERS):
            link, cookie = sign_in(told, f"watcher-{number}@")
            link.close()
            cookies.append(cookie)
        for number in range(PAGES):
            who = number % len(codes) % WATCHERS
            cookie, own = cookies[who], (f"127.0.0.{2 + who}", 0)  # each at a computer of their own
            one = socket.create_connection((base.hostname or "", base.port or 80), source_address=own)
            address = f"/live?page=order/{codes[number % len(codes)]}"
            one.sendall(f"GET {address} HTTP/1.1\r\nHost: {base.netloc}\r\nCookie: {cookie}\r\n\r\n".encode())
            one.setblocking(False)
            self.waiting.register(one, selectors.EVENT_READ)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _read(self) -> None:
        while not self.ended.is_set():
            for key, _mask in self.waiting.select(0.2):
                data = key.fileobj.recv(1 << 16)  # type: ignore[union-attr]
                now = time.perf_counter()
                self.welcome += data.count(b"retry:")
                for code, percent in BAR.findall(data):
                    self.seen.setdefault((key.fd, code.decode(), int(percent)), now)

    def close(self) -> None:
        self.ended.set()
        self.thread.join(5)
        for key in list(self.waiting.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]


def at_rest() -> bool:
    """Whether every notice of the orders has been sent."""
    with connected():
        return not WorkRow.select().where(WorkRow.state == "ready", WorkRow.run_after <= utcnow()).exists()


def _rush(client: mqtt.Client, told: dict[str, Any], running: list[Running]) -> Iterator[Result]:
    """Every machine reports once a second, spread over it, while five hundred pages watch."""
    pages = Pages(told, [one.order for one in running])
    until(lambda: pages.welcome >= PAGES, "the pages did not open")
    said: dict[tuple[str, int], float] = {}
    pause = threading.Event()
    began = time.perf_counter()
    for second in range(SECONDS):
        for number, one in enumerate(running):
            pause.wait(max(0.0, began + second + number / len(running) - time.perf_counter()))
            percent = 2 + second
            said[one.order, percent] = time.perf_counter()
            publish(client, one, percent / 100, 10 + second)
    pause.wait(2.0)
    pages.close()
    late = [
        1000 * (at - said[code, percent]) for (_, code, percent), at in pages.seen.items() if (code, percent) in said
    ]
    expected = PAGES * (SECONDS - 2)
    if len(late) < expected:
        raise RuntimeError(f"only {len(late)} of {expected} bars came")
    worst = statistics.quantiles(late, n=100)[-1]
    yield Result("200 machines at 1 Hz, 500 pages: p99", worst, "a quarter of a second", 250.0, 1)


def _pour(publisher: Publisher, running: list[Running], seq: int) -> float:
    """Five thousand readings a second, numbered from ``seq`` on; when the last was sent. Raises RuntimeError where the
    computer cannot keep up."""
    pause, began, before = threading.Event(), time.perf_counter(), publisher.acknowledged
    for tick in range(FLOOD_SECONDS * A_SECOND):
        pause.wait(max(0.0, began + tick / A_SECOND - time.perf_counter()))
        publisher.publish((one.topic, one.status(0.5 + tick / 1000, seq + tick)) for one in running)
    ended = time.perf_counter()
    until(lambda: publisher.acknowledged - before >= POURED, "the broker did not take them")
    if ended - began > 1.1 * FLOOD_SECONDS:
        raise RuntimeError("this computer cannot publish 5,000 readings a second")
    return ended


def _bare(told: dict[str, Any], password: str, running: list[Running]) -> float:
    """What paho takes of a processor to hear as many readings of machines that nobody knows, in milliseconds."""
    nobodys = [replace(one, machine=f"none-{place}") for place, one in enumerate(running)]
    broker = told["broker"]
    words = [broker["host"], str(broker["port"]), SERVER, "bench-bare", str(POURED), *(one.topic for one in nobodys)]
    hearer = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.bare_hearer", *words],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    if hearer.stdin is None or hearer.stdout is None:
        raise RuntimeError("no pipes")
    hearer.stdin.write(f"{password}\n")
    hearer.stdin.flush()
    if hearer.stdout.readline() != "ready\n":
        raise RuntimeError("nobody hears")
    publisher = Publisher(broker["host"], broker["port"], SERVER, password)
    _pour(publisher, nobodys, 1)
    said = hearer.communicate()[0]
    publisher.close()
    return float(said)


def _processor_ms(pid: int) -> float:
    """What a process has taken of the processors so far."""
    return 1000 * worked_of(Path(f"/proc/{pid}/stat").read_text())


def _flood(folder: Path, told: dict[str, Any], config_key: str, running: list[Running]) -> Iterator[Result]:
    """Five thousand readings a second: how long after the last one the store has the last of every machine, and what
    that takes of a processor."""
    seq, password = 1000 + FLOOD_SECONDS * A_SECOND - 1, server_password(config_key)
    bare = _bare(told, password, running)
    bridge = processes_of(folder)["bridge"]
    publisher = Publisher(told["broker"]["host"], told["broker"]["port"], SERVER, password)
    before = _processor_ms(bridge)
    ended = _pour(publisher, running, 1000)

    def all_there() -> bool:
        with connected():
            rows = MachineRow.select(MachineRow.memory).where(MachineRow.key.startswith("busy-"))
            lasts = [((row.memory or {}).get("last") or {}).get("seq") for row in rows]
        return all(last == seq for last in lasts)

    until(all_there, "some of the readings were lost")
    lag = 1000 * (time.perf_counter() - ended)
    taken = _processor_ms(bridge) - before
    publisher.close()
    yield Result("5,000 readings a second: the last is stored after", lag, "one second", 1000.0, 1)
    yield Result("  a reading, of a processor", taken / POURED, "bare paho", bare / POURED, BARE)


def _crowd(app: Any) -> Iterator[Result]:
    """Nine thousand pages in one process: what each takes, and how long one event takes to all of them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    hub = Hub(app, app.extensions[EXTENSION].topics)
    readers, gc_before = [], gc.collect()
    before = resident()
    room = hub._rooms[Topic("order", 1)]
    dead = socket.socket()
    dead.close()  # as two seconds after the hand-over
    for _ in range(MANY):
        ours, theirs = socket.socketpair()
        readers.append(theirs)
        room.members.add(Subscription(Topic("order", 1), SocketConnection((ours, dead)), "", None))
    each = (resident() - before) / MANY
    message = b"id: 1\ndata: " + b"x" * 400 + b"\n\n"

    def bare() -> None:
        for member in room.members:
            member.connection.socket.send(message)  # type: ignore[attr-defined]

    def ours_() -> None:
        for member in room.members:
            member.connection.send(message)

    times: dict[str, list[float]] = {"bare": [], "ours": []}
    for _ in range(5):
        for name, work in (("bare", bare), ("ours", ours_)):
            began = time.perf_counter()
            work()
            times[name].append(1000 * (time.perf_counter() - began))
            for reader in readers:
                reader.recv(1 << 16)
    yield Result(f"{MANY:,} open pages: each", each / 1000, "two kB", 2.0, 1, "kB")
    yield Result(
        f"{MANY:,} open pages: one event to all", statistics.median(times["ours"]), "bare sends",
        statistics.median(times["bare"]), 3,
    )  # fmt: skip
    for reader in readers:
        reader.close()
    hub.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    del gc_before


def resident() -> int:
    """Bytes of memory that this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def run(folder: Path, told: dict[str, Any]) -> Iterator[Result]:
    """On the data of a running demo shop."""
    config = load_config(data=folder, env={})
    app = create_app(config)
    shop: Shop = app.extensions["craftops"]
    yield from _crowd(app)
    running = waiting_orders(shop, watchers(told), folder, FLOOD)
    client = server(told, config.keys().broker)
    pause = threading.Event()

    def started() -> bool:
        for one in waiting():
            publish(client, one, 0.01, 1)
        pause.wait(0.5)
        return not waiting()

    def waiting() -> list[Running]:
        with connected():
            rows = JobRow.select(JobRow.code).where(JobRow.state == "queued")
            open_ones = {row.code for row in rows}
        return [one for one in running if one.job in open_ones]

    until(started, "the machines did not start")
    until(at_rest, "the worker did not come to its end")
    yield from _rush(client, told, running[:MACHINES])
    client.disconnect()
    client.loop_stop()
    yield from _flood(folder, told, config.keys().broker, running)
