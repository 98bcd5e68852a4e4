"""What people change about themselves: name and telephone, language, password, sessions."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import available_timezones

from argon2.exceptions import InvalidHashError, VerificationError

from craftops.domain.events import Event, EventKind
from craftops.domain.people.access import Actor
from craftops.domain.people.audit import Deed
from craftops.errors import IntakeError
from craftops.services.people import accounts
from craftops.store.auditing import note
from craftops.store.database import unit_of_work, utcnow
from craftops.store.models import AccountRow, SessionRow
from craftops.store.viewing import view_of
from craftops.store.views.people import Account, SessionView

LANGUAGES = ("", "en", "de")
FRESH = timedelta(minutes=15)
STALE = "You have been signed in for a while. Sign out, sign in again, and do this within a quarter of an hour."


def change_details(
    account: Account, *, name: str, phone: str, language: str, timezone: str, actor: Actor, at: datetime
) -> None:
    """Keep what somebody says of themselves. Raises IntakeError with the faulty fields."""
    faults: dict[str, str] = {}
    named, number = " ".join(name.split()), " ".join(phone.split())
    if not named or len(named) > 200:
        faults["name"] = "Write a name of at most 200 characters."
    if len(number) > 40:
        faults["phone"] = "That is no telephone number."
    if timezone and timezone not in available_timezones():
        faults["timezone"] = "Choose a place from the list, like Europe/Berlin."
    if faults:
        raise IntakeError("Some answers cannot be used yet.", faults)
    values = {
        "name": named, "phone": number, "language": language if language in LANGUAGES else "", "timezone": timezone,
    }  # fmt: skip
    with unit_of_work() as uow:
        AccountRow.update(values).where(AccountRow.id == account.id).execute()
        uow.record(Event(EventKind.ACCOUNT_CHANGED, at, actor, data={"account": account.id}))


def choose_language(account: Account, language: str) -> None:
    """Their pages and mails speak this from now on; nothing happens where we do not speak it."""
    if language in LANGUAGES and language != account.language:
        with unit_of_work():
            AccountRow.update(language=language).where(AccountRow.id == account.id).execute()


def change_password(account: Account, *, old: str, new: str, since: datetime, at: datetime) -> None:
    """Set a password; every session ends. Raises IntakeError when the old one is wrong or the new one too short.

    Who signs in by link and has none yet needs no old one, and has signed in (``since``) a moment ago.
    """
    if not accounts.hash_of(account.id):
        must_be_fresh(since, at, "password")
    elif not is_password(account, old):
        raise IntakeError("That is not your password.", {"old": "That is not the password that you have now."})
    accounts.set_password(account, new)


def must_be_fresh(since: datetime, at: datetime, field: str) -> None:
    """Whoever has no password shows that it is them by having signed in just now, not by a telephone that lies there.
    Raises IntakeError that names ``field``."""
    if at - since > FRESH:
        raise IntakeError(STALE, {field: STALE})


def is_password(account: Account, password: str) -> bool:
    """Whether this is somebody's password; False where they have none."""
    hashed = accounts.hash_of(account.id)
    try:
        return bool(hashed) and accounts.hasher().verify(hashed, password[:1000])
    except (VerificationError, InvalidHashError):
        return False


def sessions_of(account: Account, *, at: datetime) -> list[SessionView]:
    """Where somebody is signed in, the one that was used last first."""
    mine = SessionRow.select().where(
        SessionRow.account == account.id, SessionRow.expires_at > at, SessionRow.seen_at > at - accounts.SESSION_UNUSED
    )
    return [view_of(SessionView, row) for row in mine.order_by(SessionRow.seen_at.desc())]


def end_sessions(account: Account, *, only: int | None = None, but: str = "") -> int:
    """Sign browsers of theirs out: the one of this id, or all; ``but`` is the token of one that stays. How many."""
    gone = SessionRow.delete().where(SessionRow.account == account.id)
    if only is not None:
        gone = gone.where(SessionRow.id == only)
    if but:
        gone = gone.where(SessionRow.token_hash != accounts.digest(but))
    with unit_of_work():
        ended = int(gone.execute())
        if ended:
            who = accounts.actor_of(account)
            note(
                Deed.SESSIONS_ENDED, actor=who, at=utcnow(), account=account.id, subject=account.email, after=str(ended)
            )
        return ended
