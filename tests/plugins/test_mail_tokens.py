"""Mail accounts that take no passwords: access tokens from a sign-in server, handed to IMAP and SMTP by XOAUTH2."""

from __future__ import annotations

import base64
import json
import stat
import threading
from collections.abc import Iterator, Mapping
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult
from click.testing import CliRunner
from craftops_plugins.channel_email.mailbox import MailChannel, MailSettings
from craftops_plugins.notify_email.channel import EmailSettings, SmtpChannel
from samples.imap_server import ImapServer
from test_intake_channels import look, mail
from test_notify_email import NOTICE, Post

from craftops.cli import cli, mail_sign_in
from craftops.errors import CredentialsRejected, OutsideError, Refused, Unreachable
from craftops.processes.ports import free_port
from craftops.sdk.device_sign_in import SignInServer as SignInPlace
from craftops.sdk.device_sign_in import await_grant, begin
from craftops.sdk.mail_tokens import AccessTokens, MailGrant, read_grant, write_grant


class SignInServer:
    """Hands out ``access-1``, ``access-2``, … for the newest refresh token it knows."""

    def __init__(self) -> None:
        self.forms: list[dict[str, str]] = []
        self.refresh = "refresh-0"
        self.rotates = False
        self.answer: tuple[int, dict[str, Any]] | None = None

    def say(self, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        self.forms.append(form)
        if self.answer is not None:
            return self.answer
        if form.get("refresh_token") != self.refresh or form.get("client_id") != "craftops":
            return 400, {"error": "invalid_grant"}
        said: dict[str, Any] = {"access_token": f"access-{len(self.forms)}", "expires_in": 3600}
        if self.rotates:
            self.refresh = said["refresh_token"] = f"refresh-{len(self.forms)}"
        return 200, said

    def post(self, _address: str, form: Mapping[str, str]) -> tuple[int, bytes]:
        status, said = self.say(dict(form))
        return status, json.dumps(said).encode()


@pytest.fixture
def sign_in() -> SignInServer:
    return SignInServer()


@pytest.fixture
def address(sign_in: SignInServer) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, said = sign_in.say({name: values[0] for name, values in parse_qs(raw).items()})
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/token"
        server.shutdown()
        thread.join()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mail.json"
    write_grant(path, MailGrant("https://login.example/token", "craftops", "refresh-0", scope="mail"))
    return path


def test_a_token_is_asked_for_once_and_again_before_it_ends(sign_in: SignInServer, file: Path) -> None:
    now = [1000.0]
    tokens = AccessTokens(file, post=sign_in.post, clock=lambda: now[0])
    assert [tokens.token(), tokens.token()] == ["access-1", "access-1"]
    now[0] += 3600 - 121
    assert tokens.token() == "access-1"
    now[0] += 2
    assert tokens.token() == "access-2"
    assert sign_in.forms[0] == {
        "grant_type": "refresh_token", "refresh_token": "refresh-0", "client_id": "craftops", "scope": "mail",
    }  # fmt: skip


def test_what_is_renewed_with_it_outlives_the_process(sign_in: SignInServer, file: Path) -> None:
    sign_in.rotates = True
    AccessTokens(file, post=sign_in.post).token()
    assert read_grant(file) == MailGrant("https://login.example/token", "craftops", "refresh-1", scope="mail")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert AccessTokens(file, post=sign_in.post).token() == "access-2"
    assert list(file.parent.iterdir()) == [file], "no draft stays behind"


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((400, {"error": "invalid_grant"}), CredentialsRejected), ((401, {"error": "invalid_client"}), Refused),
        ((503, {}), Unreachable), ((429, {}), Unreachable), ((200, {"nothing": 1}), Refused), ((302, {}), Refused),
    ],
)  # fmt: skip
def test_what_a_sign_in_server_says_is_a_sentence(
    sign_in: SignInServer, file: Path, answer: tuple[int, dict[str, Any]], kind: type[OutsideError]
) -> None:
    sign_in.answer = answer
    with pytest.raises(kind):
        AccessTokens(file, post=sign_in.post).token()


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"token_url": "http://evil.example", "client_id": "x", "refresh_token": "y"}']
)
def test_a_file_that_grants_nothing_asks_for_a_sign_in(sign_in: SignInServer, tmp_path: Path, content: str) -> None:
    path = tmp_path / "mail.json"
    path.write_text(content)
    for one in (path, tmp_path / "none.json"):
        with pytest.raises(CredentialsRejected, match="craftops mail sign-in"):
            AccessTokens(one, post=sign_in.post).token()
    assert sign_in.forms == []


def test_a_mailbox_opens_by_token_and_once_more_when_the_server_forgot_it(
    sign_in: SignInServer, address: str, file: Path
) -> None:
    write_grant(file, MailGrant(address, "craftops", "refresh-0"))
    with ImapServer().running() as server:
        server.tokens = {"access-1"}
        channel = MailChannel(
            MailSettings(
                host="127.0.0.1", port=server.port, security="none", username="files", token_file=str(file), timeout=5.0
            )
        )
        server.send(mail(("a.stl", b"solid a")))
        assert len(look(channel)) == 1
        server.tokens = {"access-2"}
        server.send(mail(("b.stl", b"solid b"), number=2))
        assert len(look(channel)) == 1
        server.tokens = set()
        with pytest.raises(CredentialsRejected, match="sign-in of files"):
            look(channel)
        server.faults["AUTHENTICATE"] = "hang up"
        with pytest.raises(Unreachable):
            look(channel)


class TokenPost(Post):
    """A mail server that knows XOAUTH2 alone."""

    tokens: tuple[str, ...] = ()

    async def auth_XOAUTH2(self, server: SMTP, arguments: list[str]) -> AuthResult:
        said = base64.b64decode(arguments[1]).decode()
        if said in {f"user=shop\x01auth=Bearer {one}\x01\x01" for one in self.tokens}:
            return AuthResult(success=True, auth_data=said)
        assert await server.challenge_auth('{"status":"400"}') == b""
        return AuthResult(success=False, handled=False)


def test_mail_goes_out_by_token(sign_in: SignInServer, address: str, file: Path) -> None:
    write_grant(file, MailGrant(address, "craftops", "refresh-0"))
    handler, port = TokenPost(), free_port("127.0.0.1")
    controller = Controller(handler, hostname="127.0.0.1", port=port, auth_require_tls=False, auth_required=False)
    controller.start()
    try:
        settings = EmailSettings(
            host="127.0.0.1",
            port=port,
            security="none",
            username="shop",
            token_file=str(file),
            from_address="s@w.example",
        )
        channel = SmtpChannel(settings)
        handler.tokens = ("access-2",)
        channel.send(NOTICE)
        assert len(handler.mails) == 1
        assert len(sign_in.forms) == 2
        handler.tokens = ()
        with pytest.raises(CredentialsRejected):
            channel.send(NOTICE)
    finally:
        controller.stop()


CODE = {"device_code": "d", "user_code": "ABCD-EFGH", "verification_uri": "https://login.example/device", "interval": 5}
SERVER = SignInPlace("https://login.example/device-code", "https://login.example/token", "mail")


def sign_in_with(answers: list[tuple[int, dict[str, Any]]]) -> tuple[MailGrant, list[float]]:
    """The grant of a sign-in whose token server answers so, and the pauses between the questions."""
    left = iter([(200, CODE), *answers])
    pauses: list[float] = []

    def post(_address: str, _form: Mapping[str, str]) -> tuple[int, bytes]:
        status, said = next(left)
        if status == 0:
            raise Unreachable("It took too long to answer.")
        return status, json.dumps(said).encode()

    code = begin(SERVER, "craftops", post=post)
    assert (code.address, code.code) == ("https://login.example/device", "ABCD-EFGH")
    return await_grant(SERVER, "craftops", code, post=post, pause=pauses.append), pauses


def test_somebody_types_in_the_code_after_a_while() -> None:
    waiting = (400, {"error": "authorization_pending"})
    good = (200, {"access_token": "a", "refresh_token": "refresh-0"})
    grant, pauses = sign_in_with([waiting, (400, {"error": "slow_down"}), (0, {}), waiting, good])
    assert grant == MailGrant("https://login.example/token", "craftops", "refresh-0", scope="mail")
    assert pauses == [5, 5, 10, 10, 10]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ((400, {"error": "access_denied"}), CredentialsRejected), ((400, {"error": "expired_token"}), CredentialsRejected),
        ((200, {"access_token": "a"}), Refused), ((400, {"error": "invalid_client"}), Refused),
    ],
)  # fmt: skip
def test_a_sign_in_that_does_not_come_about_says_why(
    answer: tuple[int, dict[str, Any]], kind: type[OutsideError]
) -> None:
    with pytest.raises(kind):
        sign_in_with([answer])


def test_a_code_that_nobody_types_in_ends() -> None:
    with pytest.raises(CredentialsRejected, match="in time"):
        sign_in_with([(400, {"error": "authorization_pending"})] * 180)


def test_the_command_keeps_the_grant_in_a_file(
    sign_in: SignInServer, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail_sign_in, "await_grant", partial(await_grant, pause=lambda _seconds: None))
    file = tmp_path / "mail.json"
    sign_in.answer = (200, {**CODE, "interval": 0, "access_token": "a", "refresh_token": "refresh-0"})
    options = ["--client-id", "craftops", "--device-url", address, "--token-url", address, "--scope", "mail"]
    said = CliRunner().invoke(cli, ["mail", "sign-in", str(file), *options])
    assert said.exit_code == 0, said.output
    assert "ABCD-EFGH" in said.output
    assert read_grant(file).refresh_token == "refresh-0"
