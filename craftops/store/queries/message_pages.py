"""What pages read beside the threads themselves: questions, mails without a place, files of messages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from peewee import JOIN

from craftops.domain.messages.questions import QuestionState
from craftops.domain.people.access import Actor
from craftops.store.models import (
    AccountRow,
    AttachmentRow,
    DesignFileRow,
    HeldMailRow,
    MessageRow,
    OrderRow,
    QuestionRow,
)
from craftops.store.prepared import Prepared
from craftops.store.queries.messages import StoredMessage
from craftops.store.queries.scoped import PreparedOfOrders
from craftops.store.viewing import columns
from craftops.store.views.messages import HeldMailView, QuestionView

OPEN = QuestionState.OPEN.value
_OF_QUESTION = columns(QuestionView, QuestionRow, "id", "order_code", "order_title")


def _questions() -> Any:
    return QuestionRow.select(QuestionRow.id, OrderRow.code, OrderRow.title, *_OF_QUESTION).join(OrderRow)


_OPEN: Prepared[QuestionView] = Prepared(
    lambda order, state: (
        _questions().where(QuestionRow.order == order, QuestionRow.state == state).order_by(QuestionRow.id)
    ),
    QuestionView,
)
_NEWEST: Prepared[QuestionView] = Prepared(
    lambda order: _questions().where(QuestionRow.order == order).order_by(QuestionRow.id.desc()).limit(20),
    QuestionView,
)
_QUESTION: Prepared[QuestionView] = Prepared(lambda id_: _questions().where(QuestionRow.id == id_), QuestionView)
_OF_CUSTOMER: PreparedOfOrders[QuestionView] = PreparedOfOrders(
    lambda state: _questions().where(QuestionRow.state == state), QuestionView
)


def open_questions(order_id: int) -> list[QuestionView]:
    """Questions of an order that wait for their answer, the oldest first."""
    return _OPEN.all(order_id, OPEN)


def newest_questions(order_id: int) -> list[QuestionView]:
    """The last twenty questions of an order, the newest first."""
    return _NEWEST.all(order_id)


def question(question_id: int) -> QuestionView | None:
    """One question."""
    return _QUESTION.first(question_id)


def questions_of_customer(actor: Actor) -> list[QuestionView]:
    """Everything that a customer is asked right now, about their orders and those of their companies."""
    return _OF_CUSTOMER.of(actor, OPEN)


_HELD: Prepared[HeldMailView] = Prepared(
    lambda state: (
        HeldMailRow.select(
            *columns(HeldMailView, HeldMailRow, "order_code", "order_title"), OrderRow.code, OrderRow.title
        )
        .join(OrderRow, JOIN.LEFT_OUTER)
        .where(HeldMailRow.state == state)
        .order_by(HeldMailRow.id)
    ),
    HeldMailView,
)
_OF_ADDRESS: Prepared[tuple[str, str]] = Prepared(
    lambda address, most: (
        OrderRow.select(OrderRow.code, OrderRow.title)
        .join(AccountRow)
        .where(AccountRow.email == address)
        .order_by(OrderRow.id.desc())
        .limit(most)
    ),
    lambda *row: row,
)


def held_mails(state: str) -> list[HeldMailView]:
    """Mails that came in and are in this state, the oldest first."""
    return _HELD.all(state)


def orders_of_address(address: str, most: int) -> list[tuple[str, str]]:
    """(code, title) of the newest orders of whoever has this address."""
    return _OF_ADDRESS.all(address, most)


_AFTER: Prepared[StoredMessage] = Prepared(
    lambda order, after, most: (
        MessageRow.select(*columns(StoredMessage, MessageRow))
        .where(MessageRow.order == order, MessageRow.id > after)
        .order_by(MessageRow.id)
        .limit(most)
    ),
    StoredMessage,
)
_SMALL: Prepared[str | None] = Prepared(
    lambda order, attachment: (
        AttachmentRow.select(AttachmentRow.small)
        .join(MessageRow)
        .where(AttachmentRow.id == attachment, MessageRow.order == order)
    ),
    lambda sha: sha,
)
_NAMES: Prepared[tuple[int, str, int]] = Prepared(
    lambda ids: DesignFileRow.select(DesignFileRow.id, DesignFileRow.name, DesignFileRow.size).where(
        DesignFileRow.id.in_(ids)
    ),
    lambda *row: row,
)


def messages_after(order_id: int, after: int, most: int) -> list[StoredMessage]:
    """The messages of a thread that came after this one, in their order."""
    return _AFTER.all(order_id, after, most)


def small_picture(order_id: int, attachment_id: int) -> str:
    """The picture of a message of this order in small, by its content; empty where there is none."""
    return _SMALL.first(order_id, attachment_id) or ""


def file_names(ids: Iterable[int]) -> dict[int, tuple[str, int]]:
    """Name and size of files, by id."""
    wanted = list(ids)
    return {id_: (name, size) for id_, name, size in _NAMES.all(wanted)} if wanted else {}
