"""What pages read of machines, each in one query."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from peewee import JOIN

from craftops.domain.production.jobs import ACTIVE
from craftops.store.models import (
    CameraRow,
    JobRow,
    LinkTrialRow,
    MachineCommandRow,
    MachineRow,
    OrderRow,
    RefusedWordRow,
)
from craftops.store.prepared import Prepared
from craftops.store.viewing import columns
from craftops.store.views.machines import (
    CameraView,
    CommandView,
    JobAtCamera,
    LinkTrialView,
    MachineView,
    RefusedWordView,
)

ACTIVE_STATES = [state.value for state in ACTIVE]
_OF_MACHINE = columns(MachineView, MachineRow)
_ALL: Prepared[MachineView] = Prepared(lambda: MachineRow.select(*_OF_MACHINE).order_by(MachineRow.name), MachineView)
_BY_KEY: Prepared[MachineView] = Prepared(
    lambda key: MachineRow.select(*_OF_MACHINE).where(MachineRow.key == key), MachineView
)
_BY_ID: Prepared[MachineView] = Prepared(
    lambda id_: MachineRow.select(*_OF_MACHINE).where(MachineRow.id == id_), MachineView
)


_BY_IDS: Prepared[MachineView] = Prepared(
    lambda ids: MachineRow.select(*_OF_MACHINE).where(MachineRow.id.in_(ids)), MachineView
)


def machines() -> list[MachineView]:
    """Every machine, by name."""
    return _ALL.all()


def machine(key: str) -> MachineView | None:
    """The machine of this key."""
    return _BY_KEY.first(key)


def machine_of(machine_id: int) -> MachineView | None:
    """The machine of this id."""
    return _BY_ID.first(machine_id)


def machines_of(machine_ids: Iterable[int]) -> list[MachineView]:
    """The machines of these ids."""
    wanted = list(machine_ids)
    return _BY_IDS.all(wanted) if wanted else []


_CAMERA: Prepared[CameraView] = Prepared(
    lambda machine_id: CameraRow.select(*columns(CameraView, CameraRow)).where(CameraRow.machine == machine_id),
    CameraView,
)
_AT_CAMERA: Prepared[JobAtCamera] = Prepared(
    lambda machine_id, states: (
        JobRow.select(JobRow.code, JobRow.camera_shared, OrderRow.photos)
        .join(OrderRow)
        .where(JobRow.machine == machine_id, JobRow.state.in_(states))
        .limit(1)
    ),
    JobAtCamera,
)


def camera(machine_id: int) -> CameraView | None:
    """What is known of a machine's camera."""
    return _CAMERA.first(machine_id)


def job_at_camera(machine_id: int) -> JobAtCamera | None:
    """The job that a machine is at, if any: there is one at most."""
    return _AT_CAMERA.first(machine_id, ACTIVE_STATES)


_REFUSED: Prepared[RefusedWordView] = Prepared(
    lambda machine_id, most: (
        RefusedWordRow.select(*columns(RefusedWordView, RefusedWordRow))
        .where(RefusedWordRow.machine == machine_id)
        .order_by(RefusedWordRow.id.desc())
        .limit(most)
    ),
    RefusedWordView,
)
_COMMANDS: Prepared[CommandView] = Prepared(
    lambda machine_id, most: (
        MachineCommandRow.select(*columns(CommandView, MachineCommandRow, "job_code"), JobRow.code)
        .join(JobRow, JOIN.LEFT_OUTER)
        .where(MachineCommandRow.machine == machine_id)
        .order_by(MachineCommandRow.id.desc())
        .limit(most)
    ),
    CommandView,
)


def refused_words(machine_id: int, most: int) -> list[RefusedWordView]:
    """The last messages of a machine that broke the contract, at most so many, the newest first."""
    return _REFUSED.all(machine_id, most)


def commands_of(machine_id: int, most: int) -> list[CommandView]:
    """What a machine was last to be told, at most so much, the newest first."""
    return _COMMANDS.all(machine_id, most)


_OF_TRIAL = [*columns(LinkTrialView, LinkTrialRow, "machine_key"), MachineRow.key]


def _trials(*before: Any) -> Any:
    return LinkTrialRow.select(*before, *_OF_TRIAL).join(MachineRow, JOIN.LEFT_OUTER)


_TRIAL_BY_ID: Prepared[LinkTrialView] = Prepared(lambda id_: _trials().where(LinkTrialRow.id == id_), LinkTrialView)
_TRIAL_BY_TOKEN: Prepared[tuple[str, LinkTrialView]] = Prepared(
    lambda token: _trials(LinkTrialRow.sealed_secret).where(LinkTrialRow.token == token),
    lambda sealed, *shown: (sealed, LinkTrialView(*shown)),
)
_SEALED_BY_KEY: Prepared[tuple[str, MachineView]] = Prepared(
    lambda key: MachineRow.select(MachineRow.sealed_secret, *_OF_MACHINE).where(MachineRow.key == key),
    lambda sealed, *shown: (sealed, MachineView(*shown)),
)


def trial_of(trial_id: int) -> LinkTrialView | None:
    """The test of this id."""
    return _TRIAL_BY_ID.first(trial_id)


def sealed_trial(token: str) -> tuple[str, LinkTrialView] | None:
    """The test of this token, and the secrets that were typed, sealed: for the service that says which there are."""
    return _TRIAL_BY_TOKEN.first(token)


def sealed_machine(key: str) -> tuple[str, MachineView] | None:
    """The machine of this key, and what it signs in with, sealed: for the service that says what there is."""
    return _SEALED_BY_KEY.first(key)
