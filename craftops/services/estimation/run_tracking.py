"""One running job: its readings become evidence, and evidence the seconds left (``domain.estimation.forecast``)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from statistics import median
from typing import Any

from craftops.domain.estimation import run_update
from craftops.domain.estimation.estimate import Left, MachineQueue, remaining_seconds
from craftops.domain.estimation.forecast import sample_of
from craftops.domain.estimation.pace import Pace
from craftops.domain.estimation.run_sample import RunSample
from craftops.domain.estimation.run_state import RunState, observe
from craftops.domain.estimation.statistics import COLD, RunStatistics
from craftops.domain.gcode.timeline import SlicerTimeline, TimelineKind, flat
from craftops.domain.machines.readings import ProgressKind, Reading
from craftops.domain.production.jobs import Job, JobState
from craftops.domain.production.progress import Moving
from craftops.store.mapping import to_job
from craftops.store.models import JobRow, MachineClockRow, UsualRow
from craftops.store.prepared import Prepared
from craftops.store.queries.estimation import runs_of_part
from craftops.store.views.production import OrderJob

NOT_OURS = (KeyError, TypeError, ValueError)
"""What a stored value of another version raises: it is started anew."""
SAME_PART_RUNS = 12


@dataclass(frozen=True, slots=True)
class _Measure:
    """By what a run is measured. ``sure`` where the clock knows this very work, not just the machine."""

    clock: SlicerTimeline
    sha256: str = ""
    planned_s: float = 0.0
    sure: bool = True

    def to_json(self) -> dict[str, Any]:
        return {"sha": self.sha256} if self.sha256 else {"planned_s": self.planned_s, "sure": self.sure}


def statistics_of_machine(machine_id: int) -> RunStatistics:
    """What is usual on a machine, as learned last."""
    row = UsualRow.get_or_none(UsualRow.key == f"machine:{machine_id}") or UsualRow.get_or_none(
        UsualRow.key == "machine:0"
    )
    return to_statistics(row.data) if row else COLD


def to_statistics(data: dict[str, Any]) -> RunStatistics:
    """A stored usual; figures that this version does not know are left out."""
    return RunStatistics(**{key: value for key, value in data.items() if key in RunStatistics.__dataclass_fields__})


def part_of(job: JobRow) -> str:
    """What is made in this run: the same machine code, else the same design in the same number."""
    if job.gcode_sha:
        return f"code:{job.gcode_sha}"
    file = job.line.file
    return f"{file.blob_id}:{job.copies}" if file else ""


def at_start(job: JobRow) -> dict[str, object]:
    """What to keep of a job that begins: its plan, and what we say of it."""
    usual = statistics_of_machine(job.machine_id)
    return {"slicer_s": job.planned_s, "said_s": job.planned_s * usual.ratio, "evidence": None}


@dataclass(frozen=True, slots=True)
class LearnedPace:
    """What a machine's earlier runs have taught."""

    usual: RunStatistics = COLD
    pace: Pace = field(default_factory=Pace)


_USUAL: Prepared[UsualRow] = Prepared(lambda keys: UsualRow.select().where(UsualRow.key.in_(keys)))


def learnt_of(machine_ids: Iterable[int]) -> dict[int, LearnedPace]:
    """What is known of each of these machines, in one query."""
    ids = list(machine_ids)
    keys = ["machine:0", *(f"{kind}:{number}" for number in ids for kind in ("machine", "pace"))]
    found = {row.key: row.data for row in _USUAL.all(keys)}
    usual = {number: found.get(f"machine:{number}") or found.get("machine:0") or {} for number in ids}
    return {number: LearnedPace(to_statistics(usual[number]), _to_pace(found.get(f"pace:{number}"))) for number in ids}


def take(
    job: JobRow, reading: Reading, report_interval_s: float, learnt: LearnedPace, at: datetime
) -> dict[str, object]:
    """Take a reading of the job's run in, at ``at``, from a machine that reports so often (seconds): what to keep on
    its row. Its bar is never behind what was seen until ``at``."""
    known = job.evidence or {}
    measure = _measure(job, known)
    before = _evidence(known)
    taken = run_update.take(
        before,
        reading,
        measure.clock,
        learnt.pace,
        learnt.usual,
        sure=measure.sure,
        file=job.gcode_sha,
        report_interval_s=report_interval_s,
    )
    if taken is None:
        return {}  # what is usual serves such a machine better
    evidence, left = taken
    told = [left.p10_s, left.p50_s, left.p90_s, evidence.at.timestamp() if evidence.at else 0.0]
    kept = {"clock": measure.to_json(), "evidence": evidence.to_json(), "left": told}
    said: dict[str, object] = {} if before.at is not None else {"said_s": evidence.active_s + left.p50_s}
    if measure.clock.kind is TimelineKind.CODE and reading.progress_kind is not ProgressKind.TIME:
        bar, seen = run_update.bar_of_time(evidence, left), run_update.share_now(job.progress, known, at) or 0.0
        if bar is not None:
            kept["bar"] = bar.to_json()
            said["progress"] = bar.share_at(bar.at, least=seen)
    return {"evidence": kept, **said}


def progress_now(job: JobRow, now: datetime) -> float | None:
    """How far a job is at ``now``, 0..1: while it runs, the clock moves its bar on between two estimates. It never goes
    back."""
    return progress_at(job.state, job.progress, job.evidence, now)


def progress_at(state: str, progress: float | None, evidence: Mapping[str, Any] | None, now: datetime) -> float | None:
    """The same of a job's state, its progress and its run's evidence."""
    goes_on = state == JobState.RUNNING.value
    share: float | None = run_update.share_now(progress, evidence if goes_on else None, now)
    return share


def moving_at(state: str, progress: float | None, evidence: Mapping[str, Any] | None, now: datetime) -> Moving | None:
    """How that goes on by the clock, so that a page can move it until it hears more."""
    return run_update.moving_now(progress, evidence, now) if state == JobState.RUNNING.value else None


def tells_progress(sha256: str, kind: ProgressKind) -> bool:
    """Whether a job with this machine code is told by its share of time, which every estimate brings (``take``),
    and not what its machine says, which may be bytes: three quarters of them are read in a fifth of some runs."""
    if not sha256 or kind is ProgressKind.TIME:
        return False
    clock = timeline_of_code(sha256)
    return clock is not None and clock.kind is TimelineKind.CODE


def seconds_left(
    job: JobRow | OrderJob, now: datetime, *, held: bool = False, usual: RunStatistics | None = None
) -> float:
    """Machine seconds left of a job at work, by all that is known of it; ``held`` while its machine is silent.
    ``usual`` is for a caller that has read what is usual on its machine."""
    told = to_job(job) if isinstance(job, JobRow) else job.job
    return seconds_left_of(told, job.evidence, now, held=held, usual=usual)


def seconds_left_of(
    job: Job, evidence: Mapping[str, Any] | None, now: datetime, *, held: bool = False,
    usual: RunStatistics | None = None,
) -> float:  # fmt: skip
    """The same of a job and its run's evidence."""
    left = left_of_row(evidence)
    if left is None:
        usual = statistics_of_machine(job.machine_id or 0) if usual is None else usual
        queue = MachineQueue(job.machine_id or 0, (), stale=held, usual=usual)
        return remaining_seconds(job, queue, now)
    goes_on = job.state is JobState.RUNNING and not held and left.at is not None
    return max(0.0, left.p50_s - ((now - left.at).total_seconds() if goes_on and left.at else 0.0))


def left_of_row(evidence: Mapping[str, Any] | None) -> Left | None:
    """The seconds left as ``take`` kept them, and when that was."""
    try:
        low, middle, high, at = (evidence or {})["left"]
        return Left(float(low), float(middle), float(high), datetime.fromtimestamp(at, UTC))
    except NOT_OURS:
        return None


def sample(job: JobRow, reading: Reading) -> RunSample | None:
    """What the job's run teaches of its machine's pace, at its end; None when it was not followed closely."""
    known = job.evidence or {}
    if "evidence" not in known:
        return None
    measure = _measure(job, known)
    evidence = observe(_evidence(known), reading, measure.clock)
    if measure.clock.kind is not TimelineKind.CODE:
        return None  # its plan was scaled by what is usual already, so it tells nothing of the pace of code
    pace = learnt_of([job.machine_id])[job.machine_id].pace
    return sample_of(evidence, measure.clock, pace, machine=str(job.machine_id), file=job.gcode_sha, part=part_of(job))


def _evidence(known: dict[str, Any]) -> RunState:
    try:
        return RunState.from_json(known["evidence"])
    except NOT_OURS:
        return RunState()


def _to_pace(data: dict[str, Any] | None) -> Pace:
    try:
        return Pace.from_json(data) if data else Pace()
    except NOT_OURS:
        return Pace()


def _measure(job: JobRow, known: dict[str, Any]) -> _Measure:
    """The clock that the run began with; a run never changes its clock."""
    kept = known.get("clock") or {}
    if sha256 := kept.get("sha") or (not kept and job.gcode_sha):
        clock = timeline_of_code(sha256)
        if clock is not None:
            return _Measure(clock, sha256)
    if kept.get("planned_s"):
        planned = float(kept["planned_s"])
        return _Measure(flat(planned, TimelineKind.HISTORY), planned_s=planned, sure=bool(kept.get("sure")))
    took = _took_before(job)
    if took is not None:
        return _Measure(flat(took, TimelineKind.HISTORY), planned_s=took)
    planned = job.planned_s * statistics_of_machine(job.machine_id).ratio
    return _Measure(flat(planned, TimelineKind.HISTORY), planned_s=planned, sure=False)


def timeline_of_code(sha256: str) -> SlicerTimeline | None:
    """The clock of a machine code; None where it tells no times, or the worker has not read it out yet."""
    try:
        return _clock(sha256)
    except LookupError:
        return None


@lru_cache(maxsize=64)
def _clock(sha256: str) -> SlicerTimeline | None:
    """Content never changes, so what was read stays read. Raises LookupError (which is not kept) before that."""
    row = MachineClockRow.get_or_none(MachineClockRow.sha256 == sha256)
    if row is None:
        raise LookupError(sha256)
    try:
        return SlicerTimeline.from_json(row.clock) if row.clock else None
    except NOT_OURS:
        return None


def _took_before(job: JobRow) -> float | None:
    """What the same part took before, on this machine before any other; None when it never ran."""
    part = part_of(job)
    if not part:
        return None
    runs = runs_of_part(part, SAME_PART_RUNS)
    mine = [took for machine, took in runs if machine == job.machine_id]
    if mine:
        return median(mine)
    here = statistics_of_machine(job.machine_id).ratio
    return median([took * here / statistics_of_machine(machine).ratio for machine, took in runs]) if runs else None
