"""What staff may do with an order is the same whether its page has read its parts or the workflow asks for them."""

from __future__ import annotations

from craftops.domain.orders.workflow import Stage
from craftops.services.orders import ordering
from craftops.store.database import utcnow
from craftops.store.models import DesignFileRow, JobRow
from craftops.store.queries import order_jobs, orders, production, staff_jobs
from craftops.store.queries.order_views import order_views
from craftops.testing import Workshop
from craftops.web.orders.present_staff import _known


def same(workshop: Workshop, order_id: int) -> None:
    found = order_views([order_id])[0]
    jobs, lines = order_jobs.staff_jobs_of(order_id), orders.lines_of(order_id)
    known = _known(jobs, lines, staff_jobs.hand_steps_of(order_id))
    assert production.facts_of(found, known=known) == production.facts_of(found)


def test_known_parts_say_what_the_workflow_would_read(workshop: Workshop) -> None:
    workshop.machine("printer-1")
    order = workshop.place("ada", quantity=3)
    same(workshop, order.id)
    DesignFileRow.update(verdict="refused").execute()
    same(workshop, order.id)
    DesignFileRow.update(verdict="accepted").execute()
    workshop.accept(order, "printer-1")
    same(workshop, order.id)
    for state in ("running", "failed", "done"):
        JobRow.update(state=state).where(JobRow.order == order.id).execute()
        same(workshop, order.id)
    ordering.move(workshop.shop, order.code, Stage.CANCELLED, actor=workshop.actor("sam"), at=utcnow())
    same(workshop, order.id)
