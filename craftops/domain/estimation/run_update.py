"""One running job from reading to reading: its evidence grows, and gives the seconds that are left."""

from __future__ import annotations

import math

from craftops.domain.estimation.estimate import Z90, Left
from craftops.domain.estimation.forecast import forecast, show
from craftops.domain.estimation.pace import Pace
from craftops.domain.estimation.run_state import RunState, observe
from craftops.domain.estimation.statistics import RunStatistics
from craftops.domain.gcode.timeline import SlicerTimeline, seconds_of
from craftops.domain.machines.readings import Reading

NEARLY_ALL = 0.99
"""Nothing is further than this before its end was heard."""


def share_of_time(evidence: RunState, left: Left) -> float:
    """How far a run is, 0..1: its time at work, of that and what is left of it."""
    whole_s = evidence.active_s + left.p50_s
    return min(NEARLY_ALL, evidence.active_s / whole_s) if whole_s > 0.0 else 0.0


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
