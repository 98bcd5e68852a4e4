"""Live pages: one stream a page, from the outbox, held by one thread for all of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Flask, Response, current_app, request
from flask_login import current_user

from craftops.web.frame import problems
from craftops.web.frame.language.templates import language
from craftops.web.frame.language.translation import gettext as _
from craftops.web.frame.live.connection import Connection, QueueConnection, SocketConnection, take_socket
from craftops.web.frame.live.hub import Hub, Subscription, is_signed_in
from craftops.web.frame.live.topics import Topic, Topics
from craftops.web.frame.request_context import account

blueprint = Blueprint("live", __name__)
EXTENSION = "craftops.live"
MOST_OF_A_CUSTOMER, MOST_OF_STAFF = 50, 1000
"""Open pages of one account. One more gets 429: its browser asks no more, and it stays as it was loaded."""
EVENT_ID = re.compile(r"[0-9]{1,18}")


def install(app: Flask, topics: Topics) -> None:
    """Make the hub; its thread starts with the first stream, in the process that serves it."""
    app.extensions[EXTENSION] = Hub(app, topics)


@blueprint.get("/live")
def stream() -> Response:
    """``?page=…&seen=<event>``: server-sent events, each a Turbo Stream, from the event after ``seen`` on."""
    hub: Hub = current_app.extensions[EXTENSION]
    topic = hub.topics.topic_of(request.args.get("page", ""))
    most = MOST_OF_STAFF if current_user.is_staff else MOST_OF_A_CUSTOMER
    return follow(topic, token=current_user.token, holder=account().id, most=most)


def follow(
    topic: Topic, *, token: str, holder: int, most: int, is_good: Callable[[str, datetime], bool] = is_signed_in
) -> Response:
    """A stream of ``topic`` for whoever holds ``token``, as long as that ``is_good``; ``most`` pages of one holder."""
    hub: Hub = current_app.extensions[EXTENSION]
    said = request.headers.get("Last-Event-ID") or request.args.get("seen", "")
    seen = int(said) if EVENT_ID.fullmatch(said) else None
    if hub.is_full(holder, most):
        return problems.answer(429, _("So many of your pages are open that this one does not move by itself."))
    socket = take_socket(request.environ)
    connection: Connection = SocketConnection(socket) if socket is not None else QueueConnection()
    hub.add(Subscription(topic, connection, token, seen, language(), holder, is_good))
    if isinstance(connection, QueueConnection):
        return Response(
            connection.chunks(),
            mimetype="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        )
    return Response(status=204)


def close(app: Flask) -> None:
    """End the hub and its streams (tests, a clean stop)."""
    hub: Hub = app.extensions[EXTENSION]
    hub.close()


__all__ = ["blueprint", "close", "follow", "install"]
