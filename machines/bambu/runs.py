"""Which print is which, and how it ended. Pure.

A printer names a print by a task id where it has one; a print sent over the LAN has none, and its name and the second
in which we first saw it stand for it. The id of a run holds all three, so that it is known again after a restart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from craftops.domain.machines.readings import IN_A_RUN, RUN_ENDED, MachineState, ProgressKind, Reading

from .messages import Snapshot

FELL_BACK = 0.05
"""Progress that falls by more than this, to where the print had been before, was wrong; behind that it is another's."""
FULL = 0.995
"""Of a print that is heard of first at this percent, and is called like the one that has ended, it is the last word."""
LATE_CODE = timedelta(seconds=10)
"""So long after FAILED or IDLE the printer may still say that somebody had stopped it, or that it prints on."""


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
    progress: float | None = None
    """The furthest that is believed; None while no percent was heard."""
    ended: Run | None = None
    ended_state: MachineState = MachineState.UNKNOWN
    before: float | None = None
    """How far it was before that; None at the first percent, which may be that of the print before."""
    remaining_s: float | None = None
    layer: int | None = None
    clean: bool = False
    """It was heard at work without a code of a stop: one that comes now is its own."""
    cancelled: bool = False
    ending_at: datetime | None = None
    """It was said to have failed, or to be no more, and not yet why."""


def remember(last: Reading | None) -> Track:
    """What the newest reading of the store says of prints."""
    run = run_of(last.run_id) if last is not None else None
    if last is None or run is None:
        return Track()
    if last.state in RUN_ENDED:
        return Track(ended=run, ended_state=last.state)
    if last.state in IN_A_RUN or last.state is MachineState.UNKNOWN:
        return Track(run, last.progress, before=last.progress, remaining_s=last.remaining_s, layer=last.layer)
    return Track()


def is_another(track: Track, seen: Snapshot) -> bool:
    """Whether what is printed is not the run that we knew."""
    run = track.run
    if run is None or (track.ending_at is not None and seen.percent is None):
        return True
    if run.task and seen.task:
        return run.task != seen.task
    if run.name and seen.name and run.name != seen.name:
        return True
    return _fell_back(track, seen) and not _is_where_it_was(track, seen)


def _is_afterwards(track: Track, seen: Snapshot) -> bool:
    """It still says that it prints the one that has ended."""
    ended = track.ended
    if track.run is not None or ended is None or seen.percent is None or seen.percent < FULL:
        return False
    other = bool(ended.task and seen.task and ended.task != seen.task)
    return not other and (not seen.name or seen.name == ended.name)


def _fell_back(track: Track, seen: Snapshot) -> bool:
    """Behind all that was heard of it, but for its first percent alone."""
    if seen.percent is None or track.progress is None or track.before is None:
        return False
    return seen.percent < min(track.progress, track.before) - FELL_BACK


def _is_where_it_was(track: Track, seen: Snapshot) -> bool:
    """By its layer, or by the time that is left: then the percent is a wrong one."""
    if track.layer and seen.layer is not None and seen.layer >= track.layer:
        return True
    return track.remaining_s is not None and seen.remaining_s is not None and seen.remaining_s <= track.remaining_s


def _begin(track: Track, seen: Snapshot, at: datetime) -> Track:
    """The task id may still be that of the print before: then it is none."""
    ended = track.ended
    stale = ended is not None and ended.task == seen.task
    started = int(at.timestamp())
    if ended is not None and ended.started >= started > ended.started - 5:
        started = ended.started + 1  # two prints of one name within a second
    return Track(Run("" if stale else seen.task, started, seen.name), ended=ended, ended_state=track.ended_state)


def _go_on(track: Track, seen: Snapshot) -> Track:
    """One more word of the print. A percent that was wrong once is not kept for long."""
    percent, progress = seen.percent, track.progress
    if percent is not None and (progress is None or track.before is None or percent >= track.before - FELL_BACK):
        rose = progress is not None and percent > progress
        track = replace(track, progress=percent, before=progress if rose else track.before)
    return replace(
        track,
        remaining_s=seen.remaining_s,
        layer=seen.layer,
        clean=track.clean or not seen.cancelled,
        cancelled=track.cancelled or (track.clean and seen.cancelled),
        ending_at=None,
    )


def take(track: Track, seen: Snapshot, at: datetime, *, stopped: bool = False) -> tuple[Track, Reading | None]:
    """What a state means; None while the printer has not said what it does, or not yet how a print has ended.

    ``stopped``: we have told it to stop, so that an end without success is no failure.
    """
    if not seen.told:
        return track, None
    if seen.at_work and _is_afterwards(track, seen):
        return track, None
    if seen.at_work:
        track = _go_on(_begin(track, seen, at) if is_another(track, seen) else track, seen)
        return track, _working(track, seen, at)
    if seen.state in (MachineState.DONE, MachineState.FAILED):
        return _ended(track, seen, at, stopped=stopped)
    if seen.state is MachineState.IDLE:
        return _at_rest(track, seen, at, stopped=stopped)
    run_id = track.run.id if track.run else ""
    said = f"It says a state that is not known: {seen.told[:40]}."
    return track, Reading(MachineState.UNKNOWN, at, run_id=run_id, message=said)


def _at_rest(track: Track, seen: Snapshot, at: datetime, *, stopped: bool) -> tuple[Track, Reading | None]:
    """IDLE: a print that was stopped may end so, and one that goes on may be hidden by it for a moment. Of any other
    nobody knows how it ended."""
    run = track.run
    if run is not None and (stopped or track.cancelled or (track.clean and seen.cancelled)):
        return _over(run, seen, MachineState.CANCELLED, at)
    if run is not None and _may_be_told(track, at):
        return replace(track, ending_at=track.ending_at or at), None
    return Track(ended=track.ended, ended_state=track.ended_state), Reading(MachineState.IDLE, at)


def _may_be_told(track: Track, at: datetime) -> bool:
    """More may be said of the end of this print."""
    return track.ending_at is None or at - track.ending_at < LATE_CODE


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


def _ended(track: Track, seen: Snapshot, at: datetime, *, stopped: bool) -> tuple[Track, Reading | None]:
    """FINISH and FAILED stand until the next print begins: they end the run that we knew, and then no other.

    A print that we never saw run may have ended last week: the printer is at rest.
    """
    run = track.run
    if run is not None and run.task and seen.task and run.task != seen.task:
        track = Track(ended=track.ended, ended_state=track.ended_state)  # the end of another, which we never saw
        return track, Reading(MachineState.IDLE, at)
    if run is None:
        done = seen.state is MachineState.DONE and track.ended_state is MachineState.DONE
        if not done or track.ended is None:
            return track, Reading(MachineState.IDLE, at)
        return track, _ending(track.ended, seen, MachineState.DONE, at)
    if seen.state is MachineState.DONE:
        return _over(run, seen, MachineState.DONE, at)
    if seen.cancelled or stopped or (track.cancelled and not seen.error):
        return _over(run, seen, MachineState.CANCELLED, at)
    if not seen.error and _may_be_told(track, at):
        return replace(track, ending_at=track.ending_at or at), None
    return _over(run, seen, MachineState.FAILED, at)


def _over(run: Run, seen: Snapshot, state: MachineState, at: datetime) -> tuple[Track, Reading]:
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
