"""What an assistant reads of the shop, as JSON values. Texts of customers are fenced; internal notes are not in it."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import Any

from craftops.domain.integrations.fencing import WARNING, fenced
from craftops.domain.orders.workflow import Stage, next_stages
from craftops.domain.people.access import Actor, Scope
from craftops.errors import IntakeError
from craftops.services.integrations.payloads import iso
from craftops.services.schedule.plan import read_plan
from craftops.services.shop.context import Shop
from craftops.store.models import MachineRow, MessageRow, OrderLineRow, OrderRow, StageChangeRow
from craftops.store.queries import messages, production, scoped
from craftops.store.queries.orders import OPEN_VALUES

Told = dict[str, Any]
MOST = 50
MOST_MESSAGES = 30
NOBODY = 0
"""Whose own lists of the inbox are asked for: no account's."""


class _Answer:
    """One answer: everything that a customer wrote is fenced with its number."""

    def __init__(self) -> None:
        self.number = secrets.token_hex(8)

    def text(self, text: str) -> str:
        return fenced(text, self.number)

    def told(self, values: Told) -> Told:
        return {"about_customer_text": WARNING, **values}


def _order(row: OrderRow, text: Callable[[str], str]) -> Told:
    window = None
    if row.window_start is not None and row.window_end is not None:
        window = {"start": iso(row.window_start), "end": iso(row.window_end)}
    return {
        "code": row.code, "title": text(row.title), "stage": row.stage, "stage_since": iso(row.stage_since),
        "on_hold": row.hold_since is not None, "delivery": row.delivery, "placed_at": iso(row.placed_at),
        "promised_at": iso(row.promise_at), "expected": window, "customer": text(row.customer.name),
    }  # fmt: skip


def orders(actor: Actor, *, stage: str = "", most: int = 20) -> Told:
    """The newest orders, those at a stage where one is named, else those that are not ended. Raises AccessError,
    IntakeError for a stage that is none."""
    actor.must_be_staff()
    actor.must_have(Scope.ORDERS_READ)
    if stage and stage not in set(Stage):
        raise IntakeError(f"There is no such stage. Stages are: {', '.join(Stage)}.")
    rows = scoped.orders(actor)
    rows = rows.where(OrderRow.stage.in_([stage] if stage else OPEN_VALUES))
    answer = _Answer()
    found = rows.order_by(OrderRow.id.desc()).limit(max(1, min(most, MOST)))
    return answer.told({"orders": [_order(row, answer.text) for row in found]})


def order(actor: Actor, code: str) -> Told:
    """One order with its lines, stages and newest messages. Raises AccessError."""
    actor.must_be_staff()
    actor.must_have(Scope.ORDERS_READ)
    row, answer = scoped.order(actor, code), _Answer()
    lines = [
        {
            "title": answer.text(line.title), "quantity": line.quantity, "material": line.material,
            "colour": line.colour, "finish": line.finish, "instructions": answer.text(line.instructions),
        }
        for line in row.lines.order_by(OrderLineRow.position)
    ]  # fmt: skip
    changes = row.changes.order_by(StageChangeRow.id)
    told = {
        "order": _order(row, answer.text), "lines": lines,
        "stages": [{"stage": one.after, "at": iso(one.at)} for one in changes],
        "may_move_to": [one.value for one in next_stages(Stage(row.stage), production.facts_of(row), actor)],
    }  # fmt: skip
    if Scope.MESSAGES_READ in actor.scopes:
        told["messages"] = _messages(row, answer)
    return answer.told(told)


def _messages(row: OrderRow, answer: _Answer) -> list[Told]:
    newest = list(row.messages.order_by(MessageRow.id.desc()).limit(MOST_MESSAGES))
    return [
        {
            "from": one.side, "at": iso(one.at),
            "text": answer.text(one.body) if one.side == "customer" else one.body, "files": one.files,
        }
        for one in reversed(newest)
    ]  # fmt: skip


def machines(actor: Actor) -> Told:
    """All machines and what they are at. Raises AccessError."""
    actor.must_be_staff()
    actor.must_have(Scope.MACHINES_READ)
    return {
        "machines": [
            {
                "key": row.key, "name": row.name, "process": row.process, "state": row.state, "online": row.online,
                "heard_at": iso(row.heard_at), "jobs": [job.code for job in production.queue_of(row.id)],
            }
            for row in list(MachineRow.select().order_by(MachineRow.key))
        ]
    }  # fmt: skip


def schedule(shop: Shop, actor: Actor, *, at: datetime) -> Told:
    """What each machine is planned to make, and what no machine is planned for. Raises AccessError."""
    actor.must_be_staff()
    actor.must_have(Scope.MACHINES_READ)
    actor.must_have(Scope.ORDERS_READ)
    plan, answer = read_plan(shop, shop.profile().calendar, at), _Answer()
    names = {one.machine_id: one.key for one in plan.machines}
    runs = [
        {
            "machine": names[slot.machine_id], "job": one.job.code, "order": one.order_code,
            "title": answer.text(one.title), "start": None if slot.unknown else iso(slot.start),
            "end": None if slot.endless else iso(slot.end), "running": slot.active, "promised_at": iso(one.promise),
        }
        for slots in plan.slots.values()
        for slot in slots
        if (one := plan.jobs.get(slot.job_id)) is not None
    ]  # fmt: skip
    loose = [{"job": one.job.code, "order": one.order_code, "promised_at": iso(one.promise)} for one in plan.unplanned]
    return answer.told({"runs": runs, "without_machine": loose})


def inbox(actor: Actor, *, at: datetime, most: int = 20) -> Told:
    """Threads in which a customer waits for an answer, the oldest first. Raises AccessError."""
    actor.must_be_staff()
    actor.must_have(Scope.MESSAGES_READ)
    answer = _Answer()
    rows = messages.inbox("open", NOBODY, at, most=max(1, min(most, MOST)))
    return answer.told(
        {
            "threads": [
                {
                    "order": row.code, "title": answer.text(row.title), "stage": row.stage, "unread": row.unread,
                    "waiting_since": iso(row.waiting_since), "last_from": row.side,
                    "last_text": answer.text(row.body) if row.side == "customer" else row.body,
                }
                for row in rows
            ]
        }
    )  # fmt: skip
