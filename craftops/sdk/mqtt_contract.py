"""The contract ``craftops/v1`` as a pure reader: topic and payload in, one word out. Never raises.

Equal in meaning to ``machines/mqtt/status.schema.json``; written by hand for the sake of its sentences.
Protocol: docs/machines/contract.md.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from craftops.domain.machines.readings import RUN_ENDED, MachineState, ProgressKind, Reading, moment
from craftops.sdk.machine import About, Availability, Rejected, Word

PREFIX = "craftops/v1"
MAX_PAYLOAD = 64 * 1024
LONGEST_S = 1e8
"""Three years; no run lasts as long."""
SMALLEST = 1e-9
STATES = frozenset(state.value for state in MachineState)
KINDS = frozenset(kind.value for kind in ProgressKind)
EVENT_STATES = {
    "job_started": MachineState.RUNNING,
    "resumed": MachineState.RUNNING,
    "paused": MachineState.PAUSED,
    "attention": MachineState.ATTENTION,
    "done": MachineState.DONE,
    "failed": MachineState.FAILED,
    "cancelled": MachineState.CANCELLED,
}
ENDS = frozenset(state.value for state in RUN_ENDED)
FIELDS_OF_END = ("job", "error", "ts", "seq", "progress", "elapsed_s", "parts_done", "message")
PARTS_OF_END = ("id", "ref", "file", "text", "code")
BARE_PERCENT = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*%\s*$")


DEVICE_TOPIC = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]*(/[A-Za-z0-9_.:-]+){1,7}", re.ASCII)
RESERVED = ("craftops", "homeassistant")


def is_device_topic(topic: str) -> bool:
    """Whether a machine's user may be let write to this topic outside its own prefix.

    That is a plain one of two to eight levels, without wildcards, spaces or ``$``, below no prefix of somebody else's.
    """
    return len(topic) <= 128 and DEVICE_TOPIC.fullmatch(topic) is not None and topic.partition("/")[0] not in RESERVED


class _Breach(Exception):
    """A payload breaks the contract."""

    def __init__(self, code: str, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence


def topics(key: str) -> tuple[str, ...]:
    """What to subscribe to for a machine."""
    return tuple(
        f"{PREFIX}/{key}/{leaf}" for leaf in ("online", "status", "event", "meta", "state", "progress", "remaining")
    )


def read(key: str, topic: str, payload: bytes, *, retained: bool, received_at: datetime) -> Word | None:
    """What one message of machine ``key`` means; None when it says nothing (an empty, clearing payload)."""
    leaf = topic.removeprefix(f"{PREFIX}/{key}/")
    if not payload.strip():
        return None
    try:
        if len(payload) > MAX_PAYLOAD:
            raise _Breach("too_large", f"A message may have 64 kB at most; this one has {len(payload):,} bytes.")
        if leaf == "status":
            return _status(_json(payload), retained, received_at)
        if leaf == "event":
            return None if retained else _event(_json(payload), received_at)
        if leaf == "online":
            return _online(payload, retained, received_at)
        if leaf == "meta":
            return _about(_json(payload), received_at)
        return _alias(leaf, payload, retained, received_at)
    except _Breach as breach:
        raw = payload[:300].decode("utf-8", "replace")
        end = _end_of(payload, retained, received_at) if leaf == "status" and breach.code == "bad_value" else None
        return Rejected(breach.code, breach.sentence, received_at, raw, end)


def _end_of(payload: bytes, retained: bool, received_at: datetime) -> Reading | None:
    """The end of a run that is said beside nonsense: it is said once, so what can be read beside it counts."""
    data = _json(payload)
    if data.get("state") not in ENDS:
        return None
    kept: dict[str, Any] = {"v": 1, "state": data["state"]}

    def keep(whole: Mapping[str, Any]) -> bool:
        try:
            _status({**kept, **whole}, retained, received_at)
        except _Breach:
            return False
        kept.update(whole)
        return True

    for name in FIELDS_OF_END:
        value = data.get(name)
        if name in data and not keep({name: value}) and isinstance(value, dict):
            for part in PARTS_OF_END:
                keep({name: {**kept.get(name, {}), part: _cut(value.get(part))}})
    return _status(kept, retained, received_at)


def _cut(value: Any) -> Any:
    return value[:300] if isinstance(value, str) else value


def _json(payload: bytes) -> dict[str, Any]:
    try:
        value = orjson.loads(payload)
    except orjson.JSONDecodeError:
        raise _Breach("not_json", "The message is not whole JSON.") from None
    if not isinstance(value, dict):
        raise _Breach("not_json", "The message must be a JSON object.")
    version = value.get("v")
    if version != 1 or isinstance(version, bool):
        raise _Breach("bad_version", f"v must be 1, got {_shown(version)}.")
    return value


def _status(data: Mapping[str, Any], retained: bool, received_at: datetime) -> Reading:
    state = data.get("state")
    if not isinstance(state, str) or state not in STATES:
        raise _Breach("bad_state", f"state must be one of {', '.join(sorted(STATES))}, got {_shown(state)}.")
    kind = data.get("progress_kind", "other")
    if not isinstance(kind, str) or kind not in KINDS:
        raise _Breach("bad_value", f"progress_kind must be one of {', '.join(sorted(KINDS))}, got {_shown(kind)}.")
    job = _table(data, "job")
    error = _table(data, "error")
    speed = _number(data, "speed_factor")
    if speed is not None and speed <= 0:
        raise _Breach("bad_value", f"speed_factor must be above 0, got {speed:g}.")
    _temperatures(data)
    _number(job, "started", None, "job.started")
    _integer(data, "line", 0)
    return Reading(
        state=MachineState(state),
        at=moment(_number(data, "ts", None), received_at),
        retained=retained,
        progress=_fraction(data),
        progress_kind=ProgressKind(kind),
        run_id=_text(job, "id", 128, "job.id"),
        job_ref=_text(job, "ref", 128, "job.ref"),
        file=_text(job, "file", 256, "job.file"),
        elapsed_s=_seconds(data, "elapsed_s"),
        remaining_s=_remaining(data),
        estimate_s=_seconds(data, "estimate_s"),
        pos_bytes=_integer(data, "pos_bytes", 0),
        parts_done=_integer(data, "parts_done", 0),
        parts_total=_integer(job, "parts_total", 1),
        layer=_integer(data, "layer", 0),
        layers=_integer(data, "layers", 1),
        speed_factor=speed or 1.0,
        seq=_integer(data, "seq", 0),
        message=_text(data, "message", 300, "message"),
        error=_text(error, "text", 300, "error.text") or _text(error, "code", 300, "error.code"),
    )


def _event(data: Mapping[str, Any], received_at: datetime) -> Reading:
    kind = data.get("type")
    if not isinstance(kind, str) or kind not in EVENT_STATES:
        raise _Breach("bad_value", f"type must be one of {', '.join(EVENT_STATES)}, got {_shown(kind)}.")
    job = _table(data, "job")
    state = EVENT_STATES[kind]
    text = _text(data, "text", 300, "text")
    return Reading(
        state=state,
        at=moment(_number(data, "ts", None), received_at),
        run_id=_text(job, "id", 128, "job.id"),
        job_ref=_text(job, "ref", 128, "job.ref"),
        file=_text(job, "file", 256, "job.file"),
        message=text,
        error=text if state is MachineState.FAILED else "",
    )


def _online(payload: bytes, retained: bool, received_at: datetime) -> Availability:
    word = payload.strip()
    if word not in (b"0", b"1"):
        raise _Breach("bad_value", f"online must be 0 or 1, got {_shown(word.decode('utf-8', 'replace'))}.")
    return Availability(word == b"1", received_at, retained)


def _about(data: Mapping[str, Any], received_at: datetime) -> About:
    interval = _number(data, "report_interval_s")
    if interval is not None and not 0 < interval <= 3600:
        raise _Breach("bad_value", f"report_interval_s must be between 0 and 3600, got {interval:g}.")
    return About(received_at, interval, _text(data, "name", 100, "name"), _text(data, "bridge", 100, "bridge"))


def _alias(leaf: str, payload: bytes, retained: bool, received_at: datetime) -> Reading:
    """Bare words and numbers of devices that cannot make JSON. Progress and remaining imply a run, and prove none."""
    text = payload.decode("utf-8", "replace").strip()
    if leaf == "state":
        if text not in STATES:
            raise _Breach("bad_state", f"state must be one of {', '.join(sorted(STATES))}, got {_shown(text)}.")
        return Reading(MachineState(text), received_at, retained)
    if leaf == "progress":
        return Reading(MachineState.RUNNING, received_at, retained, progress=_bare_progress(text), implied=True)
    if leaf == "remaining":
        left = _left(_bare_number(text, "remaining"), "remaining")
        return Reading(MachineState.RUNNING, received_at, retained, remaining_s=left, implied=True)
    raise _Breach("unknown_topic", f"There is no topic {leaf[:60]!r} in craftops/v1.")


def _bare_progress(text: str) -> float:
    percent = BARE_PERCENT.match(text)
    value = float(percent[1]) / 100.0 if percent else _bare_number(text, "progress")
    if not 0 <= value <= 1:
        raise _Breach("bad_value", f"progress must be between 0 and 1 (or end in %), got {text[:20]}.")
    return _kept(value)


def _bare_number(text: str, name: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise _Breach("bad_value", f"{name} must be a number, got {_shown(text)}.") from None
    if not math.isfinite(value):
        raise _Breach("bad_value", f"{name} must be a finite number.")
    return value


def _number(data: Mapping[str, Any], key: str, least: float | None = 0.0, name: str = "") -> float | None:
    if key not in data:
        return None
    value = data[key]
    name = name or key
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise _Breach("bad_value", f"{name} must be a number, got {_shown(value)}.")
    if least is not None and value < least:
        raise _Breach("bad_value", f"{name} must be at least {least:g}, got {value:g}.")
    return float(value)


def _fraction(data: Mapping[str, Any]) -> float | None:
    value = _number(data, "progress", None)
    if value is not None and not 0 <= value <= 1:
        raise _Breach("bad_value", f"progress must be between 0 and 1, got {value:g}.")
    return None if value is None else _kept(value)


def _seconds(data: Mapping[str, Any], key: str) -> float | None:
    value = _number(data, key)
    if value is not None and value > LONGEST_S:
        raise _Breach("bad_value", f"{key} must be at most {LONGEST_S:g}, got {value:g}.")
    return None if value is None else _kept(value)


def _remaining(data: Mapping[str, Any]) -> float | None:
    if data.get("remaining_s") is None:
        return None
    value = _number(data, "remaining_s", None)
    return None if value is None else _left(value, "remaining_s")


def _left(value: float, name: str) -> float | None:
    """A time left below nothing says that a plan was overrun, and nothing of what is left: the rest of the message
    counts all the same."""
    if value > LONGEST_S:
        raise _Breach("bad_value", f"{name} must be at most {LONGEST_S:g}, got {value:g}.")
    return _kept(value) if value >= 0 else None


def _kept(value: float) -> float:
    """A number near nothing is nothing: PostgreSQL refuses to keep the smallest ones."""
    return value if value >= SMALLEST else 0.0


def _integer(data: Mapping[str, Any], key: str, least: int) -> int | None:
    value = _number(data, key, None)
    if value is None:
        return None
    if value != int(value) or value < least:
        raise _Breach("bad_value", f"{key} must be a whole number of at least {least}, got {value:g}.")
    return int(value)


def _text(data: Mapping[str, Any], key: str, most: int, name: str) -> str:
    value = data.get(key, "")
    if not isinstance(value, str):
        raise _Breach("bad_value", f"{name} must be text, got {_shown(value)}.")
    if len(value) > most:
        raise _Breach("bad_value", f"{name} may have {most} characters at most, got {len(value)}.")
    return value


def _table(data: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = data.get(key, {})
    if not isinstance(value, dict):
        raise _Breach("bad_value", f"{key} must be an object, got {_shown(value)}.")
    return value


def _temperatures(data: Mapping[str, Any]) -> None:
    for name, pair in _table(data, "temps").items():
        if not isinstance(pair, dict):
            raise _Breach("bad_value", f"temps.{name[:40]} must be an object, got {_shown(pair)}.")
        for key in ("actual", "target"):
            _number(pair, key, None, f"temps.{name[:40]}.{key}")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
