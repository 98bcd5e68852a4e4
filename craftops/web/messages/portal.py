"""A customer's conversations: the thread on the order page, what is new on their home, pictures of messages."""

from __future__ import annotations

from flask import Blueprint, Response, send_file, url_for

from craftops.domain.people.access import Actor
from craftops.errors import AccessError
from craftops.store.queries import messages as queries
from craftops.store.queries import scoped
from craftops.store.queries.message_pages import small_picture
from craftops.web.frame.language.translation import ngettext
from craftops.web.frame.request_context import RequestContext, actor, current_shop
from craftops.web.messages import common
from craftops.web.messages.views import UnreadCard


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    common.add_to(blueprint)
    blueprint.add_url_rule(
        f"/orders/{common.CODE}/messages/attachments/<int:attachment_id>", view_func=attachment, methods=["GET"]
    )


def attachment(code: str, attachment_id: int) -> Response:
    """The picture of a message in small: drawn by us, never what came."""
    order = scoped.order_view(actor(), code)
    small = small_picture(order.id, attachment_id)
    if not small:
        raise AccessError
    response = send_file(current_shop().files.path(small), mimetype="image/jpeg", etag=small)
    response.cache_control.private = True
    response.cache_control.max_age = 86_400
    response.cache_control.no_cache = None
    return response


def unread_panel(_sight: RequestContext, actor: Actor) -> tuple[UnreadCard, ...] | None:
    """What the shop has written and the customer has not read, order by order; None when there is nothing."""
    if actor.customer_id is None:
        return None
    return tuple(
        UnreadCard(
            one.title,
            one.code,
            url_for("portal.order", code=one.code, _anchor="messages"),
            ngettext("%(num)d new message", "%(num)d new messages", one.new),
            one.newest_at,
        )
        for one in queries.unread_of(actor.customer_id)
    ) or None  # fmt: skip
