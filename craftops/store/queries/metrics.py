"""What a monitor wants to know of the shop: counts, one query each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import fn

from craftops.store.models import BackupRow, BlobRow, JobRow, MachineRow, NoticeRow, OrderRow, WorkRow


@dataclass(frozen=True, slots=True)
class ShopFigures:
    """The shop in numbers at one moment. Sizes in bytes, times in seconds."""

    orders: dict[str, int]
    """By stage."""
    jobs: dict[str, int]
    """By state."""
    machines: dict[tuple[str, bool], int]
    """By state, and whether they are online; only those in service."""
    notices: dict[str, int]
    """By state."""
    work: dict[str, int]
    """By state."""
    overdue_s: float
    """How long the oldest due work has waited."""
    files: int
    file_bytes: int
    last_good_backup: datetime | None
    last_backup_failed: bool


def figures(at: datetime) -> ShopFigures:
    """All of them."""
    machines: Any = (
        MachineRow.select(MachineRow.state, MachineRow.online, fn.COUNT(MachineRow.id))
        .where(MachineRow.enabled)
        .group_by(MachineRow.state, MachineRow.online)
    )
    due = (WorkRow.state == "ready") & (WorkRow.run_after <= at)
    oldest = WorkRow.select(WorkRow.run_after).where(due).order_by(WorkRow.run_after).first()
    count, size = BlobRow.select(fn.COUNT(BlobRow.sha256), fn.COALESCE(fn.SUM(BlobRow.size), 0)).scalar(as_tuple=True)
    good = BackupRow.select().where(BackupRow.state.in_(("good", "gone"))).order_by(BackupRow.begun_at.desc()).first()
    newest = BackupRow.select().order_by(BackupRow.begun_at.desc()).first()
    return ShopFigures(
        _counted(OrderRow, OrderRow.stage),
        _counted(JobRow, JobRow.state),
        {(str(state), bool(online)): int(n) for state, online, n in machines.tuples()},
        _counted(NoticeRow, NoticeRow.state),
        _counted(WorkRow, WorkRow.state),
        (at - oldest.run_after).total_seconds() if oldest else 0.0,
        int(count),
        int(size),
        good.begun_at if good else None,
        bool(newest is not None and newest.state == "failed"),
    )


def _counted(table: type[Any], column: object) -> dict[str, int]:
    query = table.select(column, fn.COUNT(table.id)).group_by(column)
    return {str(value): int(n) for value, n in query.tuples()}
