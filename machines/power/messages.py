"""What smart plugs publish over MQTT. Pure.

Tasmota: ``tele/<device>/SENSOR`` with ENERGY.Power, last will ``tele/<device>/LWT``.
Shelly (Gen2 and later): ``<device>/status/switch:0`` with apower, ``<device>/online``.
Zigbee2MQTT: ``zigbee2mqtt/<device>`` with power, ``zigbee2mqtt/<device>/availability``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from craftops.sdk.machine import Availability, Rejected

LONGEST = 20_000
MOST_WATTS = 100_000.0
TASMOTA, SHELLY, ZIGBEE = "tasmota", "shelly", "zigbee2mqtt"
KINDS = ((TASMOTA, "Tasmota"), (SHELLY, "Shelly (Gen2 and later)"), (ZIGBEE, "Zigbee2MQTT"))
POWER_TOPIC = {TASMOTA: "tele/{}/SENSOR", SHELLY: "{}/status/switch:0", ZIGBEE: "zigbee2mqtt/{}"}
LINK_TOPIC = {TASMOTA: "tele/{}/LWT", SHELLY: "{}/online", ZIGBEE: "zigbee2mqtt/{}/availability"}
SAMPLE = {TASMOTA: b'{"ENERGY":{"Power":0}}', SHELLY: b'{"id":0,"apower":0.0}', ZIGBEE: b'{"power":0}'}
HERE = {"online": True, "true": True, "offline": False, "false": False}


@dataclass(frozen=True, slots=True)
class Power:
    """A measurement in watts."""

    watts: float


def topics(kind: str, device: str) -> tuple[str, str]:
    """Where a plug tells its power, and whether it is there."""
    known = kind if kind in POWER_TOPIC else TASMOTA
    return POWER_TOPIC[known].format(device), LINK_TOPIC[known].format(device)


def read(kind: str, payload: bytes, at: datetime, *, link: bool) -> Power | Availability | Rejected | None:
    """One message; None for one that tells no power (a plug publishes other things there too). Never raises."""
    if len(payload) > LONGEST:
        return Rejected("too_large", "A message of a plug may have 20 kB at most.", at)
    if link:
        return _link(payload, at)
    try:
        told = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return Rejected("not_json", "It is no JSON.", at, _shown(payload))
    if not isinstance(told, dict):
        return Rejected("not_json", "It is no JSON object.", at, _shown(payload))
    value = _value(kind, told)
    if value is None:
        return None
    watts = _watts(value)
    if watts is None:
        return Rejected("bad_value", "The power is no number of watts.", at, _shown(payload))
    return Power(watts)


def _value(kind: str, told: dict[str, Any]) -> Any:
    if kind == SHELLY:
        return told.get("apower")
    if kind == ZIGBEE:
        return told.get("power")
    energy = told.get("ENERGY")
    return energy.get("Power") if isinstance(energy, dict) else None


def _watts(value: Any) -> float | None:
    """A plug with several sockets tells a list."""
    parts = value if isinstance(value, list) and value else [value]
    if any(isinstance(one, bool) or not isinstance(one, int | float) or abs(one) > MOST_WATTS for one in parts):
        return None
    total = float(sum(parts))
    return max(0.0, total) if math.isfinite(total) else None


def _link(payload: bytes, at: datetime) -> Availability | Rejected:
    word = payload[:100].decode("utf-8", "replace").strip()
    if word.startswith("{"):
        try:
            told = orjson.loads(payload)
        except orjson.JSONDecodeError:
            told = {}
        word = str(told.get("state", "")) if isinstance(told, dict) else ""
    here = HERE.get(word.lower())
    if here is None:
        return Rejected("bad_state", "The plug says neither online nor offline.", at, _shown(payload))
    return Availability(here, at)


def _shown(payload: bytes) -> str:
    return payload[:300].decode("utf-8", "replace")
