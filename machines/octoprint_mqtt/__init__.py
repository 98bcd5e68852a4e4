"""Printers behind OctoPrint whose plugin OctoPrint-MQTT publishes to our broker: followed, and not commanded.

For printers that CraftOps cannot call (another network): the plugin calls us. What it cannot say stays unsaid; where
CraftOps reaches OctoPrint itself, the driver ``octoprint`` knows more.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from craftops.sdk import Plugin, hookimpl
from craftops.sdk.machine import MachineDriver, MachineFacts, MqttDriver, Publication, Word
from craftops.sdk.mqtt_contract import PREFIX
from craftops.sdk.settings import NoSettings

from . import messages


class OctoPrintMqttDriver(MqttDriver):
    """OctoPrint-MQTT with its base topic below the machine's own."""

    name: ClassVar[str] = "octoprint_mqtt"
    title: ClassVar[str] = "OctoPrint over MQTT"
    summary: ClassVar[str] = "OctoPrint's plugin MQTT reports to this shop, for printers that CraftOps cannot call."
    report_interval_s: ClassVar[float] = 1200.0
    """It says something with every whole percent only."""

    def _base(self, machine: MachineFacts) -> str:
        return f"{PREFIX}/{machine.key}/octoprint/"

    def topics(self, machine: MachineFacts) -> tuple[str, ...]:
        return tuple(self._base(machine) + leaf for leaf in messages.leaves())

    def read(
        self, machine: MachineFacts, topic: str, payload: bytes, *, retained: bool, received_at: datetime
    ) -> Word | None:
        leaf = topic.removeprefix(self._base(machine))
        return messages.read(leaf, payload, retained=retained, received_at=received_at)

    def sample(self, machine: MachineFacts) -> Publication:
        return Publication(f"{self._base(machine)}event/Connected", b'{"_event":"Connected"}')

    def advice(self, machine: MachineFacts) -> str:
        return (
            "In OctoPrint's settings of the plugin MQTT: this broker, user name and password; MQTT version 3.1.1; "
            f"base topic {self._base(machine)}; and “printer data” switched on for the progress."
        )


class OctoPrintMqtt(Plugin[NoSettings]):
    """Adds the driver ``octoprint_mqtt``."""

    name = "machine_octoprint_mqtt"
    title = "OctoPrint over MQTT"
    summary = "Printers whose OctoPrint reports with its plugin OctoPrint-MQTT."

    @hookimpl
    def register_machine_drivers(self) -> Iterable[MachineDriver]:
        return [OctoPrintMqttDriver()]


PLUGIN = OctoPrintMqtt
