"""Machines, for dashboards and scripts of the shop."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from flask import Response
from flask_openapi3 import APIBlueprint
from pydantic import BaseModel, Field

from craftops.domain.estimation.statistics import RunStatistics
from craftops.domain.machines.readings import MachineState
from craftops.domain.people.access import Actor, Scope
from craftops.errors import AccessError
from craftops.sdk.machine import CommandKind
from craftops.services.estimation import run_tracking
from craftops.services.machines import commands
from craftops.store.database import utcnow
from craftops.store.mapping import to_memory
from craftops.store.queries import machine_pages, staff_jobs
from craftops.store.views.machines import MachineView
from craftops.store.views.production import QueueSummary
from craftops.web.frame.api_common import Taken, answer, shown_as, token_actor
from craftops.web.frame.request_context import current_shop
from craftops.web.machines.present import is_silent

MACHINE = {
    "key": "printer-1",
    "name": "Printer 1",
    "process": "fdm",
    "driver": "mqtt",
    "state": "running",
    "online": True,
    "heard_at": "2026-11-28T08:00:00Z",
    "progress": 0.4,
    "remaining_s": 5400.0,
    "job": "K7RCX3-1",
    "queued": 2,
    "refused_messages": 0,
}


def add_to(api: APIBlueprint) -> None:
    """Register the routes."""
    api.get("/machines", summary="List machines", responses={200: MachinesOut})(list_machines)
    api.get("/machines/<key>", summary="One machine", responses={200: MachineOut})(get_machine)
    api.post("/machines/<key>/commands", summary="Tell a machine something", responses={202: MachineOut})(tell_machine)


def _staff(scope: Scope) -> Actor:
    actor = token_actor(scope)
    actor.must_be_staff()
    return actor


def _machine(key: str) -> MachineView:
    found = machine_pages.machine(key)
    if found is None:
        raise AccessError
    return found


def _outs(machines: Sequence[MachineView]) -> list[MachineOut]:
    """Many machines, with three queries."""
    queues, at = staff_jobs.queues_of(machines), utcnow()
    learnt = run_tracking.learnt_of(one.id for one in machines)
    return [_out(one, queues[one.id], learnt[one.id].usual, at) for one in machines]


def _out(row: MachineView, queue: QueueSummary, usual: RunStatistics, at: datetime) -> MachineOut:
    last = to_memory(row).last
    active = queue.active
    progress, left_s = (last.progress, last.remaining_s) if last else (None, None)
    if active is not None:
        silent = is_silent(row, current_shop().plugins.machine_drivers, at)
        progress = run_tracking.progress_at(active.job.state.value, active.job.progress, active.evidence, at)
        left_s = run_tracking.seconds_left_of(active.job, active.evidence, at, held=silent, usual=usual)
    return MachineOut(
        key=row.key,
        name=row.name,
        process=row.process,
        driver=row.driver,
        state=MachineState(row.state),
        online=row.online,
        heard_at=row.heard_at,
        progress=progress,
        remaining_s=left_s,
        job=active.job.code if active else None,
        queued=queue.waiting,
        refused_messages=row.refused,
    )


def list_machines() -> Response:
    """Tokens of the shop only. Scope: machines:read."""
    _staff(Scope.MACHINES_READ)
    return answer(MachinesOut(machines=_outs(sorted(machine_pages.machines(), key=lambda one: one.key))))


def get_machine(path: KeyPath) -> Response:
    """Tokens of the shop only. Scope: machines:read."""
    _staff(Scope.MACHINES_READ)
    return answer(_outs([_machine(path.key)])[0])


def tell_machine(path: KeyPath, body: CommandIn) -> Response:
    """The command is written down and passed on by the bridge. Scope: machines:write."""
    actor = _staff(Scope.MACHINES_WRITE)
    row = _machine(path.key)
    commands.command(current_shop(), row.key, body.kind, actor=actor, at=utcnow(), intent=body.intent)
    return answer(_outs([_machine(path.key)])[0], 202)


class KeyPath(BaseModel):
    key: str = Field(description="Key of a machine", max_length=32)


class CommandIn(Taken):
    model_config = shown_as({"kind": "pause", "intent": "night-shift-1"})
    kind: CommandKind
    intent: str = Field("", description="Makes a repeated request the same command", max_length=60)


class MachineOut(BaseModel):
    model_config = shown_as(MACHINE)
    key: str
    name: str
    process: str
    driver: str
    state: MachineState
    online: bool | None
    heard_at: datetime | None
    progress: float | None = Field(description="0 to 1")
    remaining_s: float | None
    job: str | None
    queued: int
    refused_messages: int


class MachinesOut(BaseModel):
    model_config = shown_as({"machines": [MACHINE]})
    machines: list[MachineOut]
