"""The shop's logo."""

from __future__ import annotations

from flask import Blueprint, Response, abort, send_file

from craftops.store.models import BlobRow
from craftops.web.frame.request_context import current_shop, sight


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/logo/<sha>", view_func=logo)


def logo(sha: str) -> Response:
    """The shop's logo; anybody may see it."""
    profile = sight().profile
    if not profile.logo_sha or sha != profile.logo_sha or not BlobRow.select().where(BlobRow.sha256 == sha).exists():
        abort(404)
    return send_file(current_shop().files.path(sha), mimetype="image/png", max_age=31_536_000)
