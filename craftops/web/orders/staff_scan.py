"""The page behind the code on a sheet or a label: on a telephone, one thumb moves the order on.

Reading the code changes nothing; the buttons do, and each can be taken back for ten minutes.
"""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from craftops.domain.orders.order import find_code
from craftops.errors import AccessError, IntakeError
from craftops.store.queries import orders, pickup, scoped
from craftops.store.views.orders import OrderView
from craftops.web.files.present import picture_url
from craftops.web.frame.panels import order_questions
from craftops.web.frame.request_context import actor, sight
from craftops.web.orders import present_staff
from craftops.web.orders.forms import OrderCodeForm
from craftops.web.orders.views_scan import ScanPage


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/scan", view_func=scan_any, methods=["GET", "POST"])
    blueprint.add_url_rule("/scan/<code>", view_func=scan)


def scan_any() -> AnyResponse | tuple[str, int]:
    """For scanners that type: whatever holds the code of an order leads to it."""
    said = OrderCodeForm.sent().code.strip()[:500] if request.method == "POST" else ""
    if not said:
        return render_template("staff/scan_any.html", said="", fault=""), 200
    for code in reversed(find_code(said.upper())):
        try:
            order = scoped.order(actor(), code)
        except AccessError:
            continue
        return redirect(url_for("staff.scan", code=order.code), 303)
    raise IntakeError("No order has this code.")


def scan(code: str) -> str:
    """One order, large."""
    order = scoped.order_view(actor(), code)
    with order_questions("scan", order, sight(), actor()):
        return _scanned(order)


def _scanned(order: OrderView) -> str:
    page = present_staff.staff_order_page(order, sight(), actor())
    waits = pickup.of_order(order.id)
    shown = ScanPage(
        code=order.code,
        title=order.title,
        customer=page.customer,
        stage=page.stage_word,
        picture=picture_url(orders.first_files([order.id]).get(order.id)),
        on_hold=page.on_hold,
        moves=tuple(one for one in page.moves if not one.danger),
        undo=page.undo,
        lines=page.lines,
        operations=page.operations,
        bin=waits.bin if waits is not None else "",
        bin_url=url_for("staff.pickup", pickup_id=waits.id) if waits is not None else "",
    )
    return render_template("staff/scan.html", page=shown)
