"""People: accounts, sign-in, sessions, magic links, API tokens."""

from __future__ import annotations

import hashlib
import re
import secrets
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from craftops.domain.people.access import NOBODY, SYSTEM, Actor, ActorKind, Role, Scope
from craftops.domain.people.audit import Deed
from craftops.errors import IntakeError, SignInRefused, TooManyTries
from craftops.services.people import limits, passwords
from craftops.store.auditing import note
from craftops.store.database import IntegrityError, unit_of_work, utcnow
from craftops.store.models import AccountRow, ApiTokenRow, MagicLinkRow, SessionRow, SignInStepRow
from craftops.store.models.base import to_micros
from craftops.store.queries.shop import SeenSession
from craftops.store.viewing import person_view, view_of
from craftops.store.views.people import Account, PersonView, SessionView

SESSION_LENGTH = timedelta(days=30)
SESSION_UNUSED = timedelta(days=14)
"""A browser that was not here for so long signs in again."""
SEEN_EVERY = timedelta(minutes=5)
LINK_LENGTH = timedelta(minutes=15)
ATTEMPTS_BY_EMAIL = 8
ATTEMPTS_BY_ADDRESS = 40
MOST_LINKS = 3
MIN_PASSWORD = passwords.SHORTEST
EMAIL = re.compile(r"^[^@\s\x00-\x1f<>,;:\"]{1,64}@[^@\s\x00-\x1f<>,;:\"]{1,190}$")
OWN_THINGS = (ActorKind.CUSTOMER, ActorKind.VISITOR)
"""Who sees what is theirs, and nothing else."""
REFUSED = "E-mail and password do not match, or there were too many attempts. Try again, or ask for a sign-in link."

_hasher = PasswordHasher()
_DUMMY = _hasher.hash("no such account")
"""Verified when there is no account, so that both answers take the same time."""


def use_hasher(hasher: PasswordHasher) -> None:
    """Hash passwords with other costs from now on (weaker machines, tests); old hashes still verify."""
    global _hasher, _DUMMY
    _hasher = hasher
    _DUMMY = hasher.hash("no such account")


def hasher() -> PasswordHasher:
    """What passwords are hashed by now."""
    return _hasher


def digest(token: str) -> str:
    """How a token is kept."""
    return hashlib.sha256(token.encode()).hexdigest()


def check_email(text: str) -> str:
    """The address in lower case. Raises IntakeError when it cannot be one."""
    email = text.strip().lower()
    if not EMAIL.match(email):
        raise IntakeError("That is not an e-mail address.", {"email": "Write an e-mail address, like ada@example.org."})
    return email


def actor_of(account: Account) -> Actor:
    """Who this account is when it acts."""
    kind = ActorKind(account.role)
    return Actor(kind, account.id, account.name, customer_id=account.id if kind in OWN_THINGS else None)


def create_account(
    *, email: str, name: str, role: Role, at: datetime, password: str = "", phone: str = ""
) -> AccountRow:
    """A new account. Without a password it signs in by link. Raises IntakeError with the faulty fields."""
    address = check_email(email)
    faults = {}
    if not name.strip() or len(name) > 200:
        faults["name"] = "Write a name of at most 200 characters."
    if password and (fault := passwords.fault_of(password, email=address, name=name)):
        faults["password"] = fault
    if faults:
        raise IntakeError("Some answers cannot be used yet.", faults)
    try:
        with unit_of_work():
            row: AccountRow = AccountRow.create(
                email=address,
                name=name.strip(),
                phone=phone.strip(),
                role=role.value,
                password_hash=_hasher.hash(password) if password else "",
                created_at=at,
            )
            return row
    except IntegrityError:
        sentence = "There is an account with this e-mail address already."
        raise IntakeError(sentence, {"email": sentence}) from None


def invite_customer(*, email: str, name: str, phone: str, at: datetime) -> AccountRow:
    """A customer whom staff add, and the mail with a link that lets them in. Raises IntakeError."""
    with unit_of_work() as uow:
        row = create_account(email=email, name=name, phone=phone, role=Role.CUSTOMER, at=at)
        uow.enqueue("send_link", {"email": row.email, "next": "/", "asked": to_micros(at)}, at=at)
    return row


def customer_of(email: str) -> AccountRow | None:
    """The customer with this address, unless they are disabled."""
    row: AccountRow | None = AccountRow.get_or_none(
        AccountRow.email == email.strip().lower(),
        AccountRow.role == Role.CUSTOMER.value,
        AccountRow.disabled == False,  # noqa: E712
    )
    return row


def sign_in(email: str, password: str, *, address: str, at: datetime, browser: str = "") -> PersonView:
    """The account of these credentials; whether they are enough to be let in, ``signing_in`` says. ``browser``: the
    number of one that was let in to this mailbox before, and is not kept out by what strangers try.

    Raises SignInRefused, with one sentence whatever the cause. Attempts are counted by e-mail address (or browser) and
    by network address before they are looked at, so that many side by side are no way round.
    """
    subject = email.strip().lower()
    who = f"browser:{browser}:{subject}" if browser else f"email:{subject}"
    try:
        tries = limits.reserve({who[:255]: ATTEMPTS_BY_EMAIL, f"address:{address}"[:255]: ATTEMPTS_BY_ADDRESS}, at=at)
    except TooManyTries:
        _note_refusal(subject, at)
        raise SignInRefused(REFUSED) from None
    account = AccountRow.get_or_none(AccountRow.email == subject)
    hashed = account.password_hash if account and account.password_hash else _DUMMY
    try:
        _hasher.verify(hashed, password[:1000])
        good = account is not None and bool(account.password_hash) and not account.disabled
    except (VerificationError, InvalidHashError):
        good = False
    if not good or account is None:
        _note_refusal(subject, at)
        raise SignInRefused(REFUSED)
    limits.give_back(tries)
    if _hasher.check_needs_rehash(hashed):
        _hash_anew(account, password)
    return person_view(account)


def _hash_anew(account: AccountRow, password: str) -> None:
    """At the costs of today; a password that was changed in the meantime stays as it is."""
    with unit_of_work():
        AccountRow.update(password_hash=_hasher.hash(password[:1000])).where(
            AccountRow.id == account.id, AccountRow.password_hash == account.password_hash
        ).execute()


def _note_refusal(email: str, at: datetime) -> None:
    """Somebody tried to be somebody. Of addresses that nobody here has, only that it was tried is kept."""
    known = AccountRow.get_or_none(AccountRow.email == email)
    note(
        Deed.SIGN_IN_REFUSED, actor=NOBODY, at=at, account=known.id if known else None,
        subject=email if known else "an address that nobody here has",
    )  # fmt: skip


def start_session(
    account: Account,
    *,
    agent: str,
    at: datetime,
    how: str = "",
    second_at: datetime | None = None,
    language: str = "",
) -> str:
    """A new session; its token, which only the browser keeps. ``second_at``: when a second factor was shown.
    ``language`` is what that browser speaks."""
    token = secrets.token_urlsafe(32)
    with unit_of_work():
        if language and language != account.browser_language:
            AccountRow.update(browser_language=language).where(AccountRow.id == account.id).execute()
        SessionRow.delete().where(SessionRow.expires_at < at).execute()
        SessionRow.create(
            token_hash=digest(token),
            account=account.id,
            created_at=at,
            seen_at=at,
            expires_at=at + SESSION_LENGTH,
            agent=agent[:300],
            how=how,
            second_at=second_at,
        )
    return token


def session_of(token: str) -> SessionView | None:
    """A session, good or not."""
    row = SessionRow.get_or_none(SessionRow.token_hash == digest(token))
    return view_of(SessionView, row) if row is not None else None


def account_of_session(token: str, *, at: datetime) -> PersonView | None:
    """Whose session this is, if it is still good."""
    row = (
        SessionRow.select(SessionRow, AccountRow)
        .join(AccountRow)
        .where(SessionRow.token_hash == digest(token), SessionRow.expires_at > at)
        .first()
    )
    return None if row is None else account_of_seen(SeenSession(row.id, person_view(row.account), row.seen_at), at=at)


def account_of_seen(session: SeenSession, *, at: datetime) -> PersonView | None:
    """Whose session this is, if they may sign in; that it was seen is noted now and then."""
    if session.account.disabled or session.account.role == Role.VISITOR.value:
        return None
    if at - session.seen_at > SESSION_UNUSED:
        return None
    if at - session.seen_at > SEEN_EVERY:
        SessionRow.update(seen_at=at).where(SessionRow.id == session.id).execute()
    return session.account


def hash_of(account_id: int) -> str:
    """The hash of somebody's password; empty where they have none."""
    row = AccountRow.get_or_none(AccountRow.id == account_id)
    return str(row.password_hash) if row is not None else ""


def end_session(token: str) -> None:
    """Sign this browser out."""
    with unit_of_work():
        SessionRow.delete().where(SessionRow.token_hash == digest(token)).execute()


def set_password(account: Account, password: str, *, actor: Actor | None = None) -> None:
    """Change the password and end every session, of sign-ins that are half-way too; ``actor`` is the account itself
    where nobody else is named. Raises IntakeError when it is none."""
    passwords.check(password, email=account.email, name=account.name)
    with unit_of_work():
        AccountRow.update(password_hash=_hasher.hash(password)).where(AccountRow.id == account.id).execute()
        SessionRow.delete().where(SessionRow.account == account.id).execute()
        SignInStepRow.delete().where(SignInStepRow.account == account.id).execute()
        who = actor or actor_of(account)
        note(Deed.PASSWORD_CHANGED, actor=who, at=utcnow(), account=account.id, subject=account.email)


def ask_link(email: str, *, next_path: str, at: datetime) -> None:
    """Have a sign-in link sent, if there is such an account: the worker looks, so that the asker's answer is always the
    same and takes the same time.

    At most three within a quarter of an hour, so that a stranger cannot flood a mailbox.
    """
    address = email.strip().lower()[:200]
    with unit_of_work() as uow:
        try:
            limits.count(f"ask:{address}", MOST_LINKS, at=at)
        except TooManyTries:
            return
        uow.enqueue("send_link", {"email": address, "next": next_path, "asked": to_micros(at)}, at=at)


def make_link(account_id: int, *, next_path: str, at: datetime) -> str:
    """A new single-use token for a sign-in link, good for fifteen minutes."""
    token = secrets.token_urlsafe(32)
    with unit_of_work():
        MagicLinkRow.create(
            token_hash=digest(token),
            account=account_id,
            next_path=next_path,
            created_at=at,
            expires_at=at + LINK_LENGTH,
        )
    return token


def link_is_good(token: str, *, at: datetime) -> bool:
    """Whether the link would still sign somebody in (looking does not use it up)."""
    return (
        MagicLinkRow.select()
        .where(MagicLinkRow.token_hash == digest(token), MagicLinkRow.used_at.is_null(), MagicLinkRow.expires_at > at)
        .exists()
    )


def use_link(token: str, *, at: datetime) -> tuple[PersonView, str]:
    """The account of this link, and where it leads; the link is used up. Raises SignInRefused."""
    with unit_of_work():
        used = (
            MagicLinkRow.update(used_at=at)
            .where(
                MagicLinkRow.token_hash == digest(token),
                MagicLinkRow.used_at.is_null(),
                MagicLinkRow.expires_at > at,
            )
            .execute()
        )
        row = MagicLinkRow.get_or_none(MagicLinkRow.token_hash == digest(token)) if used else None
        if row is None or row.account is None or row.account.disabled:
            raise SignInRefused("This link has been used or is older than fifteen minutes. Ask for a new one.")
        return person_view(row.account), row.next_path


def create_token(
    name: str,
    scopes: frozenset[Scope],
    *,
    at: datetime,
    customer: Account | None = None,
    until: datetime | None = None,
    actor: Actor = SYSTEM,
) -> str:
    """A new API token, shown this once; good until ``until``, or until somebody ends it. Raises IntakeError."""
    if not scopes:
        raise IntakeError("A token needs at least one scope.", {"scopes": "Choose what it may do."})
    if not name.strip() or len(name) > 100:
        raise IntakeError("A token needs a name.", {"name": "Say what it is for, in at most 100 characters."})
    token = "craftops_" + secrets.token_urlsafe(32)
    with unit_of_work():
        ApiTokenRow.create(
            token_hash=digest(token),
            name=name,
            scopes=sorted(scope.value for scope in scopes),
            customer=customer.id if customer else None,
            created_at=at,
            expires_at=until,
        )
        note(
            Deed.TOKEN_MADE, actor=actor, at=at, account=customer.id if customer else None, subject=name,
            after=" ".join(sorted(scope.value for scope in scopes)),
        )  # fmt: skip
    return token


def actor_of_token(token: str, *, at: datetime) -> Actor | None:
    """Who acts with this token; None when it is unknown, revoked, over, or its customer is disabled."""
    row = ApiTokenRow.get_or_none(ApiTokenRow.token_hash == digest(token), ApiTokenRow.revoked_at.is_null())
    if row is None or (row.customer and row.customer.disabled) or (row.expires_at and row.expires_at <= at):
        return None
    if row.used_at is None or at - row.used_at > SEEN_EVERY:
        ApiTokenRow.update(used_at=at).where(ApiTokenRow.id == row.id).execute()
    scopes = frozenset(Scope(scope) for scope in row.scopes)
    return Actor(ActorKind.TOKEN, row.id, row.name, scopes, row.customer_id)


def revoke_token(token_id: int, *, at: datetime, actor: Actor = SYSTEM) -> bool:
    """End a token for good; whether there was one."""
    with unit_of_work():
        row = ApiTokenRow.get_or_none(ApiTokenRow.id == token_id, ApiTokenRow.revoked_at.is_null())
        if row is None:
            return False
        ApiTokenRow.update(revoked_at=at).where(ApiTokenRow.id == row.id).execute()
        note(Deed.TOKEN_ENDED, actor=actor, at=at, account=row.customer_id, subject=row.name)
        return True
