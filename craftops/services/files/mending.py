"""One-click fixes: a mended copy of a file is a new file with a verdict of its own; the old one stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from craftops.domain.events import Event, EventKind
from craftops.domain.files.designs import Verdict, analysis_from_json
from craftops.domain.files.file_types import claimed_format
from craftops.domain.files.remedies import Ask, offered, parse_ask
from craftops.domain.people.access import Actor
from craftops.errors import AccessError, RuleError
from craftops.sdk.analyzer import CannotMend, Mended
from craftops.services.files import intake
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.models import BlobRow, DesignFileRow
from craftops.store.queries import scoped
from craftops.store.viewing import view_of
from craftops.store.views.files import FileView

Mend = Callable[[str, Path, str, Ask, Callable[[Path], str]], tuple[Mended, str]]
"""(analyzer class, path, name, what, keep) -> (what was done, the copy's sha256); runs in a sandbox."""


class OpenedFile(Protocol):
    """A file as far as its fixes go."""

    @property
    def format(self) -> str: ...
    @property
    def verdict(self) -> str: ...
    @property
    def analysis(self) -> dict[str, Any] | None: ...


def remedies_of(row: OpenedFile) -> tuple[Ask, ...]:
    """What can be done to this file by one click."""
    analysis = analysis_from_json(row.analysis) if row.analysis else None
    if analysis is None or not row.format or Verdict(row.verdict) not in (Verdict.ACCEPTED, Verdict.FINDINGS):
        return ()
    return offered(analysis, row.format)


def source_of(file_id: int, *, actor: Actor) -> FileView:
    """The file that a mended copy was made from. Raises AccessError for a file that is no such copy, or that ``actor``
    may not see."""
    source = scoped.file(actor, file_id).made_from
    if source is None:
        raise AccessError
    return view_of(FileView, source)


def ask_for(shop: Shop, file_id: int, ask: Ask, *, actor: Actor, at: datetime) -> FileView:
    """A mended copy of a file, to come soon: it is here at once and waits for its verdict.

    Asked for twice, it is the same copy. Raises AccessError for a file that ``actor`` may not see, RuleError for what
    was not offered, IntakeError without room.
    """
    row = scoped.file(actor, file_id)
    if ask not in remedies_of(row):
        raise RuleError("This fix is not for this file.", "Send a corrected file instead.")
    with unit_of_work() as uow:
        known: DesignFileRow | None = DesignFileRow.get_or_none(
            DesignFileRow.made_from == row.id, DesignFileRow.remedy == str(ask)
        )
        if known is not None:
            return view_of(FileView, known)
        intake.check_room(shop, row.owner, row.size)
        copy: DesignFileRow = DesignFileRow.create(
            owner=row.owner_id, company=row.company_id,
            blob=row.blob_id, name=row.name, size=row.size, format=row.format, channel="mended",
            uploaded_at=at, made_from=row.id, remedy=str(ask),
        )  # fmt: skip
        share = intake.share_of(row.owner_id)
        uow.enqueue("mend", {"file": copy.id}, at=at, rank=int(intake.is_stranger(row.owner)), share=share)
    return view_of(FileView, copy)


def mend(shop: Shop, file_id: int, run: Mend, *, actor: Actor, at: datetime, given_up: bool = False) -> None:
    """Make the copy and have it analysed; one that has been made already is left alone."""
    row = DesignFileRow.get_by_id(file_id)
    if row.verdict != Verdict.WAITING.value or row.mended:
        return
    source: DesignFileRow = row.made_from
    try:
        if given_up:
            raise CannotMend("We could not do this by machine.")
        kind = intake.analyzer_of(shop, source.format)
        if kind is None:
            raise CannotMend("This shop does not open such files any more.")
        done, sha256 = run(
            kind, shop.files.path(source.blob_id), source.name, parse_ask(row.remedy), shop.files.put_file
        )
    except CannotMend as error:
        with unit_of_work() as uow:
            DesignFileRow.update(
                verdict=Verdict.BY_HAND.value, sentence=f"{error.sentence} The file is as it was."
            ).where(DesignFileRow.id == file_id).execute()
            data = {"file_id": file_id, "verdict": Verdict.BY_HAND.value}
            uow.record(Event(EventKind.DESIGN_ANALYSED, at, actor, None, row.owner_id, data=data))
        return
    size = shop.files.path(sha256).stat().st_size
    name = intake.clean_name(done.name)
    made = claimed_format(name, intake.declared(shop)) or source.format
    with unit_of_work() as uow:
        BlobRow.insert(sha256=sha256, size=size, created_at=at).on_conflict_ignore().execute()
        DesignFileRow.update(blob=sha256, size=size, name=name, format=made, mended=done.sentence).where(
            DesignFileRow.id == file_id
        ).execute()
        uow.enqueue("analyse", {"file": file_id}, at=at, share=intake.share_of(row.owner_id))
