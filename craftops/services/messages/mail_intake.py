"""A mail that has come in: into its thread on proof, into the books as a bounce, or held for somebody of the shop.

Every mail is taken in once, whatever is killed: its key makes the message, the held mail or the trouble the same one.
"""

from __future__ import annotations

import io
import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from craftops.domain.events import Event, EventKind
from craftops.domain.messages.bounces import BouncedRecipient
from craftops.domain.messages.incoming import IncomingMail, MailKind, token_of
from craftops.domain.messages.mail_parts import MailFile, parse_head
from craftops.domain.messages.thread import LONGEST, MOST_FILES, Via
from craftops.domain.orders.order import find_code
from craftops.domain.people.access import SYSTEM
from craftops.domain.people.companies import CompanyAction
from craftops.errors import IntakeError
from craftops.services.files import intake
from craftops.services.messages import conversation, mail_trial, reply_tokens, troubles
from craftops.services.messages.conversation import MessageText
from craftops.services.messages.mail_reader import Run, read_safely
from craftops.services.people import accounts
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.models import (
    AccountRow,
    BlobRow,
    HeldMailRow,
    MessageRow,
    NoticeRow,
    OrderRow,
)
from craftops.store.queries import scoped

log = logging.getLogger("craftops.mail")
MOST_AN_HOUR = 20
"""Mails that go into one thread by themselves in an hour; more are a loop, and are held."""
AWAY_EVERY = timedelta(days=1)
MOST_SENT = 60
"""Messages of ours that a mail may quote."""
SMALL_PICTURE = 20_000
"""Bytes; a picture below that is a logo under somebody's name."""
UNKNOWN, OTHER_SENDER, REVOKED, TOO_MANY = "unknown", "other_sender", "revoked", "too_many"


@dataclass(frozen=True, slots=True)
class _Thread:
    """The thread that a mail proves, and whose it is."""

    order: OrderRow
    person: AccountRow


@dataclass(frozen=True, slots=True)
class _Held:
    """Why a mail is not put into a thread, and which it may be meant for."""

    why: str
    order: OrderRow | None = None


def take(shop: Shop, raw: bytes, key: str, run: Run, *, at: datetime) -> bool:
    """Take a mail in, if it is one of talk; False leaves it to whoever takes in files.

    Never raises for what is in it. The same ``key`` again changes nothing.
    """
    if _known(key):
        return True
    hint = reply_tokens.find(token_of(parse_head(raw)))
    mail = read_safely(raw, run, _sent(hint.order_id) if hint is not None else ())
    if mail.ours:
        if not mail_trial.came(mail, at=at):
            log.info("a mail of our own came back; it is passed over")
        return True
    if mail.kind in (MailKind.BOUNCE, MailKind.COMPLAINT):
        _note_trouble(mail, at)
        return True
    if mail.kind is MailKind.UNREADABLE:
        return False
    proof = _prove(mail)
    if mail.kind is MailKind.AUTO_REPLY:
        if isinstance(proof, _Thread) and mail.away:
            _away(shop, proof, mail, key, at)
        return isinstance(proof, _Thread) or not mail.files
    if isinstance(proof, _Thread):
        if _rate(proof, at) < MOST_AN_HOUR:
            _post(shop, proof, mail, key, at)
            return True
        proof = _Held(TOO_MANY, proof.order)
    if proof.order is None and _designs(mail):
        return False  # files of a customer, or of somebody new: they have a door of their own
    _hold(shop, mail, proof, key, at)
    return True


def _known(key: str) -> bool:
    return (
        MessageRow.select().where(MessageRow.source == _source(key)).exists()
        or HeldMailRow.select().where(HeldMailRow.key == key).exists()
    )


def _source(key: str) -> str:
    return f"mail:{key}"[:200]


def _sent(order_id: int) -> list[str]:
    rows = MessageRow.select(MessageRow.body).where(MessageRow.order == order_id).order_by(MessageRow.id.desc())
    return [row.body for row in rows.limit(MOST_SENT) if row.body]


# Whose thread it is


def _prove(mail: IncomingMail) -> _Thread | _Held:
    """The thread that a mail proves, by what is surest first; who else writes with somebody's token is not them."""
    row = reply_tokens.find(mail.token)
    if row is not None:
        if row.revoked_at is not None:
            return _Held(REVOKED, row.order)
        return _of(row.order, row.account, mail)
    relayed = _relayed(mail)
    if relayed is not None:
        return _of(*relayed, mail)
    order = _named_in_subject(mail)
    return _Thread(order, order.customer) if order is not None else _Held(UNKNOWN)


def _of(order: OrderRow, person: AccountRow, mail: IncomingMail) -> _Thread | _Held:
    if person.disabled or mail.sender != person.email:
        return _Held(OTHER_SENDER, order)
    who = accounts.actor_of(person)
    theirs = who.is_staff or scoped.orders(who).where(OrderRow.id == order.id).exists()
    if not theirs or CompanyAction.WRITE not in scoped.actions(who, order):
        return _Held(REVOKED, order)
    return _Thread(order, person)


def _relayed(mail: IncomingMail) -> tuple[OrderRow, AccountRow] | None:
    """The mail of ours that it answers, by the id that a relay had given it."""
    ids = [one.strip("<>").split("@")[0] for one in mail.refers_to]
    if not ids:
        return None
    row: NoticeRow | None = NoticeRow.select().where(NoticeRow.relay_id.in_(ids), NoticeRow.relay_id != "").first()
    if row is None or row.order_id is None:
        return None
    order = OrderRow.get_or_none(OrderRow.id == row.order_id)
    return (order, row.account) if order is not None else None


def _named_in_subject(mail: IncomingMail) -> OrderRow | None:
    """The order whose code stands in the subject, if its customer is who has written."""
    for code in find_code(mail.subject):
        order: OrderRow | None = OrderRow.get_or_none(OrderRow.code == code)
        if order is not None and mail.sender and order.customer.email == mail.sender and not order.customer.disabled:
            return order
    return None


def _rate(thread: _Thread, at: datetime) -> int:
    by_mail = (MessageRow.order == thread.order.id) & (MessageRow.via == Via.MAIL.value)
    return int(MessageRow.select().where(by_mail, MessageRow.at > at - timedelta(hours=1)).count())


# Into the thread


def _post(shop: Shop, thread: _Thread, mail: IncomingMail, key: str, at: datetime) -> None:
    writer = accounts.actor_of(thread.person)
    with unit_of_work():  # files and message are there together, or neither
        files, sentences = _take_files(shop, thread.order.customer, mail.files, at)
        text = "\n\n".join(part for part in (mail.text[:LONGEST], *sentences) if part)
        if not text and not files:
            text = mail.subject or "…"
        message = MessageText(text[:LONGEST], files, via=Via.MAIL, folded=mail.folded[: 4 * LONGEST])
        conversation.post_mail(shop, thread.order, message, actor=writer, source=_source(key), at=at)


def _take_files(
    shop: Shop, owner: AccountRow, files: tuple[MailFile, ...], at: datetime
) -> tuple[tuple[int, ...], list[str]]:
    """Files through the intake door; a sentence for each that it does not take. Logos are left out."""
    ids: list[int] = []
    refused: list[str] = []
    for file in files:
        if file.kind.startswith("image/") and len(file.content) < SMALL_PICTURE:
            continue
        name = file.name or ("message.eml" if file.kind == "message/rfc822" else "file")
        if len(ids) >= MOST_FILES:
            refused.append(f"[{name}: one message takes {MOST_FILES} files.]")
            continue
        try:
            row = intake.take_file(shop, io.BytesIO(file.content), name, owner=owner, at=at, channel="mail")
        except IntakeError as error:
            refused.append(f"[{intake.clean_name(name)}: {error.sentence}]")
        else:
            ids.append(row.id)
    return tuple(ids), refused


def _away(shop: Shop, thread: _Thread, mail: IncomingMail, key: str, at: datetime) -> None:
    """An absence note is shown as one, once a day; it asks for nothing and answers nothing."""
    recent = MessageRow.select().where(
        MessageRow.order == thread.order.id, MessageRow.away != "", MessageRow.at > at - AWAY_EVERY
    )
    if recent.exists():
        return
    message = MessageText(mail.text[:2000], via=Via.MAIL, folded=mail.folded[:LONGEST], away=mail.away)
    conversation.post_mail(
        shop, thread.order, message, actor=accounts.actor_of(thread.person), source=_source(key), at=at
    )


# Held, and told apart


def _designs(mail: IncomingMail) -> bool:
    return any(not (one.kind.startswith("image/") and len(one.content) < SMALL_PICTURE) for one in mail.files)


def _hold(shop: Shop, mail: IncomingMail, proof: _Held, key: str, at: datetime) -> None:
    kept = []
    for one in mail.files[:MOST_FILES]:
        if (one.kind.startswith("image/") and len(one.content) < SMALL_PICTURE) or not one.content:
            continue
        kept.append([intake.clean_name(one.name or "file"), shop.files.put_bytes(one.content), len(one.content)])
    with unit_of_work() as uow:
        for _name, sha256, size in kept:
            BlobRow.insert(sha256=sha256, size=size, created_at=at).on_conflict_ignore().execute()
        values = {
            "key": key, "sender": mail.sender[:255], "sender_name": mail.sender_name, "subject": mail.subject,
            "body": mail.text[: 4 * LONGEST], "folded": mail.folded[: 4 * LONGEST], "files": kept, "why": proof.why,
            "order": proof.order.id if proof.order is not None else None, "came_at": at,
        }  # fmt: skip
        HeldMailRow.insert(values).on_conflict_ignore().execute()
        order_id = proof.order.id if proof.order is not None else None
        uow.record(Event(EventKind.THREAD_CHANGED, at, SYSTEM, order_id, data={"what": "held"}))


def _note_trouble(mail: IncomingMail, at: datetime) -> None:
    """Remember that an address does not work, or does not want; a bounce is never a message and causes no notice."""
    row = reply_tokens.find(mail.token)
    if row is not None:  # our own address proves whom it is about, whatever else it says
        address = row.account.email
        one = mail.bounced[0] if mail.bounced else BouncedRecipient(address, "", False)
        troubles.note(address, one, complaint=mail.kind is MailKind.COMPLAINT, at=at)
        return
    for one in mail.bounced:  # anybody can write such a report: shown to staff, and no reason to write to nobody
        troubles.note(one.recipient, replace(one, hard=False), complaint=False, at=at)
