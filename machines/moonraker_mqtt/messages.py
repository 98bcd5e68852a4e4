"""What Moonraker publishes over MQTT (0.11, ``publish_split_status: True``), read as words of ours. Pure.

One topic for each value of Klipper, retained; what is known of a machine is put together from them, value by value
(``take``). ``eventtime`` is the host's monotonic clock, so everything is dated by its receipt. A print has no id here:
it is its file. What is retained may be left over from a Moonraker that was killed: it is believed only while its own
topic says that it is online. When Klipper's process dies, nothing at all is said.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson

from craftops.domain.machines.readings import MachineState, ProgressKind, Reading
from craftops.sdk.machine import Availability, Rejected, Word
from craftops.sdk.programs import code_in

LONGEST = 64_000
SERVER = "moonraker/status"
STATE = "klipper/state/"
VALUES = (
    "webhooks/state", "webhooks/state_message", "print_stats/filename", "print_stats/state", "print_stats/message",
    "print_stats/total_duration", "print_stats/print_duration", "print_stats/info", "virtual_sdcard/progress",
    "virtual_sdcard/file_position", "gcode_move/speed_factor",
)  # fmt: skip
TELLING = frozenset({"webhooks/state_message", "print_stats/state", "print_stats/total_duration"})
"""Values after which a reading is told: a change of state at once (the message follows its state), all else once a
second with the clock of the print."""
STATES = {
    "standby": MachineState.IDLE, "printing": MachineState.RUNNING, "paused": MachineState.PAUSED,
    "complete": MachineState.DONE, "cancelled": MachineState.CANCELLED, "error": MachineState.FAILED,
}  # fmt: skip
OF_ONE_PRINT = frozenset({
    "print_stats/message", "print_stats/total_duration", "print_stats/print_duration", "print_stats/info",
    "virtual_sdcard/progress", "virtual_sdcard/file_position",
})  # fmt: skip
OVER = frozenset({"complete", "cancelled", "error"})
PRINT_STATE = "print_stats/state"
AT_WORK = ("printing", "paused")


@dataclass(frozen=True, slots=True)
class Known:
    """What has been heard of one machine. ``online`` is None before Moonraker said so itself."""

    online: bool | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


def leaves() -> tuple[str, ...]:
    """The topics below Moonraker's instance name that are read."""
    return (SERVER, *(STATE + value for value in VALUES))


def _object_of(payload: bytes, at: datetime) -> dict[str, Any] | Rejected:
    if len(payload) > LONGEST:
        return Rejected("too_large", "A message may have 64 kB at most.", at)
    try:
        told = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return _no("not_json", "It is no JSON.", payload, at)
    return told if isinstance(told, dict) else _no("not_json", "It is no JSON object.", payload, at)


def take(known: Known, leaf: str, payload: bytes, *, retained: bool, at: datetime) -> tuple[Known, Word | None]:
    """One message: what is known after it, and what it means; None for what says nothing by itself. Never raises."""
    told = _object_of(payload, at)
    if isinstance(told, Rejected):
        return known, told
    if leaf == SERVER:
        return _server(known, told.get("server"), payload, at)
    if "value" not in told:
        return known, _no("bad_value", "value: it is missing.", payload, at)
    name, value = leaf.removeprefix(STATE), told["value"]
    if name == PRINT_STATE and (not isinstance(value, str) or value not in STATES):
        return known, _no("bad_state", "print_stats/state: an unknown word.", payload, at)
    if name == PRINT_STATE and value in AT_WORK and not _is_ready(known.values):
        return known, None  # after a shutdown it freezes so
    values = _with(known, name, value, retained=retained)
    if not _tells(name, values) or known.online is False or (retained and known.online is None):
        return replace(known, values=values), None
    word = _reading(values, retained=retained, at=at)
    if not _is_ready(values):
        values.pop("print_stats/state", None)
    return replace(known, values=values), word


def _with(known: Known, name: str, value: Any, *, retained: bool) -> dict[str, Any]:
    """What is known once a value is: without what it says to be of the print before."""
    values = {**known.values, name: value}
    if name == PRINT_STATE and value == "printing" and _begins(known, retained=retained):
        return {key: one for key, one in values.items() if key not in OF_ONE_PRINT or one == 0}
    if name == "print_stats/filename" and value != known.values.get(name) and values.get(PRINT_STATE) in OVER:
        del values[PRINT_STATE]
    return values


def _begins(known: Known, *, retained: bool) -> bool:
    """Whether "printing" is the beginning of a print: then what is known of the one before is old, for only what
    changes is said anew."""
    return not retained and known.values.get("print_stats/state") not in ("printing", "paused")


def _tells(name: str, values: Mapping[str, Any]) -> bool:
    """Whether a reading is told after this value; an error waits for its message."""
    if values.get("print_stats/state") == "error" and name.startswith("print_stats/"):
        return name in ("print_stats/message", "print_stats/total_duration")
    return name in TELLING


def _is_ready(values: Mapping[str, Any]) -> bool:
    return bool(values.get("webhooks/state", "ready") == "ready")


def _no(code: str, sentence: str, payload: bytes, at: datetime) -> Rejected:
    return Rejected(code, sentence, at, payload[:300].decode("utf-8", "replace"))


def _server(known: Known, value: Any, payload: bytes, at: datetime) -> tuple[Known, Word]:
    if value not in ("online", "offline"):
        return known, _no("bad_state", "server is online or offline.", payload, at)
    return replace(known, online=value == "online"), Availability(value == "online", at)


def _not_ready(values: Mapping[str, Any], code: str, name: str, *, retained: bool, at: datetime) -> Reading:
    message = _line(values.get("webhooks/state_message")) or "Klipper is not ready."
    shut = values.get("webhooks/state") == "shutdown"
    if shut and values.get(PRINT_STATE) in AT_WORK and not retained:
        return Reading(MachineState.FAILED, at, job_ref=code, file=name, error=message)
    return Reading(MachineState.OFFLINE, at, retained=retained, message=message)


def _progress(word: str, told: float | None) -> float | None:
    """How much of the file is done; of one that has ended otherwise, and of a share that cannot be, nothing."""
    if word == "complete":
        return 1.0
    return told if word not in OVER and told is not None and told <= 1 else None


def _reading(values: Mapping[str, Any], *, retained: bool, at: datetime) -> Reading | None:
    """Whether Klipper is ready comes first: after a shutdown the rest is frozen."""
    path = _text(values.get("print_stats/filename"))
    name, code = path.rsplit("/", 1)[-1], code_in(path)
    if not _is_ready(values):
        return _not_ready(values, code, name, retained=retained, at=at)
    word = values.get("print_stats/state")
    if word not in STATES:
        return None
    state = STATES[word]
    if state is MachineState.IDLE:
        return Reading(state, at, retained=retained)
    elapsed = _number(values.get("print_stats/print_duration"))
    if state is MachineState.RUNNING and elapsed == 0.0:
        state = MachineState.PREPARING
    info = values.get("print_stats/info")
    info = info if isinstance(info, dict) else {}
    progress, position = (
        _number(values.get("virtual_sdcard/progress")),
        _number(values.get("virtual_sdcard/file_position")),
    )
    at_work = word not in OVER
    said = _line(values.get("print_stats/message"))
    return Reading(
        state,
        at,
        retained=retained,
        progress=_progress(word, progress),
        progress_kind=ProgressKind.BYTES,
        job_ref=code,
        file=name,
        elapsed_s=elapsed,
        pos_bytes=int(position) if at_work and position is not None else None,
        layer=_whole(info.get("current_layer")),
        layers=_whole(info.get("total_layer")),
        speed_factor=_factor(values.get("gcode_move/speed_factor")),
        message=said if at_work else "",
        error=(said or "The print failed.") if word == "error" else "",
    )


def _factor(value: Any) -> float:
    found = _number(value)
    return found if found is not None and 0.01 <= found <= 100 else 1.0


def _whole(value: Any) -> int | None:
    found = _number(value)
    return int(found) if found is not None else None


def _number(value: Any) -> float | None:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not math.isfinite(value)
        or not 0 <= value < 1e12
    ):
        return None
    return float(value)


def _text(value: Any) -> str:
    return value[:300] if isinstance(value, str) else ""


def _line(value: Any) -> str:
    return _text(value).strip().partition("\n")[0]
