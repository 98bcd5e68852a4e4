"""An event of the outbox as the value that plugins are told: names and codes, read when it is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from craftops.domain.estimation.estimate import Cause, Window
from craftops.domain.events import Event, EventKind
from craftops.domain.files.designs import Verdict
from craftops.domain.messages.thread import Side, Via
from craftops.domain.orders.workflow import MoveKind, Stage
from craftops.domain.production.jobs import JobState
from craftops.sdk.announcements import (
    Announcement,
    DesignAnalysed,
    EstimateChanged,
    JobFinished,
    OrderPlaced,
    OrderStageChanged,
    OrderTold,
    PostedMessage,
)
from craftops.store.models import DesignFileRow, MachineRow, MessageRow, OrderRow
from craftops.store.models.base import from_micros


def told_of(event: Event) -> Announcement | None:
    """What plugins hear of an event; None where what it happened to is not there any more. Raises KeyError for an event
    that no hook is for."""
    return _MAKERS[event.kind](event)


def _order_of(event: Event) -> OrderTold | None:
    row: OrderRow | None = OrderRow.get_or_none(OrderRow.id == event.order_id)
    if row is None:
        return None
    company = row.company.name if row.company is not None else ""
    return OrderTold(row.code, row.title, Stage(row.stage), row.customer.name, company)


def _placed(event: Event) -> Announcement | None:
    order = _order_of(event)
    return OrderPlaced(event.id, event.at, event.actor, order) if order else None


def _moved(event: Event) -> Announcement | None:
    order, data = _order_of(event), event.data
    if order is None:
        return None
    before = Stage(data["before"]) if data["before"] else None
    return OrderStageChanged(
        event.id, event.at, event.actor, order, before, Stage(data["after"]), MoveKind(data["kind"]), data["note"]
    )


def _analysed(event: Event) -> Announcement | None:
    file: DesignFileRow | None = DesignFileRow.get_or_none(DesignFileRow.id == event.data["file_id"])
    if file is None:
        return None
    verdict = Verdict(event.data["verdict"])
    return DesignAnalysed(
        event.id, event.at, event.actor, _order_of(event), file.name, file.format, file.owner.name, verdict
    )


def _finished(event: Event) -> Announcement | None:
    order, data = _order_of(event), event.data
    if order is None:
        return None
    machine = MachineRow.get_or_none(MachineRow.id == event.machine_id)
    return JobFinished(
        event.id, event.at, event.actor, order, data["job"], machine.key if machine else "", JobState(data["state"]),
        data["planned_s"], data["took_s"], data.get("copies"), data.get("copies_done"),
    )  # fmt: skip


def _estimated(event: Event) -> Announcement | None:
    order, data = _order_of(event), event.data
    if order is None:
        return None
    before, after = _window(data["before"]), _window(data["after"])
    return EstimateChanged(event.id, event.at, event.actor, order, before, after, Cause(data["cause"]))


def _window(micros: Sequence[int] | None) -> Window | None:
    return Window(from_micros(micros[0]), from_micros(micros[1])) if micros else None


def _posted(event: Event) -> Announcement | None:
    order = _order_of(event)
    row: MessageRow | None = MessageRow.get_or_none(MessageRow.id == event.data["message"])
    if order is None or row is None:
        return None
    return PostedMessage(
        event.id, event.at, event.actor, order, Side(row.side), Via(row.via), row.author_name, row.body
    )


_MAKERS: Mapping[EventKind, Callable[[Event], Announcement | None]] = {
    EventKind.ORDER_PLACED: _placed,
    EventKind.ORDER_STAGE_CHANGED: _moved,
    EventKind.DESIGN_ANALYSED: _analysed,
    EventKind.JOB_FINISHED: _finished,
    EventKind.ESTIMATE_CHANGED: _estimated,
    EventKind.MESSAGE_POSTED: _posted,
}
