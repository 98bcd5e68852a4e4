"""The history as its pages show it, and as a spreadsheet gets it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

from flask import url_for
from flask_babel import gettext as _

from craftops.domain.billing.money import Money
from craftops.domain.orders.history import EndedAs
from craftops.domain.orders.workflow import ENDED, Stage
from craftops.domain.people.access import Actor
from craftops.domain.people.companies import CompanyAction, actions_of
from craftops.store.queries import history, scoped
from craftops.store.queries.history import HistoryLine, HistoryOrder
from craftops.web.billing.present import money
from craftops.web.frame import labels
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.spreadsheet import cell
from craftops.web.frame.views import Chip, Choice
from craftops.web.orders import labels as order_labels
from craftops.web.orders.history_form import SentSearch
from craftops.web.orders.views_history import HistoryFilter, HistoryPage, HistoryRow

PER_PAGE = 20
PARTS_TOLD = 2
BEHIND = ("material", "stage", "from", "to", "least", "most")
TONES = {Stage.COMPLETED: "good", Stage.CANCELLED: "quiet"}


class Rights:
    """What somebody may do with orders of companies, by their role in each; read once."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        roles = {} if actor.is_staff else scoped.roles_of(actor)
        self.pays = {one for one, role in roles.items() if CompanyAction.PAY in actions_of(role)}
        self.buys = {one for one, role in roles.items() if CompanyAction.ORDER in actions_of(role)}

    def sees_money(self, order: HistoryOrder) -> bool:
        mine = order.company_id is None or order.customer_id == self.actor.customer_id
        return self.actor.is_staff or mine or order.company_id in self.pays

    def may_order(self, order: HistoryOrder) -> bool:
        return not self.actor.is_staff and (order.company_id is None or order.company_id in self.buys)


def history_view(search: SentSearch, room: str, actor: Actor, sight: RequestContext) -> HistoryPage:
    """A page of what was found. ``room``: portal or staff."""
    rights, found = Rights(actor), []
    if search.question is not None:
        found = history.history_page(
            actor, search.question, most=PER_PAGE + 1, after=search.after, pays=rights.pays
        )  # fmt: skip
    asked: dict[str, Any] = {name: value for name, value in search.typed.items() if value}
    older = url_for(f"{room}.history", **asked, after=str(found[PER_PAGE - 1].place)) if len(found) > PER_PAGE else ""
    return HistoryPage(
        filter=_filter(search, room, actor, sight),
        rows=tuple(_row(order, room, rights, sight) for order in found[:PER_PAGE]),
        older_url=older,
        newest_url=url_for(f"{room}.history", **asked) if search.after is not None else "",
        csv_url=url_for(f"{room}.history_csv", **asked) if found else "",
    )


def _filter(search: SentSearch, room: str, actor: Actor, sight: RequestContext) -> HistoryFilter:
    typed = search.typed
    offered = {one.name: one.label for one in sight.catalogue.materials}
    used = [name for name in history.materials_of(actor) if name not in offered]
    materials = [Choice(name, label, name == typed["material"]) for name, label in offered.items()]
    gone = [Choice(name, _("%(name)s (no more)", name=name), name == typed["material"]) for name in used]
    stages = {
        EndedAs.ENDED: _("Completed and cancelled"), EndedAs.COMPLETED: _("Completed"),
        EndedAs.CANCELLED: _("Cancelled"), EndedAs.OPEN: _("Still being made"),
    }  # fmt: skip
    return HistoryFilter(
        action=url_for(f"{room}.history"),
        words=typed["q"],
        customer=typed["customer"],
        since=typed["from"],
        until=typed["to"],
        least=typed["least"],
        most=typed["most"],
        currency=sight.profile.currency.upper(),
        materials=(*materials, *gone),
        stages=tuple(Choice(one.value, label, one.value == typed["stage"]) for one, label in stages.items()),
        errors=search.errors,
        narrow=any(typed.values()),
        more=any(typed[name] for name in BEHIND),
    )


def _row(order: HistoryOrder, room: str, rights: Rights, sight: RequestContext) -> HistoryRow:
    stage = Stage(order.stage)
    first = next((line for line in order.lines if line.picture_sha), None)
    when = order.since if stage in ENDED else order.placed_at
    chip = Chip(str(order_labels.STAGE_TITLES[stage]), TONES.get(stage, "calm"), order_labels.STAGE_ICONS[stage])
    told = rights.sees_money(order) and order.total is not None
    return HistoryRow(
        code=order.code,
        title=order.title,
        url=url_for(f"{room}.order", code=order.code),
        picture_url=url_for("portal.picture", file_id=first.file_id, v=first.picture_sha[:8]) if first else "",
        when=labels.day_of_year(when, sight.profile.zone),
        chip=chip,
        parts=_parts(order.lines),
        materials=", ".join(dict.fromkeys(_material(line, sight) for line in order.lines)),
        total=money(Money(order.total or 0, order.currency)) if told else "",
        again_url=url_for("portal.reorder", code=order.code) if rights.may_order(order) else "",
        customer=order.customer,
        customer_url=url_for("staff.customer", account_id=order.customer_id) if rights.actor.is_staff else "",
    )


def _material(line: HistoryLine, sight: RequestContext) -> str:
    known = sight.catalogue.material(line.material)
    return known.label if known else line.material


def _parts(lines: tuple[HistoryLine, ...]) -> str:
    told = ", ".join(f"{line.quantity} × {line.title}" for line in lines[:PARTS_TOLD])
    more = len(lines) - PARTS_TOLD
    return _("%(parts)s and %(n)s more", parts=told, n=more) if more > 0 else told


COLUMNS = (
    "code",
    "title",
    "stage",
    "placed_at",
    "ended_at",
    "delivery",
    "parts",
    "materials",
    "files",
    "total",
    "currency",
)
FOR_STAFF = ("customer", "email")


def history_spreadsheet(search: SentSearch, actor: Actor) -> str:
    """Everything that fits, on all pages, as CSV. Times are ISO 8601 in UTC, totals with a decimal point."""
    rights = Rights(actor)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow((*COLUMNS, *FOR_STAFF) if actor.is_staff else COLUMNS)
    if search.question is not None:
        for order in history.all_pages(actor, search.question, pays=rights.pays):
            writer.writerow([cell(one) for one in _cells(order, rights)])
    return out.getvalue()


def _cells(order: HistoryOrder, rights: Rights) -> Iterable[object]:
    ended = order.since.isoformat(timespec="seconds") if Stage(order.stage) in ENDED else ""
    total = order.total if rights.sees_money(order) else None
    yield from (
        order.code,
        order.title,
        order.stage,
        order.placed_at.isoformat(timespec="seconds"),
        ended,
        order.delivery,
    )
    yield "; ".join(f"{line.quantity} × {line.title}" for line in order.lines)
    yield "; ".join(dict.fromkeys(line.material for line in order.lines))
    yield "; ".join(line.file_name for line in order.lines if line.file_name)
    yield Money(total, order.currency).major if total is not None else ""
    yield order.currency if total is not None else ""
    if rights.actor.is_staff:
        yield from (order.customer, order.email)
