"""Browsers that were let in to a mailbox before: a cookie that gives them tries of their own.

Whoever knows a mailbox can use up its tries. Its owner is not locked out by that: a browser that has signed in
before is counted apart, and any other one proves itself by a link to the mailbox. The cookie opens nothing, the
password is asked all the same (OWASP calls them "device cookies", against guessing that shuts people out).
"""

from __future__ import annotations

import secrets
from datetime import timedelta
from hashlib import sha256

from flask import Response, current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from craftops.web.frame.request_context import current_shop
from craftops.web.frame.sessions import keep_after

LASTS = timedelta(days=180)
MOST = 5
"""Mailboxes of one browser: the last ones."""


def number_for(email: str) -> str:
    """The number of this browser, if it was let in to that mailbox within ``LASTS``; empty otherwise."""
    number, known = _read()
    return number if _mark(email) in known else ""


def remember(email: str) -> None:
    """The answer to this request tells the browser that it was let in to that mailbox."""
    number, known = _read()
    marks = [_mark(email), *(one for one in known if one != _mark(email))][:MOST]
    value = _serializer().dumps([number or secrets.token_urlsafe(16), marks])

    def keep(answer: Response) -> None:
        answer.set_cookie(
            _name(), str(value), max_age=int(LASTS.total_seconds()), httponly=True, samesite="Lax",
            secure=current_app.config["SESSION_COOKIE_SECURE"],
        )  # fmt: skip

    keep_after(keep)


def _read() -> tuple[str, list[str]]:
    try:
        number, known = _serializer().loads(request.cookies.get(_name(), ""), max_age=int(LASTS.total_seconds()))
    except BadSignature:
        return "", []
    return number, known


def _mark(email: str) -> str:
    return sha256(email.strip().lower().encode()).hexdigest()[:16]


def _serializer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_shop().config.signing_keys(), salt="known-browser")


def _name() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}-known"
