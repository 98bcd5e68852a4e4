"""Jobs that start in one moment on a busy floor: how long their rows take, and the page of the machines meanwhile."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import paho.mqtt.client as mqtt

from benchmarks.common import Result
from benchmarks.floor import Running, at_rest, publish, server, until, waiting_orders
from benchmarks.live import sign_in
from craftops.app import create_app
from craftops.config import load_config
from craftops.services.shop.context import Shop
from craftops.store.database import connected
from craftops.store.models import AccountRow, JobRow, MachineRow

MACHINES, AT_ONCE = 200, 40
PAGE, STAFF = "/staff/machines", "owner"
SETTLE_S = 3.0
ROWS_MS, PAGE_MS = 2000.0, 300.0


def _begun(running: list[Running]) -> int:
    with connected():
        codes = [one.job for one in running]
        return JobRow.select().where(JobRow.code.in_(codes), JobRow.state == "running").count()


def _make_heard(client: mqtt.Client, floor: list[Running], state: str) -> None:
    """Until all are heard in this state: the bridge follows new machines a moment after they are there."""

    def heard() -> bool:
        with connected():
            rows = MachineRow.select(MachineRow.key).where(MachineRow.state == state)
            there = {row.key for row in rows}
        for one in floor:
            if one.machine not in there:
                client.publish(one.topic, one.status(0.01, 1).replace(b'"running"', b'"%s"' % state.encode()), qos=1)
        return all(one.machine in there for one in floor)

    until(heard, f"the machines are not heard to be {state}")


class _Reader:
    """Somebody of the staff who opens the page of the machines, again and again."""

    def __init__(self, told: dict[str, Any]) -> None:
        self.link, self.cookie = sign_in(told, STAFF)
        self.took_ms: list[float] = []
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._read, daemon=True)

    def _read(self) -> None:
        while not self.ended.is_set():
            began = time.perf_counter()
            self.link.request("GET", PAGE, headers={"Cookie": self.cookie})
            answer = self.link.getresponse()
            answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{PAGE} answers {answer.status}")
            self.took_ms.append(1000 * (time.perf_counter() - began))

    def close(self) -> None:
        self.ended.set()
        self.thread.join(30)


def run(folder: Path, told: dict[str, Any]) -> Iterator[Result]:
    """On the data of a running demo shop."""
    config = load_config(data=folder, env={})
    shop: Shop = create_app(config).extensions["craftops"]
    anna = AccountRow.get(AccountRow.email.startswith("anna"))
    floor = waiting_orders(shop, [anna], folder, MACHINES)
    busy, fresh = floor[AT_ONCE:], floor[:AT_ONCE]
    client = server(told, config.keys().broker)
    _make_heard(client, busy, "running")
    _make_heard(client, fresh, "idle")
    until(at_rest, "the worker did not come to its end")
    stop, pause = threading.Event(), threading.Event()

    def chatter() -> None:
        """All others report once a second, spread over it."""
        began, second = time.perf_counter(), 0
        while not stop.is_set():
            for number, one in enumerate(busy):
                stop.wait(max(0.0, began + second + number / len(busy) - time.perf_counter()))
                publish(client, one, 0.02 + second / 1000, 10 + second)
            second += 1

    talking = threading.Thread(target=chatter, daemon=True)
    talking.start()
    reader = _Reader(told)
    pause.wait(SETTLE_S)
    reader.thread.start()
    began = time.perf_counter()
    for one in fresh:
        publish(client, one, 0.01, 1)
    while _begun(fresh) < AT_ONCE:
        if time.perf_counter() - began > 60:
            raise RuntimeError("the jobs did not start")
        pause.wait(0.02)
    rows_ms = 1000 * (time.perf_counter() - began)
    until(lambda: len(reader.took_ms) >= 5, "the page did not open")
    reader.close()
    stop.set()
    talking.join(5)
    client.disconnect()
    client.loop_stop()
    yield Result(f"{AT_ONCE} jobs start at once, {MACHINES} machines: rows", rows_ms, "two seconds", ROWS_MS, 1)
    p50 = statistics.median(reader.took_ms)
    yield Result("the page of the machines meanwhile: p50", p50, "three tenths of a second", PAGE_MS, 1)
