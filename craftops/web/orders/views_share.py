"""What the pages of an order's links are given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from craftops.web.frame.views import FormField


@dataclass(frozen=True, slots=True)
class ShareCard:
    """``portal/_share.html``."""

    url: str
    for_staff: bool


@dataclass(frozen=True, slots=True)
class SharedLink:
    """An open link to an order; ``url`` is empty where its reader is not shown the address."""

    id: int
    name: str
    note: str
    by: str
    url: str
    created_at: datetime
    used_at: datetime | None
    revoke_url: str


@dataclass(frozen=True, slots=True)
class SharePage:
    """``portal/share.html``, on both faces. ``days`` after its end an order's links close."""

    code: str
    title: str
    links: tuple[SharedLink, ...]
    fields: tuple[FormField, ...]
    make_url: str
    back_url: str
    days: int
    ended: bool
