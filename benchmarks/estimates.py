"""The estimates of a whole shop and of one machine's change, against the limits that the design sets (ms).

200 machines, 1,000 orders, 5,000 jobs: from domain values to finished windows, in the memory of one process. Live, the
rows come on top (``docs/decisions/0014``).
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from benchmarks.common import Result, median
from craftops.domain.estimation.estimate import Floor, HandStep, MachineQueue, OrderWork
from craftops.domain.estimation.statistics import RunStatistics
from craftops.domain.hours.calendar import Calendar, Hours
from craftops.domain.production.jobs import Job, JobState

MACHINES, ORDERS, JOBS = 200, 1000, 5000
NOW = datetime(2026, 3, 27, 10, 17, tzinfo=UTC)
DAY = (Hours(time(9), time(12)), Hours(time(13), time(18)))
CALENDAR = Calendar(ZoneInfo("Europe/Berlin"), dict.fromkeys(range(5), DAY), frozenset({date(2026, 4, 3)}))


def shop(seed: int = 1) -> tuple[list[MachineQueue], list[OrderWork]]:
    """A full shop: every machine at work, its queue of about 25 jobs of many orders."""
    luck = random.Random(seed)
    standing: dict[int, list[Job]] = {machine: [] for machine in range(1, MACHINES + 1)}
    by_order: dict[int, list[Job]] = {}
    for number in range(1, JOBS + 1):
        machine, order = luck.randint(1, MACHINES), 1 + number % ORDERS
        job = Job(
            number, str(number), order, number, 1, JobState.QUEUED, luck.lognormvariate(9.2, 0.7), machine_id=machine
        )
        if not standing[machine]:
            job = replace(job, state=JobState.RUNNING, remaining_s=3000.0, started_at=NOW, reported_at=NOW)
        standing[machine].append(job)
        by_order.setdefault(order, []).append(job)
    queues = [
        MachineQueue(machine, tuple(jobs), usual=RunStatistics(luck.uniform(0.7, 1.6), 0.03, 0.1, 0.08))
        for machine, jobs in standing.items()
    ]
    works = [
        OrderWork(order, tuple(jobs), hand=HandStep(40.0), check=HandStep(20.0, 0.9))
        for order, jobs in by_order.items()
    ]
    return queues, works


def run() -> Iterator[Result]:
    """Both figures."""
    # Here, so that the other benchmarks measure processes that have not loaded numpy.
    from craftops.domain.estimation.queue_simulation import QueueSimulation

    queues, works = shop()
    whole = median(lambda: QueueSimulation(Floor(queues), NOW, CALENDAR).estimates(works), 30)
    yield Result("1,000 orders, 5,000 jobs: every window", whole, "limit", 50.0, 1.0)
    walk = QueueSimulation(Floor(queues), NOW, CALENDAR)
    queue = max(queues, key=lambda one: len(one.jobs))
    touched = {job.order_id for job in queue.jobs}
    mine = [work for work in works if work.order_id in touched]

    def change() -> None:
        walk.changed(queue)
        walk.estimates(mine)

    one = median(change, 50)
    yield Result(f"one machine's change: {len(mine)} orders' windows", one, "limit", 5.0, 1.0)
