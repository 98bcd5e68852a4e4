"""The demo's past is lived through: every order gets as far as its wish says, and every thread is in order."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from craftops_plugins.payment_manual import Counter, CounterSettings
from samples.pay_site import open_for_money
from samples.pictures import png

from craftops.domain.billing.quotes import QuoteState
from craftops.domain.people.access import Role
from craftops.processes import sample_shop
from craftops.processes.doctor import examine
from craftops.processes.sample_shipping import WAYS
from craftops.processes.sample_talk import TALKS
from craftops.services.billing import bank_import
from craftops.store.database import utcnow
from craftops.store.models import (
    AccountRow,
    CompanyMemberRow,
    FirstOrderRow,
    InvoiceRow,
    MessageRow,
    OrderRow,
    ParcelRow,
    PickupPassRow,
    PickupRow,
    QuoteRow,
)
from craftops.testing import Workshop


def _money_state(row: InvoiceRow, now: datetime) -> str:
    if InvoiceRow.select().where(InvoiceRow.credits == row.id).exists():
        return "credited"
    if row.settled == row.gross:
        return "paid"
    return "part" if row.settled else "late" if row.due_at < now else "open"


def test_every_order_of_the_sample_gets_where_it_should(workshop: Workshop) -> None:
    AccountRow.delete().where(AccountRow.role == Role.CUSTOMER.value).execute()
    workshop.analysis = replace(workshop.analysis, picture=png())
    open_for_money(workshop)
    workshop.shop.plugins.payment_providers["counter"] = Counter(CounterSettings())
    now = utcnow()
    sample_shop.fill(workshop.shop, workshop.worker, now=now)
    stages = {(row.title, row.stage) for row in OrderRow.select()}
    assert stages == {
        (wish.title, "shipped" if wish.title in WAYS else wish.until.value) for wish in sample_shop.WISHES
    }
    assert {row.state for row in ParcelRow.select()} == {"delivered", "held_up", "in_transit"}
    to_label = [row for row in OrderRow.select() if row.stage == "ready_to_ship"]
    assert len(to_label) >= 3, "a batch of labels to buy"
    waiting = list(PickupRow.select().join(OrderRow).where(OrderRow.stage == "ready_for_pickup"))
    assert waiting
    assert all(PickupPassRow.select().where(PickupPassRow.pickup == row.id).exists() for row in waiting)
    assert PickupPassRow.select().where(PickupPassRow.name != "").count() == 1
    assert sum(row.stage == "completed" for row in OrderRow.select()) >= 3, "orders worth reordering"
    said = sum(not line.note for lines in TALKS.values() for line in lines)
    assert MessageRow.select().where(MessageRow.via != "link").count() == said
    assert MessageRow.get(MessageRow.via == "link").author_name == "Jonas"
    assert FirstOrderRow.get().state == "waiting"  # this shop looks at new customers first; the demo's is open
    assert {row.role for row in CompanyMemberRow.select().where(CompanyMemberRow.state == "active")} == {
        "admin", "buyer", "finance",
    }  # fmt: skip
    assert {row.state for row in QuoteRow.select()} == {state.value for state in QuoteState} - {"withdrawn"}
    assert {_money_state(row, now) for row in InvoiceRow.select().where(InvoiceRow.kind != "credit")} == {
        "open", "late", "part", "paid", "credited",
    }  # fmt: skip
    guesses = [len(row.proposal or ()) for row in bank_import.waiting()]
    assert len(guesses) == 3
    assert any(guesses), "one has a guess beside it"
    assert MessageRow.select().where(MessageRow.at > now - timedelta(minutes=1)).count() == 0
    workshop.run_due()
    assert examine(workshop.shop, at=utcnow()) == []
