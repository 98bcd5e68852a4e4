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
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from craftops.domain.estimation.change_point import NO_CHANGE, ChangePoint, change_point, second_half, without
from craftops.domain.estimation.kalman_filter import GaussianState, square
from craftops.domain.estimation.machine_belief import (
    BETWEEN,
    COLD_SPREAD,
    ENDS_S,
    Counting,
    belief_of,
    counting_of,
    learned,
)
from craftops.domain.estimation.run_sample import COLD_JITTER, COLD_UNEVEN, RunSample
from craftops.domain.estimation.window_width import widths
from craftops.domain.gcode.timeline import Columns, SlicerTimeline, TimelineKind, flat, seconds_of

SPREAD_FLOOR = 0.004
COLD_START = (1.0, 2.0)
"""Seconds (mean, standard deviation) that a start costs beyond its plan; with heating the cold guess is
``COLD_HEAT``."""
COLD_HEAT = 0.05
"""Share of the plan, at most ``LONGEST_COLD_HEAT`` seconds: nobody told how warm the machine is."""
LONGEST_COLD_HEAT = 180.0
SHORTEST_COLD_HEAT = 20.0
"""Seconds, at least: for bed and nozzle, firmware stays ten at a temperature before it goes on (Marlin's
TEMP_RESIDENCY_TIME), also where all is warm."""
COLD_LEAD = 0.8
"""Seconds by which a machine has read further than it has worked, plus the age of a reading."""
COLD_LEAD_SD = 0.3
"""How far that strays from run to run: one standard deviation, in seconds."""
LEAD_BY_LENGTH = 0.004
"""How badly a run tells it, as a share of its length: whoever is half a percent off in ten minutes is three seconds off
at its end."""
ENDS_STRAY = 0.15
"""How far what the two ends of a run add to it strays, as a share of that."""
SHRINK = 2.0
"""Runs that a prior weighs."""
WITHIN = 0.3
"""The same of what every run tells by twenty of its parts."""
LEAST_SCATTER = 0.1
"""Seconds: a run that was told better than this was lucky."""
HUBER = 2.0
STOOD = 0.01
"""Share of a run that its machine may have stood still for its pace to be known."""
UNTRUSTED = ("linear", "mixed", "estimate")
"""Origins that say no more than bytes do (OctoPrint up to 1.11: ``linear``, ``estimate``, ``mixed-analysis`` …)."""
COLD_WORD = {"printer": 0.08, "analysis": 0.35, "average": 0.10}
COLD_OTHER_WORD = 0.10


@dataclass(frozen=True, slots=True)
class Word:
    """How good a source's own remaining has been: ``bias`` and ``spread`` of log(told ÷ true), over ``runs`` runs."""

    bias: float = 0.0
    spread: float = COLD_OTHER_WORD
    runs: float = 0.0


@dataclass(frozen=True, slots=True)
class Pace:
    """What is believed of one machine. All of it plain numbers."""

    belief: GaussianState = field(default_factory=lambda: belief_of(Counting.LINE))
    counting: Counting = Counting.LINE
    spread: float = COLD_SPREAD
    start_s: float = COLD_START[0]
    start_sd: float = COLD_START[1]
    heat_s: float | None = None
    """Seconds of a start with heating; None before one was seen."""
    heat_sd: float = 0.0
    ends_s: float = COLD_START[0]
    """Seconds that a start without heating and an end add to the work of a run, and how far they stray."""
    ends_sd: float = COLD_START[1]
    step: ChangePoint = NO_CHANGE
    """What its runs lose once, at a place of their code."""
    lead_s: float = COLD_LEAD
    lead_sd: float = COLD_LEAD_SD
    uneven: float = COLD_UNEVEN
    scatter_s: float = COLD_JITTER
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
                "counting": Counting(data["counting"]),
                "step": ChangePoint(**data.get("step", {})),
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
    by_fleet = counting_of(_comparable(others))
    fleet, fleet_spread = _fit(by_fleet, _comparable(others), belief_of(by_fleet), COLD_SPREAD)
    between = max(0.05, BETWEEN / math.sqrt(1 + len({one.machine for one in others})))
    counting = counting_of(_comparable(mine), by_fleet)
    prior = belief_of(counting, fleet.mean, between)
    usual = max(fleet_spread, COLD_SPREAD / 2)
    settled, _ = _fit(counting, [second_half(one) for one in _comparable(mine)], prior, usual)
    step = change_point(_comparable(mine), settled)
    mine = [without(step, one) for one in mine]
    belief, _ = _fit(counting, _comparable(mine), prior, usual)
    ends = _ends(_comparable(mine), belief)
    timed = [_timed(one, *ends) for one in _comparable(mine)]
    belief, spread = _fit(counting, timed, prior, usual)
    ends_s, ends_sd = _ends(_comparable(mine), belief)
    residuals = [(one.file, _residual(one, belief)) for one in timed]
    (start_s, start_sd), (heat_s, heat_sd) = _starts(mine)
    lead_s, lead_sd = _lead(mine, _lead(others, COLD_LEAD)[0])
    low, high = widths([one.scores for one in mine], _by_machine(others))
    return Pace(
        belief=belief,
        counting=counting,
        spread=spread,
        start_s=start_s,
        start_sd=start_sd,
        heat_s=heat_s,
        heat_sd=heat_sd,
        ends_s=ends_s,
        ends_sd=ends_sd,
        step=step,
        lead_s=lead_s,
        lead_sd=lead_sd,
        uneven=_scale([o.uneven for o in mine], COLD_UNEVEN),
        scatter_s=_scale([max(LEAST_SCATTER, o.scatter_s) for o in mine], COLD_JITTER),
        low=low,
        high=high,
        words=_words(mine),
        files=_files(residuals),
        runs=len(mine),
    )


def _starts(samples: Sequence[RunSample]) -> tuple[tuple[float, float], tuple[float | None, float]]:
    """What beginning takes, in seconds with its deviation: of runs that need not heat, and of those that do; None where
    there was none."""
    warm = [one.start_s for one in samples if not one.heats]
    hot = [one.start_s for one in samples if one.heats]
    heat = _centre(hot, _middle(hot), max(2.0, 0.3 * _middle(hot))) if hot else (None, 0.0)
    return _centre(warm, *COLD_START), heat


def _by_machine(samples: Iterable[RunSample]) -> list[list[tuple[float, ...]]]:
    """The scores of every machine's runs."""
    found: dict[str, list[tuple[float, ...]]] = {}
    for one in samples:
        found.setdefault(one.machine, []).append(one.scores)
    return list(found.values())


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
        if took := _took(same, machine) or [one.whole_s for one in same]:
            return flat(_middle(took), TimelineKind.HISTORY)
    if planned_s:
        return flat(planned_s)
    took = _took(samples, machine)
    return flat(_middle(took)) if took else None


def _took(samples: Sequence[RunSample], machine: str) -> list[float]:
    return [one.whole_s for one in samples if one.machine == machine]


def _residual(sample: RunSample, belief: GaussianState) -> float:
    worked = sample.seconds - sample.lead_s
    return math.log(max(1e-3, worked) / max(1e-3, belief.told(sample.columns)))


def _fit(
    counting: Counting, samples: Sequence[RunSample], prior: GaussianState, spread: float
) -> tuple[GaussianState, float]:
    """(belief, spread from job to job), with Huber's weights found in a few rounds."""
    weights, usual = [1.0] * len(samples), spread
    belief = prior
    for _ in range(4):
        belief = prior
        for one, weight in zip(samples, weights, strict=True):
            belief = learned(counting, belief, one, spread, weight)
        residuals = [_residual(one, belief) for one in samples]
        spread = _spread_of(residuals, usual)
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


def _ends(samples: Sequence[RunSample], belief: GaussianState) -> tuple[float, float]:
    """What the two ends of a run add to its work, and how far that strays: by the whole time of the unheated ones."""
    found = [
        one.began_s + one.seconds - belief.told(one.columns)
        for one in samples
        if one.began_s is not None and not one.heats
    ]
    if not found:
        return COLD_START
    middle, n = _middle(found), len(found)
    usual = max(ENDS_S, ENDS_STRAY * abs(middle)) ** 2
    spread = (sum(min(9.0 * usual, (one - middle) ** 2) for one in found) + SHRINK * usual) / (n + SHRINK)
    prior = 1.0 / COLD_START[1] ** 2
    mean = (prior * COLD_START[0] + n * middle / spread) / (prior + n / spread)
    return mean, math.sqrt(spread + 1.0 / (prior + n / spread))


def _timed(sample: RunSample, ends_s: float, ends_sd: float) -> RunSample:
    """The run with how far its machine read ahead told by its whole time as well, each weighed by its doubt."""
    if sample.began_s is None or sample.heats:
        return sample
    by_place = COLD_LEAD_SD**2 + (LEAD_BY_LENGTH * sample.seconds) ** 2
    weight = by_place / (by_place + ends_sd**2)
    return replace(sample, lead_s=sample.lead_s + weight * (ends_s - sample.began_s - sample.lead_s))


def _lead(samples: Sequence[RunSample], cold: float) -> tuple[float, float]:
    """How far a machine reads ahead, and how far that strays: short runs tell it best, and it leans on ``cold``."""
    variances = [COLD_LEAD_SD**2 + (LEAD_BY_LENGTH * one.seconds) ** 2 for one in samples]
    known = [1.0 / one for one in variances]
    prior = 0.4 / COLD_LEAD_SD**2
    pulled = sum(weight * one.lead_s for weight, one in zip(known, samples, strict=True))
    mean = (prior * cold + pulled) / (prior + sum(known))
    gaps = [(min(9.0, (one.lead_s - mean) ** 2 / var), var) for one, var in zip(samples, variances, strict=True)]
    weigh = [COLD_LEAD_SD**2 / var for _, var in gaps]
    scatter = sum(w * gap for w, (gap, _) in zip(weigh, gaps, strict=True)) + SHRINK
    spread = COLD_LEAD_SD**2 * scatter / (sum(weigh) + SHRINK)
    return mean, math.sqrt(spread + 1.0 / (prior + sum(known)))


def _scale(values: Sequence[float], cold: float) -> float:
    n = len(values)
    return math.exp((sum(math.log(max(1e-4, v)) for v in values) + WITHIN * math.log(cold)) / (n + WITHIN))


def _middle(values: Sequence[float]) -> float:
    ordered = sorted(values)
    n = len(ordered)
    if not n:
        return 0.0
    return (ordered[(n - 1) // 2] + ordered[n // 2]) / 2.0


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
