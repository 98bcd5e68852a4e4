"""Who works here: invited, given a role, sent away. The owner alone decides, and there is always one."""

from __future__ import annotations

from datetime import datetime

from craftops.domain.events import Event, EventKind
from craftops.domain.people.access import Actor, Role
from craftops.domain.people.audit import Deed
from craftops.errors import AccessError, RuleError
from craftops.services.people import accounts, second_factor
from craftops.services.shop import settings
from craftops.services.shop.context import SIGN_IN, Shop
from craftops.store.auditing import note
from craftops.store.database import unit_of_work
from craftops.store.models import AccountRow, SessionRow
from craftops.store.viewing import person_view
from craftops.store.views.people import Account, PersonView

ROLES = (Role.STAFF, Role.OWNER)
LAST = "There must be an owner. Make somebody else one first."
HOME = "/staff/"


def members() -> list[PersonView]:
    """Everybody who works here, those who left at the end."""
    works = AccountRow.role.in_([role.value for role in ROLES])
    return [person_view(row) for row in AccountRow.select().where(works).order_by(AccountRow.disabled, AccountRow.name)]


def _member(account_id: int) -> AccountRow:
    row: AccountRow | None = AccountRow.get_or_none(AccountRow.id == account_id)
    if row is None or row.role not in ROLES:
        raise AccessError
    return row


def invite(*, email: str, name: str, role: Role, actor: Actor, at: datetime) -> PersonView:
    """An account for somebody who works here, and a mail with a link by which they sign in. Raises IntakeError with the
    faulty fields, AccessError."""
    actor.must_be_owner()
    if role not in ROLES:
        raise AccessError
    with unit_of_work() as uow:
        row = accounts.create_account(email=email, name=name, role=role, at=at)
        accounts.ask_link(row.email, next_path=HOME, at=at)
        uow.record(Event(EventKind.ACCOUNT_CHANGED, at, actor, data={"account": row.id, "what": "invited"}))
        note(Deed.INVITED, actor=actor, at=at, account=row.id, subject=row.email, after=role.value)
    return person_view(row)


def send_link(account_id: int, *, actor: Actor, at: datetime) -> PersonView:
    """Another link to sign in by. Raises AccessError."""
    actor.must_be_owner()
    row = _member(account_id)
    if not row.disabled:
        accounts.ask_link(row.email, next_path=HOME, at=at)
    return person_view(row)


def set_role(account_id: int, role: Role, *, actor: Actor, at: datetime) -> PersonView:
    """What somebody may do from now on. Raises RuleError for the last owner, AccessError."""
    actor.must_be_owner()
    if role not in ROLES:
        raise AccessError
    with unit_of_work() as uow:
        row = _member(account_id)
        if row.role == role.value:
            return person_view(row)
        if role is not Role.OWNER:
            _keep_an_owner(row)
        AccountRow.update(role=role.value).where(AccountRow.id == row.id).execute()
        uow.record(Event(EventKind.ACCOUNT_CHANGED, at, actor, data={"account": row.id, "what": role.value}))
        note(
            Deed.ROLE_CHANGED, actor=actor, at=at, account=row.id, subject=row.email, before=row.role, after=role.value
        )
    return person_view(row)


def set_disabled(account_id: int, *, disabled: bool, actor: Actor, at: datetime) -> PersonView:
    """Shut somebody out at once, wherever they are signed in; or let them in again. Raises RuleError for the last owner
    and for oneself, AccessError."""
    actor.must_be_owner()
    with unit_of_work() as uow:
        row = _member(account_id)
        if disabled:
            if row.id == actor.id:
                raise RuleError("Somebody else has to shut you out.")
            _keep_an_owner(row)
            SessionRow.delete().where(SessionRow.account == row.id).execute()
        AccountRow.update(disabled=disabled).where(AccountRow.id == row.id).execute()
        what = "disabled" if disabled else "enabled"
        uow.record(Event(EventKind.ACCOUNT_CHANGED, at, actor, data={"account": row.id, "what": what}))
        deed = Deed.SHUT_OUT if disabled else Deed.LET_IN
        note(deed, actor=actor, at=at, account=row.id, subject=row.email)
    return person_view(row)


def reset_factors(account_id: int, *, actor: Actor, at: datetime) -> PersonView:
    """Somebody has lost their telephone and their recovery codes: they sign in by password or link alone, once more.
    Raises RuleError for oneself, AccessError."""
    actor.must_be_owner()
    row = _member(account_id)
    if row.id == actor.id:
        raise RuleError("Your own you change on your own page.", "Another owner, or the command line, can reset it.")
    second_factor.reset(row, actor=actor, at=at)
    return person_view(row)


def demand_second_factor(shop: Shop, *, wanted: bool, actor: Actor, at: datetime) -> bool:
    """Whether everybody who works here needs a second factor from now on: whoever has none sets one up when they next
    sign in. Whether that is new. Raises AccessError."""
    return settings.keep(shop, SIGN_IN, {"second_factor_of_staff": wanted}, actor=actor, at=at)


def _keep_an_owner(row: Account) -> None:
    others = AccountRow.select().where(
        AccountRow.role == Role.OWNER.value, ~AccountRow.disabled, AccountRow.id != row.id
    )
    if row.role == Role.OWNER.value and not others.exists():
        raise RuleError(LAST)
