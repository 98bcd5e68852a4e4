"""Changes as Turbo Streams: each fragment is rendered once and shared by all who watch it."""

from __future__ import annotations

from collections.abc import Callable

from flask import current_app
from jinja2 import Template

from craftops.web.frame.live.topics import PageChange, Topic, Topics
from craftops.web.frame.request_context import RequestContext

REFRESH = '<turbo-stream action="refresh"></turbo-stream>'


def replace(target: str, html: str) -> str:
    """Put ``html`` in the place of the element ``target``."""
    return f'<turbo-stream action="replace" method="morph" target="{target}"><template>{html}</template></turbo-stream>'


def update(target: str, html: str) -> str:
    """Put ``html`` into the element ``target``."""
    return f'<turbo-stream action="update" target="{target}"><template>{html}</template></turbo-stream>'


def template(name: str) -> Template:
    """A template without the furniture of a page."""
    return current_app.jinja_env.get_template(name)


def render(topics: Topics, topic: Topic, change: PageChange, sight: Callable[[], RequestContext]) -> str:
    """The Turbo Streams that carry ``change`` to the pages on ``topic``. Needs a request context, except for bars."""
    kind = topics[topic]
    if change.refresh:
        return kind.beside_refresh(topic.id, sight()) + REFRESH
    parts = [kind.fragment(id_, sight()) for id_ in sorted(change.patches)]
    parts += [kind.frame(id_, sight()) for id_ in sorted(change.frames)]
    return "".join([*parts, *(kind.progress(one) for one in change.gone.values())])
