"""What is worth telling, to whom, by which channels, once each: from events to notices. ``delivery`` sends them."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from craftops.domain.events import Event
from craftops.domain.messages.notices import CUSTOMER_WROTE, IN_WRITING, KINDS, MESSAGE, NoticeChoice, choice_from_json
from craftops.domain.people.access import Role
from craftops.sdk.notification import NotificationChannel
from craftops.services.shop.context import Shop
from craftops.store.database import UnitOfWork, unit_of_work, utcnow
from craftops.store.models import AccountRow, IncomingRow, NoticeRow, OrderRow, ThreadRow
from craftops.store.models.base import from_micros
from craftops.store.views.people import Account

TOGETHER = timedelta(minutes=2)
"""Files that come in within this time are told in one mail."""
CLOSING = timedelta(seconds=10)
"""A mail that is due so soon is not added to any more."""
WAITING = "waiting"
SEND = "send_notice"
"""The kind of work that sends a notice."""


def choice_of(account: Account, shop: Shop | None = None) -> NoticeChoice:
    """What somebody wants to be told; with ``shop`` also when, and what a customer is told who has not chosen."""
    usual = shop.notices.usual if shop is not None and account.role == Role.CUSTOMER.value else None
    return choice_from_json(account.notices, usual)


def zone_of(shop: Shop, account: Account) -> ZoneInfo:
    """The zone in which somebody's quiet hours are meant: theirs, else the shop's."""
    try:
        return ZoneInfo(account.timezone) if account.timezone else shop.profile().zone
    except (KeyError, ValueError, OSError):
        return shop.profile().zone


def channels_for(
    shop: Shop, choice: NoticeChoice, *, secret: bool = False, must: bool = False
) -> tuple[NotificationChannel, ...]:
    """The channels by which somebody is told: all that reach them and lead anywhere, less those that they do not want;
    and those that tell a room. Where they want none of several, only what they ``must`` be told takes the first. What
    is ``secret`` only ever takes one that reaches that very person."""
    known = shop.plugins.notification_channels
    personal = [one for one in known if one.reaches_person]
    leading = [one for one in personal if one.ready] or personal[:1]
    wanted = [one for one in leading if one.name not in choice.channels_off]
    if not wanted and (must or len(leading) == 1):
        wanted = leading[:1]
    if secret:
        return tuple(leading[:1])
    return (*wanted, *(one for one in known if not one.reaches_person and one.ready))


def channel_of(shop: Shop, row: NoticeRow) -> NotificationChannel | None:
    """The channel that a notice was meant for; where that is switched off by now, the one that it would get today."""
    known = next((one for one in shop.plugins.notification_channels if one.name == row.channel), None)
    if known is not None and (known.ready or not _others(shop, known)):
        return known
    found = channels_for(shop, choice_of(row.account), secret=True)
    return found[0] if found else known


def _others(shop: Shop, channel: NotificationChannel) -> bool:
    return any(one.ready and one.reaches_person for one in shop.plugins.notification_channels if one is not channel)


def react(shop: Shop, event: Event, kind: str, *, at: datetime) -> None:
    """Turn an event that is worth a notice of ``kind`` into one for each channel of each person whom it concerns. Its
    key makes it unique, however often the event is read."""
    if not kind or event.order_id is None or event.customer_id is None:
        return
    order: OrderRow = OrderRow.get_by_id(event.order_id)
    if kind == "delayed" and not _breaks_promise(order, event):
        return
    people = _staff_for(order) if kind == CUSTOMER_WROTE else [order.customer]
    with unit_of_work() as uow:
        for person in people:
            choice = choice_of(person, shop)
            if not choice.wants(kind) or person.disabled:
                continue
            due = choice.due(kind, at, zone_of(shop, person))
            must = kind not in KINDS or KINDS[kind].must
            for channel in channels_for(shop, choice, secret=kind in IN_WRITING, must=must):
                _add(shop, uow, event, kind, order, person, channel, at=at, due=due)


def _add(
    shop: Shop, uow: UnitOfWork, event: Event, kind: str, order: OrderRow, person: AccountRow,
    channel: NotificationChannel, *, at: datetime, due: datetime,
) -> None:  # fmt: skip
    first = int(event.data["message"]) if kind in (MESSAGE, CUSTOMER_WROTE) else None
    if first is not None and _goes_with_another(shop, kind, order, person, channel):
        return
    values = {
        "key": _key(event, kind, order, person, channel), "kind": kind, "account": person.id, "order_id": order.id,
        "first_message": first, "channel": channel.name, "created_at": at,
    }  # fmt: skip
    if NoticeRow.insert(values).on_conflict_ignore().execute():
        row = NoticeRow.get_or_none(NoticeRow.key == values["key"])
        if row is not None:
            uow.enqueue(SEND, {"notice": row.id}, at=at, run_after=due, dedupe=f"notice:{row.key}")


def _key(event: Event, kind: str, order: OrderRow, person: AccountRow, channel: NotificationChannel) -> str:
    """What makes a notice the same one: first things happen once an order, a broken promise is told once a promise."""
    if kind in ("received", "in_production"):
        once = f"{kind}:{order.id}"
    elif kind == "delayed":
        once = f"delayed:{order.id}:{order.promise_at:%Y%m%d%H%M}"
    else:
        once = f"{kind}:{order.id}:{event.id}"
    return f"{once}:{person.id}:{channel.name}"


def _goes_with_another(
    shop: Shop, kind: str, order: OrderRow, person: AccountRow, channel: NotificationChannel
) -> bool:
    """Whether a notice of this thread waits already, and will tell of the new message too."""
    closed = utcnow() + CLOSING
    waiting = NoticeRow.select(NoticeRow.created_at).where(
        NoticeRow.kind == kind, NoticeRow.account == person.id, NoticeRow.order_id == order.id,
        NoticeRow.channel == channel.name, NoticeRow.state == WAITING,
    )  # fmt: skip
    choice = choice_of(person, shop)
    return any(row.created_at + timedelta(minutes=choice.merge_minutes) > closed for row in waiting)


def _staff_for(order: OrderRow) -> list[AccountRow]:
    """Who of the shop hears of a customer's message: whoever the thread is assigned to, else the owners."""
    thread: ThreadRow | None = ThreadRow.get_or_none(ThreadRow.order == order.id)
    if thread is not None and thread.assigned is not None:
        return [thread.assigned]
    return list(AccountRow.select().where(AccountRow.role == "owner"))


def _breaks_promise(order: OrderRow, event: Event) -> bool:
    after = event.data.get("after")
    if order.promise_at is None or not after:
        return False
    return bool(from_micros(after[0]) > order.promise_at)


def tell_files(shop: Shop, uow: UnitOfWork, incoming: IncomingRow, *, at: datetime) -> None:
    """Tell the customer of ``incoming`` what we took and what we did not, in one mail with what else comes now."""
    closed = utcnow() - TOGETHER + CLOSING  # not ``at``: large files may have taken long since
    with unit_of_work():
        notice: NoticeRow | None = (
            NoticeRow.select()
            .where(
                NoticeRow.kind == "files_came",
                NoticeRow.account == incoming.customer_id,
                NoticeRow.state == WAITING,
                NoticeRow.created_at > closed,
            )
            .first()
        )
        if notice is None:
            customer = incoming.customer
            channels = channels_for(shop, choice_of(customer) if customer else NoticeChoice(), secret=True)
            key = f"files_came:{incoming.id}"
            notice = NoticeRow.create(
                key=key, kind="files_came", account=incoming.customer_id, created_at=at,
                channel=channels[0].name if channels else "",
            )  # fmt: skip
            uow.enqueue(SEND, {"notice": notice.id}, at=at, run_after=at + TOGETHER, dedupe=f"notice:{key}")
        IncomingRow.update(notice=notice.id).where(IncomingRow.id == incoming.id).execute()
