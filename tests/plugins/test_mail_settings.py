"""The owner sets mail up in the browser, and a mail to themselves says whether it works: out, and back in."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from samples.imap_server import ImapServer

from craftops.bootstrap import open_shop
from craftops.processes.ports import free_port
from craftops.store.models import SettingsRow, SettingsTrialRow
from craftops.store.queries import settings as queries
from craftops.testing import Workshop
from craftops.testing.pytest_plugin import ENABLED

PAGE = "/staff/settings/mail"


class Post:
    """A mail server: what it takes for one address lies in a mailbox of an IMAP server."""

    def __init__(self, box: ImapServer) -> None:
        self.box = box
        self.plain = False
        """It writes the address anew, without what stands after the +."""
        self.loses = False

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        to = re.sub(r"\+[^@]*", "", envelope.rcpt_tos[0]) if self.plain else envelope.rcpt_tos[0]
        content = re.sub(rb"(?m)^To: .*$", b"To: " + to.encode(), envelope.content) if self.plain else envelope.content
        if not self.loses:
            self.box.send(b"Delivered-To: " + to.encode() + b"\r\n" + content)
        return "250 OK"


def _knows(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=data.login == b"files" and data.password == b"secret", handled=False)


@pytest.fixture
def box() -> Iterator[ImapServer]:
    with ImapServer().running() as server:
        yield server


@pytest.fixture
def post(box: ImapServer) -> Iterator[tuple[Post, int]]:
    handler, port = Post(box), free_port("127.0.0.1")
    controller = Controller(handler, hostname="127.0.0.1", port=port, authenticator=_knows, auth_require_tls=False)
    controller.start()
    yield handler, port
    controller.stop()


@pytest.fixture
def werk(make_workshop: Callable[..., Workshop]) -> Workshop:
    from craftops.domain.shop.profile import ShopProfile

    enabled = ", ".join(f'"{name}"' for name in (*ENABLED, "channel_email"))
    found = make_workshop(f"[plugins]\nenabled = [{enabled}]\n")
    found.open(ShopProfile(name="Werk"))
    return found


def form(smtp: int, imap: int, **more: str) -> dict[str, str]:
    return {
        "notify_email-from_address": "shop@werk.example", "notify_email-host": "127.0.0.1",
        "notify_email-port": str(smtp), "notify_email-security": "none", "notify_email-username": "files",
        "notify_email-password": "secret", "channel_email-host": "127.0.0.1", "channel_email-port": str(imap),
        "channel_email-security": "none", "channel_email-username": "files", "channel_email-password": "secret",
        "channel_email-folder": "INBOX", "reply_address": "shop+{token}@werk.example",
    } | more  # fmt: skip


def tried(werk: Workshop) -> str:
    """Press the button, let the worker do its part, and read the page."""
    browser = werk.browser("olga")
    assert browser.send(f"{PAGE}/try", on=PAGE).status_code == 303
    werk.run_due()
    werk.run_due()
    return browser.see(PAGE)


def test_mail_is_set_up_in_the_browser_goes_out_and_comes_back(
    werk: Workshop, post: tuple[Post, int], box: ImapServer
) -> None:
    browser = werk.browser("olga")
    assert "Send yourself a mail" in browser.see(PAGE)
    assert browser.send(PAGE, form(post[1], box.port), on=PAGE).status_code == 303
    page = browser.see(PAGE)
    assert "secret" not in page.replace("secret.key", "")
    assert "One is kept. Leave this empty to keep it." in page
    assert "[plugin.notify_email] of shop.toml no longer counts" in page
    assert "came back after" in tried(werk)
    trial = SettingsTrialRow.get()
    assert trial.state == "good"
    assert trial.by_address
    assert not any("secret" in str(row.body) + str(row.sealed) for row in SettingsRow.select())


def test_a_mailbox_that_takes_no_sub_addresses_is_found_out(
    werk: Workshop, post: tuple[Post, int], box: ImapServer
) -> None:
    post[0].plain = True
    werk.browser("olga").send(PAGE, form(post[1], box.port), on=PAGE)
    assert "It came to a plain mailbox" in tried(werk)


def test_what_does_not_work_says_what_to_change(werk: Workshop, post: tuple[Post, int], box: ImapServer) -> None:
    browser, nobody = werk.browser("olga"), free_port("127.0.0.1")

    def page_with(**more: str) -> str:
        values = {f"{key.replace('__', '-')}": value for key, value in more.items()}
        assert browser.send(PAGE, form(post[1], box.port, **values), on=PAGE).status_code == 303
        return tried(werk)

    assert "nothing listens on port" in page_with(notify_email__port=str(nobody))
    assert "offers no STARTTLS" in page_with(notify_email__security="starttls")
    assert "speaks no TLS from the first byte" in page_with(notify_email__security="tls")
    assert "does not accept our user name and password" in page_with(notify_email__password="wrong")
    assert "does not accept our user name and password" in page_with(channel_email__password="wrong")
    post[0].loses = True
    assert "we look for it in the mailbox" in page_with()


def test_a_kept_password_is_not_sent_to_another_server(werk: Workshop, post: tuple[Post, int], box: ImapServer) -> None:
    browser = werk.browser("olga")
    browser.send(PAGE, form(post[1], box.port), on=PAGE)
    empty = {"notify_email-password": "", "channel_email-password": ""}
    before = queries.newest_version()
    answer = browser.send(PAGE, form(post[1], box.port, **empty, **{"notify_email-host": "mail.evil.example"}), on=PAGE)
    assert answer.status_code == 422
    assert "the place that it is sent to has changed" in answer.get_data(as_text=True)
    assert queries.newest_version() == before
    assert browser.send(PAGE, form(post[1], box.port, **empty), on=PAGE).status_code == 303
    assert queries.newest_version() == before
    changed = form(post[1], box.port, **empty, **{"notify_email-from_address": "new@werk.example"})
    assert browser.send(PAGE, changed, on=PAGE).status_code == 303
    assert "came back after" in tried(werk)


def test_undo_and_back_to_the_file(werk: Workshop, post: tuple[Post, int], box: ImapServer) -> None:
    browser = werk.browser("olga")
    browser.send(PAGE, form(post[1], box.port), on=PAGE)
    sent = browser.send(f"{PAGE.removesuffix('/mail')}/back", {"topic": "mail", "version": "0", "back": PAGE}, on=PAGE)
    assert sent.status_code == 303
    assert sent.headers["Location"].endswith(PAGE)
    assert werk.shop.mail.reply_address == ""
    assert "Once you change it here" in browser.see(PAGE)
    browser.send("/staff/settings/back", {"topic": "mail", "version": "1", "back": PAGE}, on=PAGE)
    row = queries.versions_of("mail")[-1]
    browser.send("/staff/settings/back", {"topic": "mail", "version": str(row.version), "back": PAGE}, on=PAGE)
    assert werk.shop.mail.reply_address == "shop+{token}@werk.example"


def test_another_process_takes_it_up_and_the_next_start_too(
    werk: Workshop, post: tuple[Post, int], box: ImapServer
) -> None:
    other = open_shop(werk.shop.config)
    assert not other.plugins.notification_channels[0].ready
    werk.browser("olga").send(PAGE, form(post[1], box.port), on=PAGE)
    assert other.take_up()
    assert other.plugins.notification_channels[0].ready
    assert set(other.plugins.intake_channels) == {"email"}
    assert open_shop(werk.shop.config).plugins.notification_channels[0].ready


def test_nobody_but_the_owner_sees_it(werk: Workshop) -> None:
    browser = werk.browser("sam")
    assert browser.get(PAGE).status_code == 403
    assert browser.send(f"{PAGE}/try", on="/staff/").status_code == 403
    assert browser.send("/staff/settings/back", {"topic": "mail", "version": "0"}, on="/staff/").status_code == 403
