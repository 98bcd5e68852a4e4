"""Mails that do not go out: told to staff, for whoever waits for them does not know."""

from __future__ import annotations

from flask import url_for

from craftops.store.queries import notices
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.views import TodoItem


def todo(_sight: RequestContext) -> list[TodoItem]:
    """Notices that were tried and wait for the next try, the oldest first, each with what went wrong."""
    return [
        TodoItem(
            url_for("staff.order", code=one.code) if one.code else url_for("staff.customers"), one.code, one.name,
            one.error, one.since, "", None,
        )
        for one in notices.unsent()
    ]  # fmt: skip
