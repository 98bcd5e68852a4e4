"""Mails that prove no thread: somebody of the shop says where each belongs, or throws it away."""

from __future__ import annotations

import io
from datetime import datetime

from craftops.domain.events import Event, EventKind
from craftops.domain.messages.thread import LONGEST, Via
from craftops.domain.people.access import Actor
from craftops.errors import AccessError, IntakeError, RuleError
from craftops.services.files import intake
from craftops.services.messages import conversation
from craftops.services.messages.conversation import MessageText
from craftops.services.people import accounts
from craftops.services.shop.context import Shop
from craftops.store.database import unit_of_work
from craftops.store.models import HeldMailRow
from craftops.store.queries import message_pages as queries
from craftops.store.queries import scoped
from craftops.store.views.messages import HeldMailView

HELD, PLACED, THROWN = "held", "placed", "thrown"


def waiting() -> list[HeldMailView]:
    """What waits to be placed, the oldest first."""
    return queries.held_mails(HELD)


def place(shop: Shop, held_id: int, code: str, *, actor: Actor, at: datetime) -> tuple[str, int]:
    """Put a held mail into the thread of an order, as words of its customer's side with its sender's name; the order's
    code and the id of the message.

    Raises AccessError for a mail or an order that is not there, RuleError for a mail that was placed already.
    """
    actor.must_be_staff()
    row: HeldMailRow | None = HeldMailRow.get_or_none(HeldMailRow.id == held_id)
    if row is None:
        raise AccessError
    if row.state == PLACED:
        raise RuleError("This mail has its place already.")
    order = scoped.order(actor, code)
    files, sentences = [], []
    for name, sha256, _size in row.files or ():
        try:
            content = io.BytesIO(shop.files.path(sha256).read_bytes())
            files.append(intake.take_file(shop, content, name, owner=order.customer, at=at, channel="mail").id)
        except IntakeError as error:
            sentences.append(f"[{name}: {error.sentence}]")
    text = "\n\n".join(part for part in (row.body, *sentences) if part) or row.subject or "…"
    writer = accounts.actor_of(order.customer)
    name = row.sender_name or row.sender or writer.name
    message = MessageText(text[:LONGEST], tuple(files), via=Via.MAIL, folded=row.folded)
    with unit_of_work():
        posted = conversation.post_mail(
            shop, order, message, actor=writer, source=f"mail:{row.key}"[:200], at=at, name=name
        )
        _settle(row, PLACED, actor, at)
    return order.code, posted.id


def throw(held_id: int, *, actor: Actor, at: datetime) -> None:
    """Nobody wants it; it stays in the books. Raises AccessError."""
    actor.must_be_staff()
    row: HeldMailRow | None = HeldMailRow.get_or_none(HeldMailRow.id == held_id)
    if row is None:
        raise AccessError
    if row.state == HELD:
        with unit_of_work():
            _settle(row, THROWN, actor, at)


def take_back(held_id: int, *, actor: Actor, at: datetime) -> None:
    """Somebody wants it after all. Raises AccessError for one that was not thrown away."""
    actor.must_be_staff()
    values = {"state": HELD, "settled_at": None, "settled_by": ""}
    with unit_of_work() as uow:
        if not HeldMailRow.update(values).where(HeldMailRow.id == held_id, HeldMailRow.state == THROWN).execute():
            raise AccessError
        uow.record(Event(EventKind.THREAD_CHANGED, at, actor, data={"what": "held"}))


def _settle(row: HeldMailRow, state: str, actor: Actor, at: datetime) -> None:
    with unit_of_work() as uow:
        HeldMailRow.update(state=state, settled_at=at, settled_by=actor.name[:200]).where(
            HeldMailRow.id == row.id
        ).execute()
        uow.record(Event(EventKind.THREAD_CHANGED, at, actor, row.order_id, data={"what": "held"}))
