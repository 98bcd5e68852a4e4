"""Machines and what they say: the states of the contract, one reading, and what is remembered between two.

The contract is ``craftops/v1`` (docs/machines/contract.md); what readings prove is in ``run_detection``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from craftops.domain.machines.course import NAMELESS, NOTHING_SEEN, Course, Names

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
    implied: bool = False
    """The state was not said: it follows from a bare percent or time, which a machine may tell long after its run."""
    begins: bool = False
    """The machine says that a run begins now, and says so once: it is none that is known."""
    recorded: bool = False
    """The end of the run stands in the machine's own books (a history, a count of prints)."""


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
    proven: bool = True
    """Of a start: that the run is a new one. Else it may be an old one, and staff are asked."""
    course: Course = NOTHING_SEEN
    """What was seen of the run before this."""
    heard_at: datetime | None = None
    """When the machine was heard last before this; None for its first word."""
    repeated_after_s: float | None = None
    """Of an end that may be that of a run before, said once more: so long after the beginning of this one."""


@dataclass(frozen=True, slots=True)
class MachineMemory:
    """What is remembered of a machine between two readings. ``run_key`` is empty between runs."""

    last: Reading | None = None
    run_key: str = ""
    run_state: MachineState = MachineState.UNKNOWN
    """The last that was said of a state, whatever came after it of its link."""
    ended_key: str = ""
    """The newest run that has ended: late and retained words about it are old news."""
    names: Names = NAMELESS
    """What the run is called, put together from all its words."""
    ended_names: Names = NAMELESS
    begun_at: datetime | None = None
    proven: bool = True
    course: Course = NOTHING_SEEN
    ended_high: float | None = None
    """How far the newest run that has ended had come."""
    ended_at: datetime | None = None
    """When that was, by the machine's clock."""
    left: tuple[str, ...] = ()
    """Keys of runs that nobody heard the end of: they do not begin again, but their end may still be told."""
    over: tuple[str, ...] = ()
    """Keys of the newest runs that have ended: nothing that is said of them is news."""


def run_key_of(reading: Reading) -> str:
    """What a reading calls its run: its id, else the job's code, else the file; empty if the machine tells nothing."""
    return Names.of(reading).any


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
