"""Another e-mail address for an account: asked for, proved by a link to the new one, told to the old one."""

from __future__ import annotations

from datetime import datetime, timedelta

from craftops.domain.events import Event, EventKind
from craftops.domain.orders import sharing
from craftops.domain.people.audit import Deed
from craftops.errors import AccessError, IntakeError, RuleError
from craftops.services.people import accounts, limits, profile
from craftops.services.people.accounts import digest
from craftops.services.shop.context import Shop
from craftops.store.auditing import note
from craftops.store.database import IntegrityError, unit_of_work
from craftops.store.models import AccountRow, EmailChangeRow, MagicLinkRow
from craftops.store.views.people import Account

LINK = "new-address"
LIFE = timedelta(hours=24)
MOST_ASKED = 5
"""Within a quarter of an hour."""
TAKEN = "This address cannot be used. Choose another one."


def ask(shop: Shop, account: Account, email: str, password: str, *, since: datetime, at: datetime) -> None:
    """Send a link to the new address; nothing changes before its click. Whether the address belongs to somebody else is
    not told. Who has no password has signed in (``since``) a moment ago. Raises IntakeError with the faulty fields,
    TooManyTries.
    """
    faults: dict[str, str] = {}
    address = ""
    try:
        address = accounts.check_email(email)
    except IntakeError as error:
        faults |= error.fields
    if address == account.email:
        faults["email"] = "This is your address already."
    limits.count(f"new-address:{account.id}", MOST_ASKED, at=at)
    if not accounts.hash_of(account.id):
        profile.must_be_fresh(since, at, "email")
    elif not profile.is_password(account, password):
        faults["email_password"] = "That is not your password."  # noqa: S105 - a sentence
    if faults:
        raise IntakeError("Some answers cannot be used yet.", faults)
    seed = sharing.new_seed()
    with unit_of_work() as uow:
        EmailChangeRow.delete().where(EmailChangeRow.account == account.id).execute()  # one at a time
        row = EmailChangeRow.create(
            account=account.id, email=address, seed=seed, created_at=at, expires_at=at + LIFE,
            token_hash=digest(sharing.token_of(shop.config.secret_key(), seed, LINK)),
        )  # fmt: skip
        uow.enqueue("tell_new_address", {"change": row.id}, at=at)


def token_of(shop: Shop, row: EmailChangeRow) -> str:
    """The token of the link in the mail."""
    return sharing.token_of(shop.config.secret_key(), row.seed, LINK)


def find(token: str, *, at: datetime) -> EmailChangeRow:
    """A change that waits for its click. Raises AccessError."""
    row: EmailChangeRow | None = EmailChangeRow.get_or_none(EmailChangeRow.token_hash == digest(token))
    if row is None or row.expires_at <= at or row.account.disabled:
        raise AccessError
    return row


def pending(account: Account, *, at: datetime) -> str:
    """The address that waits for its click; empty without one."""
    row = EmailChangeRow.get_or_none(EmailChangeRow.account == account.id, EmailChangeRow.expires_at > at)
    return row.email if row is not None else ""


def is_taken(email: str) -> bool:
    """Whether an address belongs to an account already."""
    return bool(AccountRow.select().where(AccountRow.email == email).exists())


def confirm(token: str, *, at: datetime) -> AccountRow:
    """The click: the new address is the account's, and the old one is told. Raises AccessError, RuleError."""
    row = find(token, at=at)
    old = row.account.email
    try:
        with unit_of_work() as uow:
            if not EmailChangeRow.delete().where(EmailChangeRow.id == row.id).execute():
                raise AccessError
            AccountRow.update(email=row.email).where(AccountRow.id == row.account_id).execute()
            MagicLinkRow.delete().where(MagicLinkRow.account == row.account_id).execute()
            words = {"email": old, "name": row.account.name}
            uow.enqueue("tell_old_address", words, at=at, dedupe=f"old-address:{row.id}:{row.seed}")
            data = {"account": row.account_id, "email": True}
            who = accounts.actor_of(row.account)
            uow.record(Event(EventKind.ACCOUNT_CHANGED, at, who, data=data))
            note(Deed.ADDRESS_CHANGED, actor=who, at=at, account=row.account_id, before=old, after=row.email)
    except IntegrityError:
        raise RuleError(TAKEN) from None
    fresh: AccountRow = AccountRow.get_by_id(row.account_id)
    return fresh
