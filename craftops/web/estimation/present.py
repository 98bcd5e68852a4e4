"""Estimates as pages show them: windows, chips, and how good they were."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from flask import url_for

from craftops.domain.estimation.accuracy import MachineAccuracy, OrderAccuracy, of_machines, of_orders
from craftops.domain.estimation.estimate import Basis, Estimate, Window, punctuality
from craftops.domain.orders.workflow import ENDED, READY, Stage
from craftops.store.queries import estimation as queries
from craftops.web.estimation import labels as estimate_labels
from craftops.web.estimation.views import AccuracyPage, Dot, EstimatedOrder, Figure, MachineAccuracyLine
from craftops.web.frame import labels
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.views import Chip


def estimate_of(order: EstimatedOrder) -> Estimate | None:
    if not order.basis:
        return None
    start, end = order.window_start, order.window_end
    window = Window(start, end, order.window_middle) if start is not None and end is not None else None
    return Estimate(window, Basis(order.basis), order.as_of or order.placed_at, order.stale, order.paused, order.short)


def chip_of(order: EstimatedOrder, now: datetime, *, told_to_staff: bool = False) -> Chip | None:
    """How the order stands against its promise; who is waited for depends on who reads it."""
    estimate = estimate_of(order)
    if estimate is None or Stage(order.stage) in ENDED:
        return None
    standing = punctuality(estimate, order.promise_at, now)
    known = estimate_labels.PUNCTUALITY_FOR_STAFF.get(standing) if told_to_staff else None
    known = known or estimate_labels.PUNCTUALITY.get(standing)
    return Chip(str(known[0]), known[1], known[2]) if known else None


def window_text(order: EstimatedOrder, sight: RequestContext) -> tuple[str, str]:
    """The label and the window as people read them."""
    stage = Stage(order.stage)
    if stage in READY:
        return _("Ready since"), labels.moment(order.stage_since, sight.profile.zone)
    if stage is Stage.SHIPPED:
        return _("Since"), labels.moment(order.way_since or order.stage_since, sight.profile.zone)
    if stage in ENDED:
        return "", labels.moment(order.stage_since, sight.profile.zone)
    if order.basis == Basis.WAITING.value:
        return "", _("We go on as soon as we hear from you")
    if order.window_start is None or order.window_end is None:
        return "", _("We are working out when it will be ready")
    text = labels.window(order.window_start, order.window_end, sight.profile.zone, sight.now)
    return (_("Ready") if stage not in (Stage.RECEIVED, Stage.IN_REVIEW) else _("Probably ready")), text


DAYS = 90
WIDE, HIGH, EDGE = 180, 48, 4.0
FARTHEST = math.log(2.0)
"""A plot reaches from half to twice the true time; what is farther sits on its edge."""


def accuracy_page(sight: RequestContext) -> AccuracyPage:
    """Everything of the last 90 days."""
    since = sight.now - timedelta(days=DAYS)
    orders = of_orders(queries.order_outcomes(since))
    names = queries.machine_names()
    machines = [one for one in of_machines(queries.run_outcomes(since)) if one.machine in names]
    return AccuracyPage(
        days=DAYS,
        orders=orders.orders if orders else 0,
        figures=_figures(orders) if orders else (),
        machines=tuple(_machine(one, *names[one.machine]) for one in machines),
        wide=WIDE,
        high=HIGH,
        middle=HIGH / 2,
    )


def _figures(orders: OrderAccuracy) -> tuple[Figure, ...]:
    early = _("%(share)s before it began", share=_percent(orders.before))
    late = _("%(share)s after its end", share=_percent(orders.after))
    inside = _(
        "of the orders were ready inside the window at acceptance; right would be %(share)s", share=_percent(0.8)
    )
    kept = _("kept their promise, the end of that window; right would be %(share)s", share=_percent(0.9))
    return (
        Figure(_percent(orders.inside), inside, f"{early}, {late}"),
        Figure(_percent(orders.kept), kept, _("ready inside it or before")),
        Figure(labels.duration(orders.median_error_h * 3600.0), _("from the middle of the window, the median")),
        Figure(f"{orders.median_moves:g}", _("visible changes of an order's window, the median")),
    )


def _machine(one: MachineAccuracy, name: str, key: str) -> MachineAccuracyLine:
    slicer, ours = _percent(one.slicer_error), _percent(one.our_error) if one.our_error is not None else "–"
    return MachineAccuracyLine(
        name=name,
        url=url_for("staff.machine", key=key),
        runs=one.runs,
        slicer=labels.duration(one.planned_s),
        ours=labels.duration(one.said_s) if one.said_s is not None else "–",
        took=labels.duration(one.took_s),
        slicer_error=slicer,
        our_error=ours,
        said=_(
            "%(name)s: the slicer is %(slicer)s off, we are %(ours)s off, the median of %(n)s runs.",
            name=name, slicer=slicer, ours=ours, n=one.runs,
        ),
        dots=tuple(
            Dot(_x(index, len(one.newest)), _y(slicer_told), _y(our_told) if our_told is not None else None)
            for index, (slicer_told, our_told) in enumerate(one.newest)
        ),
    )  # fmt: skip


def _x(index: int, count: int) -> float:
    return round(EDGE + (WIDE - 2 * EDGE) * (index / (count - 1) if count > 1 else 0.5), 1)


def _y(told: float) -> float:
    """Too long is up, too short is down, by the logarithm."""
    share = min(1.0, max(-1.0, math.log(max(1e-6, told)) / FARTHEST))
    return round(HIGH / 2 - share * (HIGH / 2 - EDGE), 1)


def _percent(share: float) -> str:
    return _("%(n)s %%", n=round(100 * share))
