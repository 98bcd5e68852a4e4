"""gunicorn's worker with a front of ours: one loop holds every socket, and threads of the app see whole requests.

A head has ten seconds, a body and an answer a least speed; what does not fit in memory is spooled. An answer that its
reader takes slowly waits in the loop, and no thread with it. Why not a server that exists: docs/decisions/0022.
"""

from __future__ import annotations

import contextlib
import errno
import resource
import selectors
import socket
import time
from concurrent.futures import Future
from typing import Any

from gunicorn import http
from gunicorn.http.parser import RequestParser
from gunicorn.workers.gthread import ThreadWorker

from craftops.processes.front.framing import END_OF_HEAD, LONGEST_HEAD, BadFraming, ChunkedBody, LengthBody
from craftops.processes.front.peers import LEAVING_BYTES, Peer, PeerTable, Phase, RequestBytes

PIECE = 256 * 1024
AT_ONCE = 64
SWEEP_S = 0.5
LINGER_S = 1.0
"""After it was told to stop: what is on its way to us is still answered."""
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
REASONS = {400: "Bad Request", 413: "Content Too Large", 431: "Request Header Fields Too Large"}


class Front(ThreadWorker):  # type: ignore[misc]
    """The worker. Its ``threads`` are those of the app; the loop is the main thread of the process."""

    most_of_one = 0
    """Connections of one address; 0 for any number. Set by ``serve`` before the worker starts."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.room = PeerTable(self.cfg.worker_connections, self.most_of_one)
        self.worker_connections += AT_ONCE  # it goes on to let people in; the room decides who goes
        self._swept = self._stopped_at = 0.0

    def init_process(self) -> None:
        _allow_many_sockets(self.worker_connections + 500)
        super().init_process()

    # --- the loop

    def accept(self, listener: Any) -> None:
        """Take in whoever waits to be let in."""
        for _ in range(AT_ONCE):
            try:
                sock, client = listener.accept()
            except OSError as error:
                if error.errno in (errno.EMFILE, errno.ENFILE):
                    self._make_room()
                elif error.errno not in (errno.EAGAIN, errno.ECONNABORTED, errno.EWOULDBLOCK):
                    raise
                return
            sock.setblocking(False)
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            now = time.monotonic()
            peer = Peer(sock, client, listener.getsockname(), now, now)
            self.nr_conns += 1
            self._watch(peer, selectors.EVENT_READ)
            for gone in self.room.enter(peer):
                self._end(gone)

    def _make_room(self) -> None:
        stillest = next((peer for peer in self.room if peer.phase in (Phase.FIRST_BYTE, Phase.HEAD)), None)
        if stillest is not None:
            self._end(stillest)

    def _watch(self, peer: Peer, event: int) -> None:
        callback = self._readable if event == selectors.EVENT_READ else self._writable
        self.poller.register(peer.sock, event, lambda _sock: callback(peer))

    def _unwatch(self, peer: Peer) -> None:
        with contextlib.suppress(KeyError, ValueError, OSError):
            self.poller.unregister(peer.sock)

    def _end(self, peer: Peer) -> None:
        if self.room.leave(peer):
            if peer.phase is not Phase.APP:
                self._unwatch(peer)
            peer.close()
            self.nr_conns -= 1

    def _readable(self, peer: Peer) -> None:
        try:
            data = peer.sock.recv(PIECE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._cut(peer)
            return
        now = time.monotonic()
        peer.moved = now
        self.room.moved(peer)
        self._take(peer, data, now)

    def _take(self, peer: Peer, data: bytes, now: float) -> None:
        """More bytes of a request; hands it over once it is whole."""
        if peer.phase is Phase.LEAVING:
            peer.received += len(data)
            if peer.received > LEAVING_BYTES:
                self._end(peer)
            return
        try:
            if peer.phase is Phase.FIRST_BYTE:
                peer.enter(Phase.HEAD, now)
            if peer.phase is Phase.HEAD:
                data = self._take_head(peer, data, now)
            if peer.body is not None and peer.source is not None:
                taken = peer.body.feed(data)
                if taken:
                    peer.source.write(data[:taken])
                    peer.received += taken
                    if peer.most and peer.received > peer.most:
                        self._refuse(peer, 413, f"At most {peer.most / 1e6:g} MB can be sent to this address.")
                        return
                peer.buffer += data[taken:]
                if peer.body.complete:
                    self._hand_over(peer, now)
        except BadFraming as error:
            self._refuse(peer, 400, str(error))

    def _take_head(self, peer: Peer, data: bytes, now: float) -> bytes:
        """What is left for the body."""
        peer.buffer += data
        end = peer.buffer.find(END_OF_HEAD)
        if end < 0:
            if len(peer.buffer) > LONGEST_HEAD:
                self._refuse(peer, 431, "The head of the request is too large.")
            return b""
        end += len(END_OF_HEAD)
        head, rest = bytes(peer.buffer[:end]), bytes(peer.buffer[end:])
        peer.buffer.clear()
        peer.source = RequestBytes(head)
        try:
            peer.request = next(RequestParser(self.cfg, peer.source, peer.client))
        except Exception as error:  # noqa: BLE001 - gunicorn's table of errors answers it
            self.handle_error(None, peer.outlet, peer.client, error)
            self._leave(peer)
            return b""
        return self._frame_body(peer, rest, now)

    def _frame_body(self, peer: Peer, rest: bytes, now: float) -> bytes:
        """From the head, which gunicorn has checked: how the body is framed, and whether it may be so large."""
        headers = peer.request.headers
        length = next((int(value) for name, value in headers if name == "CONTENT-LENGTH"), 0)
        chunked = any(name == "TRANSFER-ENCODING" for name, _value in headers)
        ask = getattr(self.wsgi, "body_limit", None)
        if ask is not None and (chunked or length):
            peer.most = ask(peer.request.method, peer.request.path)
            if length > peer.most:
                self._refuse(peer, 413, f"At most {peer.most / 1e6:g} MB can be sent to this address.")
                return b""
        peer.body = ChunkedBody() if chunked else LengthBody(length)
        peer.enter(Phase.BODY, now)
        if peer.request._expected_100_continue:
            peer.request._expected_100_continue = False  # said here, not by a thread of the app
            if not rest:
                peer.outlet.sendall(CONTINUE)
        return rest

    def _cut(self, peer: Peer) -> None:
        """It sends no more. What came of a piece of an upload is kept: the app gets it as far as it came."""
        if peer.phase is Phase.BODY and peer.received and peer.request is not None and peer.request.method == "PATCH":
            self._hand_over(peer, time.monotonic())
        else:
            self._end(peer)

    def _hand_over(self, peer: Peer, now: float) -> None:
        self._unwatch(peer)
        peer.enter(Phase.APP, now)
        future = self.tpool.submit(self._answer, peer)
        future.add_done_callback(lambda done: self.method_queue.defer(self._answered, peer, done))

    def _refuse(self, peer: Peer, status: int, sentence: str) -> None:
        """Say so, and end the connection when it is said."""
        text = f"{sentence}\n".encode()
        head = f"HTTP/1.1 {status} {REASONS[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\n"
        peer.outlet.sendall(f"{head}Content-Length: {len(text)}\r\n\r\n".encode() + text)
        self._leave(peer)

    def _leave(self, peer: Peer) -> None:
        """All is said: wait a moment for the other side to have read it."""
        peer.end_request()
        peer.buffer.clear()
        watched = peer.phase not in (Phase.APP, Phase.ANSWER)
        peer.enter(Phase.LEAVING, time.monotonic())
        try:
            peer.sock.shutdown(socket.SHUT_WR)
        except OSError:
            self._end(peer)
            return
        if not watched:
            self._watch(peer, selectors.EVENT_READ)

    # --- a thread of the app

    def _answer(self, peer: Peer) -> bool:
        """Have the app answer one request; whether the connection may serve another."""
        try:
            return bool(self.handle_request(peer.request, _Connection(peer)))
        except (http.errors.NoMoreData, StopIteration, OSError):
            return False
        except Exception as error:  # noqa: BLE001 - gunicorn's table of errors answers it
            if peer.outlet.taken is None:
                self.handle_error(peer.request, peer.outlet, peer.client, error)
            return False

    # --- and the loop again

    def _answered(self, peer: Peer, done: Future[bool]) -> None:
        peer.keeps = not done.cancelled() and done.exception() is None and done.result()
        peer.end_request()
        peer.served += 1
        if peer.outlet.taken is not None or peer.outlet.broken:
            self._end(peer)
        elif peer.outlet.empty:
            self._next(peer)
        else:
            peer.enter(Phase.ANSWER, time.monotonic())
            self._watch(peer, selectors.EVENT_WRITE)

    def _writable(self, peer: Peer) -> None:
        before = peer.outlet.sent
        done = peer.outlet.flush()
        if peer.outlet.sent > before:
            peer.moved = time.monotonic()
            peer.received += peer.outlet.sent - before
            self.room.moved(peer)
        if peer.outlet.broken:
            self._end(peer)
        elif done:
            self._unwatch(peer)
            self._next(peer)

    def _next(self, peer: Peer) -> None:
        if not peer.keeps or not self.alive:
            self._leave(peer)
            return
        now = time.monotonic()
        peer.enter(Phase.FIRST_BYTE, now)
        self.room.moved(peer)
        self._watch(peer, selectors.EVENT_READ)
        if peer.buffer:  # the next request came with this one
            data = bytes(peer.buffer)
            peer.buffer.clear()
            self._take(peer, data, now)

    def murder_keepalived(self, force: bool = False) -> None:
        """Called by gunicorn's loop at every turn: whoever has used up their time goes."""
        now = time.monotonic()
        if now - self._swept < SWEEP_S and not force and self.alive:
            return
        self._swept = now
        if not self.alive and not self._stopped_at:
            self._stopped_at = now
        lingered = bool(self._stopped_at) and now - self._stopped_at > LINGER_S
        for peer in self.room:
            if force or (lingered and peer.phase in (Phase.FIRST_BYTE, Phase.LEAVING)):
                self._end(peer)
            elif peer.is_late(now, self.cfg.keepalive):
                self._cut(peer)

    def murder_pending(self) -> None:
        """gunicorn's other list of connections, which this worker does not use."""


class _Connection:
    """What gunicorn's ``handle_request`` wants of a connection."""

    def __init__(self, peer: Peer) -> None:
        self.sock = peer.outlet
        self.client = peer.client
        self.server = peer.server


def _allow_many_sockets(wanted: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(most, soft), hard))
