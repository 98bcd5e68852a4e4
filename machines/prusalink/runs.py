"""Which print is which: PrusaLink gives a print a number, and says its end for about twelve seconds.

Whoever does not look in that time cannot tell a finished print from a stopped one: it is lost then, and staff are
asked. Pure; times aware UTC.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from craftops.domain.machines.readings import MachineState, ProgressKind, Reading
from craftops.sdk import tracking

from .messages import ENDS, PrusaLinkJob, PrusaLinkStatus

ONE_MORE = timedelta(minutes=10)
"""In less time nobody takes a print off, and prints another to its end."""
SLACK_S = 60
"""A print that is seen again after a moment of rest began when it had begun, as nearly as its seconds tell."""
RUN_ID = re.compile(r"(\d{1,9})@(\d{1,12})")


@dataclass(frozen=True, slots=True)
class PrusaLinkRun:
    """One print. ``started`` in unix seconds, by our clock."""

    job: PrusaLinkJob
    started: int

    @property
    def id(self) -> str:
        return f"{self.job.id}@{self.started}"

    @property
    def name(self) -> str:
        return self.job.file

    @property
    def job_code(self) -> str:
        return self.job.job_code

    @property
    def planned_s(self) -> float | None:
        return self.job.planned_s


Track = tracking.Track[PrusaLinkRun]


def run_of(reading: Reading) -> PrusaLinkRun | None:
    """The print of a reading of ours; None for anything else."""
    found = RUN_ID.fullmatch(reading.run_id)
    return PrusaLinkRun(PrusaLinkJob(int(found[1]), reading.file, reading.estimate_s), int(found[2])) if found else None


def remember(last: Reading | None) -> Track:
    """Where we were when we last heard of the printer."""
    return tracking.remember(last, run_of)


def continues(track: Track, seen: PrusaLinkStatus, job: PrusaLinkJob | None) -> bool:
    """Whether the print that was on is the one that is seen. ``job`` is what it says of that, where it was asked."""
    run = track.run
    if run is None or not seen.at_work or seen.job != run.job.id:
        return False
    same = job is None or not job.file or not run.job.file or job.file == run.job.file
    return same and not restarts(track, seen)


def restarts(track: Track, seen: PrusaLinkStatus) -> bool:
    """Whether the print's own number tells seconds and a percent from their beginning again."""
    same = track.run is not None and seen.at_work and seen.job == track.run.job.id
    return same and tracking.has_restarted(track, seen.elapsed_s, seen.progress)


def may_begin(track: Track, seen: PrusaLinkStatus) -> bool:
    """Whether this is a print that nobody knew of, and not the tail of the one that has just ended."""
    ended = track.ended
    worked_s = track.carried_s + (seen.elapsed_s or 0.0)
    tail = ended is not None and ended.job.id == seen.job and worked_s >= track.elapsed_s > 0
    return track.run is None and seen.at_work and not tail


def begin(track: Track, job: PrusaLinkJob, seen: PrusaLinkStatus, at: datetime) -> Track:
    lost, started = track.lost, int(at.timestamp() - (seen.elapsed_s or 0.0))
    same = lost is not None and (lost.job.id, lost.job.file) == (job.id, job.file) and started <= lost.started + SLACK_S
    return replace(tracking.lose(track), run=lost if same else PrusaLinkRun(job, started), lost=None)


def end(track: Track, seen: PrusaLinkStatus, at: datetime, last: Reading | None = None) -> tuple[Track, Reading | None]:
    """A print is not seen any more: how it ended, or None where nobody can tell.

    ``last`` is what was heard before a gap: the end may be that of a later print, unless there was no time for one.
    """
    run = track.run
    state = ENDS.get(seen.word)
    if run is None or state is None or (seen.job and seen.job != run.job.id) or not _is_its_own(seen, at, last):
        return tracking.lose(track), None
    error = (seen.message or "The print failed.") if state is MachineState.FAILED else ""
    track = replace(track, run=None, ended=run, ended_state=state)
    return track, replace(
        tracking.ending(run, state, at, track.elapsed_s, error), recorded=bool(seen.job) and last is not None
    )


def _is_its_own(seen: PrusaLinkStatus, at: datetime, last: Reading | None) -> bool:
    if last is None or seen.job:
        return True
    left = timedelta(seconds=last.remaining_s or 0.0)
    return at - last.at < left + ONE_MORE


def reading(track: Track, seen: PrusaLinkStatus, at: datetime) -> tuple[Track, Reading | None]:
    """What a look means; None while a print is seen that has no name yet."""
    run = track.run
    if run is not None and seen.at_work:
        track = tracking.counted_on(track, seen.elapsed_s, seen.progress, at)
        said = Reading(
            seen.state,
            at,
            progress=seen.progress,
            progress_kind=ProgressKind.TIME if seen.left_s is not None else ProgressKind.OTHER,
            elapsed_s=track.elapsed_s if seen.elapsed_s is not None else None,
            remaining_s=seen.left_s,
            remaining_origin="printer" if seen.left_s is not None else "",
            speed_factor=seen.speed_factor,
            message=seen.message,
        )
        return track, tracking.of_run(run, said)
    return track, None if seen.at_work else _at_rest(track, seen, at)


def wants_somebody(run: PrusaLinkRun, seen: PrusaLinkStatus, at: datetime) -> Reading:
    """Its screen asks something in the middle of a print, of which it tells nothing meanwhile."""
    return tracking.of_run(run, Reading(MachineState.ATTENTION, at, message=seen.message))


def _at_rest(track: Track, seen: PrusaLinkStatus, at: datetime) -> Reading:
    """Nothing is printed. A finished print stays "done" as long as the printer says so."""
    ended = track.ended
    if seen.word == "FINISHED" and ended is not None and track.ended_state is MachineState.DONE:
        return tracking.ending(ended, MachineState.DONE, at, track.elapsed_s)
    if seen.state is MachineState.OFFLINE:
        return Reading(MachineState.OFFLINE, at, error=seen.message or "The printer reports an error.")
    return Reading(MachineState.IDLE, at, message=seen.message)
