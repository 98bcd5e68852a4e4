"""Whatever payers, browsers, providers, webhooks and staff do in whichever order: our books are the provider's.

Ada owes one invoice. Pages are opened and left, paid, paid late, refunded from either side; answers are lost, words come
doubled, late, forged or never; staff book transfers, credit and refund. Then everything settles: what we say we have is
what the provider has, nothing is covered beyond its sum, numbers have no gap, and each payment has one receipt.
"""

from __future__ import annotations

import contextlib
import itertools
from datetime import timedelta

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from samples.pay_site import PaySite, open_for_money

from craftops.domain.billing.documents import DocumentKind, DocumentLine
from craftops.domain.billing.money import Money
from craftops.domain.billing.tax import Tax, TaxCategory
from craftops.domain.billing.totals import Rounding
from craftops.errors import CraftOpsError
from craftops.sdk.payment import PaymentState, RefundRequest, WebhookRejected
from craftops.services.billing import invoicing, paying, provider_events, refunding
from craftops.services.billing.invoicing import Draft
from craftops.store.database import connected, unit_of_work, utcnow
from craftops.store.models import (
    InvoiceRow,
    PaymentRow,
    PaymentTargetRow,
    ProviderEventRow,
    RefundRow,
    SettlementRow,
    WorkRow,
)
from craftops.testing import Workshop

TAX = Tax(TaxCategory.STANDARD, 1900)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            (
                "open",
                "open",
                "pay",
                "pay",
                "pending",
                "fail",
                "tell",
                "tell",
                "forge",
                "work",
                "transfer",
                "credit",
                "refund",
                "refund",
                "their_refund",
                "lost",
                "unreached",
                "sweep",
            )
        ),
        st.integers(0, 3),
        st.sampled_from([1, 500, 5_000, 11_900]),
    ),
    max_size=25,
)
serial = itertools.count()


class Story:
    def __init__(self, workshop: Workshop, site: PaySite) -> None:
        self.workshop, self.site, self.at = workshop, site, utcnow()
        self.site.payments.clear()
        self.site.trouble = ""
        draft = Draft(
            DocumentKind.INVOICE, (DocumentLine("Bracket", 1, 11_900, TAX),), Rounding.SUM_BY_NET_KEEP_GROSS,
            f"law-{next(serial)}",
        )  # fmt: skip
        with unit_of_work() as uow:
            self.invoice = invoicing.issue(
                workshop.shop, uow, draft, order=None, customer=workshop.people["ada"], actor=workshop.actor("sam"),
                at=self.at,
            )  # fmt: skip

    def fresh(self) -> InvoiceRow:
        found: InvoiceRow = InvoiceRow.get_by_id(self.invoice.id)
        return found

    def ref(self, number: int) -> str:
        refs = list(self.site.payments)
        return refs[number % len(refs)] if refs else ""

    def step(self, what: str, number: int, amount: int) -> None:
        self.at += timedelta(minutes=1)
        with contextlib.suppress(CraftOpsError, WebhookRejected):  # a sentence for a person; the books come below
            getattr(self, what)(number, amount)

    def open(self, _number: int, amount: int) -> None:
        part = amount if amount <= paying.left_on(self.fresh()) else None
        paying.pay(
            self.workshop.shop, [self.fresh()], "pay_site", amount=part, return_url="x", cancel_url="x", at=self.at
        )

    def pay(self, number: int, _amount: int) -> None:
        if ref := self.ref(number):
            self.site.payer(ref, PaymentState.SUCCEEDED)

    def pending(self, number: int, _amount: int) -> None:
        if ref := self.ref(number):
            self.site.payer(ref, PaymentState.PENDING)

    def fail(self, number: int, _amount: int) -> None:
        if ref := self.ref(number):
            self.site.payer(ref, PaymentState.FAILED)

    def tell(self, number: int, amount: int) -> None:
        said = orjson.dumps({"id": f"evt_{number}_{amount}", "kind": "changed", "ref": self.ref(number)})
        provider_events.take(self.workshop.shop, "pay_site", said, {"x-signature": "good"}, at=self.at)

    def forge(self, number: int, _amount: int) -> None:
        said = orjson.dumps({"id": "evt_x", "kind": "changed", "ref": self.ref(number)})
        provider_events.take(self.workshop.shop, "pay_site", said, {"x-signature": "bad"}, at=self.at)

    def work(self, _number: int, _amount: int) -> None:
        for row in RefundRow.select().where(RefundRow.state.in_(["asked", "unknown"])):
            refunding.carry_out(self.workshop.shop, row.id, at=self.at)
        for event in ProviderEventRow.select().where(ProviderEventRow.applied_at.is_null()):
            provider_events.act(self.workshop.shop, event.id, at=self.at)

    def transfer(self, number: int, amount: int) -> None:
        paying.book(
            self.workshop.shop, [self.fresh()], "account", "", amount=amount, note="", once=f"t{self.invoice.id}-{number}",
            actor=self.workshop.actor("sam"), at=self.at,
        )  # fmt: skip

    def credit(self, number: int, amount: int) -> None:
        invoicing.credit(
            self.workshop.shop, self.fresh(), amount, "scratched", once=f"c{number}", actor=self.workshop.actor("sam"),
            at=self.at,
        )  # fmt: skip

    def refund(self, number: int, amount: int) -> None:
        rows = list(PaymentRow.select().order_by(PaymentRow.id))
        if rows:
            refunding.refund(
                self.workshop.shop, rows[number % len(rows)], amount, "", once=f"r{self.invoice.id}-{number}-{amount}",
                actor=self.workshop.actor("sam"), at=self.at,
            )  # fmt: skip

    def their_refund(self, number: int, amount: int) -> None:
        if ref := self.ref(number):
            payment = self.site.look(ref)
            self.site.refund(RefundRequest("", payment, Money(min(amount, payment.received.minor), "EUR")))

    def lost(self, _number: int, _amount: int) -> None:
        self.site.trouble = "lost"

    def unreached(self, _number: int, _amount: int) -> None:
        self.site.trouble = "unreached"

    def sweep(self, _number: int, _amount: int) -> None:
        self.at += provider_events.QUIET
        provider_events.sweep(self.workshop.shop, at=self.at)

    def settle(self) -> None:
        """The dust settles: nothing is in trouble any more, and everything is asked about."""
        self.site.trouble = ""
        for _ in range(3):
            self.step("work", 0, 0)
            self.step("sweep", 0, 0)
            provider_events.reconcile(self.workshop.shop, at=self.at)

    def check(self) -> None:
        ours = list(PaymentRow.select().where(PaymentRow.provider == "pay_site"))
        received = sum(row.received for row in ours)
        back = sum(row.amount for row in RefundRow.select().join(PaymentRow).where(
            PaymentRow.provider == "pay_site", RefundRow.state == "succeeded"))  # fmt: skip
        assert received - back == self.site.kept
        for row in PaymentRow.select():
            covered = sum(one.amount for one in row.settlements)
            gone = sum(one.amount for one in row.refunds if one.state == "succeeded")
            assert covered + row.surplus + gone == row.received
            assert (row.receipt is None) == (row.received == 0)
            assert row.refunded <= row.received
        for invoice in InvoiceRow.select():
            if invoice.kind != "credit":
                assert invoice.settled == sum(one.amount for one in invoice.settlements)
            assert 0 <= invoice.settled <= invoice.gross
        numbers = sorted(int(row.number[-4:]) for row in InvoiceRow.select().where(InvoiceRow.kind != "credit"))
        assert numbers == list(range(1, len(numbers) + 1))
        receipts = sorted(int(row.receipt[-4:]) for row in PaymentRow.select().where(PaymentRow.receipt.is_null(False)))
        assert receipts == list(range(1, len(receipts) + 1))
        assert len([row for row in ours if row.state == "open"]) <= 1


@pytest.fixture
def site(workshop: Workshop) -> PaySite:
    return open_for_money(workshop)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_our_books_are_the_providers(workshop: Workshop, site: PaySite, steps: list[tuple[str, int, int]]) -> None:
    with connected():
        for table in (SettlementRow, RefundRow, PaymentTargetRow, PaymentRow, ProviderEventRow, InvoiceRow, WorkRow):
            table.delete().execute()
        invoicing.billing.NumberSeriesRow.delete().execute()
        story = Story(workshop, site)
        for what, number, amount in steps:
            story.step(what, number, amount)
        story.settle()
        story.check()
