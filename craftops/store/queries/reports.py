"""What ended in a span of time, as plain values for reports: three queries, however many there are."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from craftops.domain.billing.money import Money
from craftops.sdk.reports import FinishedJob, FinishedOrder, IssuedInvoice, ReportData
from craftops.store.database import in_dialect
from craftops.store.models import database
from craftops.store.models.base import from_micros, to_micros

ORDERS = """
SELECT o.code, o.title, a.name, c.name, (SELECT SUM(l.quantity) FROM order_line l WHERE l.order_id = o.id),
       o.placed_at, o.promise_at,
       (SELECT MIN(s.at) FROM stage_change s
         WHERE s.order_id = o.id AND s."after" IN ('ready_for_pickup', 'ready_to_ship')),
       o.stage_since, o.stage
  FROM orders o JOIN account a ON a.id = o.customer_id LEFT JOIN company c ON c.id = o.company_id
 WHERE o.stage IN ('completed', 'cancelled') AND o.stage_since >= ? AND o.stage_since < ?
 ORDER BY o.stage_since, o.id
"""
JOBS = """
SELECT j.code, o.code, m.name, m.process, l.material, j.copies, j.copies_done, j.state, j.planned_s, j.started_at,
       j.interrupted_s, j.finished_at
  FROM job j JOIN orders o ON o.id = j.order_id JOIN order_line l ON l.id = j.line_id
  LEFT JOIN machine m ON m.id = j.machine_id
 WHERE (j.state IN ('done', 'failed') OR (j.state = 'cancelled' AND j.started_at IS NOT NULL))
   AND j.finished_at >= ? AND j.finished_at < ?
 ORDER BY j.finished_at, j.id
"""
INVOICES = """
SELECT i.number, o.code, a.name, i.gross, i.currency, i.kind, i.issued_at
  FROM invoice i JOIN account a ON a.id = i.customer_id LEFT JOIN orders o ON o.id = i.order_id
 WHERE i.issued_at >= ? AND i.issued_at < ?
 ORDER BY i.issued_at, i.id
"""


def ended_between(first: date, last: date, zone: str, begin: datetime, end: datetime) -> ReportData:
    """All that ended from ``begin`` (midnight of ``first`` in ``zone``) until before ``end`` (that behind ``last``)."""
    span = (to_micros(begin), to_micros(end))
    return ReportData(
        first, last, zone,
        tuple(_order(row) for row in _rows(ORDERS, span)),
        tuple(_job(row) for row in _rows(JOBS, span)),
        tuple(_invoice(row) for row in _rows(INVOICES, span)),
    )  # fmt: skip


def _rows(sql: str, span: tuple[int, int]) -> list[tuple[Any, ...]]:
    return list(database.execute_sql(in_dialect(sql), span).fetchall())


def _order(row: tuple[Any, ...]) -> FinishedOrder:
    code, title, customer, company, copies, placed, promised, ready, ended, stage = row
    return FinishedOrder(
        code, title, customer, company or "", int(copies or 0), from_micros(placed), _moment(promised), _moment(ready),
        from_micros(ended), stage == "cancelled",
    )  # fmt: skip


def _job(row: tuple[Any, ...]) -> FinishedJob:
    code, order, machine, process, material, copies, good, state, planned, started, rested, ended = row
    took = (ended - started) / 1e6 - rested if started is not None else None
    return FinishedJob(
        code, order, machine or "", process or "other", material, copies, good, state, planned, took,
        from_micros(ended),
    )  # fmt: skip


def _invoice(row: tuple[Any, ...]) -> IssuedInvoice:
    number, order, customer, gross, currency, kind, issued = row
    sign = -1 if kind == "credit" else 1
    return IssuedInvoice(number, order or "", customer, Money(sign * abs(gross), currency), from_micros(issued))


def _moment(micros: int | None) -> datetime | None:
    return from_micros(micros) if micros is not None else None
