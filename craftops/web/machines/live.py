"""Live pages of machines: their cards, their links, what their cameras see, tests of a connection."""

from __future__ import annotations

from flask import render_template

from craftops.domain.events import Event
from craftops.domain.events import EventKind as E
from craftops.errors import AccessError
from craftops.services.machines import connection_tests
from craftops.store.queries import machine_pages
from craftops.store.views.machines import MachineView
from craftops.web.frame.live.fragments import replace
from craftops.web.frame.live.topics import NOTHING, REFRESH, LiveTopic, PageChange, of_machine, patch_of, whole
from craftops.web.frame.request_context import RequestContext, actor
from craftops.web.machines import present, present_links

OF_MACHINES = frozenset({E.MACHINE_REPORTED, E.JOB_PROGRESSED})


def _machines(event: Event, _id: int) -> PageChange:
    return NOTHING if event.kind is E.CAMERA_SEEN else patch_of(event.machine_id)


def _machine(event: Event, id_: int) -> PageChange:
    if event.machine_id != id_:
        return NOTHING
    if event.kind is E.CAMERA_SEEN:
        return PageChange(frames=frozenset({id_}))
    return patch_of(id_) if event.kind in OF_MACHINES else REFRESH


def _trial(event: Event, id_: int) -> PageChange:
    mine = event.kind is E.LINK_TRIED and event.data.get("trial") == id_
    return patch_of(id_) if mine else NOTHING


def _of_trial(event: Event) -> int | None:
    return event.data.get("trial")


def _by_key(key: str) -> int:
    actor().must_be_staff()
    row = machine_pages.machine(key)
    if row is None:
        raise AccessError
    return row.id


def _by_token(token: str) -> int:
    actor().must_be_staff()
    found = connection_tests.trial_id_of(token)
    if found is None:
        raise AccessError
    return found


def _card(id_: int, sight: RequestContext) -> str:
    row = machine_pages.machine_of(id_)
    if row is None:
        return ""
    card = present.machine_card(row, sight)
    return replace(f"machine-{row.key}", render_template("staff/_machine_card.html", card=card))


def _page(id_: int, sight: RequestContext) -> str:
    """What moves on a machine's own page: its card, its link, the sign that its first message has come."""
    row = machine_pages.machine_of(id_)
    if row is None:
        return ""
    found = _card(id_, sight)
    hand = render_template("staff/_hand.html", panel=present.hand_panel(row, sight))
    found += replace(f"hand-{row.key}", hand)
    panel = present_links.link_panel(row)
    if panel is not None:
        found += replace(f"link-{row.key}", render_template("staff/_machine_link.html", link=panel))
    return found + _arrival(row, sight)


def _arrival(row: MachineView, sight: RequestContext) -> str:
    html = render_template("staff/_arrival.html", key=row.key, arrival=present.arrival(row, sight.profile.zone))
    return replace(f"arrival-{row.key}", html)


def _arrival_of(id_: int, sight: RequestContext) -> str:
    """A credential that is shown once is on no fresh page."""
    row = machine_pages.machine_of(id_)
    return _arrival(row, sight) if row is not None else ""


def _panel(id_: int, sight: RequestContext) -> str:
    row = machine_pages.trial_of(id_)
    if row is None:
        return ""
    return replace(f"trial-{row.id}", render_template("staff/_trial.html", trial=present_links.trial_panel(row, sight)))


def _camera(id_: int, sight: RequestContext) -> str:
    row = machine_pages.machine_of(id_)
    panel = present.camera_panel(row, sight) if row is not None else None
    if panel is None:
        return ""
    return replace(f"camera-of-{panel.key}", render_template("staff/_camera.html", camera=panel))


TOPICS = (
    LiveTopic("staff-machines", "staff/machines", whole, _machines, fragment=_card, for_staff=True),
    LiveTopic(
        "staff-machine", "staff/machine", _by_key, _machine, of_machine, _page, _camera,
        beside_refresh=_arrival_of, cameras="machine", for_staff=True,
    ),
    LiveTopic("staff-trial", "staff/trial", _by_token, _trial, _of_trial, _panel, for_staff=True),
)  # fmt: skip
