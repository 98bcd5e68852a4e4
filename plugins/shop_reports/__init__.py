"""Reports that most shops ask for: what machines did, whether promises were kept, who ordered how much."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from craftops.sdk import Plugin, hookimpl
from craftops.sdk.commands import OwnCommand
from craftops.sdk.reports import FinishedJob, FinishedOrder, Report, ReportData, ReportTable
from craftops.sdk.settings import NoSettings

HOUR_S = 3600.0


def machine_hours(data: ReportData) -> ReportTable:
    """Hours, jobs and rejects of each machine in each month."""
    by: dict[tuple[str, str], list[FinishedJob]] = defaultdict(list)
    for job in data.jobs:
        by[_month(job.ended_at, data.zone), job.machine or "by hand"].append(job)
    rows = [(month, machine, *_work(jobs)) for (month, machine), jobs in sorted(by.items())]
    return ReportTable(("Month", "Machine", "Jobs", "Hours", "Hours planned", "Good parts", "Parts lost"), rows)


def _work(jobs: Sequence[FinishedJob]) -> tuple[int, float, float, int, int]:
    done = [job for job in jobs if job.state == "done"]
    good = sum(job.copies_good for job in jobs)
    lost = sum(job.copies for job in jobs if job.state != "cancelled") - good
    return (
        len(jobs),
        round(sum(job.took_s or 0.0 for job in jobs) / HOUR_S, 1),
        round(sum(job.planned_s for job in done) / HOUR_S, 1),
        good,
        max(lost, 0),
    )


def promises(data: ReportData) -> ReportTable:
    """How many orders were ready by the end of the window that was promised for them, in each month."""
    by: dict[str, list[FinishedOrder]] = defaultdict(list)
    for order in data.orders:
        if order.promised_until is not None and order.ready_at is not None and not order.cancelled:
            by[_month(order.ended_at, data.zone)].append(order)
    rows = []
    for month, orders in sorted(by.items()):
        late_s = sorted(_late_s(order) for order in orders)
        late = [one for one in late_s if one > 0]
        worst_h = round(late[-1] / HOUR_S, 1) if late else 0.0
        rows.append((month, len(orders), len(orders) - len(late), round(100 - 100 * len(late) / len(orders)), worst_h))
    return ReportTable(
        ("Month", "Orders", "Kept", "Kept, %", "Latest, hours"), rows, "An order that nobody promised is not counted."
    )


def _late_s(order: FinishedOrder) -> float:
    if order.ready_at is None or order.promised_until is None:
        return 0.0
    return (order.ready_at - order.promised_until).total_seconds()


def customers(data: ReportData) -> ReportTable:
    """Orders and copies of each customer, most orders first."""
    by: dict[str, list[FinishedOrder]] = defaultdict(list)
    for order in data.orders:
        if not order.cancelled:
            by[order.company or order.customer].append(order)
    most_first = sorted(by.items(), key=lambda item: (-len(item[1]), item[0]))
    rows = [(name, len(orders), sum(one.copies for one in orders)) for name, orders in most_first]
    return ReportTable(("Customer", "Orders", "Copies"), rows)


def _month(at: datetime, zone: str) -> str:
    return f"{at.astimezone(ZoneInfo(zone)):%Y-%m}"


REPORTS: Sequence[tuple[str, str, str, Callable[[ReportData], ReportTable]]] = (
    ("machine_hours", "Machine hours", "What each machine did in each month.", machine_hours),
    ("promises", "Promises kept", "How many orders were ready when we had said.", promises),
    ("customers", "Customers", "Who ordered how much.", customers),
)


class ShopReports(Plugin[NoSettings]):
    """Three tables."""

    name = "shop_reports"
    title = "Reports"
    summary = "Machine hours, promises kept and customers, as tables and CSV."

    @hookimpl
    def register_reports(self) -> Iterable[Report]:
        return [Report(*one) for one in REPORTS]

    @hookimpl
    def register_commands(self) -> Iterable[OwnCommand]:
        return [OwnCommand("titles", "Says which reports there are, and what each answers.", _titles)]


def _titles(_words: Sequence[str]) -> str:
    return "\n".join(f"{name:<14} {title}: {summary}" for name, title, summary, _make in REPORTS)


PLUGIN = ShopReports
