"""Live pages of conversations: the inbox. Threads stand on pages of orders, which move with them."""

from __future__ import annotations

from craftops.domain.events import Event
from craftops.domain.events import EventKind as E
from craftops.web.frame.live.topics import NOTHING, REFRESH, TALK, LiveTopic, PageChange, whole


def _inbox(event: Event, _id: int) -> PageChange:
    return REFRESH if event.kind in TALK or event.kind is E.SHOP_CHANGED else NOTHING


TOPICS = (LiveTopic("staff-messages", "staff/messages", whole, _inbox, for_staff=True),)
