"""What finished work teaches: runs and hand work become samples, and samples what is usual.

Samples are written in the transaction that ends the work; the worker learns from them afterwards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any

from craftops.domain.estimation.estimate import CHANGEOVER, CHECK, REVIEW
from craftops.domain.estimation.pace import learn
from craftops.domain.estimation.run_sample import RunSample
from craftops.domain.estimation.statistics import (
    FinishedRun,
    FinishedStep,
    HandStatistics,
    hand_statistics,
    run_statistics,
)
from craftops.domain.hours.calendar import Calendar
from craftops.domain.machines.readings import MachineState, Reading
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.access import Actor
from craftops.domain.production.jobs import Job, JobState, active_seconds
from craftops.domain.shop.catalogue import Specified
from craftops.errors import RuleError
from craftops.sdk.linked import RunRecord
from craftops.services.estimation import run_tracking
from craftops.store.database import UnitOfWork, unit_of_work
from craftops.store.models import (
    HandSampleRow,
    JobRow,
    MachineRow,
    OperationRow,
    OrderLineRow,
    OrderRow,
    RunSampleRow,
    StageChangeRow,
    UsualRow,
)
from craftops.store.models.base import to_micros
from craftops.store.queries import estimation as queries

LEAST_RUN_S = 30.0
"""A run shorter than this teaches nothing: somebody pressed the wrong button."""
UNSURE = 0.1
"""Of a run: who was not heard for longer before its end is not known to the tenth."""
LEARNT = (MachineState.DONE, MachineState.FAILED)
"""Ends of runs that teach something: who cancels a run has their own reasons."""
LONGEST_HISTORY = 2000
"""Runs of a machine's history that are taken in at once."""
MOST_RUNS = 20_000
OWN_SAMPLES, OTHER_SAMPLES = 60, 200
"""Closely followed runs that pace is learned from: of the machine, and of all others."""
MOST_STEPS = 5000
LONGEST_GAP = timedelta(days=3)
"""A machine that stood longer than this was not waiting for a hand."""


def take_history(key: str, runs: Iterable[RunRecord], *, at: datetime) -> int:
    """Learn from what a machine did before it came here (a driver brings it); how many runs were new.

    Runs without a plan, and those that were cancelled, are left out, and what was taken in before is not taken again.
    Raises nothing for a machine that is unknown: it teaches nobody.
    """
    with unit_of_work() as uow:
        machine: MachineRow | None = MachineRow.get_or_none(MachineRow.key == key)
        if machine is None:
            return 0
        known = queries.known_runs(machine.id)
        ended = [one for one in runs if one.outcome in LEARNT]
        fresh = [
            {
                "machine": machine.id,
                "source": "history",
                "part": f"file:{one.file}"[:255] if one.file else "",
                "planned_s": one.planned_s,
                "took_s": one.took_s,
                "failed": one.outcome is MachineState.FAILED,
                "at": one.ended_at,
            }
            for one in sorted(ended, key=lambda one: one.ended_at)[-LONGEST_HISTORY:]
            if one.planned_s >= 1.0 and one.took_s >= LEAST_RUN_S and (one.ended_at, round(one.took_s)) not in known
        ]
        for start in range(0, len(fresh), 100):
            RunSampleRow.insert_many(fresh[start : start + 100]).execute()
        if fresh:
            uow.enqueue("learn", {"machine": machine.id}, at=at, dedupe=f"learn:history:{machine.id}:{to_micros(at)}")
    return len(fresh)


def run_ended(
    uow: UnitOfWork, row: JobRow, job: Job, reading: Reading, *, at: datetime, unheard_s: float = 0.0
) -> None:
    """A run is over: it becomes a sample, unless somebody took it off the machine.

    ``unheard_s``: for so long nothing was heard before its end, which came sometime in it. Then only the machine's own
    count knows how long it took, and the run teaches nothing where it has none.
    """
    took = active_seconds(job, at)
    found = run_tracking.sample(row, reading) if job.state is JobState.DONE else None
    if unheard_s > UNSURE * took and not reading.recorded and job.state is JobState.DONE:
        took, found = min(took, reading.elapsed_s or 0.0), None
    planned = row.slicer_s or job.planned_s
    if job.state is JobState.CANCELLED or took < LEAST_RUN_S or row.machine_id is None:
        return
    RunSampleRow.create(
        machine=row.machine_id,
        job=row.id,
        part=run_tracking.part_of(row),
        planned_s=planned,
        said_s=row.said_s,
        took_s=took,
        failed=job.state is JobState.FAILED,
        at=at,
        sample=found.to_json() if found else None,
    )
    uow.enqueue("learn", {"machine": row.machine_id}, at=at, dedupe=f"learn:{row.id}")


def strike_run(key: str, run_id: int, *, out: bool, actor: Actor, at: datetime) -> None:
    """Strike a run out of what its machine is known by, or put it back; asked twice it is the same.

    Raises RuleError when the machine has no such run.
    """
    actor.must_be_staff()
    with unit_of_work() as uow:
        machine: MachineRow | None = MachineRow.get_or_none(MachineRow.key == key)
        row = RunSampleRow.get_or_none(RunSampleRow.id == run_id, RunSampleRow.machine == machine)
        if machine is None or row is None:
            raise RuleError("There is no such run.")
        if (row.struck_at is not None) is out:
            return
        values = {"struck_at": at if out else None, "struck_by": actor.name[:100] if out else ""}
        RunSampleRow.update(values).where(RunSampleRow.id == row.id).execute()
        uow.enqueue("learn", {"machine": machine.id}, at=at, dedupe=f"learn:struck:{row.id}:{to_micros(at)}")


def run_began(calendar: Calendar, row: JobRow, *, at: datetime) -> None:
    """A run begins: how long the machine stood there free, with this job waiting for it, is a sample of people."""
    before = (
        JobRow.select(JobRow.finished_at)
        .where(JobRow.machine == row.machine_id, JobRow.finished_at.is_null(False), JobRow.id != row.id)
        .order_by(JobRow.finished_at.desc())
        .first()
    )
    if before is None or not timedelta(0) < at - before.finished_at < LONGEST_GAP:
        return
    accepted = _since(row.order_id, Stage.QUEUED)
    if accepted is None or accepted > before.finished_at:
        return  # nobody could have started it when the machine became free
    _people(CHANGEOVER.kind, CHANGEOVER.minutes, calendar, before.finished_at, at)


def stage_left(calendar: Calendar, order: OrderRow, before: Stage, since: datetime, *, at: datetime) -> None:
    """An order leaves a stage in which it waited for people: how long that took is a sample of them."""
    if before is Stage.QUALITY_CHECK:
        _people(CHECK.kind, CHECK.minutes, calendar, since, at)
    elif before is Stage.IN_REVIEW:
        _people(REVIEW.kind, REVIEW.minutes, calendar, order.placed_at, at)


def hand_work_done(calendar: Calendar, order: OrderRow, *, at: datetime) -> None:
    """The last hand work of an order is done: each of its operations has its share of what all of them took.

    People tick off several at once, so that only all of them together tell a time.
    """
    since = _since(order.id, Stage.POST_PROCESSING)
    rows = list(
        OperationRow.select(OperationRow, OrderLineRow).join(OrderLineRow).where(OperationRow.order == order.id)
    )
    planned = sum(row.minutes for row in rows)
    if since is None or planned <= 0.0:
        return
    took = calendar.open_seconds(since, at) / 60.0
    for row in rows:
        HandSampleRow.create(
            kind=hand_key(row, row.line), planned_min=row.minutes, took_min=took * row.minutes / planned, at=at
        )


def hand_key(row: OperationRow, line: Specified) -> str:
    """A kind of hand work by what it is done to: sanding one material is not sanding another."""
    return f"{row.kind}/{line.finish}/{line.material}"[:120]


def _people(kind: str, planned_min: float, calendar: Calendar, since: datetime, at: datetime) -> None:
    took = calendar.open_seconds(since, at) / 60.0
    HandSampleRow.create(kind=kind, planned_min=planned_min, took_min=took, at=at)


def _since(order_id: int, stage: Stage) -> datetime | None:
    newest = (
        StageChangeRow.select(StageChangeRow.at)
        .where(StageChangeRow.order == order_id, StageChangeRow.after == stage.value)
        .order_by(StageChangeRow.id.desc())
        .first()
    )
    return newest.at if newest else None


def learn_again(machine_id: int) -> None:
    """What is usual, worked out again after a run of this machine (the worker does it)."""
    with unit_of_work():
        _learn_people()
        _learn_machines()
        _learn_pace(machine_id)


def _learn_people() -> None:
    steps = [FinishedStep(*row) for row in queries.newest_steps(MOST_STEPS)]
    cold = {one.kind: HandStatistics(1.0, one.sigma) for one in (CHANGEOVER, CHECK, REVIEW)}
    by_kind: dict[str, list[FinishedStep]] = {}
    for step in steps:
        by_kind.setdefault(step.kind.split("/")[0], []).append(step)
    for kind, found in by_kind.items():
        usual = hand_statistics(found, cold.get(kind))
        _keep(f"hand:{kind}", asdict(usual))
        for exact in {step.kind for step in found if step.kind != kind}:
            _keep(f"hand:{exact}", asdict(hand_statistics((s for s in found if s.kind == exact), usual)))


def _learn_machines() -> None:
    runs = [FinishedRun(*row) for row in queries.newest_runs(MOST_RUNS)]
    starts = hand_of(usuals(), CHANGEOVER.kind)
    for machine, usual in run_statistics(runs, queries.machine_ids()).items():
        found = usual
        if starts is not None:
            found = replace(usual, changeover_s=60.0 * CHANGEOVER.minutes * starts.ratio, changeover_sigma=starts.sigma)
        _keep(f"machine:{machine}", asdict(found))


def _learn_pace(machine_id: int) -> None:
    rows = [
        *queries.followed_runs(machine_id, OWN_SAMPLES, others=False),
        *queries.followed_runs(machine_id, OTHER_SAMPLES, others=True),
    ]
    samples = []
    for _, found in sorted(rows, key=lambda row: row[0]):
        try:
            samples.append(RunSample.from_json(found))
        except run_tracking.NOT_OURS:
            continue  # another version's: it teaches no more
    if samples:
        _keep(f"pace:{machine_id}", learn(samples, str(machine_id)).to_json())
    else:  # the only ones were struck out
        UsualRow.delete().where(UsualRow.key == f"pace:{machine_id}").execute()


def _keep(key: str, data: Mapping[str, Any]) -> None:
    UsualRow.insert(key=key, data=data).on_conflict(
        conflict_target=[UsualRow.key], update={UsualRow.data: data}
    ).execute()


def usuals() -> dict[str, dict[str, Any]]:
    """Everything usual but the paces, by key, in one query."""
    rows = UsualRow.select(UsualRow.key, UsualRow.data).where(~UsualRow.key.startswith("pace:"))
    return {row.key: row.data for row in rows}


def hand_of(known: Mapping[str, Mapping[str, Any]], kind: str) -> HandStatistics | None:
    """What is usual of a kind of hand work; of its general kind, where this very one is not known."""
    data = known.get(f"hand:{kind}") or known.get(f"hand:{kind.split('/', maxsplit=1)[0]}")
    return HandStatistics(**data) if data else None
