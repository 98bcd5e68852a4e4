"""Who looked at a design file; files deleted by their customer or by the shop, with everything drawn or made of them.

What is deleted leaves its name, its size and its measures in the orders that it was part of, and no bytes: its row
points at the empty blob, so that nothing that still knows the row can come by more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta

from craftops.domain.events import Event, EventKind
from craftops.domain.people.access import Actor
from craftops.domain.people.companies import CompanyAction, actions_of
from craftops.errors import AccessError, RuleError
from craftops.services.shop.context import Shop
from craftops.store.database import UnitOfWork, unit_of_work
from craftops.store.models import BlobRow, DesignFileRow, FileAccessRow, JobRow
from craftops.store.queries import files, kept_files, scoped
from craftops.store.viewing import view_of
from craftops.store.views.files import FileView

UNTOUCHED = timedelta(minutes=10)
VIEWED, TAKEN = "viewed", "taken"


def note_access(file: FileView, actor: Actor, what: str, page: str, *, at: datetime) -> None:
    """Keep that somebody of the shop has seen or fetched a file: once an hour for each page. Its own people need no
    such row."""
    if not actor.is_staff or file.owner_id == actor.id:
        return
    said = f"{file.id}|{actor.kind.value}|{actor.id}|{what}|{page}|{at:%Y%m%d%H}"
    key = hashlib.sha256(said.encode()).hexdigest()
    if FileAccessRow.select().where(FileAccessRow.key == key).exists():
        return
    values = {"file": file.id, "who": actor.name[:200], "what": what, "page": page[:20], "at": at, "key": key}
    with unit_of_work():
        FileAccessRow.insert(values).on_conflict_ignore().execute()


def any_file(actor: Actor, file_id: int) -> DesignFileRow:
    """A file that ``actor`` may see, deleted or not. Raises AccessError."""
    row: DesignFileRow | None = scoped.all_files(actor).where(DesignFileRow.id == file_id).first()
    if row is None:
        raise AccessError
    return row


def any_file_shown(actor: Actor, file_id: int) -> FileView:
    """The same as pages read it."""
    return view_of(FileView, any_file(actor, file_id))


def why_kept(file: DesignFileRow | FileView, actor: Actor) -> str:
    """Why ``actor`` cannot delete a file, as a sentence; empty when they can."""
    if file.deleted_at is not None:
        return "It is deleted already."
    company = file.company_id if not actor.is_staff else None
    if company is not None and CompanyAction.DECIDE not in actions_of(scoped.role_in(actor, company)):
        return "It is your company's, and your role does not let you delete it. Ask one of its admins."
    open_ones = kept_files.open_orders([one.id for one in kept_files.family([file.id])])
    if open_ones:
        return f"The open order {open_ones[0]} needs it. It can be deleted once that has ended."
    return ""


def delete_file(shop: Shop, file_id: int, *, actor: Actor, at: datetime) -> None:
    """Delete a file, its mended copies, and what was drawn or made of them; twice is once.

    Raises AccessError for a foreign one; RuleError while an open order needs it.
    """
    with unit_of_work() as uow:
        row = any_file(actor, file_id)
        if row.deleted_at is not None:
            return
        if why := why_kept(row, actor):
            raise RuleError(why)
        forget(shop, uow, kept_files.family([row.id]), actor=actor, at=at)


def forget(shop: Shop, uow: UnitOfWork, rows: Iterable[DesignFileRow], *, actor: Actor, at: datetime) -> None:
    """Take the bytes of these files away, in a transaction; those that nobody else needs go for good minutes later."""
    gone = [row for row in rows if row.deleted_at is None]
    if not gone:
        return
    empty = shop.files.put_bytes(b"")
    BlobRow.insert(sha256=empty, size=0, created_at=at).on_conflict_ignore().execute()
    ids = [row.id for row in gone]
    jobs = kept_files.jobs_of(ids)
    blobs = {sha for row in gone for sha in (row.blob_id, row.picture_sha, row.model_sha) if sha}
    blobs |= {job.gcode_sha for job in jobs}
    JobRow.update(gcode_sha="").where(JobRow.id.in_([job.id for job in jobs])).execute()
    FileAccessRow.delete().where(FileAccessRow.file.in_(ids)).execute()
    DesignFileRow.update(blob=empty, picture_sha="", model_sha="", deleted_at=at, deleted_by=actor.name[:200]).where(
        DesignFileRow.id.in_(ids)
    ).execute()
    for sha256 in sorted(blobs):
        if not files.is_blob_wanted(sha256) and BlobRow.select().where(BlobRow.sha256 == sha256).exists():
            uow.enqueue("forget_blob", {"sha256": sha256}, at=at, run_after=at + UNTOUCHED)
    for order_id, customer_id in kept_files.orders_of(ids):
        uow.record(Event(EventKind.FILES_DUE, at, actor, order_id, customer_id, data={"what": "deleted"}))
