"""Links that show one order without an account: what they are made of, and until when they are good."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from craftops.domain.orders.workflow import ENDED, Stage
from craftops.errors import IntakeError

LONGEST_NAME, LONGEST_NOTE = 100, 300
MOST_LINKS = 30
"""Links of one order that are open at a time."""


def new_seed() -> str:
    """Of what a token is made, with the shop's key; alone it is worth nothing."""
    return secrets.token_urlsafe(16)


def token_of(key: str, seed: str, purpose: str = "tracker") -> str:
    """The token of a link: HMAC-SHA-256 (RFC 2104) of its purpose and seed under the shop's key, 43 characters of
    base64url."""
    made = hmac.new(key.encode(), f"craftops.{purpose}:{seed}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).rstrip(b"=").decode()


def closes_at(stage: Stage, since: datetime, days: int) -> datetime | None:
    """When an order's links show nothing more: so many days after its end; None while it goes on."""
    return since + timedelta(days=days) if stage in ENDED else None


def check_name(name: str, note: str) -> tuple[str, str]:
    """For whom a link is, and why, as they are kept. Raises IntakeError."""
    named, noted = " ".join(name.split()), " ".join(note.split())
    if not named or len(named) > LONGEST_NAME:
        sentence = f"Write for whom the link is, in at most {LONGEST_NAME} characters."
        raise IntakeError(sentence, {"name": sentence})
    if len(noted) > LONGEST_NOTE:
        sentence = f"Keep the note below {LONGEST_NOTE} characters."
        raise IntakeError(sentence, {"note": sentence})
    return named, noted
