"""Live pages of files: a verdict that comes."""

from __future__ import annotations

from flask import render_template

from craftops.domain.events import Event
from craftops.domain.events import EventKind as E
from craftops.errors import AccessError
from craftops.store.queries import files
from craftops.web.files.present_versions import mendable_card
from craftops.web.frame.live.fragments import replace
from craftops.web.frame.live.topics import NOTHING, LiveTopic, PageChange, of_customer, patch_of
from craftops.web.frame.request_context import RequestContext, account


def _files(event: Event, id_: int) -> PageChange:
    mine = event.kind is E.DESIGN_ANALYSED and event.customer_id == id_
    return patch_of(event.data.get("file_id")) if mine else NOTHING


def _mine(rest: str) -> int:
    if rest:
        raise AccessError
    return account().id


def _card(id_: int, _sight: RequestContext) -> str:
    row = files.file_of(id_)
    if row is None:
        return ""
    return replace(f"file-{row.id}", render_template("portal/_file_card.html", file=mendable_card(row)))


TOPICS = (LiveTopic("files", "files", _mine, _files, of_customer, _card),)
