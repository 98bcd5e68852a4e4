"""What OctoPrint's MQTT plugin (OctoPrint-MQTT 0.8) publishes, read as words of ours. Pure.

It is sparing: progress comes at most every five seconds and only with a new whole percent, events are not retained, and
a retained "Printing 70 %" survives the death of OctoPrint. So the end of a print is believed of an event only, and of
the progress topic only that a print goes on, where it says what the printer does (its "printer data"): without that, it
also comes after the end. ``mqtt`` tells of OctoPrint's own link, not of the printer's.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from craftops.domain.machines.readings import MachineState, ProgressKind, Reading, moment
from craftops.sdk.machine import Availability, Rejected, Word
from craftops.sdk.programs import code_in

LONGEST = 64_000
RETAINED_FOR = timedelta(minutes=15)
"""A whole percent of a print of a day; an older "Printing" may be that of a machine that died."""
LINK = "mqtt"
PROGRESS = "progress/printing"
EVENTS = ("PrintStarted", "PrintDone", "PrintFailed", "PrintCancelling", "PrintCancelled", "PrintPaused",
          "PrintResumed", "Connected", "PrinterStateChanged")  # fmt: skip
STATE_OF = {
    "PrintStarted": MachineState.RUNNING,
    "PrintDone": MachineState.DONE,
    "PrintCancelling": MachineState.FINISHING,
    "PrintCancelled": MachineState.CANCELLED,
    "PrintPaused": MachineState.PAUSED,
    "PrintResumed": MachineState.RUNNING,
    "Connected": MachineState.IDLE,
}
"""Connected: OctoPrint has just found its printer, so nothing is printed. That it is operational proves nothing: it is
said before the event of an end as well as after it."""


def leaves() -> tuple[str, ...]:
    """The topics below the base topic that are read."""
    return (LINK, PROGRESS, *(f"event/{kind}" for kind in EVENTS))


def read(leaf: str, payload: bytes, *, retained: bool, received_at: datetime) -> Word | None:
    """One message; None for what says nothing. Never raises."""
    if len(payload) > LONGEST:
        return Rejected("too_large", "A message may have 64 kB at most.", received_at)
    if leaf == LINK:
        return _link(payload, retained, received_at)
    try:
        told = orjson.loads(payload)
    except orjson.JSONDecodeError:
        return _no("not_json", "It is no JSON.", payload, received_at)
    if not isinstance(told, dict):
        return _no("not_json", "It is no JSON object.", payload, received_at)
    at = moment(_number(told.get("_timestamp")), received_at)
    if leaf == PROGRESS:
        return _progress(told, payload, retained=retained, at=at, received_at=received_at)
    return None if retained else _event(leaf.removeprefix("event/"), told, at)


def _no(code: str, sentence: str, payload: bytes, at: datetime) -> Rejected:
    return Rejected(code, sentence, at, payload[:300].decode("utf-8", "replace"))


def _link(payload: bytes, retained: bool, at: datetime) -> Word:
    if payload in (b"connected", b"disconnected"):
        return Availability(payload == b"connected", at, retained)
    return _no("bad_state", "mqtt is connected or disconnected.", payload, at)


def _event(kind: str, told: dict[str, Any], at: datetime) -> Reading | None:
    path = _text(told.get("path"))
    if kind == "PrinterStateChanged":
        if told.get("state_id") != "OFFLINE":
            return None
        return Reading(MachineState.OFFLINE, at, message="OctoPrint is not connected to its printer.")
    if kind == "PrintFailed":
        cancelled = told.get("reason") == "cancelled"
        state = MachineState.CANCELLED if cancelled else MachineState.FAILED
        error = "" if cancelled else _text(told.get("error")) or "The print failed."
        return _of(state, at, path, error=error)
    found = STATE_OF.get(kind)
    if found is None:
        return None
    if found is MachineState.IDLE:
        return Reading(found, at)
    return replace(_of(found, at, path), begins=kind == "PrintStarted")


def _of(state: MachineState, at: datetime, path: str, error: str = "") -> Reading:
    progress = 1.0 if state is MachineState.DONE else None
    return Reading(state, at, progress=progress, job_ref=code_in(path), file=path.rsplit("/", 1)[-1], error=error)


def _progress(
    told: dict[str, Any], payload: bytes, *, retained: bool, at: datetime, received_at: datetime
) -> Word | None:
    """That a print goes on, and how far it is. ``printer_data`` is there when the plugin is set to send it."""
    path = _text(told.get("path"))
    percent = _number(told.get("progress"))
    if percent is None or not 0 <= percent <= 100:
        return _no("bad_value", "progress: a number from 0 to 100 is expected.", payload, received_at)
    data = _table(told.get("printer_data"))
    flags = _table(_table(data.get("state")).get("flags"))
    if not path or (flags and flags.get("printing") is not True and flags.get("paused") is not True):
        return None
    if retained and not _is_young(told, received_at):
        return None
    progress = _table(data.get("progress"))
    exact = _number(progress.get("completion"))
    position = _number(progress.get("filepos"))
    share = exact if exact is not None and 0 <= exact <= 100 else percent
    return Reading(
        MachineState.PAUSED if flags.get("paused") is True else MachineState.RUNNING,
        at,
        retained=retained,
        progress=share / 100,
        progress_kind=ProgressKind.BYTES,
        job_ref=code_in(path),
        file=path.rsplit("/", 1)[-1],
        elapsed_s=_seconds(progress.get("printTime")),
        pos_bytes=int(position) if position is not None and position >= 0 else None,
        remaining_origin=_text(progress.get("printTimeLeftOrigin"))[:40],
        implied=not flags or not share,
    )


def _is_young(told: dict[str, Any], received_at: datetime) -> bool:
    said = _number(told.get("_timestamp"))
    if said is None or not 0 <= said < 4e9:
        return False
    return abs(received_at - datetime.fromtimestamp(said, UTC)) <= RETAINED_FOR


def _seconds(value: Any) -> float | None:
    found = _number(value)
    return found if found is not None and found >= 0 else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value[:300] if isinstance(value, str) else ""
