"""What pages read of webhooks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from peewee import fn

from craftops.store.models import WebhookAttemptRow, WebhookDeliveryRow, WebhookEndpointRow, database
from craftops.store.models.base import from_micros
from craftops.store.prepared import Prepared

LOST = ("failed", "stopped")


TAKEN = """
SELECT endpoint_id, MAX(done_at) FROM webhook_delivery WHERE state = 'delivered' GROUP BY endpoint_id
"""


def last_delivered() -> dict[int, datetime]:
    """When each endpoint took something last."""
    return {endpoint: from_micros(at) for endpoint, at in database.execute_sql(TAKEN).fetchall()}


_SWITCHED_OFF: Prepared[WebhookEndpointRow] = Prepared(
    lambda: (
        WebhookEndpointRow.select()
        .where(~WebhookEndpointRow.active, WebhookEndpointRow.off_why != "")
        .order_by(WebhookEndpointRow.id)
    )
)


def switched_off() -> list[WebhookEndpointRow]:
    """Endpoints that CraftOps has switched off because they did not answer."""
    return _SWITCHED_OFF.all()


def deliveries_of(endpoint_id: int, before: int | None, most: int) -> list[WebhookDeliveryRow]:
    """The newest deliveries of an endpoint, those before one of them where it is named."""
    query = WebhookDeliveryRow.select().where(WebhookDeliveryRow.endpoint == endpoint_id)
    if before is not None:
        query = query.where(WebhookDeliveryRow.id < before)
    return list(query.order_by(WebhookDeliveryRow.id.desc()).limit(most))


def last_errors(deliveries: Sequence[int]) -> dict[int, str]:
    """What went wrong at the last attempt of each of these."""
    newest = (
        WebhookAttemptRow.select(fn.MAX(WebhookAttemptRow.id))
        .where(WebhookAttemptRow.delivery.in_(list(deliveries)))
        .group_by(WebhookAttemptRow.delivery)
    )
    return {row.delivery_id: row.error for row in WebhookAttemptRow.select().where(WebhookAttemptRow.id.in_(newest))}


def lost(endpoint_id: int) -> int:
    """How many deliveries of an endpoint did not arrive and are not tried any more."""
    query = WebhookDeliveryRow.select().where(
        WebhookDeliveryRow.endpoint == endpoint_id, WebhookDeliveryRow.state.in_(LOST)
    )
    return int(query.count())
