"""The web server: those who are slow, many or in the way."""

from __future__ import annotations

import socket
import time

import pytest
from samples.small_web import BIG, CLOSE, HOST, POST, rest, running

from craftops.errors import CraftOpsError
from craftops.processes.webserver import listen
from craftops.processes.webserver.clients import State


def test_one_slow_request_keeps_nobody_waiting() -> None:
    with running(threads=3) as server:
        slow = [server.connect() for _ in range(2)]
        for peer in slow:
            peer.sendall(b"GET /wait HTTP/1.1\r\n" + HOST + CLOSE)
            assert server.gate.waiting.acquire(timeout=10)
        began = time.monotonic()
        server.seen(b"GET / HTTP/1.1\r\n" + HOST + CLOSE)
        assert time.monotonic() - began < 2
        server.gate.open.set()
        assert all(b"200 OK" in rest(peer) for peer in slow)
        for peer in slow:
            peer.close()


def test_newcomers_find_room_and_the_most_idle_go() -> None:
    with running(connections_per_address=10) as server:
        idle = [server.connect() for _ in range(10)]
        idle[0].sendall(b"GET / HTTP/1.1\r\n")  # it has begun: others go first
        server.until(lambda: any(one.state == State.HEAD for one in server.server.register))
        for _ in range(5):
            server.seen(b"GET / HTTP/1.1\r\n" + HOST + CLOSE)
        assert idle[1].recv(1) == b""
        idle[0].sendall(HOST + CLOSE)
        assert b"200 OK" in rest(idle[0])
        for peer in idle:
            peer.close()


def test_a_proxy_may_have_more_but_all_together_not() -> None:
    with running(connections=20, connections_per_address=8, shared_addresses=frozenset({"127.0.0.1"})) as server:
        idle = [server.connect() for _ in range(20)]
        for peer in idle[1:]:
            peer.sendall(b"GET / HTTP/1.1\r\n")
        server.until(lambda: sum(one.state == State.HEAD for one in server.server.register) == 19)
        server.seen(b"GET / HTTP/1.1\r\n" + HOST + CLOSE)
        assert idle[0].recv(1) == b""
        idle[19].sendall(HOST + CLOSE)
        assert b"200 OK" in rest(idle[19])
        for peer in idle:
            peer.close()


def test_those_who_are_slow_are_told_and_ended() -> None:
    with running(head_s=0.3, grace_s=0.3, keep_alive_s=0.3) as server:
        assert server.say(b"") == b""
        assert server.say(b"GET / HTTP/1.1\r\n") == b""
        assert server.say(POST + b"Content-Length: 10\r\n\r\nabc").startswith(b"HTTP/1.1 408 ")
        assert server.say(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n").count(b"HTTP/1.1 ") == 1
        with server.connect() as peer:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            peer.sendall(b"GET /big HTTP/1.1\r\n" + HOST + b"\r\n")
            server.until(lambda: not len(server.server.register))
            assert len(rest(peer)) < BIG


def test_what_was_asked_when_it_stops_is_answered() -> None:
    with running() as server:
        busy, idle = server.connect(), server.connect()
        busy.sendall(b"GET /wait HTTP/1.1\r\n" + HOST + b"\r\n")
        assert server.gate.waiting.acquire(timeout=10)
        server.stop.set()
        assert idle.recv(1) == b""
        server.gate.open.set()
        answer = rest(busy)
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"Connection: close" in answer
        server.thread.join(10)
        with pytest.raises(ConnectionRefusedError):
            server.connect()
        busy.close()
        idle.close()


def test_an_address_that_is_taken_is_named() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CraftOpsError, match=rf"127.0.0.1:{port} .*\[server\]"):
            listen("127.0.0.1", port)
