"""Signed outgoing webhooks: what is told, how it is signed, when it is tried again.

Signatures follow Standard Webhooks 1.0 (https://www.standardwebhooks.com): HMAC-SHA-256 over ``id.timestamp.body``.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from craftops.domain.events import Event, EventKind

VERSION = 1
"""Of the payloads. Fields may be added to a version; none is taken away or changes its meaning."""
SECRET_MARK = "whsec_"  # noqa: S105 - how a secret begins
SECRET_BYTES = 32
DELAYS = (
    timedelta(seconds=5), timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2),
    timedelta(hours=5), timedelta(hours=8), timedelta(hours=10),
)  # fmt: skip
"""Between one attempt and the next; a delivery that has used them up has failed for good, after about 26 hours."""
PATIENCE = timedelta(days=1)
"""An endpoint that has failed for so long is switched off."""
LONGEST_PAUSE = timedelta(minutes=5)
"""What is new for an endpoint that has just failed waits so long at most."""
BOTH_GOOD = timedelta(hours=24)
"""After a new secret, the old one signs beside it for so long."""
KEPT = timedelta(days=30)
"""Deliveries are forgotten after that."""


class WebhookKind(StrEnum):
    """What an endpoint can be told of; the value is the ``type`` of its payload."""

    ORDER_CREATED = "order.created"
    STAGE_CHANGED = "order.stage_changed"
    ESTIMATE_MOVED = "order.estimate_moved"
    MESSAGE_POSTED = "message.posted"
    FILE_JUDGED = "file.judged"
    INVOICE_ISSUED = "invoice.issued"
    INVOICE_PAID = "invoice.paid"
    PARCEL_LABELLED = "parcel.labelled"
    PARCEL_DELIVERED = "parcel.delivered"
    TEST = "webhook.test"


CHOOSABLE = tuple(kind for kind in WebhookKind if kind is not WebhookKind.TEST)
_PLAIN = {
    EventKind.ORDER_PLACED: WebhookKind.ORDER_CREATED,
    EventKind.ORDER_STAGE_CHANGED: WebhookKind.STAGE_CHANGED,
    EventKind.ESTIMATE_CHANGED: WebhookKind.ESTIMATE_MOVED,
    EventKind.MESSAGE_POSTED: WebhookKind.MESSAGE_POSTED,
    EventKind.DESIGN_ANALYSED: WebhookKind.FILE_JUDGED,
    EventKind.INVOICE_ISSUED: WebhookKind.INVOICE_ISSUED,
}
_PARCELS = {"labelled": WebhookKind.PARCEL_LABELLED, "delivered": WebhookKind.PARCEL_DELIVERED}


class DeliveryState(StrEnum):
    """How it stands with one delivery."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"
    STOPPED = "stopped"
    """Its endpoint was switched off, or the shop was restored, before it went out."""


def kind_of(event: Event) -> WebhookKind | None:
    """What an event is called outside; None for what nobody outside is told of."""
    if event.kind is EventKind.PARCEL_CHANGED:
        return _PARCELS.get(event.data.get("what", ""))
    if (
        event.kind is EventKind.PAYMENT_CHANGED
        and event.data.get("state") == "succeeded"
        and "refund" not in event.data
    ):
        return WebhookKind.INVOICE_PAID
    return _PLAIN.get(event.kind)


def next_try(attempts: int, at: datetime) -> datetime | None:
    """When a delivery that has failed ``attempts`` times is tried again; None when it never is."""
    return at + DELAYS[attempts - 1] if attempts <= len(DELAYS) else None


def pause(attempts: int) -> timedelta:
    """How long an endpoint is left alone after an attempt that failed."""
    return min(DELAYS[min(attempts, len(DELAYS)) - 1], LONGEST_PAUSE)


def is_lost(failing_since: datetime | None, at: datetime) -> bool:
    """Whether an endpoint has failed for so long that nobody calls it any more."""
    return failing_since is not None and at - failing_since >= PATIENCE


def secret_of(random: bytes) -> str:
    """A secret as its owner is shown it."""
    return SECRET_MARK + base64.b64encode(random).decode()


def signed_headers(secrets: Sequence[str], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a request that is sent at ``at``, with a signature for each of the secrets."""
    seconds = str(int(at.timestamp()))
    signed = f"{message_id}.{seconds}.".encode() + body
    marks = []
    for secret in secrets:
        key = base64.b64decode(secret.removeprefix(SECRET_MARK))
        marks.append("v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode())
    return {"webhook-id": message_id, "webhook-timestamp": seconds, "webhook-signature": " ".join(marks)}
