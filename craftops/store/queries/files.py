"""Files, what came in by channels, and the versions of a line's design."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from peewee import fn

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
from craftops.store.viewing import columns
from craftops.store.views.files import FileView, LineVersion


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


def waiting_parts() -> Any:
    """The files of a message that are in no order, as a part of a select of messages."""
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


_OF_FILE = columns(FileView, DesignFileRow)
_OF_VERSION = columns(LineVersion, RevisionRow, "file")
_FILE: Prepared[FileView] = Prepared(
    lambda id_: DesignFileRow.select(*_OF_FILE).where(DesignFileRow.id == id_), FileView
)


def _version(*values: Any) -> LineVersion:
    own, file = values[: len(_OF_VERSION)], values[len(_OF_VERSION) :]
    return LineVersion(*(*own, FileView(*file)))


_VERSIONS: Prepared[LineVersion] = Prepared(
    lambda line: (
        RevisionRow.select(*_OF_VERSION, *_OF_FILE)
        .join(DesignFileRow)
        .where(RevisionRow.line == line)
        .order_by(RevisionRow.number)
    ),
    _version,
)


def file_of(file_id: int) -> FileView | None:
    """A file, whoever asks: what a reader may see is ``scoped``."""
    return _FILE.first(file_id)


def versions_of_line(line_id: int) -> list[LineVersion]:
    """All versions of a line, the oldest first, each with its file."""
    return _VERSIONS.all(line_id)


def order_of_file(file_id: int) -> int | None:
    """The order that has this file as a version of one of its lines, or in one of its messages."""
    query = OrderLineRow.select(OrderLineRow.order).join(RevisionRow).where(RevisionRow.file == file_id)
    sent = MessageRow.select(MessageRow.order).join(AttachmentRow).where(AttachmentRow.file == file_id)
    row = query.first() or sent.first()
    return int(row.order_id) if row else None
