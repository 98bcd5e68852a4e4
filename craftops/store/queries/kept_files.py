"""Design files that are kept or deleted: what belongs together, which orders need them, who looked at them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from peewee import fn

from craftops.domain.orders.workflow import ENDED
from craftops.store.models import (
    DesignFileRow,
    FileAccessRow,
    JobRow,
    OrderLineRow,
    OrderRow,
    RetentionRow,
    RevisionRow,
)
from craftops.store.prepared import Prepared
from craftops.store.viewing import columns, view_of
from craftops.store.views.files import FileAccess, OrderWithFile

ENDED_VALUES = [stage.value for stage in ENDED]
DEEPEST = 20
"""Copies of copies that are followed."""


def family(file_ids: Iterable[int]) -> list[DesignFileRow]:
    """These files with all that were mended of one another: one design, whose bytes go together."""
    known = {row.id: row for row in DesignFileRow.select().where(DesignFileRow.id.in_(list(file_ids)))}
    fresh = known
    for _step in range(DEEPEST):
        near = DesignFileRow.made_from.in_(list(fresh))
        above = {row.made_from_id for row in fresh.values() if row.made_from_id} - known.keys()
        found = DesignFileRow.select().where(near | DesignFileRow.id.in_(above) if above else near)
        fresh = {row.id: row for row in found if row.id not in known}
        if not fresh:
            break
        known = known | fresh
    return [known[id_] for id_ in sorted(known)]


def any_deleted(file_ids: Iterable[int]) -> bool:
    """Whether any of these was deleted."""
    mine = DesignFileRow.id.in_(list(file_ids)) & DesignFileRow.deleted_at.is_null(False)
    return bool(DesignFileRow.select().where(mine).exists())


def files_of_order(order: OrderRow) -> list[int]:
    """The ids of all design files of an order: of its lines, of their versions, and those that ride along."""
    lines = OrderLineRow.select(OrderLineRow.file).where(
        OrderLineRow.order == order.id, OrderLineRow.file.is_null(False)
    )
    versions = RevisionRow.select(RevisionRow.file).join(OrderLineRow).where(OrderLineRow.order == order.id)
    riding = [int(one["id"]) for one in order.companions or ()]
    return sorted({row.file_id for row in lines} | {row.file_id for row in versions} | set(riding))


def orders_of(file_ids: Iterable[int]) -> list[tuple[int, int]]:
    """The orders that these files are part of, each with its customer."""
    return sorted({(row.id, row.customer_id) for row in _with_files(list(file_ids))})


def open_orders(file_ids: Iterable[int]) -> list[str]:
    """The codes of the orders that have not ended and need any of these files."""
    return sorted({row.code for row in _with_files(list(file_ids)) if row.stage not in ENDED_VALUES})


def using(file_ids: Iterable[int]) -> list[OrderRow]:
    """The orders that these files are part of, the newest first."""
    return sorted(_with_files(list(file_ids)), key=lambda row: -row.id)


def _with_files(ids: list[int]) -> list[OrderRow]:
    if not ids:
        return []
    lines = OrderLineRow.select(OrderLineRow.order).where(OrderLineRow.file.in_(ids))
    versions = OrderLineRow.select(OrderLineRow.order).join(RevisionRow).where(RevisionRow.file.in_(ids))
    found = {row.id: row for row in OrderRow.select().where(OrderRow.id.in_(lines) | OrderRow.id.in_(versions))}
    owners = DesignFileRow.select(DesignFileRow.owner).where(DesignFileRow.id.in_(ids))
    companies = DesignFileRow.select(DesignFileRow.company).where(
        DesignFileRow.id.in_(ids), DesignFileRow.company.is_null(False)
    )
    riding = OrderRow.select().where(
        OrderRow.companions.is_null(False), OrderRow.customer.in_(owners) | OrderRow.company.in_(companies)
    )
    found |= {row.id: row for row in riding if any(int(one["id"]) in ids for one in row.companions)}
    return list(found.values())


def jobs_of(file_ids: Iterable[int]) -> list[JobRow]:
    """The jobs of lines with these files whose machine code is kept."""
    lines = OrderLineRow.select(OrderLineRow.id).where(OrderLineRow.file.in_(list(file_ids)))
    return list(JobRow.select().where(JobRow.line.in_(lines), JobRow.gcode_sha != ""))


_ACCESSES: Prepared[FileAccess] = Prepared(
    lambda file, most: (
        FileAccessRow.select(*columns(FileAccess, FileAccessRow))
        .where(FileAccessRow.file == file)
        .order_by(FileAccessRow.at.desc(), FileAccessRow.id.desc())
        .limit(most)
    ),
    FileAccess,
)


def accesses_of(file_id: int, *, most: int) -> list[FileAccess]:
    """Who of the shop looked at a file, the newest first."""
    return _ACCESSES.all(file_id, most)


def family_of(file_id: int) -> list[int]:
    """The ids of a file and of all that were mended of it, or it of them."""
    return [one.id for one in family([file_id])]


def orders_with(file_ids: Iterable[int]) -> list[OrderWithFile]:
    """The orders that these files are part of, the newest first."""
    return [view_of(OrderWithFile, row) for row in using(file_ids)]


def any_kept(file_ids: Iterable[int]) -> bool:
    """Whether any of these is still there."""
    mine = DesignFileRow.id.in_(list(file_ids)) & DesignFileRow.deleted_at.is_null()
    return bool(DesignFileRow.select().where(mine).exists())


def ended_untold(before: datetime, *, most: int) -> list[OrderRow]:
    """Orders that ended until this moment and whose customers have not been told of their files, the oldest first."""
    known = RetentionRow.select(RetentionRow.id).where(RetentionRow.order == OrderRow.id)
    query = OrderRow.select().where(OrderRow.stage.in_(ENDED_VALUES), OrderRow.stage_since <= before, ~fn.EXISTS(known))
    return list(query.order_by(OrderRow.stage_since, OrderRow.id).limit(most))


def kept_before(day: datetime, *, most: int) -> list[RetentionRow]:
    """What was kept until a day before this one, with its orders."""
    query = RetentionRow.select(RetentionRow, OrderRow).join(OrderRow)
    return list(query.where(RetentionRow.state == "kept", RetentionRow.due_at <= day).limit(most))
