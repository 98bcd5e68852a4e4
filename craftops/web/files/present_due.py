"""Files that are due to be deleted, as staff, customers and mails read it."""

from __future__ import annotations

from dataclasses import dataclass

from flask import url_for

from craftops.domain.events import Event, EventKind
from craftops.domain.files.retention import RetentionState
from craftops.domain.people.access import Actor
from craftops.services.files import retention
from craftops.store.queries import incoming, kept_files
from craftops.store.views.files import DueFiles
from craftops.store.views.orders import OrderView
from craftops.web.frame import labels
from craftops.web.frame.capability import NoticeText
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.request_context import RequestContext, current_shop, sight
from craftops.web.frame.views import TodoItem


@dataclass(frozen=True, slots=True)
class DuePanel:
    """``portal/_due.html`` and ``staff/_due.html``."""

    sentence: str
    keep_url: str
    """Empty where there is nothing to keep."""
    delete_url: str = ""
    """Empty for customers, and before the day has come."""


def _sentence(row: DueFiles, sight: RequestContext) -> str:
    day = labels.day_of_year(row.due_at, sight.profile.zone)
    if row.state == RetentionState.DELETED.value:
        return _("The design files of this order were deleted.")
    if row.state == RetentionState.KEPT.value:
        return _("The design files of this order are kept until %(day)s at least.", day=day)
    return _("The design files of this order are deleted on %(day)s.", day=day)


def portal_panel(order: OrderView, sight: RequestContext, _actor: Actor) -> DuePanel | None:
    """When the files of an ended order go, and the way to keep them. An order that is made needs no query."""
    row = retention.of_order(order) if order.stage in kept_files.ENDED_VALUES else None
    if row is None or (row.decided_at is None and row.state == RetentionState.DELETED.value):
        return None
    told = row.state == RetentionState.TOLD.value
    url = url_for("keep_files.ask_keep", token=retention.keep_token(sight.shop, row)) if told else ""
    return DuePanel(_sentence(row, sight), url)


def staff_panel(order: OrderView, sight: RequestContext, _actor: Actor) -> DuePanel | None:
    """The same for staff, who may delete them once the day has come."""
    row = retention.of_order(order) if order.stage in kept_files.ENDED_VALUES else None
    if row is None or (row.decided_at is None and row.state == RetentionState.DELETED.value):
        return None
    told = row.state == RetentionState.TOLD.value
    may = told and row.due_at <= sight.now
    since = labels.day_of_year(row.due_at, sight.profile.zone)
    said = (
        _("The design files of this order may be deleted since %(day)s.", day=since) if may else _sentence(row, sight)
    )
    return DuePanel(
        said,
        url_for("staff.keep_order_files", code=order.code) if told else "",
        url_for("staff.delete_order_files", code=order.code) if may else "",
    )


def todo(sight: RequestContext) -> list[TodoItem]:
    """Orders whose files may go now."""
    return [
        TodoItem(
            url_for("staff.order", code=row.order_code, _anchor="due"), row.order_code, row.order_title,
            _("%(name)s was told on %(day)s", name=row.customer,
              day=labels.day_of_year(row.told_at or row.due_at, sight.profile.zone)),
            row.due_at, "", None,
        )
        for row in incoming.to_delete(sight.now)
    ]  # fmt: skip


def notice_of(event: Event) -> str:
    """The kind of notice that an event is worth; empty for none."""
    return "files_due" if event.kind is EventKind.FILES_DUE and event.data.get("what") == "told" else ""


def _lead(order: OrderView | None) -> str:
    row = retention.of_order(order) if order is not None else None
    if row is None:
        return ""
    return _(
        "On %(day)s we delete the design files of this order, because it ended long ago. Invoices and what the law "
        "wants stay. If you may order it again, keep the files: one click, and they stay a year more.",
        day=labels.day_of_year(row.due_at, sight().profile.zone),
    )


def _link(order: OrderView) -> tuple[str, str]:
    row = retention.of_order(order)
    if row is None:
        return _("See your order"), ""
    token = retention.keep_token(current_shop(), row)
    return _("Keep them"), url_for("keep_files.ask_keep", token=token, _external=True)


NOTICES = {
    "files_due": NoticeText(lambda title: _("Your files will be deleted: %(title)s", title=title), _lead, _link),
}
