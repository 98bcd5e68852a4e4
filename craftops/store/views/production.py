"""Jobs as staff see them, and what goes with parts through the workshop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from craftops.domain.production.jobs import Job


@dataclass(frozen=True, slots=True)
class LineOfJob:
    """What a job makes."""

    id: int
    title: str
    material: str
    colour: str
    finish: str
    made_from: dict[str, Any] | None = field(hash=False)


@dataclass(frozen=True, slots=True)
class PartFile:
    """What it is made from."""

    id: int
    picture_sha: str
    analysis: dict[str, Any] | None = field(hash=False)


@dataclass(frozen=True, slots=True)
class MachineOfJob:
    """The machine that a job is on, or may go to."""

    id: int
    key: str
    name: str
    driver: str
    process: str
    enabled: bool
    bed: list[float] | None = field(hash=False)


@dataclass(frozen=True, slots=True)
class SeenByCamera:
    """What the camera of a machine saw last."""

    machine_id: int
    frame_sha: str
    """Empty before the first picture."""
    frame_job_id: int | None
    """The job that the machine was at then."""
    taken_at: datetime | None


@dataclass(frozen=True, slots=True)
class OrderJob:
    """A job as the page of its order reads it."""

    job: Job
    line: LineOfJob
    camera_shared: bool
    camera: SeenByCamera | None
    """None where its machine has none, and where nobody asked."""
    evidence: Mapping[str, Any] | None = field(hash=False)
    """What its run has shown so far (``services.estimation.run_tracking``)."""

    @property
    def id(self) -> int:
        return self.job.id

    @property
    def state(self) -> str:
        return self.job.state

    @property
    def copies(self) -> int:
        return self.job.copies

    @property
    def copies_done(self) -> int:
        return self.job.copies_done

    @property
    def progress(self) -> float | None:
        return self.job.progress

    @property
    def planned_s(self) -> float:
        return self.job.planned_s

    @property
    def started_at(self) -> datetime | None:
        return self.job.started_at

    @property
    def machine_id(self) -> int | None:
        return self.job.machine_id

    @property
    def replaces_id(self) -> int | None:
        return self.job.replaces


@dataclass(frozen=True, slots=True)
class StaffJob(OrderJob):
    """A job with all that a page of staff says of it."""

    file: PartFile | None
    machine: MachineOfJob | None
    order_code: str
    order_stage: str
    gcode_sha: str
    gcode_name: str
    replaced: bool
    """Another job makes what this one has left."""


@dataclass(frozen=True, slots=True)
class QueueSummary:
    """What a machine is at and how much waits for it."""

    active: StaffJob | None
    waiting: int
    next_code: str = ""
    """The first that waits; empty where none does."""
    next_title: str = ""


@dataclass(frozen=True, slots=True)
class LineOnPaper:
    """A line of an order as its traveller and its label say it."""

    id: int
    title: str
    quantity: int
    material: str
    colour: str
    finish: str
    instructions: str
    made_from: dict[str, Any] | None = field(hash=False)
    file_name: str | None
    picture_sha: str | None


@dataclass(frozen=True, slots=True)
class HandStepView:
    """One human step of a line."""

    id: int
    line_id: int
    kind: str
    title: str
    minutes: float
    done_at: datetime | None
    done_by: str
    line_title: str


@dataclass(frozen=True, slots=True)
class JobProgram:
    """The machine code of a job."""

    gcode_sha: str
    gcode_name: str
