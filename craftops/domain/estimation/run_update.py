"""One running job from reading to reading: its evidence grows, and gives the seconds that are left."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from craftops.domain.estimation.estimate import Z90, Left
from craftops.domain.estimation.forecast import forecast, show
from craftops.domain.estimation.pace import Pace
from craftops.domain.estimation.run_state import RunState, observe
from craftops.domain.estimation.statistics import RunStatistics
from craftops.domain.gcode.timeline import SlicerTimeline, seconds_of
from craftops.domain.machines.readings import AT_WORK, Reading
from craftops.domain.production.progress import Moving

NEARLY_ALL = 0.99
"""Nothing is further than this before its end was heard."""


UNHEARD_S = 90.0
"""Seconds after its last estimate in which a bar still goes on by the clock; then its machine is silent."""


@dataclass(frozen=True, slots=True)
class BarOfTime:
    """How far a run is by time: ``share`` (0..1) at an instant, and what a second adds while its machine works.

    Between two estimates the clock moves it on: of a print of a minute, two seconds are three percent.
    """

    share: float
    rate: float
    at: datetime

    def share_at(self, now: datetime, *, least: float = 0.0) -> float:
        """The share at ``now``, and never under ``least``, which was seen before."""
        passed = min(UNHEARD_S, max(0.0, (now - self.at).total_seconds()))
        return max(least, min(NEARLY_ALL, self.share + self.rate * passed))

    def moving_at(self, now: datetime, *, least: float = 0.0) -> Moving | None:
        """How it goes on from ``now``, where it is never under ``least``, until its machine is silent or nearly all is
        done; None where it stands."""
        passed = max(0.0, (now - self.at).total_seconds())
        share = self.share + self.rate * passed
        if self.rate <= 0.0 or passed >= UNHEARD_S or share >= NEARLY_ALL:
            return None
        return Moving(max(least, share), share, self.rate, min(UNHEARD_S - passed, (NEARLY_ALL - share) / self.rate))

    def to_json(self) -> list[float]:
        """As plain data."""
        return [self.share, self.rate, self.at.timestamp()]


def bar_of_time(evidence: RunState, left: Left) -> BarOfTime | None:
    """How far a run is: its time at work, of that and what is left of it; None before it was heard."""
    if evidence.at is None:
        return None
    whole_s = evidence.active_s + left.p50_s
    share = min(NEARLY_ALL, evidence.active_s / whole_s) if whole_s > 0.0 else 0.0
    rate = 1.0 / whole_s if whole_s > 0.0 and evidence.state in AT_WORK else 0.0
    return BarOfTime(share, rate, evidence.at)


def kept_bar(kept: Mapping[str, Any] | None) -> BarOfTime | None:
    """The bar in what was kept of a job; None where the machine's own percent is shown, or another version wrote."""
    try:
        share, rate, at = (kept or {})["bar"]
        return BarOfTime(float(share), float(rate), datetime.fromtimestamp(at, UTC))
    except (KeyError, TypeError, ValueError):
        return None


def share_now(progress: float | None, kept: Mapping[str, Any] | None, now: datetime) -> float | None:
    """What people see of a running job's ``progress`` (0..1) at ``now``, with what was kept of its run."""
    bar = kept_bar(kept)
    return progress if bar is None else bar.share_at(now, least=progress or 0.0)


def moving_now(progress: float | None, kept: Mapping[str, Any] | None, now: datetime) -> Moving | None:
    """How that goes on by the clock."""
    bar = kept_bar(kept)
    return bar.moving_at(now, least=progress or 0.0) if bar is not None else None


def take(
    before: RunState,
    reading: Reading,
    clock: SlicerTimeline,
    pace: Pace,
    usual: RunStatistics,
    *,
    sure: bool = True,
    file: str = "",
    report_interval_s: float = 30.0,
) -> tuple[RunState, Left] | None:
    """(evidence with this reading in it, what is left then); None for a machine that tells neither place nor time.

    ``sure`` where the clock knows this very work; where its plan was only scaled by what is usual on the machine, the
    doubt of that stays, and wanes as the job shows itself.
    """
    evidence = observe(before, reading, clock)
    if evidence.at is None or (evidence.place <= 0.0 and evidence.word_s is None):
        return None
    fresh = forecast(evidence, clock, pace, evidence.at, file=file, report_interval_s=report_interval_s)
    evidence, shown = show(evidence, fresh, clock)
    if sure:
        return evidence, Left(shown.p10_s, shown.p50_s, shown.p90_s, evidence.at)
    share = min(1.0, seconds_of(evidence.done) / clock.total_s)
    doubt = Z90 * math.hypot(usual.doubt, usual.spread) * (1.0 - share) ** 2 * shown.p50_s
    low = shown.p50_s - math.hypot(shown.p50_s - shown.p10_s, doubt)
    high = shown.p50_s + math.hypot(shown.p90_s - shown.p50_s, doubt)
    return evidence, Left(max(0.0, low), shown.p50_s, high, evidence.at)
