"""Reports that plugins bring: the list, a table over a span of days, and the same as CSV. For the owner."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import date

from babel.numbers import format_decimal
from flask import Blueprint, Response, flash, render_template, request, url_for

from craftops.errors import IntakeError
from craftops.sdk.reports import Report, ReportTable
from craftops.services.shop import plugin_reports
from craftops.services.shop.plugin_reports import ReportDays
from craftops.web.frame import labels
from craftops.web.frame.language.told import told
from craftops.web.frame.request_context import actor, current_shop, sight
from craftops.web.frame.spreadsheet import cell


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """One report in the list."""

    title: str
    summary: str
    url: str
    plugin: str


@dataclass(frozen=True, slots=True)
class ReportCell:
    """One cell, as it is read."""

    text: str
    number: bool


@dataclass(frozen=True, slots=True)
class ReportPage:
    """A table of a report over some days."""

    title: str
    summary: str
    first: str
    last: str
    note: str
    columns: tuple[str, ...]
    rows: tuple[tuple[ReportCell, ...], ...]
    csv_url: str


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/reports", view_func=reports)
    blueprint.add_url_rule("/reports/<plugin>/<name>", view_func=report)
    blueprint.add_url_rule("/reports/<plugin>/<name>.csv", view_func=report_csv)


def reports() -> str:
    """Which reports there are."""
    actor().must_be_owner()
    host = current_shop().plugins
    titles = {name: plugin.title for name, plugin in host.plugins().items()}
    entries = [
        ReportEntry(
            told(one.title),
            told(one.summary),
            url_for("staff.report", plugin=plugin, name=name),
            told(titles.get(plugin, "")),
        )
        for (plugin, name), one in host.reports.items()
    ]
    return render_template("staff/reports.html", reports=entries)


def report(plugin: str, name: str) -> str | tuple[str, int]:
    """One report over the days that were asked for, else over the last twelve months."""
    actor().must_be_owner()
    fault = ""
    try:
        days = _days()
    except IntakeError as error:
        fault, days = error.sentence, plugin_reports.check_days("", "", _today())
    found, table = plugin_reports.make(current_shop(), plugin, name, days)
    if fault:
        flash(fault, "bad")
    page = _page(plugin, found, table, days)
    shown = render_template("staff/report.html", page=page)
    return (shown, 422) if fault else shown


def report_csv(plugin: str, name: str) -> Response:
    """The same for a spreadsheet; no cell is taken for a formula."""
    actor().must_be_owner()
    days = _days()
    _found, table = plugin_reports.make(current_shop(), plugin, name, days)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow([cell(one) for one in table.columns])
    writer.writerows([one if isinstance(one, (int, float)) else cell(one) for one in row] for row in table.rows)
    named = f"{name}-{days.first}-{days.last}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{named}"'}
    return Response(out.getvalue(), mimetype="text/csv", headers=headers)


def _days() -> ReportDays:
    return plugin_reports.check_days(request.args.get("first", ""), request.args.get("last", ""), _today())


def _today() -> date:
    return sight().now.astimezone(sight().profile.zone).date()


def _page(plugin: str, found: Report, table: ReportTable, days: ReportDays) -> ReportPage:
    first, last = days.first.isoformat(), days.last.isoformat()
    return ReportPage(
        told(found.title),
        found.summary,
        first,
        last,
        table.note,
        table.columns,
        tuple(tuple(_shown(one) for one in row) for row in table.rows),
        url_for("staff.report_csv", plugin=plugin, name=found.name, first=first, last=last),
    )


def _shown(value: str | float) -> ReportCell:
    if isinstance(value, str):
        return ReportCell(value, number=False)
    return ReportCell(format_decimal(value, locale=labels.locale()), number=True)
