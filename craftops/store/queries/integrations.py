"""What pages read of webhooks, and of what programs propose."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from peewee import JOIN, fn

from craftops.store.models import (
    AccountRow,
    OrderRow,
    ProposalRow,
    WebhookAttemptRow,
    WebhookDeliveryRow,
    WebhookEndpointRow,
    database,
)
from craftops.store.models.base import from_micros
from craftops.store.prepared import Prepared
from craftops.store.viewing import columns
from craftops.store.views.integrations import AttemptView, DeliveryView, EndpointView, ProposalView, ProposedOrder

LOST = ("failed", "stopped")
OPEN_PROPOSAL = "open"


TAKEN = """
SELECT endpoint_id, MAX(done_at) FROM webhook_delivery WHERE state = 'delivered' GROUP BY endpoint_id
"""


def last_delivered() -> dict[int, datetime]:
    """When each endpoint took something last."""
    return {endpoint: from_micros(at) for endpoint, at in database.execute_sql(TAKEN).fetchall()}


_OF_ENDPOINT = columns(EndpointView, WebhookEndpointRow, "signs_with_two")


def _endpoints() -> Any:
    return WebhookEndpointRow.select(*_OF_ENDPOINT, WebhookEndpointRow.sealed_before).order_by(WebhookEndpointRow.id)


def _endpoint(*values: Any) -> EndpointView:
    return EndpointView(*(*values[:-1], bool(values[-1])))


_ENDPOINTS: Prepared[EndpointView] = Prepared(_endpoints, _endpoint)
_ENDPOINT: Prepared[EndpointView] = Prepared(lambda id_: _endpoints().where(WebhookEndpointRow.id == id_), _endpoint)
_SWITCHED_OFF: Prepared[EndpointView] = Prepared(
    lambda: _endpoints().where(~WebhookEndpointRow.active, WebhookEndpointRow.off_why != ""), _endpoint
)


def endpoints() -> list[EndpointView]:
    """All of them, the oldest first."""
    return _ENDPOINTS.all()


def endpoint(endpoint_id: int) -> EndpointView | None:
    """One of them."""
    return _ENDPOINT.first(endpoint_id)


def switched_off() -> list[EndpointView]:
    """Endpoints that CraftOps has switched off because they did not answer."""
    return _SWITCHED_OFF.all()


def _deliveries(endpoint_id: Any, *also: Any) -> Any:
    query = WebhookDeliveryRow.select(*columns(DeliveryView, WebhookDeliveryRow))
    return query.where(WebhookDeliveryRow.endpoint == endpoint_id, *also).order_by(WebhookDeliveryRow.id.desc())


_NEWEST: Prepared[DeliveryView] = Prepared(lambda of, most: _deliveries(of).limit(most), DeliveryView)
_BEFORE: Prepared[DeliveryView] = Prepared(
    lambda of, before, most: _deliveries(of, WebhookDeliveryRow.id < before).limit(most), DeliveryView
)
_DELIVERY: Prepared[DeliveryView] = Prepared(
    lambda of, one: _deliveries(of, WebhookDeliveryRow.id == one), DeliveryView
)
_ATTEMPTS: Prepared[AttemptView] = Prepared(
    lambda delivery, most: (
        WebhookAttemptRow.select(*columns(AttemptView, WebhookAttemptRow))
        .where(WebhookAttemptRow.delivery == delivery)
        .order_by(WebhookAttemptRow.id.desc())
        .limit(most)
    ),
    AttemptView,
)


def deliveries_of(endpoint_id: int, before: int | None, most: int) -> list[DeliveryView]:
    """The newest deliveries of an endpoint, those before one of them where it is named."""
    return _NEWEST.all(endpoint_id, most) if before is None else _BEFORE.all(endpoint_id, before, most)


def delivery(endpoint_id: int, delivery_id: int) -> DeliveryView | None:
    """One delivery of this endpoint."""
    return _DELIVERY.first(endpoint_id, delivery_id)


def attempts_of(delivery_id: int, most: int) -> list[AttemptView]:
    """The newest requests of a delivery."""
    return _ATTEMPTS.all(delivery_id, most)


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


_OF_PROPOSAL = columns(ProposalView, ProposalRow, "order")


def _proposals(*where: Any) -> Any:
    query = ProposalRow.select(*_OF_PROPOSAL, OrderRow.code, OrderRow.title, OrderRow.stage, AccountRow.name)
    return query.join(OrderRow, JOIN.LEFT_OUTER).join(AccountRow, JOIN.LEFT_OUTER).where(*where)


def _proposal(*values: Any) -> ProposalView:
    own, order = values[: len(_OF_PROPOSAL)], values[len(_OF_PROPOSAL) :]
    return ProposalView(*(*own, ProposedOrder(*order) if order[0] is not None else None))


_OPEN: Prepared[ProposalView] = Prepared(
    lambda state, since: _proposals(ProposalRow.state == state, ProposalRow.made_at > since).order_by(ProposalRow.id),
    _proposal,
)
_DECIDED: Prepared[ProposalView] = Prepared(
    lambda state, most: (
        _proposals(ProposalRow.state != state)
        .order_by(ProposalRow.decided_at.desc(), ProposalRow.id.desc())
        .limit(most)
    ),
    _proposal,
)
_PROPOSAL: Prepared[ProposalView] = Prepared(lambda key: _proposals(ProposalRow.key == key), _proposal)


def open_proposals(since: datetime) -> list[ProposalView]:
    """Proposals of after ``since`` that nobody has decided, the oldest first."""
    return _OPEN.all(OPEN_PROPOSAL, since)


def decided_proposals(most: int) -> list[ProposalView]:
    """The last ones that somebody has decided."""
    return _DECIDED.all(OPEN_PROPOSAL, most)


def proposal(key: str) -> ProposalView | None:
    """One of them."""
    return _PROPOSAL.first(key)
