"""For supervisors and proxies: is this process alive, and is it able to serve?"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any

from flask import Blueprint, Response, jsonify

from craftops.errors import CraftOpsError
from craftops.services.shop.context import Shop
from craftops.store import migrating
from craftops.store.queries import shop_pages
from craftops.web.frame.proxies import WSGIApp
from craftops.web.frame.request_context import current_shop

blueprint = Blueprint("health", __name__)


class Pulse:
    """Answers ``/healthz`` before anything else is asked: 200 when the database answers, else 503.

    A supervisor and every proxy ask it all the time, and of a process that is too busy for a page they ask most: no
    session, no language, no rule and no header of a page stand before it. It says nothing about the shop.
    """

    def __init__(self, app: WSGIApp, shop: Shop) -> None:
        self._app, self._shop = app, shop

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("PATH_INFO") != "/healthz" or environ.get("REQUEST_METHOD") not in ("GET", "HEAD"):
            return self._app(environ, start_response)
        if not shop_pages.answers():
            return _told("503 Service Unavailable", b'{"status":"no database"}\n', environ, start_response)
        demo = b"true" if self._shop.is_demo else b"false"
        return _told("200 OK", b'{"demo":%s,"status":"ok"}\n' % demo, environ, start_response)


def _told(status: str, body: bytes, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    headers = [
        ("Content-Type", "application/json"), ("Content-Length", str(len(body))), ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"), ("X-Robots-Tag", "noindex, nofollow, noarchive"),
        ("Content-Security-Policy", "default-src 'none'"),
    ]  # fmt: skip
    start_response(status, headers)
    return [b"" if environ["REQUEST_METHOD"] == "HEAD" else body]


@blueprint.get("/readyz")
def readyz() -> Response:
    """200 when requests may be sent here: the database fits this program, and files can be stored. Else 503."""
    checks = {"database": _database(), "files": _files(current_shop())}
    ready = set(checks.values()) == {"ok"}
    response = jsonify({"status": "ready" if ready else "not ready", **checks})
    response.status_code = 200 if ready else 503
    return response


def _database() -> str:
    try:
        migrating.must_fit()
    except CraftOpsError:
        return "other schema"
    return "ok"


def _files(shop: Shop) -> str:
    folder = shop.config.data
    return "ok" if os.access(folder, os.W_OK) and os.statvfs(folder).f_bavail else "not writable"
