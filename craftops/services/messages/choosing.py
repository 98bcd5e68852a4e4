"""What people want to be told: chosen on a page, or ended by one click from a mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from itsdangerous import BadSignature, URLSafeSerializer

from craftops.domain.events import Event, EventKind
from craftops.domain.messages.notices import KINDS, NoticeChoice, choice_to_json
from craftops.domain.people.access import Actor
from craftops.errors import AccessError
from craftops.services.messages.notifying import choice_of
from craftops.services.people.accounts import actor_of
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.models import AccountRow


def _signer(shop: Shop) -> URLSafeSerializer:
    return URLSafeSerializer(shop.config.secret_key(), salt="unsubscribe")


def end_token(shop: Shop, account: AccountRow, kind: str) -> str:
    """What a mail carries so that one click ends mails of its kind; empty for those that cannot be ended.

    Good for ever, for this person and this kind alone: it can do nothing but end them.
    """
    known = KINDS.get(kind)
    return "" if known is None or known.must else str(_signer(shop).dumps([account.id, kind]))


def read_token(shop: Shop, token: str) -> tuple[AccountRow, str]:
    """Whose mails of which kind a token ends. Raises AccessError for one that is not ours."""
    try:
        account_id, kind = _signer(shop).loads(token)
    except (BadSignature, ValueError, TypeError):
        raise AccessError from None
    account = AccountRow.get_or_none(AccountRow.id == account_id)
    if account is None or kind not in KINDS:
        raise AccessError
    return account, kind


def switch(account: AccountRow, kind: str, on: bool, *, at: datetime) -> None:
    """Switch one kind on or off; twice is once."""
    choice = choice_of(account)
    choose(account, replace(choice, switched={**choice.switched, kind: on}), actor=actor_of(account), at=at)


def choose(account: AccountRow, choice: NoticeChoice, *, actor: Actor, at: datetime) -> None:
    """Keep what somebody has chosen."""
    with unit_of_work() as uow:
        AccountRow.update(notices=choice_to_json(choice)).where(AccountRow.id == account.id).execute()
        uow.record(Event(EventKind.ACCOUNT_CHANGED, at, actor, data={"account": account.id}))
