"""A first order without an account: files of a stranger, an address that is proved by a click, and then a customer.

Until then the files belong to a visitor, an account that nobody can sign in to; whoever holds its secret (in a signed
cookie) puts the order together. ``welcoming`` is what happens then.
"""

from __future__ import annotations

import secrets
from dataclasses import asdict
from datetime import datetime
from typing import Any

from craftops.domain.orders import sharing
from craftops.domain.orders.order import Delivery
from craftops.domain.people.access import Role
from craftops.domain.people.addresses import PostalAddress
from craftops.domain.people.newcomers import LIFE, FirstOrderState, NewCustomers, hides_address
from craftops.errors import AccessError, IntakeError, TooManyTries
from craftops.services.orders import ordering
from craftops.services.orders.ordering import LineDraft
from craftops.services.people import accounts, addresses, limits
from craftops.services.people.accounts import SEEN_EVERY, digest
from craftops.services.shop.context import Shop
from craftops.store.database import IntegrityError, unit_of_work
from craftops.store.models import AccountRow, FirstOrderRow
from craftops.store.prepared import Prepared
from craftops.store.queries import scoped
from craftops.store.viewing import columns, person_view
from craftops.store.views.orders import FirstOrderView
from craftops.store.views.people import Account, PersonView

S = FirstOrderState
LINK = "first-order"
"""What its link is for, where its token is made."""
MOST_VISITORS, MOST_ASKED, MOST_MAILS = 20, 10, 3
"""Within a quarter of an hour: new ones of a network address, sent ones of it, mails to one address."""


def policy(shop: Shop) -> NewCustomers:
    """Who may become a customer of this shop by themselves."""
    return shop.newcomers.new_customers


def new_secret() -> str:
    """What a browser keeps in its signed cookie: 256 random bits."""
    return secrets.token_urlsafe(32)


def visitor_of(shop: Shop, secret: str, *, make: bool, address: str, at: datetime) -> PersonView | None:
    """The visitor whose files a secret opens, made if there is none and ``make`` says so; None without any.

    ``address`` is where they come from. Raises TooManyTries.
    """
    if not secret or policy(shop) is NewCustomers.INVITATION:
        return None
    row: FirstOrderRow | None = FirstOrderRow.get_or_none(FirstOrderRow.key_hash == digest(secret))
    if row is None:
        begun = _begin(secret, address, at) if make else None
        return person_view(begun) if begun is not None else None
    if row.state != S.OPEN.value or at - row.touched_at >= LIFE:
        return None
    if make and at - row.touched_at > SEEN_EVERY:
        FirstOrderRow.update(touched_at=at).where(FirstOrderRow.id == row.id).execute()
    return person_view(row.visitor) if row.visitor is not None else None


def _begin(secret: str, address: str, at: datetime) -> AccountRow | None:
    limits.count(f"visitor:{address}", MOST_VISITORS, at=at)
    try:
        with unit_of_work():
            visitor: AccountRow = AccountRow.create(
                email=f"visitor-{secrets.token_hex(12)}@invalid", name="Visitor", role=Role.VISITOR.value, created_at=at
            )
            FirstOrderRow.create(key_hash=digest(secret), visitor=visitor, created_at=at, touched_at=at)
            return visitor
    except IntegrityError:  # the same browser sends two files at once
        return of_secret(secret).visitor


def ask(
    shop: Shop, visitor: Account, *, email: str, name: str, lines: list[LineDraft], delivery: Delivery, title: str,
    companions: list[int], address: str, at: datetime, goes_to: PostalAddress | None = None, language: str = "",
) -> None:  # fmt: skip
    """Send a first order: kept as it is, until a click in a mail to ``email`` makes it real. Nothing tells whether that
    address belongs to anybody already. Twice is once. ``language`` is that of their browser: mails speak it.

    Raises IntakeError with the faulty fields, AccessError for a file that is not theirs, TooManyTries.
    """
    faults: dict[str, str] = {}
    named = " ".join(name.split())
    if not named or len(named) > 200:
        faults["name"] = "Write a name of at most 200 characters."
    elif hides_address(named):
        faults["name"] = "Write your name alone, without an address."
    try:
        wanted = accounts.check_email(email)
    except IntakeError as error:
        faults |= error.fields
    if faults:
        raise IntakeError("Some answers cannot be used yet.", faults)
    goes_to = addresses.check(goes_to) if goes_to is not None else None
    who = accounts.actor_of(visitor)
    ordering.check_files(shop, who, visitor, lines)
    riding = [scoped.file(who, one).id for one in companions]
    seed = sharing.new_seed()
    values = {
        "state": S.ASKED.value, "email": wanted, "name": named, "title": title.strip()[:200],
        "delivery": delivery.value, "lines": [asdict(line) for line in lines], "companions": riding, "seed": seed,
        "address": asdict(goes_to) if goes_to is not None else None,
        "link_hash": digest(sharing.token_of(shop.config.secret_key(), seed, LINK)), "touched_at": at,
    }  # fmt: skip
    with unit_of_work() as uow:
        limits.count(f"first:{address}", MOST_ASKED, at=at)
        mine = (FirstOrderRow.visitor == visitor.id) & (FirstOrderRow.state == S.OPEN.value)
        if not FirstOrderRow.update(values).where(mine).execute():
            return
        AccountRow.update(browser_language=language).where(AccountRow.id == visitor.id).execute()
        row = FirstOrderRow.get(FirstOrderRow.visitor == visitor.id)
        try:
            limits.count(f"first-mail:{wanted}", MOST_MAILS, at=at)
        except TooManyTries:
            return  # the answer is the same, and the mailbox is not flooded
        uow.enqueue("tell_newcomer", {"first_order": row.id, "what": "confirm_order"}, at=at)


def of_secret(secret: str) -> FirstOrderRow:
    """The first order that a browser holds the secret of. Raises AccessError."""
    row: FirstOrderRow | None = FirstOrderRow.get_or_none(FirstOrderRow.key_hash == digest(secret))
    if row is None:
        raise AccessError
    return row


def token_of(shop: Shop, one: FirstOrderRow | FirstOrderView) -> str:
    """The token of the link in the mail."""
    return sharing.token_of(shop.config.secret_key(), one.seed, LINK)


COLUMNS = columns(FirstOrderView, FirstOrderRow)


def _some(*conditions: Any) -> Any:
    return FirstOrderRow.select(*COLUMNS).where(*conditions).order_by(FirstOrderRow.id)


_OF_LINK = Prepared(lambda hashed: _some(FirstOrderRow.link_hash == hashed), FirstOrderView)
_OF_STAFF = Prepared(lambda id_: _some(FirstOrderRow.id == id_, FirstOrderRow.state == S.WAITING.value), FirstOrderView)
_WAITING_FOR = Prepared(
    lambda email, since: _some(
        FirstOrderRow.email == email, FirstOrderRow.state == S.ASKED.value, FirstOrderRow.touched_at > since
    ),
    FirstOrderView,
)
_ALL_WAITING = Prepared(lambda: _some(FirstOrderRow.state == S.WAITING.value), FirstOrderView)


def find(token: str, *, at: datetime) -> FirstOrderView:
    """The first order behind a link. Raises AccessError for one that is unknown or over."""
    found = _OF_LINK.first(digest(token))
    if found is None or (found.state == S.ASKED.value and at - found.touched_at >= LIFE):
        raise AccessError
    return found


def lines_of(one: FirstOrderView) -> list[LineDraft]:
    """What is wanted."""
    return [LineDraft(**line) for line in one.lines or ()]


def waiting_for(account: Account, *, at: datetime) -> list[FirstOrderView]:
    """Orders that were sent with this customer's address and wait for their word."""
    return _WAITING_FOR.all(account.email, at - LIFE)


def of_staff(first_id: int) -> FirstOrderView:
    """One that waits for the shop's word. Raises AccessError."""
    found = _OF_STAFF.first(first_id)
    if found is None:
        raise AccessError
    return found


def all_waiting() -> list[FirstOrderView]:
    """New customers who ask, the oldest first."""
    return _ALL_WAITING.all()
