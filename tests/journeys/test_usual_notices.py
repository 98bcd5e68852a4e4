"""What a shop tells customers who have chosen nothing: the owner decides, each customer may differ."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine

from craftops.config import read_document
from craftops.domain.messages.notices import (
    CHOOSABLE,
    FOR_CUSTOMERS,
    KINDS,
    UsualNotices,
    choice_from_json,
    choice_to_json,
)
from craftops.errors import ConfigError
from craftops.services.messages import choosing, notifying
from craftops.store.database import utcnow
from craftops.store.models import AccountRow, AuditRow
from craftops.testing import FakePost, Workshop

PAGE = "/staff/settings/notices"


@pytest.fixture
def post(workshop: Workshop) -> FakePost:
    found = FakePost()
    workshop.shop.plugins.notification_channels = (found,)
    return found


def told(workshop: Workshop, post: FakePost) -> list[str]:
    post.sent.clear()
    workshop.accept(workshop.place("ada"))
    with time_machine.travel(utcnow() + timedelta(minutes=70), tick=False):
        workshop.run_due()
    return sorted(one.subject for one in post.sent)


def test_the_owner_says_what_customers_are_told_and_a_customer_differs(workshop: Workshop, post: FakePost) -> None:
    assert told(workshop, post) == ["received"]
    olga = workshop.browser("olga")
    answer = olga.send(PAGE, {"kind": ["queued", "quote"], "merge": "0"}, on=PAGE)
    assert answer.status_code == 303
    assert workshop.shop.notices.tell == ("queued",), "what must be told is no choice"
    assert told(workshop, post) == ["queued"]
    assert AuditRow.select().where(AuditRow.subject == "notices").count() == 1
    ada = workshop.browser("ada")
    assert 'value="queued" checked' in ada.see("/account/notices"), "her page begins with what the shop says"
    ada.send("/account/notices", {"kind": ["received"], "merge": "0"}, on="/account/notices")
    olga.send(PAGE, {"kind": [], "merge": "60"}, on=PAGE)
    assert told(workshop, post) == ["received"], "what she chose stays hers"
    olga.send("/staff/settings/back", {"topic": "notices", "version": "0"}, on=PAGE)
    assert workshop.shop.notices.tell == read_document("", "shop.toml").notices.tell


def test_one_click_in_a_mail_ends_that_and_pins_nothing_else(workshop: Workshop) -> None:
    olga, row = workshop.browser("olga"), workshop.people["ada"]
    choosing.switch(AccountRow.get_by_id(row.id), ("ready",), False, at=utcnow())
    olga.send(PAGE, {"kind": ["ready", "queued"], "merge": "15", "quiet_from": "22:00", "quiet_to": "07:00"}, on=PAGE)
    choice = notifying.choice_of(AccountRow.get_by_id(row.id), workshop.shop)
    assert [choice.wants(kind) for kind in ("ready", "queued", "shipped")] == [False, True, False]
    assert (choice.merge_minutes, choice.quiet_from, choice.quiet_to) == (15, time(22), time(7))
    staff = notifying.choice_of(AccountRow.get_by_id(workshop.people["sam"].id), workshop.shop)
    assert (staff.merge_minutes, staff.quiet_from) == (2, None), "people of the shop are told as before"


def test_quiet_hours_have_two_ends_and_nobody_else_sets_them(workshop: Workshop) -> None:
    olga = workshop.browser("olga")
    answer = olga.send(PAGE, {"kind": ["ready"], "quiet_from": "22:00"}, on=PAGE)
    assert answer.status_code == 422
    said = answer.get_data(as_text=True)
    assert "Write both times of the quiet hours" in said
    assert 'name="quiet_from" value="22:00"' in said
    assert workshop.shop.notices.quiet_from == ""
    assert workshop.browser("sam").get(PAGE).status_code == 403
    assert workshop.browser("ada").get(PAGE).status_code == 404


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ('tell = ["redy"]', "there is no notice 'redy' to choose; did you mean 'ready'?"),
        ('tell = ["invoice"]', "there is no notice 'invoice' to choose"),
        ('quiet_from = "25:00"', "write a time like 22:00"),
        ('quiet_from = "22:00"', "quiet_from and quiet_to go together"),
        ("merge_minutes = 3", "notices.merge_minutes"),
    ],
)
def test_the_file_is_checked(text: str, fault: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_document(f"[notices]\n{text}\n", "shop.toml")
    assert fault in str(caught.value)


def test_whatever_a_shop_says_what_must_be_told_is_told() -> None:
    silent = UsualNotices(frozenset(), 60, time(0), time(23, 59))
    choice = choice_from_json(None, silent)
    assert {kind for kind in FOR_CUSTOMERS if choice.wants(kind)} == {
        kind for kind in FOR_CUSTOMERS if KINDS[kind].must
    }
    assert not any(KINDS[kind].must for kind in CHOOSABLE)
    noon = datetime(2026, 11, 30, 12, tzinfo=UTC)
    assert choice.due("invoice", noon, ZoneInfo("UTC")) == noon
    own = choice_to_json(choice_from_json({"switched": {"ready": True}, "merge_minutes": 0, "quiet": ["", ""]}))
    assert choice_from_json(own, silent).due("ready", noon, ZoneInfo("UTC")) == noon, "hers, also where it is none"
