"""Files, what came in by channels, and the versions of a line's design."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from peewee import JOIN, fn

from craftops.domain.people.access import Role
from craftops.store.models import (
    AccountRow,
    AttachmentRow,
    DesignFileRow,
    IncomingFileRow,
    IncomingRow,
    InvoiceRow,
    JobRow,
    LabelRow,
    MessageRow,
    OrderLineRow,
    PaymentRow,
    PickupRow,
    ProgressPhotoRow,
    QuoteRow,
    RevisionRow,
    UploadRow,
)
from craftops.store.prepared import Prepared


def stored_bytes(owner_id: int) -> int:
    """How much an account has stored, in bytes, a blob that was sent twice counted twice."""
    total = DesignFileRow.select(fn.COALESCE(fn.SUM(DesignFileRow.size), 0)).where(
        DesignFileRow.owner == owner_id, DesignFileRow.deleted_at.is_null()
    )
    return int(total.scalar())


def waiting_count(owner_id: int) -> int:
    """How many files of an account wait for their verdict."""
    waits = (DesignFileRow.verdict == "waiting") & DesignFileRow.deleted_at.is_null()
    return int(DesignFileRow.select().where(DesignFileRow.owner == owner_id, waits).count())


def announced_bytes(owner_id: int) -> int:
    """How much an account has announced and not yet finished, in bytes: what unfinished uploads may still take."""
    total = UploadRow.select(fn.COALESCE(fn.SUM(UploadRow.length), 0)).where(
        UploadRow.owner == owner_id, UploadRow.finished_at.is_null()
    )
    return int(total.scalar())


def strangers_bytes() -> int:
    """How much all who have no account yet have stored or announced, in bytes."""
    stored = DesignFileRow.select(fn.COALESCE(fn.SUM(DesignFileRow.size), 0)).join(AccountRow)
    coming = UploadRow.select(fn.COALESCE(fn.SUM(UploadRow.length), 0)).join(AccountRow)
    visitors = AccountRow.role == Role.VISITOR.value
    return int(stored.where(visitors).scalar()) + int(coming.where(visitors, UploadRow.finished_at.is_null()).scalar())


def measured_twin(row: DesignFileRow) -> DesignFileRow | None:
    """Another file of the same content and format that a machine has measured already."""
    twin: DesignFileRow | None = (
        DesignFileRow.select()
        .where(
            DesignFileRow.blob == row.blob_id,
            DesignFileRow.format == row.format,
            DesignFileRow.deleted_at.is_null(),
            DesignFileRow.verdict.in_(["accepted", "findings", "refused"]),
        )
        .first()
    )
    return twin


def incoming_of_key(channel: str, key: str) -> IncomingRow | None:
    """What came in by this channel with this key."""
    row: IncomingRow | None = IncomingRow.get_or_none(IncomingRow.channel == channel, IncomingRow.key == key)
    return row


def incoming_held() -> list[IncomingRow]:
    """What waits for staff, oldest first."""
    return _HELD.all()


_HELD: Prepared[IncomingRow] = Prepared(
    lambda: IncomingRow.select().where(IncomingRow.state == "held").order_by(IncomingRow.id)
)


def unowned_bytes() -> int:
    """How much is stored that belongs to nobody yet, or no more, in bytes."""
    total = IncomingFileRow.select(fn.COALESCE(fn.SUM(IncomingFileRow.size), 0))
    return int(total.where(IncomingFileRow.blob.is_null(False)).scalar())


def unowned_since(before: datetime) -> list[IncomingFileRow]:
    """Files that were turned away before this moment and whose bytes are still here."""
    query = IncomingFileRow.select(IncomingFileRow, IncomingRow).join(IncomingRow)
    return list(
        query.where(
            IncomingFileRow.blob.is_null(False), IncomingRow.state != "held", IncomingRow.ended_at < before
        ).order_by(IncomingFileRow.id)
    )


def incoming_parts(incoming_ids: list[int]) -> dict[int, list[IncomingFileRow]]:
    """The files of these messages, in their order, each with its design file."""
    found: dict[int, list[IncomingFileRow]] = {one: [] for one in incoming_ids}
    for row in _PARTS.all(incoming_ids) if incoming_ids else ():
        found[row.incoming_id].append(row)
    return found


_PARTS: Prepared[IncomingFileRow] = Prepared(
    lambda incoming: (
        IncomingFileRow.select(IncomingFileRow, DesignFileRow)
        .join(DesignFileRow, JOIN.LEFT_OUTER)
        .where(IncomingFileRow.incoming.in_(incoming))
        .order_by(IncomingFileRow.id)
    )
)


def incoming_of_notice(notice_id: int) -> list[IncomingFileRow]:
    """Every file that a mail to a customer tells of, with its message."""
    query = IncomingFileRow.select(IncomingFileRow, IncomingRow, DesignFileRow).join(IncomingRow)
    query = query.switch(IncomingFileRow).join(DesignFileRow, JOIN.LEFT_OUTER)
    return list(query.where(IncomingRow.notice == notice_id).order_by(IncomingFileRow.id))


def incoming_not_ordered(since: datetime) -> list[IncomingRow]:
    """Messages of customers, newest first, with a file that is in no order, itself or as a mended copy."""
    return _NOT_ORDERED.all(since)


def _not_ordered(since: Any) -> Any:
    query = IncomingRow.select(IncomingRow, AccountRow).join(AccountRow)
    return query.where(
        IncomingRow.state == "taken",
        IncomingRow.closed_at.is_null(),
        IncomingRow.came_at > since,
        fn.EXISTS(_waiting_parts()),
    ).order_by(IncomingRow.id.desc())


_NOT_ORDERED: Prepared[IncomingRow] = Prepared(_not_ordered)


def _waiting_parts() -> Any:
    file, copy = IncomingFileRow.file, DesignFileRow.alias()
    lines = OrderLineRow.select(OrderLineRow.id).where(OrderLineRow.file == file)
    versions = RevisionRow.select(RevisionRow.id).where(RevisionRow.file == file)
    mended = (
        OrderLineRow.select(OrderLineRow.id).join(copy, on=(OrderLineRow.file == copy.id)).where(copy.made_from == file)
    )
    return IncomingFileRow.select(IncomingFileRow.id).where(
        IncomingFileRow.incoming == IncomingRow.id,
        file.is_null(False),
        ~fn.EXISTS(lines),
        ~fn.EXISTS(versions),
        ~fn.EXISTS(mended),
    )


def is_blob_wanted(sha256: str) -> bool:
    """Whether any row still refers to these bytes.

    Papers of money, too: a customer who sends us our own invoice as a file and deletes it again has the same bytes.
    """
    tables = (
        DesignFileRow.select().where((DesignFileRow.blob == sha256) | (DesignFileRow.picture_sha == sha256)),
        DesignFileRow.select().where(DesignFileRow.model_sha == sha256),
        JobRow.select().where(JobRow.gcode_sha == sha256),
        IncomingFileRow.select().where(IncomingFileRow.blob == sha256),
        ProgressPhotoRow.select().where((ProgressPhotoRow.blob == sha256) | (ProgressPhotoRow.small == sha256)),
        AttachmentRow.select().where(AttachmentRow.small == sha256),
        PickupRow.select().where(PickupRow.signature_sha == sha256),
        InvoiceRow.select().where((InvoiceRow.pdf_sha == sha256) | (InvoiceRow.xml_sha == sha256)),
        QuoteRow.select().where(QuoteRow.pdf_sha == sha256),
        PaymentRow.select().where(PaymentRow.receipt_sha == sha256),
        LabelRow.select().where(fn.LOWER(LabelRow.files).contains(sha256)),  # by itself it is asked for as JSON
    )
    return any(rows.exists() for rows in tables)


def revisions_of_line(line_id: int) -> list[RevisionRow]:
    """All of them, oldest first, each with its file."""
    query = RevisionRow.select(RevisionRow, DesignFileRow).join(DesignFileRow).where(RevisionRow.line == line_id)
    return list(query.order_by(RevisionRow.number))


def proposed_revisions(line_ids: list[int]) -> dict[int, RevisionRow]:
    """The newest version that waits for the shop's word, by line."""
    query = RevisionRow.select().where(RevisionRow.line.in_(line_ids), RevisionRow.state == "proposed")
    return {row.line_id: row for row in query.order_by(RevisionRow.number)}


def order_of_file(file_id: int) -> int | None:
    """The order that has this file as a version of one of its lines, or in one of its messages."""
    query = OrderLineRow.select(OrderLineRow.order).join(RevisionRow).where(RevisionRow.file == file_id)
    sent = MessageRow.select(MessageRow.order).join(AttachmentRow).where(AttachmentRow.file == file_id)
    row = query.first() or sent.first()
    return int(row.order_id) if row else None
