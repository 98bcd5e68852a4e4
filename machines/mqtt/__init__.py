"""Machines that speak our own contract over MQTT (``craftops/v1``)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from craftops.sdk import Plugin, hookimpl, mqtt_contract
from craftops.sdk.machine import MachineDriver, MachineFacts, MqttDriver, Word
from craftops.sdk.settings import NoSettings


class ContractDriver(MqttDriver):
    """Anything that publishes ``craftops/v1``: a bridge script, an ESP32, Node-RED, ``mosquitto_pub``."""

    name: ClassVar[str] = "mqtt"
    title: ClassVar[str] = "MQTT (craftops/v1)"
    summary: ClassVar[str] = "The machine, or a small script beside it, publishes its status over MQTT."

    def topics(self, machine: MachineFacts) -> tuple[str, ...]:
        return mqtt_contract.topics(machine.key)

    def read(
        self, machine: MachineFacts, topic: str, payload: bytes, *, retained: bool, received_at: datetime
    ) -> Word | None:
        return mqtt_contract.read(machine.key, topic, payload, retained=retained, received_at=received_at)


class MqttMachines(Plugin[NoSettings]):
    """Adds the driver ``mqtt``."""

    name = "machine_mqtt"
    title = "MQTT machines"
    summary = "Machines that report over MQTT by the contract craftops/v1."

    @hookimpl
    def register_machine_drivers(self) -> Iterable[MachineDriver]:
        return [ContractDriver()]


PLUGIN = MqttMachines
