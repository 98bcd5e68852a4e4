"""Live pages of shipping: the desk moves as carriers answer."""

from __future__ import annotations

from craftops.domain.events import Event, EventKind
from craftops.web.frame.live.topics import NOTHING, REFRESH, LiveTopic, PageChange, whole

MOVES = (EventKind.PARCEL_CHANGED, EventKind.ORDER_STAGE_CHANGED)


def _desk(event: Event, _id: int) -> PageChange:
    return REFRESH if event.kind in MOVES else NOTHING


TOPICS = (LiveTopic("staff-shipping", "staff/shipping", whole, _desk, for_staff=True),)
