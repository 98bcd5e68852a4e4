"""Notices: by every channel that a person chose, one mail for a burst or a day of silence, no secret in a room."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar

import pytest
import time_machine

from craftops.domain.messages.notices import NoticeChoice, choice_to_json
from craftops.domain.orders.workflow import Stage
from craftops.errors import CredentialsRejected, Refused, Unreachable
from craftops.services.messages import conversation, delivery
from craftops.services.messages.conversation import MessageText
from craftops.services.orders import ordering
from craftops.services.people import accounts
from craftops.store.database import utcnow
from craftops.store.models import AccountRow, NoticeRow, OrderRow, WorkRow
from craftops.testing import FakePost, Workshop


class Room(FakePost):
    """A chat room that the shop has set up."""

    name: ClassVar[str] = "room"
    reaches_person: ClassVar[bool] = False


class Pager(FakePost):
    name: ClassVar[str] = "pager"


@pytest.fixture
def post(workshop: Workshop) -> FakePost:
    made = FakePost()
    workshop.shop.plugins.notification_channels = (made,)
    return made


def later(workshop: Workshop, **time: float) -> None:
    with time_machine.travel(utcnow() + timedelta(**time), tick=False):
        workshop.run_due()


def write(workshop: Workshop, order: OrderRow, text: str, who: str = "sam") -> None:
    conversation.post(workshop.shop, order.code, MessageText(text), actor=workshop.actor(who), at=utcnow())


def test_a_sign_in_link_never_goes_to_a_room(workshop: Workshop) -> None:
    room, post = Room(), FakePost()
    workshop.shop.plugins.notification_channels = (room, post)
    accounts.ask_link("ada@example.org", next_path="", at=utcnow())
    workshop.place("ada")
    workshop.run_due()
    assert [one.subject for one in post.sent] == ["sign_in_link", "received"]
    assert [one.subject for one in room.sent] == ["received"]


def test_every_channel_that_she_chose_is_used(workshop: Workshop) -> None:
    post, pager = FakePost(), Pager()
    workshop.shop.plugins.notification_channels = (post, pager)
    workshop.place("ada")
    workshop.run_due()
    assert (len(post.sent), len(pager.sent)) == (1, 1)
    choice = NoticeChoice(channels_off=frozenset({"pager"}))
    AccountRow.update(notices=choice_to_json(choice)).where(AccountRow.email == "ada@example.org").execute()
    workshop.place("ada")
    workshop.run_due()
    assert (len(post.sent), len(pager.sent)) == (2, 1)


@pytest.mark.parametrize("ticked", [("post", "pager"), ("post",), ("pager",), ()])
def test_what_she_ticks_is_kept_and_used_alone(workshop: Workshop, ticked: tuple[str, ...]) -> None:
    channels = (FakePost(), Pager())
    workshop.shop.plugins.notification_channels = channels
    ada, page = workshop.browser("ada"), "/account/notices"
    for before in (("pager",), ()):  # from something, and from nothing
        for names in (before, ticked):
            form = {"kind": ["received"], "asks_channels": "1", "channel": list(names), "merge": "0"}
            assert ada.send(page, form, on=page).status_code == 303
        boxes = dict(re.findall(r'name="channel" value="(\w+)" (checked)?', ada.see(page)))
        assert {name for name, is_ticked in boxes.items() if is_ticked} == {*ticked}
    order = workshop.place("ada")
    workshop.run_due()
    assert {one.name for one in channels if one.sent} == {*ticked}
    ordering.move(workshop.shop, order.code, Stage.CANCELLED, actor=workshop.actor("sam"), at=utcnow(), note="x")
    later(workshop, minutes=5)
    told = {one.name for one in channels if "cancelled" in {notice.subject for notice in one.sent}}
    assert told == ({*ticked} or {"post"}), "what everybody must be told comes in any case"


def test_a_channel_that_the_page_does_not_show_stays_off(workshop: Workshop) -> None:
    plugins, ada, page = workshop.shop.plugins, workshop.browser("ada"), "/account/notices"
    plugins.notification_channels = (FakePost(), Pager())
    ada.send(page, {"kind": [], "asks_channels": "1", "channel": ["post"], "merge": "0"}, on=page)
    plugins.notification_channels = (FakePost(),)
    assert "asks_channels" not in ada.see(page)
    ada.send(page, {"kind": [], "merge": "15"}, on=page)
    plugins.notification_channels = (FakePost(), Pager())
    assert AccountRow.get(AccountRow.email == "ada@example.org").notices["channels_off"] == ["pager"]


def test_what_is_switched_off_is_not_sent_and_what_is_on_is(workshop: Workshop, post: FakePost) -> None:
    choice = NoticeChoice({"received": False, "queued": True}, merge_minutes=0)
    AccountRow.update(notices=choice_to_json(choice)).where(AccountRow.email == "ada@example.org").execute()
    order = workshop.place("ada")
    workshop.accept(order)
    workshop.run_due()
    assert [one.subject for one in post.sent] == ["queued"]


def test_a_burst_is_one_mail(workshop: Workshop, post: FakePost) -> None:
    order = workshop.place("ada")
    workshop.run_due()
    for text in ("One", "Two", "Three"):
        write(workshop, order, text)
    workshop.run_due()
    later(workshop, minutes=3)
    assert [one.subject for one in post.sent] == ["received", "message"]
    assert [[one.body for one in draft.messages] for draft in workshop.outbox if draft.messages] == [
        ["One", "Two", "Three"]
    ]


def test_a_day_without_a_mail_server_is_one_mail_and_not_forty(workshop: Workshop, post: FakePost) -> None:
    post.trouble = Unreachable("The mail server sleeps.")
    orders = [workshop.place("ada") for _ in range(5)]
    for hour in range(24):
        with time_machine.travel(utcnow() + timedelta(hours=hour), tick=False):
            write(workshop, orders[hour % 5], f"Hour {hour}")
            workshop.run_due()
    assert post.sent == []
    waiting = NoticeRow.select().where(NoticeRow.state == "waiting")
    assert waiting.count() >= 20
    post.trouble = None
    later(workshop, hours=26)
    later(workshop, hours=28)
    assert [one.subject for one in post.sent] == ["digest"]
    assert len(workshop.outbox[-1].orders) == 5
    assert waiting.count() == 0
    assert WorkRow.select().where(WorkRow.kind == "send_notice", WorkRow.state != "done").count() == 0


def test_a_kill_while_it_sends_sends_the_same_mail_again(workshop: Workshop, post: FakePost) -> None:
    order = workshop.place("ada")
    workshop.run_due()
    write(workshop, order, "Hello")
    workshop.run_due()
    row = NoticeRow.get(NoticeRow.kind == "message")

    class Killed(BaseException):
        pass

    def kill() -> None:
        raise Killed

    post.before = kill
    with pytest.raises(Killed):
        delivery.send_notice(workshop.shop, row.id, workshop.worker.render, at=utcnow())
    assert NoticeRow.get_by_id(row.id).state == "sending"
    write(workshop, order, "And more")  # comes while nobody knows
    post.before = lambda: None
    later(workshop, minutes=5)
    later(workshop, minutes=9)
    keys = [one.key for one in post.sent if one.subject == "message"]
    assert keys[0] == row.key
    assert len(set(keys)) == len(keys)
    assert NoticeRow.select().where(NoticeRow.state != "sent").count() == 0


def test_the_shop_hears_of_a_question_and_the_customer_of_none_of_their_own(workshop: Workshop, post: FakePost) -> None:
    order = workshop.place("ada")
    workshop.run_due()
    post.sent.clear()
    write(workshop, order, "When?", "ada")
    workshop.run_due()
    later(workshop, minutes=3)
    assert [(one.subject, one.to_address) for one in post.sent] == [("customer_wrote", "olga@example.org")]
    conversation.assign(order.code, workshop.people["sam"].id, actor=workshop.actor("olga"), at=utcnow())
    write(workshop, order, "Hello?", "ada")
    workshop.run_due()
    later(workshop, minutes=3)
    assert post.sent[-1].to_address == "sam@example.org"


def test_a_question_that_was_read_or_settled_is_not_mailed(workshop: Workshop, post: FakePost) -> None:
    order = workshop.place("ada")
    workshop.run_due()
    post.sent.clear()
    write(workshop, order, "When?", "ada")
    workshop.run_due()
    conversation.settle(order.code, actor=workshop.actor("sam"), at=utcnow())
    later(workshop, minutes=3)
    assert post.sent == []


def test_quiet_hours_wait_and_what_cannot_wait_does_not(workshop: Workshop, post: FakePost) -> None:
    order = workshop.place("ada")
    workshop.run_due()
    now = utcnow()
    zone = workshop.shop.profile().zone
    local = now.astimezone(zone)
    quiet = NoticeChoice(quiet_from=(local - timedelta(hours=1)).time(), quiet_to=(local + timedelta(hours=2)).time())
    quiet = replace(quiet, merge_minutes=0)
    AccountRow.update(notices=choice_to_json(quiet)).where(AccountRow.email == "ada@example.org").execute()
    write(workshop, order, "Hello")
    ordering.move(workshop.shop, order.code, Stage.IN_REVIEW, actor=workshop.actor("sam"), at=utcnow())
    ordering.hold(
        workshop.shop, order.code, "Which colour?", waits_for_customer=True, actor=workshop.actor("sam"), at=utcnow()
    )
    workshop.run_due()
    assert post.sent[-1].subject == "needs_you"
    later(workshop, hours=3)
    assert [one.subject for one in post.sent][:2] == ["received", "needs_you"]


def test_a_sign_in_that_has_ended_loses_no_mail_and_staff_are_told(workshop: Workshop, post: FakePost) -> None:
    post.trouble = CredentialsRejected("The mail server does not accept our user name and password.")
    order = workshop.place("ada")
    workshop.run_due()
    row = NoticeRow.get()
    assert (row.state, row.error) == ("waiting", post.trouble.sentence)
    sam = workshop.browser("sam")
    home = sam.see("/staff/")
    assert 'id="todo-unsent"' in home
    page = sam.see("/staff/todo/unsent")
    for words in ("Ada", order.code, post.trouble.sentence):
        assert words in page
    later(workshop, hours=30)
    assert NoticeRow.get().state == "waiting"
    post.trouble = None
    later(workshop, hours=60)
    assert [one.subject for one in post.sent] == ["received"]
    assert "Every mail has gone out." in sam.see("/staff/todo/unsent")


def test_an_address_that_the_server_takes_no_mail_for_is_shown_at_the_customer(
    workshop: Workshop, post: FakePost
) -> None:
    post.trouble = Refused("The mail server refused the mail: 550 no such user.")
    workshop.place("ada")
    workshop.run_due()
    assert NoticeRow.get().state == "refused"
    page = workshop.browser("sam").see(f"/staff/customers/{workshop.people['ada'].id}")
    assert "550 no such user" in page
