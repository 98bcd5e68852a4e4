"""What a Bambu Lab printer reports over its own MQTT broker, read as words of ours. Pure.

Field names and values: OpenBambuAPI (mqtt.md) and what printers of the series X1, P1, A1 and H2 were seen to send. An
X1 sends whole reports, the others what has changed; so reports are merged. Of a report only what is read here is kept.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from craftops.domain.machines.readings import MachineState
from craftops.errors import NotUnderstood
from craftops.sdk.programs import code_in
from craftops.sdk.steering import Doing

Report = Mapping[str, Any]
"""What is known of a printer: the newest value of each key in ``KEYS``."""

KEYS = ("gcode_state", "mc_percent", "mc_remaining_time", "layer_num", "total_layer_num", "subtask_name", "gcode_file",
        "task_id", "subtask_id", "job_id", "stg_cur", "print_error", "fail_reason", "spd_mag", "fun", "3D")  # fmt: skip
LONGEST = 200

AT_WORK = {
    "PREPARE": MachineState.PREPARING,
    "RUNNING": MachineState.RUNNING,
    "PAUSE": MachineState.PAUSED,
}
"""``gcode_state`` in a print."""
ENDED = ("FINISH", "FAILED")
NOT_YET = {"INIT": "It starts up.", "SLICING": "Its file is being sliced."}
"""States in which nothing is printed, and no print has ended by them: what is said beside is of the last one."""
CANCELLED = frozenset({0x0300400C, 0x0500400E})
"""The codes of a print that somebody stopped; they come with the state FAILED, before it, after it, or without it."""
SIGNED_ONLY = 0x20000000
"""Bit of ``fun``: commands must be signed by Bambu's own software, unless Developer Mode is on."""

STAGES = {
    1: "It levels its bed.", 2: "It heats its bed.", 3: "It measures its vibrations.", 4: "It changes the filament.",
    5: "It waits for somebody to go on (M400).", 6: "The filament has run out.", 7: "It heats its nozzle.",
    8: "It calibrates its extrusion.", 9: "It scans its bed.", 10: "It looks at the first layer.",
    11: "It looks which plate is on.", 12: "It calibrates its lidar.", 13: "It finds its home position.",
    14: "It cleans its nozzle.", 15: "It checks its nozzle's temperature.", 16: "Somebody has paused it.",
    17: "Its front cover came off.", 18: "It calibrates its lidar.", 19: "It calibrates its flow.",
    20: "Its nozzle does not heat as it should.", 21: "Its bed does not heat as it should.", 22: "It unloads filament.",
    23: "It has lost steps.", 24: "It loads filament.", 25: "It calibrates its motors' noise.",
    26: "Its AMS has been unplugged.", 27: "The fan of its nozzle is too slow.",
    28: "Its chamber's temperature is out of hand.", 29: "It cools its chamber.", 30: "The program has paused it.",
    32: "Filament covers its nozzle.", 33: "Its cutter has failed.", 34: "Its first layer looks wrong.",
    35: "Its nozzle is clogged.",
}  # fmt: skip
"""``stg_cur``; 0 is printing, 255 and -1 are nothing."""
GETTING_READY = frozenset({1, 2, 3, 7, 8, 9, 11, 12, 13, 14, 15, 18, 19, 25, 29})
"""Before the first layer these are no printing yet, though the state says RUNNING."""
TROUBLE = frozenset({6, 17, 20, 21, 23, 26, 27, 28, 32, 33, 34, 35})
"""A pause at one of these is no wish of anybody: somebody must come."""


def parse(payload: bytes) -> dict[str, Any]:
    """One message as a table. Raises NotUnderstood."""
    try:
        told = orjson.loads(payload)
    except orjson.JSONDecodeError:
        raise NotUnderstood("It reports what is no JSON.", payload[:2000].decode("utf-8", "replace")) from None
    if not isinstance(told, dict):
        raise NotUnderstood("It reports what is no JSON object.", payload[:2000].decode("utf-8", "replace"))
    return told


def is_report(told: Mapping[str, Any]) -> bool:
    """Whether a message tells of the state. An answer to a command lies under "print" too, with its own name."""
    return table(told.get("print")).get("command") == "push_status"


def merge(known: Report, told: Mapping[str, Any]) -> Report:
    """What is known after one report, whole or of what has changed; both are tables under "print".

    A table within is merged key by key. In whatever pieces a whole report comes, the end is the same.
    """
    fresh = dict(known)
    for key in KEYS:
        if key not in told:
            continue
        value = told[key]
        before = fresh.get(key)
        fresh[key] = {**before, **value} if isinstance(before, dict) and isinstance(value, dict) else value
    return fresh


@dataclass(frozen=True, slots=True)
class BambuStatus:
    """What a printer does, as far as it has told. Times are seconds, progress a fraction."""

    told: str
    """``gcode_state``; empty while it has not been told."""
    state: MachineState
    percent: float | None
    remaining_s: float | None
    layer: int | None
    layers: int | None
    name: str
    file: str
    job_code: str
    task: str
    """The printer's own id of this print; empty where it has none (LAN prints of old)."""
    stage: int
    error: int
    speed: float
    locked: bool
    """It obeys Bambu's own software only: Developer Mode is off."""

    @property
    def at_work(self) -> bool:
        return self.told in AT_WORK

    @property
    def doing(self) -> Doing:
        return Doing(self.at_work, self.told == "PAUSE", self.job_code)

    @property
    def cancelled(self) -> bool:
        return self.error in CANCELLED

    @property
    def message(self) -> str:
        """What it is at, as a sentence, where it is not just printing."""
        return STAGES.get(self.stage, "") if self.at_work else ""

    @property
    def failure(self) -> str:
        """Why the print failed, as a sentence."""
        if not self.error:
            return "The print failed, and the printer does not say why."
        return f"The print failed. The printer's code: {self.error >> 16:04X}-{self.error & 0xFFFF:04X}."


def _believed(value: float | None, most: float, *, times: int = 1, per: int = 1) -> float | None:
    """A number that can be, in another unit; None for one that cannot."""
    return value * times / per if value is not None and 0 <= value <= most else None


def snapshot(report: Report) -> BambuStatus:
    """What a report means. The time left and the percent are only believed of a print that goes on: they stay behind
    after its end, and until the next one is prepared."""
    told = text(report.get("gcode_state")).upper()
    stage = whole(report.get("stg_cur"))
    at_work = told in ("RUNNING", "PAUSE")
    percent = number(report.get("mc_percent"))
    minutes = number(report.get("mc_remaining_time"))
    deep = table(report.get("3D"))
    layer = count(report.get("layer_num")) if "layer_num" in report else count(deep.get("layer_num"))
    layers = count(report.get("total_layer_num")) or count(deep.get("total_layer_num"))
    name, file = text(report.get("subtask_name")), text(report.get("gcode_file")).rsplit("/", 1)[-1]
    speed = number(report.get("spd_mag"))
    return BambuStatus(
        told=told,
        state=_state(told, -1 if stage is None else stage, layer),
        percent=_believed(percent, 100, per=100) if at_work else None,
        remaining_s=_believed(minutes, 99_999, times=60) if at_work else None,
        layer=layer if at_work else None,
        layers=layers if at_work and layers else None,
        name=name,
        file=_file(name, file),
        job_code=code_in(file) or code_in(name) or code_in(f"{name}.gcode"),
        task=_task(report),
        stage=-1 if stage is None else stage,
        error=_error(report),
        speed=speed / 100 if speed is not None and 10 <= speed <= 500 else 1.0,
        locked=_is_locked(report.get("fun")),
    )


def _state(told: str, stage: int, layer: int | None) -> MachineState:
    if told in AT_WORK:
        if told == "PAUSE" and stage in TROUBLE:
            return MachineState.ATTENTION
        if told == "RUNNING" and stage in GETTING_READY and not layer:
            return MachineState.PREPARING
        return AT_WORK[told]
    if told == "FINISH":
        return MachineState.DONE
    if told == "FAILED":
        return MachineState.FAILED
    return MachineState.IDLE if told == "IDLE" else MachineState.UNKNOWN


def _file(name: str, file: str) -> str:
    """What people call the print: the plate of a project is called alike in all of them."""
    generic = file.startswith("plate_") or file == ""
    return name if generic else file


def _task(report: Report) -> str:
    for key in ("job_id", "task_id", "subtask_id"):
        value = report.get(key)
        found = str(value) if isinstance(value, int) and not isinstance(value, bool) else text(value)
        if found and found != "0" and found.isascii() and found.isalnum():
            return found[:40]
    return ""


def _error(report: Report) -> int:
    """``print_error`` goes back to 0 soon after the end; ``fail_reason`` stays."""
    now = whole(report.get("print_error")) or 0
    reason = text(report.get("fail_reason"))
    found = now if now else int(reason) if reason.isascii() and reason.isdigit() and len(reason) < 12 else 0
    return found if 0 <= found < 2**32 else 0


def _is_locked(value: Any) -> bool:
    try:
        return bool(int(text(value) or "0", 16) & SIGNED_ONLY)
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class Reply:
    """The printer's answer to a command."""

    sequence: str
    accepted: bool
    reason: str


def reply(told: Mapping[str, Any]) -> Reply | None:
    """The answer that a message is; None for any other message."""
    inner = table(told.get("print"))
    result = text(inner.get("result")).lower()
    sequence = text(inner.get("sequence_id"))
    if not result or not sequence or inner.get("command") == "push_status":
        return None
    return Reply(sequence, result == "success", text(inner.get("reason")))


def number(value: Any) -> float | None:
    """A finite number, which some firmwares write as text."""
    if isinstance(value, str) and len(value) < 20:
        try:
            value = float(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:
        return None


def whole(value: Any) -> int | None:
    found = number(value)
    return int(found) if found is not None and abs(found) < 2**53 else None


def count(value: Any) -> int | None:
    found = whole(value)
    return found if found is not None and found >= 0 else None


def table(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def text(value: Any) -> str:
    if not isinstance(value, str):
        return ""
    return "".join(letter for letter in value[:LONGEST] if letter.isprintable())
