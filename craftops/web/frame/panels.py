"""What capabilities add to pages of others: parts of the order page and of both homes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import cast

from flask import Flask, current_app

from craftops.domain.people.access import Actor
from craftops.store.together import together
from craftops.store.views.orders import OrderView
from craftops.web.frame.capability import Capability, HomePanel, OrderPanel, TodoKind
from craftops.web.frame.request_context import RequestContext

EXTENSION = "craftops.panels"


@dataclass(frozen=True, slots=True)
class Panels:
    """All of them, each kind in its order."""

    portal: tuple[OrderPanel, ...]
    staff: tuple[OrderPanel, ...]
    home: tuple[HomePanel, ...]
    todo: Mapping[str, TodoKind]


@dataclass(frozen=True, slots=True)
class ShownPanel:
    """One on a page: its template finds ``view`` as ``panel``."""

    template: str
    view: object
    first: bool = False


def install(app: Flask, capabilities: Iterable[Capability]) -> None:
    """Gather what the capabilities hand over. Raises ValueError for two to-do lists of one name."""
    ones = tuple(capabilities)
    todo: dict[str, TodoKind] = {}
    for one in ones:
        if doubled := todo.keys() & one.todo.keys():
            raise ValueError(f"There are two to-do lists called {min(doubled)!r}.")
        todo |= one.todo
    app.extensions[EXTENSION] = Panels(
        tuple(sorted((part for one in ones for part in one.portal_panels), key=lambda part: part.position)),
        tuple(sorted((part for one in ones for part in one.staff_panels), key=lambda part: part.position)),
        tuple(sorted((part for one in ones for part in one.home_panels), key=lambda part: part.position)),
        dict(sorted(todo.items(), key=lambda item: item[1].position)),
    )


def _all() -> Panels:
    return cast(Panels, current_app.extensions[EXTENSION])


def order_questions(page: str, order: OrderView, sight: RequestContext, actor: Actor) -> AbstractContextManager[None]:
    """Within it a page of one order asks together what it asks (``store.together``); ``page``: which of them."""
    facts = {"order": order.id, "customer": order.customer_id, "reader": actor.id or 0}
    return together(page, now=sight.now, **facts)


def home_questions(sight: RequestContext, actor: Actor) -> AbstractContextManager[None]:
    """The same of the customer's home."""
    return together("home", now=sight.now, customer=actor.customer_id or 0, reader=actor.id or 0)


def order_panels(order: OrderView, sight: RequestContext, actor: Actor, *, for_staff: bool) -> tuple[ShownPanel, ...]:
    """What stands on an order's page besides the order itself."""
    parts = _all().staff if for_staff else _all().portal
    made = [(part, part.make(order, sight, actor)) for part in parts]
    return tuple(ShownPanel(part.template, view, part.first) for part, view in made if view is not None)


def home_panels(sight: RequestContext, actor: Actor) -> tuple[ShownPanel, ...]:
    """What stands on the customer's home above their orders."""
    made = [(part.template, part.make(sight, actor)) for part in _all().home]
    return tuple(ShownPanel(template, view) for template, view in made if view is not None)


def todo_kinds() -> Mapping[str, TodoKind]:
    """The lists of the staff's home by key, in their order."""
    return _all().todo
