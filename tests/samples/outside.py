"""Words of machines as others have reported them, played to the shop: through the real driver, and the bridge that hears
it. Only the network and the clock are left out, so that no test waits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from craftops.bridges import bridge as bridges
from craftops.bridges.bridge import Bridge
from craftops.domain.machines.readings import ProcessKind
from craftops.domain.people.access import Actor
from craftops.sdk.machine import Availability, BrokerAddress, MachineDriver, MqttDriver, Word
from craftops.services.machines import linking, registry
from craftops.store.database import utcnow
from craftops.store.models import JobRow, MachineRow
from craftops.testing import Workshop

FOLDER = Path(__file__).parents[3] / "shared" / "outside" / "machines"
PREFIX = "craftops/v1"


def sequence(name: str) -> list[Any]:
    """The words of one report; without the folder the test says so."""
    if not FOLDER.is_dir():
        pytest.skip("the folder of what others have reported (../shared/outside/machines) is not here")
    found: list[Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return found


@dataclass
class Floor:
    """One machine on the broker, a bridge that hears it, and jobs that wait. ``gap_s`` lies between two words."""

    workshop: Workshop
    driver: MachineDriver
    patch: pytest.MonkeyPatch
    gap_s: float = 0.4
    key: str = "printer-1"
    given: Mapping[str, str] | None = None
    jobs: list[JobRow] = field(default_factory=list)
    now: datetime = field(default_factory=utcnow)
    kept: dict[str, bytes] = field(default_factory=dict)
    """What the broker keeps, by topic, in the order in which it was said last."""

    def __post_init__(self) -> None:
        shop = self.workshop.shop
        shop.plugins.machine_drivers[self.driver.name] = self.driver
        registry.add_machine(
            shop, key=self.key, name=self.key.title(), driver=self.driver.name, process=ProcessKind.FDM,
            given=self.given, actor=self.sam, at=utcnow(),
        )  # fmt: skip
        self.patch.setattr(bridges, "utcnow", lambda: self.now)
        self.bridge = self._bridge()

    @property
    def sam(self) -> Actor:
        return self.workshop.actor("sam")

    def _bridge(self) -> Bridge:
        return Bridge(self.workshop.shop, BrokerAddress("127.0.0.1", 9), "x", "x", self.workshop.bell)

    def wait_for_machine(self, count: int, *, planned_s: float | None = None, file: str = "") -> None:
        """Jobs of one order each, in the machine's queue."""
        for _ in range(count):
            job = self.workshop.accept(self.workshop.place("ada"), self.key)
            values = {"planned_s": planned_s or job.planned_s, "gcode_name": file}
            JobRow.update(values).where(JobRow.id == job.id).execute()
            self.jobs.append(job)

    def restart(self) -> None:
        """The bridge is started anew, and the broker tells it what it has kept."""
        self.driver = type(self.driver)()
        self.workshop.shop.plugins.machine_drivers[self.driver.name] = self.driver
        self.bridge = self._bridge()
        for topic, payload in list(self.kept.items()):
            self.hear(topic, payload, retained=True)

    def hear(self, leaf: str, payload: bytes, *, retained: bool = False, topic: str = "") -> None:
        """One message below the machine's prefix (or on ``topic``), ``gap_s`` after the one before."""
        self.now += timedelta(seconds=self.gap_s)
        machine = self.machine
        facts = linking.facts_of(self.workshop.shop, machine)
        said = topic or f"{PREFIX}/{self.key}/{leaf}"
        assert isinstance(self.driver, MqttDriver)
        word = self.driver.read(facts, said, payload, retained=retained, received_at=self.now)
        if word is not None:
            self.take(word)

    def say(self, leaf: str, payload: bytes, *, retain: bool = True) -> None:
        """The machine publishes it, and the broker keeps it."""
        if retain:
            self.kept.pop(leaf, None)
            self.kept[leaf] = payload
        self.hear(leaf, payload)

    def status(self, said: Mapping[str, Any], *, retain: bool = True) -> None:
        self.say("status", orjson.dumps({"v": 1, **said}), retain=retain)

    def take(self, word: Word) -> None:
        if isinstance(word, Availability):
            self.bridge.take(self.key, word)
        else:
            self.bridge.hear([(self.key, word)])

    def look(self, seconds: float) -> None:
        """Time goes by; drivers that count it are asked."""
        self.now += timedelta(seconds=seconds)
        self.bridge._count_time([self.machine])

    @property
    def machine(self) -> MachineRow:
        return self.workshop.machine_row(self.key)

    @property
    def states(self) -> list[str]:
        return [JobRow.get_by_id(job.id).state for job in self.jobs]

    def job(self, number: int = 0) -> JobRow:
        row: JobRow = JobRow.get_by_id(self.jobs[number].id)
        return row

    @property
    def todo(self) -> str:
        """What staff read of machines that need hands."""
        return self.workshop.browser("sam").see("/staff/todo/machines")
