"""Which print is which, and how it ended. Pure.

A printer names a print by a task id where it has one; a print sent over the LAN has none, and its name and the second
in which we first saw it stand for it. The id of a run holds all three, so that it is known again after a restart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from craftops.domain.machines.readings import IN_A_RUN, RUN_ENDED, MachineState, ProgressKind, Reading

from .messages import Snapshot

FELL_BACK = 0.05
"""Progress that falls by more than this is another print of the same name."""


@dataclass(frozen=True, slots=True)
class Run:
    """One print."""

    task: str
    started: int
    """Seconds since 1970, as we first saw it."""
    name: str

    @property
    def id(self) -> str:
        return f"{self.task}|{self.started}|{self.name}"


def run_of(run_id: str) -> Run | None:
    """The run behind an id of ours; None for any other text."""
    task, _bar, rest = run_id.partition("|")
    started, bar, name = rest.partition("|")
    if not bar or not started.isascii() or not started.isdigit() or len(started) > 12 or str(int(started)) != started:
        return None
    return Run(task, int(started), name)


@dataclass(frozen=True, slots=True)
class Track:
    """The print that goes on, and the one that ended last."""

    run: Run | None = None
    progress: float = 0.0
    ended: Run | None = None
    ended_state: MachineState = MachineState.UNKNOWN


def remember(last: Reading | None) -> Track:
    """What the newest reading of the store says of prints."""
    run = run_of(last.run_id) if last is not None else None
    if last is None or run is None:
        return Track()
    if last.state in RUN_ENDED:
        return Track(ended=run, ended_state=last.state)
    if last.state in IN_A_RUN:
        return Track(run, last.progress or 0.0)
    return Track()


def is_another(track: Track, seen: Snapshot) -> bool:
    """Whether what is printed is not the run that we knew."""
    run = track.run
    if run is None:
        return True
    if run.task and seen.task and run.task != seen.task:
        return True
    if run.name and seen.name and run.name != seen.name:
        return True
    return seen.percent is not None and seen.percent < track.progress - FELL_BACK


def _begin(track: Track, seen: Snapshot, at: datetime) -> Track:
    """The task id may still be that of the print before: then it is none."""
    stale = track.ended is not None and track.ended.task == seen.task
    return replace(track, run=Run("" if stale else seen.task, int(at.timestamp()), seen.name), progress=0.0)


def take(track: Track, seen: Snapshot, at: datetime, *, stopped: bool = False) -> tuple[Track, Reading | None]:
    """What a state means; None while the printer has not said what it does.

    ``stopped``: we have told it to stop, so that an end without success is no failure.
    """
    if not seen.told:
        return track, None
    if seen.at_work:
        if is_another(track, seen):
            track = _begin(track, seen, at)
        track = replace(track, progress=max(track.progress, seen.percent or 0.0))
        return track, _working(track, seen, at)
    if seen.state in (MachineState.DONE, MachineState.FAILED):
        return _ended(track, seen, at, stopped=stopped)
    if seen.state is MachineState.IDLE:
        return replace(track, run=None, progress=0.0), Reading(MachineState.IDLE, at)
    return track, Reading(MachineState.UNKNOWN, at, message=f"It says a state that is not known: {seen.told[:40]}.")


def _working(track: Track, seen: Snapshot, at: datetime) -> Reading:
    run = track.run
    return Reading(
        seen.state,
        at,
        progress=seen.percent,
        progress_kind=ProgressKind.TIME,
        run_id=run.id if run else "",
        job_ref=seen.job_code,
        file=seen.file,
        remaining_s=seen.remaining_s,
        layer=seen.layer,
        layers=seen.layers,
        speed_factor=seen.speed,
        message=seen.message,
        remaining_origin="printer" if seen.remaining_s is not None else "",
    )


def _ended(track: Track, seen: Snapshot, at: datetime, *, stopped: bool) -> tuple[Track, Reading]:
    """FINISH and FAILED stand until the next print begins: they end the run that we knew, and then no other.

    A print that we never saw run may have ended last week: the printer is at rest.
    """
    run = track.run
    if run is not None and run.task and seen.task and run.task != seen.task:
        track = replace(track, run=None, progress=0.0)  # the end is that of another print, which we never saw
        return track, Reading(MachineState.IDLE, at)
    if run is None:
        done = seen.state is MachineState.DONE and track.ended_state is MachineState.DONE
        if not done or track.ended is None:
            return track, Reading(MachineState.IDLE, at)
        return track, _ending(track.ended, seen, MachineState.DONE, at)
    state = seen.state
    if state is MachineState.FAILED and (seen.cancelled or stopped):
        state = MachineState.CANCELLED
    return Track(ended=run, ended_state=state), _ending(run, seen, state, at)


def _ending(run: Run, seen: Snapshot, state: MachineState, at: datetime) -> Reading:
    return Reading(
        state,
        at,
        progress=1.0 if state is MachineState.DONE else None,
        run_id=run.id,
        job_ref=seen.job_code,
        file=seen.file,
        error=seen.failure if state is MachineState.FAILED else "",
    )
