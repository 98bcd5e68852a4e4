"""The bridge process: hears machines, passes commands on, lets idle machines take their next job."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from craftops.bridges.link import BrokerLink
from craftops.domain.access import SYSTEM
from craftops.domain.machines import MachineState, ProcessKind, Reading
from craftops.domain.production import ACTIVE, JobState
from craftops.errors import CraftOpsError, OutsideError
from craftops.sdk.machine import (
    About,
    Availability,
    BrokerAddress,
    Command,
    CommandKind,
    MachineFacts,
    MqttDriver,
    Word,
)
from craftops.services import floor, progressing, reporting
from craftops.services.shop import Shop
from craftops.store.database import connected, unit_of_work, utcnow
from craftops.store.doorbell import Doorbell
from craftops.store.models import JobRow, MachineCommandRow, MachineRow
from craftops.store.queries import production

log = logging.getLogger("craftops.bridge")
LOOK_EVERY_S = 1.0
TRY_AGAIN_AFTER = timedelta(minutes=2)
IDLE = (MachineState.IDLE.value, MachineState.DONE.value)


@dataclass
class _Companion:
    stop: threading.Event
    thread: threading.Thread


class Bridge:
    """Runs until stopped. The database is the only thing that it shares with the web and the worker."""

    def __init__(
        self,
        shop: Shop,
        address: BrokerAddress,
        username: str,
        password: str,
        bell: Doorbell,
        *,
        companions: bool = True,
    ) -> None:
        self.shop = shop
        self.address = address
        self.bell = bell
        self.link = BrokerLink(address, username, password, self.hear)
        self.companions = companions
        self._running: dict[tuple[str, str], _Companion] = {}
        self._known: dict[str, tuple[str, str]] = {}

    def run(self, stop: threading.Event, ready: Callable[[], None] = lambda: None) -> None:
        """Work until ``stop`` is set."""
        self.look()
        self.link.start()
        ready()
        while not stop.is_set():
            self.bell.wait(LOOK_EVERY_S)
            try:
                self.look()
            except Exception:
                log.exception("the bridge stumbled; it goes on")
        self.link.stop()
        for companion in self._running.values():
            companion.stop.set()
        for companion in self._running.values():
            companion.thread.join(5)

    def look(self) -> None:
        """Everything that a change in the database may ask of the bridge."""
        with connected():
            self._follow_machines()
            reporting.settle_offline(self.shop, at=utcnow())
            self._feed_idle_machines()
            self._pass_commands_on()

    def hear(self, words: Sequence[tuple[str, Word]]) -> None:
        """Take in what machines said, each in its order: one word at once, many together."""
        readings: list[tuple[str, Reading]] = []
        for key, word in words:
            if isinstance(word, Reading):
                readings.append((key, word))
                continue
            self._take_readings(readings)
            readings = []
            self.take(key, word)
        self._take_readings(readings)

    def _take_readings(self, readings: Sequence[tuple[str, Reading]]) -> None:
        with connected():
            progressing.take(self.shop, readings, at=utcnow())

    def take(self, key: str, word: Word) -> None:
        """Take in one word of a machine."""
        at = utcnow()
        with connected():
            if isinstance(word, Reading):
                self._take_readings([(key, word)])
            elif isinstance(word, Availability):
                reporting.take_availability(key, word.online, at=at)
            elif isinstance(word, About):
                reporting.take_about(key, word.report_interval_s)
            else:
                reporting.take_refusal(key, word.code, word.sentence, word.raw, at=at)

    def facts(self, machine: MachineRow) -> MachineFacts:
        """The machine as its driver may see it."""
        driver = self.shop.plugins.machine_drivers.get(machine.driver)
        secret = self.shop.sealer.open(machine.sealed_secret) if driver and driver.needs_secret else ""
        process = ProcessKind(machine.process)
        return MachineFacts(machine.key, machine.name, process, machine.report_interval_s, secret)

    def _follow_machines(self) -> None:
        heard: dict[str, tuple[MachineFacts, MqttDriver]] = {}
        wanted: dict[tuple[str, str], MachineRow] = {}
        for machine in MachineRow.select().where(MachineRow.enabled):
            driver = self.shop.plugins.machine_drivers.get(machine.driver)
            if isinstance(driver, MqttDriver):
                heard[machine.key] = (self.facts(machine), driver)
            if driver is not None and self.companions:
                wanted[machine.key, machine.sealed_secret] = machine
        self.link.set_machines(heard)
        for identity in set(self._running) - set(wanted):
            self._running.pop(identity).stop.set()
        for identity, machine in wanted.items():
            if identity not in self._running:
                self._start_companion(identity, machine)

    def _start_companion(self, identity: tuple[str, str], machine: MachineRow) -> None:
        driver = self.shop.plugins.machine_drivers[machine.driver]
        work = driver.run_beside(self.facts(machine), self.address)
        if work is None:
            return
        stop = threading.Event()
        thread = threading.Thread(target=work, args=(stop,), name=f"beside-{machine.key}", daemon=True)
        thread.start()
        self._running[identity] = _Companion(stop, thread)

    def _feed_idle_machines(self) -> None:
        for machine in MachineRow.select().where(MachineRow.enabled, MachineRow.online, MachineRow.state.in_(IDLE)):
            driver = self.shop.plugins.machine_drivers.get(machine.driver)
            if driver is None or not driver.auto_start:
                continue
            queue = production.queue_of(machine.id)
            if not queue or any(JobState(row.state) in ACTIVE for row in queue):
                continue
            self._ask_start(machine, queue[0])

    def _ask_start(self, machine: MachineRow, job: JobRow) -> None:
        """Ask for the next job once; again only after two minutes without an answer (the device dedupes)."""
        last = (
            MachineCommandRow.select()
            .where(MachineCommandRow.job == job.id, MachineCommandRow.machine == machine.id)
            .order_by(MachineCommandRow.id.desc())
            .first()
        )
        now = utcnow()
        if last is not None and now - last.asked_at < TRY_AGAIN_AFTER:
            return
        attempt = 0 if last is None else last.id
        try:
            floor.command(
                self.shop, machine.key, CommandKind.START, actor=SYSTEM, at=now, intent=f"auto-{job.code}-{attempt}"
            )
        except CraftOpsError as error:
            log.warning("%s was not started: %s", job.code, error.sentence)

    def _pass_commands_on(self) -> None:
        if not self.link.connected:
            return
        for row in (
            MachineCommandRow.select().where(MachineCommandRow.state == "waiting").order_by(MachineCommandRow.id)
        ):
            self._pass_on(row, utcnow())

    def _pass_on(self, row: MachineCommandRow, at: datetime) -> None:
        machine: MachineRow = row.machine
        driver = self.shop.plugins.machine_drivers.get(machine.driver)
        brief = floor.brief_of(row.job) if row.job else None
        command = Command(CommandKind(row.kind), row.intent, at, brief)
        said = driver.command(self.facts(machine), command) if isinstance(driver, MqttDriver) else None
        state, error = "sent", ""
        if said is None:
            state, error = "refused", "This machine cannot be told."
        else:
            try:
                self.link.publish(said)
            except OutsideError as fault:
                log.warning("%s: %s", machine.key, fault.sentence)
                return
        with unit_of_work():
            MachineCommandRow.update(state=state, sent_at=at, error=error).where(
                MachineCommandRow.id == row.id
            ).execute()
