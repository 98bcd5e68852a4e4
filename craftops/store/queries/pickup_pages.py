"""Orders at the counter as pages show them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from craftops.domain.orders.workflow import Stage
from craftops.store.models import AccountRow, OrderRow, PickupPassRow, PickupRow
from craftops.store.prepared import Prepared
from craftops.store.queries.pickup import AT_MOST
from craftops.store.viewing import columns
from craftops.store.views.shipping import PickupPass, PickupView

READY = Stage.READY_FOR_PICKUP.value
_OF_PICKUP = columns(PickupView, PickupRow, "code", "title", "stage", "hold_since", "customer", "customer_phone")
_OF_PASS = columns(PickupPass, PickupPassRow, "title", "stage")


def _pickups(*where: Any) -> Any:
    order = (OrderRow.code, OrderRow.title, OrderRow.stage, OrderRow.hold_since, AccountRow.name, AccountRow.phone)
    return PickupRow.select(*_OF_PICKUP, *order).join(OrderRow).join(AccountRow).where(*where)


_WAITING: Prepared[PickupView] = Prepared(
    lambda stage: _pickups(OrderRow.stage == stage).order_by(PickupRow.since, PickupRow.id).limit(AT_MOST), PickupView
)
_LONGER: Prepared[PickupView] = Prepared(
    lambda stage, before: (
        _pickups(OrderRow.stage == stage, PickupRow.since <= before).order_by(PickupRow.since).limit(AT_MOST)
    ),
    PickupView,
)
_OF_ID: Prepared[PickupView] = Prepared(lambda id_: _pickups(PickupRow.id == id_), PickupView)
_OF_ORDER: Prepared[PickupView] = Prepared(lambda order: _pickups(PickupRow.order == order), PickupView)


def _passes(*where: Any) -> Any:
    query = PickupPassRow.select(*_OF_PASS, OrderRow.title, OrderRow.stage).join(PickupRow).join(OrderRow)
    return query.where(*where).order_by(PickupPassRow.id)


_PASSES: Prepared[PickupPass] = Prepared(
    lambda pickup: _passes(PickupPassRow.pickup == pickup, PickupPassRow.revoked_at.is_null()), PickupPass
)
_BY_CODE: Prepared[PickupPass] = Prepared(lambda code: _passes(PickupPassRow.code == code), PickupPass)
_BY_TOKEN: Prepared[PickupPass] = Prepared(
    lambda token: _passes(PickupPassRow.token_hash == token, PickupPassRow.revoked_at.is_null()), PickupPass
)


def waiting() -> list[PickupView]:
    """What lies at the counter, longest first."""
    return _WAITING.all(READY)


def waiting_longer(than: timedelta, at: datetime) -> list[PickupView]:
    """What lies there for longer than this."""
    return _LONGER.all(READY, at - than)


def pickup(pickup_id: int) -> PickupView | None:
    """One of them, handed over or not."""
    return _OF_ID.first(pickup_id)


def of_order(order_id: int) -> PickupView | None:
    """The pickup of an order."""
    return _OF_ORDER.first(order_id)


def passes(pickup_id: int) -> list[PickupPass]:
    """The open codes of a pickup, the customer's own first."""
    return _PASSES.all(pickup_id)


def by_code(code: str) -> PickupPass | None:
    """The code that was said, taken back or not."""
    return _BY_CODE.first(code)


def by_token(token_hash: str) -> PickupPass | None:
    """A proxy's open link."""
    return _BY_TOKEN.first(token_hash)
