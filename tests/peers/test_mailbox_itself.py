"""The mailbox against a real dovecot: whichever way we sign in, whatever comes while we listen, and when it goes away."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from craftops_plugins.channel_email.mailbox import MailChannel, MailSettings
from peers.conftest import until
from peers.dovecot import PASSWORD, Dovecot, install, token_server

from craftops.errors import CredentialsRejected, Unreachable
from craftops.sdk.channel import Incoming, Outcome
from craftops.sdk.mail_tokens import AccessTokens

pytestmark = pytest.mark.faults
TOKEN = "reply+abcdefghijklmnopqrstuvwxyz234567@shop.example"
MAIL = (
    b"From: Ada <ada@example.org>\r\nTo: Werk <werk@shop.example>\r\nSubject: Re: Feet\r\nMessage-ID: <%d@example.org>\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nYes, M6.\r\n--b\r\n'
    b'Content-Disposition: attachment; filename="a.stl"\r\n\r\nsolid a\r\n--b--\r\n'
)


@pytest.fixture(scope="module")
def tokens() -> set[str]:
    return {"good"}


@pytest.fixture(scope="module")
def dovecot(tokens: set[str]) -> Iterator[Dovecot]:
    if os.environ.get("CRAFTOPS_SERVICES") != "required":
        pytest.skip("a real dovecot is installed and run only in CI (CRAFTOPS_SERVICES=required)")
    install()
    with token_server(tokens, "reply") as address:
        running = Dovecot(address)
        yield running
        running.close()


def channel(dovecot: Dovecot, username: str = "reply", **more: object) -> MailChannel:
    values = {"host": "127.0.0.1", "port": dovecot.imap, "security": "none", "username": username, "timeout": 10.0}
    return MailChannel(MailSettings(**{"password": PASSWORD, **values, **more}))  # type: ignore[arg-type]


def look(channel: MailChannel) -> list[Incoming]:
    found = []
    for incoming in channel.fetch():
        found.append(incoming)
        channel.settle(incoming.key, Outcome(True))
    return found


def test_a_mail_to_an_address_with_a_token_comes_with_it_and_only_once(dovecot: Dovecot) -> None:
    dovecot.hand_over(MAIL % 1, TOKEN)
    [incoming] = look(channel(dovecot))
    assert incoming.sender == "ada@example.org"
    assert [file.name for file in incoming.files] == ["a.stl"]
    assert look(channel(dovecot)) == []
    stored = [path.read_bytes() for path in (dovecot.folder / "mail" / "reply" / ".Taken in").glob("[cn]*/*")]
    assert any(TOKEN.encode() in raw for raw in stored), "who it was for survives, though To says another"


def test_it_tells_of_a_mail_while_we_wait(dovecot: Dovecot) -> None:
    one, stop, told = channel(dovecot, "waiting"), threading.Event(), threading.Semaphore(0)
    news = one.watch(stop)
    waiting = threading.Thread(target=lambda: [told.release() for _ in news])
    waiting.start()
    assert told.acquire(timeout=10), "once at the beginning"
    for number in range(3):
        dovecot.hand_over(MAIL % (10 + number), "waiting@shop.example")
        assert told.acquire(timeout=10)
        while told.acquire(blocking=False):
            pass
        until(lambda: look(one), "the mail that was told of")
    stop.set()
    waiting.join(10)
    assert not waiting.is_alive()


def test_an_access_token_opens_it_and_a_wrong_one_does_not(
    dovecot: Dovecot, tokens: set[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given = ["wrong", "good"]
    monkeypatch.setattr(AccessTokens, "token", lambda _self, *, fresh=False: given[-1 if fresh else 0])
    dovecot.hand_over(MAIL % 30, "parts@shop.example")
    dovecot.hand_over(MAIL % 31, "reply@shop.example")
    assert len(look(channel(dovecot, token_file=str(tmp_path / "x")))) == 1
    given[-1] = "wrong"
    with pytest.raises(CredentialsRejected):
        look(channel(dovecot, token_file=str(tmp_path / "x")))


def test_a_wrong_password_is_told(dovecot: Dovecot) -> None:
    with pytest.raises(CredentialsRejected):
        look(channel(dovecot, password="wrong"))


def test_a_server_that_goes_away_is_noticed_and_loses_nothing(dovecot: Dovecot) -> None:
    one = channel(dovecot, "gone")
    news = one.watch(threading.Event())
    next(news)
    dovecot.hand_over(MAIL % 40, "gone@shop.example")
    dovecot.stop()
    with pytest.raises(Unreachable):
        for _ in news:
            pass
    with pytest.raises(Unreachable):
        look(one)
    dovecot.start()
    assert len(look(one)) == 1
