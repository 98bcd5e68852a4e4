"""Which passkey ceremony this browser has begun: a cookie of its own.

The page of the sign-in asks for one by itself, beside whatever its reader does meanwhile. An answer of it that came
after the sign-in's and brought the session's cookie along would take the new session away again.
"""

from __future__ import annotations

from flask import Response, current_app, request

from craftops.services.people.steps import LIFE


def _name() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}-passkey"


def asked(options: str, token: str) -> Response:
    """``options`` as JSON for the script of the page; ``token`` is kept by the browser as long as the step lives."""
    answer = Response(options, mimetype="application/json")
    answer.set_cookie(
        _name(), token, max_age=int(LIFE.total_seconds()), httponly=True, samesite="Strict",
        secure=current_app.config["SESSION_COOKIE_SECURE"],
    )  # fmt: skip
    return answer


def begun() -> str:
    """The token of the ceremony that this browser has begun; empty where there is none. Taking its step uses it up."""
    return request.cookies.get(_name(), "")
