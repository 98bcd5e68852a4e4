"""Webhooks going out, signed as EasyPost signs them, each to every webhook of its mode."""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import queue
import random
import threading
import unicodedata
from dataclasses import dataclass

from craftops.testing.easypost.ledger import PostLedger
from craftops.testing.easypost.objects import Thing
from craftops.testing.stripe.deliveries import post

log = logging.getLogger("craftops.testing.easypost")
TRIES = 3


@dataclass(slots=True)
class PostWeather:
    """How words travel."""

    held: bool = False
    duplicates: int = 0
    shuffled: bool = False
    lost: int = 0


def sign(body: bytes, secret: str) -> str:
    """The ``X-Hmac-Signature`` of a body, as the official client checks it."""
    key = unicodedata.normalize("NFKD", secret).encode()
    return "hmac-sha256-hex=" + hmac.new(key, body, hashlib.sha256).hexdigest()


class PostDeliveries:
    """One thread that tells webhooks; ``sent`` are all words that went out."""

    def __init__(self, ledger: PostLedger) -> None:
        self.weather = PostWeather()
        self.sent: list[tuple[str, bytes, dict[str, str]]] = []
        self._ledger = ledger
        self._words: queue.Queue[tuple[str, str] | None] = queue.Queue()
        self._held: list[tuple[str, str]] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        ledger.happened.append(self.take)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        self._words.put(None)
        self._thread.join(5)

    def take(self, event: Thing) -> None:
        for webhook in self._ledger.of("Webhook", event["mode"]):
            if self.weather.lost > 0:
                self.weather.lost -= 1
                continue
            words = [(webhook["id"], event["id"])] * (1 + self.weather.duplicates)
            if self.weather.held:
                self._held += words
            else:
                for one in words:
                    self._words.put(one)

    def release(self) -> int:
        """Send what was held; how many words that were."""
        words, self._held, self.weather.held = self._held, [], False
        if self.weather.shuffled:
            random.SystemRandom().shuffle(words)
        for one in words:
            self._words.put(one)
        return len(words)

    def drain(self) -> None:
        """Wait until everything went out."""
        self._words.join()

    def letter(self, event: Thing, secret: str) -> tuple[bytes, dict[str, str]]:
        body = json.dumps(event).encode()
        return body, {"Content-Type": "application/json", "X-Hmac-Signature": sign(body, secret)}

    def _run(self) -> None:
        while (word := self._words.get()) is not None:
            try:
                self._tell(*word)
            finally:
                self._words.task_done()

    def _tell(self, webhook_id: str, event_id: str) -> None:
        with self._ledger.lock:
            webhook, event = self._ledger.things.get(webhook_id), self._ledger.things.get(event_id)
            if webhook is None or event is None:
                return
            body, headers = self.letter(event, self._ledger.notes[webhook_id]["secret"])
            headers |= {one["name"]: one["value"] for one in webhook["custom_headers"]}
        self.sent.append((webhook["url"], body, headers))
        for _ in range(TRIES):
            try:
                if 200 <= post(webhook["url"], body, headers) < 300:
                    return
            except OSError as error:
                log.info("webhook to %s: %s", webhook["url"], error)
