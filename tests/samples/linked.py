"""A driver for machines with an address that does what its test says, in the thread of its link."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import ClassVar

from craftops.bridges.bridge import Bridge
from craftops.bridges.camera_poller import PollIntervals
from craftops.bridges.link_supervisor import Pauses
from craftops.domain.machines.readings import MachineState, ProcessKind, Reading
from craftops.sdk.linked import (
    ADDRESS,
    API_KEY,
    Answer,
    DriverSession,
    Link,
    LinkedDriver,
    LinkField,
    PendingCommand,
    RunRecord,
    Say,
)
from craftops.sdk.machine import BrokerAddress, CommandKind, MachineFacts
from craftops.services.machines import registry
from craftops.store.database import connected, utcnow
from craftops.store.doorbell import Doorbell, bell_folder
from craftops.testing import Workshop

WAIT = 15.0
QUICK = Pauses(first=0.05, longest=0.2, rarely=30.0, steady=5.0)
Follow = Callable[["ScriptedLink", DriverSession], None]
Obey = Callable[["ScriptedLink", PendingCommand], Answer]


def report(link: ScriptedLink, session: DriverSession) -> None:
    """An idle machine that says so every tenth of a second."""
    session.connected("Scripted 1.0")
    while not session.stopping:
        session.hear(link.driver.readings.get(link.facts.key) or Reading(MachineState.IDLE, session.now()))
        session.wait(0.1)


def agree(_link: ScriptedLink, _errand: PendingCommand) -> Answer:
    return Answer.confirmed("It does.")


class ScriptedLink(Link):
    def __init__(self, driver: ScriptedDriver, facts: MachineFacts) -> None:
        self.driver = driver
        self.facts = facts

    def follow(self, session: DriverSession) -> None:
        self.driver.followed.append(self.facts)
        self.driver.follow.get(self.facts.key, report)(self, session)

    def obey(self, pending: PendingCommand) -> Answer:
        self.driver.obeyed.append((pending.command.kind.value, pending.again))
        return self.driver.obey(self, pending)

    def close(self) -> None:
        self.driver.closed += 1


class ScriptedDriver(LinkedDriver):
    name: ClassVar[str] = "scripted"
    title: ClassVar[str] = "Scripted"
    summary: ClassVar[str] = "Does what its test says."
    fields: ClassVar[tuple[LinkField, ...]] = (ADDRESS, API_KEY)
    commands: ClassVar[frozenset[CommandKind]] = frozenset(
        {CommandKind.START, CommandKind.PAUSE, CommandKind.RESUME, CommandKind.CANCEL}
    )
    needs_program: ClassVar[bool] = False
    asks_for: ClassVar[str] = "api_key"
    ask_title: ClassVar[str] = "Ask it for a key"

    def __init__(self) -> None:
        self.follow: dict[str, Follow] = {}
        self.obey: Obey = agree
        self.answer: Callable[[Say], str] = lambda say: "fresh-key"
        self.readings: dict[str, Reading] = {}
        self.followed: list[MachineFacts] = []
        self.obeyed: list[tuple[str, bool]] = []
        self.closed = 0
        self.past: tuple[RunRecord, ...] = ()
        self.remembers: Exception | None = None
        """Raised once instead of the past."""

    def history(self, machine: MachineFacts) -> tuple[RunRecord, ...]:
        raised, self.remembers = self.remembers, None
        if raised is not None:
            raise raised
        return self.past

    def connect(self, machine: MachineFacts) -> Link:
        return ScriptedLink(self, machine)

    def ask(self, machine: MachineFacts, say: Say, stop: threading.Event) -> str:
        return self.answer(say)


class RunningBridge:
    """A bridge in a thread, without a broker: nothing listens where it looks for one."""

    def __init__(self, workshop: Workshop, pauses: Pauses = QUICK, pace: PollIntervals | None = None) -> None:
        self.workshop = workshop
        self.bell = Doorbell(bell_folder(workshop.shop.config.data), "bridge")
        self.bridge = Bridge(
            workshop.shop, BrokerAddress("127.0.0.1", 9), "x", "x", self.bell, pauses=pauses, pace=pace
        )
        self.stop_event = threading.Event()
        ready = threading.Event()
        self.thread = threading.Thread(target=self.bridge.run, args=(self.stop_event, ready.set))
        self.thread.start()
        assert ready.wait(WAIT)

    def stop(self) -> None:
        self.stop_event.set()
        self.bell.ring_again()  # or it listens for a second more
        self.thread.join(WAIT)
        assert not self.thread.is_alive()
        self.bell.close()


def add(
    workshop: Workshop, key: str = "printer-1", driver: str = "scripted", address: str = "http://127.0.0.1:9"
) -> None:
    registry.add_machine(
        workshop.shop, key=key, name=key.title(), driver=driver, process=ProcessKind.FDM,
        given={"address": address, "api_key": "secret-key"}, actor=workshop.actor("sam"), at=utcnow(),
    )  # fmt: skip


def soon(workshop: Workshop, true: Callable[[], object], within_s: float = WAIT) -> None:
    """Wait until the database says so; the bell rings at every commit."""
    deadline = utcnow().timestamp() + within_s
    while utcnow().timestamp() < deadline:
        with connected():
            if true():
                return
        workshop.bell.wait(0.2)
    raise AssertionError("it did not come true in time")
