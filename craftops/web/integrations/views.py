"""What the pages of webhooks get."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from craftops.web.frame.views import Chip, FormField


@dataclass(frozen=True, slots=True)
class EndpointLine:
    """An endpoint in the list."""

    id: int
    title: str
    url: str
    told: str
    chip: Chip
    why: str
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class EndpointForm:
    """The form of an endpoint. ``kinds``: value, words, whether it is ticked."""

    url: FormField
    title: FormField
    kinds: tuple[tuple[str, str, bool], ...]
    inside: bool
    errors: Mapping[str, str]
    sentence: str


@dataclass(frozen=True, slots=True)
class WebhooksPage:
    """``staff/webhooks.html``."""

    lines: tuple[EndpointLine, ...]
    form: EndpointForm


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """A delivery in the log."""

    id: int
    kind: str
    words: str
    chip: Chip
    at: datetime
    next_at: datetime | None
    note: str


@dataclass(frozen=True, slots=True)
class EndpointPage:
    """``staff/webhook.html``. ``fresh`` is a secret that was just made, shown this once."""

    id: int
    title: str
    url: str
    chip: Chip
    active: bool
    why: str
    form: EndpointForm
    fresh: str
    old_until: datetime | None
    lines: tuple[DeliveryLine, ...]
    older: int | None
    """Its page shows what is before this delivery; None on the last one."""
    lost: int
    """How many deliveries did not arrive."""


@dataclass(frozen=True, slots=True)
class AttemptLine:
    """One request, and what came back."""

    at: datetime
    chip: Chip
    error: str
    answer: str
    took: str


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """``staff/webhook_delivery.html``."""

    endpoint: int
    endpoint_title: str
    id: int
    words: str
    chip: Chip
    at: datetime
    next_at: datetime | None
    url: str
    message_id: str
    body: str
    inside: bool
    active: bool
    tries: tuple[AttemptLine, ...]
