"""Files as the services need them."""

from __future__ import annotations

from peewee import fn

from craftops.store.models import DesignFileRow, UploadRow


def stored_bytes(owner_id: int) -> int:
    """How much an account has stored, in bytes, a blob that was sent twice counted twice."""
    total = DesignFileRow.select(fn.COALESCE(fn.SUM(DesignFileRow.size), 0)).where(DesignFileRow.owner == owner_id)
    return int(total.scalar())


def announced_bytes(owner_id: int) -> int:
    """How much an account has announced and not yet finished, in bytes: what unfinished uploads may still take."""
    total = UploadRow.select(fn.COALESCE(fn.SUM(UploadRow.length), 0)).where(
        UploadRow.owner == owner_id, UploadRow.finished_at.is_null()
    )
    return int(total.scalar())


def measured_twin(row: DesignFileRow) -> DesignFileRow | None:
    """Another file of the same content and format that a machine has measured already."""
    twin: DesignFileRow | None = (
        DesignFileRow.select()
        .where(
            DesignFileRow.blob == row.blob_id,
            DesignFileRow.format == row.format,
            DesignFileRow.verdict.in_(["accepted", "findings", "refused"]),
        )
        .first()
    )
    return twin
