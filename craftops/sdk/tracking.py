"""Which run is which, for drivers that follow a machine: what is known of it between two looks, and the readings that
are made of that. Pure; times aware UTC, durations in seconds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from craftops.domain.machines.readings import IN_A_RUN, RUN_ENDED, MachineState, Reading


class Run(Protocol):
    """One run of a machine."""

    @property
    def id(self) -> str:
        """What tells it from every other run, after a restart of ours too."""

    @property
    def name(self) -> str:
        """Its file, without folders."""

    @property
    def job_code(self) -> str:
        """The job of ours that it is, or empty."""

    @property
    def planned_s(self) -> float | None:
        """What the slicer had planned."""


R = TypeVar("R", bound=Run)

SLACK_S = 10.0
"""So much a machine's count of seconds may fall without meaning anything."""
STILL = 0.5
"""A percent that has not fallen below so much of what it was is that of the same run."""


@dataclass(frozen=True)  # with slots, Python cannot make one through its alias Track[…]
class Track(Generic[R]):
    """What is known of the machine between two words of it."""

    run: R | None = None
    """The run that goes on, as far as anybody has heard."""
    elapsed_s: float = 0.0
    """How long it has worked: never less than before."""
    ended: R | None = None
    """The newest run that is over, and how."""
    ended_state: MachineState = MachineState.UNKNOWN
    progress: float | None = None
    at: datetime | None = None
    """When ``elapsed_s`` was true."""
    carried_s: float = 0.0
    """What it had worked before the machine's own count of seconds began anew under it."""
    lost: R | None = None
    """The newest run whose end nobody heard: the machine may show it again."""


def remember(last: Reading | None, run_of: Callable[[Reading], R | None]) -> Track[R]:
    """Where we were when we last heard of the machine. ``run_of`` is the run of a reading of ours."""
    run = run_of(last) if last is not None else None
    if last is None or run is None:
        return Track()
    if last.state in RUN_ENDED:
        return Track(ended=run, ended_state=last.state)
    if last.state in IN_A_RUN or last.state is MachineState.OFFLINE:
        return Track(run, last.elapsed_s or 0.0, progress=last.progress, at=last.at)
    return Track()


def lose(track: Track[R]) -> Track[R]:
    """The run is over, and nobody knows how."""
    lost = track.run or track.lost
    return replace(track, run=None, elapsed_s=0.0, progress=None, at=None, carried_s=0.0, lost=lost)


def has_restarted(track: Track[R], told_s: float | None, progress: float | None) -> bool:
    """Whether what goes on under the run's name is another run: the machine's seconds *and* its percent are back at
    their beginning. Seconds alone begin anew under many a print (after a change of tool, or a cut of power)."""
    if told_s is None or track.carried_s + told_s >= track.elapsed_s - SLACK_S:
        return False
    return not progress or track.progress is None or progress < track.progress * STILL


def counted_on(track: Track[R], told_s: float | None, progress: float | None, at: datetime) -> Track[R]:
    """The run goes on, and the machine says ``told_s`` of its time at work; None leaves what was known.

    Where its count has begun anew, it goes on from where it was: by what it counts since, and no longer than that can
    have taken.
    """
    track = replace(track, progress=progress if progress is not None else track.progress)
    if told_s is None:
        return track
    carried = track.carried_s
    if carried + told_s < track.elapsed_s - SLACK_S:
        since_s = max(0.0, (at - track.at).total_seconds()) if track.at is not None else told_s
        carried = track.elapsed_s + min(told_s, since_s) - told_s
    return replace(track, elapsed_s=max(track.elapsed_s, carried + told_s), carried_s=carried, at=at)


def go_on(track: Track[R], elapsed_s: float | None) -> Track[R]:
    """The run goes on, and has taken so long; None leaves what was known."""
    return track if elapsed_s is None else replace(track, elapsed_s=elapsed_s)


def of_run(run: Run, reading: Reading) -> Reading:
    """A reading, with all that names its run."""
    return replace(reading, run_id=run.id, job_ref=run.job_code, file=run.name, estimate_s=run.planned_s)


def ending(run: Run, state: MachineState, at: datetime, took_s: float | None, error: str = "") -> Reading:
    """The word that a run is over."""
    progress = 1.0 if state is MachineState.DONE else None
    return of_run(run, Reading(state, at, progress=progress, elapsed_s=took_s or None, error=error))
