"""The one seam between schedule and estimate: what the schedule asks the estimate for.

``queues`` and ``seconds_left`` say how long open jobs still take, ``windows`` what orders' windows would be if the
queues were these. Whoever puts another estimate in the place of this one changes this file, and the schedule follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from craftops.domain.estimating import Estimate, MachineQueue, OrderWork, estimate_order, remaining_seconds
from craftops.domain.production import Job
from craftops.domain.scheduling import Calendar
from craftops.services import estimating
from craftops.services.shop import Shop
from craftops.store.models import OrderRow


def queues(shop: Shop, at: datetime) -> dict[int, MachineQueue]:
    """Every machine's open jobs, in queue order, as the estimate sees them."""
    return estimating.machine_queues(shop, at)


def seconds_left(job: Job, queue: MachineQueue | None, at: datetime) -> float:
    """Machine seconds that a job still takes, at the middle; ``queue`` is its machine's, None where it has none."""
    return remaining_seconds(job, queue or MachineQueue(0, ()), at)


def works(orders: Iterable[OrderRow]) -> dict[int, OrderWork]:
    """What is left to do for each order."""
    return estimating._works(list(orders))


def windows(
    known: Mapping[int, OrderWork],
    queues: Mapping[int, MachineQueue],
    moved: Mapping[int, Job],
    calendar: Calendar,
    at: datetime,
) -> dict[int, Estimate]:
    """The estimate of each order if the machines had these queues; ``moved`` are its jobs as they would stand there."""
    found = {}
    for order_id, work in known.items():
        jobs = tuple(moved.get(job.id, job) for job in work.jobs)
        found[order_id] = estimate_order(replace(work, jobs=jobs), dict(queues), at, calendar)
    return found
