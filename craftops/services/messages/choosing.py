"""What people want to be told: chosen on a page, or ended by one click from a mail."""

from __future__ import annotations

from collections.abc import Mapping
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
from craftops.store.queries import people
from craftops.store.views.people import Account, PersonView


def _signer(shop: Shop) -> URLSafeSerializer:
    return URLSafeSerializer(shop.config.signing_keys(), salt="unsubscribe")


def end_token(shop: Shop, account: Account, *kinds: str) -> str:
    """What a mail carries so that one click ends mails of its kinds; empty where none of them can be ended.

    Good for ever, for this person and these kinds alone: it can do nothing but end them.
    """
    ends = sorted({kind for kind in kinds if kind in KINDS and not KINDS[kind].must})
    return str(_signer(shop).dumps([account.id, "+".join(ends)])) if ends else ""


def read_token(shop: Shop, token: str) -> tuple[PersonView, tuple[str, ...]]:
    """Whose mails of which kinds a token ends. Raises AccessError for one that is not ours."""
    try:
        account_id, told = _signer(shop).loads(token)
    except (BadSignature, ValueError, TypeError):
        raise AccessError from None
    account = people.person(account_id)
    kinds = tuple(str(told).split("+"))
    if account is None or any(kind not in KINDS for kind in kinds):
        raise AccessError
    return account, kinds


def switch(account: Account, kinds: tuple[str, ...], on: bool, *, at: datetime) -> None:
    """Switch kinds on or off; twice is once."""
    stored = account.notices or {}  # not all of a choice: what they have not chosen stays as the shop has it
    switched = {**choice_of(account).switched, **dict.fromkeys(kinds, on)}
    _keep(account, {**stored, "switched": switched}, actor=actor_of(account), at=at)


def choose(account: Account, choice: NoticeChoice, *, actor: Actor, at: datetime) -> None:
    """Keep what somebody has chosen."""
    _keep(account, choice_to_json(choice), actor=actor, at=at)


def _keep(account: Account, chosen: Mapping[str, object], *, actor: Actor, at: datetime) -> None:
    with unit_of_work() as uow:
        AccountRow.update(notices=chosen).where(AccountRow.id == account.id).execute()
        uow.record(Event(EventKind.ACCOUNT_CHANGED, at, actor, data={"account": account.id}))
