"""Who did what: one page for the owner, and the same as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, render_template, request, stream_with_context, url_for

from craftops.domain.hours.days import begin_of, end_of
from craftops.domain.orders.workflow import Stage
from craftops.services.shop import audit
from craftops.store.queries.audit import AuditQuestion, Trace
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.numbers import whole
from craftops.web.frame.request_context import actor, sight
from craftops.web.frame.spreadsheet import cell
from craftops.web.frame.views import Choice, FormField
from craftops.web.orders.labels import STAGE_TITLES
from craftops.web.people.agents import browser_of
from craftops.web.shop.audit_words import GROUPS, title_of

PER_PAGE = 50
COLUMNS = ("at", "who", "what", "of", "before", "after", "address", "browser")
MOST_DATA = 12
"""Values of an event that are shown."""


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One thing that was done."""

    at: datetime
    who: str
    what: str
    subject: str
    was: tuple[str, ...]
    now: tuple[str, ...]
    address: str
    browser: str


@dataclass(frozen=True, slots=True)
class AuditPage:
    """``staff/audit.html``."""

    lines: tuple[AuditLine, ...]
    fields: tuple[FormField, ...]
    asked: bool
    """Whether anything was looked for."""
    number: int
    newer_url: str
    older_url: str
    csv_url: str
    error: str


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/settings/audit", view_func=audit_trail)
    blueprint.add_url_rule("/settings/audit.csv", view_func=audit_csv)


def audit_trail() -> tuple[str, int]:
    """The page."""
    asked, error = _question()
    number = max(1, min(1000, request.args.get("page", 1, type=whole)))
    found = audit.look(asked, actor=actor(), limit=PER_PAGE + 1, offset=(number - 1) * PER_PAGE)
    words: dict[str, Any] = {
        name: value for name in ("q", "group", "since", "until") if (value := request.args.get(name, ""))
    }
    page = AuditPage(
        lines=tuple(_line(one) for one in found[:PER_PAGE]),
        fields=_fields(error),
        asked=bool(words),
        number=number,
        newer_url=url_for("staff.audit_trail", page=number - 1, **words) if number > 1 else "",
        older_url=url_for("staff.audit_trail", page=number + 1, **words) if len(found) > PER_PAGE else "",
        csv_url=url_for("staff.audit_csv", **words),
        error=error,
    )
    return render_template("staff/audit.html", page=page), 422 if error else 200


def _question() -> tuple[AuditQuestion, str]:
    """What is looked for, and what of it cannot be read."""
    asked, error = request.args, ""
    days: dict[str, date | None] = {"since": None, "until": None}
    for name in days:
        if typed := asked.get(name, ""):
            try:
                days[name] = date.fromisoformat(typed)
            except ValueError:
                error = _("Write days as 2026-11-28.")
    zone = ZoneInfo(sight().profile.timezone)
    since, until = days["since"], days["until"]
    known = GROUPS.get(asked.get("group", ""))
    question = AuditQuestion(
        text=" ".join(asked.get("q", "").split())[:100],
        deeds=known[1] if known else frozenset(),
        since=begin_of(since, zone) if since else None,
        until=end_of(until, zone) if until else None,
    )
    return question, error


def _fields(error: str) -> tuple[FormField, ...]:
    asked = request.args
    group = asked.get("group", "")
    choices = (Choice("", _("Everything"), not group), *(
        Choice(name, str(title), name == group) for name, (title, _deeds) in GROUPS.items()
    ))  # fmt: skip
    return (
        FormField("q", _("Name, order, address, value"), "search", asked.get("q", "")[:100], "", "", True),
        FormField("group", _("Kind"), "select", group, "", "", True, choices),
        FormField("since", _("From"), "date", asked.get("since", "")[:10], "", error, True),
        FormField("until", _("To"), "date", asked.get("until", "")[:10], "", "", True),
    )


def _line(one: Trace) -> AuditLine:
    was, now = _values(one)
    browser = browser_of(one.agent) if one.agent else ""
    return AuditLine(one.at, one.who, title_of(one), one.subject, was, now, one.address, browser)


def _values(one: Trace) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What was and what is now, a line each."""
    if one.source != "event":
        return tuple(one.was.splitlines()), tuple(one.now.splitlines())
    rest = {key: value for key, value in one.data.items() if key not in ("before", "after", "kind")}
    before, after = (_staged(one.data.get(name)) for name in ("before", "after"))
    return tuple(_said({"": before})), tuple(_said({"": after, **rest}))


def _staged(value: object) -> object:
    """A stage in words, anything else as it is."""
    return str(STAGE_TITLES[Stage(value)]) if isinstance(value, str) and value in list(Stage) else value


def _said(values: Mapping[str, object]) -> Iterable[str]:
    shown = [(key, value) for key, value in values.items() if isinstance(value, (str, int, float)) and value != ""]
    return [f"{key}: {value}" if key else str(value) for key, value in shown[:MOST_DATA]]


def audit_csv() -> Response:
    """The same as a table; instants in UTC."""
    asked, _error = _question()
    found = audit.take_along(asked, actor=actor(), at=sight().now)
    answer = Response(stream_with_context(_rows(found)), mimetype="text/csv")
    answer.headers["Content-Disposition"] = "attachment; filename=audit-trail.csv"
    return answer


def _rows(found: Iterable[Trace]) -> Iterator[str]:
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for one in found:
        line = _line(one)
        values = (
            line.at.isoformat(timespec="seconds"), line.who, line.what, line.subject, "\n".join(line.was),
            "\n".join(line.now), line.address, one.agent,
        )  # fmt: skip
        writer.writerow([cell(value) for value in values])
        yield out.getvalue()
        out.seek(0)
        out.truncate()
    yield out.getvalue()
