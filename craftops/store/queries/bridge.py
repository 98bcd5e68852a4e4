"""What the bridge asks: the machines to follow, what they are to be told, which links are to be tried."""

from __future__ import annotations

from typing import Any

from peewee import JOIN, fn

from craftops.domain.machines.readings import Reading
from craftops.domain.production.jobs import Job
from craftops.store.mapping import to_job, to_memory
from craftops.store.models import (
    DesignFileRow,
    JobRow,
    LinkTrialRow,
    MachineCommandRow,
    MachineRow,
    OrderLineRow,
    OrderRow,
)
from craftops.store.prepared import Prepared
from craftops.store.queries.production import ACTIVE_STATES
from craftops.store.viewing import columns
from craftops.store.views.machines import CommandedJob, FollowedMachine, OpenCommand, WaitingTrial

MACHINE_COLUMNS = columns(FollowedMachine, MachineRow)
OPEN_COMMANDS = ("waiting", "begun")

_FOLLOWED: Prepared[FollowedMachine] = Prepared(
    lambda: MachineRow.select(*MACHINE_COLUMNS).where(MachineRow.enabled), FollowedMachine
)
_ALL: Prepared[FollowedMachine] = Prepared(
    lambda: MachineRow.select(*MACHINE_COLUMNS).order_by(MachineRow.key), FollowedMachine
)
_MACHINE: Prepared[FollowedMachine] = Prepared(
    lambda id_: MachineRow.select(*MACHINE_COLUMNS).where(MachineRow.id == id_), FollowedMachine
)


def followed_machines() -> list[FollowedMachine]:
    """Every machine in service."""
    return _FOLLOWED.all()


def known_machines() -> list[FollowedMachine]:
    """Every machine, by key."""
    return _ALL.all()


def machine_of_id(machine_id: int) -> FollowedMachine | None:
    """One machine."""
    return _MACHINE.first(machine_id)


_OF_KEY: Prepared[FollowedMachine] = Prepared(
    lambda key: MachineRow.select(*MACHINE_COLUMNS).where(MachineRow.key == key), FollowedMachine
)


def machine_of_key(key: str) -> FollowedMachine | None:
    """The machine of this key."""
    return _OF_KEY.first(key)


def last_of(key: str) -> Reading | None:
    """The newest word of the machine of this key that was stored."""
    found = _OF_KEY.first(key)
    return to_memory(found).last if found is not None else None


def is_gone(key: str) -> bool:
    """Whether a machine is known to be offline."""
    return bool(_GONE.all(key, False))


_GONE: Prepared[int] = Prepared(
    lambda key, online: MachineRow.select(MachineRow.id).where(MachineRow.key == key, MachineRow.online == online),
    lambda id_: int(id_),
)


def touch(key: str) -> None:
    """Write a machine as it is: whether the database takes anything."""
    MachineRow.update(heard_at=MachineRow.heard_at).where(MachineRow.key == key).execute()


def jobs_at_machines() -> dict[int, Job]:
    """Machine → the job that it is at."""
    rows = JobRow.select().where(JobRow.state.in_(ACTIVE_STATES), JobRow.machine.is_null(False))
    return {row.machine_id: to_job(row) for row in rows}


def _commands(*also: Any) -> Any:
    job = [JobRow.id, JobRow.code, JobRow.state, JobRow.machine, JobRow.copies, JobRow.planned_s]
    job += [JobRow.gcode_sha, JobRow.gcode_name, fn.COALESCE(DesignFileRow.name, OrderLineRow.title), OrderRow.stage]
    return (
        MachineCommandRow.select(*OWN_COLUMNS, *MACHINE_COLUMNS, *job)
        .join(MachineRow)
        .switch(MachineCommandRow)
        .join(JobRow, JOIN.LEFT_OUTER)
        .join(OrderLineRow, JOIN.LEFT_OUTER)
        .join(DesignFileRow, JOIN.LEFT_OUTER)
        .switch(JobRow)
        .join(OrderRow, JOIN.LEFT_OUTER)
        .where(*also)
        .order_by(MachineCommandRow.id)
    )


OWN_COLUMNS = columns(OpenCommand, MachineCommandRow, "machine", "job")


def _command(*values: Any) -> OpenCommand:
    own, machine = len(OWN_COLUMNS), len(OWN_COLUMNS) + len(MACHINE_COLUMNS)
    job = None if values[machine] is None else CommandedJob(*values[machine:])
    return OpenCommand(*(*values[:own], FollowedMachine(*values[own:machine]), job))


_OPEN: Prepared[OpenCommand] = Prepared(lambda states: _commands(MachineCommandRow.state.in_(states)), _command)
_OF_ID: Prepared[OpenCommand] = Prepared(lambda id_: _commands(MachineCommandRow.id == id_), _command)


def open_commands() -> list[OpenCommand]:
    """What nobody has answered yet, the oldest first. One query."""
    return _OPEN.all(OPEN_COMMANDS)


def command(command_id: int) -> OpenCommand | None:
    """One command, answered or not."""
    return _OF_ID.first(command_id)


def _trials() -> Any:
    return (
        LinkTrialRow.select(
            *columns(WaitingTrial, LinkTrialRow, "machine_key", "machine_name"), MachineRow.key, MachineRow.name
        )
        .join(MachineRow, JOIN.LEFT_OUTER)
        .where(LinkTrialRow.state == "waiting")
        .order_by(LinkTrialRow.id)
    )


_TRIALS: Prepared[WaitingTrial] = Prepared(_trials, WaitingTrial)


def waiting_trials() -> list[WaitingTrial]:
    """Trials that nobody has begun, oldest first."""
    return _TRIALS.all()
