"""Invoices of a company: who of it sees them, who pays them, and for whom they are booked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from samples.pay_site import open_for_money

from craftops.domain.billing.journal import balances
from craftops.domain.orders.order import Delivery
from craftops.domain.people.access import Role
from craftops.sdk.payment import PaymentState
from craftops.services.billing import books, invoicing, paying, quoting
from craftops.services.billing.books import Days
from craftops.services.billing.quote_drafts import QuoteDraft, QuoteLine
from craftops.services.orders import ordering
from craftops.services.orders.ordering import LineDraft
from craftops.services.people import accounts, companies
from craftops.store.database import unit_of_work, utcnow
from craftops.store.models import CompanyMemberRow, CompanyRow, InvoiceRow, NoticeRow, OrderRow, PaymentRow, QuoteRow
from craftops.testing import Workshop
from craftops.testing.workshop import PASSWORD

ROLES = ("admin", "buyer", "finance", "viewer")


@pytest.fixture
def acme(workshop: Workshop) -> CompanyRow:
    """Ada's company, with one colleague of each role, called after it."""
    row = companies.found(workshop.people["ada"], "Acme Drives", "", at=utcnow())
    for role in ROLES:
        person = accounts.create_account(
            email=f"{role}@example.org", name=role.title(), role=Role.CUSTOMER, password=PASSWORD, at=utcnow()
        )
        workshop.people[role] = person
        CompanyMemberRow.create(company=row, account=person, role=role, joined_at=utcnow())
    return row


def place_for(workshop: Workshop, company: CompanyRow, who: str) -> OrderRow:
    file_id = workshop.upload(who)
    workshop.run_due()
    line = LineDraft(file_id, 1, material="pla", colour="Black", finish="as_made")
    return ordering.place_order(
        workshop.shop, actor=workshop.actor(who), customer=workshop.people[who], lines=[line],
        delivery=Delivery.PICKUP, at=utcnow(), company=company.id,
    )  # fmt: skip


def test_finance_pays_what_colleagues_ordered_and_viewers_see_no_money(workshop: Workshop, acme: CompanyRow) -> None:
    site = open_for_money(workshop)
    sam = workshop.actor("sam")
    invoices = []
    for who in ("ada", "buyer", "admin"):
        order, at = place_for(workshop, acme, who), utcnow()
        draft = QuoteDraft((QuoteLine("Bracket", 1, 1_000 * (len(invoices) + 1)),), gross=False)
        row = quoting.save_draft(workshop.shop, order.code, draft, actor=sam, at=at)
        quoting.send(workshop.shop, order.code, row.version, actor=sam, at=at)
        quoting.accept(
            workshop.shop, order.code, row.version, name="B", via="staff", actor=sam, at=at, reason="Said so"
        )
        with unit_of_work() as uow:
            invoices.append(invoicing.issue_rest(workshop.shop, uow, QuoteRow.get_by_id(row.id), actor=sam, at=at))
    private = workshop.place("ada")
    code = invoices[0].order.code
    browsers = {who: workshop.browser(who) for who in ("ada", *ROLES, "bob")}
    seen = {
        who: [one.number for one in invoices if one.number in page.see("/invoices")] for who, page in browsers.items()
    }
    numbers = [one.number for one in invoices]
    assert seen == {
        "ada": numbers,
        "admin": numbers,
        "finance": numbers,
        "buyer": [numbers[1]],
        "viewer": [],
        "bob": [],
    }
    assert seen["finance"] == numbers
    assert (seen["viewer"], seen["bob"], seen["buyer"]) == ([], [], [numbers[1]])
    for who, may in (("finance", True), ("admin", True), ("viewer", False), ("buyer", False)):
        assert (numbers[0] in browsers[who].see(f"/orders/{code}")) is may, who
    assert private.code not in browsers["finance"].see("/")
    chosen = {"invoice": [str(one.id) for one in invoices], "provider": "pay_site"}
    refused = browsers["viewer"].send("/invoices/pay", chosen, on="/invoices", follow_redirects=True)
    assert "Choose at least one invoice" in refused.text
    assert PaymentRow.select().count() == 0
    assert "/go/" in browsers["finance"].send("/invoices/pay", chosen, on="/invoices").headers["Location"]
    payment = PaymentRow.get()
    assert payment.by_name == "Finance"
    site.payer(payment.ref, PaymentState.SUCCEEDED)
    paying.look(workshop.shop, payment, at=utcnow())
    workshop.run_due()
    assert [paying.left_on(InvoiceRow.get_by_id(one.id)) for one in invoices] == [0, 0, 0]
    assert NoticeRow.select().where(NoticeRow.kind == "receipt").count() == 3
    books_of = balances(
        books.journal(
            workshop.shop,
            Days(utcnow().date() - timedelta(days=2), utcnow().date() + timedelta(days=2)),
            actor=workshop.actor("olga"),
        )
    )
    assert [amount for (name, _), amount in books_of.items() if name.startswith("Assets:Receivable")] == [0, 0, 0]
    member = CompanyMemberRow.get(CompanyMemberRow.account == workshop.people["buyer"])
    CompanyMemberRow.delete().where(CompanyMemberRow.id == member.id).execute()
    assert numbers[1] not in browsers["buyer"].see("/invoices"), "who has left sees none of it"
