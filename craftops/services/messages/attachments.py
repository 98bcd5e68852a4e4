"""Files of messages: all came by the one intake door; pictures are drawn again, so that no place goes with them."""

from __future__ import annotations

from datetime import datetime, timedelta

from craftops.domain.events import Event, EventKind
from craftops.domain.files.file_types import file_type_by_name
from craftops.domain.files.remedies import Ask, Remedy
from craftops.domain.people.access import SYSTEM, Actor
from craftops.errors import AccessError, IntakeError, Unreachable
from craftops.sdk.analyzer import CannotMend
from craftops.services.files import intake
from craftops.services.files.mending import Mend
from craftops.services.files.pictures import SMALL, redraw
from craftops.services.shop.context import Shop
from craftops.store.database import UnitOfWork, unit_of_work
from craftops.store.models import AttachmentRow, BlobRow, DesignFileRow, MessageRow, OrderRow
from craftops.store.queries import files, scoped

CLEANER = "craftops.services.files.picture_cleaner:PictureCleaner"
UNTOUCHED = timedelta(minutes=10)
READY, WAITING, UNREADABLE = "ready", "waiting", "unreadable"


def is_picture(file: DesignFileRow) -> bool:
    """Whether a file is taken for a photo or a picture, and no design."""
    return not file.format and file_type_by_name(file.name).name == "picture"


def attachable(order: OrderRow, file_id: int, actor: Actor) -> DesignFileRow:
    """A file that may go with a message on this order: its customer's, or one that the writer has sent.

    Raises AccessError.
    """
    file = scoped.file(actor, file_id)
    if not scoped.fits(file, order) and (not actor.is_staff or file.owner_id != actor.id):
        raise AccessError
    return file


def attach(
    uow: UnitOfWork, message: MessageRow, order: OrderRow, ids: tuple[int, ...], *, actor: Actor, at: datetime
) -> None:
    """Make files part of a message; what staff have sent becomes the customer's, who is to see it.

    Raises AccessError for a file that is neither the customer's nor freshly the writer's own.
    """
    for file_id in ids:
        file = attachable(order, file_id, actor)
        if not scoped.fits(file, order):
            DesignFileRow.update(owner=order.customer_id).where(DesignFileRow.id == file.id).execute()
        scoped.give_to_company([file.id], order)
        state = WAITING if is_picture(file) else READY
        row: AttachmentRow = AttachmentRow.create(message=message, file=file.id, state=state)
        if state == WAITING:
            uow.enqueue("redraw_attachment", {"attachment": row.id}, at=at)


def redraw_attachment(shop: Shop, attachment_id: int, run: Mend, *, at: datetime, given_up: bool = False) -> None:
    """Draw a picture again in the sandbox and forget the bytes that came: the copy is all that is kept."""
    row: AttachmentRow | None = AttachmentRow.get_or_none(AttachmentRow.id == attachment_id)
    if row is None or row.state != WAITING:
        return
    file: DesignFileRow = row.file
    came = file.blob_id
    try:
        if given_up:
            raise CannotMend("")
        path = shop.files.path(came)
        done, sha256 = run(CLEANER, path, file.name, Ask(Remedy.REDRAW), shop.files.put_file)
        content = shop.files.path(sha256).read_bytes()
        small = redraw(content, SMALL)
    except (CannotMend, IntakeError):
        _settle(row, at, state=UNREADABLE)
        return
    small_sha = shop.files.put_bytes(small.content)
    with unit_of_work() as uow:
        for sha, size in ((sha256, len(content)), (small_sha, len(small.content))):
            BlobRow.insert(sha256=sha, size=size, created_at=at).on_conflict_ignore().execute()
        DesignFileRow.update(blob=sha256, size=len(content), name=intake.clean_name(done.name)).where(
            DesignFileRow.id == file.id
        ).execute()
        _settle(row, at, state=READY, small=small_sha, width=small.width, height=small.height)
        if came != sha256:
            uow.enqueue("forget_blob", {"sha256": came}, at=at, run_after=at + UNTOUCHED)


def forget_blob(shop: Shop, sha256: str) -> None:
    """Delete bytes that no row refers to any more. Raises Unreachable when somebody has just sent them again."""
    with unit_of_work():
        if files.is_blob_wanted(sha256) or sha256 == shop.profile().logo_sha:
            return
        BlobRow.delete().where(BlobRow.sha256 == sha256).execute()
    if not shop.files.forget(sha256, untouched=UNTOUCHED):
        raise Unreachable("Somebody sends the same file right now.")


def _settle(row: AttachmentRow, at: datetime, **values: object) -> None:
    """How it ended; open pages hear of it."""
    with unit_of_work() as uow:
        AttachmentRow.update(values).where(AttachmentRow.id == row.id).execute()
        order: OrderRow = row.message.order
        data = {"file_id": row.file_id, "verdict": "companion"}
        uow.record(Event(EventKind.DESIGN_ANALYSED, at, SYSTEM, order.id, order.customer_id, data=data))
