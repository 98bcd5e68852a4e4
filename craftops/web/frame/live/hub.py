"""The hub: one thread that reads the outbox and writes to every open stream.

A page tells the newest event that it already shows (``seen``), so that nothing falls between rendering and
connecting; a reconnecting browser tells it by ``Last-Event-ID``.
"""

from __future__ import annotations

import logging
import math
import select
import socket
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from weakref import WeakSet

from flask import Flask
from flask_babel import force_locale

from craftops.domain.events import Event, EventKind
from craftops.services.machines import cameras
from craftops.services.people import accounts
from craftops.services.shop.context import Shop
from craftops.store import work as outbox
from craftops.store.database import connected, utcnow
from craftops.store.doorbell import PAGES, Doorbell, bell_folder
from craftops.web.frame.language.catalogues import SOURCE
from craftops.web.frame.live.connection import Connection
from craftops.web.frame.live.fragments import render
from craftops.web.frame.live.topics import NOTHING, REFRESH, PageChange, Topic, Topics
from craftops.web.frame.request_context import sight

log = logging.getLogger("craftops.live")
LOOK_EVERY_S = 1.0
PING_EVERY_S = 15.0
WATCH_EVERY_S = 8.0
"""So often is it noted that somebody looks at a machine."""
BATCH = 500
PAUSE_S, STAFF_PAUSE_S = 0.1, 0.5
"""At least so long between two writes of one topic; what happens meanwhile is gathered."""
RETRY_MS = 2000


def is_signed_in(token: str, at: datetime) -> bool:
    """Whether this is the token of a session that goes on."""
    return accounts.account_of_session(token, at=at) is not None


@dataclass(eq=False)
class Subscription:
    """One open page. ``seen``: the newest event that it shows; None for "only what comes"."""

    topic: Topic
    connection: Connection
    token: str
    seen: int | None
    language: str = SOURCE
    account: int = 0
    """Whose page it is; 0 where nobody counts."""
    is_good: Callable[[str, datetime], bool] = is_signed_in
    """Whether ``token`` still lets its holder look, at this moment."""


@dataclass
class _Room:
    """All pages on one topic."""

    members: set[Subscription] = field(default_factory=set)
    pending: PageChange = NOTHING
    written_at: float = 0.0


class Hub:
    """Started by its first stream; ended by ``close``."""

    def __init__(self, app: Flask, topics: Topics) -> None:
        self.app = app
        self.topics = topics
        self._lock = threading.Lock()
        self._fresh: list[Subscription] = []
        self._of_account: dict[int, WeakSet[Subscription]] = defaultdict(WeakSet)
        self._rooms: dict[Topic, _Room] = defaultdict(_Room)
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._cursor = 0
        self._watched_at = float("-inf")
        self._wake, self._waker = socket.socketpair()
        self._wake.setblocking(False)
        self._waker.setblocking(False)

    @property
    def shop(self) -> Shop:
        shop: Shop = self.app.extensions["craftops"]
        return shop

    def is_full(self, account: int, most: int) -> bool:
        """Whether so many pages of an account are open."""
        return len(self._of_account[account]) >= most

    def add(self, subscription: Subscription) -> None:
        """Serve one more page from now on."""
        with self._lock:
            self._of_account[subscription.account].add(subscription)
            self._fresh.append(subscription)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="live", daemon=True)
                self._thread.start()
        self._nudge()

    def close(self) -> None:
        """End all streams and the thread."""
        self._stop.set()
        self._nudge()
        if self._thread is not None:
            self._thread.join(5)
        for room in self._rooms.values():
            for member in room.members:
                member.connection.close()
        self._wake.close()
        self._waker.close()

    def _nudge(self) -> None:
        try:
            self._waker.send(b"!")
        except OSError:
            return  # it is full, so it is awake, or it is closed

    def _run(self) -> None:
        bell = Doorbell(bell_folder(self.shop.config.data), PAGES)
        with connected():
            self._cursor = outbox.newest_event()
        pinged = time.monotonic()
        try:
            while not self._stop.is_set():
                try:
                    self._wait(bell)
                    with connected():
                        self._read()
                        self._welcome()
                        self._watch(time.monotonic())
                        self._write(time.monotonic())
                        if time.monotonic() - pinged >= PING_EVERY_S:
                            pinged = time.monotonic()
                            self._ping()
                except Exception:
                    log.exception("the live hub stumbled; it goes on")
        finally:
            bell.close()

    def _wait(self, bell: Doorbell) -> None:
        now = time.monotonic()
        due = [room.written_at + self._pause(topic) - now for topic, room in self._rooms.items() if room.pending]
        timeout = max(0.0, min([LOOK_EVERY_S, *due]))
        watched = select.poll()  # select itself takes no socket whose number is above 1,023
        watched.register(bell, select.POLLIN)
        watched.register(self._wake, select.POLLIN)
        ready = {descriptor for descriptor, _event in watched.poll(math.ceil(timeout * 1000))}
        if self._wake.fileno() in ready:
            self._wake.recv(4096)
        if bell.fileno() in ready:
            bell.drain()

    def _read(self) -> None:
        while events := outbox.news_after(self._cursor, BATCH):
            self._cursor = events[-1].id
            for event in events:
                for topic in list(self._rooms) if event.kind is EventKind.SHOP_CHANGED else self.topics.audience(event):
                    if topic in self._rooms:
                        room = self._rooms[topic]
                        room.pending = room.pending | self.topics.meaning(topic, event)
            if len(events) < BATCH:
                return

    def _welcome(self) -> None:
        """Take new pages in; one that was rendered before the newest event gets what it has missed."""
        with self._lock:
            fresh, self._fresh = self._fresh, []
        for subscription in fresh:
            self._rooms[subscription.topic].members.add(subscription)
            subscription.connection.send(b"retry: %d\n\n" % RETRY_MS)
            self._watched_at = float("-inf") if self.topics[subscription.topic].cameras else self._watched_at
            if subscription.seen is None or subscription.seen >= self._cursor:
                continue
            events = outbox.news_after(subscription.seen, BATCH)
            missed = REFRESH if len(events) == BATCH else self._gather(subscription.topic, events)
            if missed and not subscription.connection.send(
                self._message(subscription.topic, missed, subscription.language)
            ):
                self._rooms[subscription.topic].members.discard(subscription)

    def _write(self, now: float) -> None:
        for topic, room in list(self._rooms.items()):
            if not room.pending or now - room.written_at < self._pause(topic):
                continue
            change, room.pending, room.written_at = room.pending, NOTHING, now
            if not room.members:
                continue
            messages = {one: self._message(topic, change, one) for one in {member.language for member in room.members}}
            for member in list(room.members):
                if not member.connection.send(messages[member.language]):
                    room.members.discard(member)

    def _watch(self, now: float) -> None:
        """Have the bridge look through the cameras of what is open; it stops by itself when nobody says so."""
        if now - self._watched_at < WATCH_EVERY_S:
            return
        self._watched_at = now
        seen: dict[str, list[int]] = {"machine": [], "order": []}
        for topic, room in self._rooms.items():
            if room.members and self.topics[topic].cameras:
                seen[self.topics[topic].cameras].append(topic.id)
        cameras.watch(self.shop, seen["machine"], seen["order"])

    def _message(self, topic: Topic, change: PageChange, language: str) -> bytes:
        # A fragment may hold addresses; a bar does not, and need not wait.
        whole = change.refresh or change.patches or change.frames
        address = self.shop.config.base_url + "/"
        context = self.app.test_request_context(base_url=address) if whole else self.app.app_context()
        with context, force_locale(language):
            html = render(self.topics, topic, change, sight)
        lines = "".join(f"data: {line}\n" for line in html.splitlines() if line.strip())
        return f"id: {self._cursor}\n{lines}\n".encode()

    def _ping(self) -> None:
        """Find out who has left, end the streams of ended sessions, keep proxies awake."""
        now = utcnow()
        good: dict[str, bool] = {}
        for topic, room in list(self._rooms.items()):
            for member in list(room.members):
                if member.token not in good:
                    good[member.token] = member.is_good(member.token, now)
                if not good[member.token]:
                    member.connection.close()
                if member.connection.gone() or not member.connection.send(b":\n\n"):
                    room.members.discard(member)
            if not room.members:
                del self._rooms[topic]

    def _pause(self, topic: Topic) -> float:
        return STAFF_PAUSE_S if self.topics[topic].for_staff else PAUSE_S

    def _gather(self, topic: Topic, events: list[Event]) -> PageChange:
        change = NOTHING
        for event in events:
            change = change | self.topics.meaning(topic, event)
        return change
