"""A passkey in Chromium, whose virtual authenticator (CDP, WebAuthn domain) is the device."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from craftops.domain.shop.profile import ShopProfile
from craftops.services.people import second_factor
from craftops.store.database import utcnow
from craftops.store.models import PasskeyRow
from craftops.testing import Workshop
from craftops.testing.workshop import PASSWORD

pytestmark = pytest.mark.browser
DEVICE = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture
def served(make_workshop: Callable[..., Workshop]) -> Iterator[tuple[Workshop, str]]:
    """A shop on localhost, which browsers take for as good as HTTPS."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    base = f"http://localhost:{port}"
    found = make_workshop(f'[server]\nbase_url = "{base}"\n')
    found.open(ShopProfile(name="Testwerk"))
    server = make_server("127.0.0.1", port, found.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield found, base
    server.shutdown()
    thread.join()


def device(page: Page, **more: Any) -> Any:
    link = page.context.new_cdp_session(page)
    link.send("WebAuthn.enable")
    link.send("WebAuthn.addVirtualAuthenticator", {"options": {**DEVICE, **more}})
    return link


def by_password(page: Page, base: str, who: str) -> None:
    page.goto(f"{base}/sign-in")
    page.fill("#email", f"{who}@example.org")
    page.fill("#password", PASSWORD)
    page.click("button.primary")
    page.wait_for_url(lambda url: "/sign-in" not in url)


def test_a_passkey_is_made_shown_asked_for_and_removed(chrome: Browser, served: tuple[Workshop, str]) -> None:
    workshop, base = served
    context = chrome.new_context()
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda one: said.append(one.text) if "Content Security Policy" in one.text else None)
    by_password(page, base, "ada")
    device(page)
    page.goto(f"{base}/account/sign-in")
    page.fill("#name", "My telephone")
    page.click("text=Add a passkey")
    assert not page.evaluate("document.querySelector('#proof-new').checkValidity()"), "the password is asked for"
    page.fill("#proof-new", "guess")
    page.click("text=Add a passkey")
    page.wait_for_selector("[data-passkey-said]:not([hidden])")
    assert PasskeyRow.select().count() == 0
    page.fill("#proof-new", PASSWORD)
    page.click("text=Add a passkey")
    page.wait_for_selector("text=lets you in from now on")
    assert page.is_visible("b:text('My telephone')")

    page.click("text=Sign out")
    page.wait_for_url("**/sign-in")
    page.wait_for_url(f"{base}/")  # offered by the page itself (conditional mediation), and taken at once
    assert PasskeyRow.get().sign_count > 0

    page.goto(f"{base}/account/sign-in")
    page.click("summary:text('Remove')")
    page.fill(f"#proof-key-{PasskeyRow.get().id}", PASSWORD)
    page.click("text=Remove it")
    page.wait_for_selector("text=You have none yet")
    assert PasskeyRow.select().count() == 0
    assert said == []
    context.close()
    assert workshop.people["ada"]


def test_it_is_the_second_step_of_a_password(chrome: Browser, served: tuple[Workshop, str]) -> None:
    workshop, base = served
    context = chrome.new_context()
    page = context.new_page()
    by_password(page, base, "sam")
    device(page)
    page.goto(f"{base}/account/sign-in")
    page.fill("#name", "Laptop")
    page.fill("#proof-new", PASSWORD)
    page.click("text=Add a passkey")
    page.wait_for_selector("text=lets you in from now on")
    from craftops.services.people import team

    team.demand_second_factor(workshop.shop, wanted=True, actor=workshop.actor("olga"), at=utcnow())
    page.context.clear_cookies()
    page.goto(f"{base}/lost-link")  # a page that offers no passkey, so that the password comes first
    answer = page.evaluate(
        """async (password) => {
          const form = new URLSearchParams({email: "sam@example.org", password,
            csrf_token: document.querySelector("meta[name=csrf-token]").content});
          return (await fetch("/sign-in", {method: "POST", body: form})).url;
        }""",
        PASSWORD,
    )
    assert answer.endswith("/sign-in/second")
    # Asked without opening it: the sign-in page that it leads to offers the passkey by itself, and the device takes it.
    led = page.evaluate("async (address) => (await fetch(address)).url", f"{base}/staff/")
    assert "/sign-in" in led, "one factor opens nothing"
    page.goto(f"{base}/sign-in/second")
    page.click("text=Use a passkey")
    page.wait_for_url("**/staff/**")
    assert second_factor.factors_of(workshop.people["sam"].id).passkeys == 1
    context.close()
