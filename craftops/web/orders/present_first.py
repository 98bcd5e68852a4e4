"""First orders of people without an account, as they and the shop see them before they are real."""

from __future__ import annotations

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from craftops.domain.people.newcomers import FirstOrderState, NewCustomers
from craftops.services.orders import first_orders, welcoming
from craftops.store.models import DesignFileRow, FirstOrderRow
from craftops.web.files.present import file_card, picture_url
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.views import TodoItem
from craftops.web.orders.present_parts import specification
from craftops.web.orders.views import FirstLine, FirstOrderPage, NewcomerPage


def _lines(row: FirstOrderRow, sight: RequestContext, *, for_staff: bool) -> tuple[FirstLine, ...]:
    drafts = first_orders.lines_of(row)
    files = {one.id: one for one in DesignFileRow.select().where(DesignFileRow.id.in_([d.file_id for d in drafts]))}
    found = []
    for draft in drafts:
        file = files.get(draft.file_id)
        found.append(
            FirstLine(
                name=file.name if file else _("A file that is gone"),
                quantity=str(draft.quantity),
                specification=specification(draft, sight.catalogue),
                instructions=draft.instructions,
                picture_url=picture_url(file) if for_staff else "",
                verdict=file_card(file).sentence if file and for_staff else "",
                view_url=url_for("portal.view", file_id=file.id) if file and for_staff and file.picture_sha else "",
            )
        )
    return tuple(found)


def _delivery(row: FirstOrderRow) -> str:
    return _("Pickup") if row.delivery == "pickup" else _("Shipping")


def first_page(row: FirstOrderRow, token: str, sight: RequestContext, signed_in: int | None) -> FirstOrderPage:
    """The page behind the link of the mail."""
    asked = row.state == FirstOrderState.ASKED.value
    owner = welcoming.needs_sign_in(row) if asked else None
    here = url_for("first.confirm", token=token)
    return FirstOrderPage(
        state=row.state,
        token=token,
        title=row.title,
        name=row.name,
        email=row.email,
        lines=_lines(row, sight, for_staff=False) if asked else (),
        delivery=_delivery(row),
        by_approval=owner is None and first_orders.policy(sight.shop) is NewCustomers.BY_APPROVAL,
        sign_in_url=url_for("signin.sign_in", next=here) if owner is not None and owner.id != signed_in else "",
        order_url=url_for("portal.order", code=row.order.code) if row.order is not None else "",
    )


def newcomer_page(row: FirstOrderRow, sight: RequestContext) -> NewcomerPage:
    """The same for the shop, which decides."""
    lines = _lines(row, sight, for_staff=True)
    return NewcomerPage(row.id, row.name, row.email, row.title, lines, _delivery(row), row.touched_at)


def todo(_sight: RequestContext) -> list[TodoItem]:
    """New customers who ask."""
    found = []
    for row in first_orders.all_waiting():
        count = len(row.lines or ())
        note = f"{row.email} · {ngettext('%(num)d part', '%(num)d parts', count)}"
        url = url_for("staff.newcomer", first_id=row.id)
        found.append(TodoItem(url, str(row.id), row.name, note, row.touched_at, "", None))
    return found
