"""Calling a machine before it is saved: staff see its last word, or the plain reason why there is none."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime

from craftops.bridges.driver_session import BridgeSession
from craftops.domain.machines.readings import Reading
from craftops.errors import OutsideError
from craftops.plugin_host.calls import RAISED
from craftops.sdk.linked import Link, LinkedDriver
from craftops.sdk.machine import MachineFacts, Word
from craftops.services.machines import connection_tests, linking
from craftops.services.shop.context import Shop
from craftops.store.database import connected, utcnow
from craftops.store.queries import bridge as queries
from craftops.store.views.machines import WaitingTrial

log = logging.getLogger("craftops.bridge")
TEST_WITHIN_S = 20.0
ASK_WITHIN_S = 600.0
AT_ONCE = 8
BROKE = "The driver of this machine broke. The log of the bridge says how."
SILENT = "It let us in, and said nothing within {seconds:.0f} seconds."
HANGS = "It does not answer."


class _Trial:
    """One trial in a thread of its own."""

    def __init__(self, shop: Shop, row: WaitingTrial, driver: LinkedDriver, facts: MachineFacts) -> None:
        self.shop = shop
        self.id = row.id
        self.kind = row.kind
        self.driver = driver
        self.facts = facts
        self.within_s = ASK_WITHIN_S if self.kind == connection_tests.ASK else TEST_WITHIN_S
        self.ends_at = time.monotonic() + self.within_s
        self.about = ""
        self.reading: Reading | None = None
        self.stop = threading.Event()
        self.line = BridgeSession(hear=self._hear, connected=self._connected)
        self.thread = threading.Thread(target=self._run, name=f"trial-{self.id}", daemon=True)

    def end(self) -> None:
        self.stop.set()
        self.line.stop()

    def _hear(self, word: Word) -> None:
        if isinstance(word, Reading):
            self.reading = word
            self.line.stop()

    def _connected(self, about: str) -> None:
        self.about = about

    def _run(self) -> None:
        work: Callable[[], None] = self._ask if self.kind == connection_tests.ASK else self._test
        try:
            work()
        except OutsideError as error:
            self._answer("failed", error.sentence)
        except RAISED as error:
            log.exception("the driver %s broke in a trial", self.driver.name)
            self.shop.plugins.broke(self.driver, self.kind, error)
            self._answer("failed", BROKE)
        finally:
            self.line.close()

    def _test(self) -> None:
        link: Link = self.driver.connect(self.facts)
        try:
            link.follow(self.line)
        except OutsideError:
            if self.reading is None:
                raise
        finally:
            link.close()
        if self.reading is not None:
            self._answer("heard", self.about, reading=self.reading)
        else:
            self._answer("failed", SILENT.format(seconds=self.within_s) if self.about else HANGS)

    def _ask(self) -> None:
        value = self.driver.ask(self.facts, lambda sentence: self._answer("trying", sentence), self.stop)
        if value:
            self._answer("heard", "The key has come.", secret=(self.driver.asks_for, value))
        else:
            self._answer("failed", "Nobody agreed in time. Ask again.")

    def _answer(
        self, state: str, sentence: str, *, reading: Reading | None = None, secret: tuple[str, str] | None = None
    ) -> None:
        with connected():
            connection_tests.answer_trial(self.shop, self.id, state, sentence, utcnow(), reading=reading, secret=secret)


class ConnectionTests:
    """All trials of a bridge; used by the bridge's own thread."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self._running: dict[int, _Trial] = {}

    def look(self, now: datetime) -> None:
        """Begin what waits, end what takes too long, answer for what hangs."""
        for id_, trial in list(self._running.items()):
            over = time.monotonic() - trial.ends_at
            if not trial.thread.is_alive():
                del self._running[id_]
            elif over > 0:
                trial.end()
            if over > 10:  # it was told to end, and did not
                connection_tests.answer_trial(self.shop, id_, "failed", HANGS, now)
                self._running.pop(id_, None)
        for row in queries.waiting_trials():
            if len(self._running) >= AT_ONCE:
                return
            self._begin(row, now)

    def _begin(self, row: WaitingTrial, now: datetime) -> None:
        driver = linking.linked_driver(self.shop, row.driver)
        if driver is None:
            connection_tests.answer_trial(self.shop, row.id, "failed", "Its driver is not enabled any more.", now)
            return
        trial = _Trial(self.shop, row, driver, connection_tests.facts_of_trial(self.shop, row))
        connection_tests.answer_trial(self.shop, row.id, "trying", "Calling it.", now)
        self._running[trial.id] = trial
        trial.thread.start()

    def stop(self) -> None:
        """End all of them; the bridge that comes next does not begin them anew, staff press again."""
        for trial in self._running.values():
            trial.end()
        until = time.monotonic() + 2
        for trial in self._running.values():
            trial.thread.join(max(0.0, until - time.monotonic()))
        self._running.clear()
