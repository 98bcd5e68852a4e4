"""Invitations to a company: sent to one mailbox, used once by whoever reads it."""

from __future__ import annotations

from datetime import datetime

from craftops.domain.orders import sharing
from craftops.domain.people import companies as domain
from craftops.domain.people.access import Actor, Role
from craftops.domain.people.companies import CompanyAction
from craftops.domain.people.newcomers import NewCustomers, hides_address
from craftops.errors import AccessError, RuleError
from craftops.services.people import accounts, companies, limits
from craftops.services.people.accounts import digest
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.models import AccountRow, CompanyInvitationRow, CompanyMemberRow, CompanyRow
from craftops.store.viewing import person_view
from craftops.store.views.people import JoinView

LINK = "company"
MOST_SENT = 20
"""Invitations of one company within a quarter of an hour."""


def invite(shop: Shop, company_id: int, email: str, role: str, *, actor: Actor, at: datetime) -> CompanyInvitationRow:
    """Invite the reader of a mailbox. Raises AccessError, RuleError, IntakeError, TooManyTries."""
    row = companies.company(actor, company_id, CompanyAction.MANAGE)
    address, wanted = accounts.check_email(email), domain.read_role(role)
    members = companies.members_of(row.id)
    if any(one.account_email == address and one.state == companies.ACTIVE for one in members):
        raise RuleError("They are a member already.")
    if len(members) >= companies.MOST_MEMBERS:
        raise RuleError(f"A company has {companies.MOST_MEMBERS} members at most.")
    seed = sharing.new_seed()
    with unit_of_work() as uow:
        limits.count(f"invite:{row.id}", MOST_SENT, at=at)
        made: CompanyInvitationRow = CompanyInvitationRow.create(
            company=row.id, email=address, role=wanted.value, seed=seed,
            by_name="A colleague" if hides_address(actor.name) else actor.name[:200], created_at=at,
            token_hash=digest(sharing.token_of(shop.config.secret_key(), seed, LINK)),
            expires_at=at + domain.INVITATION,
        )  # fmt: skip
        uow.enqueue("tell_invited", {"invitation": made.id}, at=at)
    return made


def token_of(shop: Shop, row: CompanyInvitationRow) -> str:
    """The token of the link in the mail."""
    return sharing.token_of(shop.config.secret_key(), row.seed, LINK)


def is_open(row: CompanyInvitationRow, *, at: datetime) -> bool:
    """Whether an invitation may still be used."""
    return bool(row.used_at is None and row.revoked_at is None and row.expires_at > at)


def find(token: str, *, at: datetime) -> CompanyInvitationRow:
    """An open invitation. Raises AccessError."""
    row: CompanyInvitationRow | None = (
        CompanyInvitationRow.select(CompanyInvitationRow, CompanyRow)
        .join(CompanyRow)
        .where(CompanyInvitationRow.token_hash == digest(token))
        .first()
    )
    if row is None or not is_open(row, at=at):
        raise AccessError
    return row


def needs_sign_in(row: CompanyInvitationRow) -> AccountRow | None:
    """The customer whose mailbox was invited: only they, signed in, can accept. None for a new address."""
    return accounts.customer_of(row.email)


def shown(token: str, *, at: datetime) -> JoinView:
    """An invitation as its page reads it. Raises AccessError."""
    row = find(token, at=at)
    known = needs_sign_in(row)
    company = str(row.company.name)
    return JoinView(row.email, row.role, row.by_name, company, person_view(known) if known is not None else None)


def may_be_new(shop: Shop) -> bool:
    """Whether an invited person may become a customer by it: a member vouches for them, unless the shop wants nobody
    that it has not added itself."""
    return shop.newcomers.new_customers is not NewCustomers.INVITATION


def accept(
    shop: Shop, token: str, *, signed_in: int | None, name: str, at: datetime
) -> tuple[AccountRow, CompanyRow, bool]:
    """Join: who it is, which company, and whether their account is new.

    Raises AccessError for an invitation that is over, or somebody else's; IntakeError for a new account without a name.
    """
    row = find(token, at=at)
    known = needs_sign_in(row)
    if (known is not None and known.id != signed_in) or (known is None and not may_be_new(shop)):
        raise AccessError
    with unit_of_work():
        mine = (CompanyInvitationRow.id == row.id) & CompanyInvitationRow.used_at.is_null()
        if not CompanyInvitationRow.update(used_at=at).where(mine).execute():
            raise AccessError
        account = known or accounts.create_account(email=row.email, name=name, role=Role.CUSTOMER, at=at)
        values = {
            "company": row.company_id, "account": account.id, "role": row.role, "state": companies.ACTIVE,
            "joined_at": at,
        }  # fmt: skip
        member = (CompanyMemberRow.company == row.company_id) & (CompanyMemberRow.account == account.id)
        asked = CompanyMemberRow.update(role=row.role, state=companies.ACTIVE, joined_at=at)
        if not asked.where(member, CompanyMemberRow.state == companies.ASKED).execute():
            CompanyMemberRow.insert(values).on_conflict_ignore().execute()
    return account, row.company, known is None
