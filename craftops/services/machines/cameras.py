"""Looking at machines: who wants to, what was seen, and whom a customer may look over the shoulder.

The web only says that somebody looks (``watch``). The bridge fetches, and hands in what came (``take``) or why nothing
did (``fail``). A customer sees a picture when staff have shared the camera of a job, while that job runs, and only a
picture that was taken while it ran.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

from craftops.domain.events import Event, EventKind
from craftops.domain.people.access import SYSTEM, Actor
from craftops.domain.production.jobs import ACTIVE, Job, JobState
from craftops.errors import IllegalMove, RuleError
from craftops.sdk.camera import HasCamera
from craftops.services.shop.context import Shop
from craftops.store.database import UnitOfWork, unit_of_work
from craftops.store.models import CameraRow, JobRow
from craftops.store.queries import machine_pages
from craftops.store.queries import machines as queries
from craftops.store.views.machines import CameraView, MachineInService

FORGOTTEN = timedelta(days=1)
SHAREABLE = (JobState.QUEUED, *ACTIVE)


class WatchedJob(Protocol):
    """A job as far as its customer may look at it being made."""

    @property
    def id(self) -> int: ...
    @property
    def state(self) -> str: ...
    @property
    def machine_id(self) -> int | None: ...
    @property
    def camera_shared(self) -> bool: ...


class SeenPicture(Protocol):
    """What a camera saw last, as far as it says of which job that is."""

    @property
    def machine_id(self) -> int: ...
    @property
    def frame_sha(self) -> str: ...
    @property
    def frame_job_id(self) -> int | None: ...
    @property
    def taken_at(self) -> datetime | None: ...


def camera_of(shop: Shop, machine: MachineInService | None) -> HasCamera | None:
    """The driver of a machine, if its machines may have cameras and this one is in service."""
    driver = shop.plugins.machine_drivers.get(machine.driver) if machine is not None and machine.enabled else None
    return driver if isinstance(driver, HasCamera) else None


def can_share(shop: Shop, state: JobState, machine: MachineInService | None) -> bool:
    """Whether the camera of a job at ``machine`` can be shared, or kept to ourselves again."""
    return state in SHAREABLE and camera_of(shop, machine) is not None


def watch(shop: Shop, machines: Iterable[int], orders: Iterable[int]) -> None:
    """Somebody looks at these machines, and at the shared cameras of these orders: pages that are open now."""
    wanted, open_orders = set(machines), set(orders)
    if wanted:
        wanted = {one.id for one in machine_pages.machines_of(wanted) if camera_of(shop, one) is not None}
    if open_orders:
        wanted |= {run.machine for run in queries.runs_with_cameras() if run.shared and run.order in open_orders}
    for machine_id in wanted:
        shop.frames.want(machine_id)


def take(shop: Shop, machine_id: int, data: bytes, job_id: int | None, *, at: datetime) -> None:
    """A picture has come. ``job_id``: the job that ran from before it was taken on."""
    sha256 = shop.frames.put(machine_id, data)
    with unit_of_work() as uow:
        run = next(
            (one for one in queries.runs_with_cameras() if one.machine == machine_id and one.job == job_id), None
        )
        job = run.job if run is not None else None
        _write(machine_id, {"frame_sha": sha256, "frame_job": job, "taken_at": at, "sentence": ""})
        order = run.order if run is not None and run.shared else None
        uow.record(Event(EventKind.CAMERA_SEEN, at, SYSTEM, order, machine_id=machine_id))


def fail(machine_id: int, sentence: str, *, at: datetime) -> None:
    """No picture has come, and this is why; the last one stays. Pages hear of it when the reason is another one."""
    with unit_of_work() as uow:
        row = machine_pages.camera(machine_id)
        if row is not None and row.sentence == sentence[:300]:
            return
        _write(machine_id, {"sentence": sentence[:300]})
        uow.record(Event(EventKind.CAMERA_SEEN, at, SYSTEM, machine_id=machine_id))


def _write(machine_id: int, values: dict[str, object]) -> None:
    CameraRow.insert(machine=machine_id).on_conflict_ignore().execute()
    CameraRow.update(**values).where(CameraRow.machine == machine_id).execute()


def share(shop: Shop, job_id: int, shared: bool, *, actor: Actor, at: datetime) -> tuple[str, str]:
    """Let the customer of a job look through the camera while it runs, or no more: the codes of the job and of its
    order. Raises IllegalMove, RuleError."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        job: JobRow | None = JobRow.get_or_none(JobRow.id == job_id)
        if job is None:
            raise RuleError("There is no such job.")
        if shared and not can_share(shop, JobState(job.state), job.machine):
            raise IllegalMove(f"{job.code} is on no machine with a camera now.", "Queue it on one first.")
        JobRow.update(camera_shared=shared).where(JobRow.id == job.id).execute()
        data = {"job": job.code, "camera": "shared" if shared else "hidden"}
        order = job.order
        uow.record(Event(EventKind.JOB_CHANGED, at, actor, order.id, order.customer_id, job.machine_id, data))
    return job.code, order.code


def run_ended(uow: UnitOfWork, row: JobRow, after: Job, *, at: datetime) -> None:
    """A run is over, and so is looking at it. The last picture of a shared one that went well is kept."""
    if not row.camera_shared:
        return
    JobRow.update(camera_shared=False).where(JobRow.id == row.id).execute()
    camera = machine_pages.camera(row.machine_id)
    if after.state is JobState.DONE and camera is not None and camera.frame_job_id == row.id:
        payload = {"job": row.id, "machine": row.machine_id, "frame": camera.frame_sha}
        uow.enqueue("keep_last_frame", payload, at=at, dedupe=f"last-frame-{row.id}")


def shared_frame(order_id: int, job_id: int) -> CameraView | None:
    """What the customer of a job of this order may see at this moment, if anything."""
    job: JobRow | None = JobRow.get_or_none(JobRow.id == job_id, JobRow.order == order_id)
    camera = machine_pages.camera(job.machine_id) if job is not None and job.machine_id else None
    return camera if job is not None and camera is not None and may_see(job, camera) else None


def may_see(job: WatchedJob, camera: SeenPicture) -> bool:
    """Whether the customer of a job may see what a camera saw last. People reach into a machine that is paused, so
    that only a run is shown, and only what was seen while it ran."""
    runs = job.camera_shared and job.state == JobState.RUNNING.value and job.machine_id == camera.machine_id
    return runs and bool(camera.frame_sha) and camera.frame_job_id == job.id


def tidy(shop: Shop, *, at: datetime) -> None:
    """Forget what cameras saw a day ago."""
    before = at - FORGOTTEN
    with unit_of_work():
        old = (CameraRow.frame_sha != "") & (CameraRow.taken_at < before)
        CameraRow.update(frame_sha="", frame_job=None, taken_at=None).where(old).execute()
    shop.frames.sweep(before.timestamp())
