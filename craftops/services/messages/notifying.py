"""What is worth telling, to whom, once each: from events to notices to channels."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from craftops.domain.events import Event
from craftops.domain.messages.notices import MESSAGE
from craftops.domain.messages.thread import Side
from craftops.errors import CredentialsRejected, Refused, Unreachable
from craftops.sdk.notification import Notice, NotificationChannel
from craftops.services.people import accounts
from craftops.services.shop.context import Shop
from craftops.store.database import UnitOfWork, unit_of_work, utcnow
from craftops.store.models import AccountRow, IncomingRow, NoticeRow, OrderRow
from craftops.store.models.base import from_micros
from craftops.store.queries import messages
from craftops.store.queries.messages import StoredMessage

TOGETHER = timedelta(minutes=2)
"""Files that come in within this time are told in one mail."""
MOST_TOLD = 20
"""Messages that one mail shows."""
CLOSING = timedelta(seconds=10)
"""A mail that is due so soon is not added to any more."""


@dataclass(frozen=True, slots=True)
class NoticeDraft:
    """What a renderer needs to know to write a notice."""

    kind: str
    account: AccountRow
    order: OrderRow | None
    key: str
    link_token: str = ""
    notice_id: int = 0
    messages: tuple[StoredMessage, ...] = ()
    """What it tells of, where it tells of messages."""
    files: Mapping[int, list[str]] = field(default_factory=dict)
    """The names of their files, by message."""


Render = Callable[[NoticeDraft], Notice]


def react(event: Event, kind: str, *, at: datetime) -> None:
    """Turn an event that is worth a notice of ``kind`` into one. Its key makes it unique, however often it is read."""
    if not kind or event.order_id is None or event.customer_id is None:
        return
    if kind == MESSAGE:
        _tell_message(event, at=at)
        return
    once = (
        f"{kind}:{event.order_id}" if kind in ("received", "in_production") else f"{kind}:{event.order_id}:{event.id}"
    )
    if kind == "delayed":
        order = OrderRow.get_by_id(event.order_id)
        if not _breaks_promise(order, event):
            return
        once = f"delayed:{order.id}:{order.promise_at:%Y%m%d%H%M}"
    with unit_of_work() as uow:
        values = {
            "key": once,
            "kind": kind,
            "account": event.customer_id,
            "order_id": event.order_id,
            "created_at": at,
        }
        if NoticeRow.insert(values).on_conflict_ignore().execute():
            row = NoticeRow.get_or_none(NoticeRow.key == once)
            if row is not None:
                uow.enqueue("send_notice", {"notice": row.id}, at=at, dedupe=f"notice:{once}")


def tell_files(uow: UnitOfWork, incoming: IncomingRow, *, at: datetime) -> None:
    """Tell the customer of ``incoming`` what we took and what we did not, in one mail with what else comes now."""
    closed = utcnow() - TOGETHER + CLOSING  # not ``at``: large files may have taken long since
    with unit_of_work():
        notice: NoticeRow | None = (
            NoticeRow.select()
            .where(
                NoticeRow.kind == "files_came",
                NoticeRow.account == incoming.customer_id,
                NoticeRow.state == "waiting",
                NoticeRow.created_at > closed,
            )
            .first()
        )
        if notice is None:
            key = f"files_came:{incoming.id}"
            notice = NoticeRow.create(key=key, kind="files_came", account=incoming.customer_id, created_at=at)
            uow.enqueue("send_notice", {"notice": notice.id}, at=at, run_after=at + TOGETHER, dedupe=f"notice:{key}")
        IncomingRow.update(notice=notice.id).where(IncomingRow.id == incoming.id).execute()


def _tell_message(event: Event, *, at: datetime) -> None:
    """Tell a customer what the shop has written; what comes within ``TOGETHER`` goes with it."""
    closed = utcnow() - TOGETHER + CLOSING
    with unit_of_work() as uow:
        mine = (NoticeRow.kind == MESSAGE, NoticeRow.account == event.customer_id, NoticeRow.order_id == event.order_id)
        if NoticeRow.select().where(*mine, NoticeRow.state == "waiting", NoticeRow.created_at > closed).exists():
            return
        first = int(event.data["message"])
        values = {
            "key": f"message:{first}", "kind": MESSAGE, "account": event.customer_id, "order_id": event.order_id,
            "first_message": first, "created_at": at,
        }  # fmt: skip
        NoticeRow.insert(values).on_conflict_ignore().execute()
        row = NoticeRow.get(NoticeRow.key == values["key"])
        payload = {"notice": row.id}
        uow.enqueue("send_notice", payload, at=at, run_after=at + TOGETHER, dedupe=f"notice:{row.key}")


def _news_of(row: NoticeRow) -> tuple[tuple[StoredMessage, ...], dict[int, list[str]]]:
    """What the shop has written since a notice was begun, up to now, and its customer has not read; and the names of
    the files that came with it."""
    if row.order_id is None or row.first_message is None:
        return (), {}
    found = messages.conversation_of(row.order_id, row.account_id, most=MOST_TOLD, after=row.first_message - 1)
    new = (one for one in found.messages if one.side == Side.SHOP.value and one.id > found.state.read_to)
    return tuple(new), {id_: [one.name for one in files] for id_, files in found.attachments.items()}


def _breaks_promise(order: OrderRow, event: Event) -> bool:
    after = event.data.get("after")
    if order.promise_at is None or not after:
        return False
    return bool(from_micros(after[0]) > order.promise_at)


def channel(shop: Shop) -> NotificationChannel | None:
    """The channel that leads anywhere, else the first one at all."""
    channels = shop.plugins.notification_channels
    return next((one for one in channels if one.ready), channels[0] if channels else None)


def send_notice(shop: Shop, notice_id: int, render: Render, *, at: datetime) -> None:
    """Hand a waiting notice to a channel. Raises Unreachable so that the work is tried again later."""
    row = NoticeRow.get_or_none(NoticeRow.id == notice_id)
    if row is None or row.state != "waiting":
        return
    carrier = channel(shop)
    if carrier is None:
        _settle(row, "dropped", "no channel is enabled", at, "")
        return
    order = OrderRow.get_or_none(OrderRow.id == row.order_id) if row.order_id else None
    told, files = _news_of(row) if row.kind == MESSAGE and order is not None else ((), {})
    if row.kind == MESSAGE and not told:
        _settle(row, "dropped", "it was read in the portal", at, "")
        return
    notice = render(NoticeDraft(row.kind, row.account, order, row.key, notice_id=row.id, messages=told, files=files))
    try:
        carrier.send(notice)
    except Unreachable as error:
        NoticeRow.update(attempts=NoticeRow.attempts + 1, error=error.sentence).where(NoticeRow.id == row.id).execute()
        raise
    except (Refused, CredentialsRejected) as error:
        _settle(row, "refused", error.sentence, at, notice.subject)
        return
    _settle(row, "sent", "", at, notice.subject, carrier.name)


def _settle(row: NoticeRow, state: str, error: str, at: datetime, subject: str, name: str = "") -> None:
    with unit_of_work():
        NoticeRow.update(
            state=state, error=error, sent_at=at, subject=subject[:300], channel=name, attempts=NoticeRow.attempts + 1
        ).where(NoticeRow.id == row.id).execute()


def send_link(shop: Shop, account_id: int, next_path: str, render: Render, *, at: datetime) -> None:
    """Send a sign-in link. Raises Unreachable so that the work is tried again later."""
    account = AccountRow.get_or_none(AccountRow.id == account_id)
    carrier = channel(shop)
    if account is None or carrier is None:
        return
    token = accounts.make_link(account_id, next_path=next_path, at=at)
    carrier.send(render(NoticeDraft("sign_in_link", account, None, f"link:{token[:12]}", token)))
