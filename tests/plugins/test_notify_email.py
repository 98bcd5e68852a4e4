"""A real SMTP conversation: the mail as it arrives, and what happens when the server does not do its part."""

from __future__ import annotations

import email
import email.policy
import logging
import re
import socket
import ssl
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import time_machine
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from craftops_plugins.notify_email.channel import ConsoleChannel, EmailSettings, SmtpChannel
from samples.certificates import of_its_own

from craftops.domain.shop.profile import ShopProfile
from craftops.errors import CredentialsRejected, Refused, Unreachable
from craftops.processes.ports import free_port
from craftops.sdk.notification import InlinePicture, Notice
from craftops.store.database import utcnow
from craftops.store.models import NoticeRow, WorkRow
from craftops.testing import Workshop
from craftops.testing.liars import liar
from craftops.web.messages.mail import make_renderer

NOTICE = Notice("k-1", "ada@example.org", 'Ada Löve, "x"', "Werk\nSüd", "Ready: Bracket", "Plain", "<p>HTML</p>")


class Post:
    """A mail server that keeps what it gets, and refuses when it is told to."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answer = "250 OK"
        self.envelopes: list[Any] = []

    async def handle_DATA(self, _server: SMTP, _session: Any, envelope: Any) -> str:
        if self.answer.startswith("250"):
            parsed = email.message_from_bytes(envelope.content, policy=email.policy.default)
            assert isinstance(parsed, EmailMessage)
            self.mails.append(parsed)
            self.envelopes.append(envelope)
        return self.answer

    async def handle_RCPT(self, _server: SMTP, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if self.answer.startswith("550"):
            return self.answer
        envelope.rcpt_tos.append(address)
        return "250 OK"


def _authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=data.login == b"shop" and data.password == b"secret", handled=False)


@pytest.fixture
def post() -> Iterator[tuple[Post, int]]:
    handler = Post()
    port = free_port("127.0.0.1")
    controller = Controller(
        handler,
        hostname="127.0.0.1",
        port=port,
        authenticator=_authenticate,
        auth_require_tls=False,
        auth_required=False,
    )
    controller.start()
    yield handler, port
    controller.stop()


def channel(port: int, **more: Any) -> SmtpChannel:
    return SmtpChannel(
        EmailSettings(host="127.0.0.1", port=port, security="none", from_address="shop@werk.example", **more)
    )


def test_a_mail_arrives_whole(post: tuple[Post, int]) -> None:
    handler, port = post
    picture = InlinePicture("part", b"\x89PNG\r\n\x1a\nrest", "Bracket")
    channel(port).send(
        Notice(**{**{f: getattr(NOTICE, f) for f in NOTICE.__dataclass_fields__}, "pictures": (picture,)})
    )
    mail = handler.mails[0]
    assert mail["Subject"] == "Ready: Bracket"
    assert "\n" not in str(mail["From"])
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@werk.example>")
    assert handler.envelopes[0].rcpt_tos == ["ada@example.org"]
    assert mail.get_body(("plain",)).get_content().strip() == "Plain"
    assert "HTML" in mail.get_body(("html",)).get_content()
    pictures = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    assert pictures[0]["Content-ID"] == "<part>"


def test_the_same_notice_has_the_same_id(post: tuple[Post, int]) -> None:
    handler, port = post
    for _ in range(2):
        channel(port).send(NOTICE)
    assert handler.mails[0]["Message-ID"] == handler.mails[1]["Message-ID"]


def test_it_signs_in(post: tuple[Post, int]) -> None:
    channel(post[1], username="shop", password="secret").send(NOTICE)
    assert len(post[0].mails) == 1
    with pytest.raises(CredentialsRejected):
        channel(post[1], username="shop", password="wrong").send(NOTICE)


@pytest.mark.parametrize(
    ("answer", "error"), [("451 later", Unreachable), ("550 no such user", Refused), ("554 spam", Refused)]
)
def test_a_no_is_told_from_a_not_now(post: tuple[Post, int], answer: str, error: type[Exception]) -> None:
    post[0].answer = answer
    with pytest.raises(error):
        channel(post[1]).send(NOTICE)


def test_a_server_that_is_not_there_is_unreachable() -> None:
    with pytest.raises(Unreachable):
        channel(free_port("127.0.0.1")).send(NOTICE)


def test_without_a_server_mails_go_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    assert not ConsoleChannel().ready
    with caplog.at_level(logging.INFO, "craftops.mail"):
        ConsoleChannel().send(NOTICE)
    assert "ada@example.org" in caplog.text


@pytest.fixture
def mailing(make_workshop: Any, post: tuple[Post, int]) -> Workshop:
    """A shop that mails to the test's server, in its real look."""
    toml = f'[plugin.notify_email]\nhost = "127.0.0.1"\nport = {post[1]}\nsecurity = "none"\nfrom_address = "shop@werk.example"\n'
    toml += '[server]\nbase_url = "https://shop.example"\n'
    workshop: Workshop = make_workshop(toml)
    workshop.open(ShopProfile(name="Werk Süd", brand="#d4532b", address=("Ring 1",)))
    workshop.worker.render = make_renderer(workshop.app)
    return workshop


def test_the_customer_reads_the_sentence_the_window_and_one_link(mailing: Workshop, post: tuple[Post, int]) -> None:
    order = mailing.place("ada")
    mailing.run_due()
    mail = post[0].mails[0]
    assert str(mail["To"]) == "Ada <ada@example.org>"
    assert mail["Subject"] == "We have your order: bracket"
    for kind in ("plain", "html"):
        text = mail.get_body((kind,)).get_content()
        assert f"https://shop.example/orders/{order.code}" in text
        assert "We have your order" in text
        assert "Probably ready" in text
    rules = re.findall(r"<style>(.*?)</style>", mail.get_body(("html",)).get_content(), re.DOTALL)
    assert [one.split("{")[0].strip() for one in rules] == ["@media (prefers-color-scheme: dark)"], (
        "all else is inlined"
    )


def test_a_day_without_a_mail_server_loses_no_mail_and_sends_none_twice(
    mailing: Workshop, post: tuple[Post, int]
) -> None:
    post[0].answer = "451 try later"
    mailing.place("ada")
    mailing.run_due()
    assert post[0].mails == []
    assert NoticeRow.select().where(NoticeRow.state == "waiting").count() == 1
    post[0].answer = "250 OK"
    with time_machine.travel(utcnow() + timedelta(hours=2), tick=False):
        mailing.run_due()
        mailing.run_due()
    assert len(post[0].mails) == 1
    assert NoticeRow.get().state == "sent"
    assert WorkRow.select().where(WorkRow.state == "ready").count() == 0


def test_a_name_that_tries_to_be_a_header_is_only_a_name(mailing: Workshop, post: tuple[Post, int]) -> None:
    from craftops.store.models import AccountRow

    AccountRow.update(name="Ada\r\nBcc: evil@example.org").where(AccountRow.id == mailing.people["ada"].id).execute()
    mailing.place("ada")
    mailing.run_due()
    assert post[0].mails[0]["Bcc"] is None
    assert post[0].envelopes[0].rcpt_tos == ["ada@example.org"]


def test_a_server_that_nobody_vouches_for_gets_no_password_and_is_written_down(
    make_workshop: Any, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """ASVS 16.3.4: that TLS failed stands in the log, with whom and why."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(of_its_own(tmp_path))
    heard: list[bytes] = []

    def serve(connection: socket.socket, head: bytes) -> None:
        heard.append(head)

    with liar(serve, lambda one: context.wrap_socket(one, server_side=True), patient=False) as server:
        workshop = make_workshop(
            f'[plugin.notify_email]\nhost = "localhost"\nport = {server.port}\nsecurity = "tls"\n'
            'username = "shop"\npassword = "of the mail server"\nfrom_address = "shop@werk.example"\n'
        )
        workshop.open(ShopProfile(name="Werk"))
        workshop.worker.render = make_renderer(workshop.app)
        workshop.place("ada")
        with caplog.at_level(logging.WARNING, "craftops"):
            workshop.run_due()
    assert heard == []
    assert "The certificate of localhost cannot be trusted" in caplog.text
    assert "of the mail server" not in caplog.text
