"""The schedule of a crowded shop: 50 machines, 500 jobs, against a Flask "hello" in the same process."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from flask import Flask

from benchmarks.common import Result, median
from craftops.app import create_app
from craftops.bootstrap import open_shop
from craftops.config import load_config
from craftops.domain.shop.profile import ShopProfile
from craftops.store.database import connected, unit_of_work, utcnow
from craftops.store.migrating import migrate
from craftops.store.models import CapabilityRow, JobRow, MachineRow, MaintenanceRow, OrderLineRow, OrderRow
from craftops.testing.workshop import Workshop

MACHINES, JOBS = 50, 500
HOURS = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday", "friday"), ("09:00-18:00",))
TITLE = "Halterung für Kabelkanalabdeckung der Förderbandverkleidung"


def crowd(workshop: Workshop, machines: int = MACHINES, jobs: int = JOBS) -> None:
    """Fill a shop with machines and with orders of one job each; every tenth job has no machine."""
    now = utcnow()
    with unit_of_work():
        rows = [
            MachineRow.create(
                key=f"printer-{n}", name=f"Prusa Großformatdrucker im Nebenraum {n}", driver="manual", process="fdm",
                state="idle", bed=(250, 210, 220), created_at=now,
            )
            for n in range(machines)
        ]  # fmt: skip
        for n, machine in enumerate(rows):
            CapabilityRow.create(machine=machine, loaded=[["petg" if n % 3 else "pla", "Black"]], unattended=n % 7 != 0)
            if n % 9 == 0:
                start = now + timedelta(hours=n % 20)
                MaintenanceRow.create(
                    machine=machine, start=start, end=start + timedelta(hours=5), reason="Riemen spannen",
                    by_name="Sam", at=now,
                )  # fmt: skip
        for n in range(jobs):
            order = OrderRow.create(
                code=f"C{n:06d}", customer=workshop.people["ada" if n % 2 else "bob"], title=f"{TITLE} {n}",
                stage="queued", stage_since=now, placed_at=now, promise_at=now + timedelta(hours=6 + n % 90),
            )  # fmt: skip
            line = OrderLineRow.create(
                order=order, position=1, title=TITLE, quantity=1 + n % 9, material="petg" if n % 2 else "pla",
                colour="Black",
            )  # fmt: skip
            placed = n % 10 != 0
            JobRow.create(
                code=f"C{n:06d}-1", order=order, line=line, machine=rows[n % machines] if placed else None,
                copies=1 + n % 9, state="queued" if placed else "planned", planned_s=1800.0 + 977 * n % 30_000,
                position=float(n),
            )  # fmt: skip


def crowded(folder: Path) -> Workshop:
    """A shop of its own in ``folder``, crowded."""
    config = load_config(data=folder, env={})
    shop = open_shop(config)
    migrate(folder)
    with connected():
        workshop = Workshop(shop, create_app(config))
        workshop.open(ShopProfile(name="Werk", hours=HOURS))
        crowd(workshop)
    return workshop


def run(folder: Path) -> Iterator[Result]:
    """The page over a day and a week, and what a move would do."""
    folder.mkdir()
    workshop = crowded(folder)
    hello = Flask("hello")
    hello.add_url_rule("/", view_func=lambda: "hello")
    plain = hello.test_client()
    baseline = median(lambda: plain.get("/"), 300)
    sam = workshop.browser("sam")
    job = JobRow.get(JobRow.state == "planned")
    for name, path in (
        ("schedule, a day, 50 machines, 500 jobs", "/staff/schedule"),
        ("schedule, a week", "/staff/schedule?scale=week"),
        ("what a move would do", f"/staff/schedule/jobs/{job.id}?to=printer-3/"),
    ):
        yield Result(name, median(lambda path=path: sam.see(path), 20), "Flask hello", baseline, 800)
    workshop.close()
