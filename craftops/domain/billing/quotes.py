"""The life of a quote: what staff and customers may do with it, and what becomes of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from craftops.errors import IllegalMove


class QuoteState(StrEnum):
    """How a quote stands."""

    DRAFT = "draft"
    SENT = "sent"
    VIEWED = "viewed"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    CHANGES_REQUESTED = "changes_requested"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class QuoteStep(StrEnum):
    """What can happen to one."""

    SEND = "send"
    VIEW = "view"
    ACCEPT = "accept"
    DECLINE = "decline"
    REQUEST_CHANGES = "request_changes"
    EXPIRE = "expire"
    SUPERSEDE = "supersede"
    WITHDRAW = "withdraw"


OPEN = frozenset({QuoteState.SENT, QuoteState.VIEWED})
"""It waits for the customer."""
LOCKED = frozenset(QuoteState) - {QuoteState.DRAFT}
"""Nobody changes what it says any more; another version takes its place."""
_DONE = (QuoteState.DECLINED, QuoteState.CHANGES_REQUESTED, QuoteState.EXPIRED)
_STEPS: dict[tuple[QuoteState, QuoteStep], QuoteState] = {
    (QuoteState.DRAFT, QuoteStep.SEND): QuoteState.SENT,
    (QuoteState.DRAFT, QuoteStep.WITHDRAW): QuoteState.WITHDRAWN,
    (QuoteState.SENT, QuoteStep.VIEW): QuoteState.VIEWED,
    (QuoteState.VIEWED, QuoteStep.VIEW): QuoteState.VIEWED,
    **{(state, QuoteStep.ACCEPT): QuoteState.ACCEPTED for state in (*OPEN, QuoteState.EXPIRED)},
    **{(state, QuoteStep.DECLINE): QuoteState.DECLINED for state in OPEN},
    **{(state, QuoteStep.REQUEST_CHANGES): QuoteState.CHANGES_REQUESTED for state in OPEN},
    **{(state, QuoteStep.EXPIRE): QuoteState.EXPIRED for state in OPEN},
    **{(state, QuoteStep.SUPERSEDE): QuoteState.SUPERSEDED for state in (*OPEN, *_DONE)},
    **{(state, QuoteStep.WITHDRAW): QuoteState.WITHDRAWN for state in (*OPEN, *_DONE)},
}
_WHY = {
    QuoteState.DRAFT: "This quote has not been sent yet.",
    QuoteState.SENT: "This quote is with the customer.",
    QuoteState.VIEWED: "This quote is with the customer.",
    QuoteState.ACCEPTED: "This quote is accepted already.",
    QuoteState.DECLINED: "This quote was declined.",
    QuoteState.CHANGES_REQUESTED: "Changes were asked for; a new quote follows.",
    QuoteState.EXPIRED: "This quote is not valid any more.",
    QuoteState.SUPERSEDED: "There is a newer quote.",
    QuoteState.WITHDRAWN: "This quote was taken back.",
}


def step_quote(state: QuoteState, step: QuoteStep, *, late: bool = False, by_staff: bool = False) -> QuoteState:
    """The state after a step. ``late``: its validity is over; then only staff may still take an acceptance.

    Raises IllegalMove with a sentence for whoever tried.
    """
    found = _STEPS.get((state, step))
    if found is None:
        raise IllegalMove(_WHY[state])
    if step is QuoteStep.ACCEPT and (late or state is QuoteState.EXPIRED) and not by_staff:
        raise IllegalMove(_WHY[QuoteState.EXPIRED], "Ask us for a new one; it is a minute's work.")
    return found


def is_late(valid_until: datetime | None, now: datetime) -> bool:
    """Whether the validity of a quote is over."""
    return valid_until is not None and now > valid_until
