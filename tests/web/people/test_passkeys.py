"""A passkey lets its owner in, on this site alone, and is two factors; whatever is not quite right lets nobody in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from samples.authenticator import PRESENT, SoftKey
from werkzeug.test import TestResponse

from craftops.domain.shop.profile import ShopProfile
from craftops.services.people import passkeys, second_factor
from craftops.services.shop import customer_data
from craftops.store.database import utcnow
from craftops.store.models import AuditRow, PasskeyRow, SessionRow
from craftops.testing import Browser, Workshop
from craftops.testing.workshop import PASSWORD

HOST, ORIGIN = "shop.example", "https://shop.example"
PAGE, KEYS = "/account/sign-in", "/account/passkeys"


@pytest.fixture
def shop(make_workshop: Callable[..., Workshop]) -> Workshop:
    found = make_workshop(f'[server]\nbase_url = "{ORIGIN}"\n')
    found.open(ShopProfile(name="Testwerk"))
    found.app.config["SESSION_COOKIE_SECURE"] = False
    return found


def make_key(browser: Browser, key: SoftKey, *, name: str = "Telephone", proof: str = PASSWORD) -> TestResponse:
    asked = browser.send(f"{KEYS}/begin", {"name": name, "proof": proof}, on=PAGE)
    assert asked.status_code == 200, asked.get_data(as_text=True)
    return browser.send(KEYS, {"credential": key.make(asked.get_json(force=True))}, on=PAGE)


def ask(browser: Browser, at: str = "/sign-in") -> dict[str, Any]:
    return browser.send(f"{at}/passkey/begin", on=at).get_json(force=True)


def show(browser: Browser, answer: str, at: str = "/sign-in") -> TestResponse:
    return browser.send(f"{at}/passkey", {"credential": answer}, on=at)


def fresh() -> SoftKey:
    return SoftKey(ORIGIN, HOST)


def test_customers_and_staff_make_one_and_come_in_by_it(shop: Workshop) -> None:
    for who, home in (("ada", "/"), ("sam", "/staff/")):
        browser, key = shop.browser(who), fresh()
        assert make_key(browser, key).status_code == 303
        assert "Telephone" in browser.see(PAGE)
        stranger = shop.browser()
        asked = ask(stranger)
        assert asked["rpId"] == HOST
        assert asked["allowCredentials"] == [], "who it is, the device says"
        assert asked["userVerification"] == "required"
        answer = show(stranger, key.show(asked))
        assert (answer.status_code, answer.headers["Location"]) == (303, home)
        assert stranger.get(home).status_code == 200
    row = PasskeyRow.select().order_by(PasskeyRow.id).first()
    assert row.sign_count == 1
    assert row.used_at is not None
    assert SessionRow.select().where(SessionRow.how == "passkey", SessionRow.second_at.is_null(False)).count() == 2
    shop.run_due()
    assert [one.kind for one in shop.outbox] == ["factor_changed", "factor_changed"]


LIES: dict[str, Callable[[SoftKey], SoftKey]] = {
    "another site": lambda key: replace(key, origin="https://shop.example.evil.test"),
    "plain http": lambda key: replace(key, origin="http://shop.example"),
    "another party": lambda key: replace(key, rp_id="evil.test"),
    "nobody was seen": lambda key: replace(key, flags=PRESENT),
    "nobody was there": lambda key: replace(key, flags=0),
    "another key": lambda key: replace(key, key=fresh().key),
    "another name of its user": lambda key: replace(key, handle="AAAA"),
    "an unknown passkey": lambda key: replace(key, id=b"nobody's passkey"),
}


@pytest.mark.parametrize("lie", LIES)
def test_what_is_not_quite_right_lets_nobody_in(shop: Workshop, lie: str) -> None:
    key = fresh()
    make_key(shop.browser("ada"), key)
    stranger = shop.browser()
    answer = show(stranger, LIES[lie](key).show(ask(stranger)))
    assert answer.status_code == 422
    assert passkeys.REFUSED in answer.get_data(as_text=True)
    assert stranger.get("/").status_code == 303


@pytest.mark.parametrize("lie", ["another site", "plain http", "another party", "nobody was seen", "nobody was there"])
def test_nor_is_it_made(shop: Workshop, lie: str) -> None:
    browser = shop.browser("ada")
    make_key(browser, LIES[lie](fresh()))
    assert PasskeyRow.select().count() == 0


@pytest.mark.parametrize("junk", ["", "{}", "[]", "null", "{", '{"id": 1}', '{"id": "x", "response": 3}', "x" * 30_000])
def test_junk_is_refused(shop: Workshop, junk: str) -> None:
    key, ada = fresh(), shop.browser("ada")
    ada.send(f"{KEYS}/begin", {"name": "x", "proof": PASSWORD}, on=PAGE)
    assert ada.send(KEYS, {"credential": junk}, on=PAGE).status_code == 303
    assert PasskeyRow.select().count() == 0
    make_key(ada, key)
    stranger = shop.browser()
    ask(stranger)
    assert show(stranger, junk).status_code == 422


def test_an_answer_is_good_once_and_for_the_browser_that_asked(shop: Workshop) -> None:
    key = fresh()
    make_key(shop.browser("ada"), key)
    asker, thief = shop.browser(), shop.browser()
    answer = key.show(ask(asker))
    assert show(thief, answer).status_code == 422, "it began nothing"
    ask(thief)
    assert show(thief, answer).status_code == 422, "it was asked another question"
    assert show(asker, answer).status_code == 303
    again = shop.browser()
    ask(again)
    assert show(again, answer).status_code == 422


def test_a_copy_is_noticed_by_its_counter(shop: Workshop) -> None:
    key = fresh()
    make_key(shop.browser("ada"), key)
    copy = replace(key)
    first, second = shop.browser(), shop.browser()
    key.count = 7
    assert show(first, key.show(ask(first))).status_code == 303
    assert show(second, copy.show(ask(second))).status_code == 422
    row = AuditRow.get(AuditRow.what == "passkey_copied")
    assert (row.subject, row.after) == ("ada@example.org", "Telephone")


def test_it_is_made_with_the_password_and_for_oneself(shop: Workshop) -> None:
    ada, bob, key = shop.browser("ada"), shop.browser("bob"), fresh()
    refused = ada.send(f"{KEYS}/begin", {"name": "x", "proof": "guess"}, on=PAGE)
    assert refused.status_code == 422
    assert "password" in refused.get_json(force=True)["detail"]
    nameless = ada.send(f"{KEYS}/begin", {"name": " ", "proof": PASSWORD}, on=PAGE)
    assert nameless.status_code == 422
    make_key(ada, key)
    twice = make_key(bob, replace(key))
    assert twice.status_code == 303
    assert PasskeyRow.select().count() == 1, "what is Ada's is not Bob's as well"
    number = str(PasskeyRow.get().id)
    assert bob.send(f"{KEYS}/remove", {"passkey": number, "proof": PASSWORD}, on=PAGE).status_code == 404
    assert ada.send(f"{KEYS}/remove", {"passkey": number, "proof": "guess"}, on=PAGE).status_code == 422
    assert ada.send(f"{KEYS}/remove", {"passkey": number, "proof": PASSWORD}, on=PAGE).status_code == 303
    stranger = shop.browser()
    assert show(stranger, key.show(ask(stranger))).status_code == 422


def test_it_is_the_second_factor_of_a_password_and_only_its_owners(shop: Workshop) -> None:
    sams, olgas = fresh(), fresh()
    make_key(shop.browser("sam"), sams)
    make_key(shop.browser("olga"), olgas)
    form = {"wanted": "yes"}
    shop.browser("olga").send("/staff/settings/team/second-factor", form, on="/staff/settings/team")
    sam = shop.browser()
    assert sam.sign_in("sam@example.org").headers["Location"] == "/sign-in/second"
    assert sam.get("/staff/").status_code == 303
    asked = ask(sam, "/sign-in/second")
    assert len(asked["allowCredentials"]) == 1
    assert show(sam, olgas.show(asked), "/sign-in/second").status_code == 422
    assert sam.get("/staff/").status_code == 303
    assert show(sam, sams.show(ask(sam, "/sign-in/second")), "/sign-in/second").status_code == 303
    assert sam.get("/staff/").status_code == 200


def test_it_needs_no_code_of_an_app_and_goes_with_a_reset(shop: Workshop) -> None:
    key = fresh()
    make_key(shop.browser("sam"), key)
    from craftops.domain.people.second_factor import new_secret

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(second_factor.domain, "matching_step", lambda *_rest: 1)
        second_factor.confirm(shop.shop, shop.people["sam"], new_secret(), "123456", at=utcnow())
    sam = shop.browser()
    assert show(sam, key.show(ask(sam))).headers["Location"] == "/staff/"
    second_factor.reset(shop.people["sam"], actor=shop.actor("olga"), at=utcnow())
    later = shop.browser()
    assert show(later, key.show(ask(later))).status_code == 422


def test_who_is_shut_out_or_forgotten_does_not_come_in_by_it(shop: Workshop) -> None:
    sams, adas = fresh(), fresh()
    make_key(shop.browser("sam"), sams)
    make_key(shop.browser("ada"), adas)
    olga = shop.browser("olga")
    number = str(shop.people["sam"].id)
    olga.send("/staff/settings/team/change", {"member": number, "do": "disable"}, on="/staff/settings/team")
    customer_data.erase(shop.shop, shop.people["ada"], actor=shop.actor("ada"), at=utcnow())
    assert [row.account_id for row in PasskeyRow.select()] == [shop.people["sam"].id]
    for key in (sams, adas):
        stranger = shop.browser()
        assert show(stranger, key.show(ask(stranger))).status_code == 422


def test_the_host_of_a_request_decides_nothing(shop: Workshop) -> None:
    evil = {"base_url": "http://evil.test/"}
    client = shop.browser().client
    page = client.get("/sign-in", **evil).get_data(as_text=True)
    token = page.split('name="csrf_token" value="')[1].split('"')[0]
    asked = client.post("/sign-in/passkey/begin", data={"csrf_token": token}, **evil)
    assert asked.get_json(force=True)["rpId"] == HOST


def test_a_shop_without_a_name_offers_none(workshop: Workshop) -> None:
    assert not passkeys.are_possible(workshop.shop)
    assert "data-passkey" not in workshop.browser().see("/sign-in")
    ada = workshop.browser("ada")
    assert "reached by a name and HTTPS" in ada.see(PAGE)
    assert ada.send(f"{KEYS}/begin", {"name": "x", "proof": PASSWORD}, on=PAGE).status_code == 409


def test_questions_end_somewhere(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passkeys, "MOST_BEGUN", 3)
    stranger = shop.browser()
    codes = [stranger.send("/sign-in/passkey/begin", on="/sign-in").status_code for _ in range(5)]
    assert codes == [200, 200, 200, 429, 429]


def test_what_is_asked_beside_a_sign_in_leaves_the_session_alone(shop: Workshop) -> None:
    """The page asks by itself; its answer may come after the one that has let somebody in, or out."""
    browser = shop.browser()
    for at in ("/sign-in", "/sign-in"):
        answer = browser.send(f"{at}/passkey/begin", on=at)
        names = {cookie.split("=")[0] for cookie in answer.headers.getlist("Set-Cookie")}
        assert names == {f"{shop.app.config['SESSION_COOKIE_NAME']}-passkey"}
        assert "HttpOnly" in answer.headers["Set-Cookie"]
    signed = shop.browser("ada")
    asked = signed.send(f"{KEYS}/begin", {"name": "Telephone", "proof": PASSWORD}, on=PAGE)
    assert not any(
        one.startswith(f"{shop.app.config['SESSION_COOKIE_NAME']}=") for one in asked.headers.getlist("Set-Cookie")
    )
