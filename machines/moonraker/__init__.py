"""Klipper printers behind Moonraker: followed over its live channel, started, paused and stopped from here."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from craftops.domain.machines.readings import Reading
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.camera import CAMERA, CameraPicture, HasCamera
from craftops.sdk.linked import ADDRESS, FieldKind, Link, LinkedDriver, LinkField, RunRecord
from craftops.sdk.machine import CommandKind, MachineDriver, MachineFacts
from craftops.sdk.settings import NoSettings

HISTORY = 200
WHERE = LinkField(
    ADDRESS.name, ADDRESS.label, FieldKind.ADDRESS, "Such as http://192.168.1.20:7125, or that of Mainsail"
)
KEY = LinkField(
    "api_key",
    "API key",
    FieldKind.SECRET,
    "Empty where Moonraker trusts this computer (trusted_clients).",
    needed=False,
)


class MoonrakerDriver(LinkedDriver, HasCamera):
    """One Moonraker, one printer."""

    name: ClassVar[str] = "moonraker"
    title: ClassVar[str] = "Klipper (Moonraker)"
    summary: ClassVar[str] = "A Klipper printer behind Moonraker: followed, started, paused and stopped from here."
    commands: ClassVar[frozenset[CommandKind]] = frozenset(
        {CommandKind.START, CommandKind.PAUSE, CommandKind.RESUME, CommandKind.CANCEL}
    )
    fields: ClassVar[tuple[LinkField, ...]] = (WHERE, KEY, CAMERA)

    def connect(self, machine: MachineFacts) -> Link:
        from .link import MoonrakerLink  # HTTP libraries, which only the bridge needs

        return MoonrakerLink(machine)

    def own_picture(self, machine: MachineFacts, last: Reading | None) -> CameraPicture:
        from .camera import picture

        return picture(machine)

    def history(self, machine: MachineFacts) -> tuple[RunRecord, ...]:
        from . import messages
        from .client import MoonrakerRest

        rest = MoonrakerRest(machine.address, machine.secrets.get("api_key", ""))
        try:
            return messages.records(rest.history(HISTORY))
        finally:
            rest.close()


class MoonrakerMachines(Plugin[NoSettings]):
    """Adds the driver ``moonraker``."""

    name = "machine_moonraker"
    title = "Klipper (Moonraker)"
    summary = "Klipper printers behind Moonraker, which CraftOps calls itself."

    @hookimpl
    def register_machine_drivers(self) -> Iterable[MachineDriver]:
        return [MoonrakerDriver()]


PLUGIN = MoonrakerMachines
