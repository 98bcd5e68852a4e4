"""Mails that a mail server hands over: a real LMTP conversation, a spool that loses nothing, and peers that misbehave."""

from __future__ import annotations

import os
import smtplib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from craftops_plugins.channel_email import MailIntake, lmtp_channel, lmtp_server
from craftops_plugins.channel_email.lmtp_channel import LmtpChannel
from craftops_plugins.channel_email.lmtp_server import LmtpServer, Spool
from craftops_plugins.channel_email.mailbox import MailSettings
from test_intake_channels import look, mail

from craftops.errors import ConfigError, Unreachable
from craftops.processes.ports import free_port
from craftops.sdk.channel import IntakeChannel
from craftops.testing import IntakeChannelContract

MOST = 100_000


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LmtpServer]:
    server = LmtpServer(0, Spool(tmp_path / "spool"), MOST)
    with server.serving():
        yield server


@pytest.fixture
def channel(server: LmtpServer) -> LmtpChannel:
    return LmtpChannel(0, server.spool.folder, interval_s=60, max_messages=20, max_mb=40)


def hand_over(server: LmtpServer, raw: bytes) -> None:
    with smtplib.LMTP("127.0.0.1", server.server_address[1]) as client:
        client.sendmail("ada@example.org", ["parts@shop.example"], raw)


def talk(server: LmtpServer, *lines: bytes) -> list[bytes]:
    """Everything that is answered to these bytes, until the server ends it or says nothing more."""
    with socket.create_connection(server.server_address[:2], timeout=10) as line:
        line.sendall(b"".join(lines))
        line.shutdown(socket.SHUT_WR)
        said = b""
        while piece := line.recv(65_536):
            said += piece
    return said.splitlines()[1:]


class TestLmtp(IntakeChannelContract):
    @pytest.fixture(autouse=True)
    def _open(self, server: LmtpServer, channel: LmtpChannel) -> None:
        self.server = server
        self.made = channel
        self.number = 0

    def channel(self) -> IntakeChannel:
        return self.made

    def bring(self, name: str, content: bytes) -> None:
        self.number += 1
        hand_over(self.server, mail((name, content), number=self.number))


def test_the_envelope_stands_at_the_top_of_the_mail(server: LmtpServer) -> None:
    raw = mail(("a.stl", b"solid a"))
    begin = b"LHLO x\r\nMAIL FROM:<bounces@example.org>\r\nRCPT TO:<reply+abc@shop.example>\r\nRCPT TO:<parts@shop.example>\r\n"
    said = talk(server, begin, b"DATA\r\n", raw, b".\r\nQUIT\r\n")
    assert [one[:3] for one in said[-4:]] == [b"354", b"250", b"250", b"221"]
    [path] = server.spool.mails()
    assert path.read_bytes() == (
        b"Return-Path: <bounces@example.org>\r\nDelivered-To: reply+abc@shop.example\r\n"
        b"Delivered-To: parts@shop.example\r\n" + raw
    )
    assert path.stat().st_mode & 0o077 == 0 or path.parent.stat().st_mode & 0o077 == 0


def test_each_recipient_has_an_answer_also_when_nothing_is_taken(server: LmtpServer) -> None:
    begin = b"LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<a@x>\r\nRCPT TO:<b@x>\r\nDATA\r\n"
    said = talk(
        server, begin, b"x" * 200_000, b"\r\n.\r\n", b"MAIL FROM:<>\r\nRCPT TO:<a@x>\r\nDATA\r\nHi\r\n.\r\nQUIT\r\n"
    )
    assert [one[:3] for one in said[5:]] == [b"250"] * 3 + [b"354"] + [b"552"] * 2 + [b"250"] * 2 + [
        b"354",
        b"250",
        b"221",
    ]
    [path] = server.spool.mails()
    assert path.read_bytes() == b"Return-Path: <>\r\nDelivered-To: a@x\r\nHi\r\n"


def test_a_mail_is_kept_as_it_was_dots_and_long_lines_and_all(server: LmtpServer) -> None:
    raw = b".\r\n..\r\n.hidden\r\n" + b"y" * 70_000 + b".\r\n\r\n\xff\x00.\r\nlast\r\n"
    stuffed = b"".join(b"." + line if line.startswith(b".") else line for line in raw.splitlines(keepends=True))
    talk(server, b"LHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<a@x>\r\nDATA\r\n", stuffed, b".\r\nQUIT\r\n")
    [path] = server.spool.mails()
    assert path.read_bytes().partition(b"Delivered-To: a@x\r\n")[2] == raw


@pytest.mark.parametrize(
    ("lines", "codes"),
    [
        (b"MAIL FROM:<a@x>\r\n", [b"503"]), (b"EHLO x\r\n", [b"500"]), (b"\r\n", [b"500"]), (b"NOOP\r\n", [b"250"]),
        (b"LHLO x\r\nRCPT TO:<a@x>\r\nDATA\r\n", [b"503", b"503"]),
        (b"LHLO x\r\nMAIL FROM:<a@x>\r\nDATA\r\n", [b"250", b"503"]),
        (b"LHLO x\r\nMAIL FROM:<a@x>\r\nMAIL FROM:<a@x>\r\n", [b"250", b"503"]),
        (b"LHLO x\r\nMAIL a@x\r\nMAIL FROM:<a@x> SIZE=100001\r\n", [b"501", b"552"]),
        (b"LHLO x\r\nMAIL FROM:<a@x> SIZE=100 BODY=8BITMIME\r\nRCPT TO:<>\r\nRSET\r\n", [b"250", b"501", b"250"]),
        (b"LHLO x\r\nMAIL FROM:<a@x>\r\n" + b"RCPT TO:<a@x>\r\n" * 101, [b"250"] * 101 + [b"452"]),
        (b"A" * 5000, [b"500"]),
    ],
    ids=range(11),
)  # fmt: skip
def test_what_is_said_out_of_order_is_refused(server: LmtpServer, lines: bytes, codes: list[bytes]) -> None:
    said = [one[:3] for one in talk(server, lines)]
    assert said[-len(codes) :] == codes
    assert server.spool.mails() == []


def test_a_peer_that_hangs_up_in_the_middle_leaves_nothing(server: LmtpServer) -> None:
    talk(server, b"LHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<a@x>\r\nDATA\r\nHalf of a")
    assert list(server.spool.folder.iterdir()) == []


def test_a_full_disk_is_told_for_now_and_the_conversation_goes_on(
    server: LmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    one = b"MAIL FROM:<>\r\nRCPT TO:<a@x>\r\nDATA\r\nHi\r\n.\r\n"
    with monkeypatch.context() as patch:
        patch.setattr(lmtp_server.os, "fsync", full)
        said = talk(server, b"LHLO x\r\n", one, b"NOOP\r\n")
    assert [line[:3] for line in said[-2:]] == [b"452", b"250"]
    assert list(server.spool.folder.iterdir()) == []


def test_what_broke_off_is_gone_at_the_next_start(tmp_path: Path) -> None:
    (tmp_path / ".draft-1.eml").write_bytes(b"Half")
    with LmtpServer(0, Spool(tmp_path), MOST).serving():
        assert list(tmp_path.iterdir()) == []


def test_it_listens_while_it_is_watched_and_tells_of_each_mail(tmp_path: Path) -> None:
    port, stop = free_port("127.0.0.1"), threading.Event()
    channel = LmtpChannel(port, tmp_path / "spool", interval_s=60, max_messages=20, max_mb=40)
    assert look(channel) == [], "a folder that is not there yet is empty"
    news = channel.watch(stop)
    next(news)
    with pytest.raises(Unreachable, match=str(port)):
        next(LmtpChannel(port, tmp_path, interval_s=60, max_messages=20, max_mb=40).watch(stop))
    with smtplib.LMTP("127.0.0.1", port) as client:
        client.sendmail("ada@example.org", ["parts@shop.example"], mail(("a.stl", b"solid a")))
    next(news)
    assert len(look(channel)) == 1
    stop.set()
    assert list(news) == []
    with pytest.raises(OSError, match=r"."):
        socket.create_connection(("127.0.0.1", port), timeout=1)


def test_a_large_mail_is_named_and_put_aside(server: LmtpServer) -> None:
    channel = LmtpChannel(0, server.spool.folder, interval_s=60, max_messages=20, max_mb=0)
    hand_over(server, mail(("a.stl", b"solid a")))
    [incoming] = look(channel)
    assert incoming.files == ()
    assert "larger than" in incoming.turned[0].sentence
    assert look(channel) == []


def test_a_week_later_nobody_wants_to_look_any_more(
    server: LmtpServer, channel: LmtpChannel, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_over(server, mail(("a.stl", b"solid a")))
    look(channel)
    assert len(os.listdir(channel.done)) == 1
    look(channel)
    assert len(os.listdir(channel.done)) == 1
    monkeypatch.setattr(lmtp_channel, "KEPT_S", -60.0)
    look(channel)
    assert os.listdir(channel.done) == []


def test_the_settings_choose_the_ways(tmp_path: Path) -> None:
    def names(**settings: object) -> list[str]:
        return [one.name for one in MailIntake(MailSettings(**settings)).register_intake_channels()]  # type: ignore[arg-type]

    assert names(host="imap.example") == ["email"]
    assert names(lmtp_port=2424, lmtp_folder=str(tmp_path)) == ["lmtp"]
    assert names(host="imap.example", lmtp_port=2424, lmtp_folder=str(tmp_path)) == ["email", "lmtp"]
    with pytest.raises(ConfigError, match=r"."):
        names(lmtp_port=2424)
