"""Prusa printers behind PrusaLink (in the printer itself, or on a Raspberry Pi): followed, started, paused, stopped."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from typing import ClassVar

from craftops.domain.machines.readings import Reading
from craftops.errors import Refused, Unreachable
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.camera import CAMERA, CameraPicture, HasCamera, NoCamera
from craftops.sdk.linked import ADDRESS, FieldKind, Link, LinkedDriver, LinkField
from craftops.sdk.machine import CommandKind, MachineDriver, MachineFacts
from craftops.sdk.settings import NoSettings

KEY = LinkField("api_key", "API key", FieldKind.SECRET, "Leave it empty to sign in with a password.", needed=False)
NAME = LinkField("username", "User name", hint="maker, if you changed nothing.", needed=False)
PASSWORD = LinkField(
    "password", "Password", FieldKind.SECRET, "On the printer's screen: Settings, Network, PrusaLink.", needed=False
)


class PrusaLinkDriver(LinkedDriver, HasCamera):
    """One PrusaLink, one printer."""

    name: ClassVar[str] = "prusalink"
    title: ClassVar[str] = "PrusaLink"
    summary: ClassVar[str] = "A Prusa printer with PrusaLink: followed, started, paused and stopped from here."
    commands: ClassVar[frozenset[CommandKind]] = frozenset(
        {CommandKind.START, CommandKind.PAUSE, CommandKind.RESUME, CommandKind.CANCEL}
    )
    fields: ClassVar[tuple[LinkField, ...]] = (ADDRESS, KEY, NAME, PASSWORD, CAMERA)
    picture_lag_s: ClassVar[float] = 60.0
    """It gives out the photo that it took last; how often it takes one is set there."""

    def connect(self, machine: MachineFacts) -> Link:
        from .link import PrusaLinkLink  # HTTP libraries, which only the bridge needs

        return PrusaLinkLink(machine)

    def own_picture(self, machine: MachineFacts, last: Reading | None) -> CameraPicture:
        from .client import PrusaLinkRest

        with closing(PrusaLinkRest.of(machine)) as rest:
            try:
                content = rest.picture()
            except Refused as error:
                raise NoCamera("PrusaLink knows no camera.") from error
        if not content:
            raise Unreachable("Its camera has not taken a photo yet.")
        return CameraPicture(content)


class PrusaLinkMachines(Plugin[NoSettings]):
    """Adds the driver ``prusalink``."""

    name = "machine_prusalink"
    title = "PrusaLink"
    summary = "Prusa printers with PrusaLink, which CraftOps calls itself."

    @hookimpl
    def register_machine_drivers(self) -> Iterable[MachineDriver]:
        return [PrusaLinkDriver()]


PLUGIN = PrusaLinkMachines
