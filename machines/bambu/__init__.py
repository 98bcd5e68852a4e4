"""Printers of Bambu Lab in the own network: followed over the MQTT broker inside each, without Bambu's cloud."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from craftops.sdk import Plugin, hookimpl
from craftops.sdk.fields import FieldKind, LinkField
from craftops.sdk.linked import Link, LinkedDriver
from craftops.sdk.machine import CommandKind, MachineDriver, MachineFacts
from craftops.sdk.settings import setting

if TYPE_CHECKING:
    from .link import Memory

ADDRESS = LinkField(
    "address", "Address", FieldKind.ADDRESS, "The printer's own, as its screen shows it under Network: 192.168.1.30",
    schemes=("mqtts",),
)  # fmt: skip
SERIAL = LinkField("serial", "Serial number", hint="15 letters and digits, on the screen under Device")
CODE = LinkField("access_code", "Access code", FieldKind.SECRET, "Eight digits or letters, on the screen under Network")
FINGERPRINT = LinkField(
    "fingerprint", "Certificate", needed=False,
    hint="SHA-256. Empty trusts the one that is shown at the first call; any other after it is refused.",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class BambuSettings:
    """``[plugin.machine_bambu]``"""

    authorities: str = setting(
        "", help="A PEM file of Bambu's own certificate authorities; with it no certificate is trusted on first use"
    )


class BambuDriver(LinkedDriver):
    """One printer, reached in its own network. Jobs are sent to it with Bambu's own software."""

    name: ClassVar[str] = "bambu"
    title: ClassVar[str] = "Bambu Lab (LAN)"
    summary: ClassVar[str] = (
        "A printer of Bambu Lab in your own network: followed, and with Developer Mode paused and stopped from here."
    )
    commands: ClassVar[frozenset[CommandKind]] = frozenset({CommandKind.PAUSE, CommandKind.RESUME, CommandKind.CANCEL})
    fields: ClassVar[tuple[LinkField, ...]] = (ADDRESS, SERIAL, CODE, FINGERPRINT)
    needs_program: ClassVar[bool] = False

    def __init__(self, authorities: str = "") -> None:
        self._authorities = authorities
        self._memories: dict[tuple[str, str], Memory] = defaultdict(_new_memory)

    def faults(self, settings: Mapping[str, str]) -> dict[str, str]:
        found = {}
        serial, shown = settings.get("serial", ""), settings.get("fingerprint", "")
        if not (serial.isascii() and serial.isalnum() and 8 <= len(serial) <= 32):
            found["serial"] = "The serial number has letters and digits only, such as 01P00A123456789."
        if shown and len("".join(one for one in shown.upper() if one in "0123456789ABCDEF")) != 64:
            found["fingerprint"] = (
                "A SHA-256 fingerprint has 64 digits and letters A to F. Leave it empty to begin anew."
            )
        return found

    def connect(self, machine: MachineFacts) -> Link:
        from .link import BambuLink  # TLS and MQTT libraries, which only the bridge needs

        serial = machine.settings.get("serial", "")
        return BambuLink(machine, self._memories[machine.address, serial], self._authorities)


def _new_memory() -> Memory:
    from .link import Memory

    return Memory()


class BambuMachines(Plugin[BambuSettings]):
    """Adds the driver ``bambu``."""

    name = "machine_bambu"
    title = "Bambu Lab"
    summary = "Printers of Bambu Lab in the own network, without the cloud."
    settings_type = BambuSettings

    @hookimpl
    def register_machine_drivers(self) -> Iterable[MachineDriver]:
        return [BambuDriver(self.settings.authorities)]


PLUGIN = BambuMachines
