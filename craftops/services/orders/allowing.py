"""What plugins say against an order, or against a move by hand: asked before anything is written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from craftops.domain.orders.order import Delivery, Specification
from craftops.domain.orders.workflow import Stage, StageChange
from craftops.domain.people.access import Actor
from craftops.domain.people.addresses import PostalAddress
from craftops.errors import IllegalMove, IntakeError
from craftops.sdk.rules import LineAsked, MoveAsked, OrderAsked
from craftops.services.shop.context import Shop
from craftops.store.mapping import to_analysis
from craftops.store.models import CompanyRow, DesignFileRow, OrderRow
from craftops.store.views.people import Account

if TYPE_CHECKING:
    from craftops.services.orders.ordering import LineDraft


def may_order(
    shop: Shop,
    who: tuple[Actor, Account, int | None],
    lines: Sequence[tuple[LineDraft, DesignFileRow]],
    delivery: tuple[Delivery, PostalAddress | None],
    at: datetime,
) -> None:
    """Ask the plugins about an order of ``who``: the actor, the customer, the company's id. Raises IntakeError."""
    if not shop.plugins.asks("refuse_order"):
        return
    by, customer, company = who
    asked = OrderAsked(
        by, customer.name, customer.email, _company(company), tuple(_line(*one) for one in lines), *delivery, at
    )
    if why := shop.plugins.ask("refuse_order", order=asked):
        raise IntakeError(why)


def may_move(shop: Shop, order: OrderRow, to: Stage, last: StageChange | None, *, by: Actor, at: datetime) -> None:
    """Ask the plugins whether a person may move an order. Raises IllegalMove."""
    if not shop.plugins.asks("refuse_stage_change"):
        return
    customer = order.customer
    asked = MoveAsked(
        order.code, order.title, customer.name, _company(order.company_id), order.po_number,
        Stage(order.stage), to, by, last.actor.name if last else "", at,
    )  # fmt: skip
    if why := shop.plugins.ask("refuse_stage_change", move=asked):
        raise IllegalMove(why)


def _company(company: int | None) -> str:
    row = CompanyRow.get_or_none(CompanyRow.id == company) if company is not None else None
    return str(row.name) if row is not None else ""


def _line(draft: LineDraft, file: DesignFileRow) -> LineAsked:
    wanted = Specification(draft.material, draft.colour, draft.finish, draft.instructions)
    count = int(str(draft.quantity))
    return LineAsked(file.name.rsplit(".", 1)[0], count, wanted, file.format or "", to_analysis(file))
