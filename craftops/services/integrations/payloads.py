"""What other programs are told of an event: codes, numbers and names; no keys of our tables but those of the API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from craftops.domain.events import Event
from craftops.domain.integrations.webhooks import VERSION, WebhookKind
from craftops.store.models import (
    AccountRow,
    AttachmentRow,
    DesignFileRow,
    InvoiceRow,
    MessageRow,
    OrderLineRow,
    OrderRow,
    ParcelRow,
    PaymentTargetRow,
)
from craftops.store.models.base import from_micros

Payload = dict[str, Any]
Told = tuple[str, Payload]
"""What makes it one thing, however often it is announced, and what is told of it."""


def iso(at: datetime | None) -> str | None:
    """An instant as the API writes it."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z") if at is not None else None


def payloads_of(kind: WebhookKind, event: Event) -> list[Told]:
    """Everything that an event is worth telling; nothing for what is not there any more."""
    return _MAKERS[kind](event)


def envelope(kind: WebhookKind, at: datetime, data: Payload) -> Payload:
    """The whole body."""
    return {"type": kind.value, "timestamp": iso(at), "version": VERSION, "data": data}


def trial_payload() -> Payload:
    """What a test event tells."""
    return {"message": "This is a test. Nothing has happened."}


def order_payload(row: OrderRow) -> Payload:
    """An order as it stands."""
    return {
        "code": row.code,
        "title": row.title,
        "stage": row.stage,
        "stage_since": iso(row.stage_since),
        "on_hold": row.hold_since is not None,
        "delivery": row.delivery,
        "po_number": row.po_number,
        "placed_at": iso(row.placed_at),
        "promised_at": iso(row.promise_at),
        "window": _window(row.window_start, row.window_end),
        "customer": _customer(row.customer),
    }


def _customer(row: AccountRow) -> Payload:
    return {"name": row.name, "email": row.email}


def _window(start: datetime | None, end: datetime | None) -> Payload | None:
    return {"start": iso(start), "end": iso(end)} if start is not None and end is not None else None


def _order_of(event: Event) -> OrderRow | None:
    found: OrderRow | None = OrderRow.get_or_none(OrderRow.id == event.order_id)
    return found


def _order_created(event: Event) -> list[Told]:
    order = _order_of(event)
    if order is None:
        return []
    lines = [
        {
            "title": line.title, "quantity": line.quantity, "material": line.material, "colour": line.colour,
            "finish": line.finish, "instructions": line.instructions, "file_id": line.file_id,
        }
        for line in order.lines.order_by(OrderLineRow.position)
    ]  # fmt: skip
    return [(f"placed:{order.id}", {"order": order_payload(order), "lines": lines})]


def _stage_changed(event: Event) -> list[Told]:
    order = _order_of(event)
    if order is None:
        return []
    change = {"before": event.data.get("before"), "after": event.data.get("after"), "kind": event.data.get("kind")}
    return [(f"event:{event.id}", {"order": order_payload(order), **change})]


def _estimate_moved(event: Event) -> list[Told]:
    order = _order_of(event)
    if order is None:
        return []
    before, after = (_told_window(event.data.get(name)) for name in ("before", "after"))
    data = {"order": order_payload(order), "before": before, "after": after, "cause": event.data.get("cause")}
    return [(f"event:{event.id}", data)]


def _told_window(micros: list[int] | None) -> Payload | None:
    return _window(from_micros(micros[0]), from_micros(micros[1])) if micros else None


def _message_posted(event: Event) -> list[Told]:
    row: MessageRow | None = MessageRow.get_or_none(MessageRow.id == event.data.get("message"))
    if row is None:
        return []
    files = AttachmentRow.select(AttachmentRow, DesignFileRow).join(DesignFileRow)
    message = {
        "id": row.id, "side": row.side, "from": row.author_name, "via": row.via, "at": iso(row.at), "text": row.body,
        "away": bool(row.away),
        "files": [
            {"id": one.file_id, "name": one.file.name}
            for one in files.where(AttachmentRow.message == row.id).order_by(AttachmentRow.id)
        ],
    }  # fmt: skip
    return [(f"message:{row.id}", {"order": order_payload(row.order), "message": message})]


def _file_judged(event: Event) -> list[Told]:
    """Files of visitors, who are nobody's customers yet, are told with the order that they become part of."""
    row: DesignFileRow | None = DesignFileRow.get_or_none(DesignFileRow.id == event.data.get("file_id"))
    if row is None or row.deleted_at is not None or row.owner.role == "visitor":
        return []
    file = {
        "id": row.id, "name": row.name, "size": row.size, "sha256": row.blob_id, "verdict": row.verdict,
        "sentence": row.sentence,
    }  # fmt: skip
    order = _order_of(event)
    data = {"file": file, "customer": _customer(row.owner), "order_code": order.code if order else None}
    return [(f"event:{event.id}", data)]


def _invoice(row: InvoiceRow) -> Payload:
    return {
        "number": row.number, "kind": row.kind, "currency": row.currency, "net": row.net, "tax": row.tax,
        "gross": row.gross, "settled": row.settled, "issued_at": iso(row.issued_at), "due_at": iso(row.due_at),
        "order_code": row.order.code if row.order else None, "customer": _customer(row.customer),
    }  # fmt: skip


def _invoice_issued(event: Event) -> list[Told]:
    row: InvoiceRow | None = InvoiceRow.get_or_none(InvoiceRow.id == event.data.get("invoice"))
    return [(f"issued:{row.number}", {"invoice": _invoice(row)})] if row is not None else []


def _invoice_paid(event: Event) -> list[Told]:
    """The invoices of a payment that nothing is left to pay on; each is told once."""
    mine = PaymentTargetRow.select(PaymentTargetRow.invoice).where(PaymentTargetRow.payment == event.data["payment"])
    rows = InvoiceRow.select().where(InvoiceRow.id.in_(mine), InvoiceRow.settled >= InvoiceRow.gross)
    return [(f"paid:{row.number}", {"invoice": _invoice(row)}) for row in rows.order_by(InvoiceRow.id)]


def _parcel(event: Event) -> list[Told]:
    row: ParcelRow | None = ParcelRow.get_or_none(ParcelRow.id == event.data.get("parcel"))
    if row is None:
        return []
    parcel = {
        "position": row.position, "state": row.state, "carrier": row.network, "number": row.number, "link": row.link,
        "expected_at": iso(row.expected_at), "delivered_at": iso(row.delivered_at),
    }  # fmt: skip
    return [(f"event:{event.id}", {"order": order_payload(row.order), "parcel": parcel})]


_MAKERS: dict[WebhookKind, Callable[[Event], list[Told]]] = {
    WebhookKind.ORDER_CREATED: _order_created,
    WebhookKind.STAGE_CHANGED: _stage_changed,
    WebhookKind.ESTIMATE_MOVED: _estimate_moved,
    WebhookKind.MESSAGE_POSTED: _message_posted,
    WebhookKind.FILE_JUDGED: _file_judged,
    WebhookKind.INVOICE_ISSUED: _invoice_issued,
    WebhookKind.INVOICE_PAID: _invoice_paid,
    WebhookKind.PARCEL_LABELLED: _parcel,
    WebhookKind.PARCEL_DELIVERED: _parcel,
}
