"""Orders that wait at the counter: their codes, people who are sent for them, reminders."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from craftops.domain.events import Event, EventKind
from craftops.domain.orders.order import new_code
from craftops.domain.orders.sharing import new_seed, token_of
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.access import SYSTEM, Actor
from craftops.domain.people.companies import CompanyAction
from craftops.domain.shipping.pickup import (
    MOST_PROXIES,
    REMIND_AFTER,
    check_bin,
    check_person,
    reminders_due,
)
from craftops.errors import AccessError, RuleError
from craftops.services.people.accounts import digest
from craftops.services.shop.context import Shop
from craftops.store.database import UnitOfWork, unit_of_work
from craftops.store.models import OrderRow, PickupPassRow, PickupRow
from craftops.store.queries import pickup as rows
from craftops.store.queries import pickup_pages as pages
from craftops.store.queries import scoped
from craftops.store.views.orders import OrderView
from craftops.store.views.shipping import PickupPass, PickupView

PURPOSE = "pickup"
READY = Stage.READY_FOR_PICKUP.value


@dataclass(frozen=True, slots=True)
class Ticket:
    """What somebody shows at the counter."""

    order_id: int
    pickup: PickupView
    own: PickupPass


def lay_ready(at: datetime) -> int:
    """A pickup for every order that is ready and has none; how many. Harmless when two do it."""
    found = rows.without_pickup()
    for order in found:
        _make(order, at)
    return len(found)


def ticket_of(order: OrderRow | OrderView, *, at: datetime) -> Ticket | None:
    """The customer's own ticket of an order that is ready, made if it is not there yet; None for any other order."""
    if order.stage != READY:
        return None
    found = pages.of_order(order.id)
    if found is None or found.since != order.stage_since:
        found = pages.of_order(order.id) if _make(order, at) is not None else None
    own = next((one for one in pages.passes(found.id) if not one.name), None) if found is not None else None
    return Ticket(order.id, found, own) if found is not None and own is not None else None


def _make(order: OrderRow | OrderView, at: datetime) -> PickupRow | None:
    with unit_of_work() as uow:
        fresh = locked(order.id)
        if fresh.stage != READY:
            return None
        row = rows.of_order(order.id)
        if row is None:
            row = PickupRow.create(order=order.id, since=fresh.stage_since)
            PickupPassRow.create(pickup=row.id, code=_free_code(), created_at=at)
            record(uow, fresh, "waits", SYSTEM, at)
        elif row.since != fresh.stage_since:
            row.since, row.reminded = fresh.stage_since, 0
            PickupRow.update(since=row.since, reminded=0).where(PickupRow.id == row.id).execute()
        return row


def locked(order_id: int) -> OrderRow:
    """An order that nobody else changes until this transaction ends. Raises AccessError."""
    OrderRow.update(version=OrderRow.version).where(OrderRow.id == order_id).execute()
    row: OrderRow | None = OrderRow.get_or_none(OrderRow.id == order_id)
    if row is None:
        raise AccessError
    return row


def _free_code() -> str:
    """A code that no ticket has and no order, so that neither is taken for the other."""
    while True:
        code = new_code()
        taken = PickupPassRow.select().where(PickupPassRow.code == code).exists()
        if not taken and not OrderRow.select().where(OrderRow.code == code).exists():
            return code


def record(uow: UnitOfWork, order: OrderRow, what: str, actor: Actor, at: datetime) -> None:
    """Tell that a pickup changed."""
    uow.record(Event(EventKind.PICKUP_CHANGED, at, actor, order.id, order.customer_id, data={"what": what}))


# People who are sent


def send_proxy(shop: Shop, code: str, name: str, *, actor: Actor, at: datetime) -> PickupPassRow:
    """Somebody else may fetch this order, with a code and a link of their own.

    Raises AccessError, IntakeError; RuleError when it is not ready, for too many, or without the right to.
    """
    order = scoped.order(actor, code, CompanyAction.DECIDE)
    person = check_person(name)
    ticket = ticket_of(order, at=at)
    if ticket is None:
        raise RuleError("Somebody can be sent once the order is ready to be picked up.")
    with unit_of_work() as uow:
        if locked(order.id).stage != READY:
            raise RuleError("The order has been handed over already.")
        if sum(bool(one.name) for one in rows.passes(ticket.pickup.id)) >= MOST_PROXIES:
            raise RuleError(f"{MOST_PROXIES} people may fetch it already.", "Take one back first.")
        seed = new_seed()
        hashed = digest(token_of(shop.config.secret_key(), seed, PURPOSE))
        row: PickupPassRow = PickupPassRow.create(
            pickup=ticket.pickup.id, code=_free_code(), name=person, seed=seed, token_hash=hashed,
            made_by=actor.name[:200], created_at=at,
        )  # fmt: skip
        record(uow, order, "proxy", actor, at)
    return row


def take_back(code: str, pass_id: int, *, actor: Actor, at: datetime) -> bool:
    """A proxy's code and link are good no more; whether they were. Raises AccessError, RuleError."""
    order = scoped.order(actor, code, CompanyAction.DECIDE)
    with unit_of_work() as uow:
        row: PickupPassRow | None = (
            PickupPassRow.select(PickupPassRow, PickupRow)
            .join(PickupRow)
            .where(PickupPassRow.id == pass_id, PickupRow.order == order.id, PickupPassRow.name != "")
            .first()
        )
        if row is None:
            raise AccessError
        open_one = (PickupPassRow.id == row.id) & PickupPassRow.revoked_at.is_null()
        changed = PickupPassRow.update(revoked_at=at).where(open_one).execute()
        if changed:
            record(uow, order, "proxy_ended", actor, at)
    return bool(changed)


def token(shop: Shop, one: PickupPass | PickupPassRow) -> str:
    """The token of a proxy's link. It is kept nowhere: it comes of the row and the shop's key together."""
    return token_of(shop.config.secret_key(), one.seed, PURPOSE)


def find_proxy(said: str) -> PickupPass:
    """The ticket behind a proxy's link, of an order that waits. Raises AccessError for any other."""
    found = pages.by_token(digest(said))
    if found is None or found.stage != READY:
        raise AccessError
    return found


# What staff and the clock do


def put_in(pickup_id: int, place: str, *, actor: Actor, at: datetime) -> PickupRow:
    """Write down where in the shop it lies. Raises AccessError, IntakeError."""
    actor.must_be_staff()
    clean = check_bin(place)
    with unit_of_work() as uow:
        row = staff_row(pickup_id)
        if row.bin != clean:
            PickupRow.update(bin=clean).where(PickupRow.id == row.id).execute()
            row.bin = clean
            record(uow, row.order, "bin", actor, at)
    return row


def staff_row(pickup_id: int) -> PickupRow:
    """A pickup with its order. Raises AccessError."""
    row: PickupRow | None = (
        PickupRow.select(PickupRow, OrderRow).join(OrderRow).where(PickupRow.id == pickup_id).first()
    )
    if row is None:
        raise AccessError
    return row


def shown(pickup_id: int) -> PickupView:
    """The same as pages read it. Raises AccessError."""
    found = pages.pickup(pickup_id)
    if found is None:
        raise AccessError
    return found


def remind(*, at: datetime) -> list[str]:
    """Tell customers of what has waited for 3, 7 and 14 days; codes of the orders.

    Who was missed for longer is told once, of the newest. An order that has left is told of no more.
    """
    told = []
    for row in rows.to_remind(at, REMIND_AFTER):
        due = reminders_due(row.since, at)
        with unit_of_work() as uow:
            if locked(row.order_id).stage != READY:
                continue
            mine = (PickupRow.id == row.id) & (PickupRow.reminded < due) & (PickupRow.since == row.since)
            if PickupRow.update(reminded=due).where(mine).execute():
                record(uow, row.order, "reminder", SYSTEM, at)
                told.append(row.order.code)
    return told


def names(passes: Iterable[PickupPass]) -> list[str]:
    """Of the people who are sent."""
    return [one.name for one in passes if one.name]
