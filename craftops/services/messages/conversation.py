"""The thread of an order: written to, read, answered, put off. What is written stays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from craftops.domain.events import Event, EventKind
from craftops.domain.messages.canned import unfilled
from craftops.domain.messages.thread import (
    ANSWERING,
    MOST_FILES,
    Side,
    Turn,
    Via,
    clean_text,
    waiting_after,
)
from craftops.domain.people.access import Actor, ActorKind
from craftops.domain.people.companies import CompanyAction
from craftops.errors import AccessError, IntakeError, RuleError
from craftops.services.messages import attachments
from craftops.services.shop.context import Shop
from craftops.store.database import IntegrityError, unit_of_work
from craftops.store.models import (
    AccountRow,
    MessageDraftRow,
    MessageRow,
    OrderRow,
    ReadMarkRow,
    ThreadRow,
)
from craftops.store.queries import scoped

PEOPLE = (ActorKind.CUSTOMER, ActorKind.STAFF, ActorKind.OWNER)


@dataclass(frozen=True, slots=True)
class MessageText:
    """What somebody sends."""

    text: str
    files: tuple[int, ...] = ()
    """Ids of files that they have sent before."""
    token: str = ""
    """Makes a message that is sent twice (double click, back button, the same mail again) one message."""
    seen: int | None = None
    """The newest message that the writer had before them; None where that is not known."""
    via: Via = Via.PORTAL
    folded: str = ""
    away: str = ""


def side_of(actor: Actor) -> Side:
    """For whom somebody speaks."""
    return Side.SHOP if actor.is_staff else Side.CUSTOMER


def post(shop: Shop, code: str, message: MessageText, *, actor: Actor, at: datetime) -> MessageRow:
    """Write in the thread of an order; the same ``token`` again gives the message that it made before.

    Raises AccessError; IntakeError for an empty or endless message, or a file that is no good; RuleError when somebody
    else of the shop has answered since the writer looked.
    """
    order = scoped.order(actor, code, CompanyAction.WRITE)
    who = f"token-{actor.id}" if actor.kind is ActorKind.TOKEN else actor.id
    source = f"{side_of(actor).value}:{who}:{message.token}"[:200] if message.token else None
    if source and (known := MessageRow.get_or_none(MessageRow.source == source)):
        return _own(known, order)
    text = clean_text(message.text)
    ids = tuple(dict.fromkeys(message.files))
    if len(ids) > MOST_FILES:
        raise IntakeError(f"A message takes {MOST_FILES} files at most. Send the others in a second one.")
    if not text and not ids:
        raise IntakeError("Write something, or add a file.", {"text": "Write something, or add a file."})
    if actor.is_staff and (left := unfilled(text)):
        raise IntakeError(f"{{{left[0]}}} is not filled in yet. Write what should stand there.")
    try:
        return _write(order, message, text, ids, source, actor=actor, at=at)
    except IntegrityError:
        if source and (known := MessageRow.get_or_none(MessageRow.source == source)):
            return _own(known, order)
        raise


def _write(
    order: OrderRow, message: MessageText, text: str, ids: tuple[int, ...], source: str | None, *, actor: Actor,
    at: datetime, name: str = "",
) -> MessageRow:  # fmt: skip
    with unit_of_work() as uow:
        thread = _locked(order, at)
        _must_have_seen(thread, message, actor)
        row: MessageRow = MessageRow.create(
            order=order, side=side_of(actor).value, author=actor.id if actor.kind in PEOPLE and not name else None,
            author_name=(name or actor.name)[:200], via=message.via.value, body=text, folded=message.folded,
            away=message.away[:200], files=len(ids), source=source, at=at,
        )  # fmt: skip
        attachments.attach(uow, row, order, ids, actor=actor, at=at)
        _turn(thread, row, at)
        if actor.kind in PEOPLE and message.via is Via.PORTAL:
            _mark(order, actor, row.id, at)
            MessageDraftRow.delete().where(
                MessageDraftRow.order == order.id, MessageDraftRow.account == actor.id
            ).execute()
        data = {"message": row.id, "side": row.side, "via": row.via}
        uow.record(Event(EventKind.MESSAGE_POSTED, at, actor, order.id, order.customer_id, data=data))
    return row


def post_mail(
    shop: Shop, order: OrderRow, message: MessageText, *, actor: Actor, source: str, at: datetime, name: str = ""
) -> MessageRow:
    """The same for a mail that has proved whose it is, or that somebody of the shop has placed. ``source`` makes it one
    message however often it comes; ``name`` is that of somebody else who wrote for the customer."""
    known: MessageRow | None = MessageRow.get_or_none(MessageRow.source == source)
    if known is not None:
        return _own(known, order)
    try:
        return _write(order, message, clean_text(message.text), message.files, source, actor=actor, at=at, name=name)
    except IntegrityError:
        known = MessageRow.get_or_none(MessageRow.source == source)
        if known is None:
            raise
        return _own(known, order)


def post_guest(order: OrderRow, message: MessageText, *, link: int, actor: Actor, at: datetime) -> MessageRow:
    """The same for the holder of a link to this order, who has shown it: words alone, no files.

    ``link`` is its id. Raises IntakeError for an empty or endless message.
    """
    text = clean_text(message.text)
    if not text:
        raise IntakeError("Write something first.", {"text": "Write something first."})
    if not message.token:
        return _write(order, message, text, (), None, actor=actor, at=at)
    source = f"link:{link}:{message.token}"[:200]
    known: MessageRow | None = MessageRow.get_or_none(MessageRow.source == source)
    if known is not None:
        return _own(known, order)
    try:
        return _write(order, message, text, (), source, actor=actor, at=at)
    except IntegrityError:
        known = MessageRow.get_or_none(MessageRow.source == source)
        if known is None:
            raise
        return _own(known, order)


def _own(known: MessageRow, order: OrderRow) -> MessageRow:
    if known.order_id != order.id:
        raise AccessError
    return known


def _locked(order: OrderRow, at: datetime) -> ThreadRow:
    """The thread of an order; nobody else changes it before this transaction ends."""
    ThreadRow.insert(order=order.id, newest_at=at).on_conflict_ignore().execute()
    ThreadRow.update(newest_at=ThreadRow.newest_at).where(ThreadRow.order == order.id).execute()  # takes the row's lock
    found: ThreadRow = ThreadRow.get(ThreadRow.order == order.id)
    return found


def _must_have_seen(thread: ThreadRow, message: MessageText, actor: Actor) -> None:
    """Two of the shop who answer at once: the second reads the first one's answer before sending theirs."""
    if message.seen is None or not actor.is_staff:
        return
    newer = MessageRow.select().where(
        MessageRow.order == thread.order_id, MessageRow.id > message.seen, MessageRow.side == Side.SHOP.value,
        (MessageRow.author != actor.id) | MessageRow.author.is_null(),
    )  # fmt: skip
    other = newer.order_by(MessageRow.id).first()
    if other is not None:
        raise RuleError(
            f"{other.author_name} has answered meanwhile.",
            "Read that first. Your text is kept; send it then.",
        )


def _turn(thread: ThreadRow, row: MessageRow, at: datetime) -> None:
    """What a message changes in who waits for whom. An absence note asks for nothing and answers nothing."""
    values: dict[str, object] = {"count": thread.count + 1, "newest_at": at}
    by_shop = row.side == Side.SHOP.value
    if not row.away:
        turn = Turn(row.id, Side(row.side), at)
        values["waiting_since"] = waiting_after(thread.waiting_since, turn, thread.settled)
        values["snoozed_until"] = None
    if by_shop:
        values |= {"shop_read": row.id, "unread": 0}
    elif not row.away:
        values["unread"] = thread.unread + 1
    ThreadRow.update(values).where(ThreadRow.id == thread.id).execute()


def _mark(order: OrderRow, actor: Actor, message_id: int, at: datetime) -> bool:
    """Remember how far somebody has read; whether that is further than before."""
    mine = (ReadMarkRow.order == order.id) & (ReadMarkRow.account == actor.id)
    if ReadMarkRow.update(message=message_id, at=at).where(mine, ReadMarkRow.message < message_id).execute():
        return True
    if ReadMarkRow.select().where(mine).exists():
        return False
    values = {"order": order.id, "account": actor.id, "message": message_id, "at": at}
    ReadMarkRow.insert(values).on_conflict_ignore().execute()
    return True


def mark_read(code: str, upto: int, *, actor: Actor, at: datetime) -> None:
    """Somebody has seen the thread up to this message; marks only ever move on. Raises AccessError."""
    order = scoped.order(actor, code)
    if actor.kind not in PEOPLE:
        return
    newest = MessageRow.select().where(MessageRow.order == order.id, MessageRow.id <= upto)
    row = newest.order_by(MessageRow.id.desc()).first()
    if row is None:
        return
    with unit_of_work() as uow:
        if not _mark(order, actor, row.id, at):
            return
        if actor.is_staff:
            thread = _locked(order, at)
            if row.id > thread.shop_read:
                later = MessageRow.select().where(
                    MessageRow.order == order.id, MessageRow.id > row.id, MessageRow.side == Side.CUSTOMER.value,
                    MessageRow.away == "",
                )  # fmt: skip
                ThreadRow.update(shop_read=row.id, unread=later.count()).where(ThreadRow.id == thread.id).execute()
        data = {"message": row.id, "side": side_of(actor).value}
        uow.record(Event(EventKind.MESSAGES_READ, at, actor, order.id, order.customer_id, data=data))


def save_draft(code: str, text: str, files: tuple[int, ...] = (), *, actor: Actor, at: datetime) -> None:
    """Keep what somebody is writing and the files that go with it; nothing of both forgets it.

    Raises AccessError, also for a file that is not theirs to send; IntakeError.
    """
    order = scoped.order(actor, code, CompanyAction.WRITE)
    kept = clean_text(text)
    for file_id in files[:MOST_FILES]:
        attachments.attachable(order, file_id, actor)
    mine = (MessageDraftRow.order == order.id) & (MessageDraftRow.account == actor.id)
    with unit_of_work() as uow:
        before: MessageDraftRow | None = MessageDraftRow.get_or_none(mine)
        if not kept and not files:
            MessageDraftRow.delete().where(mine).execute()
        else:
            fresh = {"body": kept, "files": list(files), "touched_at": at}
            if before is not None:
                MessageDraftRow.update(fresh).where(mine).execute()
            else:
                values = {"order": order.id, "account": actor.id, **fresh}
                MessageDraftRow.insert(values).on_conflict_ignore().execute()
        was_at_it = before is not None and at - before.touched_at < ANSWERING
        if actor.is_staff and was_at_it != bool(kept or files):
            uow.record(Event(EventKind.THREAD_CHANGED, at, actor, order.id, data={"what": "writing"}))


def settle(code: str, *, actor: Actor, at: datetime) -> None:
    """No answer is needed: nobody waits any more, until the customer writes again. Raises AccessError."""
    order = _for_staff(code, actor)
    with unit_of_work() as uow:
        thread = _locked(order, at)
        newest = MessageRow.select().where(MessageRow.order == order.id).order_by(MessageRow.id.desc()).first()
        if newest is None:
            return
        ThreadRow.update(
            waiting_since=None, settled=newest.id, shop_read=newest.id, unread=0, snoozed_until=None
        ).where(ThreadRow.id == thread.id).execute()
        uow.record(Event(EventKind.THREAD_CHANGED, at, actor, order.id, data={"what": "settled"}))


def assign(code: str, account_id: int | None, *, actor: Actor, at: datetime) -> None:
    """Whose thread it is; None for nobody's. Raises AccessError; IntakeError for somebody who does not work here."""
    order = _for_staff(code, actor)
    if account_id is not None:
        person = AccountRow.get_or_none(
            AccountRow.id == account_id, AccountRow.role.in_(("staff", "owner")), ~AccountRow.disabled
        )
        if person is None:
            raise IntakeError("Choose somebody who works here.")
    _change(order, {"assigned": account_id}, "assigned", actor, at)


def snooze(code: str, until: datetime | None, *, actor: Actor, at: datetime) -> None:
    """Off the list until then, or until the customer writes again; None: back on the list. Raises AccessError,
    IntakeError for a moment that has passed."""
    order = _for_staff(code, actor)
    if until is not None and until <= at:
        raise IntakeError("Choose a moment that is still to come.")
    _change(order, {"snoozed_until": until}, "snoozed", actor, at)


def _change(order: OrderRow, values: dict[str, object], what: str, actor: Actor, at: datetime) -> None:
    with unit_of_work() as uow:
        thread = _locked(order, at)
        ThreadRow.update(values).where(ThreadRow.id == thread.id).execute()
        uow.record(Event(EventKind.THREAD_CHANGED, at, actor, order.id, data={"what": what}))


def _for_staff(code: str, actor: Actor) -> OrderRow:
    actor.must_be_staff()
    return scoped.order(actor, code)
