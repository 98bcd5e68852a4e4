"""What carriers say of a parcel, brought into one order; words come late, doubled and backwards."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from craftops.domain.shipping.carriage import Tracking, TrackingEvent, TrackingState
from craftops.domain.shipping.parcels import ARRIVED, OF_TRACKING, ParcelState, after_tracking

RANK = {state: rank for rank, state in enumerate(TrackingState)}
CLOSES_AFTER = timedelta(days=3)
"""An order is closed so long after its last parcel was delivered, unless a problem is reported."""
_POLLS = (
    (timedelta(hours=12), timedelta(minutes=30)),
    (timedelta(days=7), timedelta(hours=2)),
    (timedelta(days=45), timedelta(hours=12)),
)
"""Up to this age of a parcel, its carrier is asked so often; after the last it is not asked any more."""


def event_key(parcel: int, event: TrackingEvent) -> str:
    """What makes a word the same one, whichever way it comes."""
    text = f"{parcel}|{event.at.isoformat()}|{event.state.value}|{event.text}|{event.place}"
    return hashlib.sha256(text.encode()).hexdigest()[:40]


def in_order(events: Iterable[TrackingEvent]) -> tuple[TrackingEvent, ...]:
    """Oldest first; what happened in one moment by how far it brings the parcel."""
    return tuple(sorted(events, key=lambda one: (one.at, RANK[one.state])))


@dataclass(frozen=True, slots=True)
class ParcelStatus:
    """How a parcel stands by all that is known of it."""

    state: ParcelState
    since: datetime
    text: str = ""
    """The carrier's newest words."""


def status_after(state: ParcelState, since: datetime, events: Iterable[TrackingEvent]) -> ParcelStatus:
    """Where a parcel is that stood at ``state`` since ``since``, by all words of its carrier so far.

    Words from before ``since`` tell the past and change nothing, so that what comes late never turns a parcel back.
    """
    status = ParcelStatus(state, since)
    for event in in_order(events):
        if event.at < status.since:
            continue
        after = after_tracking(status.state, event.state)
        if after is not status.state:
            status = ParcelStatus(after, event.at, event.text)
        elif OF_TRACKING.get(event.state) is after:
            status = ParcelStatus(after, status.since, event.text)
    return status


def events_of(told: Tracking, at: datetime) -> tuple[TrackingEvent, ...]:
    """The words of a carrier's answer; one that has none but a state is a word of ``at``."""
    if told.events or told.state in (TrackingState.UNKNOWN, TrackingState.ANNOUNCED):
        return told.events
    return (TrackingEvent(at, told.state, ""),)


def next_poll(state: ParcelState, left_at: datetime, asked_at: datetime) -> datetime | None:
    """When a parcel's carrier is asked again; None: never."""
    if state in ARRIVED:
        return None
    age = asked_at - left_at
    return next((asked_at + every for until, every in _POLLS if age <= until), None)
