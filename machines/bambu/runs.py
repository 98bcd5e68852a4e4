"""Which print is which, and how it ended. Pure.

A printer names a print by a task id where it has one; a print sent over the LAN has none, and its name and the second
in which we first saw it stand for it. The id of a run holds all three, so that it is known again after a restart.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from craftops.domain.machines.readings import IN_A_RUN, RUN_ENDED, MachineState, ProgressKind, Reading

from .messages import NOT_YET, BambuStatus

MAKING = (MachineState.RUNNING, MachineState.PAUSED, MachineState.ATTENTION)
FELL_BACK = 0.05
"""Progress that falls by more than this, to where the print had been before, was wrong; behind that it is another's."""
FULL = 0.995
"""Of a print that is heard of first at this percent, and is called like the one that has ended, it is the last word."""
STOPPING = "It is being stopped."
"""Said of a print that somebody has stopped, here or there, until it has ended: so we know it after a restart."""
GOES_ON = 0.01
"""A print that is this much further is not being stopped, whatever its code says."""
LATE_CODE = timedelta(seconds=10)
"""So long after FAILED or IDLE the printer may still say that somebody had stopped it, or that it prints on."""


@dataclass(frozen=True, slots=True)
class BambuRun:
    """One print."""

    task: str
    started: int
    """Seconds since 1970, as we first saw it."""
    name: str

    @property
    def id(self) -> str:
        return f"{self.task}|{self.started}|{self.name}"


def run_of(run_id: str) -> BambuRun | None:
    """The run behind an id of ours; None for any other text."""
    task, _bar, rest = run_id.partition("|")
    started, bar, name = rest.partition("|")
    if not bar or not started.isascii() or not started.isdigit() or len(started) > 12 or str(int(started)) != started:
        return None
    return BambuRun(task, int(started), name)


@dataclass(frozen=True, slots=True)
class BambuTrack:
    """The print that goes on, and the one that ended last."""

    run: BambuRun | None = None
    progress: float | None = None
    """The furthest that is believed; None while no percent was heard."""
    ended: BambuRun | None = None
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
    failing: bool = False
    """It was said to have failed, and to go on not since."""
    ended_progress: float | None = None
    """How far the one was that ended last; None where that is not known any more."""
    echo: float | None = None
    """The percent at which the one that ended is still said to be at work."""


def remember(last: Reading | None) -> BambuTrack:
    """What the newest reading of the store says of prints."""
    run = run_of(last.run_id) if last is not None else None
    if last is None or run is None:
        return BambuTrack()
    if last.state in RUN_ENDED:
        return BambuTrack(ended=run, ended_state=last.state)
    if last.state is MachineState.IDLE:
        return BambuTrack(ended=run, ended_state=MachineState.CANCELLED)
    if last.state in IN_A_RUN or last.state is MachineState.UNKNOWN:
        return BambuTrack(
            run,
            last.progress,
            before=last.progress,
            remaining_s=last.remaining_s,
            layer=last.layer,
            clean=last.state in MAKING and bool(last.progress),  # by then a code of the print before is gone
            cancelled=last.message == STOPPING,
        )
    return BambuTrack()


def is_another(track: BambuTrack, seen: BambuStatus) -> bool:
    """Whether what is printed is not the run that we knew."""
    run = track.run
    if run is None or (track.ending_at is not None and seen.percent is None):
        return True
    if run.task and seen.task:
        return run.task != seen.task
    if run.name and seen.name and run.name != seen.name:
        return True
    return _fell_back(track, seen) and not _is_where_it_was(track, seen)


def _is_other(run: BambuRun, seen: BambuStatus) -> bool:
    """Whether what it says names another print."""
    return bool((run.task and seen.task and run.task != seen.task) or (seen.name and seen.name != run.name))


def _is_afterwards(track: BambuTrack, seen: BambuStatus) -> bool:
    """It still says that it prints the one that has ended: at its last percent; or, of one that was stopped, where it
    was then, or with the code of the stop, as long as it gets no further."""
    ended = track.ended
    if track.run is not None or ended is None or seen.percent is None:
        return False
    if _is_other(ended, seen):
        return False
    if seen.percent >= FULL:
        return True
    if track.ended_state is MachineState.DONE or (track.echo is not None and seen.percent > track.echo + GOES_ON):
        return False
    stood_there = track.ended_progress is not None and abs(seen.percent - track.ended_progress) <= GOES_ON
    return (stood_there or seen.cancelled) and seen.percent > FELL_BACK


def _fell_back(track: BambuTrack, seen: BambuStatus) -> bool:
    """Behind all that was heard of it, but for its first percent alone."""
    if seen.percent is None or track.progress is None or track.before is None:
        return False
    return seen.percent < min(track.progress, track.before) - FELL_BACK


def _is_where_it_was(track: BambuTrack, seen: BambuStatus) -> bool:
    """By its layer, or by the time that is left: then the percent is a wrong one."""
    if track.layer and seen.layer is not None and seen.layer >= track.layer:
        return True
    return track.remaining_s is not None and seen.remaining_s is not None and seen.remaining_s <= track.remaining_s


def _begin(track: BambuTrack, seen: BambuStatus, at: datetime) -> BambuTrack:
    """The task id may still be that of the print before: then it is none."""
    ended = track.ended
    stale = ended is not None and ended.task == seen.task
    started = int(at.timestamp())
    if ended is not None and ended.started >= started > ended.started - 5:
        started = ended.started + 1  # two prints of one name within a second
    return BambuTrack(
        BambuRun("" if stale else seen.task, started, seen.name), ended=ended, ended_state=track.ended_state
    )


def _go_on(track: BambuTrack, seen: BambuStatus, *, stopped: bool = False) -> BambuTrack:
    """One more word of the print. A percent that was wrong once is not kept for long, and a code that it goes on under
    is none of its own."""
    percent, progress = seen.percent, track.progress
    further = percent is not None and progress is not None and percent > progress + GOES_ON
    if percent is not None and (progress is None or track.before is None or percent >= track.before - FELL_BACK):
        rose = progress is not None and percent > progress
        track = replace(track, progress=percent, before=progress if rose else track.before)
    return replace(
        track,
        remaining_s=seen.remaining_s,
        layer=seen.layer,
        clean=(track.clean and not further) or not seen.cancelled,
        cancelled=not further and (track.cancelled or stopped or (track.clean and seen.cancelled)),
        ending_at=None,
        failing=False,
    )


def take(
    track: BambuTrack, seen: BambuStatus, at: datetime, *, stopped: bool = False
) -> tuple[BambuTrack, Reading | None]:
    """What a state means; None while the printer has not said what it does, or not yet how a print has ended.

    ``stopped``: we have told it to stop, so that an end without success is no failure.
    """
    if not seen.told:
        return track, None
    if seen.at_work and _is_afterwards(track, seen):
        return replace(track, echo=seen.percent if track.echo is None else track.echo), None
    if seen.at_work:
        track = _go_on(_begin(track, seen, at) if is_another(track, seen) else track, seen, stopped=stopped)
        return track, _working(track, seen, at)
    if seen.state in (MachineState.DONE, MachineState.FAILED):
        return _ended(track, seen, at, stopped=stopped)
    if seen.state is MachineState.IDLE:
        return _at_rest(track, seen, at, stopped=stopped)
    run_id = track.run.id if track.run else ""
    said = NOT_YET.get(seen.told) or f"It says a state that is not known: {seen.told[:40]}."
    return track, Reading(MachineState.UNKNOWN, at, run_id=run_id, message=said)


def _at_rest(track: BambuTrack, seen: BambuStatus, at: datetime, *, stopped: bool) -> tuple[BambuTrack, Reading | None]:
    """IDLE: a print that was stopped may end so, and one that goes on may be hidden by it for a moment. Of any other
    nobody knows how it ended."""
    run = track.run
    if run is not None and (stopped or track.cancelled or (track.clean and seen.cancelled)):
        return _over(track, run, seen, MachineState.CANCELLED, at)
    if run is not None and _may_be_told(track, at):
        return replace(track, ending_at=track.ending_at or at), None
    return _at_no_print(track), _idle(track, at)


def _idle(track: BambuTrack, at: datetime) -> Reading:
    """At rest. Which print was stopped last is said beside it, for the time after a restart."""
    stopped = track.ended is not None and track.ended_state is not MachineState.DONE
    return Reading(MachineState.IDLE, at, run_id=track.ended.id if track.ended and stopped else "")


def _at_no_print(track: BambuTrack) -> BambuTrack:
    return BambuTrack(ended=track.ended, ended_state=track.ended_state, ended_progress=track.ended_progress)


def _may_be_told(track: BambuTrack, at: datetime) -> bool:
    """More may be said of the end of this print."""
    return track.ending_at is None or at - track.ending_at < LATE_CODE


def _working(track: BambuTrack, seen: BambuStatus, at: datetime) -> Reading:
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
        message=STOPPING if track.cancelled else seen.message,
        remaining_origin="printer" if seen.remaining_s is not None else "",
    )


def _ended_before(track: BambuTrack, seen: BambuStatus, at: datetime) -> tuple[BambuTrack, Reading | None]:
    """The end that stands there is that of the print before, or of one that nobody saw."""
    done = seen.state is MachineState.DONE and track.ended_state is MachineState.DONE
    if not done or track.ended is None:
        return track, _idle(track, at)
    return track, _ending(track.ended, seen, MachineState.DONE, at)


def _ended(track: BambuTrack, seen: BambuStatus, at: datetime, *, stopped: bool) -> tuple[BambuTrack, Reading | None]:
    """FINISH and FAILED stand until the next print begins: they end the run that we knew, and then no other.

    A print that we never saw run may have ended last week: the printer is at rest.
    """
    run = track.run
    if run is None:
        return _ended_before(track, seen, at)
    if run.task and seen.task and run.task != seen.task:
        return _at_no_print(track), _idle(track, at)  # the end of another, which we never saw
    if seen.state is MachineState.DONE and track.failing:
        return _at_no_print(track), _idle(track, at)  # failed and finished: whoever stands before it knows
    if seen.state is MachineState.DONE:
        return _over(track, run, seen, MachineState.DONE, at)
    if seen.cancelled or stopped or (track.cancelled and not seen.error):
        return _over(track, run, seen, MachineState.CANCELLED, at)
    if not seen.error and _may_be_told(track, at):
        return replace(track, ending_at=track.ending_at or at, failing=True), None
    return _over(track, run, seen, MachineState.FAILED, at)


def _over(
    track: BambuTrack, run: BambuRun, seen: BambuStatus, state: MachineState, at: datetime
) -> tuple[BambuTrack, Reading]:
    return BambuTrack(ended=run, ended_state=state, ended_progress=track.progress), _ending(run, seen, state, at)


def _ending(run: BambuRun, seen: BambuStatus, state: MachineState, at: datetime) -> Reading:
    return Reading(
        state,
        at,
        progress=1.0 if state is MachineState.DONE else None,
        run_id=run.id,
        job_ref=seen.job_code,
        file=seen.file,
        error=seen.failure if state is MachineState.FAILED else "",
    )
