"""The event loop: accepts, reads requests whole, has the app answer them, and writes the answers.

Everything here runs in the thread that leads (``crew``), one at a time; what other threads have finished comes by
``_done``.
"""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import socket
import threading
import time
from collections import deque
from functools import partial

from craftops.processes.webserver.answers import WebAnswer, WSGIApp, base_environ, environ_of, run_app
from craftops.processes.webserver.clients import Client, Register, State
from craftops.processes.webserver.crew import Crew
from craftops.processes.webserver.limits import ServerLimits
from craftops.processes.webserver.parsing import Request
from craftops.processes.webserver.transfers import Transfers
from craftops.web.frame.live.connection import TAKE_SOCKET

log = logging.getLogger("craftops.web")
TICK_S = 0.5
JUST_NOW_S = 0.2
"""What has connected so shortly before the server stops may have asked something already."""
HUNG_AFTER_S = 120.0
MOST_ACCEPTED = 64
"""Newcomers a turn."""


class WebServer(Transfers):
    """Serves one WSGI app on one listening socket."""

    def __init__(self, app: WSGIApp, listener: socket.socket, limits: ServerLimits) -> None:
        self._app, self._listener = app, listener
        name, port = listener.getsockname()[:2]
        self._base = base_environ(name, port)
        self._crew = Crew(self._lead, limits.threads)
        self._ready: deque[tuple[Client, Request]] = deque()
        self._large: deque[tuple[Client, Request]] = deque()
        self._large_running: set[Client] = set()
        self._done: deque[tuple[Client, WebAnswer]] = deque()
        self._wake, self._waker = socket.socketpair()
        self._wake.setblocking(False)
        self._waker.setblocking(False)
        self._ticked = self._stop_by = 0.0
        self._over = threading.Event()
        super().__init__(limits, Register(limits))
        self._selector.register(listener, selectors.EVENT_READ, self._accept)
        self._selector.register(self._wake, selectors.EVENT_READ, self._woken)

    def run(self, stop: threading.Event) -> None:
        """Serve until ``stop``; then answer what is there, for a while at most, and end all connections."""
        self._ticked = time.monotonic()
        self._crew.start()
        while not stop.wait(5.0):
            if time.monotonic() - self._ticked > HUNG_AFTER_S:
                log.critical("every thread has hung for %d s; this process ends, to be started anew", HUNG_AFTER_S)
                os._exit(70)
        self._stop_by = time.monotonic() + self.limits.stop_s
        self._nudge()
        self._over.wait(self.limits.stop_s + 1.0)
        self._crew.stop()
        self._crew.join(1.0)
        for client in self.register:
            self.close(client)
        self._listener.close()

    def _nudge(self) -> None:
        with contextlib.suppress(OSError):  # it is full, so it is awake
            self._waker.send(b"!")

    def _woken(self) -> None:
        with contextlib.suppress(OSError):
            self._wake.recv(4096)

    def _lead(self) -> None:
        """Lead until another thread does."""
        while self._crew.leads() and not self._over.is_set():
            try:
                if not self._work():
                    return
                self._poll()
            except Exception:
                log.exception("the web server stumbled; it goes on")

    def _work(self) -> bool:
        """Have the app answer one request; whether this thread still leads."""
        if self._large and len(self._large_running) < max(1, self.limits.threads // 4):
            large = self._large.popleft()  # before another thread leads
            if self._crew.step_aside():
                self._answer_aside(*large)
                return False
            self._ready.append(large)
        if not self._ready:
            return True
        client, request = self._ready.popleft()
        self._crew.begin()
        answer = self._answer(client, request)
        if self._crew.end():
            self.send(client, answer)
            return True
        self._done.append((client, answer))
        self._nudge()
        return False

    def _answer_aside(self, client: Client, request: Request) -> None:
        """For a request with a large body, while another thread leads."""
        self._large_running.add(client)
        try:
            self._done.append((client, self._answer(client, request)))
        finally:
            self._large_running.discard(client)
            self._nudge()

    def _answer(self, client: Client, request: Request) -> WebAnswer:
        environ = environ_of(request, self._base, client.peer)
        environ[TAKE_SOCKET] = partial(_take, client)
        return run_app(self._app, environ, request, self.limits.spool)

    def dispatch(self, client: Client, request: Request) -> None:
        client.enter(State.BUSY, time.monotonic())
        client.request = request
        request.is_last = self._stop_by > 0
        (self._large if request.body.is_large else self._ready).append((client, request))

    def _poll(self) -> None:
        now = time.monotonic()
        due = self._ticked + (TICK_S if len(self.register) or self._stop_by else 5.0)
        idle = not self._ready and (not self._large or bool(self._large_running))
        for key, events in self._selector.select(max(0.0, due - now) if idle else 0):
            if isinstance(key.data, Client):
                if events & selectors.EVENT_WRITE:
                    self.write(key.data)
                if events & selectors.EVENT_READ:
                    self.read(key.data)
            else:
                key.data()
        while self._done:
            self.send(*self._done.popleft())
        now = time.monotonic()
        if now >= due or self._stop_by:
            self._ticked = now
            self.end_late(now)
            if self._stop_by:
                self._wind_up(now)

    def _accept(self) -> None:
        for _ in range(MOST_ACCEPTED):
            try:
                connection, peer = self._listener.accept()
            except BlockingIOError:
                return
            except OSError:  # no file descriptor is left, or the newcomer has gone again
                if idle := self.register.most_idle():
                    self.close(idle)
                return
            address = str(peer[0]).removeprefix("::ffff:")
            others = self.register.in_the_way(address)
            if others is not None:
                idle = self.register.most_idle(others)
                if idle is None:
                    connection.close()
                    continue
                self.close(idle)
            connection.setblocking(False)
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self.welcome(Client(connection, (address, peer[1]), time.monotonic()))

    def _wind_up(self, now: float) -> None:
        """Take nobody in any more; the end is when all that was asked is answered."""
        with contextlib.suppress(KeyError):
            self._selector.unregister(self._listener)
        for client in self.register:
            if client.request is not None:
                client.request.is_last = True
            if client.state <= State.WAITING and now - client.since > JUST_NOW_S:
                self.close(client)
        if not len(self.register) or now >= self._stop_by:
            self._over.set()


def _take(client: Client) -> socket.socket:
    """The peer's socket, for good. A duplicate: the loop lets go of its own one when it gets the answer."""
    mine = client.socket.dup()
    client.taken = True
    return mine
