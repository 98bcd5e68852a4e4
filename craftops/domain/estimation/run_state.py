"""One running job: what its readings prove, folded one by one into ``RunState`` (frozen, plain, bounded).

The fold knows the clock of the job but nothing learned, so the same evidence serves whatever is learned later.
Seconds are machine time at work: pauses do not count. Planned seconds that were run at another speed count as what
they cost at that speed.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from craftops.domain.estimation.kalman_filter import PAIRS
from craftops.domain.gcode.timeline import FLAT_SIZE, NOTHING, Columns, SlicerTimeline, TimelineKind, seconds_of
from craftops.domain.machines.readings import AT_WORK, IN_A_RUN, RUN_ENDED, MachineState, Reading

CHECKPOINTS = 20
"""Places, evenly spread over the planned time, where what was forecast is kept to be judged by how it ended."""
SETTLED = (2.0, 0.01)
"""Planned seconds (or share of the plan) after the start from which pace is measured: the look-ahead has filled by
then."""
BLOCK = (4.0, 0.05)
"""Planned seconds (or share) over which pace is compared with itself."""
LEAD_TIME = (2.0, 0.03, 60.0)
"""Time constant of the smoothed place: 3 % of the plan, at least 2 s and at most a minute."""
SKIP = (3.0, 5.0, 0.02)
"""A leap of the place is a skipped part when it is longer than three times what passed, plus 5 s or 2 % of the plan."""
STALL = (3.0, 20.0, 0.01)
"""Standing still is a stall when it outlasts the next piece three times, plus 20 s or 1 % of the plan."""
LAST_SECOND = (0.5, 0.75)
"""Seconds by which an end may be before and after a last whole second: that is cut off, and told up to half a second
late (OctoPrint's 113 was 112.67, its 92 was 92.38 and 92.02)."""
WAITING = 2.0
"""Seconds by which a stand outlasts the next piece where the code waits (for heat, a tool, a person): it was a wait."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What was believed of the remaining seconds at one moment. ``word_s`` is the machine's own, by ``origin``."""

    active_s: float
    p50_s: float
    sd_s: float
    speed: float
    origin: str = ""
    word_s: float | None = None
    done: Columns = NOTHING
    stalled_s: float = 0.0
    """Seconds that the machine had stood still until then."""


@dataclass(frozen=True, slots=True)
class RunState:
    """The state of one run. ``*_s`` are seconds at work since the first reading's moment, columns are effective
    seconds."""

    at: datetime | None = None
    state: MachineState = MachineState.UNKNOWN
    active_s: float = 0.0
    told_s: float | None = None
    """The machine's own elapsed time, as last told."""
    ahead_s: float | None = None
    """Seconds by which ``active_s`` was ahead of the machine's own time, at least; None since it last stood."""
    behind_s: float = 0.0
    """Seconds that went by and were not counted, since the machine's own time stood still: it may be behind."""
    step_s: float = 0.0
    """Seconds between the last two readings at work: how exactly an end can be known."""
    place: float = 0.0
    done: Columns = NOTHING
    """Planned columns up to ``place``."""
    worked: Columns = NOTHING
    """The same at the speeds that were set, without what was skipped."""
    skipped: float = 0.0
    since_skip: float = 0.0
    """Planned seconds passed since the first skip, skips included."""
    stalled_s: float = 0.0
    moved_s: float = 0.0
    """``active_s`` when the place last moved."""
    speed: float = 1.0
    speed_changes: int = 0
    started_s: float | None = None
    """``active_s`` when the real work began."""
    start_worked: Columns = NOTHING
    anchor_s: float | None = None
    """``active_s`` from which pace is measured, and ``anchor_worked`` the columns then."""
    anchor_worked: Columns = NOTHING
    lag_s: float = 0.0
    """Smoothed (seconds at work − planned seconds): how far the smoothed place is behind."""
    block_s: float = 0.0
    block_worked: Columns = NOTHING
    blocks: int = 0
    block_planned: float = 0.0
    """Planned seconds of the closed blocks. The next three are sums over them, each block's divided by its planned
    seconds:"""
    gram: tuple[float, ...] = (0.0,) * len(PAIRS)
    """products of two columns,"""
    moment: Columns = NOTHING
    """columns times seconds,"""
    squares: float = 0.0
    """seconds squared."""
    block_sum: Columns = NOTHING
    """The columns of all closed blocks, and their seconds:"""
    block_spent: float = 0.0
    word_s: float | None = None
    origin: str = ""
    word_at_s: float = 0.0
    ended: bool = False
    checkpoints: tuple[Checkpoint, ...] = ()
    shown_s: float | None = None
    """The remaining seconds that people saw last, when ``active_s`` was ``shown_at_s``."""
    shown_at_s: float = 0.0
    event: bool = True
    """Something happened since people saw a number: it may leap."""

    def to_json(self) -> dict[str, Any]:
        """As plain data."""
        data = asdict(self)
        data["at"] = self.at.timestamp() if self.at else None
        data["state"] = self.state.value
        return data

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> RunState:
        """What ``to_json`` wrote. Raises KeyError, TypeError or ValueError for anything else."""
        known: dict[str, Any] = dict(data)
        known["at"] = datetime.fromtimestamp(data["at"], UTC) if data["at"] is not None else None
        known["state"] = MachineState(data["state"])
        for name in ("done", "worked", "start_worked", "anchor_worked", "block_worked", "moment", "block_sum"):
            known[name] = _columns(data.get(name, NOTHING) if name == "block_sum" else data[name])
        known["gram"] = tuple(data["gram"])
        known["checkpoints"] = tuple(
            Checkpoint(**{**one, "done": _columns(one["done"])}) for one in data["checkpoints"]
        )
        return cls(**known)


def _columns(values: Any) -> Columns:
    motion, loss, dwell, read = values
    return (float(motion), float(loss), float(dwell), float(read))


def plus(one: Columns, other: Columns, times: float = 1.0) -> Columns:
    """Column by column."""
    return (
        one[0] + times * other[0],
        one[1] + times * other[1],
        one[2] + times * other[2],
        one[3] + times * other[3],
    )


def at_speed(columns: Columns, speed: float) -> Columns:
    """What planned columns cost at a speed factor: moves take longer, ramps shorter (v ÷ a), the rest the same."""
    speed = min(10.0, max(0.05, speed))
    return (columns[0] / speed, columns[1] * speed, columns[2], columns[3])


def _as_told(now: RunState, reading: Reading, *, first: bool) -> RunState:
    """What a machine at work says of its time and its speed; ``first``: it is the first word of the run."""
    if first:
        now = replace(now, active_s=reading.elapsed_s or 0.0)
    if reading.elapsed_s is not None:
        ahead = now.active_s - reading.elapsed_s
        now = replace(now, ahead_s=ahead if now.ahead_s is None else min(now.ahead_s, ahead))
    if reading.speed_factor > 0 and abs(reading.speed_factor - now.speed) > 1e-6:
        now = replace(now, speed=reading.speed_factor, speed_changes=now.speed_changes + (not first), event=True)
    if reading.remaining_s is not None:
        now = replace(now, word_s=reading.remaining_s, origin=reading.remaining_origin, word_at_s=now.active_s)
    return now


def observe(evidence: RunState, reading: Reading, clock: SlicerTimeline) -> RunState:
    """Take one reading of this job's run in. Old and repeated readings change nothing; nothing ever raises."""
    if evidence.ended or (evidence.at is not None and reading.at < evidence.at):
        return evidence
    if evidence.at is None and reading.state not in IN_A_RUN:
        return evidence  # what a machine says before the run is of another
    passed, behind = _passed(evidence, reading)
    now = replace(
        evidence,
        at=reading.at,
        state=reading.state,
        active_s=evidence.active_s + passed,
        behind_s=behind,
        told_s=reading.elapsed_s if reading.elapsed_s is not None else evidence.told_s,
        step_s=passed or evidence.step_s,
        event=evidence.event or reading.state is not evidence.state,
    )
    if reading.state in RUN_ENDED:
        return _ended(evidence, now, reading)
    if reading.state not in AT_WORK:
        return replace(now, ahead_s=None)
    now = _as_told(now, reading, first=evidence.at is None)
    place = place_of(reading, clock)
    if place is None:
        return now
    return _moved(now, place, clock, passed) if place > now.place else _stood(now, clock)


def place_of(reading: Reading, clock: SlicerTimeline) -> float | None:
    """Where the reading stands on the clock: bytes, or the told progress where no bytes are told."""
    if clock.kind is TimelineKind.CODE and reading.pos_bytes is not None:
        return min(float(reading.pos_bytes), float(clock.size))
    if reading.progress is None:
        return None
    return min(1.0, max(0.0, reading.progress)) * (clock.size if clock.kind is TimelineKind.CODE else FLAT_SIZE)


def _passed(evidence: RunState, reading: Reading) -> tuple[float, float]:
    """(seconds at work between two readings, how many are not counted yet). Over a gap the machine's own elapsed time
    knows better than the wall; where it only lagged, it catches up, and what it had held back is counted then."""
    behind = evidence.behind_s
    if evidence.at is None or evidence.state not in AT_WORK:
        return 0.0, behind
    wall = max(0.0, (reading.at - evidence.at).total_seconds())
    if reading.elapsed_s is None or evidence.told_s is None:
        return wall, behind
    told = reading.elapsed_s - evidence.told_s
    if 0.0 <= told < wall - 2.0:
        passed = told + min(1.0, wall - told)
        return passed, behind + wall - passed
    caught_up = min(behind, max(0.0, told - wall))
    return wall + caught_up, behind - caught_up


def _ended(before: RunState, now: RunState, reading: Reading) -> RunState:
    """The end lies between the last two readings; the machine's own elapsed time, where told, says where."""
    low, high = before.active_s, max(now.active_s, before.active_s)
    end = (low + high) / 2.0
    if reading.elapsed_s is not None and before.told_s is not None:
        end = low + (reading.elapsed_s - before.told_s)
        whole = float(reading.elapsed_s).is_integer()
        if whole and high - low > 2.0:
            end += 0.5
        elif whole:
            end = _within_second(low, high, before.ahead_s, reading.elapsed_s)
        elif before.ahead_s is not None and float(before.told_s).is_integer():
            end = before.ahead_s + reading.elapsed_s  # told exactly, after whole seconds
    return replace(now, active_s=min(high, max(low, end)), ended=True)


def _within_second(low: float, high: float, ahead_s: float | None, told_s: float) -> float:
    """The middle of when a run can have ended, of which two readings and a whole second say something."""
    if ahead_s is not None:
        low = min(high, max(low, ahead_s + told_s - LAST_SECOND[0]))
        high = max(low, min(high, ahead_s + told_s + LAST_SECOND[1]))
    return (low + high) / 2.0


def _moved(now: RunState, place: float, clock: SlicerTimeline, passed: float) -> RunState:
    """The place went on: planned columns were worked off, or skipped when they went by too fast."""
    columns = clock.columns(place)
    step = at_speed(plus(columns, now.done, -1.0), now.speed)
    seconds, total = seconds_of(step), clock.total_s
    stood = now.active_s - now.moved_s
    late = now.started_s is not None
    longest = SKIP[0] * stood + max(SKIP[1], SKIP[2] * total)
    skipping = late and clock.kind is TimelineKind.CODE and seconds > longest
    before = now.place
    now = replace(now, place=place, done=columns, moved_s=now.active_s)
    if skipping:
        now = replace(now, skipped=now.skipped + seconds, since_skip=now.since_skip + seconds, event=True)
        return _begun(now, clock)
    if now.skipped:
        now = replace(now, since_skip=now.since_skip + seconds)
    allowed = STALL[0] * seconds + max(STALL[1], STALL[2] * total)
    if clock.waits_between(before, place):
        allowed = seconds + WAITING
    stalled = stood - seconds if late and stood > allowed else 0.0
    now = replace(now, worked=plus(now.worked, step), stalled_s=now.stalled_s + stalled)
    if stalled:  # while it stood, the smoothed place fell behind
        now = replace(now, lag_s=lag_of(now))
    now = _begun(now, clock)
    return _measured(_lagging(now, clock, passed), stood - stalled, step, total)


def _stood(now: RunState, clock: SlicerTimeline) -> RunState:
    return _lagging(now, clock, now.step_s)


def _lagging(now: RunState, clock: SlicerTimeline, passed: float) -> RunState:
    """Smooth the place: the machine reads ahead in bursts."""
    if now.started_s is None:
        return now
    lag = lag_of(now)
    if now.anchor_s is None:
        return replace(now, lag_s=lag)
    constant = min(LEAD_TIME[2], max(LEAD_TIME[0], LEAD_TIME[1] * clock.total_s))
    return replace(now, lag_s=now.lag_s + (lag - now.lag_s) * passed / (constant + passed))


def lag_of(evidence: RunState) -> float:
    """Seconds at work, stalls left out, less planned seconds: as it is now, not smoothed."""
    return evidence.active_s - evidence.stalled_s - seconds_of(evidence.worked)


def _begun(now: RunState, clock: SlicerTimeline) -> RunState:
    """Notice where the real work begins, and from where pace can be measured."""
    if now.started_s is None:
        if now.place < clock.start_at:
            return now
        now = replace(now, started_s=now.active_s, start_worked=now.worked, event=True)
    if now.anchor_s is None:
        since = seconds_of(now.worked) - seconds_of(now.start_worked)
        if since < max(SETTLED[0], SETTLED[1] * clock.total_s):
            return now
        now = replace(now, anchor_s=now.active_s - now.stalled_s, anchor_worked=now.worked, lag_s=lag_of(now))
    return now


def _measured(now: RunState, seconds: float, worked: Columns, total: float) -> RunState:
    """Close a block of comparable length: what it took for what was planned."""
    if now.anchor_s is None:
        return now
    spent, columns = now.block_s + seconds, plus(now.block_worked, worked)
    planned = seconds_of(columns)
    if planned < max(BLOCK[0], BLOCK[1] * total):
        return replace(now, block_s=spent, block_worked=columns)
    return replace(
        now,
        block_s=0.0,
        block_worked=NOTHING,
        blocks=now.blocks + 1,
        block_planned=now.block_planned + planned,
        gram=tuple(old + columns[i] * columns[j] / planned for old, (i, j) in zip(now.gram, PAIRS, strict=True)),
        moment=plus(now.moment, columns, spent / planned),
        squares=now.squares + spent * spent / planned,
        block_sum=plus(now.block_sum, columns),
        block_spent=now.block_spent + spent,
    )
