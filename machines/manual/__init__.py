"""Machines that say nothing: staff press start, pause and done. Many lasers and mills have nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from craftops.domain.machines.readings import MachineState, Reading
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.machine import Command, CommandKind, HandDriver, MachineDriver
from craftops.sdk.settings import NoSettings

STATE_OF = {
    CommandKind.START: MachineState.RUNNING,
    CommandKind.PAUSE: MachineState.PAUSED,
    CommandKind.RESUME: MachineState.RUNNING,
    CommandKind.FINISH: MachineState.DONE,
    CommandKind.FAIL: MachineState.FAILED,
    CommandKind.CANCEL: MachineState.CANCELLED,
}


class ManualDriver(HandDriver):
    """Buttons instead of a link; the estimate counts on from the press."""

    name: ClassVar[str] = "manual"
    title: ClassVar[str] = "By hand"
    summary: ClassVar[str] = "Nobody reports for it: staff press start, pause and done, on a phone if they like."
    commands: ClassVar[frozenset[CommandKind]] = frozenset(STATE_OF)

    def press(self, command: Command, last: Reading | None) -> Reading:
        code = command.job.code if command.job else ""
        starting = command.kind is CommandKind.START
        run_id = f"{code}/{command.intent}" if starting or last is None else last.run_id
        return Reading(STATE_OF[command.kind], command.at, run_id=run_id, job_ref=code)


class ManualMachines(Plugin[NoSettings]):
    """Adds the driver ``manual``."""

    name = "machine_manual"
    title = "Machines by hand"
    summary = "Machines without any link: staff say when a job starts, pauses and ends."

    @hookimpl
    def register_machine_drivers(self) -> Iterable[MachineDriver]:
        return [ManualDriver()]


PLUGIN = ManualMachines
