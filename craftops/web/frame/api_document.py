"""The API's description, made complete: scopes, media types of errors, what a route may answer, tags, webhooks.

What can be read off the routes is read off them; the rest stands in their docstrings ("Scope: orders:read.").
"""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel

from craftops.domain.people.access import Scope

PREFIX = "/api/v1"
PROBLEM = "application/problem+json"
JSON = "application/json"
SCOPE = re.compile(r"Scope: ([a-z]+:[a-z]+)\.")
METHODS = ("get", "put", "post", "delete", "patch")
TAGS = {
    "Orders": "Placed, followed, moved on, cancelled.",
    "Files": "Sent as they are; a verdict comes seconds later.",
    "Messages": "The conversation of each order.",
    "Delivery": "Where an order goes, and its parcels.",
    "Invoices": "What is to be paid, and where.",
    "Machines": "The shop's machines. Tokens of the shop only.",
}
_LAST = {
    "messages": "Messages", "delivery": "Delivery", "address": "Delivery", "invoices": "Invoices",
    "files": "Files", "machines": "Machines", "orders": "Orders",
}  # fmt: skip
SAID = {
    "400": "The body is no JSON, or its length is not told.",
    "401": "There is no token, or it is unknown, ended or expired.",
    "403": "The token lacks the scope that this takes, which is named, or it may not act for others.",
    "404": "It is not there, or it belongs to somebody else.",
    "409": "A rule of the shop says no; `instead` says what is possible.",
    "413": "The body is too large.",
    "415": "The body is not of the media type that is written here.",
    "422": "The request does not fit the schema, or what it holds cannot be taken; `fields` names each fault.",
}
INTRODUCTION = """
Orders, files, messages, invoices, parcels and machines of one shop.

**Tokens.** `Authorization: Bearer craftops_…`. The owner makes them in the settings, or on the command line
(`craftops token create`), for the whole shop or for one customer, who then sees nothing but what is theirs. Each has
scopes, and may have an end. What a token may not see is answered as if it were not there (404).

**Instants** are ISO 8601 in UTC, with `Z`. **Amounts** are whole numbers in minor units of their currency.

**Errors** are RFC 9457 problems; `detail` is a sentence for people.

**Once.** `submit_token` and `intent` make a request that is sent twice the same order, message or command.

**Webhooks** tell your program what happens, signed after Standard Webhooks: see the section of that name.
""".strip()


def complete(found: dict[str, Any], *, server: str, webhooks: dict[str, tuple[str, type[BaseModel]]]) -> dict[str, Any]:
    """The description as clients get it. ``webhooks``: type -> what happened in words, and the whole body."""
    document = {**found, "servers": [{"url": server}]}
    document["info"] = {**found["info"], "description": INTRODUCTION}
    document["tags"] = [{"name": name, "description": text} for name, text in TAGS.items()]
    schemas = dict(found["components"]["schemas"])
    schemas.pop("ValidationErrorModel", None)
    paths = {}
    for path, operations in found["paths"].items():
        paths[path] = {
            method: _operation(path, method, one) if method in METHODS else one for method, one in operations.items()
        }
    document["paths"] = paths
    document["webhooks"] = {kind: _webhook(kind, *told, schemas) for kind, told in webhooks.items()}
    document["components"] = {**found["components"], "schemas": schemas}
    return document


def _operation(path: str, method: str, found: dict[str, Any]) -> dict[str, Any]:
    scope = SCOPE.search(found.get("description", ""))
    parts = [part for part in path.removeprefix(PREFIX).split("/") if part and not part.startswith("{")]
    tag = next((_LAST[part] for part in reversed(parts) if part in _LAST), "Orders")
    answers = {}
    for status, answer in sorted(found["responses"].items()):
        if status >= "400":
            if _may_answer(status, path, method, found):
                answers[status] = _problem(status, answer)
        else:
            answers[status] = answer
    return {
        **found,
        "tags": [tag],
        "security": [{"token": [Scope(scope[1]).value]}] if scope else [{"token": []}],
        "responses": answers,
    }


def _may_answer(status: str, path: str, method: str, found: dict[str, Any]) -> bool:
    if status == "409":
        return method != "get"
    if status in ("400", "413", "415"):
        return "requestBody" in found
    if status == "404":
        return True
    if status == "422":
        return bool(found.get("parameters")) or "requestBody" in found
    return True


def _problem(status: str, found: dict[str, Any]) -> dict[str, Any]:
    return {"description": SAID[status], "content": {PROBLEM: found["content"][JSON]}}


def _webhook(kind: str, words: str, body: type[BaseModel], schemas: dict[str, Any]) -> dict[str, Any]:
    schema = body.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schema.pop("$defs", {}))
    schemas[body.__name__] = schema
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    said = (
        "The same at every attempt, so that what comes twice is known again.",
        "When this attempt was made, in seconds since 1970.",
        "`v1,` and a signature, for each secret that is good; several are apart by a space.",
    )
    headers = [
        {"name": name, "in": "header", "required": True, "description": text, "schema": {"type": "string"}}
        for name, text in zip(names, said, strict=True)
    ]
    reference = {"$ref": f"#/components/schemas/{body.__name__}"}
    return {
        "post": {
            "summary": words,
            "operationId": f"webhook_{kind.replace('.', '_')}",
            "description": "Answer with any 2xx in 12 seconds. Else it is sent again for about 26 hours; 410 ends it.",
            "parameters": headers,
            "requestBody": {"required": True, "content": {JSON: {"schema": reference}}},
            "responses": {"2XX": {"description": "It was taken."}},
        }
    }
