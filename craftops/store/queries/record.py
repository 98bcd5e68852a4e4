"""What is kept of how an order was made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from peewee import JOIN

from craftops.store.models import JobRow, MachineRow, OperationRow, OrderLineRow


@dataclass(frozen=True, slots=True)
class EndedRun:
    """A run that good copies came of."""

    title: str
    """Of its line."""
    machine: str
    """Empty where the machine is gone."""
    copies: int
    started_at: datetime | None
    finished_at: datetime | None
    interrupted_s: float

    @property
    def worked_s(self) -> float | None:
        """Seconds at work, interruptions left out; None where nobody saw it begin or end."""
        if self.started_at is None or self.finished_at is None:
            return None
        return max(0.0, (self.finished_at - self.started_at).total_seconds() - self.interrupted_s)


def runs_of(order_id: int) -> list[EndedRun]:
    """The runs of an order that good copies came of, in the order in which they began."""
    query: Any = (
        JobRow.select(
            OrderLineRow.title, MachineRow.name, JobRow.copies_done, JobRow.started_at, JobRow.finished_at,
            JobRow.interrupted_s,
        )
        .join(OrderLineRow)
        .switch(JobRow)
        .join(MachineRow, JOIN.LEFT_OUTER)
        .where(JobRow.order == order_id, JobRow.copies_done > 0)
        .order_by(JobRow.started_at, JobRow.id)
    )  # fmt: skip
    return [EndedRun(title, name or "", *rest) for title, name, *rest in query.tuples()]


def hand_work_of(order_id: int) -> list[tuple[str, str]]:
    """Kind and title of the hand work that was done, each once."""
    query: Any = OperationRow.select(OperationRow.kind, OperationRow.title).where(
        OperationRow.order == order_id, OperationRow.done_at.is_null(False)
    )
    return list(dict.fromkeys(query.order_by(OperationRow.id).tuples()))
