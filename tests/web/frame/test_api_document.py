"""The API's description holds every route, what each may answer, its scope and an example; and nothing that is not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from werkzeug.routing import Rule

from craftops.domain.people.access import Scope
from craftops.services.people import accounts
from craftops.store.database import utcnow
from craftops.testing import Workshop
from craftops.web.integrations.payload_schema import WEBHOOKS

V1 = "/api/v1"
METHODS = {"get", "put", "post", "delete", "patch"}


@pytest.fixture
def document(workshop: Workshop) -> dict[str, Any]:
    found: dict[str, Any] = workshop.app.test_client().get(f"{V1}/openapi.json").json
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, found in document["paths"].items():
        for method in METHODS & set(found):
            yield path, method, found[method]


def written(rule: Rule) -> str:
    """A rule as the description writes it: converters are types there."""
    parts = [part.split(">") for part in rule.rule.split("<")]
    return parts[0][0] + "".join(f"{{{name.split(':')[-1]}}}{rest}" for name, rest in parts[1:])


def check(document: dict[str, Any], schema: dict[str, Any], value: Any) -> None:
    jsonschema.Draft202012Validator({**schema, "components": document["components"]}).validate(value)


def integers(schema: Any) -> Iterator[dict[str, Any]]:
    """All whole numbers that a schema, its references resolved by themselves, speaks of."""
    if isinstance(schema, dict):
        if schema.get("type") == "integer":
            yield schema
        for one in schema.values():
            yield from integers(one)
    elif isinstance(schema, list):
        for one in schema:
            yield from integers(one)


def test_no_number_that_is_sent_is_larger_than_a_database_can_hold(document: dict[str, Any]) -> None:
    sent = [
        *(one for _path, _method, found in operations(document) for one in found.get("parameters", [])),
        *(one for name, one in document["components"]["schemas"].items() if name.endswith("In")),
    ]
    numbers = list(integers(sent))
    assert len(numbers) > 5
    assert [
        one for one in numbers if not -(2**63) <= one.get("minimum", -(2**64)) <= one.get("maximum", 2**64) < 2**63
    ] == []


def test_every_route_is_in_it_and_it_has_no_other(workshop: Workshop, document: dict[str, Any]) -> None:
    rules = {
        (written(rule), method.lower())
        for rule in workshop.app.url_map.iter_rules()
        if rule.endpoint.startswith("api.")
        for method in rule.methods - {"HEAD", "OPTIONS"}
    }
    assert len(rules) > 15
    assert {(path, method) for path, method, _ in operations(document)} == rules


def test_every_operation_says_what_it_takes_answers_and_needs(document: dict[str, Any]) -> None:
    names = [one["operationId"] for _, _, one in operations(document)]
    assert len(names) == len(set(names))
    for path, method, one in operations(document):
        place = f"{method} {path}"
        assert one["summary"], place
        assert one["description"], place
        [need] = one["security"]
        [scope] = need["token"]
        assert Scope(scope), place
        assert one["tags"][0] in {tag["name"] for tag in document["tags"]}, place
        good = [status for status in one["responses"] if status < "300"]
        assert len(good) == 1, place
        assert one["responses"][good[0]]["content"], place
        for status, answer in one["responses"].items():
            assert answer["description"], place
            if status >= "400":
                assert list(answer["content"]) == ["application/problem+json"], place
        assert {"401", "403", "404"} <= set(one["responses"]), place
        for parameter in one.get("parameters", ()):
            assert parameter.get("description"), f"{place} {parameter['name']}"


def test_every_scope_is_of_use(document: dict[str, Any]) -> None:
    used = {one["security"][0]["token"][0] for _, _, one in operations(document)}
    assert used == {scope.value for scope in Scope} - {Scope.METRICS_READ.value}, "that one is for /metrics"


def test_a_token_of_all_other_scopes_is_told_which_one_it_lacks(workshop: Workshop, document: dict[str, Any]) -> None:
    """The scope that the description names is the one that is asked for."""
    client = workshop.app.test_client()
    for path, method, one in operations(document):
        scope = one["security"][0]["token"][0]
        secret = accounts.create_token("x", frozenset(set(Scope) - {Scope(scope)}), at=utcnow())
        body: Any = None
        for content in one.get("requestBody", {}).get("content", {}).values():
            body = content.get("example")
        where = path.format(code="ABCDEF", file_id=1, key="printer-1")
        query = "?name=x.stl" if path.endswith("/files") else ""
        headers = {"Authorization": f"Bearer {secret}"}
        answer = client.open(where + query, method=method.upper(), json=body, headers=headers)
        assert (answer.status_code, scope in answer.json["detail"]) == (403, True), f"{method} {path}: {answer.json}"


def test_every_body_and_every_answer_has_an_example_that_fits(document: dict[str, Any]) -> None:
    for path, method, one in operations(document):
        contents = [answer["content"] for answer in one["responses"].values()]
        contents += [one["requestBody"]["content"]] if "requestBody" in one else []
        for told in (told for content in contents for told in content.values()):
            if told["schema"].get("format") != "binary":
                assert told.get("example"), f"{method} {path}"
                check(document, told["schema"], told["example"])


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    def references(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            if isinstance(value.get("$ref"), str):
                yield value["$ref"]
            for one in value.values():
                yield from references(one)
        elif isinstance(value, list):
            for one in value:
                yield from references(one)

    found = set(references(document))
    for reference in found:
        kind, name = reference.removeprefix("#/components/").split("/")
        assert name in document["components"][kind]
    assert set(document["webhooks"]) == set(WEBHOOKS)
