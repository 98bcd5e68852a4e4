"""The JSON API: its description, its tokens and scopes, and what programs do with it."""

from __future__ import annotations

from typing import Any

import pytest
from samples.api_described import Described
from werkzeug.test import TestResponse

from craftops.domain.people.access import Scope
from craftops.services.people import accounts
from craftops.store.database import utcnow
from craftops.testing import Workshop
from craftops.testing.workshop import cube_stl

V1 = "/api/v1"


class Program:
    """A program with a token."""

    def __init__(self, workshop: Workshop, *scopes: Scope, customer: str = "") -> None:
        owner = workshop.people[customer] if customer else None
        token = accounts.create_token("test", frozenset(scopes or Scope), at=utcnow(), customer=owner)
        self.client = workshop.app.test_client()
        self.headers = {"Authorization": f"Bearer {token}"}
        self.described = Described(self.client)

    def ask(self, method: str, path: str, **options: Any) -> TestResponse:
        """Ask; whatever comes back is described."""
        answer = self.client.open(V1 + path, method=method, headers=self.headers, **options)
        self.described.check(method, V1 + path, answer)
        return answer


def test_it_describes_itself(workshop: Workshop) -> None:
    document = workshop.app.test_client().get(f"{V1}/openapi.json").json
    assert document["openapi"].startswith("3.1")
    assert {
        "/api/v1/orders",
        "/api/v1/orders/{code}",
        "/api/v1/orders/{code}/stages",
        "/api/v1/files",
        "/api/v1/machines",
    } <= set(document["paths"])
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], (method, path)


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nonsense", "Basic abc", "bearer craftops_" + "x" * 43])
def test_without_a_good_token_there_is_nothing(workshop: Workshop, header: str) -> None:
    answer = workshop.app.test_client().get(f"{V1}/orders", headers={"Authorization": header})
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_session_is_no_token(workshop: Workshop) -> None:
    assert workshop.browser("olga").get(f"{V1}/orders").status_code == 401


def test_a_revoked_token_is_none(workshop: Workshop) -> None:
    program = Program(workshop)
    assert program.ask("GET", "/orders").status_code == 200
    accounts.revoke_token(1, at=utcnow())
    assert program.ask("GET", "/orders").status_code == 401


def test_a_program_of_the_shop_places_an_order_and_moves_it(workshop: Workshop) -> None:
    program = Program(workshop)
    sent = program.ask("POST", "/files?name=part.stl&customer=ada@example.org", data=cube_stl())
    assert sent.status_code == 201
    file_id = sent.json["id"]
    assert sent.json["verdict"] == "waiting"
    workshop.run_due()
    known = program.ask("GET", f"/files/{file_id}").json
    assert known["verdict"] == "accepted"
    assert known["analysis"]["mesh"]["size_mm"] == [20.0, 20.0, 20.0]
    assert program.ask("GET", f"/files/{file_id}/content").data == cube_stl()
    line = {"file_id": file_id, "quantity": 2, "material": "pla", "colour": "Black", "finish": "as_made"}
    body = {"lines": [line], "customer": "ada@example.org", "submit_token": "erp-17"}
    placed = program.ask("POST", "/orders", json=body)
    assert placed.status_code == 201
    assert program.ask("POST", "/orders", json=body).json["code"] == placed.json["code"]
    code = placed.json["code"]
    assert program.ask("POST", f"/orders/{code}/stages", json={"to": "completed"}).status_code == 409
    moved = program.ask("POST", f"/orders/{code}/stages", json={"to": "in_review"}).json
    assert [stage["after"] for stage in moved["stages"]] == ["received", "in_review"]
    assert moved["possible"] == ["queued", "cancelled"]
    order = program.ask("GET", f"/orders/{code}").json
    assert order["stage"] == "in_review"
    assert order["window"]["basis"] == "review"
    assert order["placed_at"].endswith("Z")
    assert program.ask("POST", f"/orders/{code}/cancel").json["stage"] == "cancelled"


def test_what_the_document_lets_a_program_leave_out_may_be_left_out(workshop: Workshop) -> None:
    program = Program(workshop)
    file_id = program.ask("POST", "/files?name=part.stl&customer=ada@example.org", data=cube_stl()).json["id"]
    workshop.run_due()
    line = {"file_id": file_id, "material": "pla", "colour": "Black"}
    placed = program.ask("POST", "/orders", json={"lines": [line], "customer": "ada@example.org"})
    assert placed.status_code == 201
    assert placed.json["lines"][0]["finish"] == "as_made"
    del line["colour"]
    refused = program.ask("POST", "/orders", json={"lines": [line], "customer": "ada@example.org"})
    assert list(refused.json["fields"]) == ["colour"], "of many colours none is plain"


def test_a_customers_program_sees_that_customers_things_only(workshop: Workshop) -> None:
    mine, theirs = workshop.place("ada"), workshop.place("bob")
    program = Program(workshop, customer="ada")
    assert [order["code"] for order in program.ask("GET", "/orders").json["orders"]] == [mine.code]
    for method, path in (
        ("GET", f"/orders/{theirs.code}"), ("GET", f"/orders/{theirs.code}/stages"), ("POST", f"/orders/{theirs.code}/cancel"),
        ("GET", f"/files/{theirs.lines[0].file_id}"), ("GET", f"/files/{theirs.lines[0].file_id}/content"), ("GET", "/machines"),
    ):  # fmt: skip
        assert program.ask(method, path).status_code == 404, path
    line = {"file_id": theirs.lines[0].file_id, "material": "pla", "colour": "Black", "finish": "as_made"}
    assert program.ask("POST", "/orders", json={"lines": [line]}).status_code == 404
    assert program.ask("POST", "/orders", json={"lines": [line], "customer": "bob@example.org"}).status_code == 403
    assert program.ask("POST", f"/orders/{mine.code}/stages", json={"to": "in_review"}).status_code == 409


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        (Scope.ORDERS_READ, "GET", "/orders"),
        (Scope.ORDERS_WRITE, "POST", "/orders/{code}/cancel"),
        (Scope.STAGES_WRITE, "POST", "/orders/{code}/stages"),
        (Scope.FILES_READ, "GET", "/files/1"),
        (Scope.FILES_WRITE, "POST", "/files?name=x.stl&customer=ada@example.org"),
        (Scope.MACHINES_READ, "GET", "/machines"),
        (Scope.MACHINES_WRITE, "POST", "/machines/printer-1/commands"),
        (Scope.MESSAGES_READ, "GET", "/orders/{code}/messages"),
        (Scope.MESSAGES_WRITE, "POST", "/orders/{code}/messages"),
        (Scope.INVOICES_READ, "GET", "/orders/{code}/invoices"),
    ],
)
def test_a_token_never_does_more_than_its_scopes(workshop: Workshop, scope: Scope, method: str, path: str) -> None:
    workshop.machine("printer-1")
    order = workshop.place("ada")
    bodies = {"stages": {"to": "in_review"}, "commands": {"kind": "pause"}, "messages": {"text": "Hello"}}
    body = bodies.get(path.rsplit("/", 1)[-1]) if method == "POST" else None
    without = Program(workshop, *(set(Scope) - {scope}))
    answer = without.ask(method, path.format(code=order.code), json=body)
    assert answer.status_code == 403
    assert scope.value in answer.json["detail"]
    only = Program(workshop, scope).ask(method, path.format(code=order.code), json=body)
    assert only.status_code not in (401, 403, 404)


@pytest.mark.parametrize(
    "body",
    [
        {}, {"lines": []}, {"lines": [{"file_id": "x"}]}, {"lines": [{"file_id": 1, "material": "pla", "surprise": 1}]},
        {"lines": [{"file_id": 10**30, "material": "pla"}]}, [], "text", {"lines": [{"file_id": 1, "material": "pla", "quantity": 0}]},
    ],
)  # fmt: skip
def test_a_body_that_does_not_fit_is_told_where(workshop: Workshop, body: object) -> None:
    answer = Program(workshop).ask("POST", "/orders", json=body)
    assert answer.status_code == 422
    assert answer.json["fields"]


def test_pages_of_a_list_hang_together(workshop: Workshop) -> None:
    codes = [workshop.place("ada").code for _ in range(5)]
    program = Program(workshop)
    seen, before = [], ""
    for _ in range(3):
        page = program.ask("GET", f"/orders?limit=2{before}").json
        seen += [order["code"] for order in page["orders"]]
        before = f"&before={page['next']}"
    assert seen == codes[::-1]
    assert page["next"] is None
