"""The JSON API, version 1. Bearer tokens with scopes; errors as RFC 9457 problems."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from flask import Blueprint, Flask, Response, current_app, g, jsonify, request
from flask_openapi3 import APIBlueprint
from pydantic import BaseModel, ValidationError

from craftops.errors import AccessError
from craftops.services.people import accounts
from craftops.store.database import utcnow
from craftops.web.frame import problems
from craftops.web.frame.api_common import Problem
from craftops.web.frame.api_document import complete
from craftops.web.frame.capability import Capability
from craftops.web.frame.request_context import current_shop
from craftops.web.frame.security import csrf

ERRORS = dict.fromkeys((400, 401, 403, 404, 409, 413, 415, 422), Problem)
DOCUMENT = "craftops.api_document"
document = Blueprint("openapi", __name__)


@document.get("/api/v1/openapi.json")
def doc() -> Response:
    """The API's own description."""
    kept = current_app.extensions[DOCUMENT]
    if not kept["made"]:
        server = current_shop().config.base_url
        found = current_app.api_doc  # type: ignore[attr-defined]
        kept["made"] = complete(found, server=server, webhooks=kept["webhooks"])
    return jsonify(kept["made"])


def install(app: Flask, blueprint: APIBlueprint, webhooks: Mapping[str, tuple[str, type[BaseModel]]]) -> None:
    """Register the API; requests carry a token and never a cookie, so no form can forge them."""
    app.extensions[DOCUMENT] = {"webhooks": webhooks, "made": {}}
    csrf.exempt(blueprint)
    app.register_api(blueprint)  # type: ignore[attr-defined]
    app.register_blueprint(document)


def routes(capabilities: Iterable[Capability]) -> APIBlueprint:
    """The routes of all capabilities with their schemas, which are the same for every shop."""
    blueprint = APIBlueprint(
        "api",
        __name__,
        url_prefix="/api/v1",
        abp_security=[{"token": []}],
        abp_responses=ERRORS,  # type: ignore[arg-type]
        operation_id_callback=lambda **told: told["name"],
    )
    blueprint.before_request(_sign_in)
    blueprint.register_error_handler(AccessError, _refused)
    for one in capabilities:
        for add_to in one.api:
            add_to(blueprint)
    return blueprint


def _sign_in() -> Response | None:
    kind, _space, token = request.headers.get("Authorization", "").partition(" ")
    actor = accounts.actor_of_token(token.strip(), at=utcnow()) if kind.lower() == "bearer" else None
    if actor is None:
        response = problems.answer(401, "Send a token: Authorization: Bearer craftops_…")
        response.headers["WWW-Authenticate"] = 'Bearer realm="craftops"'
        return response
    g.api_actor = actor
    return None


def _refused(error: AccessError) -> Response:
    """What is not theirs is not there; what the token may not do is said."""
    hidden = error.sentence == AccessError().sentence
    return problems.answer(404 if hidden else 403, error.sentence)


def on_invalid(error: ValidationError) -> Response:
    """A body or query that the schema refuses, every fault named."""
    fields = {".".join(str(part) for part in fault["loc"]): fault["msg"] for fault in error.errors()}
    return problems.answer(422, "The request does not fit the schema.", fields=fields)


__all__ = ["install", "on_invalid", "routes"]
