"""A made-up shop to judge the estimate by: machines that differ from their slicer, failures, hours, holidays, people.

Everything in it is the truth that the estimate does not see; what it sees are plans, readings and ends, as live. Seeded
by job, order and machine, so that the same shop happens whatever is believed about it.
"""

from __future__ import annotations

import heapq
import math
import random
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from craftops.domain.estimation.estimate import CHANGEOVER, CHECK
from craftops.domain.estimation.statistics import FinishedRun, FinishedStep
from craftops.domain.hours.calendar import Calendar, Hours
from craftops.domain.machines.readings import MachineState, Reading
from craftops.domain.production.jobs import Job, JobState

BEGIN = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
"""A Monday morning; the clocks go forward four weeks later, and Easter is a week after that."""
CALENDAR = Calendar(
    ZoneInfo("Europe/Berlin"),
    {**{day: (Hours(time(8), time(18)),) for day in range(5)}, 5: (Hours(time(9), time(13)),)},
    frozenset({date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 1), date(2026, 5, 14), date(2026, 5, 25)}),
)
PROCESSES = ("fdm", "laser", "cnc")
WEIGHTS = (0.7, 0.15, 0.15)
SLICER = (0.7, 1.6)
"""Real ÷ planned of a machine, evenly between these."""
FROM_RUN_TO_RUN = 0.08
FAILS = 0.08
START_MIN, START_SIGMA = 15.0, 0.7
"""Minutes in opening hours until somebody starts the next job, the median; what is planned is 10."""
HAND_RATIO, HAND_SIGMA = 1.4, 0.35
"""Hand work takes longer than planned, and waits for people."""
CHECK_MIN, CHECK_SIGMA = 35.0, 0.7
MEDIAN_JOB_S, JOB_SIGMA = 2.5 * 3600.0, 0.7
MOST_JOBS = 9
HAND = "hand"


@dataclass
class Truth:
    """A run as it will really go. ``shape`` bends the progress that the machine tells."""

    seconds: float
    fails_at: float | None
    shape: float


@dataclass
class MadeUpMachine:
    """One machine: its queue (the first is at work if ``began`` is set) and its nature."""

    id: int
    process: str
    ratio: float
    queue: deque[Job] = field(default_factory=deque)
    began: float | None = None
    truth: Truth | None = None
    runs: int = 0
    readings: list[Reading] = field(default_factory=list)
    """What it told since they were taken."""


@dataclass
class MadeUpOrder:
    """One order. Times in seconds since 1970 UTC."""

    id: int
    jobs: dict[int, Job]
    processes: dict[int, str]
    hand_min: float
    accepted: float
    stage: str = "machines"
    stage_since: float = 0.0
    ready: float | None = None


class MadeUpShop:
    """Keeps ``orders`` orders open: for each that is ready another one comes. ``advance`` lets time pass."""

    def __init__(self, seed: int, machines: int, orders: int) -> None:
        self.seed = seed
        self.at = BEGIN.timestamp()
        self.machines = {number: self._machine(number) for number in range(1, machines + 1)}
        self.orders: dict[int, MadeUpOrder] = {}
        self.incoming: list[MadeUpOrder] = []
        """Accepted, and not given out yet."""
        self.finished: list[FinishedRun] = []
        self.steps: list[FinishedStep] = []
        self._events: list[tuple[float, int, str, int]] = []
        self._count = 0
        self._jobs = 0
        for _ in range(orders):
            self._new_order(self.at)

    def _luck(self, *what: object) -> random.Random:
        return random.Random(":".join(map(str, (self.seed, *what))))  # noqa: S311

    def _machine(self, number: int) -> MadeUpMachine:
        luck = self._luck("machine", number)
        known = number <= len(PROCESSES)
        process = PROCESSES[number - 1] if known else luck.choices(PROCESSES, WEIGHTS)[0]
        return MadeUpMachine(number, process, luck.uniform(*SLICER))

    def _new_order(self, at: float) -> None:
        number = len(self.orders) + 1
        luck = self._luck("order", number)
        jobs: dict[int, Job] = {}
        processes: dict[int, str] = {}
        for _ in range(luck.randint(1, MOST_JOBS)):
            self._jobs += 1
            planned = MEDIAN_JOB_S * math.exp(luck.gauss(0.0, JOB_SIGMA))
            jobs[self._jobs] = Job(self._jobs, str(self._jobs), number, number, 1, JobState.PLANNED, planned)
            processes[self._jobs] = luck.choices(PROCESSES, WEIGHTS)[0]
        order = MadeUpOrder(number, jobs, processes, luck.uniform(5.0, 90.0), at)
        self.orders[number] = order
        self.incoming.append(order)

    def give_out(self, given: Mapping[int, int]) -> None:
        """Staff put each accepted job where the shop says that it would be done first."""
        for order in self.incoming:
            for job in list(order.jobs.values()):
                machine = self.machines[given[job.id]]
                queued = replace(job, state=JobState.QUEUED, machine_id=machine.id)
                order.jobs[job.id] = queued
                machine.queue.append(queued)
                if len(machine.queue) == 1:
                    self._person(machine)
        self.incoming = []

    def advance(self, until: float) -> None:
        """Everything that happens up to this instant, and a reading of every machine at work then."""
        while self._events and self._events[0][0] <= until:
            self.at, _, kind, number = heapq.heappop(self._events)
            getattr(self, f"_{kind}")(number)
        self.at = until
        for machine in self.machines.values():
            if machine.began is not None and until > machine.began:
                machine.readings.append(self._reading(machine))

    def _later(self, at: float, kind: str, number: int) -> None:
        self._count += 1
        heapq.heappush(self._events, (at, self._count, kind, number))

    def _after_people(self, minutes: float) -> float:
        moment = datetime.fromtimestamp(self.at, UTC)
        return CALENDAR.after_hand_work(CALENDAR.next_open(moment), minutes).timestamp()

    def _person(self, machine: MadeUpMachine) -> None:
        luck = self._luck("start", machine.id, machine.runs)
        minutes = START_MIN * math.exp(luck.gauss(0.0, START_SIGMA))
        self.steps.append(FinishedStep(CHANGEOVER.kind, CHANGEOVER.minutes, minutes))
        self._later(self._after_people(minutes), "start", machine.id)

    def _start(self, number: int) -> None:
        machine = self.machines[number]
        machine.runs += 1
        job = machine.queue[0]
        luck = self._luck("run", job.id, machine.runs)
        seconds = job.planned_s * machine.ratio * math.exp(luck.gauss(0.0, FROM_RUN_TO_RUN))
        fails_at = luck.random() * seconds if luck.random() < FAILS else None
        machine.truth, machine.began = Truth(seconds, fails_at, luck.uniform(0.9, 1.1)), self.at
        at = datetime.fromtimestamp(self.at, UTC)
        running = replace(job, state=JobState.RUNNING, reported_at=at, started_at=at, progress=0.0)
        machine.queue[0] = self.orders[job.order_id].jobs[job.id] = running
        machine.readings = [self._reading(machine)]
        self._later(self.at + (seconds if fails_at is None else fails_at), "end", number)

    def _reading(self, machine: MadeUpMachine) -> Reading:
        if machine.truth is None or machine.began is None:
            raise ValueError("the machine stands still")
        share = min(1.0, (self.at - machine.began) / machine.truth.seconds) ** machine.truth.shape
        return Reading(MachineState.RUNNING, datetime.fromtimestamp(self.at, UTC), progress=share)

    def _end(self, number: int) -> None:
        machine = self.machines[number]
        job, truth = machine.queue[0], machine.truth
        if truth is None:
            return
        failed = truth.fails_at is not None
        took = truth.fails_at if truth.fails_at is not None else truth.seconds
        self.finished.append(FinishedRun(number, job.planned_s, took, failed))
        machine.truth, machine.began, machine.readings = None, None, []
        order = self.orders[job.order_id]
        if failed:  # made again, before all others
            again = replace(job, state=JobState.QUEUED, reported_at=None, started_at=None, progress=None)
            machine.queue[0] = order.jobs[job.id] = again
        else:
            machine.queue.popleft()
            del order.jobs[job.id]
            if not order.jobs:
                self._hand(order)
        if machine.queue:
            self._person(machine)

    def _hand(self, order: MadeUpOrder) -> None:
        luck = self._luck("hand", order.id)
        minutes = order.hand_min * HAND_RATIO * math.exp(luck.gauss(0.0, HAND_SIGMA))
        order.stage, order.stage_since = HAND, self.at
        self._later(self._after_people(minutes), "hand_done", order.id)
        self.steps.append(FinishedStep(HAND, order.hand_min, minutes))

    def _hand_done(self, number: int) -> None:
        order = self.orders[number]
        minutes = CHECK_MIN * math.exp(self._luck("check", number).gauss(0.0, CHECK_SIGMA))
        order.stage, order.stage_since = CHECK.kind, self.at
        self._later(self._after_people(minutes), "check_done", number)
        self.steps.append(FinishedStep(CHECK.kind, CHECK.minutes, minutes))

    def _check_done(self, number: int) -> None:
        order = self.orders[number]
        order.stage, order.ready = "ready", self.at
        opens = CALENDAR.next_open(datetime.fromtimestamp(self.at, UTC))
        self._later((opens + timedelta(minutes=1)).timestamp(), "placed", number)

    def _placed(self, number: int) -> None:
        del number
        self._new_order(self.at)
