"""Looking through the cameras of machines: only while somebody watches, each camera once for all who do.

A picture is fetched in a thread of its own, beside the machine's link: a camera that hangs stops nobody from hearing
the machine. What comes is drawn again here (``services.files.pictures``), so no page gets a byte of a camera's.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from craftops.bridges.command_queue import one_at_a_time
from craftops.domain.machines.readings import Reading
from craftops.errors import IntakeError, OutsideError
from craftops.plugin_host.calls import RAISED
from craftops.sdk.camera import HasCamera, NoCamera
from craftops.sdk.machine import MachineFacts
from craftops.services.files.pictures import FRAME, redraw
from craftops.services.machines import cameras, linking
from craftops.services.shop.context import Shop
from craftops.store.database import connected, utcnow
from craftops.store.mapping import to_memory
from craftops.store.queries import bridge
from craftops.store.queries import machines as queries
from craftops.store.views.machines import FollowedMachine

log = logging.getLogger("craftops.bridge")
AT_ONCE = 8
STOP_WITHIN_S = 2.0
BROKE = "The driver of this machine broke. The log of the bridge says how."
HANGS = "Its camera does not answer."


@dataclass(frozen=True, slots=True)
class PollIntervals:
    """Seconds between two looks, and how long is waited."""

    watched: float = 10.0
    shared: float = 60.0
    """Nobody watches, but a customer may at any moment, and the last picture of the run is kept."""
    watching: float = 30.0
    """Somebody who was there so long ago still is."""
    longest: float = 60.0
    """After looks that failed, doubling from ``watched``."""
    hangs: float = 60.0


@dataclass
class _Run:
    job: int
    since: float


class _Eye:
    """One machine's camera. Times are of ``time.monotonic``."""

    def __init__(self) -> None:
        self.next_at = 0.0
        self.looked_at = float("-inf")
        self.failures = 0
        self.look: _Look | None = None


class _Look:
    """One picture on its way, in a thread."""

    def __init__(self, shop: Shop, machine: FollowedMachine, driver: HasCamera, job: int | None) -> None:
        self.shop = shop
        self.id = machine.id
        self.job = job
        self.driver = driver
        self.facts: MachineFacts = linking.facts_of(shop, machine)
        self.last: Reading | None = to_memory(machine).last
        self.began = time.monotonic()
        self.failed = False
        self.none = False
        self.left_behind = threading.Event()
        self.thread = threading.Thread(target=self._run, name=f"camera-{machine.key}", daemon=True)

    def _run(self) -> None:
        try:
            self._look()
        except Exception:
            self.failed = True
            log.exception("what the camera of %s saw could not be taken in", self.facts.key)

    def _look(self) -> None:
        try:
            came = self.driver.picture(self.facts, self.last)
            drawn = redraw(
                came.content, FRAME, mirrored=came.mirrored, upside_down=came.upside_down, turned=came.turned
            )
        except (OutsideError, IntakeError) as error:
            self.none = isinstance(error, NoCamera)
            self._fail(error.sentence)
        except RAISED as error:
            log.exception("the camera of %s broke its driver", self.facts.key)
            self.shop.plugins.broke(self.driver, "picture", error)
            self._fail(BROKE)
        else:
            self._hand_in(lambda: cameras.take(self.shop, self.id, drawn.content, self.job, at=utcnow()))

    def _fail(self, sentence: str) -> None:
        self.failed = True
        self._hand_in(lambda: cameras.fail(self.id, sentence, at=utcnow()))

    def _hand_in(self, write: Callable[[], None]) -> None:
        """Write down what became of it, unless nobody waits for it any more."""
        with one_at_a_time:
            if not self.left_behind.is_set():
                with connected():
                    write()


class CameraPoller:
    """All cameras of a shop; used by the bridge's own thread, about once a second."""

    def __init__(self, shop: Shop, pace: PollIntervals | None = None) -> None:
        self.shop = shop
        self.pace = pace or PollIntervals()
        self._eyes: dict[int, _Eye] = {}
        self._runs: dict[int, _Run] = {}
        """What runs on each machine, and since when it has been seen to, without a pause."""

    def look(self) -> None:
        """Take in what has come, and look through the cameras whose time it is."""
        now = time.monotonic()
        running = queries.runs_with_cameras()
        self._follow(running, now)
        watched = self.shop.frames.wanted(time.time() - self.pace.watching)
        shared = {run.machine for run in running if run.shared}
        for machine_id, eye in self._eyes.items():
            self._take_in(machine_id, eye, now)
        at_work = sum(1 for eye in self._eyes.values() if eye.look is not None)
        for machine_id in sorted(watched | shared):
            eye = self._eyes.setdefault(machine_id, _Eye())
            pause = self.pace.watched if machine_id in watched else self.pace.shared
            due = eye.look is None and now >= max(eye.next_at, eye.looked_at + pause)
            if due and at_work < AT_ONCE and self._begin(machine_id, eye, now):
                at_work += 1

    def _follow(self, running: list[queries.RunWithCamera], now: float) -> None:
        before, self._runs = self._runs, {}
        for run in running:
            known = before.get(run.machine)
            self._runs[run.machine] = known if known and known.job == run.job else _Run(run.job, now)

    def _begin(self, machine_id: int, eye: _Eye, now: float) -> bool:
        machine = bridge.machine_of_id(machine_id)
        driver = cameras.camera_of(self.shop, machine)
        if machine is None or driver is None:
            return False
        run = self._runs.get(machine_id)
        surely = run is not None and now - run.since >= driver.picture_lag_s
        eye.look = _Look(self.shop, machine, driver, run.job if run is not None and surely else None)
        eye.looked_at = now
        eye.look.thread.start()
        return True

    def _take_in(self, machine_id: int, eye: _Eye, now: float) -> None:
        look = eye.look
        if look is None:
            return
        if not look.thread.is_alive():
            eye.look = None
            eye.failures = eye.failures + 1 if look.failed else 0
            wait = self.pace.longest if look.none else self.pace.watched * 2.0 ** min(eye.failures, 8)
            eye.next_at = now + min(self.pace.longest, wait) if look.failed else 0.0
        elif now - look.began > self.pace.hangs:
            look.left_behind.set()  # whatever comes of it now is too late
            eye.look, eye.next_at = None, now + self.pace.longest
            log.error("the camera of machine %s hangs", machine_id)
            self.shop.plugins.broke(look.driver, "picture", HANGS)
            cameras.fail(machine_id, HANGS, at=utcnow())

    def stop(self) -> None:
        """Take in nothing any more; what is on its way for longer than two seconds is left behind."""
        looks = [eye.look for eye in self._eyes.values() if eye.look is not None]
        for look in looks:
            look.left_behind.set()
        until = time.monotonic() + STOP_WITHIN_S
        for look in looks:
            look.thread.join(max(0.0, until - time.monotonic()))
        self._eyes.clear()
