"""Tells Home Assistant of the machines, when the operator wants it; takes everything back when not any more."""

from __future__ import annotations

import contextlib
import logging
import os
from datetime import datetime, timedelta
from pathlib import Path

import orjson

from craftops.bridges.broker_link import BrokerLink
from craftops.bridges.home_assistant_discovery import DOWN, ONLINE, UP, Seen, changes, messages
from craftops.domain.estimation.estimate import MachineQueue, left_of
from craftops.domain.machines.readings import IN_A_RUN, MachineState
from craftops.domain.production.jobs import Job
from craftops.errors import OutsideError
from craftops.sdk.machine import Publication
from craftops.services.estimation import estimating, learning
from craftops.services.shop.context import Shop
from craftops.store.database import connected
from craftops.store.mapping import to_memory
from craftops.store.queries import bridge as queries
from craftops.store.views.machines import FollowedMachine

log = logging.getLogger("craftops.bridge")
LOOK_EVERY = timedelta(seconds=5)
FILE = "home-assistant.json"
"""In the shop's folder: the topics that hold something of ours. When they must be removed, the machine that they tell
of may be gone already, or the option."""


class HomeAssistantAnnouncer:
    """Used by the bridge's own thread."""

    def __init__(self, shop: Shop, link: BrokerLink) -> None:
        self.shop = shop
        self.link = link
        with connected():
            self.enabled = shop.broker.home_assistant
        self._path: Path = shop.config.data / FILE
        self._published: dict[str, bytes] = {}
        self._held = self._remembered()
        self._session = -1
        self._next: datetime | None = None
        if self.enabled:
            link.leave_will(ONLINE, DOWN)

    def _remembered(self) -> set[str]:
        try:
            found = orjson.loads(self._path.read_bytes())
        except (OSError, orjson.JSONDecodeError):
            return set()
        return {topic for topic in found if isinstance(topic, str)} if isinstance(found, list) else set()

    def _remember(self, topics: set[str]) -> None:
        """Written before it is published: a topic too many is removed in vain, one too few stays for ever."""
        if topics == self._held:
            return
        if topics:
            draft = self._path.with_suffix(".draft")
            draft.write_bytes(orjson.dumps(sorted(topics)))
            os.replace(draft, self._path)
        else:
            with contextlib.suppress(FileNotFoundError):
                self._path.unlink()
        self._held = topics

    def look(self, now: datetime) -> None:
        """Publish what has changed. A new session with the broker is told everything: it may have forgotten."""
        if not self.link.connected or not (self.enabled or self._held):
            return
        if self._session != self.link.sessions:
            self._session, self._published, self._next = self.link.sessions, {}, None
        if self._next is not None and now < self._next:
            return
        self._next = now + LOOK_EVERY
        wanted = {**messages(self._machines(now)), ONLINE: UP} if self.enabled else {}
        before = {topic: self._published.get(topic, b"?") for topic in self._held | set(self._published)}
        self._publish(changes(before, wanted), set(wanted))

    def _publish(self, news: dict[str, bytes], wanted: set[str]) -> None:
        self._remember(self._held | wanted)
        try:
            for topic, payload in news.items():
                self.link.publish(Publication(topic, payload, retain=True))
                self._published[topic] = payload
                if not payload:
                    del self._published[topic]
        except OutsideError as error:
            log.warning("Home Assistant was not told: %s", error.sentence)
            return
        self._remember(wanted)

    def leave(self) -> None:
        """Say goodbye before the connection is closed: then no last will is sent."""
        if self.enabled and self.link.connected:
            with contextlib.suppress(OutsideError):
                self.link.publish(Publication(ONLINE, DOWN, retain=True))

    def _machines(self, now: datetime) -> list[Seen]:
        jobs = queries.jobs_at_machines()
        found = estimating.machine_queues(self.shop, now, learning.usuals(), list(jobs), limits={}) if jobs else []
        queues = {queue.machine_id: queue for queue in found}
        machines = queries.known_machines()
        return [self._seen(one, _end(jobs.get(one.id), queues.get(one.id), now)) for one in machines]

    def _seen(self, machine: FollowedMachine, end: datetime | None) -> Seen:
        driver = self.shop.plugins.machine_drivers.get(machine.driver)
        by_hand = driver is not None and driver.by_hand
        state = MachineState(machine.state) if machine.state in set(MachineState) else MachineState.UNKNOWN
        last = to_memory(machine).last
        busy = state in IN_A_RUN
        return Seen(
            machine.key,
            machine.name,
            driver.title if driver else machine.driver,
            bool(machine.enabled and driver is not None and (by_hand or machine.online)),
            state,
            last.progress if busy and last else None,
            end if busy else None,
        )


def _end(job: Job | None, queue: MachineQueue | None, now: datetime) -> datetime | None:
    """When the running job will probably be done, as the estimate sees it, to the minute; None for what is over."""
    if job is None or queue is None:
        return None
    seconds = left_of(job, queue, now).p50_s
    end = now + timedelta(seconds=seconds)
    return end.replace(second=0, microsecond=0) + timedelta(minutes=1) if seconds > 0 else None
