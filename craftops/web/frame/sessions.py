"""The signed cookie, read as Flask reads it, without deriving its key at each request.

A browser sends the same cookie with each of its requests: one whose signature was good is known again by its text.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Flask, Request, Response, g
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from itsdangerous import BadSignature, URLSafeTimedSerializer

KEPT = 1024
"""Cookies of one process."""


def keep_after(keep: Callable[[Response], object]) -> None:
    """Write another cookie into the answer to this request, behind the session's: there are programs that take the
    first one for the whole of them."""
    g.setdefault("kept_after", []).append(keep)


class QuickSessions(SecureCookieSessionInterface):
    """Sessions of one app."""

    def __init__(self) -> None:
        self._serializers: dict[Any, URLSafeTimedSerializer] = {}
        self._good: OrderedDict[str, tuple[float, dict[str, Any]]] = OrderedDict()

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """Made once for each key. The key of before a rotation counts until its moment, however long we run."""
        until = app.config.get("SECRET_KEY_FALLBACKS_UNTIL")
        if until is not None and datetime.now(UTC) >= until:
            app.config.update(SECRET_KEY_FALLBACKS=[], SECRET_KEY_FALLBACKS_UNTIL=None)
        key = (app.secret_key, tuple(app.config["SECRET_KEY_FALLBACKS"] or ()))
        found = self._serializers.get(key)
        if found is None:
            made = super().get_signing_serializer(app)
            if made is None:
                return None
            self._good.clear()
            self._serializers = {key: made}
            found = made
        return found

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of a request; an empty one where its cookie is missing, forged or too old."""
        serializer = self.get_signing_serializer(app)
        if serializer is None:
            return None
        cookie = request.cookies.get(self.get_cookie_name(app))
        if not cookie:
            return self.session_class()
        known = self._good.get(cookie)
        if known is None:
            known = self._read(serializer, cookie)
        if known is None or not 0 <= int(time.time()) - known[0] <= app.permanent_session_lifetime.total_seconds():
            return self.session_class()
        return self.session_class(known[1])

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """The session's cookie, then what else is to be kept (``keep_after``)."""
        super().save_session(app, session, response)
        for keep in g.pop("kept_after", ()):
            keep(response)

    def _read(self, serializer: URLSafeTimedSerializer, cookie: str) -> tuple[float, dict[str, Any]] | None:
        try:
            data, signed_at = serializer.loads(cookie, return_timestamp=True)
        except BadSignature:
            return None
        found = (signed_at.timestamp(), data)
        if all(isinstance(value, (str, int, type(None))) for value in data.values()):  # what nobody can change
            self._good[cookie] = found
            while len(self._good) > KEPT:
                self._good.popitem(last=False)
        return found
