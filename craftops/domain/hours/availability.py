"""The spans in which a machine may work: its own hours, while somebody is there if it may not work alone, without
maintenance. The schedule lays its slots in them, and the estimate draws its ends in them.

Spans are (from, until) in seconds since 1970 UTC, in order and never empty, and they are worked out lazily, as far as
anybody asks. Either end may be infinite.

What both sides make of them differs in these ways, which are meant:

* Maintenance without an end. The schedule says that nobody knows (``endless_s`` is infinite), because a person who
  plans must see that. The estimate needs a figure for every order and takes a fortnight from its beginning.
* Limits that leave no time at all. The schedule plans after the 400 days of a calendar, which nobody overlooks; the
  estimate takes them for a slip and for no limits.
* The estimate looks ahead over its own 400 days, and does not see maintenance that ends after them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from craftops.domain.hours.calendar import HORIZON_DAYS, Calendar, MachineHours

Span = tuple[float, float]


def told(calendar: Calendar, since: datetime) -> Iterator[Span]:
    """The spans of a calendar, the first one cut to begin at ``since`` (aware) at the earliest; a shift that goes on
    over midnight is one.

    One that is always open is one span without ends; any other is open for ever after its 400 days.
    """
    return joined(_told(calendar, since))


def joined(spans: Iterable[Span]) -> Iterator[Span]:
    """Spans in the order of their beginnings, those that touch or overlap as one."""
    found: Span | None = None
    for start, end in spans:
        if found is not None and start <= found[1]:
            found = found[0], max(found[1], end)
            continue
        if found is not None:
            yield found
        found = start, end
    if found is not None:
        yield found


def _told(calendar: Calendar, since: datetime) -> Iterator[Span]:
    last = -math.inf
    if not calendar.always_open:
        last = since.timestamp() + HORIZON_DAYS * 86_400.0
        for start, end in calendar.walk(since):
            if start < end:  # what is told may lie in the hour that a night in spring loses
                yield start.timestamp(), end.timestamp()
                last = max(last, end.timestamp())
    yield last, math.inf


def allowed(
    limits: MachineHours, zone: ZoneInfo, since: datetime, staffed: Iterable[Span], *, endless_s: float
) -> Iterator[Span]:
    """The spans in which a machine with these limits may work, from ``since`` (aware) on or from before it.

    ``zone`` is the one that its hours are told in, ``staffed`` the spans in which somebody is there, and maintenance
    whose end nobody knows is taken to last ``endless_s`` seconds.
    """
    spans = told(Calendar(zone, dict.fromkeys(range(7), (limits.hours,) if limits.hours else ())), since)
    if not limits.unattended:
        spans = _both(spans, staffed)
    rests = ((a.timestamp(), b.timestamp() if b else a.timestamp() + endless_s) for a, b in limits.blocks)
    return _without(spans, sorted(rest for rest in rests if rest[0] < rest[1]))


def _both(one: Iterable[Span], other: Iterable[Span]) -> Iterator[Span]:
    """Where both are open."""
    ones, others = iter(one), iter(other)
    a, b = next(ones, None), next(others, None)
    while a is not None and b is not None:
        start, end = max(a[0], b[0]), min(a[1], b[1])
        if start < end:
            yield start, end
        if a[1] < b[1]:
            a = next(ones, None)
        else:
            b = next(others, None)


def _without(spans: Iterable[Span], rests: Sequence[Span]) -> Iterator[Span]:
    """The spans without these others, which come in the order of their beginnings."""
    for start, end in spans:
        for low, high in rests:
            if low < end and high > start:
                if start < low:
                    yield start, low
                start = high
        if start < end:
            yield start, end
        if start == math.inf:
            return
