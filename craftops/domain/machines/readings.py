"""Machines and what they say: the states of the contract, one reading, and the answer to it.

``interpret`` is the reducer every driver shares. It turns a stream of readings (duplicated, late, retained
or reordered) into run events, each at most once. The contract is ``craftops/v1`` (docs/machines/contract.md).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

OFFLINE_DEBOUNCE = timedelta(seconds=15)
STALE_REPORTS = 3
DEFAULT_REPORT_INTERVAL_S = 30.0
CLOCK_TOLERANCE = timedelta(seconds=120)


class MachineState(StrEnum):
    """What a machine says it is doing (contract ``craftops/v1``)."""

    IDLE = "idle"
    PREPARING = "preparing"
    RUNNING = "running"
    PAUSED = "paused"
    ATTENTION = "attention"
    FINISHING = "finishing"
    DONE = "done"
    CANCELLED = "cancelled"
    FAILED = "failed"
    OFFLINE = "offline"
    UNKNOWN = "unknown"


M = MachineState
AT_WORK = frozenset({M.PREPARING, M.RUNNING, M.FINISHING})
INTERRUPTED = frozenset({M.PAUSED, M.ATTENTION})
IN_A_RUN = AT_WORK | INTERRUPTED
RUN_ENDED = frozenset({M.DONE, M.CANCELLED, M.FAILED})


class ProgressKind(StrEnum):
    """What a progress fraction counts; only ``time`` is linear in time."""

    TIME = "time"
    BYTES = "bytes"
    LINES = "lines"
    LAYERS = "layers"
    MATERIAL = "material"
    DISTANCE = "distance"
    OTHER = "other"


class ProcessKind(StrEnum):
    """How a machine makes things."""

    FDM = "fdm"
    SLA = "sla"
    LASER = "laser"
    CNC = "cnc"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Reading:
    """One observation of a machine. Times are aware UTC, durations seconds, progress a fraction 0..1."""

    state: MachineState
    at: datetime
    """When it was true: the machine's clock if within 120 s of ours, else the time of receipt."""
    retained: bool = False
    """A broker replayed it: true of the state, but no news."""
    progress: float | None = None
    progress_kind: ProgressKind = ProgressKind.OTHER
    run_id: str = ""
    job_ref: str = ""
    file: str = ""
    elapsed_s: float | None = None
    remaining_s: float | None = None
    remaining_origin: str = ""
    """How the machine's side came by ``remaining_s``, in its own word (OctoPrint: ``linear``, ``analysis``,
    ``printer`` …)."""
    estimate_s: float | None = None
    pos_bytes: int | None = None
    """Place in the machine code that has been read, in bytes from its beginning."""
    lead_s: float | None = None
    """Seconds of work that have been read and not done yet (Klipper looks ahead); None where nobody says."""
    parts_done: int | None = None
    parts_total: int | None = None
    layer: int | None = None
    layers: int | None = None
    speed_factor: float = 1.0
    seq: int | None = None
    message: str = ""
    error: str = ""


class RunEventKind(StrEnum):
    """What happened to a machine's run."""

    STARTED = "started"
    PAUSED = "paused"
    RESUMED = "resumed"
    ATTENTION = "attention"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LOST = "lost"
    """The run ended, but nobody heard how: it was running, and now the machine is idle or runs another."""


@dataclass(frozen=True, slots=True)
class RunEvent:
    """One thing that happened to the run ``run_key`` of a machine, at most once each."""

    kind: RunEventKind
    run_key: str
    at: datetime
    reading: Reading
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MachineMemory:
    """What is remembered of a machine between two readings. ``run_key`` is empty between runs."""

    last: Reading | None = None
    run_key: str = ""
    run_state: MachineState = MachineState.UNKNOWN
    ended_key: str = ""
    """The newest run that has ended: late and retained words about it are old news."""


def run_key_of(reading: Reading) -> str:
    """What identifies a run: its id, else the job's code, else the file; empty if the machine tells nothing."""
    return reading.run_id or reading.job_ref or reading.file


def is_old_news(last: Reading | None, reading: Reading) -> bool:
    """Late, repeated or reordered: not newer than ``last``, the newest that is known of the machine."""
    if last is None:
        return False
    same_run = run_key_of(last) == run_key_of(reading)
    if same_run and last.seq is not None and reading.seq is not None:
        return reading.seq <= last.seq and reading.at <= last.at
    return reading.at < last.at


def _slipped_back(memory: MachineMemory, reading: Reading) -> bool:
    """Progress may fall only with a new run (a late message of this one otherwise)."""
    last = memory.last
    if last is None or not memory.run_key or reading.progress is None or last.progress is None:
        return False
    same = not run_key_of(reading) or run_key_of(reading) == memory.run_key
    return same and reading.state in IN_A_RUN and reading.progress < last.progress - 1e-9


def interpret(memory: MachineMemory, reading: Reading) -> tuple[MachineMemory, tuple[RunEvent, ...]]:
    """Take one reading in; give the new memory and the events that it proves.

    A reading that is old news gives the same memory and no events. Progress that falls within one run is
    held at its highest, and so is time: a machine's clock may be set back under a run. Never ends a run because
    progress reached 1: only ``done`` (or its kin) does.
    """
    if is_old_news(memory.last, reading):
        return memory, ()
    if memory.last is not None and reading.at < memory.last.at:
        reading = replace(reading, at=memory.last.at)
    if _slipped_back(memory, reading) and memory.last is not None:
        reading = replace(reading, progress=memory.last.progress)
    if reading.state in (M.OFFLINE, M.UNKNOWN):
        return replace(memory, last=reading), ()
    if reading.state in RUN_ENDED:
        return _ended(memory, reading)
    if reading.state is M.IDLE:
        return _idle(memory, reading)
    return _working(memory, reading)


def _event(kind: RunEventKind, key: str, reading: Reading, reason: str = "") -> RunEvent:
    return RunEvent(kind, key, reading.at, reading, reason or reading.message)


def _ended(memory: MachineMemory, reading: Reading) -> tuple[MachineMemory, tuple[RunEvent, ...]]:
    key = run_key_of(reading) or memory.run_key
    if key and key == memory.ended_key and key != memory.run_key:
        return replace(memory, last=reading), ()
    if not key or (not memory.run_key and not run_key_of(reading)):
        return replace(memory, last=reading), ()
    kind = RunEventKind(reading.state.value)
    events: tuple[RunEvent, ...] = ()
    if memory.run_key and key != memory.run_key:
        events = (_event(RunEventKind.LOST, memory.run_key, reading),)
    events = (*events, _event(kind, key, reading, reading.error))
    return MachineMemory(reading, "", reading.state, key), events


def _idle(memory: MachineMemory, reading: Reading) -> tuple[MachineMemory, tuple[RunEvent, ...]]:
    if not memory.run_key:
        return replace(memory, last=reading, run_state=M.IDLE), ()
    lost = _event(RunEventKind.LOST, memory.run_key, reading)
    return MachineMemory(reading, "", M.IDLE, memory.run_key), (lost,)


def _working(memory: MachineMemory, reading: Reading) -> tuple[MachineMemory, tuple[RunEvent, ...]]:
    key = run_key_of(reading) or memory.run_key or f"run@{reading.at:%Y%m%dT%H%M%S}"
    if key == memory.ended_key and (run_key_of(reading) and reading.retained):
        return replace(memory, last=reading), ()
    if key == memory.ended_key and reading.run_id:
        return replace(memory, last=reading), ()
    events: list[RunEvent] = []
    if key != memory.run_key:
        if memory.run_key:
            events.append(_event(RunEventKind.LOST, memory.run_key, reading))
        events.append(_event(RunEventKind.STARTED, key, reading))
        before = M.RUNNING
    else:
        before = memory.run_state
    events.extend(_interruptions(before, key, reading))
    return MachineMemory(reading, key, reading.state, memory.ended_key), tuple(events)


def _interruptions(before: MachineState, key: str, reading: Reading) -> list[RunEvent]:
    now = reading.state
    if now is M.PAUSED and before is not M.PAUSED:
        return [_event(RunEventKind.PAUSED, key, reading)]
    if now is M.ATTENTION and before is not M.ATTENTION:
        return [_event(RunEventKind.ATTENTION, key, reading)]
    if now in AT_WORK and before in INTERRUPTED:
        return [_event(RunEventKind.RESUMED, key, reading)]
    return []


def is_stale(last_at: datetime | None, now: datetime, report_interval_s: float) -> bool:
    """Nothing heard for three report intervals: hold the estimate, widen it, and say so."""
    if last_at is None:
        return True
    return now - last_at > timedelta(seconds=STALE_REPORTS * report_interval_s)


def moment(claimed: float | None, received: datetime) -> datetime:
    """The machine's own time stamp (unix seconds) if it is within 120 s of receipt, else the receipt.

    A time stamp from the future is cut to the receipt, so that it cannot outrank later readings.
    """
    if claimed is None:
        return received
    try:
        at = datetime.fromtimestamp(claimed, received.tzinfo)
    except (OverflowError, ValueError, OSError):
        return received
    return min(at, received) if abs(at - received) <= CLOCK_TOLERANCE else received
