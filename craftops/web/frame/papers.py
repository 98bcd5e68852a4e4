"""Papers that are made when they are asked for."""

from __future__ import annotations

import io

from flask import send_file
from werkzeug.wrappers import Response as AnyResponse


def pdf_answer(content: bytes, name: str) -> AnyResponse:
    """A PDF to look at and print, called ``name``.pdf; asked for again, it is made again."""
    return send_file(io.BytesIO(content), mimetype="application/pdf", download_name=f"{name}.pdf", max_age=0)
