"""People without an account: whether they may become customers, and how their first order goes."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import StrEnum

LIFE = timedelta(days=1)
"""How long a first order waits for its next step of the one who puts it together."""
KEPT = timedelta(days=30)
"""How long what has become of it can still be read behind its link."""


WEB_ADDRESS = re.compile(r"://|www\.|\b[\w-]+\.[a-z]{2,}/|@", re.IGNORECASE)


def hides_address(name: str) -> bool:
    """Whether a name carries a web or mail address: our mails to people who have asked for none must advertise
    nothing."""
    return WEB_ADDRESS.search(name) is not None


class NewCustomers(StrEnum):
    """Who may order without having been added by the shop."""

    OPEN = "open"
    BY_APPROVAL = "by_approval"
    INVITATION = "invitation"


class FirstOrderState(StrEnum):
    """How far a first order has come."""

    OPEN = "open"
    """Files come in; nobody has said who they are."""
    ASKED = "asked"
    """A mail waits for its click."""
    WAITING = "waiting"
    """The address is proved; the shop decides."""
    PLACED = "placed"
    DECLINED = "declined"


def after_click(policy: NewCustomers, *, known: bool) -> FirstOrderState:
    """What becomes of an order whose address is proved; ``known``: it belongs to a customer already."""
    if known or policy is NewCustomers.OPEN:
        return FirstOrderState.PLACED
    return FirstOrderState.WAITING if policy is NewCustomers.BY_APPROVAL else FirstOrderState.DECLINED


def is_over(state: FirstOrderState, touched_at: datetime, now: datetime) -> bool:
    """Whether a first order is forgotten: what waits for the shop never is."""
    if state is FirstOrderState.WAITING:
        return False
    return now - touched_at >= (LIFE if state in (FirstOrderState.OPEN, FirstOrderState.ASKED) else KEPT)
