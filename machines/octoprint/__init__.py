"""Printers behind OctoPrint (1.11 and 2.0): followed over its push channel, commanded over its REST API."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Event
from typing import ClassVar

from craftops.domain.machines.readings import Reading
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.camera import CAMERA, CameraPicture, HasCamera
from craftops.sdk.linked import ADDRESS, FieldKind, Link, LinkedDriver, LinkField, RunRecord, Say
from craftops.sdk.machine import CommandKind, MachineDriver, MachineFacts
from craftops.sdk.settings import NoSettings

KEY = LinkField("api_key", "API key", FieldKind.SECRET, "An account that may only read is enough to follow.")
POLL_S = 2.0


class OctoPrintDriver(LinkedDriver, HasCamera):
    """One OctoPrint, one printer."""

    name: ClassVar[str] = "octoprint"
    title: ClassVar[str] = "OctoPrint"
    summary: ClassVar[str] = "A printer behind OctoPrint 1.11 or 2.0: followed, started, paused and stopped from here."
    commands: ClassVar[frozenset[CommandKind]] = frozenset(
        {CommandKind.START, CommandKind.PAUSE, CommandKind.RESUME, CommandKind.CANCEL}
    )
    fields: ClassVar[tuple[LinkField, ...]] = (ADDRESS, KEY, CAMERA)
    asks_for: ClassVar[str] = "api_key"
    ask_title: ClassVar[str] = "Ask OctoPrint for a key"

    def connect(self, machine: MachineFacts) -> Link:
        from .link import OctoPrintLink  # HTTP libraries, which only the bridge needs

        return OctoPrintLink(machine)

    def history(self, machine: MachineFacts) -> tuple[RunRecord, ...]:
        from .client import OctoPrintRest

        rest = OctoPrintRest(machine.address, machine.secrets.get("api_key", ""))
        try:
            return rest.history()
        finally:
            rest.close()

    def own_picture(self, machine: MachineFacts, last: Reading | None) -> CameraPicture:
        from .camera import picture

        return picture(machine)

    def ask(self, machine: MachineFacts, say: Say, stop: Event) -> str:
        from .client import OctoPrintRest

        rest = OctoPrintRest(machine.address, "")
        try:
            path = rest.request_key()
            say(f"Open OctoPrint ({machine.address}), sign in, and allow CraftOps.")
            while not stop.wait(POLL_S):
                if key := rest.decision(path):
                    return key
        finally:
            rest.close()
        return ""


class OctoPrintMachines(Plugin[NoSettings]):
    """Adds the driver ``octoprint``."""

    name = "machine_octoprint"
    title = "OctoPrint"
    summary = "Printers behind OctoPrint, which CraftOps calls itself."

    @hookimpl
    def register_machine_drivers(self) -> Iterable[MachineDriver]:
        return [OctoPrintDriver()]


PLUGIN = OctoPrintMachines
