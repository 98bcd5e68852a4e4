"""The estimates of a whole shop against what numpy takes for the same draws alone, and of one machine's change against
those of the whole.

200 machines, 1,000 orders, 5,000 jobs: from domain values to finished windows, in the memory of one process. Live, the
rows come on top (``docs/decisions/0014``).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
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


def bare(queues: list[MachineQueue], works: list[OrderWork]) -> Callable[[], object]:
    """The least that any walk does with so many draws: every queue added up, every order's last job, its quantiles. Not
    in it: hours, people, failures, hand work, whose run is whose, and the draws themselves."""
    import numpy as np

    from craftops.domain.estimation.estimate import WINDOW_SHARES
    from craftops.domain.estimation.random_draws import DRAWS

    drawn = np.random.default_rng(1).lognormal(9.2, 0.7, (JOBS, DRAWS))
    row = {job.id: place for place, job in enumerate(job for queue in queues for job in queue.jobs)}
    ends_at = np.cumsum([len(queue.jobs) for queue in queues])[:-1]
    of_order = [[row[job.id] for job in work.jobs] for work in works]
    places = [int(share * (DRAWS - 1)) for share in WINDOW_SHARES]

    def walk() -> object:
        ends = np.concatenate([np.cumsum(queue, axis=0) for queue in np.split(drawn, ends_at)])
        return [np.partition(ends[rows].max(axis=0), places)[places] for rows in of_order]

    return walk


def run() -> Iterator[Result]:
    """Both figures."""
    # Here, so that the other benchmarks measure processes that have not loaded numpy.
    from craftops.domain.estimation.queue_simulation import QueueSimulation

    queues, works = shop()
    whole = median(lambda: QueueSimulation(Floor(queues), NOW, CALENDAR).estimates(works), 30)
    least = median(bare(queues, works), 30)
    yield Result("1,000 orders, 5,000 jobs: every window", whole, "numpy cumsum and partition", least, 12.0)
    walk = QueueSimulation(Floor(queues), NOW, CALENDAR)
    queue = max(queues, key=lambda one: len(one.jobs))
    touched = {job.order_id for job in queue.jobs}
    mine = [work for work in works if work.order_id in touched]

    def change() -> None:
        walk.changed(queue)
        walk.estimates(mine)

    one = median(change, 50)
    yield Result(f"one machine's change: {len(mine)} orders' windows", one, "those of all", whole, 0.12)
