"""Files as pages read them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class FileView:
    """A file that somebody sent, with its verdict."""

    id: int
    owner_id: int
    company_id: int | None
    blob_id: str
    name: str
    size: int
    format: str
    channel: str
    uploaded_at: datetime
    verdict: str
    sentence: str
    analysis: dict[str, Any] | None
    picture_sha: str
    model_sha: str
    made_from_id: int | None
    remedy: str
    mended: str
    deleted_at: datetime | None
    deleted_by: str


@dataclass(frozen=True, slots=True)
class RevisionView:
    """One version of a line's design, as it was sent or decided on just now."""

    id: int
    line_id: int
    number: int
    file_id: int
    state: str
    """proposed, approved, replaced, declined."""


@dataclass(frozen=True, slots=True)
class LineVersion:
    """One version of a line's design, with its file."""

    number: int
    state: str
    by_name: str
    by_kind: str
    """An ``ActorKind`` value."""
    at: datetime
    note: str
    file: FileView


@dataclass(frozen=True, slots=True)
class StoredPhoto:
    """A photo that the customer of an order sees."""

    id: int
    blob_id: str
    small_id: str
    width: int
    height: int
    source: str
    caption: str
    taken_at: datetime
    kept_by: str


@dataclass(frozen=True, slots=True)
class DueFiles:
    """The design files of an order that has ended long ago: when they may be deleted, and what was decided."""

    id: int
    order_id: int
    due_at: datetime
    told_at: datetime | None
    state: str
    decided_at: datetime | None
    order_code: str
    order_title: str
    customer: str


@dataclass(frozen=True, slots=True)
class IncomingView:
    """A message that came in by a channel."""

    id: int
    channel: str
    sender: str
    subject: str
    state: str
    sentence: str
    came_at: datetime
    closed_at: datetime | None
    customer_id: int | None
    customer: str | None


@dataclass(frozen=True, slots=True)
class IncomingPart:
    """A file of it: a design file of its customer, or bytes that wait, or a sentence why not."""

    incoming_id: int
    name: str
    size: int
    blob_id: str | None
    file_id: int | None
    sentence: str
    file: FileView | None


@dataclass(frozen=True, slots=True)
class FileAccess:
    """Somebody of the shop has seen or fetched a file."""

    who: str
    what: str
    page: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OrderWithFile:
    """An order that a file is part of."""

    code: str
    title: str
    customer_id: int
    company_id: int | None
