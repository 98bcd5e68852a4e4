"""The live page of the schedule."""

from __future__ import annotations

from craftops.domain.events import Event
from craftops.domain.events import EventKind as E
from craftops.web.frame.live.topics import FLOOR, NOTHING, REFRESH, LiveTopic, PageChange, whole


def _schedule(event: Event, _id: int) -> PageChange:
    return REFRESH if event.kind in FLOOR or event.kind is E.SHOP_CHANGED else NOTHING


TOPICS = (LiveTopic("staff-schedule", "staff/schedule", whole, _schedule, for_staff=True),)
