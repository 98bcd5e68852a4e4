"""Whose word about the peer's address is believed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.middleware.proxy_fix import ProxyFix

WSGIApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class AtTheRoot:
    """Refuses to answer below a path of another site, in one sentence and before anything is done: addresses in
    scripts, cookies and mails begin at the root."""

    def __init__(self, app: WSGIApp) -> None:
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        prefix = environ.get("SCRIPT_NAME", "").strip("/")
        return _refused(prefix, start_response) if prefix else self._app(environ, start_response)


def _refused(prefix: str, start_response: Callable[..., Any]) -> Iterable[bytes]:
    said = "".join(ch for ch in prefix[:100] if ch.isalnum() or ch in "/-_.~")
    sentence = (
        f"CraftOps cannot live below the path /{said} of another site. Give it a host name of its own, like "
        "https://shop.example, and let the proxy pass everything on unchanged.\n"
    )
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store"),
        ("X-Content-Type-Options", "nosniff"),
    ]  # fmt: skip
    start_response("500 Internal Server Error", headers)
    return [sentence.encode()]


class KnownProxies:
    """``X-Forwarded-For`` and ``-Proto`` of ``count`` proxies count where the peer is one of ``addresses``.

    From anybody else they are a stranger's claim, and are dropped. A server behind a unix socket knows no address of
    its peer: who may write to that socket is the system's to say. The host is never believed: links use ``base_url``.
    """

    def __init__(self, app: WSGIApp, count: int, addresses: Iterable[str]) -> None:
        self._app, self._addresses = app, frozenset(addresses) | {""}
        self._behind: WSGIApp = ProxyFix(app, x_for=count, x_proto=count, x_host=0)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("REMOTE_ADDR", "") in self._addresses:
            if prefix := environ.get("HTTP_X_FORWARDED_PREFIX", "").strip("/ "):
                return _refused(prefix, start_response)
            return self._behind(environ, start_response)
        return self._app(environ, start_response)
