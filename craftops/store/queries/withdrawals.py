"""Withdrawals with what became of them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from peewee import fn

from craftops.store.models import AccountRow, OrderRow, WithdrawalRow, WithdrawalStepRow
from craftops.store.prepared import Prepared


def newest_steps(ids: Iterable[int]) -> dict[int, WithdrawalStepRow]:
    """The newest step of each of these declarations."""
    newest = (
        WithdrawalStepRow.select(fn.MAX(WithdrawalStepRow.id))
        .where(WithdrawalStepRow.withdrawal.in_(list(ids)))
        .group_by(WithdrawalStepRow.withdrawal)
    )
    return {row.withdrawal_id: row for row in WithdrawalStepRow.select().where(WithdrawalStepRow.id.in_(newest))}


def of_order(order_id: int) -> list[tuple[WithdrawalRow, WithdrawalStepRow]]:
    """The declarations of an order with their newest steps, the newest first."""
    rows = list(WithdrawalRow.select().where(WithdrawalRow.order == order_id).order_by(WithdrawalRow.id.desc()))
    steps = newest_steps(row.id for row in rows)
    return [(row, steps[row.id]) for row in rows]


def in_states(states: Iterable[str]) -> list[tuple[WithdrawalRow, WithdrawalStepRow]]:
    """Declarations that are in one of these states now, with their orders and customers, the oldest first."""
    by_id = {step.withdrawal_id: step for step in _STEPS_IN.all(list(states))}
    return [(row, by_id[row.id]) for row in _DECLARED.all(list(by_id))] if by_id else []


def _steps_in(states: Any) -> Any:
    newest = WithdrawalStepRow.select(fn.MAX(WithdrawalStepRow.id)).group_by(WithdrawalStepRow.withdrawal)
    return WithdrawalStepRow.select().where(WithdrawalStepRow.id.in_(newest), WithdrawalStepRow.state.in_(states))


_STEPS_IN: Prepared[WithdrawalStepRow] = Prepared(_steps_in)
_DECLARED: Prepared[WithdrawalRow] = Prepared(
    lambda ids: (
        WithdrawalRow.select(WithdrawalRow, OrderRow, AccountRow)
        .join(OrderRow)
        .join(AccountRow)
        .where(WithdrawalRow.id.in_(ids))
        .order_by(WithdrawalRow.id)
    )
)
