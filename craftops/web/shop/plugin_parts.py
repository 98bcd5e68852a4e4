"""Cards that plugins add to the page of an order, on both faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from craftops.domain.orders.order import Delivery
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.access import Actor
from craftops.sdk.parts import LineShown, OrderPart, OrderShown
from craftops.services.production import planning
from craftops.store.mapping import to_analysis, to_line
from craftops.store.models import OrderLineRow, OrderRow
from craftops.web.frame.capability import OrderPanel
from craftops.web.frame.request_context import RequestContext

TEMPLATE = "_plugin_parts.html"


@dataclass(frozen=True, slots=True)
class PartCard:
    """One card, ready to be shown."""

    title: str
    paragraphs: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    links: tuple[tuple[str, str, bool], ...]
    """Text, address, and whether it leads away from this shop."""


def for_customers(order: OrderRow, sight: RequestContext, _actor: Actor) -> Sequence[PartCard] | None:
    """What plugins show to whoever may see this order."""
    return _cards("portal_order_panels", order, sight)


def for_staff(order: OrderRow, sight: RequestContext, _actor: Actor) -> Sequence[PartCard] | None:
    """What plugins show to people who work here."""
    return _cards("staff_order_panels", order, sight)


PORTAL = OrderPanel(TEMPLATE, for_customers, 85)
STAFF = OrderPanel(TEMPLATE, for_staff, 85)


def _cards(hook: str, order: OrderRow, sight: RequestContext) -> Sequence[PartCard] | None:
    plugins = sight.shop.plugins
    if not plugins.asks(hook):
        return None
    return [_card(part) for part in plugins.gather(hook, order=_shown(order, sight))] or None


def _card(part: OrderPart) -> PartCard:
    paragraphs = tuple(text for one in part.text.split("\n\n") if (text := one.strip()))
    links = tuple((text, address, not address.startswith("/")) for text, address in part.links)
    return PartCard(part.title, paragraphs, part.facts, links)


def _shown(order: OrderRow, sight: RequestContext) -> OrderShown:
    lines = tuple(
        LineShown(
            row.title,
            row.quantity,
            to_line(row).specification,
            planning.process_of(sight.shop, row),
            to_analysis(row.file) if row.file else None,
        )
        for row in order.lines.order_by(OrderLineRow.position)
    )
    company = order.company.name if order.company is not None else ""
    return OrderShown(
        order.code, order.title, Stage(order.stage), order.customer.name, company, Delivery(order.delivery),
        lines, order.placed_at, sight.now,
    )  # fmt: skip
