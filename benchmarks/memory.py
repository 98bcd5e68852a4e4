"""A million readings: what they leave behind in the bridge's memory, and in the shop's database."""

from __future__ import annotations

import gc
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import orjson

from benchmarks.common import Result
from benchmarks.floor import resident
from craftops.app import app_for
from craftops.bootstrap import open_shop
from craftops.bridges.acknowledgements import Message
from craftops.bridges.bridge import Bridge
from craftops.config import load_config
from craftops.domain.orders.order import Delivery
from craftops.domain.shop.profile import ShopProfile
from craftops.sdk.machine import BrokerAddress
from craftops.services.orders import ordering
from craftops.services.orders.ordering import LineDraft
from craftops.store import work
from craftops.store.database import close_database, connected, unit_of_work, utcnow
from craftops.store.doorbell import Doorbell, bell_folder
from craftops.store.migrating import migrate
from craftops.store.models import database
from craftops.testing.workshop import Workshop

FIRST, ALL = 100_000, 1_000_000
MACHINES = 50
EACH = 20
"""Messages of each machine that are taken in together, as in a rush."""
EVERY_S = 0.1
"""Between two messages of a machine, by the clock on which they come."""
ESTIMATES_EVERY = 5
"""Rounds between two portions of estimates."""


@dataclass(frozen=True)
class Telling:
    """A machine and the job that it is at."""

    machine: str
    job: str

    def message(self, number: int, at: datetime) -> Message:
        job = {"id": f"bench-{self.machine}", "ref": self.job}
        said = {"v": 1, "state": "running", "ts": at.timestamp(), "seq": number, "progress": number * MACHINES / ALL}
        payload = orjson.dumps({**said, "remaining_s": 3000.0, "job": job})
        return Message(f"craftops/v1/{self.machine}/status", payload, False, at)


def _shop(folder: Path) -> tuple[Workshop, list[Telling]]:
    """A shop with a run on each machine."""
    folder.mkdir()
    shop = open_shop(load_config(data=folder, env={}))
    migrate(folder)
    workshop = Workshop(shop, app_for(shop))
    workshop.open(ShopProfile())
    at, file, telling = utcnow(), workshop.upload("ada"), []
    workshop.run_due()
    with unit_of_work():
        for number in range(MACHINES):
            key = f"printer-{number}"
            workshop.machine(key)
            order = ordering.place_order(
                shop, actor=workshop.actor("ada"), customer=workshop.people["ada"],
                lines=[LineDraft(file, 1, "pla", "Black", "as_made")], delivery=Delivery.PICKUP, at=at,
            )  # fmt: skip
            telling.append(Telling(key, workshop.accept(order, key).code))
    return workshop, telling


def _size_kb() -> float:
    """Of the database, without what has been freed and is used again."""
    with connected():
        pages, free, each = (
            database.execute_sql(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
    return (pages - free) * each / 1024


def _held_kb() -> float:
    gc.collect()
    return resident() / 1024


def run(folder: Path) -> Iterator[Result]:
    """In a shop of its own, in this process: what the bridge does with a message once it has come."""
    workshop, telling = _shop(folder)
    bell = Doorbell(bell_folder(workshop.shop.config.data), "bench")
    bridge = Bridge(workshop.shop, BrokerAddress("127.0.0.1", 1), "", "", bell, companions=False)
    with connected():
        bridge.look()
    at, number = utcnow() - timedelta(seconds=ALL / MACHINES * EVERY_S), 0
    held, size = 0.0, 0.0
    rounds = ALL // (MACHINES * EACH)
    for turn in range(1, rounds + 1):
        together = []
        for _ in range(EACH):
            number += 1
            at += timedelta(seconds=EVERY_S)
            together += [one.message(number, at) for one in telling]
        bridge.link._tell([word for message in together for word in bridge.link._handle(message)])
        if turn % ESTIMATES_EVERY == 0:
            bridge.catch_up()
        if turn * MACHINES * EACH % FIRST == 0:
            with connected():
                work.prune(utcnow() + timedelta(minutes=11))  # all that is forgotten in time
            if not held:
                held, size = _held_kb(), _size_kb()
    _all_arrived(workshop, number)
    name = "after the first 100,000"
    yield Result("1,000,000 readings: memory of the bridge", _held_kb() / 1024, name, held / 1024, 1.05, "MB")
    grown = 1024 * (_size_kb() - size) / (ALL - FIRST)
    yield Result("1,000,000 readings: the database grows, a reading", grown, "one byte", 1.0, 1, "B")
    workshop.close()
    bell.close()
    close_database()
    shutil.rmtree(folder)


def _all_arrived(workshop: Workshop, number: int) -> None:
    with connected():
        for index in range(MACHINES):
            memory = workshop.machine_row(f"printer-{index}").memory or {}
            if (memory.get("last") or {}).get("seq") != number:
                raise RuntimeError("some of the readings were not taken in")
    if workshop.machine_row("printer-0").refused:
        raise RuntimeError("readings were refused")
