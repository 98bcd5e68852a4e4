"""HTTP to machines: what hangs, drips, floods, redirects or lies ends in a plain error, in time."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from craftops.errors import (
    CraftOpsError,
    CredentialsRejected,
    IntakeError,
    NotUnderstood,
    OutsideError,
    Refused,
    Unreachable,
)
from craftops.sdk import outside, outside_socket
from craftops.sdk.linked import ADDRESS, API_KEY, AnswerLost, LinkField, split_fields
from craftops.sdk.outside import Outside
from craftops.sdk.outside_address import check_address, is_forbidden
from craftops.sdk.outside_socket import Socket
from craftops.testing.liars import Serve, drips, liar, says

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def head(status: bytes, *lines: bytes) -> bytes:
    return b"HTTP/1.1 " + status + b"\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time-outs of tenths of seconds."""
    monkeypatch.setattr(outside, "READ_S", 0.3)
    monkeypatch.setattr(outside, "TOTAL_S", 0.8)
    monkeypatch.setattr(outside_socket, "CONNECT_S", 0.8)
    monkeypatch.setattr(outside_socket, "MESSAGE_S", 0.8)


def test_an_answer_is_read(hasty: None) -> None:
    with liar(says(OK + b'Content-Length: 11\r\n\r\n{"a":[1,2]}')) as machine:
        assert Outside(machine.address + "/octo", {"X-Api-Key": "k"}).json("GET", "/api/job") == {"a": [1, 2]}
        assert machine.requests[0].startswith(b"GET /octo/api/job HTTP/1.1")
        assert b"X-Api-Key: k" in machine.requests[0]


@pytest.mark.parametrize(
    ("serve", "error", "sentence"),
    [
        (says(head(b"401 Unauthorized")), CredentialsRejected, "key"),
        (says(head(b"403 Forbidden")), CredentialsRejected, "key"),
        (says(head(b"409 Conflict", b"Content-Length: 22") + b'{"error":"It is busy"}'), Refused, "It is busy"),
        (says(head(b"404 Not Found", b"Content-Length: 0")), Refused, "HTTP 404"),
        (says(head(b"503 Busy", b"Content-Length: 9") + b"traceback"), Unreachable, "HTTP 503"),
        (says(head(b"302 Found", b"Location: http://127.0.0.1:9/x", b"Content-Length: 0")), Refused, "another address"),
        (says(OK + b"Content-Length: 6\r\n\r\n<html>"), NotUnderstood, "no JSON"),
        (says(b"\x00\x01\x02 garbage\r\n\r\n"), Unreachable, "broke off"),
        (says(b""), Unreachable, "broke off"),
        (says(OK + b"Content-Length: 100\r\n\r\n{"), Unreachable, "broke off"),
        (drips(b"x", 0.1, OK + b"Content-Length: 100000\r\n\r\n"), Unreachable, "too long"),
        (drips(b"X-Slow: 1\r\n", 0.1, b"HTTP/1.1 200 OK\r\n"), Unreachable, "too long"),
        (drips(b"H", 5.0), Unreachable, "too long"),
    ],
)  # fmt: skip
def test_every_fault_has_its_error(hasty: None, serve: Serve, error: type[CraftOpsError], sentence: str) -> None:
    with liar(serve) as machine:
        began = time.monotonic()
        with pytest.raises(error, match=sentence):
            Outside(machine.address).json("GET", "/api/job")
        assert time.monotonic() - began < 3


def flood(connection: socket.socket, _head: bytes) -> None:
    connection.sendall(OK + b"Content-Length: 100000000\r\n\r\n")
    for _ in range(1000):
        connection.sendall(b"x" * 100_000)


def bomb(connection: socket.socket, _head: bytes) -> None:
    packed = gzip.compress(bytes(100_000_000))
    connection.sendall(OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed)


@pytest.mark.parametrize("serve", [flood, bomb])
def test_a_hundred_megabytes_are_cut_off(serve: Serve) -> None:
    with liar(serve) as machine, pytest.raises(NotUnderstood, match="two megabytes") as caught:
        Outside(machine.address).json("GET", "/api/job")
    assert len(caught.value.raw) <= 2000


def test_a_redirect_is_never_followed(hasty: None) -> None:
    with liar(says(OK + b"Content-Length: 2\r\n\r\n{}")) as other:
        target = f"Location: {other.address}/".encode()
        with liar(says(head(b"302 Found", target, b"Content-Length: 0"))) as machine, pytest.raises(Refused):
            Outside(machine.address, {"X-Api-Key": "secret"}).json("GET", "/api/job")
        assert other.requests == []


@pytest.mark.parametrize("serve", [says(b""), drips(b"H", 5.0)])
def test_a_lost_answer_to_a_step_is_told_apart(hasty: None, serve: Serve) -> None:
    with liar(serve) as machine, pytest.raises(AnswerLost):
        Outside(machine.address).ask("POST", "/api/job", json={"command": "start"})


def test_a_small_computer_may_take_its_time_to_store_a_file(hasty: None) -> None:
    def store_slowly(connection: socket.socket, _head: bytes) -> None:
        threading.Event().wait(1.0)
        connection.sendall(OK + b"Connection: close\r\nContent-Length: 2\r\n\r\n{}")

    with liar(store_slowly) as machine:
        calls = Outside(machine.address)
        with calls.session.uploading():
            assert calls.json("POST", "/api/files") == {}
        with pytest.raises(AnswerLost, match="too long"):
            calls.json("POST", "/api/files")


def test_a_step_that_never_left_is_no_lost_answer(hasty: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(Unreachable) as caught:
        Outside(f"http://127.0.0.1:{port}").ask("POST", "/api/job", json={"command": "start"})
    assert not isinstance(caught.value, AnswerLost)
    with pytest.raises(Unreachable, match="name is not known"):
        Outside("http://no-such-machine.invalid").ask("POST", "/x")


def test_a_certificate_that_nobody_vouches_for_is_refused(hasty: None) -> None:
    with liar(says(b"")) as machine, pytest.raises(OutsideError):
        Outside(machine.address.replace("http:", "https:")).json("GET", "/")


def test_a_name_may_not_lead_where_no_machine_is(monkeypatch: pytest.MonkeyPatch) -> None:
    with liar(says(OK + b"Content-Length: 2\r\n\r\n{}")) as machine:
        monkeypatch.setattr(outside, "is_forbidden", lambda host: host == "127.0.0.1")
        with pytest.raises(Refused, match="belongs to no machine"):
            Outside(machine.address).json("GET", "/")
        assert machine.requests == [], "nothing is said to it, not even the key"


@pytest.mark.parametrize(
    ("host", "forbidden"),
    [
        ("169.254.169.254", True), ("fe80::1", True), ("[fe80::1%eth0]", True), ("fd00:ec2::254", True), ("0.0.0.0", True),
        ("::", True), ("224.0.0.1", True), ("::ffff:169.254.169.254", True), ("100.100.100.200", True),
        ("192.168.1.20", False), ("10.0.0.5", False), ("127.0.0.1", False), ("fd12::1", False), ("printer.local", False),
    ],
)  # fmt: skip
def test_private_addresses_are_a_shops_own_and_metadata_is_not(host: str, forbidden: bool) -> None:
    assert is_forbidden(host) is forbidden


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("192.168.1.20", "http://192.168.1.20"),
        (" http://Printer.Example:5000/ ", "http://printer.example:5000"),
        ("https://host/OctoPrint/", "https://host/OctoPrint"),
        ("http://[fd12::1]:5000", "http://[fd12::1]:5000"),
    ],
)
def test_an_address_is_tidied(text: str, address: str) -> None:
    assert check_address(text) == address


@pytest.mark.parametrize(
    "text",
    ["ftp://x", "file:///etc/passwd", "http://", "http://u:p@host", "http://host?x=1", "http://host#x", "http://a b",
     "http://host:99999", "http://169.254.169.254/latest", "javascript:alert(1)", "http://[::", ""],
)  # fmt: skip
def test_what_is_no_address_of_a_machine_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(IntakeError):
        check_address(text)


def test_fields_are_split_checked_and_kept() -> None:
    fields = (ADDRESS, LinkField("port", "Port", needed=False), API_KEY)
    given = {"address": "1.2.3.4", "port": " 7 ", "api_key": "", "other": "x"}
    assert split_fields(fields, given, {"api_key": "kept"}) == ("http://1.2.3.4", {"port": "7"}, {"api_key": "kept"})
    with pytest.raises(IntakeError) as caught:
        split_fields(fields, {"address": "ftp://x", "port": "a\nb", "api_key": "x" * 600}, {})
    assert set(caught.value.fields) == {"address", "port", "api_key"}


ACCEPTED = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n"
)


def accepted(request: bytes) -> bytes:
    import base64
    import hashlib

    key = next(line for line in request.split(b"\r\n") if line.lower().startswith(b"sec-websocket-key")).split(b": ")[1]
    return ACCEPTED % base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())


def frames(*parts: bytes, pause_s: float = 0.0) -> Serve:
    def serve(connection: socket.socket, request: bytes) -> None:
        connection.sendall(accepted(request))
        for part in parts:
            threading.Event().wait(pause_s)
            connection.sendall(part)
        connection.recv(100)

    return serve


def test_a_message_and_a_ping_and_a_message_in_pieces(hasty: None) -> None:
    pieces = b"\x81\x07" + b'{"a":1}' + b"\x89\x02hi" + b"\x01\x03" + b'{"b' + b"\x89\x00" + b"\x80\x04" + b'":2}'
    with liar(frames(pieces)) as machine:
        link = Socket(machine.address.replace("http", "ws") + "/x")
        assert [link.receive() for _ in range(3)] == [{"a": 1}, None, {"b": 2}]
        link.close()


@pytest.mark.parametrize(
    ("serve", "error"),
    [
        (frames(b"\x81\x7f" + (100_000_000).to_bytes(8, "big") + b"x" * 3_000_000), NotUnderstood),
        (frames(*[b"\x81\x7f" + (1000).to_bytes(8, "big")], *[b"x"] * 30, pause_s=0.1), Unreachable),
        (frames(b"\x81\x05<html"), NotUnderstood),
        (frames(b"\x88\x00"), Unreachable),
        (frames(b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"), Unreachable),
        (frames(), Unreachable),
    ],
)
def test_a_live_channel_that_lies_ends(hasty: None, serve: Serve, error: type[CraftOpsError]) -> None:
    with liar(serve) as machine:
        link = Socket(machine.address.replace("http", "ws"))
        began = time.monotonic()
        with pytest.raises(error):
            link.receive()
        assert time.monotonic() - began < 4
        link.close()


@pytest.mark.parametrize(
    ("serve", "error"),
    [
        (says(head(b"403 Forbidden", b"Content-Length: 0")), CredentialsRejected),
        (says(head(b"404 Not Found", b"Content-Length: 0")), Refused),
        (says(head(b"302 Found", b"Location: ws://127.0.0.1:9/", b"Content-Length: 0")), Unreachable),
        (says(b"rubbish\r\n\r\n"), Unreachable),
        (drips(b"x", 0.1), Unreachable),
    ],
)
def test_a_live_channel_that_does_not_open_says_why(hasty: None, serve: Serve, error: type[CraftOpsError]) -> None:
    with liar(serve) as machine:
        began = time.monotonic()
        with pytest.raises(error):
            Socket(machine.address.replace("http", "ws"))
        assert time.monotonic() - began < 4


@pytest.fixture
def authority(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for localhost by an authority of its own, and the authority: (chain with key, authority)."""
    key, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    name, issuer = (x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)]) for text in ("localhost", "Shop CA"))
    now = datetime.now(UTC)

    def signed(subject: x509.Name, public: Any, extension: x509.ExtensionType) -> bytes:
        made = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(public)
        made = made.serial_number(x509.random_serial_number()).not_valid_before(now - timedelta(days=1))
        made = made.not_valid_after(now + timedelta(days=1)).add_extension(extension, critical=True)
        return made.sign(own, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    chain, trusted = tmp_path / "chain.pem", tmp_path / "ca.pem"
    chain.write_bytes(
        private + signed(name, key.public_key(), x509.SubjectAlternativeName([x509.DNSName("localhost")]))
    )
    trusted.write_bytes(signed(issuer, own.public_key(), x509.BasicConstraints(ca=True, path_length=0)))
    return chain, trusted


def test_a_certificate_is_believed_when_this_computer_trusts_its_authority(
    authority: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    chain, trusted = authority
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)

    def secure(connection: socket.socket) -> socket.socket:
        return context.wrap_socket(connection, server_side=True)

    with liar(says(OK + b"Content-Length: 2\r\n\r\n{}"), secure) as machine:
        url = f"https://localhost:{machine.port}"
        for call in (lambda: Outside(url).json("GET", "/"), lambda: Socket(url.replace("https", "wss"))):
            with pytest.raises(Refused, match="certificate cannot be trusted"):
                call()
        monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
        assert Outside(url).json("GET", "/") == {}
        with pytest.raises(Refused, match="certificate cannot be trusted"):
            Outside(url.replace("localhost", "127.0.0.1")).json("GET", "/")
