"""The one table: what went wrong -> status, page, JSON."""

from __future__ import annotations

import logging

from flask import Flask, Response, jsonify, make_response, render_template, request
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from craftops.errors import (
    AccessError,
    CraftOpsError,
    IntakeError,
    OutsideError,
    RuleError,
    SignInRefused,
    TooManyTries,
    UploadBusy,
    UploadDamaged,
    UploadTooLong,
)
from craftops.web.frame.language.told import told
from craftops.web.frame.language.translation import gettext as _

log = logging.getLogger("craftops.web")

STATUS: tuple[tuple[type[CraftOpsError], int], ...] = (
    (UploadBusy, 423),
    (UploadDamaged, 460),
    (UploadTooLong, 413),
    (TooManyTries, 429),
    (IntakeError, 422),
    (RuleError, 409),
    (SignInRefused, 422),
    (AccessError, 404),
    (OutsideError, 503),
    (CraftOpsError, 500),
)


def status_of(error: CraftOpsError) -> int:
    """The HTTP status of an error. What is not theirs does not exist for customers; people who work here get 403."""
    if isinstance(error, AccessError) and getattr(current_user, "is_staff", False):
        return 403
    return next(status for family, status in STATUS if isinstance(error, family))


def _titles(status: int) -> tuple[str, str]:
    return {
        400: (
            _("That did not arrive well"),
            _("Go back, reload the page and send it again. What you typed is still there."),
        ),
        403: (_("That is not yours to do"), _("Ask the owner of the shop.")),
        404: (_("There is nothing here"), _("The address may be mistyped, or it belongs to somebody else.")),
        405: (_("That page is not for opening"), _("Go back and use the button.")),
        409: (_("That does not go now"), ""),
        412: (_("That is another version of the protocol"), _("We speak tus 1.0.0.")),
        413: (_("That is too large"), _("Send a smaller file.")),
        415: (_("That is not how a piece is sent"), _("Send it as application/offset+octet-stream.")),
        422: (_("Something is missing"), ""),
        423: (_("Somebody is at it"), ""),
        460: (_("That was damaged on its way"), ""),
        429: (_("A moment, please"), _("Too many tries. Wait a few minutes.")),
        503: (_("Something outside does not answer"), _("Nothing is lost. Try again in a minute.")),
    }.get(
        status,
        (
            _("Something broke on our side"),
            _("Nothing you sent is lost. We have written it down; try again in a minute."),
        ),
    )


def wants_json() -> bool:
    """The API always, an upload script too."""
    if request.path.startswith("/api/") or "Tus-Resumable" in request.headers:
        return True
    return request.accept_mimetypes.best == "application/json"


def answer(status: int, sentence: str, *, instead: str = "", fields: dict[str, str] | None = None) -> Response:
    """An error as JSON (RFC 9457) or as a page."""
    title, advice = _titles(status)
    sentence, instead = told(sentence), told(instead)
    fields = {name: told(fault) for name, fault in (fields or {}).items()}
    if wants_json():
        body = {"type": "about:blank", "title": str(title), "status": status, "detail": sentence or str(advice)}
        if instead:
            body["instead"] = instead
        if fields:
            body["fields"] = fields
        response = jsonify(body)
        response.status_code = status
        response.mimetype = "application/problem+json"
        return response
    page = render_template("problem.html", status=status, title=title, sentence=sentence, instead=instead or advice)
    return make_response(page, status)


def answer_of(error: CraftOpsError) -> Response:
    """One of our own errors as JSON or as a page."""
    status = status_of(error)
    if status >= 500:
        log.error("%s %s: %s", request.method, request.path, error.sentence)
    if isinstance(error, AccessError) and current_user and current_user.is_authenticated:
        log.warning("refused: %s %s, to account %s", request.method, request.endpoint, current_user.account.id)
    sentence = "" if isinstance(error, AccessError) and status == 404 else error.sentence
    return answer(status, sentence, instead=getattr(error, "instead", ""), fields=getattr(error, "fields", None))


def install(app: Flask) -> None:
    """Register the table."""

    @app.errorhandler(CraftOpsError)
    def on_ours(error: CraftOpsError) -> Response:
        return answer_of(error)

    @app.errorhandler(CSRFError)
    def on_forged(error: CSRFError) -> Response:
        return answer(400, _("The page was open for too long, or the form did not come from this site."))

    @app.errorhandler(HTTPException)
    def on_http(error: HTTPException) -> Response:
        if error.code is None or error.code < 400:
            return make_response(error.get_response())
        response = answer(error.code, "")
        for name, value in error.get_headers():
            if name.lower() in ("allow", "retry-after"):
                response.headers[name] = value
        return response

    @app.errorhandler(Exception)
    def on_bug(error: Exception) -> Response:
        log.exception("%s %s", request.method, request.path)
        return answer(500, "")
