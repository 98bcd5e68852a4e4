"""What one capability hands to the composition root: routes, live pages, notices, its place in the menu.

A capability is listed once, in ``app.py``, and nothing else that is central is edited for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from flask import Blueprint
from flask_babel.speaklater import LazyString
from flask_openapi3 import APIBlueprint
from pydantic import BaseModel

from craftops.domain.events import Event
from craftops.domain.people.access import Actor
from craftops.store.views.orders import OrderView
from craftops.tasks.worker import Handler, Minutely, OnEvent
from craftops.web.frame.live.topics import LiveTopic
from craftops.web.frame.request_context import RequestContext
from craftops.web.frame.views import TodoItem

NOTICES = "craftops.notices"
"""Where an app keeps the texts of its notices, by kind."""


@dataclass(frozen=True, slots=True)
class Room:
    """A blueprint of a capability's own, and who may reach it (a rule of ``security``)."""

    blueprint: Blueprint
    rule: str


@dataclass(frozen=True, slots=True)
class MenuEntry:
    """A place in the staff's menu. Lower ``position`` comes first; ``key`` opens it after "g"."""

    endpoint: str
    title: str | LazyString
    icon: str
    key: str
    position: int
    pages: tuple[str, ...] = ()
    """Endpoints on which it is shown as the current one, besides its own."""
    owner_only: bool = False
    arguments: Mapping[str, str] = field(default_factory=dict)
    """What its address needs."""
    address: str = ""
    """Where it leads, if that is no page of ours."""

    def is_current(self, endpoint: str | None, arguments: Mapping[str, object] | None) -> bool:
        """Whether the page that is shown is this one, or one of its ``pages``."""
        at_home = endpoint == self.endpoint and (not self.arguments or dict(arguments or {}) == self.arguments)
        return at_home or endpoint in self.pages


@dataclass(frozen=True, slots=True)
class SettingsEntry:
    """A page of the settings. Lower ``position`` comes first."""

    endpoint: str
    title: str | LazyString
    icon: str
    position: int
    pages: tuple[str, ...] = ()
    """Endpoints on which it is shown as the current one, besides its own."""


@dataclass(frozen=True, slots=True)
class NoticeText:
    """What a notice of one kind says. ``subject`` gets the order's title, or the shop's name where there is no order;
    ``lead`` the order, if there is one."""

    subject: Callable[[str], str]
    lead: Callable[[OrderView | None], str]
    link: Callable[[OrderView], tuple[str, str]] | None = None
    """Button and address, where it leads elsewhere than to the order's page."""


@dataclass(frozen=True, slots=True)
class OrderPanel:
    """A part that a capability adds to an order's page. Lower ``position`` comes first."""

    template: str
    """Finds what ``make`` gave as ``panel``."""
    make: Callable[[OrderView, RequestContext, Actor], object | None]
    """None: nothing to show there."""
    position: int = 50
    first: bool = False
    """Above the order itself, because it asks for something."""


@dataclass(frozen=True, slots=True)
class HomePanel:
    """A part that a capability adds to the customer's home, above their orders."""

    template: str
    make: Callable[[RequestContext, Actor], object | None]
    position: int = 50


@dataclass(frozen=True, slots=True)
class TodoKind:
    """A list of the staff's home. Lower ``position`` comes first."""

    title: LazyString
    icon: str
    empty: LazyString
    """What stands there when there is nothing to do."""
    find: Callable[[RequestContext], Sequence[TodoItem]]
    position: int = 50


@dataclass(frozen=True)
class Capability:
    """One word of ``ARCHITECTURE.md``, as the web and the worker need it."""

    name: str
    portal: tuple[Callable[[Blueprint], None], ...] = ()
    """Routes for customers: whoever is signed in may reach them."""
    staff: tuple[Callable[[Blueprint], None], ...] = ()
    """Routes for people who work here."""
    api: tuple[Callable[[APIBlueprint], None], ...] = ()
    """Routes for tokens."""
    webhooks: Mapping[str, tuple[str, type[BaseModel]]] = field(default_factory=dict)
    """What other programs are told: type -> what happened in words, and the schema of the whole body."""
    rooms: tuple[Room, ...] = ()
    public: frozenset[str] = frozenset()
    """Endpoints of the portal that anybody may reach."""
    visitors: frozenset[str] = frozenset()
    """Endpoints of the portal that somebody without an account may reach, for the files of their first order."""
    menu: tuple[MenuEntry, ...] = ()
    settings: tuple[SettingsEntry, ...] = ()
    """Its pages of the settings, for the owner."""
    portal_panels: tuple[OrderPanel, ...] = ()
    staff_panels: tuple[OrderPanel, ...] = ()
    home_panels: tuple[HomePanel, ...] = ()
    todo: Mapping[str, TodoKind] = field(default_factory=dict)
    """By key."""
    topics: tuple[LiveTopic, ...] = ()
    notices: Mapping[str, NoticeText] = field(default_factory=dict)
    """By kind."""
    notice_of: Callable[[Event], str] = lambda _event: ""
    """The kind of notice that an event is worth; empty for none."""
    work: Mapping[str, Handler] = field(default_factory=dict)
    """What the worker does for each kind of work."""
    every_minute: tuple[Minutely, ...] = ()
    """What the worker does about once a minute; quickly, and harmless when two do it."""
    on_event: OnEvent | None = None
    """What the worker does for each event, in order, once; quickly."""
