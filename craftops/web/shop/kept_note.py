"""What a page of the settings says of where its values come from: the file, or the browser, since when, by whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from craftops.services.shop.context import Shop
from craftops.services.shop.kept import PLUGIN
from craftops.store.queries import settings as queries


@dataclass(frozen=True, slots=True)
class KeptNote:
    """The line above a form. ``undo`` is the version that an undoing leads back to (0: the file), None for none."""

    topic: str
    place: str
    """What of ``shop.toml`` it is: "[mail]"."""
    since: datetime | None = None
    at: datetime | None = None
    by_name: str = ""
    note: str = ""
    undo: int | None = None


PLACES = {
    "catalogue": "[[materials]], [[finishes]]",
    "look": "[theme], [shop] brand",
    "mail": "[mail]",
    "files": "[files] keep_months",
    "people": "[people]",
    "making": "[making]",
    "sign_in": "[sign_in]",
    "broker": "[broker] host, port, home_assistant",
}


def place_of(topic: str) -> str:
    """The part of ``shop.toml`` that a topic takes the place of."""
    return f"[plugin.{topic.removeprefix(PLUGIN)}]" if topic.startswith(PLUGIN) else PLACES.get(topic, f"[{topic}]")


def kept_note(shop: Shop, topic: str) -> KeptNote:
    """The line of a topic."""
    versions = queries.versions_of(topic)
    if not versions:
        return KeptNote(topic, place_of(topic))
    newest = versions[0]
    since = None
    for one in versions:
        if one.body is None:
            break
        since = one.at
    before = versions[1] if len(versions) > 1 else None
    undo = before.version if before is not None and before.body is not None else 0
    return KeptNote(topic, place_of(topic), since, newest.at, newest.by_name, newest.note, undo)
