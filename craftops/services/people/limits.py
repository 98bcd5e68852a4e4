"""How often something may be tried: counted in the database, so that a restart resets nothing."""

from __future__ import annotations

from datetime import datetime, timedelta

from craftops.errors import TooManyTries
from craftops.store.database import unit_of_work
from craftops.store.models import SignInAttemptRow

ATTEMPT_WINDOW = timedelta(minutes=15)


def is_over(subject: str, most: int, *, at: datetime) -> bool:
    """Whether ``subject`` (``word:who``) was counted ``most`` times within the last quarter of an hour."""
    tries = SignInAttemptRow.select().where(
        SignInAttemptRow.subject == subject[:255], SignInAttemptRow.at > at - ATTEMPT_WINDOW
    )
    return bool(tries.count() >= most)


def count(subject: str, most: int, *, at: datetime) -> None:
    """Count one more. Raises TooManyTries, and counts nothing, when there were ``most`` already."""
    with unit_of_work():
        SignInAttemptRow.delete().where(SignInAttemptRow.at < at - ATTEMPT_WINDOW).execute()
        if is_over(subject, most, at=at):
            raise TooManyTries
        SignInAttemptRow.create(subject=subject[:255], at=at)
