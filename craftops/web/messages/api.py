"""The conversation of an order, as JSON."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from flask import Response
from flask_openapi3 import APIBlueprint
from pydantic import BaseModel, Field

from craftops.domain.messages.thread import LONGEST, MOST_FILES, Side, Via
from craftops.domain.people.access import Actor, Scope
from craftops.services.messages import conversation
from craftops.services.messages.conversation import MessageText
from craftops.store.database import utcnow
from craftops.store.queries import message_pages, messages, people, scoped
from craftops.store.queries.messages import StoredAttachment, StoredMessage
from craftops.store.viewing import view_of
from craftops.web.frame.api_common import RowId, Taken, answer, shown_as, token_actor
from craftops.web.frame.request_context import current_shop
from craftops.web.orders.api import CodePath

MESSAGE = {
    "id": 31,
    "side": "customer",
    "author": "Ada Lovelace",
    "via": "api",
    "at": "2026-11-27T10:00:00Z",
    "text": "Could the holes be M4?",
    "away": "",
    "files": [{"file_id": 12, "name": "bracket.stl", "size": 684, "state": "ready"}],
}


def add_to(api: APIBlueprint) -> None:
    """Register the routes."""
    path = "/orders/<code>/messages"
    api.get(path, summary="Read the messages of an order", responses={200: MessagesOut})(list_messages)
    api.post(path, summary="Write a message", responses={201: MessageOut})(post_message)


def list_messages(path: CodePath, query: MessagesQuery) -> Response:
    """In the order in which they were written; ask again with `after` for what is new. Scope: messages:read."""
    order = scoped.order_view(token_actor(Scope.MESSAGES_READ), path.code)
    found = message_pages.messages_after(order.id, query.after, query.limit + 1)
    shown = found[: query.limit]
    files = messages.files_of([row.id for row in shown])
    more = shown[-1].id if len(found) > query.limit else None
    return answer(MessagesOut(messages=[_out(row, files.get(row.id, [])) for row in shown], next=more))


def post_message(path: CodePath, body: MessageIn) -> Response:
    """Send files first, then name them here. A customer's token writes as its customer, one of the shop as the
    shop. Scope: messages:write."""
    actor = _writer(token_actor(Scope.MESSAGES_WRITE))
    message = MessageText(body.text, tuple(body.files), token=body.submit_token, via=Via.API)
    row = conversation.post(current_shop(), path.code, message, actor=actor, at=utcnow())
    return answer(_out(view_of(StoredMessage, row), messages.files_of([row.id]).get(row.id, [])), 201)


def _writer(actor: Actor) -> Actor:
    """The name under which readers see it: the customer's or the shop's, never that of a token."""
    if actor.customer_id is None:
        return replace(actor, name=current_shop().profile().name)
    person = people.person(actor.customer_id)
    return replace(actor, name=person.name) if person is not None else actor


def _out(row: StoredMessage, files: list[StoredAttachment]) -> MessageOut:
    return MessageOut(
        id=row.id,
        side=Side(row.side),
        author=row.author_name,
        via=Via(row.via),
        at=row.at,
        text=row.body,
        away=row.away,
        files=[AttachedOut(file_id=one.file_id, name=one.name, size=one.size, state=one.state) for one in files],
    )


class MessagesQuery(Taken):
    after: int = Field(0, description="Only messages after the one of this id", ge=0, le=2**62)
    limit: int = Field(100, ge=1, le=200, description="How many at most")


class MessageIn(Taken):
    model_config = shown_as({"text": "Could the holes be M4?", "files": [], "submit_token": "erp-4711"})
    text: str = Field("", description="May be empty where there is a file", max_length=LONGEST)
    files: list[RowId] = Field(
        default_factory=list, description="Ids of files that were sent before", max_length=MOST_FILES
    )
    submit_token: str = Field("", description="Makes a repeated request the same message", max_length=100)


class AttachedOut(BaseModel):
    file_id: int
    name: str
    size: int = Field(description="Bytes")
    state: str = Field(description="`ready`; of a picture also `waiting` (it is drawn again), `unreadable`")


class MessageOut(BaseModel):
    model_config = shown_as(MESSAGE)
    id: int
    side: Side
    author: str
    via: Via
    at: datetime
    text: str
    away: str = Field(description="Why this is an absence note and no answer; empty for everything else")
    files: list[AttachedOut]


class MessagesOut(BaseModel):
    model_config = shown_as({"messages": [MESSAGE], "next": None})
    messages: list[MessageOut]
    next: int | None = Field(description="Give it as `after` for the next page; null on the last one")
