"""Files that come in pieces: announced, received piece by piece, and at last taken in by the one door.

What is told to the sender is durable before: a piece is written and synced, then its end is written to the row, then
it is acknowledged. Whatever lies in a draft beyond the row was never acknowledged, and is written again.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from craftops.domain.people.access import Actor
from craftops.errors import AccessError, IntakeError, RuleError, UploadBusy, UploadDamaged, UploadTooLong, WrongOffset
from craftops.services.files import intake
from craftops.services.files.intake import check_name, check_room, clean_name
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.drafts import UploadDraft
from craftops.store.files import Readable
from craftops.store.models import UploadRow
from craftops.store.queries import scoped
from craftops.store.viewing import view_of
from craftops.store.views.files import FileView
from craftops.store.views.people import Account

LIFE = timedelta(days=7)
"""How long an upload waits for its next piece."""
MOST_UNFINISHED = 200
"""Unfinished uploads of one account: rows are cheap, and not free."""
READ = 1 << 20
CHECKSUMS = ("sha256", "sha1")


@dataclass(frozen=True, slots=True)
class Piece:
    """What the sender says of a piece."""

    offset: int
    """Where it begins, in bytes."""
    size: int | None = None
    """Its length in bytes, if it was said before it came."""
    algorithm: str = ""
    """One of ``CHECKSUMS``, or empty: no checksum."""
    digest: bytes = b""


def begin(shop: Shop, name: str, length: int, *, owner: Account, at: datetime) -> UploadRow:
    """Make room for a file of ``length`` bytes.

    Raises IntakeError, before a byte has come: wrong kind, empty, too large, over the quota.
    """
    shown = clean_name(name)
    check_name(shop, shown)
    if length == 0:
        raise IntakeError("The file is empty.")
    intake.may_come(shop, shown, length, owner=owner, at=at)
    with unit_of_work():
        unfinished = UploadRow.select().where(UploadRow.owner == owner.id, UploadRow.finished_at.is_null())
        if unfinished.count() >= MOST_UNFINISHED:
            raise IntakeError(f"{MOST_UNFINISHED} uploads are unfinished. Finish or cancel some of them first.")
        check_room(shop, owner, length)
        row: UploadRow = UploadRow.create(
            key=secrets.token_urlsafe(16),
            owner=owner.id,
            name=shown,
            length=length,
            created_at=at,
            expires_at=at + LIFE,
        )
    return row


def find(actor: Actor, key: str, *, at: datetime) -> UploadRow:
    """The upload of this key. Raises AccessError when it is missing, not theirs, or expired."""
    row = scoped.upload(actor, key)
    if row.expires_at <= at:
        raise AccessError
    return row


def offset_of(shop: Shop, row: UploadRow) -> int:
    """How many bytes are surely here: never more than the draft holds, whatever has happened to it."""
    if row.finished_at is not None or _is_stored(shop, row):
        return int(row.length)
    return shop.files.arrived(row.key, row.received)


def take_piece(shop: Shop, actor: Actor, key: str, stream: Readable, piece: Piece, *, at: datetime) -> UploadRow:
    """Write a piece; with the last one the file is taken in.

    A stream that raises OSError has been cut off: what came before is kept, unless a checksum was to prove it.
    Raises AccessError, WrongOffset, UploadBusy, UploadDamaged, UploadTooLong, and what ``intake.admit`` raises.
    """
    row = find(actor, key, at=at)
    if row.finished_at is not None:
        return _nothing_more(row, piece)
    with shop.files.hold(key) as draft:
        row = _as_it_stands(actor, draft, key, at)
        if row.finished_at is not None:
            return _nothing_more(row, piece)
        if not _is_stored(shop, row):
            offset = draft.arrived(row.received)
            if piece.offset != offset:
                raise WrongOffset(offset)
            if piece.size is not None and piece.size > row.length - offset:
                raise UploadTooLong
            end = _receive(shop, row, draft, stream, piece, at)
        elif piece.offset != row.length:
            raise WrongOffset(row.length)
        else:
            end = row.length
        return _finish(shop, row, draft, at) if end == row.length else row


def result(shop: Shop, actor: Actor, key: str, *, at: datetime) -> FileView:
    """The file that an upload has become.

    Raises AccessError; RuleError while bytes are missing. An upload that a crash stopped short of its end is finished.
    """
    row = find(actor, key, at=at)
    if row.finished_at is None and offset_of(shop, row) == row.length:
        row = take_piece(shop, actor, key, _Nothing(), Piece(row.length, 0), at=at)
    if row.file is None:
        raise RuleError("Some of the file has not arrived yet.", "Send the rest first.")
    return view_of(FileView, row.file)


def cancel(shop: Shop, actor: Actor, key: str, *, at: datetime) -> None:
    """Forget an upload and its bytes; a file that it has become already stays.

    Raises AccessError, UploadBusy.
    """
    find(actor, key, at=at)
    _forget(shop, key)


def tidy(shop: Shop, *, at: datetime) -> int:
    """Forget uploads whose time is over, and drafts that belong to nobody; how many uploads those were."""
    gone = 0
    for row in list(UploadRow.select().where(UploadRow.expires_at <= at)):
        try:
            _forget(shop, row.key)
            gone += 1
        except UploadBusy:
            continue  # its last piece is coming in; the next tidy looks again
    shop.files.sweep((at - LIFE).timestamp())
    return gone


class _Nothing:
    """The stream of a piece without bytes."""

    def read(self, _size: int, /) -> bytes:
        return b""


def _nothing_more(row: UploadRow, piece: Piece) -> UploadRow:
    if piece.offset != row.length:
        raise WrongOffset(row.length)
    if piece.size:
        raise UploadTooLong
    return row


def _is_stored(shop: Shop, row: UploadRow) -> bool:
    """Whether its draft has become a blob already, which a crash between that and the row's end leaves behind."""
    return bool(row.sha256) and shop.files.has(row.sha256)


def _as_it_stands(actor: Actor, draft: UploadDraft, key: str, at: datetime) -> UploadRow:
    """The row, read again by the one who holds the draft. A draft made by a latecomer goes."""
    try:
        row = find(actor, key, at=at)
    except AccessError:
        draft.remove()
        raise
    if row.finished_at is not None:
        draft.remove()
    return row


def _receive(shop: Shop, row: UploadRow, draft: UploadDraft, stream: Readable, piece: Piece, at: datetime) -> int:
    """Where the draft now ends, in bytes."""
    digest = shop.files.hashes.take(row.key, piece.offset)
    check = hashlib.new(piece.algorithm, usedforsecurity=False) if piece.algorithm else None
    reckoning = shop.files.hashes.beside(digest, check)
    draft.begin_at(piece.offset)
    end, cut = piece.offset, False
    while True:
        try:
            data = stream.read(READ)
        except OSError:
            cut = True
            break
        if not data:
            break
        end += len(data)
        if end > row.length:
            draft.begin_at(piece.offset)
            raise UploadTooLong
        reckoning.update(data)
        draft.write(data)
    reckoning.wait()
    if check is not None and (cut or check.digest() != piece.digest):
        draft.begin_at(piece.offset)
        raise UploadDamaged
    if end == piece.offset < row.length:
        return end
    draft.sync()
    shop.files.hashes.keep(row.key, end, digest)
    before = row.received
    row.received = end
    row.expires_at = at + LIFE
    row.sha256 = "" if end < row.length else digest.hexdigest() if digest is not None else draft.sha256()
    _acknowledge(row, before, draft)
    return end


def _acknowledge(row: UploadRow, before: int, draft: UploadDraft) -> None:
    """Write down that a piece is here, unless another host has taken one meanwhile: the draft is held on this one
    alone. Raises WrongOffset, AccessError when the upload was cancelled."""
    values = {"received": row.received, "expires_at": row.expires_at, "sha256": row.sha256}
    with unit_of_work():
        as_found = (UploadRow.id == row.id) & (UploadRow.received == before) & UploadRow.finished_at.is_null()
        if not UploadRow.update(values).where(as_found).execute():
            now: UploadRow | None = UploadRow.get_or_none(UploadRow.id == row.id)
            if now is None:
                raise AccessError
            raise WrongOffset(now.received)
        draft.note(row.id)


def _finish(shop: Shop, row: UploadRow, draft: UploadDraft, at: datetime) -> UploadRow:
    """Draft to blob, and everything else in one transaction: once, however often and by how many it is tried."""
    owner = row.owner
    try:
        with unit_of_work():
            if not _is_first(row, at):
                return _as_finished(row)
            if not _is_stored(shop, row):
                check_name(shop, row.name)  # before it becomes a blob, so that what is refused leaves none
                check_room(shop, owner, row.length)
                shop.files.keep_draft(draft, row.sha256)
            row.file = intake.admit(shop, row.sha256, row.length, row.name, owner=owner, at=at)
            row.save(only=[UploadRow.file])
    except IntakeError:
        UploadRow.delete().where(UploadRow.id == row.id).execute()
        draft.remove()
        raise
    finally:
        shop.files.hashes.forget(row.key)
    draft.remove()
    return row


def _is_first(row: UploadRow, at: datetime) -> bool:
    """Claim the end of an upload; from here on its bytes count as a file, and no longer as announced."""
    row.finished_at = at
    open_yet = (UploadRow.id == row.id) & UploadRow.finished_at.is_null()
    return bool(UploadRow.update(finished_at=at).where(open_yet).execute())


def _as_finished(row: UploadRow) -> UploadRow:
    """The upload as somebody else has left it. Raises AccessError when that is: not at all."""
    found: UploadRow | None = UploadRow.get_or_none(UploadRow.id == row.id)
    if found is None:
        raise AccessError
    return found


def _forget(shop: Shop, key: str) -> None:
    with shop.files.hold(key) as draft:
        UploadRow.delete().where(UploadRow.key == key).execute()
        draft.remove()
    shop.files.hashes.forget(key)
