"""Reports of plugins: what ended in a span of days, handed over as plain values, and what came back looked at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from craftops.domain.hours.days import begin_of, end_of
from craftops.errors import AccessError, CraftOpsError, IntakeError
from craftops.plugin_host.calls import TookTooLong
from craftops.sdk.reports import Report, ReportData, ReportTable
from craftops.services.shop.context import Shop
from craftops.store.queries import reports

LONGEST = timedelta(days=3700)
MOST_ROWS = 20_000


@dataclass(frozen=True, slots=True)
class ReportDays:
    """A span of days in the shop's zone, both ends included."""

    first: date
    last: date


def check_days(first: str, last: str, today: date) -> ReportDays:
    """The span of two ISO dates; the last twelve months where neither is given. Raises IntakeError."""
    try:
        until = date.fromisoformat(last) if last else today
        since = date.fromisoformat(first) if first else (until - timedelta(days=365)).replace(day=1)
    except (ValueError, OverflowError):
        raise IntakeError("Write days as 2026-11-28.") from None
    if since > until:
        raise IntakeError("The first day is after the last one.")
    if until - since > LONGEST or not 1990 <= since.year <= until.year < 9000:
        raise IntakeError("A report covers ten years at most.")
    return ReportDays(since, until)


def data_of(shop: Shop, days: ReportDays) -> ReportData:
    """Everything that ended in these days."""
    zone = shop.profile().zone
    return reports.ended_between(days.first, days.last, zone.key, begin_of(days.first, zone), end_of(days.last, zone))


def make(shop: Shop, plugin: str, name: str, days: ReportDays) -> tuple[Report, ReportTable]:
    """A report and its table. Raises AccessError where there is none, CraftOpsError where it does not work."""
    host = shop.plugins
    report = host.reports.get((plugin, name))
    if report is None:
        raise AccessError
    data = data_of(shop, days)
    try:
        table = host.run(plugin, f"report {name}", lambda: _checked(report.make(data)), host.question_s)
    except TookTooLong:
        raise CraftOpsError(f"The report {report.title} takes too long.") from None
    except (Exception, SystemExit) as error:
        raise CraftOpsError(f"The report {report.title} does not work.") from error
    return report, table


def _checked(table: object) -> ReportTable:
    """Raises TypeError for what is no table, or one whose rows are not as long as its columns."""
    if not isinstance(table, ReportTable):
        raise TypeError(f"it answered {type(table).__name__}, a ReportTable was asked for")
    rows: Sequence[tuple[str | int | float, ...]] = tuple(table.rows)
    if len(rows) > MOST_ROWS:
        raise TypeError(f"it gave more than {MOST_ROWS} rows")
    if not all(isinstance(name, str) for name in table.columns):
        raise TypeError("it gave columns that are no texts")
    for row in rows:
        if len(row) != len(table.columns) or not all(_fits(cell) for cell in row):
            raise TypeError(f"it gave the row {row!r} for the columns {table.columns!r}")
    return ReportTable(table.columns, rows, str(table.note))


def _fits(cell: object) -> bool:
    return isinstance(cell, (str, int)) or (isinstance(cell, float) and math.isfinite(cell))
