"""Peers that are slow, silent or false stop nobody: the web process of a shop, attacked over loopback."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from samples.webshop import WebShop, web_shop

pytestmark = pytest.mark.long

HEAD = b"GET /sign-in HTTP/1.1\r\nHost: shop\r\n"
POST = b"POST /sign-in HTTP/1.1\r\nHost: shop\r\nContent-Length: 1000\r\n\r\nab"
PATIENCE_S = 0.5
"""How long the sign-in page may take beside all of them, as the middle of several."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WebShop]:
    with web_shop(tmp_path_factory.mktemp("slow"), "connections_of_one = 4000\n") as running:
        yield running


def middle(shop: WebShop, times: int = 9) -> float:
    taken = []
    for _ in range(times):
        status, body, seconds = shop.get("/sign-in")
        assert status == 200
        assert b"</html>" in body
        taken.append(seconds)
    return sorted(taken)[times // 2]


def close(peers: list[socket.socket]) -> None:
    for peer in peers:
        with contextlib.suppress(OSError):
            peer.close()


@pytest.mark.faults
def test_a_thousand_idle_and_two_hundred_dripping_peers_stop_nobody(shop: WebShop) -> None:
    peers = [shop.dial() for _ in range(1000)]
    dripping = [shop.dial(HEAD) for _ in range(200)]
    stalled = [shop.dial(POST) for _ in range(50)]
    pieces = b"PATCH /uploads/x HTTP/1.1\r\nHost: shop\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 500
    stalled += [shop.dial(pieces) for _ in range(50)]
    readers = [
        shop.dial(b"GET /static/css/portal.css HTTP/1.1\r\nHost: shop\r\n\r\n" * 40, room=2048) for _ in range(50)
    ]
    over = threading.Event()

    def drip() -> None:
        while not over.wait(0.2):
            for peer in dripping:
                with contextlib.suppress(OSError):
                    peer.send(b"a")

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        assert middle(shop) < PATIENCE_S
    finally:
        over.set()
        thread.join()
        close([*peers, *dripping, *stalled, *readers])


@pytest.mark.ci
@pytest.mark.faults
def test_a_head_that_never_ends_is_given_up(tmp_path: Path) -> None:
    with web_shop(tmp_path, "header_seconds = 1\n") as hasty, hasty.dial(HEAD) as peer:
        began = time.monotonic()
        assert peer.recv(1) == b"", "the server ends it"
        assert 0.5 < time.monotonic() - began < 5


@pytest.mark.ci
def test_one_address_that_takes_all_its_places_loses_the_stillest(tmp_path: Path) -> None:
    with web_shop(tmp_path, "connections_of_one = 8\n") as small:
        first = small.dial()
        others = [small.dial(HEAD) for _ in range(8)]
        assert first.recv(1) == b"", "it was still, and made room"
        assert small.get("/sign-in")[0] == 200
        close(others)


SMUGGLED = [
    b"POST /sign-in HTTP/1.1\r\nHost: s\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /healthz HTTP/1.1\r\n",
    b"POST /sign-in HTTP/1.1\r\nHost: s\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
    b"POST /sign-in HTTP/1.1\r\nHost: s\r\nContent-Length: +5\r\n\r\nabcde",
    b"POST /sign-in HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\nz\r\nabc\r\n0\r\n\r\n",
    b"POST /sign-in HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n",
    b"POST /sign-in HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n",
    b"POST /sign-in HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: identity, chunked, x\r\n\r\n0\r\n\r\n",
    b"GET /sign-in HTTP/1.1\r\nHost : s\r\n\r\n",
    b"GET /sign-in HTTP/1.1\r\nHost: s\r\n folded: x\r\n\r\n",
    b"nonsense\r\n\r\n",
    b"GET /sign-in HTTP/9.9\r\nHost: s\r\n\r\n",
]


@pytest.mark.parametrize("said", SMUGGLED)
def test_what_is_framed_in_two_ways_is_refused_and_the_connection_ends(shop: WebShop, said: bytes) -> None:
    answer = shop.talk(said + b"GET /healthz HTTP/1.1\r\nHost: s\r\n\r\n")
    assert answer.split(b" ", 2)[1][:1] in (b"4", b"5"), answer[:100]
    assert b'"status"' not in answer, "nothing behind it was taken for a request"


def test_requests_in_a_row_are_answered_in_a_row(shop: WebShop) -> None:
    one = b"GET /healthz HTTP/1.1\r\nHost: s\r\n\r\n"
    chunked = b"POST /nowhere HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    answer = shop.talk(one + chunked + one + b"GET /healthz HTTP/1.1\r\nHost: s\r\nConnection: close\r\n\r\n")
    assert answer.count(b"HTTP/1.1 200") == 3
    assert answer.count(b"HTTP/1.1 ") == 4
    assert answer.index(b"HTTP/1.1 200") < answer.index(b"HTTP/1.1 4") < answer.rindex(b"HTTP/1.1 200")


def test_old_and_bare_ways_of_asking_are_understood(shop: WebShop) -> None:
    assert shop.talk(b"GET /healthz HTTP/1.0\r\n\r\n").startswith(b"HTTP/1.0 200")
    head = shop.talk(b"HEAD /sign-in HTTP/1.1\r\nHost: s\r\nConnection: close\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200")
    assert head.endswith(b"\r\n\r\n")
    absolute = shop.talk(b"GET http://elsewhere/healthz HTTP/1.1\r\nHost: s\r\nConnection: close\r\n\r\n")
    assert b"200 OK" in absolute


def test_whoever_waits_to_be_told_is_told(shop: WebShop) -> None:
    with shop.dial(b"POST /nowhere HTTP/1.1\r\nHost: s\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n") as peer:
        assert peer.recv(100).startswith(b"HTTP/1.1 100")
        peer.sendall(b"abc")
        assert peer.recv(1000).startswith(b"HTTP/1.1 4")


def test_a_head_that_is_too_large_is_refused(shop: WebShop) -> None:
    assert b" 431 " in shop.talk(HEAD + b"X: " + b"a" * 200_000)[:40]


@pytest.mark.parametrize("framing", ["length", "chunks"])
def test_a_form_that_is_too_large_is_refused_before_it_has_come(shop: WebShop, framing: str) -> None:
    if framing == "length":
        said = b"POST /sign-in HTTP/1.1\r\nHost: s\r\nContent-Length: 240000000\r\n\r\n" + b"a" * 1000
    else:
        many = (b"%x\r\n" % 1_000_000 + b"a" * 1_000_000 + b"\r\n") * 4
        said = b"POST /sign-in HTTP/1.1\r\nHost: s\r\nTransfer-Encoding: chunked\r\n\r\n" + many
    answer = shop.talk(said)
    assert answer.startswith(b"HTTP/1.1 413"), answer[:100]
    assert b"2 MB" in answer


def _has_read(shop: WebShop, peer: socket.socket) -> bool:
    """Whether the web process has taken this connection and all that was sent over it (Linux: proc(5), net/tcp)."""
    theirs = f":{peer.getsockname()[1]:04X}"
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _number, local, remote, _state, queues, *_times, inode = line.split()[:10]
        if local.endswith(f":{shop.port:04X}") and remote.endswith(theirs):
            return inode != "0" and int(queues.split(":")[1], 16) == 0
    return False


@pytest.mark.ci
def test_a_request_in_flight_is_answered_when_the_web_stops(tmp_path: Path) -> None:
    with web_shop(tmp_path) as own, own.dial(POST[:-2] + b"a" * 400) as peer:
        own.until(lambda: _has_read(own, peer), "the request has begun")
        own.process.terminate()
        peer.sendall(b"a" * 600)
        assert peer.recv(100).startswith(b"HTTP/1.1 4"), "no token: a refusal, but an answer"
        assert own.process.wait(30) == 0


def test_it_says_that_it_is_well(shop: WebShop) -> None:
    assert json.loads(shop.get("/healthz")[1])["status"] == "ok"
