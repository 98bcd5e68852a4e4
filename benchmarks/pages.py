"""Pages, signed in, against a Flask "hello" in the same process: a demo shop, then a shop with 1,000 open and 100,000
finished orders of 2,000 customers. The process is as settled as that of the web (``lifeline.settle``).

``python -m benchmarks.pages --orders N`` makes the full shop itself, seeded, and measures it alone.
"""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from benchmarks import history
from benchmarks.common import Result, alone
from craftops.app import create_app
from craftops.bootstrap import open_shop
from craftops.config import load_config
from craftops.domain.shop.profile import ShopProfile
from craftops.processes.lifeline import settle
from craftops.store.database import connected, unit_of_work, utcnow
from craftops.store.migrating import migrate
from craftops.store.models import DesignFileRow, JobRow, MachineRow, OrderLineRow, OrderRow, database
from craftops.testing.workshop import Workshop

FINISHED, OPEN, CUSTOMERS, MACHINES = 100_000, 1_000, 2_000, 50
OPEN_STAGES = (
    "received", "in_review", "queued", "queued", "in_production", "in_production", "post_processing", "quality_check",
    "ready_for_pickup", "ready_to_ship",
)  # fmt: skip
ASKED = {
    "/": (12, 14), "order": (12, 14), "/orders/new": (12, 14), "staff order": (25, 28), "/staff/": (40, 70),
    "/staff/board": (40, 70), "/staff/orders": (40, 70), "/staff/machines": (40, 70), "/staff/customers": (40, 70),
    "/staff/schedule": (150, 150),
}  # fmt: skip
"""As a ratio to the hello: the demo shop, the full one."""
TURNS = 15


def _hello() -> FlaskClient:
    hello = Flask("hello")
    hello.add_url_rule("/", view_func=lambda: "hello")
    return hello.test_client()


def _asked(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    if answer.status_code != 200:
        raise RuntimeError(f"{path}: {answer.status_code}")


def _measured(customer: FlaskClient, staff: FlaskClient, code: str, shop: str, which: int) -> Iterator[Result]:
    plain = _hello()
    for name, asked in ASKED.items():
        path = {"order": f"/orders/{code}", "staff order": f"/staff/orders/{code}"}.get(name, name)
        client = staff if path.startswith("/staff") else customer
        _asked(client, path)
        baseline, ours = _in_turn(lambda: _asked(plain, "/"), lambda client=client, path=path: _asked(client, path))
        yield Result(f"{name}, {shop}", ours, "Flask hello", baseline, asked[which])


def _in_turn(plain: Callable[[], None], page: Callable[[], None]) -> tuple[float, float]:
    """What each takes at the median, in milliseconds: a hundred hellos and ten pages in turn, so that a computer that
    becomes slower or quicker meanwhile does so for both, and each is asked as often as it takes to be at home in the
    processor's caches."""
    hellos, pages = [], []
    for _ in range(TURNS):
        for _ in range(100):
            hellos.append(_took(plain))
        for _ in range(10):
            pages.append(_took(page))
    return statistics.median(hellos), statistics.median(pages)


def _took(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return (time.perf_counter() - began) * 1000


def _signed_in(app: Flask, person: dict[str, str]) -> FlaskClient:
    client = app.test_client()
    token = re.search(r'csrf-token" content="([^"]+)', client.get("/sign-in").get_data(as_text=True))
    form = {"csrf_token": token[1] if token else "", "email": person["email"], "password": person["password"]}
    if client.post("/sign-in", data=form).status_code != 303:
        raise RuntimeError("could not sign in")
    return client


def run(folder: Path, told: dict[str, object]) -> Iterator[Result]:
    """On the data of a demo shop (which may be running)."""
    app = create_app(load_config(data=folder, env={}))
    settle()
    people: list[dict[str, str]] = told["people"]  # type: ignore[assignment]
    anna, owner = (next(one for one in people if one["email"].startswith(name)) for name in ("anna", "owner"))
    code = OrderRow.get(OrderRow.title == "Name plates, front desk").code
    yield from _measured(_signed_in(app, anna), _signed_in(app, owner), code, "demo shop", 0)


def full(folder: Path, finished: int = FINISHED) -> Iterator[Result]:
    """On a shop that it fills itself."""
    folder.mkdir()
    config = load_config(data=folder, env={})
    shop = open_shop(config)
    migrate(folder)
    with connected():
        workshop = Workshop(shop, create_app(config))
        workshop.open(ShopProfile(name="Werk"))
        history.fill(workshop, finished, CUSTOMERS)
        _open_orders(workshop, finished)
    settle()
    code = OrderRow.get(OrderRow.customer == workshop.people["ada"].id, OrderRow.stage == "in_production").code
    customer, staff = workshop.browser("ada").client, workshop.browser("sam").client
    yield from _measured(customer, staff, code, f"{OPEN:,} open + {finished:,} finished", 1)
    workshop.close()


def _open_orders(workshop: Workshop, finished: int) -> None:
    """Orders at every stage, four of them Ada's, with a job each once they are accepted; fifty machines at work."""
    random, now, ada = Random(7), utcnow(), workshop.people["ada"].id
    for number in range(MACHINES):
        workshop.machine(f"printer-{number}")
    machines = [row.id for row in MachineRow.select(MachineRow.id).order_by(MachineRow.id)]
    rows: dict[type[Any], list[dict[str, Any]]] = {one: [] for one in (OrderRow, DesignFileRow, OrderLineRow, JobRow)}
    for n in range(OPEN):
        stage, key, since = (
            OPEN_STAGES[n % len(OPEN_STAGES)],
            10_000_000 + n,
            now - timedelta(hours=200 * random.random()),
        )
        customer = ada if n < 6 else 5 + n % CUSTOMERS
        rows[OrderRow].append(
            {"id": key, "code": f"P{n:05d}", "customer": customer, "title": f"{random.choice(history.PARTS)} {n}",
             "stage": stage, "stage_since": since, "placed_at": since - timedelta(hours=9),
             "delivery": "shipping" if stage == "ready_to_ship" else "pickup"}
        )  # fmt: skip
        rows[DesignFileRow].append(
            {"id": key, "owner": customer, "blob": "0" * 64, "name": f"part-{n}.stl", "size": 84, "uploaded_at": since,
             "picture_sha": "0" * 64, "verdict": "accepted"}
        )  # fmt: skip
        rows[OrderLineRow].append(
            {"id": key, "order": key, "position": 0, "title": f"part-{n}", "quantity": 1 + n % 9, "material": "pla",
             "colour": "Black", "file": key}
        )  # fmt: skip
        if stage not in ("received", "in_review"):
            rows[JobRow].append(_job(n, key, stage, since, machines))
    with unit_of_work():
        for table, values in rows.items():
            for start in range(0, len(values), 100):
                table.insert_many(values[start : start + 100]).execute()
    database.execute_sql("ANALYZE")


def _job(n: int, order: int, stage: str, since: datetime, machines: list[int]) -> dict[str, Any]:
    running = stage == "in_production" and n % 20 == 4 and n // 20 < MACHINES
    made = stage not in ("queued", "in_production")
    state = "done" if made else "running" if running else "queued" if n % 3 else "planned"
    return {
        "code": f"P{n:05d}-1", "order": order, "line": order, "copies": 1 + n % 9, "state": state,
        "machine": machines[n // 20 % MACHINES] if state != "planned" else None, "planned_s": 600.0 + 60 * (n % 90),
        "position": float(n), "progress": 0.4 if running else None, "finished_at": since if made else None,
        "started_at": since if running or made else None, "copies_done": 1 + n % 9 if made else 0,
    }  # fmt: skip


if __name__ == "__main__":
    alone("pages", __doc__, full, FINISHED)
