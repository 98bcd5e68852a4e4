"""Looking at the intake channels: one piece of work each, which comes back on the channel's interval."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

from craftops.errors import CredentialsRejected, HeldBack, OutsideError
from craftops.plugin_host.calls import RAISED
from craftops.sdk.channel import Incoming, IntakeChannel, Outcome
from craftops.services.files import receiving
from craftops.services.messages import mail_intake
from craftops.services.messages.mail_reader import Run
from craftops.services.shop.context import Shop
from craftops.store import work as store_work
from craftops.store.work import Work

log = logging.getLogger("craftops.channels")
KIND = receiving.FETCH
SHORTEST_S = 5.0
LONGEST_S = 3600.0
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
        store_work.keep_standing(KIND, key_of(name), {"channel": name}, at, revive=revive)


def key_of(channel: str) -> str:
    """Names the standing work of a channel."""
    return f"channel:{channel}"


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
    except HeldBack as error:
        trouble = _Trouble(error.sentence)
    except OutsideError as error:
        trouble = _Trouble(error.sentence, isinstance(error, CredentialsRejected), slow=True)
    except RAISED as error:
        log.exception("channel %s failed", name)
        _count(shop, name, error)
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
    except RAISED as error:
        log.exception("channel %s failed with %r", channel.name, incoming.key[:80])
        _count(shop, channel.name, error)
        trouble.sentence = trouble.sentence or "Something could not be taken in; the log of the worker says why."


def _count(shop: Shop, channel: str, error: BaseException) -> None:
    shop.plugins.failed(shop.plugins.intake_plugins[channel], f"channel {channel}", error)
