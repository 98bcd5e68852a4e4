"""Which page somebody of the shop looked at a file from."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import request

from craftops.domain.people.access import Actor, ActorKind
from craftops.services.files import keeping
from craftops.store.views.files import FileView
from craftops.web.frame.request_context import sight

PAGES = (
    ("/staff/orders/", "order"), ("/staff/schedule", "schedule"), ("/staff/messages", "messages"),
    ("/staff/machines", "machine"), ("/staff", "floor"), ("/files/", "file"),
)  # fmt: skip


def note(file: FileView, actor: Actor, what: str) -> None:
    """Keep that ``actor`` has seen or fetched it, with the page that they came from."""
    if actor.is_staff:
        keeping.note_access(file, actor, what, "program" if actor.kind is ActorKind.TOKEN else _page(), at=sight().now)


def _page() -> str:
    path = urlsplit(request.referrer or "").path
    return next((word for start, word in PAGES if path.startswith(start)), "")
