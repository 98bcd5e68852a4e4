"""Bytes in and out of connections, and what becomes of those that are slow."""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import struct
import time
from abc import ABC, abstractmethod

from craftops.processes.webserver.answers import WebAnswer, refusal
from craftops.processes.webserver.bodies import PIECE_TYPE
from craftops.processes.webserver.clients import Client, Register, State
from craftops.processes.webserver.limits import ServerLimits
from craftops.processes.webserver.parsing import Request, RequestParser, RequestRefused

RECEIVE = 262_144
TAKE_A_TURN = SEND_A_TURN = 1 << 20
RESET = struct.pack("ii", 1, 0)


class Transfers(ABC):
    """The part of the server that moves bytes."""

    def __init__(self, limits: ServerLimits, register: Register) -> None:
        self.limits, self.register = limits, register
        self._selector = selectors.DefaultSelector()

    @abstractmethod
    def dispatch(self, client: Client, request: Request) -> None:
        """Have the app answer it."""

    def welcome(self, client: Client) -> None:
        """Serve one more connection."""
        self.register.add(client)
        self._listen_to(client, selectors.EVENT_READ)

    def close(self, client: Client) -> None:
        """End a connection at once."""
        self.register.remove(client)
        self._listen_to(client, 0)
        if client.answer is not None:
            client.answer.close()
        client.parser = None
        client.socket.close()

    def _listen_to(self, client: Client, interest: int) -> None:
        if client.interest == interest:
            return
        if not interest:
            with contextlib.suppress(KeyError, ValueError, OSError):
                self._selector.unregister(client.socket)
        elif client.interest:
            self._selector.modify(client.socket, interest, client)
        else:
            self._selector.register(client.socket, interest, client)
        client.interest = interest

    def read(self, client: Client) -> None:
        """Take in what has come."""
        if client.state in (State.BUSY, State.WRITING):  # later: until then the peer's own buffers hold it
            self._listen_to(client, client.interest & ~selectors.EVENT_READ)
            return
        room = client.parser.missing if client.parser is not None and client.state == State.BODY else None
        data, count = b"", 0
        try:
            if room is None:
                data = client.socket.recv(RECEIVE)
                count = len(data)
            else:
                count = client.socket.recv_into(room, min(len(room), TAKE_A_TURN))
        except BlockingIOError:
            return
        except OSError:
            count = 0
        if client not in self.register:
            return
        if client.state == State.DRAINING:
            if not count:
                self.close(client)
            return
        if not count:
            self._ended(client)
            return
        now = time.monotonic()
        if client.parser is None:
            client.parser = RequestParser(self.limits)
        client.last, client.moved = now, client.moved + count
        try:
            if room is None:
                client.parser.feed(data)
            else:
                client.parser.came(count)
        except RequestRefused as refused:
            client.refused = refused
        except OSError:
            client.refused = RequestRefused(507)
        self._go_on(client, now)

    def _go_on(self, client: Client, now: float) -> None:
        """What comes next: a request that is whole, a refusal, or more bytes."""
        parser = client.parser
        if parser is None:
            client.enter(State.WAITING, now)
        elif parser.complete:
            self.dispatch(client, parser.complete.popleft())
        elif client.refused:
            self.send(client, refusal(client.refused.status, client.refused.sentence))
        elif client.eof:
            self.close(client)
        elif parser.current is not None:
            client.enter(State.BODY, now)
            if parser.current.continues and not parser.current.body.size:
                parser.current.continues = False
                with contextlib.suppress(OSError):
                    client.socket.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        else:
            client.enter(State.HEAD if parser.in_head else State.WAITING, now)

    def _ended(self, client: Client) -> None:
        """The peer sends nothing more."""
        client.eof = True
        self._listen_to(client, client.interest & ~selectors.EVENT_READ)
        if not self._keep_the_part(client):
            self._go_on(client, time.monotonic())

    def _keep_the_part(self, client: Client) -> bool:
        """Give the app what has come of a piece; False when it is not one."""
        request = client.parser.cut_off() if client.parser is not None else None
        if request is None:
            return False
        if request.method == "PATCH" and PIECE_TYPE in request.headers and request.body.size:
            self.dispatch(client, request)
            return True
        request.body.close()
        return False

    def send(self, client: Client, answer: WebAnswer) -> None:
        """Begin to write an answer."""
        if client.taken or client not in self.register:
            self.close(client)
            answer.close()
            return
        client.answer, client.request = answer, None
        client.enter(State.WRITING, time.monotonic())
        self.write(client)

    def write(self, client: Client) -> None:
        """Write what the peer takes now."""
        answer = client.answer
        if answer is None:
            return
        try:
            moved = _push(client.socket, answer)
        except OSError:
            self.close(client)
            return
        if moved:
            client.last, client.moved = time.monotonic(), client.moved + moved
        if answer.data or answer.left:
            self._listen_to(client, selectors.EVENT_WRITE)
            return
        answer.close()
        client.answer, client.answered = None, True
        self._written(client, answer.keep_alive)

    def _written(self, client: Client, keep_alive: bool) -> None:
        now = time.monotonic()
        if keep_alive:
            self._listen_to(client, 0 if client.eof else selectors.EVENT_READ)
            client.enter(State.WAITING, now)
            self._go_on(client, now)
            return
        with contextlib.suppress(OSError):
            client.socket.shutdown(socket.SHUT_WR)
        if client.eof or not client.refused:
            self.close(client)
            return
        # Closed at once, with bytes unread, the system would tear the answer out of the peer's hands.
        client.enter(State.DRAINING, now)
        self._listen_to(client, selectors.EVENT_READ)

    def end_late(self, now: float) -> None:
        """End what takes too long; whoever was sending a body is told so."""
        for client in self.register:
            if not client.is_late(self.limits, now):
                continue
            if client.state != State.BODY:
                if client.state == State.WRITING:  # what the system holds for it goes too
                    with contextlib.suppress(OSError):
                        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                self.close(client)
            elif not self._keep_the_part(client):
                client.refused = RequestRefused(408)
                self.send(client, refusal(408))


def _push(peer: socket.socket, answer: WebAnswer) -> int:
    """Bytes that the peer has taken without waiting. Raises OSError when it is gone."""
    moved = 0
    try:
        while answer.data and moved < SEND_A_TURN:
            sent = peer.send(answer.data)
            moved += sent
            answer.data = answer.data[sent:]
        while answer.left and not answer.data and moved < SEND_A_TURN:
            sent = os.sendfile(peer.fileno(), answer.file.fileno(), answer.offset, min(answer.left, SEND_A_TURN))
            if not sent:
                raise ConnectionAbortedError("the file has become shorter")
            moved += sent
            answer.offset += sent
            answer.left -= sent
    except BlockingIOError:
        pass
    return moved
