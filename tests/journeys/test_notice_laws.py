"""Whatever happens between a word and its mail: nothing is lost, nothing told twice, nothing waits that must not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from itertools import count
from typing import Any, ClassVar

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from craftops.domain.events import Event, EventKind
from craftops.domain.messages.notices import ALONE, KINDS, MERGE_MINUTES, NoticeChoice, choice_to_json
from craftops.domain.people.access import SYSTEM, Role
from craftops.errors import Unreachable
from craftops.sdk.notification import Notice, NotificationChannel
from craftops.services.messages import conversation, notifying
from craftops.services.messages.conversation import MessageText
from craftops.services.messages.delivery import NoticeDraft
from craftops.services.people import accounts
from craftops.store.database import utcnow
from craftops.store.models import AccountRow, MessageRow, NoticeRow, OrderRow, WorkRow
from craftops.testing import Workshop

TOLD = ("queued", "in_production", "ready", "needs_you", "cancelled", "quote", "invoice", "overdue", "receipt")
HOURS = st.one_of(st.none(), st.times().map(lambda one: one.replace(second=0, microsecond=0, tzinfo=None)))
CHOICES = st.builds(
    lambda switched, merge, begin, end: NoticeChoice(
        switched, merge, begin if end is not None else None, end if begin is not None else None
    ),
    st.dictionaries(st.sampled_from(("queued", "ready")), st.booleans()),
    st.sampled_from(MERGE_MINUTES),
    HOURS,
    HOURS,
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("write"), st.integers(0, 2)),
        st.tuples(st.just("tell"), st.tuples(st.integers(0, 2), st.sampled_from(TOLD))),
        st.tuples(st.just("wait"), st.sampled_from((1, 2, 3, 14, 61, 300, 1500))),
        st.tuples(st.just("choose"), CHOICES),
        st.tuples(st.sampled_from(("down", "up", "kill before", "kill after", "read", "sign in")), st.just(0)),
    ),
    min_size=4,
    max_size=24,
)


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Sent:
    """A mail that the server has taken."""

    at: datetime
    draft: NoticeDraft
    kinds: frozenset[str]
    quiet: bool


@dataclass
class Server(NotificationChannel):
    """A mail server that goes away, and a worker that is killed while it talks to it."""

    name: ClassVar[str] = "post"
    reaches_person: ClassVar[bool] = True
    take: Callable[[Notice], None] = lambda _notice: None
    down: bool = False
    kill: str = ""

    @property
    def ready(self) -> bool:
        return True

    def send(self, notice: Notice) -> None:
        if self.down:
            raise Unreachable("The mail server sleeps.")
        kill, self.kill = self.kill, ""
        if kill == "kill before":
            raise Killed
        self.take(notice)
        if kill == "kill after":
            raise Killed


@dataclass
class Story:
    """A customer of the shop, what they are told, and what has come to them."""

    workshop: Workshop
    number: int
    clock: time_machine.Coordinates
    server: Server = field(default_factory=Server)
    sent: list[Sent] = field(default_factory=list)
    written: dict[int, bool] = field(default_factory=dict)
    """Message -> whether she has read it."""
    told: list[tuple[str, str, datetime, bool]] = field(default_factory=list)
    """Kind, key of its notice, when, and whether nothing kept the server from taking it at once."""
    ids: Any = field(default_factory=lambda: count(1))
    links: int = 0

    def __post_init__(self) -> None:
        self.workshop.shop.plugins.notification_channels = (self.server,)
        self.server.take = self.take
        self.person = accounts.create_account(
            email=f"grace{self.number}@example.org", name="Grace", role=Role.CUSTOMER, password="", at=utcnow()
        )
        self.orders = [
            OrderRow.create(
                code=f"L{self.number:04d}{place}", customer=self.person, title=f"Part {place}", stage="queued",
                stage_since=utcnow(), placed_at=utcnow(),
            )
            for place in range(3)
        ]  # fmt: skip

    def take(self, notice: Notice) -> None:
        draft = self.workshop.outbox[-1]
        rows = NoticeRow.select().where(NoticeRow.batch == draft.key)
        kinds = frozenset(row.kind for row in rows) or {draft.kind}
        self.sent.append(Sent(utcnow(), draft, frozenset(kinds), self.is_quiet()))

    def is_quiet(self) -> bool:
        account = AccountRow.get_by_id(self.person.id)
        choice = notifying.choice_of(account)
        now = utcnow().astimezone(notifying.zone_of(self.workshop.shop, account)).time()
        begin, end = choice.quiet_from, choice.quiet_to
        if begin is None or end is None or begin == end:
            return False
        return begin <= now < end if begin < end else now >= begin or now < end

    def do(self, what: str, value: Any) -> None:
        if what == "write":
            row = conversation.post(
                self.workshop.shop, self.orders[value].code, MessageText(f"Word {next(self.ids)}"),
                actor=self.workshop.actor("sam"), at=utcnow(),
            )  # fmt: skip
            self.written[row.id] = False
        elif what == "tell":
            self.tell(*value)
        elif what == "wait":
            self.clock.shift(timedelta(minutes=value))
        elif what == "choose":
            AccountRow.update(notices=choice_to_json(value)).where(AccountRow.id == self.person.id).execute()
        elif what in ("down", "up"):
            self.server.down = what == "down"
        elif what == "read":
            for order in self.orders:
                conversation.mark_read(order.code, 10**9, actor=accounts.actor_of(self.person), at=utcnow())
            self.written = dict.fromkeys(self.written, True)
        elif what == "sign in":
            self.sign_in()
        else:
            self.server.kill = what
        self.run()

    def tell(self, place: int, kind: str) -> None:
        order, number = self.orders[place], next(self.ids) + self.number * 100_000
        event = Event(EventKind.ORDER_CHANGED, utcnow(), SYSTEM, order.id, self.person.id, id=number)
        wanted = notifying.choice_of(AccountRow.get_by_id(self.person.id)).wants(kind)
        notifying.react(self.workshop.shop, event, kind, at=utcnow())
        if wanted:
            once = kind in ("received", "in_production")
            key = (
                f"{kind}:{order.id}:{self.person.id}:post"
                if once
                else f"{kind}:{order.id}:{number}:{self.person.id}:post"
            )
            self.told.append((kind, key, utcnow(), not self.server.down and not self.server.kill))

    def sign_in(self) -> None:
        before = len(self.sent)
        accounts.ask_link(self.person.email, next_path="", at=utcnow())
        could = not self.server.down and not self.server.kill
        self.run()
        if could and self.links < 3:
            assert [one.draft.kind for one in self.sent[before:]].count("sign_in_link") == 1
        self.links += 1

    def run(self) -> None:
        try:
            self.workshop.run_due()
        except Killed:
            self.workshop.run_due()

    def end(self) -> None:
        """The server is there again, and some days pass, in which a worker looks whenever something is due: quiet hours may
        leave but a minute."""
        self.server.down, self.server.kill = False, ""
        for hours in (0.1, 0.1, 1.1, 1.1, 2, 5, 6, 12, 12, 24):
            self.clock.shift(timedelta(hours=hours))
            self.run()
        for _ in range(40):
            waiting = WorkRow.select().where(WorkRow.kind == notifying.SEND, WorkRow.state == "ready")
            due = min((max(row.run_after, row.lease_until or row.run_after) for row in waiting), default=None)
            if due is None:
                return
            self.clock.move_to(max(due, utcnow()) + timedelta(seconds=1))
            self.run()


@pytest.fixture
def begin(workshop: Workshop) -> Callable[[], Any]:
    numbers = count(1)
    return lambda clock: Story(workshop, next(numbers), clock)


@pytest.mark.ci
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(STEPS)
def test_nothing_is_lost_and_nothing_is_told_twice(begin: Callable[[Any], Story], steps: list[tuple[str, Any]]) -> None:
    with time_machine.travel(utcnow() + timedelta(hours=1), tick=False) as clock:
        story = begin(clock)
        for what, value in steps:
            story.do(what, value)
        story.end()
    rows = {row.key: row for row in NoticeRow.select().where(NoticeRow.account == story.person.id)}
    assert {row.state for row in rows.values()} <= {"sent", "dropped"}
    assert WorkRow.select().where(WorkRow.kind == notifying.SEND, WorkRow.state != "done").count() == 0

    # The same mail again, after a kill, has the same id and the same words: a mail program shows it once.
    mails: dict[str, Sent] = {}
    for one in story.sent:
        first = mails.setdefault(one.draft.key, one)
        if not first.draft.link_token and not all(story.written.values()):
            assert {m.id for m in one.draft.messages} <= {m.id for m in first.draft.messages}

    # Each word is in one mail, or was read before.
    words = [m.id for one in mails.values() for m in one.draft.messages]
    in_lists = sum(order.messages for one in mails.values() for order in one.draft.orders)
    assert len(words) == len(set(words))
    unread = {id_ for id_, read in story.written.items() if not read}
    assert len(unread) <= len(words) + in_lists <= len(story.written)
    if not in_lists:
        assert unread <= set(words)

    # Each thing that was to be told went out; papers about money each in a mail of their own, at once.
    for kind, key, at, could in story.told:
        assert rows[key].state == "sent", (kind, rows[key].error)
        if kind in ALONE:
            assert mails[key].draft.kind == kind
            assert mails[key].kinds == {kind}
        if KINDS[kind].prompt and could:
            assert rows[key].sent_at == at

    # In quiet hours nothing came but what cannot wait, and what went along with it.
    for one in story.sent:
        if one.quiet:
            assert any(KINDS[kind].prompt for kind in one.kinds), one.kinds


@pytest.mark.parametrize("minutes", MERGE_MINUTES)
def test_a_burst_waits_as_long_as_she_chose(begin: Callable[[Any], Story], minutes: int) -> None:
    with time_machine.travel(utcnow() + timedelta(hours=1), tick=False) as clock:
        story = begin(clock)
        story.do("choose", NoticeChoice(merge_minutes=minutes))
        for _ in range(3):
            story.do("write", 0)
            clock.shift(timedelta(seconds=minutes * 15))
        before = [one.draft.kind for one in story.sent]
        clock.shift(timedelta(minutes=minutes))
        story.run()
        story.end()
    assert before == (["message"] * 3 if minutes == 0 else [])
    assert [len(one.draft.messages) for one in story.sent] == ([1, 1, 1] if minutes == 0 else [3])


def test_a_word_written_while_its_mail_is_made_is_told_once(begin: Callable[[Any], Story]) -> None:
    with time_machine.travel(utcnow() + timedelta(hours=1), tick=False) as clock:
        story = begin(clock)
        story.do("write", 0)
        clock.shift(timedelta(minutes=2))
        taken, render = story.server.take, story.workshop.worker.render

        def meanwhile(draft: NoticeDraft) -> Notice:
            story.workshop.worker.render = render
            conversation.post(
                story.workshop.shop, story.orders[0].code, MessageText("Meanwhile"), actor=story.workshop.actor("sam"),
                at=utcnow(),
            )  # fmt: skip
            return render(draft)

        story.workshop.worker.render = meanwhile
        story.run()
        story.end()
    assert [[m.body for m in one.draft.messages] for one in story.sent] == [["Word 1"], ["Meanwhile"]]
    assert taken is not None
    assert MessageRow.select().where(MessageRow.body == "Meanwhile").count() == 1


def test_after_a_night_without_a_server_nothing_comes_in_quiet_hours(begin: Callable[[Any], Story]) -> None:
    evening = datetime(2027, 3, 1, 20, 0, tzinfo=utcnow().tzinfo)
    with time_machine.travel(evening, tick=False) as clock:
        story = begin(clock)
        zone = story.workshop.shop.profile().zone
        story.do("choose", NoticeChoice(merge_minutes=0, quiet_from=time(22), quiet_to=time(7)))
        story.do("down", 0)
        story.do("write", 0)
        clock.move_to(datetime(2027, 3, 2, 1, 0, tzinfo=zone))
        story.do("up", 0)
        assert story.sent == []
        clock.move_to(datetime(2027, 3, 2, 7, 0, tzinfo=zone))
        story.run()
        assert len(story.sent) == 1


def test_what_does_not_fit_into_a_mail_is_counted(begin: Callable[[Any], Story]) -> None:
    with time_machine.travel(utcnow() + timedelta(hours=1), tick=False) as clock:
        story = begin(clock)
        for _ in range(25):
            story.do("write", 1)
        clock.shift(timedelta(minutes=3))
        story.run()
    assert [(len(one.draft.messages), one.draft.earlier) for one in story.sent] == [(20, 5)]
