"""Looking at the intake channels: one piece of work each, which comes back on the channel's interval."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

from craftops.errors import CredentialsRejected, OutsideError
from craftops.sdk.channel import Incoming, IntakeChannel, Outcome
from craftops.services.files import receiving
from craftops.services.messages import mail_intake
from craftops.services.messages.mail_reader import Run
from craftops.services.shop.context import Shop
from craftops.store import work as store_work
from craftops.store.database import connected
from craftops.store.work import Work

log = logging.getLogger("craftops.channels")
KIND = receiving.FETCH
SHORTEST_S = 5.0
LONGEST_S = 3600.0
LISTEN_S = 5.0
"""How long a channel listens before it is asked whether to go on: a worker that ends waits no longer."""
LISTEN_AGAIN_S = 30.0
LEASE = timedelta(minutes=5)
"""From one message to the next; whoever takes longer may be overtaken, and then stops."""


@dataclass
class _Trouble:
    """What went wrong at one look."""

    sentence: str = ""
    final: bool = False
    slow: bool = False
    """Whether to wait longer before the next look; one message that breaks does not hold up the others."""


def plan(shop: Shop, at: datetime, *, revive: bool = False) -> None:
    """Have every enabled channel looked at; ``revive`` (at the start) also those that had given up."""
    for name in shop.plugins.intake_channels:
        store_work.keep_standing(KIND, f"channel:{name}", {"channel": name}, at, revive=revive)


def listen(shop: Shop, stop: threading.Event, clock: Callable[[], datetime]) -> list[threading.Thread]:
    """A thread for each channel that can say by itself that something has come; they end with ``stop``."""
    able = [one for one in shop.plugins.intake_channels.values() if type(one).wait is not IntakeChannel.wait]
    threads = [threading.Thread(target=_listen, args=(one, stop, clock), daemon=True, name=one.name) for one in able]
    for thread in threads:
        thread.start()
    return threads


def _listen(channel: IntakeChannel, stop: threading.Event, clock: Callable[[], datetime]) -> None:
    while not stop.is_set():
        try:
            came = channel.wait(LISTEN_S)
        except OutsideError as error:
            log.info("channel %s: %s", channel.name, error.sentence)
            stop.wait(LISTEN_AGAIN_S)
            continue
        except Exception:
            log.exception("channel %s cannot listen", channel.name)
            stop.wait(LONGEST_S)
            continue
        if came is None:
            return
        if came:
            with connected():
                store_work.hasten(f"channel:{channel.name}", clock())


def look(shop: Shop, work: Work, clock: Callable[[], datetime], run: Run) -> None:
    """One look at a channel. Its failure is written to its work for staff to read, and stops nothing else."""
    name = work.payload["channel"]
    channel = shop.plugins.intake_channels.get(name)
    if channel is None:  # it was enabled once
        store_work.done(work.id, clock())
        return
    trouble = _Trouble()
    try:
        _take_all(shop, channel, work, trouble, clock, run)
    except OutsideError as error:
        trouble = _Trouble(error.sentence, isinstance(error, CredentialsRejected), slow=True)
    except Exception:
        log.exception("channel %s failed", name)
        _count(shop, name)
        trouble = _Trouble("It does not work; the log of the worker says why.", slow=True)
    if trouble.final:
        store_work.failed(work, trouble.sentence, clock(), final=True)
        return
    failures = work.payload.get("failures", 0) + 1 if trouble.slow else 0
    delay = max(SHORTEST_S, channel.interval_s)
    if failures:
        delay = max(delay, min(LONGEST_S, delay * 2 ** min(failures, 12)))
    payload = {"channel": name, "failures": failures}
    store_work.again(work, payload, trouble.sentence, clock() + timedelta(seconds=delay))


def _take_all(
    shop: Shop, channel: IntakeChannel, work: Work, trouble: _Trouble, clock: Callable[[], datetime], run: Run
) -> None:
    if not store_work.hold_on(work, clock() + LEASE):
        return
    with closing(channel.fetch()) as things:
        for incoming in things:
            _take(shop, channel, incoming, trouble, clock, run)
            if not store_work.hold_on(work, clock() + LEASE):
                log.warning("channel %s took too long; somebody else goes on", channel.name)
                return


def _take(
    shop: Shop, channel: IntakeChannel, incoming: Incoming, trouble: _Trouble, clock: Callable[[], datetime], run: Run
) -> None:
    """One message. What breaks with it leaves it where it is, and the next one gets its turn."""
    try:
        key = f"{channel.name}:{incoming.key}"[:190]
        if incoming.raw and mail_intake.take(shop, incoming.raw, key, run, at=clock()):
            outcome = Outcome(True)
        else:
            outcome = receiving.receive(shop, channel.name, incoming, clock())
        channel.settle(incoming.key, outcome)
    except OutsideError as error:
        trouble.sentence, trouble.slow = error.sentence, True
    except Exception:
        log.exception("channel %s failed with %r", channel.name, incoming.key[:80])
        _count(shop, channel.name)
        trouble.sentence = trouble.sentence or "Something could not be taken in; the log of the worker says why."


def _count(shop: Shop, channel: str) -> None:
    shop.plugins.failures[shop.plugins.intake_plugins[channel]] += 1
