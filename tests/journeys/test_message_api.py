"""Programs read and write in the conversation of an order: their customer's orders only, once, under people's names."""

from __future__ import annotations

from typing import Any

from samples.api_described import Described
from samples.pay_site import open_for_money
from werkzeug.test import TestResponse

from craftops.domain.billing.documents import DocumentKind, DocumentLine
from craftops.domain.billing.tax import Tax, TaxCategory
from craftops.domain.billing.totals import Rounding
from craftops.domain.people.access import Scope
from craftops.domain.people.companies import CompanyRole
from craftops.services.billing import invoicing
from craftops.services.billing.invoicing import Draft
from craftops.services.messages import conversation, notes
from craftops.services.messages.conversation import MessageText
from craftops.services.people import accounts, companies
from craftops.store.database import unit_of_work, utcnow
from craftops.store.models import CompanyMemberRow, InvoiceRow, MessageRow, OrderRow
from craftops.testing import Workshop
from craftops.testing.workshop import cube_stl


class Talker:
    """A program that talks; each answer is one that is described."""

    def __init__(self, workshop: Workshop, who: str = "", *scopes: Scope) -> None:
        owner = workshop.people[who] if who else None
        token = accounts.create_token("ERP bridge", frozenset(scopes or Scope), at=utcnow(), customer=owner)
        self.client, self.headers = workshop.app.test_client(), {"Authorization": f"Bearer {token}"}
        self.described = Described(self.client)

    def ask(self, method: str, path: str, **options: Any) -> TestResponse:
        answer = self.client.open(f"/api/v1{path}", method=method, headers=self.headers, **options)
        self.described.check(method, f"/api/v1{path}", answer)
        return answer


def test_both_sides_talk_by_programs_and_by_hand(workshop: Workshop) -> None:
    order = workshop.place("ada")
    path, ada, shop = f"/orders/{order.code}/messages", Talker(workshop, "ada"), Talker(workshop)
    file = ada.ask("POST", "/files?name=rev2.stl", data=cube_stl()).json
    workshop.run_due()
    sent = ada.ask("POST", path, json={"text": "M4, please", "files": [file["id"]], "submit_token": "a1"})
    assert sent.status_code == 201
    assert (sent.json["side"], sent.json["author"], sent.json["via"]) == ("customer", "Ada", "api")
    assert sent.json["files"][0]["name"] == "rev2.stl"
    assert ada.ask("POST", path, json={"text": "M4, please", "submit_token": "a1"}).json["id"] == sent.json["id"]
    notes.write(order.code, "Pays late", token="n1", actor=workshop.actor("sam"), at=utcnow())
    answered = shop.ask("POST", path, json={"text": "Done.", "submit_token": "a1"}).json
    assert (answered["side"], answered["author"]) == ("shop", "Testwerk"), "the shop speaks, not a token"
    conversation.post(workshop.shop, order.code, MessageText("Thanks"), actor=workshop.actor("ada"), at=utcnow())
    read = ada.ask("GET", path).json
    assert [one["text"] for one in read["messages"]] == ["M4, please", "Done.", "Thanks"]
    assert "Pays late" not in str(read)
    assert read["next"] is None
    page = ada.ask("GET", f"{path}?limit=2").json
    rest = ada.ask("GET", f"{path}?after={page['next']}").json
    assert [one["text"] for one in rest["messages"]] == ["Thanks"]
    thread = workshop.browser("sam").see(f"/staff/orders/{order.code}")
    assert "by a program" in thread
    assert "ERP bridge" not in workshop.browser("ada").see(f"/orders/{order.code}")


def test_another_customers_program_neither_reads_nor_writes(workshop: Workshop) -> None:
    order, bob = workshop.place("ada"), Talker(workshop, "bob")
    path = f"/orders/{order.code}/messages"
    assert bob.ask("GET", path).status_code == 404
    assert bob.ask("POST", path, json={"text": "Hello"}).status_code == 404
    mine = workshop.place("bob")
    adas = order.lines[0].file_id
    assert bob.ask("POST", f"/orders/{mine.code}/messages", json={"text": "x", "files": [adas]}).status_code == 404
    assert not MessageRow.select().exists()
    assert bob.ask("POST", f"/orders/{mine.code}/messages", json={"text": "  "}).status_code == 422


def test_invoices_are_seen_by_whom_they_are_for(workshop: Workshop) -> None:
    open_for_money(workshop)
    order = workshop.place("ada")
    line = DocumentLine("Bracket", 1, 11_900, Tax(TaxCategory.STANDARD, 1900))
    draft = Draft(DocumentKind.INVOICE, (line,), Rounding.SUM_BY_NET_KEEP_GROSS, "x")
    with unit_of_work() as uow:
        invoicing.issue(
            workshop.shop, uow, draft, order=order, customer=workshop.people["ada"], actor=workshop.actor("sam"),
            at=utcnow(),
        )  # fmt: skip
    path = f"/orders/{order.code}/invoices"
    [told] = Talker(workshop, "ada").ask("GET", path).json["invoices"]
    assert (told["number"], told["gross"], told["settled"]) == (InvoiceRow.get().number, 11_900, 0)
    assert workshop.browser().get(told["link"]).status_code == 200, "it is paid there, without signing in"
    assert Talker(workshop, "bob").ask("GET", path).status_code == 404
    company = companies.found(workshop.people["ada"], "Acme", "", at=utcnow())
    OrderRow.update(company=company.id).where(OrderRow.id == order.id).execute()
    CompanyMemberRow.create(
        company=company.id, account=workshop.people["bob"], role=CompanyRole.VIEWER.value, state="active",
        joined_at=utcnow(),
    )  # fmt: skip
    viewer = Talker(workshop, "bob")
    assert viewer.ask("GET", f"/orders/{order.code}").status_code == 200
    assert viewer.ask("GET", path).status_code == 404, "who may see the order does not see what it costs"
