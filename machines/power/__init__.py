"""A smart plug beside a machine that says nothing: its power tells when the machine works, and when it has ended."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import ClassVar

from craftops.domain.machines.readings import Reading
from craftops.sdk import Plugin, hookimpl
from craftops.sdk.fields import FieldKind, LinkField
from craftops.sdk.machine import Availability, MachineDriver, MachineFacts, MqttDriver, Publication, Word
from craftops.sdk.mqtt_contract import is_device_topic
from craftops.sdk.settings import NoSettings

from . import messages, watch
from .messages import Power
from .watch import PowerLimits, Watch

KIND = LinkField("kind", "Plug", FieldKind.CHOICE, choices=messages.KINDS, default=messages.TASMOTA)
DEVICE = LinkField(
    "device", "Its name on MQTT", hint="Tasmota: Topic. Shelly: MQTT prefix. Zigbee2MQTT: friendly name."
)
ON_W = LinkField("on_w", "It works from, in watts", FieldKind.NUMBER, "Look at what the plug shows.", default="40")
OFF_W = LinkField(
    "off_w", "It rests below, in watts", FieldKind.NUMBER, "Above what it draws in standby.", default="20"
)
START_S = LinkField("start_s", "A run begins after, in seconds", FieldKind.NUMBER, "Spikes are no run.", default="20")
END_MIN = LinkField(
    "end_min", "A run ends after, in quiet minutes", FieldKind.NUMBER,
    "Longer than any pause between two passes, or a change of tool.", default="5",
)  # fmt: skip


def limits(settings: Mapping[str, str]) -> PowerLimits:
    """The thresholds of a machine; what is missing is as in a fresh form."""

    def number(field: LinkField) -> float:
        try:
            return float(settings.get(field.name) or field.default)
        except ValueError:
            return float(field.default)

    return PowerLimits(
        number(ON_W), number(OFF_W), timedelta(seconds=number(START_S)), timedelta(minutes=number(END_MIN))
    )


class PowerDriver(MqttDriver):
    """Idle, running, done: all that watts can tell. How a run ended, people see."""

    name: ClassVar[str] = "power"
    title: ClassVar[str] = "Smart plug"
    summary: ClassVar[str] = "For a machine that says nothing: a plug that measures power tells when it works."
    fields: ClassVar[tuple[LinkField, ...]] = (KIND, DEVICE, ON_W, OFF_W, START_S, END_MIN)
    report_interval_s: ClassVar[float] = 600.0
    """Some plugs speak when the power changes, and else every ten minutes."""
    counts_time: ClassVar[bool] = True

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watches: dict[tuple[str, str], Watch] = {}

    def _topics(self, machine: MachineFacts) -> tuple[str, str]:
        return messages.topics(machine.settings.get("kind", ""), machine.settings.get("device", ""))

    def _name(self, machine: MachineFacts) -> tuple[str, str]:
        return machine.key, self._topics(machine)[0]

    def topics(self, machine: MachineFacts) -> tuple[str, ...]:
        return tuple(topic for topic in self._topics(machine) if is_device_topic(topic))

    def device_topics(self, machine: MachineFacts) -> tuple[str, ...]:
        return self.topics(machine)

    def faults(self, settings: Mapping[str, str]) -> dict[str, str]:
        found = {}
        if not all(map(is_device_topic, messages.topics(settings.get("kind", ""), settings.get("device", "")))):
            found["device"] = "Letters, digits, - _ . : and / only, no wildcards, and not beginning with craftops."
        limit = limits(settings)
        if not limit.off_w < limit.on_w <= messages.MOST_WATTS:
            found["off_w"] = "It must rest below fewer watts than it works from."
        if limit.start > timedelta(hours=1):
            found["start_s"] = "An hour at most."
        if not timedelta(seconds=30) <= limit.end <= timedelta(hours=12):
            found["end_min"] = "Between half a minute (0.5) and twelve hours (720)."
        return found

    def read(
        self, machine: MachineFacts, topic: str, payload: bytes, *, retained: bool, received_at: datetime
    ) -> Word | None:
        power_topic, link_topic = self._topics(machine)
        if topic not in (power_topic, link_topic):
            return None
        kind = machine.settings.get("kind", "")
        word = messages.read(kind, payload, received_at, link=topic == link_topic)
        with self._lock:
            known = self._watches.get(self._name(machine), Watch())
            if isinstance(word, Availability):
                if not word.online:
                    self._watches[self._name(machine)] = watch.lose_sight(known)
                return word
            if not isinstance(word, Power):
                return word
            if retained:
                return None  # nobody knows how old it is
            found = watch.measure(known, limits(machine.settings), word.watts, received_at)
            self._watches[self._name(machine)] = found
        return watch.reading(found, received_at)

    def look(self, machine: MachineFacts, last: Reading | None, at: datetime) -> Word | None:
        with self._lock:
            known = self._watches.get(self._name(machine))
            if known is None:
                self._watches[self._name(machine)] = watch.recall(last)
                return None
            found = watch.pass_time(known, limits(machine.settings), at)
            self._watches[self._name(machine)] = found
        return watch.reading(found, at) if found != known else None

    def sample(self, machine: MachineFacts) -> Publication:
        kind = machine.settings.get("kind", "")
        return Publication(self._topics(machine)[0], messages.SAMPLE.get(kind, messages.SAMPLE[messages.TASMOTA]))

    def advice(self, machine: MachineFacts) -> str:
        power_topic, link_topic = self._topics(machine)
        return (
            "In the settings of the plug: this broker, user name and password. It may write to "
            f"{power_topic} and {link_topic}, and nowhere else."
        )


class PowerMachines(Plugin[NoSettings]):
    """Adds the driver ``power``."""

    name = "machine_power"
    title = "Smart plugs"
    summary = "Machines that say nothing, beside a plug that measures their power."

    @hookimpl
    def register_machine_drivers(self) -> Iterable[MachineDriver]:
        return [PowerDriver()]


PLUGIN = PowerMachines
