"""Rows to domain values and back."""

from __future__ import annotations

from dataclasses import asdict, astuple, fields
from typing import Any

from craftops.domain.files.designs import Analysis, analysis_from_json
from craftops.domain.machines.course import Course, Names
from craftops.domain.machines.readings import MachineMemory, MachineState, ProgressKind, Reading
from craftops.domain.orders.workflow import MoveKind, Stage, StageChange
from craftops.domain.people.access import Actor, ActorKind
from craftops.domain.production.jobs import DurationSource, Job, JobState
from craftops.store.models import (
    DesignFileRow,
    JobRow,
    StageChangeRow,
)
from craftops.store.models.base import from_micros, to_micros
from craftops.store.views.machines import RememberedMachine


def to_change(row: StageChangeRow) -> StageChange:
    actor = Actor(ActorKind(row.actor_kind), row.actor_id, row.actor_name)
    before = Stage(row.before) if row.before else None
    return StageChange(before, Stage(row.after), MoveKind(row.kind), actor, row.at, row.note)


def to_job(row: JobRow) -> Job:
    return Job(
        id=row.id,
        code=row.code,
        order_id=row.order_id,
        line_id=row.line_id,
        copies=row.copies,
        state=JobState(row.state),
        planned_s=row.planned_s,
        duration_source=DurationSource(row.duration_source),
        machine_id=row.machine_id,
        position=row.position,
        run_key=row.run_key,
        progress=row.progress,
        remaining_s=row.remaining_s,
        reported_at=row.reported_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
        interrupted_at=row.interrupted_at,
        interrupted_s=row.interrupted_s,
        reason=row.reason,
        copies_done=row.copies_done,
        copies_failed=row.copies_failed,
        replaces=row.replaces_id,
    )


JOB_FIELDS = (
    "planned_s",
    "machine_id",
    "position",
    "run_key",
    "progress",
    "remaining_s",
    "reported_at",
    "started_at",
    "finished_at",
    "interrupted_at",
    "interrupted_s",
    "reason",
    "copies_done",
    "copies_failed",
)


def save_job(job: Job) -> None:
    """Write back everything that a step may change."""
    values = {name: getattr(job, name) for name in JOB_FIELDS}
    values["machine"] = values.pop("machine_id")
    JobRow.update(state=job.state.value, duration_source=job.duration_source.value, **values).where(
        JobRow.id == job.id
    ).execute()


def to_analysis(row: DesignFileRow) -> Analysis | None:
    return analysis_from_json(row.analysis) if row.analysis else None


READING_FIELDS = tuple(field.name for field in fields(Reading))


def reading_to_json(reading: Reading) -> dict[str, Any]:
    values = {name: getattr(reading, name) for name in READING_FIELDS}
    values["state"] = reading.state.value
    values["progress_kind"] = reading.progress_kind.value
    values["at"] = to_micros(reading.at)
    return {key: value for key, value in values.items() if value not in (None, "")}


def reading_from_json(data: dict[str, Any]) -> Reading:
    values = {key: value for key, value in data.items() if key in Reading.__dataclass_fields__}
    values["state"] = MachineState(values["state"])
    values["progress_kind"] = ProgressKind(values.get("progress_kind", "other"))
    values["at"] = from_micros(values["at"])
    return Reading(**values)


def to_memory(row: RememberedMachine) -> MachineMemory:
    return memory_from_json(row.memory or {})


def memory_from_json(data: dict[str, Any]) -> MachineMemory:
    """What is stored of a machine; what an older version did not keep yet is as at its first word."""
    last = data.get("last")
    key, ended = data.get("run_key", ""), data.get("ended_key", "")
    begun, over, course = data.get("begun_at"), data.get("ended_at"), data.get("course") or {}
    return MachineMemory(
        last=reading_from_json(last) if last else None,
        run_key=key,
        run_state=MachineState(data.get("run_state", "unknown")),
        ended_key=ended,
        names=Names(*data["names"]) if "names" in data else _names_before(key, last),
        ended_names=Names(*data.get("ended_names", ())),
        begun_at=from_micros(begun) if begun is not None else None,
        proven=data.get("proven", True),
        course=_course_from_json(course),
        ended_high=data.get("ended_high"),
        ended_at=from_micros(over) if over is not None else None,
        left=tuple(data.get("left", ())),
        over=tuple(data.get("over", (ended,) if ended else ())),
    )


def _course_from_json(data: dict[str, Any]) -> Course:
    known = {key: value for key, value in data.items() if key in Course.__dataclass_fields__}
    pairs = {name: tuple((share, at_s) for share, at_s in data.get(name, ())) for name in ("marks", "falls")}
    return Course(**{**known, **pairs})


def _names_before(key: str, last: dict[str, Any] | None) -> Names:
    """What the run of ``key`` is called, where an older version did not write it down."""
    names = Names(*((last or {}).get(name, "") for name in ("run_id", "job_ref", "file")))
    return names if key and names.any == key else Names()


def memory_to_json(memory: MachineMemory) -> dict[str, Any]:
    return {
        "last": reading_to_json(memory.last) if memory.last else None,
        "run_key": memory.run_key,
        "run_state": memory.run_state.value,
        "ended_key": memory.ended_key,
        "names": list(astuple(memory.names)),
        "ended_names": list(astuple(memory.ended_names)),
        "begun_at": to_micros(memory.begun_at) if memory.begun_at else None,
        "proven": memory.proven,
        "course": asdict(memory.course),
        "ended_high": memory.ended_high,
        "ended_at": to_micros(memory.ended_at) if memory.ended_at else None,
        "left": list(memory.left),
        "over": list(memory.over),
    }
