"""What a stranger may write into addresses and forms, and what every answer says of itself."""

from __future__ import annotations

import re
import subprocess
import sys
from urllib.parse import quote

import pytest

from craftops.store.models import AccountRow, OrderRow
from craftops.testing.workshop import Browser, Workshop

SEARCHES = {
    "/": "ada", "/history": "ada", "/staff/orders": "sam", "/staff/history": "sam", "/staff/customers": "sam",
    "/staff/messages": "sam", "/staff/settings/audit": "olga",
}  # fmt: skip
ATTACKS = (
    "' OR '1'='1", "') OR 1=1 --", '" OR ""="', "'; DROP TABLE orders; --", "%", "_", "a%", "\\", "\\%", "%%", "*", 'x" OR "y*',
    "NEAR(", "{0.__class__}", "{{ 7*1111111 }}", "${7*1111111}", "<b>", "é" * 3000,
)  # fmt: skip


def pages_of(workshop: Workshop) -> list[str]:
    """Every address that needs nothing filled in."""
    rules = workshop.app.url_map.iter_rules()
    paths = {rule.rule for rule in rules if not rule.arguments and "GET" in (rule.methods or ())}
    return sorted(path for path in paths if not path.startswith("/live"))


@pytest.mark.parametrize("page", SEARCHES)
def test_a_search_finds_the_words_and_nothing_else(workshop: Workshop, page: str) -> None:
    """Neither SQL nor wildcards nor an index's own language come through a field."""
    order = workshop.place("ada")
    OrderRow.update(title="Plain bracket").where(OrderRow.id == order.id).execute()
    browser = workshop.browser(SEARCHES[page])
    assert OrderRow.select().count() == 1
    for attack in ATTACKS:
        answer = browser.get(f"{page}?q={quote(attack)}")
        text = answer.get_data(as_text=True)
        assert answer.status_code == 200, (page, attack[:40], answer.status_code)
        assert "Plain bracket" not in text, (page, attack)
        assert "7777777" not in text, (page, attack)
    assert OrderRow.select().count() == 1


def test_nul_falls_away_before_it_is_looked_for(workshop: Workshop) -> None:
    """A database would find everything by it, or nothing and an error."""
    order = workshop.place("ada")
    OrderRow.update(title="Plain bracket").where(OrderRow.id == order.id).execute()
    ada = workshop.browser("ada")
    assert "Plain bracket" not in ada.see("/?q=%00nothing")
    assert "Plain bracket" in ada.see("/?q=Pl%00ain")
    assert ada.get(f"/orders/{order.code[:3]}%00{order.code[3:]}").status_code == 404
    said = {"text": "One\x00 word", "token": "a-token"}
    ada.send(f"/orders/{order.code}/messages", said, on=f"/orders/{order.code}", content_type="multipart/form-data")
    assert "One word" in ada.see(f"/orders/{order.code}")


def test_a_title_with_a_wildcard_is_found_by_it(workshop: Workshop) -> None:
    for title in ("All of it 100%", "under_score", "Plain"):
        OrderRow.update(title=title).where(OrderRow.id == workshop.place("ada").id).execute()
    for who, page in (("ada", "/"), ("sam", "/staff/orders")):
        browser = workshop.browser(who)
        for word, found in (("%", "All of it 100%"), ("_", "under_score")):
            text = browser.see(f"{page}?q={quote(word)}")
            assert found in text, (page, word)
            assert "Plain" not in text, (page, word)


def test_what_is_written_twice_is_read_once(workshop: Workshop) -> None:
    """``%2541`` is ``%41`` and never ``A``."""
    OrderRow.update(title="The A part").where(OrderRow.id == workshop.place("ada").id).execute()
    text = workshop.browser("ada").see("/?q=%2541")
    assert "The A part" not in text
    assert "%41" in text


def test_of_a_value_that_comes_twice_the_first_counts(workshop: Workshop) -> None:
    workshop.place("ada")
    ada = workshop.browser("ada")
    assert "No order has that name" in ada.see("/?q=nothing-of-this&q=")
    order = workshop.place("ada")
    sam = workshop.browser("sam")
    assert order.code in sam.see(f"/staff/orders?q={order.code}&q=other")


def test_fields_that_a_form_has_not_are_not_read(workshop: Workshop) -> None:
    """A customer who sends more than the page asks for changes no more than it lets them."""
    ada, row = workshop.browser("ada"), workshop.people["ada"]
    more = {
        "role": "owner",
        "id": "1",
        "account": "1",
        "disabled": "1",
        "customer": "1",
        "password_hash": "x",
        "is_staff": "1",
    }
    page = ada.see("/account")
    for action in sorted(set(re.findall(r'<form[^>]+method="post"[^>]+action="(/account[^"]*)"', page))):
        ada.send(action, {"name": "Ada", "email": row.email, **more}, on="/account")
    after = AccountRow.get_by_id(row.id)
    assert (after.role, after.disabled, after.password_hash) == (row.role, row.disabled, row.password_hash)
    assert AccountRow.select().where(AccountRow.role == "owner").count() == 1


@pytest.mark.parametrize("who", ["ada", "olga"])
def test_every_answer_says_what_it_is_and_lets_its_reader_sign_out(workshop: Workshop, who: str) -> None:
    browser = workshop.browser(who)
    pages, out = 0, workshop.app.url_map.bind("").build("signin.sign_out")
    for path in pages_of(workshop):
        answer = browser.get(path)
        if answer.status_code != 200:
            continue
        kind = answer.headers.get("Content-Type", "")
        assert "/" in kind, path
        if kind.startswith("text/"):
            assert "charset=utf-8" in kind.lower(), (path, kind)
        text = answer.get_data(as_text=True) if kind.startswith("text/html") else ""
        if "<main" in text and "<nav" in text and (path.startswith("/staff") or who == "ada"):
            pages += 1
            assert f'action="{out}"' in text, path
    assert pages > (8 if who == "ada" else 25)


def test_every_field_for_a_password_hides_it_and_lets_it_be_pasted(workshop: Workshop) -> None:
    seen = 0
    browsers: list[Browser] = [workshop.browser("ada"), workshop.browser("olga"), Browser(workshop.app.test_client())]
    for browser in browsers:
        for path in pages_of(workshop):
            answer = browser.get(path)
            if answer.status_code != 200 or not answer.headers.get("Content-Type", "").startswith("text/html"):
                continue
            for tag in re.findall(r"<input\b[^>]*>", answer.get_data(as_text=True)):
                if "password" not in tag:
                    continue
                seen += 1
                assert 'type="password"' in tag, (path, tag)
                assert "onpaste" not in tag, (path, tag)
                assert 'autocomplete="off"' not in tag, (path, tag)
    assert seen >= 2


@pytest.mark.parametrize(
    "path",
    ["/.git/config", "/.env", "/static/", "/static/..%2fconfig.py", "/console", "/debug", "/server-status", "/theme/"],
)
def test_nothing_is_listed_and_nothing_of_the_source_is_there(workshop: Workshop, path: str) -> None:
    assert not workshop.app.debug
    for browser in (workshop.browser("olga"), Browser(workshop.app.test_client())):
        assert browser.get(path).status_code in (303, 404), path
        assert "Index of" not in browser.get(path).get_data(as_text=True)


def test_a_password_costs_what_rfc_9106_asks() -> None:
    """Outside of tests: Argon2id with at least 64 MiB, three passes, four lanes (its second recommended option)."""
    code = (
        "from craftops.services.people import accounts as a; h = a.hasher(); "
        "print(h.type.name, h.memory_cost, h.time_cost, h.parallelism)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert said[0] == "ID"
    assert [int(one) for one in said[1:]] >= [65536, 3, 4]
    assert int(said[1]) >= 65536
    assert int(said[2]) >= 3
