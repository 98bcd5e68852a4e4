"""The history as its pages show it, and as a spreadsheet gets it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from flask import url_for

from craftops.domain.billing.money import Money
from craftops.domain.orders.history import EndedAs
from craftops.domain.orders.workflow import ENDED, Stage
from craftops.domain.people.access import Actor
from craftops.domain.shop.catalogue import Catalogue
from craftops.store.queries import history
from craftops.store.queries.history import HistoryLine, HistoryOrder
from craftops.web.billing.present import money
from craftops.web.frame import labels
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import RequestContext, roles
from craftops.web.frame.spreadsheet import cell
from craftops.web.frame.views import Chip, Choice
from craftops.web.orders import labels as order_labels
from craftops.web.orders.history_form import SentSearch
from craftops.web.orders.rights import Rights
from craftops.web.orders.views_history import HistoryFilter, HistoryPage, HistoryRow

PER_PAGE = 20
PARTS_TOLD = 2
CODE, NUMBER = "CODE00", 100_000_000_000_007
"""Stand in an address for what differs from row to row."""
BEHIND = ("material", "stage", "from", "to", "least", "most")
KEPT_ROWS, KEPT_FILTERS, KEPT_PENS = 4096, 64, 16
TONES = {Stage.COMPLETED: "good", Stage.CANCELLED: "quiet"}


def history_view(search: SentSearch, room: str, actor: Actor, sight: RequestContext) -> HistoryPage:
    """A page of what was found. ``room``: portal or staff."""
    rights, found = Rights(actor, roles()), []
    if search.question is not None:
        found = history.history_page(
            actor, search.question, most=PER_PAGE + 1, after=search.after, roles=rights.roles
        )  # fmt: skip
    asked: dict[str, Any] = {name: value for name, value in search.typed.items() if value}
    older = url_for(f"{room}.history", **asked, after=str(found[PER_PAGE - 1].place)) if len(found) > PER_PAGE else ""
    pen = _pen(room, sight)
    return HistoryPage(
        filter=pen.filter(search, rights),
        rows=tuple(pen.row(order, rights) for order in found[:PER_PAGE]),
        older_url=older,
        newest_url=url_for(f"{room}.history", **asked) if search.after is not None else "",
        csv_url=url_for(f"{room}.history_csv", **asked) if found else "",
    )


class _HistoryWriter:
    """Writes rows and searches of one room in one language. What was written before is given out again: an order that
    has ended rarely changes, and its row says nothing that ages."""

    def __init__(self, room: str, sight: RequestContext) -> None:
        self.catalogue, self.zone, self.currency = sight.catalogue, sight.profile.zone, sight.profile.currency.upper()
        self.action = url_for(f"{room}.history")
        self.order, self.again = (url_for(one, code=CODE) for one in (f"{room}.order", "portal.reorder"))
        self.picture, self.customer = url_for("portal.picture", file_id=NUMBER), ""
        if room == "staff":
            self.customer = url_for("staff.customer", account_id=NUMBER)
        self.chips: dict[str, Chip] = {}
        self.rows: dict[tuple[HistoryOrder, bool, bool], HistoryRow] = {}
        self.filters: dict[tuple[str, ...], HistoryFilter] = {}

    def row(self, order: HistoryOrder, rights: Rights) -> HistoryRow:
        """The row of an order, as its reader may see it."""
        key = (order, rights.sees_money(order), rights.may_order(order))
        found = self.rows.get(key)
        if found is None:
            if len(self.rows) >= KEPT_ROWS:
                self.rows.clear()
            found = self.rows[key] = self._row(*key)
        return found

    def _row(self, order: HistoryOrder, sees_money: bool, may_order: bool) -> HistoryRow:
        first = next((line for line in order.lines if line.picture_sha), None)
        when = order.since if Stage(order.stage) in ENDED else order.placed_at
        told = order.total is not None and sees_money
        picture = self.picture.replace(str(NUMBER), str(first.file_id)) if first else ""
        return HistoryRow(
            code=order.code,
            title=order.title,
            url=self.order.replace(CODE, order.code),
            picture_url=f"{picture}?v={first.picture_sha[:8]}" if first else "",
            when=labels.day_of_year(when, self.zone),
            chip=self._chip(order.stage),
            parts=_parts(order.lines),
            materials=", ".join(dict.fromkeys(_material(line, self.catalogue) for line in order.lines)),
            total=money(Money(order.total or 0, order.currency)) if told else "",
            again_url=self.again.replace(CODE, order.code) if may_order else "",
            customer=order.customer,
            customer_url=self.customer.replace(str(NUMBER), str(order.customer_id)),
        )

    def _chip(self, stage: str) -> Chip:
        if stage not in self.chips:
            one = Stage(stage)
            word, tone = str(order_labels.STAGE_TITLES[one]), TONES.get(one, "calm")
            self.chips[stage] = Chip(word, tone, order_labels.STAGE_ICONS[one])
        return self.chips[stage]

    def filter(self, search: SentSearch, rights: Rights) -> HistoryFilter:
        """The search as it was typed, with what can be chosen."""
        offered = {one.name: one.label for one in self.catalogue.materials}
        used = history.other_materials(rights.actor, rights.roles, offered)
        if search.errors:
            return self._filter(search, offered, used)
        key = (*search.typed.values(), *used)
        found = self.filters.get(key)
        if found is None:
            if len(self.filters) >= KEPT_FILTERS:
                self.filters.clear()
            found = self.filters[key] = self._filter(search, offered, used)
        return found

    def _filter(self, search: SentSearch, offered: dict[str, str], used: list[str]) -> HistoryFilter:
        typed = search.typed
        materials = [Choice(name, label, name == typed["material"]) for name, label in offered.items()]
        gone = [Choice(name, _("%(name)s (no more)", name=name), name == typed["material"]) for name in used]
        stages = {
            EndedAs.ENDED: _("Completed and cancelled"), EndedAs.COMPLETED: _("Completed"),
            EndedAs.CANCELLED: _("Cancelled"), EndedAs.OPEN: _("Still being made"),
        }  # fmt: skip
        return HistoryFilter(
            action=self.action,
            words=typed["q"],
            customer=typed["customer"],
            since=typed["from"],
            until=typed["to"],
            least=typed["least"],
            most=typed["most"],
            currency=self.currency,
            materials=(*materials, *gone),
            stages=tuple(Choice(one.value, label, one.value == typed["stage"]) for one, label in stages.items()),
            errors=search.errors,
            narrow=any(typed.values()),
            more=any(typed[name] for name in BEHIND),
        )


_pens: dict[tuple[str, str, str, str, ZoneInfo, int], _HistoryWriter] = {}


def _pen(room: str, sight: RequestContext) -> _HistoryWriter:
    """By room, language, root of the addresses, currency, zone and what the shop offers."""
    offers = sight.catalogue
    key = (
        room, labels.locale(), url_for(f"{room}.history"), sight.profile.currency, sight.profile.zone, id(offers)
    )  # fmt: skip
    known = _pens.get(key)
    if known is None or known.catalogue is not offers:
        if len(_pens) >= KEPT_PENS:
            _pens.clear()
        known = _pens[key] = _HistoryWriter(room, sight)
    return known


def _material(line: HistoryLine, catalogue: Catalogue) -> str:
    known = catalogue.material_of(line)
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
        for order in history.all_pages(actor, search.question, roles=rights.roles):
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
