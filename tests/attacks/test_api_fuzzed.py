"""The API against its own description, by schemathesis: with the tokens of two customers and of the shop nothing is
answered that is not described, and one customer sees nothing of the other's, whatever is sent."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from craftops.domain.people.access import Scope
from craftops.services.messages import conversation
from craftops.services.messages.conversation import MessageText
from craftops.services.people import accounts
from craftops.store.database import utcnow
from craftops.store.models import OrderRow
from craftops.testing import Workshop
from craftops.web.frame.api import DOCUMENT

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis belongs to the development tools")

pytestmark = pytest.mark.long
EXAMPLES = int(os.environ.get("CRAFTOPS_API_EXAMPLES", "8"))
"""For each route and each of three tokens; CI asks for more."""
ADAS = "Adas secret gear"


@pytest.fixture
def tokens(workshop: Workshop) -> dict[str, dict[str, str]]:
    found = {}
    for who in ("ada", "bob", ""):
        owner = workshop.people[who] if who else None
        secret = accounts.create_token("fuzz", frozenset(Scope), at=utcnow(), customer=owner)
        found[who] = {"Authorization": f"Bearer {secret}"}
    return found


@pytest.fixture
def codes(workshop: Workshop) -> dict[str, str]:
    """An order of each, with words in it that nobody else has."""
    workshop.machine("printer-1")
    found = {}
    for who, words in (("ada", ADAS), ("bob", "Bobs bracket")):
        order = workshop.place(who, instructions=words)
        actor = workshop.actor(who)
        conversation.post(workshop.shop, order.code, MessageText(words), actor=actor, at=utcnow())
        found[who] = order.code
    return found


def checks() -> list[Any]:
    from schemathesis.checks import load_all_checks, not_a_server_error
    from schemathesis.specs.openapi import checks as openapi

    load_all_checks()
    return [
        not_a_server_error, openapi.status_code_conformance, openapi.content_type_conformance,
        openapi.response_schema_conformance, openapi.response_headers_conformance, openapi.negative_data_rejection,
    ]  # fmt: skip


def asking(operation: Any, headers: dict[str, str], seen: Callable[[Any], None]) -> Callable[[], None]:
    """Ask one route as somebody, with what fits its description and with what does not."""
    known = {
        "code": st.sampled_from([row.code for row in OrderRow.select()] + ["NOSUCH"]),
        "file_id": st.sampled_from([1, 2, 3, 10**6]), "key": st.sampled_from(["printer-1", "nothing"]),
    }  # fmt: skip
    wanted = checks()

    @settings(max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(case=operation.as_strategy(), data=st.data())
    def ask(case: Any, data: st.DataObject) -> None:
        for name in case.path_parameters or {}:
            if name in known and data.draw(st.booleans()):
                case.path_parameters[name] = data.draw(known[name])
        answer = case.call(headers=headers)
        case.validate_response(answer, checks=wanted)
        seen(answer)

    return ask


def test_nothing_unexpected_is_answered_and_nothing_of_others_is_seen(
    workshop: Workshop, tokens: dict[str, dict[str, str]], codes: dict[str, str]
) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", workshop.app)
    statuses: Counter[int] = Counter()
    for found in schema.get_all_operations():
        for who, headers in tokens.items():

            def seen(answer: Any, who: str = who) -> None:
                statuses[answer.status_code] += 1
                if who == "bob":
                    assert ADAS.encode() not in answer.content
                    assert codes["ada"].encode() not in answer.content

            asking(found.ok(), headers, seen)()
    assert {200, 403, 404, 422} <= set(statuses), statuses
    assert statuses.total() > 100
    assert workshop.app.test_client().get("/api/v1/orders", headers=tokens["ada"]).json["orders"]


def test_what_is_not_described_is_found(workshop: Workshop, tokens: dict[str, dict[str, str]]) -> None:
    """The judge judges: without 404 in the description, a 404 is a fault."""
    client = workshop.app.test_client()
    client.get("/api/v1/openapi.json")
    made = workshop.app.extensions[DOCUMENT]["made"]
    del made["paths"]["/api/v1/orders/{code}"]["get"]["responses"]["404"]
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", workshop.app)
    case = schema["/api/v1/orders/{code}"]["GET"].Case(path_parameters={"code": "NOSUCH"})
    answer = case.call(headers=tokens["ada"])
    assert answer.status_code == 404
    with pytest.raises(BaseException, match="404"):
        case.validate_response(answer, checks=checks())
