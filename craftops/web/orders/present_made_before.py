"""How the lines of an order were made before, for staff: on which machine, by which code, how long it took."""

from __future__ import annotations

from flask import url_for

from craftops.domain.people.access import Actor
from craftops.domain.production.jobs import OperationKind
from craftops.services.production import machine_code
from craftops.services.production.machine_code import Fitting
from craftops.store.queries.orders_again import EarlierLine, EarlierRun, earlier_lines
from craftops.store.views.orders import OrderView
from craftops.web.frame import labels
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import RequestContext
from craftops.web.machines.labels import PROCESSES
from craftops.web.orders.views_again import MadeBefore, TakeOver
from craftops.web.production import labels as production_labels


def made_before(order: OrderView, _sight: RequestContext, _actor: Actor) -> tuple[MadeBefore, ...] | None:
    """What is known of each line that was ordered before; None where none was."""
    return tuple(_line(one, order) for one in earlier_lines(order.id)) or None


def _line(earlier: EarlierLine, order: OrderView) -> MadeBefore:
    with_code = next((run for run in earlier.runs if run.gcode_sha), None)
    run = with_code or (earlier.runs[0] if earlier.runs else None)
    fitting = machine_code.where_it_fits(earlier.line_id, with_code.job_id) if with_code else Fitting((), "")
    hand = (
        f"{title or production_labels.OPERATIONS[OperationKind(kind)]}, {labels.duration(minutes * 60)}"
        for kind, title, minutes in earlier.hand_work
    )
    return MadeBefore(
        title=earlier.title,
        code=earlier.order_code,
        order_url=url_for("staff.order", code=earlier.order_code),
        sentence=_run(run) if run else _("It was never made."),
        gcode=with_code.gcode_name if with_code else "",
        gcode_url=url_for("staff.gcode", job_id=with_code.job_id) if with_code else "",
        hand_work=tuple(hand),
        take_over=tuple(
            TakeOver(url_for("staff.take_over_gcode", job_id=job.id), with_code.job_id, job.code)
            for job in fitting.jobs
            if with_code
        ),
        why_not=fitting.why_not,
    )


def _run(run: EarlierRun) -> str:
    machine = f"{run.machine}, {PROCESSES[run.process]}" if run.machine else _("a machine that is gone")
    copies = labels.copies(run.copies)
    if run.worked_s is None:
        return _("On %(machine)s, %(copies)s.", machine=machine, copies=copies)
    time = labels.duration(run.worked_s)
    return _("On %(machine)s, %(time)s for %(copies)s.", machine=machine, time=time, copies=copies)
