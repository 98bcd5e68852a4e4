"""Cameras, the runs that they see, and the photos of an order."""

from __future__ import annotations

from typing import NamedTuple

from craftops.domain.production.jobs import JobState
from craftops.store.models import CameraRow, JobRow, ProgressPhotoRow


class Running(NamedTuple):
    """A job that runs now; ids of rows."""

    job: int
    machine: int
    order: int
    shared: bool


def running() -> list[Running]:
    """Every job that runs on some machine, and is not paused."""
    rows = JobRow.select(JobRow.id, JobRow.machine, JobRow.order, JobRow.camera_shared)
    rows = rows.where(JobRow.state == JobState.RUNNING.value, JobRow.machine.is_null(False))
    return [Running(*row) for row in rows.tuples()]


def camera(machine_id: int) -> CameraRow | None:
    """What is known of a machine's camera."""
    row: CameraRow | None = CameraRow.get_or_none(CameraRow.machine == machine_id)
    return row


def photos_of(order_id: int) -> list[ProgressPhotoRow]:
    """The photos of an order, the newest first."""
    mine = ProgressPhotoRow.select().where(ProgressPhotoRow.order == order_id)
    return list(mine.order_by(ProgressPhotoRow.taken_at.desc(), ProgressPhotoRow.id.desc()))


def photo(order_id: int, photo_id: int) -> ProgressPhotoRow | None:
    """One photo of this order."""
    row: ProgressPhotoRow | None = ProgressPhotoRow.get_or_none(
        ProgressPhotoRow.id == photo_id, ProgressPhotoRow.order == order_id
    )
    return row
