"""Open pages hold no thread of the web process."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import pytest
from samples.webshop import WebShop, web_shop

pytestmark = pytest.mark.long

PAGES = 40
"""More than there are threads."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebShop]:
    with web_shop(tmp_path_factory.mktemp("pages")) as running:
        yield running


def signed_in(shop: WebShop, email: str = "olga@example.org") -> str:
    """Somebody's cookie."""
    link = HTTPConnection("127.0.0.1", shop.port, timeout=20)
    link.request("GET", "/sign-in")
    answer = link.getresponse()
    token = re.search(r'csrf-token" content="([^"]+)', answer.read().decode())
    assert token is not None
    form = {"csrf_token": token[1], "email": email, "password": "long enough"}
    sent = {"Cookie": (answer.headers["Set-Cookie"]).split(";")[0], "Content-Type": "application/x-www-form-urlencoded"}
    link.request("POST", "/sign-in", urlencode(form), sent)
    answer = link.getresponse()
    answer.read()
    assert answer.status == 303
    link.close()
    return (answer.headers["Set-Cookie"]).split(";")[0]


def opened(shop: WebShop, cookie: str, page: str = "staff/home") -> socket.socket:
    head = f"GET /live?page={page} HTTP/1.1\r\nHost: shop\r\nCookie: {cookie}\r\n\r\n"
    return shop.dial(head.encode())


def until(peer: socket.socket, words: bytes) -> bytes:
    found = b""
    while words not in found:
        data = peer.recv(65_536)
        assert data, found
        found += data
    return found


def test_forty_open_pages_and_the_sign_in_page_beside_them(shop: WebShop) -> None:
    cookie = signed_in(shop)
    peers = [opened(shop, cookie) for _ in range(PAGES)]
    try:
        for peer in peers:
            assert until(peer, b"retry: ").startswith(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream")
        status, _body, seconds = shop.get("/sign-in")
        assert status == 200
        assert seconds < 0.5
    finally:
        for peer in peers:
            peer.close()


@pytest.mark.ci
def test_five_hundred_streams_of_one_customer_are_fifty_and_take_nobody_elses(shop: WebShop) -> None:
    new = ["user", "create", "ada@example.org", "--name", "Ada", "--role", "customer", "--password", "long enough"]
    shop.craftops(*new)
    cookie, held, refused = signed_in(shop, "ada@example.org"), [], 0
    try:
        for _ in range(500):
            peer = opened(shop, cookie, "orders")
            if until(peer, b"\r\n").startswith(b"HTTP/1.1 200"):
                held.append(peer)
            else:
                refused += 1
                peer.close()
        assert (len(held), refused) == (50, 450)
        status, _body, seconds = shop.get("/sign-in")
        assert (status, seconds < 0.5) == (200, True)
        with opened(shop, signed_in(shop)) as other:
            assert until(other, b"retry: ").startswith(b"HTTP/1.1 200 OK")
        held.pop().close()
        shop.until(lambda: _opens(shop, cookie), "a page that is closed counts no more")
    finally:
        for peer in held:
            peer.close()


def _opens(shop: WebShop, cookie: str) -> bool:
    with opened(shop, cookie, "orders") as peer:
        return until(peer, b"\r\n").startswith(b"HTTP/1.1 200")


def test_pages_end_with_the_web_process(tmp_path: Path) -> None:
    with web_shop(tmp_path) as own, opened(own, signed_in(own)) as peer:
        until(peer, b"retry: ")
        assert own.stop() == 0
        while peer.recv(65_536):
            pass
