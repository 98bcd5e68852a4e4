"""What answers at an address that is another program, or none of the kind: staff read what it is not."""

from __future__ import annotations

import pytest
from craftops_machines.moonraker.client import MoonrakerRest
from craftops_machines.octoprint.client import OctoPrintRest
from craftops_machines.prusalink.client import PrusaLinkRest

from craftops.errors import CredentialsRejected, NotUnderstood, OutsideError, Unreachable
from craftops.testing.liars import liar, says

PAGE = b"<html><title>FritzBox</title></html>"


def answer(status: bytes, body: bytes) -> bytes:
    return b"HTTP/1.1 %b\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body)


def version(program: str, address: str) -> str:
    if program == "OctoPrint":
        return OctoPrintRest(address, "key").version()
    return (MoonrakerRest(address, "key") if program == "Moonraker" else PrusaLinkRest(address, key="key")).version()


@pytest.mark.parametrize("program", ["OctoPrint", "Moonraker", "PrusaLink"])
@pytest.mark.parametrize(
    ("said", "kind", "sentence"),
    [
        (answer(b"404 Not Found", b""), NotUnderstood, "or the address lacks a path"),
        (answer(b"404 Not Found", PAGE), NotUnderstood, "or the address lacks a path"),
        (answer(b"200 OK", PAGE), NotUnderstood, ""),
        (answer(b"200 OK", b'{"hello":"there"}'), NotUnderstood, ""),
        (answer(b"200 OK", b"[]"), NotUnderstood, ""),
    ],
    ids=["nothing there", "a page for it", "a page", "other words", "a list"],
)
def test_what_it_is_not(program: str, said: bytes, kind: type[OutsideError], sentence: str) -> None:
    with liar(says(said)) as machine, pytest.raises(kind) as caught:
        version(program, machine.address)
    assert caught.value.sentence.startswith(f"This is no {program}")
    assert sentence in caught.value.sentence


@pytest.mark.parametrize("program", ["OctoPrint", "Moonraker", "PrusaLink"])
def test_a_wrong_key_and_a_bad_moment_are_told_as_that(program: str) -> None:
    for status, kind in ((b"403 Forbidden", CredentialsRejected), (b"503 Busy", Unreachable)):
        with liar(says(answer(status, b""))) as machine, pytest.raises(kind):
            version(program, machine.address)
