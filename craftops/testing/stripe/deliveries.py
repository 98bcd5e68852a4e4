"""Webhooks going out: signed, each to every endpoint that wants it, and as unreliable as its test says."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import json
import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from craftops.testing.stripe.ledger import Ledger
from craftops.testing.stripe.objects import Thing

log = logging.getLogger("craftops.testing.stripe")
RETRIES_S = (0.5, 2.0, 10.0, 60.0, 300.0)
"""Pauses before an endpoint that did not answer 2xx is told again."""
TIMEOUT_S = 10.0


@dataclass(slots=True)
class Weather:
    """How words travel. Counts are of the next words, and go down with each."""

    held: bool = False
    """Nothing is sent before ``release``."""
    duplicates: int = 0
    """How many times each word comes again."""
    shuffled: bool = False
    """What is held is released in another order."""
    delay_s: float = 0.0
    lost: int = 0
    """So many of the next words never go out."""


@dataclass(order=True, slots=True)
class _Word:
    due: float
    nr: int
    endpoint: str = field(compare=False)
    event: str = field(compare=False)
    tries: int = field(default=0, compare=False)


def sign(body: bytes, secrets: list[str], at: int) -> str:
    """The ``Stripe-Signature`` of a body: one v1 for each secret that is in force."""
    signed = str(at).encode() + b"." + body
    marks = [hmac.new(one.encode(), signed, hashlib.sha256).hexdigest() for one in secrets]
    return ",".join([f"t={at}", *(f"v1={mark}" for mark in marks)])


class Deliveries:
    """One thread that tells endpoints; ``sent`` are all words that went out, for tests."""

    def __init__(self, ledger: Ledger) -> None:
        self.weather = Weather()
        self.sent: list[tuple[str, bytes, dict[str, str]]] = []
        self._ledger = ledger
        self._waiting: list[_Word] = []
        self._held: list[_Word] = []
        self._busy = 0
        self._count = 0
        self._changed = threading.Condition()
        self._over = False
        self._thread: threading.Thread | None = None
        ledger.happened.append(self.take)

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="stripe-webhooks", daemon=True)
        self._thread.start()

    def close(self) -> None:
        with self._changed:
            self._over = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(TIMEOUT_S)

    def take(self, event: Thing) -> None:
        """A word for each endpoint that wants it."""
        live = self._ledger.notes[event["id"]]["live"]
        for endpoint in self._ledger.of("webhook_endpoint", live):
            wants = endpoint["enabled_events"]
            if endpoint["status"] == "enabled" and ("*" in wants or event["type"] in wants):
                event["pending_webhooks"] += 1
                self._queue(endpoint["id"], event["id"])

    def again(self, event: str) -> None:
        """Tell of an event once more, as the Dashboard's button does."""
        self.take(self._ledger.things[event])

    def _queue(self, endpoint: str, event: str) -> None:
        weather = self.weather
        with self._changed:
            if weather.lost > 0:
                weather.lost -= 1
                return
            for _ in range(1 + weather.duplicates):
                self._count += 1
                word = _Word(time.monotonic() + weather.delay_s, self._count, endpoint, event)
                (self._held if weather.held else self._waiting).append(word)
            self._changed.notify_all()

    def release(self) -> int:
        """Send what was held; how many words that were."""
        with self._changed:
            words, self._held = self._held, []
            self.weather.held = False
            if self.weather.shuffled:
                random.SystemRandom().shuffle(words)
            for word in words:
                self._count += 1
                word.nr, word.due = self._count, time.monotonic()
            self._waiting.extend(words)
            self._changed.notify_all()
            return len(words)

    def drain(self, seconds: float = 10.0) -> bool:
        """Wait until every word that is due went out; False where they did not in time."""

        def quiet() -> bool:
            return not self._busy and not any(one.due <= time.monotonic() for one in self._waiting)

        with self._changed:
            return self._changed.wait_for(quiet, seconds)

    def _run(self) -> None:
        while (word := self._next()) is not None:
            told = False
            try:
                told = self._tell(word)
            except (OSError, http.client.HTTPException) as error:
                log.info("webhook to %s: %s", word.endpoint, error)
            with self._changed:
                self._busy -= 1
                if not told and word.tries < len(RETRIES_S):
                    word.due = time.monotonic() + RETRIES_S[word.tries]
                    word.tries += 1
                    self._waiting.append(word)
                self._changed.notify_all()

    def _next(self) -> _Word | None:
        with self._changed:
            while not self._over:
                if self._waiting and (first := min(self._waiting)).due <= time.monotonic():
                    self._waiting.remove(first)
                    self._busy += 1
                    return first
                pause = min((one.due for one in self._waiting), default=time.monotonic() + 3600) - time.monotonic()
                self._changed.wait(max(pause, 0.001))
            return None

    def _tell(self, word: _Word) -> bool:
        with self._ledger.lock:
            endpoint = self._ledger.things.get(word.endpoint)
            event = self._ledger.things.get(word.event)
            if endpoint is None or event is None:
                return True
            url, body, headers = self.letter(endpoint, event)
        self.sent.append((url, body, headers))
        status = post(url, body, headers)
        with self._ledger.lock:
            event["pending_webhooks"] = max(0, event["pending_webhooks"] - (200 <= status < 300))
        return 200 <= status < 300

    def letter(self, endpoint: Thing, event: Thing, at: int | None = None) -> tuple[str, bytes, dict[str, str]]:
        """Address, body and headers of an event for an endpoint, signed now or ``at``."""
        body = json.dumps(event, indent=2).encode()
        secrets: list[str] = self._ledger.notes[endpoint["id"]]["secrets"]
        mark = sign(body, secrets, self._ledger.now if at is None else at)
        headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": mark}
        return str(endpoint["url"]), body, {**headers, "User-Agent": "Stripe/1.0 (local)"}


def post(url: str, body: bytes, headers: dict[str, str]) -> int:
    """One POST, no redirects; the status. Raises OSError, HTTPException."""
    parts = urlsplit(url)
    kinds: dict[str, Callable[..., Any]] = {"http": http.client.HTTPConnection, "https": http.client.HTTPSConnection}
    link = kinds[parts.scheme](parts.hostname, parts.port, timeout=TIMEOUT_S)
    try:
        link.request("POST", (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers)
        answer = link.getresponse()
        answer.read(1000)
        return int(answer.status)
    finally:
        link.close()
