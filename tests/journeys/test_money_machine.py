"""Money under whatever happens at once: a state machine between our books, a faithful local Stripe and the open page.

Payers pay, leave and pay late; signed words come ten at once, backwards, twice or never, and forged ones of every kind;
answers are lost with the charge made, processes die between a call and its row, tabs and members of staff do the same at
the same moment. After every step the invoice's page tells the truth; in the end our books are Stripe's, numbers have no
gap, each payment has one receipt, and two foreign programs accept the journal to the cent.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from samples.at_once import at_once
from samples.ledger_judges import accepted
from samples.pay_site import open_for_money
from samples.stripe_desk import StripeDesk, provider

from craftops.domain.billing.documents import DocumentKind, DocumentLine
from craftops.domain.billing.journal import balances
from craftops.domain.billing.tax import Tax, TaxCategory
from craftops.domain.billing.totals import Rounding
from craftops.errors import CraftOpsError
from craftops.sdk.payment import WebhookRejected
from craftops.services.billing import books, invoicing, paying, provider_events, refunding
from craftops.services.billing.books import Days
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
from craftops.testing.stripe import LocalStripe
from craftops.testing.stripe.deliveries import sign
from craftops.web.billing.links import invoice_token

TAX = Tax(TaxCategory.STANDARD, 1900)
SUMS = st.sampled_from([1, 500, 5_000, 11_900])
FEW = st.integers(0, 3)
serial = itertools.count()


class KilledError(BaseException):
    """A process is gone in the middle: nothing that it would have done after this is done."""


class MoneyMachine(RuleBasedStateMachine):
    workshop: Workshop

    @initialize()
    def open_shop(self) -> None:
        self.stack = contextlib.ExitStack()
        self.stack.enter_context(connected())
        for table in (SettlementRow, RefundRow, PaymentTargetRow, PaymentRow, ProviderEventRow, InvoiceRow, WorkRow):
            table.delete().execute()
        invoicing.billing.NumberSeriesRow.delete().execute()
        self.stripe = self.stack.enter_context(LocalStripe())
        self.cards = provider(self.stripe)
        self.shop = self.workshop.shop
        self.shop.plugins.payment_providers.pop("pay_site", None)
        self.shop.plugins.payment_providers["stripe"] = self.cards
        self.desk, self.at, self.sam = StripeDesk(self.stripe), utcnow(), self.workshop.actor("sam")
        self.bills = [self._bill(11_900), self._bill(5_000)]
        self.browser = self.workshop.browser()

    def _bill(self, gross: int) -> int:
        draft = invoicing.Draft(
            DocumentKind.INVOICE, (DocumentLine("Bracket", 1, gross, TAX),), Rounding.SUM_BY_NET_KEEP_GROSS,
            f"machine-{next(serial)}",
        )  # fmt: skip
        with unit_of_work() as uow:
            ada = self.workshop.people["ada"]
            return int(invoicing.issue(self.shop, uow, draft, order=None, customer=ada, actor=self.sam, at=self.at).id)

    # What the rules are made of

    def bill(self, number: int) -> InvoiceRow:
        found: InvoiceRow = InvoiceRow.get_by_id(self.bills[number % len(self.bills)])
        return found

    def sessions(self) -> list[dict[str, Any]]:
        return list(reversed(self.stripe.ledger.of("checkout.session", False)))

    @contextlib.contextmanager
    def a_minute_later(self) -> Iterator[None]:
        self.at += timedelta(minutes=1)
        self.stripe.control.advance(60)
        with contextlib.suppress(CraftOpsError):  # a sentence for a person; the books come below
            yield

    def _pay(self, number: int, amount: int | None = None) -> PaymentRow:
        return paying.pay(
            self.shop, [self.bill(number)], "stripe", amount=amount, return_url="http://x/?session={session}",
            cancel_url="http://x/", at=self.at,
        )  # fmt: skip

    def _take(self, letter: tuple[bytes, dict[str, str]]) -> None:
        headers = {name.lower(): value for name, value in letter[1].items()}
        provider_events.take(self.shop, "stripe", letter[0], headers, at=self.at)

    def _signed(self, said: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
        body = orjson.dumps(said)
        return body, {"Stripe-Signature": sign(body, [self.stripe.secret], int(self.at.timestamp()))}

    def _act(self) -> None:
        for row in RefundRow.select().where(RefundRow.state.in_(["asked", "unknown"])):
            with contextlib.suppress(CraftOpsError):
                refunding.carry_out(self.shop, row.id, at=self.at)
        for event in list(ProviderEventRow.select().where(ProviderEventRow.applied_at.is_null())):
            with contextlib.suppress(CraftOpsError):
                provider_events.act(self.shop, event.id, at=self.at)

    # Payers

    @rule(number=FEW, part=SUMS, whole=st.booleans())
    def open_a_page(self, number: int, part: int, whole: bool) -> None:
        with self.a_minute_later():
            self._pay(number, None if whole else part)

    @rule(number=FEW)
    def in_two_tabs(self, number: int) -> None:
        with self.a_minute_later():
            at_once([lambda: self._pay(number), lambda: self._pay(number)])

    @rule(number=FEW)
    def both_invoices_at_once(self, number: int) -> None:
        with self.a_minute_later():
            paying.pay(
                self.shop, [self.bill(number), self.bill(number + 1)], "stripe", amount=None,
                return_url="http://x/?session={session}", cancel_url="http://x/", at=self.at,
            )  # fmt: skip

    @rule(number=FEW)
    def killed_between_call_and_row(self, number: int) -> None:
        """Stripe has made the session, and nobody wrote that down, not even that it is unknown."""
        opened, mark = self.cards.open, paying._mark

        def killed(request: object) -> object:
            opened(request)  # type: ignore[arg-type]
            raise KilledError

        with self.a_minute_later(), pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(self.cards), "open", lambda _self, request: killed(request))
            patch.setattr(paying, "_mark", lambda *_: None)
            with contextlib.suppress(KilledError):
                self._pay(number)
        assert paying._mark is mark

    @rule(number=FEW, how=st.sampled_from(["card", "debit", "settles", "bounces"]))
    def the_payer_acts(self, number: int, how: str) -> None:
        if not (found := self.sessions()):
            return
        ref = found[number % len(found)]["id"]
        with self.a_minute_later(), contextlib.suppress(Exception):  # Stripe says no to who cannot pay there any more
            if how == "card" and self.desk.may_pay(ref):
                self.desk.pay(ref)
            elif how == "debit" and self.desk.may_pay(ref):
                self.desk.promise(ref)
            elif how in ("settles", "bounces"):
                self.desk.settle(ref, paid=how == "settles")

    @rule(kind=st.sampled_from(["drop", "drop_before", "error_after", "error", "garbage"]))
    def the_next_answer_is_lost(self, kind: str) -> None:
        self.stripe.control.break_next(kind)

    # Stripe's words

    @rule(backwards=st.booleans())
    def words_come(self, backwards: bool) -> None:
        with self.a_minute_later():
            letters = self.desk.letters(self.at)
            for letter in reversed(letters) if backwards else letters:
                self._take(letter)

    @rule(number=FEW)
    def a_word_comes_ten_times_at_once(self, number: int) -> None:
        with self.a_minute_later():
            if letters := self.desk.letters(self.at):
                letter = letters[-1 - number % len(letters)]
                at_once([lambda: self._take(letter)] * 10)
                at_once([self._act, self._act])

    @rule(number=FEW, kind=st.sampled_from(["unsigned", "guessed", "other account", "other mode", "old"]))
    def a_word_is_none(self, number: int, kind: str) -> None:
        letters = self.desk.letters(self.at)
        if not letters:
            return
        letter = letters[number % len(letters)]
        if kind == "unsigned":
            letter = (letter[0], {})
        elif kind == "guessed":
            letter = self.desk.letters(self.at, wrong_secret=True)[number % len(letters)]
        elif kind == "other account":
            letter = self._signed({**orjson.loads(letter[0]), "account": "acct_other"})
        elif kind == "other mode":
            letter = self._signed({**orjson.loads(letter[0]), "livemode": True})
        else:
            letter = self.desk.letters(self.at - timedelta(hours=2))[number % len(letters)]
        before = ProviderEventRow.select().count()
        with pytest.raises(WebhookRejected):
            self._take(letter)
        assert ProviderEventRow.select().count() == before

    @rule(number=FEW, amount=SUMS)
    def a_word_tells_a_wrong_amount(self, number: int, amount: int) -> None:
        """Signed even; what it tells is looked up, and never believed."""
        with self.a_minute_later():
            if letters := self.desk.letters(self.at):
                said = orjson.loads(letters[number % len(letters)][0])
                thing = said["data"]["object"]
                said |= {"id": f"evt_wrong_{amount}", "data": {"object": {**thing, "amount_total": amount}}}
                self._take(self._signed(said))
                self._act()

    # The shop

    @rule()
    def the_worker_works(self) -> None:
        with self.a_minute_later():
            at_once([self._act, self._act])

    @rule()
    def the_worker_dies_in_a_transaction(self) -> None:
        def killed(*_: object) -> None:
            raise KilledError

        with self.a_minute_later(), pytest.MonkeyPatch.context() as patch:
            patch.setattr(paying, "_record", killed)
            with contextlib.suppress(KilledError):
                self._act()

    @rule()
    def the_sweep_comes(self) -> None:
        self.at += provider_events.QUIET
        self.stripe.control.advance(int(provider_events.QUIET.total_seconds()))
        provider_events.sweep(self.shop, at=self.at)

    @rule(number=FEW, amount=SUMS, same=st.booleans())
    def two_of_staff_book_a_transfer(self, number: int, amount: int, same: bool) -> None:
        """One transfer seen by both is booked once; two transfers are two."""
        with self.a_minute_later():
            stem = f"{next(serial)}"
            keys = [stem, stem if same else f"{stem}b"]
            before = PaymentRow.select().count()

            def book(key: str) -> object:
                return paying.book(
                    self.shop, [self.bill(number)], "account", "", amount=amount, note="", once=key, actor=self.sam,
                    at=self.at,
                )  # fmt: skip

            at_once([lambda: book(keys[0]), lambda: book(keys[1])])
            assert PaymentRow.select().count() - before <= len(set(keys))

    @rule(number=FEW, amount=SUMS)
    def two_of_staff_refund(self, number: int, amount: int) -> None:
        rows = list(PaymentRow.select().order_by(PaymentRow.id))
        if rows:
            row = rows[number % len(rows)]

            def refund(key: str) -> object:
                return refunding.refund(self.shop, row, amount, "", once=key, actor=self.sam, at=self.at)

            with self.a_minute_later():
                at_once([lambda: refund(f"a{next(serial)}"), lambda: refund(f"b{next(serial)}")])

    @rule(number=FEW, amount=SUMS)
    def staff_credit(self, number: int, amount: int) -> None:
        with self.a_minute_later():
            invoicing.credit(
                self.shop, self.bill(number), amount, "scratched", once=f"{next(serial)}", actor=self.sam, at=self.at
            )

    @rule(number=FEW, amount=SUMS)
    def a_refund_at_the_dashboard(self, number: int, amount: int) -> None:
        if found := self.sessions():
            with self.a_minute_later(), contextlib.suppress(Exception):  # Stripe says no where there is not as much
                self.stripe.control.refund(found[number % len(found)]["id"], amount)

    # What must hold, at every moment and in the end

    @invariant()
    def the_page_is_truthful(self) -> None:
        for key in getattr(self, "bills", ()):
            row = InvoiceRow.get_by_id(key)
            said = self.browser.see(f"/pay/{invoice_token(self.shop, row)}")
            assert ("This is paid" in said) == (row.settled == row.gross)
            assert 0 <= row.settled <= row.gross
            assert len(paying.open_payments([row])) <= 1, "one open way to pay"

    @invariant()
    def who_comes_back_never_reads_that_it_failed(self) -> None:
        if not hasattr(self, "stripe"):
            return
        for row in PaymentRow.select().where(PaymentRow.provider == "stripe", PaymentRow.ref.is_null(False)):
            if self.stripe.ledger.things[row.ref]["payment_status"] == "paid":
                said = self.browser.see(f"/pay/back/stripe?session={row.ref}")
                assert "Not paid" not in said

    def teardown(self) -> None:
        if not hasattr(self, "stripe"):
            return
        with self.stack:
            self.stripe.control._faults.clear()
            for _ in range(3):
                self.at += timedelta(minutes=1)
                self._act()
                self.the_sweep_comes()
                provider_events.reconcile(self.shop, at=self.at)
            self.the_page_is_truthful()
            self._books_are_right()
            self._ledgers_accept()

    def _books_are_right(self) -> None:
        ours = list(PaymentRow.select().where(PaymentRow.provider == "stripe"))
        theirs = 0
        for session in self.sessions():
            with contextlib.suppress(Exception):
                charge = self.stripe.control.charge(session["id"])
                theirs += charge["amount_captured"] - charge["amount_refunded"] if charge["paid"] else 0
        back = RefundRow.select().join(PaymentRow).where(PaymentRow.provider == "stripe")
        gone = sum(row.amount for row in back.where(RefundRow.state == "succeeded"))
        assert sum(row.received for row in ours) - gone == theirs
        for row in PaymentRow.select():
            covered = sum(one.amount for one in row.settlements)
            returned = sum(one.amount for one in row.refunds if one.state == "succeeded")
            assert covered + row.surplus + returned == row.received
            assert (row.receipt is None) == (row.received == 0)
            assert returned <= row.received
        for kind, rows in (
            ("invoices", InvoiceRow.select().where(InvoiceRow.kind != "credit")),
            ("credits", InvoiceRow.select().where(InvoiceRow.kind == "credit")),
        ):
            numbers = sorted(int(row.number[-4:]) for row in rows)
            assert numbers == list(range(1, len(numbers) + 1)), kind
        receipts = sorted(int(row.receipt[-4:]) for row in PaymentRow.select().where(PaymentRow.receipt.is_null(False)))
        assert receipts == list(range(1, len(receipts) + 1))

    def _ledgers_accept(self) -> None:
        days = Days((self.at - timedelta(days=3)).date(), (self.at + timedelta(days=3)).date())
        told = books.journal(self.shop, days, actor=self.workshop.actor("olga"))
        owed = sum(row.gross - row.settled for row in InvoiceRow.select().where(InvoiceRow.kind != "credit"))
        credit = sum(row.gross - row.settled for row in InvoiceRow.select().where(InvoiceRow.kind == "credit"))
        surplus = sum(row.surplus for row in PaymentRow.select())
        asked = sum(value for (account, _currency), value in balances(told).items() if "eceivable" in account)
        assert asked == owed - credit - surplus
        accepted(told)


@pytest.mark.parametrize(
    ("examples", "steps"), [pytest.param(2, 15, id="few"), pytest.param(20, 25, id="many", marks=pytest.mark.ci)]
)
def test_whatever_happens_our_books_are_stripes(workshop: Workshop, examples: int, steps: int) -> None:
    open_for_money(workshop)
    MoneyMachine.workshop = workshop
    profile = settings(
        max_examples=examples, stateful_step_count=steps, deadline=None, suppress_health_check=list(HealthCheck),
        print_blob=True,
    )  # fmt: skip
    run_state_machine_as_test(MoneyMachine, settings=profile)
