"""Whether a machine works, from the power that it draws. Pure: a state machine over watts and time.

Two thresholds with a gap between them, and two least durations: a run begins when the power has stood at the upper one
long enough, and ends when it has stood below the lower one long enough. So a spike is no run, and the pause of a laser
between two passes is no end. What was found is true from where it began: a run starts with its first watt.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from craftops.domain.machines.readings import IN_A_RUN, MachineState, Reading

RUN = "power-"
LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True, slots=True)
class PowerLimits:
    """When a machine counts as working: watts and durations."""

    on_w: float
    off_w: float
    start: timedelta
    end: timedelta


class Phase(StrEnum):
    """Where it stands."""

    REST = "rest"
    RISING = "rising"
    """It draws power, not long enough to say that it works."""
    WORKING = "working"
    QUIET = "quiet"
    """It draws nothing, not long enough to say that it has ended."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What is known of one machine. ``since``: when the phase began; ``started`` and ``ended``: of its newest run."""

    phase: Phase = Phase.REST
    since: datetime = LONG_AGO
    started: datetime | None = None
    ended: datetime | None = None

    @property
    def in_a_run(self) -> bool:
        return self.phase in (Phase.WORKING, Phase.QUIET)


def pass_time(watch: Watch, limits: PowerLimits, at: datetime) -> Watch:
    """The same power as before, until ``at``. In how many steps time passes makes no difference."""
    if watch.phase is Phase.RISING and at - watch.since >= limits.start:
        return Watch(Phase.WORKING, watch.since, started=watch.since)
    if watch.phase is Phase.QUIET and at - watch.since >= limits.end:
        return replace(watch, phase=Phase.REST, ended=watch.since)
    return watch


def measure(watch: Watch, limits: PowerLimits, watts: float, at: datetime) -> Watch:
    """One measurement. Between the thresholds everything stays as it is."""
    watch = pass_time(watch, limits, at)
    if watts >= limits.on_w:
        if watch.phase is Phase.REST:
            watch = replace(watch, phase=Phase.RISING, since=at)
        elif watch.phase is Phase.QUIET:
            watch = replace(watch, phase=Phase.WORKING, since=at)
    elif watts < limits.off_w:
        if watch.phase is Phase.RISING:
            watch = replace(watch, phase=Phase.REST, since=at)
        elif watch.phase is Phase.WORKING:
            watch = replace(watch, phase=Phase.QUIET, since=at)
    return pass_time(watch, limits, at)


def lose_sight(watch: Watch) -> Watch:
    """The plug is gone: what was being timed must begin anew, and a run that went on still goes on."""
    if watch.phase is Phase.RISING:
        return replace(watch, phase=Phase.REST)
    return replace(watch, phase=Phase.WORKING) if watch.phase is Phase.QUIET else watch


def recall(last: Reading | None) -> Watch:
    """What the newest reading of the store says, after a restart of ours."""
    if last is None or not last.run_id.startswith(RUN):
        return Watch()
    try:
        started = datetime.strptime(last.run_id.removeprefix(RUN), STAMP).replace(tzinfo=UTC)
    except ValueError:
        return Watch()
    if last.state in IN_A_RUN:
        return Watch(Phase.WORKING, last.at, started)
    return Watch(Phase.REST, last.at, started, last.at) if last.state is MachineState.DONE else Watch()


def reading(watch: Watch, at: datetime) -> Reading:
    """What is to be said. A machine that has done its work stays done until its next run."""
    run_id = f"{RUN}{watch.started.astimezone(UTC):{STAMP}}" if watch.started else ""
    if watch.in_a_run and watch.started is not None:
        return Reading(MachineState.RUNNING, at, run_id=run_id, elapsed_s=(at - watch.started).total_seconds())
    if watch.started is not None and watch.ended is not None:
        took = (watch.ended - watch.started).total_seconds()
        return Reading(MachineState.DONE, at, progress=1.0, run_id=run_id, elapsed_s=max(0.0, took))
    return Reading(MachineState.IDLE, at)
