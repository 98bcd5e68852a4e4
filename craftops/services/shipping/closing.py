"""After delivery: problems that customers report, and orders that close when there is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from craftops.domain.orders.workflow import Stage
from craftops.domain.people.access import SYSTEM, Actor
from craftops.domain.people.companies import CompanyAction
from craftops.domain.shipping.parcels import ParcelState
from craftops.errors import AccessError, IllegalMove, IntakeError, RuleError
from craftops.services.messages import conversation
from craftops.services.messages.conversation import MessageText
from craftops.services.orders import ordering
from craftops.services.shipping import packing
from craftops.services.shipping.settings import shipping_settings
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.models import OrderRow, ParcelRow, ProblemRow
from craftops.store.queries import scoped
from craftops.store.views.orders import OrderView

OPEN, SETTLED = "open", "settled"
LONGEST_TEXT = 4_000


class ProblemWish(StrEnum):
    """What a customer would like when something is wrong."""

    REMAKE = "remake"
    REFUND = "refund"
    CREDIT = "credit"
    MISSING = "missing"
    OTHER = "other"


def may_report(shop: Shop, order: OrderRow | OrderView, at: datetime) -> str:
    """Why a problem cannot be reported on the page now, as a sentence; empty when it can."""
    if order.stage not in (Stage.SHIPPED.value, Stage.COMPLETED.value):
        return "Write to us about an order that is still here."
    days = shipping_settings(shop).problem_days
    if at - order.stage_since > timedelta(days=days) and order.stage == Stage.COMPLETED.value:
        return f"That is more than {days} days ago. Write to us; we look at it all the same."
    return ""


def report(shop: Shop, code: str, wish: str, message: MessageText, *, actor: Actor, at: datetime) -> ProblemRow:
    """A customer says that something is wrong; ``message``, with photos perhaps, stands in the conversation, too, and
    the order stays open for it.

    While one is open, the same order has no second. Raises AccessError, IntakeError, RuleError.
    """
    order = scoped.order(actor, code, CompanyAction.WRITE)
    if why := may_report(shop, order, at):
        raise RuleError(why)
    if wish not in list(ProblemWish):
        raise IntakeError("Say what you would like.", {"wish": "Choose one."})
    said = message.text.strip()[:LONGEST_TEXT]
    if not said:
        raise IntakeError("Say what is wrong.", {"text": "Say what is wrong, in your own words."})
    with unit_of_work() as uow:
        OrderRow.update(version=OrderRow.version).where(OrderRow.id == order.id).execute()
        known: ProblemRow | None = ProblemRow.get_or_none(ProblemRow.order == order.id, ProblemRow.state == OPEN)
        if known is not None:
            raise RuleError("We know of a problem with this order already.", "Write in the conversation.")
        row: ProblemRow = ProblemRow.create(
            order=order.id, wish=wish, text=said, state=OPEN, at=at, by_name=actor.name[:200]
        )
        packing.record(uow, order, None, "problem", actor, at)
        conversation.post(shop, code, replace(message, text=said), actor=actor, at=at)
    return row


def settle(problem_id: int, answer: str, *, actor: Actor, at: datetime) -> None:
    """Staff have seen to it; ``answer`` is for the books. Raises AccessError."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        row: ProblemRow | None = ProblemRow.get_or_none(ProblemRow.id == problem_id)
        if row is None:
            raise AccessError
        ProblemRow.update(
            state=SETTLED, settled_at=at, settled_by=actor.name[:200], answer=answer.strip()[:2000]
        ).where(ProblemRow.id == row.id, ProblemRow.state == OPEN).execute()
        packing.record(uow, row.order, None, "problem", actor, at)


def close_delivered(shop: Shop, *, at: datetime) -> list[str]:
    """Complete orders whose parcels have all been delivered for some days, and of which nobody complains."""
    after = at - timedelta(days=shipping_settings(shop).closes_after_days)
    closed = []
    for order in list(OrderRow.select().where(OrderRow.stage == Stage.SHIPPED.value, OrderRow.stage_since <= after)):
        with unit_of_work() as uow:
            OrderRow.update(version=OrderRow.version).where(OrderRow.id == order.id).execute()
            fresh: OrderRow = OrderRow.get_by_id(order.id)
            if fresh.stage != Stage.SHIPPED.value or not _arrived(fresh, after):
                continue
            try:
                ordering.step(shop, uow, fresh, Stage.COMPLETED, actor=SYSTEM, at=at, note="delivered")
            except IllegalMove:
                continue
            closed.append(fresh.code)
    return closed


def _arrived(order: OrderRow, before: datetime) -> bool:
    parcels: list[ParcelRow] = packing.parcels_of(order)
    if not parcels or ProblemRow.select().where(ProblemRow.order == order.id, ProblemRow.state == OPEN).exists():
        return False
    return all(
        row.state == ParcelState.DELIVERED.value and row.delivered_at is not None and row.delivered_at <= before
        for row in parcels
    )
