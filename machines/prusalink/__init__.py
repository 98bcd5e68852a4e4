"""Prusa printers behind PrusaLink (in the printer itself, or on a Raspberry Pi): followed, started, paused, stopped."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from craftops.sdk import Plugin, hookimpl
from craftops.sdk.linked import ADDRESS, FieldKind, Link, LinkedDriver, LinkField
from craftops.sdk.machine import CommandKind, MachineDriver, MachineFacts
from craftops.sdk.settings import NoSettings

KEY = LinkField("api_key", "API key", FieldKind.SECRET, "Leave it empty to sign in with a password.", needed=False)
NAME = LinkField("username", "User name", hint="maker, if you changed nothing.", needed=False)
PASSWORD = LinkField(
    "password", "Password", FieldKind.SECRET, "On the printer's screen: Settings, Network, PrusaLink.", needed=False
)


class PrusaLinkDriver(LinkedDriver):
    """One PrusaLink, one printer."""

    name: ClassVar[str] = "prusalink"
    title: ClassVar[str] = "PrusaLink"
    summary: ClassVar[str] = "A Prusa printer with PrusaLink: followed, started, paused and stopped from here."
    commands: ClassVar[frozenset[CommandKind]] = frozenset(
        {CommandKind.START, CommandKind.PAUSE, CommandKind.RESUME, CommandKind.CANCEL}
    )
    fields: ClassVar[tuple[LinkField, ...]] = (ADDRESS, KEY, NAME, PASSWORD)

    def connect(self, machine: MachineFacts) -> Link:
        from .link import PrusaLinkLink  # HTTP libraries, which only the bridge needs

        return PrusaLinkLink(machine)


class PrusaLinkMachines(Plugin[NoSettings]):
    """Adds the driver ``prusalink``."""

    name = "machine_prusalink"
    title = "PrusaLink"
    summary = "Prusa printers with PrusaLink, which CraftOps calls itself."

    @hookimpl
    def register_machine_drivers(self) -> Iterable[MachineDriver]:
        return [PrusaLinkDriver()]


PLUGIN = PrusaLinkMachines
