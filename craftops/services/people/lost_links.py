"""Links that somebody has lost: asked for by anybody, sent to the address alone."""

from __future__ import annotations

from datetime import datetime

from craftops.errors import TooManyTries
from craftops.services.people import limits
from craftops.store.database import unit_of_work
from craftops.store.models.base import to_micros

MOST_OF_EMAIL, MOST_OF_ADDRESS = 3, 20
"""Within a quarter of an hour."""


def ask(email: str, *, address: str, at: datetime) -> None:
    """Have the links to this person's open orders sent, if there is such a person: the worker looks, so that the answer
    to the asker is always the same and takes the same time. ``address`` is where the asker's words come from."""
    wanted = email.strip().lower()[:200]
    with unit_of_work() as uow:
        try:
            limits.count(f"lost-by:{address}", MOST_OF_ADDRESS, at=at)
            limits.count(f"lost:{wanted}", MOST_OF_EMAIL, at=at)
        except TooManyTries:
            return
        uow.enqueue("send_lost_links", {"email": wanted, "asked": to_micros(at)}, at=at)
