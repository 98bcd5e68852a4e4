"""Machines that do not exist: for the demo, for trying a shop out, for tests. They speak real MQTT."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Event
from typing import ClassVar

import orjson

from craftops.domain.machines.readings import Reading
from craftops.sdk import Plugin, hookimpl, mqtt_contract
from craftops.sdk.camera import CameraPicture, HasCamera
from craftops.sdk.machine import (
    BrokerAddress,
    Command,
    CommandKind,
    MachineDriver,
    MachineFacts,
    MqttDriver,
    Publication,
    Word,
)
from craftops.sdk.settings import setting

from .device import Device


@dataclass(frozen=True, slots=True)
class SimulatedSettings:
    """How fast time passes on simulated machines, and whether they sometimes want hands."""

    speed: float = setting(1.0, help="Machine seconds in one second of the wall clock")
    hiccups: bool = setting(False, help="Now and then a machine runs out of material and waits for hands")


class SimulatedDriver(MqttDriver, HasCamera):
    """A machine of the demo. It takes its next job by itself and obeys start, pause, resume and cancel."""

    name: ClassVar[str] = "simulated"
    title: ClassVar[str] = "Simulated"
    summary: ClassVar[str] = "A machine that does not exist, for trying things out. It speaks real MQTT."
    commands: ClassVar[frozenset[CommandKind]] = frozenset(
        {CommandKind.START, CommandKind.PAUSE, CommandKind.RESUME, CommandKind.CANCEL}
    )
    auto_start: ClassVar[bool] = True
    needs_secret: ClassVar[bool] = True

    def __init__(self, settings: SimulatedSettings) -> None:
        self.settings = settings

    def topics(self, machine: MachineFacts) -> tuple[str, ...]:
        return mqtt_contract.topics(machine.key)

    def read(
        self, machine: MachineFacts, topic: str, payload: bytes, *, retained: bool, received_at: datetime
    ) -> Word | None:
        return mqtt_contract.read(machine.key, topic, payload, retained=retained, received_at=received_at)

    def command(self, machine: MachineFacts, command: Command) -> Publication | None:
        said: dict[str, object] = {"v": 1, "cmd": command.kind.value, "intent": command.intent}
        if command.job is not None:
            job = command.job
            said["job"] = {"ref": job.code, "file": job.file, "copies": job.copies, "planned_s": job.planned_s}
        return Publication(f"{mqtt_contract.PREFIX}/{machine.key}/cmd", orjson.dumps(said))

    def own_picture(self, machine: MachineFacts, last: Reading | None) -> CameraPicture:
        from .camera import draw  # a drawing library, which only the bridge needs

        return CameraPicture(draw(machine.process, last))

    def run_beside(self, machine: MachineFacts, broker: BrokerAddress) -> Callable[[Event], None] | None:
        folder = os.environ.get("CRAFTOPS_SIMULATED_STATE_DIR")
        device = Device(
            machine,
            broker,
            speed=self.settings.speed,
            hiccups=self.settings.hiccups,
            folder=Path(folder) if folder else None,
        )
        return device.run


class SimulatedMachines(Plugin[SimulatedSettings]):
    """Adds the driver ``simulated``."""

    name = "machine_simulated"
    title = "Simulated machines"
    summary = "Machines that do not exist, for the demo and for trying things out."
    settings_type = SimulatedSettings

    @hookimpl
    def register_machine_drivers(self) -> Iterable[MachineDriver]:
        return [SimulatedDriver(self.settings)]


PLUGIN = SimulatedMachines
