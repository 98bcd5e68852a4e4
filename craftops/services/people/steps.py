"""What is half-way: a password that was right and waits for its second factor, a passkey that is being made.

The browser that began it holds a token, and the row its hash; taking a step uses it up, whoever comes first.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson

from craftops.errors import SignInRefused
from craftops.services.people.accounts import digest
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.models import SignInStepRow
from craftops.store.viewing import person_view
from craftops.store.views.people import Account, PersonView

SECOND = "second"
"""A sign-in waits for its second factor."""
APP = "app"
"""An authenticator app is being set up."""
LIFE = timedelta(minutes=10)
OVER = "That took too long. Begin anew."


@dataclass(frozen=True, slots=True)
class Step:
    """One of them."""

    account: PersonView | None
    began: datetime
    kept: Mapping[str, Any] = field(default_factory=dict)


def begin(
    shop: Shop,
    purpose: str,
    *,
    at: datetime,
    account: Account | None = None,
    kept: Mapping[str, Any] | None = None,
) -> str:
    """Remember where somebody is; the token for their browser. ``kept`` holds JSON values, and is sealed."""
    token = secrets.token_urlsafe(32)
    with unit_of_work():
        SignInStepRow.delete().where(SignInStepRow.expires_at < at).execute()
        SignInStepRow.create(
            token_hash=digest(token), purpose=purpose, account=account.id if account is not None else None,
            sealed=shop.sealer.seal(orjson.dumps(dict(kept or {})).decode()), created_at=at, expires_at=at + LIFE,
        )  # fmt: skip
    return token


def look(shop: Shop, purpose: str, token: str, *, at: datetime) -> Step:
    """Where they are, without using it up. Raises SignInRefused for a step that is over, or that was never begun."""
    row: SignInStepRow | None = SignInStepRow.get_or_none(
        SignInStepRow.token_hash == digest(token), SignInStepRow.purpose == purpose, SignInStepRow.expires_at > at
    )
    account = row.account if row is not None else None
    if row is None or (account is not None and account.disabled):
        raise SignInRefused(OVER)
    return Step(
        person_view(account) if account is not None else None,
        row.created_at,
        orjson.loads(shop.sealer.open(row.sealed) or "{}"),
    )


def take(shop: Shop, purpose: str, token: str, *, at: datetime) -> Step:
    """The same, used up. Raises SignInRefused."""
    with unit_of_work():
        step = look(shop, purpose, token, at=at)
        if not SignInStepRow.delete().where(SignInStepRow.token_hash == digest(token)).execute():
            raise SignInRefused(OVER)
        return step


def forget(account_id: int) -> None:
    """Whoever is half-way into this account has to begin anew."""
    with unit_of_work():
        SignInStepRow.delete().where(SignInStepRow.account == account_id).execute()
