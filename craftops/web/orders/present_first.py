"""First orders of people without an account, as they and the shop see them before they are real."""

from __future__ import annotations

from flask import url_for

from craftops.domain.people.newcomers import FirstOrderState, NewCustomers
from craftops.services.orders import first_orders, welcoming
from craftops.store.queries.order_views import order_views
from craftops.store.queries.orders_again import files_of
from craftops.store.views.orders import FirstOrderView
from craftops.web.files.present import file_card, picture_url
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.language.translation import ngettext
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.views import TodoItem
from craftops.web.orders.present_parts import specification
from craftops.web.orders.views import FirstLine, FirstOrderPage, NewcomerPage


def _lines(row: FirstOrderView, sight: RequestContext, *, for_staff: bool) -> tuple[FirstLine, ...]:
    drafts = first_orders.lines_of(row)
    files = files_of(one.file_id for one in drafts if one.file_id is not None)
    found = []
    for draft in drafts:
        file = files.get(draft.file_id or 0)
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


def _delivery(row: FirstOrderView) -> str:
    return _("Pickup") if row.delivery == "pickup" else _("Shipping")


def first_page(row: FirstOrderView, token: str, sight: RequestContext, signed_in: int | None) -> FirstOrderPage:
    """The page behind the link of the mail."""
    asked = row.state == FirstOrderState.ASKED.value
    owner = welcoming.needs_sign_in(row) if asked else None
    here = url_for("first.confirm", token=token)
    code = next((one.code for one in order_views([row.order_id] if row.order_id else [])), "")
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
        order_url=url_for("portal.order", code=code) if code else "",
    )


def newcomer_page(row: FirstOrderView, sight: RequestContext) -> NewcomerPage:
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
