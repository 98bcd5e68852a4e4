"""What Home Assistant is told of machines, as retained MQTT messages. Pure.

Its discovery (developers' documentation of MQTT discovery): a config topic for each sensor, an availability topic, and
a state topic with a bare value; ``None`` is unknown. Nothing of customers or orders is in it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from craftops import __version__
from craftops.domain.machines.readings import MachineState

DISCOVERY = "homeassistant"
STATES = "craftops/ha"
ONLINE = f"{STATES}/online"
"""Whether the bridge lives; its last will."""
UP, DOWN, UNKNOWN = b"online", b"offline", b"None"


@dataclass(frozen=True, slots=True)
class Seen:
    """One machine as it is shown there. ``progress`` is a fraction, ``end`` the estimated end of the running job."""

    key: str
    name: str
    model: str
    online: bool
    state: MachineState
    progress: float | None = None
    end: datetime | None = None


def _sensor(seen: Seen, leaf: str, name: str, more: dict[str, Any]) -> tuple[str, bytes]:
    config = {
        "name": name,
        "unique_id": f"craftops_{seen.key}_{leaf}",
        "state_topic": f"{STATES}/{seen.key}/{leaf}",
        "availability": [{"topic": ONLINE}, {"topic": f"{STATES}/{seen.key}/online"}],
        "availability_mode": "all",
        "device": {
            "identifiers": [f"craftops_{seen.key}"],
            "name": seen.name,
            "manufacturer": "CraftOps",
            "model": seen.model,
        },
        "origin": {"name": "CraftOps", "sw_version": __version__},
        **more,
    }
    return f"{DISCOVERY}/sensor/craftops_{seen.key}/{leaf}/config", orjson.dumps(config)


def messages(machines: Iterable[Seen]) -> dict[str, bytes]:
    """Every topic that is to hold something, with what; all retained."""
    found: dict[str, bytes] = {}
    for seen in machines:
        states = [state.value for state in MachineState]
        found |= dict(
            (
                _sensor(seen, "state", "State", {"device_class": "enum", "options": states, "icon": "mdi:printer-3d"}),
                _sensor(seen, "progress", "Progress", {"unit_of_measurement": "%", "icon": "mdi:progress-clock"}),
                _sensor(seen, "end", "Estimated end", {"device_class": "timestamp"}),
            )
        )
        base = f"{STATES}/{seen.key}"
        found[f"{base}/online"] = UP if seen.online else DOWN
        found[f"{base}/state"] = seen.state.value.encode()
        found[f"{base}/progress"] = UNKNOWN if seen.progress is None else str(int(seen.progress * 100)).encode()
        found[f"{base}/end"] = UNKNOWN if seen.end is None else to_minute(seen.end).isoformat().encode()
    return found


def to_minute(at: datetime) -> datetime:
    """The nearest whole minute, so that a second's doubt is no news."""
    return (at.astimezone(UTC) + timedelta(seconds=30)).replace(second=0, microsecond=0)


def changes(published: dict[str, bytes], wanted: dict[str, bytes]) -> dict[str, bytes]:
    """What is to be published so that the broker holds what is wanted; an empty payload removes a topic.

    What is removed comes first, and configurations before the states that they speak of.
    """
    gone = {topic: b"" for topic in sorted(published) if topic not in wanted}
    fresh = {topic: payload for topic, payload in wanted.items() if published.get(topic) != payload}
    return gone | dict(sorted(fresh.items(), key=lambda one: (not one[0].endswith("/config"), one[0])))
