"""Ada withdraws from a standard part, without signing in; nobody learns anything who should not."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
import time_machine

from craftops.domain.orders.order import Delivery
from craftops.domain.orders.workflow import Stage
from craftops.domain.people.access import Actor
from craftops.errors import AccessError, IntakeError, RuleError
from craftops.processes.doctor import examine
from craftops.services.billing.details import Details, save_details
from craftops.services.orders import ordering, withdrawals
from craftops.services.orders.ordering import LineDraft
from craftops.services.shop import customer_data
from craftops.store.database import utcnow
from craftops.store.models import (
    AccountRow,
    EventRow,
    NoticeRow,
    OrderLineRow,
    OrderRow,
    StageChangeRow,
    WithdrawalRow,
    WithdrawalStepRow,
)
from craftops.store.viewing import order_view, person_view
from craftops.testing import Workshop
from craftops.web.messages.mail import make_renderer

LINK = re.compile(r'href="(/withdraw/[^"]+)"')


def standard(workshop: Workshop, *, made: bool = False) -> OrderRow:
    """An order of Ada's with one standard part."""
    order = workshop.place("ada")
    withdrawals.set_specification(order.code, order.lines[0].id, made=made, actor=workshop.actor("sam"), at=utcnow())
    workshop.run_due()
    workshop.outbox.clear()
    return OrderRow.get_by_id(order.id)


def ended(order: OrderRow, at: datetime) -> None:
    OrderRow.update(stage=Stage.COMPLETED.value, stage_since=at).where(OrderRow.id == order.id).execute()


def form(order: OrderRow, **more: str) -> dict[str, str]:
    return {"code": order.code, "name": "Ada Lovelace", "email": "ada@example.org", "words": "", **more}


def told(workshop: Workshop) -> list[str]:
    return [draft.kind for draft in workshop.outbox]


class TestWithoutSigningIn:
    def test_two_steps_and_a_receipt(self, workshop: Workshop) -> None:
        order, stranger = standard(workshop), workshop.browser()
        assert 'href="/withdraw"' in stranger.see("/sign-in")
        asked = stranger.send("/withdraw", form(order), on="/withdraw").get_data(as_text=True)
        assert "Confirm withdrawal" in asked
        assert WithdrawalRow.select().count() == 0
        done = stranger.send("/withdraw", form(order, confirm="1"), on="/withdraw")
        assert done.status_code == 303
        assert "receipt with date and time" in stranger.see(done.headers["Location"])
        workshop.run_due()
        row = WithdrawalRow.get()
        assert [one["title"] for one in row.lines] == ["bracket"]
        assert told(workshop) == ["withdrawal_received"]
        mail = make_renderer(workshop.app)(workshop.outbox[0])
        for words in ("Ada Lovelace", order.code, "1 × bracket", row.digest, f"{row.at:%Y-}"):
            assert words in mail.text
        assert mail.to_address == "ada@example.org"
        assert not mail.list_unsubscribe

    def test_a_second_time_is_the_same(self, workshop: Workshop) -> None:
        order, stranger = standard(workshop), workshop.browser()
        for _time in range(2):
            stranger.send("/withdraw", form(order, confirm="1"), on="/withdraw")
            workshop.run_due()
        assert WithdrawalRow.select().count() == 1
        assert WithdrawalStepRow.select().count() == 1
        assert told(workshop) == ["withdrawal_received"]

    @pytest.mark.parametrize("wrong", [{"code": "ABCDEF"}, {"email": "eve@example.org"}, {"email": "bob@example.org"}])
    def test_a_guess_is_answered_alike_and_nobody_gets_a_mail(self, workshop: Workshop, wrong: dict[str, str]) -> None:
        order = standard(workshop)
        cut = re.compile(r'<meta name="(csrf-token|csp-nonce)"[^>]+>|name="csrf_token" value="[^"]+"|nonce="[^"]+"')
        pages = []
        for data in (form(order), form(order, **wrong)):
            browser = workshop.browser()
            first = browser.send("/withdraw", data, on="/withdraw").get_data(as_text=True)
            answer = browser.send("/withdraw", {**data, "confirm": "1"}, on="/withdraw")
            seen = cut.sub("", browser.see(answer.headers["Location"]))
            for name in ("code", "email"):
                first = first.replace(data[name], name)
            pages.append((cut.sub("", first), answer.status_code, seen))
        assert pages[0] == pages[1]
        workshop.run_due()
        assert told(workshop) == ["withdrawal_received"]

    def test_many_guesses_are_stopped_whether_they_are_right_or_not(self, workshop: Workshop) -> None:
        order = standard(workshop)
        for code in (order.code, "ABCDEF"):
            browser = workshop.browser()
            answers = [
                browser.send("/withdraw", form(order, code=code, confirm="1"), on="/withdraw").status_code
                for _ in range(withdrawals.MOST_OF_ORDER + 1)
            ]
            assert answers == [303] * withdrawals.MOST_OF_ORDER + [429]

    def test_a_fault_loses_nothing(self, workshop: Workshop) -> None:
        order = standard(workshop)
        answer = workshop.browser().send("/withdraw", form(order, email="ada", words="the bracket"), on="/withdraw")
        page = answer.get_data(as_text=True)
        assert answer.status_code == 422
        assert "Write your e-mail address" in page
        assert "the bracket" in page
        assert 'value="Ada Lovelace"' in page

    def test_what_has_no_right_is_written_down_all_the_same_and_the_mail_says_why(self, workshop: Workshop) -> None:
        order = standard(workshop, made=True)
        workshop.browser().send("/withdraw", form(order, confirm="1"), on="/withdraw")
        workshop.run_due()
        assert WithdrawalRow.select().count() == 1
        [draft] = workshop.outbox
        assert "made to your specification" in make_renderer(workshop.app)(draft).text

    def test_the_moment_is_when_it_was_sent_not_when_it_was_read(self, workshop: Workshop) -> None:
        order = standard(workshop)
        with time_machine.travel(utcnow(), tick=False):
            sent = utcnow()
            workshop.browser().send("/withdraw", form(order, confirm="1"), on="/withdraw")
        with time_machine.travel(sent + timedelta(minutes=3), tick=False):
            workshop.run_due()
        assert WithdrawalRow.get().at == sent


class TestByItsLink:
    def link(self, workshop: Workshop, order: OrderRow) -> str:
        found = LINK.search(workshop.browser("ada").see(f"/orders/{order.code}"))
        assert found is not None
        return found[1]

    def test_from_the_order_page_to_settled(self, workshop: Workshop) -> None:
        order, sam = standard(workshop), workshop.browser("sam")
        at, nobody = self.link(workshop, order), workshop.browser()
        line = str(order.lines[0].id)
        assert "until 14 days after you have everything" in nobody.see(at)
        data = {"name": "Ada", "email": "other@example.org", "lines": line, "words": ""}
        asked = nobody.send(at, data, on=at).get_data(as_text=True)
        assert "Confirm withdrawal" in asked
        assert 'data-turbo="false"' in asked.split("Step 2 of 2")[0]  # a script would not show what does not redirect
        for _time in range(2):
            assert nobody.send(at, {**data, "confirm": "1"}, on=at).status_code == 303
        workshop.run_due()
        assert "the receipt went to other@example.org" in nobody.see(at)
        assert LINK.search(workshop.browser("ada").see(f"/orders/{order.code}")) is None
        assert make_renderer(workshop.app)(workshop.outbox[0]).to_address == "other@example.org"
        row = WithdrawalRow.get()
        assert "Ada withdraws" in sam.see("/staff/")
        answer = f"/staff/orders/{order.code}/withdrawals/{row.id}"
        page = f"/staff/orders/{order.code}"
        sam.send(answer, {"to": "refused", "sentence": ""}, on=page)
        assert WithdrawalStepRow.select().count() == 1
        assert "Say why, so that the customer understands." in sam.see(page)
        sam.send(answer, {"to": "accepted", "sentence": "Send it back to us."}, on=page)
        sam.send(answer, {"to": "accepted", "sentence": "Send it back to us."}, on=page)
        sam.send(answer, {"to": "settled", "sentence": "Money is back."}, on=page)
        workshop.run_due()
        assert told(workshop) == ["withdrawal_received", "withdrawal_accepted", "withdrawal_settled"]
        states = [step.state for step in WithdrawalStepRow.select().order_by(WithdrawalStepRow.number)]
        assert states == ["received", "accepted", "settled"]
        assert "Ada withdraws" not in sam.see("/staff/")
        assert "Money is back." in workshop.browser("ada").see(page.removeprefix("/staff"))

    def test_mails_carry_it_while_there_is_a_right(self, workshop: Workshop) -> None:
        order, render = standard(workshop), make_renderer(workshop.app)
        workshop.accept(order)
        workshop.run_due()
        ordering.hold(
            workshop.shop, order.code, "Which way?", waits_for_customer=True, actor=workshop.actor("sam"), at=utcnow()
        )
        workshop.run_due()
        mail = render(workshop.outbox[-1])
        assert "Withdraw from contract: http" in mail.text
        assert "/withdraw/" in (mail.html or "")
        withdrawals.set_specification(
            order.code, order.lines[0].id, made=True, actor=workshop.actor("sam"), at=utcnow()
        )
        workshop.outbox[-1] = type(workshop.outbox[-1])(
            "ready", person_view(workshop.people["ada"]), order_view(OrderRow.get_by_id(order.id)), "k"
        )
        assert "Withdraw from contract" not in render(workshop.outbox[-1]).text

    def test_what_is_made_for_somebody_says_why_not(self, workshop: Workshop) -> None:
        order = workshop.place("ada")
        page = workshop.browser("ada").see(f"/orders/{order.code}")
        assert "no right of withdrawal" in page
        assert LINK.search(page) is None
        token = withdrawals.link_token(workshop.shop, order)
        closed = workshop.browser().see(f"/withdraw/{token}")
        assert "made to your specification" in closed
        assert "Go on" not in closed

    def test_a_business_has_none(self, workshop: Workshop) -> None:
        order, ada = standard(workshop), workshop.people["ada"]
        details = Details("ACME", "", "Street 1", "20457", "Hamburg", "DE", True)
        save_details(ada, details, actor=workshop.actor("ada"), at=utcnow())
        token = withdrawals.link_token(workshop.shop, order)
        assert "placed for a business" in workshop.browser().see(f"/withdraw/{token}")
        assert LINK.search(workshop.browser("ada").see(f"/orders/{order.code}")) is None
        with pytest.raises(RuleError, match="business"):
            withdrawals.declare(workshop.shop, order, self.said(), [order.lines[0].id], at=utcnow())

    def said(self) -> withdrawals.Declaration:
        return withdrawals.Declaration("Ada", "ada@example.org")

    def test_the_period_ends(self, workshop: Workshop) -> None:
        order = standard(workshop)
        token = withdrawals.link_token(workshop.shop, order)
        ended(order, utcnow() - timedelta(days=10))
        assert "until the end of" in workshop.browser().see(f"/withdraw/{token}")
        ended(order, utcnow() - timedelta(days=20))
        assert "fourteen days after you had everything are over" in workshop.browser().see(f"/withdraw/{token}")
        with pytest.raises(RuleError, match="over"):
            withdrawals.declare(
                workshop.shop, OrderRow.get_by_id(order.id), self.said(), [order.lines[0].id], at=utcnow()
            )

    def test_another_link_opens_nothing(self, workshop: Workshop) -> None:
        order = standard(workshop)
        token = withdrawals.link_token(workshop.shop, order)
        number, _dot, seal = token.partition(".")
        forged = f"{number}.{'a' if seal[0] != 'a' else 'b'}{seal[1:]}"
        assert workshop.browser().get(f"/withdraw/{forged}").status_code == 404

    def test_parts_of_one_order_one_after_the_other(self, workshop: Workshop) -> None:
        files = [workshop.upload("ada", f"{name}.stl") for name in ("vase", "lamp")]
        workshop.run_due()
        order = ordering.place_order(
            workshop.shop, actor=workshop.actor("ada"), customer=workshop.people["ada"],
            lines=[LineDraft(one, 1, "pla", "Black", "as_made") for one in files], delivery=Delivery.PICKUP, at=utcnow(),
        )  # fmt: skip
        ids = [row.id for row in OrderLineRow.select().where(OrderLineRow.order == order.id)]
        for one in ids:
            withdrawals.set_specification(order.code, one, made=False, actor=workshop.actor("sam"), at=utcnow())
        order = OrderRow.get_by_id(order.id)
        for some in ([ids[0]], ids, [ids[1]]):
            withdrawals.declare(workshop.shop, order, self.said(), some, at=utcnow())
        assert [len(row.lines) for row in WithdrawalRow.select().order_by(WithdrawalRow.id)] == [1, 2]


class TestFlag:
    def test_it_is_told_before_ordering(self, workshop: Workshop) -> None:
        assert "no right of withdrawal" in workshop.browser("ada").see("/orders/new")

    def test_staff_switch_it_and_no_right_is_taken_away_once_it_is_used(self, workshop: Workshop) -> None:
        order, sam = workshop.place("ada"), workshop.browser("sam")
        page, line = f"/staff/orders/{order.code}", order.lines[0]
        sam.send(f"{page}/lines/{line.id}/specification", {"made": "0"}, on=page)
        order = OrderRow.get_by_id(order.id)
        assert order.standard_lines == 1
        assert "Standard part" in sam.see(page)
        withdrawals.declare(
            workshop.shop, order, withdrawals.Declaration("Ada", "ada@example.org"), [line.id], at=utcnow()
        )
        with pytest.raises(RuleError, match="withdrawn from this line"):
            withdrawals.set_specification(order.code, line.id, made=True, actor=workshop.actor("sam"), at=utcnow())

    def test_a_standard_part_that_is_ordered_again_is_one_again(self, workshop: Workshop) -> None:
        order = standard(workshop)
        line = order.lines[0]
        draft = LineDraft(line.file_id, 1, "pla", "Black", "as_made", reordered_from=line.id)
        again = ordering.place_order(
            workshop.shop, actor=workshop.actor("ada"), customer=workshop.people["ada"], lines=[draft],
            delivery=Delivery.PICKUP, at=utcnow(),
        )  # fmt: skip
        assert again.standard_lines == 1
        assert not again.lines[0].made_to_specification

    def test_only_staff_may(self, workshop: Workshop) -> None:
        order = workshop.place("ada")
        ada: Actor = workshop.actor("ada")
        with pytest.raises(AccessError):
            withdrawals.set_specification(order.code, order.lines[0].id, made=False, actor=ada, at=utcnow())
        with pytest.raises(AccessError):
            withdrawals.decide(order.code, 1, "accepted", "", actor=ada, at=utcnow())
        with pytest.raises(IntakeError):
            withdrawals.decide(order.code, 1, "lost", "", actor=workshop.actor("sam"), at=utcnow())


class TestData:
    def test_a_customer_takes_it_along_and_is_not_forgotten_meanwhile(self, workshop: Workshop) -> None:
        order, ada = standard(workshop), workshop.people["ada"]
        row = withdrawals.declare(
            workshop.shop, order, withdrawals.Declaration("Ada", "ada@example.org"), [order.lines[0].id], at=utcnow()
        )
        ended(order, utcnow())
        [known] = customer_data.export(ada)["orders"]
        assert known["withdrawals"][0]["sha256"] == row.digest
        with pytest.raises(RuleError, match="withdrawal"):
            customer_data.erase(workshop.shop, ada, actor=workshop.actor("ada"), at=utcnow())
        for to in ("accepted", "settled"):
            withdrawals.decide(order.code, row.id, to, "", actor=workshop.actor("sam"), at=utcnow())
        customer_data.erase(workshop.shop, ada, actor=workshop.actor("ada"), at=utcnow())
        kept = WithdrawalRow.get()
        assert (kept.name, kept.email, kept.digest) == ("Former customer", "", row.digest)
        assert AccountRow.get_by_id(ada.id).disabled
        assert EventRow.select().where(EventRow.kind == "withdrawal_changed").count() == 3
        assert StageChangeRow.select().where(StageChangeRow.order == order.id).count()
        assert NoticeRow.select().count()

    def test_the_doctor_sees_a_word_that_was_changed_afterwards(self, workshop: Workshop) -> None:
        order = standard(workshop)
        withdrawals.declare(
            workshop.shop, order, withdrawals.Declaration("Ada", "ada@example.org"), [order.lines[0].id], at=utcnow()
        )
        assert [one for one in examine(workshop.shop, at=utcnow()) if "withdrawal" in one] == []
        WithdrawalRow.update(words="I changed my mind").execute()
        assert [one for one in examine(workshop.shop, at=utcnow()) if "not as it was declared" in one]
