"""The way of an order to its customer, as they read it."""

from __future__ import annotations

from flask import url_for

from craftops.domain.orders.workflow import BEFORE_PRODUCTION, Stage
from craftops.domain.people.access import Actor
from craftops.domain.people.companies import CompanyAction
from craftops.domain.shipping.parcels import ParcelState
from craftops.services.orders.delivering import GONE, address_of
from craftops.services.shipping import closing
from craftops.store.queries import order_lines, shipping
from craftops.store.views.orders import OrderView
from craftops.web.frame.request_context import RequestContext, allowed
from craftops.web.people.address_fields import address_lines
from craftops.web.shipping.present import parcel_view, problem_view
from craftops.web.shipping.views import DeliveryPanel, ParcelView, ProblemPanel


def delivery_panel(order: OrderView, sight: RequestContext, actor: Actor) -> DeliveryPanel | None:
    """Address and parcels; nothing for an order that is picked up and has no parcels."""
    if order.delivery != "shipping":
        return None
    stage = Stage(order.stage)
    address = address_of(order)
    parcels, told = shipping.parcels_with_events(order.id) if stage not in BEFORE else ([], {})
    lines = {line.id: line for line in order_lines.lines_of(order.id)}
    may = allowed(order)
    can_change = stage not in GONE and CompanyAction.DECIDE in may and not any(one.state != PACKED for one in parcels)
    return DeliveryPanel(
        address=address_lines(address) if address is not None else (),
        change_url=url_for("portal.delivery_address", code=order.code) if can_change else "",
        parcels=tuple(parcel_view(one, len(parcels), told[one.id], lines) for one in parcels if one.state != PACKED),
    )


def parcels_of(order: OrderView) -> tuple[ParcelView, ...]:
    """The parcels that have a number that counts, for mails."""
    parcels, told = shipping.parcels_with_events(order.id)
    lines = {line.id: line for line in order_lines.lines_of(order.id)}
    return tuple(
        parcel_view(one, len(parcels), told[one.id], lines) for one in parcels if one.state != PACKED and one.number
    )


def problem_panel(order: OrderView, sight: RequestContext, _actor: Actor) -> ProblemPanel | None:
    """What is wrong with what came, or was fetched, and where to say so."""
    if Stage(order.stage) not in (Stage.SHIPPED, Stage.COMPLETED):
        return None
    problem = shipping.newest_problem(order.id)
    may = CompanyAction.WRITE in allowed(order) and not closing.may_report(sight.shop, order, sight.now)
    is_open = problem is not None and problem.state == closing.OPEN
    url = url_for("portal.report_problem", code=order.code) if may and not is_open else ""
    return ProblemPanel(problem_view(problem), url) if problem is not None or url else None


PACKED = ParcelState.PACKED.value
BEFORE = frozenset({*BEFORE_PRODUCTION, Stage.IN_PRODUCTION})
"""Stages at which nothing can be packed yet, so that no parcel is looked for."""
