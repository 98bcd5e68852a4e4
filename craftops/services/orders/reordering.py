"""Ordering again: what a past order is today, and the order that comes of it, with the recipe that made the first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from craftops.domain.files.designs import Verdict
from craftops.domain.orders.order import Delivery
from craftops.domain.orders.reorder import FileStanding, LineAnswer, LineChoice, PastLine, answer_line
from craftops.domain.people.access import Actor
from craftops.domain.people.addresses import PostalAddress
from craftops.domain.people.companies import CompanyAction
from craftops.errors import AccessError, IntakeError
from craftops.services.orders import ordering
from craftops.services.orders.ordering import LineDraft
from craftops.services.shop.context import Shop
from craftops.store.models import OrderRow
from craftops.store.queries import orders, orders_again, scoped
from craftops.store.views.files import FileView
from craftops.store.views.orders import PageLine
from craftops.store.views.people import Account


@dataclass(frozen=True, slots=True)
class PastPart:
    """A line of a past order with what it is today. ``files`` by the number of their version."""

    row: PageLine
    past: PastLine
    answer: LineAnswer
    files: Mapping[int, FileView]


@dataclass(frozen=True, slots=True)
class PastOrder:
    """A past order as it could be ordered today."""

    order: OrderRow
    parts: tuple[PastPart, ...]
    """One for each line that it had."""
    riding: tuple[int, ...]
    """Ids of the files that ride along again."""
    lost: tuple[str, ...]
    """Names of files that rode along and are not kept any more."""


@dataclass(frozen=True, slots=True)
class LinePick:
    """A line of the past order as it is wanted now."""

    line_id: int
    quantity: object
    choice: LineChoice
    instructions: str = ""


def _files_of(row: PageLine, versions: Mapping[int, FileView] | None) -> dict[int, FileView]:
    """The versions of a line by number that have a file; of a line with a single one, that."""
    if row.file is None:
        return {number: file for number, file in (versions or {}).items() if number != row.revision}
    return dict(versions or {row.revision: row.file})


def look_again(shop: Shop, code: str, *, actor: Actor) -> PastOrder:
    """What the order of this code is today. Raises AccessError; RuleError for whoever may not order for its company."""
    order = scoped.order(actor, code, CompanyAction.ORDER)
    rows = orders.lines_of(order.id)
    versions, processes = orders_again.versions_of(order.id), orders_again.processes_of(order.id)
    parts = []
    for row in rows:
        files = _files_of(row, versions.get(row.id))
        past = PastLine(
            row.id,
            LineChoice(row.material, row.colour, row.finish, row.revision),
            processes.get(row.id, ""),
            tuple((number, _standing(shop, file, order)) for number, file in sorted(files.items())),
        )
        parts.append(PastPart(row, past, answer_line(past, shop.catalogue.offered), files))
    rode = {int(one["id"]): str(one["name"]) for one in order.companions or ()}
    kept = orders_again.files_of(rode)
    good = tuple(one for one in rode if one in kept and _is_here(shop, kept[one]) and _is_theirs(kept[one], order))
    return PastOrder(order, tuple(parts), good, tuple(name for one, name in rode.items() if one not in good))


def _standing(shop: Shop, file: FileView, order: OrderRow) -> FileStanding:
    if not _is_here(shop, file):
        return FileStanding.GONE
    if not _is_theirs(file, order):
        return FileStanding.ELSEWHERE
    nothing = file.verdict in (Verdict.REFUSED.value, Verdict.COMPANION.value)
    return FileStanding.REFUSED if nothing else FileStanding.GOOD


def _is_here(shop: Shop, file: FileView) -> bool:
    """Whether we still have its bytes: a shop keeps design files for a while only."""
    return file.deleted_at is None and bool(file.blob_id) and shop.files.has(file.blob_id)


def _is_theirs(file: FileView, order: OrderRow) -> bool:
    """Whether a file may be part of another order of the same customer or company."""
    if file.company_id is not None:
        return bool(file.company_id == order.company_id)
    return bool(order.company_id is None and file.owner_id == order.customer_id)


def drafts_again(past: PastOrder, picks: Sequence[LinePick]) -> list[LineDraft]:
    """What is picked as lines of an order, each with the line that it is again. Raises AccessError, IntakeError."""
    known = {part.row.id: part for part in past.parts}
    drafts = []
    for pick in picks:
        part = known.get(pick.line_id)
        if part is None:
            raise AccessError
        if dict(part.past.versions).get(pick.choice.revision) is not FileStanding.GOOD:
            raise IntakeError(f"The file of “{part.row.title[:60]}” cannot be made again. Untick it, or send the file.")
        drafts.append(
            LineDraft(
                part.files[pick.choice.revision].id, pick.quantity, pick.choice.material, pick.choice.colour,
                pick.choice.finish, pick.instructions, reordered_from=part.row.id,
            )
        )  # fmt: skip
    return drafts


def place_again(
    shop: Shop,
    code: str,
    picks: Sequence[LinePick],
    *,
    actor: Actor,
    customer: Account,
    delivery: Delivery,
    at: datetime,
    title: str = "",
    submit_token: str | None = None,
    address: PostalAddress | None = None,
    rush: bool = False,
) -> OrderRow:
    """Order what is picked of a past order, for whom that one was. A repeated ``submit_token`` gives the same order.

    Raises AccessError, RuleError, IntakeError; then nothing is ordered.
    """
    past = look_again(shop, code, actor=actor)
    return ordering.place_order(
        shop,
        actor=actor,
        customer=customer,
        lines=drafts_again(past, picks),
        delivery=delivery,
        at=at,
        title=title or past.order.title,
        submit_token=submit_token,
        companions=list(past.riding),
        company=past.order.company_id,
        address=address,
        rush=rush,
    )
