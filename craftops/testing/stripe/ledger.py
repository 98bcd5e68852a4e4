"""What the local Stripe remembers: things by id, what happened, which requests it answered. JSON, in memory or a file."""

from __future__ import annotations

import copy
import json
import os
import random
import string
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from craftops.testing.stripe import objects
from craftops.testing.stripe.forms import StripeFault, no_such
from craftops.testing.stripe.objects import Thing

LETTERS = string.ascii_letters + string.digits
PREFIXES = {
    "checkout.session": "cs", "payment_intent": "pi", "charge": "ch", "refund": "re", "dispute": "dp", "event": "evt",
    "balance_transaction": "txn", "customer": "cus", "webhook_endpoint": "we", "item": "li", "payment_method": "pm",
}  # fmt: skip
KINDS = {prefix: kind for kind, prefix in PREFIXES.items()}
VERSION = "2026-10-28.endive"
"""The version of the API whose objects these are."""


class Ledger:
    """Everything of one account. ``lock`` is held by whoever reads and writes."""

    def __init__(self, path: Path | None = None, clock: Callable[[], float] = time.time) -> None:
        self.lock = threading.RLock()
        self.path = path
        self.happened: list[Callable[[Thing], None]] = []
        self._clock = clock
        self._random = random.SystemRandom()
        self.things: dict[str, Thing] = {}
        self.notes: dict[str, dict[str, Any]] = {}
        """What Stripe knows of a thing and does not show, by its id."""
        self.answers: dict[str, dict[str, Any]] = {}
        """Answers by mode and idempotency key."""
        self.ahead_s = 0
        if path is not None and path.exists():
            self.__dict__.update(json.loads(path.read_text()))

    def save(self) -> None:
        """Write the file, whole or not at all."""
        if self.path is None:
            return
        kept = {name: getattr(self, name) for name in ("things", "notes", "answers", "ahead_s")}
        draft = self.path.with_name(self.path.name + ".new")
        draft.write_text(json.dumps(kept))
        os.replace(draft, self.path)

    @property
    def now(self) -> int:
        """Seconds of the epoch, by a clock that tests may turn ahead."""
        return int(self._clock()) + self.ahead_s

    def key(self, kind: str, live: bool = False) -> str:
        """A fresh id, as Stripe writes one."""
        prefix = PREFIXES[kind]
        if kind == "checkout.session":
            return f"cs_{'live' if live else 'test'}_a1{self._letters(56)}"
        return f"{prefix}_1{self._letters(23)}"

    def _letters(self, count: int) -> str:
        return "".join(self._random.choices(LETTERS, k=count))

    def add(self, thing: Thing, live: bool, **notes: Any) -> Thing:
        self.things[thing["id"]] = thing
        self.notes[thing["id"]] = {"live": live, "nr": len(self.notes), **notes}
        return thing

    def get(self, kind: str, key: Any, live: bool, param: str = "id") -> Thing:
        """Raises StripeFault: not there, or of the other mode."""
        thing = self.things.get(key) if isinstance(key, str) else None
        if thing is None or thing["object"] != kind:
            raise no_such(kind, str(key), param)
        if self.notes[thing["id"]]["live"] is not live:
            other = "test" if live else "live"
            raise StripeFault(
                404,
                f"There is no {kind} '{key}' here; one of that id is in {other} mode, and the key is of the other.",
                code="resource_missing",
                param=param,
            )
        return thing

    def of(self, kind: str, live: bool) -> list[Thing]:
        """All of a kind, the newest first."""
        found = [one for one in self.things.values() if one["object"] == kind and self.notes[one["id"]]["live"] is live]
        return sorted(found, key=lambda one: self.notes[one["id"]]["nr"], reverse=True)

    def where(self, kind: str, **values: Any) -> Iterator[Thing]:
        """Those of a kind, of either mode, that have these values; the oldest first."""
        for one in list(self.things.values()):
            if one["object"] == kind and all(one.get(key) == value for key, value in values.items()):
                yield one

    def tell(self, kind: str, thing: Thing) -> Thing:
        """An event with the thing as it is now."""
        live = self.notes[thing["id"]]["live"]
        event = objects.event(self.key("event"), self.now, live, kind, copy.deepcopy(thing), VERSION)
        self.add(event, live)
        for told in self.happened:
            told(event)
        return event
