"""What came broken or wrong is made again at no charge: an order of its own, bound to the first and to its problem."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from craftops.domain.orders.order import Delivery
from craftops.domain.people.access import Actor
from craftops.errors import AccessError, IntakeError
from craftops.services.orders import delivering, reordering
from craftops.services.orders.reordering import LinePick
from craftops.services.shipping import closing
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.models import DeliveryAddressRow, OrderRow, ProblemRow


def remake(
    shop: Shop, problem_id: int, copies: Mapping[int, int], *, actor: Actor, at: datetime, answer: str = ""
) -> OrderRow:
    """Make ``copies`` of lines (by their ids) of the order that a problem is about again, from the same files in the
    same way, to the same address. The order has its own jobs and its own estimate, and is never invoiced.

    Done twice, it is one order. Raises AccessError, IntakeError for more copies than there were or none at all, and
    for a file that cannot be made any more.
    """
    actor.must_be_staff()
    with unit_of_work():
        problem: ProblemRow | None = ProblemRow.get_or_none(ProblemRow.id == problem_id)
        if problem is None:
            raise AccessError
        first: OrderRow = problem.order
        if problem.remake:
            made: OrderRow = OrderRow.get(OrderRow.code == problem.remake)
            return made
        past = reordering.look_again(shop, first.code, actor=actor)
        picks = [
            LinePick(part.row.id, copies[part.row.id], part.past.was, part.row.instructions)
            for part in past.parts
            if copies.get(part.row.id, 0) > 0
        ]
        if not picks:
            raise IntakeError("Say how many copies are made again.")
        if any(copies[part.row.id] > part.row.quantity for part in past.parts if part.row.id in copies):
            raise IntakeError("Of no part more copies are made again than there were.")
        address = DeliveryAddressRow.get_or_none(DeliveryAddressRow.order == first.id)
        order = reordering.place_again(
            shop, first.code, picks, actor=actor, customer=first.customer, delivery=Delivery(first.delivery), at=at,
            submit_token=f"remake-{problem.id}", address=delivering.as_address(address) if address else None,
        )  # fmt: skip
        OrderRow.update(remake_of=first.code).where(OrderRow.id == order.id).execute()
        ProblemRow.update(remake=order.code).where(ProblemRow.id == problem.id).execute()
        closing.settle(problem.id, answer or "We make it again, at no charge.", actor=actor, at=at)
    fresh: OrderRow = OrderRow.get_by_id(order.id)
    return fresh
