"""What finished runs teach: a machine's pace, what its start costs, how good each word was, how wide a window must be.

``learn`` is pure: samples in, ``Pace`` out. A machine with few runs leans on the other machines of the shop (the
fleet), and the fleet on cold values. One run that went astray (parts excluded, hands in it) weighs little.

The model: seconds of a run = pace · (motion, loss, dwell of its clock), with one pace and small differences between
the columns (the loss differs most, because it depends on the machine's true acceleration). It is a Bayesian linear
regression with a prior, solved by one Kalman step for each sample, with Huber's weights.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from craftops.domain.estimation.kalman_filter import GaussianState, kalman_update, square
from craftops.domain.gcode.timeline import Columns, SlicerTimeline, TimelineKind, flat, seconds_of

COLD_PACE = 1.01
"""A machine is never faster than its plan, and often a little slower."""
BETWEEN = 0.06
"""Standard deviation of log pace between machines of which nothing is known."""
BY_COLUMN = (0.02, 0.6, 0.03)
"""How far a column's pace strays from the machine's pace (motion, loss, dwell)."""
COLD_READ = (0.015, 0.03)
"""Seconds (mean, standard deviation) that a kB of code costs by itself: 0 from a card, 0.09 at 115200 baud without a
buffer."""
COLD_SPREAD = 0.02
"""Standard deviation of log(run ÷ prediction) from job to job on one machine, before it is known."""
SPREAD_FLOOR = 0.004
COLD_START = (1.0, 2.0)
"""Seconds (mean, standard deviation) that a start costs beyond its plan; with heating the cold guess is
``COLD_HEAT``."""
COLD_HEAT = 0.05
"""Share of the plan, at most ``LONGEST_COLD_HEAT`` seconds: nobody told how warm the machine is."""
LONGEST_COLD_HEAT = 180.0
COLD_LEAD = 0.8
"""Seconds by which a machine has read further than it has worked, plus the age of a reading."""
COLD_UNEVEN = 0.012
"""Unevenness of a clock from code: standard deviation of a whole job's seconds, as a share, from its parts' scatter."""
COLD_JITTER = 0.4
"""Seconds by which a place is uncertain."""
COLD: Columns = (COLD_PACE, COLD_PACE, COLD_PACE, COLD_READ[0])
SHRINK = 2.0
"""Runs that a prior weighs."""
HUBER = 2.0
FULL = 20
"""Runs from which on the window rests on this machine's residuals alone."""
NARROWEST = 0.8
"""Standard deviations from P50 to P10 or P90, at least: a lucky streak is no proof."""
STOOD = 0.01
"""Share of a run that its machine may have stood still for its pace to be known."""
COVER = 0.85
"""Of the runs that were left alone. Hands that change a run cost the window some of its 80 %, and so does what the next
run has that none before it had: measured on runs of other files, 82 % came true as 76 to 79 (decision 35)."""
UNTRUSTED = ("linear", "mixed", "estimate")
"""Origins that say no more than bytes do (OctoPrint up to 1.11: ``linear``, ``estimate``, ``mixed-analysis`` …)."""
COLD_WORD = {"printer": 0.08, "analysis": 0.35, "average": 0.10}
COLD_OTHER_WORD = 0.10


@dataclass(frozen=True, slots=True)
class RunSample:
    """One finished run. Seconds at work; ``columns`` effective planned seconds, both from where pace is measured."""

    machine: str
    file: str
    part: str
    seconds: float
    columns: Columns
    lead_s: float
    start_s: float
    heats: bool
    whole_s: float
    """Of the whole run, from its first reading to its end."""
    planned_s: float
    uneven: float = COLD_UNEVEN
    kind: TimelineKind = TimelineKind.CODE
    """What the clock of that run rested on."""
    scores: tuple[float, ...] = ()
    """(truth − P50) ÷ standard deviation at the checkpoints after the last change by hands."""
    words: tuple[tuple[str, float], ...] = ()
    """(origin, log(told ÷ truth)) at the checkpoints."""
    stalled_s: float = 0.0
    """Seconds that the machine stood still; they are in none of the others."""

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> RunSample:
        """What ``to_json`` wrote. Raises KeyError, TypeError or ValueError for anything else."""
        motion, loss, dwell, read = data["columns"]
        words = tuple((str(origin), float(error)) for origin, error in data["words"])
        return cls(
            **{
                **data,
                "columns": (motion, loss, dwell, read),
                "kind": TimelineKind(data["kind"]),
                "scores": tuple(data["scores"]),
                "words": words,
            }
        )


@dataclass(frozen=True, slots=True)
class Word:
    """How good a source's own remaining has been: ``bias`` and ``spread`` of log(told ÷ true), over ``runs`` runs."""

    bias: float = 0.0
    spread: float = COLD_OTHER_WORD
    runs: float = 0.0


@dataclass(frozen=True, slots=True)
class Pace:
    """What is believed of one machine. All of it plain numbers."""

    belief: GaussianState = field(default_factory=lambda: prior_belief(COLD, BETWEEN))
    spread: float = COLD_SPREAD
    start_s: float = COLD_START[0]
    start_sd: float = COLD_START[1]
    heat_s: float | None = None
    """Seconds of a start with heating; None before one was seen."""
    heat_sd: float = 0.0
    lead_s: float = COLD_LEAD
    uneven: float = COLD_UNEVEN
    jitter_s: float = COLD_JITTER
    low: float = -1.2816
    """Standard deviations from P50 to P10, and ``high`` to P90."""
    high: float = 1.2816
    words: dict[str, Word] = field(default_factory=dict)
    files: dict[str, tuple[float, float]] = field(default_factory=dict)
    """File → (runs, mean log residual): a file's own deviation from the model."""
    runs: int = 0

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Pace:
        """What ``to_json`` wrote. Raises KeyError, TypeError or ValueError for anything else."""
        motion, loss, dwell, read = data["belief"]["mean"]
        return cls(
            **{
                **data,
                "belief": GaussianState((motion, loss, dwell, read), square(data["belief"]["covariance"])),
                "words": {origin: Word(**one) for origin, one in data["words"].items()},
                "files": {file: (runs, mean) for file, (runs, mean) in data["files"].items()},
            }
        )


def costs(columns: Columns, pace: Pace) -> float:
    """Seconds at this pace."""
    return pace.belief.told(columns)


def cold_word(origin: str) -> Word:
    """What a source's own remaining is worth before it has been seen right or wrong."""
    return Word(0.0, COLD_WORD.get(origin, COLD_OTHER_WORD), 0.0)


def trusted(origin: str) -> bool:
    """Whether a source's word says more than bytes do."""
    return not origin.startswith(UNTRUSTED)


def learn(samples: Sequence[RunSample], machine: str) -> Pace:
    """The pace of one machine out of all the shop's finished runs, the oldest first."""
    mine = [one for one in samples if one.machine == machine]
    others = [one for one in samples if one.machine != machine]
    fleet, fleet_spread = _fit(_comparable(others), prior_belief(COLD, BETWEEN), COLD_SPREAD)
    between = max(0.05, BETWEEN / math.sqrt(1 + len({one.machine for one in others})))
    belief, spread = _fit(_comparable(mine), prior_belief(fleet.mean, between), max(fleet_spread, COLD_SPREAD / 2))
    residuals = [(one.file, _residual(one, belief)) for one in _comparable(mine)]
    warm = [one.start_s for one in mine if not one.heats]
    hot = [one.start_s for one in mine if one.heats]
    start_s, start_sd = _centre(warm, *COLD_START)
    heat_s, heat_sd = _centre(hot, _middle(hot), max(2.0, 0.3 * _middle(hot))) if hot else (None, 0.0)
    lead = _centre([one.lead_s for one in mine], _centre([one.lead_s for one in others], COLD_LEAD, 0.5)[0], 0.5)
    low, high = _window(mine, others)
    return Pace(
        belief=belief,
        spread=spread,
        start_s=start_s,
        start_sd=start_sd,
        heat_s=heat_s,
        heat_sd=heat_sd,
        lead_s=lead[0],
        uneven=_scale([o.uneven for o in mine], _scale([o.uneven for o in others], COLD_UNEVEN)),
        low=low,
        high=high,
        words=_words(mine),
        files=_files(residuals),
        runs=len(mine),
    )


def _whole(sample: RunSample) -> bool:
    return sample.seconds > 0.0 and seconds_of(sample.columns) > 0.0


def _comparable(samples: Sequence[RunSample]) -> list[RunSample]:
    """The runs whose plan was read from code; before there are any, those that had a planned total at least. Where a
    machine stood still (for heat, a tool, a person) it is not known to the second when it went on: those runs only
    count where there are no others."""
    whole = [one for one in samples if _whole(one)]
    whole = [one for one in whole if one.stalled_s <= STOOD * one.seconds] or whole
    by_code = [one for one in whole if one.kind is TimelineKind.CODE]
    return by_code or [one for one in whole if one.kind is TimelineKind.TOTAL]


def clock_by_history(
    samples: Sequence[RunSample], *, machine: str, file: str = "", part: str = "", planned_s: float | None = None
) -> SlicerTimeline | None:
    """A clock where there is no code: what the same file took, else the same part, on this machine before any other.

    Else the planned total at this machine's usual ratio (``learn`` has it); None when nobody has told anything.
    """
    of_file = [one for one in samples if file and one.file == file]
    of_part = [one for one in samples if part and one.part == part]
    for same in (of_file, of_part):
        took = [one.whole_s for one in same if one.machine == machine] or [one.whole_s for one in same]
        if took:
            return flat(_middle(took), TimelineKind.HISTORY)
    if planned_s:
        return flat(planned_s)
    took = [one.whole_s for one in samples if one.machine == machine]
    return flat(_middle(took)) if took else None


def _residual(sample: RunSample, belief: GaussianState) -> float:
    worked = sample.seconds - sample.lead_s
    return math.log(max(1e-3, worked) / max(1e-3, belief.told(sample.columns)))


def prior_belief(mean: Columns, between: float) -> GaussianState:
    """What is believed of a machine's factors before it has run: one pace, and small differences between the
    columns."""
    rows = [[between * between + (BY_COLUMN[i] ** 2 if i == j else 0.0) for j in range(3)] for i in range(3)]
    return GaussianState(mean, square([*([*row, 0.0] for row in rows), [0.0, 0.0, 0.0, COLD_READ[1] ** 2]]))


def _fit(samples: Sequence[RunSample], prior: GaussianState, spread: float) -> tuple[GaussianState, float]:
    """(belief, spread from job to job), with Huber's weights found in a few rounds."""
    weights = [1.0] * len(samples)
    belief = prior
    for _ in range(4):
        belief = prior
        for one, weight in zip(samples, weights, strict=True):
            whole = seconds_of(one.columns)
            noise = spread * spread / weight + (COLD_JITTER / whole) ** 2
            belief = kalman_update(
                belief, [part / whole for part in one.columns], (one.seconds - one.lead_s) / whole, noise
            )
        residuals = [_residual(one, belief) for one in samples]
        spread = _spread_of(residuals, spread)
        weights = [min(1.0, (HUBER * spread / max(1e-9, abs(r))) ** 2) for r in residuals]
    return belief, spread


def _spread_of(residuals: Sequence[float], prior: float) -> float:
    """A robust standard deviation (1.48 × median |residual|), shrunk to what was believed."""
    if not residuals:
        return prior
    robust = 1.4826 * _middle([abs(r) for r in residuals])
    n = len(residuals)
    return max(SPREAD_FLOOR, math.sqrt((n * robust * robust + SHRINK * prior * prior) / (n + SHRINK)))


def _centre(values: Sequence[float], cold: float, cold_sd: float) -> tuple[float, float]:
    """A robust mean and its spread, each shrunk to the cold value."""
    if not values:
        return cold, cold_sd
    middle = _middle(values)
    deviation = 1.4826 * _middle([abs(v - middle) for v in values])
    n = len(values)
    mean = (n * middle + 0.5 * cold) / (n + 0.5)
    return mean, math.sqrt((n * deviation * deviation + cold_sd * cold_sd) / (n + 1.0))


def _scale(values: Sequence[float], cold: float) -> float:
    n = len(values)
    return math.exp((sum(math.log(max(1e-4, v)) for v in values) + SHRINK * math.log(cold)) / (n + SHRINK))


def _middle(values: Sequence[float]) -> float:
    ordered = sorted(values)
    n = len(ordered)
    if not n:
        return 0.0
    return (ordered[(n - 1) // 2] + ordered[n // 2]) / 2.0


def _window(mine: Iterable[RunSample], others: Iterable[RunSample]) -> tuple[float, float]:
    """Quantiles of the scores of finished runs, each run weighing one; before there are enough, a normal's as well.

    Split-conformal in spirit: from ``FULL`` runs of this machine on, nothing but its own residuals counts.
    """
    own = [one.scores for one in mine if one.scores]
    strange = [one.scores for one in others if one.scores]
    missing = max(0.0, 1.0 - len(own) / FULL)
    points = [(z, 1.0 / len(scores)) for scores in own for z in scores]
    points += [(z, 0.5 * missing / len(scores)) for scores in strange for z in scores]
    points += [(z, SHRINK * missing / len(NORMAL)) for z in NORMAL]
    points.sort()
    tail = (1.0 - COVER) / 2.0
    return min(-NARROWEST, _quantile(points, tail)), max(NARROWEST, _quantile(points, 1.0 - tail))


HALF = (1.96, 1.44, 1.15, 0.93, 0.76, 0.6, 0.45, 0.32, 0.19, 0.06)
NORMAL = (*(-z for z in HALF), *reversed(HALF))
"""The quantiles 2.5 %, 7.5 %, … of the standard normal."""


def _quantile(points: Sequence[tuple[float, float]], share: float) -> float:
    whole = sum(weight for _, weight in points)
    reached = 0.0
    for z, weight in points:
        reached += weight
        if reached >= share * whole:
            return z
    return points[-1][0]


def _words(samples: Iterable[RunSample]) -> dict[str, Word]:
    """By origin: each run's mean error and spread, shrunk to the cold value."""
    by_origin: dict[str, list[list[float]]] = {}
    for one in samples:
        runs: dict[str, list[float]] = {}
        for origin, error in one.words:
            runs.setdefault(origin, []).append(error)
        for origin, errors in runs.items():
            by_origin.setdefault(origin, []).append(errors)
    words = {}
    for origin, found in by_origin.items():
        n = len(found)
        cold = cold_word(origin)
        bias = sum(_middle(errors) for errors in found) / (n + SHRINK)
        square = sum(sum((e - bias) ** 2 for e in errors) / len(errors) for errors in found)
        words[origin] = Word(bias, math.sqrt((square + SHRINK * cold.spread**2) / (n + SHRINK)), float(n))
    return words


def _files(residuals: Iterable[tuple[str, float]]) -> dict[str, tuple[float, float]]:
    found: dict[str, list[float]] = {}
    for file, residual in residuals:
        if file:
            found.setdefault(file, []).append(residual)
    return {file: (float(len(values)), _middle(values)) for file, values in found.items()}
