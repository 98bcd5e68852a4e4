"""A stranger becomes a customer: by the click in their mail, or by the shop's word; or is forgotten."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from craftops.domain.events import Event, EventKind
from craftops.domain.orders.order import Delivery
from craftops.domain.people.access import SYSTEM, Actor, Role
from craftops.domain.people.addresses import PostalAddress
from craftops.domain.people.newcomers import FirstOrderState, after_click, is_over
from craftops.errors import AccessError, IntakeError
from craftops.services.orders import first_orders, ordering
from craftops.services.people import accounts
from craftops.services.shop.context import Shop
from craftops.store.database import UnitOfWork, unit_of_work
from craftops.store.models import AccountRow, BlobRow, DesignFileRow, FirstOrderRow, OrderRow, UploadRow
from craftops.store.queries import files
from craftops.store.viewing import person_view
from craftops.store.views.orders import FirstOrderView
from craftops.store.views.people import Account, PersonView

S = FirstOrderState
UNTOUCHED = timedelta(minutes=10)
LONGEST_WHY = 1000


@dataclass(frozen=True, slots=True)
class Welcome:
    """What a click has done."""

    state: FirstOrderState
    account: AccountRow | None = None
    """Of whom it is now; None while the shop decides."""
    order: OrderRow | None = None
    is_new: bool = False
    """The account was made by this click."""


def needs_sign_in(one: FirstOrderView) -> PersonView | None:
    """The customer whose address it was sent with: only they, signed in, can make it real. None for a new address."""
    found = accounts.customer_of(one.email)
    return person_view(found) if found is not None else None


def confirm(shop: Shop, token: str, *, signed_in: int | None, at: datetime) -> Welcome:
    """The click: the address is proved. ``signed_in`` is the account of the browser that clicks, if any.

    Raises AccessError for a link that is over, or a customer's that they have not signed in for; IntakeError when the
    shop does not make it like this any more. Clicked twice, it is done once.
    """
    row = first_orders.find(token, at=at)
    if row.state != S.ASKED.value:
        return Welcome(S(row.state), None, _order_of(row.order_id))
    known = needs_sign_in(row)
    if known is not None and known.id != signed_in:
        raise AccessError
    state = after_click(first_orders.policy(shop), known=known is not None)
    if state is S.PLACED:
        return _place(shop, row, S.ASKED, at)
    with unit_of_work() as uow:
        mine = (FirstOrderRow.id == row.id) & (FirstOrderRow.state == S.ASKED.value)
        if FirstOrderRow.update(state=state.value, touched_at=at).where(mine).execute():
            uow.record(Event(EventKind.NEWCOMER_ASKED, at, SYSTEM, data={"first_order": row.id}))
    return Welcome(state)


def approve(shop: Shop, first_id: int, *, actor: Actor, at: datetime) -> Welcome:
    """The shop says yes. Raises AccessError, IntakeError."""
    actor.must_be_staff()
    return _place(shop, first_orders.of_staff(first_id), S.WAITING, at)


def decline(shop: Shop, first_id: int, why: str, *, actor: Actor, at: datetime) -> None:
    """The shop says no; its words go to the one who asked, and their files are forgotten. Raises AccessError."""
    actor.must_be_staff()
    row = first_orders.of_staff(first_id)
    said = why.strip()
    if len(said) > LONGEST_WHY:
        raise IntakeError(f"Keep it below {LONGEST_WHY:,} characters.")
    with unit_of_work() as uow:
        mine = (FirstOrderRow.id == row.id) & (FirstOrderRow.state == S.WAITING.value)
        if not FirstOrderRow.update(state=S.DECLINED.value, why=said, touched_at=at).where(mine).execute():
            return
        uow.enqueue("tell_newcomer", {"first_order": row.id, "what": "order_declined"}, at=at)
        uow.record(Event(EventKind.NEWCOMER_ASKED, at, actor, data={"first_order": row.id}))
        _forget_visitor(uow, row, at)


def _order_of(order_id: int | None) -> OrderRow | None:
    found: OrderRow | None = OrderRow.get_or_none(OrderRow.id == order_id)
    return found


def _place(shop: Shop, row: FirstOrderView, before: FirstOrderState, at: datetime) -> Welcome:
    with unit_of_work() as uow:
        mine = (FirstOrderRow.id == row.id) & (FirstOrderRow.state == before.value)
        if not FirstOrderRow.update(state=S.PLACED.value, touched_at=at).where(mine).execute():
            fresh: FirstOrderRow = FirstOrderRow.get_by_id(row.id)
            return Welcome(S(fresh.state), None, fresh.order)
        known = accounts.customer_of(row.email)
        account = known or accounts.create_account(email=row.email, name=row.name, role=Role.CUSTOMER, at=at)
        visitor = row.visitor_id
        DesignFileRow.update(owner=account.id).where(DesignFileRow.owner == visitor).execute()
        order = ordering.place_order(
            shop, actor=accounts.actor_of(account), customer=account, lines=first_orders.lines_of(row),
            delivery=Delivery(row.delivery), at=at, title=row.title, submit_token=f"first-{row.id}",
            companions=row.companions or [], address=PostalAddress(**row.address) if row.address else None,
        )  # fmt: skip
        FirstOrderRow.update(order=order.id).where(FirstOrderRow.id == row.id).execute()
        uow.record(Event(EventKind.NEWCOMER_ASKED, at, SYSTEM, data={"first_order": row.id}))
        _forget_visitor(uow, row, at)
    return Welcome(S.PLACED, account, order, known is None)


def bring(secret: str, account: Account, *, at: datetime) -> list[int]:
    """Somebody who has put files together signs in: the files are theirs, the ids of those in the order of coming."""
    row: FirstOrderRow | None = FirstOrderRow.get_or_none(FirstOrderRow.key_hash == accounts.digest(secret))
    if row is None or row.state != S.OPEN.value or row.visitor_id is None or account.role != Role.CUSTOMER.value:
        return []
    with unit_of_work() as uow:
        if not FirstOrderRow.delete().where(FirstOrderRow.id == row.id, FirstOrderRow.state == S.OPEN.value).execute():
            return []
        theirs = DesignFileRow.owner == row.visitor_id
        ids = [one.id for one in DesignFileRow.select(DesignFileRow.id).where(theirs).order_by(DesignFileRow.id)]
        DesignFileRow.update(owner=account.id).where(theirs).execute()
        _forget_visitor(uow, row, at)
    return ids


def tidy(*, at: datetime) -> int:
    """Forget first orders that nobody goes on with, with their files; how many."""
    gone = 0
    for row in list(FirstOrderRow.select().where(FirstOrderRow.state != S.WAITING.value)):
        if not is_over(S(row.state), row.touched_at, at):
            continue
        with unit_of_work() as uow:
            same = (FirstOrderRow.id == row.id) & (FirstOrderRow.state == row.state)
            if FirstOrderRow.delete().where(same, FirstOrderRow.touched_at == row.touched_at).execute():
                _forget_visitor(uow, row, at)
                gone += 1
    return gone


def _forget_visitor(uow: UnitOfWork, row: FirstOrderRow | FirstOrderView, at: datetime) -> None:
    """Delete the visitor with everything that is still theirs; bytes that nobody needs go later."""
    visitor = row.visitor_id
    if visitor is None:
        return
    mine = list(DesignFileRow.select().where(DesignFileRow.owner == visitor).order_by(DesignFileRow.id.desc()))
    UploadRow.delete().where(UploadRow.owner == visitor).execute()
    for file in mine:  # copies before what they were made from
        DesignFileRow.delete().where(DesignFileRow.id == file.id).execute()
    FirstOrderRow.update(visitor=None).where(FirstOrderRow.visitor == visitor).execute()
    AccountRow.delete().where(AccountRow.id == visitor).execute()
    for sha256 in sorted({sha for file in mine for sha in (file.blob_id, file.picture_sha, file.model_sha) if sha}):
        if not files.is_blob_wanted(sha256) and BlobRow.select().where(BlobRow.sha256 == sha256).exists():
            uow.enqueue("forget_blob", {"sha256": sha256}, at=at, run_after=at + UNTOUCHED)
