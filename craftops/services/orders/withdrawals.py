"""Withdrawals: who may, declared without signing in, written down once, answered by staff. No money moves by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer

from craftops.domain.events import Event, EventKind
from craftops.domain.orders import withdrawal
from craftops.domain.orders.order import normalise_code
from craftops.domain.orders.withdrawal import Declaration, Ground, Right, WithdrawalState, WithdrawnLine
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.access import SYSTEM, Actor
from craftops.errors import AccessError, IntakeError, RuleError
from craftops.services.people import limits
from craftops.services.shop.context import Shop
from craftops.store.database import IntegrityError, UnitOfWork, unit_of_work
from craftops.store.models import (
    AccountRow,
    BillingDetailsRow,
    OrderLineRow,
    OrderRow,
    ParcelRow,
    PickupRow,
    WithdrawalRow,
    WithdrawalStepRow,
)
from craftops.store.models.base import from_micros, to_micros
from craftops.store.queries import scoped, withdrawals
from craftops.store.queries.order_views import order_views
from craftops.store.views.orders import OrderSeen, OrderView

MOST_OF_ADDRESS, MOST_OF_ORDER = 30, 6
"""Within a quarter of an hour, of a network address and of an order code."""
WHY_NOT = {
    Ground.BUSINESS: "The order was placed for a business, and the right of withdrawal is a consumer's.",
    Ground.MADE_FOR_YOU: "Everything in this order was made to your specification, "
    "and from that there is no right of withdrawal.",
    Ground.OVER: "The fourteen days after you had everything are over.",
    Ground.CANCELLED: "The order was cancelled, so there is nothing left to withdraw from.",
}
"""Why somebody may not withdraw, as a sentence."""


def right_of(shop: Shop, order: OrderRow | OrderView, *, at: datetime) -> Right:
    """Whether an order may be withdrawn from now."""
    return withdrawal.right_of(
        business=_is_business(order),
        standard_lines=order.standard_lines,
        cancelled=order.stage == Stage.CANCELLED.value,
        received_at=_received_at(order),
        zone=shop.profile().zone,
        at=at,
    )


def _is_business(order: OrderRow | OrderView) -> bool:
    if order.company_id is not None:
        return True
    details = BillingDetailsRow.get_or_none(BillingDetailsRow.account == order.customer_id)
    return bool(details is not None and details.is_business)


def _received_at(order: OrderRow | OrderView) -> datetime | None:
    """When the customer had all of it: the last parcel, the hand-over, or else the end of the order."""
    completed: datetime | None = order.stage_since if order.stage == Stage.COMPLETED.value else None
    parcels = list(ParcelRow.select(ParcelRow.delivered_at).where(ParcelRow.order == order.id))
    if parcels and order.stage in (Stage.SHIPPED.value, Stage.COMPLETED.value):
        days = [row.delivered_at for row in parcels if row.delivered_at is not None]
        return max(days) if len(days) == len(parcels) else completed
    handed = PickupRow.get_or_none(PickupRow.order == order.id, PickupRow.handed_at.is_null(False))
    return handed.handed_at if handed is not None else completed


def standard_lines(order: OrderSeen) -> tuple[WithdrawnLine, ...]:
    """The lines of an order that a consumer may withdraw from."""
    rows = OrderLineRow.select().where(OrderLineRow.order == order.id, ~OrderLineRow.made_to_specification)
    return tuple(WithdrawnLine(row.id, row.title, row.quantity) for row in rows.order_by(OrderLineRow.position))


def link_token(shop: Shop, order: OrderRow | OrderView) -> str:
    """What opens an order's own page of withdrawal, without signing in and for nothing else."""
    return str(_signer(shop).dumps(order.id))


def find(shop: Shop, token: str) -> OrderView:
    """The order of a token. Raises AccessError."""
    try:
        order_id = _signer(shop).loads(token)
    except (BadSignature, ValueError, TypeError):
        raise AccessError from None
    found = order_views([order_id]) if isinstance(order_id, int) else []
    if not found:
        raise AccessError
    return found[0]


def _signer(shop: Shop) -> URLSafeSerializer:
    return URLSafeSerializer(shop.config.signing_keys(), salt="withdrawal")


def count_try(code: str, *, address: str, at: datetime) -> None:
    """Count a declaration of somebody who is not known. Raises TooManyTries, whether there is such an order or not."""
    limits.count(f"withdraw-by:{address}", MOST_OF_ADDRESS, at=at)
    limits.count(f"withdraw:{normalise_code(code)[:40]}", MOST_OF_ORDER, at=at)


def ask(code: str, declaration: Declaration, *, at: datetime) -> None:
    """Somebody who is not known declares a withdrawal. The worker looks whether there is such an order, so that the
    answer is always the same and takes the same time. Raises IntakeError with every faulty field."""
    said = withdrawal.check(declaration)
    payload = {
        "code": normalise_code(code)[:40], "name": said.name, "email": said.email, "words": said.words,
        "at": to_micros(at),
    }  # fmt: skip
    with unit_of_work() as uow:
        uow.enqueue("take_withdrawal", payload, at=at)


def take(shop: Shop, payload: dict[str, Any]) -> WithdrawalRow | None:
    """Write down what somebody has declared, if order and address belong together; else nothing happens."""
    query = OrderRow.select(OrderRow, AccountRow).join(AccountRow).where(OrderRow.code == payload["code"])
    order = query.first()
    if order is None or order.customer.email.casefold() != payload["email"].casefold():
        return None
    lines = withdrawal.meant(payload["words"], standard_lines(order))
    declaration = Declaration(payload["name"], payload["email"], lines, payload["words"])
    return _write(shop, order, declaration, at=from_micros(payload["at"]))


def declare(
    shop: Shop, order: OrderView, declaration: Declaration, line_ids: Sequence[int], *, at: datetime
) -> WithdrawalRow:
    """Withdraw from these lines of an order; from what was declared before, it is the same declaration.

    Raises RuleError where there is no right, IntakeError without a line or with a faulty field.
    """
    right = right_of(shop, order, at=at)
    if not right.exists:
        raise RuleError(WHY_NOT[right.ground], "If you think that we are wrong, write to us.")
    chosen = tuple(one for one in standard_lines(order) if one.id in line_ids)
    if not chosen:
        raise IntakeError("Say which parts.", {"lines": "Choose at least one part."})
    said = withdrawal.check(declaration)
    return _write(shop, order, Declaration(said.name, said.email, chosen, said.words), at=at)


def _write(shop: Shop, order: OrderRow | OrderView, declaration: Declaration, *, at: datetime) -> WithdrawalRow:
    right = right_of(shop, order, at=at)
    doubt = "" if right.exists else f"{WHY_NOT[right.ground]} A person looks at it all the same."
    try:
        with unit_of_work() as uow:
            if known := _known(order, declaration):
                return known
            row: WithdrawalRow = WithdrawalRow.create(
                order=order.id,
                key=withdrawal.key_of(declaration),
                name=declaration.name,
                email=declaration.email,
                lines=[{"id": one.id, "title": one.title, "quantity": one.quantity} for one in declaration.lines],
                words=declaration.words,
                at=at,
                digest=withdrawal.digest(order.code, declaration, at),
            )
            OrderRow.update(withdrawals=OrderRow.withdrawals + 1).where(OrderRow.id == order.id).execute()
            _step(uow, order, row, 1, WithdrawalState.RECEIVED, doubt, by=declaration.name, actor=SYSTEM, at=at)
    except IntegrityError:
        if known := _known(order, declaration):
            return known
        raise
    return row


def _known(order: OrderRow | OrderView, declaration: Declaration) -> WithdrawalRow | None:
    """The earlier declaration that says the same, or all of it and more."""
    mine, key = {one.id for one in declaration.lines}, withdrawal.key_of(declaration)
    for row in WithdrawalRow.select().where(WithdrawalRow.order == order.id).order_by(WithdrawalRow.id):
        if row.key == key or (mine and mine <= {int(one["id"]) for one in row.lines}):
            found: WithdrawalRow = row
            return found
    return None


def _step(
    uow: UnitOfWork, order: OrderRow | OrderView, row: WithdrawalRow, number: int, state: WithdrawalState,
    sentence: str, *, by: str, actor: Actor, at: datetime,
) -> None:  # fmt: skip
    WithdrawalStepRow.create(
        withdrawal=row.id, number=number, state=state.value, sentence=sentence, by_name=by[:200], at=at
    )
    data = {"withdrawal": row.id, "state": state.value}
    uow.record(Event(EventKind.WITHDRAWAL_CHANGED, at, actor, order.id, order.customer_id, data=data))


def decide(code: str, withdrawal_id: int, to: str, sentence: str, *, actor: Actor, at: datetime) -> None:
    """Staff accept a declaration, refuse it with a sentence, or say that it is settled. Asked again, nothing happens.

    Raises AccessError, IllegalMove, IntakeError.
    """
    actor.must_be_staff()
    if to not in list(WithdrawalState):
        raise IntakeError("There is no such answer.")
    with unit_of_work() as uow:
        order = scoped.order(actor, code)
        row: WithdrawalRow | None = WithdrawalRow.get_or_none(
            WithdrawalRow.id == withdrawal_id, WithdrawalRow.order == order.id
        )
        if row is None:
            raise AccessError
        OrderRow.update(withdrawals=OrderRow.withdrawals).where(OrderRow.id == order.id).execute()
        last = withdrawals.newest_steps([row.id])[row.id]
        if last.state == to:
            return
        said = withdrawal.advance(WithdrawalState(last.state), WithdrawalState(to), sentence)
        _step(uow, order, row, last.number + 1, WithdrawalState(to), said, by=actor.name, actor=actor, at=at)


def set_specification(code: str, line_id: int, *, made: bool, actor: Actor, at: datetime) -> None:
    """Whether a line is made to its customer's specification, or a standard part. Raises AccessError; RuleError for a
    line that somebody has withdrawn from already."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        order = scoped.order(actor, code)
        line = OrderLineRow.get_or_none(OrderLineRow.id == line_id, OrderLineRow.order == order.id)
        if line is None:
            raise AccessError
        if made and any(
            line_id in [int(one["id"]) for one in row.lines]
            for row in WithdrawalRow.select().where(WithdrawalRow.order == order.id)
        ):
            raise RuleError("The customer has withdrawn from this line already. Answer that first.")
        OrderLineRow.update(made_to_specification=made).where(OrderLineRow.id == line_id).execute()
        count_standard(order)
        uow.record(Event(EventKind.ORDER_CHANGED, at, actor, order.id, order.customer_id, data={"line": line_id}))


def count_standard(order: OrderRow) -> None:
    """Keep the count of standard lines, in a transaction."""
    many = OrderLineRow.select().where(OrderLineRow.order == order.id, ~OrderLineRow.made_to_specification).count()
    OrderRow.update(standard_lines=many).where(OrderRow.id == order.id).execute()
    order.standard_lines = many
