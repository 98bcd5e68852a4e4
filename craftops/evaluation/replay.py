"""Recorded runs, replayed through the same code as live ones: how good is the estimate, and how good are simpler ones.

A trace is one JSON object a line: ``meta``, then ``r`` (a reading) about once a second, and ``action`` where somebody
interfered. Truth is the machine time that was really left; time in a pause is nobody's error, so it is neither
counted nor judged.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from craftops.domain.estimation.forecast import forecast, sample_of, show
from craftops.domain.estimation.pace import clock_by_history, learn
from craftops.domain.estimation.run_sample import RunSample
from craftops.domain.estimation.run_state import RunState, observe
from craftops.domain.gcode.timeline import SlicerTimeline, flat
from craftops.domain.gcode.timeline_reader import read_timeline
from craftops.domain.machines.readings import AT_WORK, MachineState, Reading
from craftops.errors import IntakeError

CHUNK = 1 << 18
SETTLE_S = 3.0
"""Seconds at the beginning that are not judged."""
MOMENTS = (10, 25, 50, 75, 90)
STATES = {
    "printing": MachineState.RUNNING,
    "running": MachineState.RUNNING,
    "resuming": MachineState.PAUSED,
    "starting": MachineState.PREPARING,
    "preparing": MachineState.PREPARING,
    "finishing": MachineState.FINISHING,
    "paused": MachineState.PAUSED,
    "pausing": MachineState.PAUSED,
    "complete": MachineState.DONE,
    "done": MachineState.DONE,
    "cancelling": MachineState.RUNNING,
    "cancelled": MachineState.CANCELLED,
    "error": MachineState.FAILED,
    "failed": MachineState.FAILED,
}
DONE_FROM = 99.0
"""Percent that OctoPrint still tells after a run that ended well (2.0 stays at 99); after a cancelled one it tells
none."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What everybody said at one reading. Seconds; ``active_s`` of machine time."""

    active_s: float
    p10_s: float
    p50_s: float
    p90_s: float
    event: bool
    speed: float
    told: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Replay:
    """One run, replayed. ``length_s`` is None for a run that did not end well: then there is no truth to judge by."""

    trace: str
    machine: str
    family: str
    """The kind of machine and its version."""
    planned_s: float
    length_s: float | None
    outcome: str
    moments: list[Moment] = field(default_factory=list)


BASELINES = ("linear_bytes", "source", "slicer_minus_elapsed", "average")


def read_trace(path: Path) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """(meta, readings) of a trace. Raises IntakeError for what is none."""
    try:
        with path.open(encoding="utf-8") as file:
            lines = [json.loads(line) for line in file if line.strip()]
    except (OSError, ValueError) as error:
        raise IntakeError(f"{path} is no trace: {error}.") from error
    if not lines or not all(isinstance(line, dict) for line in lines) or lines[0].get("type") != "meta":
        raise IntakeError(f"{path} is no trace: its first line is no meta line.")
    return lines[0], [line for line in lines[1:] if line.get("type") == "r" and isinstance(line.get("t"), int | float)]


def machine_of(meta: dict[str, Any]) -> str:
    """Which machine ran it."""
    return str(meta.get("machine") or "machine")


def clock_of(meta: dict[str, Any], folder: Path | None, samples: Sequence[RunSample] = ()) -> SlicerTimeline:
    """The clock of the file that ran; without the file, what it took before, or the slicer's total."""
    path = folder / str(meta.get("file") or "") if folder else None
    if path and path.is_file():
        with path.open("rb") as file:
            clock = read_timeline(iter(lambda: file.read(CHUNK), b""))
        if clock:
            return clock
    planned_s = float(meta.get("slicer_est_s") or meta.get("analysis_est_s") or 3600.0)
    name = str(meta.get("file") or "")
    return clock_by_history(samples, machine=machine_of(meta), file=name, planned_s=planned_s) or flat(planned_s)


def reading_of(line: dict[str, Any], meta: dict[str, Any]) -> Reading:
    """One recorded line as a reading."""
    at = datetime.fromtimestamp(float(meta.get("start_unix") or 0.0), UTC) + timedelta(seconds=float(line["t"]))
    word = str(line.get("state") or "").lower()
    state = STATES.get(word, MachineState.UNKNOWN)
    completion = line.get("completion")
    if word == "operational":
        state = MachineState.DONE if (completion or 0.0) >= DONE_FROM else MachineState.CANCELLED
    return Reading(
        state=state,
        at=at,
        progress=None if completion is None else min(1.0, max(0.0, float(completion) / 100.0)),
        file=str(meta.get("file") or ""),
        elapsed_s=line.get("elapsed"),
        remaining_s=line.get("remaining"),
        remaining_origin=str(line.get("origin") or ""),
        pos_bytes=line.get("filepos"),
        layer=line.get("layer"),
        layers=line.get("layers"),
        speed_factor=float(line.get("speed_factor") or 1.0),
    )


def replay(
    name: str,
    meta: dict[str, Any],
    lines: Sequence[dict[str, Any]],
    clock: SlicerTimeline,
    samples: Sequence[RunSample],
) -> tuple[Replay, RunSample | None]:
    """Drive one run through the estimate as it would have gone live; gives what it teaches too, when it ended well."""
    machine, file = machine_of(meta), str(meta.get("file") or "")
    pace = learn(samples, machine)
    evidence = RunState()
    moments: list[Moment] = []
    for line in lines:
        evidence = observe(evidence, reading_of(line, meta), clock)
        if evidence.at is None:
            continue
        if evidence.ended:
            break
        event = evidence.event
        fresh = forecast(evidence, clock, pace, evidence.at, file=file)
        evidence, shown = show(evidence, fresh, clock)
        if evidence.state in AT_WORK:
            told = _baselines(line, meta, evidence.active_s)
            moments.append(
                Moment(evidence.active_s, shown.p10_s, shown.p50_s, shown.p90_s, event, evidence.speed, told)
            )
    well = evidence.ended and evidence.state is MachineState.DONE
    sample = sample_of(evidence, clock, pace, machine=machine, file=file) if well else None
    length = evidence.active_s if well else None
    family = f"{machine} {meta.get('version') or ''}".strip()
    return Replay(name, machine, family, clock.total_s, length, str(meta.get("outcome") or ""), moments), sample


def _baselines(line: dict[str, Any], meta: dict[str, Any], active_s: float) -> dict[str, float | None]:
    """What simpler estimators said: by bytes, the source itself, the slicer's total, and the average that others
    show."""
    share = float(line.get("completion") or 0.0) / 100.0
    elapsed = float(line["elapsed"]) if line.get("elapsed") is not None else active_s
    linear = elapsed / share - elapsed if share > 0.0 else None
    slicer = meta.get("slicer_est_s")
    by_slicer = max(0.0, float(slicer) - elapsed) if slicer else None
    used, whole = line.get("filament_mm"), meta.get("filament_total")
    by_filament = elapsed * (float(whole) / float(used) - 1.0) if used and whole and used > 0 else None
    parts = [max(0.0, one) for one in (linear, by_filament, by_slicer) if one is not None]
    return {
        "linear_bytes": linear,
        "source": line.get("remaining"),
        "slicer_minus_elapsed": by_slicer,
        "average": sum(parts) / len(parts) if parts else None,
    }


def judge(run: Replay) -> dict[str, Any]:
    """The figures of one run, as shares of its length; all None when it did not end well (but for the jump)."""
    length = run.length_s
    moments = [one for one in run.moments if one.active_s >= SETTLE_S and (length is None or one.active_s < length)]
    row: dict[str, Any] = {"trace": run.trace, "machine": run.machine, "family": run.family}
    row |= {"outcome": run.outcome, "length_s": length}
    row["worst_jump"] = _worst_jump(run.moments, length or run.planned_s)
    if length is None or not moments:
        none = dict.fromkeys(("mae", "mae_after_hands", "coverage80", "width80"))
        return row | none | {"at": {}, "baselines": dict.fromkeys(BASELINES)}
    truths = [(one, length - one.active_s) for one in moments]
    errors = [abs(one.p50_s - truth) / length for one, truth in truths]
    row["mae"] = _mean(errors)
    row["mae_after_hands"] = _mean(errors[_left_alone(moments) :])
    row["at"] = {str(share): _near(truths, length, share / 100.0) for share in MOMENTS}
    row["coverage80"] = _mean([float(one.p10_s <= truth <= one.p90_s) for one, truth in truths])
    row["width80"] = _mean([(one.p90_s - one.p10_s) / length for one, _ in truths])
    row["baselines"] = {name: _told_by(name, truths, length) for name in BASELINES}
    return row


def _told_by(name: str, truths: Sequence[tuple[Moment, float]], length: float) -> float | None:
    """How far a baseline was off where it said anything, as a share of the run."""
    return _mean([abs(said - truth) / length for one, truth in truths if (said := one.told[name]) is not None])


def _left_alone(moments: Sequence[Moment]) -> int:
    """From which moment on nobody changed the speed any more: what somebody changes later, nobody can foretell."""
    last = moments[-1].speed
    return next((n + 1 for n in reversed(range(len(moments))) if moments[n].speed != last), 0)


def _near(truths: Sequence[tuple[Moment, float]], length: float, share: float) -> float:
    """Error at the moment when ``share`` of the run had really passed."""
    one, truth = min(truths, key=lambda pair: abs(pair[0].active_s - share * length))
    return abs(one.p50_s - truth) / length


def _worst_jump(moments: Sequence[Moment], length: float) -> float:
    """The greatest rise of P50 between two readings, beyond what passed of it, where nothing had happened."""
    worst = 0.0
    for before, after in pairwise(moments):
        if not after.event:
            worst = max(worst, after.p50_s - before.p50_s)
    return worst / max(1.0, length)


def summary(rows: Sequence[dict[str, Any]], name: str = "ALL") -> dict[str, Any]:
    """All runs together, each weighing the same; medians at the moments."""
    judged = [row for row in rows if row["mae"] is not None]
    return {
        "trace": name,
        "runs": len(rows),
        "judged": len(judged),
        "mae": _mean([row["mae"] for row in judged]),
        "mae_after_hands": _mean([row["mae_after_hands"] for row in judged]),
        "worst_mae_after_hands": max((row["mae_after_hands"] for row in judged), default=None),
        "at": {str(m): _middle([row["at"][str(m)] for row in judged]) for m in MOMENTS},
        "coverage80": _mean([row["coverage80"] for row in judged]),
        "width80": _mean([row["width80"] for row in judged]),
        "worst_jump": max((row["worst_jump"] for row in rows), default=None),
        "baselines": {
            name: _mean([v for row in judged if (v := row["baselines"][name]) is not None]) for name in BASELINES
        },
    }


def _mean(values: Sequence[float]) -> float | None:
    return math.fsum(values) / len(values) if values else None


def _middle(values: Sequence[float]) -> float | None:
    ordered = sorted(values)
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2.0 if ordered else None


Unread = Callable[[IntakeError], None]


def replay_all(
    paths: Sequence[Path], folder: Path | None, learn_from: Sequence[Path] = (), unread: Unread | None = None
) -> Iterator[dict[str, Any]]:
    """A row of figures for each trace, in the order given, one for each kind of machine if there are several, and one
    for all. Each run that ended well is learned from.

    ``folder`` holds the machine code; without it the ``gcode`` folder beside each trace is used. What is no trace is
    told to ``unread`` and left out; without ``unread`` it raises IntakeError.
    """
    samples: list[RunSample] = []
    for path in learn_from:
        _run(path, folder, samples, unread)
    rows = []
    for path in paths:
        run = _run(path, folder, samples, unread)
        if run is not None:
            rows.append(judge(run))
            yield rows[-1]
    families = list(dict.fromkeys(row["family"] for row in rows))
    for family in families if len(families) > 1 else ():
        yield summary([row for row in rows if row["family"] == family], f"ALL {family}")
    yield summary(rows)


def _run(path: Path, folder: Path | None, samples: list[RunSample], unread: Unread | None) -> Replay | None:
    try:
        meta, lines = read_trace(path)
    except IntakeError as error:
        if unread is None:
            raise
        unread(error)
        return None
    clock = clock_of(meta, folder or path.parent / "gcode", samples)
    run, sample = replay(path.stem, meta, lines, clock, samples)
    if sample:
        samples.append(sample)
    return run
