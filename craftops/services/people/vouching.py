"""Who comes in by somebody else's word: people whom we know by a proved mailbox, and whom the operator has named."""

from __future__ import annotations

from datetime import datetime

from craftops.domain.people.access import NOBODY, Role
from craftops.domain.people.audit import Deed
from craftops.errors import IntakeError, SignInRefused
from craftops.sdk.identity import IdentityProvider, Vouched
from craftops.services.people import accounts
from craftops.store.auditing import note
from craftops.store.database import IntegrityError, unit_of_work
from craftops.store.models import AccountRow, IdentityRow
from craftops.store.viewing import person_view
from craftops.store.views.people import PersonView

NOT_HERE = "Nobody here has this account. Sign in another way, or ask the shop."


def account_of(provider: IdentityProvider, who: Vouched, *, at: datetime) -> PersonView:
    """The account of somebody whom ``provider`` vouches for.

    Known by its own name of them (``subject``) since the first time; the first time by their mailbox, if the provider
    knows that it is theirs. Somebody new gets an account where the operator has said so: as a customer by the domain of
    the mailbox, as staff by a group. Nobody's role ever changes by it. Raises SignInRefused, with one sentence.
    """
    with unit_of_work():
        known = IdentityRow.get_or_none(IdentityRow.provider == provider.name, IdentityRow.subject == who.subject)
        account: AccountRow | None = known.account if known is not None else _by_mailbox(provider, who, at)
        if account is not None and not account.disabled and account.role != Role.VISITOR.value:
            if known is None:
                _link(provider, who, account, at)
            else:
                IdentityRow.update(used_at=at).where(IdentityRow.id == known.id).execute()
            return person_view(account)
    note(
        Deed.IDENTITY_REFUSED, actor=NOBODY, at=at, subject=provider.name,
        account=account.id if account is not None else None,
    )  # fmt: skip
    raise SignInRefused(NOT_HERE)


def _by_mailbox(provider: IdentityProvider, who: Vouched, at: datetime) -> AccountRow | None:
    """Whose mailbox it is; somebody new where the operator wants them."""
    if not who.email_verified or not accounts.EMAIL.match(who.email):
        return None
    found: AccountRow | None = AccountRow.get_or_none(AccountRow.email == who.email)
    if found is not None:
        linked = IdentityRow.select().where(IdentityRow.provider == provider.name, IdentityRow.account == found.id)
        # The mailbox may belong to somebody else by now: whoever had it first keeps the account.
        return None if linked.exists() else found
    domain = who.email.rpartition("@")[2]
    role = Role.STAFF if who.works_here else Role.CUSTOMER if domain in provider.customer_domains else None
    if role is None:
        return None
    try:
        made = accounts.create_account(email=who.email, name=who.name or who.email, role=role, at=at)
    except IntakeError:
        return None
    note(
        Deed.ACCOUNT_MADE, actor=accounts.actor_of(made), at=at, account=made.id, subject=made.email,
        after=f"{role.value}, by {provider.name}",
    )  # fmt: skip
    return made


def _link(provider: IdentityProvider, who: Vouched, account: AccountRow, at: datetime) -> None:
    values = {"provider": provider.name, "subject": who.subject, "account": account.id}
    try:
        with unit_of_work():
            IdentityRow.create(**values, created_at=at, used_at=at)
    except IntegrityError:
        raise SignInRefused(NOT_HERE) from None
    note(
        Deed.IDENTITY_LINKED, actor=accounts.actor_of(account), at=at, account=account.id, subject=account.email,
        after=provider.name,
    )  # fmt: skip
