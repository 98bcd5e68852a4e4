"""Withdrawals with what became of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from peewee import fn

from craftops.store.models import OrderRow, WithdrawalRow, WithdrawalStepRow
from craftops.store.prepared import Prepared
from craftops.store.views.orders import WithdrawalView


def newest_steps(ids: Iterable[int]) -> dict[int, WithdrawalStepRow]:
    """The newest step of each of these declarations."""
    newest = (
        WithdrawalStepRow.select(fn.MAX(WithdrawalStepRow.id))
        .where(WithdrawalStepRow.withdrawal.in_(list(ids)))
        .group_by(WithdrawalStepRow.withdrawal)
    )
    return {row.withdrawal_id: row for row in WithdrawalStepRow.select().where(WithdrawalStepRow.id.in_(newest))}


def _declared() -> Any:
    newest = WithdrawalStepRow.select(fn.MAX(WithdrawalStepRow.id)).group_by(WithdrawalStepRow.withdrawal)
    step = WithdrawalStepRow
    query = WithdrawalRow.select(
        WithdrawalRow.id, WithdrawalRow.name, WithdrawalRow.email, WithdrawalRow.lines, WithdrawalRow.words,
        WithdrawalRow.at, WithdrawalRow.digest, step.state, step.sentence, step.by_name, step.at, step.id,
        OrderRow.code, OrderRow.title, OrderRow.customer,
    )  # fmt: skip
    query = query.join(step, on=(step.withdrawal == WithdrawalRow.id)).switch(WithdrawalRow).join(OrderRow)
    return query.where(step.id.in_(newest))


_OF_ORDER: Prepared[WithdrawalView] = Prepared(
    lambda order: _declared().where(WithdrawalRow.order == order).order_by(WithdrawalRow.id.desc()), WithdrawalView
)
_IN_STATES: Prepared[WithdrawalView] = Prepared(
    lambda states: _declared().where(WithdrawalStepRow.state.in_(states)).order_by(WithdrawalRow.id), WithdrawalView
)


def of_order(order_id: int) -> list[WithdrawalView]:
    """The declarations of an order, the newest first."""
    return _OF_ORDER.all(order_id)


def in_states(states: Iterable[str]) -> list[WithdrawalView]:
    """Declarations that are in one of these states now, the oldest first."""
    return _IN_STATES.all(list(states))
