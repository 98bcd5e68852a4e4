"""What PrusaLink says, as values of ours. Pure; of what it may say nothing is believed without a look.

Sources: Prusa's OpenAPI description of PrusaLink, and answers of PrusaLink 0.8.1 itself.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from craftops.domain.machines.readings import MachineState
from craftops.errors import NotUnderstood, Refused
from craftops.sdk.programs import code_in
from craftops.sdk.steering import Doing

LONGEST = 300
STATES = {
    "IDLE": MachineState.IDLE, "READY": MachineState.IDLE, "BUSY": MachineState.IDLE, "PRINTING": MachineState.RUNNING,
    "PAUSED": MachineState.PAUSED, "FINISHED": MachineState.IDLE, "STOPPED": MachineState.IDLE,
    "ERROR": MachineState.OFFLINE, "ATTENTION": MachineState.ATTENTION,
}  # fmt: skip
ENDS = {"FINISHED": MachineState.DONE, "STOPPED": MachineState.CANCELLED, "ERROR": MachineState.FAILED}
ENDINGS = (".gcode", ".gco", ".g", ".bgcode")


@dataclass(frozen=True, slots=True)
class PrusaLinkStatus:
    """One look at the printer. Times in seconds, ``progress`` a fraction 0..1. ``job`` is 0 while it has none."""

    state: MachineState
    word: str
    """Its own word, such as PRINTING."""
    job: int
    progress: float | None
    elapsed_s: float | None
    left_s: float | None
    """None where it does not know, and where it says 0: it counts in whole minutes, and says 0 for the last one."""
    speed_factor: float
    message: str

    @property
    def at_work(self) -> bool:
        return self.job > 0 and self.state in (
            MachineState.PREPARING, MachineState.RUNNING, MachineState.PAUSED, MachineState.ATTENTION
        )  # fmt: skip

    @property
    def between(self) -> bool:
        """It is between two states, or has lost sight of its job for a moment: no print has ended by that."""
        return self.word in ("BUSY", "PRINTING", "PAUSED", "ATTENTION") and not self.job

    @property
    def doing(self) -> Doing:
        """Whose job it is, ``PrusaLinkJob`` knows."""
        return Doing(self.at_work, self.state is MachineState.PAUSED)


@dataclass(frozen=True, slots=True)
class PrusaLinkJob:
    """What ``/api/v1/job`` tells of a print beyond its status. ``planned_s`` is the slicer's own."""

    id: int
    file: str
    planned_s: float | None = None

    @property
    def job_code(self) -> str:
        """The job of ours that this file was uploaded for, or empty."""
        return code_in(self.file)


def table(value: Any) -> dict[str, Any]:
    """A JSON object, or an empty one in its place."""
    return value if isinstance(value, dict) else {}


def text(value: Any) -> str:
    return value[:LONGEST] if isinstance(value, str) else ""


def number(value: Any, low: float = 0.0, high: float = 1e9) -> float | None:
    """A finite number between ``low`` and ``high``, or None."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        return None
    return float(value) if math.isfinite(value) else None


def version(told: Any) -> str:
    """Such as "PrusaLink 0.8.1". Raises NotUnderstood when this is no PrusaLink."""
    found = table(told)
    if not any(text(found.get(name)).startswith("PrusaLink") for name in ("text", "original")):
        raise NotUnderstood("This is no PrusaLink.", str(told))
    return f"PrusaLink {text(found.get('server'))[:40]}".strip()


def snapshot(told: Any) -> PrusaLinkStatus:
    """Of ``/api/v1/status``. Raises NotUnderstood."""
    printer = table(table(told).get("printer"))
    word = text(printer.get("state")).upper()
    if word not in STATES:
        raise NotUnderstood("Its answer about the printer cannot be read.", str(told))
    job = table(table(told).get("job"))
    number_of = number(job.get("id"), 1.0)
    has_job, state = number_of is not None, STATES[word]
    if word == "BUSY" and has_job:
        state = MachineState.PREPARING
    elif word == "ATTENTION" and not has_job:
        state = MachineState.IDLE
    progress = number(job.get("progress"), 0.0, 100.0)
    speed = number(printer.get("speed"), 1.0, 1000.0)
    said = table(printer.get("status_printer"))
    message = text(said.get("message")) if said.get("ok") is not True else ""
    if word == "ATTENTION":
        message = message or "It wants somebody: look at its screen."
    return PrusaLinkStatus(
        state=state,
        word=word,
        job=int(number_of) if number_of is not None else 0,
        progress=progress / 100 if progress is not None else None,
        elapsed_s=number(job.get("time_printing")),
        left_s=number(job.get("time_remaining"), 1.0),
        speed_factor=speed / 100 if speed is not None else 1.0,
        message=message.strip().partition("\n")[0],
    )


def job(told: Any) -> PrusaLinkJob | None:
    """Of ``/api/v1/job``; None for an answer without a job."""
    found = table(told)
    number_of = number(found.get("id"), 1.0)
    if number_of is None:
        return None
    file = table(found.get("file"))
    name = text(file.get("display_name")) or text(file.get("name"))
    planned = number(table(file.get("meta")).get("estimated_print_time"), 1.0)
    return PrusaLinkJob(int(number_of), name.rsplit("/", 1)[-1], planned)


def storage(told: Any) -> str:
    """The folder of ``/api/v1/storage`` that files go to, such as "local" or "usb". Raises Refused for none."""
    listed = table(told).get("storage_list")
    for one in listed if isinstance(listed, list) else []:
        found = table(one)
        path = text(found.get("path")).strip("/")
        if found.get("available") is True and found.get("read_only") is not True and path.isalnum():
            return path
    raise Refused("It has no place for files. Is its USB drive in?")


def ending(name: str) -> str:
    """How a file that it prints ends, such as ".bgcode"; empty for one that it does not print."""
    lower = name.lower()
    return next((one for one in sorted(ENDINGS, key=len, reverse=True) if lower.endswith(one)), "")
