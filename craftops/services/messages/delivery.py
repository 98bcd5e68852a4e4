"""Notices go out: gathered, rendered, handed to a channel; again and again until it takes them, and never twice.

Whoever sends a notice claims what waits beside it for the same person and channel, and sends it in one mail. The claim
is a row that names the first one's key, which makes the mail's id: a process that dies while it sends is followed by
one that sends the same mail with the same id.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from craftops.domain.messages.bounces import BouncedRecipient
from craftops.domain.messages.notices import ALONE, CUSTOMER_WROTE, KINDS, MESSAGE
from craftops.domain.messages.thread import Side
from craftops.domain.orders.workflow import ENDED
from craftops.domain.people.access import Role
from craftops.domain.people.newcomers import FirstOrderState, is_over
from craftops.errors import CraftOpsError, CredentialsRejected, Refused, Unreachable
from craftops.sdk.notification import Notice, NotificationChannel
from craftops.services.messages import reply_tokens, troubles
from craftops.services.messages.notifying import SEND, WAITING, channel_of, channels_for, choice_of, zone_of
from craftops.services.orders import first_orders
from craftops.services.people import accounts, joining, new_address
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.models import (
    AccountRow,
    CompanyInvitationRow,
    EmailChangeRow,
    FirstOrderRow,
    MessageRow,
    NoticeRow,
    OrderRow,
)
from craftops.store.models.base import from_micros
from craftops.store.queries import messages, scoped
from craftops.store.queries.messages import StoredMessage
from craftops.store.queries.order_views import order_views
from craftops.store.viewing import newcomer, order_view, person_view
from craftops.store.views.orders import OrderView
from craftops.store.views.people import PersonView

LOST = "lost_links"
LOST_FOR = timedelta(days=1)
SENDING = "sending"
MOST_TOLD = 20
"""Messages that one mail shows; it says how many there were before them."""
MOST_READ = 500
READ = "it was read in the portal"
TOLD = "an earlier mail told of it"
NOTHING = "nothing waits any more"


class NothingToTell(CraftOpsError):
    """Raised by a renderer when what a notice was to tell of is over."""


@dataclass(frozen=True, slots=True)
class ToldOrder:
    """What a mail tells of one order besides its main thing: the kind of its newest notice, and how many messages."""

    order: OrderView
    kind: str
    messages: int = 0


@dataclass(frozen=True, slots=True)
class NoticeDraft:
    """What a renderer needs to know to write a notice."""

    kind: str
    account: PersonView
    order: OrderView | None
    key: str
    link_token: str = ""
    notice_id: int = 0
    messages: tuple[StoredMessage, ...] = ()
    """What it tells of, where it tells of messages."""
    files: Mapping[int, list[str]] = field(default_factory=dict)
    """The names of their files, by message."""
    orders: tuple[ToldOrder, ...] = ()
    """Where it tells of several orders: each of them, the newest first."""
    words: str = ""
    """What a person of the shop has written to go with it."""
    earlier: int = 0
    """How many messages before ``messages`` are not in it."""

    @property
    def kinds(self) -> frozenset[str]:
        """What it tells of: its own kind, and those of the orders that it lists."""
        return frozenset((self.kind, *(one.kind for one in self.orders)))


Render = Callable[[NoticeDraft], Notice]


@dataclass(frozen=True, slots=True)
class _News:
    messages: tuple[StoredMessage, ...]
    files: dict[int, list[str]]
    earlier: int = 0


def send_notice(shop: Shop, notice_id: int, render: Render, *, at: datetime) -> None:
    """Send a waiting notice with whatever waits beside it. Raises Unreachable so that the work is tried again later."""
    row: NoticeRow | None = NoticeRow.get_or_none(NoticeRow.id == notice_id)
    if row is None or row.state not in (WAITING, SENDING):
        return
    channel = channel_of(shop, row)
    if channel is None:
        _settle([row], "dropped", "no channel is enabled", at, "")
        return
    if _put_off(shop, row, at):
        return
    members = _claim(row)
    if not members:
        return  # somebody else sends it right now, or has
    if channel.reaches_person and (why := troubles.why_not(row.account.email)):
        _settle(members, "dropped", why, at, "")
        return
    news = {one.id: _news_of(one) for one in members if one.first_message is not None}
    left = _without_what_is_known(members, news, at)
    if left:
        _send(shop, channel, _draft(row.key, left, news), left, render, at)


def _without_what_is_known(members: Sequence[NoticeRow], news: Mapping[int, _News], at: datetime) -> list[NoticeRow]:
    """Notices whose messages nobody has read or been told of; the others are dropped, with the reason."""
    over = [one for one in members if one.id in news and not news[one.id].messages]
    for one in over:
        _settle([one], "dropped", TOLD if _told_to(one) >= (one.first_message or 0) else READ, at, "")
    return [one for one in members if one not in over]


def _send(
    shop: Shop, channel: NotificationChannel, draft: NoticeDraft, left: list[NoticeRow], render: Render, at: datetime
) -> None:
    """Hand over what a draft says. Raises Unreachable."""
    try:
        notice = render(draft)
    except NothingToTell:
        _settle(left, "dropped", NOTHING, at, "")
        return
    if draft.order is not None:
        notice = reply_tokens.answerable(shop, notice, draft.order.id, draft.account.id, at=at)
    try:
        relayed = channel.send(notice)
    except (Unreachable, CredentialsRejected) as error:  # a sign-in that has ended is told, and loses no mail
        _release(left, error.sentence)
        raise Unreachable(error.sentence) from error
    except Refused as error:
        _settle(left, "refused", error.sentence, at, notice.subject)
        if channel.reaches_person:
            troubles.note(draft.account.email, _refusal(draft.account.email, error), complaint=False, at=at)
        return
    _settle(left, "sent", "", at, notice.subject, relayed if isinstance(relayed, str) else "")


def _refusal(address: str, error: Refused) -> BouncedRecipient:
    """What a mail server says as it takes no mail for an address: shown at the customer, like what comes back later."""
    return BouncedRecipient(address, "", False, error.sentence)


def _put_off(shop: Shop, row: NoticeRow, at: datetime) -> bool:
    """Whether its reader has quiet hours by now, since it was tried again or they chose others: then it goes later."""
    due = choice_of(row.account, shop).not_before(row.kind, at, zone_of(shop, row.account))
    if due <= at:
        return False
    with unit_of_work() as uow:
        uow.enqueue(SEND, {"notice": row.id}, at=at, run_after=due, dedupe=f"notice:{row.key}:{due:%Y%m%d%H%M}")
    return True


def _claim(row: NoticeRow) -> list[NoticeRow]:
    """A notice and all that wait beside it, now this process's to send; none when they are another's.

    What each mail tells of is fixed here: what is written from now on is told by the next one, and a process that dies
    is followed by one that writes the same mail.
    """
    with unit_of_work():
        mine = NoticeRow.id == row.id
        beside = (
            mine
            if row.kind in ALONE
            else (
                (NoticeRow.account == row.account_id)
                & (NoticeRow.channel == row.channel)
                & NoticeRow.kind.not_in(ALONE)
                & NoticeRow.order_id.is_null(False)
            )
        )
        if row.state == WAITING:
            taken = NoticeRow.update(state=SENDING, batch=row.key).where(beside, NoticeRow.state == WAITING).execute()
            if taken:
                _fix(row.key)
        return list(
            NoticeRow.select().where(NoticeRow.batch == row.key, NoticeRow.state == SENDING).order_by(NoticeRow.id)
        )


def _fix(batch: str) -> None:
    """Write down how far the messages go that each notice of a mail tells of."""
    talk = NoticeRow.select().where(NoticeRow.batch == batch, NoticeRow.first_message.is_null(False))
    for one in talk:
        newest = MessageRow.select().where(MessageRow.order == one.order_id).order_by(MessageRow.id.desc()).first()
        NoticeRow.update(last_message=newest.id if newest else 0).where(NoticeRow.id == one.id).execute()


def _told_to(row: NoticeRow) -> int:
    """The newest message of this thread of which another mail has told its reader, or does so now; 0 for none."""
    others = NoticeRow.select().where(
        NoticeRow.account == row.account_id, NoticeRow.channel == row.channel, NoticeRow.order_id == row.order_id,
        NoticeRow.kind == row.kind, NoticeRow.batch != row.batch, NoticeRow.state.in_((SENDING, "sent")),
        NoticeRow.last_message.is_null(False),
    )  # fmt: skip
    newest = others.order_by(NoticeRow.last_message.desc()).first()
    return int(newest.last_message) if newest is not None else 0


def _release(rows: Iterable[NoticeRow], error: str) -> None:
    """Back to waiting: the next try takes along whatever has come by then."""
    with unit_of_work():
        values = {"state": WAITING, "batch": "", "last_message": None, "error": error}
        NoticeRow.update(attempts=NoticeRow.attempts + 1, **values).where(
            NoticeRow.id.in_([row.id for row in rows])
        ).execute()


def _settle(rows: Iterable[NoticeRow], state: str, error: str, at: datetime, subject: str, relay_id: str = "") -> None:
    ids = [row.id for row in rows]
    if not ids:
        return
    with unit_of_work():
        values = {"state": state, "error": error, "sent_at": at, "subject": subject[:300], "relay_id": relay_id[:250]}
        NoticeRow.update(attempts=NoticeRow.attempts + 1, **values).where(NoticeRow.id.in_(ids)).execute()


def _news_of(row: NoticeRow) -> _News:
    """What has been written since a notice was begun, up to where it was claimed, and its reader has neither seen nor
    been told by another mail; with the names of its files."""
    if row.order_id is None or row.first_message is None:
        return _News((), {})
    side = Side.SHOP if row.kind == MESSAGE else Side.CUSTOMER
    after, last = max(row.first_message - 1, _told_to(row)), row.last_message or 0
    found = messages.conversation_of(row.order_id, row.account_id, most=MOST_READ, after=after)
    read_to = found.state.read_to if side is Side.SHOP else max(found.state.shop_read, found.state.settled)
    new = tuple(one for one in found.messages if one.side == side.value and read_to < one.id <= last and not one.away)
    files = {id_: [one.name for one in some] for id_, some in found.attachments.items()}
    return _News(new[-MOST_TOLD:], files, len(new[:-MOST_TOLD]))


def _draft(key: str, rows: list[NoticeRow], news: Mapping[int, _News]) -> NoticeDraft:
    """One mail of all these: about one order with its newest stage and its messages, or about several in a list."""
    orders = {one.id: one for one in order_views({one.order_id for one in rows if one.order_id is not None})}
    by_order: dict[int | None, list[NoticeRow]] = {}
    for row in reversed(rows):
        by_order.setdefault(row.order_id, []).append(row)
    newest, account = rows[-1], person_view(rows[-1].account)
    if len(by_order) > 1:
        told = [
            ToldOrder(orders[id_], _main(some), _count(some, news)) for id_, some in by_order.items() if id_ in orders
        ]
        return NoticeDraft("digest", account, None, key, notice_id=newest.id, orders=tuple(told))
    said = _as_one([news[row.id] for row in rows if row.id in news])
    return NoticeDraft(
        _main(list(reversed(rows))), account, orders.get(newest.order_id or 0), key, notice_id=newest.id,
        messages=said.messages, files=said.files, earlier=said.earlier,
    )  # fmt: skip


def _as_one(several: Sequence[_News]) -> _News:
    """The news of several notices of one thread: each message once, the oldest first."""
    texts = {one.id: one for some in several for one in some.messages}
    files = {id_: names for some in several for id_, names in some.files.items()}
    return _News(tuple(texts[id_] for id_ in sorted(texts)), files, max((one.earlier for one in several), default=0))


def _main(rows: list[NoticeRow]) -> str:
    """The kind that a mail is about, of notices with the newest first: what must be told, else what has become of the
    order, else words. How the order stands by now is in every mail."""
    told = [row.kind for row in rows if row.kind not in (MESSAGE, CUSTOMER_WROTE)]
    must = [kind for kind in told if kind in KINDS and KINDS[kind].must]
    return next(iter((*must, *told, rows[0].kind)))


def _count(rows: list[NoticeRow], news: Mapping[int, _News]) -> int:
    return len({one.id for row in rows if row.id in news for one in news[row.id].messages})


def send_link(
    shop: Shop, email: str, next_path: str, render: Render, *, at: datetime, asked: int | None = None
) -> None:
    """Send a sign-in link, by a channel that reaches that very person and nobody else.

    ``asked``: when it was asked for, in microseconds since 1970; later than a link is good for, nobody waits for it any
    more. Raises Unreachable so that the work is tried again.
    """
    account = AccountRow.get_or_none(
        AccountRow.email == email, ~AccountRow.disabled, AccountRow.role != Role.VISITOR.value
    )
    late = asked is not None and at - from_micros(asked) > accounts.LINK_LENGTH
    if account is None or late:
        return
    channels = channels_for(shop, choice_of(account), secret=True)
    if not channels:
        return
    token = accounts.make_link(account.id, next_path=next_path, at=at)
    channels[0].send(render(NoticeDraft("sign_in_link", person_view(account), None, f"link:{token[:12]}", token)))


def send_lost_links(shop: Shop, email: str, asked: int, render: Render, *, at: datetime) -> None:
    """Send somebody the links to their open orders, by a channel that reaches that very person and nobody else.

    ``asked``: when it was asked for, in microseconds since 1970; a day later nobody waits for it. Raises Unreachable so
    that the work is tried again.
    """
    account = accounts.customer_of(email)
    if account is None or at - from_micros(asked) > LOST_FOR:
        return
    channels = channels_for(shop, choice_of(account), secret=True)
    if not channels or troubles.why_not(account.email):
        return
    ended = [stage.value for stage in ENDED]
    mine = scoped.orders(accounts.actor_of(account)).where(OrderRow.stage.not_in(ended))
    told = tuple(ToldOrder(order_view(row), LOST) for row in mine.order_by(OrderRow.placed_at.desc()))
    channels[0].send(render(NoticeDraft(LOST, person_view(account), None, f"{LOST}:{account.id}:{asked}", orders=told)))


def tell_newcomer(shop: Shop, first_id: int, what: str, render: Render, *, at: datetime) -> None:
    """Send a mail about their first order to somebody who has no account yet (``confirm_order``, ``order_declined``).

    Raises Unreachable so that the work is tried again.
    """
    row: FirstOrderRow | None = FirstOrderRow.get_or_none(FirstOrderRow.id == first_id)
    wanted = {"confirm_order": FirstOrderState.ASKED, "order_declined": FirstOrderState.DECLINED}[what]
    if row is not None and row.state == wanted.value and not is_over(wanted, row.touched_at, at):
        token = first_orders.token_of(shop, row)
        key = f"{what}:{row.id}"
        _tell_mailbox(shop, row.email, row.name, what, key, token, row.why, render, _spoken(row))


def _spoken(row: FirstOrderRow) -> str:
    """What the browser spoke that a first order came from."""
    return row.visitor.browser_language if row.visitor is not None else ""


def tell_invited(shop: Shop, invitation_id: int, render: Render, *, at: datetime) -> None:
    """Send an invitation to a company, as long as it may be used. Raises Unreachable."""
    row: CompanyInvitationRow | None = CompanyInvitationRow.get_or_none(CompanyInvitationRow.id == invitation_id)
    if row is not None and joining.is_open(row, at=at):
        words = f"{row.by_name} · {row.company.name}"
        token = joining.token_of(shop, row)
        _tell_mailbox(shop, row.email, "", "company_invitation", f"invitation:{row.id}", token, words, render)


def tell_new_address(shop: Shop, change_id: int, render: Render, *, at: datetime) -> None:
    """Send the link to an address that is to be somebody's; none to one that belongs to another account already. Raises
    Unreachable."""
    row: EmailChangeRow | None = EmailChangeRow.get_or_none(EmailChangeRow.id == change_id)
    if row is None or row.expires_at <= at or new_address.is_taken(row.email):
        return
    token = new_address.token_of(shop, row)
    _tell_mailbox(shop, row.email, row.account.name, "new_address", f"new-address:{row.id}", token, "", render)


def tell_old_address(shop: Shop, email: str, name: str, key: str, render: Render) -> None:
    """Tell an old address that it is an account's no more. Raises Unreachable."""
    _tell_mailbox(shop, email, name, "old_address", key, "", "", render)


def tell_factor_changed(shop: Shop, account_id: int, key: str, render: Render) -> None:
    """Tell somebody that what they prove themselves by was added to or taken away. Raises Unreachable."""
    account: AccountRow | None = AccountRow.get_or_none(AccountRow.id == account_id, ~AccountRow.disabled)
    if account is None:
        return
    channels = channels_for(shop, choice_of(account), secret=True)
    if channels and not troubles.why_not(account.email):
        channels[0].send(render(NoticeDraft("factor_changed", person_view(account), None, key)))


def _tell_mailbox(
    shop: Shop, email: str, name: str, what: str, key: str, token: str, words: str, render: Render, language: str = ""
) -> None:
    """Send something to the reader of a mailbox who may have no account, and speaks ``language`` then. People who work
    here, and addresses that are dead, get none."""
    known = AccountRow.get_or_none(AccountRow.email == email)
    if troubles.why_not(email) or (known is not None and (known.disabled or known.role != Role.CUSTOMER.value)):
        return
    named = name or email.split("@", maxsplit=1)[0]
    reader = person_view(known) if known is not None else newcomer(email, named, language)
    channels = channels_for(shop, choice_of(reader), secret=True)
    if channels:
        channels[0].send(render(NoticeDraft(what, reader, None, key, token, words=words)))
