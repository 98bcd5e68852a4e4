"""Progress photos: what a camera saw, or a phone, kept with an order for its customer."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import IO

from craftops.domain.events import Event, EventKind
from craftops.domain.people.access import SYSTEM, Actor
from craftops.errors import AccessError, IllegalMove, IntakeError, RuleError
from craftops.services.files.pictures import PHOTO, SMALL, Drawn, redraw
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.models import BlobRow, JobRow, OrderRow, ProgressPhotoRow
from craftops.store.queries import files, machines, production, scoped
from craftops.store.viewing import view_of
from craftops.store.views.files import StoredPhoto

log = logging.getLogger("craftops.photos")
LARGEST_BYTES = 25_000_000
LONGEST_CAPTION = 200
MOST = 60
"""Photos of one order."""
CAMERA, END, UPLOAD = "camera", "end", "upload"
UNTOUCHED = timedelta(minutes=10)


def upload(shop: Shop, code: str, stream: IO[bytes], caption: str, *, actor: Actor, at: datetime) -> StoredPhoto:
    """Keep a photo that somebody has taken by hand. Raises IntakeError, AccessError."""
    actor.must_be_staff()
    order = scoped.order(actor, code)
    raw = stream.read(LARGEST_BYTES + 1)
    if len(raw) > LARGEST_BYTES:
        raise IntakeError(f"The photo is larger than {LARGEST_BYTES // 1_000_000} MB.")
    if not raw:
        raise IntakeError("Choose a photo.")
    return _keep(shop, order, redraw(raw, PHOTO), UPLOAD, caption, None, actor=actor, at=at)


def keep_frame(shop: Shop, key: str, sha256: str, job_code: str, caption: str, *, actor: Actor, at: datetime) -> str:
    """Keep the picture that staff see of a machine, with the order of the job that it is at: the order's code.

    ``job_code`` is the job that the page showed. Raises IllegalMove when it is another by now, or the picture is gone.
    """
    actor.must_be_staff()
    machine = machines.machine(key)
    if machine is None:
        raise AccessError
    job = production.active_job(machine.id)
    if job is None or job.code != job_code:
        raise IllegalMove(f"{machine.name} is not at {job_code} any more.", "Look at the machine again.")
    data = shop.frames.read(machine.id, sha256)
    if data is None:
        raise IllegalMove("That picture is gone by now.", "Look at the newest one, and keep that.")
    _keep(shop, job.order, redraw(data, PHOTO), CAMERA, caption, job, actor=actor, at=at)
    return str(job.order.code)


def keep_last_frame(shop: Shop, job_id: int, machine_id: int, sha256: str, *, at: datetime) -> None:
    """Keep the last picture of a run that its customer could look at; nothing, where it is gone."""
    job: JobRow | None = JobRow.get_or_none(JobRow.id == job_id)
    data = shop.frames.read(machine_id, sha256)
    if job is None or data is None:
        log.info("the last picture of job %s is not there any more", job_id)
        return
    try:
        _keep(shop, job.order, redraw(data, PHOTO), END, "", job, actor=SYSTEM, at=job.finished_at or at)
    except RuleError as error:
        log.info("the last picture of %s is not kept: %s", job.code, error.sentence)


def _keep(
    shop: Shop, order: OrderRow, drawn: Drawn, source: str, caption: str, job: JobRow | None, *, actor: Actor,
    at: datetime,
) -> StoredPhoto:  # fmt: skip
    """The photo; the same picture of the same order twice (somebody clicked twice) is the same photo."""
    small = redraw(drawn.content, SMALL)
    blobs = [(shop.files.put_bytes(one.content), len(one.content)) for one in (drawn, small)]
    with unit_of_work() as uow:
        mine = ProgressPhotoRow.order == order.id
        known: ProgressPhotoRow | None = ProgressPhotoRow.get_or_none(mine, ProgressPhotoRow.blob == blobs[0][0])
        if known is not None:
            return view_of(StoredPhoto, known)
        if ProgressPhotoRow.select().where(mine).count() >= MOST:
            raise RuleError(f"This order has {MOST} photos, the most it can have.", "Take one away first.")
        for sha256, size in blobs:
            BlobRow.insert(sha256=sha256, size=size, created_at=at).on_conflict_ignore().execute()
        words = " ".join("".join(ch if ch.isprintable() else " " for ch in caption).split())
        row: ProgressPhotoRow = ProgressPhotoRow.create(
            order=order, job=job, blob=blobs[0][0], small=blobs[1][0], width=drawn.width, height=drawn.height,
            source=source, caption=words[:LONGEST_CAPTION], taken_at=at, kept_by=actor.name,
        )  # fmt: skip
        _count(order)
        data = {"photo": row.id, "what": "kept"}
        uow.record(Event(EventKind.PHOTOS_CHANGED, at, actor, order.id, order.customer_id, data=data))
    return view_of(StoredPhoto, row)


def remove(shop: Shop, photo_id: int, *, actor: Actor, at: datetime) -> str:
    """Take a photo away, and its bytes where nothing else needs them; the code of the order that it was of. Raises
    AccessError."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        row: ProgressPhotoRow | None = ProgressPhotoRow.get_or_none(ProgressPhotoRow.id == photo_id)
        if row is None:
            raise AccessError
        order: OrderRow = row.order
        row.delete_instance()
        _count(order)
        gone = [sha for sha in (row.blob_id, row.small_id) if not files.is_blob_wanted(sha)]
        gone = [sha for sha in gone if sha != shop.profile().logo_sha]
        BlobRow.delete().where(BlobRow.sha256.in_(gone)).execute()
        data = {"photo": photo_id, "what": "removed"}
        uow.record(Event(EventKind.PHOTOS_CHANGED, at, actor, order.id, order.customer_id, data=data))
    for sha256 in gone:
        shop.files.forget(sha256, untouched=UNTOUCHED)
    return str(order.code)


def _count(order: OrderRow) -> None:
    count = ProgressPhotoRow.select().where(ProgressPhotoRow.order == order.id).count()
    OrderRow.update(photos=count).where(OrderRow.id == order.id).execute()
