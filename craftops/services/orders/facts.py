"""What the workflow's rules need to know of an order, with what the shop has settled for its own counter and checks."""

from __future__ import annotations

from dataclasses import replace

from craftops.domain.orders.order import Delivery
from craftops.domain.orders.workflow import OrderFacts, Stage
from craftops.domain.shipping.pickup import is_owed
from craftops.services.shop.context import Shop
from craftops.store.models import OrderRow
from craftops.store.queries import pickup, production
from craftops.store.queries.production import KnownParts
from craftops.store.views.orders import OrderView


def facts_of(shop: Shop, order: OrderRow | OrderView, known: KnownParts | None = None) -> OrderFacts:
    """Two queries, as ``production.facts_of``, none where its parts are known; of an order that waits at the counter
    what is owed, too."""
    found = production.facts_of(order, wants_photo=shop.making.photo_at_check, known=known)
    at_counter = order.stage == Stage.READY_FOR_PICKUP.value and order.delivery == Delivery.PICKUP.value
    if not at_counter or not pickup.keeps_unpaid():
        return found
    return replace(found, kept_until_paid=is_owed(pickup.unpaid_of([order.id]).get(order.id, {})))
