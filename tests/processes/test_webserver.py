"""The web server: what it takes for a request, and what it does with one."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator

import pytest
from samples.small_web import BIG, CLOSE, HOST, POST, Running, one_answer, rest, running

from craftops.processes.webserver.bodies import BodyRoom
from craftops.processes.webserver.clients import network_of
from craftops.processes.webserver.limits import ServerLimits
from craftops.processes.webserver.parsing import RequestParser, RequestRefused
from craftops.processes.webserver.transfers import RESET

CHUNKED = b"Transfer-Encoding: chunked\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Running]:
    with running(body_limit=lambda _method, path: 1000 if path == "/small" else 10_000_000) as one:
        yield one


SMUGGLED = b"GET /smuggled HTTP/1.1\r\n" + HOST + CLOSE

REFUSED: dict[str, tuple[bytes, int]] = {
    "two lengths": (POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400),
    "the same length twice": (POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400),
    "lengths in a list": (POST + b"Content-Length: 5, 5\r\n\r\nhello", 400),
    "a length below nothing": (POST + b"Content-Length: -5\r\n\r\nhello", 400),
    "a length with a sign": (POST + b"Content-Length: +5\r\n\r\nhello", 400),
    "a length in hexadecimal": (POST + b"Content-Length: 0x5\r\n\r\nhello", 400),
    "a length without end": (POST + b"Content-Length: " + b"9" * 30 + b"\r\n\r\n", 400),
    "a length and chunks": (POST + b"Content-Length: 5\r\n" + CHUNKED + b"\r\n0\r\n\r\n", 400),
    "chunks and a length": (POST + CHUNKED + b"Content-Length: 5\r\n\r\n0\r\n\r\n", 400),
    "chunks within gzip": (POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    "chunks twice": (POST + CHUNKED + CHUNKED + b"\r\n0\r\n\r\n", 400),
    "another encoding": (POST + b"Transfer-Encoding: identity\r\n\r\n", 501),
    "chunks in HTTP/1.0": (b"POST / HTTP/1.0\r\n" + CHUNKED + b"\r\n0\r\n\r\n", 400),
    "a chunk without a size": (POST + CHUNKED + b"\r\nx\r\n", 400),
    "a chunk that is longer than it says": (POST + CHUNKED + b"\r\n2\r\nabcd\r\n0\r\n\r\n", 400),
    "a chunk of a size below nothing": (POST + CHUNKED + b"\r\n-1\r\n", 400),
    "a chunk of a size that overflows": (POST + CHUNKED + b"\r\n" + b"f" * 20 + b"\r\n", 400),
    "bare line feeds": (b"GET / HTTP/1.1\nHost: shop\n\n", 400),
    "a bare line feed in the head": (b"GET / HTTP/1.1\r\nHost: shop\nX: y\r\n\r\n", 400),
    "a bare line feed after a chunk": (POST + CHUNKED + b"\r\n2\nab\r\n0\r\n\r\n", 400),
    "a carriage return in a value": (b"GET / HTTP/1.1\r\nHost: shop\r\nX: a\rb\r\n\r\n", 400),
    "a nothing in a value": (b"GET / HTTP/1.1\r\nHost: shop\r\nX: a\0b\r\n\r\n", 400),
    "a folded header": (b"GET / HTTP/1.1\r\nHost: shop\r\nX: a\r\n b\r\n\r\n", 400),
    "a space before the colon": (POST + b"Content-Length : 5\r\n\r\nhello", 400),
    "a space before the name": (b"GET / HTTP/1.1\r\n Host: shop\r\n\r\n", 400),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two hosts": (b"GET / HTTP/1.1\r\nHost: shop\r\nHost: evil\r\n\r\n", 400),
    "another version": (b"GET / HTTP/3.0\r\nHost: shop\r\n\r\n", 400),
    "no version": (b"GET /\r\n\r\n", 505),
    "no target": (b"GET HTTP/1.1\r\nHost: shop\r\n\r\n", 400),
    "a tunnel": (b"CONNECT shop:80 HTTP/1.1\r\nHost: shop\r\n\r\n", 400),
    "an asterisk": (b"OPTIONS * HTTP/1.1\r\nHost: shop\r\n\r\n", 400),
    "a target of another scheme": (b"GET ftp://shop/ HTTP/1.1\r\nHost: shop\r\n\r\n", 400),
    "a target with a name and a password": (b"GET http://a:b@shop/ HTTP/1.1\r\nHost: shop\r\n\r\n", 400),
    "a target with a fragment": (b"GET /#x HTTP/1.1\r\nHost: shop\r\n\r\n", 400),
    "the greeting of TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
    "the preface of HTTP/2": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "an expectation": (POST + b"Expect: miracles\r\n\r\n", 417),
    "a long target": (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: shop\r\n\r\n", 414),
    "a header without end": (b"GET / HTTP/1.1\r\nHost: shop\r\nX: " + b"a" * 40_000, 431),
    "a large header": (b"GET / HTTP/1.1\r\nHost: shop\r\nX: " + b"a" * 33_000 + b"\r\n\r\n", 431),
    "many headers": (b"GET / HTTP/1.1\r\nHost: shop\r\n" + b"X: y\r\n" * 101 + b"\r\n", 431),
    "many trailers": (POST + CHUNKED + b"\r\n0\r\n" + b"X: y\r\n" * 101 + b"\r\n", 431),
    "too much, announced": (b"POST /small HTTP/1.1\r\n" + HOST + b"Content-Length: 1001\r\n\r\n", 413),
    "too much, in chunks": (b"POST /small HTTP/1.1\r\n" + HOST + CHUNKED + b"\r\n3e9\r\n" + b"a" * 1001, 413),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_be_read_in_two_ways_or_is_too_much_is_refused(server: Running, name: str) -> None:
    sent, status = REFUSED[name]
    answer = server.say(sent + SMUGGLED)
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"Connection: close" in answer
    assert b"smuggled" not in answer


def test_byte_by_byte_it_is_the_same(server: Running) -> None:
    sent = POST + CHUNKED + CLOSE + b"3;name=value\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: not believed\r\n\r\n"
    seen = server.seen(*(sent[place : place + 1] for place in range(len(sent))))
    assert (seen["body"], seen["cut"]) == ("abcde", False)
    assert "HTTP_X_TRAILER" not in seen
    assert "HTTP_TRANSFER_ENCODING" not in seen


def test_what_the_app_is_told(server: Running) -> None:
    lines = b"X-A: 1\r\nX-A: 2\r\nCookie: a=b\r\nCookie: c=d\r\nX_Forwarded_For: evil\r\nContent-Type: text/html\r\n"
    seen = server.seen(b"GET /caf%C3%A9%2Fx?q=%20 HTTP/1.1\r\n" + HOST + lines + CLOSE)
    assert seen["PATH_INFO"].encode("latin-1").decode() == "/café/x"
    assert seen["QUERY_STRING"] == "q=%20"
    assert seen["RAW_URI"] == "/caf%C3%A9%2Fx?q=%20"
    assert seen["HTTP_X_A"] == "1,2"
    assert seen["HTTP_COOKIE"] == "a=b; c=d"
    assert seen["CONTENT_TYPE"] == "text/html"
    assert seen["REMOTE_ADDR"] == "127.0.0.1"
    assert "HTTP_X_FORWARDED_FOR" not in seen


def test_an_absolute_target_names_the_host(server: Running) -> None:
    seen = server.seen(b"GET http://other:81/a?b HTTP/1.1\r\n" + HOST + CLOSE)
    assert (seen["HTTP_HOST"], seen["PATH_INFO"], seen["QUERY_STRING"]) == ("other:81", "/a", "b")


def test_http_1_0_ends_unless_it_asks_to_go_on(server: Running) -> None:
    assert b"Connection: close" in server.say(b"GET / HTTP/1.0\r\n\r\n")
    with server.connect() as peer:
        for _ in range(2):
            peer.sendall(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
            assert b"\r\nConnection: keep-alive\r\n" in one_answer(peer)


def test_pipelined_requests_are_answered_in_their_order(server: Running) -> None:
    paths = [b"/%d" % number for number in range(8)]
    sent = b"".join(b"GET " + path + b" HTTP/1.1\r\n" + HOST + b"\r\n" for path in paths)
    with server.connect() as peer:
        peer.sendall(sent + POST + b"Content-Length: 3\r\n" + b"\r\nabc" + b"GET / HTTP/1.1\r\n" + HOST + CLOSE)
        for path in paths:
            assert b'"PATH_INFO": "%s"' % path in one_answer(peer)
        assert b'"body": "abc"' in one_answer(peer)
        assert rest(peer).startswith(b"HTTP/1.1 200 ")
    assert server.say((b"GET / HTTP/1.1\r\n" + HOST + b"\r\n") * 200).count(b" 200 OK") < 200


def test_after_close_nothing_is_answered(server: Running) -> None:
    assert server.say(b"GET / HTTP/1.1\r\n" + HOST + CLOSE + SMUGGLED).count(b"HTTP/1.1 ") == 1


def test_another_protocol_is_not_spoken(server: Running) -> None:
    asked = b"GET / HTTP/1.1\r\n" + HOST + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + SMUGGLED
    answer = server.say(asked)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.count(b"HTTP/1.1 200") == 1


def test_whoever_waits_for_it_is_told_to_go_on(server: Running) -> None:
    with server.connect() as peer:
        peer.sendall(POST + b"Content-Length: 5\r\nExpect: 100-continue\r\n" + CLOSE)
        assert peer.recv(25) == b"HTTP/1.1 100 Continue\r\n\r\n"
        peer.sendall(b"hello")
        assert b'"body": "hello"' in rest(peer)
    refused = server.say(b"POST /small HTTP/1.1\r\n" + HOST + b"Content-Length: 5000\r\nExpect: 100-continue\r\n\r\n")
    assert refused.startswith(b"HTTP/1.1 413 ")


def test_head_has_no_body(server: Running) -> None:
    for path in (b"/", b"/file", b"/late"):
        head, _, body = server.say(b"HEAD " + path + b" HTTP/1.1\r\n" + HOST + CLOSE).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 ")
        assert body == b""


def test_files_and_long_answers_arrive_whole(server: Running) -> None:
    head, _, body = server.say(b"GET /file HTTP/1.1\r\n" + HOST + CLOSE).partition(b"\r\n\r\n")
    assert b"Content-Length: 99990" in head
    assert body == (b"0123456789" * 10_000)[10:]
    assert len(server.say(b"GET /big HTTP/1.1\r\n" + HOST + CLOSE).partition(b"\r\n\r\n")[2]) == BIG
    assert server.say(b"GET /late HTTP/1.1\r\n" + HOST + CLOSE).endswith(
        b"Content-Length: 4\r\nConnection: close\r\n\r\nlate"
    )


def test_an_app_that_breaks_is_a_500(server: Running) -> None:
    for path in (b"/broken", b"/line-break"):
        answer = server.say(b"GET " + path + b" HTTP/1.1\r\n" + HOST + CLOSE)
        assert answer.startswith(b"HTTP/1.1 500 ")
        assert b"Set-Cookie" not in answer


def test_a_body_waits_in_a_file_and_arrives_whole(server: Running) -> None:
    seen = server.seen(POST + b"Content-Length: 5000000\r\n" + CLOSE, b"a" * 5_000_000)
    assert seen["size"] == 5_000_000


def test_a_view_may_keep_the_socket(server: Running) -> None:
    assert server.say(b"GET /take HTTP/1.1\r\n" + HOST + b"\r\n") == b"HTTP/1.1 200 OK\r\n\r\nmine"


def test_a_piece_whose_sender_goes_reaches_the_app_and_a_form_does_not(server: Running) -> None:
    piece = b"Content-Type: application/offset+octet-stream\r\nContent-Length: 10\r\n\r\nabc"
    with server.connect() as peer:
        peer.sendall(b"PATCH / HTTP/1.1\r\n" + HOST + piece)
        peer.shutdown(socket.SHUT_WR)
        assert b'"cut": true' in rest(peer)
    with server.connect() as peer:
        peer.sendall(POST + b"Content-Length: 10\r\n\r\nabc")
        peer.shutdown(socket.SHUT_WR)
        assert rest(peer) == b""


def piece(size: int, more: bytes = b"") -> bytes:
    told = b"Content-Type: application/offset+octet-stream\r\nContent-Length: %d\r\n" % size
    return b"PATCH / HTTP/1.1\r\n" + HOST + told + more + b"\r\n"


@pytest.mark.parametrize("room", [0, 500_000, 48 << 20])
def test_a_piece_arrives_whole_and_what_follows_it_is_heard(room: int) -> None:
    """Whether it waits in memory or in a file, however its bytes come, and on one connection with others."""
    with running(room=BodyRoom(room), body_limit=lambda _method, _path: 10_000_000) as server:
        for size in (70_000, 300_000, 2_000_001):
            content = bytes(number % 251 for number in range(size))
            with server.connect() as peer:
                peer.sendall(piece(size) + content[:1000])
                peer.sendall(content[1000:-1])
                peer.sendall(content[-1:] + b"GET /after HTTP/1.1\r\n" + HOST + CLOSE)
                first, second = rest(peer).split(b"HTTP/1.1 200 ")[1:]
            told = json.loads(first.partition(b"\r\n\r\n")[2])
            assert (told["size"], told["body"]) == (size, content[:200].decode("latin-1"))
            assert json.loads(second.partition(b"\r\n\r\n")[2])["PATH_INFO"] == "/after"
        server.until(lambda: server.server.limits.room.left == room)


def test_pieces_that_stop_give_their_room_back() -> None:
    """What has come of them reaches the app; three that stand still leave the next one a file."""
    room = BodyRoom(300_000)
    with running(room=room, body_limit=lambda _method, _path: 10_000_000) as server:
        standing = [server.connect() for _ in range(3)]
        for peer in standing:
            peer.sendall(piece(100_000) + bytes(70_000))
        server.until(lambda: room.left == 0)
        assert server.seen(piece(200_000, CLOSE[:-2]) + bytes(200_000))["size"] == 200_000
        standing[0].shutdown(socket.SHUT_WR)
        assert b'"cut": true' in rest(standing[0])
        for peer in standing[1:]:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        for peer in standing:
            peer.close()
        server.until(lambda: room.left == 300_000)


@pytest.mark.parametrize("endless", [b"0\r\nX: ", b"1;x=", b"0\r\n"])
def test_what_follows_a_chunk_has_an_end(endless: bytes) -> None:
    """httptools joins a trailer by itself, so one without an end would cost memory and time beyond any limit."""
    parser = RequestParser(ServerLimits(body_limit=lambda _method, _path: 10_000_000))
    parser.feed(POST + CHUNKED + b"\r\n" + endless)
    more = b"Y: 1\r\n" * 1000 if endless == b"0\r\n" else b"a" * 8000
    with pytest.raises(RequestRefused) as refused:
        for _ in range(40):
            parser.feed(more)
    assert refused.value.status in (400, 431)


def test_many_small_chunks_are_one_body() -> None:
    parser = RequestParser(ServerLimits(body_limit=lambda _method, _path: 10_000_000))
    parser.feed(POST + CHUNKED + b"\r\n")
    for _ in range(50_000):
        parser.feed(b"1\r\na\r\n")
    parser.feed(b"0\r\n\r\n")
    assert parser.complete[0].body.size == 50_000


def test_of_ipv6_a_whole_network_counts_as_one() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1") != network_of("2001:db8:0:1::1")
    assert network_of("::ffff:192.0.2.1") == network_of("192.0.2.1") == "192.0.2.1"
    assert network_of("fe80::1%eth0") == network_of("fe80::2%eth0")
