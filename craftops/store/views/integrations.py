"""Webhooks that go out and what programs propose, as their pages read them: no secret is among it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class EndpointView:
    """An address of another program, and what it is told of."""

    id: int
    url: str
    title: str
    kinds: list[str]
    inside: bool
    active: bool
    off_why: str
    failing_since: datetime | None
    before_until: datetime | None
    signs_with_two: bool
    """The secret of before signs too."""


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """One thing that an endpoint is told."""

    id: int
    kind: str
    state: str
    attempts: int
    created_at: datetime
    next_at: datetime | None
    message_id: str
    body: str


@dataclass(frozen=True, slots=True)
class AttemptView:
    """One request, and what came back."""

    at: datetime
    status: int | None
    answer: str
    error: str
    took_ms: int


@dataclass(frozen=True, slots=True)
class ProposedOrder:
    """The order that a proposal is about."""

    code: str
    title: str
    stage: str
    customer: str


@dataclass(frozen=True, slots=True)
class ProposalView:
    """Something that a program would like to have done."""

    key: str
    kind: str
    order_id: int | None
    body: dict[str, Any]
    reason: str
    by_name: str
    state: str
    made_at: datetime
    decided_at: datetime | None
    decided_by: str
    order: ProposedOrder | None
