"""A machine that does not exist, as a pure state machine: commands and time in, a status out.

Seconds here are those of the wall clock. ``speed`` is how many machine seconds pass in one of them, so a job
that was planned for an hour takes three minutes at a speed of 20, and what it reports stays true on the wall.
"""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass, replace
from typing import Any

PREPARING_S = 4.0
ENDED_FOR_S = 4.0


@dataclass(frozen=True, slots=True)
class SimulatedRun:
    """One run. ``total_s`` is what it will really take, ``planned_s`` what the plan says, both on the wall."""

    run_id: str
    ref: str
    file: str
    copies: int
    planned_s: float
    total_s: float
    done_s: float = 0.0
    hiccup_at: float = 2.0
    """The fraction at which it will want hands once; above 1 never."""


@dataclass(frozen=True, slots=True)
class Simulated:
    """The whole machine."""

    state: str = "idle"
    since: float = 0.0
    now: float = 0.0
    run: SimulatedRun | None = None
    intents: tuple[str, ...] = ()
    message: str = ""
    seq: int = 0


def tick(machine: Simulated, now: float) -> Simulated:
    """Let time pass until ``now`` (seconds, any epoch)."""
    step = max(0.0, now - machine.now)
    machine = replace(machine, now=now)
    run = machine.run
    if run is None:
        return machine
    if machine.state == "preparing" and now - machine.since >= PREPARING_S:
        return replace(machine, state="running", since=now, message="")
    if machine.state == "running":
        run = replace(run, done_s=min(run.total_s, run.done_s + step))
        machine = replace(machine, run=run)
        if run.done_s / run.total_s >= run.hiccup_at:
            run = replace(run, hiccup_at=2.0)
            return replace(machine, run=run, state="attention", since=now, message="Material has run out")
        if run.done_s >= run.total_s:
            return replace(machine, state="done", since=now)
    if machine.state in ("done", "cancelled") and now - machine.since >= ENDED_FOR_S:
        return replace(machine, state="idle", since=now, run=None, message="")
    return machine


def obey(machine: Simulated, command: dict[str, Any], now: float, *, speed: float, hiccups: bool) -> Simulated:
    """Do what ``command`` says (contract topic ``cmd``). A repeated intent, or one that makes no sense, is nothing."""
    intent = str(command.get("intent", ""))
    if not intent or intent in machine.intents:
        return machine
    machine = replace(machine, intents=(*machine.intents, intent)[-50:])
    word = command.get("cmd")
    busy = machine.state in ("preparing", "running", "paused", "attention")
    if word == "start" and not busy and isinstance(command.get("job"), dict):
        return _start(machine, command["job"], intent, now, speed, hiccups)
    if word == "pause" and machine.state == "running":
        return replace(machine, state="paused", since=now, message="Paused by staff")
    if word == "resume" and machine.state in ("paused", "attention"):
        return replace(machine, state="running", since=now, message="")
    if word == "cancel" and busy:
        return replace(machine, state="cancelled", since=now, message="Cancelled by staff")
    return machine


def _start(machine: Simulated, job: dict[str, Any], intent: str, now: float, speed: float, hiccups: bool) -> Simulated:
    dice = random.Random(intent)  # noqa: S311 - a simulation, seeded so that a replay is the same
    planned = max(5.0, float(job.get("planned_s", 600.0)) / speed)
    run = SimulatedRun(
        run_id=f"sim-{intent}",
        ref=str(job.get("ref", "")),
        file=str(job.get("file", "")),
        copies=max(1, int(job.get("copies", 1))),
        planned_s=planned,
        total_s=planned * dice.uniform(0.9, 1.3),
        hiccup_at=dice.uniform(0.3, 0.8) if hiccups and dice.random() < 0.15 else 2.0,
    )
    return replace(machine, state="preparing", since=now, run=run, message="Warming up")


def status(machine: Simulated, at: float) -> dict[str, Any]:
    """The snapshot to publish; ``at`` is unix seconds."""
    said: dict[str, Any] = {"v": 1, "state": machine.state, "ts": at, "seq": machine.seq}
    if machine.message:
        said["message"] = machine.message
    run = machine.run
    if run is None:
        return said
    share = run.done_s / run.total_s
    said |= {
        "progress": round(share, 4),
        "progress_kind": "time",
        "remaining_s": round(run.total_s - run.done_s, 1),
        "elapsed_s": round(run.done_s, 1),
        "estimate_s": round(run.planned_s, 1),
        "parts_done": int(share * run.copies),
        "job": {"id": run.run_id, "ref": run.ref, "file": run.file[:256], "parts_total": run.copies},
    }
    return said


def to_json(machine: Simulated) -> dict[str, Any]:
    """For a state file."""
    return asdict(machine)


def from_json(data: dict[str, Any]) -> Simulated:
    """The reverse of ``to_json``. Raises TypeError or KeyError on foreign data."""
    run = data.get("run")
    return Simulated(**{**data, "run": SimulatedRun(**run) if run else None, "intents": tuple(data["intents"])})
