"""The 80 % window holds in eight moments of ten, whichever runs were learned from: in each of three families of made-up
machines, from one run on, over many random choices of what was learned. Seeds are fixed, and their number is bounded.

A machine whose acceleration is not the plan's, or that loses a second once, is told too widely while few of its runs are
known, never too narrowly.
"""

from __future__ import annotations

import math
import random
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from statistics import fmean

import pytest

from craftops.domain.estimation.forecast import forecast, sample_of, show
from craftops.domain.estimation.pace import Pace, learn
from craftops.domain.estimation.run_sample import RunSample
from craftops.domain.estimation.run_state import RunState, observe
from craftops.domain.gcode.timeline import SlicerTimeline
from craftops.domain.machines.readings import MachineState, Reading

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
RUNS, CHOICES, JUDGED = 10, 5, 5
SETTLE_S = 3.0


@dataclass(frozen=True)
class Machine:
    """What is true of a machine, and nobody is told. Seconds; ``ahead`` is how far it reads ahead."""

    pace: tuple[float, float, float]
    by_kb: float
    by_job: float
    ahead: tuple[float, float]
    whole_seconds: bool
    once: tuple[float, float] = (0.0, 0.0)
    """Seconds that every run loses once, and the kB of code by which it has."""
    strays: float = 0.0
    """How far what a kB costs and the loss stray from run to run: the deviation of a log, and half of it in seconds."""


PLUGGED = Machine((1.0, 1.0, 1.006), 0.034, 0.0, (0.0, 1.4), whole_seconds=True)
"""As OctoPrint's virtual printer: dwells are exact, every line costs, readings are in whole seconds."""
STUMBLING = Machine((1.0, 1.0, 1.002), 0.018, 0.0, (0.0, 1.4), whole_seconds=True, once=(1.05, 3.0), strays=0.3)
"""The same on a quiet computer: a line costs less, not alike in all runs, and the hundredth is sent again."""
PLANNER = Machine((1.005, 0.86, 1.0), 0.0, 0.005, (0.5, 1.2), whole_seconds=False)
"""As Klipper: its acceleration is another than the plan's, and nothing else costs."""


@dataclass(frozen=True)
class Made:
    """One run: its clock, and for each knot when it was really done."""

    name: str
    clock: SlicerTimeline
    done_s: tuple[float, ...]
    length_s: float
    ahead_s: float
    phase_s: float
    whole_seconds: bool

    def readings(self) -> list[Reading]:
        """What the machine said, once a second."""
        said = []
        for second in range(math.ceil(self.length_s)):
            now = second + self.phase_s
            if now >= self.length_s:
                break
            index = min(len(self.clock.at) - 1, bisect_left(self.done_s, now + self.ahead_s))
            elapsed = float(int(now)) if self.whole_seconds else now
            said.append(self._said(MachineState.RUNNING, now, elapsed, self.clock.at[index]))
        over = said[-1].at.timestamp() - NOW.timestamp() + 1.0
        whole = float(int(self.length_s)) if self.whole_seconds else self.length_s
        return [*said, self._said(MachineState.DONE, over, whole, self.clock.size)]

    def _said(self, state: MachineState, now: float, elapsed: float, place: int) -> Reading:
        return Reading(state, NOW + timedelta(seconds=now), elapsed_s=elapsed, pos_bytes=place, file=self.name)


def made(machine: Machine, number: int) -> Made:
    chance = random.Random(f"{machine.ahead}{number}")
    steps, long = chance.randrange(80, 160), chance.uniform(0.6, 1.1)
    shape = chance.choice(("even", "early", "late", "spikes"))
    weights = {
        "even": [1.0] * steps,
        "early": [9.0 if n < steps / 3 else 1.0 for n in range(steps)],
        "late": [9.0 if n > steps * 2 / 3 else 1.0 for n in range(steps)],
        "spikes": [9.0 if n * 7 // steps % 2 else 1.0 for n in range(steps)],
    }[shape]
    size = chance.randrange(40_000, 90_000)
    at, columns = [0], [(0.0, 0.0, 0.0)]
    for weight in weights:
        at.append(at[-1] + max(1, int(size * weight / sum(weights))))
        of = chance.uniform(0.1, 0.4)
        step = (long, of * long, 0.0) if machine is PLANNER else (0.0, 0.0, long)
        columns.append(tuple(a + b for a, b in zip(columns[-1], step, strict=True)))  # type: ignore[arg-type]
    motion, loss, dwell = (tuple(row) for row in zip(*columns, strict=True))
    clock = SlicerTimeline(at[-1], tuple(at), motion, loss, dwell, start_at=at[1], slicer_s=motion[-1] + dwell[-1])
    today, start = math.exp(chance.gauss(0.0, machine.by_job)), chance.uniform(0.0, 0.4)
    by_kb = machine.by_kb * math.exp(chance.gauss(0.0, machine.strays)) if machine.strays else machine.by_kb
    lost = machine.once[0] + chance.gauss(0.0, 0.5 * machine.strays) if machine.strays else machine.once[0]
    done = tuple(
        start
        + today * sum(p * c for p, c in zip(machine.pace, row, strict=True))
        + by_kb * place / 1000
        + (lost if place >= 1000 * machine.once[1] else 0.0)
        for row, place in zip(columns, at, strict=True)
    )
    ahead, end = chance.uniform(*machine.ahead), chance.uniform(0.0, 0.3)
    return Made(f"{number}.gcode", clock, done, done[-1] + end, ahead, chance.random(), machine.whole_seconds)


def replayed(run: Made, pace: Pace) -> tuple[float, float, RunSample | None]:
    """(share of moments that the window held, mean error as a share of the length, what the run teaches)."""
    evidence, held, errors = RunState(), [], []
    for reading in run.readings():
        evidence = observe(evidence, reading, run.clock)
        if evidence.ended or evidence.at is None:
            break
        evidence, shown = show(evidence, forecast(evidence, run.clock, pace, evidence.at, file=run.name), run.clock)
        now = (evidence.at - NOW).total_seconds()
        if now >= SETTLE_S:
            left = run.length_s - now
            held.append(shown.p10_s <= left <= shown.p90_s)
            errors.append(abs(shown.p50_s - left) / run.length_s)
    return fmean(held), fmean(errors), sample_of(evidence, run.clock, pace, machine="a", file=run.name)


def learned(runs: Sequence[Made]) -> Pace:
    """As a machine learns: run by run, each told with what the ones before it had taught."""
    samples: list[RunSample] = []
    for run in runs:
        _, _, sample = replayed(run, learn(samples, "a"))
        assert sample is not None
        samples.append(sample)
    return learn(samples, "a")


@pytest.mark.parametrize("machine", [PLUGGED, STUMBLING, PLANNER], ids=["plugged", "stumbling", "planner"])
@pytest.mark.parametrize("known", [1, 2, 4, RUNS - 1])
def test_eight_of_ten_moments_are_inside_whatever_was_learned(machine: Machine, known: int) -> None:
    runs = [made(machine, number) for number in range(RUNS)]
    chance = random.Random(known)
    inside, off = [], []
    for _ in range(CHOICES if known < RUNS - 1 else RUNS):
        order = chance.sample(runs, RUNS)
        pace = learned(order[:known])
        for run in order[known:][:JUDGED]:
            held, error, _ = replayed(run, pace)
            inside.append(held)
            off.append(error)
    assert fmean(inside) >= 0.75, "too narrow where it does not know"
    if machine is PLUGGED or known == RUNS - 1:  # how ramps differ from the plan, and what is lost, is doubted longer
        assert fmean(inside) <= 0.90, "too wide where it knows"
    assert fmean(off) <= 0.008
