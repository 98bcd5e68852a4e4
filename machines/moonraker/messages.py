"""What Moonraker and Klipper say, as values of ours. Pure; of what it may say nothing is believed without a look.

Sources: Moonraker's documentation of its API, Klipper's of its status objects, and answers of Moonraker 0.11 with
Klipper 0.13 themselves.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from craftops.domain.machines.readings import MachineState
from craftops.errors import CraftOpsError, CredentialsRejected, NotUnderstood, Refused, Unreachable
from craftops.sdk.linked import RunRecord
from craftops.sdk.programs import code_in
from craftops.sdk.steering import Doing

LONGEST = 300
OBJECTS: Mapping[str, tuple[str, ...]] = {
    "webhooks": ("state", "state_message"),
    "print_stats": ("filename", "total_duration", "print_duration", "filament_used", "state", "message", "info"),
    "virtual_sdcard": ("progress", "file_position"),
    "gcode_move": ("speed_factor",),
    "toolhead": ("print_time", "estimated_print_time"),
    "display_status": ("message",),
}
"""What is subscribed to; nothing else is kept of what comes."""
NOTICES = frozenset({
    "notify_status_update", "notify_history_changed", "notify_klippy_ready", "notify_klippy_shutdown",
    "notify_klippy_disconnected",
})  # fmt: skip
AWAY: Mapping[str, Mapping[str, Any]] = {"webhooks": {"state": "disconnected"}}
"""What is known while Moonraker has no Klipper."""
PRINTING = {"printing": MachineState.RUNNING, "paused": MachineState.PAUSED}
ENDS = {
    "completed": MachineState.DONE, "complete": MachineState.DONE, "cancelled": MachineState.CANCELLED,
    "error": MachineState.FAILED, "klippy_shutdown": MachineState.FAILED, "klippy_disconnect": MachineState.FAILED,
}  # fmt: skip
"""Words of the history and of print_stats that are an end. ``server_exit`` and ``interrupted`` are none: Moonraker was
restarted, and Klipper may print on."""
WHY = {
    "error": "The print failed.",
    "klippy_shutdown": "Klipper shut down in the middle of the print.",
    "klippy_disconnect": "Klipper stopped in the middle of the print.",
}
NOT_READY = {
    "disconnected": "Klipper is not connected to Moonraker.",
    "startup": "Klipper is starting.",
}
QUOTED = re.compile(r"""['"]message['"]\s*:\s*(?:'([^']*)'|"([^"]*)")""")


class KlipperAway(Refused):
    """Moonraker answers, but Klipper is not there."""


class Missing(Refused):
    """It knows no such thing."""


@dataclass(frozen=True, slots=True)
class MoonrakerStatus:
    """One look at the machine. Durations in seconds, ``progress`` a fraction of the file's bytes, 0..1."""

    state: MachineState
    printing: str
    """Klipper's word for its print: standby, printing, paused, complete, cancelled, error."""
    file: str
    """Path below the folder of G-code."""
    message: str
    error: str
    progress: float | None
    pos_bytes: int | None
    elapsed_s: float | None
    """Without pauses, from the first extrusion on."""
    total_s: float
    """With pauses and heating."""
    lead_s: float | None
    """Moves that are planned already and not done: the position in the file leads by them."""
    layer: int | None
    layers: int | None
    speed_factor: float

    @property
    def at_work(self) -> bool:
        return self.state in (MachineState.PREPARING, MachineState.RUNNING, MachineState.PAUSED)

    @property
    def doing(self) -> Doing:
        return Doing(self.at_work, self.state is MachineState.PAUSED, job_code(self.file))


@dataclass(frozen=True, slots=True)
class MoonrakerJob:
    """A print in Moonraker's history. ``started`` and ``ended`` in unix seconds, by its clock; ``took_s`` without
    pauses. ``uid`` is empty for a print that the history does not know."""

    uid: str
    file: str
    started: int
    status: str = "in_progress"
    ended: float | None = None
    took_s: float = 0.0
    total_s: float = 0.0
    planned_s: float | None = None

    @property
    def id(self) -> str:
        """Such as ``00002A@1795448453``: ids begin anew when Moonraker's database is thrown away."""
        return f"{self.uid}@{self.started}"

    @property
    def name(self) -> str:
        return base(self.file)

    @property
    def job_code(self) -> str:
        """The job of ours that this file was uploaded for, or empty."""
        return job_code(self.file)

    @property
    def end(self) -> MachineState | None:
        """How it ended, or None while nobody knows."""
        return ENDS.get(self.status)


def base(path: str) -> str:
    """The name of a file without its folders."""
    return path.rsplit("/", 1)[-1]


def job_code(path: str) -> str:
    """The job of ours that a file was uploaded for, or empty."""
    return code_in(path)


def table(value: Any) -> dict[str, Any]:
    """A JSON object, or an empty one in its place."""
    return value if isinstance(value, dict) else {}


def text(value: Any) -> str:
    return value[:LONGEST] if isinstance(value, str) else ""


def number(value: Any, low: float = 0.0, high: float = 1e12) -> float | None:
    """A finite number between ``low`` and ``high``, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) and low <= found <= high else None


def _whole(value: Any) -> int | None:
    found = number(value)
    return int(found) if found is not None else None


def sentence(value: Any) -> str:
    """The first line of what Klipper says, without the dressing that it sometimes wears; empty for none."""
    said = text(value)
    if found := QUOTED.search(said):
        said = found[1] or found[2] or ""
    line = said.strip().removeprefix("!!").strip().partition("\n")[0].strip()
    return line[:200]


def subscription() -> dict[str, list[str]]:
    return {name: list(keys) for name, keys in OBJECTS.items()}


def merge(known: Mapping[str, Mapping[str, Any]], delta: Any) -> dict[str, Mapping[str, Any]]:
    """What is known after a change was told: only what is new comes, object by object, key by key."""
    told = table(delta)
    found = dict(known)
    for name, keys in OBJECTS.items():
        if isinstance(told.get(name), dict):
            found[name] = {**found.get(name, {}), **{key: told[name][key] for key in keys if key in told[name]}}
    return found


def status_of(result: Any) -> dict[str, Mapping[str, Any]]:
    """Everything, of the answer to a subscription or a query. Raises NotUnderstood."""
    status = table(result).get("status")
    if not isinstance(status, dict):
        raise NotUnderstood("Its answer about the printer cannot be read.", str(result))
    return merge({}, status)


def snapshot(known: Mapping[str, Mapping[str, Any]]) -> MoonrakerStatus:
    """What all that is known means. Whether Klipper is ready comes first: after a shutdown the rest is frozen."""
    hooks, stats = known.get("webhooks", {}), known.get("print_stats", {})
    ready, printing = text(hooks.get("state")) or "disconnected", text(stats.get("state"))
    elapsed = number(stats.get("print_duration"))
    state = PRINTING.get(printing, MachineState.IDLE)
    if state is MachineState.RUNNING and elapsed == 0.0:
        state = MachineState.PREPARING
    error = ""
    message = text(stats.get("message")) or text(known.get("display_status", {}).get("message"))
    if ready != "ready":
        state, message = MachineState.OFFLINE, NOT_READY.get(ready, "")
        error = "" if message else sentence(hooks.get("state_message")) or "Klipper is not ready."
    card, info = known.get("virtual_sdcard", {}), table(stats.get("info"))
    return MoonrakerStatus(
        state=state,
        printing=printing,
        file=text(stats.get("filename")),
        message=sentence(message),
        error=error,
        progress=number(card.get("progress"), 0.0, 1.0),
        pos_bytes=_whole(card.get("file_position")),
        elapsed_s=elapsed,
        total_s=number(stats.get("total_duration")) or 0.0,
        lead_s=_lead(known.get("toolhead", {})),
        layer=_whole(info.get("current_layer")),
        layers=_whole(info.get("total_layer")),
        speed_factor=number(known.get("gcode_move", {}).get("speed_factor"), 0.01, 100.0) or 1.0,
    )


def _lead(toolhead: Mapping[str, Any]) -> float | None:
    """How far the planner is ahead of the motors; more than a minute is a clock that stands still."""
    planned, done = number(toolhead.get("print_time")), number(toolhead.get("estimated_print_time"))
    return number(max(0.0, planned - done), 0.0, 60.0) if planned is not None and done is not None else None


def job(value: Any) -> MoonrakerJob | None:
    """One entry of the history; None for what is none."""
    told = table(value)
    uid, started = text(told.get("job_id")), number(told.get("start_time"))
    if not re.fullmatch(r"[0-9A-Za-z]{1,40}", uid) or started is None:
        return None
    return MoonrakerJob(
        uid=uid,
        file=text(told.get("filename")),
        started=int(started),
        status=text(told.get("status")),
        ended=number(told.get("end_time"), 0.0, 4e9),
        took_s=number(told.get("print_duration")) or 0.0,
        total_s=number(told.get("total_duration")) or 0.0,
        planned_s=number(table(told.get("metadata")).get("estimated_time"), 1.0),
    )


def jobs(result: Any) -> list[MoonrakerJob]:
    """The entries of ``server.history.list`` that can be read, in its order. Raises NotUnderstood."""
    told = table(result).get("jobs")
    if not isinstance(told, list):
        raise NotUnderstood("Its history cannot be read.", str(result))
    return [found for one in told if (found := job(one)) is not None]


def records(found: list[MoonrakerJob]) -> tuple[RunRecord, ...]:
    """The prints that have ended and had a plan, the oldest first."""
    return tuple(
        RunRecord(one.name, one.planned_s, one.took_s, datetime.fromtimestamp(one.ended, UTC), one.end)
        for one in sorted(found, key=lambda one: one.ended or 0.0)
        if one.planned_s is not None and one.ended is not None and one.end is not None and one.took_s > 0
    )


def version(info: Any) -> str:
    """Of ``/server/info``. Raises NotUnderstood when this is no Moonraker."""
    told = table(table(info).get("result"))
    if not isinstance(told.get("klippy_state"), str):
        raise NotUnderstood("This is no Moonraker.", str(info))
    return text(told.get("moonraker_version"))[:40]


def fault(error: Any) -> CraftOpsError:
    """An error of its JSON-RPC, as one of ours; its traceback stays with it."""
    told = table(error)
    said, code = sentence(told.get("message")), told.get("code")
    if code in (401, 403) or "unauthorized" in said.lower():
        return CredentialsRejected("It does not accept the key.")
    if code == 503 or re.search(r"klippy.*(not connected|disconnected)", said, re.IGNORECASE):
        return KlipperAway(NOT_READY["disconnected"])
    if code in (404, -32601):
        return Missing(f"It knows no such thing: {said}." if said else "It knows no such thing.")
    if code in (408, 504):
        return Unreachable("Klipper did not answer Moonraker in time.")
    return Refused(f"Klipper says no: {said.rstrip('.')}." if said else "Klipper says no.")
