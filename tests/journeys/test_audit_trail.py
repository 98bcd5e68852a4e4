"""The owner reads who did what, when, from where, old and new; nobody changes it, and no secret stands in it."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine

import craftops
from craftops.domain.events import EventKind
from craftops.domain.people.access import Scope
from craftops.domain.people.audit import Deed, differences
from craftops.errors import AccessError
from craftops.services.people import accounts
from craftops.services.shop import audit, customer_data, exporting, settings
from craftops.store.auditing import note
from craftops.store.database import utcnow
from craftops.store.models import AuditRow, EventRow, WorkRow
from craftops.store.queries.audit import EVENTS, FILE_KINDS, AuditQuestion, traces
from craftops.tasks import shop as tasks
from craftops.testing import Workshop
from craftops.web.shop.audit_words import GROUPS, TITLES

PAGE = "/staff/settings/audit"
TEAM = "/staff/settings/team"


def test_what_people_do_in_the_browser_is_there_with_old_and_new(workshop: Workshop) -> None:
    olga, sam = workshop.browser("olga"), workshop.browser("sam")
    order = workshop.place("ada")
    sam.send(f"/staff/orders/{order.code}/move", {"to": "in_review"}, on=f"/staff/orders/{order.code}")
    sam.get(f"/files/{order.lines[0].file_id}/download")
    number = str(workshop.people["sam"].id)
    rules = {"new_customers": "open", "tracker_days": "14", "keep_months": "12"}
    olga.send("/staff/settings/rules", rules, on="/staff/settings/rules")
    form = {"name": "Dashboard", "scopes": ["orders:read"], "days": "30", "customer": ""}
    olga.send("/staff/settings/tokens", form, on="/staff/settings/tokens")
    olga.send(f"{TEAM}/change", {"member": number, "do": "role", "role": "owner"}, on=TEAM)
    workshop.browser().sign_in("ada@example.org", "a wrong one")
    page = olga.see(PAGE)
    for said in (
        "Stage changed", order.code, "File fetched", "Settings changed", "<del>new_customers: by_approval</del>",
        "new_customers: open", "Token made", "Dashboard", "Role changed", "<del>staff</del>", "Sign-in refused",
        "Signed in", "127.0.0.1",
    ):  # fmt: skip
        assert said in page, said
    assert page.index("Sign-in refused") < page.index("Role changed") < page.index("Token made")
    moved = EventRow.get(EventRow.kind == EventKind.ORDER_STAGE_CHANGED, EventRow.actor_kind == "staff")
    assert moved.address == "127.0.0.1"
    assert EventRow.select().where(EventRow.actor_kind == "customer", EventRow.address.is_null(False)).count() == 0


def test_it_is_searched_filtered_turned_over_and_taken_along(workshop: Workshop) -> None:
    olga = workshop.browser("olga")
    for number in range(60):
        note(Deed.TOKEN_MADE, actor=workshop.actor("olga"), at=utcnow(), subject=f"Program {number}")
    note(Deed.INVITED, actor=workshop.actor("olga"), at=utcnow(), subject="=cmd()", after="100 % _of_")
    first = olga.see(f"{PAGE}?group=people")
    assert "Program 59" in first
    assert "Program 3<" not in first
    assert "Older" in first
    second = olga.see(f"{PAGE}?group=people&page=2")
    assert "Program 3<" in second
    assert "Newer" in second
    assert "Program 17" in olga.see(f"{PAGE}?q=program+17")
    assert "Program 1<" not in olga.see(f"{PAGE}?q=program+17")
    assert "=cmd()" in olga.see(f"{PAGE}?q=100+%25+_of_")
    assert "Nothing like that was done" in olga.see(f"{PAGE}?q=100+_")
    assert "Nothing like that was done" in olga.see(f"{PAGE}?group=people&since=2031-01-01")
    assert "Program 59" in olga.see(f"{PAGE}?until={utcnow() + timedelta(days=1):%Y-%m-%d}&group=people")
    for odd in ("since=yesterday", "until=31.12.2026", "since=0000-00-00"):
        assert olga.get(f"{PAGE}?{odd}").status_code == 422
    for odd in ("page=-1", "page=99999999999", "page=x", "group=nothing", "q=%00", "until=9999-12-31"):
        assert olga.get(f"{PAGE}?{odd}").status_code == 200, odd
    answer = olga.get(f"{PAGE}.csv?group=people")
    rows = list(csv.DictReader(io.StringIO(answer.get_data(as_text=True))))
    assert len(rows) == 61
    assert rows[0]["of"] == "'=cmd()", "no formula"
    assert "Taken out" in olga.see(PAGE), "and that leaves a trace as well"


def test_only_the_owner_reads_it(workshop: Workshop) -> None:
    for path in (PAGE, f"{PAGE}.csv"):
        assert workshop.browser("sam").get(path).status_code == 403
        assert workshop.browser("ada").get(path).status_code == 404
        assert workshop.browser().get(path).status_code == 303
    with pytest.raises(AccessError):
        audit.look(AuditQuestion(), actor=workshop.actor("sam"), limit=1, offset=0)


def test_no_secret_stands_in_it(workshop: Workshop) -> None:
    olga = workshop.actor("olga")
    sealed = {"password": workshop.shop.sealer.seal("hunter2")}
    settings.keep(workshop.shop, "plugin.x", {"host": "a"}, sealed=sealed, actor=olga, at=utcnow())
    again = {"password": workshop.shop.sealer.seal("hunter3")}
    settings.keep(workshop.shop, "plugin.x", {"host": "b"}, sealed=again, actor=olga, at=utcnow())
    token = accounts.create_token("x", frozenset({Scope.ORDERS_READ}), at=utcnow(), actor=olga)
    accounts.set_password(workshop.people["ada"], "a new long password")
    with pytest.raises(accounts.SignInRefused):
        accounts.sign_in("my password, typed here", "x", address="203.0.113.1", at=utcnow())
    said = " ".join(f"{row.subject} {row.before} {row.after}" for row in AuditRow.select())
    for secret in ("hunter", sealed["password"], again["password"], token, "a new long password", "typed here"):
        assert secret not in said
    row = AuditRow.select().where(AuditRow.what == Deed.SETTING_CHANGED).order_by(AuditRow.id.desc()).first()
    assert (row.before, row.after) == ("host: a", "host: b\npassword: (secret)")


def test_sign_ins_are_forgotten_after_half_a_year_and_the_rest_is_not(workshop: Workshop) -> None:
    workshop.browser("ada")
    note(Deed.ROLE_CHANGED, actor=workshop.actor("olga"), at=utcnow(), subject="x")
    later = utcnow() + timedelta(days=181)
    tasks.every_minute(workshop.shop, later)
    tasks.every_minute(workshop.shop, later + timedelta(minutes=1))
    assert WorkRow.select().where(WorkRow.kind == audit.FORGET).count() == 1
    with time_machine.travel(later):
        workshop.run_due()
    assert [row.what for row in AuditRow.select().where(AuditRow.what.in_(["signed_in", "role_changed"]))] == [
        "role_changed"
    ]


def test_who_is_forgotten_is_forgotten_here_too(workshop: Workshop) -> None:
    workshop.browser("ada")
    customer_data.erase(workshop.shop, workshop.people["ada"], actor=workshop.actor("ada"), at=utcnow())
    said = " ".join(f"{row.actor_name} {row.subject} {row.before} {row.after}" for row in AuditRow.select())
    assert "ada@example.org" not in said
    assert "Ada" not in said
    assert AuditRow.select().where(AuditRow.what == Deed.ERASED).count() == 1


def test_taking_everything_out_leaves_a_trace(workshop: Workshop) -> None:
    exporting.export(workshop.shop, workshop.actor("olga"), at=utcnow())
    found = traces(AuditQuestion(deeds=frozenset({Deed.EXPORTED})), limit=5)
    assert [(one.who, one.subject) for one in found] == [("Olga", "everything")]


def test_where_the_shop_tells_other_programs_what_is_there_without_the_address_that_lets_in(workshop: Workshop) -> None:
    olga, place = workshop.browser("olga"), "/staff/settings/webhooks"
    form = {"url": "https://hooks.example.org/T0/s3same", "title": "", "kinds": ["order.created"], "inside": ""}
    page = olga.send(place, form, on=place).headers["Location"]
    olga.send(page, {**form, "url": "https://hooks.example.org/T0/0pen", "kinds": ["invoice.paid"]}, on=page)
    for do in ("secret", "old", "off", "remove"):
        olga.send(f"{page}/do", {"do": do}, on=page)
    found = [one for one in traces(AuditQuestion(), limit=50) if one.what == Deed.WEBHOOK_CHANGED]
    assert {one.subject for one in found} == {"hooks.example.org"}
    said = [(one.was, one.now) for one in reversed(found)]
    assert said[0][0] == ""
    assert "host: hooks.example.org\nkinds: order.created" in said[0][1]
    assert said[1] == ("kinds: order.created", "kinds: invoice.paid\naddress: (changed)")
    assert ("", "off") in said
    assert said[-1][1] == ""
    shown = olga.see(PAGE)
    assert "Webhook changed" in shown
    assert "s3same" not in shown + "".join(map(str, said))


def test_books_that_leave_and_secret_calendars_are_there(workshop: Workshop) -> None:
    olga, sam = workshop.browser("olga"), workshop.browser("sam")
    olga.see("/staff/money/books")
    assert not AuditRow.select().where(AuditRow.what == Deed.EXPORTED).exists(), "to look at a page takes nothing away"
    for name in ("journal.csv", "journal.hledger", "journal.beancount", "audit.zip"):
        assert olga.get(f"/staff/money/books/{name}?first=2026-01-01&last=2026-12-31").status_code == 200
    taken = [row.subject for row in AuditRow.select().where(AuditRow.what == Deed.EXPORTED).order_by(AuditRow.id)]
    assert [one.rpartition(".")[2] for one in taken] == ["csv", "hledger", "beancount", "zip"]
    for do in ("make", "make", "end", "end"):
        sam.send("/account/calendar", {"do": do}, on="/account/calendar")
    found = [row.what for row in AuditRow.select().where(AuditRow.what.startswith("calendar_")).order_by(AuditRow.id)]
    assert found == ["calendar_made", "calendar_ended", "calendar_made", "calendar_ended"]
    assert "Calendar address made" in olga.see(PAGE)


def test_every_deed_has_its_words_and_one_place_in_the_filter() -> None:
    words = {*Deed, *EVENTS, *FILE_KINDS}
    assert set(TITLES) == words
    placed = [word for _title, group in GROUPS.values() for word in group]
    assert sorted(placed) == sorted(words)


def test_rows_are_only_added() -> None:
    """Nothing changes or deletes them but forgetting: people who are forgotten, sign-ins that are old, a demo."""
    found = {
        path.name
        for path in Path(craftops.__file__).parent.rglob("*.py")
        if re.search(r"AuditRow\.(update|delete)|AuditRow,\n?\s*PluginTallyRow|EventRow, AuditRow", path.read_text())
    }
    assert found == {"audit.py", "customer_data.py", "demo.py"}


def test_differences_are_named_by_their_path() -> None:
    before = {"a": 1, "same": 2, "deep": {"x": [1, 2], "y": "z"}, "gone": True}
    after = {"a": 2, "same": 2, "deep": {"x": [1, 3], "y": "z"}, "new": ["k"], "list": [{"name": "pla", "g": 1}]}
    assert differences(before, after) == (
        "a: 1\ndeep.x: 1, 2\ngone: True", "a: 2\ndeep.x: 1, 3\nnew: k\nlist[pla].name: pla\nlist[pla].g: 1",
    )  # fmt: skip
    assert differences(before, before) == ("", "")
