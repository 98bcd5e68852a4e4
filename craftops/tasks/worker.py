"""The worker's loop: claims due work, lets huey run it, reads the outbox for mails and plugins."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from huey.api import Huey, crontab
from huey.consumer import Consumer

from craftops.domain.events import Event
from craftops.errors import CraftOpsError, HeldBack, Unreachable
from craftops.plugin_host.calls import RAISED
from craftops.services.estimation import estimating
from craftops.services.files import receiving, uploading
from craftops.services.files.intake import Analyse
from craftops.services.files.mending import Mend
from craftops.services.machines import cameras
from craftops.services.messages import notifying
from craftops.services.messages.delivery import Render
from craftops.services.orders import welcoming
from craftops.services.shop.context import Shop
from craftops.store import leases
from craftops.store import work as store_work
from craftops.store.database import connected, unit_of_work, utcnow
from craftops.store.doorbell import Doorbell
from craftops.store.work import Work
from craftops.tasks import channels
from craftops.tasks.channel_watchers import watching
from craftops.tasks.leases import Keeper
from craftops.tasks.memory_queue import make_huey
from craftops.tasks.survivors import living

log = logging.getLogger("craftops.worker")
LOOK_EVERY_S = 1.0
READER = "reactions"
ANNOUNCE = "announce"
"""The kind of work that tells a plugin of an event."""
WORKERS = 2
MINUTELY, TIDIED = timedelta(seconds=55), timedelta(minutes=4)
LONGEST_DUTY = timedelta(minutes=2)
"""After this long a duty is another worker's, if the one who began it was killed."""
PATIENCE = timedelta(days=3)
"""How long something beyond our walls may be out of reach before nobody tries any more."""


OFTEN = 3
"""What was begun more often may be what kills workers: it waits for its lease to end."""
HELD_BACK = timedelta(hours=1)
"""Until work of a restored copy is tried again; it may wait for days, and nobody counts."""


def is_held_back(error: BaseException) -> bool:
    """Whether this came of being a restored copy, whatever it was turned into on its way."""
    return isinstance(error, HeldBack) or isinstance(error.__cause__, HeldBack)


@dataclass(frozen=True)
class Desk:
    """What a handler works with."""

    shop: Shop
    analyse: Analyse
    mend: Mend
    render: Render
    at: datetime


Handler = Callable[[Desk, Work], None]
"""Does one piece of work. Raises Unreachable when it is to be tried again, another CraftOpsError when it is not."""
Minutely = Callable[[Shop, datetime], None]
"""Done about once a minute."""
OnEvent = Callable[[Shop, Event, datetime], None]
"""Done for each event in order, in the transaction that remembers that it was."""
NoticeOf = Callable[[Event], str]
"""The kind of notice that an event is worth; empty for none."""


@dataclass(frozen=True)
class Duties:
    """What the capabilities want of the worker."""

    handlers: Mapping[str, Handler]
    notice_of: NoticeOf
    every_minute: tuple[Minutely, ...] = ()
    on_event: tuple[OnEvent, ...] = ()


class _Consumer(Consumer):  # type: ignore[misc]
    """Huey's consumer without its own ideas about signals: the process that it lives in has some already."""

    def _set_signal_handlers(self) -> None:
        return


class Worker:
    """Runs until stopped; any number of them may run against one database."""

    def __init__(
        self, shop: Shop, bell: Doorbell, duties: Duties, *, analyse: Analyse, mend: Mend, render: Render
    ) -> None:
        self.shop = shop
        self.duties = duties
        self.bell = bell
        self.analyse = analyse
        self.mend = mend
        self.render = render
        self.keeper = Keeper(store_work.SHORT_LEASE) if shop.config.several_hosts else None
        self.holder = leases.holder_name()
        self.huey: Huey = make_huey()
        self._minute = utcnow()
        self._read_to = 0
        self.do = self.huey.task()(self._do)
        self.huey.periodic_task(crontab(minute="*/5"))(self._tidy)

    def run(self, stop: threading.Event, ready: Callable[[], None] = lambda: None) -> None:
        """Work until ``stop`` is set."""
        if self.keeper is not None:
            self._run(stop, ready)
            return
        with living(self.shop.config.data, self._free):
            self._run(stop, ready)

    def _free(self) -> None:
        """Take up at once what a worker had in hand that was killed."""
        with connected():
            freed = store_work.free(channels.KIND, OFTEN)
        if freed:
            log.info("a worker was killed; the %d things that it was at are done again", freed)

    def _run(self, stop: threading.Event, ready: Callable[[], None]) -> None:
        consumer = _Consumer(self.huey, workers=WORKERS, periodic=True, check_worker_health=True)
        consumer.start()
        if self.keeper is not None:
            self.keeper.start()
        with connected():
            channels.plan(self.shop, utcnow(), revive=True)
        ready()
        while not stop.is_set():
            self._run_with_these_plugins(stop)
        consumer.stop(graceful=True)
        if self.keeper is not None:
            self.keeper.stop()

    def _run_with_these_plugins(self, stop: threading.Event) -> None:
        """Until ``stop`` is set, or until somebody has changed the settings of a plugin."""
        renewals, over = self.shop.kept.renewals, threading.Event()
        with watching(self.shop.plugins.intake_channels, over):
            while not stop.is_set() and self.shop.kept.renewals == renewals:
                self.look(self.do)
                self.bell.wait(LOOK_EVERY_S)
            over.set()

    def look(self, hand_over: Callable[[Work], object]) -> None:
        """One look at everything that may be due."""
        try:
            with connected():
                self._take_up(utcnow())
                self.read_outbox()
                self._every_minute(utcnow())
                for work in self._claim():
                    hand_over(work)
        except Exception:
            log.exception("the worker stumbled; it goes on")

    def _claim(self) -> list[Work]:
        """Due work; of several workers each takes what it can do soon, and the others find the rest."""
        if self.keeper is None:
            return store_work.claim(utcnow())
        room = self.keeper.room
        taken = store_work.claim(utcnow(), room, self.keeper.lease) if room else []
        for work in taken:
            self.keeper.take(work)
        return taken

    def run_due(self) -> None:
        """Do everything that is due, here and now (tests, ``craftops demo`` while it fills the shop)."""
        with connected():
            self._take_up(utcnow())
            channels.plan(self.shop, utcnow())
        for _ in range(1000):
            with connected():
                self.read_outbox()
                due = store_work.claim(utcnow())
            if not due:
                return
            for work in due:
                self._do(work)

    def _take_up(self, now: datetime) -> None:
        """Go by the newest settings; channels whose settings were changed are looked at now, whatever was before."""
        if self.shop.take_up():
            channels.plan(self.shop, now, revive=True)
            for name in self.shop.plugins.intake_channels:
                store_work.hasten(channels.key_of(name), now)

    def read_outbox(self) -> None:
        """Turn new events into notices, and into work for each plugin that listens (``tasks.plugins``)."""
        after = max(store_work.cursor(READER), self._read_to)
        newest = store_work.newest_event()
        while events := store_work.news_after(after, 100, chatter=False):
            for event in events:
                with unit_of_work() as uow:
                    if not store_work.advance(READER, event.id):
                        continue
                    notifying.react(self.shop, event, self.duties.notice_of(event), at=utcnow())
                    for hear in self.duties.on_event:
                        hear(self.shop, event, utcnow())
                    for name in self.shop.plugins.listeners(event):
                        told = {"event": event.id, "plugin": name}
                        uow.enqueue(ANNOUNCE, told, at=utcnow(), dedupe=f"{ANNOUNCE}:{event.id}:{name}")
            after = events[-1].id
        self._read_to = max(after, newest)  # else ten minutes of chatter are passed by at each look

    def _every_minute(self, now: datetime) -> None:
        if now - self._minute < timedelta(seconds=60):
            return
        self._minute = now
        with self._alone("minutely duties", MINUTELY) as mine:
            if mine:
                channels.plan(self.shop, now)
                estimating.reestimate_all(self.shop, at=now)
                for do in self.duties.every_minute:
                    do(self.shop, now)

    @contextmanager
    def _alone(self, duty: str, rest: timedelta) -> Iterator[bool]:
        """Whether this worker does a duty now, which no other one does until ``rest`` after its beginning."""
        lease = leases.take(duty, self.holder, LONGEST_DUTY)
        began = utcnow()
        try:
            yield lease is not None
        finally:
            if lease is not None:
                leases.keep(lease, max(timedelta(0), began + rest - utcnow()))

    def _tidy(self) -> None:
        with connected(), self._alone("tidying", TIDIED) as mine:
            self.shop.files.tidy_here()
            if not mine:
                return
            store_work.prune(utcnow())
            uploading.tidy(self.shop, at=utcnow())
            welcoming.tidy(at=utcnow())
            receiving.tidy(self.shop, utcnow())
            cameras.tidy(self.shop, at=utcnow())

    def _do(self, work: Work) -> None:
        try:
            self._do_now(work)
        finally:
            if self.keeper is not None:
                self.keeper.drop(work)
            if self.keeper is not None or work.share:  # the next of theirs waits for this one
                self.bell.ring_again()

    def _do_now(self, work: Work) -> None:
        with connected():
            if work.kind == channels.KIND:
                channels.look(self.shop, work, utcnow, self.mend)
                return
            try:
                self._dispatch(work)
            except Unreachable as error:
                if is_held_back(error):
                    store_work.again(work, work.payload, error.sentence, utcnow() + HELD_BACK)
                    return
                log.warning("work %s (%s) is tried again: %s", work.id, work.kind, error.sentence)
                store_work.failed(work, error.sentence, utcnow(), patience=PATIENCE)
            except CraftOpsError as error:
                log.warning("work %s (%s) was not done: %s", work.id, work.kind, error.sentence)
                store_work.failed(work, error.sentence, utcnow(), final=True)
            except RAISED as error:
                log.exception("work %s (%s) failed", work.id, work.kind)
                store_work.failed(work, repr(error), utcnow())
            else:
                store_work.done(work.id, utcnow())

    def _dispatch(self, work: Work) -> None:
        handler = self.duties.handlers.get(work.kind)
        if handler is None:
            raise CraftOpsError(f"Nobody knows how to do {work.kind!r}.")
        handler(Desk(self.shop, self.analyse, self.mend, self.render, utcnow()), work)
