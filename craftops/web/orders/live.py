"""Live pages of orders: what an event means to them, and the fragments that change."""

from __future__ import annotations

from flask import render_template

from craftops.domain.events import FOR_STAFF, Event
from craftops.domain.events import EventKind as E
from craftops.errors import AccessError
from craftops.store.queries import order_lists, scoped
from craftops.store.queries.order_views import order_views
from craftops.store.views.orders import OrderView
from craftops.web.frame.live.fragments import replace, template, update
from craftops.web.frame.live.topics import (
    FLOOR,
    MONEY,
    NOTHING,
    QUIET,
    REFRESH,
    TALK,
    LiveTopic,
    PageChange,
    ProgressUpdate,
    of_customer,
    of_order,
    patch_of,
    quiet,
    whole,
)
from craftops.web.frame.request_context import RequestContext, account, actor
from craftops.web.frame.template_globals import age_tag
from craftops.web.machines.present import shared_camera
from craftops.web.orders import present, present_staff


def _order(event: Event, id_: int) -> PageChange:
    if event.kind is E.SHOP_CHANGED:
        return REFRESH
    if event.order_id != id_ or event.kind in FOR_STAFF:
        return NOTHING
    if event.kind is E.MESSAGES_READ:
        return REFRESH if event.data["side"] == "shop" else NOTHING
    if event.kind in QUIET:
        return quiet(event)
    if event.kind is E.CAMERA_SEEN:
        return PageChange(frames=frozenset({id_}))
    return NOTHING if event.kind is E.MACHINE_REPORTED else REFRESH


def _staff_order(event: Event, id_: int) -> PageChange:
    if event.order_id == id_ and event.kind in TALK | MONEY:
        return REFRESH
    change = _order(event, id_) if event.kind is not E.CAMERA_SEEN else NOTHING
    return patch_of(id_) if change.gone else change


def _customer(event: Event, id_: int) -> PageChange:
    if event.customer_id != id_ or event.order_id is None:
        return NOTHING
    if event.kind in FOR_STAFF:
        return NOTHING
    return quiet(event) if event.kind in QUIET else REFRESH


def _board(event: Event, _id: int) -> PageChange:
    if event.kind in QUIET:
        return patch_of(event.order_id)
    return REFRESH if event.kind in FLOOR and event.kind is not E.MACHINE_CHANGED else NOTHING


def _home(event: Event, _id: int) -> PageChange:
    return REFRESH if event.kind in FLOOR | TALK | MONEY else NOTHING


def _guest_order(event: Event, id_: int) -> PageChange:
    """The page behind a link shows less, and no camera."""
    if event.kind in (E.CAMERA_SEEN, E.MESSAGES_READ):
        return NOTHING
    return _order(event, id_)


def _own(code: str) -> int:
    return scoped.order(actor(), code).id if code else _nobodys()


def _nobodys() -> int:
    raise AccessError


def _of_nobody(_rest: str) -> int:
    """Pages behind links are followed by their own address, with the token."""
    raise AccessError


def _mine(rest: str) -> int:
    return account().id if not rest else _nobodys()


def _of_staff(code: str) -> int:
    actor().must_be_staff()
    return _own(code)


def _order_of(id_: int) -> OrderView | None:
    return next(iter(order_views([id_])), None)


def _tracker(id_: int, sight: RequestContext) -> str:
    row = _order_of(id_)
    if row is None:
        return ""
    html = render_template("portal/_tracker.html", tracker=present.tracker(row, sight))
    return replace(f"tracker-{row.code}", html)


def _card(id_: int, sight: RequestContext) -> str:
    order = order_lists.listed_order(id_)
    if order is None:
        return ""
    card = present.listed_card(order, order_lists.jobs_of([order.id]).get(order.id, ()), sight)
    return replace(f"card-{order.code}", render_template("portal/_order_card.html", card=card))


def _board_card(id_: int, sight: RequestContext) -> str:
    found = list(order_lists.floor_orders([id_]).values())
    html = (render_template("staff/_board_card.html", card=one) for one in present_staff.board_cards(found, sight))
    return "".join(replace(f"board-{one.code}", part) for one, part in zip(found, html, strict=True))


def _staff_view(id_: int, sight: RequestContext) -> str:
    row = _order_of(id_)
    if row is None:
        return ""
    html = render_template("staff/_order_live.html", live=present_staff.order_live(row, sight))
    return replace(f"staff-order-{row.code}", html)


def _camera(id_: int, _sight: RequestContext) -> str:
    row = _order_of(id_)
    camera = shared_camera(row, present.live_jobs(row)) if row is not None else None
    if row is None or camera is None:
        return ""
    return replace(f"camera-{row.code}", render_template("portal/_camera.html", camera=camera))


def _bar(gone: ProgressUpdate) -> str:
    """The bar of an order page, and the age of what it rests on."""
    html = template("portal/_bar.html").render(code=gone.order, percent=gone.percent, moving=gone.moving)
    age = age_tag(gone.at, gone.at)
    return replace(f"bar-{gone.order}", html) + update(f"as-of-{gone.order}", age)


def _percent(gone: ProgressUpdate) -> str:
    html = template("portal/_percent.html").render(code=gone.order, percent=gone.percent, moving=gone.moving)
    return replace(f"percent-{gone.order}", html)


TOPICS = (
    LiveTopic("order", "order", _own, _order, of_order, _tracker, _camera, _bar, cameras="order"),
    LiveTopic("guest-order", "guest", _of_nobody, _guest_order, of_order, _tracker, progress=_bar),
    LiveTopic("customer", "orders", _mine, _customer, of_customer, _card, progress=_percent),
    LiveTopic("staff-order", "staff/order", _of_staff, _staff_order, of_order, _staff_view, for_staff=True),
    LiveTopic("staff-board", "staff/board", whole, _board, fragment=_board_card, for_staff=True),
    LiveTopic("staff-home", "staff/home", whole, _home, for_staff=True),
)
