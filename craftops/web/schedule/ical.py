"""Events of a feed -> iCalendar (RFC 5545). Instants are written in UTC, days as days: no time zone is described."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from craftops.domain.schedule.feed import FeedEvent

if TYPE_CHECKING:
    from icalendar import Event

READ_EVERY = timedelta(minutes=15)
"""How often programs are asked to look again."""


def calendar_file(name: str, host: str, events: Sequence[FeedEvent]) -> bytes:
    """The whole feed. ``host`` makes the names of events the shop's own."""
    from icalendar import Calendar, vDuration  # half a second: web processes that serve no feed do without

    found = Calendar()
    found.add("prodid", "-//CraftOps//craftops//EN")
    found.add("version", "2.0")
    found.add("calscale", "GREGORIAN")
    found.add("method", "PUBLISH")
    found.add("x-wr-calname", name)
    found.add("refresh-interval", vDuration(READ_EVERY), parameters={"VALUE": "DURATION"})
    found.add("x-published-ttl", "PT15M")
    for one in events:
        found.add_component(_event(one, host))
    return bytes(found.to_ical())


def _event(one: FeedEvent, host: str) -> Event:
    from icalendar import Event

    found = Event()
    found.add("uid", f"{one.key}@{host}")
    found.add("dtstamp", one.made_at)
    found.add("dtstart", one.start)
    found.add("dtend", one.end)
    found.add("summary", one.title)
    if one.words:
        found.add("description", one.words)
    if one.url:
        found.add("url", one.url)
    found.add("status", "CONFIRMED" if one.sure else "TENTATIVE")
    found.add("transp", "OPAQUE" if one.busy else "TRANSPARENT")
    return found
