"""A second factor is asked for wherever somebody signs in, each code is good once, and nobody is locked out for good."""

from __future__ import annotations

import threading
from datetime import timedelta

import pyotp
import pytest
import time_machine

from craftops.cli import cli
from craftops.domain.people import second_factor as domain
from craftops.errors import AccessError, RuleError
from craftops.services.people import accounts, second_factor, team
from craftops.store.database import close_database, utcnow
from craftops.store.models import AuditRow, RecoveryCodeRow, SecondFactorRow, SessionRow, SignInStepRow
from craftops.testing import Browser, Workshop
from craftops.testing.workshop import PASSWORD

PAGE = "/account/sign-in"
STEP = "/sign-in/second"
TEAM = "/staff/settings/team"


def code_of(secret: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret).at(int(utcnow().timestamp()) + 30 * steps)


def secret_on(page: str) -> str:
    return page.split('<code class="wrap-code">')[1].split("<")[0].replace(" ", "")


def with_app(workshop: Workshop, who: str = "sam") -> tuple[str, tuple[str, ...]]:
    """Somebody with an app: its secret and the recovery codes. The code that set it up was that of a while ago."""
    secret = domain.new_secret()
    before = utcnow() - timedelta(minutes=5)
    code = pyotp.TOTP(secret).at(before)
    return secret, second_factor.confirm(workshop.shop, workshop.people[who], secret, code, at=before)


def half_way(workshop: Workshop, who: str = "sam") -> Browser:
    """A browser that has shown a password and waits."""
    browser = workshop.browser()
    answer = browser.sign_in(f"{who}@example.org")
    assert (answer.status_code, answer.headers["Location"]) == (303, STEP)
    return browser


def is_in(browser: Browser) -> bool:
    return browser.get("/staff/").status_code == 200


def test_a_code_that_the_book_of_the_protocol_has(workshop: Workshop) -> None:
    """RFC 6238, appendix B, of SHA-1: the last six of its eight digits."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    for second, code in ((59, "287082"), (1111111109, "081804"), (2000000000, "279037")):
        assert pyotp.TOTP(secret).at(second) == code


def test_it_is_set_up_with_a_code_and_asked_for_from_then_on(workshop: Workshop) -> None:
    sam, other = workshop.browser("sam"), workshop.browser("sam")
    sam.send(f"{PAGE}/app", on=PAGE)
    page = sam.see(PAGE)
    assert "<svg" in page
    secret = secret_on(page)
    assert secret not in other.see(PAGE), "who begins it alone is shown the secret"
    wrong = sam.send(f"{PAGE}/app/confirm", {"code": "000000", "proof": PASSWORD}, on=PAGE)
    assert wrong.status_code == 422
    assert secret in wrong.get_data(as_text=True).replace(" ", ""), "and nothing is lost"
    unproved = sam.send(f"{PAGE}/app/confirm", {"code": code_of(secret), "proof": "guess"}, on=PAGE)
    assert unproved.status_code == 422
    assert not SecondFactorRow.select().exists()
    done = sam.send(f"{PAGE}/app/confirm", {"code": code_of(secret), "proof": PASSWORD}, on=PAGE)
    assert done.headers["Location"] == f"{PAGE}/codes"
    codes = [line.split("<")[0] for line in sam.see(f"{PAGE}/codes").split("<li>")[1:11]]
    assert len({one for one in codes if len(one) == 29}) == 10
    assert codes[0] not in sam.see(f"{PAGE}/codes"), "they are shown once"
    assert not is_in(other), "every other browser is out"
    assert is_in(sam)
    assert secret not in SecondFactorRow.get().sealed_secret
    assert {len(row.code_hash) for row in RecoveryCodeRow.select()} == {64}
    browser = half_way(workshop)
    assert not is_in(browser), "a password alone opens nothing"
    with time_machine.travel(utcnow() + timedelta(seconds=60)):
        answer = browser.send(STEP, {"code": code_of(secret)}, on=STEP)
        assert answer.status_code == 303
        assert is_in(browser)
    workshop.run_due()
    assert [one.kind for one in workshop.outbox] == ["factor_changed"]


def test_no_way_in_goes_round_it(workshop: Workshop) -> None:
    with_app(workshop)
    token = accounts.make_link(workshop.people["sam"].id, next_path="/staff/", at=utcnow())
    by_link = workshop.browser()
    answer = by_link.send(f"/sign-in/link/{token}", on=f"/sign-in/link/{token}")
    assert answer.headers["Location"] == STEP
    assert not is_in(by_link)
    assert SessionRow.select().count() == 0
    for path in ("/", "/account", PAGE, "/staff/", "/api/v1/orders", "/live/orders"):
        assert by_link.get(path).status_code in (303, 401, 404), path
    stranger = workshop.browser()
    assert stranger.send(STEP, {"code": "123456"}, on="/sign-in").headers["Location"] == "/sign-in"
    assert stranger.get(STEP).headers["Location"] == "/sign-in"


def test_where_somebody_wanted_to_go_outlives_the_second_step(workshop: Workshop) -> None:
    secret, _codes = with_app(workshop)
    for path, goal in (("/staff/board", "/staff/board"), ("//evil.example/", "/staff/"), ("/\\evil", "/staff/")):
        browser = workshop.browser()
        form = {"email": "sam@example.org", "password": PASSWORD, "next": path}
        browser.send("/sign-in", form, on="/sign-in")
        SecondFactorRow.update(last_step=0).execute()
        assert browser.send(STEP, {"code": code_of(secret)}, on=STEP).headers["Location"] == goal


def test_a_code_is_good_once_whoever_comes_first(workshop: Workshop) -> None:
    secret, _codes = with_app(workshop)
    sam, thief = half_way(workshop), half_way(workshop)
    code = code_of(secret)
    assert sam.send(STEP, {"code": code}, on=STEP).status_code == 303
    assert thief.send(STEP, {"code": code}, on=STEP).status_code == 422
    assert not is_in(thief)
    assert thief.send(STEP, {"code": code_of(secret, -1)}, on=STEP).status_code == 422, "nor one from before it"


@pytest.mark.parametrize(("steps", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_clock_may_be_half_a_minute_off(workshop: Workshop, steps: int, good: bool) -> None:
    secret = domain.new_secret()
    at = utcnow()
    code = pyotp.TOTP(secret).at(int(at.timestamp()) + 30 * steps)
    assert (domain.matching_step(secret, code, at) is not None) == good
    assert domain.matching_step(secret, f" {code[:3]} {code[3:]} ", at) == domain.matching_step(secret, code, at)
    for odd in ("", "12345", "1234567", "abcdef", "٠١٢٣٤٥", code + "0"):
        assert domain.matching_step(secret, odd, at) is None


def test_guesses_end_and_are_written_down(workshop: Workshop) -> None:
    secret, _codes = with_app(workshop)
    browser = half_way(workshop)
    for number in range(second_factor.MOST_TRIES):
        answer = browser.send(STEP, {"code": f"00000{number}"}, on=STEP)
        assert answer.status_code == 422
    assert browser.send(STEP, {"code": code_of(secret)}, on=STEP).status_code == 422, "even the right one"
    assert half_way(workshop).send(STEP, {"code": code_of(secret)}, on=STEP).status_code == 422
    assert AuditRow.select().where(AuditRow.what == "second_refused").count() == second_factor.MOST_TRIES + 2
    with time_machine.travel(utcnow() + timedelta(minutes=16)):
        assert half_way(workshop).send(STEP, {"code": code_of(secret)}, on=STEP).status_code == 303


def at_once(workshop: Workshop, count: int, do: object) -> None:
    """The same from many threads, which begin together."""
    gate = threading.Barrier(count)

    def run() -> None:
        gate.wait()
        do()  # type: ignore[operator]

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_guesses_side_by_side_are_no_way_round_the_limit(workshop: Workshop) -> None:
    with_app(workshop)
    tried: list[int] = []
    client = half_way(workshop)
    token = client.see(STEP).split('name="csrf_token" value="')[1].split('"')[0]
    cookie = client.client.get_cookie("craftops").value

    def guess() -> None:
        browser = workshop.app.test_client()
        browser.set_cookie("craftops", cookie)
        tried.append(browser.post(STEP, data={"csrf_token": token, "code": "000000"}).status_code)

    at_once(workshop, 24, guess)
    assert tried == [422] * 24
    counted = accounts.limits.SignInAttemptRow.select().where(
        accounts.limits.SignInAttemptRow.subject == f"second:{workshop.people['sam'].id}"
    )
    assert counted.count() == second_factor.MOST_TRIES


def test_passwords_side_by_side_neither(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every guess is counted before its password is looked at."""
    looked = []
    known = accounts.hasher()

    class Slow:
        def verify(self, hashed: str, password: str) -> bool:
            looked.append(password)
            return known.verify(hashed, password)

    monkeypatch.setattr(accounts, "_hasher", Slow())

    def guess() -> None:
        with pytest.raises(accounts.SignInRefused):
            accounts.sign_in("sam@example.org", "guess", address="203.0.113.9", at=utcnow())
        close_of_thread()

    def close_of_thread() -> None:
        if not accounts.AccountRow._meta.database.is_closed():
            accounts.AccountRow._meta.database.close()

    at_once(workshop, 24, guess)
    assert len(looked) == accounts.ATTEMPTS_BY_EMAIL


def test_a_recovery_code_lets_in_once_however_it_is_typed(workshop: Workshop) -> None:
    _secret, codes = with_app(workshop)
    typed = f"  {codes[3].lower().replace('-', ' ')} "
    browser = half_way(workshop)
    assert browser.send(STEP, {"code": typed}, on=STEP).status_code == 303
    assert is_in(browser)
    assert half_way(workshop).send(STEP, {"code": codes[3]}, on=STEP).status_code == 422
    assert "9 of 10 recovery codes are left" in browser.see(PAGE)
    renewed = browser.send(f"{PAGE}/codes", {"proof": codes[4]}, on=PAGE)
    assert renewed.headers["Location"] == f"{PAGE}/codes"
    assert half_way(workshop).send(STEP, {"code": codes[5]}, on=STEP).status_code == 422, "the old ones have ended"
    assert len(set(codes)) == 10
    assert domain.normalise_recovery_code("short") == ""


def test_a_recovery_code_of_somebody_else_is_none(workshop: Workshop) -> None:
    with_app(workshop)
    _secret, olgas = with_app(workshop, "olga")
    assert half_way(workshop).send(STEP, {"code": olgas[0]}, on=STEP).status_code == 422


def test_the_second_step_waits_ten_minutes_and_ends_with_a_new_password(workshop: Workshop) -> None:
    secret, _codes = with_app(workshop)
    browser = half_way(workshop)
    with time_machine.travel(utcnow() + timedelta(minutes=11)):
        assert browser.get(STEP).headers["Location"] == "/sign-in"
    browser = half_way(workshop)
    accounts.set_password(workshop.people["sam"], "another long one")
    assert browser.send(STEP, {"code": code_of(secret)}, on="/sign-in").headers["Location"] == "/sign-in"
    assert not is_in(browser)


def test_who_is_shut_out_meanwhile_does_not_come_in(workshop: Workshop) -> None:
    secret, _codes = with_app(workshop)
    browser = half_way(workshop)
    team.set_disabled(workshop.people["sam"].id, disabled=True, actor=workshop.actor("olga"), at=utcnow())
    browser.send(STEP, {"code": code_of(secret)}, on="/sign-in")
    assert not is_in(browser)


def test_the_owner_asks_everybody_and_who_has_none_sets_it_up_when_they_sign_in(workshop: Workshop) -> None:
    olga, sam = workshop.browser("olga"), workshop.browser("sam")
    assert sam.send(f"{TEAM}/second-factor", {"wanted": "yes"}, on="/staff/").status_code == 403
    assert olga.send(f"{TEAM}/second-factor", {"wanted": "yes"}, on=TEAM).status_code == 303
    assert is_in(sam), "whoever is signed in stays so"
    assert "The shop asks for it from your next sign-in on." in sam.see(PAGE)
    browser = half_way(workshop)
    assert not is_in(browser)
    page = browser.see(STEP)
    assert "Set up a second factor" in page
    secret = secret_on(page)
    assert secret_on(half_way(workshop).see(STEP)) != secret, "nobody else is shown it"
    assert browser.send(f"{STEP}/set-up", {"code": "000000"}, on=STEP).status_code == 422
    done = browser.send(f"{STEP}/set-up", {"code": code_of(secret)}, on=STEP)
    assert done.headers["Location"] == f"{PAGE}/codes"
    assert browser.see(f"{PAGE}/codes").count("<li>") == 10
    assert is_in(browser)
    assert workshop.browser("ada").get("/").status_code == 200, "customers are not asked"
    assert "1" in str(RecoveryCodeRow.select().count())
    olga.send(f"{TEAM}/second-factor", {"wanted": "no"}, on=TEAM)
    assert "Nobody has to" in olga.see(TEAM)


def test_who_has_one_is_not_led_round_it_by_the_set_up_of_another(workshop: Workshop) -> None:
    with_app(workshop)
    browser = half_way(workshop)
    assert browser.send(f"{STEP}/set-up", {"code": "000000"}, on=STEP).status_code == 404
    with pytest.raises(RuleError):
        second_factor.begin(workshop.people["sam"])
    with pytest.raises(AccessError):
        second_factor.begin(workshop.people["ada"])


def test_a_kept_step_of_before_sets_up_nothing_once_there_is_an_app(workshop: Workshop) -> None:
    """Whoever knows the password and has begun to set an app up is too late when its owner has done so."""
    workshop.browser("olga").send(f"{TEAM}/second-factor", {"wanted": "yes"}, on=TEAM)
    thief = half_way(workshop)
    stolen = secret_on(thief.see(STEP))
    with_app(workshop)
    answer = thief.send(f"{STEP}/set-up", {"code": code_of(stolen)}, on=STEP)
    assert answer.status_code == 404
    assert not is_in(thief)


def test_the_owner_resets_a_colleague_and_it_is_written_down(workshop: Workshop) -> None:
    with_app(workshop)
    olga, number = workshop.browser("olga"), str(workshop.people["sam"].id)
    waiting = half_way(workshop)
    assert "Second factor: app" in olga.see(TEAM)
    assert olga.send(f"{TEAM}/change", {"member": number, "do": "reset"}, on=TEAM).status_code == 303
    assert SecondFactorRow.select().count() == RecoveryCodeRow.select().count() == SignInStepRow.select().count() == 0
    assert waiting.get(STEP).headers["Location"] == "/sign-in"
    assert is_in(workshop.browser("sam"))
    row = AuditRow.get(AuditRow.what == "factor_reset")
    assert (row.actor_name, row.subject, row.address) == ("Olga", "sam@example.org", "127.0.0.1")
    sam = workshop.browser("sam")
    sam.send(f"{TEAM}/change", {"member": str(workshop.people["olga"].id), "do": "reset"}, on="/staff/")
    assert AuditRow.select().where(AuditRow.what == "factor_reset").count() == 1
    with pytest.raises(RuleError):
        team.reset_factors(workshop.people["olga"].id, actor=workshop.actor("olga"), at=utcnow())
    with pytest.raises(AccessError):
        team.reset_factors(workshop.people["ada"].id, actor=workshop.actor("olga"), at=utcnow())


def test_it_is_switched_off_with_a_code_alone(workshop: Workshop) -> None:
    secret, codes = with_app(workshop)
    browser = half_way(workshop)
    browser.send(STEP, {"code": code_of(secret)}, on=STEP)
    for proof in (PASSWORD, "", "000000"):
        assert browser.send(f"{PAGE}/app/off", {"proof": proof}, on=PAGE).status_code == 422
    assert SecondFactorRow.select().exists()
    assert browser.send(f"{PAGE}/app/off", {"proof": codes[0]}, on=PAGE).status_code == 303
    assert is_in(workshop.browser("sam"))


def test_a_locked_out_owner_comes_in_by_the_command_line(workshop: Workshop) -> None:
    from click.testing import CliRunner

    with_app(workshop, "olga")
    data = workshop.shop.config.data
    close_database()
    done = CliRunner().invoke(
        cli, ["--data", str(data), "user", "reset-second-factor", "Olga@example.org"],
        env={"DATABASE_URL": workshop.shop.config.database_url},
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert is_in(workshop.browser("olga"))


def test_nothing_of_it_is_in_logs_exports_or_answers(workshop: Workshop, caplog: pytest.LogCaptureFixture) -> None:
    from craftops.store.export_rows import columns_of, exported

    secret, codes = with_app(workshop)
    browser = half_way(workshop)
    browser.send(STEP, {"code": codes[0]}, on=STEP)
    page = browser.see(PAGE) + browser.see("/account")
    for one in (secret, *codes):
        assert one not in caplog.text
        assert one not in page
    names = {table._meta.table_name for table in exported()}
    assert not names & {"second_factor", "recovery_code", "passkey", "sign_in_step"}
    assert all(one.name not in ("code_hash", "sealed_secret") for table in exported() for one in columns_of(table))
