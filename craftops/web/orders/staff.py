"""To-do home, board, lists of orders, and one order with its moves."""

from __future__ import annotations

import csv
import io
from typing import Any

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.orders.workflow import Stage
from craftops.errors import IntakeError
from craftops.services.files import revising
from craftops.services.orders import ordering
from craftops.store.models import AccountRow, OrderRow
from craftops.store.queries import scoped
from craftops.web.files import versions
from craftops.web.files.present_incoming import troubles
from craftops.web.frame.numbers import is_number, whole
from craftops.web.frame.panels import order_panels, todo_kinds
from craftops.web.frame.request_context import actor, back, current_shop, sight
from craftops.web.frame.spreadsheet import cell
from craftops.web.frame.views import Choice
from craftops.web.orders import labels as order_labels
from craftops.web.orders import present_floor as present
from craftops.web.orders.present_staff import board_cards, staff_order_page

CODE = "<string(minlength=4, maxlength=12):code>"
PER_PAGE = 50
SORTS = {
    "newest": OrderRow.placed_at.desc(),
    "oldest": OrderRow.placed_at,
    "due": OrderRow.window_end,
    "title": OrderRow.title,
}


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


def _found() -> tuple[Any, str, str, str]:
    query, stage, sort = (request.args.get(name, "").strip() for name in ("q", "stage", "sort"))
    rows = scoped.orders(actor())
    if query:
        rows = rows.where(
            OrderRow.title.contains(query)
            | OrderRow.code.contains(query.upper())
            | AccountRow.name.contains(query)
            | AccountRow.email.contains(query)
        )
    if stage in {one.value for one in Stage}:
        rows = rows.where(OrderRow.stage == stage)
    return rows.order_by(SORTS.get(sort, SORTS["newest"])), query, stage, sort


def orders() -> AnyResponse | str:
    """All orders: search, filter, sort, pages. A search that is exactly one code opens that order."""
    rows, query, stage, sort = _found()
    exact = rows.where(OrderRow.code == query.upper()).first() if query else None
    if exact is not None:
        return redirect(url_for("staff.order", code=exact.code), 303)
    total = rows.count()
    pages = max(1, -(-total // PER_PAGE))
    page = min(pages, max(1, request.args.get("page", 1, type=whole)))
    filters: dict[str, Any] = {"q": query or None, "stage": stage or None, "sort": sort or None}
    stages = tuple(Choice(one.value, str(order_labels.STAGE_TITLES[one]), one.value == stage) for one in Stage)
    sorts = {"newest": _("Newest"), "oldest": _("Oldest"), "due": _("Due first"), "title": _("Title")}
    return render_template(
        "staff/orders.html",
        cards=board_cards(rows.paginate(page, PER_PAGE), sight()),
        stage_titles={one.value: str(order_labels.STAGE_TITLES[one]) for one in Stage},
        query=query,
        stages=stages,
        sorts=tuple(Choice(key, label, key == (sort or "newest")) for key, label in sorts.items()),
        total=total,
        page=page,
        pages=pages,
        next_url=url_for("staff.orders", **filters, page=page + 1) if page < pages else "",
        previous_url=url_for("staff.orders", **filters, page=page - 1) if page > 1 else "",
        csv_url=url_for("staff.orders_csv", **filters),
    )


def orders_csv() -> Response:
    """The same list for a spreadsheet."""
    rows, *_rest = _found()
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["code", "title", "customer", "email", "stage", "placed_at", "promised_at", "window_end"])
    for row in rows:
        instants = [
            at.isoformat(timespec="seconds") if at else "" for at in (row.placed_at, row.promise_at, row.window_end)
        ]
        cells = [row.code, row.title, row.customer.name, row.customer.email, row.stage, *instants]
        writer.writerow([cell(one) for one in cells])
    headers = {"Content-Disposition": "attachment; filename=orders.csv"}
    return Response(out.getvalue(), mimetype="text/csv", headers=headers)


def order(code: str) -> AnyResponse | str:
    """One order with everything that staff can do about it."""
    row = scoped.order(actor(), code)
    if row.code != code:
        return redirect(url_for("staff.order", code=row.code), 303)
    page = staff_order_page(row, sight(), actor())
    panels = order_panels(row, sight(), actor(), for_staff=True)
    return render_template("staff/order.html", page=page, panels=panels, live=_live(f"order/{row.code}"))


def _to(code: str) -> AnyResponse:
    return redirect(back(url_for("staff.order", code=code)), 303)


def move(code: str) -> AnyResponse:
    """One step of the workflow."""
    try:
        to = Stage(request.form.get("to", ""))
    except ValueError:
        raise IntakeError("There is no such stage.") from None
    row = ordering.move(
        current_shop(), code, to, actor=actor(), at=sight().now, note=request.form.get("note", "").strip()[:500]
    )
    flash(_("%(code)s: %(stage)s", code=row.code, stage=order_labels.STAGE_TITLES[Stage(row.stage)]), "good")
    return _to(code)


def undo(code: str) -> AnyResponse:
    """Take the last move back."""
    row = ordering.undo_move(current_shop(), code, actor=actor(), at=sight().now)
    flash(_("Back to: %(stage)s", stage=order_labels.STAGE_TITLES[Stage(row.stage)]), "good")
    return _to(code)


def hold(code: str) -> AnyResponse:
    """Let an order rest."""
    ordering.hold(
        current_shop(),
        code,
        request.form.get("reason", ""),
        waits_for_customer="waits_for_customer" in request.form,
        actor=actor(),
        at=sight().now,
    )
    return _to(code)


def rush(code: str) -> AnyResponse:
    """Before all others that wait, or in its turn again."""
    first = request.form.get("rush") == "1"
    ordering.set_rush(current_shop(), code, rush=first, actor=actor(), at=sight().now)
    flash(_("It goes first now.") if first else _("It waits for its turn again."), "good")
    return _to(code)


def release(code: str) -> AnyResponse:
    """End a hold."""
    ordering.release(current_shop(), code, actor=actor(), at=sight().now)
    return _to(code)


def decide(code: str, line_id: int) -> AnyResponse:
    """Which version of a line is made: ``approve`` or ``decline`` holds its number."""
    number = request.form.get("approve", "") or request.form.get("decline", "")
    if not is_number(number):
        raise IntakeError("Say which version.")
    if "approve" in request.form:
        revising.approve(current_shop(), code, line_id, int(number), actor=actor(), at=sight().now)
        flash(_("Version %(n)s is the one that is made.", n=number), "good")
    else:
        note = request.form.get("note", "")
        revising.decline(code, line_id, int(number), note, actor=actor(), at=sight().now)
        flash(_("Version %(n)s is not taken. The customer reads why.", n=number), "good")
    return _to(code)
