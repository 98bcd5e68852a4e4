"""How often something may be tried: counted in the database, so that a restart resets nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from craftops.errors import TooManyTries
from craftops.store.database import one_at_a_time, unit_of_work
from craftops.store.models import SignInAttemptRow

ATTEMPT_WINDOW = timedelta(minutes=15)
LOCK = 0x5452494553
"""Key of PostgreSQL's advisory lock under which tries are counted."""


def is_over(subject: str, most: int, *, at: datetime) -> bool:
    """Whether ``subject`` (``word:who``) was counted ``most`` times within the last quarter of an hour."""
    tries = SignInAttemptRow.select().where(
        SignInAttemptRow.subject == subject[:255], SignInAttemptRow.at > at - ATTEMPT_WINDOW
    )
    return bool(tries.count() >= most)


def count(subject: str, most: int, *, at: datetime) -> None:
    """Count one more. Raises TooManyTries, and counts nothing, when there were ``most`` already."""
    reserve({subject: most}, at=at)


def reserve(subjects: Mapping[str, int], *, at: datetime) -> list[int]:
    """Count one try of each subject before it is made, so that tries side by side are counted as well; ``give_back``
    takes what this returns when the try was no guess. Raises TooManyTries, and counts nothing, when any was counted as
    often as it may be already."""
    with unit_of_work():
        one_at_a_time(LOCK)
        SignInAttemptRow.delete().where(SignInAttemptRow.at < at - ATTEMPT_WINDOW).execute()
        if any(is_over(subject, most, at=at) for subject, most in subjects.items()):
            raise TooManyTries
        return [int(SignInAttemptRow.create(subject=subject[:255], at=at).id) for subject in subjects]


def give_back(tries: Iterable[int]) -> None:
    """These were no guesses: they do not count."""
    with unit_of_work():
        SignInAttemptRow.delete().where(SignInAttemptRow.id.in_(list(tries))).execute()
