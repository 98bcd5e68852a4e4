"""One mail a day of what waits, for those of the shop who chose a time: once, complete, and never for nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from itertools import count
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from craftops.domain.messages.notices import WAITS, NoticeChoice, choice_to_json
from craftops.domain.shop.profile import WEEKDAYS, ShopProfile
from craftops.errors import Unreachable
from craftops.sdk.notification import Notice, NotificationChannel
from craftops.services.messages import conversation, digests, notifying
from craftops.services.messages.conversation import MessageText
from craftops.services.shop import epochs
from craftops.store.database import utcnow
from craftops.store.models import AccountRow, NoticeRow, OrderRow, ThreadRow, WorkRow
from craftops.testing import Workshop
from craftops.web.messages import present_waits
from craftops.web.messages.mail import make_renderer
from craftops.web.messages.present_waits import shares

BERLIN = ZoneInfo("Europe/Berlin")
WEEK = dict.fromkeys(WEEKDAYS[:5], ("08:00-17:00",))
MONDAY = datetime(2027, 3, 1, 0, 0, tzinfo=BERLIN)


def is_digest(notice: Notice) -> bool:
    return notice.key.startswith(f"{WAITS}:")


class Letters(NotificationChannel):
    name: ClassVar[str] = "letters"
    reaches_person: ClassVar[bool] = True

    def __init__(self) -> None:
        self.sent: list[tuple[datetime, Notice]] = []
        self.down = False

    @property
    def ready(self) -> bool:
        return True

    def send(self, notice: Notice) -> None:
        if self.down:
            raise Unreachable("The mail server sleeps.")
        self.sent.append((utcnow(), notice))
        if not is_digest(notice):
            assert "Waiting for an answer" not in notice.text
            return
        waiting = ThreadRow.select().where(ThreadRow.waiting_since.is_null(False)).count()
        assert f"Waiting for an answer ({waiting})" in notice.text or not waiting
        assert waiting or "Waiting for an answer" not in notice.text

    def digests(self) -> list[tuple[datetime, Notice]]:
        return [one for one in self.sent if is_digest(one[1])]


@pytest.fixture
def letters(make_workshop: Callable[[str], Workshop]) -> tuple[Workshop, Letters]:
    workshop = make_workshop('[server]\nbase_url = "https://shop.example"\n')
    workshop.open(ShopProfile(name="Werk Süd", hours=WEEK))
    workshop.worker.render = make_renderer(workshop.app)
    made = Letters()
    workshop.shop.plugins.notification_channels = (made,)
    return workshop, made


def wake(workshop: Workshop) -> None:
    digests.ask(workshop.shop, utcnow())
    workshop.run_due()


def choose(workshop: Workshop, at: time | None, who: str = "sam") -> None:
    choice = NoticeChoice(digest_at=at)
    AccountRow.update(notices=choice_to_json(choice)).where(AccountRow.id == workshop.people[who].id).execute()


def ask(workshop: Workshop, order: OrderRow, text: str = "When?") -> None:
    conversation.post(workshop.shop, order.code, MessageText(text), actor=workshop.actor("ada"), at=utcnow())


def test_sam_chooses_a_time_and_reads_each_morning_what_waits(letters: tuple[Workshop, Letters]) -> None:
    workshop, post = letters
    with time_machine.travel(MONDAY + timedelta(hours=10), tick=False) as clock:
        order = workshop.place("ada")
        ask(workshop, order, "Will M4 screws fit?")
        browser = workshop.browser("sam")
        page = browser.see("/account/notices")
        assert "One mail a day of all that waits" in page
        form = {"kind": "customer_wrote", "merge": "2", "digest_at": "07:30"}
        assert browser.send("/account/notices", form, on="/account/notices").status_code == 303
        assert 'name="digest_at" value="07:30"' in browser.see("/account/notices")
        wake(workshop)
        assert post.digests() == [], "the time of today had passed when he chose it"
        clock.move_to(MONDAY + timedelta(days=1, hours=7, minutes=29))
        wake(workshop)
        assert post.digests() == []
        clock.move_to(MONDAY + timedelta(days=1, hours=7, minutes=31))
        for _ in range(3):
            wake(workshop)
        [(_, mail)] = post.digests()
        assert mail.to_address == "sam@example.org"
        assert mail.automatic
        for words in ("Waiting for an answer (1)", order.code, "Will M4 screws fit?", "https://shop.example/staff/"):
            assert words in mail.text
        assert f"https://shop.example/staff/messages/{order.code}" in mail.html

        # One click in the mail ends it; looking at the page behind it does not.
        end = mail.list_unsubscribe.removeprefix("https://shop.example")
        workshop.browser().see(end)
        assert notifying.choice_of(AccountRow.get_by_id(workshop.people["sam"].id)).wants(WAITS)
        workshop.app.test_client().post(end, data={"List-Unsubscribe": "One-Click"})
        clock.move_to(MONDAY + timedelta(days=2, hours=8))
        wake(workshop)
        assert len(post.digests()) == 1
        assert 'name="digest_at" value=""' in workshop.browser("sam").see("/account/notices")
        browser = workshop.browser("sam")
        browser.send("/account/notices", {**form, "digest_at": "09:00"}, on="/account/notices")
        clock.move_to(MONDAY + timedelta(days=2, hours=9))
        wake(workshop)
        assert len(post.digests()) == 2


def test_where_nothing_waits_no_mail_comes(letters: tuple[Workshop, Letters], monkeypatch: pytest.MonkeyPatch) -> None:
    workshop, post = letters
    known = present_waits.todo_kinds
    monkeypatch.setattr(present_waits, "todo_kinds", lambda: {"reply": known()["reply"]})
    with time_machine.travel(MONDAY + timedelta(hours=9), tick=False):
        choose(workshop, time(8))
        wake(workshop)
    assert post.digests() == []
    row = NoticeRow.get(NoticeRow.kind == WAITS)
    assert (row.state, row.error) == ("dropped", "nothing waits any more")


def test_a_shop_that_is_closed_and_a_copy_send_none(
    letters: tuple[Workshop, Letters], monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop, post = letters
    with time_machine.travel(MONDAY + timedelta(days=5, hours=9), tick=False) as clock:
        ask(workshop, workshop.place("ada"))
        choose(workshop, time(8))
        wake(workshop)
        assert post.digests() == [], "it is Saturday"
        clock.shift(timedelta(days=2))
        with monkeypatch.context() as copied:
            copied.setattr(epochs, "is_copy", lambda: True)
            wake(workshop)
        assert NoticeRow.select().where(NoticeRow.kind == WAITS).count() == 0
        wake(workshop)
        assert len(post.digests()) == 1


def test_customers_are_not_offered_one_and_get_none(letters: tuple[Workshop, Letters]) -> None:
    workshop, post = letters
    with time_machine.travel(MONDAY + timedelta(hours=9), tick=False):
        ask(workshop, workshop.place("ada"))
        ada = workshop.browser("ada")
        assert "digest_at" not in ada.see("/account/notices")
        ada.send("/account/notices", {"digest_at": "08:00"}, on="/account/notices")
        choose(workshop, time(8), "bob")
        wake(workshop)
    assert post.digests() == []


def test_the_worker_asks_each_minute(letters: tuple[Workshop, Letters]) -> None:
    workshop, _post = letters
    assert digests.ask in workshop.worker.duties.every_minute


@given(st.lists(st.integers(0, 40), max_size=8), st.integers(0, 30))
def test_lines_are_shared_fairly(counts: list[int], most: int) -> None:
    given_lines = shares(counts, most)
    assert sum(given_lines) == min(most, sum(counts))
    assert all(0 <= mine <= all_ for mine, all_ in zip(given_lines, counts, strict=True))
    short = [mine for mine, all_ in zip(given_lines, counts, strict=True) if mine < all_]
    assert not short or max(given_lines) - min(short) <= 1


DAYS = st.dates(date(2027, 1, 1), date(2027, 12, 31))
TIMES = st.times().map(lambda one: one.replace(second=0, microsecond=0, tzinfo=None))


@given(DAYS, TIMES, TIMES, st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]))
def test_a_time_that_is_chosen_begins_with_its_next_turn(day: date, at: time, chosen: time, zone_name: str) -> None:
    zone = ZoneInfo(zone_name)
    now = datetime.combine(day, chosen, zone).astimezone(UTC)
    choice = NoticeChoice().with_digest(at, now, zone)
    assert choice.with_digest(at, now + timedelta(days=3), zone) == choice
    moment = now
    while (due := choice.digest_due(moment, zone, lambda _day: True)) is None:
        moment += timedelta(minutes=1)
        assert moment - now <= timedelta(hours=25, minutes=31)
    assert due == moment.astimezone(zone).date()
    assert moment == now or choice.digest_due(now, zone, lambda _day: True) is None


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("sleep"), st.sampled_from((20, 60, 180, 420, 1000, 2000))),
        st.tuples(st.sampled_from(("ask", "settle", "down", "up", "earlier", "later")), st.just(0)),
    ),
    min_size=5,
    max_size=25,
)


@pytest.mark.ci
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(STEPS)
def test_one_a_day_whatever_happens(letters: tuple[Workshop, Letters], steps: list[tuple[str, Any]]) -> None:
    one_a_day(letters, steps)


def one_a_day(letters: tuple[Workshop, Letters], steps: list[tuple[str, Any]]) -> set[int]:
    """At most one for each day; exactly one where the worker was awake after its time, the server there, something
    waiting and the shop open; and it counts everything that waits. The notices that were given up."""
    workshop, post = letters
    post.sent.clear()
    WorkRow.delete().execute()
    NoticeRow.delete().execute()
    AccountRow.update(notices=None).execute()
    numbers = count(1)
    begin = MONDAY.astimezone(UTC) + timedelta(days=42 * next(TURNS))
    with time_machine.travel(begin, tick=False) as clock:
        order = workshop.place("ada")
        workshop.run_due()
        choose(workshop, time(7))
        wanted: set[date] = set()
        post.down = False
        for what, value in steps:
            if what == "sleep":
                clock.shift(timedelta(minutes=value))
            elif what == "ask":
                ask(workshop, order, f"Question {next(numbers)}")
            elif what == "settle":
                conversation.settle(order.code, actor=workshop.actor("sam"), at=utcnow())
            elif what in ("down", "up"):
                post.down = what == "down"
            else:
                choose(workshop, time(6) if what == "earlier" else time(18))
            wake(workshop)
            local = utcnow().astimezone(BERLIN)
            due = notifying.choice_of(AccountRow.get_by_id(workshop.people["sam"].id)).digest_at
            if local.weekday() < 5 and due is not None and local.time() >= due and not post.down:
                wanted.add(local.date())
        post.down = False
        clock.shift(timedelta(hours=1, minutes=5))
        wake(workshop)
        lost = given_up()
    days = Counter(at.astimezone(BERLIN).date() for at, _mail in post.digests())
    keys = Counter(mail.key for _at, mail in post.digests())
    assert set(keys.values()) <= {1}
    assert max(days.values(), default=0) <= 2  # one that could not go out yesterday, and today's
    made = {row.key.split(":")[1] for row in NoticeRow.select().where(NoticeRow.kind == WAITS)}
    assert {f"{day:%Y%m%d}" for day in wanted} <= made
    states = {row.state for row in NoticeRow.select().where(NoticeRow.kind == WAITS, NoticeRow.id.not_in(lost))}
    assert states <= {"sent", "dropped"}
    return lost


def given_up() -> set[int]:
    """Notices that nobody tries to send any more: the server was away for three days, and for twelve attempts."""
    tried = WorkRow.select().where(WorkRow.kind == notifying.SEND, WorkRow.state == "failed", WorkRow.attempts >= 12)
    return {row.payload["notice"] for row in tried.where(WorkRow.created_at <= utcnow() - timedelta(days=3))}


def test_a_mail_server_that_is_away_for_a_week_is_not_asked_for_ever(letters: tuple[Workshop, Letters]) -> None:
    away = [("ask", 0), ("down", 0), *[("sleep", 420)] * 20, ("up", 0)]
    assert one_a_day(letters, away), "three days and twelve attempts are over"


def test_a_mail_server_that_is_away_for_two_days_loses_none(letters: tuple[Workshop, Letters]) -> None:
    assert not one_a_day(letters, [("ask", 0), ("down", 0), *[("sleep", 60)] * 48, ("up", 0)])


TURNS = count(1)
"""Six weeks each: longer than all steps of one together."""


def test_a_mail_about_several_orders_is_ended_by_one_click_for_all_that_it_tells(
    letters: tuple[Workshop, Letters],
) -> None:
    workshop, post = letters
    with time_machine.travel(MONDAY + timedelta(hours=9), tick=False) as clock:
        orders = [workshop.place("ada") for _ in range(2)]
        workshop.run_due()
        for order in orders:
            text = MessageText("It is on the printer.")
            conversation.post(workshop.shop, order.code, text, actor=workshop.actor("sam"), at=utcnow())
        workshop.run_due()
        clock.shift(timedelta(minutes=3))
        workshop.run_due()
        mail = post.sent[-1][1]
        assert all(order.code in mail.text for order in orders)
        end = mail.list_unsubscribe.removeprefix("https://shop.example")
        workshop.app.test_client().post(end, data={"List-Unsubscribe": "One-Click"})
        choice = notifying.choice_of(AccountRow.get_by_id(workshop.people["ada"].id))
        assert not choice.wants("message")
        assert choice.wants("ready")
        assert choice.wants("invoice")
