"""What the local EasyPost remembers: things by id, in memory or in a file."""

from __future__ import annotations

import copy
import json
import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from craftops.testing.easypost import objects
from craftops.testing.easypost.faults import missing
from craftops.testing.easypost.objects import Thing


class PostLedger:
    """Everything of one account. ``lock`` is held by whoever reads and writes."""

    def __init__(self, path: Path | None = None) -> None:
        self.lock = threading.RLock()
        self.path = path
        self.happened: list[Callable[[Thing], None]] = []
        self.things: dict[str, Thing] = {}
        self.notes: dict[str, dict[str, Any]] = {}
        """What is not shown: the order in which things came, secrets of webhooks."""
        self.ahead_s = 0
        if path is not None and path.exists():
            self.__dict__.update(json.loads(path.read_text()))

    def save(self) -> None:
        """Write the file, whole or not at all."""
        if self.path is None:
            return
        draft = self.path.with_name(self.path.name + ".new")
        draft.write_text(json.dumps({name: getattr(self, name) for name in ("things", "notes", "ahead_s")}))
        os.replace(draft, self.path)

    @property
    def now(self) -> datetime:
        return datetime.fromtimestamp(time.time() + self.ahead_s, UTC)

    def add(self, thing: Thing, **notes: Any) -> Thing:
        self.things[thing["id"]] = thing
        self.notes[thing["id"]] = {"nr": len(self.notes), **notes}
        return thing

    def get(self, kind: str, name: str, mode: str) -> Thing:
        """By id; shipments and pickups by their reference too, the newest of it. Raises EasyPostFault."""
        found = self.things.get(name)
        if found is None and kind in ("Shipment", "Pickup"):
            found = next((one for one in self.of(kind, mode) if one["reference"] == name), None)
        if found is None or found["object"] != kind or found["mode"] != mode:
            raise missing()
        return found

    def of(self, kind: str, mode: str) -> list[Thing]:
        """All of a kind, the newest first."""
        found = [one for one in self.things.values() if one["object"] == kind and one["mode"] == mode]
        return sorted(found, key=lambda one: self.notes[one["id"]]["nr"], reverse=True)

    def tell(self, kind: str, result: Thing, previous: Thing | None = None) -> Thing:
        """An event with the thing as it is now."""
        made = objects.event(self.now, result["mode"], kind, copy.deepcopy(result), previous or {})
        self.add(made)
        for told in self.happened:
            told(made)
        return made
