"""Mailbox and folder as channels: a real IMAP conversation, a real folder, and what goes wrong with both."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from craftops_plugins.channel_email import MailIntake
from craftops_plugins.channel_email.mailbox import MailChannel, MailSettings
from craftops_plugins.channel_email.message import read
from craftops_plugins.channel_folder import FolderIntake
from craftops_plugins.channel_folder.channel import FolderChannel, FolderSettings
from samples.certificates import of_its_own
from samples.imap_server import ImapServer

from craftops.errors import ConfigError, CredentialsRejected, OutsideError, Refused, Unreachable
from craftops.plugin_host.starting import start_plugins
from craftops.sdk.channel import Incoming, Outcome
from craftops.testing import IntakeChannelContract

TAKEN = Outcome(True)


def mail(*files: tuple[str, bytes], sender: str = "Ada <ada@example.org>", number: int = 1, **headers: str) -> bytes:
    """A mail with attachments."""
    message = EmailMessage()
    message["From"] = sender
    message["Subject"] = "Two parts"
    message["Message-ID"] = f"<{number}@example.org>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content("Please make these.")
    for name, content in files:
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes(policy=message.policy.clone(linesep="\r\n"))


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


def look(channel: MailChannel | FolderChannel, outcome: Outcome | None = TAKEN) -> list[Incoming]:
    """One look, each thing settled."""
    found = []
    for incoming in channel.fetch():
        found.append(incoming)
        if outcome is not None:
            channel.settle(incoming.key, outcome)
    return found


def content(incoming: Incoming) -> list[tuple[str, bytes]]:
    return [(file.name, file.open().read()) for file in incoming.files]


class TestMail(IntakeChannelContract):
    @pytest.fixture(autouse=True)
    def _open(self, server: ImapServer, open_channel: Callable[..., MailChannel]) -> None:
        self.server = server
        self.made = open_channel()
        self.number = 0

    def channel(self) -> MailChannel:
        return self.made

    def bring(self, name: str, content: bytes) -> None:
        self.number += 1
        self.server.send(mail((name, content), number=self.number))


class TestFolder(IntakeChannelContract):
    @pytest.fixture(autouse=True)
    def _open(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "in"
        (self.folder / "ada@example.org").mkdir(parents=True)
        self.made = FolderChannel(FolderSettings(str(self.folder)))

    def channel(self) -> FolderChannel:
        return self.made

    def bring(self, name: str, content: bytes) -> None:
        (self.folder / "ada@example.org" / name).write_bytes(content)
        list(self.made.fetch())  # it is seen for the first time


@pytest.mark.parametrize("can_move", [True, False])
def test_mails_are_moved_unread(can_move: bool) -> None:
    with ImapServer(can_move=can_move).running() as server:
        server.send(mail(("a.stl", b"solid a"), ("b.stl", b"solid b")))
        settings = MailSettings(
            host="127.0.0.1", port=server.port, security="none", username="files", password="secret", timeout=5.0
        )
        [incoming] = look(MailChannel(settings))
        assert content(incoming) == [("a.stl", b"solid a"), ("b.stl", b"solid b")]
        assert (incoming.sender, incoming.subject) == ("ada@example.org", "Two parts")
        assert server.lies_in("INBOX") == []
        [moved] = server.lies_in("Taken in")
        assert b"\\Seen" not in moved.flags
        assert ("UID MOVE" in server.said) is can_move
        assert ("UID COPY" in server.said) is not can_move


def test_a_wrong_password_is_told_and_not_tried_with_another(open_channel: Callable[..., MailChannel]) -> None:
    with pytest.raises(CredentialsRejected, match="does not accept our user name and password"):
        look(open_channel(password="wrong"))


@pytest.mark.parametrize("command", ["LOGIN", "SELECT", "UID SEARCH", "UID FETCH", "UID MOVE"])
def test_a_server_that_hangs_up_in_the_middle_is_unreachable(
    server: ImapServer, open_channel: Callable[..., MailChannel], command: str
) -> None:
    server.send(mail(("a.stl", b"solid a")))
    server.faults[command] = "hang up"
    with pytest.raises(Unreachable):
        look(open_channel())
    server.faults.clear()
    assert len(look(open_channel())) == 1, "nothing is lost"


@pytest.mark.parametrize("command", ["LOGIN", "UID FETCH", "UID MOVE"])
def test_a_server_that_never_answers_is_left_after_a_while(
    server: ImapServer, open_channel: Callable[..., MailChannel], command: str
) -> None:
    server.send(mail(("a.stl", b"solid a")))
    server.faults[command] = "hang"
    with pytest.raises(Unreachable):
        look(open_channel(timeout=0.2))


@pytest.mark.parametrize("command", ["CREATE", "UID SEARCH", "UID FETCH", "UID MOVE"])
def test_a_server_that_says_no_is_a_case_for_people(
    server: ImapServer, open_channel: Callable[..., MailChannel], command: str
) -> None:
    server.send(mail(("a.stl", b"solid a")))
    server.faults[command] = "no"
    with pytest.raises(OutsideError) as caught:
        look(open_channel())
    assert not isinstance(caught.value, CredentialsRejected)


def test_a_folder_that_is_not_there_is_named(open_channel: Callable[..., MailChannel]) -> None:
    with pytest.raises(Refused, match="no folder 'Files'"):
        look(open_channel(folder="Files"))


def test_a_server_that_is_not_there_is_unreachable(server: ImapServer) -> None:
    settings = MailSettings(host="127.0.0.1", port=1, security="none", timeout=2.0)
    with pytest.raises(Unreachable):
        look(MailChannel(settings))


def test_it_speaks_tls_and_trusts_no_stranger(server: ImapServer, tmp_path: Path) -> None:
    server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.context.load_cert_chain(of_its_own(tmp_path))
    settings = MailSettings(host="127.0.0.1", port=server.port, username="files", password="secret", timeout=5.0)
    assert settings.security == "tls"
    with pytest.raises(Refused, match="certificate"):
        look(MailChannel(settings))
    assert server.said == [], "the password was not said"


def test_starttls_that_the_server_does_not_have_is_no_reason_to_speak_plainly(
    server: ImapServer, open_channel: Callable[..., MailChannel]
) -> None:
    with pytest.raises(OutsideError):
        look(open_channel(security="starttls"))
    assert "LOGIN" not in server.said


def test_one_look_takes_so_many_mails_and_so_many_megabytes(
    server: ImapServer, open_channel: Callable[..., MailChannel]
) -> None:
    for number in range(5):
        server.send(mail(("a.stl", bytes(400_000)), number=number))
    assert len(look(open_channel(max_messages=2))) == 2
    assert len(look(open_channel(max_mb=1))) == 1, "a second one would be more than a megabyte"
    assert len(look(open_channel())) == 2


def test_a_mail_that_is_too_large_is_never_fetched(
    server: ImapServer, open_channel: Callable[..., MailChannel]
) -> None:
    server.send(mail(("a.stl", bytes(1_500_000)), Auto_Submitted="auto-replied"))
    [incoming] = look(open_channel(max_mb=1))
    assert incoming.files == ()
    assert "larger than 1 MB" in incoming.turned[0].sentence
    assert (incoming.sender, incoming.automatic) == ("ada@example.org", True)
    assert server.said.count("UID FETCH") == 1
    assert len(server.lies_in("Taken in")) == 1


def test_the_same_mail_has_the_same_key_and_nobody_can_use_up_anothers() -> None:
    first = read(mail(("a.stl", b"1")), "uid:1")
    assert read(mail(("a.stl", b"1")), "uid:2").key == first.key
    assert read(mail(("a.stl", b"1"), sender="Ada <eve@example.org>"), "uid:2").key != first.key


def test_a_mail_without_an_id_is_known_by_its_place() -> None:
    raw = mail(("a.stl", b"1")).replace(b"Message-ID", b"X-Other")
    assert read(raw, "uid:7:1").key == "uid:7:1"


def test_a_logo_under_a_name_is_no_file_and_paperwork_is_none_either() -> None:
    message = EmailMessage()
    message["From"] = "ada@example.org"
    message.set_content("Hello")
    message.add_alternative("<img src='cid:logo'>", subtype="html")
    html = message.get_payload()[1]
    html.add_related(bytes(3_000), "image", "png", cid="<logo>", filename="logo.png")
    message.add_attachment(b"BEGIN:VCARD", maintype="text", subtype="vcard", filename="ada.vcf")
    message.add_attachment(bytes(9), maintype="application", subtype="pkcs7-signature", filename="smime.p7s")
    message.add_attachment(bytes(90_000), maintype="image", subtype="png", filename="drawing.png")
    message.add_attachment(b"solid", maintype="model", subtype="stl", filename="Gehäuse.stl")
    assert [name for name, _ in content(read(message.as_bytes(), "x"))] == ["drawing.png", "Gehäuse.stl"]


@pytest.mark.parametrize(
    "header", [("Auto_Submitted", "auto-replied"), ("Precedence", "bulk"), ("List_Id", "<x.example.org>")]
)
def test_what_a_machine_wrote_is_known_as_such(header: tuple[str, str]) -> None:
    assert read(mail(("a.stl", b"1"), **dict([header])), "x").automatic
    assert not read(mail(("a.stl", b"1")), "x").automatic


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\0" * 500, b"\xff" * 500, b"From: " + b"a" * 2_000_000 + b"\r\n\r\nhello", b"Subject: =?x?b?!?=\r\n\r\n",
        b"From: =?utf-8?q?=00?= <>\r\nContent-Type: multipart/mixed; boundary=\r\n\r\n--\r\n",
        b"Content-Type: multipart/mixed; boundary=a\r\n\r\n" + b"--a\r\nContent-Type: multipart/mixed; boundary=a\r\n\r\n" * 5000,
        b"Content-Type: text/plain; charset=none; name=a.stl\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%",
    ],
    ids=range(8),
)  # fmt: skip
def test_whatever_comes_nothing_is_raised(raw: bytes) -> None:
    incoming = read(raw, "uid:1")
    for file in incoming.files:
        file.open().read()


def test_a_file_waits_until_it_lies_still(tmp_path: Path) -> None:
    channel = FolderChannel(FolderSettings(str(tmp_path)))
    part = tmp_path / "part.stl"
    part.write_bytes(b"solid")
    assert look(channel) == []
    part.write_bytes(b"solid part")
    assert look(channel) == [], "somebody is still writing"
    [incoming] = look(channel)
    assert (incoming.sender, incoming.subject) == ("", "part.stl")
    assert (tmp_path / "taken" / "part.stl").read_bytes() == b"solid part"


def test_what_is_refused_lies_beside_its_reason(tmp_path: Path) -> None:
    channel = FolderChannel(FolderSettings(str(tmp_path)))
    room = tmp_path / "ada@example.org"
    room.mkdir()
    for _ in range(2):
        (room / "evil.exe").write_bytes(b"MZ")
        look(channel)
        look(channel, Outcome(False, "This is a program."))
    refused = tmp_path / "refused" / "ada@example.org"
    assert sorted(path.name for path in refused.iterdir()) == [
        "evil (2).exe", "evil (2).exe.txt", "evil.exe", "evil.exe.txt",
    ]  # fmt: skip
    assert (refused / "evil.exe.txt").read_text() == "This is a program.\n"


def test_links_pipes_and_hidden_files_are_left_alone(tmp_path: Path) -> None:
    outside = tmp_path / "secret.stl"
    outside.write_bytes(b"solid secret")
    watched = tmp_path / "in"
    watched.mkdir()
    (watched / "link.stl").symlink_to(outside)
    (watched / "bob@example.org").symlink_to(tmp_path)
    (watched / ".hidden.stl").write_bytes(b"solid")
    os.mkfifo(watched / "pipe.stl")
    channel = FolderChannel(FolderSettings(str(watched)))
    assert look(channel) == look(channel) == look(channel) == []
    assert outside.exists()


def test_a_file_that_becomes_a_link_is_not_followed(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(b"solid secret")
    watched = tmp_path / "in"
    watched.mkdir()
    part = watched / "part.stl"
    part.write_bytes(b"solid")
    channel = FolderChannel(FolderSettings(str(watched)))
    look(channel)
    for incoming in channel.fetch():
        part.unlink()
        part.symlink_to(secret)
        with pytest.raises(OSError, match="symbolic"):
            incoming.files[0].open()


def test_a_folder_that_is_gone_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="cannot be read"):
        look(FolderChannel(FolderSettings(str(tmp_path / "nowhere"))))


def test_done_folders_that_are_links_are_refused(tmp_path: Path) -> None:
    watched = tmp_path / "in"
    watched.mkdir()
    (watched / "taken").symlink_to(tmp_path)
    (watched / "part.stl").write_bytes(b"solid")
    channel = FolderChannel(FolderSettings(str(watched)))
    look(channel)
    with pytest.raises(Refused, match="cannot be moved"):
        look(channel)
    assert (watched / "part.stl").exists()


def test_the_start_collects_them_with_their_plugins(tmp_path: Path) -> None:
    settings = {"channel_email": {"host": "imap.example.org"}, "channel_folder": {"path": str(tmp_path)}}
    host = start_plugins(["channel_email", "channel_folder"], settings)
    assert host.intake_plugins == {"email": "channel_email", "folder": "channel_folder"}
    assert [channel.interval_s for channel in host.intake_channels.values()] == [60.0, 15.0]
    with pytest.raises(ConfigError, match=r"plugin\.channel_email\.security"):
        start_plugins(["channel_email"], {"channel_email": {"host": "x", "security": "maybe"}})


def test_a_mailbox_without_a_server_waits_for_one_and_a_folder_without_a_place_stops_the_start_by_name() -> None:
    assert list(MailIntake(MailSettings()).register_intake_channels()) == []
    with pytest.raises(ConfigError, match=r"channel_folder\.path"):
        FolderIntake(FolderSettings())
