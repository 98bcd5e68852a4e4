"""Machine code that staff attach to a job: kept as it is, and asked how long it will take."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO

from craftops.domain.estimation.estimate import Cause
from craftops.domain.events import Event, EventKind
from craftops.domain.gcode.slicer_time import WINDOW, SlicerTime, is_gcode, slicer_time
from craftops.domain.gcode.timeline_reader import read_timeline
from craftops.domain.people.access import Actor
from craftops.domain.production.jobs import DurationSource, JobState
from craftops.errors import IntakeError, RuleError
from craftops.services.estimation import estimating
from craftops.services.files.intake import clean_name
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.models import BlobRow, JobRow, MachineClockRow

CHUNK = 1 << 18
LARGEST = 1 << 30
"""Of packed code, no more than this many bytes are read: a package may say what it likes of its size."""
UNPACKABLE = (zipfile.BadZipFile, zlib.error, OSError, RuntimeError, NotImplementedError, ValueError, EOFError)
BEFORE = (JobState.PLANNED.value, JobState.QUEUED.value)


def attach_gcode(
    shop: Shop, job_id: int, stream: IO[bytes], name: str, *, actor: Actor, at: datetime
) -> tuple[JobRow, SlicerTime | None]:
    """Keep the machine code of a job, and plan with the time that its slicer tells, if it tells one.

    The code is taken to make all copies of the job in one run. Raises RuleError for a job that has begun,
    IntakeError for what is no machine code.
    """
    actor.must_be_staff()
    job: JobRow | None = JobRow.get_or_none(JobRow.id == job_id)
    if job is None or job.state not in BEFORE:
        raise RuleError("This job has begun already, or there is no such job.")
    sha256, size = shop.files.put(stream, shop.config.document.files.max_mb * 1_000_000)
    head, tail = _ends(shop.files.path(sha256))
    if not is_gcode(head):
        raise IntakeError(
            "This is no machine code. Send the .gcode file, or the .gcode.3mf of Bambu Studio or OrcaSlicer."
        )
    found = slicer_time(head, tail)
    with unit_of_work() as uow:
        BlobRow.insert(sha256=sha256, size=size, created_at=at).on_conflict_ignore().execute()
        values: dict[str, object] = {"gcode_sha": sha256, "gcode_name": clean_name(name)}
        if found is not None:
            values |= {"planned_s": found.seconds, "duration_source": DurationSource.SLICER.value}
        if not JobRow.update(values).where(JobRow.id == job_id, JobRow.state.in_(BEFORE)).execute():
            raise RuleError("This job has begun already.")
        uow.enqueue("read_clock", {"sha256": sha256}, at=at, dedupe=f"clock:{sha256}")
        uow.record(
            Event(
                EventKind.JOB_CHANGED, at, actor, job.order_id, job.order.customer_id, job.machine_id, {"job": job.code}
            )
        )
        estimating.reestimate(shop, [job.order_id], cause=Cause.QUEUE_CHANGED, at=at)
    return JobRow.get_by_id(job_id), found


def read_timeline_of(shop: Shop, sha256: str) -> None:
    """Read the slicer's clock out of machine code, for the estimate of the runs that use it (the worker does it)."""
    if MachineClockRow.get_or_none(MachineClockRow.sha256 == sha256) is not None:
        return
    clock = read_timeline(_code(shop.files.path(sha256)))
    with unit_of_work():
        MachineClockRow.insert(sha256=sha256, clock=clock.to_json() if clock else None).on_conflict_ignore().execute()


def _code(path: Path) -> Iterator[bytes]:
    """The code in pieces; of a packed file its first plate, as far as a plate may go."""
    with path.open("rb") as file:
        packed = file.read(4) == b"PK\x03\x04"
        file.seek(0)
        if not packed:
            yield from iter(lambda: file.read(CHUNK), b"")
            return
    try:
        with zipfile.ZipFile(path) as package, package.open(_plate(package)) as member:
            for _ in range(LARGEST // CHUNK):
                if not (piece := member.read(CHUNK)):
                    return
                yield piece
    except UNPACKABLE:
        return


def _plate(package: zipfile.ZipFile) -> str:
    """The first plate's code. Raises ValueError when there is none."""
    return min(one for one in package.namelist() if one.startswith("Metadata/") and one.endswith(".gcode"))


def _ends(path: Path) -> tuple[bytes, bytes]:
    """The first and the last bytes of the code. A packed file gives its beginning only, which is where these say it."""
    with path.open("rb") as file:
        head = file.read(WINDOW)
        if head.startswith(b"PK\x03\x04"):
            return _packed(path), b""
        size = file.seek(0, 2)
        file.seek(max(0, size - WINDOW))
        return head, file.read(WINDOW)


def _packed(path: Path) -> bytes:
    try:
        with zipfile.ZipFile(path) as package, package.open(_plate(package)) as member:
            return member.read(WINDOW)  # never more, whatever the package says of its size
    except UNPACKABLE:
        return b""
