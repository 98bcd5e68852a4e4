"""Whatever the shop does outside goes through its plugins: here a restored copy is kept from using them, and what
breaks in them is counted for their owner.

One place for all of it: each channel, provider and carrier is handed out behind a guard, which asks before it passes on
a call that reaches outside. So no use case, old or new, has to think of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial, wraps
from typing import Any, TypeVar, cast

from craftops.plugin_host.host import PluginHost

Guard = Callable[[], None]
"""Raises HeldBack when nothing may go out."""
Use = Callable[[Any, str, Callable[[], Any]], Any]
"""``PluginHost.use``: counts what the method of a thing does."""
Thing = TypeVar("Thing")

SENDS = frozenset({"send"})
CHARGES = frozenset({"open", "look", "find", "close", "refund", "find_refund", "changed_since"})
SHIPS = frozenset({"rates", "buy", "find", "void", "track", "request_pickup"})
FETCHES = frozenset({"fetch", "settle", "watch"})
"""Reading a mailbox changes it: the real shop would never see what a copy has taken."""


class Guarded:
    """A thing of a plugin whose named methods ask first; in all else it is that thing, also for ``isinstance``."""

    def __init__(self, thing: object, names: frozenset[str], guard: Guard, use: Use | None = None) -> None:
        object.__setattr__(self, "_guarded", (thing, names, guard, use))

    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return type(object.__getattribute__(self, "_guarded")[0])

    def __getattr__(self, name: str) -> Any:
        thing, names, guard, use = object.__getattribute__(self, "_guarded")
        found = getattr(thing, name)
        if name not in names:
            return found

        @wraps(found)
        def asked(*words: Any, **more: Any) -> Any:
            guard()
            return found(*words, **more) if use is None else use(thing, name, partial(found, *words, **more))

        return asked

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(object.__getattribute__(self, "_guarded")[0], name, value)

    def __delattr__(self, name: str) -> None:
        delattr(object.__getattribute__(self, "_guarded")[0], name)

    def __repr__(self) -> str:
        return repr(object.__getattribute__(self, "_guarded")[0])


def hold_back(host: PluginHost, guard: Guard) -> None:
    """Put the guard before everything of the plugins that reaches outside. Intake channels count for themselves: what
    breaks there breaks halfway through what they give (``tasks.channels``)."""
    host.allowed = guard
    host.notification_channels = tuple(_guarded(host.notification_channels, SENDS, guard, host.use))
    host.intake_channels = _named(host.intake_channels, FETCHES, guard)
    host.payment_providers = _named(host.payment_providers, CHARGES, guard, host.use)
    host.carriers = _named(host.carriers, SHIPS, guard, host.use)


def _guarded(things: Iterable[Thing], names: frozenset[str], guard: Guard, use: Use | None = None) -> list[Thing]:
    return [cast(Thing, Guarded(one, names, guard, use)) for one in things]


def _named(things: dict[str, Thing], names: frozenset[str], guard: Guard, use: Use | None = None) -> dict[str, Thing]:
    return dict(zip(things, _guarded(things.values(), names, guard, use), strict=True))
