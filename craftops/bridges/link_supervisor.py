"""Keeps one link to each machine that has an address: a thread each, tried again with growing pauses, never in the way
of another machine.

A driver may raise, hang or lie: what it raises is counted, told and tried again; what hangs is left behind when the
bridge stops (its thread is a daemon). A key that a machine rejects is told once and tried again rarely.
"""

from __future__ import annotations

import contextlib
import logging
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from craftops.bridges.command_queue import BridgeCommand, CommandQueue
from craftops.bridges.driver_session import BridgeSession
from craftops.bridges.drivers import Broke, forgotten
from craftops.bridges.inbox import Inbox, LearnedField, LinkNews, Past
from craftops.domain.machines.readings import Reading
from craftops.errors import CredentialsRejected, NotUnderstood, OutsideError, Refused, Unreachable
from craftops.plugin_host.calls import RAISED
from craftops.sdk.fields import FieldKind
from craftops.sdk.linked import Answer, Link, LinkedDriver
from craftops.sdk.machine import Availability, MachineFacts, Rejected, Word
from craftops.store.database import utcnow

log = logging.getLogger("craftops.bridge")
CRASHED = "The driver of this machine broke. The log of the bridge says how."
HANGS = "The driver of this machine hangs."
STOP_WITHIN_S = 3.0


@dataclass(frozen=True, slots=True)
class Pauses:
    """How long to wait before a link is tried again, in seconds."""

    first: float = 1.0
    longest: float = 60.0
    rarely: float = 900.0
    """After the machine has rejected the key; staff who change it are not waited for."""
    steady: float = 30.0
    """A link that has lasted as long begins anew with the first pause."""

    def after(self, failures: int) -> float:
        """Doubling, between half and the whole of it by chance, so that a shop's machines do not knock all at once."""
        whole = min(self.longest, self.first * 2.0 ** min(max(0, failures - 1), 16))
        return whole * random.uniform(0.5, 1.0)  # noqa: S311 - to spread knocks, not to hide anything


@dataclass(frozen=True, slots=True)
class WantedLink:
    """One machine to be kept. Another ``identity``, or other settings than those given and learnt, is another link: it
    ends and begins anew."""

    identity: tuple[object, ...]
    facts: MachineFacts
    driver: LinkedDriver


class SupervisedLink:
    """One machine's thread."""

    def __init__(self, wanted: WantedLink, inbox: Inbox, errands: CommandQueue, last: Callable[[str], Reading | None],
                 pauses: Pauses, broke: Broke) -> None:  # fmt: skip
        self.wanted = wanted
        self.key = wanted.facts.key
        self.inbox = inbox
        self.errands = errands
        self.pauses = pauses
        self._broke = broke
        self.about = ""
        self.alive_at = time.monotonic()
        """The last sign of life of the driver's thread."""
        self.learnt: dict[str, str] = {}
        """What the machine showed, until the store has it: a link that begins before that must know it too."""
        self.line = BridgeSession(
            hear=self._hear,
            connected=self._connected,
            work=self._work,
            last=lambda: last(self.key),
            learn=self._learn,
        )
        self.following = False
        self._link: Link | None = None
        self._failures = 0
        self._recalled = False
        self._connected_at: float | None = None
        self.thread = threading.Thread(target=self._run, name=f"link-{self.key}", daemon=True)

    @property
    def connected(self) -> bool:
        return self._connected_at is not None

    def start(self) -> None:
        self.thread.start()

    def is_of(self, wanted: WantedLink) -> bool:
        """Whether this is the link that is wanted; what it has learnt may be in the store by now, or not yet."""
        before, now = dict(self.wanted.facts.settings), dict(wanted.facts.settings)
        return wanted.identity == self.wanted.identity and now in (before, {**before, **self.learnt})

    def _facts(self) -> MachineFacts:
        facts = self.wanted.facts
        return replace(facts, settings={**facts.settings, **self.learnt}) if self.learnt else facts

    def _run(self) -> None:
        while not self.line.stopping:
            pause = self._once()
            if not self.line.stopping:
                self.line.pause(pause)
        self.line.close()

    def _recall(self) -> None:
        """Ask the machine for its past, once as long as it is kept; whoever cannot be asked yet is asked again."""
        if self._recalled:
            return
        try:
            runs = self.wanted.driver.history(self._facts())
        except OutsideError:
            return  # following it will say why
        self._recalled = True
        if runs:
            self.inbox.put(self.key, Past(runs))

    def _once(self) -> float:
        """One link from its beginning to its end; how long to wait before the next."""
        self.alive_at, self.following = time.monotonic(), True
        try:
            self._link = self.wanted.driver.connect(self._facts())
            self._recall()
            self._link.follow(self.line)
        except OutsideError as error:
            return self._failed(error)
        except RAISED as error:
            log.exception("the driver %s broke with %s", self.wanted.driver.name, self.key)
            self._broke(self.wanted.driver, "follow", error)
            return self._failed(None)
        finally:
            self._close()
        if self.line.stopping:
            return 0.0
        return self._failed(Unreachable("It ended the connection."))

    def _close(self) -> None:
        self.following = False
        link, self._link = self._link, None
        if link is not None:
            with contextlib.suppress(*RAISED):
                link.close()

    def _failed(self, error: OutsideError | None) -> float:
        lasted = time.monotonic() - self._connected_at if self._connected_at is not None else 0.0
        self._failures = 1 if lasted >= self.pauses.steady else self._failures + 1
        self._connected_at = None
        if self.line.stopping:
            return 0.0
        now = utcnow()
        final = isinstance(error, CredentialsRejected | Refused)
        rejected = isinstance(error, CredentialsRejected)
        pause = self.pauses.rarely if rejected else self.pauses.longest if final else self.pauses.after(self._failures)
        if isinstance(error, NotUnderstood):
            self.inbox.put(self.key, Rejected("bad_value", error.sentence, now, error.raw))
        self.inbox.put(self.key, Availability(False, now))
        state = "rejected" if final else "waiting"
        sentence = error.sentence if error is not None else CRASHED
        again = now + timedelta(seconds=pause)
        self.inbox.put(self.key, LinkNews(state, sentence, now, again, crashed=error is None))
        return pause

    def _connected(self, about: str) -> None:
        self.alive_at = time.monotonic()
        self._connected_at = self.alive_at
        self.about = about[:200]
        self.tell_connected(utcnow())

    def tell_connected(self, now: datetime) -> None:
        if not self.line.stopping:
            self.inbox.put(self.key, LinkNews("connected", self.about, now))
            self.inbox.put(self.key, Availability(True, now))

    def _hear(self, word: Word) -> None:
        self.alive_at = time.monotonic()
        self.inbox.put(self.key, word)

    def _learn(self, name: str, value: str) -> None:
        known = any(field.name == name and field.kind is FieldKind.TEXT for field in self.wanted.driver.fields)
        if known and not self._facts().settings.get(name):
            self.learnt[name] = value
            self.inbox.put(self.key, LearnedField(name, value))

    def _work(self) -> bool:
        self.alive_at = time.monotonic()
        link = self._link
        if link is None or self.line.stopping:
            return False
        done = False
        while not self.line.stopping and (errand := self.errands.take(self.key)) is not None:
            done = True
            self._do(link, errand)
        self.alive_at = time.monotonic()
        return done

    def _do(self, link: Link, errand: BridgeCommand) -> None:
        """One errand. What is raised before the step leaves it to be done again; after it, to be asked about."""
        try:
            answer = link.obey(errand)
        except (CredentialsRejected, Refused) as error:
            answer = Answer.refused(error.sentence)
        except OutsideError:
            self.errands.put_back(self.key, errand)
            raise
        except RAISED:
            self.errands.answer(self.key, errand, Answer.refused(CRASHED))
            raise
        self.errands.answer(self.key, errand, answer)


class LinkSupervisor:
    """All kept links; used by the bridge's own thread."""

    def __init__(
        self,
        inbox: Inbox,
        last: Callable[[str], Reading | None],
        pauses: Pauses | None = None,
        broke: Broke = forgotten,
    ) -> None:
        self.inbox = inbox
        self._broke = broke
        self.errands = CommandQueue()
        self.pauses = pauses or Pauses()
        self._last = last
        self._links: dict[str, SupervisedLink] = {}
        self._told: set[str] = set()

    def set_machines(self, wanted: Mapping[str, WantedLink]) -> None:
        """Whom to keep from now on. What is not wanted any more is told to end, and not waited for."""
        for key in list(self._links):
            if key in wanted and self._links[key].is_of(wanted[key]):
                self._links[key].wanted = wanted[key]
            else:
                self._links.pop(key).line.stop()
        for key, one in wanted.items():
            if key not in self._links:
                self._links[key] = SupervisedLink(one, self.inbox, self.errands, self._last, self.pauses, self._broke)
                self._links[key].start()

    def give(self, key: str, errand: BridgeCommand) -> None:
        """Have an errand done; one that waits already, or is being done, is known by its row."""
        if key in self._links and self.errands.put(key, errand):
            self._links[key].line.wake()

    def look_after(self, now: datetime) -> None:
        """Tell of drivers that have neither said nor asked anything for three report intervals, once each time."""
        for key, kept in self._links.items():
            silent = time.monotonic() - kept.alive_at
            limit = max(60.0, 3 * kept.wanted.driver.report_interval_s)
            if not kept.following or silent < limit or self.errands.is_busy(key):
                if key in self._told and kept.connected:
                    kept.tell_connected(now)
                self._told.discard(key)
            elif key not in self._told:
                self._told.add(key)
                log.error("the driver %s hangs with %s", kept.wanted.driver.name, key)
                self._broke(kept.wanted.driver, "follow", HANGS)
                self.inbox.put(key, Availability(False, now))
                self.inbox.put(key, LinkNews("waiting", HANGS, now, crashed=True))

    def stop(self) -> None:
        """End all links within three seconds together; one that hangs is left behind."""
        for kept in self._links.values():
            kept.line.stop()
        until = time.monotonic() + STOP_WITHIN_S
        for kept in self._links.values():
            kept.thread.join(max(0.0, until - time.monotonic()))
        self._links.clear()
