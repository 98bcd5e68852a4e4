"""Single sign-on: who is let in by somebody else's word, and every lie that we could think of."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from craftops_plugins.sign_in_oidc import PLUGIN, OidcSettings
from craftops_plugins.sign_in_oidc.provider import OidcProvider, is_safe
from werkzeug.test import TestResponse

from craftops.errors import ConfigError, NotUnderstood
from craftops.services.people import team
from craftops.store.database import utcnow
from craftops.store.models import AccountRow, AuditRow, IdentityRow, SessionRow
from craftops.testing import Browser, IdentityProviderContract, LocalIdentity, PluginContract, Workshop

AWAY, BACK = "/sign-in/with/oidc", "/sign-in/with/oidc/back"


@pytest.fixture
def there() -> Iterator[LocalIdentity]:
    with LocalIdentity() as found:
        yield found


def settings(there: LocalIdentity) -> dict[str, str]:
    return {"issuer": there.issuer, "client_id": there.client_id, "client_secret": there.secret}


@pytest.fixture
def shop_of(plug_in: Callable[..., Workshop], there: LocalIdentity) -> Callable[..., Workshop]:
    def make(more: str = "") -> Workshop:
        lines = "\n".join(f'{name} = "{value}"' for name, value in settings(there).items())
        return plug_in(PLUGIN, f"[plugin.sign_in_oidc]\n{lines}\n{more}")

    return make


class TestOidcContract(IdentityProviderContract):
    @pytest.fixture(autouse=True)
    def _there(self, there: LocalIdentity) -> None:
        self.there = there

    def provider(self) -> OidcProvider:
        return OidcProvider(**_named(self.there), title="Directory")

    def been_there(self, address: str) -> dict[str, str]:
        return dict(parse_qsl(urlsplit(self.there.authorize(address)).query))


def _named(there: LocalIdentity) -> dict[str, Any]:
    return settings(there)


class TestOidcPlugin(PluginContract):
    def plugin(self) -> type[Any]:
        return PLUGIN


def go(browser: Browser, there: LocalIdentity, path: str = AWAY) -> str:
    """Away and as far as the way back."""
    answer = browser.get(path)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return there.authorize(answer.headers["Location"])


def come_back(browser: Browser, address: str, **changed: str | None) -> TestResponse:
    """Back, with other words in the address."""
    asked = {**dict(parse_qsl(urlsplit(address).query)), **changed}
    return browser.get(f"{BACK}?{urlencode({name: value for name, value in asked.items() if value is not None})}")


def is_in(browser: Browser, page: str = "/account") -> bool:
    return browser.get(page).status_code == 200


def test_people_whom_the_shop_knows_come_in_and_to_where_they_wanted(
    shop_of: Callable[..., Workshop], there: LocalIdentity
) -> None:
    shop = shop_of('label = "our directory"')
    order = shop.place("ada")
    assert "Sign in with our directory" in shop.browser().see("/sign-in")
    for path, goal in ((f"/orders/{order.code}", f"/orders/{order.code}"), ("//evil.example", "/"), ("/staff/", "/")):
        browser = shop.browser()
        address = go(browser, there, f"{AWAY}?{urlencode({'next': path})}")
        assert address.startswith(f"{shop.shop.config.base_url}{BACK}?")
        answer = come_back(browser, address)
        assert (answer.status_code, answer.headers["Location"]) == (303, goal)
        assert is_in(browser)
    assert {row.how for row in SessionRow.select()} == {"oidc"}
    assert IdentityRow.select().count() == 1
    there.person = {**there.person, "sub": "sams", "email": "Sam@Example.org"}
    sam = shop.browser()
    assert come_back(sam, go(sam, there)).headers["Location"] == "/staff/"


LIES: dict[str, Callable[[LocalIdentity], None]] = {
    "another nonce": lambda there: there.lies.update(nonce="another"),
    "no nonce": lambda there: there.lies.update(nonce=None),
    "another audience": lambda there: there.lies.update(aud="another-client"),
    "audiences without us": lambda there: there.lies.update(aud=["a", "b"]),
    "many audiences, no party": lambda there: there.lies.update(aud=["craftops", "b"]),
    "another party": lambda there: there.lies.update(azp="another-client"),
    "another issuer": lambda there: there.lies.update(iss="https://evil.example"),
    "over": lambda there: there.lies.update(exp=int(time.time()) - 120),
    "never over": lambda there: there.lies.update(exp=None),
    "over in words": lambda there: there.lies.update(exp="tomorrow"),
    "of yesterday": lambda there: there.lies.update(iat=int(time.time()) - 86_400),
    "of tomorrow": lambda there: there.lies.update(iat=int(time.time()) + 86_400),
    "not yet": lambda there: there.lies.update(nbf=int(time.time()) + 600),
    "nobody": lambda there: there.lies.update(sub=None),
    "an empty name": lambda there: there.lies.update(sub=""),
    "a number": lambda there: there.lies.update(sub=7),
    "no signature": lambda there: setattr(there, "algorithm", "none"),
    "the public key as a password": lambda there: setattr(there, "algorithm", "HS256"),
    "a key of somebody else": lambda there: setattr(there, "algorithm", "stranger"),
    "an answer of another provider": lambda there: setattr(there, "says_issuer", "https://evil.example"),
    "a mailbox that nobody has proved": lambda there: there.person.update(email_verified=False),
    "a mailbox proved in words": lambda there: there.person.update(email_verified="true"),
    "no word of the mailbox": lambda there: there.person.pop("email_verified") and None,
    "no mailbox": lambda there: there.person.pop("email") and None,
    "a mailbox of nobody here": lambda there: there.person.update(email="eve@evil.example"),
}


@pytest.mark.parametrize("lie", LIES)
def test_no_lie_lets_anybody_in(shop_of: Callable[..., Workshop], there: LocalIdentity, lie: str) -> None:
    shop, before = shop_of(), AccountRow.select().count()
    LIES[lie](there)
    browser = shop.browser()
    answer = come_back(browser, go(browser, there))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
    assert not is_in(browser)
    assert (SessionRow.select().count(), AccountRow.select().count(), IdentityRow.select().count()) == (0, before, 0)


def test_the_way_back_belongs_to_one_browser_one_question_and_one_time(
    shop_of: Callable[..., Workshop], there: LocalIdentity
) -> None:
    shop = shop_of()
    ada, eve = shop.browser(), shop.browser()
    address = go(ada, there)
    assert come_back(eve, address).headers["Location"] == "/sign-in", "a stranger's browser began nothing"
    go(eve, there)
    assert come_back(eve, address).headers["Location"] == "/sign-in", "nor that question"
    assert not is_in(eve)
    for changed in ({"state": "another"}, {"state": ""}, {"state": None}, {"code": "made-up"}, {"iss": None}):
        browser = shop.browser()
        assert come_back(browser, go(browser, there), **changed).headers["Location"] == "/sign-in", changed
        assert not is_in(browser)
    assert come_back(ada, address).headers["Location"] == "/"
    kept = ada.client.get_cookie("craftops").value
    again = shop.browser()
    again.client.set_cookie("craftops", kept)
    ada.send("/sign-in/out")
    assert come_back(again, address).headers["Location"] == "/sign-in", "a code is good once"
    assert not is_in(again)
    assert there.requests.count("/token") < 7


def test_a_mailbox_that_goes_to_somebody_else_does_not_take_the_account_along(
    shop_of: Callable[..., Workshop], there: LocalIdentity
) -> None:
    shop = shop_of()
    ada = shop.browser()
    come_back(ada, go(ada, there))
    there.person = {**there.person, "sub": "a new colleague"}
    newcomer = shop.browser()
    assert come_back(newcomer, go(newcomer, there)).headers["Location"] == "/sign-in"
    there.person = {"sub": "248289761001", "email": "ada.new@example.org", "email_verified": True}
    moved = shop.browser()
    assert come_back(moved, go(moved, there)).headers["Location"] == "/", "she is known by her name there"
    assert AuditRow.select().where(AuditRow.what == "identity_refused").count() == 1


def test_newcomers_enter_by_domain_as_customers_and_by_a_group_as_staff(
    shop_of: Callable[..., Workshop], there: LocalIdentity
) -> None:
    shop = shop_of('customer_domains = ["acme.example"]\nstaff_group = "shop-staff"')
    made = {}
    for name, email, groups in (
        ("cleo", "cleo@acme.example", ["owners", "admins"]),
        ("nina", "nina@evil-acme.example", []),
        ("tom", "tom@elsewhere.example", ["shop-staff"]),
        ("ulf", "ulf@elsewhere.example", "shop-staff"),
    ):
        there.person = {"sub": name, "email": email, "email_verified": True, "name": name.title(), "groups": groups}
        browser = shop.browser()
        come_back(browser, go(browser, there))
        row = AccountRow.get_or_none(AccountRow.email == email)
        made[name] = row.role if row else ""
    assert made == {"cleo": "customer", "nina": "", "tom": "staff", "ulf": ""}
    there.person = {"sub": "a", "email": "ada@example.org", "email_verified": True, "groups": ["shop-staff"]}
    ada = shop.browser()
    come_back(ada, go(ada, there))
    assert AccountRow.get(AccountRow.email == "ada@example.org").role == "customer", "no role changes by a token"


def test_the_second_factor_is_asked_for_unless_it_was_shown_there(
    shop_of: Callable[..., Workshop], there: LocalIdentity
) -> None:
    shop = shop_of()
    there.person = {"sub": "s", "email": "sam@example.org", "email_verified": True, "amr": ["pwd", "mfa"]}
    team.demand_second_factor(shop.shop, wanted=True, actor=shop.actor("olga"), at=utcnow())
    sam = shop.browser()
    assert come_back(sam, go(sam, there)).headers["Location"] == "/sign-in/second"
    assert sam.get("/staff/").status_code == 303
    provider = shop.shop.plugins.identity_providers["oidc"]
    provider._two_factors_there = True  # type: ignore[attr-defined]
    trusted = shop.browser()
    assert come_back(trusted, go(trusted, there)).headers["Location"] == "/staff/"
    there.person = {**there.person, "amr": ["pwd"]}
    weak = shop.browser()
    assert come_back(weak, go(weak, there)).headers["Location"] == "/sign-in/second"


def test_who_is_shut_out_here_stays_out(shop_of: Callable[..., Workshop], there: LocalIdentity) -> None:
    shop = shop_of()
    there.person = {"sub": "s", "email": "sam@example.org", "email_verified": True}
    sam = shop.browser()
    come_back(sam, go(sam, there))
    team.set_disabled(shop.people["sam"].id, disabled=True, actor=shop.actor("olga"), at=utcnow())
    assert come_back(sam, go(sam, there)).headers["Location"] == "/sign-in"
    assert sam.get("/staff/").status_code == 303


def test_another_key_is_asked_for_once_and_a_flood_of_names_is_not(there: LocalIdentity) -> None:
    provider = OidcProvider(**settings(there), title="Directory")
    sent = provider.begin("https://shop.example/back", "s")
    provider.finish(
        dict(parse_qsl(urlsplit(there.authorize(sent.address)).query)), sent.kept, "https://shop.example/back"
    )
    there.new_key()
    provider._keys_at -= 120
    sent = provider.begin("https://shop.example/back", "s")
    provider.finish(
        dict(parse_qsl(urlsplit(there.authorize(sent.address)).query)), sent.kept, "https://shop.example/back"
    )
    asked = there.requests.count("/keys")
    for _ in range(4):
        there.new_key()
        sent = provider.begin("https://shop.example/back", "s")
        with pytest.raises(Exception, match="not signed"):
            provider.finish(
                dict(parse_qsl(urlsplit(there.authorize(sent.address)).query)), sent.kept, "https://shop.example/back"
            )
    assert there.requests.count("/keys") == asked == 2


@pytest.mark.parametrize(
    "told", [{"issuer": "https://evil.example"}, {"token_endpoint": "http://evil.example/token"}, {"jwks_uri": None}]
)
def test_what_a_provider_says_of_itself_is_looked_at(there: LocalIdentity, told: dict[str, Any]) -> None:
    there.about = told
    with pytest.raises(NotUnderstood):
        OidcProvider(**settings(there), title="Directory").begin("https://shop.example/back", "s")


def test_a_provider_that_is_not_there_is_a_sentence_and_counted(
    shop_of: Callable[..., Workshop], there: LocalIdentity
) -> None:
    shop = shop_of()
    there.about = {"issuer": "https://evil.example"}
    browser = shop.browser()
    assert browser.get(AWAY).headers["Location"] == "/sign-in"
    assert "did not work" in browser.see("/sign-in")
    assert shop.shop.plugins.failures["sign_in_oidc"] == 1
    assert shop.browser().get("/sign-in/with/nobody").status_code == 404


def test_addresses_of_issuers() -> None:
    assert is_safe("https://id.example/realm")
    assert is_safe("http://127.0.0.1:9/")
    for bad in ("http://id.example", "ftp://x", "", "https://", "javascript:alert(1)"):
        assert not is_safe(bad)
    with pytest.raises(ConfigError):
        PLUGIN(OidcSettings(issuer="http://id.example"))


def test_no_secret_of_it_is_in_the_log(
    shop_of: Callable[..., Workshop], there: LocalIdentity, caplog: pytest.LogCaptureFixture
) -> None:
    shop = shop_of()
    browser = shop.browser()
    address = go(browser, there)
    come_back(browser, address, code="made-up")
    assert there.secret not in caplog.text
    assert dict(parse_qsl(urlsplit(address).query))["code"] not in caplog.text
