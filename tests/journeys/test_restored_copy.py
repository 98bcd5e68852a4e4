"""A restored copy does nothing outside, whichever way it is asked, until its owner says that it is the real shop."""

from __future__ import annotations

from datetime import timedelta

import pytest
from letterbox import Mailbox
from samples.parcel_desk import open_for_shipping, rated_parcel, ready_to_ship
from samples.pay_site import open_for_money

from craftops.domain.production.jobs import JobState
from craftops.errors import AccessError, HeldBack, RuleError
from craftops.sdk.machine import CommandKind
from craftops.sdk.payment import OnlineProvider
from craftops.services.billing import provider_events
from craftops.services.machines import commands
from craftops.services.messages import reply_tokens
from craftops.services.people import accounts
from craftops.services.shipping import labels
from craftops.services.shop import epochs
from craftops.services.shop.held_back import Guarded, hold_back
from craftops.store import work as store_work
from craftops.store.database import unit_of_work, utcnow
from craftops.store.models import JobRow, LabelRow, MachineCommandRow, NoticeRow, ShopRow, WorkRow
from craftops.store.queries import bridge
from craftops.tasks.worker import is_held_back
from craftops.testing import FakePost, Workshop


@pytest.fixture
def post(workshop: Workshop) -> FakePost:
    post = FakePost()
    workshop.shop.plugins.notification_channels = (post,)
    return post


def restored(workshop: Workshop) -> epochs.Ended:
    """The guard over whatever a test has put in, and a new epoch."""
    hold_back(workshop.shop.plugins, epochs.must_be_real)
    return epochs.open_epoch("craftops-x.tar.age", at=utcnow())


def real(workshop: Workshop) -> epochs.Ended:
    return epochs.go_live(workshop.shop, actor=workshop.actor("olga"), at=utcnow())


def test_a_guarded_thing_is_that_thing_in_all_else(workshop: Workshop) -> None:
    site = open_for_money(workshop)
    guarded = Guarded(site, frozenset({"open"}), epochs.must_be_real)
    assert isinstance(guarded, OnlineProvider)
    assert isinstance(guarded, type(site))
    assert guarded.name == site.name
    guarded.note = "kept"
    assert site.note == "kept"  # type: ignore[attr-defined]
    del guarded.note
    assert not hasattr(site, "note")
    assert repr(guarded) == repr(site)


class TestMail:
    def test_what_waited_is_not_sent_then_nor_later(self, workshop: Workshop, post: FakePost) -> None:
        workshop.place("ada")
        workshop.worker.read_outbox()
        assert NoticeRow.select().where(NoticeRow.state == "waiting").count()
        ended = restored(workshop)
        assert ended.notices >= 1
        workshop.run_due()
        real(workshop)
        workshop.run_due()
        assert post.sent == []

    def test_what_is_written_while_it_is_a_copy_waits_and_is_dropped(self, workshop: Workshop, post: FakePost) -> None:
        restored(workshop)
        workshop.place("ada")
        workshop.run_due()
        assert post.sent == []
        waiting = list(WorkRow.select().where(WorkRow.kind == "send_notice"))
        assert {(row.state, "restored copy" in row.error) for row in waiting} == {("ready", True)}
        assert all(row.run_after > utcnow() + timedelta(minutes=50) for row in waiting)
        assert real(workshop).notices >= 1
        workshop.run_due()
        assert post.sent == []

    def test_a_link_for_signing_in_does_not_go_out_either(self, workshop: Workshop, post: FakePost) -> None:
        restored(workshop)
        with unit_of_work() as uow:
            uow.enqueue("send_link", {"email": "ada@example.org", "next": "/"}, at=utcnow())
        workshop.run_due()
        assert post.sent == []

    def test_after_the_word_it_mails_again(self, workshop: Workshop, post: FakePost) -> None:
        restored(workshop)
        real(workshop)
        workshop.place("ada")
        workshop.run_due()
        assert post.sent

    def test_a_mailbox_is_not_read_for_the_real_shop_would_miss_it(self, workshop: Workshop) -> None:
        box = Mailbox()
        box.mails["1"] = b"From: eve@example.net\r\nSubject: hi\r\n\r\nhello"
        workshop.shop.plugins.intake_channels = {"email": box}
        workshop.shop.plugins.intake_plugins = {"email": "channel_email"}
        restored(workshop)
        workshop.run_due()
        assert (list(box.mails), box.settled) == (["1"], [])

    def test_an_answer_to_a_mail_of_before_is_held(self, workshop: Workshop) -> None:
        order = workshop.place("ada")
        token = reply_tokens.token_for(order.id, workshop.people["ada"].id, at=utcnow())
        assert restored(workshop).tokens == 1
        row = reply_tokens.find(token)
        assert row is not None
        assert row.revoked_at is not None
        assert reply_tokens.token_for(order.id, workshop.people["ada"].id, at=utcnow()) != token

    def test_a_link_of_before_signs_nobody_in(self, workshop: Workshop) -> None:
        token = accounts.make_link(workshop.people["ada"].id, next_path="/", at=utcnow())
        restored(workshop)
        page = workshop.browser().get(f"/sign-in/link/{token}", follow_redirects=True).get_data(as_text=True)
        assert "Ada" not in page


class TestMoney:
    def test_no_provider_is_asked_for_anything(self, workshop: Workshop) -> None:
        site = open_for_money(workshop)
        restored(workshop)
        provider = workshop.shop.plugins.payment_providers[site.name]
        assert isinstance(provider, OnlineProvider)
        for call in (
            lambda: provider.open(None),  # type: ignore[arg-type]
            lambda: provider.look("x"),
            lambda: provider.find("x", utcnow()),
            lambda: provider.close("x"),
            lambda: provider.refund(None),  # type: ignore[arg-type]
            lambda: provider.find_refund(None, "x"),  # type: ignore[arg-type]
            lambda: provider.changed_since(utcnow()),
            lambda: provider_events.reconcile(workshop.shop, at=utcnow()),
        ):
            with pytest.raises(HeldBack):
                call()
        assert site.kept == 0
        real(workshop)
        provider_events.reconcile(workshop.shop, at=utcnow())

    def test_work_with_money_waits_for_days_and_is_not_given_up(self, workshop: Workshop) -> None:
        open_for_money(workshop)
        restored(workshop)
        with unit_of_work() as uow:
            uow.enqueue("reconcile_payments", {}, at=utcnow())
        for _ in range(15):
            WorkRow.update(run_after=utcnow()).where(WorkRow.state == "ready").execute()
            workshop.run_due()
        row = WorkRow.get(WorkRow.kind == "reconcile_payments")
        assert row.state == "ready"
        real(workshop)
        WorkRow.update(run_after=utcnow()).where(WorkRow.state == "ready").execute()
        workshop.run_due()
        assert WorkRow.get_by_id(row.id).state == "done"

    def test_what_another_error_was_made_of_is_seen(self) -> None:
        try:
            try:
                raise HeldBack
            except HeldBack as error:
                raise RuleError("x") from error
        except RuleError as error:
            assert is_held_back(error)
        assert not is_held_back(RuleError("x"))


class TestParcels:
    def test_no_label_is_bought_and_no_carrier_asked(self, workshop: Workshop) -> None:
        carrier = open_for_shipping(workshop)
        parcel = rated_parcel(workshop, ready_to_ship(workshop))
        restored(workshop)
        labels.order_label(workshop.shop, parcel.id, "paper", "standard", actor=workshop.actor("sam"), at=utcnow())
        workshop.run_due()
        row = LabelRow.get()
        assert (row.state, row.number) == ("buying", "")
        guarded = workshop.shop.plugins.carriers[carrier.name]
        for call in (
            lambda: guarded.rates(None),  # type: ignore[arg-type]
            lambda: guarded.buy(None),  # type: ignore[arg-type]
            lambda: guarded.find("x", utcnow()),
            lambda: guarded.void("x"),
            lambda: guarded.track("x", "x"),
            lambda: guarded.request_pickup(None),  # type: ignore[arg-type]
        ):
            with pytest.raises(HeldBack):
                call()
        real(workshop)
        WorkRow.update(run_after=utcnow()).where(WorkRow.state == "ready").execute()
        workshop.run_due()
        assert LabelRow.get().number


class TestMachines:
    def asked(self, workshop: Workshop) -> MachineCommandRow:
        commands.command(workshop.shop, "printer-1", CommandKind.START, actor=workshop.actor("sam"), at=utcnow())
        row: MachineCommandRow = MachineCommandRow.get()
        return row

    def test_what_waited_for_a_machine_is_never_passed_on(self, workshop: Workshop) -> None:
        workshop.machine("printer-1", "simulated")
        workshop.accept(workshop.place("ada"), "printer-1")
        row = self.asked(workshop)
        assert restored(workshop).commands == 1
        assert MachineCommandRow.get_by_id(row.id).state == "refused"
        assert not commands.begin_command(row.id, utcnow())

    def test_nobody_starts_one_from_here_until_the_word(self, workshop: Workshop) -> None:
        workshop.machine("printer-1", "simulated")
        job = workshop.accept(workshop.place("ada"), "printer-1")
        restored(workshop)
        with pytest.raises(RuleError, match="restored copy"):
            self.asked(workshop)
        assert MachineCommandRow.select().count() == 0
        row = MachineCommandRow.create(
            machine=workshop.machine_row("printer-1"),
            kind="start",
            intent="x",
            job=job,
            asked_by="x",
            asked_at=utcnow(),
        )
        assert commands.why_void(bridge.open_commands()[0], utcnow()) == commands.COPY
        assert not commands.begin_command(row.id, utcnow())
        assert JobRow.get_by_id(job.id).state == JobState.QUEUED.value
        real(workshop)
        MachineCommandRow.delete().execute()
        assert self.asked(workshop).state == "waiting"


class TestTheWord:
    def test_every_page_of_staff_and_customers_says_that_it_is_a_copy(self, workshop: Workshop) -> None:
        workshop.place("ada")
        assert "restored copy" not in workshop.browser("sam").see("/staff/board")
        restored(workshop)
        for path in ("/staff/", "/staff/board", "/staff/backups"):
            assert "This is a restored copy." in workshop.browser("sam").see(path)
        assert "This is a copy of the shop for a test" in workshop.browser("ada").see("/")
        assert "craftops-x.tar.age" in workshop.browser("sam").see("/staff/backups")

    def test_the_owner_says_it_once_and_nobody_else_does(self, workshop: Workshop) -> None:
        restored(workshop)
        with pytest.raises(AccessError):
            epochs.go_live(workshop.shop, actor=workshop.actor("sam"), at=utcnow())
        assert workshop.browser("sam").send("/staff/backups/go-live", {"sure": "yes"}, on="/staff/").status_code == 403
        olga = workshop.browser("olga")
        olga.send("/staff/backups/go-live", {}, on="/staff/backups")
        assert epochs.is_copy(), "the box must be ticked"
        assert olga.send("/staff/backups/go-live", {"sure": "yes"}, on="/staff/backups").status_code == 303
        assert not epochs.is_copy()
        assert ShopRow.get().copy_of == ""
        assert "restored copy" not in olga.see("/staff/board")
        with pytest.raises(RuleError, match="already"):
            real(workshop)

    def test_the_clock_of_the_work_is_told_why(self, workshop: Workshop, post: FakePost) -> None:
        restored(workshop)
        workshop.place("ada")
        workshop.run_due()
        sentences = {row.error for row in store_work.standing("send_notice")}
        assert sentences == {HeldBack().sentence}
