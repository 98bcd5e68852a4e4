"""Live pages: one stream a page, from the outbox, held by one thread for all of them."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, current_app, request
from flask_login import current_user

from craftops.errors import AccessError
from craftops.services.machines import connection_tests
from craftops.store.models import MachineRow
from craftops.store.queries import scoped
from craftops.web.frame.live.connection import Connection, QueueConnection, SocketConnection, take_socket
from craftops.web.frame.live.hub import Hub, Subscription
from craftops.web.frame.live.topics import Topic
from craftops.web.frame.request_context import account, actor

blueprint = Blueprint("live", __name__)
EXTENSION = "craftops.live"


def install(app: Flask) -> None:
    """Make the hub; its thread starts with the first stream, in the process that serves it."""
    app.extensions[EXTENSION] = Hub(app)


def topic_of(page: str) -> Topic:
    """What a page wants to hear of. Raises AccessError for what is not theirs."""
    kind, _slash, rest = page.partition("/")
    if kind == "order" and rest:
        return Topic("order", scoped.order(actor(), rest).id)
    if kind == "orders":
        return Topic("customer", account().id)
    if kind == "files":
        return Topic("files", account().id)
    if kind == "staff":
        actor().must_be_staff()
        return _staff_topic(rest)
    raise AccessError


def _staff_topic(page: str) -> Topic:
    kind, _slash, rest = page.partition("/")
    if kind in ("home", "board", "schedule", "machines") and not rest:
        return Topic(f"staff-{kind}", 0)
    if kind == "order":
        return Topic("staff-order", scoped.order(actor(), rest).id)
    if kind == "machine":
        row = MachineRow.get_or_none(MachineRow.key == rest)
        if row is not None:
            return Topic("staff-machine", row.id)
    if kind == "trial":
        trial = connection_tests.find_trial(rest)
        if trial is not None:
            return Topic("staff-trial", trial.id)
    raise AccessError


@blueprint.get("/live")
def stream() -> Response:
    """``?page=…&seen=<event>``: server-sent events, each a Turbo Stream, from the event after ``seen`` on."""
    topic = topic_of(request.args.get("page", ""))
    said = request.headers.get("Last-Event-ID") or request.args.get("seen", "")
    seen = int(said) if said.isdigit() else None
    hub: Hub = current_app.extensions[EXTENSION]
    socket = take_socket(request.environ)
    connection: Connection = SocketConnection(socket) if socket is not None else QueueConnection()
    hub.add(Subscription(topic, connection, current_user.token, seen))
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


__all__ = ["blueprint", "close", "install"]
