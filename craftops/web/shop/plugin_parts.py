"""Cards that plugins add to the page of an order, on both faces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from craftops.domain.files.designs import analysis_from_json
from craftops.domain.orders.order import Delivery, Specification
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.access import Actor
from craftops.sdk.parts import LineShown, OrderPart, OrderShown
from craftops.services.production import planning
from craftops.store.queries import order_lines
from craftops.store.views.orders import OrderView
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


def for_customers(order: OrderView, sight: RequestContext, _actor: Actor) -> Sequence[PartCard] | None:
    """What plugins show to whoever may see this order."""
    return _cards("portal_order_panels", order, sight)


def for_staff(order: OrderView, sight: RequestContext, _actor: Actor) -> Sequence[PartCard] | None:
    """What plugins show to people who work here."""
    return _cards("staff_order_panels", order, sight)


PORTAL = OrderPanel(TEMPLATE, for_customers, 85)
STAFF = OrderPanel(TEMPLATE, for_staff, 85)


def _cards(hook: str, order: OrderView, sight: RequestContext) -> Sequence[PartCard] | None:
    plugins = sight.shop.plugins
    if not plugins.asks(hook):
        return None
    return [_card(part) for part in plugins.gather(hook, order=_shown(order, sight))] or None


def _card(part: OrderPart) -> PartCard:
    paragraphs = tuple(text for one in part.text.split("\n\n") if (text := one.strip()))
    links = tuple((text, address, not address.startswith("/")) for text, address in part.links)
    return PartCard(part.title, paragraphs, part.facts, links)


def _shown(order: OrderView, sight: RequestContext) -> OrderShown:
    lines = tuple(
        LineShown(
            row.title,
            row.quantity,
            Specification(row.material, row.colour, row.finish, row.instructions),
            planning.process_of(sight.shop, row),
            analysis_from_json(row.file.analysis) if row.file is not None and row.file.analysis else None,
        )
        for row in order_lines.lines_of(order.id)
    )
    company = order.company.name if order.company is not None else ""
    return OrderShown(
        order.code, order.title, Stage(order.stage), order.customer.name, company, Delivery(order.delivery),
        lines, order.placed_at, sight.now,
    )  # fmt: skip
