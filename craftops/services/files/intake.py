"""Files come in by one door, whatever the channel: stored, then analysed by the worker in a sandbox."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import IO

from craftops.domain.events import Event, EventKind
from craftops.domain.files.designs import BY_HAND, Analysis, FileFormat, Verdict, analysis_to_json
from craftops.domain.files.file_types import HEAD, DeclaredFormat, claimed_format, file_type_by_name, identify, refusal
from craftops.domain.people.access import Actor, Role
from craftops.errors import IntakeError
from craftops.sdk.rules import UploadAsked
from craftops.services.production import planning
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.mapping import to_analysis
from craftops.store.models import BlobRow, DesignFileRow, OrderLineRow
from craftops.store.queries import files
from craftops.store.queries import files as files_queries
from craftops.store.viewing import view_of
from craftops.store.views.files import FileView
from craftops.store.views.people import Account

log = logging.getLogger("craftops.intake")
Analyse = Callable[[str, Path, str], Analysis]
"""(analyzer class as "module:Class", path, the owner's name for it) -> verdict; runs in a sandbox."""


def clean_name(name: str) -> str:
    """A file name fit to show: no folders, no control characters, at most 150 characters."""
    last = name.replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(ch for ch in last if ch.isprintable()).strip() or "file"
    if len(shown) <= 150:
        return shown
    stem, dot, ending = shown.rpartition(".")
    return f"{stem[:140]}.{ending[:8]}" if dot else shown[:150]


class _Again:
    """A stream whose first bytes were read already."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self._head = head
        self._rest = rest

    def read(self, size: int = -1) -> bytes:
        head, self._head = self._head, b""
        return head or self._rest.read(size)


def declared(shop: Shop) -> tuple[DeclaredFormat, ...]:
    """Formats that analyzers bring besides ours, those of plugins that were enabled first before others."""
    return tuple(one for analyzer in shop.plugins.file_analyzers for one in analyzer.declares)


def formats(shop: Shop) -> tuple[str, ...]:
    """Formats that some enabled analyzer opens: ours first, each by its name."""
    known = {one for analyzer in shop.plugins.file_analyzers for one in analyzer.formats}
    ours = (one.value for one in FileFormat)
    return tuple(one for one in dict.fromkeys((*ours, *(one.name for one in declared(shop)))) if one in known)


def endings(shop: Shop) -> tuple[str, ...]:
    """Endings of the names of files that some enabled analyzer opens, without a dot."""
    more = {one.name: one.endings for one in declared(shop)}
    return tuple(ending for one in formats(shop) for ending in more.get(one, (one,)))


def analyzer_of(shop: Shop, kind: str) -> str | None:
    """The analyzer of a format as "module:Class"; the first plugin of the list that opens it."""
    found = (one for one in shop.plugins.file_analyzers if kind in one.formats)
    return next((f"{one.__module__}:{one.__qualname__}" for one in found), None)


def check_name(shop: Shop, name: str, head: bytes = b"") -> str | None:
    """The format that a file of this name is taken for, before its bytes are here; None for one that rides along.

    Raises IntakeError that names what it is instead, from its first bytes where ``head`` has them.
    """
    known, brought = formats(shop), declared(shop)
    claimed = claimed_format(name, brought)
    if claimed is None:
        kind = identify(head, name) if head else file_type_by_name(name)
        if kind.companion and kind == file_type_by_name(name):
            return None
        raise IntakeError(refusal(kind, name))
    if claimed not in known:
        can = ", ".join(one.upper() for one in known)
        raise IntakeError(f"We cannot open {name}. Please send {can}.")
    begins = next((one.magic for one in brought if one.name == claimed), ())
    if head and begins and not head.startswith(begins):
        raise IntakeError(refusal(identify(head), name))
    return claimed


def check_size(shop: Shop, size: int) -> None:
    """Raises IntakeError when one file of ``size`` bytes is too large."""
    limit = shop.config.document.files.max_mb
    if size > limit * 1_000_000:
        raise IntakeError(f"The file is larger than {limit} MB, the most we can take.")


MOST_WAITING, STRANGERS_WAITING = 500, 50
"""Files of one owner that may wait for their verdicts at a time: bytes alone would let anybody send a million."""


def check_room(shop: Shop, owner: Account, size: int, *, besides: int = 0) -> None:
    """Raises IntakeError when ``size`` more bytes are too many, for one file or for all of this owner's.

    ``besides`` are bytes of the same message that no row counts yet.
    """
    check_size(shop, size)
    limits = shop.config.document.files
    most = STRANGERS_WAITING if is_stranger(owner) else MOST_WAITING
    if files.waiting_count(owner.id) >= most:
        raise IntakeError(f"{most} files of yours are being looked at right now. Send the next when some are done.")
    if is_stranger(owner):
        _check_strangers_room(limits.strangers_mb * 1_000_000, owner, size)
        return
    taken = files.stored_bytes(owner.id) + files.announced_bytes(owner.id) + besides
    if taken + size > limits.quota_mb * 1_000_000:
        raise IntakeError(f"Your files would take more than {limits.quota_mb} MB. Ask the shop for more room.")


def share_of(owner_id: int) -> str:
    """Under which name the work that somebody's files make is counted."""
    return f"files:{owner_id}"


def is_stranger(owner: Account) -> bool:
    """Whether these files belong to somebody without an account."""
    return bool(owner.role == Role.VISITOR.value)


def _check_strangers_room(room: int, owner: Account, size: int) -> None:
    """All strangers share one small room, and one of them gets half of it at most. Raises IntakeError."""
    own = files.stored_bytes(owner.id) + files.announced_bytes(owner.id)
    if own + size > room // 2:
        raise IntakeError(f"Without an account we take {room // 2_000_000} MB. Sign in, or ask the shop.")
    if files.strangers_bytes() + size > room:
        raise IntakeError("So many people send files right now that there is no room. Try again later, or sign in.")


def take_file(
    shop: Shop, stream: IO[bytes], name: str, *, owner: Account, at: datetime, channel: str = "portal"
) -> FileView:
    """Store a file for ``owner`` and have it analysed.

    Raises IntakeError with a clear sentence: wrong kind, too large, empty, over the quota.
    """
    sha256, size = keep_bytes(shop, stream, name)
    may_come(shop, name, size, owner=owner, at=at, channel=channel)
    return view_of(FileView, admit(shop, sha256, size, name, owner=owner, at=at, channel=channel))


def keep_bytes(shop: Shop, stream: IO[bytes], name: str) -> tuple[str, int]:
    """Store what somebody sent, if its first bytes fit its name; its sha256 and size. No row refers to it yet.

    Raises IntakeError: wrong kind, too large, empty.
    """
    head = stream.read(HEAD)
    check_name(shop, clean_name(name), head)
    return shop.files.put(_Again(head, stream), shop.config.document.files.max_mb * 1_000_000)


def may_come(shop: Shop, name: str, size: int, *, owner: Account, at: datetime, channel: str = "portal") -> None:
    """Ask the plugins whether a file may come, outside of any transaction. Raises IntakeError with their sentence."""
    if not shop.plugins.asks("refuse_upload"):
        return
    shown = clean_name(name)
    kind = claimed_format(shown, declared(shop))
    email = "" if is_stranger(owner) else owner.email
    asked = UploadAsked(shown, kind or "", size, channel, email, at)
    if why := shop.plugins.ask("refuse_upload", upload=asked):
        raise IntakeError(why)


def admit(
    shop: Shop,
    sha256: str,
    size: int,
    name: str,
    *,
    owner: Account,
    at: datetime,
    channel: str = "portal",
) -> DesignFileRow:
    """Take in a file whose bytes are stored already: the one door, whatever way they came.

    Raises IntakeError: wrong kind, too large, over the quota.
    """
    shown = clean_name(name)
    values = {"owner": owner.id, "blob": sha256, "name": shown, "size": size, "channel": channel, "uploaded_at": at}
    claimed = check_name(shop, shown, shop.files.head(sha256, HEAD))
    if claimed is None:
        values |= {
            "verdict": Verdict.COMPANION.value,
            "sentence": f"This is {file_type_by_name(shown).title}; it rides along.",
        }
    else:
        values["format"] = claimed
    with unit_of_work() as uow:
        check_room(shop, owner, size)
        BlobRow.insert(sha256=sha256, size=size, created_at=at).on_conflict_ignore().execute()
        row: DesignFileRow = DesignFileRow.create(**values)
        if claimed is not None:
            uow.enqueue("analyse", {"file": row.id}, at=at, rank=int(is_stranger(owner)), share=share_of(owner.id))
    return row


def analyse(shop: Shop, file_id: int, run: Analyse, *, actor: Actor, at: datetime, given_up: bool = False) -> None:
    """Measure a file in the sandbox and keep the verdict; a file that has one already is left alone.

    ``given_up``: it was tried before and took its child down; then a person looks at it.
    """
    row = DesignFileRow.get_by_id(file_id)
    if row.verdict != Verdict.WAITING.value or row.deleted_at is not None:
        return
    analysis, picture, model = (BY_HAND, "", "") if given_up else _measure(shop, row, run)
    with unit_of_work() as uow:
        for sha256, made in ((picture, analysis.picture), (model, analysis.model)):
            if made:
                BlobRow.insert(sha256=sha256, size=len(made), created_at=at).on_conflict_ignore().execute()
        DesignFileRow.update(
            verdict=analysis.verdict.value,
            sentence=analysis.sentence,
            analysis=analysis_to_json(analysis),
            picture_sha=picture,
            model_sha=model,
        ).where(DesignFileRow.id == file_id, DesignFileRow.deleted_at.is_null()).execute()
        orders = [line.order for line in OrderLineRow.select().where(OrderLineRow.file == file_id)]
        for order in orders:
            planning.refresh_durations(shop, order, at=at)
        data = {"file_id": file_id, "verdict": analysis.verdict.value}
        first = orders[0].id if orders else files_queries.order_of_file(file_id)
        uow.record(Event(EventKind.DESIGN_ANALYSED, at, actor, first, row.owner_id, data=data))


def _measure(shop: Shop, row: DesignFileRow, run: Analyse) -> tuple[Analysis, str, str]:
    """The verdict, the sha256 of the picture and of the model. The same content is measured once."""
    twin = files.measured_twin(row)
    known = to_analysis(twin) if twin else None
    if twin is not None and known is not None:
        return known, twin.picture_sha, twin.model_sha
    analyzer = analyzer_of(shop, row.format)
    if analyzer is None:
        return BY_HAND, "", ""
    analysis = run(analyzer, shop.files.path(row.blob_id), row.name)
    picture = shop.files.put_bytes(analysis.picture) if analysis.picture else ""
    return analysis, picture, shop.files.put_bytes(analysis.model) if analysis.model else ""
