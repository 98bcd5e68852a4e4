"""Where an order goes: asked when it is placed, changed until its parcels have left."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from craftops.domain.events import Event, EventKind
from craftops.domain.orders.order import Delivery
from craftops.domain.orders.workflow import ENDED, Stage
from craftops.domain.people.access import Actor
from craftops.domain.people.addresses import Addressed, PostalAddress
from craftops.domain.people.companies import CompanyAction
from craftops.errors import RuleError
from craftops.services.people import addresses
from craftops.store.database import UnitOfWork, unit_of_work
from craftops.store.models import DeliveryAddressRow, LabelRow, OrderRow, ParcelRow
from craftops.store.prepared import Prepared
from craftops.store.queries import scoped
from craftops.store.views.orders import OrderView
from craftops.store.views.people import Account

GONE = frozenset({Stage.SHIPPED, *ENDED})


_OF_ORDER: Prepared[DeliveryAddressRow] = Prepared(
    lambda order: DeliveryAddressRow.select().where(DeliveryAddressRow.order == order)
)


def address_of(order: OrderRow | OrderView) -> PostalAddress | None:
    """Where an order goes; None where nobody has said it yet."""
    return address_of_id(order.id)


def address_of_id(order_id: int) -> PostalAddress | None:
    """The same by the order's id."""
    row = _OF_ORDER.first(order_id)
    return as_address(row) if row is not None else None


def as_address(row: Addressed) -> PostalAddress:
    """A row as the value."""
    return PostalAddress(
        row.name, row.line1, row.city, row.country, row.postcode, row.region, row.company, row.line2, row.phone
    )


def usual_address(customer: Account) -> PostalAddress | None:
    """The address that a customer uses most."""
    known = addresses.of_account(customer)
    return as_address(known[0]) if known else None


def write_address(order: OrderRow, address: PostalAddress, *, by: str, at: datetime) -> None:
    """Keep a checked address with its order, inside a unit of work."""
    values = {**asdict(address), "changed_at": at, "changed_by": by[:200]}
    if not DeliveryAddressRow.update(values).where(DeliveryAddressRow.order == order.id).execute():
        DeliveryAddressRow.create(order=order.id, **values)


def change_address(order_code: str, sent: PostalAddress, *, actor: Actor, at: datetime) -> OrderRow:
    """Send an order elsewhere; one that was to be picked up is shipped from now on.

    Raises IntakeError with the faulty fields, AccessError, RuleError once it has left.
    """
    address = addresses.check(sent)
    with unit_of_work() as uow:
        order = scoped.order(actor, order_code, CompanyAction.DECIDE)
        _must_be_here(order)
        write_address(order, address, by=actor.name, at=at)
        if order.delivery != Delivery.SHIPPING.value:
            _must_not_wait(order)
            OrderRow.update(delivery=Delivery.SHIPPING.value, version=OrderRow.version + 1).where(
                OrderRow.id == order.id
            ).execute()
        _record(uow, order, actor, at)
    fresh: OrderRow = OrderRow.get_by_id(order.id)
    return fresh


def _must_be_here(order: OrderRow) -> None:
    if Stage(order.stage) in GONE:
        raise RuleError("This order has left already.", "Write to us; we ask its carrier.")
    bought = LabelRow.select().join(ParcelRow).where(ParcelRow.order == order.id, LabelRow.alive == True)  # noqa: E712
    if bought.exists():
        raise RuleError("A label for this address is bought already.", "Have it voided first; then it can change.")


def _must_not_wait(order: OrderRow) -> None:
    if Stage(order.stage) in (Stage.READY_FOR_PICKUP, Stage.READY_TO_SHIP):
        raise RuleError("This order is ready already.", "Write to us, and we change it together.")


def _record(uow: UnitOfWork, order: OrderRow, actor: Actor, at: datetime) -> None:
    data = {"parcel": None, "what": "address"}
    uow.record(Event(EventKind.PARCEL_CHANGED, at, actor, order.id, order.customer_id, data=data))
