"""The plan as it stands: every machine's queue, the jobs that have no machine, and when each would run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any

from craftops.domain.estimation.estimate import MachineQueue
from craftops.domain.hours.calendar import Calendar
from craftops.domain.production.jobs import ACTIVE, WAITING, DurationSource, Job, JobState
from craftops.domain.production.progress import Moving
from craftops.domain.schedule.capability import MachineCapability, Need
from craftops.domain.schedule.slots import QueuedRun, Slot, plan_slots
from craftops.errors import RuleError
from craftops.services.estimation import run_tracking
from craftops.services.schedule import capabilities, what_if
from craftops.services.shop.context import Shop
from craftops.store.queries import schedule
from craftops.store.views.schedule import PlannedJob

Arrangement = dict[str, list[int]]
"""Machine id as text -> its waiting jobs in order; under "" jobs without a machine."""


@dataclass(frozen=True, slots=True)
class OpenJob:
    """An open job as people know it."""

    job: Job
    title: str
    material: str
    colour: str
    made_from: Mapping[str, Any] | None
    file_id: int | None
    order_code: str
    order_title: str
    promise: datetime | None
    on_hold: bool
    has_code: bool
    moving: Moving | None = None
    """How its bar goes on by the clock."""

    @property
    def waits(self) -> bool:
        """Whether it may be moved: it has not begun."""
        return self.job.state in WAITING


@dataclass
class Plan:
    """Everything that the schedule shows, read once."""

    shop: Shop
    at: datetime
    calendar: Calendar
    machines: tuple[MachineCapability, ...]
    jobs: dict[int, OpenJob]
    queues: dict[int, MachineQueue]

    @cached_property
    def by_key(self) -> dict[str, MachineCapability]:
        return {machine.key: machine for machine in self.machines}

    def machine(self, key: str) -> MachineCapability:
        """The machine of this key. Raises RuleError when there is none."""
        found = self.by_key.get(key)
        if found is None:
            raise RuleError(f"There is no machine {key!r}.")
        return found

    def job(self, job_id: int) -> OpenJob:
        """An open job. Raises RuleError when it has ended, or its order needs no machine."""
        found = self.jobs.get(job_id)
        if found is None:
            raise RuleError("This job is not in the schedule any more.")
        return found

    @cached_property
    def waiting(self) -> dict[int, list[int]]:
        """Machine id -> its waiting jobs in order."""
        return {
            machine.machine_id: [job.id for job in self._jobs_on(machine.machine_id) if job.state is JobState.QUEUED]
            for machine in self.machines
        }

    def _jobs_on(self, machine_id: int) -> tuple[Job, ...]:
        queue = self.queues.get(machine_id)
        return queue.jobs if queue else ()

    def running(self, machine_id: int) -> int | None:
        """The job that a machine is at."""
        return next((job.id for job in self._jobs_on(machine_id) if job.state in ACTIVE), None)

    @cached_property
    def unplanned(self) -> list[OpenJob]:
        """Jobs without a machine, those that were promised first in front."""
        loose = [one for one in self.jobs.values() if one.job.state is JobState.PLANNED]
        far = datetime.max.replace(tzinfo=self.at.tzinfo)
        return sorted(loose, key=lambda one: (one.promise or far, one.job.id))

    def run(self, job_id: int) -> QueuedRun:
        """The machine work of a job."""
        one = self.jobs[job_id]
        queue = self.queues.get(one.job.machine_id) if one.job.machine_id else None
        seconds = what_if.seconds_left(one.job, queue, self.at)
        active = one.job.state in ACTIVE
        since = (one.job.started_at or self.at) if active else None
        stands = active and one.job.state is not JobState.RUNNING
        return QueuedRun(job_id, seconds, one.material, one.colour, since, stands)

    def need(self, job_id: int) -> Need:
        """What a job asks of a machine."""
        return self.needs([job_id])[job_id]

    def needs(self, job_ids: Iterable[int]) -> dict[int, Need]:
        """What jobs ask of machines, their files read in one query; once for each job of a plan."""
        wanted = list(job_ids)
        ids = [id_ for id_ in wanted if id_ not in self._needs]
        files = schedule.files({known for id_ in ids if (known := self.jobs[id_].file_id) is not None})
        for id_ in ids:
            one = self.jobs[id_]
            file = files.get(one.file_id) if one.file_id else None
            self._needs[id_] = capabilities.need_of(self.shop, one, file)
        return {id_: self._needs[id_] for id_ in wanted}

    @cached_property
    def _needs(self) -> dict[int, Need]:
        return {}

    def runs(self, waiting: Mapping[int, Iterable[int]]) -> list[tuple[MachineCapability, list[QueuedRun]]]:
        """Each machine with its runs if these jobs waited for it."""
        found = []
        for machine in self.machines:
            active = self.running(machine.machine_id)
            ids = [*([active] if active is not None else ()), *waiting.get(machine.machine_id, ())]
            found.append((machine, [self.run(id_) for id_ in ids if id_ in self.jobs]))
        return found

    @cached_property
    def slots(self) -> dict[int, list[Slot]]:
        """Machine id -> the slots of its open jobs."""
        return plan_slots(self.runs(self.waiting), self.calendar, self.at)

    def arrangement(self, machine_ids: Iterable[int], job_ids: Iterable[int] = ()) -> Arrangement:
        """How these machines' queues stand, and which of these jobs have no machine."""
        found: Arrangement = {str(id_): list(self.waiting.get(id_, ())) for id_ in sorted(set(machine_ids))}
        loose = sorted(id_ for id_ in job_ids if self.jobs[id_].job.state is JobState.PLANNED)
        return found | ({"": loose} if loose else {})

    def with_queues(self, after: Arrangement) -> tuple[dict[int, MachineQueue], dict[int, Job]]:
        """The queues, and the jobs that stand elsewhere, if the arrangement were this."""
        queues, moved = dict(self.queues), {}
        for id_ in after.get("", ()):
            moved[id_] = replace(self.jobs[id_].job, machine_id=None, state=JobState.PLANNED)
        for text, ids in after.items():
            if not text:
                continue
            active = [job for job in self._jobs_on(int(text)) if job.state in ACTIVE]
            waiting = [
                replace(self.jobs[id_].job, machine_id=int(text), state=JobState.QUEUED, position=float(place))
                for place, id_ in enumerate(ids, start=1)
            ]
            moved |= {job.id: job for job in waiting}
            queues[int(text)] = replace(queues[int(text)], jobs=(*active, *waiting))
        return queues, moved


def mark_of(arrangement: Arrangement) -> str:
    """A short mark of how queues stand: another arrangement has another mark."""
    text = json.dumps(arrangement, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _open_job(row: PlannedJob, job: Job, at: datetime) -> OpenJob:
    state, evidence = job.state.value, row.evidence
    progress = run_tracking.progress_at(state, job.progress, evidence, at) if job.state in ACTIVE else job.progress
    return OpenJob(
        job=job if progress == job.progress else replace(job, progress=progress),
        title=row.title,
        material=row.material,
        colour=row.colour,
        made_from=row.made_from,
        file_id=row.file_id,
        order_code=row.order_code,
        order_title=row.order_title,
        promise=row.promise_at,
        on_hold=row.hold_since is not None,
        has_code=bool(row.gcode_sha),
        moving=run_tracking.moving_at(state, job.progress, evidence, at) if job.state in ACTIVE else None,
    )


def read_plan(shop: Shop, calendar: Calendar, at: datetime) -> Plan:
    """Read the plan, in five queries."""
    machines = capabilities.capabilities(shop, at)
    queues = what_if.queues(shop, at, machines)
    known = {job.id: job for queue in queues.values() for job in queue.jobs}
    jobs = {}
    for row in schedule.open_jobs():
        job = known.get(row.id)
        if job is None and row.state != JobState.PLANNED.value:
            continue  # it began to wait between the two queries
        jobs[row.id] = _open_job(row, job or _loose(row), at)
    return Plan(shop, at, calendar, machines, jobs, queues)


def _loose(row: PlannedJob) -> Job:
    return Job(
        id=row.id,
        code=row.code,
        order_id=row.order_id,
        line_id=row.line_id,
        copies=row.copies,
        state=JobState.PLANNED,
        planned_s=row.planned_s,
        duration_source=DurationSource.DEFAULT,
    )
