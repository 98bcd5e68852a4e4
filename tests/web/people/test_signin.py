"""Signing in: one sentence for every cause, limits that hold, links that work once, sessions that end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from argon2 import PasswordHasher

from craftops.domain.shop.profile import ShopProfile
from craftops.errors import IntakeError
from craftops.services.people import accounts
from craftops.store.database import utcnow
from craftops.store.models import AccountRow, SessionRow, SignInAttemptRow, WorkRow
from craftops.testing import Workshop
from craftops.testing.workshop import PASSWORD
from craftops.web.frame.request_context import safe_path


@pytest.mark.parametrize(
    ("email", "password"),
    [("ada@example.org", "wrong"), ("nobody@example.org", PASSWORD), ("", ""), ("ada@example.org", "")],
)
def test_every_refusal_reads_the_same(workshop: Workshop, email: str, password: str) -> None:
    answer = workshop.browser().sign_in(email, password)
    assert answer.status_code == 422
    assert accounts.REFUSED in answer.get_data(as_text=True)


def test_too_many_tries_are_refused_even_with_the_right_password(workshop: Workshop) -> None:
    browser = workshop.browser()
    for number in range(accounts.ATTEMPTS_BY_EMAIL):
        browser.client.environ_base["HTTP_X_FORWARDED_FOR"] = f"203.0.113.{number}"
        browser.sign_in("ada@example.org", "wrong")
    assert browser.sign_in("ada@example.org").status_code == 422
    assert workshop.browser().sign_in("bob@example.org").status_code == 303
    with time_machine.travel(utcnow() + timedelta(minutes=16)):
        assert workshop.browser().sign_in("ada@example.org").status_code == 303


def test_a_password_is_hashed_anew_when_its_costs_have_changed(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = AccountRow.get(AccountRow.email == "ada@example.org").password_hash
    monkeypatch.setattr(accounts, "_hasher", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    assert workshop.browser().sign_in("ada@example.org", "wrong").status_code == 422
    assert AccountRow.get(AccountRow.email == "ada@example.org").password_hash == before
    ada = workshop.browser("ada")
    after = AccountRow.get(AccountRow.email == "ada@example.org").password_hash
    assert after.startswith("$argon2id$v=19$m=16,t=2,p=1$")
    assert ada.get("/account").status_code == 200, "no session ends by it"
    workshop.browser("ada")
    assert AccountRow.get(AccountRow.email == "ada@example.org").password_hash == after, "and once"


def test_who_was_here_before_is_not_kept_out_by_what_strangers_try(workshop: Workshop) -> None:
    ada, bob = workshop.browser("ada"), workshop.browser("bob")
    for one in (ada, bob):
        one.send("/sign-in/out")
    for number in range(accounts.ATTEMPTS_BY_EMAIL):
        stranger = workshop.browser()
        stranger.client.environ_base["HTTP_X_FORWARDED_FOR"] = f"203.0.113.{number}"
        stranger.sign_in("ada@example.org", "wrong")
    assert workshop.browser().sign_in("ada@example.org").status_code == 422, "any other browser asks for a link"
    assert bob.sign_in("ada@example.org").status_code == 422, "known for another mailbox"
    assert ada.sign_in("ada@example.org").status_code == 303
    ada.send("/sign-in/out")
    for _ in range(accounts.ATTEMPTS_BY_EMAIL):
        ada.sign_in("ada@example.org", "wrong")
    assert ada.sign_in("ada@example.org").status_code == 422, "nor may it guess without end"


def test_a_browser_that_nobody_used_for_two_weeks_signs_in_again(workshop: Workshop) -> None:
    ada = workshop.browser("ada")
    used = SessionRow.update(seen_at=utcnow() - accounts.SESSION_UNUSED + timedelta(hours=1))
    used.execute()
    assert ada.get("/").status_code == 200
    SessionRow.update(seen_at=utcnow() - accounts.SESSION_UNUSED - timedelta(hours=1)).execute()
    answer = ada.get("/")
    assert answer.status_code == 303
    assert "/sign-in" in answer.headers["Location"]


def test_signing_out_takes_what_the_browser_kept(workshop: Workshop) -> None:
    answer = workshop.browser("ada").send("/sign-in/out")
    assert answer.headers["Clear-Site-Data"] == '"cache", "storage"'


def test_a_page_that_is_refused_is_written_down(workshop: Workshop, caplog: pytest.LogCaptureFixture) -> None:
    order = workshop.place("ada")
    with caplog.at_level("WARNING", "craftops.web"):
        assert workshop.browser("bob").get(f"/orders/{order.code}").status_code == 404
        assert workshop.browser("bob").get("/staff/").status_code == 404
        assert workshop.browser("sam").get("/staff/settings/audit").status_code == 403
    bob, sam = workshop.people["bob"].id, workshop.people["sam"].id
    said = [one.getMessage() for one in caplog.records if one.getMessage().startswith("refused")]
    assert f"refused: GET portal.order, to account {bob}" in said
    assert f"refused: GET staff.home, to account {bob}" in said
    assert any(one.endswith(f"to account {sam}") for one in said)
    assert order.code not in "".join(said)


def test_a_browser_is_known_by_our_word_alone(workshop: Workshop) -> None:
    ada = workshop.browser("ada")
    ada.send("/sign-in/out")
    cookie = ada.client.get_cookie("craftops-known")
    assert cookie is not None
    assert cookie.http_only
    assert "ada" not in cookie.value
    names = [one.split("=")[0] for one in workshop.browser().sign_in("ada@example.org").headers.getlist("Set-Cookie")]
    assert names == ["craftops", "craftops-known"], "the session's is the first"
    for number in range(accounts.ATTEMPTS_BY_EMAIL):
        ada.client.environ_base["HTTP_X_FORWARDED_FOR"] = f"203.0.113.{number}"
        workshop.browser().sign_in("ada@example.org", "wrong")
    forged = workshop.browser()
    for value in ("", "x", cookie.value[:-4] + "AAAA", cookie.value + "."):
        forged.client.set_cookie("craftops-known", value)
        assert forged.sign_in("ada@example.org").status_code == 422
    with time_machine.travel(utcnow() + timedelta(days=181)):
        for _ in range(accounts.ATTEMPTS_BY_EMAIL):
            workshop.browser().sign_in("ada@example.org", "wrong")
        ada.client.set_cookie("craftops-known", cookie.value)
        assert ada.sign_in("ada@example.org").status_code == 422, "known half a year"


def test_signing_out_ends_the_session_not_only_the_cookie(workshop: Workshop) -> None:
    browser = workshop.browser("ada")
    kept = browser.client.get_cookie("craftops").value
    browser.send("/sign-in/out")
    assert SessionRow.select().count() == 0
    thief = workshop.app.test_client()
    thief.set_cookie("craftops", kept)
    assert thief.get("/").status_code == 303


def test_a_session_ends_after_thirty_days_however_often_it_is_used(workshop: Workshop) -> None:
    ada, began = workshop.browser("ada"), utcnow()
    for days, status in ((10, 200), (20, 200), (29, 200), (31, 303)):
        with time_machine.travel(began + timedelta(days=days)):
            assert ada.get("/").status_code == status, days


def test_each_sign_in_begins_anew(workshop: Workshop) -> None:
    browser = workshop.browser("ada")
    before = SessionRow.get().token_hash
    kept = browser.client.get_cookie("craftops").value
    token = accounts.make_link(workshop.people["ada"].id, next_path="", at=utcnow())
    browser.send(f"/sign-in/link/{token}", on=f"/sign-in/link/{token}")
    assert [row.token_hash == before for row in SessionRow.select()] == [False]
    thief = workshop.app.test_client()
    thief.set_cookie("craftops", kept)
    assert thief.get("/").status_code == 303


def test_a_new_password_ends_every_session(workshop: Workshop) -> None:
    ada = workshop.browser("ada")
    accounts.set_password(workshop.people["ada"], "another long one")
    assert ada.get("/").status_code == 303


def test_a_link_is_asked_for_without_giving_anything_away(workshop: Workshop) -> None:
    for email in ("ada@example.org", "nobody@example.org"):
        answer = workshop.browser().send("/sign-in/link", {"email": email}, on="/sign-in")
        assert answer.status_code == 200
        assert "If <strong>" in answer.get_data(as_text=True)
    asked = [row.payload.keys() for row in WorkRow.select().where(WorkRow.kind == "send_link")]
    assert len(asked) == 2
    assert asked[0] == asked[1]
    workshop.run_due()
    assert [(draft.kind, draft.account.email) for draft in workshop.outbox] == [("sign_in_link", "ada@example.org")]
    assert WorkRow.select().where(WorkRow.kind == "send_link", WorkRow.state != "done").count() == 0


def test_a_mailbox_is_not_flooded_with_links(workshop: Workshop) -> None:
    for _ in range(5):
        workshop.browser().send("/sign-in/link", {"email": "ada@example.org"}, on="/sign-in")
    workshop.run_due()
    assert len(workshop.outbox) == 3


def test_a_link_signs_in_once_and_looking_does_not_use_it_up(workshop: Workshop) -> None:
    order = workshop.place("ada")
    token = accounts.make_link(workshop.people["ada"].id, next_path=f"/orders/{order.code}", at=utcnow())
    scanner = workshop.browser()
    for _ in range(3):
        assert scanner.get(f"/sign-in/link/{token}").status_code == 200
    ada = workshop.browser()
    answer = ada.send(f"/sign-in/link/{token}", on=f"/sign-in/link/{token}")
    assert answer.headers["Location"] == f"/orders/{order.code}"
    assert order.title in ada.see("/")
    again = workshop.browser()
    again.send(f"/sign-in/link/{token}", on="/sign-in")
    assert again.get("/").status_code == 303
    assert again.get(f"/sign-in/link/{token}").status_code == 410


def test_a_link_is_over_after_fifteen_minutes(workshop: Workshop) -> None:
    token = accounts.make_link(workshop.people["ada"].id, next_path="", at=utcnow())
    with time_machine.travel(utcnow() + timedelta(minutes=15, seconds=1)):
        assert workshop.browser().get(f"/sign-in/link/{token}").status_code == 410


def test_the_link_in_the_mail_goes_through_the_worker(workshop: Workshop) -> None:
    workshop.browser().send("/sign-in/link", {"email": "ada@example.org"}, on="/sign-in")
    workshop.run_due()
    draft = workshop.outbox[-1]
    assert draft.kind == "sign_in_link"
    assert workshop.browser().get(f"/sign-in/link/{draft.link_token}").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "https://evil.example", "//evil.example", "/\\evil.example", "\\/evil", "javascript:alert(1)", "/ok\r\nSet-Cookie: a=b",
        "/\t/evil", "http:/evil", "", " /", "/a\\b", "///x", "/\x00",
    ],
)  # fmt: skip
def test_no_next_leads_away(workshop: Workshop, path: str) -> None:
    assert safe_path(path, "/safe") == "/safe"
    answer = workshop.browser().send(
        "/sign-in", {"email": "ada@example.org", "password": PASSWORD, "next": path}, on="/sign-in"
    )
    assert answer.headers["Location"] == "/"


def test_a_visitor_comes_back_to_the_page_that_was_asked_for(workshop: Workshop) -> None:
    order = workshop.place("ada")
    browser = workshop.browser()
    answer = browser.get(f"/orders/{order.code}")
    assert answer.headers["Location"] == f"/sign-in?next=/orders/{order.code}"
    answer = browser.send(
        "/sign-in", {"email": "ada@example.org", "password": PASSWORD, "next": f"/orders/{order.code}"}, on="/sign-in"
    )
    assert answer.headers["Location"] == f"/orders/{order.code}"


def test_the_host_of_a_request_never_builds_a_link(workshop: Workshop) -> None:
    answer = workshop.browser().get("/", headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"})
    assert "evil.example" not in answer.headers["Location"]


def test_a_picture_on_its_way_takes_no_message_away_and_thirty_days_begin_anew_each_day(workshop: Workshop) -> None:
    ada = workshop.browser("ada")
    ada.see("/")  # the first page makes the token of its forms
    assert "Set-Cookie" not in ada.client.get("/").headers
    with time_machine.travel(utcnow() + timedelta(days=1), tick=True):
        assert "Set-Cookie" in ada.client.get("/").headers
        assert "Set-Cookie" not in ada.client.get("/").headers


def test_a_head_request_signs_nobody_in_and_counts_for_nothing(workshop: Workshop) -> None:
    before = SignInAttemptRow.select().count()
    for path in ("/sign-in", "/sign-in?email=ada@example.org&password=x"):
        assert workshop.app.test_client().head(path).status_code == 200
    assert SignInAttemptRow.select().count() == before


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "password",
        "12345678",
        "Trustno1",
        "iloveyou",
        "Craftops2026",
        "ada@example.org",
        "!!Ada1Ada!!",
        "x" * 501,
    ],
)
def test_what_everybody_tries_first_is_no_password(workshop: Workshop, password: str) -> None:
    ada = workshop.people["ada"]
    ada.name = "Ada1Ada"
    with pytest.raises(IntakeError) as caught:
        accounts.set_password(ada, password)
    assert caught.value.fields["password"].endswith((".", "sentence."))


@pytest.mark.parametrize(
    "password", ["correct horse battery", "grüße aus köln", "密码密码密码密码", "x y z 1 2", "p" * 500]
)
def test_anything_else_is_one_however_it_is_made_of(workshop: Workshop, password: str) -> None:
    accounts.set_password(workshop.people["ada"], password)
    assert workshop.browser().sign_in("ada@example.org", password).status_code == 303
    assert workshop.browser().sign_in("ada@example.org", password + "x").status_code == 422


def test_over_https_the_cookie_is_this_hosts_alone(make_workshop: Callable[..., Workshop]) -> None:
    shop = make_workshop('[server]\nbase_url = "https://shop.example"\n')
    shop.open(ShopProfile(name="Testwerk"))
    answer = shop.app.test_client().get("/sign-in", base_url="https://shop.example/")
    said = answer.headers["Set-Cookie"]
    assert said.startswith("__Host-craftops=")
    assert all(part in said for part in ("; Secure", "; HttpOnly", "; Path=/", "; SameSite=Lax"))
    assert "Domain" not in said
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
