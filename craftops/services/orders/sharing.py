"""Links that show one order to somebody without an account: made, opened, taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from craftops.domain.orders import sharing as domain
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.access import Actor, ActorKind
from craftops.domain.people.companies import CompanyAction
from craftops.errors import AccessError, RuleError
from craftops.services.people.accounts import SEEN_EVERY, actor_of, digest
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.models import AccountRow, OrderRow, TrackerLinkRow
from craftops.store.queries import scoped
from craftops.store.viewing import view_of
from craftops.store.views.orders import OrderView, TrackerLinkView
from craftops.store.views.people import Account


@dataclass(frozen=True, slots=True)
class SharedOrder:
    """What a good link opens."""

    link: TrackerLinkRow
    order: OrderRow
    closed: bool
    """The order has ended so long ago that its link shows nothing any more."""

    @property
    def actor(self) -> Actor:
        """Who acts with the link: the customer whose mails carry it, or the guest that it was made for."""
        if self.link.account is not None:
            return actor_of(self.link.account)
        return Actor(ActorKind.GUEST, None, self.link.name)


def share(shop: Shop, code: str, name: str, note: str, *, actor: Actor, at: datetime) -> TrackerLinkRow:
    """A link to this order for the person of this name. Raises AccessError, IntakeError; RuleError for too many."""
    order = scoped.order(actor, code, CompanyAction.SHARE)
    named, noted = domain.check_name(name, note)
    with unit_of_work():
        if _open(order.id).count() >= domain.MOST_LINKS:
            raise RuleError(f"{domain.MOST_LINKS} links to this order are open.", "Take one back first.")
        return _make(shop, order, at, name=named, note=noted, made_by=actor.name[:200])


def token_for_mail(shop: Shop, order: OrderRow | OrderView, account: Account, *, at: datetime) -> str:
    """The token that mails to ``account`` about this order carry; the same one until it is taken back."""
    with unit_of_work():
        row: TrackerLinkRow | None = _open(order.id).where(TrackerLinkRow.account == account.id).first()
        if row is None:
            row = _make(shop, order, at, account=account.id, name=account.name[: domain.LONGEST_NAME])
    return token_of(shop, row)


def _make(shop: Shop, order: OrderRow | OrderView, at: datetime, **values: object) -> TrackerLinkRow:
    seed = domain.new_seed()
    hashed = digest(domain.token_of(shop.config.secret_key(), seed))
    row: TrackerLinkRow = TrackerLinkRow.create(order=order.id, token_hash=hashed, seed=seed, created_at=at, **values)
    return row


def token_of(shop: Shop, link: TrackerLinkRow | TrackerLinkView) -> str:
    """The token of a link. It is kept nowhere: it comes of the row and the shop's key together."""
    return domain.token_of(shop.config.secret_key(), link.seed)


def _open(order_id: int) -> Any:
    return TrackerLinkRow.select().where(TrackerLinkRow.order == order_id, TrackerLinkRow.revoked_at.is_null())


def find(shop: Shop, token: str, *, at: datetime) -> SharedOrder:
    """The order behind a token. Raises AccessError for one that is unknown or was taken back."""
    row: TrackerLinkRow | None = (
        TrackerLinkRow.select(TrackerLinkRow, OrderRow, AccountRow)
        .join(OrderRow)
        .join(AccountRow)
        .where(TrackerLinkRow.token_hash == digest(token), TrackerLinkRow.revoked_at.is_null())
        .first()
    )
    if row is None or (row.account is not None and not _is_still_theirs(row.account, row.order_id)):
        raise AccessError
    order: OrderRow = row.order
    end = domain.closes_at(Stage(order.stage), order.stage_since, shop.newcomers.tracker_days)
    return SharedOrder(row, order, end is not None and end <= at)


def _is_still_theirs(account: Account, order_id: int) -> bool:
    """A link of mails is good as long as its reader may see the order by signing in too."""
    if account.disabled:
        return False
    return bool(scoped.orders(actor_of(account)).where(OrderRow.id == order_id).exists())


def is_good(shop: Shop, token: str, at: datetime) -> bool:
    """Whether a token still shows its order."""
    try:
        return not find(shop, token, at=at).closed
    except AccessError:
        return False


def note_use(shared: SharedOrder, *, at: datetime) -> None:
    """Somebody has looked: written down every five minutes at most."""
    link = shared.link
    if link.used_at is None or at - link.used_at > SEEN_EVERY:
        with unit_of_work():
            TrackerLinkRow.update(used_at=at).where(TrackerLinkRow.id == link.id).execute()


def links_of(order_id: int) -> list[TrackerLinkView]:
    """The open links of an order, the newest first."""
    return [view_of(TrackerLinkView, row) for row in _open(order_id).order_by(TrackerLinkRow.id.desc())]


def revoke(code: str, link_id: int, *, actor: Actor, at: datetime) -> bool:
    """Take a link back for good; whether it was open. Raises AccessError."""
    order = scoped.order(actor, code, CompanyAction.SHARE)
    with unit_of_work():
        mine = (TrackerLinkRow.id == link_id) & (TrackerLinkRow.order == order.id)
        if not TrackerLinkRow.select().where(mine).exists():
            raise AccessError
        still = TrackerLinkRow.update(revoked_at=at, revoked_by=actor.name[:200])
        return bool(still.where(mine, TrackerLinkRow.revoked_at.is_null()).execute())
