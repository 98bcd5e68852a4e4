"""Live pages of shipping: the desk moves as carriers answer."""

from __future__ import annotations

from craftops.domain.events import Event, EventKind
from craftops.web.frame.live.topics import MONEY, NOTHING, REFRESH, LiveTopic, PageChange, whole

COUNTER = (EventKind.PICKUP_CHANGED, EventKind.ORDER_STAGE_CHANGED, EventKind.ORDER_HELD, EventKind.ORDER_RELEASED)
MOVES = (EventKind.PARCEL_CHANGED, EventKind.ORDER_STAGE_CHANGED)


def _counter(event: Event, _id: int) -> PageChange:
    return REFRESH if event.kind in (*COUNTER, *MONEY) else NOTHING


def _desk(event: Event, _id: int) -> PageChange:
    return REFRESH if event.kind in MOVES else NOTHING


TOPICS = (
    LiveTopic("staff-shipping", "staff/shipping", whole, _desk, for_staff=True),
    LiveTopic("staff-pickups", "staff/pickups", whole, _counter, for_staff=True),
)
