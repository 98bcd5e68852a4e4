"""What of an order's life is worth telling its customer."""

from __future__ import annotations

from craftops.domain.events import Event, EventKind
from craftops.domain.orders.workflow import Stage

STAGE_NOTICES = {
    Stage.QUEUED: "queued",
    Stage.POST_PROCESSING: "post_processing",
    Stage.QUALITY_CHECK: "quality_check",
    Stage.IN_PRODUCTION: "in_production",
    Stage.READY_FOR_PICKUP: "ready",
    Stage.READY_TO_SHIP: "ready",
    Stage.SHIPPED: "shipped",
    Stage.CANCELLED: "cancelled",
}


def notice_of(event: Event) -> str:
    """The kind of notice that an event is worth; empty for none. "delayed" only if the window breaks the promise."""
    if event.kind is EventKind.ORDER_PLACED:
        return "received"
    if event.kind is EventKind.WITHDRAWAL_CHANGED:
        return f"withdrawal_{event.data['state']}"
    if event.kind is EventKind.ESTIMATE_CHANGED:
        return "delayed"
    if event.kind is EventKind.ORDER_HELD and event.data.get("waits_for_customer"):
        return "needs_you"
    if event.kind is EventKind.ORDER_STAGE_CHANGED and event.data.get("kind") in ("forward", "cancel"):
        return STAGE_NOTICES.get(Stage(event.data["after"]), "")
    return ""
