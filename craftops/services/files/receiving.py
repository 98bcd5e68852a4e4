"""What comes in by a channel goes through the same door as an upload, or waits for staff to say whose it is."""

from __future__ import annotations

import hashlib
import logging
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

from craftops.domain.events import Event, EventKind
from craftops.domain.people.access import SYSTEM, Actor, Role
from craftops.errors import AccessError, IntakeError, RuleError
from craftops.sdk.channel import Incoming, IncomingFile, Outcome
from craftops.services.files import intake
from craftops.services.messages import notifying
from craftops.services.people import accounts
from craftops.services.shop.context import Shop
from craftops.store.database import IntegrityError, UnitOfWork, unit_of_work
from craftops.store.models import AccountRow, BlobRow, IncomingFileRow, IncomingRow
from craftops.store.queries import files as queries

log = logging.getLogger("craftops.intake")

FETCH = "fetch_channel"
"""The kind of work that looks at a channel."""
HELD, TAKEN, REFUSED, THROWN = "held", "taken", "refused", "thrown"
MOST_HELD = 100
"""Messages of strangers that wait; one more, and the oldest is refused."""
MOST_FILES = 50
"""Files of one message that are looked at."""
KEPT = timedelta(days=1)
"""How long the bytes of what was thrown away or refused stay, so that it can be taken back."""
REMEMBERED = timedelta(days=90)
"""How long we know that something was refused."""
UNTOUCHED = timedelta(hours=1)
NOTHING = "There was no file in it."
NO_ROOM = "We have no room for files of people we do not know yet. Please write to us first."
PUSHED_OUT = f"More than {MOST_HELD} messages waited for us, and this was the oldest."


@dataclass(frozen=True, slots=True)
class _Arrived:
    """A file as it got to us: its bytes are stored, or a sentence says why not."""

    name: str
    sha256: str = ""
    size: int = 0
    sentence: str = ""


def receive(shop: Shop, channel: str, incoming: Incoming, at: datetime) -> Outcome:
    """Take in what came by a channel; the same key again changes nothing and has the same outcome.

    Files of a customer get through the door at once; those of anybody else are held. What cannot be taken is kept
    as a sentence. Bytes are durable before the rows, and all rows are one transaction.
    """
    key = _short(incoming.key)
    known = queries.incoming_of_key(channel, key)
    if known is not None:
        return _outcome(known)
    sender = _address(incoming.sender)
    customer = accounts.customer_of(sender)
    arrived = [
        *_store(shop, incoming, customer, channel, at),
        *(_Arrived(one.name, sentence=one.sentence) for one in incoming.turned),
    ]
    values = {"channel": channel, "key": key, "sender": sender, "subject": _line(incoming.subject, 300)}
    try:
        with unit_of_work() as uow:
            if (known := queries.incoming_of_key(channel, key)) is not None:
                return _outcome(known)
            if customer is not None:
                row = IncomingRow.create(**values, state=TAKEN, customer=customer, came_at=at, ended_at=at)
                _own(shop, row, arrived, customer, at)
                if arrived and not incoming.automatic:
                    notifying.tell_files(shop, uow, row, at=at)
            else:
                row = _hold(values, arrived, at)
            if row.state != REFUSED or arrived:
                _record(uow, row, SYSTEM, at)
    except IntegrityError:
        known = queries.incoming_of_key(channel, key)
        if known is None:
            raise
        return _outcome(known)
    return _outcome(row)


def _outcome(row: IncomingRow) -> Outcome:
    return Outcome(row.state != REFUSED, row.sentence)


def _record(uow: UnitOfWork, row: IncomingRow, actor: Actor, at: datetime) -> None:
    uow.record(
        Event(
            EventKind.FILES_CAME, at, actor, customer_id=row.customer_id, data={"incoming": row.id, "state": row.state}
        )
    )


def _short(key: str) -> str:
    return key if len(key) <= 200 and key.isprintable() else hashlib.sha256(key.encode(errors="replace")).hexdigest()


def _line(text: str, most: int) -> str:
    return " ".join("".join(ch if ch.isprintable() else " " for ch in text[: 4 * most]).split())[:most]


def _address(text: str) -> str:
    try:
        return accounts.check_email(text)
    except IntakeError:
        return ""


def _store(shop: Shop, incoming: Incoming, customer: AccountRow | None, channel: str, at: datetime) -> list[_Arrived]:
    """Bytes into the store, as long as there is room for them; refusals as sentences."""
    found: list[_Arrived] = []
    stored = 0
    for file in incoming.files[:MOST_FILES]:
        name = intake.clean_name(file.name)
        try:
            _check_room(shop, customer, file.size, besides=stored)
            if customer is not None:
                intake.may_come(shop, name, file.size, owner=customer, at=at, channel=channel)
            sha256, size = _keep(shop, file)
            stored += size
            found.append(_Arrived(name, sha256, size))
        except IntakeError as error:
            found.append(_Arrived(name, size=file.size, sentence=error.sentence))
    more = len(incoming.files) - MOST_FILES
    if more > 0:
        sentence = f"We take {MOST_FILES} files at once. Please send the rest in another message."
        found.append(_Arrived(f"{more} more files", sentence=sentence))
    return found


def _keep(shop: Shop, file: IncomingFile) -> tuple[str, int]:
    with closing(file.open()) as stream:
        return intake.keep_bytes(shop, stream, file.name)


def _check_room(shop: Shop, customer: AccountRow | None, size: int, *, besides: int) -> None:
    """Strangers have as much room as one customer, all of them together."""
    if customer is not None:
        intake.check_room(shop, customer, size, besides=besides)
        return
    intake.check_size(shop, size)
    if queries.unowned_bytes() + besides + size > shop.config.document.files.quota_mb * 1_000_000:
        raise IntakeError(NO_ROOM)


def _own(shop: Shop, row: IncomingRow, arrived: list[_Arrived], customer: AccountRow, at: datetime) -> None:
    """Each file through the door, in the transaction of its message."""
    taken = 0
    for one in arrived:
        file, sentence = None, one.sentence
        if not sentence:
            try:
                file = intake.admit(shop, one.sha256, one.size, one.name, owner=customer, at=at, channel=row.channel)
                taken += 1
            except IntakeError as error:
                sentence = error.sentence
        IncomingFileRow.create(incoming=row, name=one.name, size=one.size, file=file, sentence=sentence)
    _finish(row, taken, arrived)


def _hold(values: dict[str, str], arrived: list[_Arrived], at: datetime) -> IncomingRow:
    """Bytes without an owner: no design file, nothing is analysed, until staff say whose it is."""
    waiting = queries.incoming_held()
    for old in waiting[: max(0, len(waiting) - MOST_HELD + 1)]:
        IncomingRow.update(state=REFUSED, sentence=PUSHED_OUT, ended_at=at).where(IncomingRow.id == old.id).execute()
    row: IncomingRow = IncomingRow.create(**values, state=HELD, came_at=at)
    for one in arrived:
        if one.sha256:
            BlobRow.insert(sha256=one.sha256, size=one.size, created_at=at).on_conflict_ignore().execute()
        IncomingFileRow.create(
            incoming=row, name=one.name, size=one.size, blob=one.sha256 or None, sentence=one.sentence
        )
    stored = sum(1 for one in arrived if one.sha256)
    if not stored:
        row.ended_at = at
    _finish(row, stored, arrived)
    return row


def _finish(row: IncomingRow, taken: int, arrived: list[_Arrived]) -> None:
    if not taken:
        row.state = REFUSED
        row.sentence = next((one.sentence for one in arrived if one.sentence), NOTHING)
    row.save()


def _found(incoming_id: int) -> IncomingRow:
    row: IncomingRow | None = IncomingRow.get_or_none(IncomingRow.id == incoming_id)
    if row is None:
        raise AccessError
    return row


def _move(incoming_id: int, before: tuple[str, ...], after: str, at: datetime) -> IncomingRow:
    """From one of these states to another, by one person only. Raises RuleError when somebody was faster."""
    row = _found(incoming_id)
    values = {"state": after, "ended_at": None if after == HELD else at}
    moved = IncomingRow.update(values).where(IncomingRow.id == row.id, IncomingRow.state.in_(before)).execute()
    if not moved:
        raise RuleError("Somebody has decided about this already.", "Reload the page to see what.")
    return _found(incoming_id)


def assign(shop: Shop, incoming_id: int, email: str, *, actor: Actor, at: datetime) -> AccountRow:
    """It is from this customer: its files go through the door, and the customer is told.

    Raises IntakeError when no customer has this address, RuleError when it is not held any more.
    """
    actor.must_be_staff()
    customer = accounts.customer_of(email)
    if customer is None:
        raise IntakeError(f"No customer has the address {_line(email, 200)!r}, or they are disabled.")
    with unit_of_work() as uow:
        row = _move(incoming_id, (HELD,), TAKEN, at)
        row.customer = customer
        row.save()
        taken = 0
        for part in row.parts.where(IncomingFileRow.blob.is_null(False)).order_by(IncomingFileRow.id):
            try:
                part.file = intake.admit(
                    shop, part.blob_id, part.size, part.name, owner=customer, at=at, channel=row.channel
                )
                part.blob = None
                taken += 1
            except IntakeError as error:
                part.sentence = error.sentence
            part.save()
        if not taken:
            raise IntakeError("None of these files can be taken: " + _why(row))
        notifying.tell_files(shop, uow, row, at=at)
        _record(uow, row, actor, at)
    return customer


def _why(row: IncomingRow) -> str:
    part = row.parts.where(IncomingFileRow.sentence != "").order_by(IncomingFileRow.id.desc()).first()
    return str(part.sentence) if part is not None else NOTHING


def welcome(shop: Shop, incoming_id: int, name: str, *, actor: Actor, at: datetime) -> AccountRow:
    """Make a customer of its sender, and assign it to them. Raises IntakeError with the faulty fields."""
    actor.must_be_staff()
    row = _found(incoming_id)
    if not row.sender:
        raise IntakeError("It does not say who it is from.")
    with unit_of_work():
        accounts.create_account(email=row.sender, name=name, role=Role.CUSTOMER, at=at)
        return assign(shop, incoming_id, row.sender, actor=actor, at=at)


def throw_away(incoming_id: int, *, actor: Actor, at: datetime) -> None:
    """Nobody wants it; for a day it can be taken back. Raises RuleError when it is not held any more."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        _record(uow, _move(incoming_id, (HELD,), THROWN, at), actor, at)


def take_back(incoming_id: int, *, actor: Actor, at: datetime) -> None:
    """Hold again what was thrown away or pushed out. Raises RuleError when its bytes are gone."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        row = _move(incoming_id, (THROWN, REFUSED), HELD, at)
        if not can_take_back(row.id):
            raise RuleError("Its files are deleted.", "Ask the sender to send them again.")
        IncomingRow.update(sentence="").where(IncomingRow.id == row.id).execute()
        _record(uow, row, actor, at)


def can_take_back(incoming_id: int) -> bool:
    """Whether bytes of it are still here that nobody owns."""
    theirs = (IncomingFileRow.incoming == incoming_id) & IncomingFileRow.blob.is_null(False)
    return bool(IncomingFileRow.select().where(theirs).exists())


def close(incoming_id: int, *, actor: Actor, at: datetime) -> None:
    """Off the staff's list: its customer will not order these files."""
    actor.must_be_staff()
    with unit_of_work() as uow:
        row = _found(incoming_id)
        IncomingRow.update(closed_at=at).where(IncomingRow.id == row.id).execute()
        _record(uow, row, actor, at)


def tidy(shop: Shop, at: datetime) -> None:
    """Delete the bytes of what was turned away a day ago, and in the end the memory of it."""
    for part in queries.unowned_since(at - KEPT):
        try:
            _drop(shop, part)
        except IntegrityError:
            log.info("%s is wanted by somebody; it stays", part.name)
    with unit_of_work():
        old = (IncomingRow.state.in_([REFUSED, THROWN])) & (IncomingRow.came_at < at - REMEMBERED)
        IncomingRow.delete().where(old).execute()


def _drop(shop: Shop, part: IncomingFileRow) -> None:
    sha256 = part.blob_id
    with unit_of_work():
        IncomingFileRow.update(blob=None).where(IncomingFileRow.id == part.id).execute()
        wanted = queries.is_blob_wanted(sha256) or sha256 == shop.profile().logo_sha
        if not wanted:
            BlobRow.delete().where(BlobRow.sha256 == sha256).execute()
    if not wanted:
        shop.files.forget(sha256, untouched=UNTOUCHED)
