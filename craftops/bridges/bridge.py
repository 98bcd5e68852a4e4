"""The bridge process: hears machines, passes commands on, lets idle machines take their next job."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime

from craftops.bridges.broker.base import bridge_client_id
from craftops.bridges.broker_link import BrokerLink
from craftops.bridges.camera_poller import CameraPoller, PollIntervals
from craftops.bridges.command_queue import BridgeCommand, one_at_a_time
from craftops.bridges.connection_tests import ConnectionTests
from craftops.bridges.drivers import contained
from craftops.bridges.home_assistant_announcer import HomeAssistantAnnouncer
from craftops.bridges.inbox import Inbox, LearnedField, LinkNews, News, Past
from craftops.bridges.link_supervisor import LinkSupervisor, Pauses, WantedLink
from craftops.bridges.stale_readings import StaleReadingFilter
from craftops.domain.machines.readings import MachineState, Reading
from craftops.errors import OutsideError
from craftops.sdk.linked import Answer, LinkedDriver, Program
from craftops.sdk.machine import (
    About,
    Availability,
    BrokerAddress,
    CommandKind,
    MachineDriver,
    MachineFacts,
    MqttDriver,
    Word,
)
from craftops.services.estimation import learning
from craftops.services.machines import commands, connection_tests, linking, progressing, reporting
from craftops.services.shop.context import Shop
from craftops.services.shop.epochs import is_copy
from craftops.store.database import connected, unit_of_work, utcnow
from craftops.store.doorbell import Doorbell
from craftops.store.mapping import to_memory
from craftops.store.queries import bridge as queries
from craftops.store.views.machines import CommandedJob, FollowedMachine, OpenCommand

log = logging.getLogger("craftops.bridge")
LOOK_EVERY_S = 1.0
REST_AFTER_LOOK = 4
"""Of a floor of hundreds a look takes a tenth of a second, and bells ring all the time: it gets a fifth of it."""
BETWEEN_ESTIMATES_S = 0.1
ESTIMATES_AT_ONCE = 8
"""Machines whose estimates are worked out in one go, which readings wait for."""
IDLE = (MachineState.IDLE.value, MachineState.DONE.value)
Beside = Callable[[threading.Event], None]
"""What runs beside a machine as long as it is configured."""


def _nothing(_stop: threading.Event) -> None:
    """Instead of a companion that could not be made: it is not tried again before its machine is another."""


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
        pauses: Pauses | None = None,
        pace: PollIntervals | None = None,
    ) -> None:
        self.shop = shop
        self.address = address
        self.bell = bell
        client_id = bridge_client_id(shop.config.keys().broker)
        self.link = BrokerLink(address, username, password, self.hear, client_id, self._broke)
        self.announcer = HomeAssistantAnnouncer(shop, self.link)
        self.inbox = Inbox(self.take)
        self.keeper = LinkSupervisor(self.inbox, self.last_reading, pauses, self._broke)
        self.trials = ConnectionTests(shop)
        self.cameras = CameraPoller(shop, pace)
        self.companions = companions
        self._hearsay = StaleReadingFilter()
        self._running: dict[tuple[str, str], _Companion] = {}
        self._behind: dict[str, None] = {}
        self._owed: dict[str, Word] = {}
        """Words of drivers that count time, which could not be stored: they are said once."""

    def run(self, stop: threading.Event, ready: Callable[[], None] = lambda: None) -> None:
        """Work until ``stop`` is set."""
        with connected():
            connection_tests.forget_links(utcnow())
        self.inbox.start()
        self._safely(self.look)
        self.link.start()
        ready()
        rung, looked_at, took = False, time.monotonic(), 0.0
        while not stop.is_set():
            rung |= self.bell.wait(BETWEEN_ESTIMATES_S if self._behind or rung else LOOK_EVERY_S)
            self._safely(self.catch_up)
            rested = time.monotonic() - looked_at - took
            if rested >= LOOK_EVERY_S or (rung and rested >= REST_AFTER_LOOK * took):
                rung, looked_at = False, time.monotonic()
                self._safely(self.look)
                took = time.monotonic() - looked_at
        self._leave()

    def _safely(self, do: Callable[[], None]) -> None:
        try:
            do()
        except Exception:
            log.exception("the bridge stumbled; it goes on")

    def _leave(self) -> None:
        self.cameras.stop()
        self.trials.stop()
        self.keeper.stop()
        self.inbox.stop(5)
        self.announcer.leave()
        self.link.stop()
        for companion in self._running.values():
            companion.stop.set()
        for companion in self._running.values():
            companion.thread.join(5)

    def _broke(self, driver: MachineDriver, where: str, error: BaseException | str) -> None:
        self.shop.plugins.broke(driver, where, error)  # asked anew each time: the plugins may be others by now

    def look(self) -> None:
        """Everything that a change in the database may ask of the bridge."""
        with connected():
            reporting.settle_offline(self.shop, at=utcnow())
            machines = queries.followed_machines()
            self._follow_machines(machines)
            self.trials.look(utcnow())
            self.keeper.look_after(utcnow())
            changed = self._count_time(machines)
            self._feed_idle_machines(machine for machine in machines if machine.key not in changed)
            self._pass_commands_on()
            self._give_errands()
            self.announcer.look(utcnow())
            self.cameras.look()

    def catch_up(self) -> None:
        """Work out some of the estimates that are older than what machines said; what only tells how far a run is
        comes in meanwhile, between one portion and the next."""
        keys = list(self._behind)[:ESTIMATES_AT_ONCE]
        if not keys:
            return
        for key in keys:
            del self._behind[key]
        with connected():
            progressing.catch_up(self.shop, keys, at=utcnow())

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
            worth = self._hearsay.sift(readings)
            for key in progressing.take(self.shop, worth, at=utcnow()):
                self._behind[key] = None
            self._hearsay.stored(worth)

    def take(self, key: str, word: News) -> None:
        """Take in one word of a machine, or of its link."""
        at = utcnow()
        with connected():
            if isinstance(word, Reading):
                self._take_readings([(key, word)])
            elif isinstance(word, Availability):
                reporting.take_availability(key, word.online, at=at)
                if (reading := self._hearsay.released(key, word)) is not None:
                    self._take_readings([(key, reading)])
            elif isinstance(word, About):
                reporting.take_about(key, word.report_interval_s)
            elif isinstance(word, Past):
                learning.take_history(key, word.runs, at=at)
            elif isinstance(word, LinkNews):
                connection_tests.take_link(
                    key, word.state, word.sentence, at=word.at, next_at=word.next_at, crashed=word.crashed
                )
            elif isinstance(word, LearnedField):
                linking.learn(self.shop, key, word.name, word.value, at=at)
            else:
                if word.end is not None:
                    self._take_readings([(key, word.end)])
                reporting.take_refusal(key, word.code, word.sentence, word.raw, at=at)

    def last_reading(self, key: str) -> Reading | None:
        """The newest reading of a machine that is in the store."""
        with one_at_a_time, connected():
            machine = queries.machine_of_key(key)
            return to_memory(machine).last if machine is not None else None

    def _follow_machines(self, machines: Iterable[FollowedMachine]) -> None:
        heard: dict[str, tuple[MachineFacts, MqttDriver]] = {}
        called: dict[str, WantedLink] = {}
        wanted: dict[tuple[str, str], FollowedMachine] = {}
        for machine in machines:
            driver = self.shop.plugins.machine_drivers.get(machine.driver)
            if isinstance(driver, MqttDriver):
                heard[machine.key] = (linking.facts_of(self.shop, machine), driver)
            if isinstance(driver, LinkedDriver):
                called[machine.key] = self._wanted(machine, driver)
            if driver is not None and self.companions:
                wanted[machine.key, machine.sealed_secret] = machine
        self.link.set_machines(heard)
        self.keeper.set_machines(called)
        for identity in set(self._running) - set(wanted):
            self._running.pop(identity).stop.set()
        for identity, machine in wanted.items():
            if identity not in self._running:
                self._start_companion(identity, machine)

    def _wanted(self, machine: FollowedMachine, driver: LinkedDriver) -> WantedLink:
        identity = (machine.id, driver.name, machine.address, machine.sealed_secret)
        return WantedLink(identity, linking.facts_of(self.shop, machine), driver)

    def _start_companion(self, identity: tuple[str, str], machine: FollowedMachine) -> None:
        driver = self.shop.plugins.machine_drivers[machine.driver]
        facts, stop = linking.facts_of(self.shop, machine), threading.Event()

        def made() -> Beside | None:
            return driver.run_beside(facts, self.address)

        work = contained(driver, machine.key, "run_beside", made, self._broke, _nothing)
        if work is None:
            return

        def beside(work: Beside = work) -> None:
            contained(driver, machine.key, "run_beside", lambda: work(stop), self._broke, None)

        thread = threading.Thread(target=beside, name=f"beside-{machine.key}", daemon=True)
        thread.start()
        self._running[identity] = _Companion(stop, thread)

    def _count_time(self, machines: Iterable[FollowedMachine]) -> set[str]:
        """Ask the drivers that count time; the keys of the machines of which they had something to say."""
        changed = set()
        for row in machines:
            driver = self.shop.plugins.machine_drivers.get(row.driver)
            if isinstance(driver, MqttDriver) and driver.counts_time:
                word = self._owed.get(row.key) or self._looked(driver, row)
                if word is not None:
                    self._owed[row.key] = word
                    self.take(row.key, word)
                    del self._owed[row.key]
                    changed.add(row.key)
        return changed

    def _looked(self, driver: MqttDriver, row: FollowedMachine) -> Word | None:
        facts, last = linking.facts_of(self.shop, row), to_memory(row).last
        return contained(driver, row.key, "look", lambda: driver.look(facts, last, utcnow()), self._broke, None)

    def _feed_idle_machines(self, machines: Iterable[FollowedMachine]) -> None:
        if is_copy():
            return
        for machine in machines:
            driver = self.shop.plugins.machine_drivers.get(machine.driver)
            if driver is None or not driver.auto_start or not machine.online or machine.state not in IDLE:
                continue
            commands.ask_start(self.shop, machine.id, machine.key, at=utcnow())

    def _pass_commands_on(self) -> None:
        """Over the broker. What has waited for too long, or is about what is no more, is answered and not passed on."""
        if not self.link.connected:
            return
        for row in queries.open_commands():
            if row.state != "waiting" or isinstance(self._driver_of(row), LinkedDriver):
                continue
            now = utcnow()
            reason = commands.why_void(row, now)
            if reason:
                commands.answer_command(row.id, Answer.refused(reason), now)
            else:
                self._pass_on(row, now)

    def _give_errands(self) -> None:
        """Commands for machines with an address go to their own threads; what nobody could pass on in time is over."""
        now = utcnow()
        for row in queries.open_commands():
            key = row.machine.key
            if not isinstance(self._driver_of(row), LinkedDriver):
                continue
            reason = commands.why_void(row, now) if row.state == "waiting" else commands.COPY if is_copy() else ""
            if reason:
                if self.keeper.errands.drop(key, row.id):
                    commands.answer_command(row.id, Answer.refused(reason), now)
                continue
            command = commands.told(row, row.asked_at)
            program = self._program(row.job) if command.kind is CommandKind.START and row.job else None
            self.keeper.give(key, BridgeCommand(row.id, command, program, row.state == "begun"))

    def _driver_of(self, command: OpenCommand) -> MachineDriver | None:
        return self.shop.plugins.machine_drivers.get(command.machine.driver)

    def _program(self, job: CommandedJob) -> Program | None:
        if not job.gcode_sha:
            return None
        path = self.shop.files.path(job.gcode_sha)
        return Program(job.gcode_name, path.stat().st_size, path) if path.is_file() else None

    def _pass_on(self, row: OpenCommand, at: datetime) -> None:
        machine, driver, command = row.machine, self._driver_of(row), commands.told(row, at)
        said = None
        if isinstance(driver, MqttDriver):
            facts, mqtt = linking.facts_of(self.shop, machine), driver
            said = contained(driver, machine.key, "command", lambda: mqtt.command(facts, command), self._broke, None)
        if said is None:
            commands.note_passed_on(row.id, "refused", "This machine cannot be told.", at)
            return
        # Where another bridge may take over, nobody can between the word to the machine and its row.
        with unit_of_work() if self.shop.config.several_hosts else nullcontext():
            try:
                self.link.publish(said)
            except OutsideError as fault:
                log.warning("%s: %s", machine.key, fault.sentence)
                return
            commands.note_passed_on(row.id, "sent", "", at)
