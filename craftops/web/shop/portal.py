"""The shop's logo."""

from __future__ import annotations

from flask import Blueprint, Response, abort, send_file
from flask_login import current_user

from craftops.domain.people.access import Role
from craftops.services.shop.looks import is_logo
from craftops.store.queries.shop_pages import is_there
from craftops.web.frame.request_context import current_shop, sight


def add_to(blueprint: Blueprint) -> None:
    """Register the routes."""
    blueprint.add_url_rule("/logo/<sha>", view_func=logo)


def logo(sha: str) -> Response:
    """The shop's logo; anybody may see it, and its owner those of other looks."""
    tried_on = current_user.is_authenticated and current_user.account.role == Role.OWNER.value
    known = is_logo(current_shop(), sha) if tried_on else bool(sha) and sha == sight().profile.logo_sha
    if not known or not is_there(sha):
        abort(404)
    return send_file(current_shop().files.path(sha), mimetype="image/png", max_age=31_536_000)
