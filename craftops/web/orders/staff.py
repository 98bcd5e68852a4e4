"""To-do home, board, lists of orders, and one order with its moves."""

from __future__ import annotations

import csv
import io
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.orders.workflow import Stage
from craftops.errors import IntakeError
from craftops.services.files import revising
from craftops.services.orders import ordering
from craftops.store.queries import order_lists, scoped
from craftops.store.queries.order_lists import FloorSearch
from craftops.web.files import versions
from craftops.web.files.present_incoming import troubles
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.numbers import whole
from craftops.web.frame.panels import order_panels, order_questions, todo_kinds
from craftops.web.frame.request_context import actor, back, current_shop, sight
from craftops.web.frame.spreadsheet import cell
from craftops.web.frame.views import Choice
from craftops.web.orders import labels as order_labels
from craftops.web.orders import present_floor as present
from craftops.web.orders.forms import HoldForm, MoveForm, RushForm, VersionForm
from craftops.web.orders.present_staff import staff_order_page, table_cards

CODE = "<string(minlength=4, maxlength=12):code>"
PER_PAGE = 50


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    for rule, view, methods in (
        ("/", home, ["GET"]),
        ("/todo/<key>", todo, ["GET"]),
        ("/board", board, ["GET"]),
        ("/orders", orders, ["GET"]),
        ("/orders.csv", orders_csv, ["GET"]),
        (f"/orders/{CODE}", order, ["GET"]),
        (f"/orders/{CODE}/move", move, ["POST"]),
        (f"/orders/{CODE}/undo", undo, ["POST"]),
        (f"/orders/{CODE}/hold", hold, ["POST"]),
        (f"/orders/{CODE}/release", release, ["POST"]),
        (f"/orders/{CODE}/rush", rush, ["POST"]),
        (f"{versions.LINE}/decide", decide, ["POST"]),
    ):
        blueprint.add_url_rule(rule, view_func=view, methods=methods)
    versions.add_to(blueprint)


def home() -> str:
    """The to-do list."""
    lists = present.todo_lists(todo_kinds(), sight(), present.ON_HOME)
    lists.sort(key=lambda one: not one.count)  # what is empty stands last
    mail_ready = any(channel.ready for channel in current_shop().plugins.notification_channels)
    return render_template(
        "staff/home.html", lists=lists, mail_ready=mail_ready, troubles=troubles(current_shop()), live=_live("home")
    )


def todo(key: str) -> str:
    """One to-do list, whole."""
    if key not in todo_kinds():
        abort(404)
    return render_template("staff/todo.html", todo=present.todo_lists([key], sight())[0], live=_live("home"))


def board() -> str:
    """Columns by stage."""
    return render_template("staff/board.html", columns=present.board(sight()), live=_live("board"))


def _live(page: str) -> str:
    return url_for("live.stream", page=f"staff/{page}")


def _search() -> FloorSearch:
    words, stage, sort = (request.args.get(name, "").strip() for name in ("q", "stage", "sort"))
    known = stage if stage in {one.value for one in Stage} else ""
    return FloorSearch(words, known, sort if sort in order_lists.SORTED_BY else "newest")


def orders() -> AnyResponse | str:
    """All orders: search, filter, sort, pages. A search that is exactly one code opens that order."""
    search = _search()
    if search.words and order_lists.has_code(search.words.upper(), search.stage):
        return redirect(url_for("staff.order", code=search.words.upper()), 303)
    total = search.count()
    pages = max(1, -(-total // PER_PAGE))
    page = min(pages, max(1, request.args.get("page", 1, type=whole)))
    sort = request.args.get("sort", "").strip()
    filters: dict[str, Any] = {"q": search.words or None, "stage": search.stage or None, "sort": sort or None}
    stages = tuple(Choice(one.value, str(order_labels.STAGE_TITLES[one]), one.value == search.stage) for one in Stage)
    sorts = {"newest": _("Newest"), "oldest": _("Oldest"), "due": _("Due first"), "title": _("Title")}
    return render_template(
        "staff/orders.html",
        cards=table_cards(search.some((page - 1) * PER_PAGE, PER_PAGE), sight()),
        stage_titles={one.value: str(order_labels.STAGE_TITLES[one]) for one in Stage},
        query=search.words,
        stages=stages,
        sorts=tuple(Choice(key, label, key == search.sort) for key, label in sorts.items()),
        total=total,
        page=page,
        pages=pages,
        next_url=url_for("staff.orders", **filters, page=page + 1) if page < pages else "",
        previous_url=url_for("staff.orders", **filters, page=page - 1) if page > 1 else "",
        csv_url=url_for("staff.orders_csv", **filters),
    )


def orders_csv() -> Response:
    """The same list for a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["code", "title", "customer", "email", "stage", "placed_at", "promised_at", "window_end"])
    for row in _search().some():
        instants = [
            at.isoformat(timespec="seconds") if at else "" for at in (row.placed_at, row.promise_at, row.window_end)
        ]
        cells = [row.code, row.title, row.customer_name, row.customer_email, row.stage, *instants]
        writer.writerow([cell(one) for one in cells])
    headers = {"Content-Disposition": "attachment; filename=orders.csv"}
    return Response(out.getvalue(), mimetype="text/csv", headers=headers)


def order(code: str) -> AnyResponse | str:
    """One order with everything that staff can do about it."""
    who, here = actor(), sight()
    found = scoped.order_view(who, code)
    if found.code != code:
        return redirect(url_for("staff.order", code=found.code), 303)
    with order_questions("staff order", found, here, who):
        page = staff_order_page(found, here, who)
        panels = order_panels(found, here, who, for_staff=True)
    return render_template("staff/order.html", page=page, panels=panels, live=_live(f"order/{found.code}"))


def _to(code: str) -> AnyResponse:
    return redirect(back(url_for("staff.order", code=code)), 303)


def move(code: str) -> AnyResponse:
    """One step of the workflow."""
    form = MoveForm.sent()
    row = ordering.move(current_shop(), code, form.to, actor=actor(), at=sight().now, note=form.note)
    flash(_("%(code)s: %(stage)s", code=row.code, stage=order_labels.STAGE_TITLES[Stage(row.stage)]), "good")
    return _to(code)


def undo(code: str) -> AnyResponse:
    """Take the last move back."""
    row = ordering.undo_move(current_shop(), code, actor=actor(), at=sight().now)
    flash(_("Back to: %(stage)s", stage=order_labels.STAGE_TITLES[Stage(row.stage)]), "good")
    return _to(code)


def hold(code: str) -> AnyResponse:
    """Let an order rest."""
    form, who, at = HoldForm.sent(), actor(), sight().now
    ordering.hold(current_shop(), code, form.reason, waits_for_customer=form.waits_for_customer, actor=who, at=at)
    return _to(code)


def rush(code: str) -> AnyResponse:
    """Before all others that wait, or in its turn again."""
    first = RushForm.sent().rush
    ordering.set_rush(current_shop(), code, rush=first, actor=actor(), at=sight().now)
    flash(_("It goes first now.") if first else _("It waits for its turn again."), "good")
    return _to(code)


def release(code: str) -> AnyResponse:
    """End a hold."""
    ordering.release(current_shop(), code, actor=actor(), at=sight().now)
    return _to(code)


def decide(code: str, line_id: int) -> AnyResponse:
    """Which version of a line is made: ``approve`` or ``decline`` holds its number."""
    form, who, at = VersionForm.sent(), actor(), sight().now
    if form.approve is not None:
        revising.approve(current_shop(), code, line_id, form.approve, actor=who, at=at)
        flash(_("Version %(n)s is the one that is made.", n=form.approve), "good")
    elif form.decline is not None:
        revising.decline(code, line_id, form.decline, form.note, actor=who, at=at)
        flash(_("Version %(n)s is not taken. The customer reads why.", n=form.decline), "good")
    else:
        raise IntakeError(_("Say which version."))
    return _to(code)
