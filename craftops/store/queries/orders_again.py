"""What ordering again reads: versions of lines, by what they were made, and how earlier ones of a line were made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from craftops.domain.production.jobs import JobState
from craftops.store.database import in_dialect
from craftops.store.models import DesignFileRow, JobRow, MachineRow, OrderLineRow, RevisionRow, database
from craftops.store.models.base import from_micros
from craftops.store.prepared import Prepared
from craftops.store.viewing import columns
from craftops.store.views.files import FileView

_OF_FILE = columns(FileView, DesignFileRow)
_VERSIONS: Prepared[tuple[int, int, FileView]] = Prepared(
    lambda order: (
        RevisionRow.select(RevisionRow.line, RevisionRow.number, *_OF_FILE)
        .join(DesignFileRow)
        .switch(RevisionRow)
        .join(OrderLineRow)
        .where(OrderLineRow.order == order)
    ),
    lambda line, number, *file: (line, number, FileView(*file)),
)
_FILES: Prepared[FileView] = Prepared(
    lambda ids: DesignFileRow.select(*_OF_FILE).where(DesignFileRow.id.in_(ids)), FileView
)


def versions_of(order_id: int) -> dict[int, dict[int, FileView]]:
    """The versions of each line of an order by number, each with its file; nothing of a line with a single one."""
    found: dict[int, dict[int, FileView]] = {}
    for line, number, file in _VERSIONS.all(order_id):
        found.setdefault(line, {})[number] = file
    return found


def processes_of(order_id: int) -> dict[int, str]:
    """By which process each line of an order was made; nothing of a line that no machine had."""
    query: Any = JobRow.select(JobRow.line, MachineRow.process).join(MachineRow).where(JobRow.order == order_id)
    return dict(query.order_by(JobRow.id).tuples())


def files_of(file_ids: Iterable[int]) -> dict[int, FileView]:
    """These files by id, as far as they are there."""
    ids = list(file_ids)
    return {file.id: file for file in _FILES.all(ids)} if ids else {}


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """A run that made copies of an earlier line well."""

    job_id: int
    job_code: str
    copies: int
    gcode_sha: str
    """Empty where it had no machine code of ours."""
    gcode_name: str
    started_at: datetime | None
    finished_at: datetime | None
    interrupted_s: float
    machine: str
    machine_key: str
    process: str

    @property
    def worked_s(self) -> float | None:
        """Seconds that the machine worked on it, interruptions left out; None where nobody saw it begin or end."""
        if self.started_at is None or self.finished_at is None:
            return None
        return max(0.0, (self.finished_at - self.started_at).total_seconds() - self.interrupted_s)


@dataclass(frozen=True, slots=True)
class EarlierLine:
    """The line that one of this order is again: the newest that was made, else the one it was ordered from."""

    line_id: int
    """Of this order."""
    title: str
    from_line_id: int
    order_code: str
    material: str
    colour: str
    finish: str
    quantity: int
    same_file: bool
    runs: tuple[EarlierRun, ...]
    """The newest first; none where it was never made."""
    hand_work: tuple[tuple[str, str, float], ...]
    """Kind, title and minutes of its hand work."""


EARLIER = """
WITH RECURSIVE earlier(line, before, depth) AS (
  SELECT id, reordered_from_id, 1 FROM order_line WHERE order_id = ? AND reordered_from_id IS NOT NULL
  UNION ALL
  SELECT e.line, l.reordered_from_id, e.depth + 1 FROM earlier e JOIN order_line l ON l.id = e.before
  WHERE l.reordered_from_id IS NOT NULL AND e.depth < 20
)
SELECT e.line, e.depth, t.title, l.id, o.code, l.material, l.colour, l.finish, l.quantity, tf.sha256 = lf.sha256,
  j.id, j.code, j.copies, j.gcode_sha, j.gcode_name, j.started_at, j.finished_at, j.interrupted_s, m.name, m.key,
  m.process
FROM earlier e JOIN order_line t ON t.id = e.line JOIN order_line l ON l.id = e.before
JOIN orders o ON o.id = l.order_id
LEFT JOIN design_file tf ON tf.id = t.file_id LEFT JOIN design_file lf ON lf.id = l.file_id
LEFT JOIN job j ON j.line_id = l.id AND j.state = ? LEFT JOIN machine m ON m.id = j.machine_id
ORDER BY t.position, e.depth, j.id DESC
"""
HAND_WORK = "SELECT line_id, kind, title, minutes FROM operation WHERE line_id IN ({marks}) ORDER BY id"


_AGAIN: Prepared[int] = Prepared(
    lambda order: OrderLineRow.select(OrderLineRow.id).where(
        OrderLineRow.order == order, OrderLineRow.reordered_from.is_null(False)
    ),
    int,
)


def earlier_lines(order_id: int) -> list[EarlierLine]:
    """What is known of how each line of an order was made before; nothing of a line that is no other's again."""
    if not _AGAIN.all(order_id):
        return []
    rows = database.execute_sql(in_dialect(EARLIER), (order_id, JobState.DONE.value)).fetchall()
    depths = _depths(rows)
    told = [row for row in rows if row[1] == depths[row[0]]]
    hand = _hand_work({row[3] for row in told})
    return [_earlier([row for row in told if row[0] == line], hand) for line in depths]


def _depths(rows: Iterable[tuple[Any, ...]]) -> dict[int, int]:
    """How far back the line is that counts, by line: the newest that was made, else the one it was ordered from."""
    newest: dict[int, int] = {}
    made: dict[int, int] = {}
    for row in rows:  # the newest come first
        newest.setdefault(row[0], row[1])
        if row[10] is not None:
            made.setdefault(row[0], row[1])
    return newest | made


def _earlier(rows: Sequence[tuple[Any, ...]], hand: Mapping[int, list[tuple[str, str, float]]]) -> EarlierLine:
    """One earlier line out of its rows, a row for each run."""
    line, _depth, title, before, code, material, colour, finish, quantity, same = rows[0][:10]
    runs = tuple(_run(row[10:]) for row in rows if row[10] is not None)
    return EarlierLine(
        line, title, before, code, material, colour, finish, quantity, bool(same), runs, tuple(hand.get(before, ()))
    )


def _hand_work(line_ids: set[int]) -> dict[int, list[tuple[str, str, float]]]:
    if not line_ids:
        return {}
    sql = in_dialect(HAND_WORK.format(marks=", ".join("?" * len(line_ids))))
    found: dict[int, list[tuple[str, str, float]]] = {}
    for line, kind, title, minutes in database.execute_sql(sql, tuple(sorted(line_ids))).fetchall():
        found.setdefault(line, []).append((kind, title, minutes))
    return found


def _run(row: tuple[Any, ...]) -> EarlierRun:
    job, code, copies, sha, name, started, finished, interrupted, machine, key, process = row
    began, ended = (from_micros(at) if at is not None else None for at in (started, finished))
    return EarlierRun(
        job, code, copies, sha, name, began, ended, interrupted or 0.0, machine or "", key or "", process or ""
    )
