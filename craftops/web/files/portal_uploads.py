"""Files in pieces: tus 1.0.0 (creation, checksum, termination, expiration); a cut connection costs one piece at most.

The protocol: https://tus.io/protocols/resumable-upload. The forged-form guard holds here as everywhere: POST, PATCH and
DELETE carry ``X-CSRFToken``.
"""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from typing import IO

from flask import Blueprint, Response, abort, jsonify, render_template, request, url_for
from werkzeug.exceptions import BadRequest, ClientDisconnected
from werkzeug.http import http_date

from craftops.errors import IntakeError, WrongOffset
from craftops.services.files import uploading
from craftops.services.files.uploading import CHECKSUMS, Piece
from craftops.web.frame.numbers import is_number
from craftops.web.frame.problems import answer
from craftops.web.frame.request_context import account, actor, current_shop, sight
from craftops.web.frame.security import takes_files
from craftops.web.orders.present_new import blank_line, material_choices

blueprint = Blueprint("uploads", __name__, url_prefix="/uploads")
VERSION = "1.0.0"
EXTENSIONS = "creation,checksum,termination,expiration"
PIECE_TYPE = "application/offset+octet-stream"
QUIET_AT_MOST_S = 30
"""A sender that says nothing for so long is gone: its thread and its hold on the upload are given back."""


class _Arriving:
    """The body of a request; OSError when its sender is gone."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        socket = request.environ.get("gunicorn.socket")
        if socket is not None:
            socket.settimeout(QUIET_AT_MOST_S)

    def read(self, size: int, /) -> bytes:
        try:
            return self._stream.read(size)
        except ClientDisconnected as error:
            raise ConnectionError from error


@blueprint.after_request
def name_the_version(response: Response) -> Response:
    """Every answer says what we speak, refusals too."""
    response.headers["Tus-Resumable"] = VERSION
    if response.status_code == 412:
        response.headers["Tus-Version"] = VERSION
    if response.status_code == 460:
        response.status = "460 Checksum Mismatch"
    return response


@blueprint.route("", methods=["OPTIONS"])
@blueprint.route("/<upload>", methods=["OPTIONS"])
def abilities(upload: str = "") -> Response:
    """What we speak, and how large a file may be."""
    response = Response(status=204)
    response.headers["Tus-Version"] = VERSION
    response.headers["Tus-Extension"] = EXTENSIONS
    response.headers["Tus-Checksum-Algorithm"] = ",".join(CHECKSUMS)
    response.headers["Tus-Max-Size"] = str(current_shop().config.document.files.max_mb * 1_000_000)
    return response


@blueprint.post("")
def create() -> Response:
    """Announce a file: ``Upload-Length`` in bytes, ``Upload-Metadata`` with its ``filename``."""
    _must_speak_ours()
    if "Upload-Defer-Length" in request.headers:
        raise IntakeError("Say how long the file is: we take no upload of unknown length.")
    row = uploading.begin(current_shop(), _filename(), _number("Upload-Length"), owner=account(), at=sight().now)
    response = Response(status=201)
    response.headers["Location"] = url_for("uploads.piece", upload=row.key)
    return _expiring(response, row.expires_at)


@blueprint.route("/<upload>", methods=["HEAD"])
def offset(upload: str) -> Response:
    """Where to go on."""
    row = uploading.find(actor(), upload, at=sight().now)
    _must_speak_ours()
    response = Response(status=200)
    response.headers["Upload-Length"] = str(row.length)
    return _standing(response, uploading.offset_of(current_shop(), row), row.expires_at)


@blueprint.patch("/<upload>")
@takes_files
def piece(upload: str) -> Response:
    """The next bytes, from ``Upload-Offset`` on; with the last ones the file is taken in."""
    uploading.find(actor(), upload, at=sight().now)
    _must_speak_ours()
    if request.mimetype != PIECE_TYPE:
        abort(415)
    algorithm, digest = _checksum()
    word = Piece(_number("Upload-Offset"), request.content_length, algorithm, digest)
    # A server that ends the body itself needs no other hand between, which would copy every byte twice more.
    whole = request.environ.get("wsgi.input_terminated")
    stream = _Arriving(request.environ["wsgi.input"] if whole else request.stream)
    row = uploading.take_piece(current_shop(), actor(), upload, stream, word, at=sight().now)
    return _standing(Response(status=204), uploading.offset_of(current_shop(), row), row.expires_at)


@blueprint.delete("/<upload>")
def cancel(upload: str) -> Response:
    """Forget it."""
    uploading.find(actor(), upload, at=sight().now)
    _must_speak_ours()
    uploading.cancel(current_shop(), actor(), upload, at=sight().now)
    return Response(status=204)


@blueprint.get("/<upload>/line")
def line(upload: str) -> Response:
    """The line of the new-order form that a finished upload has become, however often it is asked for."""
    row = uploading.result(current_shop(), actor(), upload, at=sight().now)
    new = blank_line(row)
    html = render_template("portal/_new_line.html", line=new, materials=material_choices(current_shop(), new))
    return jsonify({"id": row.id, "html": html})


@blueprint.errorhandler(WrongOffset)
def on_wrong_offset(error: WrongOffset) -> Response:
    """409, with the offset that is right."""
    response = answer(409, error.sentence, instead=error.instead)
    response.headers["Upload-Offset"] = str(error.offset)
    return response


def _must_speak_ours() -> None:
    if request.headers.get("Tus-Resumable") != VERSION:
        abort(412)


def _standing(response: Response, offset: int, expires_at: datetime) -> Response:
    response.headers["Upload-Offset"] = str(offset)
    return _expiring(response, expires_at)


def _expiring(response: Response, at: datetime) -> Response:
    response.headers["Upload-Expires"] = http_date(at)
    return response


def _number(name: str) -> int:
    """A header in bytes. Raises BadRequest."""
    text = request.headers.get(name, "")
    if not is_number(text):
        raise BadRequest
    return int(text)


def _filename() -> str:
    """The name in ``Upload-Metadata``. Raises BadRequest when that is malformed, IntakeError when there is no name."""
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        key, _space, value = pair.strip().partition(" ")
        if key == "filename":
            return _decoded(value).decode(errors="replace")
    raise IntakeError("The file has no name. Send it with one.")


def _checksum() -> tuple[str, bytes]:
    """Algorithm and digest of ``Upload-Checksum``, both empty without one. Raises BadRequest."""
    algorithm, _space, text = request.headers.get("Upload-Checksum", "").partition(" ")
    if algorithm and algorithm not in CHECKSUMS:
        raise BadRequest
    return algorithm, _decoded(text)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise BadRequest from error
