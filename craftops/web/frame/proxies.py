"""Whose word about the peer's address is believed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from werkzeug.middleware.proxy_fix import ProxyFix

WSGIApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


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
            return self._behind(environ, start_response)
        return self._app(environ, start_response)
