"""Laser cutters with GRBL behind a network socket: asked once a second by ``?``, answered in one line."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Iterable
from typing import ClassVar
from urllib.parse import urlsplit

from craftops.domain.machines.readings import MachineState, Reading
from craftops.errors import NotUnderstood, Refused, Unreachable
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.linked import Answer, DriverSession, FieldKind, Link, LinkedDriver, LinkField, PendingCommand
from craftops.sdk.machine import CommandKind, MachineDriver, MachineFacts
from craftops.sdk.outside_address import is_forbidden
from craftops.sdk.settings import NoSettings

STATUS = re.compile(rb"<(Idle|Run|Hold|Alarm|Check|Jog|Home|Door|Sleep)(?::\d)?(?:\|[\x20-\x7e]*)?>")
DONE = re.compile(rb"\|SD:(\d{1,3}(?:\.\d{1,3})?)")
STATES = {b"Run": MachineState.RUNNING, b"Hold": MachineState.PAUSED, b"Alarm": MachineState.FAILED}
STEPS = {CommandKind.PAUSE: b"!", CommandKind.RESUME: b"~", CommandKind.CANCEL: b"\x18"}
LONGEST, PATIENCE_S = 512, 3.0


class GrblLink(Link):
    """One connection."""

    def __init__(self, machine: MachineFacts) -> None:
        self._at, self._socket = urlsplit(machine.address), None

    def follow(self, session: DriverSession) -> None:
        try:
            self._socket = socket.create_connection((self._at.hostname, self._at.port or 23), PATIENCE_S)
        except OSError as error:
            raise Unreachable("The laser cannot be reached.") from error
        if is_forbidden(self._socket.getpeername()[0]):
            raise Refused("The name leads to an address that belongs to no machine of a shop.")
        reading = self._ask(session)
        session.connected("GRBL")
        while not session.stopping:
            session.hear(reading)
            session.wait(1.0)
            reading = self._ask(session)

    def _ask(self, session: DriverSession) -> Reading:
        said = b""
        try:
            self._socket.sendall(b"?")
            ends = time.monotonic() + PATIENCE_S
            while b"\n" not in said and len(said) < LONGEST and time.monotonic() < ends:
                more = self._socket.recv(LONGEST)
                if not more:
                    raise Unreachable("The laser hung up.")
                said += more
        except OSError as error:
            raise Unreachable("The laser does not answer.") from error
        found, done = STATUS.search(said), DONE.search(said)
        if found is None:
            raise NotUnderstood("That is no laser with GRBL.", said[:200].decode("latin-1"))
        share = min(1.0, float(done[1]) / 100) if done else None
        return Reading(STATES.get(found[1], MachineState.IDLE), session.now(), progress=share)

    def obey(self, pending: PendingCommand) -> Answer:
        pending.begin()
        self._socket.sendall(STEPS[pending.command.kind])
        return Answer.sent()

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()


class GrblDriver(LinkedDriver):
    """What staff pick."""

    name: ClassVar[str] = "grbl"
    title: ClassVar[str] = "Laser (GRBL)"
    summary: ClassVar[str] = "A laser cutter whose controller speaks GRBL on a network socket."
    commands: ClassVar[frozenset[CommandKind]] = frozenset(STEPS)
    fields = (LinkField("address", "Address", FieldKind.ADDRESS, "Such as tcp://192.168.1.30:23", schemes=("tcp",)),)

    def connect(self, machine: MachineFacts) -> Link:
        return GrblLink(machine)


class GrblLasers(Plugin[NoSettings]):
    """Adds the driver."""

    name = "laser_grbl"
    title = "GRBL lasers"
    summary = "Laser cutters whose controller speaks GRBL on a network socket."

    @hookimpl
    def register_machine_drivers(self) -> Iterable[MachineDriver]:
        return [GrblDriver()]


PLUGIN = GrblLasers
