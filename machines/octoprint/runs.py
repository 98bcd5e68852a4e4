"""Which print is which: OctoPrint gives a print no id and says its end once, to whoever listens at that moment.

A run is a file, the moment it began, and how often that file had been printed before. Its end is told by an event;
after a gap it is found in the file's counts, whichever of our clocks is wrong. Pure; times aware UTC.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from craftops.domain.machines.readings import IN_A_RUN, MachineState, ProgressKind, Reading

from .messages import Counts, File, OctoPrintStatus, major, number, read_file, table, text

SLACK_S = 5.0
TAIL_S = 10.0
"""So long after an end, words of the print may still come that were on their way."""
NEARLY = 0.9
STILL = 0.5
"""A percent that has not fallen below so much of what it was is that of the same print, whatever its seconds say."""
DONE = 0.99
"""Completion of a print that is over; 2.0 stays at 99 %."""
UNKNOWN_END = "It ended while nobody listened, and OctoPrint says that it was not finished."


@dataclass(frozen=True, slots=True)
class OctoPrintRun:
    """One print."""

    file: File
    started: int
    """Unix seconds."""
    before: Counts = field(default_factory=Counts)

    @property
    def id(self) -> str:
        file, before = self.file, self.before
        return f"{file.path}|{file.size}|{file.date}|{self.started}|{before.success}.{before.failure}"


def run_of(run_id: str) -> OctoPrintRun | None:
    """The run of an id that we gave; None for anything else."""
    try:
        path, size, date, started, before = run_id.rsplit("|", 4)
        success, failure = before.split(".")
        return OctoPrintRun(File(path, int(size), int(date)), int(started), Counts(int(success), int(failure)))
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class OctoPrintTrack:
    """What is known of the machine between two words of it."""

    version: str = ""
    run: OctoPrintRun | None = None
    """The print that goes on, as far as anybody has heard."""
    elapsed_s: float = 0.0
    at: datetime | None = None
    """When that was heard."""
    progress: float | None = None
    ended: OctoPrintRun | None = None
    """The newest print that is over."""
    ended_state: MachineState = MachineState.UNKNOWN
    ended_s: float = 0.0
    """How long it had printed; nothing where another print was announced since."""
    before_s: float = 0.0
    """How long it had printed, whatever was announced."""
    ended_at: datetime | None = None
    """When its end was heard; None where it was found out, or another print was announced since."""
    error: str = ""


def remember(last: Reading | None, version: str) -> OctoPrintTrack:
    """Where we were when we last heard of the machine."""
    run = run_of(last.run_id) if last is not None else None
    if last is None or run is None:
        return OctoPrintTrack(version)
    if last.state in (MachineState.DONE, MachineState.FAILED, MachineState.CANCELLED):
        return OctoPrintTrack(version, ended=run, ended_state=last.state, before_s=last.elapsed_s or 0.0)
    if last.state in IN_A_RUN or last.state is MachineState.OFFLINE:
        return OctoPrintTrack(version, run, last.elapsed_s or 0.0)
    return OctoPrintTrack(version)


def is_over(track: OctoPrintTrack, seen: OctoPrintStatus, *, gap: bool = False) -> bool:
    """A print was on, and is not seen any more: how did it end? ``gap``: nobody listened for a while."""
    return track.run is not None and not (seen.at_work and _continues(track, seen, gap))


def _continues(track: OctoPrintTrack, seen: OctoPrintStatus, gap: bool) -> bool:
    if track.run is None or seen.file is None:
        return track.run is not None and seen.at_work
    known = seen.file.date == 0 or track.run.file.date == 0 or seen.file.date == track.run.file.date
    same = (seen.file.path, seen.file.size) == (track.run.file.path, track.run.file.size) and known
    if not same or seen.elapsed_s is None or seen.elapsed_s >= track.elapsed_s - SLACK_S:
        return same
    far = track.progress is not None and (seen.completion or 0.0) >= track.progress * STILL
    return far and not gap  # its seconds alone began anew


def is_of_before(track: OctoPrintTrack, seen: OctoPrintStatus, at: datetime) -> bool:
    """Whether a push at the beginning of a print is of the end of the one before, of the same file: it tells that one's
    seconds, and more of them than have passed."""
    run, ended = track.run, track.ended
    if run is None or ended is None or track.at is None or seen.elapsed_s is None or track.before_s <= 0:
        return False
    if (seen.completion or 0.0) < NEARLY:
        return False
    passed_s = max(0.0, (at - track.at).total_seconds())
    ahead = seen.elapsed_s - track.elapsed_s > passed_s + SLACK_S and track.elapsed_s < TAIL_S
    return ahead and run.file.path == ended.file.path and abs(seen.elapsed_s - track.before_s) <= SLACK_S


def may_begin(track: OctoPrintTrack, seen: OctoPrintStatus, at: datetime) -> bool:
    """Whether this is a print that nobody knew of, and not the tail of the one that has just ended."""
    if seen.state not in (MachineState.RUNNING, MachineState.PAUSED) or seen.cancelling:
        return False
    return not _is_tail(track, seen, at)


def _is_tail(track: OctoPrintTrack, seen: OctoPrintStatus, at: datetime) -> bool:
    """OctoPrint says PrintDone first and "finishing" after it, and 1.11 pushes what was a second or two before."""
    if track.ended is None or seen.file is None or seen.file.path != track.ended.file.path:
        return False
    elapsed_s = seen.elapsed_s or 0.0
    if track.ended_at is None:
        return 0 < track.ended_s <= elapsed_s
    since_s = (at - track.ended_at).total_seconds()
    if elapsed_s > since_s + SLACK_S:
        return True  # it had begun before the end
    near = seen.elapsed_s is None or 0 < track.ended_s <= elapsed_s + SLACK_S
    return near and since_s < TAIL_S


def announced(track: OctoPrintTrack) -> OctoPrintTrack:
    """Another print begins, whichever: what is seen now is no tail."""
    return replace(track, ended_s=0.0, ended_at=None)


def begin(track: OctoPrintTrack, seen: OctoPrintStatus, counts: Counts, at: datetime) -> OctoPrintTrack:
    """Take note of a print that nobody knew of. ``counts`` are those of its file."""
    if track.run is not None or seen.file is None or not may_begin(track, seen, at):
        return track
    started = int(at.timestamp() - (seen.elapsed_s or 0.0))
    run = OctoPrintRun(seen.file, started, counts)
    return replace(track, run=run, elapsed_s=seen.elapsed_s or 0.0, at=None, progress=None, error="")


def settle(
    track: OctoPrintTrack, seen: OctoPrintStatus, counts: Counts | None, at: datetime, last_at: datetime
) -> tuple[OctoPrintTrack, Reading | None]:
    """The end of a run that was not heard, out of its file's counts; None when they tell nothing (it is lost).

    A print that was broken off and left the printer operational was cancelled: a failure leaves an error behind.
    """
    run = track.run
    if run is None or counts is None:
        return replace(track, run=None, elapsed_s=0.0), None
    if counts.success > run.before.success:
        state, error = MachineState.DONE, ""
    elif counts.failure > run.before.failure:
        state = MachineState.FAILED if seen.state is MachineState.OFFLINE else MachineState.CANCELLED
        error = (seen.error or track.error or UNKNOWN_END) if state is MachineState.FAILED else ""
    else:
        return replace(track, run=None, elapsed_s=0.0), None
    ended = at
    if counts.last_date is not None:
        told = datetime.fromtimestamp(counts.last_date, UTC)
        ended = told if last_at + timedelta(milliseconds=1) <= told <= at else at
    said = replace(_ending(track, run, state, error, ended), recorded=True)
    return _end(track, run, state, error), said


def heard(track: OctoPrintTrack, kind: str, payload: Any, at: datetime) -> tuple[OctoPrintTrack, Reading | None]:
    """What an event of the push socket means. A cancelled print fires PrintFailed as well: that is no failure."""
    told = table(payload)
    if kind == "Error":
        return replace(track, error=text(told.get("error"))), None
    run = track.run
    if run is None or not _is_of(run, told):
        return track, None
    took = number(told.get("time"))
    track = replace(track, elapsed_s=took if took is not None else track.elapsed_s)
    state, error = MachineState.DONE, ""
    if kind == "PrintCancelled" or (kind == "PrintFailed" and text(told.get("reason")) == "cancelled"):
        state = MachineState.CANCELLED
    elif kind == "PrintFailed":
        state, error = MachineState.FAILED, text(told.get("error")) or track.error or "The print failed."
    elif kind != "PrintDone":
        return track, None
    return _end(track, run, state, error, at), _ending(track, run, state, error, at)


def _is_of(run: OctoPrintRun, told: dict[str, Any]) -> bool:
    file = read_file(told)
    return file is None or file.path == run.file.path


def _end(
    track: OctoPrintTrack, run: OctoPrintRun, state: MachineState, error: str, at: datetime | None = None
) -> OctoPrintTrack:
    took_s = track.elapsed_s
    track = replace(track, ended=run, ended_state=state, ended_s=took_s, before_s=took_s, ended_at=at)
    return replace(track, run=None, elapsed_s=0.0, error=error)


def _ending(track: OctoPrintTrack, run: OctoPrintRun, state: MachineState, error: str, at: datetime) -> Reading:
    return Reading(
        state,
        at,
        progress=1.0 if state is MachineState.DONE else None,
        run_id=run.id,
        job_ref=run.file.job_code,
        file=run.file.name,
        elapsed_s=track.elapsed_s or None,
        error=error,
    )


def reading(track: OctoPrintTrack, seen: OctoPrintStatus, at: datetime) -> tuple[OctoPrintTrack, Reading | None]:
    """What a look means; None for the tail of a print that is over.

    The time left that OctoPrint up to 1.11 tells is wrong (its issue 5265), and "linear" is bytes, whichever version
    says it: both are left out.
    """
    run = track.run
    if is_of_before(track, seen, at):
        return track, None
    if run is not None and seen.at_work:
        elapsed_s = seen.elapsed_s if seen.elapsed_s is not None else track.elapsed_s
        progress = seen.completion if seen.completion is not None else track.progress
        track = replace(track, elapsed_s=elapsed_s, at=at, progress=progress)
        trusted = major(track.version) >= 2 and seen.left_origin not in ("", "linear")
        return track, Reading(
            seen.state,
            at,
            progress=seen.completion,
            progress_kind=ProgressKind.TIME if seen.left_origin == "printer" else ProgressKind.BYTES,
            run_id=run.id,
            job_ref=run.file.job_code,
            file=run.file.name,
            elapsed_s=seen.elapsed_s,
            remaining_s=seen.left_s if trusted else None,
            message="It is being cancelled." if seen.cancelling else "",
            pos_bytes=seen.pos_bytes,
            remaining_origin=seen.left_origin,
        )
    return track, None if seen.at_work else _at_rest(track, seen, at)


def _at_rest(track: OctoPrintTrack, seen: OctoPrintStatus, at: datetime) -> Reading:
    """Nothing is printed. A finished print stays "done" as long as it is the one that is selected."""
    ended = track.ended
    if seen.state is MachineState.OFFLINE:
        error = seen.error or track.error
        said = f"OctoPrint says: {seen.text or 'not connected'}." if not error else ""
        return Reading(MachineState.OFFLINE, at, run_id=track.run.id if track.run else "", message=said, error=error)
    still = ended is not None and seen.file is not None and seen.file.path == ended.file.path
    done = track.ended_state is MachineState.DONE and still and (seen.completion or 0.0) >= DONE
    if ended is not None and done and seen.state is MachineState.IDLE:
        return _ending(replace(track, elapsed_s=track.before_s), ended, MachineState.DONE, "", at)
    return Reading(MachineState.IDLE, at)
