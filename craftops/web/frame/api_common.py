"""What the API's rooms share: tokens, answers, problems. Instants are ISO 8601 with ``Z``."""

from __future__ import annotations

from typing import Annotated, Any, cast

from flask import Response, g, jsonify
from pydantic import BaseModel, ConfigDict, Field

from craftops.domain.people.access import Actor, Scope
from craftops.errors import AccessError, IntakeError
from craftops.store.queries import people
from craftops.store.views.people import PersonView


def token_actor(scope: Scope) -> Actor:
    """Whoever holds the token. Raises AccessError when it lacks ``scope``."""
    actor = cast(Actor, g.api_actor)
    actor.must_have(scope)
    return actor


def customer_of(actor: Actor, email: str) -> PersonView:
    """For whom the token acts: its own customer, or the one that a token of the shop names."""
    if actor.customer_id is not None:
        if email:
            raise AccessError("A customer's token acts for that customer only: leave `customer` out.")
        own = people.person(actor.customer_id)
        if own is None:
            raise AccessError
        return own
    found = people.customer_with(email)
    if found is None:
        raise IntakeError("Name the customer by e-mail.", {"customer": "There is no such customer."})
    return found


def answer(value: BaseModel, status: int = 200) -> Response:
    """A value as JSON."""
    response = jsonify(value.model_dump(mode="json"))
    response.status_code = status
    return response


RowId = Annotated[int, Field(ge=1, le=2**62)]
"""An id that somebody sends: no number that a database cannot hold."""


class Taken(BaseModel):
    """A request body: nothing unknown in it."""

    model_config = ConfigDict(extra="forbid")


def shown_as(example: dict[str, Any]) -> ConfigDict:
    """The configuration of a model that is described with this example."""
    return cast(ConfigDict, {"openapi_extra": {"example": example}})


class Problem(BaseModel):
    """RFC 9457."""

    model_config = shown_as(
        {
            "type": "about:blank",
            "title": "That does not go now",
            "status": 409,
            "detail": "The order cannot be cancelled any more.",
            "instead": "Ask the shop.",
        }
    )
    type: str
    title: str
    status: int
    detail: str
    instead: str | None = None
    fields: dict[str, str] | None = None
