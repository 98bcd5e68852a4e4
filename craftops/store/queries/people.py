"""What pages read of people who sign in."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from peewee import JOIN

from craftops.domain.people.access import Role
from craftops.store.models import (
    AccountRow,
    ApiTokenRow,
    CompanyInvitationRow,
    CompanyMemberRow,
    CompanyRow,
    MailTroubleRow,
    SessionRow,
)
from craftops.store.prepared import Prepared
from craftops.store.viewing import columns, person_view
from craftops.store.views.people import CompanyView, InvitationView, MemberView, PersonView, TokenView

WORKS_HERE = (Role.STAFF.value, Role.OWNER.value)
_PERSON: Prepared[AccountRow] = Prepared(lambda id_: AccountRow.select().where(AccountRow.id == id_))


def last_seen() -> dict[int, datetime]:
    """Account id -> when one of its browsers was seen last, of those that are signed in."""
    rows = SessionRow.select(SessionRow.account, SessionRow.seen_at).order_by(SessionRow.seen_at)
    return {row.account_id: row.seen_at for row in rows}


def person(account_id: int) -> PersonView | None:
    """Whose account this is."""
    row = _PERSON.first(account_id)
    return person_view(row) if row is not None else None


def customer(account_id: int) -> PersonView | None:
    """The same, of a customer; None for anybody else."""
    found = person(account_id)
    return found if found is not None and found.role == Role.CUSTOMER.value else None


def customer_with(email: str) -> PersonView | None:
    """The customer with this address, disabled or not."""
    row = AccountRow.get_or_none(AccountRow.email == email.strip().lower(), AccountRow.role == Role.CUSTOMER.value)
    return person_view(row) if row is not None else None


def active_customer_with(email: str) -> PersonView | None:
    """The same, unless they are disabled."""
    found = customer_with(email)
    return found if found is not None and not found.disabled else None


def _customers(words: str) -> Any:
    rows = AccountRow.select().where(AccountRow.role == Role.CUSTOMER.value)
    return rows.where(AccountRow.name.contains(words) | AccountRow.email.contains(words)) if words else rows


def count_customers(words: str) -> int:
    """How many customers there are; with ``words``, whose name or address holds them."""
    return int(_customers(words).count())


def customers(words: str, page: int, most: int) -> list[PersonView]:
    """A page of them, by name; the first is 1."""
    rows = _customers(words).order_by(AccountRow.name, AccountRow.id).paginate(page, most)
    return [person_view(row) for row in rows]


_TEAM: Prepared[tuple[int, str]] = Prepared(
    lambda roles, disabled: (
        AccountRow.select(AccountRow.id, AccountRow.name)
        .where(AccountRow.role.in_(roles), AccountRow.disabled == disabled)
        .order_by(AccountRow.name)
    ),
    lambda *row: row,
)


def team() -> list[tuple[int, str]]:
    """(id, name) of everybody who works here now, by name."""
    return _TEAM.all(WORKS_HERE, False)


def mail_trouble(address: str) -> tuple[str, str] | None:
    """What is wrong with an address: its kind, and what was said; None while mails arrive."""
    row = MailTroubleRow.get_or_none(MailTroubleRow.address == address)
    return (row.kind, row.said) if row is not None else None


_TOKENS: Prepared[TokenView] = Prepared(
    lambda most: (
        ApiTokenRow.select(*columns(TokenView, ApiTokenRow, "customer"), AccountRow.name)
        .join(AccountRow, JOIN.LEFT_OUTER)
        .order_by(ApiTokenRow.id.desc())
        .limit(most)
    ),
    TokenView,
)


def tokens(most: int) -> list[TokenView]:
    """The newest tokens for programs."""
    return _TOKENS.all(most)


# Companies


def _members(*where: Any) -> Any:
    row = CompanyMemberRow
    query = row.select(
        row.id, row.account, AccountRow.name, AccountRow.email, row.company, CompanyRow.name, row.role, row.state,
        row.joined_at,
    )  # fmt: skip
    return query.join(AccountRow).switch(row).join(CompanyRow).where(*where)


_OF_COMPANY: Prepared[MemberView] = Prepared(
    lambda company: _members(CompanyMemberRow.company == company).order_by(CompanyMemberRow.id), MemberView
)
_OF_PERSON: Prepared[MemberView] = Prepared(
    lambda person: _members(CompanyMemberRow.account == person).order_by(CompanyRow.name), MemberView
)


def _asking(account_id: Any, active: Any, asked: Any, roles: Any) -> Any:
    mine = CompanyMemberRow.select(CompanyMemberRow.company).where(
        CompanyMemberRow.account == account_id, CompanyMemberRow.state == active, CompanyMemberRow.role.in_(roles)
    )
    return _members(CompanyMemberRow.state == asked, CompanyMemberRow.company.in_(mine))


_ASKING: Prepared[MemberView] = Prepared(_asking, MemberView)
_INVITATIONS: Prepared[InvitationView] = Prepared(
    lambda company, at: (
        CompanyInvitationRow.select(*columns(InvitationView, CompanyInvitationRow))
        .where(
            CompanyInvitationRow.company == company, CompanyInvitationRow.used_at.is_null(),
            CompanyInvitationRow.revoked_at.is_null(), CompanyInvitationRow.expires_at > at,
        )
        .order_by(CompanyInvitationRow.id.desc())
    ),
    InvitationView,
)  # fmt: skip
_COMPANY: Prepared[CompanyView] = Prepared(
    lambda id_: CompanyRow.select(*columns(CompanyView, CompanyRow)).where(CompanyRow.id == id_), CompanyView
)


def company(company_id: int) -> CompanyView | None:
    """One company; who may see it, ``services.people.companies`` says."""
    return _COMPANY.first(company_id)


def members_of(company_id: int) -> list[MemberView]:
    """Members and those who ask to be, in the order of coming."""
    return _OF_COMPANY.all(company_id)


def memberships_of(account_id: int) -> list[MemberView]:
    """The companies of somebody by name, with their role in each, those that they ask to join too."""
    return _OF_PERSON.all(account_id)


def asking(account_id: int, active: str, asked: str, roles: list[str]) -> list[MemberView]:
    """Who asks to join a company in which this person has one of ``roles``."""
    return _ASKING.all(account_id, active, asked, roles)


def invitations_of(company_id: int, at: datetime) -> list[InvitationView]:
    """Invitations that may still be used, the newest first."""
    return _INVITATIONS.all(company_id, at)
