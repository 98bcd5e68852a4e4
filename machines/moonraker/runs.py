"""Which print is which: Moonraker's history gives every print an id, and says how it ended.

Klipper's own words (``print_stats``) come a moment before the history's, and stay as they were after a shutdown. So
the history decides; Klipper's word only where the history knows nothing (Moonraker was restarted in the middle: its
entry stays "server_exit" or "interrupted" while Klipper prints on). Pure; times aware UTC.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from craftops.domain.machines.readings import MachineState, ProgressKind, Reading
from craftops.sdk import tracking

from . import messages
from .messages import MoonrakerJob, MoonrakerStatus

Track = tracking.Track[MoonrakerJob]

SLACK_S = 5.0
UNSURE = frozenset({"in_progress", "server_exit", "interrupted"})
RUN_ID = re.compile(r"([0-9A-Za-z]{0,40})@(\d{1,12})")


def job_of(reading: Reading) -> MoonrakerJob | None:
    """The print of a reading of ours; None for anything else."""
    found = RUN_ID.fullmatch(reading.run_id)
    return MoonrakerJob(found[1], reading.file, int(found[2])) if found else None


def remember(last: Reading | None) -> Track:
    """Where we were when we last heard of the machine."""
    return tracking.remember(last, job_of)


def is_over(track: Track, seen: MoonrakerStatus) -> bool:
    """A print was on, and is not seen any more: how did it end?"""
    return track.run is not None and not (seen.at_work and _continues(track, seen))


def _continues(track: Track, seen: MoonrakerStatus) -> bool:
    same = track.run is not None and messages.base(seen.file) == track.run.name
    return same and (seen.elapsed_s is None or seen.elapsed_s >= track.elapsed_s - SLACK_S)


def is_of(job: MoonrakerJob, seen: MoonrakerStatus) -> bool:
    """Whether an entry of the history may be the print that is seen."""
    going_on = job.status in UNSURE
    return going_on and seen.at_work and job.file == seen.file and job.total_s <= seen.total_s + SLACK_S


def unnamed(seen: MoonrakerStatus, at: datetime) -> MoonrakerJob:
    """A print that the history does not know."""
    return MoonrakerJob("", seen.file, int(at.timestamp() - seen.total_s))


def begin(track: Track, job: MoonrakerJob) -> Track:
    """Take note of a print that nobody knew of."""
    return replace(track, run=job, elapsed_s=0.0)


def by_klipper(track: Track, seen: MoonrakerStatus) -> MachineState | None:
    """The end of a run in Klipper's own words, where the history has none; None when it holds another print."""
    run = track.run
    if run is None or seen.state is MachineState.OFFLINE or messages.base(seen.file) != run.name or seen.at_work:
        return None
    return messages.ENDS.get(seen.printing)


def end(track: Track, state: MachineState, seen: MoonrakerStatus, at: datetime, entry: MoonrakerJob | None = None,
        last_at: datetime | None = None) -> tuple[Track, Reading | None]:  # fmt: skip
    """A run is over. ``entry`` is what the history says of it, ``last_at`` when it was last heard of: a gap lies
    between, and the end is dated by the history where that is possible."""
    run = track.run
    if run is None:
        return track, None
    error = ""
    if state is MachineState.FAILED:
        why = messages.WHY.get(entry.status, "") if entry else messages.WHY["error"]
        error = seen.error or (seen.message if seen.printing == "error" else "") or why
    ended = at
    if entry is not None and entry.ended is not None and last_at is not None:
        told = datetime.fromtimestamp(entry.ended, UTC)
        ended = told if last_at + timedelta(milliseconds=1) <= told <= at else at
    took = entry.took_s if entry is not None and entry.took_s > 0 else track.elapsed_s
    run = replace(run, took_s=took)
    said = replace(tracking.ending(run, state, ended, took, error), recorded=entry is not None)
    return Track(ended=run, ended_state=state), said


def reading(track: Track, seen: MoonrakerStatus, at: datetime) -> tuple[Track, Reading | None]:
    """What a look means; None while a print is seen that has no name yet."""
    run = track.run
    if run is not None and seen.at_work:
        said = Reading(
            seen.state,
            at,
            progress=seen.progress,
            progress_kind=ProgressKind.BYTES,
            elapsed_s=seen.elapsed_s,
            pos_bytes=seen.pos_bytes,
            lead_s=seen.lead_s,
            layer=seen.layer,
            layers=seen.layers,
            speed_factor=seen.speed_factor,
            message=seen.message,
        )
        return tracking.go_on(track, seen.elapsed_s), tracking.of_run(run, said)
    return track, None if seen.at_work else _at_rest(track, seen, at)


def _at_rest(track: Track, seen: MoonrakerStatus, at: datetime) -> Reading:
    """Nothing is printed. A finished print stays "done" until Klipper forgets it."""
    if seen.state is MachineState.OFFLINE:
        run = track.run
        return Reading(
            seen.state,
            at,
            run_id=run.id if run else "",
            file=run.name if run else "",
            elapsed_s=track.elapsed_s if run else None,
            message=seen.message,
            error=seen.error,
        )
    ended = track.ended
    still = ended is not None and messages.base(seen.file) == ended.name and seen.printing == "complete"
    if ended is not None and still and track.ended_state is MachineState.DONE:
        return tracking.ending(ended, MachineState.DONE, at, ended.took_s)
    return Reading(MachineState.IDLE, at)
