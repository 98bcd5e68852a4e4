"""Machines, for dashboards and scripts of the shop."""

from __future__ import annotations

from datetime import datetime

from flask import Response
from flask_openapi3 import APIBlueprint
from pydantic import BaseModel, Field

from craftops.domain.machines.readings import MachineState
from craftops.domain.people.access import Actor, Scope
from craftops.domain.production.jobs import ACTIVE, JobState
from craftops.errors import AccessError
from craftops.sdk.machine import CommandKind
from craftops.services.estimation import run_tracking
from craftops.services.machines import commands
from craftops.store.database import utcnow
from craftops.store.mapping import to_memory
from craftops.store.models import MachineRow
from craftops.store.queries import machines, production
from craftops.web.frame.api_common import Taken, answer, shown_as, token_actor
from craftops.web.frame.request_context import current_shop

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


def _machine(key: str) -> MachineRow:
    row = machines.machine(key)
    if row is None:
        raise AccessError
    return row


def _out(row: MachineRow) -> MachineOut:
    last = to_memory(row).last
    queue = production.queue_of(row.id)
    active = next((job for job in queue if JobState(job.state) in ACTIVE), None)
    return MachineOut(
        key=row.key,
        name=row.name,
        process=row.process,
        driver=row.driver,
        state=MachineState(row.state),
        online=row.online,
        heard_at=row.heard_at,
        progress=active.progress if active else last.progress if last else None,
        remaining_s=run_tracking.seconds_left(active, utcnow()) if active else last.remaining_s if last else None,
        job=active.code if active else None,
        queued=sum(1 for job in queue if job.state == JobState.QUEUED.value),
        refused_messages=row.refused,
    )


def list_machines() -> Response:
    """Tokens of the shop only. Scope: machines:read."""
    _staff(Scope.MACHINES_READ)
    return answer(MachinesOut(machines=[_out(row) for row in MachineRow.select().order_by(MachineRow.key)]))


def get_machine(path: KeyPath) -> Response:
    """Tokens of the shop only. Scope: machines:read."""
    _staff(Scope.MACHINES_READ)
    return answer(_out(_machine(path.key)))


def tell_machine(path: KeyPath, body: CommandIn) -> Response:
    """The command is written down and passed on by the bridge. Scope: machines:write."""
    actor = _staff(Scope.MACHINES_WRITE)
    row = _machine(path.key)
    commands.command(current_shop(), row.key, body.kind, actor=actor, at=utcnow(), intent=body.intent)
    return answer(_out(_machine(path.key)), 202)


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
