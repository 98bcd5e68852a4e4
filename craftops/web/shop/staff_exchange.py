"""Tables of another program brought in, with a look before; for the owner."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.shop.imports import WANTED, ImportKind, read_text
from craftops.errors import IntakeError
from craftops.services.shop import importing
from craftops.services.shop.importing import ImportPlan
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.language.translation import lazy_gettext as __
from craftops.web.frame.request_context import actor, current_shop, sight
from craftops.web.frame.security import takes_files
from craftops.web.frame.sent_form import uploaded
from craftops.web.frame.views import Chip, Choice
from craftops.web.shop.forms import TableForm

MOST_BYTES = 500_000
"""Larger files are brought in on the command line."""
MOST_SHOWN = 30
KINDS = {
    ImportKind.CUSTOMERS: __("Customers"),
    ImportKind.ORDERS: __("Past orders"),
    ImportKind.CATALOGUE: __("Materials"),
}


@dataclass(frozen=True, slots=True)
class ExchangeLine:
    """A row of the table and what would come of it."""

    number: int
    words: str
    chip: Chip
    sentence: str


@dataclass(frozen=True, slots=True)
class ExchangePage:
    """``staff/exchange.html``."""

    kinds: tuple[Choice, ...]
    columns: tuple[tuple[str, str, str], ...]
    """Of each kind: its name, the columns that must be there, and those that may."""
    kind: str = ""
    """Of what is looked at; empty before a file was sent."""
    title: str = ""
    new: int = 0
    known: int = 0
    faulty: int = 0
    ignored: str = ""
    lines: tuple[ExchangeLine, ...] = ()
    more: int = 0
    text: str = ""
    toml: str = ""
    error: str = ""


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/exchange", view_func=exchange, methods=["GET", "POST"])
    blueprint.add_url_rule("/exchange/take", view_func=take_import, methods=["POST"])


@takes_files
def exchange() -> AnyResponse | tuple[str, int]:
    """The form, and what would come of a file that was sent with it; nothing is written."""
    actor().must_be_owner()
    if request.method != "POST":
        return _page("", None), 200
    kind, upload = TableForm.sent().kind, uploaded("table")
    raw = upload.stream.read(MOST_BYTES + 1) if upload is not None else b""
    try:
        if len(raw) > MOST_BYTES:
            command = f"craftops import {kind.value} FILE"
            raise IntakeError(_("The file is too large for this page. Bring it in with: %(command)s", command=command))
        text = read_text(raw)
        found = importing.plan(kind, text)
    except IntakeError as error:
        return _page("", None, kind, error.sentence), 422
    return _page(text, found), 200


def take_import() -> AnyResponse:
    """Take in what was looked at."""
    form = TableForm.sent()
    found = importing.carry_out(current_shop(), form.kind, form.text, actor=actor(), at=sight().now)
    flash(_("%(n)d rows are in. Nobody got a mail.", n=found.count("new")), "good")
    target = "staff.customers" if found.kind is ImportKind.CUSTOMERS else "staff.history"
    return redirect(url_for(target), 303)


def _page(text: str, found: ImportPlan | None, kind: ImportKind = ImportKind.CUSTOMERS, error: str = "") -> str:
    chosen = found.kind if found else kind
    kinds = tuple(Choice(one.value, str(title), one is chosen) for one, title in KINDS.items())
    columns = tuple((str(KINDS[one]), ", ".join(must), ", ".join(may)) for one, (must, may) in WANTED.items())
    if found is None:
        return render_template("staff/exchange.html", page=ExchangePage(kinds, columns, error=error))
    shown = sorted(found.rows, key=lambda one: (one.what != "faulty", one.row.number))[:MOST_SHOWN]
    page = ExchangePage(
        kinds, columns, found.kind.value, str(KINDS[found.kind]), found.count("new"), found.count("known"),
        found.count("faulty"), ", ".join(found.ignored),
        tuple(ExchangeLine(one.row.number, _words(one.row.values), _chip(one.what), one.sentence) for one in shown),
        len(found.rows) - len(shown), text, found.toml,
    )  # fmt: skip
    return render_template("staff/exchange.html", page=page)


def _words(values: object) -> str:
    return " · ".join(str(one) for one in dict(values).values() if one)[:160]  # type: ignore[call-overload]


def _chip(what: str) -> Chip:
    return {
        "new": Chip(_("New"), "good", "plus"),
        "known": Chip(_("Known"), "quiet", "check"),
        "faulty": Chip(_("Cannot be taken"), "bad", "x"),
    }[what]
