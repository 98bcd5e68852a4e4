"""Klipper printers whose Moonraker publishes to our broker: followed, and not commanded.

For printers that CraftOps cannot call (another network): Moonraker calls us. Where CraftOps reaches Moonraker itself,
the driver ``moonraker`` knows more (which print it is, how it ended while nobody listened).
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
from .messages import Known


class MoonrakerMqttDriver(MqttDriver):
    """Moonraker with its instance name below the machine's own prefix; keeps what it has heard of each machine."""

    name: ClassVar[str] = "moonraker_mqtt"
    title: ClassVar[str] = "Klipper over MQTT"
    summary: ClassVar[str] = "Moonraker reports to this shop over MQTT, for Klipper printers that CraftOps cannot call."
    report_interval_s: ClassVar[float] = 1200.0
    """At rest nothing changes, and nothing is said."""

    def __init__(self) -> None:
        self._known: dict[str, Known] = {}

    def _base(self, machine: MachineFacts) -> str:
        return f"{PREFIX}/{machine.key}/"

    def topics(self, machine: MachineFacts) -> tuple[str, ...]:
        return tuple(self._base(machine) + leaf for leaf in messages.leaves())

    def read(
        self, machine: MachineFacts, topic: str, payload: bytes, *, retained: bool, received_at: datetime
    ) -> Word | None:
        leaf = topic.removeprefix(self._base(machine))
        known = self._known.get(machine.key, Known())
        self._known[machine.key], word = messages.take(known, leaf, payload, retained=retained, at=received_at)
        return word

    def sample(self, machine: MachineFacts) -> Publication:
        topic = f"{self._base(machine)}{messages.STATE}print_stats/state"
        return Publication(topic, b'{"eventtime":1.0,"value":"standby"}')

    def advice(self, machine: MachineFacts) -> str:
        return (
            "In moonraker.conf, section [mqtt]: this broker, user name and password; "
            f"instance_name: {PREFIX}/{machine.key}; publish_split_status: True; status_interval: 1; "
            "enable_moonraker_api: False; and under status_objects: webhooks, print_stats, "
            "virtual_sdcard=progress,file_position and gcode_move=speed_factor, a line each. Then restart Moonraker."
        )


class MoonrakerMqtt(Plugin[NoSettings]):
    """Adds the driver ``moonraker_mqtt``."""

    name = "machine_moonraker_mqtt"
    title = "Klipper over MQTT"
    summary = "Klipper printers whose Moonraker reports over MQTT."

    @hookimpl
    def register_machine_drivers(self) -> Iterable[MachineDriver]:
        return [MoonrakerMqttDriver()]


PLUGIN = MoonrakerMqtt
