"""Company accounts: founded, joined by an admin's word, left. What each role may do stands in the domain."""

from __future__ import annotations

from datetime import datetime

from craftops.domain.people import companies as domain
from craftops.domain.people.access import Actor
from craftops.domain.people.companies import CompanyAction, CompanyRole, actions_of
from craftops.errors import AccessError, IntakeError, RuleError
from craftops.services.people import limits
from craftops.store.database import unit_of_work
from craftops.store.models import (
    CompanyInvitationRow,
    CompanyMemberRow,
    CompanyRow,
    DesignFileRow,
    NoticeRow,
    OrderRow,
    ReplyTokenRow,
)
from craftops.store.queries import people as queries
from craftops.store.queries import scoped
from craftops.store.views.people import Account, CompanyView, InvitationView, MemberView

ACTIVE, ASKED = scoped.ACTIVE, "asked"
MOST_TRIES = 10
"""Codes that one person may try within a quarter of an hour."""
MOST_MEMBERS = 200


def found(account: Account, name: str, vat_id: str, *, at: datetime) -> CompanyRow:
    """A company with this person as its admin. Raises IntakeError."""
    named, number = domain.check_names(name, vat_id)
    with unit_of_work():
        row: CompanyRow = CompanyRow.create(name=named, vat_id=number, code=_free_code(), created_at=at)
        CompanyMemberRow.create(company=row, account=account.id, role=CompanyRole.ADMIN.value, joined_at=at)
    return row


def _free_code() -> str:
    while CompanyRow.select().where(CompanyRow.code == (code := domain.new_code())).exists():
        pass
    return code


def company(actor: Actor, company_id: int, to: CompanyAction = CompanyAction.SEE) -> CompanyView:
    """A company that this person is a member of. Raises AccessError; RuleError when they may not do that."""
    actions = actions_of(scoped.role_in(actor, company_id))
    if not actions:
        raise AccessError
    if to not in actions:
        raise RuleError("Only an admin of the company may do this.", "Ask one of them.")
    found = queries.company(company_id)
    if found is None:
        raise AccessError
    return found


def change(actor: Actor, company_id: int, name: str, vat_id: str) -> None:
    """What it is called. Raises AccessError, RuleError, IntakeError."""
    row = company(actor, company_id, CompanyAction.MANAGE)
    named, number = domain.check_names(name, vat_id)
    with unit_of_work():
        CompanyRow.update(name=named, vat_id=number).where(CompanyRow.id == row.id).execute()


def renew_code(actor: Actor, company_id: int) -> None:
    """The old code lets nobody ask any more. Raises AccessError, RuleError."""
    row = company(actor, company_id, CompanyAction.MANAGE)
    with unit_of_work():
        CompanyRow.update(code=_free_code()).where(CompanyRow.id == row.id).execute()


def ask_to_join(account: Account, code: str, *, at: datetime) -> CompanyRow:
    """Ask the admins of the company of this code to be let in. Raises IntakeError for an unknown one, TooManyTries."""
    limits.count(f"join:{account.id}", MOST_TRIES, at=at)
    wanted = code.strip().upper().replace(" ", "")
    row: CompanyRow | None = CompanyRow.get_or_none(CompanyRow.code == wanted) if wanted else None
    if row is None:
        sentence = "No company has this code. Ask a colleague for it."
        raise IntakeError(sentence, {"code": sentence})
    values = {"company": row, "account": account.id, "role": CompanyRole.VIEWER.value, "state": ASKED, "joined_at": at}
    with unit_of_work():
        CompanyMemberRow.insert(values).on_conflict_ignore().execute()
    return row


def members_of(company_id: int) -> list[MemberView]:
    """Members and those who ask to be, in the order of coming."""
    return queries.members_of(company_id)


def memberships_of(account_id: int) -> list[MemberView]:
    """The companies of somebody, with their role in each, those that they ask to join too."""
    return queries.memberships_of(account_id)


def asking(actor: Actor) -> list[MemberView]:
    """Who asks to join a company that this person is an admin of."""
    return queries.asking(scoped.me_of(actor), ACTIVE, ASKED, list(domain.roles_with(CompanyAction.MANAGE)))


def set_role(actor: Actor, company_id: int, member_id: int, role: str, *, at: datetime) -> None:
    """Give a member another role; somebody who asks is let in by it. Raises AccessError, RuleError, IntakeError."""
    company(actor, company_id, CompanyAction.MANAGE)
    wanted = domain.read_role(role)
    with unit_of_work():
        _lock(company_id)
        row = _member(company_id, member_id)
        if row.state == ACTIVE:
            domain.check_change(_roles(company_id), row.id, wanted)
        values = {"role": wanted.value, "state": ACTIVE} | ({"joined_at": at} if row.state == ASKED else {})
        CompanyMemberRow.update(values).where(CompanyMemberRow.id == row.id).execute()


def remove(actor: Actor, company_id: int, member_id: int, *, at: datetime) -> None:
    """Somebody is no member any more, or not let in; anybody may take themselves away. Orders that they have placed for
    the company go on under an admin's name. Raises AccessError, RuleError."""
    row = _member(company_id, member_id)
    if row.account_id != actor.customer_id:
        company(actor, company_id, CompanyAction.MANAGE)
    with unit_of_work():
        _lock(company_id)
        row = _member(company_id, member_id)
        if row.state == ACTIVE:
            domain.check_change(_roles(company_id), row.id, None)
        CompanyMemberRow.delete().where(CompanyMemberRow.id == row.id).execute()
        if row.state == ACTIVE:
            _hand_over(company_id, row.account_id, at)


def _lock(company_id: int) -> None:
    """Nobody else changes who is in the company before this transaction ends."""
    CompanyRow.update(code=CompanyRow.code).where(CompanyRow.id == company_id).execute()


def _member(company_id: int, member_id: int) -> CompanyMemberRow:
    row: CompanyMemberRow | None = CompanyMemberRow.get_or_none(
        CompanyMemberRow.id == member_id, CompanyMemberRow.company == company_id
    )
    if row is None:
        raise AccessError
    return row


def _roles(company_id: int) -> dict[int, CompanyRole]:
    active = CompanyMemberRow.select().where(CompanyMemberRow.company == company_id, CompanyMemberRow.state == ACTIVE)
    return {row.id: CompanyRole(row.role) for row in active}


def _hand_over(company_id: int, leaver: int, at: datetime) -> None:
    """What the leaver has placed for the company is an admin's now, and nothing more is told to them. The last one to
    leave takes everything along."""
    theirs = (OrderRow.company == company_id) & (OrderRow.customer == leaver)
    orders = [row.id for row in OrderRow.select(OrderRow.id).where(theirs)]
    heir: CompanyMemberRow | None = (
        CompanyMemberRow.select()
        .where(
            CompanyMemberRow.company == company_id, CompanyMemberRow.state == ACTIVE,
            CompanyMemberRow.role == CompanyRole.ADMIN.value,
        )
        .order_by(CompanyMemberRow.id)
        .first()
    )  # fmt: skip
    if heir is None:
        OrderRow.update(company=None).where(OrderRow.company == company_id).execute()
        DesignFileRow.update(company=None).where(DesignFileRow.company == company_id).execute()
        CompanyRow.delete().where(CompanyRow.id == company_id).execute()
        return
    OrderRow.update(customer=heir.account_id).where(theirs).execute()
    waiting = (NoticeRow.account == leaver) & NoticeRow.order_id.in_(orders) & (NoticeRow.state == "waiting")
    NoticeRow.update(state="dropped", error="they have left the company").where(waiting).execute()
    tokens = (ReplyTokenRow.account == leaver) & ReplyTokenRow.order.in_(orders) & ReplyTokenRow.revoked_at.is_null()
    ReplyTokenRow.update(revoked_at=at).where(tokens).execute()


def leave_all(account: Account, *, at: datetime) -> None:
    """Leave every company, as somebody does who is forgotten. Raises RuleError for the last admin of one."""
    for row in memberships_of(account.id):
        with unit_of_work():
            _lock(row.company_id)
            if row.state == ACTIVE:
                domain.check_change(_roles(row.company_id), row.id, None)
            CompanyMemberRow.delete().where(CompanyMemberRow.id == row.id).execute()
            if row.state == ACTIVE:
                _hand_over(row.company_id, account.id, at)


def invitations_of(company_id: int, *, at: datetime) -> list[InvitationView]:
    """Invitations that may still be used, the newest first."""
    return queries.invitations_of(company_id, at)


def revoke_invitation(actor: Actor, company_id: int, invitation_id: int, *, at: datetime) -> None:
    """It lets nobody in any more. Raises AccessError, RuleError."""
    company(actor, company_id, CompanyAction.MANAGE)
    mine = (CompanyInvitationRow.id == invitation_id) & (CompanyInvitationRow.company == company_id)
    with unit_of_work():
        if not CompanyInvitationRow.select().where(mine).exists():
            raise AccessError
        CompanyInvitationRow.update(revoked_at=at).where(mine, CompanyInvitationRow.revoked_at.is_null()).execute()
