"""The one seam between schedule and estimate: what the schedule asks the estimate for.

``queues`` and ``seconds_left`` say how long open jobs still take, ``WhatIf`` what orders' windows would be if the
queues were others. Whoever puts another estimate in the place of this one changes this file, and the schedule follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from craftops.domain.estimation.estimate import (
    Estimate,
    Floor,
    MachineQueue,
    OrderWork,
    Waiting,
    left_of,
    remaining_seconds,
)
from craftops.domain.hours.calendar import Calendar
from craftops.domain.production.jobs import ACTIVE, Job
from craftops.domain.schedule.capability import MachineCapability
from craftops.services.estimation import estimating, learning
from craftops.services.shop.context import Shop
from craftops.store.models import OrderRow


def queues(shop: Shop, at: datetime, machines: Iterable[MachineCapability]) -> dict[int, MachineQueue]:
    """Every machine's open jobs, in queue order, as the estimate sees them."""
    limits = {machine.machine_id: found for machine in machines if (found := machine.limits) is not None}
    known = estimating.machine_queues(shop, at, learning.usuals(), limits=limits)
    return {queue.machine_id: queue for queue in known}


def seconds_left(job: Job, queue: MachineQueue | None, at: datetime) -> float:
    """Machine seconds that a job still takes, at the middle; ``queue`` is its machine's, None where it has none."""
    if queue is not None and job.state in ACTIVE:
        return left_of(job, queue, at).p50_s
    return remaining_seconds(job, queue or MachineQueue(0, ()), at)


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What is left of some orders, and the jobs of the whole shop that no machine has."""

    works: tuple[OrderWork, ...]
    waiting: tuple[Waiting, ...]
    processes: Mapping[int, str]
    """Of every open job, by its id."""
    calendar: Calendar
    at: datetime

    def windows(self, queues: Mapping[int, MachineQueue], moved: Mapping[int, Job]) -> dict[int, Estimate]:
        """The estimate of each order if the machines had these queues; ``moved`` are jobs as they would stand then."""
        # numpy comes with the first of these, so that the web starts without it.
        from craftops.domain.estimation.queue_simulation import QueueSimulation

        standing = {job.id for queue in queues.values() for job in queue.jobs}
        waiting = [one for one in self.waiting if one.job.id not in standing]
        known = {one.job.id for one in waiting}
        taken_off = [job for id_, job in moved.items() if id_ not in standing and id_ not in known]
        waiting += [Waiting(job, self.processes.get(job.id, "other")) for job in taken_off]
        works = [
            replace(work, jobs=tuple(moved.get(job.id, job) for job in work.jobs)) if moved else work
            for work in self.works
        ]
        estimates = QueueSimulation(Floor(tuple(queues.values()), waiting), self.at, self.calendar).estimates(works)
        return {work.order_id: one for work, one in zip(works, estimates, strict=True)}


def foresee(
    shop: Shop, orders: Iterable[OrderRow], queues: Mapping[int, MachineQueue], calendar: Calendar, at: datetime
) -> WhatIf:
    """Read what is left of these orders, in a few queries."""
    known = learning.usuals()
    waiting = tuple(estimating.waiting(shop, known, at, calendar))
    processes = {one.job.id: one.process for one in waiting}
    processes |= {job.id: queue.process for queue in queues.values() for job in queue.jobs}
    works = tuple(estimating.works(list(orders), known, at, calendar))
    return WhatIf(works, waiting, processes, calendar, at)
