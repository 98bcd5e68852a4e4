"""How good the order's estimate is: a made-up shop lives for weeks, and its windows are held against what came.

The same domain code as live: ``QueueSimulation``, ``take``, ``run_statistics`` and ``is_news``. Beside it the same walk
for somebody who believes the slicer and learns nothing; and, in the same shop as the estimate, for somebody who learns
one thing: how far the slicers' sums, walked through queues and opening hours, are off in all (``one_spread``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from statistics import median, quantiles
from typing import Any

from craftops.domain.estimation.estimate import (
    CHANGEOVER,
    CHECK,
    WINDOW_SHARES,
    Floor,
    HandStep,
    Left,
    MachineQueue,
    OrderWork,
    Waiting,
    Window,
    is_news,
    to_show,
    window_of,
)
from craftops.domain.estimation.pace import Pace
from craftops.domain.estimation.run_state import RunState
from craftops.domain.estimation.run_update import take
from craftops.domain.estimation.statistics import COLD, HandStatistics, RunStatistics, hand_statistics, run_statistics
from craftops.domain.gcode.timeline import SlicerTimeline, TimelineKind, flat
from craftops.domain.production.jobs import JobState
from craftops.evaluation.made_up_shop import CALENDAR, HAND, MadeUpMachine, MadeUpOrder, MadeUpShop

TICK_S = 3600.0
"""Every open order is estimated anew this often, and whenever orders come in (live: whenever anything happens)."""
LEARN_S = 6 * 3600.0
SLICER = RunStatistics(1.0, 0.0, 0.15, 0.0)
Progress = Callable[[float], None]


@dataclass
class ToldWindow:
    """What one order was told. Seconds since 1970 UTC."""

    accepted: float
    quantiles: list[float]
    shown: Window
    changes: int = 0
    plain: float = 0.0
    """When it would be ready by the slicers' plans."""


@dataclass
class Teller:
    """Somebody who estimates. Without ``learns`` the slicer is right, and people take as long as planned."""

    learns: bool
    usuals: dict[int, RunStatistics] = field(default_factory=dict)
    hands: dict[str, HandStatistics] = field(default_factory=dict)
    runs: dict[int, tuple[int, SlicerTimeline, RunState, Left | None]] = field(default_factory=dict)
    """By machine: its run's number, the clock it is measured by, its evidence, and what is left."""
    told: dict[int, ToldWindow] = field(default_factory=dict)

    def learn(self, shop: MadeUpShop) -> None:
        """From everything that has finished."""
        if not self.learns:
            return
        self.hands = {
            kind: hand_statistics([one for one in shop.steps[-4000:] if one.kind == kind], HandStatistics(1.0, sigma))
            for kind, sigma in ((HAND, 0.4), (CHECK.kind, CHECK.sigma), (CHANGEOVER.kind, CHANGEOVER.sigma))
        }
        starts = self.hands[CHANGEOVER.kind]
        self.usuals = {
            machine: replace(one, changeover_s=60.0 * CHANGEOVER.minutes * starts.ratio, changeover_sigma=starts.sigma)
            for machine, one in run_statistics(shop.finished[-20_000:], shop.machines).items()
        }

    def usual(self, machine: int) -> RunStatistics:
        return self.usuals.get(machine, COLD) if self.learns else SLICER

    def queue(self, machine: MadeUpMachine) -> MachineQueue:
        """The machine as this one sees it."""
        jobs, usual, left = list(machine.queue), self.usual(machine.id), None
        if machine.began is not None:
            left = self._follow(machine, usual)
            jobs[0] = replace(jobs[0], reported_at=machine.readings[-1].at if machine.readings else jobs[0].started_at)
        return MachineQueue(machine.id, tuple(jobs), usual=usual, process=machine.process, left=left)

    def _follow(self, machine: MadeUpMachine, usual: RunStatistics) -> Left | None:
        number, clock, evidence, left = self.runs.get(machine.id, (0, flat(1.0), RunState(), None))
        if number != machine.runs:
            planned = machine.queue[0].planned_s * usual.ratio
            clock, evidence, left = flat(planned, TimelineKind.HISTORY), RunState(), None
        for reading in machine.readings:
            if not self.learns:  # the slicer's total, less what has passed
                gone = reading.at.timestamp() - (machine.began or 0.0)
                rest = max(60.0, machine.queue[0].planned_s - gone)
                left = Left(rest, rest, rest, reading.at)
            elif (
                taken := take(evidence, reading, clock, Pace(), usual, sure=False, report_interval_s=TICK_S)
            ) is not None:
                evidence, left = taken
        self.runs[machine.id] = (machine.runs, clock, evidence, left)
        return left

    def work(self, order: MadeUpOrder, at: float) -> OrderWork:
        """What is left of an order."""
        now = datetime.fromtimestamp(at, UTC)
        since = datetime.fromtimestamp(order.stage_since, UTC)
        spent = CALENDAR.open_seconds(since, now) / 60.0 if order.stage_since else 0.0
        hand = (
            None
            if order.stage == CHECK.kind
            else self._step(HAND, order.hand_min, spent if order.stage == HAND else 0.0)
        )
        check = self._step(CHECK.kind, CHECK.minutes, spent if order.stage == CHECK.kind else 0.0)
        return OrderWork(order.id, tuple(order.jobs.values()), hand=hand, check=check)

    def _step(self, kind: str, minutes: float, spent: float) -> HandStep:
        known = self.hands.get(kind, HandStatistics(1.0, 0.4))
        return HandStep(minutes * known.ratio, known.sigma, spent)

    def walk(
        self, shop: MadeUpShop, orders: Sequence[MadeUpOrder], at: Sequence[float]
    ) -> tuple[list[list[float]], dict[int, int]]:
        """(when these orders will be ready, in so many cases; where each waiting job would be done first)."""
        # As in services.estimating: numpy comes with the first estimate.
        from craftops.domain.estimation.queue_simulation import QueueSimulation

        waiting = [
            Waiting(job, order.processes[job.id])
            for order in shop.incoming
            for job in order.jobs.values()
            if job.state is JobState.PLANNED
        ]
        floor = Floor([self.queue(machine) for machine in shop.machines.values()], waiting)
        walk = QueueSimulation(floor, datetime.fromtimestamp(shop.at, UTC), CALENDAR)
        return walk.quantiles([self.work(order, shop.at) for order in orders], at).tolist(), walk.given

    def tell(self, shop: MadeUpShop) -> dict[int, int]:
        """Estimate every open order, and tell what is news; where each waiting job would be done first."""
        now = datetime.fromtimestamp(shop.at, UTC)
        open_orders = [order for order in shop.orders.values() if order.ready is None]
        ready, given = self.walk(shop, open_orders, WINDOW_SHARES)
        for order, found in zip(open_orders, ready, strict=True):
            fresh = window_of(found)
            known = self.told.get(order.id)
            if known is None:
                self.told[order.id] = ToldWindow(shop.at, found, fresh)
            elif is_news(known.shown, fresh, now, known.changes):
                known.shown, known.changes = to_show(fresh, known.changes), known.changes + 1
        return given


def simulate(
    *, seed: int = 1, machines: int = 200, orders: int = 1000, days: float = 90.0, progress: Progress = lambda _: None
) -> dict[str, Any]:
    """Let the shop live, and judge. Figures are shares, hours and counts; the dictionary is plain data."""
    about: dict[str, Any] = {"seed": seed, "machines": machines, "orders": orders, "days": days}
    for name, learns, begun in (("learned", True, 0.0), ("slicer", False, 0.5)):

        def further(share: float, begun: float = begun) -> None:
            progress(begun + share / 2)

        about[name] = _live(Teller(learns), MadeUpShop(seed, machines, orders), days, further)
    return about


def _live(teller: Teller, shop: MadeUpShop, days: float, progress: Progress) -> dict[str, Any]:
    """One shop's weeks with one who tells."""
    begin = shop.at
    end = begin + days * 86_400.0
    plain = Teller(learns=False)
    learned = 0.0
    while True:
        if shop.at - learned >= LEARN_S:
            teller.learn(shop)
            learned = shop.at
        given, new = teller.tell(shop), list(shop.incoming)
        for machine in shop.machines.values():
            machine.readings = machine.readings[-1:]
        shop.give_out(given)
        if new and teller.learns:
            for order, (at,) in zip(new, plain.walk(shop, new, (0.5,))[0], strict=True):
                teller.told[order.id].plain = at
        progress((shop.at - begin) / (end - begin))
        if shop.at >= end:
            return judge(shop.orders.values(), teller.told, end) | {"jobs": len(shop.finished)}
        shop.advance(min(end, shop.at + TICK_S))


def judge(orders: Iterable[MadeUpOrder], told: dict[int, ToldWindow], end: float) -> dict[str, Any]:
    """The figures of one teller.

    Judged are the orders whose window at acceptance ended within the run, so that none is left out because it was
    late. ``inside``: ready within that window; ``kept``: no later than its end (P90), the promise. ``changes``: visible
    moves of the window from acceptance until ready, or until the run ended.
    """
    pairs = [(order, told[order.id]) for order in orders if order.id in told]
    judged = [(order.ready or end + 1.0, one) for order, one in pairs if one.quantiles[1] <= end]
    whole = [one for order, one in pairs if order.ready is not None]
    width = _hours(one.quantiles[1] - one.quantiles[0] for _, one in judged)
    return {
        "judged": len(judged),
        **_where_they_fell(judged),
        "median_error_h": _hours(abs(ready - one.quantiles[2]) for ready, one in judged),
        "median_bias_h": _hours(ready - one.quantiles[2] for ready, one in judged),
        "median_width_h": width,
        "one_spread_width_h": one_spread_width_h(judged),
        "median_wait_h": _hours(ready - one.accepted for ready, one in judged),
        **_changes([one.changes for one in whole]),
    }


def _where_they_fell(judged: Sequence[tuple[float, ToldWindow]]) -> dict[str, Any]:
    """Shares of the moments at which orders were ready, against the windows that were told."""
    return {
        "inside": _share(one.quantiles[0] <= ready <= one.quantiles[1] for ready, one in judged),
        "before": _share(ready < one.quantiles[0] for ready, one in judged),
        "after": _share(ready > one.quantiles[1] for ready, one in judged),
        "kept": _share(ready <= one.quantiles[1] for ready, one in judged),
        "before_p50": _share(ready < one.quantiles[2] for ready, one in judged),
    }


def _changes(changes: Sequence[int]) -> dict[str, Any]:
    if not changes:
        return dict.fromkeys(("median_changes", "mean_changes", "most_changes"))
    return {
        "median_changes": median(changes),
        "mean_changes": sum(changes) / len(changes),
        "most_changes": max(changes),
    }


def one_spread_width_h(judged: Sequence[tuple[float, ToldWindow]]) -> float | None:
    """How wide windows are that hold the same 80 % with one spread over the slicers' plans: the median, in hours.

    The spread is learned in hindsight, and added or multiplied as is narrower: nobody who knows only that does better.
    """
    pairs = [(ready - one.accepted, one.plain - one.accepted) for ready, one in judged if one.plain > one.accepted]
    if len(pairs) < 10:
        return None
    added = quantiles([took - planned for took, planned in pairs], n=10)
    times = quantiles([took / planned for took, planned in pairs], n=10)
    by_times = (times[8] - times[0]) * median(planned for _, planned in pairs)
    return min(added[8] - added[0], by_times) / 3600.0


def _share(found: Iterable[bool]) -> float | None:
    values: Sequence[bool] = list(found)
    return sum(values) / len(values) if values else None


def _hours(found: Iterable[float]) -> float | None:
    values = list(found)
    return median(values) / 3600.0 if values else None
