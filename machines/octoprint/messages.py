"""What OctoPrint says, as values of ours. Pure; of what it may say nothing is believed without a look.

Sources: OctoPrint's documentation of its REST API and push API, and answers of 1.11.8 and 2.0.0rc7 themselves.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from craftops.domain.machines.readings import MachineState
from craftops.errors import NotUnderstood
from craftops.sdk.linked import RunRecord
from craftops.sdk.programs import code_in
from craftops.sdk.steering import Doing

LONGEST = 300
MOST_FILES = 10_000
LAST_DATE = 4e9
ENDED = frozenset({"PrintDone", "PrintFailed", "PrintCancelled"})
EVENTS = ("PrintStarted", "PrintDone", "PrintFailed", "PrintCancelled", "PrintPaused", "PrintResumed",
          "PrinterStateChanged", "Error")  # fmt: skip
TEXTS = {
    "operational": "operational", "ready": "operational", "printing": "printing", "starting": "printing",
    "printing from sd": "printing", "starting print from sd": "printing", "pausing": "pausing", "paused": "paused",
    "resuming": "resuming", "cancelling": "cancelling", "finishing": "finishing", "error": "error",
    "offline after error": "error",
}  # fmt: skip
"""State strings of ``/api/job``, lower case, for answers without flags; everything else is closed."""
STATES = (
    ({"error", "closedOrError"}, MachineState.OFFLINE),
    ({"cancelling"}, MachineState.FINISHING),
    ({"paused"}, MachineState.PAUSED),
    ({"finishing"}, MachineState.FINISHING),
    # One that is pausing still moves, and leaves out without a word if it is told to go on.
    ({"pausing", "resuming", "printing"}, MachineState.RUNNING),
    ({"operational", "ready"}, MachineState.IDLE),
)
"""Flags in the order in which they are believed: several are set at once."""


@dataclass(frozen=True, slots=True)
class File:
    """What OctoPrint prints, or has selected: there is no id, these three together are one. ``size`` in bytes,
    ``date`` (of the upload) in unix seconds."""

    path: str
    size: int
    date: int
    display: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        return self.path.rsplit("/", 1)[-1]

    @property
    def job_code(self) -> str:
        """The job of ours that this file was uploaded for, or empty."""
        return code_in(self.path)


@dataclass(frozen=True, slots=True)
class Counts:
    """How often a file has been printed to its end, and how often not; OctoPrint adds to them at the end of a print."""

    success: int = 0
    failure: int = 0
    last_date: float | None = None


@dataclass(frozen=True, slots=True)
class OctoPrintStatus:
    """One look at OctoPrint. ``elapsed_s`` and ``left_s`` in seconds, ``completion`` a fraction 0..1."""

    state: MachineState
    text: str
    cancelling: bool
    error: str
    file: File | None
    completion: float | None
    pos_bytes: int | None
    elapsed_s: float | None
    left_s: float | None
    left_origin: str

    @property
    def at_work(self) -> bool:
        return self.state in (MachineState.RUNNING, MachineState.PAUSED, MachineState.FINISHING)

    def prints(self, path: str) -> bool:
        """Whether it is at work on this file."""
        return self.at_work and self.file is not None and self.file.path == path

    @property
    def doing(self) -> Doing:
        code = self.file.job_code if self.file else ""
        return Doing(self.at_work and not self.cancelling, self.state is MachineState.PAUSED, code)


def table(value: Any) -> dict[str, Any]:
    """A JSON object, or an empty one in its place."""
    return value if isinstance(value, dict) else {}


def text(value: Any) -> str:
    return value[:LONGEST] if isinstance(value, str) else ""


def number(value: Any, least: float = 0.0, most: float = 1e12) -> float | None:
    """A finite number between two bounds, else None; a truth value is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value) if least <= value <= most else None


def _whole(value: Any) -> int:
    found = number(value)
    return int(found) if found is not None else 0


def check_version(answer: Any) -> str:
    """The version of an OctoPrint, such as "1.11.8". Raises NotUnderstood for everything that is none."""
    told = table(answer)
    said = text(told.get("text"))
    if not said.startswith("OctoPrint ") or "Moonraker" in said or not text(told.get("server")):
        raise NotUnderstood(f"This is no OctoPrint: {said or 'it does not say what it is'}.", str(answer))
    return text(told["server"])


def major(version: str) -> int:
    """The first number of a version; 0 for what has none."""
    found = re.match(r"\d+", version)
    return int(found[0]) if found else 0


def snapshot(job: Any, printer: Any | None) -> OctoPrintStatus:
    """Of ``/api/job`` and ``/api/printer`` (None where it says that the printer is not operational)."""
    if not isinstance(job, dict) or "state" not in job:
        raise NotUnderstood("Its answer about the job cannot be read.", str(job))
    said = text(job.get("state"))
    state = table(table(printer).get("state"))
    flags = _flags(state.get("flags")) if state else {TEXTS.get(said.lower(), "closedOrError")}
    return _snapshot(said, flags, text(job.get("error")) or text(state.get("error")), job)


def pushed(current: Any) -> OctoPrintStatus:
    """Of a ``current`` or ``history`` message of the push socket."""
    told = table(current)
    state = table(told.get("state"))
    if not isinstance(state.get("flags"), dict):
        raise NotUnderstood("Its live channel tells a state that cannot be read.", str(current))
    return _snapshot(text(state.get("text")), _flags(state["flags"]), text(state.get("error")), told)


def _flags(value: Any) -> set[str]:
    return {name for name, on in table(value).items() if on is True}


def _snapshot(said: str, flags: set[str], error: str, told: dict[str, Any]) -> OctoPrintStatus:
    state = next((state for names, state in STATES if names & flags), MachineState.OFFLINE)
    progress = table(told.get("progress"))
    completion = number(progress.get("completion"), 0.0, 100.0)
    position = number(progress.get("filepos"))
    return OctoPrintStatus(
        state=state,
        text=said,
        cancelling="cancelling" in flags,
        error=error,
        file=read_file(table(told.get("job")).get("file")),
        completion=completion / 100 if completion is not None else None,
        pos_bytes=int(position) if position is not None else None,
        elapsed_s=number(progress.get("printTime")),
        left_s=number(progress.get("printTimeLeft")),
        left_origin=text(progress.get("printTimeLeftOrigin"))[:40],
    )


def read_file(value: Any) -> File | None:
    """The file of a job or an event; None where there is none."""
    told = table(value)
    path = text(told.get("path")) or text(told.get("name"))
    if not path:
        return None
    return File(path, _whole(told.get("size")), _whole(told.get("date")), text(told.get("display")))


def counts(info: Any) -> Counts:
    """Of ``/api/files/local/<path>``; zeros for a file that was never printed."""
    prints = table(table(info).get("prints"))
    last = number(table(prints.get("last")).get("date"))
    return Counts(_whole(prints.get("success")), _whole(prints.get("failure")), last)


def records(listing: Any) -> tuple[RunRecord, ...]:
    """Of ``/api/files``: the last print of every file that has a plan and was printed, the oldest first.

    OctoPrint keeps no list of runs: it counts the prints of a file, and remembers how long the last one took. Its plan
    is its own analysis of the file (``gcodeAnalysis``), which is what it tells while it prints, too.
    """
    found = []
    for told in _files(listing):
        last = table(table(told.get("prints")).get("last"))
        planned = number(table(told.get("gcodeAnalysis")).get("estimatedPrintTime"))
        took, ended = number(last.get("printTime")), number(last.get("date"), most=LAST_DATE)
        if not planned or not took or not ended or not isinstance(last.get("success"), bool):
            continue
        outcome = MachineState.DONE if last["success"] else MachineState.CANCELLED  # or failed: it does not say
        name = text(told.get("name")) or text(told.get("path"))
        found.append(RunRecord(name, planned, took, datetime.fromtimestamp(ended, UTC), outcome))
    return tuple(sorted(found, key=lambda one: one.ended_at))


def _files(listing: Any) -> list[dict[str, Any]]:
    """Every file of a listing, those in folders too; of a list that never ends, the first."""
    waiting: list[Any] = [table(listing).get("files")]
    files: list[dict[str, Any]] = []
    while waiting and len(files) < MOST_FILES:
        for one in entries if isinstance(entries := waiting.pop(), list) else []:
            told = table(one)
            if isinstance(told.get("children"), list):
                waiting.append(told["children"])
            elif told:
                files.append(told)
    return files[:MOST_FILES]
