"""A mailbox that tells of new mails: IDLE, its ends, and what a server does wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from craftops_plugins.channel_email import idling
from craftops_plugins.channel_email.mailbox import MailChannel, MailSettings
from samples.imap_server import ImapServer
from test_intake_channels import look, mail

from craftops.errors import CredentialsRejected, Unreachable


@pytest.fixture
def server() -> Iterator[ImapServer]:
    with ImapServer().running() as running:
        yield running


@pytest.fixture
def open_channel(server: ImapServer) -> Callable[..., MailChannel]:
    def make(**more: Any) -> MailChannel:
        values = {"host": "127.0.0.1", "port": server.port, "security": "none", "username": "files"}
        return MailChannel(MailSettings(**{**values, "password": "secret", "timeout": 5.0, **more}))

    return make


def test_a_new_mail_is_told_of_while_nobody_looks(server: ImapServer, open_channel: Callable[..., MailChannel]) -> None:
    channel, stop = open_channel(), threading.Event()
    news = channel.watch(stop)
    next(news)  # once at the beginning, for what came before
    told = threading.Event()
    waiting = threading.Thread(target=lambda: (next(news), told.set()))
    waiting.start()
    assert server.idling.acquire(timeout=10)
    assert not told.is_set()
    server.send(mail(("a.stl", b"solid a")))
    assert told.wait(10)
    waiting.join(10)
    assert [file.name for incoming in look(channel) for file in incoming.files] == ["a.stl"]
    stop.set()
    assert list(news) == []


def test_idling_is_begun_anew_before_anybody_forgets_it(
    server: ImapServer, open_channel: Callable[..., MailChannel], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idling, "AGAIN_S", 0.05)
    monkeypatch.setattr(idling, "SLICE_S", 0.02)
    stop = threading.Event()
    news = open_channel().watch(stop)
    next(news)
    waiting = threading.Thread(target=lambda: list(news))
    waiting.start()
    for _ in range(3):
        assert server.idling.acquire(timeout=10)
    stop.set()
    waiting.join(10)
    assert not waiting.is_alive()


def test_where_the_server_cannot_the_watch_ends(server: ImapServer, open_channel: Callable[..., MailChannel]) -> None:
    server.can_idle = False
    assert list(open_channel().watch(threading.Event())) == []


def test_a_connection_that_dies_is_noticed(server: ImapServer, open_channel: Callable[..., MailChannel]) -> None:
    news = open_channel().watch(threading.Event())
    next(news)
    server.faults["IDLE"] = "hang up"
    with pytest.raises(Unreachable):
        next(news)


def test_a_connection_that_dies_in_silence_is_noticed(
    server: ImapServer, open_channel: Callable[..., MailChannel]
) -> None:
    news = open_channel().watch(threading.Event())
    next(news)
    said: list[BaseException] = []

    def wait() -> None:
        try:
            next(news)
        except Unreachable as error:
            said.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert server.idling.acquire(timeout=10)
    server.drop()
    waiting.join(10)
    assert said


def test_a_wrong_password_ends_it(open_channel: Callable[..., MailChannel]) -> None:
    with pytest.raises(CredentialsRejected):
        next(open_channel(password="wrong").watch(threading.Event()))
