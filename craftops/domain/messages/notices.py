"""Which messages are told by mail."""

from __future__ import annotations

from craftops.domain.events import Event, EventKind
from craftops.domain.messages.thread import Side

MESSAGE = "message"
"""The kind of notice that tells a customer what the shop has written."""


def notice_of(event: Event) -> str:
    """The kind of notice that an event is worth; empty for none: what a customer writes is no news to them."""
    if event.kind is EventKind.MESSAGE_POSTED and event.data.get("side") == Side.SHOP.value:
        return MESSAGE
    return ""
