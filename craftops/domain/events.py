"""What happened, as values. Every event is a row before anybody hears of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from craftops.domain.people.access import Actor


class EventKind(StrEnum):
    """Everything that CraftOps announces. The value is the name of the plugin hook, where there is one: plugins are
    told a value of ``sdk.announcements``, and never see an ``Event``."""

    ORDER_PLACED = "order_placed"
    ORDER_CHANGED = "order_changed"
    ORDER_STAGE_CHANGED = "order_stage_changed"
    ORDER_HELD = "order_held"
    ORDER_RELEASED = "order_released"
    DESIGN_ANALYSED = "design_analysed"
    FILES_CAME = "files_came"
    JOB_CHANGED = "job_changed"
    JOB_PROGRESSED = "job_progressed"
    JOB_FINISHED = "job_finished"
    OPERATION_DONE = "operation_done"
    PHOTOS_CHANGED = "photos_changed"
    ESTIMATE_CHANGED = "estimate_changed"
    MACHINE_CHANGED = "machine_changed"
    MACHINE_REPORTED = "machine_reported"
    CAMERA_SEEN = "camera_seen"
    MACHINE_REFUSED_WORD = "machine_refused_word"
    LINK_TRIED = "link_tried"
    ACCOUNT_CHANGED = "account_changed"
    NEWCOMER_ASKED = "newcomer_asked"
    """Somebody without an account asks to be a customer, or has got their answer: of interest to staff alone."""
    SHOP_CHANGED = "shop_changed"
    MESSAGE_POSTED = "message_posted"
    MESSAGES_READ = "messages_read"
    QUOTE_CHANGED = "quote_changed"
    """``data``: ``quote`` (its id), ``state``."""
    INVOICE_ISSUED = "invoice_issued"
    """``data``: ``invoice`` (its id), ``number``, ``kind``."""
    INVOICE_OVERDUE = "invoice_overdue"
    """``data``: ``invoice`` (its id), ``number``."""
    PAYMENT_CHANGED = "payment_changed"
    """``data``: ``payment`` (its id), ``state``, and ``refund`` where one changed."""
    WITHDRAWAL_CHANGED = "withdrawal_changed"
    """``data``: ``withdrawal`` (its id), ``state`` (received, accepted, refused, settled)."""
    FILES_DUE = "files_due"
    """The design files of an order are to be deleted, or not any more. ``data``: ``what``: told, kept, deleted."""
    PARCEL_CHANGED = "parcel_changed"
    """``data``: ``parcel`` (its id; None: the whole delivery) and ``what``: packed, rated, label, labelled, number,
    part, left, moved, at_shop, delivered, held_up, address, problem."""
    PICKUP_CHANGED = "pickup_changed"
    """``data``: ``what``: waits, reminder, bin, proxy, proxy_ended, handed."""
    THREAD_CHANGED = "thread_changed"
    """Only staff see of it: assigned, put off, settled, somebody is answering, an internal note."""


FOR_STAFF = frozenset({EventKind.THREAD_CHANGED})
"""What no page of a customer may move for."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. ``data`` holds JSON values only; ids point at rows of the store."""

    kind: EventKind
    at: datetime
    actor: Actor
    order_id: int | None = None
    customer_id: int | None = None
    machine_id: int | None = None
    data: dict[str, Any] = field(default_factory=dict)
    id: int = 0
    """Its number in the outbox, unique for ever; 0 before it is written."""
