"""Changes as Turbo Streams: each fragment is rendered once and shared by all who watch it."""

from __future__ import annotations

from collections.abc import Callable

from flask import current_app, render_template
from jinja2 import Template

from craftops.store.models import AccountRow, DesignFileRow, LinkTrialRow, MachineRow, OrderRow
from craftops.web.files.present_versions import mendable_card
from craftops.web.frame.live.topics import PageChange, ProgressUpdate, Topic
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.template_globals import age_tag
from craftops.web.machines import present as machines_present
from craftops.web.machines import present_links
from craftops.web.machines.present import camera_panel, hand_panel, shared_camera
from craftops.web.orders import present as orders_present
from craftops.web.orders import present_staff

REFRESH = '<turbo-stream action="refresh"></turbo-stream>'


def _replace(target: str, html: str) -> str:
    return f'<turbo-stream action="replace" method="morph" target="{target}"><template>{html}</template></turbo-stream>'


def _update(target: str, html: str) -> str:
    return f'<turbo-stream action="update" target="{target}"><template>{html}</template></turbo-stream>'


def _order_row(id_: int) -> OrderRow | None:
    row: OrderRow | None = OrderRow.select(OrderRow, AccountRow).join(AccountRow).where(OrderRow.id == id_).first()
    return row


def _tracker(id_: int, sight: RequestContext) -> str:
    row = _order_row(id_)
    if row is None:
        return ""
    html = render_template("portal/_tracker.html", tracker=orders_present.tracker(row, sight))
    return _replace(f"tracker-{row.code}", html)


def _card(id_: int, sight: RequestContext) -> str:
    row = _order_row(id_)
    if row is None:
        return ""
    return _replace(
        f"card-{row.code}", render_template("portal/_order_card.html", card=orders_present.order_card(row, sight))
    )


def _file(id_: int, _sight: RequestContext) -> str:
    row = DesignFileRow.get_or_none(DesignFileRow.id == id_)
    if row is None:
        return ""
    return _replace(f"file-{row.id}", render_template("portal/_file_card.html", file=mendable_card(row)))


def _board(id_: int, sight: RequestContext) -> str:
    row = _order_row(id_)
    if row is None:
        return ""
    return _replace(
        f"board-{row.code}", render_template("staff/_board_card.html", card=present_staff.board_card(row, sight))
    )


def _staff_order(id_: int, sight: RequestContext) -> str:
    row = _order_row(id_)
    if row is None:
        return ""
    html = render_template("staff/_order_live.html", live=present_staff.order_live(row, sight))
    return _replace(f"staff-order-{row.code}", html)


def _machine(id_: int, sight: RequestContext) -> str:
    row = MachineRow.get_or_none(MachineRow.id == id_)
    if row is None:
        return ""
    card = machines_present.machine_card(row, sight)
    return _replace(f"machine-{row.key}", render_template("staff/_machine_card.html", card=card))


def _one_machine(id_: int, sight: RequestContext) -> str:
    """What moves on a machine's own page: its card, its link, the sign that its first message has come."""
    row = MachineRow.get_or_none(MachineRow.id == id_)
    if row is None:
        return ""
    found = _machine(id_, sight)
    found += _replace(f"hand-{row.key}", render_template("staff/_hand.html", panel=hand_panel(row, sight)))
    panel = present_links.link_panel(row)
    if panel is not None:
        found += _replace(f"link-{row.key}", render_template("staff/_machine_link.html", link=panel))
    return found + _arrival(row, sight)


def _arrival(row: MachineRow, sight: RequestContext) -> str:
    html = render_template(
        "staff/_arrival.html", key=row.key, arrival=machines_present.arrival(row, sight.profile.zone)
    )
    return _replace(f"arrival-{row.key}", html)


def _trial(id_: int, sight: RequestContext) -> str:
    row = LinkTrialRow.get_or_none(LinkTrialRow.id == id_)
    if row is None:
        return ""
    html = render_template("staff/_trial.html", trial=present_links.trial_panel(row, sight))
    return _replace(f"trial-{row.id}", html)


def _order_camera(id_: int, _sight: RequestContext) -> str:
    row = _order_row(id_)
    camera = shared_camera(row, orders_present.live_jobs(row)) if row is not None else None
    if row is None or camera is None:
        return ""
    return _replace(f"camera-{row.code}", render_template("portal/_camera.html", camera=camera))


def _machine_camera(id_: int, sight: RequestContext) -> str:
    row = MachineRow.get_or_none(MachineRow.id == id_)
    panel = camera_panel(row, sight) if row is not None else None
    if panel is None:
        return ""
    return _replace(f"camera-of-{panel.key}", render_template("staff/_camera.html", camera=panel))


FRAMES: dict[str, Callable[[int, RequestContext], str]] = {"order": _order_camera, "staff-machine": _machine_camera}

RENDER: dict[str, Callable[[int, RequestContext], str]] = {
    "order": _tracker,
    "customer": _card,
    "files": _file,
    "staff-order": _staff_order,
    "staff-board": _board,
    "staff-machines": _machine,
    "staff-machine": _one_machine,
    "staff-trial": _trial,
}


def _bar(gone: ProgressUpdate) -> str:
    """The bar of an order page, and the age of what it rests on. Nothing is read for it: it moves most of all."""
    html = _template("portal/_bar.html").render(code=gone.order, percent=gone.percent)
    age = age_tag(gone.at, gone.at)
    return _replace(f"bar-{gone.order}", html) + _update(f"as-of-{gone.order}", age)


def _percent(gone: ProgressUpdate) -> str:
    return _update(f"percent-{gone.order}", f"{gone.percent} %")


GONE: dict[str, Callable[[ProgressUpdate], str]] = {"order": _bar, "customer": _percent}


def _template(name: str) -> Template:
    return current_app.jinja_env.get_template(name)


def render(topic: Topic, change: PageChange, sight: Callable[[], RequestContext]) -> str:
    """The Turbo Streams that carry ``change`` to the pages on ``topic``. Needs a request context, except for bars."""
    if change.refresh and topic.kind == "staff-machine":  # a credential that is shown once is on no fresh page
        row = MachineRow.get_or_none(MachineRow.id == topic.id)
        return (_arrival(row, sight()) if row is not None else "") + REFRESH
    if change.refresh:
        return REFRESH
    patches = [RENDER[topic.kind](id_, sight()) for id_ in sorted(change.patches)]
    patches += [FRAMES[topic.kind](id_, sight()) for id_ in sorted(change.frames)]
    return "".join([*patches, *(GONE[topic.kind](one) for one in change.gone.values())])
